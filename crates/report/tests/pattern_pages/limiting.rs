//! How fast callers may come.

use std::collections::VecDeque;

use tenfold_patterns::{
    DistributedDecision, DistributedLimit, DistributedLimitOptions, FixedWindow, KeyedLimiter,
    LimitReq, LimitReqDecision, LimitReqOptions, TokenBucket, TokenBucketOptions, WindowCounter,
    WindowLimitDecision, WindowLimitOptions, WindowLog,
};
use tenfold_report::svg::Svg;
use tenfold_units::{Instant, Unit};

use crate::draw::{Lines, Points, at, bars, ms};

/// A burst of 40, then 20 a second, at a limit of 10 a second with a burst of 20.
pub(crate) fn bursts() -> Svg {
    let arrivals: Vec<Instant> =
        std::iter::repeat_n(at(0), 40).chain((1..100).map(|i| at(i * 50))).collect();
    let served = |times: Vec<Instant>| -> Points {
        let seconds = |t: Instant| t.as_secs_f64();
        (0..=100)
            .map(|i| at(i * 50))
            .map(|t| (seconds(t), times.iter().filter(|it| **it <= t).count() as f64))
            .collect()
    };
    let mut bucket = TokenBucket::new(TokenBucketOptions::per_second(10, 20)).unwrap();
    let by_bucket = arrivals.iter().filter(|t| bucket.admit(**t).is_admitted()).copied();
    let by_bucket = served(by_bucket.collect());
    let smooth = |options: LimitReqOptions| {
        let mut limiter = LimitReq::new(options).unwrap();
        let begins = arrivals.iter().filter_map(|t| match limiter.admit(*t) {
            LimitReqDecision::Admitted => Some(*t),
            LimitReqDecision::Delayed(wait) => Some(*t + wait),
            LimitReqDecision::Refused => None,
        });
        served(begins.collect())
    };
    let asked = served(arrivals.clone());
    Lines::new(
        "40 requests at once, then 20 a second, at 10 a second with a burst of 20",
        ("time", Unit::Seconds),
        ("requests begun so far", Unit::Count),
    )
    .line("asked", asked)
    .line("token bucket", by_bucket)
    .line("limit_req, delayed", smooth(LimitReqOptions::delayed(10, 20)))
    .draw()
}

/// Admissions in the second that ends now, where callers come around the end of a window.
pub(crate) fn window_edges() -> Svg {
    let options = WindowLimitOptions { limit: 100, window: ms(1_000) };
    let within_a_second = |admit: &mut dyn FnMut(Instant) -> WindowLimitDecision| -> Points {
        let mut last = VecDeque::new();
        let mut points = Vec::new();
        for i in 0..600_u64 {
            let now = at(i * 5);
            // From 0.8 s to 1.2 s, and again a second later, 500 requests a second come.
            let second = i * 5 % 1_000;
            let comes = (800..1_000).contains(&second) || (second < 200 && i >= 200);
            if comes {
                for _ in 0..3 {
                    if admit(now).is_admitted() {
                        last.push_back(now);
                    }
                }
            }
            while last.front().is_some_and(|t| *t + ms(1_000) <= now) {
                last.pop_front();
            }
            points.push((now.as_secs_f64(), last.len() as f64));
        }
        points
    };
    let mut fixed = FixedWindow::new(options).unwrap();
    let mut counter = WindowCounter::new(options).unwrap();
    let mut log = WindowLog::new(options).unwrap();
    Lines::new(
        "A limit of 100 a second, and callers who come around the end of each second",
        ("time", Unit::Seconds),
        ("admitted in the last second", Unit::Count),
    )
    .line("fixed window", within_a_second(&mut |now| fixed.admit(now)))
    .line("sliding window log", within_a_second(&mut |now| log.admit(now)))
    .line("sliding window counter", within_a_second(&mut |now| counter.admit(now)))
    .limit(100.0, "the limit")
    .draw()
}

/// Nine callers at 8 a second beside one at 1,000.
pub(crate) fn noisy_caller() -> Svg {
    let mut shared = TokenBucket::new(TokenBucketOptions::per_second(100, 100)).unwrap();
    let rule = TokenBucketOptions::per_second(10, 10).rule().unwrap();
    let mut keyed = KeyedLimiter::<u64, _>::new(rule, 64).unwrap();
    let (mut asked, mut by_shared, mut by_key) = ([0.0; 2], [0.0; 2], [0.0; 2]);
    for i in 0..60_000_u64 {
        // One millisecond each: the loud caller always, a quiet one every 14 ms.
        for caller in [Some(0), (i % 14 == 7).then_some(1 + i / 14 % 9)].into_iter().flatten() {
            let kind = usize::from(caller > 0);
            asked[kind] += 1.0;
            by_shared[kind] += f64::from(u8::from(shared.admit(at(i)).is_admitted()));
            by_key[kind] += f64::from(u8::from(keyed.admit(at(i), caller, 1).is_admitted()));
        }
    }
    bars(
        "Nine callers at 8 a second beside one at 1,000: share that is admitted",
        Unit::Ratio,
        &[
            ("quiet callers, one limit of 100/s for all", by_shared[1] / asked[1]),
            ("quiet callers, 10/s for each", by_key[1] / asked[1]),
            ("loud caller, one limit of 100/s for all", by_shared[0] / asked[0]),
            ("loud caller, 10/s for each", by_key[0] / asked[0]),
        ],
    )
}

/// Four processes that each get 50 requests a second; the store is away from 4 s to 7 s.
pub(crate) fn limit_over_processes() -> Svg {
    let options = TokenBucketOptions::per_second(100, 10);
    let (begin, end, every) = (4_000, 7_000, 5);
    let over_time = |admit: &mut dyn FnMut(u64) -> bool| -> Points {
        let (mut last, mut points) = (VecDeque::new(), Vec::new());
        for t in (0..10_000).step_by(every) {
            if admit(t) {
                last.push_back(t);
            }
            while last.front().is_some_and(|first| first + 500 <= t) {
                last.pop_front();
            }
            if t >= 500 && t % 50 == 0 {
                points.push((at(t).as_secs_f64(), last.len() as f64 * 2.0));
            }
        }
        points
    };
    // Each request goes to the next of the four.
    let mut own = [(); 4].map(|()| TokenBucket::new(options).unwrap());
    let mut turn = 0;
    let alone = over_time(&mut |t| {
        turn = (turn + 1) % 4;
        own[turn].admit(at(t)).is_admitted()
    });
    let shared = |options: DistributedLimitOptions| {
        let rule = TokenBucketOptions::per_second(100, 10).rule().unwrap();
        let limit = DistributedLimit::new(rule, options).unwrap();
        let tariff = limit.tariff();
        // The store: the tick at which nothing is missing.
        let mut full_at = 0_u64;
        over_time(&mut |t| {
            if (begin..end).contains(&t) {
                return limit.decide_alone() == DistributedDecision::Unavailable { admitted: true };
            }
            let tick = at(t).as_nanos() * tariff.scale;
            let missing = full_at.saturating_sub(tick);
            if missing + tariff.cost <= tariff.capacity {
                full_at = tick + missing + tariff.cost;
            }
            match limit.decide(missing, 1) {
                DistributedDecision::Decided(decision) => decision.is_admitted(),
                DistributedDecision::Unavailable { admitted } => admitted,
            }
        })
    };
    Lines::new(
        "A limit of 100 a second over four processes that get 50 each",
        ("time", Unit::Seconds),
        ("admitted per second", Unit::Count),
    )
    .line("a bucket in each process", alone)
    .line("shared, fail open", shared(DistributedLimitOptions::fail_open()))
    .line("shared, fail closed", shared(DistributedLimitOptions::fail_closed()))
    .span(begin as f64 / 1e3, end as f64 / 1e3, "store away")
    .limit(100.0, "the limit")
    .draw()
}
