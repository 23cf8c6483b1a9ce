use tenfold_patterns::BulkheadOptions;
use tokio::time::sleep;
use tower::{ServiceExt, service_fn};

use super::*;
use crate::bulkhead::BulkheadLayer;
use crate::clock::{Clock, ManualClock};

const MS: fn(u64) -> Duration = Duration::from_millis;

async fn work(millis: u64) -> Result<u64, BoxError> {
    sleep(MS(millis)).await;
    Ok(millis)
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_time_passes_and_a_late_one_does_not() {
    let service = TimeoutLayer::new(MS(100)).layer(service_fn(work));
    assert_eq!(service.clone().oneshot(99).await.unwrap(), 99);
    let start = TokioClock.now();
    let error = service.oneshot(101).await.unwrap_err();
    assert!(matches!(error, Error::TimedOut { after } if after == MS(100)), "{error:?}");
    let waited = TokioClock.now().saturating_since(start);
    assert!((100..=101).contains(&waited.as_millis()), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_time_out_gives_back_what_inner_layers_hold() {
    let bulkhead = BulkheadLayer::new(BulkheadOptions::hystrix_semaphore()).unwrap();
    let service = TimeoutLayer::new(MS(10)).layer(bulkhead.layer(service_fn(work)));
    let mut call = Box::pin(service.oneshot(1_000));
    assert!((&mut call).await.is_err());
    // Given back at the error, not only when the call is dropped.
    assert_eq!(bulkhead.bulkhead().in_flight(), 0);
    drop(call);
}

#[tokio::test]
async fn the_clock_can_be_moved_by_hand() {
    let clock = ManualClock::new();
    let layer = TimeoutLayer::new(MS(100)).clock(clock.shared());
    let service = layer.layer(service_fn(|()| core::future::pending::<Result<(), BoxError>>()));
    let call = tokio::spawn(service.oneshot(()));
    while clock.sleepers() == 0 {
        tokio::task::yield_now().await;
    }
    clock.advance(MS(99));
    tokio::task::yield_now().await;
    assert!(!call.is_finished());
    clock.advance(MS(1));
    assert_eq!(call.await.unwrap().unwrap_err().reason(), "timed-out");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_with_the_time_out_wins() {
    let service = TimeoutLayer::new(MS(50)).layer(service_fn(work));
    assert!(service.oneshot(50).await.is_ok());
}
