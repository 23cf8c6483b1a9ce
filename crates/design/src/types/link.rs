//! What happens between two components, said once.

use core::fmt;
use core::str::FromStr;
use core::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use tenfold_patterns::{
    CircuitBreakerOptions, RetryBudgetOptions, RetryOptions, TokenBucketOptions,
};
use tenfold_units::duration;

/// Names a link: `edge -> redirect`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId {
    /// The component that asks.
    pub from: String,
    /// The component that is asked.
    pub to: String,
}

impl LinkId {
    /// Returns the link from `from` to `to`.
    #[must_use]
    pub fn new(from: &str, to: &str) -> Self {
        Self { from: from.to_owned(), to: to.to_owned() }
    }
}

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.from, self.to)
    }
}

impl FromStr for LinkId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (from, to) = text
            .split_once("->")
            .ok_or_else(|| format!("`{text}` is not a link: write `caller -> callee`"))?;
        Ok(Self::new(from.trim(), to.trim()))
    }
}

impl Serialize for LinkId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LinkId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for LinkId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "LinkId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "caller -> callee",
            "type": "string",
            "pattern": "^\\S+ -> \\S+$"
        })
    }
}

/// How one component asks another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// How an instance of the callee is chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<Balance>,
    /// The caller waits this long for one attempt.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub timeout: Option<Duration>,
    /// Connections that one instance of the caller holds to the callee as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<u32>,
    /// Further attempts after a failure; absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// Stops asking a callee that fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breaker: Option<CircuitBreakerOptions>,
    /// What one instance of the caller may ask at most; the rest is refused at once, so that a cold
    /// cache cannot drown the callee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admission: Option<TokenBucketOptions>,
    /// Concurrent requests of one instance for the same key become one.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub single_flight: bool,
    /// The caller goes on, degraded, when the callee does not answer.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub optional: bool,
    /// Records wait in the memory of the caller before they are sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buffer: Option<Buffer>,
    /// Share of the messages that cross a zone; absent: (zones − 1) ÷ zones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cross_zone_ratio: Option<f64>,
}

/// How an instance of the callee is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Balance {
    /// One after the other.
    RoundRobin,
    /// The one with fewer requests in flight of two drawn at random.
    P2c,
    /// The one with the fewest requests in flight.
    LeastRequests,
    /// The owner of the key.
    Owner,
}

/// Further attempts after a failure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// When and how often.
    pub options: RetryOptions,
    /// How many retries all requests together may cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<RetryBudgetOptions>,
    /// What makes a repeat of a write harmless.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotent_by: Option<String>,
}

/// Records wait in the memory of the caller before they are sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Buffer {
    /// Records that fit.
    pub records: u32,
    /// A batch goes after this time at the latest: what a crash loses.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub linger: Duration,
    /// What happens when it is full.
    pub when_full: WhenFull,
}

/// What happens when a buffer is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WhenFull {
    /// The record is dropped and counted.
    DropAndCount,
    /// The caller waits.
    Block,
}
