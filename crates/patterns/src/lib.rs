//! Distributed-systems patterns as pure state machines: no clock, no lock, no I/O.

pub mod balancer;
pub mod cache;
pub mod circuit_breaker;
pub mod deadline;
pub mod envoy_ring;
pub mod event;
pub mod gcra;
pub mod geo;
pub mod hash_ring;
pub mod hash_slots;
pub mod jump;
pub mod ketama;
pub mod keyed_limiter;
pub mod limit_req;
pub mod maglev;
pub mod nginx_hash;
pub mod options;
mod planted;
pub mod range_shards;
pub mod rendezvous;
pub mod retry;
pub mod retry_budget;
pub mod token_bucket;
#[cfg(test)]
mod vectors;
pub mod window_limit;

pub use balancer::{
    BackendOptions, BackendState, Balancer, BalancerOptions, BalancerOutcome, BalancerPolicy,
    BalancerTransition, FailureRatioOutlier, MaxFailsOptions, OutlierOptions, SuccessRateOutlier,
};
pub use cache::{Cache, CacheDecision, CacheInsertion, CacheOptions, CachePolicy};
pub use circuit_breaker::{
    CircuitBreaker, CircuitBreakerDecision, CircuitBreakerMetrics, CircuitBreakerOptions,
    CircuitBreakerOutcome, CircuitBreakerPermit, CircuitBreakerState, CircuitBreakerTransition,
    CircuitBreakerWindow, SlowCalls,
};
pub use deadline::Deadline;
pub use event::{Event, Events};
pub use gcra::{Gcra, GcraDecision, GcraOptions, GcraRule, GcraState};
pub use hash_ring::{HashRing, HashRingError, HashRingOptions};
pub use keyed_limiter::{KeyedLimiter, KeyedRule};
pub use limit_req::{LimitReq, LimitReqDecision, LimitReqOptions, LimitReqState};
pub use options::{InvalidOptions, Problem};
pub use range_shards::{HotRange, RangeShardId, RangeShards};
pub use retry::{GiveUp, Jitter, Retry, RetryCall, RetryDecision, RetryFailure, RetryOptions};
pub use retry_budget::{RetryBudget, RetryBudgetOptions, RetryCause, RetryWithdrawal};
pub use token_bucket::{
    TokenBucket, TokenBucketDecision, TokenBucketOptions, TokenBucketRule, TokenBucketState,
};
pub use window_limit::{
    FixedWindow, WindowCounter, WindowLimitDecision, WindowLimitOptions, WindowLog, WindowState,
};
