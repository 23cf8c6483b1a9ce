//! What the network costs: users, zones, balancers, logs.

use tenfold_estimate::OperationKind;
use tenfold_units::Unit;

use super::Sheet;
use crate::choices::front::HIT;
use crate::types::{Action, Component, Design, Kind, Operation, ReplicationMode, Step, is_write};

/// Adds all lines of the network.
pub(super) fn all(sheet: &mut Sheet<'_, '_>) {
    egress(sheet);
    cross_zone(sheet);
    replication(sheet);
    balancer(sheet);
    logs(sheet);
}

type Term<'a> = &'a dyn Fn(&Operation) -> String;

/// Returns the sum of `term` over the operations that enter at the gateway: of those that a CDN
/// answers, the misses.
fn over_requests(design: &Design, term: Term<'_>) -> String {
    let misses = |name: &str, own: String| {
        if cdn_of(design, name).is_some() { format!("{own} * (1 - {HIT})") } else { own }
    };
    sum(entering(design).map(|(name, o)| misses(name, term(o))))
}

/// Returns the sum of `term` over the operations whose answers leave from the region.
fn direct(design: &Design, term: Term<'_>) -> String {
    sum(entering(design).filter(|(name, _)| cdn_of(design, name).is_none()).map(|(_, o)| term(o)))
}

fn entering(design: &Design) -> impl Iterator<Item = (&String, &Operation)> {
    let inside = |o: &Operation| matches!(o.kind, OperationKind::Job | OperationKind::Stream);
    design.workload.iter().filter(move |(_, o)| !inside(o))
}

/// The CDN at which an operation begins.
fn cdn_of<'a>(design: &'a Design, operation: &str) -> Option<&'a str> {
    match design.flows.get(operation)?.first()? {
        Step::Visit(name) if design.components[name].kind == Kind::Cdn => Some(name),
        Step::Visit(_) | Step::Action(_) => None,
    }
}

fn sum(terms: impl Iterator<Item = String>) -> String {
    let terms: Vec<String> = terms.collect();
    if terms.is_empty() { "0".to_owned() } else { terms.join(" + ") }
}

/// Answers that a CDN gives: by the byte in steps, and by the request.
fn front(sheet: &mut Sheet<'_, '_>, name: &str) {
    let own = || {
        let entering = entering(sheet.design);
        entering.filter(|(operation, _)| cdn_of(sheet.design, operation) == Some(name))
    };
    let bytes = sum(own().map(|(_, o)| format!("({}) * ({})", o.rate.0, o.response.0)));
    let requests = sum(own().map(|(_, o)| format!("({})", o.rate.0)));
    let month = sheet.book.fact("secs.load_month");
    let id = format!("network.{name}.month");
    let label = "bytes from the CDN in a month";
    sheet.book.derive(&id, label, Unit::Bytes, &format!("{month} * ({bytes})"));
    let region = &sheet.design.place.region;
    let tiers = sheet.book.catalog.cdn_tiers("aws", region);
    let price = sheet.book.stepped(&tiers, &id);
    sheet.line(name, "cdn", "delivery at list price", &price);
    if let Some(request) = sheet.book.catalog.cdn_request_price(region) {
        let request = sheet.book.fact(&request.id);
        let formula = format!("{month} * ({requests}) * {request}");
        sheet.line(name, "requests", "requests at the CDN", &formula);
    }
}

/// Streams: a CDN's price by the byte, or boxes and people of our own.
pub(super) fn delivery(sheet: &mut Sheet<'_, '_>, name: &str, component: &Component) {
    let design = sheet.design;
    if entering(design).any(|(operation, _)| cdn_of(design, operation) == Some(name)) {
        front(sheet, name);
        return;
    }
    let streams = |field: &dyn Fn(&crate::types::Operation) -> String| {
        let terms: Vec<_> = sheet
            .design
            .workload
            .values()
            .filter(|o| o.kind == OperationKind::Stream)
            .map(|o| format!("{} * ({})", field(o), o.response.0))
            .collect();
        if terms.is_empty() { "0".to_owned() } else { terms.join(" + ") }
    };
    let (avg, peak) =
        (streams(&|o| format!("({})", o.rate.0)), streams(&|o| format!("({})", o.peak.0)));
    let month = sheet.book.fact("secs.load_month");
    if component.runs.technology == "own-edge" {
        let (each, rate) = (sheet.book.assume("edge.box"), sheet.book.assume("edge.box_rate"));
        let (team, limit) = (sheet.book.assume("edge.team"), sheet.book.assume("zone_loss.limit"));
        let formula = format!("ceil(ceil(8 * ({peak}) / {rate}) / {limit}) * {each}");
        sheet.line(name, "boxes", "edge boxes", &formula);
        sheet.line(name, "people", "people who run them", &team);
    } else {
        let committed = sheet.book.assume("cdn.committed");
        let formula = format!("{month} * ({avg}) / 1e9 * {committed}");
        sheet.line(name, "cdn", "delivery at a committed price", &formula);
    }
}

/// Answers to users, by the steps of the price list.
fn egress(sheet: &mut Sheet<'_, '_>) {
    let month = sheet.book.fact("secs.load_month");
    let direct = direct(sheet.design, &|o| format!("({}) * ({})", o.rate.0, o.response.0));
    let formula = format!("{month} * ({direct})");
    sheet.book.derive("network.egress_month", "bytes to users in a month", Unit::Bytes, &formula);
    let place = &sheet.design.place;
    let tiers = sheet.book.catalog.egress_tiers(&place.provider, &place.region);
    let price = sheet.book.stepped(&tiers, "network.egress_month");
    if price != "0" {
        sheet.line("network", "egress", "answers to users", &price);
    }
}

/// Returns the price of a GB that crosses a zone, both directions.
fn crossing(sheet: &mut Sheet<'_, '_>) -> Option<String> {
    let place = &sheet.design.place;
    let fact = sheet.book.catalog.inter_zone_price(&place.provider, &place.region)?.id.clone();
    let price = sheet.book.fact(&fact);
    let both = if place.provider == "aws" { "2 * " } else { "" };
    Some(format!("{both}{price} / 1e9"))
}

/// Calls between parts that do not stay in their zone.
fn cross_zone(sheet: &mut Sheet<'_, '_>) {
    let Some(price) = crossing(sheet) else { return };
    let zones = sheet.design.zones();
    if zones < 2 {
        return;
    }
    let mut terms = Vec::new();
    for (link, bytes) in &sheet.analysis.link_bytes {
        // Regional services have an end in every zone: the way to them is not billed.
        let regional = |name: &String| {
            let kind = sheet.design.components.get(name).map(|component| component.kind);
            matches!(kind, Some(Kind::ObjectStore | Kind::Cdn))
        };
        if regional(&link.to) || regional(&link.from) {
            continue;
        }
        let stated = sheet.design.links.get(link).and_then(|l| l.cross_zone_ratio);
        let ratio =
            stated.map_or_else(|| format!("{} / {zones}", zones - 1), |ratio| ratio.to_string());
        terms.push(format!("{bytes} * {ratio}"));
    }
    if terms.is_empty() {
        return;
    }
    let month = sheet.book.fact("secs.load_month");
    let formula = format!("{month} * {price} * ({})", terms.join(" + "));
    sheet.line("network", "cross-zone", "calls between zones", &formula);
}

/// Copies that are kept in other zones.
fn replication(sheet: &mut Sheet<'_, '_>) {
    let Some(price) = crossing(sheet) else { return };
    let mut terms = Vec::new();
    for (name, component) in &sheet.design.components {
        let Some(replication) = &component.replication else { continue };
        let managed = component.runs.managed;
        if replication.factor < 2 || managed {
            continue;
        }
        let copies = replication.factor - 1;
        let row = match (&component.topic, &component.cache, component.data.values().next()) {
            (Some(topic), _, _) => topic.record.0.clone(),
            (None, Some(cache), _) => cache.entry.as_f64().to_string(),
            (None, None, Some(data)) => data.bytes.0.clone(),
            (None, None, None) => continue,
        };
        for ((owner, class), rate) in &sheet.analysis.calls_avg {
            // A fill of a cache follows a miss and shares a class with look-ups: misses count.
            let written = if component.kind == Kind::Topic {
                class == "append"
            } else {
                component.kind != Kind::Cache && is_write(class)
            };
            if owner == name && written {
                let rows = rows(sheet.design, name, class);
                let row = if rows > 1.0 { format!("{row} * {rows}") } else { row.clone() };
                terms.push(format!("{rate} * ({row}) * {copies}"));
            }
        }
        debug_assert!(replication.mode != ReplicationMode::Quorum || copies > 0);
    }
    if terms.is_empty() {
        return;
    }
    let month = sheet.book.fact("secs.load_month");
    let formula = format!("{month} * {price} * ({})", terms.join(" + "));
    sheet.line("network", "replication", "copies in other zones", &formula);
}

/// The load balancer in front, by its busiest unit.
fn balancer(sheet: &mut Sheet<'_, '_>) {
    let Some((name, gateway)) =
        sheet.design.components.iter().find(|(_, c)| c.kind == Kind::Gateway)
    else {
        return;
    };
    let own = gateway.runs.instance.is_some();
    let connections = over_requests(sheet.design, &|o| {
        let ratio = o.new_connection_ratio.as_ref().map_or("0", |ratio| ratio.0.as_str());
        format!("({}) * ({ratio})", o.rate.0)
    });
    let out = over_requests(sheet.design, &|o| format!("({}) * ({})", o.rate.0, o.response.0));
    let facts = if own {
        ["aws.nlb.hour", "aws.nlb.lcu", "aws.nlb.lcu.new_flows", "aws.nlb.lcu.gb"]
    } else {
        ["aws.alb.hour", "aws.alb.lcu", "aws.alb.lcu.new_conn", "aws.alb.lcu.gb"]
    };
    let [hour, unit, new, bytes] = facts.map(|fact| sheet.book.fact(fact));
    let formula =
        format!("730 * ({hour} + {unit} * max(({connections}) / {new}, ({out}) / {bytes}))");
    sheet.line(&name.clone(), "load-balancer", "load balancer", &formula);
}

/// Logs of requests, kept for a month.
fn logs(sheet: &mut Sheet<'_, '_>) {
    let month = sheet.book.fact("secs.load_month");
    let ingest = sheet.book.fact("aws.cw.logs.ingest");
    let store = sheet.book.fact("aws.cw.logs.store");
    let each = sheet.book.assume("log.request_bytes");
    let rate = over_requests(sheet.design, &|o| format!("({})", o.rate.0));
    let formula = format!("{month} * ({rate}) * {each} / 1e9 * ({ingest} + {store})");
    sheet.line("network", "logs", "logs", &formula);
}

/// Rows that one write of a class brings a store.
fn rows(design: &Design, store: &str, class: &str) -> f64 {
    fn find(steps: &[Step], store: &str, class: &str) -> Option<f64> {
        steps.iter().find_map(|step| match step {
            Step::Action(Action::Write(access)) => {
                let same = access.at == store && access.class.as_deref() == Some(class);
                same.then_some(access.rows)
            }
            Step::Action(Action::Sometimes(some)) => find(&some.steps, store, class),
            Step::Visit(_) | Step::Action(_) => None,
        })
    }
    design.flows.values().find_map(|flow| find(flow, store, class)).unwrap_or(1.0)
}
