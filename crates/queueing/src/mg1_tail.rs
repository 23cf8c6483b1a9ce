use tenfold_units::math;

use crate::distribution::Distribution;
use crate::error::{Error, require, require_queue, require_stable};
use crate::numeric::nodes;

/// Customers up to which the chain is solved: it takes their number squared.
const CUSTOMERS_MAX: u32 = 4_000;

/// How often many customers are at one server with Poisson arrivals and any service time, in an
/// order that does not look at service times, without interruptions.
///
/// The chain embedded at departures (Kendall 1951), solved by crossings of a level: sums of positive
/// terms, so that each probability, however small, keeps nearly all of its digits.
///
/// ```
/// use tenfold_queueing::{Distribution, Mg1Tail};
/// let queue = Mg1Tail::new(0.5, &Distribution::Exponential { mean: 1.0 }, 40)?;
/// assert!((queue.at_least() / 0.5_f64.powi(40) - 1.0).abs() < 1e-9);
/// # Ok::<(), tenfold_queueing::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mg1Tail {
    utilization: f64,
    at_least: f64,
}

impl Mg1Tail {
    /// Returns the tail of this arrival rate and service time from so many `customers` on, 1 to
    /// 4,000.
    ///
    /// With a(k) the probability of k arrivals in a service, A(k) of at least k, and B(k) = Σ A(m)
    /// over m >= k: π(0) = 1 - ρ, π(j+1) a(0) = π(0) A(j+1) + Σ over 1 <= i <= j of π(i) A(j-i+2).
    /// Summed over j >= n - 1 this is
    /// P(at least n) (1 - ρ) = π(0) B(n) + Σ over 1 <= i < n of π(i) B(n+1-i).
    ///
    /// # Errors
    /// [`Error::Unstable`] unless rate × mean < 1, [`Error::OutOfRange`] for impossible arguments.
    pub fn new(arrival_rate: f64, service: &Distribution, customers: u32) -> Result<Self, Error> {
        let mean = service.moments()?.mean;
        require_queue(arrival_rate, mean)?;
        let utilization = arrival_rate * mean;
        require_stable(utilization)?;
        require((1..=CUSTOMERS_MAX).contains(&customers), "customers: 1 to 4,000")?;
        let n = customers as usize;
        let Arrivals { none, at_least, beyond } = Arrivals::of(arrival_rate, service, n);
        let mut states = vec![1.0 - utilization];
        for j in 0..n - 1 {
            let inner: f64 = (1..=j).map(|i| states[i] * at_least[j - i + 2]).sum();
            states.push((states[0] * at_least[j + 1] + inner) / none);
        }
        let inner: f64 = (1..n).map(|i| states[i] * beyond[n + 1 - i]).sum();
        let at_least = (states[0] * beyond[n] + inner) / (1.0 - utilization);
        Ok(Self { utilization, at_least: at_least.min(1.0) })
    }

    /// Returns the share of time, and of arrivals, with at least so many customers there.
    #[must_use]
    pub fn at_least(&self) -> f64 {
        self.at_least
    }

    /// Returns the share of arrivals that are lost where no more than so many customers find room:
    /// (1 - ρ) Q / (1 - ρ Q), with Q as [`Mg1Tail::at_least`] without the bound (Tijms, *A First
    /// Course in Stochastic Models*, 2003, section 9.4).
    #[must_use]
    pub fn blocking(&self) -> f64 {
        (1.0 - self.utilization) * self.at_least / (1.0 - self.utilization * self.at_least)
    }
}

/// Arrivals in a service.
struct Arrivals {
    /// P(none).
    none: f64,
    /// P(at least k) for k up to n + 1.
    at_least: Vec<f64>,
    /// Σ of these over m >= k.
    beyond: Vec<f64>,
}

impl Arrivals {
    fn of(rate: f64, service: &Distribution, n: usize) -> Self {
        let mut sums = Self { none: 0.0, at_least: vec![0.0; n + 2], beyond: vec![0.0; n + 2] };
        match service {
            Distribution::Deterministic { value } => sums.poisson(1.0, rate * value),
            Distribution::Exponential { mean } => sums.gamma(1.0, rate * mean, 1.0),
            Distribution::Erlang { mean, stages } => {
                sums.gamma(1.0, rate * mean, f64::from(*stages));
            }
            Distribution::Gamma { mean, cv } => sums.gamma(1.0, rate * mean, 1.0 / (cv * cv)),
            Distribution::Hyperexponential { mean, cv } => {
                for (weight, mean) in crate::distribution::balanced_phases(*mean, *cv) {
                    sums.gamma(weight, rate * mean, 1.0);
                }
            }
            Distribution::Empirical { values } => {
                let total: f64 = values.iter().map(|(_, weight)| weight).sum();
                values.iter().for_each(|(value, w)| sums.poisson(w / total, rate * value));
            }
            Distribution::Lognormal { .. }
            | Distribution::Weibull { .. }
            | Distribution::Pareto { .. }
            | Distribution::Uniform { .. } => {
                nodes(service).iter().for_each(|(value, w)| sums.poisson(*w, rate * value));
            }
        }
        sums
    }

    /// Adds a service of fixed length, in which `mean` customers come on average.
    fn poisson(&mut self, weight: f64, mean: f64) {
        let n = self.at_least.len() - 1;
        if weight == 0.0 || mean == 0.0 {
            self.none += weight;
            self.at_least[0] += weight;
            return;
        }
        if mean > 2.0 * n as f64 + 500.0 {
            // Fewer than n come with a probability below 1e-50.
            for (k, sum) in self.at_least.iter_mut().enumerate() {
                *sum += weight;
                self.beyond[k] += weight * (mean - k as f64 + 1.0);
            }
            return;
        }
        let last = n.max((mean + 40.0 * mean.sqrt()) as usize + 200);
        let mode = mean as usize;
        let mut terms = vec![0.0; last + 1];
        let middle = mode as f64;
        terms[mode] = math::exp(middle * math::ln(mean) - mean - math::ln_gamma(middle + 1.0));
        for k in mode..last {
            terms[k + 1] = terms[k] * mean / (k + 1) as f64;
        }
        for k in (0..mode).rev() {
            terms[k] = terms[k + 1] * (k + 1) as f64 / mean;
        }
        self.add(weight, &terms);
    }

    /// Adds a gamma service of this shape, in which `mean` customers come on average: their number
    /// is negative binomial.
    fn gamma(&mut self, weight: f64, mean: f64, shape: f64) {
        let n = self.at_least.len() - 1;
        let share = mean / (mean + shape);
        let mut term = math::exp(shape * math::ln(1.0 - share));
        let mut terms = vec![term];
        let mut k = 0.0;
        while terms.len() <= n || (term > 1e-320 && terms.len() < TERMS_MAX) {
            term *= (k + shape) / (k + 1.0) * share;
            k += 1.0;
            terms.push(term);
        }
        self.add(weight, &terms);
    }

    /// Adds the probabilities of 0, 1, … arrivals.
    fn add(&mut self, weight: f64, terms: &[f64]) {
        self.none += weight * terms[0];
        let (mut at_least, mut beyond) = (0.0, 0.0);
        for (k, term) in terms.iter().enumerate().rev() {
            at_least += term;
            beyond += at_least;
            if k < self.at_least.len() {
                self.at_least[k] += weight * at_least;
                self.beyond[k] += weight * beyond;
            }
        }
    }
}

/// Terms of a negative binomial that are worth summing: enough up to 100,000 arrivals in a service.
const TERMS_MAX: usize = 4_000_000;
