//! Parts of a design: components, the links between them, the network.

use std::time::Duration;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_patterns::{
    BalancerOptions, CacheOptions, CircuitBreakerOptions, ConcurrencyLimitOptions,
    RetryBudgetOptions, RetryOptions, TokenBucketOptions,
};
use tenfold_units::duration;

use super::bytes;
use super::machine::{Autoscaler, GarbageCollection, SlowStart};
use super::plain::Servers;
use crate::distribution::{Distribution, SizeDistribution};

/// Which waiting request makes room when a bounded queue is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shed {
    /// The one that arrives.
    #[default]
    Newest,
    /// The one that has waited longest.
    Oldest,
}

/// Who of those waiting is served next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum QueueOrder {
    /// The one that came first.
    #[default]
    Fifo,
    /// The one that came last.
    Lifo,
    /// First come, first served, but the last one first while somebody has waited at all times for
    /// more than 100 ms (Maurer, *Fail at scale*, ACM Queue 2015).
    AdaptiveLifo,
}

/// A bound of the wait that is strict only while the queue stands: as the controlled delay of
/// Maurer, *Fail at scale*, ACM Queue 2015.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ControlledDelay {
    /// A request that has waited longer is refused when its turn comes, while the queue stands; as
    /// text: `5ms`.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub target: Duration,
    /// The queue stands when it has not been empty for this long, as text: `100ms`.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub interval: Duration,
}

/// The bound of a replica's queue, by length, by time or both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// Waiting places besides the servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,
    /// A request that has waited longer is refused when its turn comes, as text: `50ms`.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub wait: Option<Duration>,
    /// Who makes room in a full queue.
    #[serde(default)]
    pub shed: Shed,
    /// Who is served next.
    #[serde(default)]
    pub order: QueueOrder,
    /// A stricter bound of the wait while the queue stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controlled_delay: Option<ControlledDelay>,
}

/// How many copies of a key answer before a call is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Consistency {
    /// The primary alone; a write goes on to the secondaries without being waited for.
    Primary,
    /// One copy: a read visits one at random, a write visits all and waits for the first.
    One,
    /// As `one`, and a read prefers the copy in the caller's zone.
    LocalOne,
    /// A majority: a read visits that many, a write visits all and waits for that many.
    Quorum,
    /// All copies.
    All,
}

/// Data that is split into shards by key and kept in copies.
///
/// Copy `i` of shard `s` lies in zone `(s + i) mod zones` on replica
/// `((s + i) / zones) mod replicas` of that zone; copy 0 is the primary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Disjoint parts, from 1; a key's shard is drawn from its hash.
    pub shards: u32,
    /// Copies of each shard, from 1.
    pub copies: u32,
    /// Copies that answer a read.
    pub read: Consistency,
    /// Copies that acknowledge a write.
    pub write: Consistency,
    /// Time from the death of a primary until a secondary takes over; without it a shard waits
    /// for its primary to come back. Only `primary` needs one.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub failover: Option<Duration>,
}

/// A topic: takes records without making the sender wait for their processing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// Ordered parts; at most one consumer at a time works on each, from 1.
    pub partitions: u32,
    /// Records that wait at most, over all partitions; the rest is dropped and counted.
    pub limit: u32,
}

/// A cache: hits and misses come from which keys are asked for and from the eviction policy.
///
/// All replicas together hold `options.capacity`, split by the hash of the key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// The key population in front of it, by its name in `keys`.
    pub keys: String,
    /// Policy, capacity of all shards together, and lifetimes.
    pub options: CacheOptions,
    /// Weight of one entry in the unit of the capacity: its bytes, or 1.
    #[serde(default = "one")]
    pub entry_weight: u32,
    /// Share of the real look-ups that this model presents, above 0 to 1: 1 / K where the model is
    /// one of K equal cells. The others run in the background, at the level of keys.
    #[serde(default = "whole")]
    pub presented_ratio: f64,
}

fn one() -> u32 {
    1
}

fn whole() -> f64 {
    1.0
}

/// A group of equal replicas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Replicas in each zone.
    pub replicas: IndexMap<String, u32>,
    /// Servers of each replica: cores or worker threads; `infinite` for a managed service whose
    /// answer time does not depend on our load.
    pub servers: Servers,
    /// Time in service per access kind (`read`, `write`, …); `any` for those not listed.
    pub service_time: IndexMap<String, Distribution>,
    /// Time after the service that occupies no server (a disk, a remote commit), per access kind;
    /// none for those not listed.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub wait_after: IndexMap<String, Distribution>,
    /// Bound of each replica's queue; none where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<Queue>,
    /// Where calls go by key rather than by balance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Data>,
    /// Content that look-ups find or miss; needs `data`, which says where a key's entry lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<Cache>,
    /// Records that are handed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Topic>,
    /// How long after a replica's death (or return) callers still treat it as before: until then
    /// calls to a dead replica are refused at once.
    #[serde(default, with = "duration")]
    #[schemars(with = "String")]
    pub detection: Duration,
    /// What one replica can send, in bytes per second, as text (`1Gb/s`): bodies leave it one after
    /// another; no bound where absent.
    #[serde(default, with = "bytes::optional_rate", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub bandwidth: Option<f64>,
    /// What stops a replica's process from time to time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub garbage_collection: Option<GarbageCollection>,
    /// How much slower a replica is that has just started; as fast as the others where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_start: Option<SlowStart>,
    /// Who adds and takes away replicas; nobody where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autoscaler: Option<Autoscaler>,
}

impl Component {
    /// Returns how many replicas there may be in a zone.
    pub(crate) fn slots(&self, zone: &str) -> u32 {
        let own = self.replicas.get(zone).copied().unwrap_or(0);
        self.autoscaler.as_ref().filter(|_| own > 0).map_or(own, |it| it.max_replicas.max(own))
    }
}

/// What happens between a caller and a callee.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The caller waits no longer for one attempt; what the callee has begun it finishes, unless
    /// `cancel`. As text: `30ms`.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub timeout: Option<Duration>,
    /// An attempt that timed out is taken out of the callee's queue, if it still waits there.
    #[serde(default, skip_serializing_if = "is_false")]
    pub cancel: bool,
    /// Without an answer after this long a second attempt goes to another replica, and the first
    /// answer counts; as text: `20ms`. Only where the callee is balanced.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub hedge_after: Option<Duration>,
    /// Attempts of each caller replica that may be under way at the same time; a call beyond them
    /// is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<u32>,
    /// Each shard of the callee has a pool of this size, so that a dead one exhausts only its own.
    #[serde(default, skip_serializing_if = "is_false")]
    pub pool_per_shard: bool,
    /// A call beyond the pool waits for a place, as long as `timeout` allows, instead of being refused.
    #[serde(default, skip_serializing_if = "is_false")]
    pub pool_waits: bool,
    /// Calls of one caller replica for the same key and access share one attempt.
    #[serde(default, skip_serializing_if = "is_false")]
    pub single_flight: bool,
    /// When and how often a failed attempt is made again; once where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetryOptions>,
    /// How many retries each caller replica may make in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_budget: Option<RetryBudgetOptions>,
    /// What each caller replica may ask; an attempt beyond it is refused before it costs anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admission: Option<TokenBucketOptions>,
    /// How many attempts each caller replica may have under way, as what it sees of the callee
    /// allows; one beyond the limit is refused. A time-out or a shed call lowers it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<ConcurrencyLimitOptions>,
    /// When each caller replica stops calling for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breaker: Option<CircuitBreakerOptions>,
    /// How calls spread over the callee's replicas; power of two choices where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<BalancerOptions>,
    /// Balances over the caller's own zone where it has a live replica.
    #[serde(default, skip_serializing_if = "is_false")]
    pub zone_aware: bool,
    /// Bytes of each call's body; none where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_size: Option<SizeDistribution>,
    /// Bytes of each answer's body, misses and failures apart; none where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_size: Option<SizeDistribution>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_false(value: &bool) -> bool {
    !*value
}
