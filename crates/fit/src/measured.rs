//! What was measured.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most values of one series that are used.
pub(crate) const LIMIT_VALUES: usize = 2_000_000;

/// What a series counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    /// Spans of time, in seconds.
    Seconds,
    /// Sizes, in bytes.
    Bytes,
}

/// The unit that plain numbers of a file are in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unit {
    /// Seconds or bytes.
    pub quantity: Quantity,
    /// How many of these one unit is.
    pub factor: f64,
}

const UNITS: [(&str, Quantity, f64); 9] = [
    ("s", Quantity::Seconds, 1.0),
    ("ms", Quantity::Seconds, 1e-3),
    ("us", Quantity::Seconds, 1e-6),
    ("ns", Quantity::Seconds, 1e-9),
    ("min", Quantity::Seconds, 60.0),
    ("h", Quantity::Seconds, 3_600.0),
    ("B", Quantity::Bytes, 1.0),
    ("kB", Quantity::Bytes, 1e3),
    ("MB", Quantity::Bytes, 1e6),
];

/// Endings of names that tell the unit, as Prometheus and people write them.
const ENDINGS: [(&str, &str); 16] = [
    ("milliseconds", "ms"),
    ("microseconds", "us"),
    ("nanoseconds", "ns"),
    ("seconds", "s"),
    ("minutes", "min"),
    ("millis", "ms"),
    ("micros", "us"),
    ("nanos", "ns"),
    ("kilobytes", "kB"),
    ("megabytes", "MB"),
    ("bytes", "B"),
    ("sec", "s"),
    ("ms", "ms"),
    ("us", "us"),
    ("ns", "ns"),
    ("s", "s"),
];

impl Unit {
    /// The second.
    pub const SECOND: Self = Self { quantity: Quantity::Seconds, factor: 1.0 };

    /// Returns the unit that the last word of a name says: `latency_ms`, `size (bytes)`.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let last = name.trim_end_matches([')', ']', ' ']).rsplit(['_', '(', '[', ' ', '.', '-']);
        let last = last.map(str::to_ascii_lowercase).next()?;
        // A name that is nothing but the unit's letter says nothing.
        let (_, unit) = ENDINGS.iter().find(|(ending, _)| *ending == last && last != name)?;
        unit.parse().ok()
    }
}

impl FromStr for Unit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = UNITS.iter().find(|(name, ..)| *name == text);
        found.map(|(_, quantity, factor)| Self { quantity: *quantity, factor: *factor }).ok_or_else(
            || {
                let known = UNITS.map(|(name, ..)| name).join(", ");
                format!("`{text}` is no unit: use one of {known}")
            },
        )
    }
}

/// Measurements that were left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Dropped {
    /// How many.
    pub count: u64,
    /// Why.
    pub why: String,
}

/// A series of measurements.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The name of the metric with its labels, of the column or of the spans.
    pub name: String,
    /// What it counts in.
    pub quantity: Quantity,
    /// The measurements.
    pub values: Values,
    /// What was left out.
    pub dropped: Vec<Dropped>,
    /// How the file was understood where it could be understood otherwise.
    pub notes: Vec<String>,
}

/// Measurements, one by one or counted.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Values of 0 or more, in the order of the file.
    Samples(Vec<f64>),
    /// A histogram.
    Buckets(Buckets),
}

/// A histogram.
#[derive(Clone, Debug, PartialEq)]
pub struct Buckets {
    /// Upper bound above 0 and number of values in each bucket, bounds ascending. The first bucket
    /// begins at 0.
    pub bounded: Vec<(f64, f64)>,
    /// Values above the last bound.
    pub beyond: f64,
    /// The sum of all values, where it is known.
    pub sum: Option<f64>,
}

impl Buckets {
    /// Returns how many values there are.
    #[must_use]
    pub fn count(&self) -> f64 {
        self.bounded.iter().map(|(_, count)| count).sum::<f64>() + self.beyond
    }

    /// Returns lower bound, upper bound and count of each bucket; the last one has no upper bound.
    pub fn cells(&self) -> impl Iterator<Item = (f64, f64, f64)> + '_ {
        let lows = core::iter::once(0.0).chain(self.bounded.iter().map(|(bound, _)| *bound));
        let highs = self.bounded.iter().copied().chain([(f64::INFINITY, self.beyond)]);
        lows.zip(highs).map(|(low, (high, count))| (low, high, count))
    }
}
