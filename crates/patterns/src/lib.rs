//! Distributed-systems patterns as pure state machines: no clock, no lock, no I/O.

pub mod adaptive_throttle;
pub mod balancer;
pub mod base62;
pub mod bulkhead;
pub mod cache;
pub mod circuit_breaker;
pub mod concurrency_limit;
pub mod deadline;
pub mod envoy_ring;
pub mod event;
pub mod gcra;
pub mod geo;
pub mod hash_ring;
pub mod hash_slots;
pub mod hedge;
pub mod id_ranges;
pub mod idempotency;
pub mod jump;
pub mod ketama;
pub mod keyed_limiter;
pub mod limit_req;
pub mod load_shed;
pub mod maglev;
pub mod nginx_hash;
pub mod options;
mod planted;
pub mod range_shards;
pub mod refresh;
pub mod rendezvous;
pub mod retry;
pub mod retry_budget;
pub mod single_flight;
pub mod snowflake;
pub mod sqids;
pub mod token_bucket;
pub mod trace_context;
pub mod uuid7;
#[cfg(test)]
mod vectors;
pub mod window_limit;
pub mod write_behind;

pub use adaptive_throttle::{AdaptiveThrottle, AdaptiveThrottleOptions};
pub use balancer::{
    BackendOptions, BackendState, Balancer, BalancerOptions, BalancerOutcome, BalancerPolicy,
    BalancerTransition, FailureRatioOutlier, MaxFailsOptions, OutlierOptions, SuccessRateOutlier,
};
pub use base62::{Base62, Base62Options};
pub use bulkhead::{Bulkhead, BulkheadDecision, BulkheadOptions, BulkheadPermit, BulkheadTicket};
pub use cache::{Cache, CacheDecision, CacheInsertion, CacheOptions, CachePolicy};
pub use circuit_breaker::{
    CircuitBreaker, CircuitBreakerDecision, CircuitBreakerMetrics, CircuitBreakerOptions,
    CircuitBreakerOutcome, CircuitBreakerPermit, CircuitBreakerState, CircuitBreakerTransition,
    CircuitBreakerWindow, SlowCalls,
};
pub use concurrency_limit::{
    ConcurrencyAlgorithm, ConcurrencyLimit, ConcurrencyLimitOptions, ConcurrencyOutcome,
    ConcurrencyPermit,
};
pub use deadline::Deadline;
pub use event::{Event, Events};
pub use gcra::{Gcra, GcraDecision, GcraOptions, GcraRule, GcraState};
pub use hash_ring::{HashRing, HashRingError, HashRingOptions};
pub use hedge::{Hedge, HedgeDecision, HedgeDelay, HedgeOptions};
pub use id_ranges::{IdRanges, IdRangesDecision};
pub use idempotency::{Idempotency, IdempotencyDecision, IdempotencyOptions, IdempotencyPermit};
pub use keyed_limiter::{KeyedLimiter, KeyedRule};
pub use limit_req::{LimitReq, LimitReqDecision, LimitReqOptions, LimitReqState};
pub use load_shed::{PriorityShed, PriorityShedOptions, WaitShed, WaitShedOptions};
pub use options::{InvalidOptions, Problem};
pub use range_shards::{HotRange, RangeShardId, RangeShards};
pub use refresh::{Refresh, RefreshDecision, RefreshOptions};
pub use retry::{GiveUp, Jitter, Retry, RetryCall, RetryDecision, RetryFailure, RetryOptions};
pub use retry_budget::{RetryBudget, RetryBudgetOptions, RetryCause, RetryWithdrawal};
pub use single_flight::{
    SingleFlight, SingleFlightDecision, SingleFlightOptions, SingleFlightPermit, SingleFlightTicket,
};
pub use snowflake::{Snowflake, SnowflakeDecision, SnowflakeOptions, SnowflakeParts};
pub use token_bucket::{
    TokenBucket, TokenBucketDecision, TokenBucketOptions, TokenBucketRule, TokenBucketState,
};
pub use trace_context::TraceContext;
pub use uuid7::{Uuid, Uuid7};
pub use window_limit::{
    FixedWindow, WindowCounter, WindowLimitDecision, WindowLimitOptions, WindowLog, WindowState,
};
pub use write_behind::{WriteBehind, WriteBehindEntry, WriteBehindOptions, WriteBehindOutput};
