//! `tenfold simulate --compare`

use std::fmt::Write as _;
use std::path::Path;

use tenfold_architect::{Catalog, compare_designs};
use tenfold_design::{Design, Loaded};
use tenfold_sim::{Comparison, Model, Shown, compare};
use tenfold_units::{Seed, Unit};

use super::check::unreadable;
use super::simulate::plain;
use crate::arguments::{Arguments, Format, Simulate};
use crate::{Exit, output};

/// Runs two models of plain queues in pairs.
pub(super) fn run(
    arguments: &Arguments,
    verb: &Simulate,
    first: &Model,
    other: &Path,
    budget: u64,
) -> Exit {
    let text = match super::read_text(other) {
        Ok(text) => text,
        Err(exit) => return exit,
    };
    if super::simulate::is_design(&text) {
        output::error(&format!(
            "{}: a design beside plain queues: compare two of a kind",
            other.display()
        ));
        return Exit::Unusable;
    }
    let second = match plain(other, &text) {
        Ok(model) => model,
        Err(exit) => return exit,
    };
    let found = compare(first, &second, Seed(arguments.seed), budget);
    if found.figures.is_empty() {
        output::error(&format!(
            "{} and {} have no stream and no station of the same name: nothing can be compared",
            verb.file.display(),
            other.display()
        ));
        return Exit::Unusable;
    }
    match verb.format {
        Format::Json => output::result(&super::json(&found)),
        Format::Text => output::result(&print(&found)),
    }
    Exit::Ok
}

/// Events of all runs of two designs, unless told otherwise: about a minute of a core.
const DESIGN_BUDGET: u64 = 80_000_000;

/// Runs two designs in pairs, at the peak of each.
pub(super) fn designs(
    arguments: &Arguments,
    verb: &Simulate,
    loaded: &Loaded,
    other: &Path,
) -> Exit {
    let text = match super::read_text(other) {
        Ok(text) => text,
        Err(exit) => return exit,
    };
    let (path, there) = (verb.file.display().to_string(), other.display().to_string());
    let second = match Design::from_yaml(&text) {
        Ok(second) => second,
        Err(problems) => return unreadable(&there, &problems),
    };
    let catalog = Catalog::builtin();
    let ledger = |path: &str, loaded: &Loaded| match tenfold_design::review(loaded, &catalog) {
        Ok(reviewed) => Ok(reviewed.ledger),
        Err(problems) => Err(unreadable(path, &problems)),
    };
    let (mut here, mut beside) = match (ledger(&path, loaded), ledger(&there, &second)) {
        (Ok(here), Ok(beside)) => (here, beside),
        (Err(exit), _) | (_, Err(exit)) => return exit,
    };
    let (seed, budget) = (Seed(arguments.seed), verb.budget.unwrap_or(DESIGN_BUDGET));
    let found = super::on_threads(arguments, || {
        let (first, second) = ((&loaded.design, &mut here), (&second.design, &mut beside));
        compare_designs(first, second, &catalog, seed, budget)
    });
    match found {
        Ok(found) => {
            match verb.format {
                Format::Json => output::result(&super::json(&found)),
                Format::Text => output::result(&print(&found)),
            }
            Exit::Ok
        }
        Err(error) => super::capacity::cannot(&path, &error),
    }
}

fn print(found: &Comparison) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "seed {}, {} pairs of runs; second minus first", found.seed, found.pairs);
    for (name, figure) in &found.figures {
        let unit = unit(name);
        let word = match figure.shown {
            Shown::Higher => "higher",
            Shown::Lower => "lower",
            Shown::Same => "the same",
            Shown::Nothing => "no difference shown",
        };
        let interval = figure.difference.interval().map_or_else(String::new, |(low, high)| {
            format!(
                "  {} ({} to {})",
                signed(unit, figure.difference.value),
                signed(unit, low),
                signed(unit, high)
            )
        });
        let interval = if figure.shown == Shown::Same { String::new() } else { interval };
        let _ = writeln!(
            out,
            "{name:24} {:>10} {:>10}{interval}  {word}",
            unit.print(figure.first),
            unit.print(figure.second)
        );
    }
    for name in &found.only_in_one {
        let _ = writeln!(out, "{name}: in one model only");
    }
    out
}

fn signed(unit: Unit, value: f64) -> String {
    if value < 0.0 { format!("-{}", unit.print(-value)) } else { format!("+{}", unit.print(value)) }
}

/// The unit that the end of a figure's name tells.
fn unit(name: &str) -> Unit {
    match name.rsplit('.').next() {
        Some("throughput" | "goodput") => Unit::PerSecondSimulated,
        Some("dropped" | "utilization" | "availability" | "hit_ratio") => Unit::Ratio,
        Some("queue_length") => Unit::Count,
        _ => Unit::Seconds,
    }
}
