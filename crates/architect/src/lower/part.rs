//! Components and links of a design as those of a model.

use core::time::Duration;

use indexmap::IndexMap;
use tenfold_design::{
    CacheLevel, Component, Eviction, KeySpace, Kind, Link, Replication, ReplicationMode,
    ServiceTime, Shed, Station,
};
use tenfold_patterns::{
    CacheOptions, CachePolicy, CircuitBreakerOptions, CircuitBreakerWindow, Jitter,
    RetryBudgetOptions, RetryOptions,
};
use tenfold_sim::keys::{Fade, KeyPopulation, LivingKeys, ZipfKeys};
use tenfold_sim::{self as sim, Distribution, Model};
use tenfold_units::Ledger;

use super::LowerOptions;
use super::cell::{Cell, Part};

/// Records that a topic of a model holds at most before it drops: far more than a run sends.
const TOPIC_LIMIT: u32 = 1_000_000;

/// Adds a component of the design to the model.
pub(super) fn add(
    cell: &Cell,
    options: &LowerOptions,
    name: &str,
    component: &Component,
    keys: Option<&String>,
    model: &mut Model,
) {
    let part = &cell.parts[name];
    let servers = match part.servers {
        0 => sim::Servers::Infinite,
        n => sim::Servers::Finite(n),
    };
    let station = component.station.as_ref();
    let lowered = sim::Component {
        replicas: part.replicas.clone(),
        servers,
        service_time: service_times(station, part.slower),
        queue: station.and_then(|station| queue(station)),
        data: data(component, part, options),
        cache: cache(keys, cell, component),
        topic: topic(component, cell),
        detection: detection(component, options),
    };
    model.components.insert(name.to_owned(), lowered);
}

fn service_times(station: Option<&Station>, slower: f64) -> IndexMap<String, Distribution> {
    let Some(station) = station else {
        return IndexMap::from([("any".to_owned(), Distribution::Deterministic(Duration::ZERO))]);
    };
    let entries = station.service_time.iter();
    entries.map(|(class, time)| (class.clone(), distribution(time, slower))).collect()
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
    Some(sim::Queue { length: Some(queue.length), wait: queue.wait, shed })
}

/// Shards and copies; a component without copies is chosen by balance, not by key.
fn data(component: &Component, part: &Part, options: &LowerOptions) -> Option<sim::Data> {
    if !matches!(component.kind, Kind::Store | Kind::Cache) {
        return None;
    }
    let replication = component.replication.as_ref()?;
    let instances: u32 = part.replicas.values().sum();
    let copies = replication.factor.clamp(1, instances.max(1));
    // Each instance is the primary of as many shards as any other.
    let shards = match component.shards.as_ref().and_then(|shards| shards.count) {
        Some(count) => (f64::from(count) / part.instances_ratio).round().max(1.0) as u32,
        None => instances.max(1),
    };
    let (read, write) = consistency(replication);
    let failover = replication
        .failover
        .as_ref()
        .map(|failover| shorten(failover.after, options))
        .filter(|_| matches!(write, sim::Consistency::Primary));
    Some(sim::Data { shards, copies, read, write, failover })
}

fn consistency(replication: &Replication) -> (sim::Consistency, sim::Consistency) {
    let level = |asked: u32| match asked {
        0 | 1 => sim::Consistency::LocalOne,
        n if n >= replication.factor => sim::Consistency::All,
        _ => sim::Consistency::Quorum,
    };
    match replication.mode {
        ReplicationMode::Quorum => (level(replication.read_quorum), level(replication.write_quorum)),
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
    span.min(Duration::from_secs_f64(options.detection_max))
}

/// The cache's content: its memory over all shards (one copy of each), or over all instances.
fn cache(keys: Option<&String>, cell: &Cell, component: &Component) -> Option<sim::Cache> {
    let cache = component.cache.as_ref()?;
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
    let policy = match cache.policy {
        // A cache that evicts the least used keeps what a window TinyLFU keeps.
        Eviction::Lfu => CachePolicy::TinyLfu,
        Eviction::Fifo => CachePolicy::S3Fifo,
        Eviction::Lru => CachePolicy::Lru,
    };
    // A cache in each process holds what one process holds: its callers see one of many.
    let copies = match cache.level {
        CacheLevel::Process => 1,
        CacheLevel::Shared | CacheLevel::Edge => shards,
    };
    Some(CacheOptions {
        policy,
        ttl: cache.ttl,
        ttl_jitter: cache.ttl_jitter_ratio,
        ..CacheOptions::lru((cache.memory.as_f64() * f64::from(copies)).max(1.0) as u64)
    })
}

/// Returns the keys of a key space as the simulator knows them.
#[must_use]
pub(crate) fn population(keys: &KeySpace, ledger: &Ledger) -> KeyPopulation {
    let value = |formula| super::evaluate(formula, ledger);
    let (exponent, count) = (value(&keys.exponent), value(&keys.count));
    let (births, half_life) = (value(&keys.born), value(&keys.half_life));
    if births <= 0.0 || half_life <= 0.0 {
        return KeyPopulation::Zipf(ZipfKeys { exponent, count: count.max(1.0) as u64 });
    }
    let ageless = value(&keys.ageless_ratio).clamp(0.0, 1.0);
    let fade = |share: f64, seconds: f64| Fade {
        share,
        half_life: Duration::from_secs_f64(seconds),
    };
    // Interest that does not fade is spread over the keys that can be asked for: as many as are
    // born in a lifetime, whose half is that of an even spread.
    let lifetime = (count / births).max(half_life);
    let interest = match ageless {
        a if a <= 0.0 => vec![fade(1.0, half_life)],
        a if a >= 1.0 => vec![fade(1.0, lifetime)],
        a => vec![fade(1.0 - a, half_life), fade(a, lifetime)],
    };
    let cohort = Duration::from_secs(86_400);
    KeyPopulation::Living(LivingKeys { births, exponent, interest, cohort })
}

/// Returns a link of the design as one of the model.
pub(super) fn link(link: &Link) -> sim::Link {
    sim::Link {
        timeout: link.timeout,
        pool: link.pool,
        single_flight: link.single_flight,
        retry: link.retry.as_ref().map(|retry| RetryOptions {
            max_attempts: retry.attempts,
            base: retry.base,
            throttled_base: None,
            multiplier: 2.0,
            cap: retry.cap,
            jitter: Jitter::Full,
            total_time: None,
            push_back_slack: None,
        }),
        retry_budget: link.retry.as_ref().map(|retry| RetryBudgetOptions::Ratio {
            retry_ratio: retry.budget_ratio,
            ttl: Duration::from_secs(10),
            min_retries_per_second: 1,
        }),
        breaker: link.breaker.as_ref().map(|breaker| CircuitBreakerOptions {
            window: CircuitBreakerWindow::Calls(breaker.window_calls),
            minimum_calls: breaker.window_calls,
            failure_ratio: Some(breaker.failure_ratio),
            slow: None,
            open_wait: breaker.open,
            half_open_calls: breaker.probes,
            half_open_max: Some(breaker.open),
            ..CircuitBreakerOptions::resilience4j()
        }),
        ..sim::Link::default()
    }
}
