//! Figures that define each other, and the cheapest way to know each.
//!
//! A figure may have several definitions: what the brief states, formulas over other figures, facts
//! and assumptions. A statement costs nothing, an assumption 1, a formula what its inputs cost and
//! a little more. Every figure takes its cheapest definition (Knuth's generalization of Dijkstra's
//! algorithm), so a ratio is computed where both counts are stated and assumed only where one is
//! not, and two figures that define each other never chase their tails.

use std::collections::{BTreeMap, BTreeSet};

use tenfold_units::{Expression, Interval, Ledger, Provenance, Quality, Unit};

/// What a formula costs besides its inputs.
const FORMULA_COST: f64 = 0.001;
/// What an assumption costs.
const ASSUMPTION_COST: f64 = 1.0;
/// Definitions with a cost below this rest on statements alone.
const STATED_COST_MAX: f64 = 0.5;

/// One way to know a figure.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Definition {
    /// The brief states it.
    Stated { interval: Interval, line: u32, column: u32, text: String },
    /// Other figures give it.
    Formula(String),
    /// It is filled in.
    Assumed { interval: Interval, source: String, quality: Quality, why: String },
}

#[derive(Clone, Debug)]
struct Node {
    label: String,
    unit: Unit,
    definitions: Vec<Definition>,
}

/// A stated value that other statements contradict.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Conflict {
    /// The figure.
    pub(crate) figure: String,
    /// What it is, in words.
    pub(crate) label: String,
    /// The stated value: place and printed form.
    pub(crate) stated: (u32, u32, String),
    /// What the other statement or the formula over statements gives, printed.
    pub(crate) other: String,
    /// Lines of the statements on the other side.
    pub(crate) lines: Vec<u32>,
    /// The stated values of the other side in the words of the brief.
    pub(crate) texts: Vec<String>,
}

/// All figures of an estimate with their definitions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Network {
    nodes: BTreeMap<String, Node>,
    chosen: BTreeMap<String, (usize, f64)>,
}

impl Network {
    /// Makes a figure known; the first label and unit stay.
    pub(crate) fn declare(&mut self, id: &str, label: &str, unit: Unit) {
        self.nodes.entry(id.to_owned()).or_insert_with(|| Node {
            label: label.to_owned(),
            unit,
            definitions: Vec::new(),
        });
    }

    /// Adds a definition to a declared figure.
    ///
    /// # Panics
    /// Panics when the figure was not declared.
    pub(crate) fn define(&mut self, id: &str, definition: Definition) {
        let node = self.nodes.get_mut(id).unwrap_or_else(|| panic!("undeclared figure `{id}`"));
        if !node.definitions.contains(&definition) {
            node.definitions.push(definition);
        }
    }

    /// Declares a figure and adds a formula.
    pub(crate) fn formula(&mut self, id: &str, label: &str, unit: Unit, formula: &str) {
        self.declare(id, label, unit);
        self.define(id, Definition::Formula(formula.to_owned()));
    }

    /// Declares a figure and makes `formula` its only one.
    pub(crate) fn replace_formulas(&mut self, id: &str, label: &str, unit: Unit, formula: &str) {
        self.declare(id, label, unit);
        if let Some(node) = self.nodes.get_mut(id) {
            node.definitions.retain(|d| !matches!(d, Definition::Formula(_)));
        }
        self.define(id, Definition::Formula(formula.to_owned()));
    }

    /// Drops what was said of a figure.
    pub(crate) fn forget(&mut self, id: &str) {
        self.nodes.remove(id);
    }

    /// Declares a figure and adds an assumption.
    pub(crate) fn assume(
        &mut self,
        id: &str,
        label: &str,
        unit: Unit,
        (interval, source, quality, why): (Interval, &str, Quality, &str),
    ) {
        self.declare(id, label, unit);
        let (source, why) = (source.to_owned(), why.to_owned());
        self.define(id, Definition::Assumed { interval, source, quality, why });
    }

    /// Returns whether a figure is declared.
    pub(crate) fn contains(&self, id: &str) -> bool {
        self.nodes.contains_key(id)
    }

    /// Returns whether the brief states a figure.
    pub(crate) fn is_stated(&self, id: &str) -> bool {
        self.nodes.get(id).is_some_and(|node| {
            node.definitions.iter().any(|d| matches!(d, Definition::Stated { .. }))
        })
    }

    /// Lets `id` be stated where `other` is, in the same words: the two are one quantity.
    pub(crate) fn share_statement(&mut self, id: &str, other: &str) {
        let Some(node) = self.nodes.get(other) else { return };
        let exact = node.definitions.iter().find(|d| match d {
            Definition::Stated { interval, .. } => interval.is_exact(),
            Definition::Formula(_) | Definition::Assumed { .. } => false,
        });
        if let Some(definition) = exact.cloned() {
            self.define(id, definition);
        }
    }

    /// Returns whether [`solve`](Self::solve) found a way to know a figure.
    pub(crate) fn is_known(&self, id: &str) -> bool {
        self.chosen.contains_key(id)
    }

    /// Returns whether a figure is known from statements alone.
    pub(crate) fn rests_on_statements(&self, id: &str) -> bool {
        self.chosen.get(id).is_some_and(|(_, cost)| *cost < STATED_COST_MAX)
    }

    /// Returns the definition that was chosen for a figure.
    pub(crate) fn definition(&self, id: &str) -> Option<&Definition> {
        let (index, _) = self.chosen.get(id)?;
        Some(&self.nodes[id].definitions[*index])
    }

    /// Chooses the cheapest definition of every figure that can be known.
    ///
    /// # Errors
    /// Names the formula that cannot be read.
    pub(crate) fn solve(&mut self) -> Result<(), String> {
        let mut formulas = BTreeMap::new();
        for (id, node) in &self.nodes {
            for (index, definition) in node.definitions.iter().enumerate() {
                if let Definition::Formula(text) = definition {
                    let expression =
                        Expression::parse(text).map_err(|e| format!("figure `{id}`: {e}"))?;
                    formulas.insert((id.clone(), index), expression.inputs().to_vec());
                }
            }
        }
        self.chosen.clear();
        while let Some((id, index, cost)) = self.cheapest(&formulas) {
            self.chosen.insert(id, (index, cost));
        }
        Ok(())
    }

    /// Returns the cheapest definition of a figure that is not known yet.
    fn cheapest(
        &self,
        formulas: &BTreeMap<(String, usize), Vec<String>>,
    ) -> Option<(String, usize, f64)> {
        let mut best: Option<(String, usize, f64)> = None;
        for (id, node) in self.nodes.iter().filter(|(id, _)| !self.chosen.contains_key(*id)) {
            for (index, definition) in node.definitions.iter().enumerate() {
                let cost = match definition {
                    Definition::Stated { .. } => Some(0.0),
                    Definition::Assumed { .. } => Some(ASSUMPTION_COST),
                    Definition::Formula(_) => formulas[&(id.clone(), index)]
                        .iter()
                        .map(|input| self.chosen.get(input).map(|(_, cost)| *cost))
                        .sum::<Option<f64>>()
                        .map(|inputs| inputs + FORMULA_COST),
                };
                let Some(cost) = cost else { continue };
                if best.as_ref().is_none_or(|(_, _, least)| cost < *least) {
                    best = Some((id.clone(), index, cost));
                }
            }
        }
        best
    }

    /// Puts a figure and all that it rests on into the ledger; returns whether it is known.
    pub(crate) fn emit(&self, id: &str, ledger: &mut Ledger) -> bool {
        if ledger.contains(id) {
            return true;
        }
        let Some(definition) = self.definition(id) else { return false };
        let node = &self.nodes[id];
        match definition {
            Definition::Stated { interval, line, column, text } => {
                let provenance =
                    Provenance::Stated { line: *line, column: *column, text: text.clone() };
                ledger.insert(id, &node.label, node.unit, *interval, provenance);
            }
            Definition::Assumed { interval, source, quality, .. } => {
                let provenance = Provenance::Assumed { source: source.clone(), quality: *quality };
                ledger.insert(id, &node.label, node.unit, *interval, provenance);
            }
            Definition::Formula(text) => {
                let expression = Expression::parse(text).expect("solve has parsed it");
                for input in expression.inputs() {
                    assert!(self.emit(input, ledger), "input `{input}` of a known figure is known");
                }
                ledger.derive(id, &node.label, node.unit, text);
            }
        }
        true
    }

    /// Returns the contradictions between statements: two values of one figure, or a value against
    /// a formula whose inputs are all stated.
    pub(crate) fn conflicts(&self) -> Vec<Conflict> {
        let mut conflicts = Vec::new();
        for (id, node) in &self.nodes {
            let mut stated = node.definitions.iter().filter_map(|d| match d {
                Definition::Stated { interval, line, column, text } => {
                    Some((*interval, *line, *column, text))
                }
                Definition::Formula(_) | Definition::Assumed { .. } => None,
            });
            let Some(first) = stated.next() else { continue };
            for other in stated.filter(|other| disagree(first.0.mid, other.0.mid)) {
                conflicts.push(Conflict {
                    figure: id.clone(),
                    label: node.label.clone(),
                    stated: (other.1, other.2, node.unit.print(other.0.mid)),
                    other: node.unit.print(first.0.mid),
                    lines: vec![first.1],
                    texts: vec![first.3.clone()],
                });
            }
            conflicts.extend(self.against_formulas(id, node, first.0, (first.1, first.2)));
        }
        conflicts
    }

    fn against_formulas(
        &self,
        id: &str,
        node: &Node,
        stated: Interval,
        (line, column): (u32, u32),
    ) -> Option<Conflict> {
        for definition in &node.definitions {
            let Definition::Formula(text) = definition else { continue };
            let expression = Expression::parse(text).ok()?;
            let inputs = expression.inputs();
            if !inputs.iter().all(|input| self.rests_on_statements(input)) {
                continue;
            }
            // A figure that was computed from this one cannot contradict it.
            if inputs.iter().any(|input| self.leaves(input).contains(id)) {
                continue;
            }
            let mut ledger = Ledger::default();
            if !inputs.iter().all(|input| self.emit(input, &mut ledger)) {
                continue;
            }
            let value = expression.evaluate(&mut |input| Some(ledger.value(input))).ok()?;
            if disagree(stated.mid, value) {
                let places = self.places(inputs);
                return Some(Conflict {
                    figure: id.to_owned(),
                    label: node.label.clone(),
                    stated: (line, column, node.unit.print(stated.mid)),
                    other: node.unit.print(value),
                    lines: places.iter().map(|(line, _)| *line).collect(),
                    texts: places.into_iter().map(|(_, text)| text).collect(),
                });
            }
        }
        None
    }

    /// Returns every figure that a known figure rests on, itself included.
    pub(crate) fn leaves(&self, id: &str) -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        let mut open = vec![id.to_owned()];
        while let Some(id) = open.pop() {
            if !seen.insert(id.clone()) {
                continue;
            }
            if let Some(Definition::Formula(text)) = self.definition(&id)
                && let Ok(expression) = Expression::parse(text)
            {
                open.extend(expression.inputs().iter().cloned());
            }
        }
        seen
    }

    fn places(&self, inputs: &[String]) -> Vec<(u32, String)> {
        let all: BTreeSet<String> = inputs.iter().flat_map(|input| self.leaves(input)).collect();
        let mut places = Vec::new();
        for id in all {
            if let Some(Definition::Stated { line, text, .. }) = self.definition(&id) {
                places.push((*line, text.clone()));
            }
        }
        places.sort();
        places.dedup();
        places
    }
}

/// Statements are rounded: they disagree when they differ by more than 5 %.
fn disagree(a: f64, b: f64) -> bool {
    (a - b).abs() > 0.05 * a.abs().max(b.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(value: f64, line: u32) -> Definition {
        let text = format!("{value}");
        Definition::Stated { interval: Interval::exact(value), line, column: 3, text }
    }

    fn shortener() -> Network {
        let mut network = Network::default();
        network.formula("read", "reads", Unit::PerSecond, "write * ratio");
        network.formula("write", "writes", Unit::PerSecond, "read / ratio");
        let fact = (Interval::exact(55.0), "fact x", Quality::Derived, "");
        network.assume("ratio", "ratio", Unit::Factor, fact);
        network.formula("ratio", "ratio", Unit::Factor, "read / write");
        network
    }

    #[test]
    fn knows_either_side_from_the_other() {
        for (given, asked, expected) in [("write", "read", 5500.0), ("read", "write", 100.0 / 55.0)]
        {
            let mut network = shortener();
            network.define(given, stated(100.0, 1));
            network.solve().unwrap();
            let mut ledger = Ledger::default();
            assert!(network.emit(asked, &mut ledger));
            assert!((ledger.value(asked) / expected - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn prefers_two_counts_to_an_assumed_ratio() {
        let mut network = shortener();
        network.define("write", stated(10.0, 1));
        network.define("read", stated(200.0, 2));
        network.solve().unwrap();
        let mut ledger = Ledger::default();
        network.emit("ratio", &mut ledger);
        assert_eq!(ledger.value("ratio"), 20.0);
        assert!(network.conflicts().is_empty());
    }

    #[test]
    fn knows_nothing_from_assumptions_alone() {
        let mut network = shortener();
        network.solve().unwrap();
        assert!(!network.is_known("read"));
        assert!(network.is_known("ratio"));
    }

    #[test]
    fn finds_a_ratio_against_its_counts_and_two_loads() {
        let mut network = shortener();
        network.define("write", stated(10.0, 1));
        network.define("read", stated(200.0, 2));
        network.define("ratio", stated(50.0, 3));
        network.define("write", stated(11.0, 4));
        network.solve().unwrap();
        let figures: Vec<_> = network.conflicts().into_iter().map(|c| c.figure).collect();
        assert_eq!(figures, ["ratio", "read", "write", "write"]);
    }
}
