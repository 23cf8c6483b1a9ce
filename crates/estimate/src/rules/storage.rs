//! Items and bytes: what datasets gain, hold and keep over the years.

use tenfold_units::{Interval, Unit};

use super::{YEARS, define};
use crate::Shape;
use crate::draft::Draft;
use crate::network::Network;

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
pub(super) fn items(draft: &mut Draft<'_>) {
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
        // "2 TB of logs a day, 250 bytes a line": the rate of lines.
        if let ([only], true) = (&spec.flow[..], draft.network.is_stated(&day)) {
            let rate = only.strip_prefix("op.").and_then(|rest| rest.strip_suffix(".qps_avg"));
            let all_day =
                |name: &str| draft.operations.get(name).is_some_and(|o| o.window.is_none());
            if rate.is_some_and(all_day) {
                define(&mut draft.network, only, "", &flow);
            }
        }
        let network = &mut draft.network;
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
pub(super) fn storage(draft: &mut Draft<'_>) {
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
