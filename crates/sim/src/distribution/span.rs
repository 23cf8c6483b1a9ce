//! How a span stands in a distribution: `200ms`, or a plain number of seconds.

use core::fmt;
use core::time::Duration;

use schemars::JsonSchema;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tenfold_units::duration;

/// A span as it is written: text with a unit, or seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span(Duration);

impl JsonSchema for Span {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A span of time: a number with ns, us, ms, s, min, h or d; \
                            a plain number is seconds.",
            "anyOf": [
                {"type": "string", "examples": ["200ms", "1.5s"]},
                {"type": "number", "minimum": 0}
            ]
        })
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        duration::serialize(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SpanVisitor).map(Self)
    }
}

/// Writes a span as text.
pub(crate) fn serialize<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    Span(*span).serialize(serializer)
}

/// Reads a span from text or from a number of seconds.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Duration, D::Error> {
    Span::deserialize(deserializer).map(|span| span.0)
}

/// A list of pairs of a span and a weight.
pub(super) mod weighted {
    use super::{Deserialize, Deserializer, Duration, Serializer, Span};

    /// Writes each pair as `[span, weight]`.
    pub(in super::super) fn serialize<S: Serializer>(
        values: &[(Duration, f64)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(values.iter().map(|(span, weight)| (Span(*span), weight)))
    }

    /// Reads pairs of `[span, weight]`.
    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<(Duration, f64)>, D::Error> {
        let values = Vec::<(Span, f64)>::deserialize(deserializer)?;
        Ok(values.into_iter().map(|(span, weight)| (span.0, weight)).collect())
    }
}

/// A list of spans.
pub(crate) mod list {
    use super::{Deserialize, Deserializer, Duration, Serializer, Span};

    /// Writes each span as text.
    pub(crate) fn serialize<S: Serializer>(
        spans: &[Duration],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(spans.iter().map(|span| Span(*span)))
    }

    /// Reads spans from text or from numbers of seconds.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Duration>, D::Error> {
        let spans = Vec::<Span>::deserialize(deserializer)?;
        Ok(spans.into_iter().map(|span| span.0).collect())
    }
}

struct SpanVisitor;

impl Visitor<'_> for SpanVisitor {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a span of time such as `200ms`, or a number of seconds")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
        duration::parse(text).map_err(E::custom)
    }

    fn visit_f64<E: Error>(self, seconds: f64) -> Result<Duration, E> {
        Duration::try_from_secs_f64(seconds)
            .map_err(|_| E::custom(format!("`{seconds}` is no span of time: write `1.5s`")))
    }

    fn visit_u64<E: Error>(self, seconds: u64) -> Result<Duration, E> {
        Ok(Duration::from_secs(seconds))
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<Duration, E> {
        u64::try_from(seconds)
            .map(Duration::from_secs)
            .map_err(|_| E::custom(format!("`{seconds}` is negative: spans are at least 0")))
    }
}
