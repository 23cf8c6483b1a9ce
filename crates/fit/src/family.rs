//! The parametric families of a model file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::math;

use crate::special::{gamma_tail, normal_tail};

/// A parametric family, simplest first: where two explain the measurements equally well, the first
/// is taken.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// The memoryless distribution.
    Exponential,
    /// The sum of equal exponential stages.
    Erlang,
    /// The exponential of a normal variate.
    Lognormal,
    /// The gamma distribution.
    Gamma,
    /// The Weibull distribution.
    Weibull,
    /// One of two exponentials with balanced means.
    Hyperexponential,
    /// The Pareto distribution of type I.
    Pareto,
    /// Every value between two ends.
    Uniform,
}

impl Family {
    /// All of them, simplest first.
    pub const ALL: [Self; 8] = [
        Self::Exponential,
        Self::Erlang,
        Self::Lognormal,
        Self::Gamma,
        Self::Weibull,
        Self::Hyperexponential,
        Self::Pareto,
        Self::Uniform,
    ];

    /// Returns its name in a model file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exponential => "exponential",
            Self::Erlang => "erlang",
            Self::Lognormal => "lognormal",
            Self::Gamma => "gamma",
            Self::Weibull => "weibull",
            Self::Hyperexponential => "hyperexponential",
            Self::Pareto => "pareto",
            Self::Uniform => "uniform",
        }
    }

    /// Returns how many parameters it has.
    #[must_use]
    pub const fn parameters(self) -> usize {
        if matches!(self, Self::Exponential) { 1 } else { 2 }
    }

    /// Returns the names of its parameters in a model file.
    pub(crate) const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Exponential => &["mean"],
            Self::Erlang => &["mean", "stages"],
            Self::Lognormal | Self::Gamma | Self::Hyperexponential => &["mean", "cv"],
            Self::Weibull | Self::Pareto => &["mean", "shape"],
            Self::Uniform => &["low", "high"],
        }
    }

    /// Returns how many of its parameters are real numbers that a likelihood is climbed in.
    pub(crate) const fn climbed(self) -> usize {
        if matches!(self, Self::Exponential | Self::Erlang) { 1 } else { 2 }
    }
}

/// A distribution of a family, with what its density and tail are computed from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Law {
    Exponential { mean: f64 },
    Erlang { mean: f64, stages: f64 },
    Lognormal { log_mean: f64, log_deviation: f64 },
    Gamma { mean: f64, shape: f64 },
    Weibull { scale: f64, shape: f64 },
    Hyperexponential { mean: f64, cv: f64 },
    Pareto { minimum: f64, shape: f64 },
    Uniform { low: f64, high: f64 },
}

impl Law {
    /// Returns the law at a point of the plane in which likelihoods are climbed: every point is
    /// possible. An Erlang's stages stay those of `self`.
    pub(crate) fn moved(self, at: [f64; 2]) -> Self {
        let [u, v] = at;
        match self {
            Self::Exponential { .. } => Self::Exponential { mean: math::exp(u) },
            Self::Erlang { stages, .. } => Self::Erlang { mean: math::exp(u), stages },
            Self::Lognormal { .. } => Self::Lognormal { log_mean: u, log_deviation: math::exp(v) },
            Self::Gamma { .. } => Self::Gamma { mean: math::exp(u), shape: math::exp(v) },
            Self::Weibull { .. } => Self::Weibull { scale: math::exp(u), shape: math::exp(v) },
            Self::Hyperexponential { .. } => {
                Self::Hyperexponential { mean: math::exp(u), cv: (1.0 + math::exp(v)).sqrt() }
            }
            Self::Pareto { .. } => {
                Self::Pareto { minimum: math::exp(u), shape: 1.0 + math::exp(v) }
            }
            Self::Uniform { .. } => {
                let high = math::exp(u);
                Self::Uniform { low: high / (1.0 + math::exp(-v)), high }
            }
        }
    }

    /// Returns where the law lies in that plane.
    pub(crate) fn place(self) -> [f64; 2] {
        match self {
            Self::Exponential { mean } | Self::Erlang { mean, .. } => [math::ln(mean), 0.0],
            Self::Lognormal { log_mean, log_deviation } => [log_mean, math::ln(log_deviation)],
            Self::Gamma { mean, shape } => [math::ln(mean), math::ln(shape)],
            Self::Weibull { scale, shape } => [math::ln(scale), math::ln(shape)],
            Self::Hyperexponential { mean, cv } => {
                [math::ln(mean), math::ln((cv * cv - 1.0).max(1e-12))]
            }
            Self::Pareto { minimum, shape } => [math::ln(minimum), math::ln(shape - 1.0)],
            Self::Uniform { low, high } => {
                [math::ln(high), -math::ln(high / low.max(high * 1e-9) - 1.0)]
            }
        }
    }

    /// Returns the parameters that a model file names.
    pub(crate) fn parameters(self) -> [f64; 2] {
        match self {
            Self::Exponential { mean } => [mean, 0.0],
            Self::Erlang { mean, stages } => [mean, stages],
            Self::Lognormal { log_mean, log_deviation } => {
                let variance = log_deviation * log_deviation;
                [math::exp(log_mean + variance / 2.0), math::exp_m1(variance).sqrt()]
            }
            Self::Gamma { mean, shape } => [mean, 1.0 / shape.sqrt()],
            Self::Weibull { scale, shape } => {
                [scale * math::exp(math::ln_gamma(1.0 + 1.0 / shape)), shape]
            }
            Self::Hyperexponential { mean, cv } => [mean, cv],
            Self::Pareto { minimum, shape } => [minimum * shape / (shape - 1.0), shape],
            Self::Uniform { low, high } => [low, high],
        }
    }

    /// Returns the mean.
    pub(crate) fn mean(self) -> f64 {
        let [first, second] = self.parameters();
        let ends = matches!(self, Self::Uniform { .. });
        if ends { f64::midpoint(first, second) } else { first }
    }

    /// Returns the logarithm of the density as a function of a value above 0, whose logarithm is
    /// given too; minus infinity where the value is impossible.
    pub(crate) fn log_density(self) -> impl Fn(f64, f64) -> f64 {
        let ready = self.ready();
        move |x, log| match ready {
            Ready::Gamma { shape, rate, constant } => constant + (shape - 1.0) * log - rate * x,
            Ready::Lognormal { log_mean, log_deviation, constant } => {
                let z = (log - log_mean) / log_deviation;
                constant - log - 0.5 * z * z
            }
            Ready::Weibull { log_scale, shape, constant } => {
                let t = shape * (log - log_scale);
                constant + t - log - math::exp(t)
            }
            Ready::Hyperexponential { phases } => {
                math::ln(phases.iter().map(|(p, m)| p / m * math::exp(-x / m)).sum())
            }
            Ready::Pareto { minimum, shape, constant } if x >= minimum => {
                constant - (shape + 1.0) * log
            }
            Ready::Uniform { low, high } if (low..=high).contains(&x) => -math::ln(high - low),
            Ready::Pareto { .. } | Ready::Uniform { .. } => f64::NEG_INFINITY,
        }
    }

    /// Returns the probability of a larger value, as a function of the value, 0 or more.
    pub(crate) fn tail(self) -> impl Fn(f64) -> f64 {
        let ready = self.ready();
        move |x| match ready {
            _ if x <= 0.0 => 1.0,
            _ if x.is_infinite() => 0.0,
            Ready::Gamma { shape: 1.0, rate, .. } => math::exp(-rate * x),
            Ready::Gamma { shape, rate, .. } => gamma_tail(shape, rate * x),
            Ready::Lognormal { log_mean, log_deviation, .. } => {
                normal_tail((math::ln(x) - log_mean) / log_deviation)
            }
            Ready::Weibull { log_scale, shape, .. } => {
                math::exp(-math::exp(shape * (math::ln(x) - log_scale)))
            }
            Ready::Hyperexponential { phases } => {
                phases.iter().map(|(p, m)| p * math::exp(-x / m)).sum()
            }
            Ready::Pareto { minimum, shape, .. } => {
                math::exp(-shape * math::ln(x / minimum).max(0.0))
            }
            Ready::Uniform { low, high } => ((high - x) / (high - low)).clamp(0.0, 1.0),
        }
    }

    fn ready(self) -> Ready {
        let gamma = |mean: f64, shape: f64| Ready::Gamma {
            shape,
            rate: shape / mean,
            constant: shape * math::ln(shape / mean) - math::ln_gamma(shape),
        };
        match self {
            Self::Exponential { mean } => gamma(mean, 1.0),
            Self::Erlang { mean, stages } => gamma(mean, stages),
            Self::Gamma { mean, shape } => gamma(mean, shape),
            Self::Lognormal { log_mean, log_deviation } => Ready::Lognormal {
                log_mean,
                log_deviation,
                constant: -math::ln(log_deviation) - 0.5 * math::ln(2.0 * core::f64::consts::PI),
            },
            Self::Weibull { scale, shape } => {
                Ready::Weibull { log_scale: math::ln(scale), shape, constant: math::ln(shape) }
            }
            Self::Hyperexponential { mean, cv } => {
                let squared = cv * cv;
                let lean = ((squared - 1.0) / (squared + 1.0)).max(0.0).sqrt();
                let (likely, rare) = (0.5 * (1.0 + lean), 1.0 / ((squared + 1.0) * (1.0 + lean)));
                let phases = [(likely, mean / (2.0 * likely)), (rare, mean / (2.0 * rare))];
                Ready::Hyperexponential { phases }
            }
            Self::Pareto { minimum, shape } => Ready::Pareto {
                minimum,
                shape,
                constant: math::ln(shape) + shape * math::ln(minimum),
            },
            Self::Uniform { low, high } => Ready::Uniform { low, high },
        }
    }
}

/// A law with its constants computed.
#[derive(Clone, Copy, Debug)]
enum Ready {
    Gamma { shape: f64, rate: f64, constant: f64 },
    Lognormal { log_mean: f64, log_deviation: f64, constant: f64 },
    Weibull { log_scale: f64, shape: f64, constant: f64 },
    Hyperexponential { phases: [(f64, f64); 2] },
    Pareto { minimum: f64, shape: f64, constant: f64 },
    Uniform { low: f64, high: f64 },
}
