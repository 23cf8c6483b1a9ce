use crate::erlang::{erlang_c_of, next_erlang_b};
use crate::error::{Error, SERVERS_MAX, require, require_queue};
use crate::mm::Mmc;

/// What a shared queue has to keep to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Objective {
    /// P(wait > `seconds`) <= `probability`.
    WaitTail {
        /// The wait that few may exceed, at least 0.
        seconds: f64,
        /// The share that may, above 0 and at most 1.
        probability: f64,
    },
    /// The `percentile` of the response time <= `seconds`.
    ResponsePercentile {
        /// For example 0.99; at least 0, below 1.
        percentile: f64,
        /// Its limit, above 0.
        seconds: f64,
    },
    /// Mean wait <= `seconds`.
    MeanWait {
        /// Its limit, above 0.
        seconds: f64,
    },
    /// Offered load per server <= `limit`.
    Utilization {
        /// Above 0, below 1.
        limit: f64,
    },
}

/// A number of servers that meets an objective.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sizing {
    /// The smallest number of servers.
    pub servers: u32,
    /// The queue that they make.
    pub queue: Mmc,
    /// What became of the objective's quantity: probability, seconds or utilization.
    pub achieved: f64,
}

/// Returns the smallest number of servers behind one shared queue ([`Mmc`]) that meets `objective`.
///
/// Only where the queue really is shared. Takes time proportional to the number of servers.
///
/// # Errors
/// [`Error::Unreachable`] with the response percentile of an idle station where it is above the
/// limit already; [`Error::OutOfRange`] for impossible arguments.
///
/// ```
/// use tenfold_queueing::{Objective, servers_for};
/// let objective = Objective::WaitTail { seconds: 0.0, probability: 0.05 };
/// assert_eq!(servers_for(10.0, 1.0, objective)?.servers, 17);
/// # Ok::<(), tenfold_queueing::Error>(())
/// ```
pub fn servers_for(
    arrival_rate: f64,
    mean_service: f64,
    objective: Objective,
) -> Result<Sizing, Error> {
    require_queue(arrival_rate, mean_service)?;
    check(objective, mean_service)?;
    let offered_load = arrival_rate * mean_service;
    let mut blocked = 1.0;
    for servers in 1..=SERVERS_MAX {
        blocked = next_erlang_b(blocked, servers, offered_load);
        if f64::from(servers) <= offered_load {
            continue;
        }
        let waits = erlang_c_of(blocked, servers, offered_load);
        let queue = Mmc::with_wait_probability(servers, mean_service, offered_load, waits);
        let (achieved, met) = judge(&queue, objective);
        if met {
            return Ok(Sizing { servers, queue, achieved });
        }
    }
    Err(Error::OutOfRange { what: "offered load: at most 100,000,000 servers" })
}

fn check(objective: Objective, mean_service: f64) -> Result<(), Error> {
    let above_zero = |x: f64| x.is_finite() && x > 0.0;
    match objective {
        Objective::WaitTail { seconds, probability } => {
            let fit = seconds.is_finite() && seconds >= 0.0;
            require(
                fit && probability > 0.0 && probability <= 1.0,
                "wait: at least 0; its probability: above 0, at most 1",
            )
        }
        Objective::ResponsePercentile { percentile, seconds } => {
            require(
                (0.0..1.0).contains(&percentile) && above_zero(seconds),
                "percentile: below 1; its limit: above 0",
            )?;
            let best = Mmc::new(0.0, mean_service, 1)?.response_percentile(percentile);
            if best >= seconds { Err(Error::Unreachable { best }) } else { Ok(()) }
        }
        Objective::MeanWait { seconds } => require(above_zero(seconds), "mean wait: above 0"),
        Objective::Utilization { limit } => {
            require(limit > 0.0 && limit < 1.0, "utilization: above 0, below 1")
        }
    }
}

/// The objective's quantity, and whether it is met.
fn judge(queue: &Mmc, objective: Objective) -> (f64, bool) {
    match objective {
        Objective::WaitTail { seconds, probability } => {
            let tail = queue.wait_tail(seconds);
            (tail, tail <= probability)
        }
        Objective::ResponsePercentile { percentile, seconds } => {
            // The tail at the limit decides; the percentile itself is searched for only once.
            let met = queue.response_tail(seconds) <= 1.0 - percentile;
            (if met { queue.response_percentile(percentile) } else { f64::INFINITY }, met)
        }
        Objective::MeanWait { seconds } => (queue.mean_wait(), queue.mean_wait() <= seconds),
        Objective::Utilization { limit } => (queue.utilization(), queue.utilization() <= limit),
    }
}
