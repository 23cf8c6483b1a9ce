//! What runs a replica: collections of garbage, slow starts, and who adds replicas.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::duration;

use crate::distribution::Distribution;

/// Pauses in which a replica's process does nothing else.
///
/// Services under way stop and go on after it; who arrives waits. Each replica pauses on its own, and
/// the share of time paused is the mean pause ÷ (mean interval + mean pause).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GarbageCollection {
    /// From the end of a pause to the beginning of the next one; a mean above 0.
    pub interval: Distribution,
    /// Length of a pause.
    pub pause: Distribution,
}

/// A replica that has just started (after a death, a roll-out, or because an autoscaler asked for it)
/// is slower for a while. Those that run from the beginning are not.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlowStart {
    /// How many times as long its service takes, above 0.
    pub factor: f64,
    /// For how long, as text.
    #[serde(rename = "for", with = "duration")]
    #[schemars(with = "String")]
    pub lasts: Duration,
}

/// Adds and takes away the replicas of a component, in each of its zones apart, as the Horizontal Pod
/// Autoscaler of Kubernetes does by utilization (algorithm and default behavior of `autoscaling/v2`).
///
/// At each interval: wanted = ceil(ready × utilization ÷ `target_utilization`), where the utilization
/// is the busy fraction of the ready replicas since the last look; nothing happens while the quotient
/// is within `tolerance` of 1. While some are still starting, they count as ready and idle when more
/// are wanted. One look at most doubles the replicas, or adds four if that is more. Fewer are only
/// taken as the highest number wanted within `stabilization` allows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Autoscaler {
    /// Busy fraction of a server that it keeps, above 0 to 1.
    pub target_utilization: f64,
    /// Fewest replicas in each zone where the component has any, from 1.
    #[serde(default = "one")]
    pub min_replicas: u32,
    /// Most replicas in each such zone.
    pub max_replicas: u32,
    /// Time between two looks, as text.
    #[serde(default = "interval", with = "duration")]
    #[schemars(with = "String")]
    pub interval: Duration,
    /// From the wish for a replica to its first request: a machine, an image, a start; as text.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub provisioning: Duration,
    /// How far the quotient may be from 1 without anything happening.
    #[serde(default = "tolerance")]
    pub tolerance: f64,
    /// How long a higher wish keeps replicas from being taken away, as text.
    #[serde(default = "stabilization", with = "duration")]
    #[schemars(with = "String")]
    pub stabilization: Duration,
    /// How long a replica that is taken away has for what it still works on; it gets no new calls
    /// meanwhile. As text.
    #[serde(default = "drain", with = "duration")]
    #[schemars(with = "String")]
    pub drain: Duration,
}

fn one() -> u32 {
    1
}

fn interval() -> Duration {
    Duration::from_secs(15)
}

fn tolerance() -> f64 {
    0.1
}

fn stabilization() -> Duration {
    Duration::from_secs(300)
}

fn drain() -> Duration {
    Duration::from_secs(30)
}
