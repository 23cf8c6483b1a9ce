//! The way of one operation through the components.

use core::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Formula;

/// One step of a flow. In a file a bare name is a visit; everything else is a map of one entry.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Asks this component; what follows happens while it waits.
    Visit(String),
    /// Any other step.
    Action(Action),
}

/// A step that is more than a visit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Asks a cache for a key.
    Lookup(Lookup),
    /// Reads from a store.
    Read(Access),
    /// Writes to a store and waits for its acknowledgment.
    Write(Access),
    /// Puts into a cache what was just read; not waited for.
    Fill(Target),
    /// Deletes from a cache what was just written.
    Invalidate(Target),
    /// Appends a record to a topic or a table.
    Emit(Emit),
    /// The flow begins with records of this topic.
    Consume(Target),
    /// Asks a component, waits for what follows there, and goes on.
    Call(Called),
    /// Asks several components at the same time and waits for all.
    Parallel(Vec<Vec<Step>>),
    /// Happens for a share of the requests only.
    Sometimes(Sometimes),
    /// Happens several times, one after the other.
    Repeat(Repeat),
}

/// Asks a cache for a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// The cache.
    #[serde(rename = "in")]
    pub cache: String,
    /// The key space.
    pub key: String,
    /// What happens when the key is not there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_miss: Vec<Step>,
    /// What happens when the cache does not answer; absent: as on a miss.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_error: Vec<Step>,
}

/// Reads from or writes to a store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// The store.
    pub at: String,
    /// The dataset.
    pub data: String,
    /// The class of work whose service time counts; absent: `read` or `write`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The key space whose keys are named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// A column whose uniqueness this write decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique: Option<String>,
    /// The copy that is asked.
    #[serde(default, skip_serializing_if = "is_primary")]
    pub from: Copy,
    /// The caller goes on when there is no answer in time.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub optional: bool,
    /// Rows that one transaction writes, on average.
    #[serde(default = "one_row", skip_serializing_if = "is_one_row")]
    pub rows: f64,
}

fn one_row() -> f64 {
    1.0
}

fn is_one_row(rows: &f64) -> bool {
    (rows - 1.0).abs() < 1e-12
}

fn is_primary(copy: &Copy) -> bool {
    *copy == Copy::Primary
}

/// The copy of a shard that is asked.
#[derive(
    Clone, core::marker::Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Copy {
    /// The primary, or the quorum of the store.
    #[default]
    Primary,
    /// Any copy, which may lag.
    Any,
}

/// Names a component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The component.
    pub at: String,
}

/// Appends a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Emit {
    /// The topic, or the store whose table is the queue.
    pub to: String,
    /// The dataset whose record it is.
    pub data: String,
    /// The answer waits for the acknowledgment (an event that must not be lost).
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub awaited: bool,
}

/// Asks a component and goes on after its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Called {
    /// The component.
    pub to: String,
    /// What it does before it answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// The caller goes on when there is no answer in time.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub optional: bool,
}

/// Happens for a share of the requests only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sometimes {
    /// The share, 0 to 1.
    pub ratio: Formula,
    /// What happens then.
    pub steps: Vec<Step>,
}

/// Happens several times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// How often, on average.
    pub times: Formula,
    /// What happens each time.
    pub steps: Vec<Step>,
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Visit(component) => serializer.serialize_str(component),
            Self::Action(action) => action.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Step;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a component or one of lookup, read, write, fill, …")
            }

            fn visit_str<E: de::Error>(self, value: &str) -> Result<Step, E> {
                Ok(Step::Visit(value.to_owned()))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Step, A::Error> {
                let map = de::value::MapAccessDeserializer::new(map);
                Action::deserialize(map).map(Step::Action)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for Step {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Step".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let action = generator.subschema_for::<Action>();
        schemars::json_schema!({ "anyOf": [{ "type": "string" }, action] })
    }
}
