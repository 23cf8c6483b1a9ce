//! What happens to a design while it is simulated: load, faults, length.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::duration;

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
    /// Events after which the run ends early and says so.
    #[serde(default = "budget")]
    pub budget: u64,
    /// Events at the same instant happen in an order drawn from the seed instead of the order in
    /// which they were scheduled.
    #[serde(default)]
    pub shuffle_ties: bool,
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

/// Something that breaks, and is repaired when its time is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Time since the beginning of the run (warm-up included), as text.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub at: Duration,
    /// How long it lasts, as text; to the end where absent.
    #[serde(
        default,
        rename = "for",
        with = "duration::optional",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<String>")]
    pub lasts: Option<Duration>,
    /// Which replicas.
    #[serde(default)]
    pub target: Target,
    /// What happens to them.
    pub effect: Effect,
}

/// Replicas: those that match everything given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Of this component; of all where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// In this zone; in all where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The replica with this number within its component (from 0, zone by zone).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replica: Option<u32>,
}

/// What happens to the target of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Effect {
    /// It dies with all work in it; its caches are empty when it comes back.
    Kill(Kill),
    /// Its service takes that many times as long.
    Slow(f64),
    /// It stops serving, keeps its queue, and goes on where it stopped.
    Pause,
    /// This share of its answers are errors, after the usual service.
    Errors(f64),
    /// Its caches lose their content at once.
    FlushCache,
}

/// How a replica dies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Kill {
    /// Calls to it are not answered at all (a lost machine or zone) instead of refused at once (a
    /// lost process), until its death is detected.
    #[serde(default)]
    pub silent: bool,
    /// It comes back with the content that its caches had.
    #[serde(default)]
    pub keep_contents: bool,
}
