//! What the simulator runs: plain queues, or the components and flows of a design.

mod arrivals;
pub(crate) mod bytes;
mod calls;
mod component;
mod diagnostic;
mod machine;
mod network;
mod operation;
mod plain;
pub mod rate;
mod validate;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::keys::KeyPopulation;

pub use arrivals::{Arrivals, Batch, Closed, Phase, Poisson, Renewal, Trace, TraceFile};
pub(crate) use arrivals::{shares, steps};
pub(crate) use calls::{CLIENT, awaited_calls, has_timeout, written_link};
pub use component::{
    Cache, Component, Consistency, ControlledDelay, Data, Link, Queue, QueueOrder, Shed, Topic,
};
pub(crate) use diagnostic::read;
pub use diagnostic::{Diagnostic, ModelError};
pub use machine::{Autoscaler, GarbageCollection, SlowStart};
pub use network::{Bandwidth, LossRatio, Network};
pub use operation::{
    Alternative, Call, Consume, Each, Join, Load, Lookup, Operation, Parallel, Step,
};
pub use plain::{Discipline, QueueBound, Servers, Station};
pub(crate) use validate::EXIT;

/// A model: either plain queues (`stations`, `arrivals`, `routing`) or a design (`components`,
/// `links`, `operations`), never both.
///
/// ```
/// let model = tenfold_sim::Model::from_yaml("
/// model: tandem
/// stations:
///   front: {servers: 2, service_time: {exponential: {mean: 1s}}}
///   back:  {servers: 1, service_time: {lognormal: {mean: 0.5s, cv: 2}}}
/// arrivals:
///   jobs: {to: front, poisson: {rate: 1.5/s}}
/// routing:
///   front: {back: 0.8, exit: 0.2}
/// ").expect("the model is valid");
/// assert_eq!(model.stations.len(), 2);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Name of the model.
    pub model: String,
    /// Plain stations: servers and one queue each.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub stations: IndexMap<String, Station>,
    /// Streams of customers into plain stations.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub arrivals: IndexMap<String, Arrivals>,
    /// Where customers go after a station: station → {station or `exit`: probability}, summing to
    /// 1. A station that is not listed is left for good.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub routing: IndexMap<String, IndexMap<String, f64>>,
    /// Zones of a design, in the order that ties are broken in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zones: Vec<String>,
    /// One-way delays between replicas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<Network>,
    /// Key populations that requests draw from.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub keys: IndexMap<String, KeyPopulation>,
    /// Components: groups of equal replicas, placed in zones.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub components: IndexMap<String, Component>,
    /// What happens between two components, by `caller -> callee`; the caller of an operation's
    /// first call is `client`. A pair that is not listed has no time-out and one attempt.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub links: IndexMap<String, Link>,
    /// Operations: a stream of requests and the flow that each one follows.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub operations: IndexMap<String, Operation>,
}

impl Model {
    /// Returns the model that `text` (YAML) describes, checked; it names no files.
    ///
    /// # Errors
    /// Returns every problem found, each with line, column and what would help.
    pub fn from_yaml(text: &str) -> Result<Self, ModelError> {
        Self::from_yaml_with(text, &mut |_| Err("files cannot be read here".to_owned()))
    }

    /// Returns the model that `text` (YAML) describes, checked, with the traces of the files that it
    /// names: `read` returns the text of a file, or why there is none.
    ///
    /// # Errors
    /// Returns every problem found, each with line, column and what would help.
    pub fn from_yaml_with(
        text: &str,
        read: &mut dyn FnMut(&str) -> Result<String, String>,
    ) -> Result<Self, ModelError> {
        diagnostic::parse(text, read)
    }

    /// Checks everything that the types cannot say: names that exist, probabilities that sum to
    /// 1, positive rates, customers that can leave.
    ///
    /// # Errors
    /// Returns every problem with the path of the value it is about (line and column are 0).
    pub fn validate(&self) -> Result<(), ModelError> {
        let problems = validate::problems(self);
        if problems.is_empty() { Ok(()) } else { Err(ModelError { diagnostics: problems }) }
    }

    /// Returns whether the model is made of plain queues.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.components.is_empty() && self.operations.is_empty()
    }

    /// Returns the JSON schema of `model.yaml`.
    #[must_use]
    pub fn schema() -> schemars::Schema {
        schemars::schema_for!(Self)
    }
}
