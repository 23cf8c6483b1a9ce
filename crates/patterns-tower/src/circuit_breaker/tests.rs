use core::time::Duration;
use std::sync::{Arc, Mutex};

use tenfold_patterns::{
    CircuitBreaker as Machine, CircuitBreakerDecision, CircuitBreakerOutcome, CircuitBreakerState,
    CircuitBreakerWindow,
};
use tokio::time::advance;
use tower::{Service, ServiceExt, service_fn};

use super::*;
use crate::classify::ByStatus;
use crate::clock::{Clock, ManualClock};
use crate::error::BoxError;

const SEC: fn(u64) -> Duration = Duration::from_secs;

fn options() -> CircuitBreakerOptions {
    CircuitBreakerOptions {
        window: CircuitBreakerWindow::Calls(10),
        minimum_calls: 5,
        half_open_calls: 2,
        open_jitter: 0.3,
        open_growth: 2.0,
        open_wait_max: Some(SEC(30)),
        ..CircuitBreakerOptions::hystrix()
    }
}

/// Answers after a while, as the request says.
async fn told((ok, millis): (bool, u64)) -> Result<(), BoxError> {
    tokio::time::sleep(Duration::from_millis(millis)).await;
    if ok { Ok(()) } else { Err("told to fail".into()) }
}

#[tokio::test(start_paused = true)]
async fn the_layer_decides_as_the_machine_by_hand() {
    let seed = Seed(7);
    let mut machine = Machine::new(options(), seed.stream("circuit-breaker")).unwrap();
    let layer = CircuitBreakerLayer::seeded(options(), seed).unwrap();
    let mut service = layer.layer(service_fn(told));
    let mut script = Seed(8).stream("script");
    let mut seen = [0; 3];
    for round in 0..2_000 {
        advance(Duration::from_millis(script.below(400))).await;
        // Good and bad times of 200 calls.
        let ok = script.chance(if round / 200 % 2 == 0 { 0.95 } else { 0.2 });
        let start = TokioClock.now();
        let by_hand = machine.try_acquire(start);
        let result = service.ready().await.unwrap().call((ok, script.below(20))).await;
        match (by_hand, result) {
            (CircuitBreakerDecision::Admitted { permit, .. }, result) => {
                assert_eq!(result.is_ok(), ok, "round {round}");
                let outcome = if ok {
                    CircuitBreakerOutcome::Success
                } else {
                    CircuitBreakerOutcome::Failure
                };
                let now = TokioClock.now();
                machine.record(now, permit, outcome, now.saturating_since(start));
            }
            (CircuitBreakerDecision::Refused { retry_after, .. }, Err(error)) => {
                assert_eq!(error.retry_after(), Some(retry_after), "round {round}");
                assert_eq!(error.reason(), "circuit-open");
            }
            (by_hand, result) => panic!("round {round}: {by_hand:?} but {result:?}"),
        }
        assert_eq!(layer.breaker().state(), machine.state(), "round {round}");
        seen[machine.state() as usize] += 1;
    }
    assert!(seen.iter().all(|count| *count > 5), "closed, open, half-open: {seen:?}");
}

fn manual() -> (ManualClock, CircuitBreakerLayer) {
    let clock = ManualClock::new();
    let options =
        CircuitBreakerOptions { half_open_calls: 1, ..CircuitBreakerOptions::gobreaker() };
    let layer = CircuitBreakerLayer::new(options).unwrap().clock(clock.shared());
    (clock, layer)
}

async fn open(layer: &CircuitBreakerLayer) {
    for _ in 0..6 {
        let service = layer.layer(service_fn(async |()| Err::<(), BoxError>("down".into())));
        service.oneshot(()).await.unwrap_err();
    }
    assert_eq!(layer.breaker().state(), CircuitBreakerState::Open);
}

#[tokio::test]
async fn a_cancelled_probe_makes_room_for_the_next() {
    let (clock, layer) = manual();
    open(&layer).await;
    clock.advance(SEC(61));
    let hangs = layer.layer(service_fn(|()| core::future::pending::<Result<(), BoxError>>()));
    let probe = tokio::spawn(hangs.oneshot(()));
    while layer.breaker().state() != CircuitBreakerState::HalfOpen {
        tokio::task::yield_now().await;
    }
    let works = layer.layer(service_fn(async |()| Ok::<_, BoxError>(())));
    assert!(works.clone().oneshot(()).await.is_err(), "the one probe is under way");
    probe.abort();
    assert!(probe.await.is_err());
    works.oneshot(()).await.unwrap();
    assert_eq!(layer.breaker().state(), CircuitBreakerState::Closed);
}

#[tokio::test]
async fn a_probe_that_panics_makes_room_for_the_next() {
    let (clock, layer) = manual();
    open(&layer).await;
    clock.advance(SEC(61));
    let panics = layer.layer(service_fn(async |()| -> Result<(), BoxError> { panic!("planned") }));
    assert!(tokio::spawn(panics.oneshot(())).await.unwrap_err().is_panic());
    let works = layer.layer(service_fn(async |()| Ok::<_, BoxError>(())));
    works.oneshot(()).await.unwrap();
    assert_eq!(layer.breaker().state(), CircuitBreakerState::Closed);
}

#[tokio::test]
async fn refusals_of_inner_layers_do_not_count() {
    let (_, layer) = manual();
    for _ in 0..20 {
        let busy = layer.layer(service_fn(async |()| Err::<(), _>(Error::BulkheadFull)));
        assert_eq!(busy.oneshot(()).await.unwrap_err().reason(), "bulkhead-full");
    }
    assert_eq!(layer.breaker().state(), CircuitBreakerState::Closed);
}

#[tokio::test]
async fn http_answers_count_by_status() {
    let (_, layer) = manual();
    let layer = layer.classify(ByStatus);
    let with = |status: u16| {
        layer.layer(service_fn(move |()| async move {
            Ok::<_, BoxError>(http::Response::builder().status(status).body(()).unwrap())
        }))
    };
    for _ in 0..20 {
        assert_eq!(with(404).oneshot(()).await.unwrap().status(), 404);
    }
    assert_eq!(layer.breaker().state(), CircuitBreakerState::Closed);
    for _ in 0..6 {
        assert_eq!(with(500).oneshot(()).await.unwrap().status(), 500);
    }
    assert_eq!(with(200).oneshot(()).await.unwrap_err().reason(), "circuit-open");
}

#[tokio::test]
async fn changes_of_state_are_observed_in_order() {
    let changes = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&changes);
    let (clock, layer) = manual();
    let layer = layer.observe(Observer::new(move |event| {
        if let Event::StateChanged { to, .. } = event {
            sink.lock().unwrap().push(to);
        }
    }));
    open(&layer).await;
    clock.advance(SEC(61));
    let works = layer.layer(service_fn(async |()| Ok::<_, BoxError>(())));
    works.oneshot(()).await.unwrap();
    assert_eq!(*changes.lock().unwrap(), ["open", "half-open", "closed"]);
}

#[test]
fn wrong_options_are_refused() {
    let options = CircuitBreakerOptions { minimum_calls: 0, ..options() };
    assert_eq!(CircuitBreakerLayer::new(options).unwrap_err().problems().len(), 1);
}
