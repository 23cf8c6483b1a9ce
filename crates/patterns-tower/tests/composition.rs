//! Layers in every order: they work, and a call that is cancelled or panics leaves nothing behind.

use std::time::Duration;

use tenfold_patterns::{
    BulkheadOptions, CircuitBreakerOptions, CircuitBreakerState, ConcurrencyLimitOptions,
    HedgeDelay, HedgeOptions, RetryBudgetOptions, RetryOptions,
};
use tenfold_patterns_tower::{
    BulkheadLayer, CircuitBreakerLayer, ConcurrencyLimitLayer, Error, HedgeLayer, RetryLayer,
    TimeoutLayer,
};
use tower::util::BoxCloneSyncService;
use tower::{Layer, ServiceExt, service_fn};

type Stack = BoxCloneSyncService<u64, u64, Error>;

/// Takes as many ms as the request says; 13 panics.
async fn work(millis: u64) -> Result<u64, Error> {
    tokio::time::sleep(Duration::from_millis(millis)).await;
    assert_ne!(millis, 13, "planned");
    Ok(millis)
}

/// One of each layer that holds something.
struct Layers {
    bulkhead: BulkheadLayer,
    breaker: CircuitBreakerLayer,
    limit: ConcurrencyLimitLayer,
    retry: RetryLayer,
    hedge: HedgeLayer,
    timeout: TimeoutLayer,
}

impl Layers {
    fn new() -> Self {
        let hedge = HedgeOptions {
            max_attempts: 2,
            delay: HedgeDelay::Fixed(Duration::from_millis(20)),
            budget_ratio: 1.0,
        };
        let right = "right options";
        Self {
            bulkhead: BulkheadLayer::new(BulkheadOptions::resilience4j()).expect(right),
            breaker: CircuitBreakerLayer::new(CircuitBreakerOptions::tenfold()).expect(right),
            limit: ConcurrencyLimitLayer::new(ConcurrencyLimitOptions::netflix_aimd())
                .expect(right),
            retry: RetryLayer::new(RetryOptions::grpc(), RetryBudgetOptions::grpc()).expect(right),
            hedge: HedgeLayer::new(hedge).expect(right),
            timeout: TimeoutLayer::new(Duration::from_secs(1)),
        }
    }

    fn wrap(&self, which: usize, inner: Stack) -> Stack {
        match which {
            0 => BoxCloneSyncService::new(self.bulkhead.layer(inner)),
            1 => BoxCloneSyncService::new(self.breaker.layer(inner)),
            2 => BoxCloneSyncService::new(self.limit.layer(inner)),
            3 => BoxCloneSyncService::new(self.retry.layer(inner)),
            4 => BoxCloneSyncService::new(self.hedge.layer(inner)),
            _ => BoxCloneSyncService::new(self.timeout.layer(inner)),
        }
    }

    fn stack(&self, order: &[usize]) -> Stack {
        let inner = BoxCloneSyncService::new(service_fn(work));
        order.iter().fold(inner, |inner, which| self.wrap(*which, inner))
    }

    fn held(&self) -> (u32, u32) {
        (self.bulkhead.bulkhead().in_flight(), self.limit.limit().in_flight())
    }
}

/// All orders of the first `n` numbers.
fn orders(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(n - 1);
    let with = |at: usize| {
        shorter.iter().map(move |order| {
            let mut order = order.clone();
            order.insert(at, n - 1);
            order
        })
    };
    (0..n).flat_map(with).collect()
}

#[tokio::test(start_paused = true)]
async fn every_order_answers_and_leaves_nothing_behind() {
    let all = orders(6);
    assert_eq!(all.len(), 720);
    for order in all {
        let layers = Layers::new();
        let stack = layers.stack(&order);
        assert_eq!(stack.clone().oneshot(5).await.unwrap(), 5, "{order:?}");
        assert_eq!(layers.held(), (0, 0), "{order:?} after an answer");
        // Long enough for a hedge to be under way too.
        let cancelled = tokio::time::timeout(Duration::from_millis(50), stack.oneshot(900));
        assert!(cancelled.await.is_err());
        assert_eq!(layers.held(), (0, 0), "{order:?} after a cancelled call");
        assert_eq!(layers.breaker.breaker().state(), CircuitBreakerState::Closed, "{order:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_leaves_nothing_behind_in_any_order() {
    for order in orders(6).into_iter().step_by(7) {
        let layers = Layers::new();
        let call = tokio::spawn(layers.stack(&order).oneshot(13));
        assert!(call.await.is_err_and(|error| error.is_panic()), "{order:?}");
        assert_eq!(layers.held(), (0, 0), "{order:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_out_leaves_nothing_behind_in_any_order() {
    for order in orders(6).into_iter().step_by(7) {
        let layers = Layers::new();
        let error = layers.stack(&order).oneshot(5_000).await.unwrap_err();
        assert_eq!(error.reason(), "timed-out", "{order:?}");
        assert_eq!(layers.held(), (0, 0), "{order:?}");
    }
}
