//! Distributions of spans of time as a model names them, and samplers that draw from them.
//!
//! [`Distribution`] is what stands in a model file, checked while it is read, so that a wrong value
//! is reported at its line; [`Sampler`] is the same prepared for drawing.

mod sampler;
mod size;
pub(crate) mod span;

#[cfg(test)]
mod tests;

use core::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tenfold_units::math;

pub use sampler::Sampler;
pub use size::{Size, SizeDistribution};
pub(crate) use span::Span;

/// A distribution of spans of time: service, interarrival, think, patience or network time.
///
/// In a file: `{deterministic: 1s}`, `{exponential: {mean: 200ms}}`, `{erlang: {mean: 1s, stages: 4}}`,
/// `{hyperexponential: {mean: 1s, cv: 3}}`, `{lognormal: {mean: 1s, cv: 2}}`, `{gamma: {mean: 1s, cv: 0.5}}`,
/// `{weibull: {mean: 1s, shape: 0.7}}`, `{pareto: {mean: 1s, shape: 2.5}}`, `{uniform: {low: 1s, high: 2s}}`,
/// `{empirical: [[1s, 3], [5s, 1]]}`. `cv` is standard deviation ÷ mean. A plain number is seconds.
///
/// ```
/// use tenfold_sim::Distribution;
/// let service: Distribution = serde_saphyr::from_str("{erlang: {mean: 1s, stages: 4}}").unwrap();
/// assert_eq!(service.mean(), 1.0);
/// assert_eq!(service.squared_cv(), 0.25);
/// let wrong = serde_saphyr::from_str::<Distribution>("{hyperexponential: {mean: 1s, cv: 0.5}}");
/// assert!(wrong.unwrap_err().to_string().contains("at least 1"));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", rename_all = "lowercase", deny_unknown_fields)]
pub enum Distribution {
    /// Always the same span.
    Deterministic(
        #[serde(with = "span")]
        #[schemars(with = "Span")]
        Duration,
    ),
    /// The memoryless distribution.
    Exponential {
        /// The mean, above 0.
        #[serde(with = "span")]
        #[schemars(with = "Span")]
        mean: Duration,
    },
    /// The sum of equal exponential stages.
    Erlang {
        /// The mean of the sum, above 0.
        #[serde(with = "span")]
        #[schemars(with = "Span")]
        mean: Duration,
        /// The number of stages, at least 1.
        stages: u32,
    },
    /// One of two exponentials, with balanced means: both phases carry half of the time.
    Hyperexponential {
        /// The mean, above 0.
        #[serde(with = "span")]
        #[schemars(with = "Span")]
        mean: Duration,
        /// Standard deviation ÷ mean, at least 1.
        cv: f64,
    },
    /// The exponential of a normal variate.
    Lognormal {
        /// The mean, above 0.
        #[serde(with = "span")]
        #[schemars(with = "Span")]
        mean: Duration,
        /// Standard deviation ÷ mean, above 0.
        cv: f64,
    },
    /// The gamma distribution.
    Gamma {
        /// The mean, above 0.
        #[serde(with = "span")]
        #[schemars(with = "Span")]
        mean: Duration,
        /// Standard deviation ÷ mean, above 0.
        cv: f64,
    },
    /// The Weibull distribution; a shape below 1 has a tail heavier than the exponential's.
    Weibull {
        /// The mean, above 0.
        #[serde(with = "span")]
        #[schemars(with = "Span")]
        mean: Duration,
        /// The exponent of the tail, above 0.
        shape: f64,
    },
    /// The Pareto distribution of type I: P(X > x) = (minimum ÷ x)^shape.
    Pareto {
        /// The mean, above 0.
        #[serde(with = "span")]
        #[schemars(with = "Span")]
        mean: Duration,
        /// The exponent of the tail, above 1: below that there is no mean; up to 2 no variance.
        shape: f64,
    },
    /// Every span between two ends is as likely.
    Uniform {
        /// The lower end.
        #[serde(with = "span")]
        #[schemars(with = "Span")]
        low: Duration,
        /// The upper end, at least `low`.
        #[serde(with = "span")]
        #[schemars(with = "Span")]
        high: Duration,
    },
    /// Listed values, each with a weight at least 0; the weights need not sum to 1.
    Empirical(
        #[serde(with = "span::weighted")]
        #[schemars(with = "Vec<(Span, f64)>")]
        Vec<(Duration, f64)>,
    ),
}

impl Distribution {
    /// Returns this distribution when its parameters are possible.
    ///
    /// # Errors
    /// Says what was read and what would help.
    pub fn checked(self) -> Result<Self, String> {
        match &self {
            Self::Deterministic(_) => {}
            Self::Exponential { mean } => positive("exponential", *mean)?,
            Self::Erlang { mean, stages } => {
                positive("erlang", *mean)?;
                require(*stages >= 1, || "`stages: 0`: an erlang has at least 1 stage".to_owned())?;
            }
            Self::Hyperexponential { mean, cv } => {
                positive("hyperexponential", *mean)?;
                require(cv.is_finite() && *cv >= 1.0, || {
                    format!(
                        "`cv: {cv}`: a hyperexponential has a cv of at least 1; \
                         below that use erlang, gamma or lognormal"
                    )
                })?;
            }
            Self::Lognormal { mean, cv } | Self::Gamma { mean, cv } => {
                positive("distribution's", *mean)?;
                above(*cv, 0.0, "cv", "without variation use `deterministic`")?;
            }
            Self::Weibull { mean, shape } => {
                positive("weibull", *mean)?;
                above(*shape, 0.0, "shape", "1 is the exponential, smaller has a heavier tail")?;
            }
            Self::Pareto { mean, shape } => {
                positive("pareto", *mean)?;
                above(*shape, 1.0, "shape", "at 1 or below a pareto has no mean")?;
            }
            Self::Uniform { low, high } => require(low <= high, || {
                format!("`low: {low:?}` is above `high: {high:?}`: exchange the two")
            })?,
            Self::Empirical(values) => check_weights(values)?,
        }
        Ok(self)
    }

    /// Returns the mean, in seconds.
    #[must_use]
    pub fn mean(&self) -> f64 {
        match self {
            Self::Deterministic(value) => value.as_secs_f64(),
            Self::Exponential { mean }
            | Self::Erlang { mean, .. }
            | Self::Hyperexponential { mean, .. }
            | Self::Lognormal { mean, .. }
            | Self::Gamma { mean, .. }
            | Self::Weibull { mean, .. }
            | Self::Pareto { mean, .. } => mean.as_secs_f64(),
            Self::Uniform { low, high } => f64::midpoint(low.as_secs_f64(), high.as_secs_f64()),
            Self::Empirical(values) => weighted_mean(values, |x| x),
        }
    }

    /// Returns the variance ÷ mean², infinite where the variance is, 0 where the mean is 0.
    ///
    /// Formulas: Johnson, Kotz and Balakrishnan, *Continuous Univariate Distributions* 1 (1994),
    /// chapters 14, 17, 19, 20 and 21.
    #[must_use]
    pub fn squared_cv(&self) -> f64 {
        match self {
            Self::Deterministic(_) => 0.0,
            Self::Exponential { .. } => 1.0,
            Self::Erlang { stages, .. } => 1.0 / f64::from(*stages),
            Self::Hyperexponential { cv, .. }
            | Self::Lognormal { cv, .. }
            | Self::Gamma { cv, .. } => cv * cv,
            Self::Weibull { shape, .. } => {
                let log_ratio =
                    math::ln_gamma(1.0 + 2.0 / shape) - 2.0 * math::ln_gamma(1.0 + 1.0 / shape);
                math::exp_m1(log_ratio)
            }
            Self::Pareto { shape, .. } if *shape <= 2.0 => f64::INFINITY,
            Self::Pareto { shape, .. } => 1.0 / (shape * (shape - 2.0)),
            Self::Uniform { .. } | Self::Empirical(_) if self.mean() == 0.0 => 0.0,
            Self::Uniform { low, high } => {
                let width = high.as_secs_f64() - low.as_secs_f64();
                width * width / 12.0 / (self.mean() * self.mean())
            }
            Self::Empirical(values) => {
                let mean = self.mean();
                weighted_mean(values, |x| (x - mean) * (x - mean)) / (mean * mean)
            }
        }
    }

    /// Returns the distribution of `factor` times the span, rounded to nanoseconds.
    ///
    /// # Panics
    /// Panics when a span becomes longer than 584 billion years.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        let mut out = self.clone();
        match &mut out {
            Self::Deterministic(value) => *value = value.mul_f64(factor),
            Self::Exponential { mean }
            | Self::Erlang { mean, .. }
            | Self::Hyperexponential { mean, .. }
            | Self::Lognormal { mean, .. }
            | Self::Gamma { mean, .. }
            | Self::Weibull { mean, .. }
            | Self::Pareto { mean, .. } => *mean = mean.mul_f64(factor),
            Self::Uniform { low, high } => {
                *low = low.mul_f64(factor);
                *high = high.mul_f64(factor);
            }
            Self::Empirical(values) => {
                values.iter_mut().for_each(|(value, _)| *value = value.mul_f64(factor));
            }
        }
        out
    }

    /// Returns whether the `order`-th moment is finite.
    ///
    /// A queue's wait has a finite k-th moment only where the service time has a finite (k + 1)-th
    /// (Kiefer and Wolfowitz, *On the characteristics of the general queueing process*, 1956).
    #[must_use]
    pub fn has_moment(&self, order: u32) -> bool {
        match self {
            Self::Pareto { shape, .. } => f64::from(order) < *shape,
            Self::Deterministic(_)
            | Self::Exponential { .. }
            | Self::Erlang { .. }
            | Self::Hyperexponential { .. }
            | Self::Lognormal { .. }
            | Self::Gamma { .. }
            | Self::Weibull { .. }
            | Self::Uniform { .. }
            | Self::Empirical(_) => true,
        }
    }

    /// Returns E[X^6] ÷ E[X^4]^1.5: about the skewness of X², of which a queue's mean wait is an
    /// average; infinite where the sixth moment is, 1 for a constant.
    #[must_use]
    pub(crate) fn square_skewness(&self) -> f64 {
        let fourth = self.raw_moment(4);
        if fourth == 0.0 { 1.0 } else { self.raw_moment(6) / (fourth * fourth.sqrt()) }
    }

    /// Returns E[X^order] ÷ E[X]^order, infinite where the moment is, 0 where the mean is 0.
    ///
    /// Formulas: Johnson, Kotz and Balakrishnan, *Continuous Univariate Distributions* 1 (1994).
    fn raw_moment(&self, order: u32) -> f64 {
        let k = f64::from(order);
        let gamma = |shape: f64| {
            math::exp(math::ln_gamma(shape + k) - math::ln_gamma(shape) - k * math::ln(shape))
        };
        match self {
            Self::Deterministic(value) => f64::from(u8::from(!value.is_zero())),
            Self::Exponential { .. } => gamma(1.0),
            Self::Erlang { stages, .. } => gamma(f64::from(*stages)),
            Self::Hyperexponential { cv, .. } => {
                // Balanced means: a share p of the customers brings half of the work.
                let p = (1.0 + ((cv * cv - 1.0) / (cv * cv + 1.0)).max(0.0).sqrt()) / 2.0;
                let phase = |p: f64| p * math::powf(2.0 * p, -k);
                gamma(1.0) * (phase(p) + if p < 1.0 { phase(1.0 - p) } else { 0.0 })
            }
            Self::Lognormal { cv, .. } => math::powf(1.0 + cv * cv, k * (k - 1.0) / 2.0),
            Self::Gamma { cv, .. } => gamma(1.0 / (cv * cv)),
            Self::Weibull { shape, .. } => {
                math::exp(math::ln_gamma(1.0 + k / shape) - k * math::ln_gamma(1.0 + 1.0 / shape))
            }
            Self::Pareto { shape, .. } if k >= *shape => f64::INFINITY,
            Self::Pareto { shape, .. } => {
                shape / (shape - k) * math::powf((shape - 1.0) / shape, k)
            }
            Self::Uniform { .. } | Self::Empirical(_) if self.mean() == 0.0 => 0.0,
            Self::Uniform { low, high } => {
                let (low, high) = (low.as_secs_f64(), high.as_secs_f64());
                let mean = self.mean();
                if low == high {
                    return 1.0;
                }
                (math::powf(high / mean, k + 1.0) - math::powf(low / mean, k + 1.0))
                    / ((k + 1.0) * (high - low) / mean)
            }
            Self::Empirical(values) => {
                let mean = self.mean();
                weighted_mean(values, |x| math::powf(x / mean, k))
            }
        }
    }

    /// Returns the sampler of this distribution.
    #[must_use]
    pub fn sampler(&self) -> Sampler {
        Sampler::new(self)
    }
}

// `remote = "Self"` makes serde derive inherent functions, so that the checks run inside the
// reader, which then knows the place in the file.
impl<'de> Deserialize<'de> for Distribution {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)?.checked().map_err(serde::de::Error::custom)
    }
}

impl Serialize for Distribution {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

fn require(holds: bool, message: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(message()) }
}

fn positive(name: &str, mean: Duration) -> Result<(), String> {
    require(mean > Duration::ZERO, || {
        format!("the {name} mean is 0: write a span above 0, or `deterministic: 0s`")
    })
}

fn above(value: f64, limit: f64, name: &str, help: &str) -> Result<(), String> {
    require(value.is_finite() && value > limit, || {
        format!("`{name}: {value}`: it must be above {limit}; {help}")
    })
}

fn check_weights(values: &[(Duration, f64)]) -> Result<(), String> {
    for (value, weight) in values {
        require(weight.is_finite() && *weight >= 0.0, || {
            format!("the weight of {value:?} is {weight}: weights are at least 0")
        })?;
    }
    require(values.iter().map(|(_, weight)| weight).sum::<f64>() > 0.0, || {
        "an empirical distribution needs a value with a weight above 0: [[1s, 1]]".to_owned()
    })
}

fn weighted_mean(values: &[(Duration, f64)], f: impl Fn(f64) -> f64) -> f64 {
    let total: f64 = values.iter().map(|(_, weight)| weight).sum();
    values.iter().map(|(value, weight)| weight * f(value.as_secs_f64())).sum::<f64>() / total
}
