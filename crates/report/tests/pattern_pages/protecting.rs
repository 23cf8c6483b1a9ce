//! What a caller and a server do about overload and failure.

use tenfold_patterns::{
    AdaptiveThrottle, AdaptiveThrottleOptions, Bulkhead, BulkheadDecision, BulkheadOptions,
    BulkheadPermit, ConcurrencyLimit, ConcurrencyLimitOptions, ConcurrencyOutcome,
    ConcurrencyPermit, Deadline, Idempotency, IdempotencyDecision, IdempotencyOptions, Jitter,
    Retry, RetryDecision, RetryFailure, RetryOptions,
};
use tenfold_report::svg::Svg;
use tenfold_units::{Instant, Unit};

use crate::draw::{Lines, Points, SEED, at, bars, goodput, ms, simulate, single};

const STORE: &str =
    "{replicas: {a: 1}, servers: 10, service_time: {any: {exponential: {mean: 10ms}}}}";

/// Goodput around a time in which the store is three times as slow.
pub(crate) fn breaker_in_a_brownout() -> Svg {
    let run = |link: &str| {
        let model = single(STORE, &format!("{{timeout: 200ms{link}}}"), 800, 200);
        let scenario = "{scenario: slow, horizon: 60s, window: 1s, faults: [{at: 10s, for: 10s, target: {component: store}, effect: {slow: 3}}]}";
        goodput(&simulate(&model, scenario), 1.0)
    };
    let breaker = ", breaker: {window: {time: {span: 10s, slices: 10}}, minimum_calls: 20, failure_ratio: 0.5, open_wait: 2s, half_open_calls: 10}";
    Lines::new(
        "Ten seconds at a third of the speed, time-out 200 ms, nothing bounds the queue",
        ("time", Unit::Seconds),
        ("answers in time per second", Unit::PerSecondSimulated),
    )
    .line("without a breaker", run(""))
    .line("with a breaker", run(breaker))
    .span(10.0, 20.0, "the store is slow")
    .draw()
}

/// One pool of 40 threads, two dependencies, one of which hangs.
pub(crate) fn bulkhead_around_a_hanging_callee() -> Svg {
    let run = |bulkhead: Option<BulkheadOptions>| {
        let mut bulkhead = bulkhead.map(|options| Bulkhead::new(options).unwrap());
        let mut threads = 0_u32;
        let mut stream = SEED.stream("calls");
        let mut under_way: Vec<(u64, Option<BulkheadPermit>)> = Vec::new();
        let (mut points, mut done) = (Vec::new(), 0.0);
        for now in 0..60_000_u64 {
            let (ended, going) = under_way.drain(..).partition(|(end, _)| *end <= now);
            under_way = going;
            let ended: Vec<(u64, Option<BulkheadPermit>)> = ended;
            for (_, permit) in ended {
                threads -= 1;
                if let (Some(bulkhead), Some(permit)) = (&mut bulkhead, permit) {
                    assert!(bulkhead.release(at(now), permit).is_none(), "nobody waits");
                }
            }
            // A hundred calls a second to each dependency; both take 20 ms.
            for hangs in [stream.chance(0.5), stream.chance(0.5)] {
                if threads == 40 || !stream.chance(0.1) {
                    continue;
                }
                if !hangs {
                    threads += 1;
                    done += 1.0;
                    under_way.push((now + 20, None));
                    continue;
                }
                let took = if (15_000..35_000).contains(&now) { 30_000 } else { 20 };
                let permit = match bulkhead.as_mut().map(|bulkhead| bulkhead.acquire(at(now))) {
                    Some(BulkheadDecision::Admitted(permit)) => Some(permit),
                    Some(BulkheadDecision::Waiting(_) | BulkheadDecision::Refused) => continue,
                    None => None,
                };
                threads += 1;
                under_way.push((now + took, permit));
            }
            if now % 1_000 == 999 {
                points.push(((now / 1_000) as f64, std::mem::take(&mut done)));
            }
        }
        points
    };
    let options = BulkheadOptions { max_concurrent: 10, ..BulkheadOptions::resilience4j() };
    Lines::new(
        "Two dependencies share 40 threads; calls to one hang for 30 s",
        ("time", Unit::Seconds),
        ("answers per second of the other, healthy one", Unit::PerSecond),
    )
    .line("shared threads", run(None))
    .line("a bulkhead of 10 around the one that hangs", run(Some(options)))
    .span(15.0, 35.0, "calls hang")
    .draw()
}

/// The limit as the capacity of a server halves and comes back.
pub(crate) fn limits_follow_capacity() -> Svg {
    let run = |options: ConcurrencyLimitOptions| -> Points {
        let mut limit = ConcurrencyLimit::new(options).unwrap();
        let mut stream = SEED.stream("arrivals");
        let mut under_way: Vec<(u64, u64, ConcurrencyPermit)> = Vec::new();
        let (mut latencies, mut most) = (Vec::new(), 0);
        let mut points = Vec::new();
        for now in 0..90_000_u64 {
            let (ended, going) = under_way.drain(..).partition(|(end, _, _)| *end <= now);
            under_way = going;
            let ended: Vec<(u64, u64, ConcurrencyPermit)> = ended;
            for (_, began, permit) in ended {
                latencies.push(now - began);
                limit.release(permit, ConcurrencyOutcome::Ignored, ms(0));
            }
            // 40 slots of 10 ms, 20 in the middle; who is one too many slows all down.
            let slots = if (30_000..60_000).contains(&now) { 20 } else { 40 };
            for _ in 0..3 + u64::from(stream.chance(0.5)) {
                if let Some(permit) = limit.try_acquire() {
                    let took = (10 * u64::from(limit.in_flight())).div_ceil(slots).max(10);
                    under_way.push((now + took, now, permit));
                    most = most.max(limit.in_flight());
                }
            }
            // A sample a window, as Netflix's limiter takes them.
            if now % 100 == 99 && !latencies.is_empty() {
                let mean = latencies.iter().sum::<u64>() / latencies.len() as u64;
                limit.sample(ms(mean), most, latencies.iter().any(|took| *took > 25));
                (latencies, most) = (Vec::new(), 0);
                points.push((now as f64 / 1_000.0, f64::from(limit.limit())));
            }
        }
        points
    };
    Lines::new(
        "3,500 requests a second, a server of 40, of 20, and of 40 slots of 10 ms again",
        ("time", Unit::Seconds),
        ("concurrency limit", Unit::Count),
    )
    .line("AIMD, time-out 25 ms", run(ConcurrencyLimitOptions::netflix_aimd()))
    .line("gradient", run(ConcurrencyLimitOptions::netflix_gradient2()))
    .span(30.0, 60.0, "half of the capacity")
    .draw()
}

/// Goodput by offered load, for what a server does with its queue.
pub(crate) fn goodput_under_overload() -> Svg {
    let run = |queue: &str| -> Points {
        [50, 80, 100, 120, 150, 200, 300]
            .map(|rate| {
                let component = format!(
                    "{{replicas: {{a: 1}}, servers: 1, service_time: {{any: {{exponential: {{mean: 10ms}}}}}}, queue: {{{queue}}}}}"
                );
                let model = single(&component, "{timeout: 100ms}", rate, 100);
                let outcome = simulate(&model, "{scenario: load, warm_up: 20s, horizon: 60s}");
                (f64::from(rate) / 100.0, outcome.operations["op"].goodput_rps.value)
            })
            .to_vec()
    };
    Lines::new(
        "A server for 100 requests a second whose callers wait 100 ms",
        ("offered load / capacity", Unit::Factor),
        ("answers in time per second", Unit::PerSecondSimulated),
    )
    .line("queue of 1,000", run("length: 1000"))
    .line(
        "shed by time in the queue",
        run("length: 1000, controlled_delay: {target: 20ms, interval: 100ms}"),
    )
    .line("newest first when busy", run("length: 1000, order: adaptive-lifo"))
    .draw()
}

/// What a client sends while its server accepts a quarter.
pub(crate) fn throttle_in_an_outage() -> Svg {
    let run = |k: f64| -> Points {
        let options = AdaptiveThrottleOptions {
            k,
            window: ms(20_000),
            ..AdaptiveThrottleOptions::sre_book()
        };
        let mut throttle = AdaptiveThrottle::new(options).unwrap();
        let mut stream = SEED.stream("throttle");
        let (mut points, mut sent) = (Vec::new(), 0.0);
        for i in 0..120_000_u64 {
            let most = if (20_000..60_000).contains(&i) { 50.0 } else { 200.0 };
            if i % 5 == 0 && throttle.admit(at(i), &mut stream).is_admitted() {
                sent += 1.0;
                if sent <= most {
                    throttle.accepted(at(i));
                }
            }
            if i % 1_000 == 999 {
                points.push(((i / 1_000) as f64, std::mem::take(&mut sent)));
            }
        }
        points
    };
    Lines::new(
        "A client with 200 requests a second, and a server that accepts 50 for 40 s",
        ("time", Unit::Seconds),
        ("requests sent per second", Unit::PerSecond),
    )
    .line("K = 2", run(2.0))
    .line("K = 1.1", run(1.1))
    .limit(50.0, "what is accepted meanwhile")
    .span(20.0, 60.0, "the quota is down")
    .draw()
}

/// Attempts per 20 ms of 1,000 clients whose call failed at the same moment.
pub(crate) fn jitter() -> Svg {
    let run = |jitter: Jitter| -> Points {
        let options = RetryOptions {
            max_attempts: 5,
            base: ms(100),
            cap: ms(1_000),
            jitter,
            ..RetryOptions::resilience4j()
        };
        let retry = Retry::new(RetryOptions { multiplier: 2.0, ..options }).unwrap();
        let mut stream = SEED.stream("jitter");
        let mut bins = vec![0.0; 90];
        for _ in 0..1_000 {
            let mut now = Instant::ZERO;
            let mut call = retry.start(now);
            while let RetryDecision::After(wait) =
                retry.decide(now, &mut call, RetryFailure::Transient, &mut stream)
            {
                now += wait;
                if let Some(bin) = bins.get_mut((now.as_nanos() / 20_000_000) as usize) {
                    *bin += 1.0;
                }
            }
        }
        bins.iter().enumerate().map(|(i, count)| (i as f64 * 0.02, *count)).collect()
    };
    Lines::new(
        "1,000 clients fail at the same moment and try again four times",
        ("time since the failure", Unit::Seconds),
        ("attempts in 20 ms", Unit::Count),
    )
    .line("without jitter", run(Jitter::None))
    .line("equal jitter", run(Jitter::Equal))
    .line("full jitter", run(Jitter::Full))
    .draw()
}

/// A brownout of ten seconds, and what retries make of it.
pub(crate) fn retries_that_never_end() -> Svg {
    let run = |link: &str| {
        let model = single(STORE, &format!("{{timeout: 100ms{link}}}"), 700, 100);
        let scenario = "{scenario: trigger, horizon: 60s, window: 1s, faults: [{at: 10s, for: 10s, target: {component: store}, effect: {slow: 2}}]}";
        goodput(&simulate(&model, scenario), 1.0)
    };
    let retry = ", retry: {max_attempts: 4, base: 10ms, cap: 50ms, jitter: full}";
    let budget = ", retry_budget: {ratio: {retry_ratio: 0.1, ttl: 10s, min_retries_per_second: 1}}";
    Lines::new(
        "A store at 70 % of its capacity is half as fast for ten seconds",
        ("time", Unit::Seconds),
        ("answers in time per second", Unit::PerSecondSimulated),
    )
    .line("4 attempts", run(retry))
    .line("4 attempts, budget of 10 %", run(&format!("{retry}{budget}")))
    .line("1 attempt", run(""))
    .span(10.0, 20.0, "the trigger")
    .draw()
}

/// Percentiles with and without a second request.
pub(crate) fn hedged_tail() -> Svg {
    let run = |hedge: &str| {
        let component = "{replicas: {a: 10}, servers: infinite, service_time: {any: {empirical: [[10ms, 0.98], [1s, 0.02]]}}}";
        let model = single(component, hedge, 200, 2_000);
        let outcome = simulate(&model, "{scenario: tail, warm_up: 1s, horizon: 120s}");
        let latency = outcome.operations["op"].latency_seconds.unwrap();
        [latency.p50, latency.p99, latency.p999].map(|it| it.value)
    };
    let (plain, hedged) = (run("{}"), run("{hedge_after: 20ms}"));
    bars(
        "One service in fifty takes 1 s instead of 10 ms; a hedge goes out after 20 ms",
        Unit::Seconds,
        &[
            ("p50 without", plain[0]),
            ("p50 hedged", hedged[0]),
            ("p99 without", plain[1]),
            ("p99 hedged", hedged[1]),
            ("p99.9 without", plain[2]),
            ("p99.9 hedged", hedged[2]),
        ],
    )
}

/// Work done for callers that have gone, in a chain of three hops.
pub(crate) fn work_for_nobody() -> Svg {
    let run = |propagates: bool| -> Points {
        let mut stream = SEED.stream("hops");
        (1..=16)
            .map(|i| {
                let mean = f64::from(i) * 10.0;
                let (mut worked, mut wasted) = (0.0, 0.0);
                for _ in 0..20_000 {
                    let end = Deadline::after(Instant::ZERO, ms(200));
                    let mut now = Instant::ZERO;
                    for _ in 0..3 {
                        if propagates && end.has_passed(now) {
                            break;
                        }
                        let service = ms((stream.exponential() * mean) as u64);
                        let in_time = end.left(now).unwrap_or(service).min(service);
                        now += service;
                        worked += service.as_secs_f64();
                        wasted += (service - in_time).as_secs_f64();
                    }
                }
                (mean / 1_000.0, wasted / worked)
            })
            .collect()
    };
    Lines::new(
        "Three hops, a caller that waits 200 ms: work after the caller has gone",
        ("mean service time of a hop", Unit::Seconds),
        ("share of all work", Unit::Ratio),
    )
    .line("each hop works whatever the time", run(false))
    .line("a hop does not begin after the deadline", run(true))
    .draw()
}

/// Effects of 10,000 orders whose answers get lost and are tried again.
pub(crate) fn repeated_effects() -> Svg {
    let run = |keyed: bool| -> Points {
        (0..=10)
            .map(|i| {
                let loss = f64::from(i) * 0.02;
                let mut stream = SEED.stream("loss");
                let mut table: Idempotency<u64, ()> =
                    Idempotency::new(IdempotencyOptions::stripe()).unwrap();
                let mut effects = 0;
                for order in 0..10_000_u64 {
                    let now = at(order * 10);
                    // A client tries until it has an answer.
                    loop {
                        if !keyed {
                            effects += 1;
                        } else if let IdempotencyDecision::Start(permit) =
                            table.begin(now, order, order)
                        {
                            effects += 1;
                            assert!(table.complete(now, permit, ()));
                        }
                        if !stream.chance(loss) {
                            break;
                        }
                    }
                }
                (loss, f64::from(effects - 10_000))
            })
            .collect()
    };
    Lines::new(
        "10,000 orders, and answers that get lost: charges too many",
        ("share of answers that are lost", Unit::Ratio),
        ("charges too many", Unit::Count),
    )
    .line("tried again without a key", run(false))
    .line("with an idempotency key", run(true))
    .draw()
}
