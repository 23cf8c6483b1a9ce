//! Tower layers over the state machines of [`tenfold_patterns`]: what a simulation tried, a service
//! runs.
//!
//! The machines are pure: they take `now` and return decisions. A layer owns what they lack: the
//! clock, the lock or the atomic, and the waking of those who wait. Its options are the machine's.
//!
//! # Which one do I need?
//!
//! | I want … | layer | it answers with |
//! |---|---|---|
//! | no caller to take more than its share | [`RateLimitLayer::keyed`] | 429, `Retry-After` |
//! | a quota of so many in an hour | [`RateLimitLayer::window`] | 429, `Retry-After` |
//! | that over all processes together | `RedisRateLimitLayer` (feature `redis`) | 429, `Retry-After` |
//! | not to call a service faster than it allows | [`RateLimitLayer`] with `wait_up_to` | a wait, or 429 |
//! | calls to be spaced, as nginx does | [`LimitReqLayer`] | a wait, or 503 |
//! | a client to stop sending what an overloaded service would refuse | [`AdaptiveThrottleLayer`] | 503 |
//! | a repeated order to be carried out once | [`IdempotencyLayer`] | the first answer, 409, 422 |
//! | a slow dependency not to take all tasks with it | [`BulkheadLayer`] | a wait, or 503 |
//! | a server to find its own limit | [`ConcurrencyLimitLayer`] | 503 |
//! | overload to hit what matters least, and who waited longest | [`LoadShed`] | 503 |
//! | a broken service to be left alone until it recovers | [`CircuitBreakerLayer`] | 503, `Retry-After` |
//! | a failure that passes not to be seen | [`RetryLayer`] | the last failure |
//! | the slowest answers to be faster, for a few more requests | [`HedgeLayer`] | the first answer |
//! | an answer in time, or none | [`TimeoutLayer`] | 504 |
//! | no work for a caller that has gone | [`DeadlineLayer`] | 504 |
//! | replicas to share the load | [`Balance`] | 503 when none is left |
//! | the same question not to be asked again | [`CacheLayer`], [`SharedCache::get`] | the kept answer |
//! | nor by another process | `RedisCache` (feature `redis`) below the one in the process | the kept answer |
//! | acknowledged work to survive a kill | [`durable_log`] under the machines of `tenfold_patterns` | – |
//! | to see what happens | [`MetricsLayer`], [`TraceLayer`], [`Observer`] | – |
//!
//! # In which order?
//!
//! They compose in any order; this one makes sense. From the outside in, for a **server**:
//!
//! ```text
//!  Trace ─ Metrics          see everything, refusals too
//!   ReadDeadline            from when on nobody waits
//!    RateLimit by caller    the cheapest refusal first
//!     LoadShed entry ┐
//!      Bulkhead      │      the queue
//!       LoadShed exit┘
//!        Deadline           again behind the queue
//!         handler
//! ```
//!
//! and for a **client** of one dependency:
//!
//! ```text
//!  Cache                    ask less
//!   Deadline                of the whole call
//!    Retry or Hedge         one budget for the dependency
//!     RateLimit             of attempts
//!      Balance over, for each backend:
//!       CircuitBreaker
//!        Bulkhead
//!         Timeout           of one attempt
//!          Trace ─ WriteDeadline ─ connection
//! ```
//!
//! * A time-out inside the retry bounds an attempt, the deadline outside it the whole call.
//! * The breaker is outside the time-out, so that time-outs count as failures, and inside the retry,
//!   so that each attempt counts.
//! * Retry at one layer of a system only; what it gave up, an outer one does not try again.
//! * A rate limit outside the retry counts calls, one inside it counts attempts.
//!
//! # What holds for all
//!
//! * Services are `Clone`; clones, and all services made by one layer, share its state. They are
//!   `Send` and `Sync` as far as the inner service is.
//! * A permit comes back however a call ends: answered, failed, cancelled, timed out, panicked.
//! * `poll_ready` is the inner service's. A call that is refused, or waits, lets go of what the inner
//!   service had reserved for it.
//! * There is one [`Error`]: layers do not wrap each other's. It says the
//!   [reason](Error::reason), [when to come again](Error::retry_after), the
//!   [HTTP status](Error::status), and [answers](Error::to_response).
//! * Time comes from a [`Clock`]: tokio's, or a [`ManualClock`] in tests. All layers of a stack need
//!   the same one.
//! * A request [carries](Carry) its deadline, trace and priority; `http::Request` does so already.
//!
//! ```
//! use core::time::Duration;
//! use tenfold_patterns::{CircuitBreakerOptions, RetryBudgetOptions, RetryOptions};
//! use tenfold_patterns_tower::{CircuitBreakerLayer, Error, RetryLayer, TimeoutLayer};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
//! let client = ServiceBuilder::new()
//!     .layer(RetryLayer::new(RetryOptions::aws_standard(), RetryBudgetOptions::finagle()).unwrap())
//!     .layer(CircuitBreakerLayer::new(CircuitBreakerOptions::tenfold()).unwrap())
//!     .layer(TimeoutLayer::new(Duration::from_millis(250)))
//!     .service(service_fn(|key: u32| async move { Ok::<_, Error>(key) }));
//! assert_eq!(client.oneshot(7).await.unwrap(), 7);
//! # }
//! ```
//!
//! The minimum supported Rust version is 1.95.

pub mod adaptive_throttle;
pub mod balance;
pub mod bulkhead;
pub mod cache;
mod carry;
pub mod circuit_breaker;
mod classify;
mod clock;
pub mod concurrency_limit;
pub mod deadline;
pub mod durable_log;
mod error;
pub mod gate;
mod hash;
pub mod hedge;
pub mod idempotency;
pub mod limit_req;
pub mod load_shed;
pub mod metrics;
mod observe;
pub mod rate_limit;
#[cfg(feature = "redis")]
pub mod redis_cache;
#[cfg(feature = "redis")]
pub mod redis_limit;
mod repeat;
mod reply;
pub mod retry;
mod shared;
mod sync;
pub mod timeout;
pub mod trace;

pub use adaptive_throttle::{AdaptiveThrottle, AdaptiveThrottleLayer};
pub use balance::{Balance, BalanceKey, NoKey};
pub use bulkhead::{Bulkhead, BulkheadLayer};
pub use cache::{CacheBuilder, CacheLayer, Cached};
pub use carry::Carry;
pub use circuit_breaker::{CircuitBreaker, CircuitBreakerLayer};
pub use classify::{ByError, ByStatus, Class, Classify, classify_error, retry_after};
#[cfg(feature = "quanta")]
pub use clock::QuantaClock;
pub use clock::{Clock, ManualClock, SharedClock, Sleep, TokioClock};
pub use concurrency_limit::{ConcurrencyLimit, ConcurrencyLimitLayer};
pub use deadline::{DeadlineLayer, ReadDeadlineLayer, WithDeadline, WriteDeadlineLayer};
pub use error::{BoxError, Error, KeyConflict, Quota};
pub use hedge::{Hedge, HedgeLayer};
pub use idempotency::{Idempotency, IdempotencyLayer};
pub use limit_req::{LimitReq, LimitReqLayer};
pub use load_shed::{Arrived, LoadShed, Priority};
pub use metrics::{HttpLabels, Metrics, MetricsLayer};
pub use observe::Observer;
pub use rate_limit::{InHeaders, RateLimit, RateLimitLayer};
#[cfg(feature = "redis")]
pub use redis_cache::RedisCache;
#[cfg(feature = "redis")]
pub use redis_limit::{RedisLimiter, RedisRateLimit, RedisRateLimitLayer};
pub use repeat::{Always, Idempotent, Repeat};
pub use retry::{BoxedCall, Retry, RetryLayer};
pub use shared::balancer::{BalancerGuard, SharedBalancer};
pub use shared::breaker::{CircuitBreakerGuard, CircuitBreakerRefusal, SharedCircuitBreaker};
pub use shared::budget::{RetryGuard, SharedRetryBudget};
pub use shared::bulkhead::{BulkheadEntry, BulkheadGuard, BulkheadQueued, SharedBulkhead};
pub use shared::cache::{Loaded, SharedCache};
pub use shared::concurrency::{ConcurrencyGuard, SharedConcurrencyLimit};
pub use shared::hedge::SharedHedge;
pub use shared::idempotency::{Begun, IdempotencyGuard, SharedIdempotency};
pub use shared::limiter::{
    SharedKeyedLimiter, SharedLimitReq, SharedLimiter, SharedWindow, WindowLimit,
};
pub use shared::shed::SharedShed;
pub use shared::throttle::{SharedThrottle, ThrottleGuard};
pub use timeout::{Timeout, TimeoutLayer};
pub use trace::{Span, TraceLayer};

use core::hash::BuildHasher;

/// Returns a seed that differs from process to process and from layer to layer.
fn seed() -> tenfold_units::Seed {
    tenfold_units::Seed(std::hash::RandomState::new().hash_one(0_u8))
}
