use serde::{Deserialize, Serialize};

/// What the ends of an [`Interval`] mean.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
pub enum Meaning {
    /// 10 % and 90 % quantiles.
    #[default]
    #[serde(rename = "p10-p90")]
    Quantiles,
    /// Hard bounds: nothing lies outside.
    #[serde(rename = "bound")]
    Bound,
    /// 95 % confidence interval of a simulated or measured value: how well it is known, not how far
    /// it may move.
    #[serde(rename = "ci95")]
    Confidence,
}

/// Low, mid and high of an uncertain value, in the base unit of its quantity.
///
/// `low <= mid <= high`; a value without width has all three equal.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Interval {
    /// The 10 % quantile, or the lower bound.
    pub low: f64,
    /// The value that is worked with.
    pub mid: f64,
    /// The 90 % quantile, or the upper bound.
    pub high: f64,
    /// What `low` and `high` mean.
    #[serde(default)]
    pub meaning: Meaning,
}

impl Interval {
    /// Returns a value without width.
    #[must_use]
    pub const fn exact(value: f64) -> Self {
        Self { low: value, mid: value, high: value, meaning: Meaning::Quantiles }
    }

    /// Returns the interval from `low` over `mid` to `high`, read as quantiles.
    ///
    /// # Panics
    /// Panics unless `low <= mid <= high`.
    #[must_use]
    pub fn quantiles(low: f64, mid: f64, high: f64) -> Self {
        assert!(low <= mid && mid <= high, "an interval is ordered: {low} {mid} {high}");
        Self { low, mid, high, meaning: Meaning::Quantiles }
    }

    /// Returns a value with its 95 % confidence interval; without ends its width is not known and
    /// `low` and `high` are NaN-free copies of `mid`.
    #[must_use]
    pub fn confidence(mid: f64, ends: Option<(f64, f64)>) -> Self {
        let (low, high) = ends.unwrap_or((mid, mid));
        Self { low: low.min(mid), mid, high: high.max(mid), meaning: Meaning::Confidence }
    }

    /// Returns the same ends, read as hard bounds.
    #[must_use]
    pub const fn as_bound(mut self) -> Self {
        self.meaning = Meaning::Bound;
        self
    }

    /// Returns whether the value has no width.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.low == self.high
    }

    /// Returns the same interval with all three values multiplied by `factor` >= 0.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        Self { low: self.low * factor, mid: self.mid * factor, high: self.high * factor, ..*self }
    }
}
