//! Parts beside services and tables: objects, state in memory, connections, delivery.

use core::time::Duration;

use tenfold_estimate::{Access, Shape, Touch};
use tenfold_units::{Bytes, Unit};

use super::components::{component, dataset, service_time, station};
use crate::choices::recommend::RANKER;
use crate::draft::Draft;
use crate::sizing::cache as redis;
use crate::types::{
    Connections, Kind, Queue, Recovery, Replication, ReplicationMode, ServiceTime, ShardBy, Shards,
    Shed,
};

/// Adds them where datasets and operations ask for them.
pub(super) fn all(draft: &mut Draft<'_>) {
    let datasets: Vec<(String, Shape)> =
        draft.estimate.datasets.iter().map(|d| (d.name.clone(), d.shape)).collect();
    for (name, shape) in datasets {
        match shape {
            Shape::Blob => objects(draft, &name),
            Shape::Ephemeral if !draft.tables.contains(&name) => memory(draft, &name),
            Shape::Ephemeral
            | Shape::Record
            | Shape::Log
            | Shape::TimeSeries
            | Shape::Counter
            | Shape::SearchIndex
            | Shape::GeoIndex => {}
        }
    }
    sessions(draft);
    delivery(draft);
    front(draft);
    farm(draft);
    ranker(draft);
    outside(draft);
}

/// Spread of the answers of somebody else's system, standard deviation ÷ mean.
const OUTSIDE_CV: f64 = 0.5;

/// Systems of others: no queue of ours stands before them.
fn outside(draft: &mut Draft<'_>) {
    for operation in &draft.estimate.operations {
        for call in &operation.calls {
            let figure = &draft.book.ledger[&call.seconds];
            let span = |seconds: f64| Duration::from_nanos((seconds * 1e9).round() as u64);
            let time = ServiceTime {
                mean: span(figure.interval.mid),
                low: Some(span(figure.interval.low)),
                high: Some(span(figure.interval.high)),
                cv: OUTSIDE_CV,
                io: None,
                from: call.seconds.clone(),
            };
            let role = "run by somebody else";
            let mut system = component(Kind::External, role, &call.system, None);
            system.runs.managed = true;
            system.station = Some(station(0, vec![("any", time)], None));
            draft.components.insert(call.system.clone(), system);
        }
    }
}

/// Large objects live in the provider's object store, all in one component.
fn objects(draft: &mut Draft<'_>, name: &str) {
    let mut store = draft.components.shift_remove("objects").unwrap_or_else(|| {
        let mut store = component(Kind::ObjectStore, "large objects", "s3", None);
        store.runs.managed = true;
        store
    });
    if store.station.is_none() {
        let get = service_time(draft, "s3.get.object");
        let put = service_time(draft, "s3.put.object");
        store.station = Some(station(0, vec![("read", get), ("write", put)], None));
    }
    store.data.insert(name.to_owned(), dataset(draft, name, true));
    store.recovery = Some(Recovery {
        point: Duration::ZERO,
        time: Duration::from_secs(1),
        backup_every: None,
        backup_keep: None,
    });
    draft.components.insert("objects".to_owned(), store);
    draft.homes.insert(name.to_owned(), "objects".to_owned());
}

/// State that may vanish lives in memory: shards by the command thread and by room.
fn memory(draft: &mut Draft<'_>, name: &str) {
    let component_name = format!("{}-memory", name.replace('_', "-"));
    let estimate = draft.estimate;
    let source = draft.dataset(name);
    let demand = crate::demand::of(&mut draft.book, estimate, source);
    let id = |what: &str| format!("size.{component_name}.{what}");
    let get = draft.book.station("redis.get");
    let nearby = draft.book.assume("memory.nearby");
    let target = draft.book.fact("sizing.cpu_target");
    let reserved = draft.book.fact("aws.elasticache.reserved_mem");
    let overhead = draft.book.assume("cache.row_overhead");
    let node = "r7g.large";
    draft.book.shape(node);
    let book = &mut draft.book;
    let calls = format!(
        "{} + {} + {} + {}",
        demand.point_reads, demand.range_reads, demand.writes, demand.conditional
    );
    book.derive(&id("calls"), &format!("{name}: calls at peak"), Unit::PerSecond, &calls);
    let busy = format!("({} * {get} + {} * {nearby})", id("calls"), demand.scans);
    let formula =
        format!("{} * ({} + {overhead}) / max(1, {})", demand.stored, demand.item, demand.item);
    book.derive(&id("bytes"), &format!("{name}: bytes in memory"), Unit::Bytes, &formula);
    let formula = format!(
        "max(1, ceil({busy} / {target}), ceil({} / (memory.{node} * (1 - {reserved}))))",
        id("bytes")
    );
    let shards = book.derive(&id("shards"), &format!("{name}: shards"), Unit::Count, &formula);
    let mut times = vec![("any", service_time(draft, "redis.get"))];
    // Places are divided by the cells of the map, so that a query asks one shard.
    let placed = is_placed(draft, name);
    if placed {
        times.push(("scan", assumed_time(draft, &nearby)));
    }
    let role = format!("{name}, may vanish");
    let mut store = component(Kind::Store, &role, "redis", Some("7.2"));
    store.runs.instance = Some(node.to_owned());
    let queue = Queue { length: 65_536, wait: Some(Duration::from_millis(50)), shed: Shed::Newest };
    store.station = Some(station(1, times, Some(queue)));
    let by = if placed { ShardBy::Geo } else { ShardBy::HashSlots { slots: 16_384 } };
    store.shards = Some(Shards { count: Some(shards as u32), by });
    store.replication = Some(Replication {
        factor: redis::COPIES,
        mode: ReplicationMode::PrimaryAsync,
        read_quorum: 1,
        write_quorum: 1,
        absent_read_quorum: None,
        zones: Vec::new(),
        failover: Some(super::components::failover(draft, "failover.redis.cluster")),
    });
    store.data.insert(name.to_owned(), dataset(draft, name, false));
    // It comes back by itself; a snapshot a day only shortens that.
    store.recovery = Some(Recovery {
        point: Duration::from_secs(60),
        time: Duration::from_secs(60),
        backup_every: Some(Duration::from_secs(86_400)),
        backup_keep: Some(Duration::from_secs(86_400)),
    });
    draft.components.insert(component_name.clone(), store);
    draft.homes.insert(name.to_owned(), component_name);
}

/// Returns whether something looks for what is near in a dataset.
pub(crate) fn is_placed(draft: &Draft<'_>, name: &str) -> bool {
    let near = |touch: &Touch| touch.dataset == name && touch.access == Access::Nearby;
    draft.estimate.operations.iter().any(|operation| operation.touches.iter().any(near))
}

/// Returns an assumed time of an own part.
fn assumed_time(draft: &Draft<'_>, id: &str) -> ServiceTime {
    let figure = &draft.book.ledger[id];
    let span = |seconds: f64| Duration::from_nanos((seconds * 1e9).round() as u64);
    ServiceTime {
        mean: span(figure.interval.mid),
        low: Some(span(figure.interval.low)),
        high: Some(span(figure.interval.high)),
        cv: 1.0,
        io: None,
        from: crate::inputs::origin(&figure.provenance),
    }
}

/// Nodes that hold connections.
fn sessions(draft: &mut Draft<'_>) {
    let Some(plan) = draft.sessions.clone() else { return };
    let time = service_time(draft, "ws.deliver");
    let servers = draft.book.instance(&plan.instance).vcpu;
    let mut nodes = component(Kind::Gateway, "open connections", "sessions", None);
    nodes.runs.instance = Some(plan.instance.clone());
    nodes.runs.per_zone = Some(plan.per_zone);
    let queue = Queue { length: 1_024, wait: Some(Duration::from_millis(50)), shed: Shed::Newest };
    nodes.station = Some(station(servers, vec![("any", time)], Some(queue)));
    nodes.connections = Some(Connections {
        limit: plan.limit,
        memory: Bytes::new(plan.memory),
        heartbeat: Some(Duration::from_secs(30)),
        reconnect_over: Some(Duration::from_secs(60)),
    });
    nodes.health = Some(super::components::health());
    nodes.limits = super::components::limits(draft, "connection", |o| draft.is_held(o));
    draft.components.insert("sessions".to_owned(), nodes);
}

/// The machines that encode: what takes minutes has no station, it is sized by formula.
fn farm(draft: &mut Draft<'_>) {
    let Some(plan) = draft.farm.clone() else { return };
    let mut encoders = component(Kind::Farm, "encodes uploads", "ffmpeg", None);
    encoders.runs.instance = Some(plan.instance);
    encoders.runs.per_zone = Some(plan.per_zone);
    draft.components.insert("encoders".to_owned(), encoders);
}

/// The machines that work out recommendations.
fn ranker(draft: &mut Draft<'_>) {
    let Some((_, fleet)) = draft.ranker.clone() else { return };
    let build = draft.book.assume("recommend.build");
    let time = assumed_time(draft, &build);
    let servers = draft.book.instance(&fleet.instance).vcpu;
    let mut ranker = component(Kind::Consumer, "works out recommendations", RANKER, None);
    ranker.runs.instance = Some(fleet.instance.clone());
    ranker.runs.per_zone = Some(fleet.per_zone);
    // Nobody waits for a list: work stands in line as long as it has to.
    let queue = Queue { length: 65_536, wait: None, shed: Shed::Newest };
    ranker.station = Some(station(servers, vec![("any", time)], Some(queue)));
    ranker.health = Some(super::components::health());
    draft.components.insert(RANKER.to_owned(), ranker);
}

/// The edges that streams come from.
fn delivery(draft: &mut Draft<'_>) {
    let Some(chosen) = draft.delivery.clone() else { return };
    let technology = if chosen == "cdn" { "cloudfront" } else { "own-edge" };
    let mut edges = component(Kind::Cdn, "streams near the viewers", technology, None);
    edges.runs.managed = true;
    draft.components.insert("delivery".to_owned(), edges);
}

/// The CDN that keeps answers of the region.
fn front(draft: &mut Draft<'_>) {
    if draft.front.is_empty() {
        return;
    }
    let role = format!("keeps answers of {}", draft.front.join(", "));
    let mut cdn = component(Kind::Cdn, &role, "cloudfront", None);
    cdn.runs.managed = true;
    draft.components.insert("cdn".to_owned(), cdn);
}
