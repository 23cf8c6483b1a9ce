//! Sizes, retention, growth, copies, streams.

use tenfold_brief::{ConditionKind, Demand, Dimension, Metric, NounPhrase, Of};
use tenfold_units::{Interval, math};

use super::size;
use super::target::generic_dataset;
use crate::draft::{Draft, interval};
use crate::{OperationKind, Shape, words};

const DAY: f64 = 86_400.0;
const YEAR: f64 = 31_536_000.0;

/// Binds an amount of data, or a property of data.
pub(super) fn bind(draft: &mut Draft<'_>, index: usize) {
    match draft.brief.demands[index].metric {
        Some(Metric::Retention) => retention(draft, index),
        Some(Metric::Growth) => growth(draft, index),
        Some(Metric::Copies) => {
            let id = subject_dataset(draft, index)
                .map_or_else(|| "copies".to_owned(), |name| format!("data.{name}.copies"));
            draft.state(&id, "copies that are kept", index, 1.0);
        }
        Some(Metric::Memory) => draft.state("memory_total_bytes", "memory", index, 1.0),
        Some(Metric::Bitrate) => bitrate(draft, index),
        Some(Metric::Bandwidth) => bandwidth(draft, index),
        _ => size::size(draft, index),
    }
}

fn bits(demand: &Demand) -> f64 {
    if demand.amount.dimension == Dimension::Bytes { 8.0 } else { 1.0 }
}

pub(super) fn bytes(demand: &Demand) -> f64 {
    if demand.amount.dimension == Dimension::Bits { 0.125 } else { 1.0 }
}

/// Binds what each of some adds to the data: `each server writes 2 MB/s of logs`. Returns whether it
/// was bound.
fn written_by_each(draft: &mut Draft<'_>, index: usize) -> bool {
    const DATA: [&str; 9] =
        ["log", "data", "event", "telemetry", "metric", "record", "trace", "reading", "line"];
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let Some(noun) = demand.subject().filter(|noun| DATA.contains(&noun.head())).cloned() else {
        return false;
    };
    let (Some(seconds), true) = (demand.per_seconds(), demand.amount.dimension == Dimension::Bytes)
    else {
        return false;
    };
    let each = demand.per.iter().find_map(|per| match per {
        tenfold_brief::Per::Each { noun, demand, .. } => Some((noun.clone(), *demand)),
        tenfold_brief::Per::Time { .. } => None,
    });
    let name = dataset(draft, index, &noun);
    let id = format!("data.{name}.storage_per_day_bytes");
    let label = format!("{name}: bytes that are added in a day");
    match each {
        Some((owner, link)) => {
            let Some(owners) = super::population::actors(draft, &owner, link) else { return false };
            let own = format!("data.{name}.added_by_each_bytes");
            let each = format!("bytes that each {owner} adds in a second");
            draft.state(&own, &each, index, 1.0 / seconds);
            draft.reported.push(own.clone());
            draft.formula(&id, &label, &format!("{owners} * {own} * 86400"));
            let writes = |o: &crate::draft::OperationDraft| {
                o.spec.kind == OperationKind::Write
                    && o.spec.touches.iter().any(|touch| touch.dataset == name)
            };
            let adds = draft.operations.iter().find(|(_, o)| writes(o));
            if let Some(operation) = adds.map(|(operation, _)| operation.clone()) {
                let label = format!("{operation}: requests per second");
                let formula = format!("{owners} * {own} / data.{name}.item_bytes");
                draft.formula(&format!("op.{operation}.qps_avg"), &label, &formula);
            }
        }
        None => {
            let value = interval(&demand.amount).scaled(DAY / seconds);
            draft.state_value(&id, &label, index, value);
        }
    }
    true
}

fn bitrate(draft: &mut Draft<'_>, index: usize) {
    if written_by_each(draft, index) {
        return;
    }
    let demand = &draft.brief.demands[index];
    // "50 MB per minute of video"
    let factor = bits(demand) / demand.per_seconds().unwrap_or(1.0);
    let sends =
        demand.action.as_ref().is_some_and(|a| ["send", "upload"].contains(&a.verb.as_str()));
    if sends || demand.conditions.iter().any(|c| matches!(c.kind, ConditionKind::Up)) {
        draft.state("bitrate_in_bps", "bits per second that one sends", index, factor);
        draft.reported.push("bitrate_in_bps".to_owned());
        return;
    }
    draft.state("bitrate_bps", "bits per second of one stream", index, factor);
}

pub(super) fn bandwidth(draft: &mut Draft<'_>, index: usize) {
    let demand = &draft.brief.demands[index];
    let up = demand.conditions.iter().any(|c| matches!(c.kind, ConditionKind::Up));
    let side = if up { "in" } else { "out" };
    let peak = if demand.at_peak() { "_peak" } else { "" };
    let per = demand.per_seconds().unwrap_or(1.0);
    let factor = bits(demand) / per;
    draft.state(&format!("bandwidth_{side}{peak}_bps"), "payload at the edge", index, factor);
}

/// Returns the dataset that the demand's subject, or the demand that it belongs to, names.
fn subject_dataset(draft: &mut Draft<'_>, index: usize) -> Option<String> {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let own = demand.subject().filter(|noun| !noun.is_empty());
    if let Some(name) = own.and_then(|noun| draft.dataset_of_stated(index, noun)) {
        return Some(name);
    }
    let draft = &*draft;
    let by_noun = |noun: &NounPhrase| {
        draft.find_dataset(noun).or_else(|| {
            let operation = draft.find_operation(noun, None)?;
            dataset_of_operation(draft, &operation)
        })
    };
    let linked = || {
        let link = demand.of.as_ref().and_then(Of::demand)?;
        dataset_of_demand(draft, link)
    };
    demand.subjects.iter().filter(|n| !n.is_empty()).find_map(by_noun).or_else(linked)
}

pub(super) fn dataset_of_demand(draft: &Draft<'_>, link: usize) -> Option<String> {
    let figure = draft.figure_of[link].clone()?;
    if let Some(rest) = figure.strip_prefix("data.") {
        return rest.split('.').next().map(str::to_owned);
    }
    let operation = figure.strip_prefix("op.")?.split('.').next()?;
    dataset_of_operation(draft, operation)
}

/// Returns the dataset that an operation adds to or reads first.
pub(super) fn dataset_of_operation(draft: &Draft<'_>, operation: &str) -> Option<String> {
    let own = draft.operations.get(operation)?;
    let touched = own.spec.touches.iter().find(|t| draft.datasets.contains_key(&t.dataset));
    touched
        .map(|t| t.dataset.clone())
        .or_else(|| own.nouns.first().and_then(|noun| draft.find_dataset(noun)))
}

/// Returns the dataset of a phrase, made where there is none.
pub(super) fn dataset(draft: &mut Draft<'_>, index: usize, noun: &NounPhrase) -> String {
    if let Some(name) = draft.find_dataset(noun) {
        return name;
    }
    let thing = words::thing(noun);
    let name = words::snake(&thing, "data");
    let origin = draft.origin(index);
    // The bytes of one item tell what it is; how much or how many there is does not.
    let demand = &draft.brief.demands[index];
    let one = size::BLOB_BYTES_MIN..size::STOCK_BYTES_MIN;
    let large = demand.metric == Some(Metric::Size) && one.contains(&demand.amount.mid);
    let shape = if large { Shape::Blob } else { Shape::Record };
    let fresh = generic_dataset(&thing.to_string(), shape, origin);
    draft.datasets.entry(name.clone()).or_insert(fresh);
    name
}

pub(super) fn retention(draft: &mut Draft<'_>, index: usize) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let dataset = subject_dataset(draft, index);
    let tier = demand.conditions.iter().find_map(|c| {
        let ConditionKind::Tier { name } = &c.kind else { return None };
        Some(name.clone())
    });
    let stem = dataset.as_ref().map_or_else(String::new, |name| format!("data.{name}."));
    if let Some(tier) = tier {
        let id = format!(
            "{stem}{}_until_seconds",
            words::snake(&NounPhrase { words: vec![tier.clone()], rest: false }, "tier")
        );
        draft.state(&id, &format!("{tier} until this age"), index, 1.0);
        match dataset {
            Some(name) => draft.datasets[&name].tiers.push((tier.clone(), id)),
            None => draft.tiers.push((tier, id)),
        }
        return;
    }
    if demand.subjects.len() > 1 {
        let names: Vec<String> =
            demand.subjects.iter().filter_map(|noun| draft.find_dataset(noun)).collect();
        for name in names {
            draft.state(&format!("data.{name}.retention_seconds"), "kept for", index, 1.0);
        }
        return;
    }
    let id = match (dataset, demand.subject()) {
        (Some(name), _) => format!("data.{name}.retention_seconds"),
        (None, Some(noun))
            if !noun.is_empty()
                && !["data", "raw", "everything", "all", "anything"].contains(&noun.head())
                && !only_data(draft, noun) =>
        {
            let name = self::dataset(draft, index, noun);
            format!("data.{name}.retention_seconds")
        }
        _ => "retention_seconds".to_owned(),
    };
    draft.state(&id, "kept for", index, 1.0);
}

/// Returns whether what is kept can only be what the only write adds, whatever it is called there:
/// meters report, readings are kept.
fn only_data(draft: &Draft<'_>, noun: &NounPhrase) -> bool {
    let stated = |o: &crate::draft::OperationDraft| o.origin.is_stated();
    let mut writes = draft.operations.values().filter(|o| o.spec.kind == OperationKind::Write);
    let only = writes.next().is_some_and(stated) && writes.next().is_none();
    only && draft.datasets.len() <= 1
        && ["reading", "record", "event", "history", "entry", "sample"].contains(&noun.head())
}

fn growth(draft: &mut Draft<'_>, index: usize) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let period = demand.per_seconds().unwrap_or(YEAR);
    let yearly = |value: f64| math::powf(1.0 + value, YEAR / period) - 1.0;
    let amount = &demand.amount;
    let value = match amount.dimension {
        Dimension::Ratio => {
            Interval::quantiles(yearly(amount.low), yearly(amount.mid), yearly(amount.high))
        }
        Dimension::Factor => Interval::quantiles(
            yearly(amount.low - 1.0),
            yearly(amount.mid - 1.0),
            yearly(amount.high - 1.0),
        ),
        Dimension::Bytes => {
            let name = subject_dataset(draft, index)
                .unwrap_or_else(|| dataset(draft, index, &NounPhrase::default()));
            let value = interval(amount).scaled(DAY / period);
            let label = format!("{name}: bytes that are added in a day");
            draft.state_value(&format!("data.{name}.storage_per_day_bytes"), &label, index, value);
            return;
        }
        Dimension::Count
        | Dimension::Time
        | Dimension::Bits
        | Dimension::Money
        | Dimension::Length => return,
    };
    let dataset = subject_dataset(draft, index);
    let id = dataset
        .map_or_else(|| "growth_ratio".to_owned(), |name| format!("data.{name}.growth_ratio"));
    draft.state_value(&id, "growth in a year", index, value);
}
