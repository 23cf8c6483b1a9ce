//! Tower layers over the state machines of `tenfold-patterns`.

pub mod balance;
pub mod bulkhead;
mod carry;
pub mod circuit_breaker;
mod classify;
mod clock;
pub mod concurrency_limit;
pub mod deadline;
mod error;
pub mod gate;
pub mod hedge;
pub mod load_shed;
mod observe;
pub mod rate_limit;
mod repeat;
pub mod retry;
mod shared;
mod sync;
pub mod timeout;

pub use balance::{Balance, BalanceKey, NoKey};
pub use bulkhead::{Bulkhead, BulkheadLayer};
pub use carry::Carry;
pub use circuit_breaker::{CircuitBreaker, CircuitBreakerLayer};
pub use classify::{ByError, ByStatus, Class, Classify, classify_error, retry_after};
pub use clock::{Clock, ManualClock, SharedClock, Sleep, TokioClock};
pub use concurrency_limit::{ConcurrencyLimit, ConcurrencyLimitLayer};
pub use deadline::{DeadlineLayer, ReadDeadlineLayer, WithDeadline, WriteDeadlineLayer};
pub use error::{BoxError, Error, Quota};
pub use hedge::{Hedge, HedgeLayer};
pub use load_shed::{Arrived, LoadShed, Priority};
pub use observe::Observer;
pub use rate_limit::{RateLimit, RateLimitLayer};
pub use repeat::{Always, Idempotent, Repeat};
pub use retry::{BoxedCall, Retry, RetryLayer};
pub use shared::balancer::{BalancerGuard, SharedBalancer};
pub use shared::breaker::{CircuitBreakerGuard, CircuitBreakerRefusal, SharedCircuitBreaker};
pub use shared::budget::{RetryGuard, SharedRetryBudget};
pub use shared::bulkhead::{BulkheadEntry, BulkheadGuard, BulkheadQueued, SharedBulkhead};
pub use shared::concurrency::{ConcurrencyGuard, SharedConcurrencyLimit};
pub use shared::limiter::{SharedKeyedLimiter, SharedLimiter};
pub use shared::shed::SharedShed;
pub use timeout::{Timeout, TimeoutLayer};

use core::hash::BuildHasher;

/// Returns a seed that differs from process to process and from layer to layer.
fn seed() -> tenfold_units::Seed {
    tenfold_units::Seed(std::hash::RandomState::new().hash_one(0_u8))
}
