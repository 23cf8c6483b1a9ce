//! Output analysis in constant memory: what a run records, and the intervals that may be printed.
//!
//! * [`Tally`]: one sample per visit (wait, response time, latency): mean and percentiles.
//! * [`TimeAverage`]: a level that changes in steps (queue length, in-flight, busy servers).
//! * [`Throughput`]: events per second.
//! * [`RatioTally`]: the share of events that ended in one way (dropped, abandoned, hit).
//! * [`replications`]: intervals of transients and of differences, from independent runs.
//!
//! Each gives an [`Estimate`]: a value and its 95 % interval, or a value alone where the run was too
//! short for an interval that holds what it says. How that is decided stands in [`steady`].

pub(crate) mod batches;
mod estimate;
mod histogram;
mod over_time;
mod ratio;
pub mod replications;
pub mod steady;
pub mod student;
mod tally;

pub use estimate::{DistributionEstimate, Estimate, Verdict};
pub use histogram::Histogram;
pub use over_time::{Throughput, TimeAverage};
pub use ratio::RatioTally;
pub use tally::Tally;

/// Whether averages of a quantity obey the √n law on which every interval rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// They do, within the runs that an interval needs.
    Light,
    /// They do in very long runs only: the few longest services decide them, and most runs see too few
    /// of those. An interval needs [`steady::SKEWED_NEEDS`] times as much data, and its upper half is
    /// longer by [`steady::SKEWED_MARGIN`].
    Skewed,
    /// They do not: a variance, or the sum of the autocorrelations, is infinite, so that no interval
    /// is printed. The serial correlations of a queue's waits have a finite sum only where the
    /// service time has a finite fourth moment (Daley, *The serial correlation coefficients of
    /// waiting times in a stationary single server queue*, 1968); busy time needs only the second.
    Heavy,
}
