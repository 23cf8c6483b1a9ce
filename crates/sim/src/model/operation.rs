//! Operations of a design: requests and the flow that each one follows.

use std::time::Duration;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_patterns::TokenBucketOptions;
use tenfold_units::duration;

use super::arrivals::{Closed, Poisson};
use crate::distribution::SizeDistribution;

/// Where the requests of an operation come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Load {
    /// A Poisson stream, whatever the answers.
    Open(Poisson),
    /// A fixed population that thinks between requests.
    Closed(Closed),
    /// Records of a topic.
    Consume(Consume),
}

/// The consumers of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Consume {
    /// The component that is a topic.
    pub topic: String,
    /// Batches under way at the same time, at most the topic's partitions, from 1.
    pub consumers: u32,
    /// Records of one batch at most, from 1; the flow runs once a batch, and its `each` once a record.
    #[serde(default = "one")]
    pub batch: u32,
    /// How long a batch waits to fill, as text.
    #[serde(default, with = "duration")]
    #[schemars(with = "String")]
    pub wait: Duration,
}

fn one() -> u32 {
    1
}

/// A stream of requests and their flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// Where the requests come from.
    pub load: Load,
    /// Share of the requests that come from each zone, summing to 1; equal where absent.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub zones: IndexMap<String, f64>,
    /// The key population that each request draws its key from, by its name in `keys`; a request
    /// without one has a key that nobody else asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<String>,
    /// Requests beyond this are refused before they cost anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<TokenBucketOptions>,
    /// An answer counts as good only within this time, as text: `100ms`.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub good_within: Option<Duration>,
    /// What a request does, in order; a failed step ends it as failed.
    pub flow: Vec<Step>,
}

/// One step of a flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Step {
    /// Calls a component and waits for its answer.
    Call(Call),
    /// Asks a cache for the request's key.
    Lookup(Lookup),
    /// Puts the request's key into the cache of this component, not waited for.
    Fill(String),
    /// Runs branches at the same time.
    Parallel(Parallel),
    /// Runs one of several alternatives.
    Choice(Vec<Alternative>),
    /// Sends a record to the topic of this component, not waited for.
    Emit(String),
    /// Sends a record to the topic of this component and waits until it is acknowledged.
    Append(String),
    /// Runs steps once for each record of a batch, each with a key of its own; a request is one
    /// record.
    Each(Each),
}

/// A call: the callee serves it, runs `steps`, then answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The component called.
    pub to: String,
    /// Access kind: chooses the service time; `write`, and what begins with `write-`, is a write, all
    /// else reads.
    #[serde(default = "any")]
    pub access: String,
    /// What the callee does after its own service and before it answers; it holds no server
    /// meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// What the caller does instead when the call fails; without it the caller fails too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_error: Option<Vec<Step>>,
    /// Bytes of the call's body; those of the link where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_size: Option<SizeDistribution>,
    /// Bytes of the answer's body; those of the link where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_size: Option<SizeDistribution>,
}

impl Call {
    /// Returns the call of a component with nothing else: no steps of its own, nothing instead when it
    /// fails, the bodies of its link.
    #[must_use]
    pub fn new(to: &str, access: &str) -> Self {
        Self {
            to: to.to_owned(),
            access: access.to_owned(),
            steps: Vec::new(),
            on_error: None,
            request_size: None,
            answer_size: None,
        }
    }
}

fn any() -> String {
    "any".to_owned()
}

/// A look-up of the request's key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// The component that has the cache.
    pub cache: String,
    /// What the caller does on a hit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_hit: Vec<Step>,
    /// What the caller does on a miss.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_miss: Vec<Step>,
    /// What the caller does when the cache does not answer; without it the caller fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_error: Option<Vec<Step>>,
}

/// How many branches have to succeed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Join {
    /// All of them.
    #[default]
    All,
    /// The first one.
    Any,
    /// That many.
    Quorum(u32),
}

/// Branches that run at the same time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parallel {
    /// The branches.
    pub branches: Vec<Vec<Step>>,
    /// How many of them have to succeed before the flow goes on.
    #[serde(default)]
    pub join: Join,
}

/// What is done for each record of a batch. All records have to succeed; the first that fails ends
/// the batch as failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Each {
    /// What is done for one record.
    pub steps: Vec<Step>,
    /// Records under way at the same time, from 1; all of a batch where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_once: Option<u32>,
}

/// One alternative of a choice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alternative {
    /// Its probability; those of a choice sum to 1.
    pub probability: f64,
    /// What it does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
}
