//! The general model: how populations, operations and datasets give rates, totals, peaks, bandwidth
//! and storage, whatever the system is.

use tenfold_units::{Interval, Unit};

use crate::draft::{Draft, OperationDraft, unit_of};
use crate::network::Network;
use crate::{OperationKind, Shape};

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
        items(draft);
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
    storage(draft);
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
    define(network, "mau", "monthly active users", "users");
    define(network, "dau", "daily active users", "mau * dau_ratio");
    define(network, "dau", "daily active users", "concurrent_users / concurrency_ratio");
    define(network, "users", "all users", "mau");
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
        let own = if operation.own_peak_factor { &factor } else { "peak_factor" };
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
        if let Some(dataset) = carried.filter(|_| filling.is_none()) {
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

/// Replaces the rate over the active window by the mean over 24 h where a window is stated.
fn day_mean(draft: &Draft<'_>, formula: &str) -> String {
    let mut out = formula.to_owned();
    for (name, operation) in &draft.operations {
        if operation.window.is_some() {
            out = out.replace(&format!("op.{name}.qps_avg"), &format!("op.{name}.daily_mean_qps"));
        }
    }
    out
}

/// Returns a sum without the terms that name an operation that was dropped.
fn of_known_operations(draft: &Draft<'_>, formula: &str) -> Option<String> {
    let known = |term: &&str| match term.trim().strip_prefix("op.") {
        Some(rest) => rest.split('.').next().is_some_and(|op| draft.operations.contains_key(op)),
        None => true,
    };
    let terms: Vec<&str> = formula.split(" + ").filter(known).collect();
    (!terms.is_empty()).then(|| terms.join(" + "))
}

/// Adds the rules of items and bytes that datasets gain and hold.
fn items(draft: &mut Draft<'_>) {
    let names: Vec<String> = draft.datasets.keys().cloned().collect();
    for name in &names {
        let spec = draft.datasets[name].spec.clone();
        let id = |end: &str| format!("data.{name}.{end}");
        let label = |what: &str| format!("{}: {what}", spec.label);
        let (flow, day) = (id("new_items_per_second"), id("storage_per_day_bytes"));
        let (item, stock) = (id("item_bytes"), id("stock_bytes"));
        draft.network.declare(&flow, &label("new items per second"), Unit::PerSecond);
        for formula in &spec.flow {
            let Some(formula) = of_known_operations(draft, formula) else { continue };
            let formula = day_mean(draft, &formula);
            define(&mut draft.network, &flow, "", &formula);
        }
        match &spec.item {
            Some(spec) => draft.fill(&item, &label("bytes of one item"), spec),
            None => {
                let ((low, mid, high), why) = if spec.shape == Shape::Blob {
                    ((1e5, 1e6, 1e7), "an object: pictures and documents take about 1 MB")
                } else {
                    ((200.0, 1e3, 5e3), "a record of a few fields, stored with its index")
                };
                let value = Interval::quantiles(low, mid, high);
                draft.assume(&item, &label("bytes of one item"), value, why);
            }
        }
        let network = &mut draft.network;
        define(network, &day, &label("bytes added in a day"), &format!("{flow} * 86400 * {item}"));
        define(network, &flow, "", &format!("{day} / 86400 / {item}"));
        define(network, &item, "", &format!("{day} / 86400 / {flow}"));
        network.declare(&id("stock_items"), &label("items that stand today"), Unit::Count);
        for formula in &spec.stock_items {
            define(network, &id("stock_items"), "", formula);
        }
        define(
            network,
            &stock,
            &label("bytes that stand today"),
            &format!("{} * {item}", id("stock_items")),
        );
        let items = format!("{stock} / {item}");
        define(network, &id("stock_items"), "", &items);
        keeping(draft, name, &label);
    }
}

/// Adds how long, how often and how safely a dataset is kept, and how reads spread over it.
fn keeping(draft: &mut Draft<'_>, name: &str, label: &dyn Fn(&str) -> String) {
    let spec = draft.datasets[name].spec.clone();
    let id = |end: &str| format!("data.{name}.{end}");
    let general = |draft: &mut Draft<'_>, end: &str, what: &str, value: f64, why: &str| {
        let own = id(end);
        if draft.network.is_stated(&own) {
            return;
        }
        if draft.network.is_stated(end) {
            draft.formula(&own, &label(what), end);
        } else {
            draft.assume(&own, &label(what), Interval::exact(value), why);
        }
    };
    match &spec.copies {
        Some(copies) if !draft.network.is_stated("copies") => {
            draft.fill(&id("copies"), &label("copies"), copies);
        }
        _ => general(draft, "copies", "copies", 3.0, "one in each of three zones"),
    }
    let rpo = spec.rpo_seconds.unwrap_or(if spec.critical { 0.0 } else { 60.0 });
    general(draft, "rpo_seconds", "data that may be lost", rpo, "customary for such data");
    let rto = spec.rto_seconds.unwrap_or(900.0);
    general(draft, "rto_seconds", "time until it is back", rto, "customary for such data");
    let retention = id("retention_seconds");
    if !draft.network.is_stated(&retention) {
        if draft.network.is_stated("retention_seconds") && spec.in_totals {
            draft.formula(&retention, &label("kept for"), "retention_seconds");
        } else if let Some(spec) = &spec.retention {
            draft.fill(&retention, &label("kept for"), spec);
        }
    }
    if let Some(popularity) = &spec.popularity {
        draft.fill(&id("zipf_exponent"), &label("Zipf exponent of popularity"), &popularity.zipf);
        if let Some(half_life) = &popularity.half_life {
            draft.fill(
                &id("half_life_seconds"),
                &label("age at which interest has halved"),
                half_life,
            );
        }
        if let Some(ageless) = &popularity.ageless {
            draft.fill(&id("ageless_ratio"), &label("reads of keys of any age"), ageless);
        }
        for formula in &popularity.active_keys {
            draft.formula(&id("active_keys"), &label("items that are read at all"), formula);
        }
    }
}

/// Adds storage over the years, per dataset and in total.
fn storage(draft: &mut Draft<'_>) {
    let mut parts: Vec<(String, bool, bool, bool)> = Vec::new();
    for (name, dataset) in &draft.datasets {
        let network = &draft.network;
        let known = |end: &str| network.is_known(&format!("data.{name}.{end}"));
        let stated = |end: &str| network.rests_on_statements(&format!("data.{name}.{end}"));
        // A stated stock is what there is; an assumed inflow beside it would count twice, and so
        // would an assumed stock beside an inflow.
        let stated_stock = dataset.stock_stated || stated("stock_bytes");
        let flow = known("storage_per_day_bytes")
            && (!stated_stock || stated("new_items_per_second") || day_stated(network, name));
        let stock = known("stock_bytes") && (stated_stock || !flow);
        parts.push((name.clone(), flow, stock, known("retention_seconds")));
    }
    for (name, flow, stock, kept) in &parts {
        dataset_storage(draft, name, (*flow, *stock, *kept));
    }
    let counted: Vec<_> = parts
        .iter()
        .filter(|(name, flow, stock, _)| draft.datasets[name].spec.in_totals && (*flow || *stock))
        .cloned()
        .collect();
    storage_totals(draft, &counted);
}

/// Returns whether the brief states what a dataset gains in a day.
fn day_stated(network: &Network, name: &str) -> bool {
    network.rests_on_statements(&format!("data.{name}.storage_per_day_bytes"))
}

fn dataset_storage(draft: &mut Draft<'_>, name: &str, (flow, stock, kept): (bool, bool, bool)) {
    let label = draft.datasets[name].spec.label.clone();
    let id = |end: &str| format!("data.{name}.{end}");
    let own = id("growth_ratio");
    let growth = [own.as_str(), "growth_ratio"].into_iter().find(|g| draft.network.is_stated(g));
    // Where anything grows, what does not grow counts in the totals as it is.
    let growing = draft.network.is_stated("growth_ratio")
        || draft
            .datasets
            .keys()
            .any(|d| draft.network.is_stated(&format!("data.{d}.growth_ratio")));
    let growth = growth.map(str::to_owned);
    let (day, retention) = (id("storage_per_day_bytes"), id("retention_seconds"));
    let days = |days: u32| {
        if kept { format!("min({days}, {retention} / 86400)") } else { format!("{days}") }
    };
    let network = &mut draft.network;
    if flow {
        let formula = format!("{day} * {}", days(30));
        define(
            network,
            &id("storage_per_month_bytes"),
            &format!("{label}: bytes added in 30 days"),
            &formula,
        );
    }
    for years in YEARS {
        let mut terms = Vec::new();
        let mut items = Vec::new();
        let mut grown = Vec::new();
        if stock {
            terms.push(id("stock_bytes"));
            items.push(id("stock_items"));
            if let Some(growth) = &growth {
                grown.push(format!("{} * (1 + {growth})^{years}", id("stock_bytes")));
            }
        }
        if flow {
            terms.push(format!("{day} * {}", days(365 * years)));
            items.push(format!("{} * 86400 * {}", id("new_items_per_second"), days(365 * years)));
            if let Some(growth) = &growth {
                grown.push(grown_flow(&day, growth, years, kept.then_some(retention.as_str())));
            }
        }
        if terms.is_empty() {
            continue;
        }
        let what = format!("{label}: one copy after {years} y");
        define(network, &id(&format!("storage_{years}y_bytes")), &what, &terms.join(" + "));
        let replicated = format!("{} * {}", id(&format!("storage_{years}y_bytes")), id("copies"));
        let what = format!("{label}: all copies after {years} y");
        define(network, &id(&format!("storage_{years}y_replicated_bytes")), &what, &replicated);
        let what = format!("{label}: items after {years} y");
        define(network, &id(&format!("items_{years}y")), &what, &items.join(" + "));
        if grown.is_empty() && growing {
            grown.push(id(&format!("storage_{years}y_bytes")));
        }
        if !grown.is_empty() {
            let what = format!("{label}: one copy after {years} y of growth");
            define(
                network,
                &id(&format!("storage_{years}y_growth_bytes")),
                &what,
                &grown.join(" + "),
            );
        }
    }
    tiers(draft, name);
}

/// Returns the bytes that a flow has added after `years`, in yearly steps from today's rate, of
/// which the last `retention` is kept.
fn grown_flow(day: &str, growth: &str, years: u32, retention: Option<&str>) -> String {
    let year = |k: u32| {
        let share = retention.map_or_else(String::new, |retention| {
            let age = years - 1 - k;
            format!(" * max(0, min(1, {retention} / 31536000 - {age}))")
        });
        format!("(1 + {growth})^{k}{share}")
    };
    let sum: Vec<String> = (0..years).map(year).collect();
    format!("{day} * 365 * ({})", sum.join(" + "))
}

/// Adds the bytes of each tier: what is between the end of the tier before and its own.
fn tiers(draft: &mut Draft<'_>, name: &str) {
    let day = format!("data.{name}.storage_per_day_bytes");
    if !draft.network.is_known(&day) {
        return;
    }
    let mut from = "0".to_owned();
    for (tier, until) in draft.datasets[name].tiers.clone() {
        let id = format!("data.{name}.{tier}_bytes");
        let formula = format!("{day} * max(0, {until} - {from}) / 86400");
        let label = format!("{name}: bytes that are {tier}");
        define(&mut draft.network, &id, &label, &formula);
        from = until;
    }
}

fn storage_totals(draft: &mut Draft<'_>, counted: &[(String, bool, bool, bool)]) {
    let network = &mut draft.network;
    let sum = |end: &str, flows: bool| {
        let ids: Vec<_> = counted
            .iter()
            .filter(|(_, flow, _, _)| *flow || !flows)
            .map(|(name, ..)| format!("data.{name}.{end}"))
            .collect();
        ids.join(" + ")
    };
    let flowing = counted.iter().any(|(_, flow, _, _)| *flow);
    if flowing {
        let label = "bytes added in a day, one copy";
        define(network, "storage_per_day_bytes", label, &sum("storage_per_day_bytes", true));
        let label = "bytes added in 30 days, one copy";
        define(network, "storage_per_month_bytes", label, &sum("storage_per_month_bytes", true));
    }
    if counted.is_empty() {
        return;
    }
    for years in YEARS {
        let all = [
            ("bytes", "one copy"),
            ("replicated_bytes", "all copies"),
            ("growth_bytes", "one copy with growth"),
        ];
        for (end, what) in all {
            let id = format!("storage_{years}y_{end}");
            let label = format!("stored after {years} y, {what}");
            define(network, &id, &label, &sum(&id, false));
        }
        let label = format!("items after {years} y");
        define(
            network,
            &format!("objects_{years}y"),
            &label,
            &sum(&format!("items_{years}y"), false),
        );
    }
}
