//! The published form of a YAML brief.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A brief in YAML. Every text is read by the same grammar as a bullet in Markdown; keys that are
/// not listed here are allowed: `users: 10M` says what the bullet "users: 10M" says, and an unknown
/// key over a list is a section.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "tenfold brief")]
pub struct YamlBrief {
    /// What the system is called.
    #[serde(default, alias = "brief", alias = "name", alias = "system")]
    pub title: Option<String>,
    /// Requirements of any kind.
    #[serde(default)]
    pub requirements: Option<YamlItems>,
    /// What the system does: features and user stories.
    #[serde(default)]
    pub functional: Option<YamlItems>,
    /// Load, latency, availability, security.
    #[serde(default, alias = "non_functional", alias = "non-functional")]
    pub nonfunctional: Option<YamlItems>,
    /// Provider, region, residency, team, skills, deadline, budget.
    #[serde(default)]
    pub constraints: Option<YamlItems>,
    /// Design choices.
    #[serde(default)]
    pub design: Option<YamlItems>,
    /// API contract: "GET /path → shape".
    #[serde(default)]
    pub api: Option<YamlItems>,
    /// What is explicitly not asked for.
    #[serde(default, alias = "out of scope")]
    pub out_of_scope: Option<YamlItems>,
    /// Everything else.
    #[serde(flatten)]
    pub other: BTreeMap<String, YamlItems>,
}

/// What stands under a key: one text, a list, or a map of further keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum YamlItems {
    /// A list of bullets.
    List(Vec<YamlItem>),
    /// Values by name: `p99: 200 ms`.
    Map(BTreeMap<String, YamlItems>),
    /// One text, number or switch.
    One(YamlScalar),
}

/// One element of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum YamlItem {
    /// A bullet: "10 requests per user and day, peak 3x".
    Text(YamlScalar),
    /// One thing by its properties: `{name: create, rate: 100/s, p99: 50 ms}`, or a story:
    /// `{as: customer, want: to pay once}`.
    Map(BTreeMap<String, YamlItems>),
}

/// A text, a number or a switch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum YamlScalar {
    /// Words.
    Text(String),
    /// A bare number.
    Number(f64),
    /// `real-time: true`.
    Switch(bool),
}
