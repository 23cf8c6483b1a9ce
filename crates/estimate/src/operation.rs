use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{FigureId, Origin};

/// One thing that the system does again and again: a request, a push, a periodic signal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Operation {
    /// Short name in snake case, unique in the estimate: `create`, `redirect`, `send_message`.
    pub name: String,
    /// The same in words, for headings.
    pub label: String,
    /// Who starts it: `user`, `driver`, `sensor`, `system`.
    pub actor: String,
    /// What class of load it is.
    pub kind: OperationKind,
    /// Whether it counts in `read_qps_avg`, `write_qps_avg` and `push_qps_avg`. Side operations
    /// that nobody asked for by number (statistics, presence) stand apart, so that a stated total
    /// stays what was stated.
    pub in_totals: bool,
    /// Average rate over the active window, req/s: `op.<name>.qps_avg`.
    pub qps_avg: FigureId,
    /// Peak rate, req/s: `op.<name>.qps_peak`.
    pub qps_peak: FigureId,
    /// Bytes that one request carries in: `op.<name>.request_bytes`.
    pub request_bytes: FigureId,
    /// Bytes that one response carries out: `op.<name>.response_bytes`.
    pub response_bytes: FigureId,
    /// Recipients or downstream items per request, where it fans out.
    pub fan_out: Option<FigureId>,
    /// What a reader of its result may see.
    pub consistency: Consistency,
    /// What it does to datasets, in the order in which it does so.
    pub touches: Vec<Touch>,
    /// What it asks of systems of others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<OutsideCall>,
    /// When it happens.
    pub window: Window,
    /// The user story that it serves.
    pub story: String,
    /// What makes a repeat harmless.
    pub idempotency: Idempotency,
    /// Whether the brief names it or it is proposed.
    pub origin: Origin,
}

/// The class of load that an operation is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum OperationKind {
    /// A request that changes nothing that others see.
    Read,
    /// A request that changes data.
    Write,
    /// A delivery to one recipient that the server starts.
    Push,
    /// A piece of a long transfer (a media segment): bandwidth more than requests.
    Stream,
    /// Upkeep of the protocol (heartbeat, receipt, presence): many, small, coalescible.
    Signal,
    /// Work behind the scenes that no client waits for (roll-up, transcoding).
    Job,
}

/// What an operation does to one dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Touch {
    /// Name of the dataset.
    pub dataset: String,
    /// How it is reached.
    pub access: Access,
    /// Whether the client waits for it.
    pub timing: Timing,
    /// How often per operation: 1 for one access, 0.1 for one in ten, 3 for three items.
    #[serde(default = "one")]
    pub times: f64,
    /// Whether the operation may go on without it (degraded) when it fails.
    #[serde(default)]
    pub optional: bool,
}

fn one() -> f64 {
    1.0
}

/// What an operation asks of a system of somebody else and waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutsideCall {
    /// The system, in kebab case: `payment-provider`.
    pub system: String,
    /// Its mean time to answer, s.
    pub seconds: FigureId,
    /// The dataset after whose touch it is asked.
    pub after: String,
    /// Whether the operation may go on without its answer, which is then unknown.
    #[serde(default)]
    pub optional: bool,
}

/// How an operation reaches a dataset.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// One item by its key.
    PointRead,
    /// One item by its key, last write wins.
    PointWrite,
    /// Several neighboring items of one key, in order.
    RangeRead,
    /// A new item at the end of a sequence.
    Append,
    /// A new item whose key must not exist yet: decided atomically in one place.
    UniqueClaim,
    /// A change that depends on the present value (stock, balance): decided in one place.
    ConditionalUpdate,
    /// A commutative addition to a counter.
    Increment,
    /// A sum or a histogram over many items.
    Aggregate,
    /// Items by words or by several attributes.
    Search,
    /// Items near a place.
    Nearby,
    /// A large object, or a piece of one, by its key.
    BlobRead,
    /// A large object by its key.
    BlobWrite,
    /// One item by its key, removed.
    Delete,
}

/// Whether the client waits.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Timing {
    /// Before the answer.
    Sync,
    /// After the answer; may lag, is not lost silently.
    Async,
}

/// What a reader may see.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Consistency {
    /// Any earlier state, for a bounded time.
    Eventual,
    /// At least what the same client wrote before.
    ReadYourWrites,
    /// The latest state, always.
    Linearizable,
}

/// When an operation happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// Share of all time in which the average holds: figure `op.<name>.active_ratio`; absent: all.
    pub active_ratio: Option<FigureId>,
    /// The window in words: `all day`, `18-22 h KST`.
    pub label: String,
}

impl Window {
    /// Returns the window that is the whole day.
    #[must_use]
    pub fn all_day() -> Self {
        Self { active_ratio: None, label: "all day".to_owned() }
    }
}

/// What makes a repeat harmless.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Idempotency {
    /// It changes nothing.
    Safe,
    /// The same request leaves the same state.
    Natural,
    /// A key that the client sends, unique where the effect is stored.
    Key(String),
    /// A repeat counts twice; the loss is stated and accepted.
    None,
}
