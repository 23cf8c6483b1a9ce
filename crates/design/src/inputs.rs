//! The inputs of a design as figures, and figures as inputs.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use tenfold_catalog::Catalog;
use tenfold_units::{Expression, Figure, Interval, Ledger, Meaning, Provenance, Quality, Unit};

use crate::types::{Amount, Design, Dimension, Formula, Input};

/// Returns the inputs that these formulas rest on, down to the leaves, in the order of their ids.
pub(crate) fn of(ledger: &Ledger, formulas: &[Formula]) -> IndexMap<String, Input> {
    let mut wanted = BTreeSet::new();
    for formula in formulas {
        for id in ids(&formula.0) {
            collect(ledger, &id, &mut wanted);
        }
    }
    wanted.into_iter().map(|id| (id.clone(), input(&id, &ledger[id.as_str()]))).collect()
}

fn ids(formula: &str) -> Vec<String> {
    Expression::parse(formula).map(|e| e.inputs().to_vec()).unwrap_or_default()
}

fn collect(ledger: &Ledger, id: &str, wanted: &mut BTreeSet<String>) {
    if !wanted.insert(id.to_owned()) {
        return;
    }
    if let Some(formula) = formula_of(ledger, &ledger[id]) {
        for input in ids(&formula) {
            collect(ledger, &input, wanted);
        }
    }
}

/// Returns the formula of a derived figure that a ledger can compute again.
fn formula_of(ledger: &Ledger, figure: &Figure) -> Option<String> {
    let Provenance::Derived { formula, .. } = &figure.provenance else { return None };
    let expression = Expression::parse(formula).ok()?;
    expression.inputs().iter().all(|id| ledger.contains(id)).then(|| formula.clone())
}

fn input(id: &str, figure: &Figure) -> Input {
    let dimension = Dimension::of(figure.unit);
    let amount = |value| Some(Amount::new(value, dimension));
    let unit = (dimension.unit() != figure.unit).then_some(figure.unit);
    let empty = Input {
        low: None,
        mid: None,
        high: None,
        formula: None,
        unit,
        meaning: Meaning::Quantiles,
        label: if figure.label.is_empty() { id.to_owned() } else { figure.label.clone() },
        from: String::new(),
    };
    if let Provenance::Derived { formula, .. } = &figure.provenance
        && Expression::parse(formula).is_ok()
    {
        let (formula, unit) = (Some(Formula::new(formula.clone())), Some(figure.unit));
        return Input { formula, unit, ..empty };
    }
    let Interval { low, mid, high, meaning } = figure.interval;
    let wide = !figure.interval.is_exact();
    Input {
        low: if wide { amount(low) } else { None },
        mid: amount(mid),
        high: if wide { amount(high) } else { None },
        meaning,
        from: origin(&figure.provenance),
        ..empty
    }
}

const QUALITIES: [(&str, Quality); 5] = [
    ("file", Quality::File),
    ("measured", Quality::Measured),
    ("excerpt", Quality::Excerpt),
    ("derived", Quality::Derived),
    ("recall", Quality::Recall),
];

fn quality_word(quality: Quality) -> &'static str {
    QUALITIES.iter().find(|(_, q)| *q == quality).map_or("recall", |(word, _)| word)
}

/// Writes where a value comes from.
pub(crate) fn origin(provenance: &Provenance) -> String {
    match provenance {
        Provenance::Stated { line, column, text } => format!("stated {line}:{column} {text}"),
        Provenance::Edited { text, .. } => format!("edited {text}"),
        Provenance::Assumed { source, quality } => {
            format!("assumed ({}) {source}", quality_word(*quality))
        }
        Provenance::Derived { formula, .. } => format!("derived {formula}"),
        Provenance::Fact { id, .. } => format!("fact {id}"),
        Provenance::Simulated { scenario, seed } => format!("simulated {seed} {scenario}"),
        Provenance::Measured { run } => format!("measured {run}"),
    }
}

/// Reads what [`origin`] writes; anything else is a reason of the person who wrote it.
pub(crate) fn provenance(text: &str, catalog: &Catalog) -> Provenance {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    match word {
        "stated" => {
            let (place, words) = rest.split_once(' ').unwrap_or((rest, ""));
            let (line, column) = place.split_once(':').unwrap_or((place, ""));
            if let (Ok(line), Ok(column)) = (line.parse(), column.parse()) {
                return Provenance::Stated { line, column, text: words.to_owned() };
            }
        }
        "fact" => {
            let id = rest.split(' ').next().unwrap_or("");
            if let Some(fact) = catalog.fact(id) {
                return fact.provenance();
            }
            if let Some(station) = catalog.station(id) {
                return station.provenance();
            }
        }
        "assumed" => {
            let quality = QUALITIES.iter().find(|(word, _)| {
                rest.strip_prefix('(').is_some_and(|r| r.starts_with(&format!("{word})")))
            });
            if let Some((word, quality)) = quality {
                let source = rest[word.len() + 2..].trim_start().to_owned();
                return Provenance::Assumed { source, quality: *quality };
            }
        }
        _ => {}
    }
    Provenance::Assumed { source: text.to_owned(), quality: Quality::Recall }
}

impl Design {
    /// Returns a ledger of the design's inputs, each formula computed. A value that was changed by
    /// hand (`edited`: line and text by the input's name) has that as its origin.
    ///
    /// # Errors
    /// Says for each input that cannot be computed why: a formula over an unknown input, a circle, a
    /// value that is missing, ends out of order.
    pub fn ledger(
        &self,
        catalog: &Catalog,
        edited: &BTreeMap<String, (u32, String)>,
    ) -> Result<Ledger, Vec<(String, String)>> {
        let mut ledger = Ledger::default();
        let mut errors = Vec::new();
        let mut open: Vec<(&String, &Input)> = Vec::new();
        for (id, input) in &self.inputs {
            match (&input.mid, &input.formula) {
                (Some(mid), None) => match interval(input, mid.value) {
                    Some(interval) => {
                        let unit = input.unit.unwrap_or(mid.dimension.unit());
                        let origin = match edited.get(id) {
                            Some((line, text)) => {
                                Provenance::Edited { line: *line, text: text.clone() }
                            }
                            None => provenance(&input.from, catalog),
                        };
                        ledger.insert(id, &input.label, unit, interval, origin);
                    }
                    None => errors.push((id.clone(), "low, mid, high are out of order".to_owned())),
                },
                (None, Some(_)) => open.push((id, input)),
                _ => errors.push((id.clone(), "needs either `mid` or `formula`".to_owned())),
            }
        }
        while !open.is_empty() {
            let before = open.len();
            open.retain(|(id, input)| {
                let formula = input.formula.as_ref().map_or("", |formula| formula.0.as_str());
                if !ids(formula).iter().all(|id| ledger.contains(id)) {
                    return true;
                }
                let unit = input.unit.unwrap_or(Unit::Count);
                if let Err(error) = ledger.try_derive(id, &input.label, unit, formula) {
                    errors.push(((*id).clone(), error.to_string()));
                }
                false
            });
            if open.len() == before {
                for (id, _) in open.drain(..) {
                    let message = "its formula names an input that is not there, or itself";
                    errors.push((id.clone(), message.to_owned()));
                }
            }
        }
        if errors.is_empty() { Ok(ledger) } else { Err(errors) }
    }
}

fn interval(input: &Input, mid: f64) -> Option<Interval> {
    let low = input.low.map_or(mid, |amount| amount.value);
    let high = input.high.map_or(mid, |amount| amount.value);
    (low <= mid && mid <= high).then_some(Interval { low, mid, high, meaning: input.meaning })
}
