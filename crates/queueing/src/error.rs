use core::fmt;

/// Why a formula has no answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Error {
    /// The queue grows without bound.
    Unstable {
        /// Offered load per server, at least 1.
        utilization: f64,
    },
    /// An argument lies outside the range that the documentation states.
    OutOfRange {
        /// Which one, and its range.
        what: &'static str,
    },
    /// No number of servers can meet the objective.
    Unreachable {
        /// What the objective's quantity is with no queueing at all.
        best: f64,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unstable { utilization } => {
                write!(f, "the queue grows without bound: utilization {utilization:.4}")
            }
            Self::OutOfRange { what } => write!(f, "out of range: {what}"),
            Self::Unreachable { best } => {
                write!(f, "no number of servers reaches it: the best is {best:.6}")
            }
        }
    }
}

impl core::error::Error for Error {}

/// Returns `Ok` when `holds`, otherwise the error that names the range.
pub(crate) fn require(holds: bool, what: &'static str) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(Error::OutOfRange { what }) }
}

/// Returns `Ok` when the offered load per server is below 1.
pub(crate) fn require_stable(utilization: f64) -> Result<(), Error> {
    if utilization < 1.0 { Ok(()) } else { Err(Error::Unstable { utilization }) }
}

pub(crate) const ARRIVAL_RATE: &str = "arrival rate: a finite number, at least 0";
pub(crate) const SERVICE_TIME: &str = "mean service time: a finite number above 0";
pub(crate) const SERVERS: &str = "servers: 1 to 100,000,000";
/// More servers than any one station has; it bounds the recursions.
pub(crate) const SERVERS_MAX: u32 = 100_000_000;

pub(crate) fn require_queue(arrival_rate: f64, mean_service: f64) -> Result<(), Error> {
    require(arrival_rate.is_finite() && arrival_rate >= 0.0, ARRIVAL_RATE)?;
    require(mean_service.is_finite() && mean_service > 0.0, SERVICE_TIME)
}

pub(crate) fn require_servers(servers: u32) -> Result<(), Error> {
    require((1..=SERVERS_MAX).contains(&servers), SERVERS)
}

/// Panics unless `p` is a percentile in [0, 1): a bug of the caller.
pub(crate) fn assert_percentile(p: f64) {
    assert!((0.0..1.0).contains(&p), "a percentile is at least 0 and below 1: {p}");
}
