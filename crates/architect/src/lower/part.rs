//! Components and links of a design as those of a model.

use core::time::Duration;

use indexmap::IndexMap;
use tenfold_design::{
    CacheLevel, Component, Design, KeySpace, Kind, Link, LinkId, Replication, ReplicationMode,
    ServiceTime, Shed, Station,
};
use tenfold_patterns::{CacheOptions, CircuitBreakerOptions, TokenBucketOptions};
use tenfold_sim::keys::{Fade, KeyPopulation, LivingKeys, ZipfKeys};
use tenfold_sim::{self as sim, Distribution, Model};
use tenfold_units::Ledger;

use super::LowerOptions;
use super::cell::{Cell, Part};

/// Records that a topic of a model holds at most before it drops: far more than a run sends.
const TOPIC_LIMIT: u32 = 1_000_000;

/// Bytes of the produce request whose service time the catalogue gives.
const PRODUCE_BYTES: f64 = 16_384.0;

/// Adds a component of the design to the model.
pub(super) fn add(
    cell: &Cell,
    options: &LowerOptions,
    name: &str,
    component: &Component,
    keys: Option<&String>,
    ledger: &Ledger,
    model: &mut Model,
) {
    let part = &cell.parts[name];
    let records = records(component, ledger);
    let servers = match part.servers {
        0 => sim::Servers::Infinite,
        n => sim::Servers::Finite(n),
    };
    let station = component.station.as_ref();
    let lowered = sim::Component {
        replicas: part.replicas.clone(),
        servers,
        service_time: service_times(station, part.slower / records),
        wait_after: station.map(waits_after).unwrap_or_default(),
        queue: station.and_then(queue),
        data: data(component, part, options),
        cache: cache(keys, cell, component),
        topic: topic(component, cell),
        detection: detection(component, options),
        bandwidth: None,
        garbage_collection: None,
        slow_start: None,
        autoscaler: None,
    };
    model.components.insert(name.to_owned(), lowered);
}

/// Records that share one service of a component: a broker is paid by the produce request of 16 KiB,
/// into which senders pack many.
pub(crate) fn records(component: &Component, ledger: &Ledger) -> f64 {
    component.topic.as_ref().map_or(1.0, |topic| {
        (PRODUCE_BYTES / super::evaluate(&topic.record, ledger).max(1.0)).max(1.0)
    })
}

fn service_times(station: Option<&Station>, slower: f64) -> IndexMap<String, Distribution> {
    let Some(station) = station else {
        return IndexMap::from([("any".to_owned(), Distribution::Deterministic(Duration::ZERO))]);
    };
    let entries = station.service_time.iter();
    entries.map(|(class, time)| (class.clone(), distribution(time, slower))).collect()
}

/// Disks and remote commits, spread as the services before them are.
fn waits_after(station: &Station) -> IndexMap<String, Distribution> {
    let entries = station.service_time.iter();
    entries
        .filter_map(|(class, time)| {
            let wait = ServiceTime { mean: time.io?, ..time.clone() };
            Some((class.clone(), distribution(&wait, 1.0)))
        })
        .collect()
}

fn distribution(time: &ServiceTime, slower: f64) -> Distribution {
    let mean = time.mean.mul_f64(slower);
    if time.cv > 0.0 {
        Distribution::Lognormal { mean, cv: time.cv }
    } else {
        Distribution::Deterministic(mean)
    }
}

fn queue(station: &Station) -> Option<sim::Queue> {
    let queue = station.queue.as_ref()?;
    let shed = match queue.shed {
        Shed::Newest => sim::Shed::Newest,
        Shed::Oldest => sim::Shed::Oldest,
    };
    let length = Some(queue.length);
    Some(sim::Queue { length, wait: queue.wait, shed, ..sim::Queue::default() })
}

/// Shards and copies; a component without copies is chosen by balance, not by key.
fn data(component: &Component, part: &Part, options: &LowerOptions) -> Option<sim::Data> {
    if let Some(topic) = &component.topic {
        return Some(topic_data(component, part, topic.min_insync_replicas));
    }
    if !matches!(component.kind, Kind::Store | Kind::Cache) {
        return None;
    }
    let replication = component.replication.as_ref()?;
    let instances: u32 = part.replicas.values().sum();
    let copies = replication.factor.clamp(1, instances.max(1));
    // Each instance is the primary of as many shards as any other.
    let shards = match component.shards.as_ref().and_then(|shards| shards.count) {
        Some(count) => {
            // Each zone keeps its share of the primaries: a lost zone takes no more than that.
            let zones = (part.replicas.len() as u32).min(count).max(1);
            let wanted = f64::from(count) / part.instances_ratio / f64::from(zones);
            (wanted.round().max(1.0) as u32) * zones
        }
        None if replication.mode == ReplicationMode::Quorum => instances.max(1),
        None => 1,
    };
    let (read, write) = consistency(replication);
    let failover = replication
        .failover
        .as_ref()
        .map(|failover| shorten(failover.after, options))
        .filter(|_| matches!(write, sim::Consistency::Primary));
    Some(sim::Data { shards, copies, read, write, failover })
}

/// A partition of a topic is a shard: records go to its leader and its followers.
fn topic_data(component: &Component, part: &Part, in_sync: u32) -> sim::Data {
    let instances: u32 = part.replicas.values().sum::<u32>().max(1);
    let copies = component.replication.as_ref().map_or(1, |r| r.factor).clamp(1, instances);
    let write = match in_sync {
        0 | 1 => sim::Consistency::One,
        n if n >= copies => sim::Consistency::All,
        _ => sim::Consistency::Quorum,
    };
    let read = sim::Consistency::Primary;
    sim::Data { shards: instances, copies, read, write, failover: None }
}

fn consistency(replication: &Replication) -> (sim::Consistency, sim::Consistency) {
    let level = |asked: u32| match asked {
        0 | 1 => sim::Consistency::LocalOne,
        n if n >= replication.factor => sim::Consistency::All,
        _ => sim::Consistency::Quorum,
    };
    match replication.mode {
        ReplicationMode::Quorum => {
            (level(replication.read_quorum), level(replication.write_quorum))
        }
        ReplicationMode::PrimarySync | ReplicationMode::PrimaryAsync => {
            (sim::Consistency::Primary, sim::Consistency::Primary)
        }
    }
}

fn topic(component: &Component, cell: &Cell) -> Option<sim::Topic> {
    let topic = component.topic.as_ref()?;
    let partitions = (f64::from(topic.partitions) / cell.cells).ceil().max(1.0) as u32;
    Some(sim::Topic { partitions, limit: TOPIC_LIMIT })
}

/// Time until callers go around a dead instance.
fn detection(component: &Component, options: &LowerOptions) -> Duration {
    shorten(real_detection(component), options)
}

/// Returns the time until callers go around a dead instance: failed health checks, else the
/// failover of the store, else 10 s (a broker's session).
#[must_use]
pub(crate) fn real_detection(component: &Component) -> Duration {
    if let Some(health) = &component.health {
        return health.every * health.fail_after;
    }
    let failover = component.replication.as_ref().and_then(|r| r.failover.as_ref());
    failover.map_or(Duration::from_secs(10), |failover| failover.after)
}

fn shorten(span: Duration, options: &LowerOptions) -> Duration {
    span.mul_f64(options.detection_scale)
}

/// The cache's content: its memory over all shards (one copy of each), or over all instances.
fn cache(keys: Option<&String>, cell: &Cell, component: &Component) -> Option<sim::Cache> {
    let cache = component.cache.as_ref().filter(|cache| cache.level != CacheLevel::Process)?;
    Some(sim::Cache {
        keys: keys?.clone(),
        options: cache_options(component)?,
        entry_weight: (cache.entry.as_f64() as u32).max(1),
        presented_ratio: 1.0 / cell.cells,
    })
}

/// Returns the options of a component's cache over all its shards, `None` where it has none.
#[must_use]
pub(crate) fn cache_options(component: &Component) -> Option<CacheOptions> {
    let cache = component.cache.as_ref()?;
    let shards = component.shards.as_ref().and_then(|shards| shards.count).unwrap_or(1);
    // A cache in each process holds what one process holds: its callers see one of many.
    let parts = match cache.level {
        CacheLevel::Process => 1,
        CacheLevel::Shared | CacheLevel::Edge => shards,
    };
    Some(CacheOptions { capacity: cache.options.capacity * u64::from(parts), ..cache.options })
}

/// Returns the keys of a key space as the simulator knows them.
#[must_use]
pub(crate) fn population(keys: &KeySpace, ledger: &Ledger) -> KeyPopulation {
    let value = |formula| super::evaluate(formula, ledger);
    let (exponent, count) = (value(&keys.exponent), value(&keys.count));
    let births = keys.born.as_ref().map_or(0.0, value);
    if births <= 0.0 || keys.interest.is_empty() {
        return KeyPopulation::Zipf(ZipfKeys { exponent, count: count.max(1.0) as u64 });
    }
    let interest = keys
        .interest
        .iter()
        .map(|part| Fade {
            share: value(&part.share),
            half_life: Duration::from_secs_f64(value(&part.half_life)),
        })
        .filter(|fade| fade.share > 0.0)
        .collect();
    let cohort = Duration::from_secs(86_400);
    KeyPopulation::Living(LivingKeys { births, exponent, interest, cohort })
}

/// Returns a link of the design as one of the model. What each instance of the caller may do is
/// scaled to the fewer, or smaller, instances of the cell.
pub(super) fn link(
    design: &Design,
    link: &Link,
    id: &LinkId,
    cell: &Cell,
    options: &LowerOptions,
) -> sim::Link {
    // A pool holds connections to one server. Of fewer shards in the cell each gets more calls of one
    // caller.
    let sharded = design.components.get(&id.to).is_some_and(|to| {
        to.shards.as_ref().is_some_and(|shards| shards.count.is_some_and(|count| count > 1))
    });
    let fewer = cell.parts.get(&id.to).filter(|_| sharded).map_or(1.0, |to| to.instances_ratio);
    let scale =
        cell.parts.get(&id.from).map_or(1.0, |part| part.instances_ratio / cell.cells).min(1.0);
    // A small pool needs more room for chance than its share of a large one: four standard
    // deviations of a Poisson count.
    let scaled = |count: u32| {
        let share = f64::from(count) * scale;
        (share + 4.0 * share.sqrt()).ceil().clamp(1.0, f64::from(count.max(1))) as u32
    };
    sim::Link {
        timeout: link.timeout,
        pool: link.pool.map(|pool| scaled((f64::from(pool) * fewer).ceil() as u32)),
        pool_per_shard: sharded,
        pool_waits: true,
        admission: link.admission.map(|bucket| TokenBucketOptions {
            rate: (bucket.rate as f64 * scale).round().max(1.0) as u64,
            burst: u64::from(scaled(u32::try_from(bucket.burst).unwrap_or(u32::MAX))),
            ..bucket
        }),
        single_flight: link.single_flight,
        retry: link.retry.as_ref().map(|retry| retry.options),
        retry_budget: link.retry.as_ref().and_then(|retry| retry.budget),
        // As detection and failover: what is long and uneventful is shortened.
        breaker: link.breaker.map(|breaker| CircuitBreakerOptions {
            open_wait: shorten(breaker.open_wait, options) / 2,
            open_wait_max: breaker.open_wait_max.map(|wait| shorten(wait, options) / 2),
            half_open_max: breaker.half_open_max.map(|wait| shorten(wait, options)),
            ..breaker
        }),
        ..sim::Link::default()
    }
}
