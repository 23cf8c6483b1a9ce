use tenfold_units::math;

use crate::birth_death::birth_death;
use crate::error::{Error, assert_percentile, require, require_queue, require_servers};
use crate::numeric::invert_tail;

/// c servers and a bounded queue: Poisson arrivals, exponential service, first come first served; an
/// arrival that finds every waiting place taken is lost (Kleinrock 1975, section 3.6).
///
/// Never unstable. Means of waits and responses are over the accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct MmcK {
    arrival_rate: f64,
    mean_service: f64,
    servers: u32,
    /// Probability of 0, 1, …, servers + places in the system.
    states: Vec<f64>,
}

/// States that are worth solving one by one.
const STATES_MAX: u32 = 20_000_000;

impl MmcK {
    /// Returns the queue with `places` waiting places besides the servers (K = servers + places).
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for impossible arguments or more than 20 million states.
    pub fn new(
        arrival_rate: f64,
        mean_service: f64,
        servers: u32,
        places: u32,
    ) -> Result<Self, Error> {
        require_queue(arrival_rate, mean_service)?;
        require_servers(servers)?;
        let size = servers.checked_add(places).filter(|size| *size <= STATES_MAX);
        require(size.is_some(), "servers + places: at most 20,000,000")?;
        let size = size.unwrap_or(0);
        let births = vec![arrival_rate; size as usize];
        let deaths: Vec<f64> =
            (1..=size).map(|n| f64::from(n.min(servers)) / mean_service).collect();
        let states = birth_death(&births, &deaths)?;
        Ok(Self { arrival_rate, mean_service, servers, states })
    }

    /// Returns the share of arrivals that are lost.
    #[must_use]
    pub fn blocking(&self) -> f64 {
        self.states.last().copied().expect("state 0 exists")
    }

    /// Returns the rate of accepted arrivals, λ (1 - blocking).
    #[must_use]
    pub fn throughput(&self) -> f64 {
        self.arrival_rate * (1.0 - self.blocking())
    }

    /// Returns the busy share of a server.
    #[must_use]
    pub fn utilization(&self) -> f64 {
        self.throughput() * self.mean_service / f64::from(self.servers)
    }

    /// Returns the probability that `n` are in the system; 0 beyond its size.
    #[must_use]
    pub fn state_probability(&self, n: u32) -> f64 {
        self.states.get(n as usize).copied().unwrap_or(0.0)
    }

    /// Returns the mean number of those who wait.
    #[must_use]
    pub fn mean_queue_length(&self) -> f64 {
        let waiting = &self.states[self.servers as usize..];
        waiting.iter().enumerate().map(|(n, p)| n as f64 * p).sum()
    }

    /// Returns the mean number in the system.
    #[must_use]
    pub fn mean_in_flight(&self) -> f64 {
        self.mean_queue_length() + self.throughput() * self.mean_service
    }

    /// Returns the mean wait of the accepted (Little's law); 0 without arrivals.
    #[must_use]
    pub fn mean_wait(&self) -> f64 {
        if self.throughput() == 0.0 { 0.0 } else { self.mean_queue_length() / self.throughput() }
    }

    /// Returns the mean response of the accepted.
    #[must_use]
    pub fn mean_response(&self) -> f64 {
        self.mean_wait() + self.mean_service
    }

    /// Returns P(wait > t) of the accepted: one who finds c + k there waits for k + 1 departures at
    /// rate c μ, an Erlang time.
    #[must_use]
    pub fn wait_tail(&self, seconds: f64) -> f64 {
        let departures = f64::from(self.servers) / self.mean_service * seconds;
        // Poisson probability of k departures, and of at most k, in logarithms while tiny.
        let mut ln_term = -departures;
        let mut at_most = 0.0;
        let mut tail = 0.0;
        let waiting = &self.states[self.servers as usize..];
        for (k, p) in waiting[..waiting.len() - 1].iter().enumerate() {
            if k > 0 {
                ln_term += math::ln(departures / k as f64);
            }
            at_most += math::exp(ln_term);
            tail += p * f64::min(at_most, 1.0);
        }
        tail / (1.0 - self.blocking())
    }

    /// Returns the wait that a share `p` of the accepted does not exceed.
    ///
    /// # Panics
    /// Panics unless 0 <= `p` < 1.
    #[must_use]
    pub fn wait_percentile(&self, p: f64) -> f64 {
        assert_percentile(p);
        invert_tail(1.0 - p, self.mean_service, |t| self.wait_tail(t))
    }
}
