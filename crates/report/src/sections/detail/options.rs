//! The settings of a component or link, printed from their figures.

use serde::Serialize;
use tenfold_design::Component;
use tenfold_units::Ledger;

use crate::document::{Document, code, plain};
use crate::words;

/// The figures below one component or link of the design.
pub(super) struct Settings<'a> {
    ledger: &'a Ledger,
    base: String,
}

impl<'a> Settings<'a> {
    pub(super) fn of_component(document: &Document<'a>, name: &str) -> Self {
        Self { ledger: document.ledger, base: format!("design.components.{name}") }
    }

    pub(super) fn of_link(document: &Document<'a>, from: &str, to: &str) -> Self {
        Self { ledger: document.ledger, base: format!("design.links.{from}.{to}") }
    }

    /// Returns the printed figure of a setting that must stand.
    pub(super) fn get(&self, path: &str) -> String {
        words::print(self.ledger, &format!("{}.{path}", self.base))
    }

    /// Returns the printed figure of a setting that may be absent.
    pub(super) fn optional(&self, path: &str) -> Option<String> {
        let figure = self.ledger.get(&format!("{}.{path}", self.base))?;
        Some(figure.print())
    }

    /// Returns `wording` with `{}` replaced by the setting, or nothing where there is none.
    fn phrase(&self, path: &str, wording: &str) -> String {
        self.optional(path).map_or_else(String::new, |printed| wording.replace("{}", &printed))
    }

    /// Adds a row for each group of settings that the component has.
    pub(super) fn rows(&self, component: &Component, rows: &mut Vec<(&'static str, String)>) {
        if let Some(disk) = &component.runs.disk {
            let (size, iops) = (self.get("runs.disk.size"), self.get("runs.disk.iops"));
            rows.push(("disk", format!("{} {size}, {iops} IOPS", plain(&disk.kind))));
        }
        self.placement(component, rows);
        self.service(component, rows);
        self.running(component, rows);
        self.kind(component, rows);
    }

    fn placement(&self, component: &Component, rows: &mut Vec<(&'static str, String)>) {
        if component.shards.is_some() {
            let count = self.optional("shards.count").unwrap_or_else(|| "each instance".to_owned());
            let by = [
                ("shards.by.hash-slots.slots", "{} hash slots"),
                ("shards.by.ring.virtual_nodes", "a hash ring of {} points for each"),
            ];
            let by: String = by.iter().map(|(path, wording)| self.phrase(path, wording)).collect();
            let by = match (by.is_empty(), &component.shards) {
                (true, Some(shards)) => word(&shards.by),
                _ => by,
            };
            rows.push(("sharding", format!("{count}, by {by}")));
        }
        if let Some(replication) = &component.replication {
            let failover = replication.failover.as_ref().map_or_else(String::new, |failover| {
                let after = self.get("replication.failover.after");
                format!(", failover after {after} ({})", plain(&failover.from))
            });
            rows.push((
                "replication",
                format!(
                    "{} copies, {}; a read asks {}, a write waits for {}{failover}",
                    self.get("replication.factor"),
                    word(&replication.mode),
                    self.get("replication.read_quorum"),
                    self.get("replication.write_quorum")
                ),
            ));
        }
        if component.recovery.is_some() {
            let backup = self.phrase("recovery.backup_every", "; backup every {}");
            let keep = self.phrase("recovery.backup_keep", ", kept {}");
            let (point, time) = (self.get("recovery.point"), self.get("recovery.time"));
            rows.push(("recovery", format!("RPO {point}, RTO {time}{backup}{keep}")));
        }
    }

    fn service(&self, component: &Component, rows: &mut Vec<(&'static str, String)>) {
        let Some(station) = &component.station else { return };
        rows.push(("servers of an instance", self.get("station.servers")));
        for (class, time) in &station.service_time {
            let path = format!("station.service_time.{class}");
            let range = match (self.optional(&format!("{path}.low")), &time.high) {
                (Some(low), Some(_)) => {
                    format!(" ({low} to {})", self.get(&format!("{path}.high")))
                }
                _ => String::new(),
            };
            let io = self.phrase(&format!("{path}.io"), ", and {} of I/O");
            let mean = self.get(&format!("{path}.mean"));
            let what = if class == "any" { String::new() } else { format!("{}: ", plain(class)) };
            rows.push(("service time", format!("{what}{mean}{range}{io}; {}", plain(&time.from))));
        }
        if let Some(queue) = &station.queue {
            let wait = self.phrase("station.queue.wait", ", at most {} of waiting");
            let places = self.get("station.queue.length");
            rows.push(("queue", format!("{places} places{wait}; sheds the {}", word(&queue.shed))));
        }
        if station.batch.is_some() {
            let (size, wait) = (self.get("station.batch.size"), self.get("station.batch.wait"));
            rows.push(("batch", format!("{size} records or {wait}, whichever is first")));
        }
    }

    fn running(&self, component: &Component, rows: &mut Vec<(&'static str, String)>) {
        for (operation, limit) in &component.limits {
            let path = format!("limits.{operation}.token_bucket");
            rows.push((
                "rate limit",
                format!(
                    "{}: {} per {} and {}, bursts of {}",
                    plain(operation),
                    self.get(&format!("{path}.rate")),
                    self.get(&format!("{path}.per")),
                    code(&limit.key),
                    self.get(&format!("{path}.burst"))
                ),
            ));
        }
        if let Some(health) = &component.health {
            rows.push((
                "health",
                format!(
                    "liveness {}, readiness {} every {}, out after {} failures",
                    code(&health.liveness),
                    code(&health.readiness),
                    self.get("health.every"),
                    self.get("health.fail_after")
                ),
            ));
        }
        if component.autoscale.is_some() {
            rows.push((
                "autoscaling",
                format!(
                    "{} to {} per zone at {} utilization, {} more in a rollout",
                    self.get("autoscale.per_zone_min"),
                    self.get("autoscale.per_zone_max"),
                    self.get("autoscale.utilization_target"),
                    self.get("autoscale.surge")
                ),
            ));
        }
        if component.connections.is_some() {
            let (limit, memory) = (self.get("connections.limit"), self.get("connections.memory"));
            rows.push(("connections", format!("at most {limit} an instance, {memory} each")));
        }
    }

    fn kind(&self, component: &Component, rows: &mut Vec<(&'static str, String)>) {
        if let Some(cache) = &component.cache {
            let ttl = self.phrase("cache.options.ttl", "; TTL {}");
            let jitter = self.phrase("cache.options.ttl_jitter", " with {} jitter");
            let jitter = if ttl.is_empty() { String::new() } else { jitter };
            let negative = self.phrase("cache.options.negative_ttl", "; \"not there\" is kept {}");
            rows.push((
                "cache",
                format!(
                    "{} a shard of {}, entries of {}, {}{ttl}{jitter}{negative}; {}, at most {} \
                     stale",
                    self.get("cache.options.capacity"),
                    plain(&cache.of),
                    self.get("cache.entry"),
                    word(&cache.options.policy),
                    word(&cache.invalidation),
                    self.get("cache.staleness")
                ),
            ));
        }
        if let Some(topic) = &component.topic {
            let retries: Vec<String> =
                (0..topic.retry.len()).map(|n| self.get(&format!("topic.retry.{n}"))).collect();
            let dead = if topic.dead_letter { ", then a dead-letter topic" } else { "" };
            rows.push((
                "topic",
                format!(
                    "{} partitions by {}, {} in-sync replicas, kept {}; retries after {}{dead}",
                    self.get("topic.partitions"),
                    code(&topic.key),
                    self.get("topic.min_insync_replicas"),
                    self.get("topic.retention"),
                    retries.join(", ")
                ),
            ));
        }
        if let Some(ids) = &component.ids {
            let block = self.phrase("ids.block", ", leased in blocks of {}");
            let permuted = if ids.permuted { ", through a keyed permutation" } else { "" };
            let apart = if ids.aliases_apart { "; chosen names live in a space apart" } else { "" };
            rows.push((
                "ids",
                format!(
                    "{}, {} characters of an alphabet of {}{block}{permuted}{apart}",
                    word(&ids.scheme),
                    self.get("ids.length"),
                    self.get("ids.alphabet")
                ),
            ));
        }
    }

    /// What a crash loses of a buffer, and how long the buffer bridges a stop.
    pub(super) fn lost(&self) -> Option<(String, String)> {
        let link = self.base.strip_prefix("design.links.")?;
        let print = |kind: &str| {
            let figure = self.ledger.get(&format!("{kind}.{link}"))?;
            Some(figure.print())
        };
        Some((print("lost")?, print("bridged")?))
    }

    /// How many retries may be made beside first attempts.
    pub(super) fn retry_budget(&self, path: &str) -> String {
        let share =
            self.phrase(&format!("{path}.ratio.retry_ratio"), "retries at most {} of the calls");
        if share.is_empty() { "within its retry budget".to_owned() } else { share }
    }

    /// What a circuit breaker looks back on.
    pub(super) fn window(&self, path: &str) -> String {
        let calls = self.phrase(&format!("{path}.calls"), "the last {} calls");
        let time = self.phrase(&format!("{path}.time"), "the last {}");
        format!("{calls}{time}")
    }
}

/// Returns the name of a choice as people say it.
pub(super) fn word<T: Serialize>(value: &T) -> String {
    let value = serde_json::to_value(value).expect("a choice is plain data");
    let name = value.as_str().or_else(|| Some(value.as_object()?.keys().next()?.as_str()));
    let name = name.unwrap_or_default();
    let said = match name {
        "p2c" => "the less busy of two drawn at random",
        "owner" => "the owner of the key",
        "lru" => "LRU",
        "immutable" => "entries never change, a delete is sent to it",
        "delete-on-write" => "a write deletes the entry",
        "time-to-live" => "entries run out by their TTL",
        "primary-async" => "the primary does not wait for the others",
        "primary-sync" => "the primary waits for the others",
        "quorum" => "by quorum",
        "counter-range" => "a counter",
        "drop-and-count" => "dropped and counted",
        other => return plain(&other.replace(['-', '_'], " ")),
    };
    said.to_owned()
}
