//! The arrows: time-outs inside the objective, retries at one layer, pools by Little's law.

mod calls;

use core::time::Duration;
use std::collections::BTreeMap;

use tenfold_patterns::{
    CircuitBreakerOptions, CircuitBreakerWindow, Jitter, RetryBudgetOptions, RetryOptions,
    TokenBucketOptions,
};

use self::calls::{Call, What, service};
use crate::draft::Draft;
use crate::types::{Balance, Buffer, Component, Kind, Link, LinkId, Retry, Step, WhenFull};

/// A latency that nobody promised is bounded by this.
const UNPROMISED: f64 = 1.0;

/// Makes a link for every pair that a flow joins.
pub(super) fn all(draft: &mut Draft<'_>) {
    let mut calls: BTreeMap<LinkId, Vec<Call>> = BTreeMap::new();
    let mut order = Vec::new();
    for (operation, flow) in &draft.flows {
        let promised = promised(draft, operation);
        let mut of_flow = calls::of(flow, promised);
        calls::divide(draft, &mut of_flow);
        for call in of_flow {
            let id = LinkId::new(&call.from, &call.to);
            if id.from == id.to {
                continue;
            }
            if !calls.contains_key(&id) {
                order.push(id.clone());
            }
            calls.entry(id).or_default().push(call);
        }
    }
    for id in order {
        let link = link(draft, &id, &calls[&id]);
        draft.links.insert(id, link);
    }
}

/// Returns the time after which nobody waits for an operation: its tightest promise.
fn promised(draft: &Draft<'_>, operation: &str) -> f64 {
    draft
        .estimate
        .objectives
        .iter()
        .filter(|o| o.operation.as_deref().is_none_or(|name| name == operation))
        .filter_map(|o| Some(draft.book.value(&o.limit) * o.sli.patience()?))
        .min_by(f64::total_cmp)
        .unwrap_or(UNPROMISED)
}

/// Whole milliseconds, at least one.
fn span(seconds: f64) -> Duration {
    Duration::from_millis((seconds * 1_000.0).floor().max(1.0) as u64)
}

fn link(draft: &Draft<'_>, id: &LinkId, calls: &[Call]) -> Link {
    let promises = || calls.iter().map(|call| call.promised);
    let promised = promises().fold(f64::INFINITY, f64::min);
    let callee = &draft.components[&id.to];
    let source = draft.components.get(&id.from);
    let depth = calls.iter().map(|call| call.depth).max().unwrap_or(0);
    let left = (0..depth.max(1)).fold(1.0, |left, _| left * 0.9);
    let shares = calls.iter().map(|call| call.promised * call.share);
    // Large objects are written slower than others are read, and each route cuts what it waits for to
    // its own promise.
    let share = if callee.kind == Kind::ObjectStore {
        shares.fold(0.0, f64::max)
    } else {
        shares.fold(f64::INFINITY, f64::min)
    };
    let share = share * left;
    if source.is_some_and(|c| matches!(c.kind, Kind::Topic)) {
        return Link::default();
    }
    match calls[0].what {
        What::Visit if source.is_some_and(|c| c.kind == Kind::Store) => Link::default(),
        // One time-out serves all routes: the slowest one has to fit. What a route waits for below
        // is cut to its own promise.
        What::Visit => Link {
            balance: Some(Balance::P2c),
            timeout: Some(span(
                promises().fold(0.0, f64::max) * left * if depth == 0 { 1.0 } else { 0.9 },
            )),
            ..Link::default()
        },
        // The answer of somebody else may stay away: who asked goes on without it.
        What::Call => {
            let shares = calls.iter().map(|call| call.promised * call.share);
            let stranger = callee.kind == Kind::External;
            Link {
                balance: Some(Balance::P2c),
                timeout: Some(span(shares.fold(0.0, f64::max) * left)),
                breaker: stranger.then(breaker),
                optional: stranger,
                ..Link::default()
            }
        }
        What::Lookup => Link {
            balance: Some(Balance::Owner),
            timeout: Some(span((promised * left * 0.055).min(share / 4.0))),
            pool: source.and_then(|caller| in_flight(draft, caller, callee, What::Lookup)),
            breaker: Some(breaker()),
            optional: true,
            ..Link::default()
        },
        // Who answers only when the log has it waits for it, and sends it again.
        What::Emit { awaited: false } if callee.kind == Kind::Topic => Link {
            buffer: Some(Buffer {
                records: 100_000,
                linger: Duration::from_millis(5),
                when_full: WhenFull::DropAndCount,
            }),
            optional: true,
            ..Link::default()
        },
        What::Emit { .. } | What::Read { .. } | What::Write => {
            store_link(draft, id, callee, calls, share)
        }
    }
}

fn breaker() -> CircuitBreakerOptions {
    CircuitBreakerOptions {
        window: CircuitBreakerWindow::Calls(100),
        minimum_calls: 100,
        failure_ratio: Some(0.5),
        slow: None,
        consecutive_failures: None,
        open_wait: Duration::from_secs(5),
        open_growth: 1.0,
        open_wait_max: None,
        open_jitter: 0.1,
        half_open_calls: 10,
        half_open_max: Some(Duration::from_secs(5)),
    }
}

/// Mean times of the callee after which a time-out may come: of exponential times one in a hundred is
/// longer, which a retry budget of a tenth bears.
const PATIENT: f64 = 4.6;

/// A service asks its store at most twice: two time-outs and a wait fit its share of the promise.
fn store_link(
    draft: &Draft<'_>,
    id: &LinkId,
    callee: &Component,
    calls: &[Call],
    share: f64,
) -> Link {
    let job = draft.components.get(&id.from).is_some_and(|c| c.kind == Kind::Consumer);
    let behind = calls.iter().any(|call| call.what == What::Read { behind_cache: true });
    let writes = calls.iter().any(|call| matches!(call.what, What::Write | What::Emit { .. }));
    let usual = calls.iter().map(|call| service(callee, call.what)).fold(0.0, f64::max);
    let (timeout, attempts) = if job {
        (Duration::from_secs(1), 5)
    } else if share * 0.38 < PATIENT * usual {
        // Two attempts would both be cut short: one that is waited for answers more often.
        (span(share * 0.95), 1)
    } else {
        (span(share * 0.38), 2)
    };
    let base = if job { Duration::from_millis(100) } else { span(share * 0.06) };
    let cap = if job { Duration::from_secs(5) } else { span(share * 0.12) };
    let options = RetryOptions {
        max_attempts: attempts,
        base,
        throttled_base: None,
        multiplier: 2.0,
        cap,
        jitter: Jitter::Full,
        total_time: None,
        push_back_slack: None,
    };
    let budget = RetryBudgetOptions::Ratio {
        retry_ratio: 0.1,
        ttl: Duration::from_secs(10),
        min_retries_per_second: 1,
    };
    let key = calls.iter().any(|call| matches!(call.what, What::Emit { .. }));
    let idempotent_by = writes.then(|| {
        if job {
            "partition, offset"
        } else if key {
            "event id"
        } else {
            "key"
        }
        .to_owned()
    });
    Link {
        balance: Some(Balance::Owner),
        timeout: Some(timeout),
        pool: pool(draft, id, callee, calls),
        retry: (attempts > 1).then_some(Retry { options, budget: Some(budget), idempotent_by }),
        single_flight: behind,
        // What grows with its load needs no protection from it.
        admission: (behind && callee.station.as_ref().is_some_and(|s| s.servers > 0))
            .then(|| admission(draft, id, callee)),
        ..Link::default()
    }
}

/// What one instance of the caller may have under way. To PostgreSQL, connections to each server: its
/// limit shared by all callers at their most. To others, which carry many calls on a connection, what
/// Little's law asks for.
fn pool(draft: &Draft<'_>, id: &LinkId, callee: &Component, calls: &[Call]) -> Option<u32> {
    let caller = draft.components.get(&id.from)?;
    if caller.runs.managed {
        // A provider's service has as many nodes, each with its own connections, as it needs.
        return None;
    }
    if callee.runs.technology != "postgresql" {
        let most = calls.iter().map(|call| in_flight(draft, caller, callee, call.what));
        return most.max().flatten();
    }
    let mut most = 0;
    for (name, caller) in &draft.components {
        let asks = draft.flows.values().any(|flow| flow_joins(flow, name, &id.to));
        if asks {
            let per_zone =
                caller.autoscale.as_ref().map_or(caller.runs.per_zone.unwrap_or(1), |autoscale| {
                    autoscale.per_zone_max + autoscale.surge
                });
            most += per_zone * draft.zones();
        }
    }
    Some((400 / most.max(1)).clamp(2, 32))
}

/// Calls under way when all servers of one caller instance work and each request makes one (Little
/// 1961), with room for three times the round trip and the mean time of the callee; at least 32.
fn in_flight(draft: &Draft<'_>, caller: &Component, callee: &Component, what: What) -> Option<u32> {
    let station = caller.station.as_ref()?;
    let own = station.service_time.values().map(|time| time.mean.as_secs_f64());
    let shortest = own.fold(f64::INFINITY, f64::min);
    let batch = station.batch.as_ref().map_or(1.0, |batch| f64::from(batch.size));
    let per_second = f64::from(station.servers) * batch / shortest.max(1e-6);
    let round_trip = draft.book.catalog.rtt_cross_zone().interval().mid;
    Some((per_second * 3.0 * (round_trip + service(callee, what))).ceil().clamp(32.0, 4096.0) as u32)
}

fn flow_joins(flow: &[Step], from: &str, to: &str) -> bool {
    calls::of(flow, UNPROMISED).iter().any(|call| call.from == from && call.to == to)
}

/// Share of what a store can do that may be asked of it behind a cold cache. Writes come on top, and
/// their time-outs are made for a store that is not near its end.
const ADMITTED: f64 = 0.7;

/// What one caller may ask of a store behind a cold cache: its share of what the store can do.
fn admission(draft: &Draft<'_>, id: &LinkId, callee: &Component) -> TokenBucketOptions {
    let zones = f64::from(draft.zones());
    let callers = draft
        .components
        .get(&id.from)
        .and_then(|caller| caller.runs.per_zone)
        .map_or(1.0, |per_zone| f64::from(per_zone) * zones);
    let capacity = callee.station.as_ref().map_or(1_000.0, |station| {
        let read = station.service_time.get("read").or(station.service_time.get("any"));
        let time = read.map_or(1e-3, |time| time.mean.as_secs_f64());
        let servers = match callee.runs.per_zone {
            Some(per_zone) => f64::from(per_zone) * zones * f64::from(station.servers),
            None => f64::from(station.servers),
        };
        let visits = callee.replication.as_ref().map_or(1, |r| r.read_quorum);
        let shards = callee.shards.as_ref().and_then(|s| s.count).unwrap_or(1);
        servers.max(1.0) * f64::from(shards) / time / f64::from(visits)
    });
    let rate = (capacity * ADMITTED / callers).floor().max(1.0) as u64;
    TokenBucketOptions::per_second(rate, (rate / 10).max(1))
}
