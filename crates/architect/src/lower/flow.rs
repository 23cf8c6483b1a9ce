//! Flows of a design as operations of a model, and the calls that they make.

use indexmap::IndexMap;
use tenfold_design::{
    Access, Action, BATCH, CacheLevel, Component, Design, HANDSHAKE, Kind, ReplicationMode,
    STATEMENT, Step,
};
use tenfold_sim as sim;
use tenfold_units::Ledger;

use super::cell::Cell;
use super::evaluate;

/// Repeats are written out up to this many times; more are cut, and the plan says so.
pub(super) const REPEATS_MAX: f64 = 1_000.0;

/// Returns the operation of a flow, or `None` for one that nothing starts.
pub(super) fn operation(
    ways: &Ways<'_>,
    cell: &Cell,
    name: &str,
    steps: &[Step],
    rates: &IndexMap<String, f64>,
) -> Option<sim::Operation> {
    let design = ways.design;
    let (load, steps) = match super::consumes(steps) {
        Some(topic) => (sim::Load::Consume(consume(design, cell, topic, steps)), &steps[1..]),
        None => {
            let rate = rates.get(name)? / cell.cells;
            if rate <= 0.0 {
                return None;
            }
            (sim::Load::Open(sim::Poisson { rate }), steps)
        }
    };
    let mut flow = ways.convert(steps);
    if let sim::Load::Consume(consume) = &load {
        record_by_record(design, consume, &mut flow);
    }
    let keys = design.workload.get(name).and_then(|operation| operation.keys.clone());
    Some(sim::Operation {
        load,
        zones: IndexMap::new(),
        keys,
        limit: None,
        good_within: good_within(design, name),
        flow,
    })
}

/// The time after which nobody waits for the operation any more: later answers are not good.
pub(crate) fn good_within(design: &Design, name: &str) -> Option<core::time::Duration> {
    design
        .objectives
        .iter()
        .filter(|objective| crate::verdict::binds(design, objective, name))
        .filter_map(|objective| Some(objective.limit.value * objective.sli.patience()?))
        .min_by(f64::total_cmp)
        .map(core::time::Duration::from_secs_f64)
}

/// As many consumers as the topic has partitions in the cell; batches as the consumer says.
fn consume(design: &Design, cell: &Cell, topic: &str, steps: &[Step]) -> sim::Consume {
    let partitions = design.components[topic].topic.as_ref().map_or(1, |t| t.partitions);
    let consumers = (f64::from(partitions) / cell.cells).ceil().max(1.0) as u32;
    let batch = steps.iter().find_map(|step| match step {
        Step::Visit(name) => design.components[name.as_str()].station.as_ref()?.batch.clone(),
        Step::Action(_) => None,
    });
    sim::Consume {
        topic: topic.to_owned(),
        consumers,
        batch: batch.as_ref().map_or(1, |batch| batch.size.max(1)),
        wait: batch.map_or(core::time::Duration::ZERO, |batch| batch.wait),
    }
}

/// A worker takes a whole batch, and then does for each record what follows: no more records at a
/// time than half of its connections, since batches fall on instances by chance.
fn record_by_record(design: &Design, consume: &sim::Consume, flow: &mut [sim::Step]) {
    let Some(sim::Step::Call(worker)) = flow.first_mut() else { return };
    if consume.batch <= 1 || worker.steps.is_empty() {
        return;
    }
    let component = &design.components[worker.to.as_str()];
    let instances = design.instances(component).max(1);
    let pools = design.links.iter().filter(|(id, _)| id.from == worker.to);
    // Each shard has connections of its own.
    let shards = |store: &str| {
        let shards = design.components.get(store).and_then(|store| store.shards.as_ref());
        shards.and_then(|shards| shards.count).unwrap_or(1)
    };
    let pool = pools.filter_map(|(id, link)| Some(link.pool?.saturating_mul(shards(&id.to)))).min();
    let partitions = design.components[consume.topic.as_str()].topic.as_ref();
    let consumers = partitions.map_or(1, |topic| topic.partitions).max(1);
    let at_once = pool.map(|pool| (pool.saturating_mul(instances) / consumers / 2).max(1));
    let steps = core::mem::take(&mut worker.steps);
    worker.steps = vec![sim::Step::Each(sim::Each { steps, at_once })];
}

/// What flows are lowered with.
pub(super) struct Ways<'a> {
    pub(super) design: &'a Design,
    pub(super) ledger: &'a Ledger,
    pub(super) hit_ratio: &'a dyn Fn(&str) -> f64,
}

impl Ways<'_> {
    /// A visit holds everything that follows it: the callee waits for that before it answers.
    fn convert(&self, steps: &[Step]) -> Vec<sim::Step> {
        let mut out = Vec::new();
        for (index, step) in steps.iter().enumerate() {
            match step {
                Step::Visit(component) => {
                    let inner = self.convert(&steps[index + 1..]);
                    out.push(call(component, "any", inner));
                    return out;
                }
                Step::Action(action) => self.action(action, &mut out),
            }
        }
        out
    }

    fn action(&self, action: &Action, out: &mut Vec<sim::Step>) {
        let (design, ledger) = (self.design, self.ledger);
        match action {
            // What a process holds it finds without a call; how often is known from its keys.
            Action::Lookup(lookup) if is_in_process(design, &lookup.cache) => {
                let missed = 1.0 - (self.hit_ratio)(&lookup.cache);
                sometimes(missed, without_fills(&self.convert(&lookup.on_miss)), out);
            }
            Action::Fill(target) | Action::Invalidate(target)
                if is_in_process(design, &target.at) => {}
            Action::Lookup(lookup) => {
                let on_miss = self.convert(&lookup.on_miss);
                let on_error = if lookup.on_error.is_empty() {
                    without_fills(&on_miss)
                } else {
                    self.convert(&lookup.on_error)
                };
                out.push(sim::Step::Lookup(sim::Lookup {
                    cache: lookup.cache.clone(),
                    on_hit: Vec::new(),
                    on_miss,
                    on_error: Some(on_error),
                }));
            }
            Action::Read(access) => {
                let class = access.class.as_deref().unwrap_or("read");
                out.push(access_to(access, call(&access.at, class, Vec::new())));
            }
            // The model knows one kind of write. A conditional write of a quorum store is several rounds
            // of it (Paxos: prepare, read, propose, commit).
            Action::Write(access) => {
                let rounds = rounds(design, access, ledger);
                let one = || access_to(access, call(&access.at, write_class(access), Vec::new()));
                out.extend(core::iter::repeat_with(one).take(rounds));
            }
            Action::Fill(target) => out.push(sim::Step::Fill(target.at.clone())),
            // A lost invalidation does not fail the write: the time to live is the net below it.
            Action::Invalidate(target) => out.push(sim::Step::Call(sim::Call {
                on_error: Some(Vec::new()),
                ..sim::Call::new(&target.at, "any")
            })),
            Action::Emit(emit) if design.components[&emit.to].topic.is_none() => {
                out.push(queued(&emit.to, emit.awaited));
            }
            Action::Emit(emit) if emit.awaited => out.push(sim::Step::Append(emit.to.clone())),
            Action::Emit(emit) => out.push(sim::Step::Emit(emit.to.clone())),
            // Only the first step of a flow consumes; `operation` has taken it.
            Action::Consume(_) => {}
            Action::Call(called) => out.push(sim::Step::Call(sim::Call {
                steps: self.convert(&called.steps),
                on_error: called.optional.then(Vec::new),
                ..sim::Call::new(&called.to, "any")
            })),
            Action::Parallel(branches) => {
                let branches = branches.iter().map(|branch| self.convert(branch)).collect();
                out.push(sim::Step::Parallel(sim::Parallel { branches, join: sim::Join::All }));
            }
            Action::Sometimes(some) => {
                sometimes(evaluate(&some.ratio, ledger), self.convert(&some.steps), out);
            }
            Action::Repeat(repeat) => {
                let times = evaluate(&repeat.times, ledger).min(REPEATS_MAX);
                let steps = self.convert(&repeat.steps);
                for _ in 0..times as u32 {
                    out.extend(steps.iter().cloned());
                }
                sometimes(times.fract(), steps, out);
            }
        }
    }
}

/// Returns whether a cache lies in the process of the component that it is named after.
pub(crate) fn is_in_process(design: &Design, cache: &str) -> bool {
    let cache = design.components.get(cache).and_then(|component| component.cache.as_ref());
    cache.is_some_and(|cache| cache.level == CacheLevel::Process)
}

/// A row put into a table that serves as queue: who does not wait for it answers meanwhile.
fn queued(store: &str, awaited: bool) -> sim::Step {
    let write = call(store, "write", Vec::new());
    if awaited {
        return write;
    }
    let branches = vec![vec![write], Vec::new()];
    sim::Step::Parallel(sim::Parallel { branches, join: sim::Join::Any })
}

/// How the model knows a write: a conditional one is rounds of plain ones.
pub(crate) fn write_class(access: &Access) -> &str {
    match access.class.as_deref() {
        Some(class) if class == STATEMENT || class.starts_with(BATCH) => class,
        Some(_) | None => "write",
    }
}

/// Rounds of a write: more than one where a quorum store decides uniqueness.
pub(crate) fn rounds(design: &Design, access: &Access, ledger: &Ledger) -> usize {
    let store = design.components.get(&access.at).and_then(|store| store.replication.as_ref());
    let claimed = access.class.as_deref() == Some("claim") || access.unique.is_some();
    if !claimed || store.is_none_or(|r| r.mode != ReplicationMode::Quorum) {
        return 1;
    }
    let rounds =
        ledger.get("assumed.cassandra.claim_rounds").map_or(1.0, tenfold_units::Figure::mid);
    rounds.round().clamp(1.0, REPEATS_MAX) as usize
}

fn sometimes(ratio: f64, steps: Vec<sim::Step>, out: &mut Vec<sim::Step>) {
    if ratio >= 1.0 {
        out.extend(steps);
    } else if ratio > 1e-9 {
        out.push(sim::Step::Choice(vec![
            sim::Alternative { probability: ratio, steps },
            sim::Alternative { probability: 1.0 - ratio, steps: Vec::new() },
        ]));
    }
}

fn call(to: &str, access: &str, steps: Vec<sim::Step>) -> sim::Step {
    sim::Step::Call(sim::Call { steps, ..sim::Call::new(to, access) })
}

/// Who asks goes on without an answer that is optional.
fn access_to(access: &Access, mut step: sim::Step) -> sim::Step {
    if let (true, sim::Step::Call(call)) = (access.optional, &mut step) {
        call.on_error = Some(Vec::new());
    }
    step
}

fn without_fills(steps: &[sim::Step]) -> Vec<sim::Step> {
    steps.iter().filter(|step| !matches!(step, sim::Step::Fill(_))).cloned().collect()
}

/// Returns the calls per second of the whole system, by component and class of work, when each
/// look-up hits with the ratio of its cache.
#[must_use]
pub(crate) fn calls(
    design: &Design,
    ledger: &Ledger,
    rates: &IndexMap<String, f64>,
    hit_ratio: &dyn Fn(&str) -> f64,
) -> IndexMap<String, IndexMap<String, f64>> {
    let mut calls = IndexMap::new();
    for (name, steps) in &design.flows {
        if let Some(rate) = rates.get(name) {
            count(design, steps, *rate, ledger, hit_ratio, &mut calls);
        }
    }
    for (name, component) in &design.components {
        let rate = handshakes(design, component, ledger, rates);
        if rate > 0.0 {
            calls.entry(name.clone()).or_default().insert(HANDSHAKE.to_owned(), rate);
        }
    }
    calls
}

/// New connections per second at a gateway that ends TLS.
fn handshakes(
    design: &Design,
    component: &Component,
    ledger: &Ledger,
    rates: &IndexMap<String, f64>,
) -> f64 {
    let station = component.station.as_ref();
    if component.kind != Kind::Gateway
        || station.is_none_or(|station| !station.service_time.contains_key(HANDSHAKE))
    {
        return 0.0;
    }
    let of = |(name, operation): (&String, &tenfold_design::Operation)| {
        let ratio = operation.new_connection_ratio.as_ref()?;
        Some(rates.get(name)? * evaluate(ratio, ledger))
    };
    design.workload.iter().filter_map(of).sum()
}

fn count(
    design: &Design,
    steps: &[Step],
    rate: f64,
    ledger: &Ledger,
    hit_ratio: &dyn Fn(&str) -> f64,
    calls: &mut IndexMap<String, IndexMap<String, f64>>,
) {
    for step in steps {
        let mut add = |to: &str, class: &str| {
            *calls.entry(to.to_owned()).or_default().entry(class.to_owned()).or_insert(0.0) += rate;
        };
        let (inner, factor) = match step {
            Step::Visit(component) => {
                let station = design.components[component.as_str()].station.as_ref();
                let batch = station.and_then(|station| station.batch.as_ref());
                let calls = calls.entry(component.clone()).or_default();
                *calls.entry("any".to_owned()).or_insert(0.0) +=
                    rate / batch.map_or(1.0, |batch| f64::from(batch.size.max(1)));
                continue;
            }
            Step::Action(Action::Read(access)) => {
                add(&access.at, access.class.as_deref().unwrap_or("read"));
                continue;
            }
            Step::Action(Action::Write(access)) => {
                (0..rounds(design, access, ledger))
                    .for_each(|_| add(&access.at, write_class(access)));
                continue;
            }
            Step::Action(Action::Invalidate(target)) if is_in_process(design, &target.at) => {
                continue;
            }
            Step::Action(Action::Invalidate(target)) => {
                add(&target.at, "any");
                continue;
            }
            Step::Action(Action::Emit(emit)) => {
                if design.components[&emit.to].topic.is_none() {
                    add(&emit.to, "write");
                }
                continue;
            }
            Step::Action(Action::Fill(_) | Action::Consume(_)) => continue,
            Step::Action(Action::Lookup(lookup)) => {
                if !is_in_process(design, &lookup.cache) {
                    add(&lookup.cache, "any");
                }
                (vec![&lookup.on_miss], 1.0 - hit_ratio(&lookup.cache))
            }
            Step::Action(Action::Call(called)) => {
                add(&called.to, "any");
                (vec![&called.steps], 1.0)
            }
            Step::Action(Action::Parallel(branches)) => (branches.iter().collect(), 1.0),
            Step::Action(Action::Sometimes(some)) => {
                (vec![&some.steps], evaluate(&some.ratio, ledger))
            }
            Step::Action(Action::Repeat(repeat)) => {
                (vec![&repeat.steps], evaluate(&repeat.times, ledger))
            }
        };
        for steps in inner {
            count(design, steps, rate * factor, ledger, hit_ratio, calls);
        }
    }
}
