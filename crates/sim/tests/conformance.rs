//! The same client, three times: in the simulator, through the tower layer on paused time, and by
//! hand on the machine. Every decision has to be the same.
//!
//! One client thinks for 61 ms, calls, and thinks again. The service answers after 2 ms, in an
//! outage with an error. A decision shows in when the call ends and how, and so in when the next one
//! begins: a single other decision shifts all that follow. The simulator tells its requests in
//! windows so short that each holds one call at most.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tenfold_patterns::*;
use tenfold_patterns_tower as layer;
use tenfold_patterns_tower::Clock;
use tenfold_sim::keys::WarmOptions;
use tenfold_sim::{Caches, Model, Scenario, simulate_scenario};
use tenfold_units::{Instant, Seed};
use tower::util::BoxCloneSyncService;
use tower::{Layer, ServiceExt, service_fn};

const THINK: Duration = Duration::from_millis(61);
const SERVICE: Duration = Duration::from_millis(2);
const HORIZON: Duration = Duration::from_secs(40);
/// No call begins or ends where two windows meet: calls do so at whole milliseconds.
const WINDOW: Duration = Duration::from_nanos(7_313_700);
/// When the service fails: half a millisecond off, as nothing else happens then.
const OUTAGES: [(u64, u64); 2] = [(5_000_500, 4_000_000), (20_000_500, 12_000_000)];
const SEED: Seed = Seed(5);

fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

/// Whether the service answers well what it finishes at this time.
fn works(now: Instant) -> bool {
    let at = now.saturating_since(Instant::ZERO);
    !OUTAGES.iter().any(|(from, lasts)| (micros(*from)..micros(from + lasts)).contains(&at))
}

/// A call: beginning, end, and whether it was answered well.
type Call = (Instant, Instant, bool);

/// Windows of the simulator: requests, good and bad answers.
fn windows(calls: &[Call]) -> Vec<[u64; 3]> {
    let end = Instant::ZERO + HORIZON;
    let count = HORIZON.as_nanos().div_ceil(WINDOW.as_nanos());
    let mut windows = vec![[0; 3]; count as usize];
    let index = |at: Instant| (at.as_nanos() / WINDOW.as_nanos() as u64) as usize;
    for (begin, finish, good) in calls {
        if *begin < end {
            windows[index(*begin)][0] += 1;
        }
        if *finish < end {
            windows[index(*finish)][if *good { 1 } else { 2 }] += 1;
        }
    }
    windows
}

/// Runs the client in the simulator; `link` is what stands between it and the service.
fn simulated(replicas: u32, link: &str) -> Vec<[u64; 3]> {
    let model = format!(
        "
model: conformance
zones: [a]
components:
  service: {{replicas: {{a: {replicas}}}, servers: infinite, service_time: {{any: {{deterministic: 2ms}}}}}}
links:
  client -> service: {link}
operations:
  op:
    load: {{closed: {{population: 1, think_time: {{deterministic: 61ms}}}}}}
    good_within: 10s
    flow: [{{call: {{to: service}}}}]
"
    );
    let faults: Vec<String> = OUTAGES
        .iter()
        .map(|(at, lasts)| {
            format!("{{at: {at}us, for: {lasts}us, target: {{component: service, replica: 0}}, effect: {{errors: 1.0}}}}")
        })
        .collect();
    let scenario = format!(
        "{{scenario: outages, horizon: 40s, window: {}ns, faults: [{}]}}",
        WINDOW.as_nanos(),
        faults.join(", ")
    );
    let model = Model::from_yaml(&model).unwrap();
    let scenario = Scenario::from_yaml(&scenario).unwrap();
    let options = WarmOptions { budget: 1_000, tolerance: 0.1 };
    let caches = Caches::warm(&model, 1.0, SEED, options);
    let outcome = simulate_scenario(&model, &scenario, &caches, SEED);
    let windows = outcome.series.iter().map(|window| &window.operations["op"]);
    windows.map(|it| [it.requests, it.good, it.bad]).collect()
}

/// Runs the client by hand: `call` says when a call that begins now ends, and how.
fn by_hand(mut call: impl FnMut(Instant) -> (Instant, bool)) -> Vec<Call> {
    let (mut calls, mut now) = (Vec::new(), Instant::ZERO + THINK);
    while now < Instant::ZERO + HORIZON {
        let (end, good) = call(now);
        calls.push((now, end, good));
        now = end + THINK;
    }
    calls
}

type Replica = BoxCloneSyncService<(), (), layer::BoxError>;

thread_local! {
    /// When the run on paused time began, by tokio's clock.
    static BEGINNING: Cell<Instant> = const { Cell::new(Instant::ZERO) };
}

/// tokio's clock, from zero as in the simulator: windows of budgets lie at multiples of their
/// length.
#[derive(Debug)]
struct FromZero;

impl layer::Clock for FromZero {
    fn now(&self) -> Instant {
        Instant::ZERO + layer::TokioClock.now().saturating_since(BEGINNING.get())
    }

    fn sleep_until(&self, at: Instant) -> layer::Sleep {
        layer::TokioClock.sleep_until(BEGINNING.get() + at.saturating_since(Instant::ZERO))
    }
}

/// The service; the first replica has outages.
fn replica(number: usize) -> Replica {
    BoxCloneSyncService::new(service_fn(move |()| async move {
        tokio::time::sleep(SERVICE).await;
        let down = number == 0 && !works(FromZero.now());
        if down { Err("down".into()) } else { Ok(()) }
    }))
}

/// Runs the client through a tower service, which `make` makes, on paused time.
fn through<S>(make: impl FnOnce() -> S) -> Vec<Call>
where
    S: tower::Service<(), Response = (), Error = layer::Error> + Clone,
{
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        BEGINNING.set(layer::TokioClock.now());
        let service = make();
        let mut calls = Vec::new();
        tokio::time::sleep(THINK).await;
        while FromZero.now() < Instant::ZERO + HORIZON {
            let begin = FromZero.now();
            let good = service.clone().oneshot(()).await.is_ok();
            calls.push((begin, FromZero.now(), good));
            tokio::time::sleep(THINK).await;
        }
        calls
    })
}

/// Compares the three; `least` is how many calls of either kind there have to be.
fn agree(simulated: &[[u64; 3]], tower: &[Call], hand: &[Call], least: usize) {
    for (index, (tower, hand)) in tower.iter().zip(hand).enumerate() {
        assert_eq!(tower, hand, "call {index}: tower and by hand");
    }
    assert_eq!(tower.len(), hand.len());
    let good = hand.iter().filter(|call| call.2).count();
    assert!(good >= least && hand.len() - good >= least, "{good} of {} are good", hand.len());
    for (index, (simulated, hand)) in simulated.iter().zip(windows(hand)).enumerate() {
        assert_eq!(*simulated, hand, "window {index}, at {:?}", WINDOW * index as u32);
    }
    assert_eq!(simulated.len(), windows(hand).len());
}

#[test]
fn a_limiter_decides_alike() {
    let options = TokenBucketOptions::per_second(9, 3);
    let simulated = simulated(1, "{admission: {rate: 9, per: 1s, burst: 3}}");
    let mut bucket = TokenBucket::new(options).unwrap();
    let hand = by_hand(|now| {
        let end = now + SERVICE;
        if bucket.admit(now).is_admitted() { (end, works(end)) } else { (now, false) }
    });
    let tower = through(|| {
        let limit = layer::RateLimitLayer::new(options.rule().unwrap()).clock(Arc::new(FromZero));
        limit.layer(replica(0))
    });
    agree(&simulated, &tower, &hand, 100);
}

#[test]
fn a_breaker_decides_alike() {
    let by_count = CircuitBreakerOptions {
        window: CircuitBreakerWindow::Calls(10),
        minimum_calls: 5,
        open_growth: 2.0,
        open_wait_max: Some(Duration::from_secs(2)),
        open_wait: Duration::from_millis(500),
        ..CircuitBreakerOptions::hystrix()
    };
    let by_time = CircuitBreakerOptions {
        window: CircuitBreakerWindow::Time { span: Duration::from_secs(3), slices: 6 },
        half_open_calls: 3,
        ..by_count
    };
    let slow = SlowCalls { longer_than: Duration::from_millis(1), ratio: 0.9 };
    let in_a_row = CircuitBreakerOptions {
        consecutive_failures: Some(4),
        failure_ratio: None,
        half_open_calls: 2,
        half_open_max: Some(Duration::from_secs(1)),
        ..by_count
    };
    breaker_decides_alike(by_count, 4);
    breaker_decides_alike(by_time, 4);
    breaker_decides_alike(in_a_row, 4);
    // Every call is slow: it opens without an outage, and never closes again for long.
    breaker_decides_alike(CircuitBreakerOptions { slow: Some(slow), ..by_count }, 10);
}

/// The breaker has to change its state `least` times.
fn breaker_decides_alike(options: CircuitBreakerOptions, least: u32) {
    let yaml = serde_json::to_string(&options).unwrap();
    let simulated = simulated(1, &format!("{{breaker: {yaml}}}"));
    let mut breaker = CircuitBreaker::new(options, SEED.stream("breaker")).unwrap();
    let mut changed = 0;
    let hand = by_hand(|now| {
        let decision = breaker.try_acquire(now);
        let CircuitBreakerDecision::Admitted { permit, changed: first } = decision else {
            return (now, false);
        };
        let end = now + SERVICE;
        let good = works(end);
        let outcome =
            if good { CircuitBreakerOutcome::Success } else { CircuitBreakerOutcome::Failure };
        let then = breaker.record(end, permit, outcome, SERVICE);
        changed += u32::from(first.is_some()) + u32::from(then.is_some());
        (end, good)
    });
    assert!(changed >= least, "changed its state {changed} times");
    let tower = through(|| {
        let breaker = layer::CircuitBreakerLayer::new(options).unwrap();
        breaker.clock(Arc::new(FromZero)).layer(replica(0))
    });
    agree(&simulated, &tower, &hand, 10);
}

#[test]
fn retries_and_their_budget_decide_alike() {
    let options = RetryOptions {
        max_attempts: 4,
        base: Duration::from_millis(40),
        cap: Duration::from_millis(100),
        jitter: Jitter::None,
        total_time: Some(Duration::from_millis(190)),
        throttled_base: None,
        ..RetryOptions::aws_standard()
    };
    let ttl = Duration::from_secs(10);
    let share = RetryBudgetOptions::Ratio { retry_ratio: 0.2, ttl, min_retries_per_second: 1 };
    let throttle = RetryBudgetOptions::Throttle { max_tokens: 20.0, token_ratio: 0.3 };
    let quota = RetryBudgetOptions::Quota {
        capacity: 100,
        retry_cost: 14,
        throttled_cost: 5,
        success_refund: 2,
    };
    for budget in [share, throttle, quota] {
        retries_decide_alike(options, budget);
    }
}

fn retries_decide_alike(options: RetryOptions, budget: RetryBudgetOptions) {
    let (retry, quota) =
        (serde_json::to_string(&options).unwrap(), serde_json::to_string(&budget).unwrap());
    let simulated = simulated(1, &format!("{{retry: {retry}, retry_budget: {quota}}}"));
    let machine = Retry::new(options).unwrap();
    let mut stream = SEED.stream("retry");
    let mut left = RetryBudget::new(budget, Instant::ZERO).unwrap();
    let mut refused = 0;
    let hand = by_hand(|mut now| {
        left.request(now);
        let mut call = machine.start(now);
        let mut withdrawal = None;
        loop {
            now += SERVICE;
            if works(now) {
                left.success(withdrawal);
                return (now, true);
            }
            let failure = RetryFailure::Transient;
            let decision = machine.decide(now, &mut call, failure, &mut stream);
            left.failure();
            let RetryDecision::After(wait) = decision else { return (now, false) };
            withdrawal = left.withdraw(now, RetryCause::Failure);
            if withdrawal.is_none() {
                refused += 1;
                return (now, false);
            }
            now += wait;
        }
    });
    assert!(refused > 0, "the budget has to matter");
    let tower = through(|| {
        let clock = Arc::new(FromZero);
        layer::RetryLayer::on(clock, options, budget).unwrap().layer(replica(0))
    });
    agree(&simulated, &tower, &hand, 20);
}

#[test]
fn a_balancer_decides_alike() {
    for options in [
        BalancerOptions::nginx(),
        BalancerOptions::plain(BalancerPolicy::RoundRobin),
        BalancerOptions::plain(BalancerPolicy::LeastConnections),
    ] {
        let yaml = serde_json::to_string(&options).unwrap();
        let simulated = simulated(3, &format!("{{balance: {yaml}}}"));
        let names = ["0", "1", "2"].map(BackendOptions::named);
        let mut machine = Balancer::new(options, &names).unwrap();
        let mut stream = SEED.stream("balancer");
        let hand = by_hand(|now| {
            let backend = machine.pick(now, b"", &mut stream).expect("two always work");
            machine.started(now, backend);
            let end = now + SERVICE;
            let good = backend != 0 || works(end);
            let outcome = if good { BalancerOutcome::Success } else { BalancerOutcome::Failure };
            machine.finished(end, backend, outcome, SERVICE);
            (end, good)
        });
        let backends = names.iter().cloned().zip((0..3).map(replica)).collect();
        let tower =
            through(|| layer::Balance::new(options, backends).unwrap().clock(Arc::new(FromZero)));
        agree(&simulated, &tower, &hand, 2);
    }
}

/// The simulator's caches are the machine [`Cache`] in front of stochastic keys (`tests/keys.rs`
/// holds them to simulations of every key), so there is no script to hand it. Through the tower
/// helper and by hand there is one.
#[test]
fn a_cache_decides_alike() {
    let options = CacheOptions { ttl: Some(THINK * 30), ..CacheOptions::lru(12) };
    let mut keys = SEED.stream("keys");
    let mut machine = Cache::new(options).unwrap();
    let mut chance = SEED.stream("cache");
    let clock = layer::ManualClock::new();
    let cache = layer::CacheBuilder::new(options)
        .refresh(RefreshOptions { beta: 0.0, ..RefreshOptions::xfetch() })
        .clock(clock.shared())
        .seeded(SEED)
        .build()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut hits = 0;
    for round in 0..4_000 {
        clock.advance(THINK);
        let (now, key) = (clock.now(), keys.below(8) * keys.below(8));
        let by_hand = matches!(machine.lookup(now, &key), CacheDecision::Hit(()));
        if !by_hand {
            let _ = machine.insert(now, key, (), 1, &mut chance);
        }
        let loads = Arc::new(AtomicU32::new(0));
        let load = || {
            let loads = Arc::clone(&loads);
            async move {
                loads.fetch_add(1, Ordering::Relaxed);
                Ok(layer::Loaded::Value(key))
            }
        };
        assert_eq!(runtime.block_on(cache.get(&key, load)).unwrap(), Some(key));
        let hit = loads.load(Ordering::Relaxed) == 0;
        assert_eq!(hit, by_hand, "round {round}, key {key}");
        hits += u32::from(hit);
    }
    assert!((500..3_500).contains(&hits), "{hits} of 4000");
}
