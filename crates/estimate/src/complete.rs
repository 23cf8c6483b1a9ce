//! What a brief implies without saying it: the other half of a stated total, the data behind an
//! operation, the operation behind data.

use crate::archetype::TouchSpec;
use crate::bind::{generic_dataset, generic_operation};
use crate::draft::Draft;
use tenfold_units::Unit;

use crate::{Access, OperationKind, Origin, Shape, Timing, words};

/// Adds operations and datasets that stated totals and operations imply, and ties them together.
pub(crate) fn complete(draft: &mut Draft<'_>) {
    let stated = |draft: &Draft<'_>, class: &str| {
        ["avg", "peak"].iter().any(|end| {
            let id = format!("{class}_qps_{end}");
            draft.network.contains(&id)
        })
    };
    let ratio = ["read_write_ratio", "read_ratio", "write_ratio"]
        .iter()
        .any(|id| draft.network.is_stated(id));
    let any = |draft: &Draft<'_>, kind: OperationKind| {
        draft.operations.values().any(|o| o.spec.kind == kind && o.spec.in_totals)
    };
    let total = stated(draft, "request");
    let (reads, writes) = (any(draft, OperationKind::Read), any(draft, OperationKind::Write));
    if total || stated(draft, "write") || (ratio && reads && !writes) {
        rest_of_class(draft, OperationKind::Write, "write");
    }
    if total || stated(draft, "read") || (writes && !reads) {
        rest_of_class(draft, OperationKind::Read, "read");
        if !draft.bursts.is_empty() && draft.operations.contains_key("read") {
            // Who comes in one moment looks in that moment, too.
            let formula = "write_qps_peak * read_write_ratio";
            draft.formula("op.read.qps_peak", "read: peak rate", formula);
        }
    }
    if draft.network.contains("fan_out")
        && !draft.operations.values().any(|o| o.spec.kind == OperationKind::Push)
        && let Some(main) = draft.main_operation(OperationKind::Write)
    {
        let reason = format!("each {main} goes to its recipients");
        let origin = Origin::Proposed { reason };
        let mut operation = generic_operation("deliver", OperationKind::Push, origin);
        operation.spec.actor = "system".to_owned();
        operation.spec.rate.push(format!("op.{main}.qps_avg * fan_out"));
        operation.spec.fan_out = Some("fan_out".to_owned());
        draft.operations.insert("deliver".to_owned(), operation);
    }
    for name in draft.operations.keys().cloned().collect::<Vec<_>>() {
        tie(draft, &name);
    }
    for (name, dataset) in &mut draft.datasets {
        if dataset.tiers.is_empty() && dataset.spec.in_totals {
            dataset.tiers.clone_from(&draft.tiers);
        }
        // The end of the last tier is the end of the data.
        let own = format!("data.{name}.retention_seconds");
        let stated = draft.network.is_stated(&own) || draft.network.is_stated("retention_seconds");
        if let (Some((_, last)), false) = (dataset.tiers.last(), stated) {
            let label = format!("{}: kept for", dataset.spec.label);
            draft.network.formula(&own, &label, Unit::Seconds, last);
            dataset.spec.retention = None;
        }
    }
}

/// Adds the operation that takes what is left of a total.
fn rest_of_class(draft: &mut Draft<'_>, kind: OperationKind, name: &str) {
    if draft.operations.values().any(|o| o.spec.kind == kind && o.spec.main) {
        return;
    }
    let reason = format!("the {name}s that the brief counts without naming them");
    let mut operation = generic_operation(name, kind, Origin::Proposed { reason });
    operation.spec.main = true;
    draft.operations.entry(name.to_owned()).or_insert(operation);
}

/// Gives an operation without data the dataset that it is about.
fn tie(draft: &mut Draft<'_>, name: &str) {
    let operation = &draft.operations[name];
    let kind = operation.spec.kind;
    if !operation.spec.touches.is_empty() || kind == OperationKind::Signal {
        return;
    }
    let noun = operation.nouns.first().cloned();
    let found = noun.as_ref().and_then(|noun| draft.find_dataset(noun));
    let by_name = found.is_some();
    let first = draft.datasets.keys().next().cloned();
    let unclaimed = draft.datasets.contains_key("data").then(|| "data".to_owned());
    let writes = kind == OperationKind::Write;
    let dataset = match (found, noun) {
        (Some(name), _) => name,
        (None, Some(noun)) if writes => unclaimed.unwrap_or_else(|| {
            let thing = words::thing(&noun);
            let dataset = words::snake(&thing, name);
            let reason = format!("what `{name}` adds");
            let fresh =
                generic_dataset(&thing.to_string(), Shape::Record, Origin::Proposed { reason });
            draft.datasets.insert(dataset.clone(), fresh);
            dataset
        }),
        (None, _) => match first {
            Some(first) => first,
            None => {
                let reason = "what the requests read and write".to_owned();
                let fresh = generic_dataset("record", Shape::Record, Origin::Proposed { reason });
                draft.datasets.insert("record".to_owned(), fresh);
                "record".to_owned()
            }
        },
    };
    let access = match (kind, draft.datasets[&dataset].spec.shape) {
        (OperationKind::Write, Shape::Blob) => Access::BlobWrite,
        (OperationKind::Write, Shape::Log | Shape::TimeSeries) => Access::Append,
        (OperationKind::Write, _) => Access::PointWrite,
        (_, Shape::Blob) => Access::BlobRead,
        (_, Shape::Log | Shape::TimeSeries) => Access::RangeRead,
        _ => Access::PointRead,
    };
    let when = Vec::new();
    let touch = TouchSpec {
        dataset: dataset.clone(),
        access,
        timing: Timing::Sync,
        times: 1.0,
        optional: false,
        when,
    };
    draft.operations[name].spec.touches.push(touch);
    // A stated stock is changed by writes in general and added to by those that name it; an inflow
    // that stands already is not doubled.
    let adds = writes && (by_name || !draft.datasets[&dataset].stock_stated);
    let flowing = draft.network.contains(&format!("data.{dataset}.new_items_per_second"))
        || draft.network.contains(&format!("data.{dataset}.storage_per_day_bytes"));
    if adds && !flowing {
        let flow = &mut draft.datasets[&dataset].spec.flow;
        match flow.first_mut() {
            Some(first) => *first += &format!(" + op.{name}.qps_avg"),
            None => flow.push(format!("op.{name}.qps_avg")),
        }
    }
}
