use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Expression, Interval, Meaning, Provenance, Unit, math};

/// One number of a plan: value, unit, and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What it is, in a few English words.
    pub label: String,
    /// The unit of the three values.
    pub unit: Unit,
    /// Low, mid, high in the base unit.
    pub interval: Interval,
    /// Where it comes from.
    pub provenance: Provenance,
    /// For each uncertain input below it, by id: the value of this figure when that input alone is
    /// at its low and at its high end.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub swings: BTreeMap<String, Swing>,
}

/// The effect of one uncertain input on a figure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Swing {
    /// The figure's value with the input at its low end.
    pub at_low: f64,
    /// The figure's value with the input at its high end.
    pub at_high: f64,
}

impl Figure {
    /// Returns the value that is worked with.
    #[must_use]
    pub fn mid(&self) -> f64 {
        self.interval.mid
    }

    /// Returns the printed form of the mid value.
    #[must_use]
    pub fn print(&self) -> String {
        self.unit.print(self.interval.mid)
    }

    /// Returns the printed form of the low end, with at most three significant digits.
    #[must_use]
    pub fn print_low(&self) -> String {
        self.unit.print_end(self.interval.low)
    }

    /// Returns the printed form of the high end, with at most three significant digits.
    #[must_use]
    pub fn print_high(&self) -> String {
        self.unit.print_end(self.interval.high)
    }
}

/// Why a figure cannot be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerError(String);

impl core::fmt::Display for LedgerError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for LedgerError {}

/// Every figure of a plan, each once.
///
/// A derived figure is computed by the formula that is shown. Its interval comes from the uncertain
/// inputs at the bottom of its tree, moved one at a time and combined in log space as independent
/// factors; an input that is used twice counts once.
///
/// ```
/// use tenfold_units::{Interval, Ledger, Provenance, Quality, Unit};
/// let mut ledger = Ledger::default();
/// let source = Provenance::Assumed { source: "fact peak.web".into(), quality: Quality::Recall };
/// ledger.insert("avg", "average load", Unit::PerSecond, Interval::exact(100.0), source.clone());
/// ledger.insert("peak_factor", "peak factor", Unit::Factor, Interval::quantiles(1.6, 2.0, 3.0), source);
/// ledger.derive("peak", "peak load", Unit::PerSecond, "avg * peak_factor");
/// assert_eq!(ledger.value("peak"), 200.0);
/// assert_eq!(ledger["peak"].interval.high, 300.0);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ledger {
    figures: BTreeMap<String, Figure>,
}

impl Ledger {
    /// Adds a figure that is not derived from others.
    ///
    /// # Panics
    /// Panics when `id` already stands with another value: the same figure never has two values.
    pub fn insert(
        &mut self,
        id: &str,
        label: &str,
        unit: Unit,
        interval: Interval,
        provenance: Provenance,
    ) {
        let mut swings = BTreeMap::new();
        if !interval.is_exact() && interval.meaning != Meaning::Confidence {
            let swing = Swing { at_low: interval.low, at_high: interval.high };
            swings.insert(id.to_owned(), swing);
        }
        self.add(id, Figure { label: label.to_owned(), unit, interval, provenance, swings });
    }

    /// Adds the figure that `formula` computes from figures that stand here, and returns its value.
    ///
    /// # Panics
    /// Panics when the formula cannot be read, names an unknown figure, or when `id` already stands
    /// with another value: formulas are part of the program, not input.
    pub fn derive(&mut self, id: &str, label: &str, unit: Unit, formula: &str) -> f64 {
        match self.try_derive(id, label, unit, formula) {
            Ok(value) => value,
            Err(error) => panic!("figure `{id}`: {error}"),
        }
    }

    /// Adds the figure that `formula` computes, for formulas that are data (archetypes).
    ///
    /// # Errors
    /// Says why the formula cannot be read or computed.
    ///
    /// # Panics
    /// Panics when `id` already stands with another value.
    pub fn try_derive(
        &mut self,
        id: &str,
        label: &str,
        unit: Unit,
        formula: &str,
    ) -> Result<f64, LedgerError> {
        let expression = Expression::parse(formula).map_err(|e| LedgerError(e.to_string()))?;
        let mid = self.evaluate_with(&expression, None)?;
        let mut leaves = BTreeMap::new();
        for input in expression.inputs() {
            leaves
                .extend(self.figures[input.as_str()].swings.keys().map(|leaf| (leaf.clone(), ())));
        }
        let mut swings = BTreeMap::new();
        for leaf in leaves.into_keys() {
            let at_low = self.evaluate_with(&expression, Some((&leaf, false)))?;
            let at_high = self.evaluate_with(&expression, Some((&leaf, true)))?;
            if at_low != mid || at_high != mid {
                swings.insert(leaf, Swing { at_low, at_high });
            }
        }
        let interval = combine(unit, mid, swings.values());
        let inputs = expression.inputs().to_vec();
        let provenance = Provenance::Derived { formula: formula.to_owned(), inputs };
        self.add(id, Figure { label: label.to_owned(), unit, interval, provenance, swings });
        Ok(mid)
    }

    /// Adds a figure that a named computation made from other figures (Erlang C, a search): the
    /// formula is words, the value is handed in.
    ///
    /// # Panics
    /// Panics when an input does not stand here, or `id` stands with another value.
    pub fn computed(
        &mut self,
        id: &str,
        label: &str,
        unit: Unit,
        interval: Interval,
        formula: &str,
        inputs: &[&str],
    ) {
        for input in inputs {
            assert!(self.figures.contains_key(*input), "figure `{id}`: unknown input `{input}`");
        }
        let provenance = Provenance::Derived {
            formula: formula.to_owned(),
            inputs: inputs.iter().map(|id| (*id).to_owned()).collect(),
        };
        let swings = BTreeMap::new();
        self.add(id, Figure { label: label.to_owned(), unit, interval, provenance, swings });
    }

    /// Adds the figure that `compute` makes from `inputs` (in their order), and returns its value.
    /// Each uncertain leaf below the inputs is moved to both of its ends, as for a formula; `words`
    /// say what is computed.
    ///
    /// # Panics
    /// Panics when an input does not stand here, or `id` stands with another value.
    pub fn compute(
        &mut self,
        (id, label, unit): (&str, &str, Unit),
        words: &str,
        inputs: &[&str],
        compute: &dyn Fn(&[f64]) -> f64,
    ) -> f64 {
        let values = |moved: Option<(&str, bool)>| -> Vec<f64> {
            let value = |id: &&str| {
                let figure = &self[*id];
                match moved.and_then(|(leaf, high)| Some((figure.swings.get(leaf)?, high))) {
                    Some((swing, true)) => swing.at_high,
                    Some((swing, false)) => swing.at_low,
                    None => figure.interval.mid,
                }
            };
            inputs.iter().map(value).collect()
        };
        let mid = compute(&values(None));
        let leaves: std::collections::BTreeSet<&String> =
            inputs.iter().flat_map(|input| self[*input].swings.keys()).collect();
        let mut swings = BTreeMap::new();
        for leaf in leaves {
            let at_low = compute(&values(Some((leaf, false))));
            let at_high = compute(&values(Some((leaf, true))));
            if at_low != mid || at_high != mid {
                swings.insert(leaf.clone(), Swing { at_low, at_high });
            }
        }
        let interval = combine(unit, mid, swings.values());
        let provenance = Provenance::Derived {
            formula: words.to_owned(),
            inputs: inputs.iter().map(|id| (*id).to_owned()).collect(),
        };
        self.add(id, Figure { label: label.to_owned(), unit, interval, provenance, swings });
        mid
    }

    /// Returns the mid values of all figures when the figure `leaf` has the value `value` instead:
    /// every formula below which it stands is computed again. Figures that a named computation made
    /// keep their value.
    #[must_use]
    pub fn with(&self, leaf: &str, value: f64) -> BTreeMap<String, f64> {
        let mut values = BTreeMap::from([(leaf.to_owned(), value)]);
        for id in self.figures.keys() {
            self.value_in(id, &mut values);
        }
        values
    }

    /// Returns the mid values of some figures when the figure `leaf` has the value `value` instead.
    #[must_use]
    pub fn values_with(&self, leaf: &str, value: f64, wanted: &[&str]) -> Vec<f64> {
        let mut values = BTreeMap::from([(leaf.to_owned(), value)]);
        let mut compute = |id: &&str| self.value_in(id, &mut values).unwrap_or(f64::NAN);
        wanted.iter().map(&mut compute).collect()
    }

    /// Computes a figure and what it stands on into `values`, each once.
    fn value_in(&self, id: &str, values: &mut BTreeMap<String, f64>) -> Option<f64> {
        if let Some(value) = values.get(id) {
            return Some(*value);
        }
        let figure = self.figures.get(id)?;
        let expression = match &figure.provenance {
            Provenance::Derived { formula, .. } => Expression::parse(formula).ok(),
            Provenance::Stated { .. }
            | Provenance::Edited { .. }
            | Provenance::Assumed { .. }
            | Provenance::Fact { .. }
            | Provenance::Simulated { .. }
            | Provenance::Measured { .. } => None,
        };
        let computed = expression
            .and_then(|expression| expression.evaluate(&mut |id| self.value_in(id, values)).ok());
        let value = computed.unwrap_or(figure.interval.mid);
        values.insert(id.to_owned(), value);
        Some(value)
    }

    /// Returns the figure of this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Figure> {
        self.figures.get(id)
    }

    /// Returns the mid value of a figure that must stand.
    ///
    /// # Panics
    /// Panics when it does not.
    #[must_use]
    pub fn value(&self, id: &str) -> f64 {
        self[id].interval.mid
    }

    /// Returns whether a figure of this id stands.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        self.figures.contains_key(id)
    }

    /// Returns all figures in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Figure)> {
        self.figures.iter().map(|(id, figure)| (id.as_str(), figure))
    }

    /// Returns the number of figures.
    #[must_use]
    pub fn len(&self) -> usize {
        self.figures.len()
    }

    /// Returns whether there is no figure.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.figures.is_empty()
    }

    fn add(&mut self, id: &str, figure: Figure) {
        if let Some(standing) = self.figures.get(id) {
            assert!(
                standing.interval == figure.interval && standing.unit == figure.unit,
                "figure `{id}` has two values: {:?} and {:?}",
                standing.interval,
                figure.interval
            );
            return;
        }
        self.figures.insert(id.to_owned(), figure);
    }

    /// Evaluates with every figure at mid, or with one leaf at its low (`false`) or high end.
    fn evaluate_with(
        &self,
        expression: &Expression,
        moved: Option<(&str, bool)>,
    ) -> Result<f64, LedgerError> {
        expression
            .evaluate(&mut |id| {
                let figure = self.figures.get(id)?;
                let swing = moved.and_then(|(leaf, high)| Some((figure.swings.get(leaf)?, high)));
                Some(match swing {
                    Some((swing, true)) => swing.at_high,
                    Some((swing, false)) => swing.at_low,
                    None => figure.interval.mid,
                })
            })
            .map_err(|e| LedgerError(e.to_string()))
    }
}

impl core::ops::Index<&str> for Ledger {
    type Output = Figure;

    fn index(&self, id: &str) -> &Figure {
        self.figures.get(id).unwrap_or_else(|| panic!("no figure `{id}`"))
    }
}

/// Combines one-at-a-time effects of independent inputs: root of the sum of squares, of logarithms
/// where all values are positive, of differences otherwise.
fn combine<'a>(unit: Unit, mid: f64, swings: impl Iterator<Item = &'a Swing>) -> Interval {
    let swings: Vec<_> = swings.copied().collect();
    if swings.is_empty() {
        return Interval::exact(mid);
    }
    let positive = mid > 0.0 && swings.iter().all(|s| s.at_low > 0.0 && s.at_high > 0.0);
    let distance = |value: f64| if positive { math::ln(value / mid) } else { value - mid };
    let (mut down, mut up) = (0.0, 0.0);
    for swing in &swings {
        let (a, b) = (distance(swing.at_low), distance(swing.at_high));
        let (lowest, highest) = (a.min(b).min(0.0), a.max(b).max(0.0));
        down += lowest * lowest;
        up += highest * highest;
    }
    // A single input needs no root of squares, and its own ends stay exact.
    if let [only] = swings[..] {
        let low = only.at_low.min(only.at_high).min(mid);
        let high = only.at_low.max(only.at_high).max(mid);
        return Interval { low, mid, high, meaning: Meaning::Quantiles };
    }
    let (low, high) = if positive {
        (mid * math::exp(-down.sqrt()), mid * math::exp(up.sqrt()))
    } else {
        (mid - down.sqrt(), mid + up.sqrt())
    };
    // A share whose every input keeps it within 0 to 1 stays there.
    let share = |value: f64| (0.0..=1.0).contains(&value);
    if unit == Unit::Ratio
        && share(mid)
        && swings.iter().all(|s| share(s.at_low) && share(s.at_high))
    {
        let (low, high) = (low.max(0.0), high.min(1.0));
        return Interval { low, mid, high, meaning: Meaning::Quantiles };
    }
    Interval { low, mid, high, meaning: Meaning::Quantiles }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Quality;

    fn assumed() -> Provenance {
        Provenance::Assumed { source: "test".into(), quality: Quality::Recall }
    }

    #[test]
    fn an_input_used_twice_counts_once() {
        let mut ledger = Ledger::default();
        ledger.insert("a", "a", Unit::Count, Interval::quantiles(1.0, 2.0, 4.0), assumed());
        ledger.derive("b", "b", Unit::Count, "a * 3");
        ledger.derive("c", "c", Unit::Count, "a * b");
        assert_eq!(ledger["c"].interval, Interval::quantiles(3.0, 12.0, 48.0));
        assert_eq!(ledger["c"].swings["a"], Swing { at_low: 3.0, at_high: 48.0 });
    }

    #[test]
    fn independent_inputs_combine_in_log_space() {
        let mut ledger = Ledger::default();
        for id in ["a", "b"] {
            ledger.insert(id, id, Unit::Count, Interval::quantiles(5.0, 10.0, 20.0), assumed());
        }
        ledger.derive("c", "c", Unit::Count, "a * b");
        let high = 100.0 * math::exp(math::ln(2.0) * 2.0_f64.sqrt());
        assert!((ledger["c"].interval.high - high).abs() < 1e-9);
        assert!(ledger["c"].interval.high < 400.0, "not corner by corner");
    }

    #[test]
    #[should_panic(expected = "two values")]
    fn one_figure_has_one_value() {
        let mut ledger = Ledger::default();
        ledger.insert("a", "a", Unit::Count, Interval::exact(1.0), assumed());
        ledger.insert("a", "a", Unit::Count, Interval::exact(2.0), assumed());
    }

    #[test]
    fn another_value_of_a_leaf_moves_what_stands_on_it() {
        let mut ledger = Ledger::default();
        ledger.insert("a", "a", Unit::Count, Interval::quantiles(1.0, 2.0, 4.0), assumed());
        ledger.derive("b", "b", Unit::Count, "a * 3");
        ledger.derive("c", "c", Unit::Count, "b + 1");
        ledger.computed("d", "d", Unit::Count, Interval::exact(9.0), "a search over c", &["c"]);
        let values = ledger.with("a", 10.0);
        assert_eq!((values["b"], values["c"], values["d"]), (30.0, 31.0, 9.0));
        assert_eq!(ledger.value("c"), 7.0);
    }

    #[test]
    fn a_named_computation_is_swept_like_a_formula() {
        let mut ledger = Ledger::default();
        ledger.insert("a", "a", Unit::Count, Interval::quantiles(1.0, 2.0, 4.0), assumed());
        ledger.derive("b", "b", Unit::Count, "a * 3");
        let square = |values: &[f64]| values[0] * values[0];
        let value = ledger.compute(("c", "c", Unit::Count), "the square of b", &["b"], &square);
        assert_eq!(value, 36.0);
        assert_eq!(ledger["c"].swings["a"], Swing { at_low: 9.0, at_high: 144.0 });
        assert_eq!(ledger["c"].interval, Interval::quantiles(9.0, 36.0, 144.0));
    }

    #[test]
    fn survives_json() {
        let mut ledger = Ledger::default();
        ledger.insert("a", "a", Unit::Count, Interval::quantiles(1.0, 2.0, 4.0), assumed());
        ledger.derive("b", "b", Unit::Factor, "a / 3");
        let text = serde_json::to_string(&ledger).unwrap();
        assert_eq!(serde_json::from_str::<Ledger>(&text).unwrap(), ledger);
    }
}
