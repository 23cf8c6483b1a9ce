//! Objectives: what the brief promises, and what is assumed where it promises nothing.

use tenfold_units::{Interval, Ledger};

use crate::bind::Promise;
use crate::draft::Draft;
use crate::{Access, Bound, During, Objective, OperationKind, Origin, Place, Sli};

/// Availability that is assumed where none is stated.
const AVAILABILITY: f64 = 0.999;

fn touches(draft: &Draft<'_>, operation: &str, access: Access) -> bool {
    draft.operations[operation].spec.touches.iter().any(|touch| touch.access == access)
}

/// Makes the assumed objectives and the allowed downtime known to the network.
pub(super) fn declare(draft: &mut Draft<'_>) {
    let names: Vec<String> = draft.operations.keys().cloned().collect();
    for name in names {
        let kind = draft.operations[&name].spec.kind;
        if has_latency(kind) && latencies(draft, &name).is_empty() {
            let (default, why) = match draft.operations[&name].spec.p99_seconds {
                Some(value) => (value, "what people accept for such an operation"),
                None if touches(draft, &name, Access::BlobWrite) => {
                    (2.0, "a large object takes a while, and people see it go")
                }
                None if touches(draft, &name, Access::BlobRead) => {
                    (1.0, "a large object comes from a store that takes its time")
                }
                None => (0.5, "people notice half a second and bear it"),
            };
            let label = format!("objective of {name}");
            let id = format!("op.{name}.latency_p99_seconds");
            draft.assume(&id, &label, Interval::exact(default), why);
        }
    }
    let why = "three nines, what one region with three zones gives with care";
    if !draft.network.is_stated("availability_ratio") {
        draft.assume("availability_ratio", "availability", Interval::exact(AVAILABILITY), why);
    }
    draft.formula(
        "downtime_per_year_s",
        "time without service in a year that the objective allows",
        "(1 - availability_ratio) * 31536000",
    );
    for name in draft.operations.keys().cloned().collect::<Vec<_>>() {
        let id = format!("op.{name}.availability_ratio");
        if draft.network.is_stated(&id) {
            let formula = format!("(1 - {id}) * 31536000");
            let down = format!("op.{name}.downtime_per_year_s");
            draft.formula(&down, &format!("{name}: time without service in a year"), &formula);
            draft.reported.push(down);
        }
    }
    draft.reported.push("downtime_per_year_s".to_owned());
    draft.network.solve().expect("formulas of the program can be read");
}

fn has_latency(kind: OperationKind) -> bool {
    match kind {
        OperationKind::Read | OperationKind::Write | OperationKind::Push => true,
        OperationKind::Stream | OperationKind::Signal | OperationKind::Job => false,
    }
}

/// Returns the promises of latency that bind an operation: its own, else the general ones.
fn latencies<'d>(draft: &'d Draft<'_>, name: &str) -> Vec<&'d Promise> {
    let latency =
        |promise: &&Promise| promise.sli.quantile().is_some() || promise.sli == Sli::LatencyMean;
    let own: Vec<&Promise> = draft
        .promises
        .iter()
        .filter(latency)
        .filter(|promise| promise.operation.as_deref() == Some(name))
        .collect();
    if !own.is_empty() || !draft.operations[name].spec.in_totals {
        return own;
    }
    draft.promises.iter().filter(latency).filter(|promise| promise.operation.is_none()).collect()
}

/// Returns the objectives and puts their limits into the ledger.
pub(super) fn objectives(draft: &Draft<'_>, ledger: &mut Ledger) -> Vec<Objective> {
    let mut objectives = Vec::new();
    for (name, operation) in &draft.operations {
        if !has_latency(operation.spec.kind) {
            continue;
        }
        let promises = latencies(draft, name);
        for promise in &promises {
            let id = format!("{name}-{}", end(promise));
            objectives.push(of_promise(draft, promise, id, Some(name)));
        }
        if promises.is_empty() {
            objectives.push(Objective {
                id: format!("{name}-p99"),
                operation: Some(name.clone()),
                sli: Sli::LatencyP99,
                bound: Bound::AtMost,
                limit: format!("op.{name}.latency_p99_seconds"),
                at: Place::Edge,
                during: During::Peak,
                origin: Origin::Proposed {
                    reason: "the brief states no latency for it".to_owned(),
                },
            });
        }
    }
    for promise in &draft.promises {
        if promise.sli.quantile().is_some() || promise.sli == Sli::LatencyMean {
            continue;
        }
        let name = promise.operation.as_deref();
        let id = name.map_or_else(|| end(promise), |name| format!("{name}-{}", end(promise)));
        objectives.push(of_promise(draft, promise, id, name));
    }
    let general = |o: &Objective| o.sli == Sli::AvailabilityRatio && o.operation.is_none();
    if !objectives.iter().any(general) {
        objectives.push(Objective {
            id: "availability".to_owned(),
            operation: None,
            sli: Sli::AvailabilityRatio,
            bound: Bound::AtLeast,
            limit: "availability_ratio".to_owned(),
            at: Place::Edge,
            during: During::Peak,
            origin: Origin::Proposed { reason: "the brief states none".to_owned() },
        });
    }
    for objective in &objectives {
        assert!(draft.network.emit(&objective.limit, ledger), "a limit is stated or assumed");
    }
    let mut seen = std::collections::BTreeSet::new();
    objectives.retain(|objective| seen.insert(objective.id.clone()));
    objectives
}

fn of_promise(draft: &Draft<'_>, promise: &Promise, id: String, name: Option<&str>) -> Objective {
    Objective {
        id,
        operation: name.map(str::to_owned),
        sli: promise.sli,
        bound: promise.bound,
        limit: promise.limit.clone(),
        at: if promise.at_client { Place::Client } else { Place::Edge },
        during: During::Peak,
        origin: draft.origin(promise.index),
    }
}

/// Returns the end of an objective's name, with what it is said of beside another such promise.
fn end(promise: &Promise) -> String {
    let sli = short(promise.sli);
    promise.named.as_ref().map_or_else(|| sli.to_owned(), |named| format!("{sli}-{named}"))
}

/// Returns the end of an objective's name.
fn short(sli: Sli) -> &'static str {
    match sli {
        Sli::LatencyP50 => "p50",
        Sli::LatencyP90 => "p90",
        Sli::LatencyP95 => "p95",
        Sli::LatencyP99 => "p99",
        Sli::LatencyP999 => "p999",
        Sli::LatencyMean => "mean",
        Sli::AvailabilityRatio => "availability",
        Sli::ErrorRatio => "errors",
        Sli::ThroughputRps => "throughput",
        Sli::StalenessSeconds => "staleness",
        Sli::RebufferRatio => "rebuffering",
        Sli::DurabilityRatio => "durability",
    }
}
