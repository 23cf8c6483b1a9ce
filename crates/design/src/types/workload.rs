//! What a design is asked to carry: inputs, keys, operations, objectives.

use core::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_estimate::{Bound, Consistency, OperationKind, Place, Sli};
use tenfold_units::{Meaning, Unit, duration};

use super::{Amount, Formula};

/// One number that the design rests on: a value with its origin, or a formula over other inputs.
///
/// Exactly one of `mid` and `formula` stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The 10 % quantile (or lower bound); absent where the value has no width.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<Amount>,
    /// The value that is worked with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mid: Option<Amount>,
    /// The 90 % quantile (or upper bound).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<Amount>,
    /// The formula that computes the value from other inputs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formula: Option<Formula>,
    /// The unit in which the value is printed, where the written value does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// What `low` and `high` mean, unless they are quantiles.
    #[serde(default, skip_serializing_if = "is_quantiles")]
    pub meaning: Meaning,
    /// What the number is, in a few words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// Where the value comes from: `stated 4:3 "100M URLs/day"`, `fact short.row (recall)`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub from: String,
}

fn is_quantiles(meaning: &Meaning) -> bool {
    *meaning == Meaning::Quantiles
}

/// Keys that are born, are asked for, and fade: what decides the hit ratio of a cache.
///
/// Among the keys born on one day the one of rank r gets interest proportional to r^-`exponent`
/// over its life, and gets it with the density Σ share · μ · e^(-μ·age), μ = ln 2 / half-life.
/// Without `born` the set is fixed and no interest fades.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeySpace {
    /// New keys per second; absent: the set is fixed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub born: Option<Formula>,
    /// Keys that are asked for at all.
    pub count: Formula,
    /// Zipf exponent of popularity.
    pub exponent: Formula,
    /// How interest fades: one or more terms whose shares sum to 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interest: Vec<Interest>,
}

/// A part of the interest in a key that halves every `half_life`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Interest {
    /// Share of a key's requests over its life, 0 to 1.
    pub share: Formula,
    /// Time in which this part of the request rate halves, in seconds.
    pub half_life: Formula,
}

/// One operation at the edge of the system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// Requests per second, average.
    pub rate: Formula,
    /// Requests per second at peak.
    pub peak: Formula,
    /// Bytes of a request, headers included.
    pub request: Formula,
    /// Bytes of a response, headers included.
    pub response: Formula,
    /// The key space whose keys the requests name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<String>,
    /// What class of load it is.
    pub kind: OperationKind,
    /// Share of requests that open a new connection (TCP and TLS handshake), 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_connection_ratio: Option<Formula>,
    /// Connections that stay open at peak, where the operation is a session (WebSocket).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections: Option<Formula>,
    /// What a caller may see after a write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consistency: Option<Consistency>,
}

/// A target for an indicator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// Unique name.
    pub id: String,
    /// The operation that it binds; `all` for each.
    pub of: String,
    /// What is measured.
    pub sli: Sli,
    /// On which side of the limit the promise lies.
    pub bound: Bound,
    /// The limit.
    pub limit: Amount,
    /// Where it is measured.
    pub at: Place,
    /// The load at which it must hold.
    #[serde(default)]
    pub during: Load,
    /// The span over which a ratio is taken.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub window: Option<Duration>,
    /// Where it comes from, as in an input.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub from: String,
}

/// The load at which an objective is judged.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Load {
    /// The daily mean.
    Average,
    /// The busiest minute of a normal day.
    #[default]
    Peak,
}
