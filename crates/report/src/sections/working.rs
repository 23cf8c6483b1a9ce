//! How a figure came about, in one line.

use tenfold_estimate::Origin;
use tenfold_units::{Ledger, Provenance, Quality};

use crate::document::{code, plain};

/// Returns the working of a figure: the formula with its inputs, or the source.
pub(super) fn working(ledger: &Ledger, id: &str) -> String {
    let provenance = &ledger[id].provenance;
    if let Provenance::Derived { formula, inputs } = provenance {
        return derived(ledger, formula, inputs);
    }
    source(provenance)
}

/// Returns where a value comes from.
pub(super) fn source(provenance: &Provenance) -> String {
    match provenance {
        Provenance::Stated { line, column, text } => {
            format!("brief {line}:{column} \"{}\"", plain(text))
        }
        Provenance::Edited { line, text } => format!("edited, line {line}: {}", plain(text)),
        Provenance::Assumed { source, quality } => {
            let source = source.trim_start_matches("assumed: ");
            format!("assumed: {}{}", plain(source), doubt(*quality))
        }
        Provenance::Derived { formula, .. } => code(formula),
        Provenance::Fact { id, as_of, quality, .. } => {
            format!("fact {} ({as_of}){}", code(id), doubt(*quality))
        }
        Provenance::Simulated { scenario, seed } => {
            format!("simulated: {}, seed {seed}", plain(scenario))
        }
        Provenance::Measured { run } => format!("measured: {}", plain(run)),
    }
}

/// Returns where a requirement comes from.
pub(super) fn origin(origin: &Origin) -> String {
    match origin {
        Origin::Stated { line, column, text } => {
            format!("brief {line}:{column} \"{}\"", plain(text))
        }
        Origin::Proposed { reason } => format!("proposed: {}", plain(reason)),
    }
}

fn doubt(quality: Quality) -> &'static str {
    match quality {
        Quality::Recall => ", unverified",
        Quality::File | Quality::Measured | Quality::Excerpt | Quality::Derived => "",
    }
}

/// The formula, and the same with the inputs' printed values where that stays readable.
fn derived(ledger: &Ledger, formula: &str, inputs: &[String]) -> String {
    const INPUTS_SHOWN: usize = 6;
    let shown = inputs.len() <= INPUTS_SHOWN && tenfold_units::Expression::parse(formula).is_ok();
    let names = code(formula);
    if !shown || inputs.is_empty() {
        return names;
    }
    let mut values = String::new();
    let mut rest = formula;
    while !rest.is_empty() {
        let word = rest.starts_with(char::is_alphabetic);
        let end = rest
            .find(|c: char| word != (c.is_alphanumeric() || matches!(c, '_' | '.' | '-')))
            .unwrap_or(rest.len());
        // Text that does not start a word ends where the next letter begins.
        let end = if word { end } else { rest.find(char::is_alphabetic).unwrap_or(rest.len()) };
        let (piece, tail) = rest.split_at(end.max(1));
        match ledger.get(piece) {
            Some(figure) if word => values.push_str(&figure.print()),
            _ => values.push_str(&piece.replace('*', "×")),
        }
        rest = tail;
    }
    format!("{names} = {}", plain(&values))
}
