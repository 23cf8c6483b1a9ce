//! Objectives: latency, availability, loss and recovery.

use tenfold_brief::{Bound as Written, Demand, Metric, NounPhrase, Statistic};
use tenfold_units::Interval;

use crate::draft::{Draft, interval};
use crate::{Bound, Sli, words};

const YEAR: f64 = 31_536_000.0;

/// An objective on the way.
#[derive(Clone, Debug)]
pub(crate) struct Promise {
    /// Operations that it binds; empty: every one that has none of its own.
    pub(crate) operations: Vec<String>,
    pub(crate) sli: Sli,
    pub(crate) bound: Bound,
    pub(crate) limit: String,
    /// Whether it was said to be seen by the client.
    pub(crate) at_client: bool,
    pub(crate) index: usize,
}

/// Binds a promise.
pub(super) fn bind(draft: &mut Draft<'_>, index: usize) {
    let demand = &draft.brief.demands[index];
    match demand.metric {
        Some(Metric::RecoveryPoint) => {
            recovery(draft, index, "rpo_seconds", "data that may be lost")
        }
        Some(Metric::RecoveryTime) => {
            recovery(draft, index, "rto_seconds", "time until it is back")
        }
        Some(Metric::Latency) => latency(draft, index),
        Some(Metric::Downtime) => downtime(draft, index),
        Some(Metric::Availability) => {
            let (sli, bound) = (Sli::AvailabilityRatio, Bound::AtLeast);
            promise(draft, index, sli, bound, "availability_ratio", interval(&demand.amount));
        }
        Some(Metric::ErrorRatio) => {
            let (sli, bound) = (Sli::ErrorRatio, Bound::AtMost);
            promise(draft, index, sli, bound, "error_ratio", interval(&demand.amount));
        }
        Some(Metric::Durability) => {
            let (sli, bound) = (Sli::DurabilityRatio, Bound::AtLeast);
            promise(draft, index, sli, bound, "durability_ratio", interval(&demand.amount));
        }
        Some(Metric::Staleness) => {
            let (sli, bound) = (Sli::StalenessSeconds, Bound::AtMost);
            promise(draft, index, sli, bound, "staleness_seconds", interval(&demand.amount));
        }
        _ => {}
    }
}

fn latency(draft: &mut Draft<'_>, index: usize) {
    let demand = &draft.brief.demands[index];
    let (sli, name) = match demand.statistic {
        Some(Statistic::Average) => (Sli::LatencyMean, "mean"),
        Some(Statistic::Percentile(p)) if p <= 0.5 => (Sli::LatencyP50, "p50"),
        Some(Statistic::Percentile(p)) if p <= 0.9 => (Sli::LatencyP90, "p90"),
        Some(Statistic::Percentile(p)) if p <= 0.95 => (Sli::LatencyP95, "p95"),
        Some(Statistic::Percentile(p)) if p > 0.99 => (Sli::LatencyP999, "p999"),
        Some(Statistic::Maximum) => (Sli::LatencyP999, "p999"),
        _ => (Sli::LatencyP99, "p99"),
    };
    let bound = if demand.bound == Written::LessThan { Bound::Below } else { Bound::AtMost };
    let id = format!("latency_{name}_seconds");
    let value = interval(&demand.amount);
    let unclear = !matches!(demand.statistic, Some(Statistic::Percentile(_) | Statistic::Average));
    promise(draft, index, sli, bound, &id, value);
    if unclear {
        let read_as =
            format!("read as {name} at peak at the region's edge; the last mile is shown apart");
        let help = "write \"p95 < …\" for another percentile, \"at the client\" for another place";
        draft.read_as("R104", index, &read_as, help, Some(&id));
    }
}

fn downtime(draft: &mut Draft<'_>, index: usize) {
    let demand = &draft.brief.demands[index];
    let period = demand.per_seconds().unwrap_or(YEAR);
    let amount = &demand.amount;
    let up = |down: f64| 1.0 - down / period;
    let value = Interval::quantiles(up(amount.high), up(amount.mid), up(amount.low));
    promise(draft, index, Sli::AvailabilityRatio, Bound::AtLeast, "availability_ratio", value);
}

/// Adds an objective: one figure for all that it binds.
fn promise(draft: &mut Draft<'_>, index: usize, sli: Sli, bound: Bound, id: &str, value: Interval) {
    let operations = operations(draft, index);
    let subject = subject(&draft.brief.demands[index]);
    let id = match (&operations[..], subject) {
        ([only], _) => format!("op.{only}.{id}"),
        ([], Some(noun)) if !noun.rest => format!("{}.{id}", words::snake(noun, "all")),
        _ => id.to_owned(),
    };
    let of = subject.map_or_else(|| "all".to_owned(), NounPhrase::to_string);
    draft.state_value(&id, &format!("objective of {of}"), index, value);
    let demand = &draft.brief.demands[index];
    let client = demand.text.contains("client") || demand.text.contains("end-to-end");
    let at_client = client || demand.text.contains("end to end");
    draft.promises.push(Promise { operations, sli, bound, limit: id, at_client, index });
}

fn subject(demand: &Demand) -> Option<&NounPhrase> {
    demand.subject().filter(|noun| !noun.is_empty())
}

/// Returns the operations that the subjects of a demand name.
fn operations(draft: &Draft<'_>, index: usize) -> Vec<String> {
    let demand = &draft.brief.demands[index];
    let mut operations: Vec<String> = Vec::new();
    for noun in demand.subjects.iter().filter(|noun| !noun.rest && !noun.is_empty()) {
        if words::is_request(noun) {
            continue;
        }
        let found = draft.find_operation(noun, None).or_else(|| {
            let kind = match noun.head() {
                "read" => crate::OperationKind::Read,
                "write" => crate::OperationKind::Write,
                _ => return None,
            };
            draft.main_operation(kind)
        });
        operations.extend(found);
    }
    operations.sort();
    operations.dedup();
    operations
}

fn recovery(draft: &mut Draft<'_>, index: usize, end: &str, label: &str) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let mut names: Vec<String> = demand
        .subjects
        .iter()
        .filter(|noun| !noun.is_empty() && !noun.rest)
        .filter_map(|noun| draft.find_dataset(noun))
        .collect();
    names.sort();
    names.dedup();
    if names.is_empty() {
        draft.state(end, label, index, 1.0);
    }
    for name in names {
        draft.state(&format!("data.{name}.{end}"), &format!("{name}: {label}"), index, 1.0);
    }
}
