use core::time::Duration;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::time::advance;
use tower::{ServiceExt, service_fn};

use super::*;

/// Key, what is asked for, and how the call ends.
#[derive(Clone, Copy)]
struct Ask(u32, u64, End);

#[derive(Clone, Copy)]
enum End {
    Works,
    Fails,
    Refused,
    Never,
}

fn options() -> IdempotencyOptions {
    let (ttl, lease) = (Duration::from_secs(60), Duration::from_secs(10));
    IdempotencyOptions { ttl, lease, capacity: 3 }
}

type Find = fn(&Ask) -> Option<(u32, u64)>;

fn layer() -> IdempotencyLayer<u32, Find> {
    let find: Find = |ask| (ask.0 > 0).then_some((ask.0, ask.1));
    IdempotencyLayer::new(options(), find).unwrap()
}

/// A service that counts how often it did something.
fn counting(
    layer: &IdempotencyLayer<u32, Find>,
) -> (impl Service<Ask, Response = u32, Error = Error> + Clone, Arc<AtomicU32>) {
    let done = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&done);
    let service = layer.layer(service_fn(move |ask: Ask| {
        let counter = Arc::clone(&counter);
        async move {
            match ask.2 {
                End::Works => Ok(counter.fetch_add(1, Ordering::Relaxed)),
                End::Fails => Err(Error::Inner("broken".into())),
                End::Refused => Err(Error::BulkheadFull),
                End::Never => core::future::pending().await,
            }
        }
    }));
    (service, done)
}

fn status(result: Result<u32, Error>) -> (u16, Option<u64>) {
    let error = result.unwrap_err();
    (error.status().as_u16(), error.retry_after().map(|wait| wait.as_secs()))
}

#[tokio::test(start_paused = true)]
async fn a_repeat_is_answered_alike_and_done_once() {
    let layer = layer();
    let (service, done) = counting(&layer);
    let ask = |ask| service.clone().oneshot(ask);
    for _ in 0..5 {
        assert_eq!(ask(Ask(1, 9, End::Works)).await.unwrap(), 0);
    }
    assert_eq!(ask(Ask(2, 9, End::Works)).await.unwrap(), 1, "another key");
    assert_eq!(status(ask(Ask(1, 8, End::Works)).await), (422, None), "another request");
    assert_eq!(ask(Ask(0, 9, End::Works)).await.unwrap(), 2, "no key");
    assert_eq!(ask(Ask(0, 9, End::Works)).await.unwrap(), 3);
    assert_eq!(ask(Ask(3, 9, End::Works)).await.unwrap(), 4);
    assert_eq!(status(ask(Ask(4, 9, End::Works)).await), (503, None), "no fourth key");
    advance(Duration::from_secs(60)).await;
    assert_eq!(ask(Ask(1, 9, End::Works)).await.unwrap(), 5, "forgotten after its time");
    assert_eq!(done.load(Ordering::Relaxed), 6);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_may_have_had_its_effect_blocks_its_key_for_the_lease() {
    for end in [End::Fails, End::Never] {
        let layer = layer();
        let (service, done) = counting(&layer);
        let call = service.clone().oneshot(Ask(1, 9, end));
        let ended = tokio::time::timeout(Duration::from_secs(1), call).await;
        assert!(!matches!(ended, Ok(Ok(_))));
        let spent = if matches!(end, End::Never) { 1 } else { 0 };
        let repeat = service.clone().oneshot(Ask(1, 9, End::Works)).await;
        assert_eq!(status(repeat), (409, Some(10 - spent)));
        advance(Duration::from_secs(10 - spent)).await;
        assert_eq!(service.oneshot(Ask(1, 9, End::Works)).await.unwrap(), 0);
        assert_eq!(done.load(Ordering::Relaxed), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_call_frees_its_key() {
    let layer = layer();
    let (service, _) = counting(&layer);
    assert_eq!(status(service.clone().oneshot(Ask(1, 9, End::Refused)).await).0, 503);
    assert!(layer.table().is_empty());
    assert_eq!(service.oneshot(Ask(1, 9, End::Works)).await.unwrap(), 0);
    assert_eq!(layer.table().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn repeats_at_the_same_time_are_told_to_come_again() {
    let layer = layer();
    let (service, _) = counting(&layer);
    let mut first = Box::pin(service.clone().oneshot(Ask(1, 9, End::Never)));
    assert!(tokio::time::timeout(Duration::from_secs(1), &mut first).await.is_err());
    let second = service.oneshot(Ask(1, 9, End::Works)).await;
    assert_eq!(status(second), (409, Some(9)));
}
