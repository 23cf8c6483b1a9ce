//! `tenfold estimate`

use std::fmt::Write as _;

use tenfold_architect::{Catalog, read};
use tenfold_brief::Format as BriefFormat;
use tenfold_estimate::{Estimate, Outcome};

use crate::arguments::{Estimate as Verb, Format};
use crate::{Exit, diagnostics, output};

pub(crate) fn run(verb: &Verb) -> Exit {
    let source = match super::read(&verb.brief) {
        Ok(source) => source,
        Err(exit) => return exit,
    };
    let path = verb.brief.display().to_string();
    let estimate = read(&source, BriefFormat::of_file_name(&path), &Catalog::builtin());
    diagnostics::print(&path, &source, &estimate.diagnostics);
    match verb.format {
        Format::Json => output::result(&super::json(&estimate.to_document())),
        // Of a brief that could not be read there is nothing to show.
        Format::Text if estimate.name.is_empty() && estimate.operations.is_empty() => {}
        Format::Text => output::result(&text(&estimate)),
    }
    exit(estimate.outcome)
}

/// Returns the exit status of an outcome.
pub(crate) fn exit(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Ok => Exit::Ok,
        Outcome::Infeasible => Exit::Negative,
        Outcome::Error | Outcome::NeedsInput => Exit::Unusable,
    }
}

fn text(estimate: &Estimate) -> String {
    let mut out = String::new();
    let (name, kind) = (&estimate.name, &estimate.archetype.label);
    let _ = writeln!(out, "{name}, read as: {kind}");
    let width = estimate.ledger.iter().map(|(id, _)| id.len()).max().unwrap_or(0).min(48);
    for (id, figure) in estimate.ledger.iter() {
        let interval = figure.interval;
        let range = if interval.is_exact() {
            String::new()
        } else {
            format!("  ({} to {})", figure.print_low(), figure.print_high())
        };
        let _ = writeln!(out, "  {id:width$}  {:>16}{range}", figure.print());
    }
    out
}
