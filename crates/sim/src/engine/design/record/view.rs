//! How the figures of a run are read.

use tenfold_units::Instant;

use super::super::super::ticks::Ticks;
use crate::stats::{
    DistributionEstimate, Estimate, Histogram, RatioTally, Tail, Tally, Throughput, TimeAverage,
};

/// How figures are read: of a steady state with intervals, of a transient as they were in all.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    pub(super) ticks: Ticks,
    pub(super) transient: bool,
    /// The end of the warm-up.
    pub(super) since: Instant,
}

impl View {
    pub(super) fn samples(self, tally: &Tally) -> Option<DistributionEstimate> {
        if !self.transient {
            return tally.summary(Tail::Light);
        }
        let all = tally.histogram();
        let at = |p: f64| Estimate::without_interval(all.percentile(p));
        (tally.count() > 0).then(|| DistributionEstimate {
            mean: Estimate::without_interval(tally.mean()),
            p50: at(0.5),
            p90: at(0.9),
            p95: at(0.95),
            p99: at(0.99),
            p999: at(0.999),
        })
    }

    /// All samples of a transient; none of a steady state, which speaks for itself.
    pub(super) fn all(self, tally: &Tally) -> Histogram {
        if self.transient { tally.histogram() } else { Histogram::default() }
    }

    /// Length of the measured part.
    pub(super) fn seconds(self, now: Instant) -> f64 {
        self.ticks.seconds(now) - self.ticks.seconds(self.since)
    }

    pub(super) fn rate(self, events: &Throughput, now: Instant) -> Estimate {
        if !self.transient {
            return self.ticks.rate(events.estimate());
        }
        let seconds = self.seconds(now);
        let rate = if seconds > 0.0 { events.count() as f64 / seconds } else { 0.0 };
        Estimate::without_interval(rate)
    }

    /// The ratio of `part` to all events of the tally.
    pub(super) fn ratio(self, tally: &RatioTally, part: u64) -> Option<Estimate> {
        if !self.transient {
            return tally.estimate();
        }
        let all = tally.count();
        (all > 0).then(|| Estimate::without_interval(part as f64 / all as f64))
    }

    pub(super) fn level(self, level: &TimeAverage) -> Option<Estimate> {
        if !self.transient {
            return level.estimate(Tail::Light);
        }
        let average = level.average();
        average.is_finite().then(|| Estimate::without_interval(average))
    }
}
