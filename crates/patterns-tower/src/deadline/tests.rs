use tenfold_patterns::BulkheadOptions;
use tokio::time::{advance, sleep};
use tower::{ServiceBuilder, ServiceExt, service_fn};

use super::*;
use crate::bulkhead::BulkheadLayer;
use crate::clock::Clock;

const MS: fn(u64) -> Duration = Duration::from_millis;

fn request(deadline: Option<Deadline>) -> Request<u64> {
    let mut request = Request::new(0);
    if let Some(deadline) = deadline {
        request.carry(deadline);
    }
    request
}

/// Answers with what is left.
async fn left(request: Request<u64>) -> Result<Option<Duration>, BoxError> {
    let carried: Option<&Deadline> = request.carried();
    Ok(carried.and_then(|deadline| deadline.left(TokioClock.now())))
}

async fn work(request: Request<u64>) -> Result<(), BoxError> {
    sleep(MS(*request.body())).await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_callee_gets_what_is_left_less_the_reserve() {
    let layer = DeadlineLayer::new(MS(1_000)).reserve(MS(20));
    let deadline = Deadline::after(TokioClock.now(), MS(300));
    advance(MS(100)).await;
    let service = layer.layer(service_fn(left));
    assert_eq!(service.clone().oneshot(request(Some(deadline))).await.unwrap(), Some(MS(180)));
    // Without a caller's deadline, the layer's own time-out.
    assert_eq!(service.oneshot(request(None)).await.unwrap(), Some(MS(1_000)));
}

#[tokio::test(start_paused = true)]
async fn time_is_subtracted_hop_by_hop() {
    let third = DeadlineLayer::new(MS(1_000)).reserve(MS(10)).layer(service_fn(left));
    let second = service_fn(move |request: Request<u64>| {
        let third = third.clone();
        async move {
            sleep(MS(30)).await;
            third.oneshot(request).await
        }
    });
    let first = DeadlineLayer::new(MS(200)).layer(second);
    assert_eq!(first.oneshot(request(None)).await.unwrap(), Some(MS(200 - 30 - 10)));
}

#[tokio::test(start_paused = true)]
async fn work_whose_deadline_has_passed_is_not_begun() {
    let reached = service_fn(|_: Request<u64>| async { panic!("called") as Result<(), BoxError> });
    let service = DeadlineLayer::new(MS(1_000)).layer(reached);
    let deadline = Deadline::after(TokioClock.now(), MS(5));
    advance(MS(5)).await;
    let error = service.oneshot(request(Some(deadline))).await.unwrap_err();
    assert!(matches!(error, Error::DeadlinePassed));
    assert!(error.is_refusal());
}

#[tokio::test(start_paused = true)]
async fn a_reserve_that_eats_all_that_is_left_refuses() {
    let service = DeadlineLayer::new(MS(1_000)).reserve(MS(50)).layer(service_fn(left));
    let deadline = Deadline::after(TokioClock.now(), MS(50));
    assert!(service.oneshot(request(Some(deadline))).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn work_that_waited_in_a_queue_past_its_deadline_is_refused_behind_it() {
    let max_wait = MS(60_000);
    let options = BulkheadOptions { max_waiting: 10, max_wait, ..BulkheadOptions::resilience4j() };
    let one = BulkheadOptions { max_concurrent: 1, ..options };
    let service = ServiceBuilder::new()
        .layer(BulkheadLayer::new(one).unwrap())
        .layer(DeadlineLayer::new(MS(500)))
        .service(service_fn(work));
    let mut slow = request(None);
    *slow.body_mut() = 300;
    let first = tokio::spawn(service.clone().oneshot(slow));
    tokio::task::yield_now().await;
    let late = request(Some(Deadline::after(TokioClock.now(), MS(200))));
    let error = service.oneshot(late).await.unwrap_err();
    assert!(matches!(error, Error::DeadlinePassed), "{error:?}");
    first.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_call_ends_at_its_deadline() {
    let service = DeadlineLayer::new(MS(1_000)).layer(service_fn(work));
    let mut slow = request(Some(Deadline::after(TokioClock.now(), MS(70))));
    *slow.body_mut() = 5_000;
    let start = TokioClock.now();
    let error = service.oneshot(slow).await.unwrap_err();
    assert!(matches!(error, Error::TimedOut { after } if after == MS(70)), "{error:?}");
    assert!(TokioClock.now().saturating_since(start) <= MS(71));
}

#[tokio::test(start_paused = true)]
async fn the_header_travels_and_shrinks() {
    let wire =
        WriteDeadlineLayer::default().layer(service_fn(|request: Request<u64>| async move {
            let text = request.headers()["grpc-timeout"].to_str().unwrap().to_owned();
            Ok::<_, BoxError>(text)
        }));
    let slow = service_fn(move |request: Request<u64>| {
        let wire = wire.clone();
        async move {
            sleep(MS(25)).await;
            wire.oneshot(request).await
        }
    });
    let server = ReadDeadlineLayer::default().layer(slow);
    let mut incoming = request(None);
    incoming.headers_mut().insert("grpc-timeout", HeaderValue::from_static("100m"));
    assert_eq!(server.oneshot(incoming).await.unwrap(), "75000000n");
}

#[tokio::test(start_paused = true)]
async fn a_malformed_header_counts_as_none() {
    let server = ReadDeadlineLayer::default().layer(service_fn(left));
    for text in ["", "12", "-5S", "123456789S", "5x"] {
        let mut incoming = request(None);
        incoming.headers_mut().insert("grpc-timeout", HeaderValue::from_str(text).unwrap());
        assert_eq!(server.clone().oneshot(incoming).await.unwrap(), None, "{text}");
    }
}
