//! The boxes.

use core::time::Duration;

use indexmap::IndexMap;
use tenfold_estimate::{Operation, OperationKind};
use tenfold_patterns::{CacheOptions, CachePolicy, TokenBucketOptions};
use tenfold_units::{Bytes, Unit, duration};

use crate::choices::{services::handler, store::plural};
use crate::draft::{CachePlan, Draft, StorePlan, Technology};
use crate::sizing::{cache as redis, cassandra, kafka, postgres};
use crate::types::{
    Autoscale, Cache, CacheLevel, Component, Dataset, Disk, Failover, Formula, HANDSHAKE, Health,
    Ids, Invalidation, Kind, Limit, Queue, Recovery, Replication, ReplicationMode, Runs, STATEMENT,
    ServiceTime, ShardBy, Shards, Shed, Station, Topic,
};

/// Returns a component of a kind that runs something.
pub(super) fn component(
    kind: Kind,
    role: &str,
    technology: &str,
    version: Option<&str>,
) -> Component {
    Component {
        kind,
        role: role.to_owned(),
        runs: Runs {
            technology: technology.to_owned(),
            version: version.map(str::to_owned),
            managed: false,
            instance: None,
            per_zone: None,
            disk: None,
        },
        station: None,
        limits: IndexMap::new(),
        shards: None,
        replication: None,
        cache: None,
        topic: None,
        ids: None,
        data: IndexMap::new(),
        recovery: None,
        connections: None,
        health: None,
        autoscale: None,
    }
}

/// Returns the service time of a station of the catalogue.
pub(crate) fn service_time(draft: &mut Draft<'_>, id: &str) -> ServiceTime {
    draft.book.station(id);
    let station = draft.book.catalog.station(id).expect("the book just found it");
    let span = |seconds: f64| Duration::from_nanos((seconds * 1e9).round() as u64);
    ServiceTime {
        mean: span(station.mean),
        low: Some(span(station.low)),
        high: Some(span(station.high)),
        cv: station.cv,
        io: (station.io_mean > 0.0).then(|| span(station.io_mean)),
        from: format!("fact {id}"),
    }
}

/// Returns a station of `servers` with these service times.
pub(super) fn station(
    servers: u32,
    times: Vec<(&str, ServiceTime)>,
    queue: Option<Queue>,
) -> Station {
    let service_time = times.into_iter().map(|(class, time)| (class.to_owned(), time)).collect();
    Station { servers, queue, batch: None, service_time }
}

/// A queue that holds `wait` of work, in whole powers of two.
fn queue(servers: u32, time: &ServiceTime, wait: Duration, shed: Shed) -> Queue {
    let places = f64::from(servers) * wait.as_secs_f64() / time.mean.as_secs_f64().max(1e-9);
    let length = (places as u32).clamp(16, 1_024).next_power_of_two().min(1_024);
    Queue { length, wait: Some(wait), shed }
}

pub(super) fn health() -> Health {
    Health {
        liveness: "/health".to_owned(),
        readiness: "/ready".to_owned(),
        every: Duration::from_secs(2),
        fail_after: 3,
    }
}

/// The gateway.
pub(super) fn edge(draft: &mut Draft<'_>) {
    let Some(plan) = draft.edge.clone() else { return };
    let mut edge = match &plan.nginx {
        Some(fleet) => {
            let proxy = service_time(draft, "nginx.proxy");
            let handshake = service_time(draft, "tls13.full.ecdsa");
            let servers = draft.book.instance(&fleet.instance).vcpu;
            let mut edge = component(Kind::Gateway, "TLS, limits, routing", "nginx", Some("1.28"));
            edge.runs.instance = Some(fleet.instance.clone());
            edge.runs.per_zone = Some(fleet.per_zone);
            let waiting = queue(servers, &proxy, Duration::from_millis(20), Shed::Newest);
            edge.station =
                Some(station(servers, vec![("any", proxy), (HANDSHAKE, handshake)], Some(waiting)));
            edge.health = Some(health());
            edge.autoscale = Some(autoscale(fleet.per_zone));
            edge
        }
        None => {
            let mut edge = component(Kind::Gateway, "TLS, limits, routing", "load-balancer", None);
            edge.runs.managed = true;
            edge
        }
    };
    edge.limits = limits(draft, "client_ip", |operation| !draft.is_held(operation));
    draft.components.insert("edge".to_owned(), edge);
}

/// A limit for each caller of each of these operations that write.
pub(super) fn limits(
    draft: &Draft<'_>,
    key: &str,
    here: impl Fn(&Operation) -> bool,
) -> IndexMap<String, Limit> {
    let writes = draft.requests().filter(|o| o.kind == OperationKind::Write && here(o));
    writes
        .map(|operation| {
            let token_bucket = TokenBucketOptions::per_second(10, 20);
            (operation.name.clone(), Limit { key: key.to_owned(), token_bucket })
        })
        .collect()
}

fn autoscale(per_zone: u32) -> Autoscale {
    let per_zone_min = (per_zone * 6).div_ceil(10);
    let per_zone_max = per_zone * 3 / 2 + 1;
    Autoscale { per_zone_min, per_zone_max, utilization_target: 0.5, surge: 1 }
}

/// The services.
pub(super) fn services(draft: &mut Draft<'_>, ids: Option<Ids>) {
    let fact = handler(draft);
    let fleets = draft.fleets.clone();
    for (name, fleet) in &fleets {
        let time = service_time(draft, fact);
        let servers = draft.book.instance(&fleet.instance).vcpu;
        let wait = Duration::from_millis(50);
        let shed = if fleets.len() == 1 || name != "api" { Shed::Oldest } else { Shed::Newest };
        let waiting = queue(servers, &time, wait, shed);
        let mut service = component(Kind::Service, "", name, None);
        service.role = draft
            .services
            .iter()
            .filter(|(_, service)| *service == name)
            .map(|(operation, _)| operation.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        let owned = || draft.owners.iter().filter(|(_, owner)| *owner == name);
        if service.role.is_empty() && owned().next().is_some() {
            let owned: Vec<&str> = owned().map(|(dataset, _)| dataset.as_str()).collect();
            service.role = format!("owns {}", owned.join(", "));
        } else if service.role.is_empty() {
            service.role = "named by the brief; no operation asks it".to_owned();
        }
        service.runs.instance = Some(fleet.instance.clone());
        service.runs.per_zone = Some(fleet.per_zone);
        service.station = Some(station(servers, vec![("any", time)], Some(waiting)));
        service.health = Some(health());
        service.autoscale = Some(autoscale(fleet.per_zone));
        draft.components.insert(name.clone(), service);
    }
    if let Some(mut ids) = ids {
        let dataset = ids.decided_by.take().unwrap_or_default();
        ids.decided_by = holder(draft, &dataset);
        let creator = draft
            .requests()
            .find(|o| {
                o.kind == tenfold_estimate::OperationKind::Write
                    && o.touches.iter().any(|touch| touch.dataset == dataset)
            })
            .and_then(|o| draft.services.get(&o.name).cloned());
        if let Some(service) = creator.and_then(|name| draft.components.get_mut(&name)) {
            service.ids = Some(ids);
        }
    }
}

/// Returns the store of a dataset.
pub(super) fn holder(draft: &Draft<'_>, dataset: &str) -> Option<String> {
    if let Some(home) = draft.homes.get(dataset) {
        return Some(home.clone());
    }
    draft
        .stores
        .iter()
        .find(|plan| plan.datasets.iter().any(|name| name == dataset))
        .map(|plan| plan.component.clone())
}

/// The caches.
pub(super) fn caches(draft: &mut Draft<'_>) {
    for plan in draft.caches.clone() {
        let time = service_time(draft, "redis.get");
        let cache = cache_options(draft, &plan);
        match &plan.shared {
            Some((instance, shards)) => {
                let role = format!("hot {}", plural(&plan.dataset));
                let mut box_ = component(Kind::Cache, &role, "redis", Some("7.2"));
                box_.runs.instance = Some(instance.clone());
                box_.station = Some(station(1, vec![("any", time)], None));
                let by = ShardBy::HashSlots { slots: 16_384 };
                box_.shards = Some(Shards { count: Some(*shards), by });
                box_.replication = Some(Replication {
                    factor: redis::COPIES,
                    mode: ReplicationMode::PrimaryAsync,
                    read_quorum: 1,
                    write_quorum: 1,
                    absent_read_quorum: None,
                    zones: Vec::new(),
                    failover: Some(failover(draft, "failover.redis.cluster")),
                });
                bound(&mut box_, 65_536);
                box_.cache = Some(cache);
                draft.components.insert(plan.component.clone(), box_);
            }
            None => {
                let service = draft.fleets.keys().next().cloned();
                let service = service.and_then(|name| draft.components.get_mut(&name));
                if let Some(service) = service {
                    service.cache = Some(cache);
                }
            }
        }
    }
}

/// Bounds the queue of a station that has none yet.
fn bound(component: &mut Component, length: u32) {
    if let Some(station) = &mut component.station {
        let wait = Some(Duration::from_millis(50));
        station.queue.get_or_insert(Queue { length, wait, shed: Shed::Newest });
    }
}

fn cache_options(draft: &Draft<'_>, plan: &CachePlan) -> Cache {
    let immutable = draft
        .stores
        .iter()
        .find(|store| store.datasets.contains(&plan.dataset))
        .is_some_and(|store| store.demand.immutable);
    let ttl = Duration::from_secs(86_400);
    Cache {
        level: if plan.shared.is_some() { CacheLevel::Shared } else { CacheLevel::Process },
        options: CacheOptions {
            policy: CachePolicy::Lru,
            capacity: plan.capacity as u64,
            ttl: Some(ttl),
            ttl_jitter: 0.1,
            negative_ttl: Some(Duration::from_secs(30)),
            negative_entries: 100_000,
            stale: None,
        },
        entry: Bytes::new(plan.entry),
        of: plan.dataset.clone(),
        invalidation: match (&plan.shared, immutable) {
            (_, true) => Invalidation::Immutable,
            (Some(_), false) => Invalidation::DeleteOnWrite,
            (None, false) => Invalidation::TimeToLive,
        },
        staleness: if immutable { Duration::from_secs(30) } else { ttl },
    }
}

pub(super) fn failover(draft: &mut Draft<'_>, fact: &str) -> Failover {
    let id = draft.book.fact(fact);
    let after = Duration::from_secs_f64(draft.book.value(&id));
    Failover { after, from: format!("fact {fact}") }
}

/// The stores.
pub(super) fn stores(draft: &mut Draft<'_>) {
    for plan in draft.stores.clone() {
        let role = plan.datasets.join(", ");
        let mut store = match plan.technology {
            Technology::Postgresql | Technology::PostgresqlSharded => {
                relational(draft, &plan, &role)
            }
            Technology::Cassandra => wide(draft, &plan, &role),
            Technology::Dynamodb => dynamo(draft, &role),
        };
        for name in &plan.datasets {
            let dataset = dataset(draft, name, plan.demand.immutable && plan.datasets.len() == 1);
            store.data.insert(name.clone(), dataset);
        }
        store.recovery = Some(recovery(draft, &plan, &store));
        bound(&mut store, 1_024);
        draft.components.insert(plan.component.clone(), store);
    }
}

fn relational(draft: &mut Draft<'_>, plan: &StorePlan, role: &str) -> Component {
    let mut store = component(Kind::Store, role, "postgresql", Some("18"));
    let servers = draft.book.instance(&plan.sized.instance).vcpu;
    let read = service_time(draft, "postgres.pk_read");
    let range = service_time(draft, "postgres.range_read");
    let mut write = service_time(draft, "postgres.insert_commit");
    write.io = Some(commit(draft, &plan.component));
    let statement = ServiceTime { io: None, ..write.clone() };
    let times = vec![
        ("read", read),
        ("range", range.clone()),
        ("scan", range),
        (STATEMENT, statement),
        ("write", write),
    ];
    store.station = Some(station(servers, times, None));
    store.runs.instance = Some(plan.sized.instance.clone());
    store.runs.managed = plan.managed;
    store.runs.disk = Some(Disk {
        kind: "gp3".to_owned(),
        size: Bytes::new(plan.sized.disk_bytes),
        iops: plan.sized.disk_iops,
    });
    if plan.sized.shards > 1 {
        let by = ShardBy::Hash { logical: 1_024 };
        store.shards = Some(Shards { count: Some(plan.sized.shards), by });
    }
    let fact = if plan.managed { "failover.rds.multiaz" } else { "failover.patroni" };
    store.replication = Some(Replication {
        factor: postgres::COPIES,
        mode: ReplicationMode::PrimarySync,
        read_quorum: 1,
        write_quorum: postgres::COPIES,
        absent_read_quorum: None,
        zones: draft.place.zones.iter().take(postgres::COPIES as usize).cloned().collect(),
        failover: Some(failover(draft, fact)),
    });
    store
}

/// What a commit waits for: the standby's flush to its disk, which is of the same kind as the
/// primary's, and the way there and back. The primary flushes meanwhile.
fn commit(draft: &mut Draft<'_>, name: &str) -> Duration {
    let flush = draft.book.fact("ebs.gp3.w");
    let round_trip = draft.book.fact("net.cross_az.rtt");
    let id = format!("commit.{name}");
    let label = format!("{name}: wait of a commit for the flush of the synchronous copy");
    let seconds = draft.book.derive(&id, &label, Unit::Seconds, &format!("{flush} + {round_trip}"));
    Duration::from_micros((seconds * 1e6).round() as u64)
}

fn wide(draft: &mut Draft<'_>, plan: &StorePlan, role: &str) -> Component {
    let mut store = component(Kind::Store, role, "cassandra", Some("5.0"));
    let servers = draft.book.instance(&plan.sized.instance).vcpu;
    let read = service_time(draft, "cassandra.read.one");
    let write = service_time(draft, "cassandra.write.quorum");
    let times =
        vec![("read", read.clone()), ("range", read.clone()), ("scan", read), ("write", write)];
    store.station = Some(station(servers, times, None));
    store.runs.instance = Some(plan.sized.instance.clone());
    store.runs.per_zone = Some(plan.sized.instances / draft.zones().max(1));
    store.shards = Some(Shards { count: None, by: ShardBy::Ring { virtual_nodes: 16 } });
    let read_quorum = cassandra::read_quorum(&plan.demand);
    let majority = cassandra::COPIES / 2 + 1;
    store.replication = Some(Replication {
        factor: cassandra::COPIES,
        mode: ReplicationMode::Quorum,
        read_quorum,
        write_quorum: majority,
        absent_read_quorum: (plan.demand.immutable && read_quorum < majority).then_some(majority),
        zones: Vec::new(),
        failover: Some(failover(draft, "failover.cassandra")),
    });
    store
}

fn dynamo(draft: &mut Draft<'_>, role: &str) -> Component {
    let mut store = component(Kind::Store, role, "dynamodb", None);
    store.runs.managed = true;
    let read = service_time(draft, "dynamodb.get");
    let write = service_time(draft, "dynamodb.put");
    let times = vec![("read", read.clone()), ("range", read), ("write", write)];
    store.station = Some(station(0, times, None));
    store
}

/// Returns the data model of a dataset.
pub(super) fn dataset(draft: &Draft<'_>, name: &str, immutable: bool) -> Dataset {
    let source = draft.dataset(name);
    let columns = source.columns.iter().map(|c| (c.name.clone(), c.kind.clone())).collect();
    let mut key = source.key.clone();
    if source.partition_columns < key.len() {
        key.insert(source.partition_columns, "|".to_owned());
    }
    let retention = source
        .retention
        .as_ref()
        .map(|id| Duration::from_secs(draft.book.value(id).round() as u64));
    Dataset {
        key,
        columns,
        bytes: Formula::new(source.item_bytes.clone()),
        stored: Formula::new(format!("{} * load_factor", source.storage_1y)),
        retention,
        indexes: Vec::new(),
        unique: source.unique.iter().filter(|u| u.len() == 1).map(|u| u[0].clone()).collect(),
        immutable,
        consistency: source.consistency,
        exact: source.critical,
    }
}

/// Returns what may be lost and how long it takes to be back.
fn recovery(draft: &Draft<'_>, plan: &StorePlan, store: &Component) -> Recovery {
    let tightest = |get: &dyn Fn(&tenfold_estimate::Dataset) -> String| {
        plan.datasets
            .iter()
            .map(|name| draft.book.value(&get(draft.dataset(name))))
            .fold(f64::INFINITY, f64::min)
    };
    let span = |seconds: f64| Duration::from_secs_f64(seconds.clamp(0.0, 1e9));
    let failover = store.replication.as_ref().and_then(|r| r.failover.as_ref());
    let sync = store
        .replication
        .as_ref()
        .is_none_or(|r| r.mode != ReplicationMode::PrimaryAsync && r.write_quorum > 1);
    let promised = span(tightest(&|d| d.durability.rpo.clone()));
    Recovery {
        point: if sync { Duration::ZERO } else { promised },
        time: failover.map_or(Duration::from_secs(1), |failover| failover.after),
        backup_every: Some(Duration::from_secs(86_400)),
        backup_keep: Some(Duration::from_secs(30 * 86_400)),
    }
}

/// Topics and their consumers.
pub(super) fn logs(draft: &mut Draft<'_>) {
    for plan in draft.logs.clone() {
        let source = draft.dataset(&plan.dataset);
        let item = source.item_bytes.clone();
        let key = source.key.first().cloned().unwrap_or_default();
        let retention = source.retention.as_ref().map_or(Duration::from_secs(3 * 86_400), |id| {
            Duration::from_secs(draft.book.value(id).round() as u64)
        });
        if let Some(sized) = &plan.kafka {
            let role = format!("{} in order of arrival", plural(&plan.dataset));
            let mut topic = component(Kind::Topic, &role, "kafka", Some("4.0"));
            topic.runs.instance = Some(sized.instance.clone());
            topic.runs.per_zone = Some(sized.instances / draft.zones().max(1));
            let size = Bytes::new(sized.disk_bytes);
            let iops = sized.disk_iops;
            topic.runs.disk = Some(Disk { kind: "gp3".to_owned(), size, iops });
            topic.replication = Some(Replication {
                factor: kafka::COPIES,
                mode: ReplicationMode::PrimarySync,
                read_quorum: 1,
                write_quorum: 2,
                absent_read_quorum: None,
                zones: Vec::new(),
                failover: Some(failover(draft, "failover.kafka.unclean")),
            });
            let waits = [1, 30, 300].map(|s| duration::format(Duration::from_secs(s)));
            topic.topic = Some(Topic {
                partitions: plan.partitions,
                min_insync_replicas: 2,
                retention,
                key,
                record: Formula::new(item),
                retry: waits.to_vec(),
                dead_letter: true,
            });
            topic.recovery = Some(Recovery {
                point: Duration::ZERO,
                time: topic
                    .replication
                    .as_ref()
                    .and_then(|r| r.failover.as_ref())
                    .map_or(Duration::from_secs(10), |failover| failover.after),
                backup_every: None,
                backup_keep: None,
            });
            let time = service_time(draft, "kafka.produce.16k");
            let servers = draft.book.instance(&sized.instance).vcpu;
            topic.station = Some(station(servers, vec![("any", time)], None));
            bound(&mut topic, 1_024);
            draft.components.insert(plan.component.clone(), topic);
        } else {
            let table = dataset(draft, &plan.dataset, false);
            if let Some(store) = draft.components.get_mut(&plan.component) {
                store.data.insert(plan.dataset.clone(), table);
            }
        }
    }
    consumers(draft);
}

/// A fleet of consumers for each topic, with room to catch up; a table as queue is worked off in the
/// background of the service.
fn consumers(draft: &mut Draft<'_>) {
    for plan in draft.logs.clone() {
        if plan.kafka.is_none() {
            continue;
        }
        let zones = draft.zones();
        let name = format!("{}-worker", plan.dataset.replace('_', "-"));
        let cores = format!("topic.{}.consumers", plan.dataset);
        // The target utilization is for those who wait; a backlog may use the whole machine.
        let target = draft.book.fact("sizing.cpu_target");
        let cores = format!("{cores} * {target}");
        let fleet = crate::sizing::service::fleet(&mut draft.book, &name, "c7g", &cores, zones);
        let id = format!("topic.{}.record_time", plan.dataset);
        let mean = draft.book.value(&id);
        let time = ServiceTime {
            mean: Duration::from_nanos((mean * 500.0 * 1e9) as u64),
            low: None,
            high: None,
            cv: 1.0,
            io: None,
            from: format!("{id}: a batch of 500 records"),
        };
        let servers = draft.book.instance(&fleet.instance).vcpu;
        let mut worker = component(Kind::Consumer, "", &name, None);
        worker.role = format!("works off {}", plural(&plan.dataset));
        worker.runs.instance = Some(fleet.instance.clone());
        worker.runs.per_zone = Some(fleet.per_zone);
        let mut made = station(servers, vec![("any", time)], None);
        made.batch = Some(crate::types::Batch { size: 500, wait: Duration::from_millis(100) });
        worker.station = Some(made);
        bound(&mut worker, 1_024);
        worker.health = Some(health());
        draft.fleets.insert(name.clone(), fleet);
        draft.components.insert(name, worker);
    }
}
