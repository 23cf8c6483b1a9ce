//! Objectives: latency, availability, loss and recovery.

use tenfold_brief::{Bound as Written, Metric, NounPhrase, Severity, Statistic};
use tenfold_units::Interval;

use super::naming::{Named, named};
use crate::draft::{Draft, interval};
use crate::{Bound, OperationKind, Sli, words};

const YEAR: f64 = 31_536_000.0;

/// An objective on the way.
#[derive(Clone, Debug)]
pub(crate) struct Promise {
    /// The operation that it binds; absent: every one that has none of its own.
    pub(crate) operation: Option<String>,
    pub(crate) sli: Sli,
    pub(crate) bound: Bound,
    pub(crate) limit: String,
    /// Whether it was said to be seen by the client.
    pub(crate) at_client: bool,
    pub(crate) index: usize,
    /// What it is said of, where an earlier one binds everything already.
    pub(crate) named: Option<String>,
}

/// Binds all promises of what requests get: what they name must be there.
pub(crate) fn promises(draft: &mut Draft<'_>) {
    for index in 0..draft.brief.demands.len() {
        if draft.figure_of[index].is_none() {
            bind(draft, index);
        }
    }
    draft.network.solve().expect("formulas of the program can be read");
}

fn bind(draft: &mut Draft<'_>, index: usize) {
    let demand = &draft.brief.demands[index];
    match demand.metric {
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
    if unclear && draft.used[index] {
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

/// Adds an objective: one figure for each operation that it binds, else one for all of them.
fn promise(draft: &mut Draft<'_>, index: usize, sli: Sli, bound: Bound, id: &str, value: Interval) {
    let demand = &draft.brief.demands[index];
    let client = demand.text.contains("client") || demand.text.contains("end-to-end");
    let at_client = client || demand.text.contains("end to end");
    let add = |draft: &mut Draft<'_>, operation: Option<String>, limit: String, of: &str| {
        let label = format!("objective of {of}");
        draft.state_value(&limit, &label, index, value);
        let promise = Promise { operation, sli, bound, limit, at_client, index, named: None };
        draft.promises.push(promise);
    };
    if demand.subjects.is_empty() {
        return add(draft, None, id.to_owned(), "all");
    }
    for noun in &demand.subjects {
        match named(draft, index, noun) {
            Named::Operations(names) => {
                for name in names {
                    let limit = format!("op.{name}.{id}");
                    add(draft, Some(name.clone()), limit, &name);
                }
            }
            // A second promise for everything holds beside the first.
            Named::All if draft.network.is_stated(id) && !noun.is_empty() && !noun.rest => {
                let name = words::snake(noun, "all");
                add(draft, None, format!("{name}.{id}"), &noun.to_string());
                if let Some(last) = draft.promises.last_mut() {
                    last.named = Some(name);
                }
            }
            Named::All => add(draft, None, id.to_owned(), "all"),
            Named::Nothing => names_nothing(draft, index, noun),
        }
    }
}

/// Says that no operation is what an objective is said of.
fn names_nothing(draft: &mut Draft<'_>, index: usize, noun: &NounPhrase) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let known = draft.operations.iter().filter(|(_, o)| o.spec.kind != OperationKind::Signal);
    let known: Vec<&str> = known.map(|(name, _)| name.as_str()).collect();
    let message =
        format!("no operation of known load is called `{noun}`: the objective binds none");
    let help = format!(
        "name one of the operations ({}), or state how often `{noun}` happens",
        known.join(", ")
    );
    draft.say((Severity::Warning, "W104"), demand.span, &demand.text, message, help);
}

/// Binds what a loss may cost: data, or time.
pub(super) fn recovery(draft: &mut Draft<'_>, index: usize) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let (end, label) = match demand.metric {
        Some(Metric::RecoveryPoint) => ("rpo_seconds", "data that may be lost"),
        _ => ("rto_seconds", "time until it is back"),
    };
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
