//! Distributed-systems patterns as pure state machines: no clock, no lock, no I/O.
//!
//! Time is the first argument of every call, chance a stream that the caller passes in, effects are
//! values that come back. So the same machine runs in a simulator, in a service behind a lock or a
//! compare-and-swap, and in a test by hand, and decides the same everywhere.
//!
//! # Which one do I need?
//!
//! | I want to … | take |
//! |---|---|
//! | bound how fast callers come | [`TokenBucket`], [`Gcra`]; per caller [`KeyedLimiter`]; over many processes [`DistributedLimit`]; smooth them [`LimitReq`]; exactly so many in a window [`WindowLog`], [`WindowCounter`], [`FixedWindow`] |
//! | bound how much runs at a time | [`Bulkhead`]; find the bound by itself [`ConcurrencyLimit`] |
//! | stop calling what fails | [`CircuitBreaker`]; among replicas [`Balancer`] with outlier ejection |
//! | try again | [`Retry`] with a [`RetryBudget`]; before it fails [`Hedge`]; never too late [`Deadline`] |
//! | survive overload | [`WaitShed`], [`PriorityShed`]; as a client [`AdaptiveThrottle`] |
//! | make a repeat harmless | [`Idempotency`] |
//! | choose a backend | [`Balancer`] |
//! | place keys on nodes | [`HashRing`]; on numbered buckets [`jump`]; over hosts that rarely change [`maglev`]; few nodes [`rendezvous`]; ordered keys [`RangeShards`]; on the globe [`geo`] |
//! | find where another system puts a key | [`ketama`], [`nginx_hash`], [`envoy_ring`], [`hash_slots`] (Redis, Kafka, Cassandra) |
//! | cache | [`Cache`]; one fetch for many [`SingleFlight`]; renew in time [`Refresh`]; write later [`WriteBehind`] |
//! | handle messages that fail | [`DeadLetter`], [`Redrive`], [`DeadLetterAlert`] |
//! | not lose an event about data | [`Outbox`]; over several services [`Saga`]; history as truth [`EventStore`]; roll-ups [`StreamWindow`] |
//! | be watched | [`Health`], [`TraceContext`], [`metric_labels`] |
//! | make ids | [`IdRanges`], [`Snowflake`], [`Uuid7`], [`Base62`], [`sqids`] |
//!
//! # One shape
//!
//! `X::new(XOptions) -> Result<X, InvalidOptions>` lists every wrong option at once. Options are serde
//! types with a JSON Schema, all fields public; presets are named after the system whose defaults
//! they hold (`CircuitBreakerOptions::resilience4j()`). A question comes back as an `XDecision`; what
//! was admitted is a permit by value, to be given back. [`Events`] turns decisions into events for
//! metrics. `set_options` changes the options and keeps the state.
//!
//! Two kinds: a *policy* answers a question; a *node* ([`WriteBehind`], [`Outbox`], [`Saga`],
//! [`Health`], [`StreamWindow`]) takes `handle_…`, is drained by `poll_output`, and says with
//! `poll_timeout` when to call it again and why. A call before that time changes nothing. Where the
//! state fits 64 bits it is a `Copy` type with `step(state, now, …) -> (state, decision)`
//! ([`TokenBucketState`], [`GcraState`]), fit for an atomic.
//!
//! # Trust
//!
//! Decisions are compared with recordings of nginx, libmemcached, Envoy, redis-cell, resilience4j,
//! Netflix concurrency-limits, Redis, Kafka and others, with models in property tests, and by bugs
//! planted on purpose (feature `planted-bugs`), each of which the tests find.
//!
//! Minimum Rust version: 1.95.

pub mod adaptive_throttle;
pub mod balancer;
pub mod base62;
pub mod bulkhead;
pub mod cache;
pub mod circuit_breaker;
pub mod concurrency_limit;
pub mod dead_letter;
pub mod deadline;
pub mod distributed_limit;
pub mod envoy_ring;
pub mod event;
pub mod event_store;
pub mod gcra;
pub mod geo;
pub mod hash_ring;
pub mod hash_slots;
pub mod health;
pub mod hedge;
pub mod id_ranges;
pub mod idempotency;
pub mod jump;
pub mod ketama;
pub mod keyed_limiter;
pub mod limit_req;
pub mod load_shed;
pub mod maglev;
pub mod metric_labels;
pub mod nginx_hash;
pub mod options;
pub mod outbox;
mod planted;
pub mod range_shards;
pub mod refresh;
pub mod remote_cache;
pub mod rendezvous;
pub mod retry;
pub mod retry_budget;
pub mod saga;
pub mod single_flight;
pub mod snowflake;
pub mod sqids;
pub mod stream_window;
pub mod token_bucket;
pub mod trace_context;
pub mod uuid7;
#[cfg(test)]
mod vectors;
pub mod window_limit;
pub mod write_behind;

pub use adaptive_throttle::{AdaptiveThrottle, AdaptiveThrottleDecision, AdaptiveThrottleOptions};
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
pub use dead_letter::{
    DeadLetter, DeadLetterAlert, DeadLetterAlertChange, DeadLetterAlertOptions, DeadLetterDecision,
    DeadLetterOptions, MessageFailure, Redrive, RedriveDecision,
};
pub use deadline::Deadline;
pub use distributed_limit::{
    DistributedDecision, DistributedLimit, DistributedLimitOptions, DistributedRule, Tariff,
    WhenUnavailable,
};
pub use event::{Event, Events};
pub use event_store::{
    EventStore, ExpectedVersion, Projection, ProjectionDecision, Snapshot, VersionConflict,
};
pub use gcra::{Gcra, GcraDecision, GcraOptions, GcraRule, GcraState};
pub use hash_ring::{HashRing, HashRingError, HashRingOptions};
pub use health::{CheckOptions, Health, HealthOptions, HealthTransition, Lifecycle};
pub use hedge::{Hedge, HedgeDecision, HedgeDelay, HedgeOptions};
pub use id_ranges::{IdRanges, IdRangesDecision};
pub use idempotency::{Idempotency, IdempotencyDecision, IdempotencyOptions, IdempotencyPermit};
pub use keyed_limiter::{KeyedLimiter, KeyedRule};
pub use limit_req::{LimitReq, LimitReqDecision, LimitReqOptions, LimitReqRule, LimitReqState};
pub use load_shed::{
    PriorityShed, PriorityShedDecision, PriorityShedOptions, WaitShed, WaitShedDecision,
    WaitShedOptions,
};
pub use options::{InvalidOptions, Problem};
pub use outbox::{Outbox, OutboxOptions, OutboxOutput};
pub use range_shards::{HotRange, RangeShardId, RangeShards};
pub use refresh::{Refresh, RefreshDecision, RefreshOptions};
pub use remote_cache::{RemoteCache, RemoteCacheOptions};
pub use retry::{GiveUp, Jitter, Retry, RetryCall, RetryDecision, RetryFailure, RetryOptions};
pub use retry_budget::{RetryBudget, RetryBudgetOptions, RetryCause, RetryWithdrawal};
pub use saga::{Saga, SagaOptions, SagaOutput, SagaResult, SagaState, SagaStep};
pub use single_flight::{
    SingleFlight, SingleFlightDecision, SingleFlightOptions, SingleFlightPermit, SingleFlightTicket,
};
pub use snowflake::{Snowflake, SnowflakeDecision, SnowflakeOptions, SnowflakeParts};
pub use stream_window::{
    StreamWindow, StreamWindowDecision, StreamWindowOptions, WindowChange, WindowChangeKind,
    WindowKind,
};
pub use token_bucket::{
    TokenBucket, TokenBucketDecision, TokenBucketOptions, TokenBucketRule, TokenBucketState,
};
pub use trace_context::TraceContext;
pub use uuid7::{Uuid, Uuid7};
pub use window_limit::{
    FixedWindow, FixedWindowRule, WindowCounter, WindowCounterRule, WindowLimitDecision,
    WindowLimitOptions, WindowLog, WindowState,
};
pub use write_behind::{
    WriteBehind, WriteBehindDecision, WriteBehindEntry, WriteBehindOptions, WriteBehindOutput,
};
