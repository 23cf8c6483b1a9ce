use core::time::Duration;

use tenfold_patterns::{ConcurrencyAlgorithm, ConcurrencyLimit as Machine};
use tenfold_units::Seed;
use tokio::time::sleep;
use tower::{Service, ServiceExt, service_fn};

use super::*;
use crate::classify::ByStatus;
use crate::clock::Clock;
use crate::error::BoxError;

const MS: fn(u64) -> Duration = Duration::from_millis;

fn aimd(initial: u32) -> ConcurrencyLimitOptions {
    let algorithm = ConcurrencyAlgorithm::Aimd { backoff: 0.5, timeout: MS(100) };
    ConcurrencyLimitOptions { initial, min: 1, max: 50, algorithm }
}

async fn work(millis: u64) -> Result<u64, BoxError> {
    sleep(MS(millis)).await;
    Ok(millis)
}

#[tokio::test(start_paused = true)]
async fn the_layer_decides_as_the_machine_by_hand() {
    for options in [aimd(4), ConcurrencyLimitOptions::netflix_gradient2()] {
        let mut machine = Machine::new(options).unwrap();
        let layer = ConcurrencyLimitLayer::new(options).unwrap();
        let mut service = layer.layer(service_fn(work));
        let mut script = Seed(3).stream("script");
        let mut moved = 0;
        for round in 0..300 {
            // A wave of calls of the same length, so that they end in the order in which they began.
            let (wave, millis) = (1 + script.below(40), 5 + script.below(200));
            let mut by_hand = Vec::new();
            let mut calls = Vec::new();
            for _ in 0..wave {
                let started = TokioClock.now();
                let permit = machine.try_acquire();
                let call = service.ready().await.unwrap().call(millis);
                match permit {
                    Some(permit) => {
                        by_hand.push((started, permit));
                        calls.push(tokio::spawn(call));
                    }
                    None => assert_eq!(call.await.unwrap_err().reason(), "concurrency-limited"),
                }
            }
            for ((started, permit), call) in by_hand.into_iter().zip(calls) {
                call.await.unwrap().unwrap();
                let latency = TokioClock.now().saturating_since(started);
                machine.release(permit, ConcurrencyOutcome::Success, latency);
            }
            moved += u32::from(layer.limit().limit() != options.initial);
            assert_eq!(layer.limit().limit(), machine.limit(), "round {round}");
            assert_eq!(layer.limit().in_flight(), 0);
        }
        assert!(moved > 100, "the limit hardly moved");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_call_gives_its_place_back_and_is_no_sample() {
    let layer = ConcurrencyLimitLayer::new(aimd(2)).unwrap();
    let service = layer.layer(service_fn(work));
    for _ in 0..10 {
        let call = tokio::time::timeout(MS(500), service.clone().oneshot(60_000));
        assert!(call.await.is_err());
    }
    assert_eq!((layer.limit().in_flight(), layer.limit().limit()), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn overload_further_in_lowers_the_limit_and_errors_do_not() {
    let layer = ConcurrencyLimitLayer::new(aimd(40)).unwrap();
    let fails = |error: fn() -> Error| {
        layer.layer(service_fn(move |()| async move { Err::<(), _>(error()) }))
    };
    fails(|| Error::Inner("bug".into())).oneshot(()).await.unwrap_err();
    fails(|| Error::NoBackend).oneshot(()).await.unwrap_err();
    assert_eq!(layer.limit().limit(), 40);
    fails(|| Error::TimedOut { after: MS(1) }).oneshot(()).await.unwrap_err();
    assert_eq!(layer.limit().limit(), 20);
    fails(|| Error::BulkheadFull).oneshot(()).await.unwrap_err();
    assert_eq!(layer.limit().limit(), 10);
    let layer = layer.classify(ByStatus);
    let busy = layer.layer(service_fn(async |()| {
        Ok::<_, BoxError>(http::Response::builder().status(503).body(()).unwrap())
    }));
    busy.oneshot(()).await.unwrap();
    assert_eq!(layer.limit().limit(), 5);
}
