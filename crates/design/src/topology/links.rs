//! The arrows: time-outs inside the objective, retries at one layer, pools by Little's law.

use core::time::Duration;
use std::collections::BTreeMap;

use tenfold_patterns::{
    CircuitBreakerOptions, CircuitBreakerWindow, Jitter, RetryBudgetOptions, RetryOptions,
    TokenBucketOptions,
};

use crate::draft::Draft;
use crate::types::{Action, Balance, Buffer, Component, Kind, Link, LinkId, Retry, Step, WhenFull};

/// A latency that nobody promised is bounded by this.
const UNPROMISED: f64 = 1.0;

/// One call that a flow makes: who asks whom, and what for.
#[derive(Clone, Debug)]
struct Call {
    from: String,
    to: String,
    /// The latency that the operation promises, seconds.
    promised: f64,
    /// Share of the operation's time that this call may take, 0 to 1.
    share: f64,
    /// Components that wait already: each leaves a tenth of its time to the next.
    depth: u32,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Visit,
    Lookup,
    Read { behind_cache: bool },
    Write,
    Emit { awaited: bool },
}

/// Makes a link for every pair that a flow joins.
pub(super) fn all(draft: &mut Draft<'_>) {
    let mut calls: BTreeMap<LinkId, Vec<Call>> = BTreeMap::new();
    let mut order = Vec::new();
    for (operation, flow) in &draft.flows {
        let promised = promised(draft, operation);
        let mut of_flow = calls_of(flow, promised);
        divide(draft, &mut of_flow);
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

fn calls_of(flow: &[Step], promised: f64) -> Vec<Call> {
    let mut calls = Vec::new();
    let mut caller = String::new();
    walk(flow, &mut caller, promised, false, &mut calls);
    let mut depth = 0;
    for call in &mut calls {
        call.depth = depth;
        depth += u32::from(call.what == What::Visit);
    }
    calls
}

/// Divides the time of an operation over the calls that wait for one another: half of it evenly, half
/// by how long the stores take.
fn divide(draft: &Draft<'_>, calls: &mut [Call]) {
    let waits = |call: &Call| matches!(call.what, What::Read { .. } | What::Write);
    let takes = |call: &Call| service(&draft.components[&call.to], call.what);
    let stored: Vec<&Call> = calls.iter().filter(|call| waits(call)).collect();
    let (count, sum) = (stored.len() as f64, stored.iter().map(|call| takes(call)).sum::<f64>());
    let share = |call: &Call| match (count > 0.0, sum > 0.0) {
        (false, _) => 1.0,
        (true, true) if waits(call) => 0.5 / count + 0.5 * takes(call) / sum,
        (true, _) => 1.0 / count,
    };
    let own: Vec<f64> = calls.iter().map(share).collect();
    // A link has one time-out: its calls in a flow get the same, and in sum what they had.
    let shares: Vec<f64> = calls
        .iter()
        .map(|call| {
            let alike = calls.iter().zip(&own).filter(|(other, _)| {
                waits(other) == waits(call) && (&other.from, &other.to) == (&call.from, &call.to)
            });
            let (number, total) = alike.fold((0.0, 0.0), |(n, sum), (_, own)| (n + 1.0, sum + own));
            total / f64::max(number, 1.0)
        })
        .collect();
    for (call, share) in calls.iter_mut().zip(shares) {
        call.share = share;
    }
}

/// Mean time that the callee takes for a call, with its wait for disks and copies, s.
fn service(callee: &Component, what: What) -> f64 {
    let Some(station) = &callee.station else { return 0.0 };
    let class = if what == What::Write { "write" } else { "read" };
    let times = &station.service_time;
    let time = times.get(class).or_else(|| times.get("any"));
    time.map_or(0.0, |time| (time.mean + time.io.unwrap_or_default()).as_secs_f64())
}

fn walk(steps: &[Step], caller: &mut String, promised: f64, missed: bool, calls: &mut Vec<Call>) {
    let mut call = |caller: &str, to: &str, what: What| {
        if !caller.is_empty() {
            let (from, to) = (caller.to_owned(), to.to_owned());
            calls.push(Call { from, to, promised, share: 1.0, depth: 0, what });
        }
    };
    for step in steps {
        match step {
            Step::Visit(component) => {
                call(caller, component, What::Visit);
                caller.clone_from(component);
            }
            Step::Action(Action::Consume(source)) => caller.clone_from(&source.at),
            Step::Action(Action::Lookup(lookup)) => {
                call(caller, &lookup.cache, What::Lookup);
                walk(&lookup.on_miss, caller, promised, true, calls);
                return walk_rest(steps, step, caller, promised, missed, calls);
            }
            Step::Action(Action::Read(access)) => {
                call(caller, &access.at, What::Read { behind_cache: missed });
            }
            Step::Action(Action::Write(access)) => call(caller, &access.at, What::Write),
            Step::Action(Action::Fill(target) | Action::Invalidate(target)) => {
                call(caller, &target.at, What::Lookup);
            }
            Step::Action(Action::Emit(emit)) => {
                call(caller, &emit.to, What::Emit { awaited: emit.awaited });
            }
            Step::Action(Action::Parallel(branches)) => {
                for branch in branches {
                    walk(branch, &mut caller.clone(), promised, missed, calls);
                }
                return walk_rest(steps, step, caller, promised, missed, calls);
            }
            Step::Action(Action::Sometimes(some)) => {
                walk(&some.steps, &mut caller.clone(), promised, missed, calls);
                return walk_rest(steps, step, caller, promised, missed, calls);
            }
            Step::Action(Action::Repeat(repeat)) => {
                walk(&repeat.steps, &mut caller.clone(), promised, missed, calls);
                return walk_rest(steps, step, caller, promised, missed, calls);
            }
        }
    }
}

/// Goes on after `step`.
fn walk_rest(
    steps: &[Step],
    step: &Step,
    caller: &mut String,
    promised: f64,
    missed: bool,
    calls: &mut Vec<Call>,
) {
    let at = steps.iter().position(|s| core::ptr::eq(s, step)).expect("the step is of this list");
    walk(&steps[at + 1..], caller, promised, missed, calls);
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
    let (timeout, attempts) =
        if job { (Duration::from_secs(1), 5) } else { (span(share * 0.38), 2) };
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
        retry: Some(Retry { options, budget: Some(budget), idempotent_by }),
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
    calls_of(flow, UNPROMISED).iter().any(|call| call.from == from && call.to == to)
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
