//! No allocation on the hot paths of shells and layers: a counting allocator watches.
//!
//! One test only, as other tests' threads would be counted too. `Retry` and `Hedge` are not here:
//! they box a call, as they make more than one of it. `Timeout` and waits need a timer, which tokio
//! keeps on the heap.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use core::future::{Future, Ready, ready};
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

use tenfold_patterns::*;
use tenfold_patterns_tower as layer;
use tenfold_patterns_tower::{Clock, Loaded, ManualClock};
use tenfold_units::{Instant, Seed};
use tower::{Layer, Service};

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

#[expect(unsafe_code, reason = "an allocator is unsafe by its trait; it only counts and passes on")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on unchanged.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const MS: Duration = Duration::from_millis(1);

/// Runs `step` 3,000 times for warmth, then 1,000 times without a single allocation.
fn quiet(name: &str, mut step: impl FnMut(Instant, u64)) {
    let at = |i: u64| Instant::from_nanos(i * 700_000);
    (0..3_000).for_each(|i| step(at(i), i));
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    (3_000..4_000).for_each(|i| step(at(i), i));
    let made = ALLOCATIONS.load(Ordering::Relaxed) - before;
    assert_eq!(made, 0, "{name} allocates on its hot path");
}

fn unused<T>(_: T) {}

/// Who the callers are: texts, as addresses and API keys are.
fn names() -> Vec<String> {
    (0..64).map(|i| format!("10.0.{i}.17:443")).collect()
}

fn limits() {
    let rule = TokenBucketOptions::per_second(1_000, 10).rule().unwrap();
    let gcra = GcraOptions::per_second(1_000, 10).rule().unwrap();
    let bucket = layer::SharedLimiter::new(rule);
    quiet("token bucket, shared", |now, _| unused(bucket.admit(now, 1)));
    let shared = layer::SharedLimiter::new(gcra);
    quiet("gcra, shared", |now, _| unused(shared.admit(now, 1)));
    let window = WindowLimitOptions { limit: 100, window: MS * 100 };
    let log = layer::SharedWindow::new(WindowLog::new(window).unwrap());
    quiet("window log, shared", |now, _| unused(log.admit(now, 1)));
    let names = names();
    let name = |i: u64| &names[(i * 31 % 64) as usize];
    let keyed = layer::SharedKeyedLimiter::new(rule, 32).unwrap();
    quiet("keyed token bucket, texts", |now, i| unused(keyed.admit(now, name(i), 1)));
    let keyed = layer::SharedKeyedLimiter::new(gcra, 32).unwrap();
    quiet("keyed gcra, texts", |now, i| unused(keyed.admit(now, name(i), 1)));
    let keyed = layer::SharedKeyedLimiter::new(window.counter_rule().unwrap(), 32).unwrap();
    quiet("keyed window, texts", |now, i| unused(keyed.admit(now, name(i), 1)));
}

fn shells() {
    let options = CircuitBreakerOptions { open_wait: MS, ..CircuitBreakerOptions::tenfold() };
    let breaker = layer::SharedCircuitBreaker::new(options, Seed(1)).unwrap();
    quiet("circuit breaker", |now, i| {
        let Ok((guard, _)) = breaker.try_acquire(now) else { return };
        let failed = i / 100 % 2 == 0;
        let outcome = [CircuitBreakerOutcome::Success, CircuitBreakerOutcome::Failure];
        guard.record(now, outcome[usize::from(failed)]);
    });
    let clock = ManualClock::new();
    let bulkhead =
        layer::SharedBulkhead::new(BulkheadOptions::resilience4j(), clock.shared()).unwrap();
    quiet("bulkhead", |_, _| drop(bulkhead.enter()));
    let limit =
        layer::SharedConcurrencyLimit::new(ConcurrencyLimitOptions::netflix_gradient2()).unwrap();
    quiet("concurrency limit", |now, _| {
        let guard = limit.try_acquire(now).unwrap();
        guard.record(now + MS, ConcurrencyOutcome::Success);
    });
    let budget =
        layer::SharedRetryBudget::new(RetryBudgetOptions::finagle(), Instant::ZERO).unwrap();
    quiet("retry budget", |now, _| {
        budget.request(now);
        budget.success(budget.withdraw(now, RetryCause::Failure).and_then(|guard| guard.sent()));
    });
    let throttle =
        layer::SharedThrottle::new(AdaptiveThrottleOptions::sre_book(), Seed(1)).unwrap();
    quiet("adaptive throttle", |now, i| {
        if let Some(guard) = throttle.admit(now) {
            guard.finish(now, i % 3 > 0);
        }
    });
    let (wait, priority) = (WaitShedOptions::facebook(), PriorityShedOptions::dagor());
    let shed = layer::SharedShed::new(Some(wait), Some(priority)).unwrap();
    quiet("load shedding", |now, i| {
        if shed.admit(now, i as u8) {
            unused(shed.leaves_queue(now, MS * (i % 30) as u32));
        }
    });
    for options in [BalancerOptions::envoy(), BalancerOptions::peak_ewma()] {
        let backends = ["a", "b", "c"].map(|name| (BackendOptions::named(name), ()));
        let balancer = layer::SharedBalancer::new(options, backends.into(), Seed(1)).unwrap();
        quiet("balancer", |now, _| {
            let ((), guard) = balancer.pick(now, b"").unwrap();
            guard.finish(now + MS, BalancerOutcome::Success);
        });
    }
}

fn now_or_never<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("the service answers at once"),
    }
}

fn caches() {
    let clock = ManualClock::new();
    let options = CacheOptions { ttl: Some(MS * 1_000), ..CacheOptions::s3_fifo(100) };
    let cache = layer::CacheBuilder::new(options).clock(clock.shared()).build().unwrap();
    let names = names();
    // The clock stands still: what was loaded stays fresh.
    quiet("cache hit, texts", |_, i| {
        let load = move || async move { Ok(Loaded::Value(i)) };
        let found = now_or_never(cache.get(&names[(i * 31 % 64) as usize], load));
        assert!(found.unwrap().is_some());
    });
}

/// Answers at once.
#[derive(Clone)]
struct Echo;

impl Service<u64> for Echo {
    type Response = u64;
    type Error = layer::Error;
    type Future = Ready<Result<u64, layer::Error>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), layer::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: u64) -> Self::Future {
        ready(Ok(request))
    }
}

/// Calls a service behind `layer`, while `clock` moves on; says how often it was let through.
fn calls<L>(name: &str, clock: &ManualClock, layer: &L) -> u32
where
    L: Layer<Echo, Service: Service<u64, Response = u64, Error = layer::Error>>,
{
    let mut service = layer.layer(Echo);
    let mut passed = 0;
    quiet(name, |_, i| {
        clock.advance(MS);
        let mut context = Context::from_waker(Waker::noop());
        assert!(service.poll_ready(&mut context).is_ready());
        passed += u32::from(now_or_never(service.call(i)).is_ok());
    });
    passed
}

fn layers() {
    let clock = ManualClock::new();
    let on = || clock.shared();
    let rule = TokenBucketOptions::per_second(500, 10).rule().unwrap();
    let limit = layer::RateLimitLayer::new(rule).clock(on());
    let passed = calls("rate limit layer", &clock, &limit);
    assert!((1_900..2_100).contains(&passed), "half pass, the others are refused: {passed}");
    let keyed = layer::RateLimitLayer::keyed(rule, 64, |i: &u64| i % 50).unwrap().clock(on());
    assert_eq!(calls("keyed rate limit layer", &clock, &keyed), 4_000);
    let window = WindowLimitOptions { limit: 10, window: MS * 20 };
    let window = layer::RateLimitLayer::window(FixedWindow::new(window).unwrap()).clock(on());
    let passed = calls("window layer", &clock, &window);
    assert!((1_990..2_010).contains(&passed), "{passed}");
    let limit_req = layer::LimitReqLayer::new(LimitReqOptions::nodelay(500, 5)).unwrap();
    let passed = calls("limit_req layer", &clock, &limit_req.clock(on()));
    assert!((1_900..2_100).contains(&passed), "{passed}");
    let options = CircuitBreakerOptions::tenfold();
    let breaker = layer::CircuitBreakerLayer::new(options).unwrap().clock(on());
    assert_eq!(calls("circuit breaker layer", &clock, &breaker), 4_000);
    let bulkhead = layer::BulkheadLayer::on(on(), BulkheadOptions::resilience4j()).unwrap();
    assert_eq!(calls("bulkhead layer", &clock, &bulkhead), 4_000);
    let options = ConcurrencyLimitOptions::netflix_aimd();
    let concurrency = layer::ConcurrencyLimitLayer::new(options).unwrap().clock(on());
    assert_eq!(calls("concurrency limit layer", &clock, &concurrency), 4_000);
    let options = AdaptiveThrottleOptions::sre_book();
    let throttle = layer::AdaptiveThrottleLayer::new(options).unwrap().clock(on());
    assert_eq!(calls("adaptive throttle layer", &clock, &throttle), 4_000);
    assert!(clock.now() > Instant::ZERO);
}

#[test]
fn hot_paths_do_not_allocate() {
    limits();
    shells();
    caches();
    layers();
}
