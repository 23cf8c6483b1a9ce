//! The state that the clones of a service share: a machine, and a lock or an atomic around it.
//!
//! Each can be used without tower: `admit` or `acquire`, then a guard whose drop gives back.

pub(crate) mod balancer;
pub(crate) mod breaker;
pub(crate) mod budget;
pub(crate) mod bulkhead;
pub(crate) mod cache;
pub(crate) mod concurrency;
pub(crate) mod hedge;
pub(crate) mod idempotency;
pub(crate) mod limiter;
pub(crate) mod registry;
pub(crate) mod shed;
pub(crate) mod throttle;
