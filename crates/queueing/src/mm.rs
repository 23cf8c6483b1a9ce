use tenfold_units::math;

use crate::erlang::erlang_c;
use crate::error::{Error, assert_percentile, require_queue, require_servers, require_stable};
use crate::numeric::{invert_tail, power};

/// One server, Poisson arrivals, exponential service, first come first served (Kleinrock 1975,
/// section 3.2).
///
/// ```
/// let queue = tenfold_queueing::Mm1::new(0.8, 1.0)?;
/// assert!((queue.mean_response() - 5.0).abs() < 1e-12);
/// # Ok::<(), tenfold_queueing::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mm1 {
    mean_service: f64,
    utilization: f64,
}

impl Mm1 {
    /// Returns the queue of this arrival rate and mean service time in seconds.
    ///
    /// # Errors
    /// [`Error::Unstable`] unless rate × time < 1, [`Error::OutOfRange`] for impossible arguments.
    pub fn new(arrival_rate: f64, mean_service: f64) -> Result<Self, Error> {
        require_queue(arrival_rate, mean_service)?;
        let utilization = arrival_rate * mean_service;
        require_stable(utilization)?;
        Ok(Self { mean_service, utilization })
    }

    /// Returns ρ = λ S.
    #[must_use]
    pub const fn utilization(&self) -> f64 {
        self.utilization
    }

    /// Returns the mean response time S / (1 - ρ); the response time is exponential.
    #[must_use]
    pub fn mean_response(&self) -> f64 {
        self.mean_service / (1.0 - self.utilization)
    }

    /// Returns the mean wait ρ S / (1 - ρ).
    #[must_use]
    pub fn mean_wait(&self) -> f64 {
        self.utilization * self.mean_response()
    }

    /// Returns the mean number in the system ρ / (1 - ρ).
    #[must_use]
    pub fn mean_in_flight(&self) -> f64 {
        self.utilization / (1.0 - self.utilization)
    }

    /// Returns the mean number of those who wait, ρ² / (1 - ρ).
    #[must_use]
    pub fn mean_queue_length(&self) -> f64 {
        self.utilization * self.mean_in_flight()
    }

    /// Returns the probability (1 - ρ) ρ^n that `n` are in the system.
    #[must_use]
    pub fn state_probability(&self, n: u32) -> f64 {
        (1.0 - self.utilization) * power(self.utilization, n)
    }

    /// Returns P(wait > t) = ρ e^(-t / T) with T the mean response.
    #[must_use]
    pub fn wait_tail(&self, seconds: f64) -> f64 {
        self.utilization * math::exp(-seconds / self.mean_response())
    }

    /// Returns the wait that a share `p` of the arrivals does not exceed.
    ///
    /// # Panics
    /// Panics unless 0 <= `p` < 1.
    #[must_use]
    pub fn wait_percentile(&self, p: f64) -> f64 {
        assert_percentile(p);
        if self.utilization <= 1.0 - p {
            return 0.0;
        }
        self.mean_response() * math::ln(self.utilization / (1.0 - p))
    }

    /// Returns the response time that a share `p` of the arrivals does not exceed: -T ln(1 - p).
    ///
    /// # Panics
    /// Panics unless 0 <= `p` < 1.
    #[must_use]
    pub fn response_percentile(&self, p: f64) -> f64 {
        assert_percentile(p);
        -self.mean_response() * math::ln_1p(-p)
    }
}

/// c servers with one shared queue, Poisson arrivals, exponential service, first come first served
/// (Erlang 1917; Kleinrock 1975, section 3.5).
///
/// Only where the queue really is shared: separate queues in front of c servers are c times
/// [`Mm1`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mmc {
    servers: u32,
    mean_service: f64,
    offered_load: f64,
    wait_probability: f64,
}

impl Mmc {
    /// Returns the queue of this arrival rate, mean service time in seconds and number of servers.
    ///
    /// # Errors
    /// [`Error::Unstable`] unless rate × time < servers, [`Error::OutOfRange`] for impossible
    /// arguments.
    pub fn new(arrival_rate: f64, mean_service: f64, servers: u32) -> Result<Self, Error> {
        require_queue(arrival_rate, mean_service)?;
        require_servers(servers)?;
        let offered_load = arrival_rate * mean_service;
        let wait_probability = erlang_c(servers, offered_load)?;
        Ok(Self { servers, mean_service, offered_load, wait_probability })
    }

    /// Returns the queue whose Erlang C is known already.
    pub(crate) const fn with_wait_probability(
        servers: u32,
        mean_service: f64,
        offered_load: f64,
        wait_probability: f64,
    ) -> Self {
        Self { servers, mean_service, offered_load, wait_probability }
    }

    /// Returns the number of servers.
    #[must_use]
    pub const fn servers(&self) -> u32 {
        self.servers
    }

    /// Returns a = λ S in erlangs.
    #[must_use]
    pub const fn offered_load(&self) -> f64 {
        self.offered_load
    }

    /// Returns ρ = a / c.
    #[must_use]
    pub fn utilization(&self) -> f64 {
        self.offered_load / f64::from(self.servers)
    }

    /// Returns the probability that an arrival waits (Erlang C).
    #[must_use]
    pub const fn wait_probability(&self) -> f64 {
        self.wait_probability
    }

    /// The rate c μ - λ at which a wait that has begun ends; (c - a) / S.
    fn drain_rate(&self) -> f64 {
        (f64::from(self.servers) - self.offered_load) / self.mean_service
    }

    /// Returns the mean wait over all arrivals, C / (c μ - λ).
    #[must_use]
    pub fn mean_wait(&self) -> f64 {
        self.wait_probability / self.drain_rate()
    }

    /// Returns the mean response time.
    #[must_use]
    pub fn mean_response(&self) -> f64 {
        self.mean_wait() + self.mean_service
    }

    /// Returns the mean number of those who wait (Little's law).
    #[must_use]
    pub fn mean_queue_length(&self) -> f64 {
        self.offered_load / self.mean_service * self.mean_wait()
    }

    /// Returns the mean number in the system.
    #[must_use]
    pub fn mean_in_flight(&self) -> f64 {
        self.mean_queue_length() + self.offered_load
    }

    /// Returns the probability that `n` are in the system.
    #[must_use]
    pub fn state_probability(&self, n: u32) -> f64 {
        let full = self.wait_probability * (1.0 - self.utilization());
        if n >= self.servers {
            return full * power(self.utilization(), n - self.servers);
        }
        if self.offered_load == 0.0 {
            return if n == 0 { 1.0 } else { 0.0 };
        }
        // p(n) = p(c) c!/n! a^(n-c).
        let (c, n) = (f64::from(self.servers), f64::from(n));
        let ln_ratio = math::ln_gamma(c + 1.0)
            - math::ln_gamma(n + 1.0)
            - (c - n) * math::ln(self.offered_load);
        math::exp(math::ln(full) + ln_ratio)
    }

    /// Returns P(wait > t) = C e^(-(c μ - λ) t).
    #[must_use]
    pub fn wait_tail(&self, seconds: f64) -> f64 {
        self.wait_probability * math::exp(-self.drain_rate() * seconds)
    }

    /// Returns the wait that a share `p` of the arrivals does not exceed.
    ///
    /// # Panics
    /// Panics unless 0 <= `p` < 1.
    #[must_use]
    pub fn wait_percentile(&self, p: f64) -> f64 {
        assert_percentile(p);
        if self.wait_probability <= 1.0 - p {
            return 0.0;
        }
        math::ln(self.wait_probability / (1.0 - p)) / self.drain_rate()
    }

    /// Returns P(response > t): (1 - C) e^(-μ t) + C P(S + V > t) with V exponential of rate
    /// c μ - λ.
    #[must_use]
    pub fn response_tail(&self, seconds: f64) -> f64 {
        let served = 1.0 / self.mean_service;
        let drained = self.drain_rate();
        let (slow, fast) = (served.min(drained), served.max(drained));
        let gap = fast - slow;
        // (1 - e^(-gap t)) / gap, which tends to t where the two rates meet.
        let grown =
            if gap * seconds < 1e-300 { seconds } else { -math::exp_m1(-gap * seconds) / gap };
        let waited = math::exp(-slow * seconds) * (1.0 + slow * grown);
        (1.0 - self.wait_probability) * math::exp(-served * seconds)
            + self.wait_probability * waited
    }

    /// Returns the response time that a share `p` of the arrivals does not exceed, by bisection of
    /// [`Mmc::response_tail`].
    ///
    /// # Panics
    /// Panics unless 0 <= `p` < 1.
    #[must_use]
    pub fn response_percentile(&self, p: f64) -> f64 {
        assert_percentile(p);
        invert_tail(1.0 - p, self.mean_service, |t| self.response_tail(t))
    }
}
