//! The likeliest law of each family, from a histogram.

use tenfold_units::math;

use crate::family::{Family, Law};
use crate::likelihood::climb;
use crate::measured::Buckets;

impl Buckets {
    /// Returns the logarithm of the probability of these counts: the interval-censored likelihood
    /// Σ n ln(P(low < X <= high)), without the constant.
    pub(crate) fn log_likelihood(&self, law: Law) -> f64 {
        let tail = law.tail();
        let full = self.cells().filter(|(_, _, count)| *count > 0.0);
        full.map(|(low, high, count)| count * math::ln(tail(low) - tail(high))).sum()
    }

    /// Returns the likeliest law of a family; `None` where the likelihood has no peak.
    pub(crate) fn likeliest(&self, family: Family) -> Option<Law> {
        let peak = |start: Law| {
            let height = |law: Law| self.log_likelihood(law);
            // A second climb starts from a fresh simplex, in case the first one collapsed.
            let found = climb(climb(start, family.climbed(), height), family.climbed(), height);
            self.log_likelihood(found).is_finite().then_some(found)
        };
        let mean = self.rough_mean();
        let (least, most) = self.ends();
        match family {
            Family::Exponential => peak(Law::Exponential { mean }),
            Family::Lognormal => {
                peak(Law::Lognormal { log_mean: math::ln(mean) - 0.3, log_deviation: 0.8 })
            }
            Family::Gamma => peak(Law::Gamma { mean, shape: 1.0 }),
            Family::Weibull => peak(Law::Weibull { scale: mean, shape: 1.0 }),
            Family::Hyperexponential => peak(Law::Hyperexponential { mean, cv: 1.5 }),
            Family::Erlang => {
                let Some(Law::Gamma { shape, mean }) = self.likeliest(Family::Gamma) else {
                    return None;
                };
                let below = shape.floor().clamp(1.0, 1e6);
                let found = [below, below + 1.0].map(|stages| peak(Law::Erlang { mean, stages }));
                let height = |law: &Law| self.log_likelihood(*law);
                found.into_iter().flatten().max_by(|a, b| height(a).total_cmp(&height(b)))
            }
            Family::Pareto => {
                peak(Law::Pareto { minimum: (least.0 + 9.0 * least.1) / 10.0, shape: 2.0 })
            }
            Family::Uniform => {
                let high = if most.1.is_finite() { (most.0 + most.1) / 2.0 } else { most.0 * 2.0 };
                peak(Law::Uniform { low: f64::midpoint(least.0, least.1).min(high / 2.0), high })
            }
        }
    }

    /// Returns the bounds of the first and of the last bucket that hold anything.
    fn ends(&self) -> ((f64, f64), (f64, f64)) {
        let mut full = self.cells().filter(|cell| cell.2 > 0.0).map(|(low, high, _)| (low, high));
        let first = full.next().unwrap_or((0.0, 1.0));
        (first, full.last().unwrap_or(first))
    }

    /// Returns a mean with every value in the middle of its bucket.
    pub(crate) fn rough_mean(&self) -> f64 {
        let middle = |low: f64, high: f64| {
            if high.is_finite() { f64::midpoint(low, high) } else { 1.5 * low }
        };
        let sum: f64 = self.cells().map(|(low, high, count)| count * middle(low, high)).sum();
        sum / self.count()
    }
}
