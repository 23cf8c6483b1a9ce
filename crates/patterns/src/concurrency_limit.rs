//! Adaptive concurrency limit: finds out how much work in flight a callee bears.
//!
//! ```text
//!   acquire ─► in flight < limit? ─► permit ─► work ─► release(outcome, latency)
//!                                                          │ sample
//!   AIMD        drop or time-out: × backoff;  at least half used: + 1
//!   Gradient2   limit × clamp(tolerance × long / short latency, ½, 1) + queue, smoothed
//! ```
//!
//! **Use it** on a server or client whose callee's capacity changes (neighbors, deploys, scaling).
//! **Not** where latency depends on the request more than on load: a mix of fast and slow operations
//! looks like congestion; one limit per operation then.
//!
//! Pitfalls: Gradient2 by itself does not see drops; `backoff_on_drop` makes it (Netflix's does not).
//! Neither grows while less than half is in use. A limit that waits for latency to rise needs a
//! queue somewhere; keep that bounded.
//!
//! ```
//! use core::time::Duration;
//! use tenfold_patterns::{ConcurrencyLimit, ConcurrencyLimitOptions, ConcurrencyOutcome};
//! let mut limit = ConcurrencyLimit::new(ConcurrencyLimitOptions::netflix_aimd()).unwrap();
//! let permit = limit.try_acquire().unwrap();
//! limit.release(permit, ConcurrencyOutcome::Success, Duration::from_millis(5));
//! assert_eq!(limit.limit(), 20);
//! ```
//!
//! Source: Netflix concurrency-limits (`AIMDLimit`, `Gradient2Limit`; behavior).

#[cfg(test)]
mod tests;

use core::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::{Event, Events};
use crate::options::{Check, InvalidOptions};
use crate::planted;

/// How the limit follows the samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ConcurrencyAlgorithm {
    /// Additive increase, multiplicative decrease.
    Aimd {
        /// The factor after a drop or time-out: 0.5 to below 1.
        backoff: f64,
        /// The latency from which on a success counts as a drop.
        #[serde(with = "tenfold_units::duration")]
        #[schemars(with = "String")]
        timeout: Duration,
    },
    /// The ratio of long-term to short-term latency.
    Gradient2 {
        /// The share of the new limit in the next: above 0, at most 1.
        smoothing: f64,
        /// How much latency may rise before the limit falls: at least 1.
        tolerance: f64,
        /// Samples in the long-term average: at least 1.
        long_window: u32,
        /// Requests that may queue.
        queue: f64,
        /// The factor after a drop; 1 as Netflix, which ignores drops.
        backoff_on_drop: f64,
    },
}

/// Where the limit starts and how it moves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConcurrencyLimitOptions {
    /// The limit at the start.
    pub initial: u32,
    /// The least; at least 1.
    pub min: u32,
    /// The most.
    pub max: u32,
    /// How it moves.
    pub algorithm: ConcurrencyAlgorithm,
}

impl ConcurrencyLimitOptions {
    /// Netflix `AIMDLimit`: from 20 within 20 to 200, × 0.9, time-out 5 s.
    #[must_use]
    pub const fn netflix_aimd() -> Self {
        let algorithm =
            ConcurrencyAlgorithm::Aimd { backoff: 0.9, timeout: Duration::from_secs(5) };
        Self { initial: 20, min: 20, max: 200, algorithm }
    }

    /// Netflix `Gradient2Limit`: from 20 within 20 to 200, smoothing 0.2, tolerance 1.5, long window
    /// 600, queue 4.
    #[must_use]
    pub const fn netflix_gradient2() -> Self {
        let algorithm = ConcurrencyAlgorithm::Gradient2 {
            smoothing: 0.2,
            tolerance: 1.5,
            long_window: 600,
            queue: 4.0,
            backoff_on_drop: 1.0,
        };
        Self { initial: 20, min: 20, max: 200, algorithm }
    }

    fn check(&self) -> Result<(), InvalidOptions> {
        let mut check = Check::default();
        check.that(self.min > 0, "min", "must be at least 1");
        check.that(self.max >= self.min, "max", "must not be below `min`");
        let between = (self.min..=self.max).contains(&self.initial);
        check.that(between, "initial", "must be from `min` to `max`");
        match self.algorithm {
            ConcurrencyAlgorithm::Aimd { backoff, .. } => {
                let range = (0.5..1.0).contains(&backoff);
                check.that(range, "backoff", "must be from 0.5 to below 1");
            }
            ConcurrencyAlgorithm::Gradient2 {
                smoothing,
                tolerance,
                long_window,
                queue,
                backoff_on_drop,
            } => {
                let range = smoothing > 0.0 && smoothing <= 1.0;
                check.that(range, "smoothing", "must be above 0, at most 1");
                check.that(tolerance >= 1.0, "tolerance", "must be at least 1");
                check.that(long_window > 0, "long_window", "must be at least 1");
                check.that(queue >= 0.0, "queue", "must be at least 0");
                let range = (0.5..=1.0).contains(&backoff_on_drop);
                check.that(range, "backoff_on_drop", "must be from 0.5 to 1");
            }
        }
        check.done()
    }
}

/// The right to work; give it back with [`ConcurrencyLimit::release`].
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a permit that is not given back lowers the limit for ever"]
pub struct ConcurrencyPermit {
    in_flight: u32,
}

impl Events for Option<ConcurrencyPermit> {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        sink(self.as_ref().map_or(Event::Refused { reason: "full" }, |_| Event::Admitted));
    }
}

/// How work went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConcurrencyOutcome {
    /// It was done; its latency is a sample.
    Success,
    /// It was dropped or timed out for load.
    Dropped,
    /// Its latency says nothing (cancelled, failed at once).
    Ignored,
}

/// Samples of which the long-term average is a plain mean.
const LONG_WARM_UP: u32 = 10;

/// An adaptive concurrency limit.
#[derive(Clone, Debug)]
pub struct ConcurrencyLimit {
    options: ConcurrencyLimitOptions,
    limit: f64,
    in_flight: u32,
    /// Long-term latency in nanoseconds, and the samples that went into its mean.
    long: f64,
    samples: u32,
}

impl ConcurrencyLimit {
    /// Returns the limit at its start.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: ConcurrencyLimitOptions) -> Result<Self, InvalidOptions> {
        options.check()?;
        let limit = f64::from(options.initial);
        Ok(Self { options, limit, in_flight: 0, long: 0.0, samples: 0 })
    }

    /// Returns a permit if less work is in flight than the limit.
    pub fn try_acquire(&mut self) -> Option<ConcurrencyPermit> {
        let over = u32::from(planted::is("concurrency-over-admits-by-one"));
        if self.in_flight >= self.limit() + over {
            return None;
        }
        self.in_flight += 1;
        Some(ConcurrencyPermit { in_flight: self.in_flight })
    }

    /// Gives a permit back, with the latency of its work as a sample.
    pub fn release(
        &mut self,
        permit: ConcurrencyPermit,
        outcome: ConcurrencyOutcome,
        latency: Duration,
    ) {
        self.in_flight -= 1;
        match outcome {
            ConcurrencyOutcome::Ignored => {}
            ConcurrencyOutcome::Success => self.sample(latency, permit.in_flight, false),
            ConcurrencyOutcome::Dropped => self.sample(latency, permit.in_flight, true),
        }
    }

    /// Takes a sample: its latency, the work in flight when it began, and whether it was dropped.
    /// [`ConcurrencyLimit::release`] does this; use it alone to feed a limit that others enforce.
    pub fn sample(&mut self, latency: Duration, in_flight: u32, dropped: bool) {
        let (min, max) = (f64::from(self.options.min), f64::from(self.options.max));
        match self.options.algorithm {
            ConcurrencyAlgorithm::Aimd { backoff, timeout } => {
                if dropped || latency > timeout {
                    self.limit = (self.limit * backoff).trunc();
                } else if f64::from(in_flight) * 2.0 >= self.limit {
                    self.limit += 1.0;
                }
                self.limit = self.limit.clamp(min, max);
            }
            ConcurrencyAlgorithm::Gradient2 {
                smoothing,
                tolerance,
                long_window,
                queue,
                backoff_on_drop,
            } => {
                if dropped && backoff_on_drop < 1.0 {
                    self.limit = (self.limit * backoff_on_drop).clamp(min, max);
                    return;
                }
                let short = (latency.as_nanos() as f64).max(1.0);
                let long = self.long_term(short, long_window);
                if f64::from(in_flight) < self.limit / 2.0 {
                    return;
                }
                let gradient = (tolerance * long / short).clamp(0.5, 1.0);
                let new = self.limit * gradient + queue;
                self.limit = (self.limit * (1.0 - smoothing) + new * smoothing).clamp(min, max);
            }
        }
    }

    /// Adds a sample to the long-term latency and returns it as it is then.
    fn long_term(&mut self, short: f64, window: u32) -> f64 {
        if self.samples < LONG_WARM_UP {
            self.long = (self.long * f64::from(self.samples) + short) / f64::from(self.samples + 1);
            self.samples += 1;
        } else {
            let factor = 2.0 / (f64::from(window) + 1.0);
            self.long = self.long * (1.0 - factor) + short * factor;
        }
        let long = self.long;
        // After a spell of load is over, it has to come down faster than it went up.
        if long / short > 2.0 {
            self.long *= 0.95;
        }
        long
    }

    /// Returns the limit.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.limit as u32
    }

    /// Returns the work in flight.
    #[must_use]
    pub const fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// Takes new options; the limit stays, as far as it is within the new bounds.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&mut self, options: ConcurrencyLimitOptions) -> Result<(), InvalidOptions> {
        options.check()?;
        self.options = options;
        self.limit = self.limit.clamp(f64::from(options.min), f64::from(options.max));
        Ok(())
    }
}
