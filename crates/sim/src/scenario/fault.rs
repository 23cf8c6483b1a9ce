//! What breaks: scheduled or at random, which replicas, and what happens to them.

mod check;
#[cfg(test)]
mod tests;

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::duration;

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

/// Something that breaks and is repaired again and again: both times are exponential, and a run
/// begins in the middle of it, with what is broken then drawn from its share of the time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RandomFault {
    /// Mean time from a repair to the next failure, as text; above 0.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub mtbf: Duration,
    /// Mean time from a failure to its repair, as text; above 0.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub mttr: Duration,
    /// What fails together.
    #[serde(default)]
    pub each: FaultDomain,
    /// Which replicas.
    #[serde(default)]
    pub target: Target,
    /// What happens to them.
    pub effect: Effect,
}

/// What fails together, and apart from the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FaultDomain {
    /// Each replica of the target on its own.
    #[default]
    Replica,
    /// All replicas of the target in a zone.
    Zone,
    /// The whole target.
    All,
}

/// Replicas: those that match everything given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Of this component; of all where absent. `client` stands for the clients of operations, which
    /// the network and clocks can leave alone.
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// Messages between it and others are lost.
    NetworkPartition(NetworkPartition),
    /// Its clock jumps, and back when the fault is over. Lifetimes of cached values and token
    /// buckets go by it; time-outs, breakers and budgets measure spans and do not notice.
    ClockStep(ClockStep),
    /// Writes (and records, and what is put into a cache) fail after the usual service; reads go on.
    DiskFull,
    /// Its replicas are replaced one after another.
    RollOut(RollOut),
    /// Requests of an operation ask for one and the same key; has no target.
    HotKey(HotKey),
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

/// Which messages a partition loses, and between whom.
///
/// Callers learn of a way that loses everything as of a death: after the callee's `detection`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkPartition {
    /// The other side; everything outside the target where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Target>,
    /// Which way messages are lost.
    #[serde(default)]
    pub lost: Lost,
    /// Share of these messages that are lost, above 0 to 1.
    #[serde(default = "whole")]
    pub share: f64,
}

fn whole() -> f64 {
    1.0
}

/// Which way messages are lost, seen from the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Lost {
    /// Both ways.
    #[default]
    Both,
    /// What the target sends: its calls and its answers.
    Outgoing,
    /// What is sent to the target: calls to it and answers for it.
    Incoming,
}

/// By how much a clock jumps, as text: `{ahead: 1h}` or `{back: 1h}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ClockStep {
    /// It shows a later time.
    Ahead(
        #[serde(with = "duration")]
        #[schemars(with = "String")]
        Duration,
    ),
    /// It shows an earlier time.
    Back(
        #[serde(with = "duration")]
        #[schemars(with = "String")]
        Duration,
    ),
}

impl ClockStep {
    /// Returns the step in seconds, below 0 where it goes back.
    pub(crate) fn seconds(self) -> f64 {
        match self {
            Self::Ahead(span) => span.as_secs_f64(),
            Self::Back(span) => -span.as_secs_f64(),
        }
    }
}

/// A roll-out of a new version, and its roll-back when the fault is over.
///
/// A replica that is to be replaced gets no new calls from then on, finishes what it can until
/// `restart` is over, and comes back as the new version (or, rolling back, the old one), with empty
/// caches and its component's `slow_start`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RollOut {
    /// Replicas that are replaced at the same time, from 1.
    #[serde(default = "one")]
    pub max_unavailable: u32,
    /// How long a replica is away, as text.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub restart: Duration,
    /// Share of the new version's answers that are errors, 0 to 1.
    #[serde(default)]
    pub errors: f64,
    /// How many times as long the new version takes for its service, above 0.
    #[serde(default = "whole")]
    pub slow: f64,
}

fn one() -> u32 {
    1
}

/// A key that suddenly everybody asks for.
///
/// With a `presented_ratio` below 1 the traffic in the background does not share it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HotKey {
    /// The operation whose requests do.
    pub operation: String,
    /// Share of them that do, 0 to 1.
    pub share: f64,
}
