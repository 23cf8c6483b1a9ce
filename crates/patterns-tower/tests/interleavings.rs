//! Every shared shell under shuttle: its own source, compiled over shuttle's locks and atomics, run
//! under thousands of random schedules.

#![expect(dead_code, reason = "the shells have more methods than are tried here")]
#![expect(unreachable_pub, reason = "the shells are private to this test")]

mod sync {
    pub(crate) use shuttle::sync::atomic::{AtomicU64, Ordering};
    pub(crate) use shuttle::sync::{Arc, Mutex, MutexGuard};

    pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().expect("no thread panics with the lock")
    }
}

mod clock {
    use tenfold_units::Instant;

    pub trait Clock: core::fmt::Debug + Send + Sync {
        fn now(&self) -> Instant;
    }

    /// Time stands still: what happens is up to the schedule alone.
    #[derive(Debug)]
    pub struct Still;

    impl Clock for Still {
        fn now(&self) -> Instant {
            Instant::ZERO
        }
    }

    pub type SharedClock = std::sync::Arc<dyn Clock>;
}

mod error {
    #[derive(Debug)]
    pub enum Error {
        Failed,
        Shared(crate::sync::Arc<Error>),
    }
}

#[path = "../src/shared/balancer.rs"]
mod balancer;
#[path = "../src/shared/breaker.rs"]
mod breaker;
#[path = "../src/shared/budget.rs"]
mod budget;
#[path = "../src/shared/bulkhead.rs"]
mod bulkhead;
#[path = "../src/shared/cache.rs"]
mod cache;
#[path = "../src/shared/concurrency.rs"]
mod concurrency;
#[path = "../src/hash.rs"]
mod hash;
#[path = "../src/shared/hedge.rs"]
mod hedge;
#[path = "../src/shared/idempotency.rs"]
mod idempotency;
#[path = "../src/shared/limiter.rs"]
mod limiter;
#[path = "../src/shared/registry.rs"]
mod registry;
#[path = "../src/shared/shed.rs"]
mod shed;
#[path = "../src/shared/throttle.rs"]
mod throttle;

use core::future::poll_fn;
use core::time::Duration;
use std::sync::Arc as Plain;

use shuttle::future::block_on;
use shuttle::sync::atomic::{AtomicUsize, Ordering};
use shuttle::thread;
use tenfold_patterns::{
    AdaptiveThrottleOptions, BackendOptions, BalancerOptions, BalancerOutcome, BulkheadOptions,
    CacheOptions, CircuitBreakerOptions, CircuitBreakerOutcome, CircuitBreakerState,
    ConcurrencyAlgorithm, ConcurrencyLimitOptions, ConcurrencyOutcome, Event, HedgeDecision,
    HedgeOptions, IdempotencyOptions, LimitReqDecision, LimitReqOptions, PriorityShedOptions,
    RefreshOptions, RetryBudgetOptions, RetryCause, SingleFlightOptions, TokenBucketOptions,
    WindowLimitOptions, WindowLog,
};
use tenfold_units::{Instant, Seed};

const SCHEDULES: usize = 2_000;

/// Runs `work` on so many threads at a time, and returns what each made.
fn together<T: Send + 'static>(
    threads: usize,
    work: impl Fn(usize) -> T + Send + Sync + 'static,
) -> Vec<T> {
    let work = Plain::new(work);
    let threads: Vec<_> = (0..threads)
        .map(|i| {
            let work = Plain::clone(&work);
            thread::spawn(move || work(i))
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().expect("it does not panic")).collect()
}

/// Counts who is inside, and fails when it is more than allowed.
struct Room(AtomicUsize, usize);

impl Room {
    fn visit(&self) {
        let inside = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        assert!(inside <= self.1, "{inside} inside, {} allowed", self.1);
        thread::yield_now();
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[test]
fn a_limit_is_given_out_exactly_once() {
    let check = || {
        let rule = TokenBucketOptions::per_second(1, 4).rule().unwrap();
        let limiter = limiter::SharedLimiter::new(rule);
        let now = Instant::ZERO + Duration::from_secs(9);
        let admitted =
            together(3, move |_| (0..2).filter(|_| limiter.admit(now, 1).is_admitted()).count());
        assert_eq!(admitted.iter().sum::<usize>(), 4);
    };
    shuttle::check_random(check, SCHEDULES);
}

#[test]
fn a_window_is_given_out_exactly_once() {
    let check = || {
        let options = WindowLimitOptions { limit: 4, window: Duration::from_secs(1) };
        let log = limiter::SharedWindow::new(WindowLog::new(options).unwrap());
        let admitted = together(3, move |i| {
            // One thread asks for two at a time.
            let amount = if i == 0 { 2 } else { 1 };
            let admit = |_: &i32| log.admit(Instant::ZERO, amount).is_admitted();
            (0..2).filter(admit).count() * amount as usize
        });
        let admitted: usize = admitted.iter().sum();
        assert!(admitted == 4 || admitted == 3, "{admitted}");
    };
    shuttle::check_random(check, SCHEDULES / 4);
}

#[test]
fn a_leaky_bucket_is_filled_exactly_once() {
    let check = || {
        let limit = limiter::SharedLimitReq::new(LimitReqOptions::nodelay(1, 3)).unwrap();
        let passes = move |_| {
            let passes = |_: &i32| limit.admit(Instant::ZERO) == LimitReqDecision::Admitted;
            (0..2).filter(passes).count()
        };
        assert_eq!(together(3, passes).iter().sum::<usize>(), 4);
    };
    shuttle::check_random(check, SCHEDULES / 4);
}

#[test]
fn hedges_are_paid_for_once() {
    let check = || {
        let options = HedgeOptions { budget_ratio: 1.0, ..HedgeOptions::tail_at_scale() };
        let shared = hedge::SharedHedge::new(options).unwrap();
        let left = shared.clone();
        let sent = together(3, move |_| {
            shared.request();
            (0..2).filter(|_| shared.failed(1) == HedgeDecision::Send).count()
        });
        let rest = (0..9).filter(|_| left.failed(1) == HedgeDecision::Send).count();
        assert_eq!(sent.iter().sum::<usize>() + rest, 3, "a hedge for each call, no more or less");
    };
    shuttle::check_random(check, SCHEDULES / 4);
}

#[test]
fn every_call_and_event_is_counted() {
    let check = || {
        let metrics = registry::SharedRegistry::default();
        let counted = metrics.clone();
        together(3, move |i| {
            counted.begin();
            counted.note("limit", Event::Refused { reason: "rate" });
            let status = if i == 0 { "500" } else { "200" };
            let (route, status) = ("/a".into(), status.into());
            counted.end(registry::Labels { method: "GET", route, status }, Duration::ZERO);
        });
        let text = metrics.render("x");
        for line in [
            "x_active_requests 0",
            "http_response_status_code=\"200\"} 2",
            "http_response_status_code=\"500\"} 1",
            "reason=\"rate\"} 3",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    };
    shuttle::check_random(check, SCHEDULES / 4);
}

#[test]
fn a_keyed_limit_is_given_out_exactly_once_a_key() {
    let check = || {
        let rule = TokenBucketOptions::per_second(1, 3).rule().unwrap();
        let limiter = limiter::SharedKeyedLimiter::new(rule, 16).unwrap();
        let admitted = together(4, move |i| {
            let key = i % 2;
            (0..2).filter(|_| limiter.admit(Instant::ZERO, &key, 1).is_admitted()).count()
        });
        assert_eq!(admitted[0] + admitted[2], 3);
        assert_eq!(admitted[1] + admitted[3], 3);
    };
    shuttle::check_random(check, SCHEDULES / 4);
}

#[test]
fn a_half_open_breaker_lets_one_probe_in_at_a_time_and_loses_none() {
    let check = || {
        let options =
            CircuitBreakerOptions { half_open_calls: 1, ..CircuitBreakerOptions::gobreaker() };
        let breaker = breaker::SharedCircuitBreaker::new(options, Seed(1)).unwrap();
        for _ in 0..6 {
            let (permit, _) = breaker.try_acquire(Instant::ZERO).unwrap();
            permit.record(Instant::ZERO, CircuitBreakerOutcome::Failure);
        }
        let later = Instant::ZERO + Duration::from_secs(61);
        let (room, probed) = (Room(AtomicUsize::new(0), 1), breaker.clone());
        together(3, move |_| {
            if let Ok((permit, _)) = probed.try_acquire(later) {
                room.visit();
                // Cancelled: the place must come back.
                drop(permit);
            }
        });
        assert_eq!(breaker.state(), CircuitBreakerState::HalfOpen);
        let (permit, _) = breaker.try_acquire(later).expect("no probe's place was lost");
        permit.record(later, CircuitBreakerOutcome::Success);
        assert_eq!(breaker.state(), CircuitBreakerState::Closed);
    };
    shuttle::check_random(check, SCHEDULES);
}

fn bulkhead() -> bulkhead::SharedBulkhead {
    let options = BulkheadOptions {
        max_concurrent: 1,
        max_waiting: 8,
        max_wait: Duration::from_secs(1),
        newest_first_when_busy: false,
    };
    bulkhead::SharedBulkhead::new(options, Plain::new(clock::Still)).expect("right options")
}

#[test]
fn a_bulkhead_serves_all_who_wait_one_at_a_time() {
    let check = || {
        let shared = bulkhead();
        let (entered, room) = (shared.clone(), Room(AtomicUsize::new(0), 1));
        together(4, move |_| {
            let guard = match entered.enter() {
                bulkhead::BulkheadEntry::Admitted(guard) => guard,
                bulkhead::BulkheadEntry::Waiting(mut queued) => {
                    block_on(poll_fn(|cx| queued.poll(cx))).expect("time stands still")
                }
                bulkhead::BulkheadEntry::Refused => panic!("there are places to wait"),
            };
            room.visit();
            drop(guard);
        });
        assert_eq!((shared.in_flight(), shared.queue_length()), (0, 0));
    };
    shuttle::check_random(check, SCHEDULES);
}

#[test]
fn a_permit_handed_to_a_caller_that_leaves_is_not_lost() {
    let check = || {
        let shared = bulkhead();
        let entered = shared.clone();
        together(4, move |i| match entered.enter() {
            bulkhead::BulkheadEntry::Admitted(guard) => drop(guard),
            bulkhead::BulkheadEntry::Waiting(mut queued) => {
                // The odd ones leave, at any moment.
                if i % 2 == 0 {
                    drop(block_on(poll_fn(|cx| queued.poll(cx))));
                }
            }
            bulkhead::BulkheadEntry::Refused => panic!("there are places to wait"),
        });
        assert_eq!((shared.in_flight(), shared.queue_length()), (0, 0));
    };
    shuttle::check_random(check, SCHEDULES);
}

#[test]
fn a_concurrency_limit_holds_and_gets_all_back() {
    let check = || {
        let algorithm = ConcurrencyAlgorithm::Aimd { backoff: 0.5, timeout: Duration::MAX };
        let options = ConcurrencyLimitOptions { initial: 2, min: 1, max: 2, algorithm };
        let limit = concurrency::SharedConcurrencyLimit::new(options).unwrap();
        let (shared, room) = (limit.clone(), Room(AtomicUsize::new(0), 2));
        together(4, move |i| {
            if let Some(guard) = shared.try_acquire(Instant::ZERO) {
                room.visit();
                if i % 2 == 0 {
                    guard.record(Instant::ZERO, ConcurrencyOutcome::Success);
                }
            }
        });
        assert_eq!(limit.in_flight(), 0);
    };
    shuttle::check_random(check, SCHEDULES);
}

#[test]
fn a_retry_quota_is_never_overdrawn_and_unsent_retries_come_back() {
    let check = || {
        let options = RetryBudgetOptions::Quota {
            capacity: 2,
            retry_cost: 1,
            throttled_cost: 1,
            success_refund: 0,
        };
        let budget = budget::SharedRetryBudget::new(options, Instant::ZERO).unwrap();
        let shared = budget.clone();
        let sent = together(3, move |i| {
            let guard = shared.withdraw(Instant::ZERO, RetryCause::Failure)?;
            // The first is cancelled during its wait.
            if i == 0 { None } else { guard.sent() }
        });
        let sent = sent.iter().flatten().count();
        assert!(sent <= 2);
        assert!((budget.left(Instant::ZERO) - (2 - sent) as f64).abs() < 1e-9);
    };
    shuttle::check_random(check, SCHEDULES);
}

#[test]
fn a_balancer_counts_what_is_in_flight() {
    let check = || {
        let backends = ["a", "b"].map(|name| (BackendOptions::named(name), name));
        let options = BalancerOptions::power_of_two();
        let shared = balancer::SharedBalancer::new(options, backends.into(), Seed(1)).unwrap();
        let picked = shared.clone();
        together(4, move |i| {
            if i == 3 {
                picked.remove(Instant::ZERO, "b");
                return;
            }
            let (_, guard) = picked.pick(Instant::ZERO, b"").expect("one is always there");
            thread::yield_now();
            if i == 0 {
                guard.finish(Instant::ZERO, BalancerOutcome::Success);
            }
        });
        assert_eq!(shared.in_flight("a"), Some(0));
        assert_eq!(shared.in_flight("b"), None);
    };
    shuttle::check_random(check, SCHEDULES);
}

fn shared_cache() -> cache::SharedCache<usize> {
    let zero = Duration::ZERO;
    let refresh = RefreshOptions { beta: 0.0, stale_while_revalidate: zero, stale_if_error: zero };
    let (options, flight) = (CacheOptions::lru(10), SingleFlightOptions::tenfold());
    let (clock, weigh, seed, shards) = (Plain::new(clock::Still), |_: &usize| 1, Seed(1), 2);
    let parts = cache::CacheParts { options, refresh, flight, weigh, clock, seed, shards };
    cache::SharedCache::new(parts).expect("right options")
}

#[test]
fn one_caller_loads_at_a_time_and_all_get_a_value() {
    let check = || {
        let shared = shared_cache();
        let (found, room) = (shared.clone(), Room(AtomicUsize::new(0), 1));
        let values = together(4, move |i| {
            let lead = match found.find(1) {
                cache::Found::Known(value) => return value,
                cache::Found::Load(lead) => lead,
                cache::Found::Wait(mut wait) => match block_on(poll_fn(|cx| wait.poll(cx))) {
                    cache::Waited::Told(result) => return result.unwrap(),
                    cache::Waited::Leads(lead) => lead,
                },
                cache::Found::Renew(..) | cache::Found::Full => panic!("neither is asked for"),
            };
            room.visit();
            if i == 0 {
                // Cancelled while it loads.
                drop(lead);
                return None;
            }
            lead.finish(Ok(cache::Loaded::Value(i))).unwrap()
        });
        let cache::Found::Known(kept) = shared.find(1) else { panic!("nothing was kept") };
        assert!(kept.is_some_and(|i| i > 0));
        assert!(values[1..].iter().all(|value| *value == kept), "{values:?}");
        assert_eq!(shared.loading(), 0);
    };
    shuttle::check_random(check, SCHEDULES);
}

#[test]
fn what_was_loaded_before_an_invalidation_is_never_kept() {
    let check = || {
        let shared = shared_cache();
        let store = Plain::new(AtomicUsize::new(1));
        let (found, written) = (shared.clone(), Plain::clone(&store));
        together(3, move |i| {
            if i == 0 {
                // A write: the store first, then the cache.
                written.store(2, Ordering::SeqCst);
                found.invalidate_hashed(1);
                return;
            }
            let lead = match found.find(1) {
                cache::Found::Load(lead) => lead,
                cache::Found::Wait(mut wait) => match block_on(poll_fn(|cx| wait.poll(cx))) {
                    cache::Waited::Leads(lead) => lead,
                    cache::Waited::Told(_) => return,
                },
                cache::Found::Known(_) => return,
                cache::Found::Renew(..) | cache::Found::Full => panic!("neither is asked for"),
            };
            let value = written.load(Ordering::SeqCst);
            thread::yield_now();
            let _ = lead.finish(Ok(cache::Loaded::Value(value)));
        });
        if let cache::Found::Known(value) = shared.find(1) {
            assert_eq!(value, Some(2), "the old value was set late");
        }
    };
    shuttle::check_random(check, SCHEDULES);
}

#[test]
fn writes_through_leave_what_the_store_has_or_nothing() {
    let check = || {
        let shared = shared_cache();
        let store = Plain::new(AtomicUsize::new(0));
        let (writer, held) = (shared.clone(), Plain::clone(&store));
        together(3, move |i| {
            if i == 2 {
                // A reader, whose load may be older than what is written meanwhile.
                if let cache::Found::Load(lead) = writer.find(1) {
                    let value = held.load(Ordering::SeqCst);
                    thread::yield_now();
                    let _ = lead.finish(Ok(cache::Loaded::Value(value)));
                }
                return;
            }
            let write = writer.begin_write(1);
            held.store(i + 1, Ordering::SeqCst);
            thread::yield_now();
            write.finish(i + 1);
        });
        if let cache::Found::Known(kept) = shared.find(1) {
            assert_eq!(kept, Some(store.load(Ordering::SeqCst)));
        }
    };
    shuttle::check_random(check, SCHEDULES);
}

#[test]
fn shedding_admits_all_while_nothing_waits() {
    let check = || {
        let options = PriorityShedOptions { window_requests: 2, ..PriorityShedOptions::dagor() };
        let shed = shed::SharedShed::new(None, Some(options)).unwrap();
        let shared = shed.clone();
        let admitted = together(3, move |i| {
            let admitted = shared.admit(Instant::ZERO, 10 * i as u8);
            assert!(!shared.leaves_queue(Instant::ZERO, Duration::ZERO));
            admitted
        });
        assert!(admitted.iter().all(|it| *it));
        assert_eq!(shed.level(), 127);
    };
    shuttle::check_random(check, SCHEDULES / 4);
}

#[test]
fn a_throttle_counts_every_request_and_every_answer() {
    let check = || {
        let options = AdaptiveThrottleOptions { floor: 1, ..AdaptiveThrottleOptions::sre_book() };
        let shared = throttle::SharedThrottle::new(options, Seed(1)).unwrap();
        let now = Instant::ZERO + Duration::from_secs(9);
        let watched = shared.clone();
        let sent: usize = together(3, move |thread| {
            let sent = (0..3).filter_map(|_| shared.admit(now));
            // One thread's answers are refusals, one's callers go away, one's are accepted.
            let finish = |guard: throttle::ThrottleGuard| match thread {
                0 => guard.finish(now, false),
                1 => drop(guard),
                _ => guard.finish(now, true),
            };
            sent.map(finish).count()
        })
        .into_iter()
        .sum();
        assert!(sent <= 9);
        // Whatever the order: 9 requests, and what was sent by two of the threads was accepted.
        let p = watched.refusal_probability(now);
        let accepts = (9.0 - 1.0 - p * 10.0) / options.k;
        assert!(accepts <= 6.0 || p == 0.0, "{accepts} accepted");
    };
    shuttle::check_random(check, SCHEDULES);
}

#[test]
fn a_request_with_a_key_is_carried_out_once() {
    let check = || {
        let table = idempotency::SharedIdempotency::new(IdempotencyOptions::stripe()).unwrap();
        let done = Plain::new(AtomicUsize::new(0));
        let counter = Plain::clone(&done);
        let answers = together(3, move |_| {
            loop {
                match table.begin(Instant::ZERO, 7, 99) {
                    idempotency::Begun::Start(guard) => {
                        let answer = counter.fetch_add(1, Ordering::SeqCst);
                        assert!(guard.complete(Instant::ZERO, answer));
                        return answer;
                    }
                    idempotency::Begun::Replay(answer) => return answer,
                    idempotency::Begun::InProgress { .. } => thread::yield_now(),
                    idempotency::Begun::Mismatch | idempotency::Begun::Full => {
                        panic!("one request, one key")
                    }
                }
            }
        });
        assert_eq!(answers, [0; 3]);
        assert_eq!(done.load(Ordering::SeqCst), 1);
    };
    shuttle::check_random(check, SCHEDULES);
}
