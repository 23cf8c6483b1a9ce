//! What happens to a design while it is simulated: load, faults, length.

mod assertion;
mod fault;

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::duration;

pub use self::assertion::{Assertion, Claim, Judgement, LatencyClaim, RecoveryClaim};
pub use self::fault::{
    ClockStep, Effect, Fault, FaultDomain, HotKey, Kill, Lost, NetworkPartition, RandomFault,
    RollOut, Target,
};

use crate::Model;
use crate::model::{Diagnostic, ModelError, read};

/// A scenario: how much load, for how long, and what breaks when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Name of the scenario.
    pub scenario: String,
    /// Factor on every open arrival rate.
    #[serde(default = "unit")]
    pub load: f64,
    /// Factors over time, on top of `load`: linear between two points, constant before the first
    /// and after the last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profile: Vec<LoadPoint>,
    /// Simulated time that is left out of every figure, as text; the series shows it.
    #[serde(default, with = "duration")]
    #[schemars(with = "String")]
    pub warm_up: Duration,
    /// Simulated time that is measured, after the warm-up, as text.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub horizon: Duration,
    /// Time that caches live through, at the level of keys alone, after the faults at time 0 and
    /// before the run begins, as text: a window some time into an outage or a refill.
    #[serde(default, with = "duration")]
    #[schemars(with = "String")]
    pub fast_forward: Duration,
    /// Length of a window of the time series, as text; no series where absent.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub window: Option<Duration>,
    /// What breaks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
    /// What breaks again and again, at random.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub random_faults: Vec<RandomFault>,
    /// What has to be seen in it; needs a `window`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assertions: Vec<Assertion>,
    /// Events after which the run ends early and says so.
    #[serde(default = "budget")]
    pub budget: u64,
    /// Events at the same instant happen in an order drawn from the seed instead of the order in
    /// which they were scheduled.
    #[serde(default)]
    pub shuffle_ties: bool,
}

impl Scenario {
    /// Returns a scenario without faults: `load` times the arrival rates, measured for `horizon`
    /// after `warm_up`.
    #[must_use]
    pub fn steady(name: &str, load: f64, warm_up: Duration, horizon: Duration) -> Self {
        Self {
            scenario: name.to_owned(),
            load,
            profile: Vec::new(),
            warm_up,
            horizon,
            fast_forward: Duration::ZERO,
            window: None,
            faults: Vec::new(),
            random_faults: Vec::new(),
            assertions: Vec::new(),
            budget: budget(),
            shuffle_ties: false,
        }
    }

    /// Returns the scenario that `text` (YAML) describes.
    ///
    /// # Errors
    /// Returns the first problem with line and column.
    pub fn from_yaml(text: &str) -> Result<Self, ModelError> {
        read(text)
    }

    /// Checks the scenario against the design that it is for: names that exist, factors and shares in
    /// their range.
    ///
    /// # Errors
    /// Returns every problem with its path (line and column are 0).
    pub fn validate(&self, model: &Model) -> Result<(), ModelError> {
        let mut out = Vec::new();
        let positive = |value: f64| value >= 0.0 && value.is_finite();
        if !positive(self.load) {
            let message = format!("the load is {}", self.load);
            out.push(Diagnostic::new(&["load"], message, "give 0 or more"));
        }
        if self.horizon.is_zero() {
            let message = "nothing is measured".to_owned();
            out.push(Diagnostic::new(&["horizon"], message, "give a span above 0s"));
        }
        if self.window.is_some_and(|window| window.is_zero()) {
            let message = "a window has no length".to_owned();
            out.push(Diagnostic::new(&["window"], message, "give a span above 0s"));
        }
        for (index, point) in self.profile.iter().enumerate() {
            let place = index.to_string();
            if !positive(point.factor) {
                let message = format!("the factor is {}", point.factor);
                out.push(Diagnostic::new(&["profile", &place], message, "give 0 or more"));
            }
            if index > 0 && point.at <= self.profile[index - 1].at {
                let message = "it is not after the point before".to_owned();
                out.push(Diagnostic::new(&["profile", &place, "at"], message, "order them"));
            }
        }
        for (index, assertion) in self.assertions.iter().enumerate() {
            let place = index.to_string();
            if !model.operations.contains_key(&assertion.of) {
                let message = format!("`{}` is not an operation", assertion.of);
                out.push(Diagnostic::new(&["assertions", &place, "of"], message, ""));
            }
            assertion.check(&place, &mut out);
        }
        if !self.assertions.is_empty() && self.window.is_none() {
            let message = "assertions look at windows of time".to_owned();
            out.push(Diagnostic::new(&["window"], message, "add for example `window: 1s`"));
        }
        for (index, fault) in self.faults.iter().enumerate() {
            fault.check(&index.to_string(), model, &mut out);
        }
        for (index, fault) in self.random_faults.iter().enumerate() {
            fault.check(&index.to_string(), model, &mut out);
        }
        if out.is_empty() { Ok(()) } else { Err(ModelError { diagnostics: out }) }
    }

    /// Returns the JSON schema of a scenario file.
    #[must_use]
    pub fn schema() -> schemars::Schema {
        schemars::schema_for!(Self)
    }
}

fn unit() -> f64 {
    1.0
}

fn budget() -> u64 {
    10_000_000
}

/// A point of a load profile.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadPoint {
    /// Time since the beginning of the run (warm-up included), as text.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub at: Duration,
    /// Factor on the arrival rates there.
    pub factor: f64,
}
