use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A simulated value with its 95 % confidence interval.
///
/// Both bounds are absent (`null`) where there was not enough data for an interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// The value seen.
    pub value: f64,
    /// The lower end of the interval.
    pub low: Option<f64>,
    /// The upper end of the interval.
    pub high: Option<f64>,
}

impl Estimate {
    /// Returns a value without an interval: not enough data.
    #[must_use]
    pub const fn without_interval(value: f64) -> Self {
        Self { value, low: None, high: None }
    }

    /// Returns a value with an interval around it.
    ///
    /// # Panics
    /// Panics unless `low <= high`.
    #[must_use]
    pub fn between(value: f64, low: f64, high: f64) -> Self {
        assert!(low <= high, "an interval is ordered: {low} {high}");
        Self { value, low: Some(low), high: Some(high) }
    }

    /// Returns both ends, where there is an interval.
    #[must_use]
    pub fn interval(&self) -> Option<(f64, f64)> {
        self.low.zip(self.high)
    }

    /// Returns the same multiplied by `factor` >= 0, for example to get from busy servers to
    /// utilization.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        Self {
            value: self.value * factor,
            low: self.low.map(|low| low * factor),
            high: self.high.map(|high| high * factor),
        }
    }

    /// Returns the same with the interval cut to what is possible, `floor..=ceiling`.
    #[must_use]
    pub fn clamped(&self, floor: f64, ceiling: f64) -> Self {
        Self {
            value: self.value,
            low: self.low.map(|low| low.clamp(floor, ceiling)),
            high: self.high.map(|high| high.clamp(floor, ceiling)),
        }
    }

    /// Returns half the width of the interval ÷ the value, where there is one.
    #[must_use]
    pub fn relative_half_width(&self) -> Option<f64> {
        self.interval().map(|(low, high)| (high - low) / 2.0 / self.value.abs())
    }

    /// Returns whether the value is at most `limit`, as far as the interval can tell.
    #[must_use]
    pub fn at_most(&self, limit: f64) -> Verdict {
        match self.interval() {
            Some((_, high)) if high <= limit => Verdict::Met,
            Some((low, _)) if low > limit => Verdict::Missed,
            _ => Verdict::Undecided,
        }
    }

    /// Returns whether the value is at least `limit`, as far as the interval can tell.
    #[must_use]
    pub fn at_least(&self, limit: f64) -> Verdict {
        match self.interval() {
            Some((low, _)) if low >= limit => Verdict::Met,
            Some((_, high)) if high < limit => Verdict::Missed,
            _ => Verdict::Undecided,
        }
    }
}

/// Whether an objective holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The whole interval is on the good side of the limit.
    Met,
    /// The whole interval is on the bad side.
    Missed,
    /// The interval crosses the limit, or there is none.
    Undecided,
}

/// Mean and percentiles of a sampled quantity, each with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DistributionEstimate {
    /// The mean.
    pub mean: Estimate,
    /// The median.
    pub p50: Estimate,
    /// The 90th percentile.
    pub p90: Estimate,
    /// The 95th percentile.
    pub p95: Estimate,
    /// The 99th percentile.
    pub p99: Estimate,
    /// The 99.9th percentile.
    pub p999: Estimate,
}

impl DistributionEstimate {
    /// Returns the same multiplied by `factor` >= 0, for a change of unit.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        Self {
            mean: self.mean.scaled(factor),
            p50: self.p50.scaled(factor),
            p90: self.p90.scaled(factor),
            p95: self.p95.scaled(factor),
            p99: self.p99.scaled(factor),
            p999: self.p999.scaled(factor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_across_the_limit_is_undecided() {
        let estimate = Estimate::between(10.0, 9.0, 12.0);
        assert_eq!(estimate.at_most(12.0), Verdict::Met);
        assert_eq!(estimate.at_most(11.0), Verdict::Undecided);
        assert_eq!(estimate.at_most(8.0), Verdict::Missed);
        assert_eq!(estimate.at_least(9.0), Verdict::Met);
        assert_eq!(estimate.at_least(11.0), Verdict::Undecided);
        assert_eq!(estimate.at_least(13.0), Verdict::Missed);
        assert_eq!(Estimate::without_interval(1.0).at_most(100.0), Verdict::Undecided);
    }

    #[test]
    fn a_missing_interval_is_null() {
        let json = serde_json::to_string(&Estimate::without_interval(0.5)).unwrap();
        assert_eq!(json, r#"{"value":0.5,"low":null,"high":null}"#);
        let json = serde_json::to_string(&Estimate::between(2.0, 1.0, 3.0).scaled(0.5)).unwrap();
        assert_eq!(json, r#"{"value":1.0,"low":0.5,"high":1.5}"#);
        assert_eq!(Estimate::between(2.0, 1.0, 3.0).relative_half_width(), Some(0.5));
        assert_eq!(Estimate::between(0.9, 0.7, 1.1).clamped(0.0, 1.0).interval(), Some((0.7, 1.0)));
    }
}
