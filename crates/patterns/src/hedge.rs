//! Hedging: a second request to another replica when the first takes longer than nearly all do.
//!
//! ```text
//!  first ──────────── delay (p95 of what was seen) ──► still no answer? budget left? ─► hedge
//!  first answer wins; cancel the others;  a failure that may be retried sends the next at once
//! ```
//!
//! **Use it** for idempotent reads with a long tail, over replicas. **Not** for writes, not together
//! with a retry policy on the same call, and not to help an overloaded callee: the budget (a share of
//! requests) bounds the extra load.
//!
//! Pitfalls that it avoids: a fixed delay turns into a doubling of load when everything becomes slow
//! (the quantile moves with it, and the budget holds); the delay is not trusted before 100 answers.
//!
//! ```
//! use core::time::Duration;
//! use tenfold_patterns::{Hedge, HedgeDecision, HedgeOptions};
//! use tenfold_units::Instant;
//! let mut hedge = Hedge::new(HedgeOptions::tail_at_scale()).unwrap();
//! let start = Instant::ZERO;
//! for _ in 0..100 {
//!     hedge.request();
//!     hedge.answered(Duration::from_millis(10));
//! }
//! let late = start + Duration::from_millis(12);
//! assert_eq!(hedge.decide(late, start, 1), HedgeDecision::Send);
//! ```
//!
//! Sources: Dean, Barroso, "The Tail at Scale", CACM 56(2), 2013; gRFC A6, "Hedging Policy".

#[cfg(test)]
mod tests;

use core::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::{Instant, math};

use crate::event::{Event, Events};
use crate::options::{Check, InvalidOptions};

/// After how long the next request goes out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HedgeDelay {
    /// Always the same.
    Fixed(
        #[serde(with = "tenfold_units::duration")]
        #[schemars(with = "String")]
        Duration,
    ),
    /// The latency that this share of answers stays below: 0.5 to below 1.
    Quantile(f64),
}

/// When to send more than one request, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HedgeOptions {
    /// Requests in all for one call, the first included: 2 to 5.
    pub max_attempts: u32,
    /// After how long the next goes out.
    pub delay: HedgeDelay,
    /// Hedges as a share of calls, in the long run: above 0, at most 1.
    pub budget_ratio: f64,
}

impl HedgeOptions {
    /// "The Tail at Scale": the second request at the 95th percentile, 5 % more requests.
    #[must_use]
    pub const fn tail_at_scale() -> Self {
        Self { max_attempts: 2, delay: HedgeDelay::Quantile(0.95), budget_ratio: 0.05 }
    }

    fn check(&self) -> Result<(), InvalidOptions> {
        let mut check = Check::default();
        let attempts = (2..=5).contains(&self.max_attempts);
        check.that(attempts, "max_attempts", "must be from 2 to 5");
        if let HedgeDelay::Quantile(q) = self.delay {
            check.that((0.5..1.0).contains(&q), "delay", "must be from 0.5 to below 1");
        }
        let share = self.budget_ratio > 0.0 && self.budget_ratio <= 1.0;
        check.that(share, "budget_ratio", "must be above 0, at most 1");
        check.done()
    }
}

/// Whether to send one more request for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum HedgeDecision {
    /// Now, to another replica; the budget has paid for it.
    Send,
    /// Ask again after this time if there is no answer by then.
    Wait(Duration),
    /// No: enough were sent, or the budget is spent, or too little is known.
    No,
}

impl Events for HedgeDecision {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        match self {
            Self::Send => sink(Event::Admitted),
            Self::Wait(_) => {}
            Self::No => sink(Event::Refused { reason: "no-hedge" }),
        }
    }
}

/// Answers before the quantile is trusted.
const WARM_UP: u32 = 100;
/// Answers after which all counts are halved.
const MEMORY: u32 = 10_000;
/// Cells of the histogram: 16 to the doubling, from 1 microsecond to 18 minutes.
const CELLS: usize = 16 * 30;
/// Unused budget that is kept for a bad moment.
const MAX_SAVED: f64 = 10.0;

/// A hedging policy for one kind of call.
#[derive(Clone, Debug)]
pub struct Hedge {
    options: HedgeOptions,
    cells: Box<[u32]>,
    answers: u32,
    /// Hedges that may be sent.
    saved: f64,
}

impl Hedge {
    /// Returns a policy that has seen nothing.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: HedgeOptions) -> Result<Self, InvalidOptions> {
        options.check()?;
        Ok(Self { options, cells: vec![0; CELLS].into(), answers: 0, saved: 0.0 })
    }

    /// Counts a call: a first request, not a hedge.
    pub fn request(&mut self) {
        self.saved = (self.saved + self.options.budget_ratio).min(MAX_SAVED);
    }

    /// Counts the latency of an answer, from the start of its own request.
    pub fn answered(&mut self, latency: Duration) {
        self.cells[cell(latency)] += 1;
        self.answers += 1;
        if self.answers >= MEMORY {
            self.cells.iter_mut().for_each(|count| *count /= 2);
            self.answers = self.cells.iter().sum();
        }
    }

    /// Decides for a call whose last request went out at `last`, after `sent` requests.
    pub fn decide(&mut self, now: Instant, last: Instant, sent: u32) -> HedgeDecision {
        if sent >= self.options.max_attempts {
            return HedgeDecision::No;
        }
        let Some(delay) = self.delay() else { return HedgeDecision::No };
        let elapsed = now.saturating_since(last);
        if elapsed < delay {
            return HedgeDecision::Wait(delay - elapsed);
        }
        self.pay()
    }

    /// Decides after a request failed in a way that may be retried: the next goes out at once.
    pub fn failed(&mut self, sent: u32) -> HedgeDecision {
        if sent >= self.options.max_attempts { HedgeDecision::No } else { self.pay() }
    }

    /// Returns the delay, or `None` while too little is known.
    #[must_use]
    pub fn delay(&self) -> Option<Duration> {
        match self.options.delay {
            HedgeDelay::Fixed(delay) => Some(delay),
            HedgeDelay::Quantile(_) if self.answers < WARM_UP => None,
            HedgeDelay::Quantile(q) => {
                let due = f64::from(self.answers) * q;
                let mut sum = 0;
                let full = |count: &u32| {
                    sum += count;
                    f64::from(sum) >= due
                };
                let place = self.cells.iter().position(full).unwrap_or(CELLS - 1);
                Some(upper_edge(place))
            }
        }
    }

    /// Takes new options; what was seen and saved stays.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&mut self, options: HedgeOptions) -> Result<(), InvalidOptions> {
        options.check()?;
        self.options = options;
        Ok(())
    }

    fn pay(&mut self) -> HedgeDecision {
        if self.saved < 1.0 - 1e-9 {
            return HedgeDecision::No;
        }
        self.saved -= 1.0;
        HedgeDecision::Send
    }
}

/// The cell of a latency: 16 to the doubling.
fn cell(latency: Duration) -> usize {
    let micros = latency.as_secs_f64() * 1e6;
    let place = math::log2(micros.max(1.0)) * 16.0;
    (place as usize).min(CELLS - 1)
}

/// The latency at which a cell ends.
fn upper_edge(place: usize) -> Duration {
    Duration::from_secs_f64(math::powf(2.0, (place + 1) as f64 / 16.0) * 1e-6)
}
