use tenfold_units::math;

use crate::error::{Error, require};
use crate::numeric::{exponential_mean, normal_mean, power};

/// A distribution of a time in seconds: service, time between arrivals, patience.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Always the same.
    Deterministic {
        /// The value.
        value: f64,
    },
    /// Without memory.
    Exponential {
        /// Mean.
        mean: f64,
    },
    /// Sum of `stages` equal exponentials.
    Erlang {
        /// Mean of the sum.
        mean: f64,
        /// How many, at least 1.
        stages: u32,
    },
    /// One of two exponentials with balanced means: each phase contributes half of the mean.
    Hyperexponential {
        /// Mean.
        mean: f64,
        /// Standard deviation ÷ mean, at least 1.
        cv: f64,
    },
    /// The logarithm is normal.
    Lognormal {
        /// Mean.
        mean: f64,
        /// Standard deviation ÷ mean, above 0.
        cv: f64,
    },
    /// Gamma of shape 1 / cv².
    Gamma {
        /// Mean.
        mean: f64,
        /// Standard deviation ÷ mean, above 0.
        cv: f64,
    },
    /// Weibull.
    Weibull {
        /// Mean.
        mean: f64,
        /// Shape, above 0.
        shape: f64,
    },
    /// Pareto type I: at least its minimum, tail (minimum / x)^shape.
    Pareto {
        /// Mean.
        mean: f64,
        /// Shape, above 1.
        shape: f64,
    },
    /// Equally likely between two ends.
    Uniform {
        /// Lower end, at least 0.
        low: f64,
        /// Upper end, above the lower.
        high: f64,
    },
    /// Values with weights.
    Empirical {
        /// (value, weight), values at least 0, weights above 0.
        values: Vec<(f64, f64)>,
    },
}

/// The first three moments of a time; the higher ones may be infinite (Pareto).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// E X in seconds.
    pub mean: f64,
    /// E X² in seconds².
    pub second: f64,
    /// E X³ in seconds³.
    pub third: f64,
}

impl Moments {
    /// Returns variance ÷ mean².
    #[must_use]
    pub fn squared_cv(&self) -> f64 {
        (self.second / (self.mean * self.mean) - 1.0).max(0.0)
    }
}

impl Distribution {
    /// Checks the parameters against the ranges that the variants state, means above 0.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] names the parameter.
    pub fn check(&self) -> Result<(), Error> {
        let above_zero = |x: f64| x.is_finite() && x > 0.0;
        match self {
            Self::Deterministic { value: mean } | Self::Exponential { mean } => {
                require(above_zero(*mean), "mean: finite, above 0")
            }
            Self::Erlang { mean, stages } => {
                require(above_zero(*mean) && *stages >= 1, "mean: above 0; stages: at least 1")
            }
            Self::Hyperexponential { mean, cv } => require(
                above_zero(*mean) && cv.is_finite() && *cv >= 1.0,
                "mean: above 0; cv: at least 1",
            ),
            Self::Lognormal { mean, cv } | Self::Gamma { mean, cv } => {
                require(above_zero(*mean) && above_zero(*cv), "mean and cv: finite, above 0")
            }
            Self::Weibull { mean, shape } => {
                require(above_zero(*mean) && above_zero(*shape), "mean and shape: above 0")
            }
            Self::Pareto { mean, shape } => require(
                above_zero(*mean) && shape.is_finite() && *shape > 1.0,
                "mean: above 0; shape: above 1",
            ),
            Self::Uniform { low, high } => require(
                low.is_finite() && high.is_finite() && *low >= 0.0 && low < high,
                "uniform: 0 <= low < high",
            ),
            Self::Empirical { values } => {
                let fit = |(value, weight): &(f64, f64)| {
                    value.is_finite() && *value >= 0.0 && above_zero(*weight)
                };
                let any = values.iter().any(|(value, _)| *value > 0.0);
                require(values.iter().all(fit) && any, "empirical: values >= 0, weights > 0")
            }
        }
    }

    /// Returns the first three moments.
    ///
    /// # Errors
    /// As [`Distribution::check`].
    pub fn moments(&self) -> Result<Moments, Error> {
        self.check()?;
        let scaled = |mean: f64, second: f64, third: f64| Moments {
            mean,
            second: second * mean * mean,
            third: third * mean * mean * mean,
        };
        Ok(match self {
            Self::Deterministic { value } => scaled(*value, 1.0, 1.0),
            Self::Exponential { mean } => scaled(*mean, 2.0, 6.0),
            Self::Erlang { mean, stages } => gamma_moments(*mean, 1.0 / f64::from(*stages)),
            Self::Gamma { mean, cv } => gamma_moments(*mean, cv * cv),
            Self::Hyperexponential { mean, cv } => {
                let raw = |n: i32, factorial: f64| {
                    balanced_phases(*mean, *cv)
                        .iter()
                        .map(|(p, m)| p * (0..n).map(|_| m).product::<f64>() * factorial)
                        .sum::<f64>()
                };
                Moments { mean: *mean, second: raw(2, 2.0), third: raw(3, 6.0) }
            }
            Self::Lognormal { mean, cv } => {
                let spread = 1.0 + cv * cv;
                scaled(*mean, spread, spread * spread * spread)
            }
            Self::Weibull { mean, shape } => {
                let ln_gamma = |r: f64| math::ln_gamma(1.0 + r / shape);
                let first = ln_gamma(1.0);
                let ratio = |r: f64| math::exp(ln_gamma(r) - r * first);
                scaled(*mean, ratio(2.0), ratio(3.0))
            }
            Self::Pareto { mean, shape } => {
                let minimum = (shape - 1.0) / shape;
                let raw = |r: f64| {
                    if *shape > r {
                        shape * math::powf(minimum, r) / (shape - r)
                    } else {
                        f64::INFINITY
                    }
                };
                scaled(*mean, raw(2.0), raw(3.0))
            }
            Self::Uniform { low, high } => Moments {
                mean: 0.5 * (low + high),
                second: (low * low + low * high + high * high) / 3.0,
                third: (low + high) * (low * low + high * high) / 4.0,
            },
            Self::Empirical { values } => {
                let total: f64 = values.iter().map(|(_, weight)| weight).sum();
                let raw = |n: u32| {
                    values.iter().map(|(value, weight)| weight * power(*value, n)).sum::<f64>()
                        / total
                };
                Moments { mean: raw(1), second: raw(2), third: raw(3) }
            }
        })
    }

    /// Returns the Laplace–Stieltjes transform E e^(-s X) at `s` >= 0 (per second): in closed form
    /// where there is one, otherwise by quadrature to about 1e-9 (lognormal, Weibull, Pareto).
    ///
    /// # Errors
    /// As [`Distribution::check`].
    pub fn transform(&self, s: f64) -> Result<f64, Error> {
        self.check()?;
        Ok(1.0 - self.transform_complement(s))
    }

    /// Returns 1 - E e^(-s X) with all its digits where it is small.
    pub(crate) fn transform_complement(&self, s: f64) -> f64 {
        let one = |time: f64| -math::exp_m1(-s * time);
        match self {
            Self::Deterministic { value } => one(*value),
            Self::Exponential { mean } => s * mean / (1.0 + s * mean),
            Self::Erlang { mean, stages } => {
                let stages = f64::from(*stages);
                -math::exp_m1(-stages * math::ln_1p(s * mean / stages))
            }
            Self::Gamma { mean, cv } => {
                let squared = cv * cv;
                -math::exp_m1(-math::ln_1p(s * mean * squared) / squared)
            }
            Self::Hyperexponential { mean, cv } => {
                balanced_phases(*mean, *cv).iter().map(|(p, m)| p * s * m / (1.0 + s * m)).sum()
            }
            Self::Lognormal { mean, cv } => {
                let variance = math::ln_1p(cv * cv);
                let (center, sigma) = (math::ln(*mean) - 0.5 * variance, variance.sqrt());
                normal_mean(|z| one(math::exp(center + sigma * z)))
            }
            Self::Weibull { mean, shape } => {
                let scale = mean / math::exp(math::ln_gamma(1.0 + 1.0 / shape));
                exponential_mean(|v| one(scale * math::powf(v, 1.0 / shape)))
            }
            Self::Pareto { mean, shape } => {
                let minimum = mean * (shape - 1.0) / shape;
                exponential_mean(|v| one(minimum * math::exp(v / shape)))
            }
            Self::Uniform { low, high } => {
                one(*low) + (1.0 - one(*low)) * mean_complement(s * (high - low))
            }
            Self::Empirical { values } => {
                let total: f64 = values.iter().map(|(_, weight)| weight).sum();
                values.iter().map(|(value, weight)| weight * one(*value)).sum::<f64>() / total
            }
        }
    }
}

/// Returns 1 - (1 - e^-w) / w: its series w/2 - w²/6 + w³/24 … where the difference would cancel.
fn mean_complement(w: f64) -> f64 {
    if w > 0.5 {
        return 1.0 + math::exp_m1(-w) / w;
    }
    let (mut sum, mut term) = (0.0, 1.0);
    for n in 2..20 {
        term *= -w / f64::from(n);
        sum -= term;
    }
    sum
}

fn gamma_moments(mean: f64, squared_cv: f64) -> Moments {
    Moments {
        mean,
        second: mean * mean * (1.0 + squared_cv),
        third: mean * mean * mean * (1.0 + squared_cv) * (1.0 + 2.0 * squared_cv),
    }
}

/// Probability and mean of the two phases: p = (1 ± √((cv² - 1) / (cv² + 1))) / 2, mean / (2 p).
pub(crate) fn balanced_phases(mean: f64, cv: f64) -> [(f64, f64); 2] {
    let squared = cv * cv;
    let lean = ((squared - 1.0) / (squared + 1.0)).sqrt();
    // 1 - lean without cancellation for a large cv.
    let (likely, rare) = (0.5 * (1.0 + lean), 1.0 / ((squared + 1.0) * (1.0 + lean)));
    [(likely, mean / (2.0 * likely)), (rare, mean / (2.0 * rare))]
}
