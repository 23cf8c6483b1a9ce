//! Section 4: each component with its technology, data, bounds and options.

use core::time::Duration;

use tenfold_architect::Plan;
use tenfold_design::{Component, Link};
use tenfold_units::duration;

use super::pictures;
use super::working::working;
use crate::document::{Document, code, plain};

pub(super) fn write(plan: &Plan, document: &mut Document<'_>) {
    for (name, component) in &plan.design.components {
        document.heading(3, &plain(name));
        if !component.role.is_empty() {
            document.paragraph(plain(&component.role));
        }
        properties(plan, component, document);
        sizing(plan, name, document);
        data(component, document);
        links(plan, name, document);
    }
}

fn properties(plan: &Plan, component: &Component, document: &mut Document<'_>) {
    let mut rows: Vec<(&str, String)> = Vec::new();
    let runs = &component.runs;
    let version = runs.version.as_deref().unwrap_or_default();
    rows.push(("runs", plain(format!("{} {version}", runs.technology).trim())));
    rows.push(("instances", pictures::count(plan, component)));
    if let Some(disk) = &runs.disk {
        let size = tenfold_units::Unit::Bytes.print(disk.size.as_f64());
        rows.push(("disk", format!("{} {size}, {} IOPS", plain(&disk.kind), disk.iops)));
    }
    placement(component, &mut rows);
    service(component, &mut rows);
    options(component, &mut rows);
    let rows = rows.into_iter().map(|(key, value)| vec![key.to_owned(), value]).collect();
    document.table(&["Property", "Value"], rows);
}

fn placement(component: &Component, rows: &mut Vec<(&'static str, String)>) {
    if let Some(shards) = &component.shards {
        let count = shards.count.map_or_else(|| "each instance".to_owned(), |n| n.to_string());
        let by = serde_json::to_string(&shards.by).unwrap_or_default();
        rows.push(("sharding", format!("{count}, by {}", code(&by))));
    }
    if let Some(replication) = &component.replication {
        let failover = replication.failover.as_ref().map_or_else(String::new, |failover| {
            format!(", failover after {} ({})", span(failover.after), plain(&failover.from))
        });
        rows.push((
            "replication",
            format!(
                "{} copies; a read asks {}, a write waits for {}{failover}",
                replication.factor, replication.read_quorum, replication.write_quorum
            ),
        ));
    }
    if let Some(recovery) = &component.recovery {
        let backup = recovery.backup_every.map_or_else(String::new, |every| {
            let keep = recovery
                .backup_keep
                .map_or_else(String::new, |keep| format!(", kept {}", span(keep)));
            format!("; backup every {}{keep}", span(every))
        });
        rows.push((
            "recovery",
            format!("RPO {}, RTO {}{backup}", span(recovery.point), span(recovery.time)),
        ));
    }
}

fn service(component: &Component, rows: &mut Vec<(&'static str, String)>) {
    if let Some(station) = &component.station {
        rows.push(("servers of an instance", station.servers.to_string()));
        for (class, time) in &station.service_time {
            let range = match (time.low, time.high) {
                (Some(low), Some(high)) => format!(" ({} to {})", span(low), span(high)),
                _ => String::new(),
            };
            let io = time.io.map_or_else(String::new, |io| format!(", and {} of I/O", span(io)));
            rows.push((
                "service time",
                format!(
                    "{}: mean {}{range}{io}; {}",
                    plain(class),
                    span(time.mean),
                    plain(&time.from)
                ),
            ));
        }
        if let Some(queue) = &station.queue {
            let wait = queue
                .wait
                .map_or_else(String::new, |wait| format!(", at most {} of waiting", span(wait)));
            let shed = format!("{:?}", queue.shed).to_lowercase();
            rows.push(("queue", format!("{} places{wait}; the {shed} is shed", queue.length)));
        }
        if let Some(batch) = &station.batch {
            rows.push(("batch", format!("{} records or {}", batch.size, span(batch.wait))));
        }
    }
    if let Some(health) = &component.health {
        rows.push((
            "health",
            format!(
                "liveness {}, readiness {} every {}, out after {} failures",
                code(&health.liveness),
                code(&health.readiness),
                span(health.every),
                health.fail_after
            ),
        ));
    }
    if let Some(scale) = &component.autoscale {
        rows.push((
            "autoscaling",
            format!(
                "{} to {} per zone at {} utilization, {} more in a rollout",
                scale.per_zone_min,
                scale.per_zone_max,
                tenfold_units::Unit::Ratio.print(scale.utilization_target),
                scale.surge
            ),
        ));
    }
}

fn options(component: &Component, rows: &mut Vec<(&'static str, String)>) {
    let bytes = |value: f64| tenfold_units::Unit::Bytes.print(value);
    if let Some(cache) = &component.cache {
        let options = &cache.options;
        let ttl = options.ttl.map_or_else(String::new, |ttl| {
            let jitter = tenfold_units::Unit::Ratio.print(options.ttl_jitter);
            format!("; TTL {} with {jitter} jitter", span(ttl))
        });
        let negative = options
            .negative_ttl
            .map_or_else(String::new, |ttl| format!("; \"not there\" is kept {}", span(ttl)));
        rows.push((
            "cache",
            format!(
                "{} of {}, entries of {}, {:?}{ttl}{negative}; invalidation {:?}, at most {} stale",
                bytes(options.capacity as f64),
                plain(&cache.of),
                bytes(cache.entry.as_f64()),
                options.policy,
                cache.invalidation,
                span(cache.staleness)
            ),
        ));
    }
    if let Some(topic) = &component.topic {
        let dead = if topic.dead_letter { ", then a dead-letter topic" } else { "" };
        rows.push((
            "topic",
            format!(
                "{} partitions by {}, {} in-sync replicas, kept {}; retries after {}{dead}",
                topic.partitions,
                code(&topic.key),
                topic.min_insync_replicas,
                span(topic.retention),
                plain(&topic.retry.join(", "))
            ),
        ));
    }
    if let Some(ids) = &component.ids {
        let block = ids.block.map_or_else(String::new, |n| format!(", leased in blocks of {n}"));
        let permuted = if ids.permuted { ", through a keyed permutation" } else { "" };
        let apart = if ids.aliases_apart { "; chosen names live in a space apart" } else { "" };
        rows.push((
            "ids",
            format!(
                "{:?}, {} characters of an alphabet of {}{block}{permuted}{apart}",
                ids.scheme, ids.length, ids.alphabet
            ),
        ));
    }
    if let Some(connections) = &component.connections {
        rows.push((
            "connections",
            format!(
                "at most {} an instance, {} each",
                connections.limit,
                bytes(connections.memory.as_f64())
            ),
        ));
    }
}

/// The figures that the sizes of this component rest on.
fn sizing(plan: &Plan, name: &str, document: &mut Document<'_>) {
    let prefix = format!("size.{name}.");
    let rows: Vec<Vec<String>> = plan
        .ledger
        .iter()
        .filter(|(id, _)| id.starts_with(&prefix))
        .map(|(id, figure)| {
            vec![
                plain(&figure.label),
                figure.print(),
                document.range(id),
                working(&plan.ledger, id),
            ]
        })
        .collect();
    document.table(&["Size", "#Value", "#Likely range", "Working"], rows);
}

fn data(component: &Component, document: &mut Document<'_>) {
    let rows = component.data.iter().map(|(name, dataset)| {
        let columns: Vec<String> =
            dataset.columns.iter().map(|(column, kind)| format!("{column} {kind}")).collect();
        let retention = dataset.retention.map_or_else(|| "for ever".to_owned(), span);
        let mut rules = Vec::new();
        if !dataset.unique.is_empty() {
            rules.push(format!("unique: {}", dataset.unique.join(", ")));
        }
        if !dataset.indexes.is_empty() {
            rules.push(format!("indexes: {}", dataset.indexes.join(", ")));
        }
        vec![
            plain(name),
            code(&format!("({})", dataset.key.join(", "))),
            code(&columns.join(", ")),
            retention,
            plain(&rules.join("; ")),
        ]
    });
    let rows = rows.collect();
    document.table(&["Dataset", "Key", "Columns", "Kept", "Rules"], rows);
}

fn links(plan: &Plan, name: &str, document: &mut Document<'_>) {
    let rows: Vec<Vec<String>> = plan
        .design
        .links
        .iter()
        .filter(|(id, _)| id.from == name)
        .map(|(id, link)| vec![plain(&id.to), link_words(link)])
        .collect();
    document.table(&["Asks", "How"], rows);
}

fn link_words(link: &Link) -> String {
    let mut words = Vec::new();
    if let Some(timeout) = link.timeout {
        words.push(format!("time-out {}", span(timeout)));
    }
    if let Some(retry) = &link.retry {
        let options = &retry.options;
        let budget = retry.budget.map_or_else(
            || "without a budget".to_owned(),
            |budget| {
                format!("budget {}", plain(&serde_json::to_string(&budget).unwrap_or_default()))
            },
        );
        words.push(format!(
            "{} attempts, jitter {:?} from {} up to {}, {budget}",
            options.max_attempts,
            options.jitter,
            span(options.base),
            span(options.cap)
        ));
    }
    if let Some(breaker) = &link.breaker {
        let ratio = breaker.failure_ratio.map_or_else(String::new, |ratio| {
            format!(" at {} failures", tenfold_units::Unit::Ratio.print(ratio))
        });
        words.push(format!(
            "breaker opens{ratio} over {:?}, for {}, {} probes",
            breaker.window,
            span(breaker.open_wait),
            breaker.half_open_calls
        ));
    }
    if let Some(balance) = link.balance {
        words.push(format!("balance {balance:?}"));
    }
    if let Some(pool) = link.pool {
        words.push(format!("pool of {pool}"));
    }
    if let Some(buffer) = &link.buffer {
        words.push(format!(
            "buffer of {} records, sent after {} at the latest, when full {:?}",
            buffer.records,
            span(buffer.linger),
            buffer.when_full
        ));
    }
    if link.single_flight {
        words.push("single flight".to_owned());
    }
    if link.optional {
        words.push("goes on without it".to_owned());
    }
    words.join("; ")
}

fn span(span: Duration) -> String {
    duration::format(span)
}
