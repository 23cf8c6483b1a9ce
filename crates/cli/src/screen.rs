//! What `tenfold design` prints: a screen that tells the whole story.

use std::fmt::Write as _;
use std::path::Path;

use tenfold_architect::{KillWhat, Plan, Trial, TrialKind, VerdictKind};
use tenfold_brief::Severity;
use tenfold_design::Kind;
use tenfold_report::words;
use tenfold_units::{Language, Quality};

/// Returns what is known before the losses are simulated: everything above them on the screen.
pub(crate) fn first_look(plan: &Plan) -> String {
    let mut out = head(plan);
    objectives(plan, &mut out);
    out.push_str("  a first look by few events; losses and stress follow\n\n");
    out
}

/// Returns the screen of a plan that was written to `folder`.
pub(crate) fn design(plan: &Plan, folder: &Path, files: usize) -> String {
    let mut out = head(plan);
    objectives(plan, &mut out);
    losses(plan, &mut out);
    for (index, weakness) in plan.weaknesses.iter().enumerate() {
        let head = if index == 0 { "Weakest" } else { "" };
        let text = words::fill(&weakness.text, Language::En, &plan.ledger);
        let _ = writeln!(out, "{head:10}{} {text}", index + 1);
    }
    cost(plan, &mut out);
    for (index, limit) in plan.binding_limits().iter().enumerate() {
        let head = if index == 0 { "Infeasible" } else { "" };
        let _ = writeln!(out, "{head:11}{}", words::fill(limit, Language::En, &plan.ledger));
    }
    if plan.is_infeasible() {
        out.push('\n');
    }
    let events: u64 = plan.trials.iter().map(|trial| trial.events).sum();
    let runs: u32 = plan.trials.iter().map(|trial| trial.runs).sum();
    let _ = writeln!(
        out,
        "Wrote {} ({files} files; open index.html)   {:.1} M events, {runs} runs",
        folder.display(),
        events as f64 / 1e6
    );
    let example =
        if plan.ledger.contains("read_qps_peak") { "read_qps_peak" } else { &plan.cost.total };
    let _ = writeln!(out, "Next: tenfold explain {} {example}", folder.join("plan.json").display());
    out
}

/// What was read, the load and the parts.
fn head(plan: &Plan) -> String {
    let mut out = String::new();
    let place = &plan.design.place;
    let _ = writeln!(
        out,
        "tenfold {}   seed {}   catalogue {}   {} {}, zones {}\n",
        plan.version,
        plan.seed.0,
        plan.catalogue,
        place.provider,
        place.region,
        place.zones.join(" ")
    );
    read(plan, &mut out);
    load(plan, &mut out);
    parts(plan, &mut out);
    out
}

fn read(plan: &Plan, out: &mut String) {
    let estimate = &plan.estimate;
    let unverified = estimate.assumptions.iter().filter(|a| a.quality == Quality::Recall).count();
    let _ = writeln!(
        out,
        "{:10}{} not understood; {} readings to confirm, {} assumptions ({unverified} unverified)",
        "Read",
        estimate.not_understood.len(),
        estimate.readings.len(),
        estimate.assumptions.len()
    );
    for reading in &estimate.readings {
        let _ = writeln!(
            out,
            "  ? {}:{}  \"{}\" {}; {}",
            reading.line, reading.column, reading.text, reading.read_as, reading.help
        );
    }
    for diagnostic in plan.diagnostics.iter().filter(|d| d.severity == Severity::Warning) {
        let span = diagnostic.span;
        let _ = writeln!(out, "  ! {}:{}  {}", span.line, span.column, diagnostic.message);
    }
    out.push('\n');
}

fn load(plan: &Plan, out: &mut String) {
    let _ = writeln!(out, "{:24}{:>12}{:>14}   likely range at peak", "Load", "average", "peak");
    for operation in &plan.estimate.operations {
        let Some(peak) = plan.ledger.get(&operation.qps_peak) else { continue };
        let _ = writeln!(
            out,
            "  {:22}{:>12}{:>14}   {} to {}",
            operation.name,
            words::print(&plan.ledger, &operation.qps_avg),
            peak.print(),
            peak.print_low(),
            peak.print_high()
        );
    }
    let stored = ["storage_per_day_bytes", "storage_1y_bytes", "storage_5y_bytes"];
    if stored.iter().all(|id| plan.ledger.contains(id)) {
        let print = |id| words::print(&plan.ledger, id);
        let _ = writeln!(
            out,
            "  {:22}{:>12} a day, {} in 1 year, {} in 5 years (one copy)",
            "stored",
            print(stored[0]),
            print(stored[1]),
            print(stored[2])
        );
    }
    out.push('\n');
}

fn parts(plan: &Plan, out: &mut String) {
    for (index, (name, component)) in plan.design.components.iter().enumerate() {
        let head = if index == 0 { "Design" } else { "" };
        let runs = &component.runs;
        let version = runs.version.as_deref().unwrap_or_default();
        let count = match (&runs.instance, plan.design.instances(component)) {
            (Some(instance), count) => format!("{count} x {instance}"),
            (None, _) if component.kind == Kind::External => "run by others".to_owned(),
            (None, _) if runs.managed => "managed".to_owned(),
            (None, _) => "in the process of its users".to_owned(),
        };
        let technology = format!("{} {version}", runs.technology);
        let _ = writeln!(out, "{head:10}{name:20} {:22}{count}", technology.trim());
    }
    let decided = plan.choices.iter().filter_map(|choice| choice.pin.as_ref());
    let mut pins: Vec<_> = decided.chain(&plan.answers).collect();
    // One line of the brief may decide several choices.
    pins.sort_by_key(|pin| (pin.line, pin.column, pin.holds));
    pins.dedup_by_key(|pin| (pin.line, pin.column, pin.holds));
    for pin in pins {
        let holds = if pin.holds { "holds" } else { "DOES NOT HOLD" };
        let _ =
            writeln!(out, "  your choice {}:{} \"{}\": {holds}", pin.line, pin.column, pin.text);
    }
    out.push('\n');
}

fn objectives(plan: &Plan, out: &mut String) {
    let _ = writeln!(
        out,
        "{:24}{:>12}{:>14}   {:32}verdict",
        "Objectives", "limit", "analytic", "simulated (95 %)"
    );
    for verdict in &plan.verdicts {
        let print = |id: &Option<String>| {
            id.as_ref().map_or_else(|| "-".to_owned(), |id| words::print(&plan.ledger, id))
        };
        let simulated = verdict.simulated.as_ref().map_or_else(
            || "not enough data".to_owned(),
            |id| {
                let figure = &plan.ledger[id.as_str()];
                let unit = figure.unit;
                let (low, high) = (figure.interval.low, figure.interval.high);
                if figure.interval.is_exact() {
                    return figure.print();
                }
                let (low, high) = (unit.print(low), unit.print(high));
                // Near 1 a ratio's ends may print alike.
                if low == high { low } else { format!("{} ({low} to {high})", figure.print()) }
            },
        );
        let word = match verdict.verdict {
            VerdictKind::Met => "met",
            VerdictKind::Undecided => "undecided",
            VerdictKind::Missed => "MISSED",
        };
        let _ = writeln!(
            out,
            "  {:22}{:>12}{:>14}   {simulated:32} {word}",
            verdict.objective,
            words::print(&plan.ledger, &verdict.limit),
            print(&verdict.analytic)
        );
    }
}

/// What was survived: single instances and zones have to be, whole components are shown.
fn losses(plan: &Plan, out: &mut String) {
    let of = |what: KillWhat| -> Vec<&Trial> {
        let is =
            |trial: &&Trial| matches!(&trial.kind, TrialKind::Kill(fault) if fault.what == what);
        plan.trials.iter().filter(is).collect()
    };
    let counted = |trials: &[&Trial]| {
        let survived = trials.iter().filter(|trial| trial.breaks.is_empty()).count();
        format!("{survived} of {}", trials.len())
    };
    let (instances, zones) = (of(KillWhat::Instance), of(KillWhat::Zone));
    let components = of(KillWhat::Component);
    let alike = if zones.len() == 1 { " (zones are alike)" } else { "" };
    let _ = writeln!(
        out,
        "  one lost at peak survived: instances {}, zones {}{alike}; a whole component: {}",
        counted(&instances),
        counted(&zones),
        counted(&components)
    );
    for trial in instances.iter().chain(&zones).filter(|trial| !trial.breaks.is_empty()) {
        let _ = writeln!(out, "    {} breaks {}", trial.id, trial.breaks.join(", "));
    }
    out.push('\n');
}

fn cost(plan: &Plan, out: &mut String) {
    let total = &plan.ledger[plan.cost.total.as_str()];
    let unit = total.unit;
    let shares: Vec<String> = plan
        .cost
        .components
        .iter()
        .take(3)
        .map(|(name, id)| format!("{name} {}", words::print(&plan.ledger, id)))
        .collect();
    let _ = writeln!(
        out,
        "\n{:10}{} ({} to {}): {}",
        "Cost",
        total.print(),
        unit.print(total.interval.low),
        unit.print(total.interval.high),
        shares.join(", ")
    );
    let redesigned: Vec<String> = plan
        .redesigns
        .iter()
        .map(|redesign| format!("{} {}", redesign.id, words::print(&plan.ledger, &redesign.cost)))
        .collect();
    let _ = writeln!(out, "{:10}redesigned for {}\n", "", redesigned.join(", "));
}
