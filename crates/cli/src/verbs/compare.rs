//! `tenfold simulate --compare`

use std::fmt::Write as _;
use std::path::Path;

use tenfold_sim::{Comparison, Model, Shown, compare};
use tenfold_units::{Seed, Unit};

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
        output::error(&format!("{}: a design; --compare is for plain queues", other.display()));
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
        Some("throughput") => Unit::PerSecondSimulated,
        Some("dropped" | "utilization") => Unit::Ratio,
        Some("queue_length") => Unit::Count,
        _ => Unit::Seconds,
    }
}
