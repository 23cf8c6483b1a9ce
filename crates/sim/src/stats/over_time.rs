use tenfold_units::Instant;

use super::batches::{MAX_BATCHES, join_neighbors};
use super::steady::{Areas, Spread, time_average};
use super::{Estimate, Tail};

/// The length of the first batches, in nanoseconds: it doubles until the run fits.
const FIRST_WIDTH: u64 = 1_000;
/// An event counts as a second of the level 1, so that an average of level is events per second.
const EVENT_AREA: f64 = 1e9;

/// Areas under a level over batches of equal length in time, joined like sample batches.
#[derive(Clone, Debug)]
struct TimeBatches {
    start: Instant,
    /// The instant up to which everything is accounted for.
    now: Instant,
    /// The end of the open batch.
    end: Instant,
    width: u64,
    /// Level × nanoseconds.
    open: f64,
    areas: Vec<f64>,
}

impl TimeBatches {
    fn new(start: Instant) -> Self {
        let end = Instant::from_nanos(start.as_nanos() + FIRST_WIDTH);
        Self { start, now: start, end, width: FIRST_WIDTH, open: 0.0, areas: Vec::new() }
    }

    /// Holds `level` up to `now`.
    #[inline]
    fn advance(&mut self, now: Instant, level: f64) {
        debug_assert!(now >= self.now, "time went back from {} to {now}", self.now);
        if now >= self.end {
            self.close_batches(now, level);
        }
        self.open += level * (now.as_nanos() - self.now.as_nanos()) as f64;
        self.now = now;
    }

    #[cold]
    fn close_batches(&mut self, now: Instant, level: f64) {
        while now >= self.end {
            self.open += level * (self.end.as_nanos() - self.now.as_nanos()) as f64;
            self.areas.push(core::mem::take(&mut self.open));
            self.now = self.end;
            // Over a long silence batches that would be joined later are joined before they are made.
            let missing = (now.as_nanos() - self.now.as_nanos()) / self.width;
            let full = self.areas.len() == MAX_BATCHES;
            let will_be = self.areas.len() as u64 + missing >= MAX_BATCHES as u64;
            if full || will_be && self.areas.len().is_multiple_of(2) {
                join_neighbors(&mut self.areas);
                self.width *= 2;
            }
            self.end = Instant::from_nanos(self.now.as_nanos().saturating_add(self.width));
        }
    }

    /// Returns the average with its interval, `None` where no time passed.
    fn estimate(&self, spread: Spread, tail: Tail) -> Option<Estimate> {
        let closed = self.areas.len() as u64 * self.width;
        let areas = Areas {
            batches: &self.areas,
            width: self.width as f64,
            open: self.open,
            open_length: (self.length() - closed) as f64,
        };
        time_average(areas, spread, tail)
    }

    fn length(&self) -> u64 {
        self.now.as_nanos() - self.start.as_nanos()
    }
}

/// A level that changes in steps: queue length, in-flight, busy servers.
///
/// Keeps at most 4,096 batch averages, whatever the length of the run.
///
/// ```
/// use tenfold_sim::stats::TimeAverage;
/// use tenfold_units::Instant;
/// let mut busy = TimeAverage::new(Instant::ZERO);
/// busy.set(Instant::from_secs_f64(1.0), 4.0); // 0 for a second, then 4
/// busy.advance(Instant::from_secs_f64(4.0));
/// assert_eq!(busy.average(), 3.0);
/// ```
#[derive(Clone, Debug)]
pub struct TimeAverage {
    batches: TimeBatches,
    level: f64,
    /// Level² × nanoseconds.
    squares: f64,
}

impl TimeAverage {
    /// Returns an average that starts at `start` with the level 0.
    #[must_use]
    pub fn new(start: Instant) -> Self {
        Self { batches: TimeBatches::new(start), level: 0.0, squares: 0.0 }
    }

    /// Sets the level from `now` on; `now` never goes back.
    #[inline]
    pub fn set(&mut self, now: Instant, level: f64) {
        self.advance(now);
        self.level = level;
    }

    /// Changes the level by `change` from `now` on.
    #[inline]
    pub fn add(&mut self, now: Instant, change: f64) {
        self.advance(now);
        self.level += change;
    }

    /// Accounts for the time up to `now`: call it at the end of a run.
    #[inline]
    pub fn advance(&mut self, now: Instant) {
        let length = (now.as_nanos() - self.batches.now.as_nanos()) as f64;
        self.squares += self.level * self.level * length;
        self.batches.advance(now, self.level);
    }

    /// Returns the level now.
    #[must_use]
    pub fn level(&self) -> f64 {
        self.level
    }

    /// Returns the average of the whole run, NaN where no time passed.
    #[must_use]
    pub fn average(&self) -> f64 {
        let area: f64 = self.batches.areas.iter().sum::<f64>() + self.batches.open;
        area / self.batches.length() as f64
    }

    /// Forgets what was and goes on at `now` with the same level: the end of a warm-up that the
    /// caller knows.
    pub fn reset(&mut self, now: Instant) {
        self.batches = TimeBatches::new(now);
        self.squares = 0.0;
    }

    /// Returns the average with its interval, `None` where no time passed.
    #[must_use]
    pub fn estimate(&self, tail: Tail) -> Option<Estimate> {
        let square = self.squares / self.batches.length() as f64;
        self.batches.estimate(Spread::Level(square), tail)
    }
}

/// Events per second: completions, exits, drops.
#[derive(Clone, Debug)]
pub struct Throughput {
    batches: TimeBatches,
    count: u64,
}

impl Throughput {
    /// Returns a count that starts at `start`.
    #[must_use]
    pub fn new(start: Instant) -> Self {
        Self { batches: TimeBatches::new(start), count: 0 }
    }

    /// Adds an event at `now`; `now` never goes back.
    #[inline]
    pub fn record(&mut self, now: Instant) {
        self.batches.advance(now, 0.0);
        self.batches.open += EVENT_AREA;
        self.count += 1;
    }

    /// Accounts for the time up to `now`: call it at the end of a run.
    pub fn advance(&mut self, now: Instant) {
        self.batches.advance(now, 0.0);
    }

    /// Returns the number of events.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Forgets what was and goes on at `now`: the end of a warm-up that the caller knows.
    pub fn reset(&mut self, now: Instant) {
        *self = Self::new(now);
    }

    /// Returns the events per second with their interval, `None` where no time passed.
    #[must_use]
    pub fn estimate(&self) -> Option<Estimate> {
        self.batches.estimate(Spread::Events(EVENT_AREA), Tail::Light)
    }
}
