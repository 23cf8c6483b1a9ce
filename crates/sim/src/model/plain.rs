//! Plain queues: stations.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::distribution::Distribution;

/// Servers of a station: a number from 1, or `infinite` (a delay: nobody ever waits).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Servers {
    /// That many.
    Finite(u32),
    /// One for each customer.
    Infinite,
}

impl Serialize for Servers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Finite(n) => serializer.serialize_u32(*n),
            Self::Infinite => serializer.serialize_str("infinite"),
        }
    }
}

impl<'de> Deserialize<'de> for Servers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Servers;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a whole number of servers from 1 to 1000000, or `infinite`")
            }
            fn visit_u64<E: serde::de::Error>(self, n: u64) -> Result<Servers, E> {
                match u32::try_from(n) {
                    Ok(n @ 1..=1_000_000) => Ok(Servers::Finite(n)),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Unsigned(n), &self)),
                }
            }
            fn visit_i64<E: serde::de::Error>(self, n: i64) -> Result<Servers, E> {
                match u64::try_from(n) {
                    Ok(n) => self.visit_u64(n),
                    Err(_) => Err(E::invalid_value(serde::de::Unexpected::Signed(n), &self)),
                }
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Servers, E> {
                match text {
                    "infinite" => Ok(Servers::Infinite),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)),
                }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for Servers {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Servers".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "Servers of a station: a number from 1, or `infinite`.",
            "oneOf": [
                {"type": "integer", "minimum": 1, "maximum": 1_000_000},
                {"const": "infinite"}
            ]
        })
    }
}

/// Who is served next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Discipline {
    /// First come, first served.
    #[default]
    Fifo,
    /// Last come, first served; a running service is finished unless `preemptive`.
    Lifo,
    /// All at once, in equal shares: with n customers and c servers each runs at min(1, c / n).
    ProcessorSharing,
    /// Shortest remaining processing time first; preempts.
    Srpt,
    /// Lowest `priority` of the arrivals first, first come within one; a running service is
    /// finished unless `preemptive`.
    Priority,
}

/// The bound of a plain station's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QueueBound {
    /// Waiting places besides the servers; who finds them full is dropped. 0: no waiting.
    pub length: u32,
}

/// Servers with one queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Station {
    /// How many customers are served at the same time.
    pub servers: Servers,
    /// Time in service, without waiting.
    pub service_time: Distribution,
    /// Who is served next.
    #[serde(default)]
    pub discipline: Discipline,
    /// `lifo` and `priority`: an arrival that goes first interrupts a running service, which is
    /// resumed later where it stopped.
    #[serde(default, skip_serializing_if = "is_false")]
    pub preemptive: bool,
    /// Bound of the queue; none where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueBound>,
    /// How long a customer waits for the beginning of service before leaving unserved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience: Option<Distribution>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_false(value: &bool) -> bool {
    !*value
}
