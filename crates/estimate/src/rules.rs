//! The general model: how populations, operations and datasets give rates, totals, peaks, bandwidth
//! and storage, whatever the system is.

mod storage;

use tenfold_units::{Interval, Unit};

use crate::OperationKind;
use crate::archetype::OperationSpec;
use crate::draft::{Draft, OperationDraft, unit_of};
use crate::network::Network;

/// Classes of load with a total, and its name in ids.
const CLASSES: [(OperationKind, &str); 3] =
    [(OperationKind::Read, "read"), (OperationKind::Write, "write"), (OperationKind::Push, "push")];
/// Horizons of storage, in years.
pub(crate) const YEARS: [u32; 4] = [1, 3, 5, 10];
/// Rounds until the operations with a known rate are settled.
const ROUNDS_MAX: usize = 32;

/// Adds every rule of the general model, solves, and drops operations whose rate nothing gives.
pub(crate) fn apply(draft: &mut Draft<'_>) {
    let base = draft.network.clone();
    for round in 0..ROUNDS_MAX {
        draft.network = base.clone();
        populations(draft);
        operations(draft);
        totals(draft);
        bandwidth(draft);
        storage::items(draft);
        solve(draft);
        let unknown = |main: bool| -> Vec<String> {
            let drafts = draft.operations.iter();
            drafts
                .filter(|(name, o)| {
                    o.spec.main == main && !draft.network.is_known(&format!("op.{name}.qps_avg"))
                })
                .map(|(name, _)| name.clone())
                .collect()
        };
        let (side, main) = (unknown(false), unknown(true));
        let mut dropped = if side.is_empty() { main } else { side };
        if dropped.is_empty() {
            dropped = overdrawn(draft);
        }
        if dropped.is_empty() || round + 1 == ROUNDS_MAX {
            break;
        }
        draft.operations.retain(|name, _| !dropped.contains(name));
    }
    storage::storage(draft);
    solve(draft);
}

/// Returns the main operations whose rate would be what an assumed total leaves over, though the
/// brief names operations of that class itself: those are the whole then.
fn overdrawn(draft: &Draft<'_>) -> Vec<String> {
    let network = &draft.network;
    let mut names = Vec::new();
    for (name, operation) in draft.operations.iter().filter(|(_, o)| o.spec.main) {
        let Some(class) = class_of(operation.spec.kind) else { continue };
        let grounded = [format!("op.{name}.qps_avg"), format!("{class}_qps_avg")]
            .iter()
            .chain([&"request_qps_avg".to_owned()])
            .any(|id| network.rests_on_statements(id));
        let named = draft.operations.values().any(|other| {
            other.spec.kind == operation.spec.kind && !other.spec.main && other.origin.is_stated()
        });
        if !grounded && named {
            names.push(name.clone());
        }
    }
    names
}

fn solve(draft: &mut Draft<'_>) {
    draft.network.solve().expect("formulas of the program and of archetypes can be read");
}

fn define(network: &mut Network, id: &str, label: &str, formula: &str) {
    network.formula(id, label, unit_of(id), formula);
}

fn populations(draft: &mut Draft<'_>) {
    let network = &mut draft.network;
    // Where both are stated, they are two things: members, and those who come.
    let both = network.is_stated("mau") && network.is_stated("users");
    if !both {
        define(network, "mau", "monthly active users", "users");
    }
    define(network, "dau", "daily active users", "mau * dau_ratio");
    define(network, "dau", "daily active users", "concurrent_users / concurrency_ratio");
    if !both {
        define(network, "users", "all users", "mau");
    }
    define(network, "concurrent_users", "open at the same moment", "dau * concurrency_ratio");
    if let Some(fact) = draft.catalog.fact("dau_mau") {
        let filling = (fact.interval(), "fact dau_mau", fact.quality, "daily / monthly users");
        network.assume("dau_ratio", "daily active / monthly active users", Unit::Ratio, filling);
    }
}

fn operations(draft: &mut Draft<'_>) {
    let all: Vec<(String, OperationDraft)> =
        draft.operations.iter().map(|(name, o)| (name.clone(), o.clone())).collect();
    for (name, operation) in &all {
        let spec = &operation.spec;
        let id = |end: &str| format!("op.{name}.{end}");
        let average = id("qps_avg");
        let network = &mut draft.network;
        network.declare(&average, &format!("{}: average rate", spec.label), Unit::PerSecond);
        for formula in &spec.rate {
            define(network, &average, "", formula);
        }
        if let Some(class) = class_of(spec.kind).filter(|_| spec.main) {
            let formula = remainder(&all, spec.kind, name, class);
            define(network, &average, "", &formula);
        }
        let (peak, factor) = (id("qps_peak"), id("peak_factor"));
        let label = format!("{}: peak rate", spec.label);
        let own = match followed(&all, spec) {
            _ if operation.own_peak_factor => factor,
            Some(parent) => format!("op.{parent}.peak_factor"),
            None => "peak_factor".to_owned(),
        };
        define(network, &peak, &label, &format!("{average} * {own}"));
        define(network, &average, "", &format!("{peak} / {own}"));
        bytes(draft, name, operation);
        if operation.window.is_some() {
            let formula = format!("{average} * {}", id("active_ratio"));
            let label = format!("{}: mean over all hours", spec.label);
            define(&mut draft.network, &id("daily_mean_qps"), &label, &formula);
        }
    }
}

/// Returns the operation with a peak of its own of which a job is a fixed share: it peaks with it.
fn followed<'a>(all: &'a [(String, OperationDraft)], spec: &OperationSpec) -> Option<&'a str> {
    let own = |name: &str| all.iter().find(|(n, o)| n == name && o.own_peak_factor);
    let parent = spec.rate.first()?.strip_prefix("op.")?.split('.').next()?;
    own(parent).filter(|_| spec.kind == OperationKind::Job).map(|(name, _)| name.as_str())
}

fn class_of(kind: OperationKind) -> Option<&'static str> {
    CLASSES.iter().find(|(class, _)| *class == kind).map(|(_, name)| *name)
}

/// Returns the total of a class without its other operations.
fn remainder(
    all: &[(String, OperationDraft)],
    kind: OperationKind,
    main: &str,
    class: &str,
) -> String {
    let others =
        all.iter().filter(|(name, o)| o.spec.kind == kind && o.spec.in_totals && name != main);
    let mut formula = format!("{class}_qps_avg");
    for (other, _) in others {
        formula += &format!(" - op.{other}.qps_avg");
    }
    formula
}

fn bytes(draft: &mut Draft<'_>, name: &str, operation: &OperationDraft) {
    let spec = &operation.spec;
    for (side, filling) in [("request", &spec.request), ("response", &spec.response)] {
        let id = format!("op.{name}.{side}_bytes");
        let label = format!("{}: bytes of a {side}", spec.label);
        draft.network.declare(&id, &label, Unit::Bytes);
        // What a request carries besides comes on top of its own bytes.
        let own = if side == "request" && !operation.attachments.is_empty() {
            let own = format!("op.{name}.own_request_bytes");
            let mut formula = own.clone();
            for (ratio, size) in &operation.attachments {
                formula += &format!(" + {ratio} * {size}");
            }
            define(&mut draft.network, &id, &label, &formula);
            own
        } else {
            id.clone()
        };
        let general = format!("{side}_bytes");
        if draft.network.is_stated(&general) {
            draft.formula(&own, &label, &general);
        } else if let Some(spec) = filling {
            draft.fill(&own, &label, spec);
        }
        let carried = carried_dataset(operation, side)
            .filter(|dataset| draft.network.is_stated(&format!("data.{dataset}.item_bytes")));
        if let Some(dataset) =
            carried.filter(|_| filling.is_none() && !draft.network.is_stated(&own))
        {
            draft.formula(&own, &label, &format!("data.{dataset}.item_bytes"));
        }
        if filling.is_none() {
            let (value, why) = if side == "request" && spec.kind == OperationKind::Write {
                ([300.0, 1_000.0, 5_000.0], "a JSON body of a few fields with headers")
            } else if side == "response" && spec.kind != OperationKind::Write {
                ([500.0, 3_000.0, 20_000.0], "a JSON answer (fact api.resp)")
            } else {
                ([200.0, 400.0, 900.0], "headers and a token")
            };
            let [low, mid, high] = value;
            draft.assume(&own, &label, Interval::quantiles(low, mid, high), why);
        }
    }
}

/// Returns the dataset whose items a request or response carries.
fn carried_dataset<'a>(operation: &'a OperationDraft, side: &str) -> Option<&'a str> {
    let writes = operation.spec.kind == OperationKind::Write;
    let carries = (side == "request") == writes;
    carries.then(|| operation.spec.touches.first().map(|touch| touch.dataset.as_str())).flatten()
}

fn totals(draft: &mut Draft<'_>) {
    let mut own_peaks = false;
    for (kind, class) in CLASSES {
        let members: Vec<(String, OperationDraft)> = draft
            .operations
            .iter()
            .filter(|(_, o)| o.spec.kind == kind && o.spec.in_totals)
            .map(|(name, o)| (name.clone(), o.clone()))
            .collect();
        let (average, peak) = (format!("{class}_qps_avg"), format!("{class}_qps_peak"));
        let network = &mut draft.network;
        network.declare(&average, &format!("{class}s per second on average"), Unit::PerSecond);
        network.declare(&peak, &format!("{class}s per second at peak"), Unit::PerSecond);
        define(network, &peak, "", &format!("{average} * peak_factor"));
        define(network, &average, "", &format!("{peak} / peak_factor"));
        if members.is_empty() {
            continue;
        }
        let sum = |end: &str| {
            let ids: Vec<_> = members.iter().map(|(name, _)| format!("op.{name}.{end}")).collect();
            ids.join(" + ")
        };
        define(network, &average, "", &sum("qps_avg"));
        if let [(only, _)] = &members[..] {
            network.share_statement(&average, &format!("op.{only}.qps_avg"));
        }
        let own = members.iter().any(|(name, o)| {
            o.own_peak_factor || network.is_stated(&format!("op.{name}.qps_peak"))
        });
        own_peaks |= own;
        if own {
            // A stated peak of one operation is not that of the class times its average.
            network.replace_formulas(&peak, "", Unit::PerSecond, &sum("qps_peak"));
        } else {
            define(network, &peak, "", &sum("qps_peak"));
        }
    }
    mixture(draft, own_peaks);
}

/// Adds the rules that tie reads, writes and requests together.
fn mixture(draft: &mut Draft<'_>, own_peaks: bool) {
    let network = &mut draft.network;
    network.declare("request_qps_avg", "requests per second on average", Unit::PerSecond);
    network.declare("request_qps_peak", "requests per second at peak", Unit::PerSecond);
    let rules = [
        ("request_qps_avg", "read_qps_avg + write_qps_avg"),
        ("request_qps_avg", "request_qps_peak / peak_factor"),
        ("request_qps_peak", "request_qps_avg * peak_factor"),
        ("read_qps_avg", "request_qps_avg - write_qps_avg"),
        ("write_qps_avg", "request_qps_avg - read_qps_avg"),
        ("read_qps_avg", "request_qps_avg * read_ratio"),
        ("write_qps_avg", "request_qps_avg * write_ratio"),
        ("read_qps_avg", "write_qps_avg * read_write_ratio"),
        ("write_qps_avg", "read_qps_avg / read_write_ratio"),
        ("read_write_ratio", "read_qps_avg / write_qps_avg"),
        ("read_write_ratio", "read_ratio / (1 - read_ratio)"),
        ("read_ratio", "1 - write_ratio"),
        ("read_ratio", "read_write_ratio / (1 + read_write_ratio)"),
        ("write_ratio", "1 - read_ratio"),
    ];
    for (id, formula) in rules {
        let label = match id {
            "read_write_ratio" => "reads for each write",
            "read_ratio" => "reads / requests",
            _ => "writes / requests",
        };
        define(network, id, label, formula);
    }
    if !own_peaks {
        for class in ["request", "read", "write", "push"] {
            let formula = format!("{class}_qps_peak / {class}_qps_avg");
            define(network, "peak_factor", "peak / average", &formula);
        }
    }
}

fn bandwidth(draft: &mut Draft<'_>) {
    let operations: Vec<(String, OperationKind)> = draft
        .operations
        .iter()
        .filter(|(_, o)| o.spec.in_totals)
        .map(|(name, o)| (name.clone(), o.spec.kind))
        .collect();
    for (side, bytes) in [("in", "request"), ("out", "response")] {
        for (end, rate) in [("bps", "qps_avg"), ("peak_bps", "qps_peak")] {
            let terms: Vec<String> = operations
                .iter()
                .filter(|(_, kind)| match kind {
                    OperationKind::Job => false,
                    OperationKind::Push | OperationKind::Stream => side == "out",
                    OperationKind::Read | OperationKind::Write | OperationKind::Signal => true,
                })
                .map(|(name, _)| format!("op.{name}.{rate} * op.{name}.{bytes}_bytes"))
                .collect();
            if terms.is_empty() {
                continue;
            }
            let id = format!("bandwidth_{side}_{end}");
            let label =
                format!("payload {side} at the edge{}", if end == "bps" { "" } else { " at peak" });
            define(&mut draft.network, &id, &label, &format!("({}) * 8", terms.join(" + ")));
        }
    }
    if draft.network.contains("bitrate_in_bps") {
        let formula = "concurrent_users * bitrate_in_bps";
        let label = "payload in at the edge at peak";
        let network = &mut draft.network;
        network.replace_formulas("bandwidth_in_peak_bps", label, Unit::BitsPerSecond, formula);
    }
    if draft.network.contains("bitrate_bps") {
        let network = &mut draft.network;
        if network.contains("concurrent_users_avg") {
            let formula = "concurrent_users_avg * bitrate_bps";
            network.replace_formulas(
                "bandwidth_out_bps",
                "payload out at the edge",
                Unit::BitsPerSecond,
                formula,
            );
        }
        let formula = "concurrent_users * bitrate_bps";
        network.replace_formulas(
            "bandwidth_out_peak_bps",
            "payload out at the edge at peak",
            Unit::BitsPerSecond,
            formula,
        );
    }
}
