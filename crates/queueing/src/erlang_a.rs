use crate::error::{Error, require, require_queue, require_servers};

/// M/M/c+M: Poisson arrivals, exponential service, unlimited queue, and customers who leave it
/// unserved after an exponential patience (Palm 1957; Garnett, Mandelbaum and Reiman 2002).
///
/// Never unstable. Solved as a birth-death chain, cut where what is left weighs less than 1e-16.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ErlangA {
    wait_probability: f64,
    abandonment: f64,
    utilization: f64,
    mean_queue_length: f64,
    mean_wait: f64,
    mean_wait_of_served: f64,
}

/// Waiting customers that are worth summing one by one.
const QUEUE_MAX: u64 = 20_000_000;

impl ErlangA {
    /// Returns the queue of this arrival rate, mean service time, number of servers and mean
    /// patience, times in seconds.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for impossible arguments, and when so much patience meets so much
    /// load that more than 20 million wait.
    pub fn new(
        arrival_rate: f64,
        mean_service: f64,
        servers: u32,
        mean_patience: f64,
    ) -> Result<Self, Error> {
        require_queue(arrival_rate, mean_service)?;
        require_servers(servers)?;
        require(mean_patience.is_finite() && mean_patience > 0.0, "patience: finite, above 0")?;
        let patience = 1.0 / mean_patience;
        let serving = f64::from(servers) / mean_service;
        // Weights relative to the state "all servers busy, nobody waits" = 1.
        let idle = idle_weight(arrival_rate * mean_service, servers);
        let mut sums = Sums::default();
        let (mut weight, mut stages) = (1.0_f64, 0.0);
        for k in 0..QUEUE_MAX {
            let ahead = k as f64;
            // With k waiting, an arrival is served with probability c μ / (c μ + (k + 1) θ), after
            // stages of rates c μ + j θ, j = 1 … k + 1.
            let leaving = serving + (ahead + 1.0) * patience;
            stages += 1.0 / leaving;
            sums.busy += weight;
            sums.queue += weight * ahead;
            sums.served += weight * serving / leaving;
            sums.served_wait += weight * serving / leaving * stages;
            let ratio = arrival_rate / leaving;
            weight *= ratio;
            if weight > 1e150 {
                // Everything so far is negligible beside what comes: rescale.
                sums.rescale(weight);
                sums.scale /= weight;
                weight = 1.0;
            }
            if ratio < 1.0 && weight / (1.0 - ratio) < 1e-17 * sums.busy {
                return Ok(sums.finish(idle, arrival_rate, patience, serving));
            }
        }
        Err(Error::OutOfRange { what: "load and patience: at most 20,000,000 waiting" })
    }

    /// Returns the probability that an arrival finds every server busy.
    #[must_use]
    pub const fn wait_probability(&self) -> f64 {
        self.wait_probability
    }

    /// Returns the share of arrivals that leave unserved, θ L_q / λ.
    #[must_use]
    pub const fn abandonment(&self) -> f64 {
        self.abandonment
    }

    /// Returns the busy share of a server.
    #[must_use]
    pub const fn utilization(&self) -> f64 {
        self.utilization
    }

    /// Returns the mean number of those who wait.
    #[must_use]
    pub const fn mean_queue_length(&self) -> f64 {
        self.mean_queue_length
    }

    /// Returns the mean time in the queue over all arrivals, served or not.
    #[must_use]
    pub const fn mean_wait(&self) -> f64 {
        self.mean_wait
    }

    /// Returns the mean time in the queue of those who are served.
    #[must_use]
    pub const fn mean_wait_of_served(&self) -> f64 {
        self.mean_wait_of_served
    }
}

/// The total weight of the states with an idle server, relative to "all busy, nobody waits":
/// 1 / B(c) - 1, by the recursion 1 / B(c) = 1 + c / a · 1 / B(c - 1). Infinite where such a server
/// is practically always idle.
fn idle_weight(offered_load: f64, servers: u32) -> f64 {
    if offered_load == 0.0 {
        return f64::INFINITY;
    }
    let inverse =
        (1..=servers).fold(1.0_f64, |inverse, n| 1.0 + f64::from(n) / offered_load * inverse);
    inverse - 1.0
}

#[derive(Debug)]
struct Sums {
    busy: f64,
    queue: f64,
    served: f64,
    served_wait: f64,
    /// What 1 of the first state weighs by now.
    scale: f64,
}

impl Default for Sums {
    fn default() -> Self {
        Self { busy: 0.0, queue: 0.0, served: 0.0, served_wait: 0.0, scale: 1.0 }
    }
}

impl Sums {
    fn rescale(&mut self, weight: f64) {
        self.busy /= weight;
        self.queue /= weight;
        self.served /= weight;
        self.served_wait /= weight;
    }

    fn finish(&self, idle: f64, arrival_rate: f64, patience: f64, serving: f64) -> ErlangA {
        let idle = idle * self.scale;
        if idle.is_infinite() {
            return ErlangA {
                wait_probability: 0.0,
                abandonment: 0.0,
                utilization: arrival_rate / serving,
                mean_queue_length: 0.0,
                mean_wait: 0.0,
                mean_wait_of_served: 0.0,
            };
        }
        let total = idle + self.busy;
        let mean_queue_length = self.queue / total;
        let abandonment = patience * mean_queue_length / arrival_rate;
        ErlangA {
            wait_probability: self.busy / total,
            abandonment,
            utilization: arrival_rate * (1.0 - abandonment) / serving,
            mean_queue_length,
            mean_wait: mean_queue_length / arrival_rate,
            mean_wait_of_served: self.served_wait / (idle + self.served),
        }
    }
}
