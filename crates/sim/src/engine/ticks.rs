//! Time as the statistics count it.

use tenfold_units::Instant;

use crate::stats::Estimate;

/// Turns simulated seconds into the ticks of the statistics, whose integers hold any model's time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticks {
    per_second: f64,
}

/// Ticks of a whole run: fine enough for every gap between two events, coarse enough for 64 bits.
const RUN_TICKS: f64 = 1e13;

impl Ticks {
    /// Returns ticks for a run of about that length.
    pub(super) fn for_run(seconds: f64) -> Self {
        Self { per_second: RUN_TICKS / seconds }
    }

    #[inline]
    pub(super) fn at(self, now: f64) -> Instant {
        Instant::from_nanos((now * self.per_second) as u64)
    }

    /// Seconds from the origin to a tick.
    pub(super) fn seconds(self, tick: Instant) -> f64 {
        tick.as_nanos() as f64 / self.per_second
    }

    /// Events per second from what the statistics take for events per second.
    pub(super) fn rate(self, throughput: Option<Estimate>) -> Estimate {
        throughput.map_or(Estimate::without_interval(0.0), |estimate| {
            estimate.scaled(self.per_second / 1e9)
        })
    }
}
