use std::sync::atomic::{AtomicU32, Ordering};

use tenfold_patterns::{
    Event, FixedWindow, Gcra, GcraOptions, TokenBucket, TokenBucketOptions, WindowCounter,
    WindowLog,
};
use tokio::time::advance;
use tower::{Service, ServiceExt, service_fn};

use super::*;
use crate::clock::{Clock, ManualClock};
use crate::error::BoxError;

const MS: fn(u64) -> Duration = Duration::from_millis;

fn rule(rate: u64, burst: u64) -> TokenBucketRule {
    TokenBucketOptions::per_second(rate, burst).rule().unwrap()
}

async fn echo(request: u32) -> Result<u32, BoxError> {
    Ok(request)
}

macro_rules! call {
    ($service:expr, $request:expr) => {
        $service.ready().await.unwrap().call($request).await
    };
}

const WINDOW: WindowLimitOptions =
    WindowLimitOptions { limit: 4, window: Duration::from_millis(300) };

/// Runs the script through the layer, and by hand.
async fn window_decides_alike<M: WindowLimit + Clone>(mut machine: M) {
    let mut service = RateLimitLayer::window(machine.clone()).layer(service_fn(echo));
    let mut refused = 0;
    for gap in gaps(600) {
        advance(MS(gap)).await;
        let by_hand = machine.admit_many(TokioClock.now(), 1);
        match (call!(service, 1), by_hand) {
            (Ok(_), WindowLimitDecision::Admitted { .. }) => {}
            (Err(error), WindowLimitDecision::Refused { retry_after }) => {
                assert_eq!(error.retry_after(), Some(retry_after));
                assert_eq!(error.status(), 429);
                assert_eq!(error.quota().unwrap().limit, 4);
                refused += 1;
            }
            (layer, by_hand) => panic!("{layer:?} but {by_hand:?}"),
        }
    }
    assert!((100..500).contains(&refused), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn the_layer_decides_as_windows_by_hand() {
    window_decides_alike(WindowLog::new(WINDOW).unwrap()).await;
    window_decides_alike(WindowCounter::new(WINDOW).unwrap()).await;
    window_decides_alike(FixedWindow::new(WINDOW).unwrap()).await;
}

#[tokio::test(start_paused = true)]
async fn windows_per_caller_decide_as_by_hand() {
    let find = |request: &u32| *request;
    let (counter, fixed) = (WINDOW.counter_rule().unwrap(), WINDOW.fixed_rule().unwrap());
    let counter = RateLimitLayer::keyed(counter, 1_000, find).unwrap();
    let fixed = RateLimitLayer::keyed(fixed, 1_000, find).unwrap();
    let (mut counter, mut fixed) = (counter.layer(service_fn(echo)), fixed.layer(service_fn(echo)));
    let mut counters = [(); 3].map(|()| WindowCounter::new(WINDOW).unwrap());
    let mut windows = [(); 3].map(|()| FixedWindow::new(WINDOW).unwrap());
    let mut refused = 0;
    for (i, gap) in gaps(900).enumerate() {
        advance(MS(gap / 2)).await;
        let (now, caller) = (TokioClock.now(), (i * i) as u32 % 3);
        let by_hand = counters[caller as usize].admit(now).is_admitted();
        assert_eq!(call!(counter, caller).is_ok(), by_hand);
        let by_hand = windows[caller as usize].admit(now).is_admitted();
        assert_eq!(call!(fixed, caller).is_ok(), by_hand);
        refused += u32::from(!by_hand);
    }
    assert!((100..800).contains(&refused), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_quota_is_waited_for_and_changed_in_place() {
    let shared = Arc::new(SharedWindow::new(FixedWindow::new(WINDOW).unwrap()));
    let layer = RateLimitLayer::shared_window(Arc::clone(&shared)).wait_up_to(MS(300));
    let mut service = layer.layer(service_fn(echo));
    let start = TokioClock.now();
    for _ in 0..5 {
        assert!(call!(service, 1).is_ok());
    }
    let waited = TokioClock.now().saturating_since(start);
    assert!(waited > MS(0) && waited <= MS(301), "{waited:?}");
    shared.set_options(WindowLimitOptions { limit: 1, ..WINDOW }).unwrap();
    assert_eq!(shared.options().limit, 1);
    let next = TokioClock.now();
    assert!(call!(service, 1).is_ok());
    assert!(TokioClock.now() > next, "the one of this window was taken");
}

/// Gaps between calls, in ms, from a small generator: bursts, pauses, and long quiet.
fn gaps(n: usize) -> impl Iterator<Item = u64> {
    let mut x = 12_345_u64;
    (0..n).map(move |_| {
        x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        match x >> 60 {
            0..=7 => 0,
            8..=13 => (x >> 32) % 90,
            _ => (x >> 32) % 900,
        }
    })
}

#[tokio::test(start_paused = true)]
async fn the_layer_decides_as_the_token_bucket_by_hand() {
    let mut machine = TokenBucket::new(TokenBucketOptions::per_second(20, 5)).unwrap();
    let mut service = RateLimitLayer::new(rule(20, 5)).layer(service_fn(echo));
    let (mut admitted, mut refused) = (0, 0);
    for gap in gaps(600) {
        advance(MS(gap)).await;
        let by_hand = machine.admit(TokioClock.now());
        match (call!(service, 1), by_hand) {
            (Ok(_), TokenBucketDecision::Admitted { .. }) => admitted += 1,
            (Err(error), TokenBucketDecision::Refused { retry_after }) => {
                assert_eq!(error.retry_after(), Some(retry_after));
                refused += 1;
            }
            (layer, by_hand) => panic!("{layer:?} but {by_hand:?}"),
        }
    }
    assert!(admitted > 100 && refused > 100, "{admitted} {refused}");
}

#[tokio::test(start_paused = true)]
async fn the_layer_decides_as_gcra_by_hand() {
    let options = GcraOptions::per_second(20, 4);
    let mut machine = Gcra::new(options).unwrap();
    let mut service = RateLimitLayer::new(options.rule().unwrap()).layer(service_fn(echo));
    let mut refused = 0;
    for gap in gaps(600) {
        advance(MS(gap)).await;
        let by_hand = machine.admit(TokioClock.now());
        let layer = call!(service, 1);
        assert_eq!(layer.is_err(), by_hand.limited);
        if let Err(error) = layer {
            refused += 1;
            assert_eq!(error.retry_after(), by_hand.retry_after);
            assert_eq!(error.quota().unwrap().reset_after, by_hand.reset_after);
        }
    }
    assert!(refused > 100, "{refused}");
}

#[tokio::test(start_paused = true)]
async fn the_keyed_layer_decides_as_one_bucket_a_key() {
    let layer = RateLimitLayer::keyed(rule(5, 2), 1_000, |key: &u32| *key).unwrap();
    let mut service = layer.layer(service_fn(echo));
    let mut machines: Vec<_> =
        (0..7).map(|_| TokenBucket::new(TokenBucketOptions::per_second(5, 2)).unwrap()).collect();
    for (i, gap) in gaps(700).enumerate() {
        advance(MS(gap / 4)).await;
        let key = (i * i % 7) as u32;
        let by_hand = machines[key as usize].admit(TokioClock.now());
        assert_eq!(call!(service, key).is_ok(), by_hand.is_admitted(), "call {i}");
    }
}

#[tokio::test]
async fn a_refused_call_does_not_reach_the_service() {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let inner = service_fn(move |_: u32| {
        counted.fetch_add(1, Ordering::SeqCst);
        async { Ok::<_, BoxError>(()) }
    });
    let clock = ManualClock::new();
    let mut service = RateLimitLayer::new(rule(1, 2)).clock(clock.shared()).layer(inner);
    let results: Vec<bool> =
        vec![call!(service, 1).is_ok(), call!(service, 1).is_ok(), call!(service, 1).is_ok()];
    assert_eq!(results, [true, true, false]);
    assert_eq!(calls.load(Ordering::SeqCst), 2);
    clock.advance(MS(999));
    assert!(call!(service, 1).is_err());
    clock.advance(MS(1));
    assert!(call!(service, 1).is_ok());
}

#[tokio::test]
async fn all_services_of_a_layer_share_the_limit() {
    let layer = RateLimitLayer::new(rule(1, 1)).clock(ManualClock::new().shared());
    let (mut one, mut other) = (layer.layer(service_fn(echo)), layer.layer(service_fn(echo)));
    assert!(call!(one, 1).is_ok());
    assert!(call!(other, 1).is_err());
    assert!(call!(one.clone(), 1).is_err());
}

#[tokio::test(start_paused = true)]
async fn waiting_calls_pass_one_by_one_at_the_rate() {
    let layer = RateLimitLayer::new(rule(10, 1)).wait_up_to(MS(500));
    let start = TokioClock.now();
    let calls: Vec<_> = (0..8)
        .map(|i| {
            let service = layer.layer(service_fn(echo));
            tokio::spawn(async move {
                let result = service.oneshot(i).await;
                (result.is_ok(), TokioClock.now().saturating_since(start))
            })
        })
        .collect();
    let mut passed = Vec::new();
    for call in calls {
        let (ok, after) = call.await.unwrap();
        if ok {
            passed.push(after.as_millis());
        } else {
            assert!(after <= MS(501), "refused late: {after:?}");
        }
    }
    passed.sort_unstable();
    assert_eq!(passed.len(), 6, "now and at 100, 200, … 500 ms: {passed:?}");
    for (i, after) in passed.iter().enumerate() {
        assert!((i as u128 * 100..=i as u128 * 100 + 5).contains(after), "{passed:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_turn_comes_too_late_is_refused_without_a_wait() {
    let mut service = RateLimitLayer::new(rule(1, 1)).wait_up_to(MS(900)).layer(service_fn(echo));
    assert!(call!(service, 1).is_ok());
    let start = TokioClock.now();
    assert_eq!(call!(service, 1).unwrap_err().retry_after(), Some(MS(1_000)));
    assert_eq!(TokioClock.now(), start);
}

#[tokio::test(start_paused = true)]
async fn a_waiting_call_that_is_cancelled_takes_nothing() {
    let mut service = RateLimitLayer::new(rule(1, 1)).wait_up_to(MS(1_500)).layer(service_fn(echo));
    assert!(call!(service, 1).is_ok());
    let waiting = tokio::time::timeout(MS(10), service.ready().await.unwrap().call(2)).await;
    assert!(waiting.is_err(), "cancelled while waiting");
    advance(MS(990)).await;
    let start = TokioClock.now();
    assert!(call!(service, 3).is_ok());
    assert!(TokioClock.now().saturating_since(start) < MS(3));
}

#[tokio::test]
async fn decisions_are_observed() {
    let counts = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
    let sink = Arc::clone(&counts);
    let observer = Observer::new(move |event| {
        let which = match event {
            Event::Admitted => 0,
            Event::Refused { reason } => {
                assert_eq!(reason, "rate");
                1
            }
            Event::StateChanged { .. } => panic!("a limiter has no states"),
        };
        sink[which].fetch_add(1, Ordering::SeqCst);
    });
    let layer = RateLimitLayer::new(rule(1, 3)).clock(ManualClock::new().shared());
    let mut service = layer.observe(observer).layer(service_fn(echo));
    for _ in 0..5 {
        let _ = call!(service, 1);
    }
    assert_eq!([0, 1].map(|i| counts[i].load(Ordering::SeqCst)), [3, 2]);
}

#[test]
fn a_quota_says_what_the_rule_does() {
    let rule = rule(10, 5);
    let verdict = rule.verdict(&TokenBucketDecision::Admitted { remaining: 2 });
    let quota = verdict.quota;
    assert_eq!((quota.limit, quota.remaining), (5, 2));
    assert_eq!((quota.window, quota.reset_after), (MS(500), MS(300)));
    let never = rule.verdict(&TokenBucketDecision::Impossible);
    assert!(!never.admitted && never.retry_after.is_none());
}

#[test]
fn textbook_threads_together_get_no_more_than_the_burst() {
    let limiter = Arc::new(SharedLimiter::new(rule(1, 10_000)));
    let now = Instant::ZERO + Duration::from_secs(1);
    let admitted: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| (0..5_000).filter(|_| limiter.admit(now, 1).is_admitted()).count())
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(admitted, 10_000);
}

#[test]
fn a_new_rule_keeps_what_is_owed() {
    let limiter = SharedLimiter::new(rule(1, 10));
    let now = Instant::ZERO + Duration::from_secs(100);
    assert!(limiter.admit(now, 10).is_admitted());
    let faster = limiter.under(rule(10, 10));
    assert!(!faster.admit(now, 1).is_admitted(), "still empty");
}

#[test]
fn a_keyed_limiter_forgets_no_active_caller_while_there_is_room() {
    let limiter = SharedKeyedLimiter::new(rule(1, 1), 4_096).unwrap();
    for key in 0..400_u32 {
        assert!(limiter.admit(Instant::ZERO, &key, 1).is_admitted());
    }
    for key in 0..400_u32 {
        assert!(!limiter.admit(Instant::ZERO, &key, 1).is_admitted(), "{key}");
    }
    assert_eq!(limiter.forgotten(), 0);
    assert!(SharedKeyedLimiter::new(rule(1, 1), 0).is_err());
}
