use super::*;

#[tokio::test(start_paused = true)]
async fn the_tokio_clock_follows_paused_time_to_the_nanosecond() {
    let clock = TokioClock;
    let start = clock.now();
    tokio::time::advance(Duration::from_nanos(1_500_000_001)).await;
    assert_eq!(clock.now().saturating_since(start), Duration::from_nanos(1_500_000_001));
}

#[tokio::test(start_paused = true)]
async fn the_tokio_clock_wakes_at_the_instant() {
    let clock = TokioClock;
    let at = clock.now() + Duration::from_millis(250);
    clock.sleep_until(at).await;
    assert!(clock.now() >= at);
    assert!(clock.now().saturating_since(at) <= Duration::from_millis(1), "tokio's resolution");
}

#[test]
fn clocks_made_apart_agree() {
    let (first, second) = (TokioClock.now(), TokioClock.now());
    assert!(second.saturating_since(first) < Duration::from_secs(1));
    assert!(first >= Instant::ZERO + Duration::from_secs(3_600), "paused runtimes are older");
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_the_end_of_time_never_ends() {
    let sleep = TokioClock.sleep_until(Instant::MAX);
    let day = Duration::from_secs(86_400);
    assert!(tokio::time::timeout(day, sleep).await.is_err());
}

#[tokio::test]
async fn the_manual_clock_wakes_whom_it_passes() {
    let clock = ManualClock::new();
    let early = tokio::spawn(clock.sleep_until(Instant::ZERO + Duration::from_secs(1)));
    let late = tokio::spawn(clock.sleep_until(Instant::ZERO + Duration::from_secs(2)));
    while clock.sleepers() < 2 {
        tokio::task::yield_now().await;
    }
    clock.advance(Duration::from_secs(1));
    early.await.unwrap();
    assert!(!late.is_finished());
    assert_eq!(clock.sleepers(), 1);
    clock.advance(Duration::from_secs(1));
    late.await.unwrap();
}

#[tokio::test]
async fn a_manual_wait_that_is_over_does_not_wait() {
    let clock = ManualClock::new();
    clock.advance(Duration::from_secs(5));
    clock.sleep_until(Instant::ZERO + Duration::from_secs(5)).await;
    assert_eq!(clock.sleepers(), 0);
}

#[cfg(feature = "quanta")]
#[tokio::test]
async fn the_cycle_counter_runs_on_and_wakes_in_time() {
    let clock = crate::QuantaClock::new();
    let start = clock.now();
    let until = start + Duration::from_millis(5);
    clock.sleep_until(until).await;
    let woken = clock.now();
    assert!(woken >= until, "not before");
    assert!(woken < until + Duration::from_secs(5), "and not in another unit");
    clock.sleep_until(start).await;
    assert!(clock.now() >= woken, "it never runs back");
    assert_eq!(
        crate::QuantaClock::shared().now().saturating_since(Instant::ZERO).as_secs(),
        86_400
    );
}
