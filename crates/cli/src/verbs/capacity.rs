//! `tenfold simulate --capacity`

use std::fmt::Write as _;

use tenfold_architect::{CannotRehearse, Carried, Catalog, carry};
use tenfold_design::Loaded;
use tenfold_sim::{Capacity, LoadObjective, Model, capacity};
use tenfold_units::{Seed, Unit};

use super::check::unreadable;
use crate::arguments::{Arguments, Format, Simulate};
use crate::{Exit, output};

/// Searches for the highest load of plain queues.
pub(super) fn run(
    arguments: &Arguments,
    verb: &Simulate,
    model: &Model,
    objectives: &[LoadObjective],
    budget: u64,
) -> Exit {
    if objectives.is_empty() {
        output::error("--capacity: plain queues have no objectives; write for example p99=200ms");
        return Exit::Unusable;
    }
    match capacity(model, objectives, Seed(arguments.seed), budget) {
        Ok(found) => {
            match verb.format {
                Format::Json => output::result(&super::json(&found)),
                Format::Text => output::result(&text(&found)),
            }
            Exit::Ok
        }
        Err(message) => {
            output::error(&format!("{}: {message}", verb.file.display()));
            Exit::Unusable
        }
    }
}

/// Events of a search over a design, unless told otherwise: about a minute of a core.
const DESIGN_BUDGET: u64 = 100_000_000;

/// Searches for the highest load of a design.
pub(super) fn design(
    arguments: &Arguments,
    verb: &Simulate,
    loaded: &Loaded,
    objectives: &[LoadObjective],
) -> Exit {
    let path = verb.file.display().to_string();
    if !objectives.is_empty() {
        output::error(&format!(
            "{path}: a design has objectives of its own; write --capacity alone"
        ));
        return Exit::Unusable;
    }
    let catalog = Catalog::builtin();
    let mut ledger = match tenfold_design::review(loaded, &catalog) {
        Ok(reviewed) => reviewed.ledger,
        Err(problems) => return unreadable(&path, &problems),
    };
    let (seed, budget) = (Seed(arguments.seed), verb.budget.unwrap_or(DESIGN_BUDGET));
    let found =
        super::on_threads(arguments, || carry(&loaded.design, &mut ledger, &catalog, seed, budget));
    match found {
        Ok(found) if found.judged.is_empty() => {
            output::error(&format!(
                "{path}: no objective of it is a latency or a share of answers"
            ));
            Exit::Unusable
        }
        Ok(found) => {
            match verb.format {
                Format::Json => output::result(&super::json(&found)),
                Format::Text => output::result(&words(&found)),
            }
            Exit::Ok
        }
        Err(error) => cannot(&path, &error),
    }
}

/// Says why a design cannot be run.
pub(super) fn cannot(path: &str, error: &CannotRehearse) -> Exit {
    match error {
        CannotRehearse::Scenario(error) => {
            for problem in &error.diagnostics {
                output::error(&format!("{path}:{problem}"));
            }
        }
        CannotRehearse::Budget(least) => {
            output::error(&format!("{path}: takes {least} events at least; raise --budget"));
        }
    }
    Exit::Unusable
}

fn words(found: &Carried) -> String {
    let mut out = String::new();
    let cells =
        if found.cells > 1.0 { format!(", one cell of {:.0}", found.cells) } else { String::new() };
    let _ = writeln!(
        out,
        "seed {}, {} runs, {:.1} M events{cells}; judged: {}",
        found.seed.0,
        found.runs,
        found.events as f64 / 1e6,
        found.judged.join(", ")
    );
    let mut line = |what: &str, factor: Option<f64>| {
        let factor =
            factor.map_or_else(|| "not found".to_owned(), |f| format!("{f:.3} x the peak"));
        let _ = writeln!(out, "{what:12} {factor}");
    };
    line("met up to", found.met_up_to);
    line("about", found.about);
    line("missed from", found.missed_from);
    if !found.missed.is_empty() {
        let _ = writeln!(out, "first missed {}", found.missed.join(", "));
    }
    for (index, part) in found.gives_out.iter().enumerate() {
        let what = if index == 0 { "gives out" } else { "then" };
        let _ = writeln!(
            out,
            "{what:12} {}  {} busy there, full at {:.2} x the peak",
            part.component,
            Unit::Ratio.print(part.utilization),
            part.full_at
        );
    }
    out
}

fn text(found: &Capacity) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "seed {}, {} runs", found.seed, found.runs);
    let mut line = |what: &str, factor: Option<f64>| {
        let factor =
            factor.map_or_else(|| "not found".to_owned(), |f| format!("{f:.3} x the load"));
        let _ = writeln!(out, "{what:12} {factor}");
    };
    line("met up to", found.met_up_to);
    line("about", found.about);
    line("missed from", found.missed_from);
    if !found.missed.is_empty() {
        let _ = writeln!(out, "first missed {}", found.missed.join(", "));
    }
    for (index, strain) in found.gives_out.iter().enumerate() {
        let _ =
            write!(out, "{:12} {}", if index == 0 { "gives out" } else { "then" }, strain.station);
        if let Some(utilization) = strain.utilization {
            let _ = write!(out, "  {} busy", Unit::Ratio.print(utilization));
        }
        match strain.delayed {
            Some(delayed) => {
                let _ = write!(out, "  {} delayed", Unit::Count.print(delayed));
            }
            None => out.push_str("  its queue grows without bound"),
        }
        if strain.lost_rps > 0.0 {
            let _ = write!(out, "  {} lost", Unit::PerSecondSimulated.print(strain.lost_rps));
        }
        out.push('\n');
    }
    out
}
