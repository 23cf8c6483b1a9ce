//! Distributions of sizes of bodies.

use core::fmt;
use core::time::Duration;

use schemars::JsonSchema;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Distribution;
use crate::model::bytes;

/// A distribution of numbers of bytes.
///
/// In a file: `{deterministic: 4kB}`, `{exponential: {mean: 20kB}}`, `{lognormal: {mean: 1MB, cv: 2}}`,
/// `{pareto: {mean: 1MB, shape: 2.5}}`, `{uniform: {low: 1kB, high: 9kB}}`,
/// `{empirical: [[1kB, 9], [1MB, 1]]}`. `cv` is standard deviation ÷ mean. A plain number is bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", rename_all = "lowercase", deny_unknown_fields)]
pub enum SizeDistribution {
    /// Always the same size.
    Deterministic(Size),
    /// The memoryless distribution.
    Exponential {
        /// The mean, above 0.
        mean: Size,
    },
    /// The exponential of a normal variate.
    Lognormal {
        /// The mean, above 0.
        mean: Size,
        /// Standard deviation ÷ mean, above 0.
        cv: f64,
    },
    /// The Pareto distribution of type I: P(X > x) = (minimum ÷ x)^shape.
    Pareto {
        /// The mean, above 0.
        mean: Size,
        /// The exponent of the tail, above 1.
        shape: f64,
    },
    /// Every size between two ends is as likely.
    Uniform {
        /// The lower end.
        low: Size,
        /// The upper end, at least `low`.
        high: Size,
    },
    /// Listed sizes, each with a weight at least 0; the weights need not sum to 1.
    Empirical(Vec<(Size, f64)>),
}

impl SizeDistribution {
    /// Returns the distribution of the time that a body takes at so many bytes per second.
    ///
    /// # Panics
    /// Panics when a transfer takes longer than 584 billion years.
    #[must_use]
    pub fn transfer_time(&self, bytes_per_second: f64) -> Distribution {
        let over = |size: &Size| Duration::from_secs_f64(size.0 / bytes_per_second);
        match self {
            Self::Deterministic(size) => Distribution::Deterministic(over(size)),
            Self::Exponential { mean } => Distribution::Exponential { mean: over(mean) },
            Self::Lognormal { mean, cv } => Distribution::Lognormal { mean: over(mean), cv: *cv },
            Self::Pareto { mean, shape } => {
                Distribution::Pareto { mean: over(mean), shape: *shape }
            }
            Self::Uniform { low, high } => {
                Distribution::Uniform { low: over(low), high: over(high) }
            }
            Self::Empirical(values) => Distribution::Empirical(
                values.iter().map(|(size, weight)| (over(size), *weight)).collect(),
            ),
        }
    }

    /// Returns the mean, in bytes.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.transfer_time(1.0).mean()
    }

    /// The checks of the spans that the sizes take at a byte per second serve for the sizes too.
    fn checked(self) -> Result<Self, String> {
        let largest = 1e18;
        let sizes: Vec<&Size> = match &self {
            Self::Deterministic(size) => vec![size],
            Self::Exponential { mean }
            | Self::Lognormal { mean, .. }
            | Self::Pareto { mean, .. } => {
                vec![mean]
            }
            Self::Uniform { low, high } => vec![low, high],
            Self::Empirical(values) => values.iter().map(|(size, _)| size).collect(),
        };
        if let Some(size) = sizes.iter().find(|size| size.0 > largest) {
            return Err(format!("{} bytes are no body: at most 1e18", size.0));
        }
        self.transfer_time(1.0).checked().map_err(|error| error.replace("span", "size"))?;
        Ok(self)
    }
}

impl<'de> Deserialize<'de> for SizeDistribution {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)?.checked().map_err(Error::custom)
    }
}

impl Serialize for SizeDistribution {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

/// A number of bytes as it is written: text with a unit, or a plain number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size(pub f64);

impl JsonSchema for Size {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A size: a number with B, kB, MB, GB, KiB, MiB or GiB; \
                            a plain number is bytes.",
            "anyOf": [
                {"type": "string", "examples": ["4kB", "1MiB"]},
                {"type": "number", "minimum": 0}
            ]
        })
    }
}

impl Serialize for Size {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{}B", self.0))
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SizeVisitor)
    }
}

struct SizeVisitor;

impl Visitor<'_> for SizeVisitor {
    type Value = Size;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a size such as `4kB`, or a number of bytes")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Size, E> {
        bytes::parse(text).map(Size).map_err(E::custom)
    }

    fn visit_f64<E: Error>(self, bytes: f64) -> Result<Size, E> {
        if bytes >= 0.0 && bytes.is_finite() {
            Ok(Size(bytes))
        } else {
            Err(E::custom(format!("`{bytes}` is no size: it must be 0 or more")))
        }
    }

    fn visit_u64<E: Error>(self, bytes: u64) -> Result<Size, E> {
        Ok(Size(bytes as f64))
    }

    fn visit_i64<E: Error>(self, bytes: i64) -> Result<Size, E> {
        self.visit_f64(bytes as f64)
    }
}
