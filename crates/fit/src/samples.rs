//! The likeliest law of each family, from values one by one.

use tenfold_sim::Distribution;
use tenfold_units::math;

use crate::family::{Family, Law};
use crate::likelihood::{climb, standard_errors};
use crate::special::digamma;

/// A likelihood without a closed maximum is climbed on at most so many values, evenly spaced in their
/// order.
const CLIMBED: usize = 50_000;

/// Values above 0 in ascending order, with their logarithms.
#[derive(Clone, Debug)]
pub(crate) struct Samples {
    pub(crate) sorted: Vec<f64>,
    logs: Vec<f64>,
    mean: f64,
    log_mean: f64,
}

impl Samples {
    /// # Panics
    /// Panics without a value, or with one that is not above 0.
    pub(crate) fn new(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        assert!(values.first().is_some_and(|least| *least > 0.0), "values above 0");
        let logs: Vec<f64> = values.iter().map(|x| math::ln(*x)).collect();
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let log_mean = logs.iter().sum::<f64>() / count;
        Self { sorted: values, logs, mean, log_mean }
    }

    fn count(&self) -> f64 {
        self.sorted.len() as f64
    }

    /// Returns the sum of the logarithms of the densities.
    pub(crate) fn log_likelihood(&self, law: Law) -> f64 {
        let density = law.log_density();
        self.sorted.iter().zip(&self.logs).map(|(x, log)| density(*x, *log)).sum()
    }

    /// Returns the likeliest law of a family; `None` where the family has none with a mean.
    pub(crate) fn likeliest(&self, family: Family) -> Option<Law> {
        let (least, most) = (*self.sorted.first()?, *self.sorted.last()?);
        match family {
            Family::Exponential => Some(Law::Exponential { mean: self.mean }),
            Family::Uniform => (least < most).then_some(Law::Uniform { low: least, high: most }),
            _ if least == most => None,
            Family::Lognormal => {
                let square = |log: &f64| (log - self.log_mean) * (log - self.log_mean);
                let variance = self.logs.iter().map(square).sum::<f64>() / self.count();
                Some(Law::Lognormal { log_mean: self.log_mean, log_deviation: variance.sqrt() })
            }
            Family::Gamma => Some(Law::Gamma { mean: self.mean, shape: self.gamma_shape() }),
            Family::Erlang => {
                let below = self.gamma_shape().floor().clamp(1.0, 1e6);
                let laws =
                    [below, below + 1.0].map(|stages| Law::Erlang { mean: self.mean, stages });
                let [few, many] = laws.map(|law| self.log_likelihood(law));
                Some(if few >= many { laws[0] } else { laws[1] })
            }
            Family::Weibull => Some(self.weibull()),
            Family::Hyperexponential => Some(self.hyperexponential()),
            Family::Pareto => {
                let shape = 1.0 / (self.log_mean - math::ln(least));
                (shape > 1.0).then_some(Law::Pareto { minimum: least, shape })
            }
        }
    }

    /// Solves ln k - ψ(k) = ln(mean) - mean of the logarithms by Newton's method in 1 ÷ k, from the
    /// start of Minka, *Estimating a gamma distribution* (2002).
    fn gamma_shape(&self) -> f64 {
        let gap = math::ln(self.mean) - self.log_mean;
        let mut shape =
            (3.0 - gap + ((gap - 3.0) * (gap - 3.0) + 24.0 * gap).sqrt()) / (12.0 * gap);
        for _ in 0..50 {
            let (psi, slope) = digamma(shape);
            let step = (math::ln(shape) - psi - gap) / (shape * shape * (1.0 / shape - slope));
            let next = 1.0 / (1.0 / shape + step);
            if (next / shape - 1.0).abs() < 1e-12 {
                break;
            }
            shape = next;
        }
        shape
    }

    /// Solves Σ x^k ln x ÷ Σ x^k - 1 ÷ k = mean of the logarithms, which grows with k, by bisection.
    fn weibull(&self) -> Law {
        // Powers of x ÷ max, so that none overflows.
        let top = self.logs[self.logs.len() - 1];
        let sums = |shape: f64| {
            self.logs.iter().fold((0.0, 0.0), |(plain, weighted), log| {
                let power = math::exp(shape * (log - top));
                (plain + power, weighted + power * log)
            })
        };
        let excess = |shape: f64| {
            let (plain, weighted) = sums(shape);
            weighted / plain - 1.0 / shape - self.log_mean
        };
        let (mut low, mut high) = (1.0, 1.0);
        while excess(low) > 0.0 && low > 1e-6 {
            low /= 2.0;
        }
        while excess(high) < 0.0 && high < 1e6 {
            high *= 2.0;
        }
        while high / low - 1.0 > 1e-10 {
            let middle = f64::midpoint(low, high);
            if excess(middle) < 0.0 { low = middle } else { high = middle }
        }
        let shape = f64::midpoint(low, high);
        let mean_power = sums(shape).0 / self.count();
        Law::Weibull { scale: math::exp(top + math::ln(mean_power) / shape), shape }
    }

    fn hyperexponential(&self) -> Law {
        let every = self.sorted.len().div_ceil(CLIMBED);
        let thin: Vec<f64> = self.sorted.iter().skip(every / 2).step_by(every).copied().collect();
        let height = |law: Law| -> f64 {
            let density = law.log_density();
            thin.iter().map(|x| density(*x, 0.0)).sum()
        };
        let square = |x: &f64| (x - self.mean) * (x - self.mean);
        let variance = self.sorted.iter().map(square).sum::<f64>() / self.count();
        let seen = (variance / (self.mean * self.mean)).max(1.02).sqrt();
        let start = |cv: f64| Law::Hyperexponential { mean: self.mean, cv };
        let found = [seen, 2.0].map(|cv| climb(start(cv), 2, height));
        if height(found[0]) >= height(found[1]) { found[0] } else { found[1] }
    }

    /// Returns the standard errors of the parameters that a model file names.
    pub(crate) fn standard_errors(&self, law: Law) -> Option<[f64; 2]> {
        let count = self.count();
        match law {
            // The ends of a uniform are off by one spacing, which is exponential.
            Law::Uniform { low, high } => Some([(high - low) / count; 2]),
            Law::Pareto { minimum, shape } => {
                let error = shape / count.sqrt();
                Some([minimum / ((shape - 1.0) * (shape - 1.0)) * error, error])
            }
            Law::Exponential { .. } | Law::Erlang { .. } => {
                standard_errors(law, 1, |law| self.log_likelihood(law))
            }
            Law::Lognormal { .. }
            | Law::Gamma { .. }
            | Law::Weibull { .. }
            | Law::Hyperexponential { .. } => {
                standard_errors(law, 2, |law| self.log_likelihood(law))
            }
        }
    }

    /// Returns the largest distance between the values' distribution function and a law's (the
    /// statistic of Kolmogorov and Smirnov).
    pub(crate) fn distance(&self, law: Law) -> f64 {
        let (tail, count) = (law.tail(), self.count());
        let gaps = self.sorted.iter().enumerate().map(|(index, x)| {
            let below = 1.0 - tail(*x);
            (below - index as f64 / count).max((index as f64 + 1.0) / count - below)
        });
        gaps.fold(0.0, f64::max)
    }
}

/// Returns a law whose mean is about 1 as what the simulator draws from.
pub(crate) fn distribution(law: Law) -> Distribution {
    let span = core::time::Duration::from_secs_f64;
    let [first, second] = law.parameters();
    match law {
        Law::Exponential { .. } => Distribution::Exponential { mean: span(first) },
        Law::Erlang { .. } => Distribution::Erlang { mean: span(first), stages: second as u32 },
        Law::Lognormal { .. } => Distribution::Lognormal { mean: span(first), cv: second },
        Law::Gamma { .. } => Distribution::Gamma { mean: span(first), cv: second },
        Law::Weibull { .. } => Distribution::Weibull { mean: span(first), shape: second },
        Law::Hyperexponential { .. } => {
            Distribution::Hyperexponential { mean: span(first), cv: second }
        }
        Law::Pareto { .. } => Distribution::Pareto { mean: span(first), shape: second },
        Law::Uniform { .. } => Distribution::Uniform { low: span(first), high: span(second) },
    }
}
