//! What a run of plain queues writes down, in memory that does not depend on its length.

use tenfold_units::Instant;

use super::super::ticks::Ticks;
use crate::planted::{self, Bug};
use crate::stats::{Estimate, RatioTally, Tail, Tally, Throughput, TimeAverage};
use crate::{ArrivalsOutcome, StationOutcome};

/// The figures of a station.
#[derive(Clone, Debug)]
pub(super) struct StationRecord {
    ticks: Ticks,
    busy: TimeAverage,
    waiting: TimeAverage,
    in_flight: TimeAverage,
    wait: Tally,
    response: Tally,
    throughput: Throughput,
    dropped: RatioTally,
    abandoned: RatioTally,
    /// Whether customers can be dropped, and lose patience.
    bounded: bool,
    patient: bool,
    /// Whether nothing is written down: only counts of a rare event are wanted.
    silent: bool,
}

/// Which averages of a station obey the √n law.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tails {
    /// Wait, response, queue length, in-flight.
    pub(super) delay: Tail,
    /// Utilization.
    pub(super) work: Tail,
    /// Everything that counts customers.
    pub(super) counts: Tail,
}

impl StationRecord {
    pub(super) fn new(ticks: Ticks, bounded: bool, patient: bool) -> Self {
        Self {
            ticks,
            busy: TimeAverage::new(Instant::ZERO),
            waiting: TimeAverage::new(Instant::ZERO),
            in_flight: TimeAverage::new(Instant::ZERO),
            wait: Tally::default(),
            response: Tally::default(),
            throughput: Throughput::new(Instant::ZERO),
            dropped: RatioTally::default(),
            abandoned: RatioTally::default(),
            bounded,
            patient,
            silent: false,
        }
    }

    /// Writes nothing down from now on.
    pub(super) fn silence(&mut self) {
        self.silent = true;
    }

    #[inline]
    pub(super) fn levels(&mut self, now: f64, busy: u32, waiting: u32) {
        if self.silent {
            return;
        }
        let now = self.ticks.at(now);
        self.busy.set(now, f64::from(busy));
        self.waiting.set(now, f64::from(waiting));
        self.in_flight.set(now, f64::from(busy) + f64::from(waiting));
    }

    /// The same where nobody waits whatever their number.
    pub(super) fn shared_levels(&mut self, now: f64, busy: u32, customers: u32) {
        if self.silent {
            return;
        }
        let now = self.ticks.at(now);
        self.busy.set(now, f64::from(busy));
        self.in_flight.set(now, f64::from(customers));
    }

    #[inline]
    pub(super) fn dropped(&mut self, dropped: bool) {
        if self.bounded && !self.silent {
            self.dropped.record(dropped);
        }
    }

    #[inline]
    pub(super) fn abandoned(&mut self, abandoned: bool) {
        if self.patient && !self.silent {
            self.abandoned.record(abandoned);
        }
    }

    #[inline]
    pub(super) fn completed(&mut self, now: f64, waited: f64, response: f64) {
        if self.silent {
            return;
        }
        if !(planted::is(Bug::WaitWithoutZeros) && waited == 0.0) {
            self.wait.record(waited);
        }
        self.response.record(response);
        self.throughput.record(self.ticks.at(now));
    }

    /// Returns visits completed, dropped and abandoned, as a share of all arrivals that passed.
    pub(super) fn passing_ratio(&self) -> f64 {
        1.0 - ratio(self.bounded, &self.dropped, Tail::Light).value
            - ratio(self.patient, &self.abandoned, Tail::Light).value
    }

    /// Returns the figures at the end of a run; `servers` is `None` where there is one for each
    /// customer, `left` the number of customers at the end, which counts where `unstable`.
    pub(super) fn outcome(
        &mut self,
        now: f64,
        servers: Option<u32>,
        tails: Tails,
        unstable: bool,
        left: u32,
    ) -> StationOutcome {
        let end = self.ticks.at(now);
        self.busy.advance(end);
        self.waiting.advance(end);
        self.in_flight.advance(end);
        self.throughput.advance(end);
        let throughput = counted(self.ticks.rate(self.throughput.estimate()), tails.counts);
        let work = self.busy.estimate(tails.work);
        StationOutcome {
            utilization: servers.and_then(|servers| {
                work.map(|work| work.scaled(1.0 / f64::from(servers)).clamped(0.0, 1.0))
            }),
            wait_time_seconds: if unstable { None } else { self.wait.summary(tails.delay) },
            response_time_seconds: if unstable { None } else { self.response.summary(tails.delay) },
            queue_length: if unstable { None } else { self.waiting.estimate(tails.delay) },
            in_flight: if unstable { None } else { self.in_flight.estimate(tails.delay) },
            throughput_rps: throughput,
            dropped_ratio: ratio(self.bounded, &self.dropped, tails.counts),
            abandoned_ratio: ratio(self.patient, &self.abandoned, tails.counts),
            unstable,
            goodput_rps: unstable.then_some(throughput),
            queue_growth_per_second: unstable.then(|| f64::from(left) / now),
        }
    }
}

pub(super) fn counted(estimate: Estimate, tail: Tail) -> Estimate {
    match tail {
        Tail::Light | Tail::Skewed => estimate,
        Tail::Heavy => Estimate::without_interval(estimate.value),
    }
}

/// The ratio of something that may happen; where it cannot, 0 is exact.
fn ratio(possible: bool, tally: &RatioTally, tail: Tail) -> Estimate {
    if !possible {
        return Estimate::between(0.0, 0.0, 0.0);
    }
    counted(tally.estimate().unwrap_or(Estimate::without_interval(0.0)), tail)
}

/// The figures of a stream of customers.
#[derive(Clone, Debug)]
pub(super) struct StreamRecord {
    ticks: Ticks,
    latency: Tally,
    throughput: Throughput,
    dropped: RatioTally,
    /// Whether a station of the model can lose customers.
    lossy: bool,
    /// As of a station.
    silent: bool,
}

impl StreamRecord {
    pub(super) fn new(ticks: Ticks, lossy: bool) -> Self {
        Self {
            ticks,
            latency: Tally::default(),
            throughput: Throughput::new(Instant::ZERO),
            dropped: RatioTally::default(),
            lossy,
            silent: false,
        }
    }

    /// Writes nothing down from now on.
    pub(super) fn silence(&mut self) {
        self.silent = true;
    }

    #[inline]
    pub(super) fn left(&mut self, now: f64, latency: f64) {
        if self.silent {
            return;
        }
        self.latency.record(latency);
        self.throughput.record(self.ticks.at(now));
        if self.lossy {
            self.dropped.record(false);
        }
    }

    pub(super) fn lost(&mut self) {
        if self.silent {
            return;
        }
        self.dropped.record(true);
    }

    pub(super) fn outcome(&mut self, now: f64, tails: Tails, unstable: bool) -> ArrivalsOutcome {
        self.throughput.advance(self.ticks.at(now));
        ArrivalsOutcome {
            latency_seconds: if unstable { None } else { self.latency.summary(tails.delay) },
            throughput_rps: counted(self.ticks.rate(self.throughput.estimate()), tails.counts),
            dropped_ratio: ratio(self.lossy, &self.dropped, tails.counts),
            unstable,
        }
    }
}
