//! A box of a design: what it runs, on what, how many, and with which options.

use core::time::Duration;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_estimate::Consistency;
use tenfold_patterns::{CacheOptions, TokenBucketOptions};
use tenfold_units::{Bytes, duration};

use super::{Formula, amount};

/// One part of the system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// What it is.
    pub kind: Kind,
    /// What it does, in a few words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub role: String,
    /// What it runs, on what, and how many.
    pub runs: Runs,
    /// The servers and the queue of one instance; absent where nothing queues (managed services).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub station: Option<Station>,
    /// What callers may do at most, by operation.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub limits: IndexMap<String, Limit>,
    /// How the data or the keys are divided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shards: Option<Shards>,
    /// How many copies of each shard, and what is waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replication: Option<Replication>,
    /// Options of a cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<Cache>,
    /// Options of a topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Topic>,
    /// How identifiers are made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<Ids>,
    /// The datasets that it holds.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub data: IndexMap<String, Dataset>,
    /// Backups and what may be lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<Recovery>,
    /// Connections that stay open on each instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections: Option<Connections>,
    /// How it is known to be well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    /// How many instances follow the load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autoscale: Option<Autoscale>,
}

/// What a component is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Accepts requests from outside: TLS, limits, routing.
    Gateway,
    /// Code of the system that answers requests.
    Service,
    /// Keeps copies of data that can be read elsewhere.
    Cache,
    /// Keeps data.
    Store,
    /// A log of records that consumers read.
    Topic,
    /// Code that works off a topic, a queue or a table.
    Consumer,
    /// Answers from places near the users.
    Cdn,
    /// Keeps large objects.
    ObjectStore,
    /// Finds documents by their content.
    Search,
    /// Runs jobs that take seconds or longer.
    Farm,
    /// A system of somebody else.
    External,
}

/// What a component runs, on what, and how many.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Runs {
    /// The technology, or the name of the image for code of the system.
    pub technology: String,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The provider runs it.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub managed: bool,
    /// The instance type of each instance; absent for services billed by use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// Instances in each zone, where all are alike.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_zone: Option<u32>,
    /// The disk of each instance; absent where the instance's own disk serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk: Option<Disk>,
}

/// A network disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// Its type at the provider (`gp3`).
    pub kind: String,
    /// Its size.
    #[serde(with = "amount::bytes")]
    #[schemars(with = "String")]
    pub size: Bytes,
    /// Operations per second that are paid for.
    pub iops: u32,
}

/// The class of work of a gateway that stands for one TLS handshake: a new connection brings one
/// beside the request.
pub const HANDSHAKE: &str = "handshake";

/// The class of work of a write inside a transaction: it waits for no disk, a later write of the same
/// flow commits it.
pub const STATEMENT: &str = "statement";

/// How classes of work begin that write many rows in one transaction.
pub const BATCH: &str = "write-batch";

/// Returns whether a class of work writes.
#[must_use]
pub fn is_write(class: &str) -> bool {
    matches!(class, "write" | "claim" | STATEMENT) || class.starts_with(BATCH)
}

/// The servers and the queue of one instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Station {
    /// Requests that one instance serves at the same time; 0: no queue, only a delay.
    pub servers: u32,
    /// Waiting places and what happens to who waits too long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<Queue>,
    /// Records that are worked off together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<Batch>,
    /// Time that one request occupies a server, by class of work (`any`, `read`, `write`, …).
    pub service_time: IndexMap<String, ServiceTime>,
}

/// The time that one request occupies one server, without queueing and without network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceTime {
    /// The mean that is worked with.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub mean: Duration,
    /// The 10 % quantile of what the mean may be.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub low: Option<Duration>,
    /// The 90 % quantile of what the mean may be.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub high: Option<Duration>,
    /// Standard deviation ÷ mean of a single request; 0: always the mean; else lognormal.
    pub cv: f64,
    /// A wait that does not occupy the server (disk, replicas), added to the response time.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub io: Option<Duration>,
    /// Where it comes from: `fact redis.get (derived)`.
    pub from: String,
}

/// A bounded queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// Waiting places besides the servers.
    pub length: u32,
    /// Who waits longer is dropped.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub wait: Option<Duration>,
    /// Who is dropped when the queue is full.
    #[serde(default)]
    pub shed: Shed,
}

/// Who is dropped when a queue is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shed {
    /// The one that comes.
    #[default]
    Newest,
    /// The one that has waited longest, whose caller has most likely given up.
    Oldest,
}

/// Records that are worked off together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// Records of a full batch.
    pub size: u32,
    /// A batch that is not full goes after this time.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub wait: Duration,
}

/// What one caller may do at most.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// What tells callers apart: `client_ip`, `user`.
    pub key: String,
    /// The rate and the burst of each caller.
    pub token_bucket: TokenBucketOptions,
}

/// How data or keys are divided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shards {
    /// Shards; absent where each instance of a ring owns a part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// How a key finds its shard.
    pub by: ShardBy,
}

/// How a key finds its shard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ShardBy {
    /// Fixed slots that shards own (Redis: CRC16 of the key modulo 16384).
    HashSlots {
        /// Number of slots.
        slots: u32,
    },
    /// Points on a ring.
    Ring {
        /// Points of each instance.
        virtual_nodes: u32,
    },
    /// A hash of the key modulo a fixed number of logical shards, placed on servers by a table.
    Hash {
        /// Logical shards, many more than servers so that they can be moved.
        logical: u32,
    },
    /// Ordered ranges of the key.
    Range,
    /// The region in which the key's owner lives.
    Geo,
}

/// Copies of each shard and what is waited for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replication {
    /// Copies of each shard, the primary included.
    pub factor: u32,
    /// How copies are kept alike.
    pub mode: ReplicationMode,
    /// Copies asked by a read.
    #[serde(default = "one")]
    pub read_quorum: u32,
    /// Copies waited for by a write.
    #[serde(default = "one")]
    pub write_quorum: u32,
    /// Copies asked again by a read that found nothing, before it says so; for rows that never
    /// change, a row that is found is right whatever copy it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent_read_quorum: Option<u32>,
    /// Zones of the copies, the primary's first; absent: one per zone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zones: Vec<String>,
    /// Time until a lost primary or copy is replaced, as clients see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failover: Option<Failover>,
}

fn one() -> u32 {
    1
}

/// How copies are kept alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReplicationMode {
    /// Every copy takes reads and writes; quorums decide.
    Quorum,
    /// One primary; a write is acknowledged after `write_quorum` copies have it.
    PrimarySync,
    /// One primary; secondaries follow and may lag.
    PrimaryAsync,
}

/// Time until a lost copy is replaced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Failover {
    /// The time as clients see it: detection and promotion.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub after: Duration,
    /// Where it comes from.
    pub from: String,
}

/// Options of a cache. There is no hit ratio here: it follows from keys, memory and policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// Where it stands.
    pub level: CacheLevel,
    /// What it keeps: `capacity` is in bytes, for each shard (in-process: for each instance).
    pub options: CacheOptions,
    /// Memory of one entry, overhead included.
    #[serde(with = "amount::bytes")]
    #[schemars(with = "String")]
    pub entry: Bytes,
    /// The dataset that it copies.
    pub of: String,
    /// How a change of the data reaches the cache.
    pub invalidation: Invalidation,
    /// The age that a reader may see at most.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub staleness: Duration,
}

/// Where a cache stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CacheLevel {
    /// In the memory of each instance of a service.
    Process,
    /// One for all, over the network.
    Shared,
    /// Near the users.
    Edge,
}

/// How a change of the data reaches a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Invalidation {
    /// The data never changes.
    Immutable,
    /// The writer deletes the entry after its commit; the time to live is the net below.
    DeleteOnWrite,
    /// Only the time to live ends an entry.
    TimeToLive,
    /// Nothing does: a finding.
    None,
}

/// Options of a topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// Partitions of the topic.
    pub partitions: u32,
    /// Replicas that must have a record before it is acknowledged.
    pub min_insync_replicas: u32,
    /// A record is kept this long.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub retention: Duration,
    /// The field that decides the partition: order holds per key.
    pub key: String,
    /// Bytes of a record.
    pub record: Formula,
    /// Waits before a failed record is tried again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retry: Vec<String>,
    /// Records that keep failing go to a topic of their own.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub dead_letter: bool,
}

/// How identifiers are made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ids {
    /// The scheme.
    pub scheme: IdScheme,
    /// Length of a code in characters of its alphabet.
    pub length: u32,
    /// Characters of the alphabet.
    pub alphabet: u32,
    /// Ids that an instance leases at once (counter).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<u32>,
    /// The store that hands out blocks or decides uniqueness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// The counter passes through a keyed permutation, so that codes cannot be enumerated.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub permuted: bool,
    /// Names chosen by users live in a space of their own and are claimed by a conditional write.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub aliases_apart: bool,
}

/// How identifiers are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IdScheme {
    /// Blocks of a counter that instances lease.
    CounterRange,
    /// Random, checked for uniqueness on write.
    Random,
    /// Time, worker and sequence in 64 bits.
    Snowflake,
}

/// A dataset with its model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// Columns of the primary key; what stands before `|` decides the shard.
    pub key: Vec<String>,
    /// Columns and their types.
    pub columns: IndexMap<String, String>,
    /// Bytes of a row, indexes included.
    pub bytes: Formula,
    /// Bytes of one copy at the horizon, retention applied.
    pub stored: Formula,
    /// Rows older than this are dropped or rolled up.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub retention: Option<Duration>,
    /// Further indexes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<String>,
    /// Columns whose values are unique, decided on the primary or by a conditional write.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unique: Vec<String>,
    /// Rows are written once and never change.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub immutable: bool,
    /// What its readers may see.
    pub consistency: Consistency,
    /// Stock, money or another value that must never be decided on a copy.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub exact: bool,
}

/// Backups and what may be lost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recovery {
    /// Writes that may be lost with a zone, as a span of time.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub point: Duration,
    /// Time to be back after the loss of a zone.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub time: Duration,
    /// A backup is made this often; with log archiving the loss is the archive's delay.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub backup_every: Option<Duration>,
    /// A backup is kept this long.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub backup_keep: Option<Duration>,
}

/// Connections that stay open on each instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Connections {
    /// The most that one instance takes.
    pub limit: u32,
    /// Memory of one connection.
    #[serde(with = "amount::bytes")]
    #[schemars(with = "String")]
    pub memory: Bytes,
    /// A heartbeat goes this often.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub heartbeat: Option<Duration>,
    /// Clients that lost their instance come back spread over this span.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub reconnect_over: Option<Duration>,
}

/// How a component is known to be well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Health {
    /// Path that says the process lives; it asks no dependency.
    pub liveness: String,
    /// Path that says it can take requests.
    pub readiness: String,
    /// It is asked this often.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub every: Duration,
    /// After so many failures in a row it gets no requests.
    pub fail_after: u32,
}

/// How many instances follow the load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Autoscale {
    /// Fewest instances in each zone.
    pub per_zone_min: u32,
    /// Most instances in each zone.
    pub per_zone_max: u32,
    /// Utilization of the servers that is kept.
    pub utilization_target: f64,
    /// Instances in each zone that a rollout adds for a moment.
    pub surge: u32,
}
