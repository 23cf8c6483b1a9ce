use core::time::Duration;
use std::sync::atomic::{AtomicU32, Ordering};

use http::{Method, Request, Response};
use tenfold_patterns::{CircuitBreakerOptions, Event, Jitter, RetryBudget};
use tenfold_units::Instant;
use tower::{ServiceBuilder, ServiceExt, service_fn};

use super::*;
use crate::carry::Carry;
use crate::circuit_breaker::CircuitBreakerLayer;
use crate::classify::ByStatus;
use crate::clock::Clock;
use crate::repeat::Idempotent;

const MS: fn(u64) -> Duration = Duration::from_millis;

fn options(max_attempts: u32) -> RetryOptions {
    RetryOptions { max_attempts, jitter: Jitter::None, ..RetryOptions::grpc() }
}

/// So many retries that none is refused for want of budget.
const PLENTY: RetryBudgetOptions = RetryBudgetOptions::Quota {
    capacity: 10_000,
    retry_cost: 1,
    throttled_cost: 1,
    success_refund: 1,
};

/// A service that fails so often, then works; and the count of its calls.
fn fails(
    times: u32,
) -> (
    Arc<AtomicU32>,
    impl Service<u32, Response = u32, Error = BoxError, Future: Send> + Clone + Send + 'static,
) {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let service = service_fn(move |request: u32| {
        let call = counted.fetch_add(1, Ordering::SeqCst);
        async move { if call < times { Err::<u32, BoxError>("down".into()) } else { Ok(request) } }
    });
    (calls, service)
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_passes_is_not_seen() {
    let (calls, service) = fails(2);
    let layer = RetryLayer::new(options(3), PLENTY).unwrap();
    let start = TokioClock.now();
    assert_eq!(layer.layer(service).oneshot(7).await.unwrap(), 7);
    assert_eq!(calls.load(Ordering::SeqCst), 3);
    let waited = TokioClock.now().saturating_since(start).as_millis();
    assert!((300..=304).contains(&waited), "100 ms, then 200 ms: {waited}");
}

#[tokio::test(start_paused = true)]
async fn the_last_failure_comes_out_with_the_number_of_attempts() {
    let (calls, service) = fails(99);
    let layer = RetryLayer::new(options(4), PLENTY).unwrap();
    let error = layer.layer(service).oneshot(7).await.unwrap_err();
    assert!(matches!(error, Error::Exhausted { attempts: 4, reason: "attempts", .. }), "{error}");
    assert_eq!(calls.load(Ordering::SeqCst), 4);
}

#[tokio::test(start_paused = true)]
async fn layers_of_retries_do_not_multiply() {
    let (calls, service) = fails(99);
    let layer = || RetryLayer::new(options(4), PLENTY).unwrap();
    let stack = ServiceBuilder::new().layer(layer()).layer(layer()).layer(layer()).service(service);
    stack.oneshot(7).await.unwrap_err();
    assert_eq!(calls.load(Ordering::SeqCst), 4, "not 64");
}

#[tokio::test(start_paused = true)]
async fn waits_are_those_of_the_machine_by_hand() {
    let (retry, seed) = (RetryOptions { max_attempts: 5, ..RetryOptions::aws_standard() }, Seed(4));
    let machine = Machine::new(retry).unwrap();
    let mut stream = seed.stream("retry");
    let mut budget = RetryBudget::new(PLENTY, Instant::ZERO).unwrap();
    let layer = RetryLayer::new(retry, PLENTY).unwrap().seeded(seed);
    let mut by_hand = Vec::new();
    let mut call = machine.start(Instant::ZERO);
    while let RetryDecision::After(wait) =
        machine.decide(Instant::ZERO, &mut call, RetryFailure::Transient, &mut stream)
    {
        assert!(budget.withdraw(Instant::ZERO, RetryCause::Failure).is_some());
        by_hand.push(wait);
    }
    let at = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&at);
    let service = layer.layer(service_fn(move |()| {
        seen.lock().unwrap().push(TokioClock.now());
        async { Err::<(), BoxError>("down".into()) }
    }));
    service.oneshot(()).await.unwrap_err();
    let at = at.lock().unwrap();
    assert_eq!(at.len(), by_hand.len() + 1);
    for (pair, wait) in at.windows(2).zip(by_hand) {
        let waited = pair[1].saturating_since(pair[0]);
        assert!(waited >= wait && waited < wait + MS(2), "{waited:?} for {wait:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_without_budget_is_not_tried_again() {
    let two = RetryBudgetOptions::Quota {
        capacity: 2,
        retry_cost: 1,
        throttled_cost: 1,
        success_refund: 0,
    };
    let layer = RetryLayer::new(options(2), two).unwrap();
    let mut reasons = Vec::new();
    for _ in 0..4 {
        let (_, service) = fails(99);
        let error = layer.layer(service).oneshot(1).await.unwrap_err();
        let Error::Exhausted { reason, attempts, .. } = error else { panic!("{error:?}") };
        reasons.push((reason, attempts));
    }
    assert_eq!(reasons, [("attempts", 2), ("attempts", 2), ("budget", 1), ("budget", 1)]);
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_answered_with_the_budgets_share_of_retries() {
    let share = RetryBudgetOptions::Ratio {
        retry_ratio: 0.2,
        ttl: Duration::from_secs(3_600),
        min_retries_per_second: 0,
    };
    let layer = RetryLayer::new(options(5), share).unwrap();
    let (calls, service) = fails(u32::MAX);
    let service = layer.layer(service);
    for _ in 0..500 {
        service.clone().oneshot(1).await.unwrap_err();
    }
    assert_eq!(calls.load(Ordering::SeqCst), 600);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_cancelled_gives_the_budget_back() {
    let layer = RetryLayer::new(options(5), PLENTY).unwrap();
    let (_, service) = fails(99);
    let service = layer.layer(service);
    let before = layer.policy.budget.left(TokioClock.now());
    assert!(tokio::time::timeout(MS(50), service.oneshot(1)).await.is_err());
    assert!((layer.policy.budget.left(TokioClock.now()) - before).abs() < 1e-9);
}

#[tokio::test(start_paused = true)]
async fn push_back_of_a_server_is_obeyed() {
    let calls = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&calls);
    let service = service_fn(move |_: Request<()>| {
        let mut seen = seen.lock().unwrap();
        seen.push(TokioClock.now());
        let status = if seen.len() == 1 { 503 } else { 200 };
        let response = Response::builder().status(status).header("retry-after", "3").body(());
        async move { Ok::<_, BoxError>(response.unwrap()) }
    });
    let layer = RetryLayer::new(options(3), PLENTY).unwrap().classify(ByStatus).only(Idempotent);
    assert_eq!(layer.layer(service).oneshot(Request::new(())).await.unwrap().status(), 200);
    let calls = calls.lock().unwrap();
    let waited = calls[1].saturating_since(calls[0]);
    assert!((3_000..=3_002).contains(&waited.as_millis()), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn the_last_answer_goes_out_as_it_is() {
    let busy = service_fn(async |_: Request<()>| {
        Ok::<_, BoxError>(Response::builder().status(503).body(()).unwrap())
    });
    let layer = RetryLayer::new(options(3), PLENTY).unwrap().classify(ByStatus);
    assert_eq!(layer.layer(busy).oneshot(Request::new(())).await.unwrap().status(), 503);
}

#[tokio::test(start_paused = true)]
async fn only_idempotent_requests_are_repeated() {
    let tries = |request: Request<()>| async move {
        let calls = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&calls);
        let service = service_fn(move |_: Request<()>| {
            counted.fetch_add(1, Ordering::SeqCst);
            async { Err::<Response<()>, BoxError>("reset".into()) }
        });
        let layer = RetryLayer::new(options(3), PLENTY).unwrap().only(Idempotent);
        layer.layer(service).oneshot(request).await.unwrap_err();
        calls.load(Ordering::SeqCst)
    };
    let with = |method: Method| Request::builder().method(method).body(()).unwrap();
    assert_eq!(tries(with(Method::GET)).await, 3);
    assert_eq!(tries(with(Method::DELETE)).await, 3);
    assert_eq!(tries(with(Method::POST)).await, 1);
    assert_eq!(tries(with(Method::PATCH)).await, 1);
    let mut keyed = with(Method::POST);
    keyed.headers_mut().insert("idempotency-key", "k1".parse().unwrap());
    assert_eq!(tries(keyed).await, 3);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_never_reached_the_service_may_always_be_repeated() {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let service = service_fn(move |_: u32| {
        let call = counted.fetch_add(1, Ordering::SeqCst);
        async move { if call == 0 { Err(Error::BulkheadFull) } else { Ok(()) } }
    });
    let layer = RetryLayer::new(options(3), PLENTY).unwrap().only(|_: &u32| false);
    layer.layer(service).oneshot(1).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn no_retry_starts_after_the_deadline() {
    let (service, start) = (
        service_fn(async |_: Request<()>| Err::<Response<()>, BoxError>("down".into())),
        TokioClock.now(),
    );
    let layer = RetryLayer::new(options(9), PLENTY).unwrap().only(Idempotent);
    let mut request = Request::new(());
    request.carry(Deadline::after(start, MS(250)));
    let error = layer.layer(service).oneshot(request).await.unwrap_err();
    // The first wait is 100 ms, the second would be 200.
    assert!(matches!(error, Error::Exhausted { reason: "deadline", attempts: 2, .. }), "{error}");
    assert!(TokioClock.now().saturating_since(start) < MS(110));
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_further_in_is_waited_for() {
    let (calls, service) = fails(6);
    let breaker = CircuitBreakerOptions {
        open_wait: MS(400),
        half_open_calls: 1,
        ..CircuitBreakerOptions::gobreaker()
    };
    let stack = ServiceBuilder::new()
        .layer(RetryLayer::new(options(8), PLENTY).unwrap())
        .layer(CircuitBreakerLayer::new(breaker).unwrap())
        .service(service);
    assert_eq!(stack.oneshot(5).await.unwrap(), 5);
    assert_eq!(calls.load(Ordering::SeqCst), 7, "six failures, a refusal, the probe");
}

#[tokio::test(start_paused = true)]
async fn decisions_are_observed() {
    let counts = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
    let sink = Arc::clone(&counts);
    let observer = Observer::new(move |event| {
        let which = usize::from(matches!(event, Event::Refused { reason: "attempts" }));
        sink[which].fetch_add(1, Ordering::SeqCst);
    });
    let (_, service) = fails(99);
    let layer = RetryLayer::new(options(4), PLENTY).unwrap().observe(observer);
    layer.layer(service).oneshot(1).await.unwrap_err();
    assert_eq!([0, 1].map(|i| counts[i].load(Ordering::SeqCst)), [3, 1]);
}
