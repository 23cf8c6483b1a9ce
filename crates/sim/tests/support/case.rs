//! A model with known answers, and whether the simulator gives them.

use serde_json::Value;
use tenfold_sim::keys::WarmOptions;
use tenfold_sim::{Caches, Model, Scenario, simulate, simulate_scenario};
use tenfold_units::Seed;

/// What an answer may be off by, in standard errors.
const ERRORS: f64 = 4.0;
/// The fewest sections that an interval rests on give the largest t, 2.36 (7 degrees of freedom): the
/// standard error is at least this fraction of the lower half of an interval.
const HALF_WIDTH_TO_ERROR: f64 = 1.0 / 2.36;
/// A standard error above this share of the answer would let bugs pass.
const MAX_RELATIVE_ERROR: f64 = 0.03;

/// A model and what is known of it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    model: Model,
    run: Run,
    /// Place in the outcome, the answer, and what the answer itself may be off by, as a share of it.
    answers: Vec<(String, f64, f64)>,
}

/// How a model is run.
#[derive(Clone, Debug)]
enum Run {
    /// Plain queues, for a budget of events.
    Events(u64),
    /// A design, through a scenario.
    Scenario(Box<Scenario>),
}

impl Case {
    /// A model from YAML, run for `budget` events.
    pub(crate) fn new(name: &str, budget: u64, yaml: &str) -> Self {
        let model = Model::from_yaml(&format!("model: case\n{yaml}"))
            .unwrap_or_else(|error| panic!("{name}: {error:?}"));
        Self { name: name.to_owned(), model, run: Run::Events(budget), answers: Vec::new() }
    }

    /// A design from YAML, run through a scenario.
    pub(crate) fn design(name: &str, scenario: &str, yaml: &str) -> Self {
        let scenario = Scenario::from_yaml(&format!("{{scenario: case, {scenario}}}"))
            .unwrap_or_else(|error| panic!("{name}: {error:?}"));
        Self { run: Run::Scenario(Box::new(scenario)), ..Self::new(name, 0, yaml) }
    }

    /// One station `s` that customers `a` arrive at.
    pub(crate) fn queue(name: &str, budget: u64, station: &str, arrivals: &str) -> Self {
        let yaml =
            format!("stations:\n  s: {{{station}}}\narrivals:\n  a: {{to: s, {arrivals}}}\n");
        Self::new(name, budget, &yaml)
    }

    /// Expects an exact `answer` at a `place` such as `stations/s/wait_time_seconds/mean`.
    pub(crate) fn expect(self, place: &str, answer: f64) -> Self {
        self.expect_about(place, answer, 0.0)
    }

    /// Expects an `answer` that is an approximation with this stated relative error.
    pub(crate) fn expect_about(mut self, place: &str, answer: f64, relative_error: f64) -> Self {
        assert!(answer.is_finite(), "{}: {place} has no answer", self.name);
        self.answers.push((place.to_owned(), answer, relative_error));
        self
    }

    /// Expects figures of the station `s`.
    pub(crate) fn expect_all(self, answers: &[(&str, f64)]) -> Self {
        answers.iter().fold(self, |case, (place, answer)| {
            case.expect(&format!("stations/s/{place}"), *answer)
        })
    }

    /// Returns the number of figures with a known answer.
    pub(crate) fn figures(&self) -> usize {
        self.answers.len()
    }

    /// Runs plain queues with a seed and a budget: for each exact answer whether the interval holds
    /// it, `None` where none is printed.
    pub(crate) fn coverage(&self, seed: u64, budget: u64) -> Vec<(String, Option<bool>)> {
        let outcome = simulate(&self.model, Seed(seed), budget);
        let outcome = serde_json::to_value(outcome).expect("an outcome is plain data");
        let exact = self.answers.iter().filter(|(_, _, off)| *off == 0.0);
        exact
            .map(|(place, answer, _)| {
                let found = outcome.pointer(&format!("/{place}")).unwrap_or(&Value::Null);
                let bounds = found["low"].as_f64().zip(found["high"].as_f64());
                // Rounding of spans to nanoseconds.
                let slack = 1e-6 * answer.abs();
                let holds =
                    bounds.map(|(low, high)| low - slack <= *answer && *answer <= high + slack);
                (place.clone(), holds)
            })
            .collect()
    }

    /// Runs the model and returns every figure that is not what it should be.
    pub(crate) fn failures(&self) -> Vec<String> {
        let outcome = match &self.run {
            Run::Events(budget) => simulate(&self.model, Seed(11), *budget),
            Run::Scenario(scenario) => {
                let options = WarmOptions { budget: 2_000_000, tolerance: 0.005 };
                let caches = Caches::warm(&self.model, scenario.load, Seed(11), options);
                simulate_scenario(&self.model, scenario, &caches, Seed(11))
            }
        };
        let outcome = serde_json::to_value(outcome).expect("an outcome is plain data");
        let answers = self.answers.iter();
        answers
            .filter_map(|(place, answer, off)| {
                let found = outcome.pointer(&format!("/{place}")).unwrap_or(&Value::Null);
                let problem = judge(found, *answer, *off)?;
                Some(format!("{}: {place}: {problem}", self.name))
            })
            .collect()
    }
}

/// Returns what is wrong with an estimate, if anything is.
pub(crate) fn judge(found: &Value, answer: f64, off: f64) -> Option<String> {
    let Some(value) = found["value"].as_f64() else {
        return Some(format!("is absent, expected {answer}"));
    };
    let (Some(low), Some(_)) = (found["low"].as_f64(), found["high"].as_f64()) else {
        return Some(format!("{value} has no interval, expected {answer}: not enough data"));
    };
    let error = (value - low) * HALF_WIDTH_TO_ERROR;
    if error > MAX_RELATIVE_ERROR * answer.abs() {
        return Some(format!("{value} is only known to ± {error}, expected {answer}"));
    }
    // Rounding of spans to nanoseconds.
    let bound = ERRORS * error + (off + 1e-6) * answer.abs();
    ((value - answer).abs() > bound).then(|| {
        format!(
            "{value} differs from {answer} by {:.1} standard errors",
            (value - answer).abs() / error
        )
    })
}
