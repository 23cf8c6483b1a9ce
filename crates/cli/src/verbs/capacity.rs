//! `tenfold simulate --capacity`

use std::fmt::Write as _;

use tenfold_sim::{Capacity, Model, capacity};
use tenfold_units::{Seed, Unit};

use crate::arguments::{Arguments, Format, Simulate};
use crate::{Exit, output};

/// Searches for the highest load of plain queues.
pub(super) fn run(arguments: &Arguments, verb: &Simulate, model: &Model, budget: u64) -> Exit {
    match capacity(model, &verb.capacity, Seed(arguments.seed), budget) {
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
