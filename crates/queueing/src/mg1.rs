use tenfold_units::math;

use crate::distribution::{Distribution, Moments};
use crate::error::{Error, assert_percentile, require, require_queue, require_stable};
use crate::numeric::invert_tail;

/// One server, Poisson arrivals, any service time (Pollaczek 1930, Khinchine 1932; Kleinrock 1975,
/// chapter 5).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mg1 {
    arrival_rate: f64,
    service: Moments,
}

impl Mg1 {
    /// Returns the queue of this arrival rate and service time.
    ///
    /// # Errors
    /// [`Error::Unstable`] unless rate × mean < 1, [`Error::OutOfRange`] for impossible arguments.
    pub fn new(arrival_rate: f64, service: &Distribution) -> Result<Self, Error> {
        let service = service.moments()?;
        require_queue(arrival_rate, service.mean)?;
        require_stable(arrival_rate * service.mean)?;
        Ok(Self { arrival_rate, service })
    }

    /// Returns ρ = λ E S.
    #[must_use]
    pub fn utilization(&self) -> f64 {
        self.arrival_rate * self.service.mean
    }

    /// Returns the mean wait, first come first served: λ E S² / (2 (1 - ρ)); infinite where E S² is.
    #[must_use]
    pub fn mean_wait(&self) -> f64 {
        if self.arrival_rate == 0.0 {
            return 0.0;
        }
        self.arrival_rate * self.service.second / (2.0 * (1.0 - self.utilization()))
    }

    /// Returns the second moment of the wait, first come first served:
    /// 2 (E W)² + λ E S³ / (3 (1 - ρ)) (Takács 1962); infinite where E S³ is.
    #[must_use]
    pub fn second_moment_of_wait(&self) -> f64 {
        if self.arrival_rate == 0.0 {
            return 0.0;
        }
        let mean = self.mean_wait();
        2.0 * mean * mean
            + self.arrival_rate * self.service.third / (3.0 * (1.0 - self.utilization()))
    }

    /// Returns the standard deviation of the wait, first come first served.
    #[must_use]
    pub fn wait_deviation(&self) -> f64 {
        let mean = self.mean_wait();
        let second = self.second_moment_of_wait();
        if second.is_infinite() { second } else { (second - mean * mean).max(0.0).sqrt() }
    }

    /// Returns the mean response time, first come first served.
    #[must_use]
    pub fn mean_response(&self) -> f64 {
        self.mean_wait() + self.service.mean
    }

    /// Returns the mean number of those who wait (Little's law).
    #[must_use]
    pub fn mean_queue_length(&self) -> f64 {
        self.arrival_rate * self.mean_wait()
    }

    /// Returns the mean number in the system.
    #[must_use]
    pub fn mean_in_flight(&self) -> f64 {
        self.arrival_rate * self.mean_response()
    }

    /// Returns the mean response time under processor sharing, E S / (1 - ρ): the mean of the
    /// service time is enough (Kleinrock 1967; Sakata, Noguchi and Oizumi 1971).
    #[must_use]
    pub fn processor_sharing_mean_response(&self) -> f64 {
        self.processor_sharing_response_of(self.service.mean)
    }

    /// Returns the mean response time under processor sharing of a request that needs `seconds` of
    /// service: seconds / (1 - ρ).
    #[must_use]
    pub fn processor_sharing_response_of(&self, seconds: f64) -> f64 {
        seconds / (1.0 - self.utilization())
    }
}

/// One server, Poisson arrivals, one fixed service time, first come first served.
#[derive(Clone, Debug, PartialEq)]
pub struct Md1 {
    arrival_rate: f64,
    service: f64,
    /// P(at most m wait) for m = 0, 1, …, until it is 1 for a double.
    queue_at_most: Vec<f64>,
}

/// Waiting customers that are worth listing: enough up to a utilization of about 0.9999.
const QUEUE_MAX: usize = 200_000;
/// A queue is listed until this much probability is left.
const LEFT_OVER: f64 = 1e-15;

impl Md1 {
    /// Returns the queue of this arrival rate and service time in seconds.
    ///
    /// # Errors
    /// [`Error::Unstable`] unless rate × time < 1; [`Error::OutOfRange`] for impossible arguments
    /// and for utilizations above 0.9999, whose queues are too long to list.
    pub fn new(arrival_rate: f64, service: f64) -> Result<Self, Error> {
        require_queue(arrival_rate, service)?;
        let utilization = arrival_rate * service;
        require_stable(utilization)?;
        require(utilization <= 0.9999, "utilization of M/D/1: at most 0.9999")?;
        let queue_at_most = md1_queue(utilization);
        Ok(Self { arrival_rate, service, queue_at_most })
    }

    /// Returns the mean wait ρ S / (2 (1 - ρ)).
    #[must_use]
    pub fn mean_wait(&self) -> f64 {
        let utilization = self.arrival_rate * self.service;
        utilization * self.service / (2.0 * (1.0 - utilization))
    }

    /// Returns the mean response time.
    #[must_use]
    pub fn mean_response(&self) -> f64 {
        self.mean_wait() + self.service
    }

    /// Returns P(wait <= t), by Franx's sum of positive terms (2001, *A simple solution for the
    /// M/D/c waiting time distribution*): with k = floor(t / S) + 1 and u = λ (k S - t),
    /// e^-u Σ over j < k of u^j / j! · P(at most k - 1 - j wait).
    #[must_use]
    pub fn wait_at_most(&self, seconds: f64) -> f64 {
        if seconds < 0.0 {
            return 0.0;
        }
        let periods = (seconds / self.service).floor() + 1.0;
        let left = self.arrival_rate * (periods * self.service - seconds);
        let k = if periods >= 1e9 { 1_000_000_000 } else { periods as usize };
        let mut term = math::exp(-left);
        let mut sum = 0.0;
        for j in 0..k {
            sum += term * self.queue_at_most.get(k - 1 - j).copied().unwrap_or(1.0);
            term *= left / (j as f64 + 1.0);
            // u <= λ S < 1: what follows is smaller than this term.
            if term < 1e-18 {
                break;
            }
        }
        sum.min(1.0)
    }

    /// Returns the wait that a share `p` of the arrivals does not exceed.
    ///
    /// # Panics
    /// Panics unless 0 <= `p` < 1.
    #[must_use]
    pub fn wait_percentile(&self, p: f64) -> f64 {
        assert_percentile(p);
        invert_tail(1.0 - p, self.service, |t| 1.0 - self.wait_at_most(t))
    }

    /// Returns the response time that a share `p` of the arrivals does not exceed.
    ///
    /// # Panics
    /// Panics unless 0 <= `p` < 1.
    #[must_use]
    pub fn response_percentile(&self, p: f64) -> f64 {
        self.wait_percentile(p) + self.service
    }
}

/// Probabilities that at most 0, 1, … wait at M/D/1, by crossings of a level:
/// π(j+1) a(0) = π(0) A(j+1) + Σ over 1 <= i <= j of π(i) A(j-i+2), with a(k) the probability of k
/// arrivals in a service and A(k) of at least k. Positive terms only.
fn md1_queue(utilization: f64) -> Vec<f64> {
    let at_least = poisson_tails(utilization);
    let none = math::exp(-utilization);
    let mut states = vec![1.0 - utilization];
    let mut at_most = Vec::new();
    let mut sum = states[0];
    while at_most.len() < QUEUE_MAX {
        let j = states.len() - 1;
        let mut inflow = states[0] * at_least.get(j + 1).copied().unwrap_or(0.0);
        let from = (j + 2).saturating_sub(at_least.len()).max(1);
        for (i, state) in states.iter().enumerate().skip(from) {
            inflow += state * at_least.get(j - i + 2).copied().unwrap_or(0.0);
        }
        let next = inflow / none;
        states.push(next);
        sum += next;
        at_most.push(sum.min(1.0));
        if 1.0 - sum < LEFT_OVER || next < LEFT_OVER * LEFT_OVER {
            break;
        }
    }
    at_most
}

/// P(Poisson >= k) for k = 0, 1, … until it is negligible, each summed from its small end.
fn poisson_tails(mean: f64) -> Vec<f64> {
    let mut terms = vec![math::exp(-mean)];
    while terms[terms.len() - 1] > 1e-30 || (terms.len() as f64) < mean + 2.0 {
        terms.push(terms[terms.len() - 1] * mean / terms.len() as f64);
    }
    let mut tail = 0.0;
    for term in terms.iter_mut().rev() {
        tail += *term;
        *term = tail;
    }
    terms
}

/// Infinitely many servers, Poisson arrivals, any service time: the number in service is Poisson
/// (Takács 1962), nobody waits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MgInfinity {
    offered_load: f64,
}

impl MgInfinity {
    /// Returns the station of this arrival rate and mean service time in seconds.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for impossible arguments.
    pub fn new(arrival_rate: f64, mean_service: f64) -> Result<Self, Error> {
        require_queue(arrival_rate, mean_service)?;
        Ok(Self { offered_load: arrival_rate * mean_service })
    }

    /// Returns the mean number in service, λ E S.
    #[must_use]
    pub const fn mean_in_flight(&self) -> f64 {
        self.offered_load
    }

    /// Returns the probability that `n` are in service.
    #[must_use]
    pub fn state_probability(&self, n: u32) -> f64 {
        if self.offered_load == 0.0 {
            return if n == 0 { 1.0 } else { 0.0 };
        }
        let n = f64::from(n);
        math::exp(n * math::ln(self.offered_load) - self.offered_load - math::ln_gamma(n + 1.0))
    }
}
