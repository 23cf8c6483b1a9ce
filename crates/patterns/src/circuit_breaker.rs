//! Circuit breaker: stops calling a callee that fails, and finds out when it works again.
//!
//! ```text
//!              failure or slow ratio ≥ threshold
//!   ┌──────────┐ or failures in a row            ┌────────┐
//!   │  Closed  │ ──────────────────────────────► │  Open  │ ◄──────────────┐
//!   │  passes  │                                 │ refuses│                │ probes fail,
//!   └──────────┘                                 └────────┘                │ or are lost
//!        ▲                                            │ first call after   │
//!        │ probes succeed        ┌────────────┐       │ the open wait      │
//!        └────────────────────── │  HalfOpen  │ ◄─────┘                    │
//!                                │ few probes │ ───────────────────────────┘
//!                                └────────────┘
//! ```
//!
//! **Use it** per endpoint of a callee whose failures are slow or whose recovery is hindered by load.
//! **Not** per request key, **not** one for a whole fleet of replicas (a
//! [balancer](crate::balancer) ejects the bad one), and **not** to limit load.
//!
//! Pitfalls that it avoids: old failures are forgotten with the window; a probe that is cancelled or
//! ignored gives its permit back ([`CircuitBreaker::release`]); a result that comes late, from before
//! a change of state, counts for nothing (each permit carries its generation); probes that never
//! come back do not keep it half-open for ever (`half_open_max`); the wait is measured by the same
//! clock as everything else; waits of many clients spread (`open_jitter`) and grow (`open_growth`).
//! Client errors should be recorded as [`CircuitBreakerOutcome::Ignored`].
//!
//! ```
//! use core::time::Duration;
//! use tenfold_patterns::{
//!     CircuitBreaker, CircuitBreakerDecision, CircuitBreakerOptions, CircuitBreakerOutcome,
//!     CircuitBreakerState,
//! };
//! use tenfold_units::{Instant, Seed};
//! let options = CircuitBreakerOptions::gobreaker();
//! let mut breaker = CircuitBreaker::new(options, Seed(1).stream("breaker")).unwrap();
//! let now = Instant::ZERO;
//! for _ in 0..6 {
//!     let CircuitBreakerDecision::Admitted { permit, .. } = breaker.try_acquire(now) else {
//!         panic!("closed until six failures in a row")
//!     };
//!     breaker.record(now, permit, CircuitBreakerOutcome::Failure, Duration::ZERO);
//! }
//! assert_eq!(breaker.state(), CircuitBreakerState::Open);
//! ```
//!
//! Sources: M. Nygard, *Release It!*, 2007; rules and defaults of resilience4j, Hystrix, Polly and
//! gobreaker as named at the presets.

mod decision;
mod options;
#[cfg(test)]
mod tests;
mod window;

use core::time::Duration;

use tenfold_units::Instant;
use tenfold_units::random::Stream;

pub use self::decision::{
    CircuitBreakerDecision, CircuitBreakerMetrics, CircuitBreakerOutcome, CircuitBreakerPermit,
    CircuitBreakerState, CircuitBreakerTransition,
};
pub use self::options::{CircuitBreakerOptions, CircuitBreakerWindow, SlowCalls};
use self::window::Window;
use crate::options::InvalidOptions;
use crate::planted;

/// A circuit breaker.
#[derive(Clone, Debug)]
pub struct CircuitBreaker {
    options: CircuitBreakerOptions,
    stream: Stream,
    state: CircuitBreakerState,
    /// Changes of state so far.
    generation: u64,
    /// When an open breaker may probe (strictly after), or a half-open one began to.
    since: Instant,
    /// When it opened, or to where the clock stepped back since.
    opened: Instant,
    /// Times that it opened without having been closed in between.
    openings: u32,
    /// Probes that may still be made.
    permits: u32,
    /// Failures in a row.
    failures: u32,
    refused: u64,
    closed: Window,
    probes: Window,
    /// Whether the probes are what the metrics show.
    probing: bool,
}

impl CircuitBreaker {
    /// Returns a closed breaker; `stream` is for the jitter of its open waits.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: CircuitBreakerOptions, stream: Stream) -> Result<Self, InvalidOptions> {
        options.check()?;
        Ok(Self {
            stream,
            state: CircuitBreakerState::Closed,
            generation: 0,
            since: Instant::ZERO,
            opened: Instant::ZERO,
            openings: 0,
            permits: 0,
            failures: 0,
            refused: 0,
            closed: Window::new(options.window),
            probes: Window::new(CircuitBreakerWindow::Calls(options.half_open_calls)),
            probing: false,
            options,
        })
    }

    /// Asks whether a call may be made now.
    pub fn try_acquire(&mut self, now: Instant) -> CircuitBreakerDecision {
        match self.state {
            CircuitBreakerState::Closed => self.admit(None),
            CircuitBreakerState::Open => {
                if now < self.opened {
                    // The clock stepped back: the wait begins again, and is not longer by the step.
                    self.since = now + self.since.saturating_since(self.opened);
                    self.opened = now;
                }
                if now > self.since {
                    let changed = self.change(now, CircuitBreakerState::HalfOpen);
                    self.permits -= 1;
                    return self.admit(changed);
                }
                let left = self.since.saturating_since(now) + Duration::from_nanos(1);
                self.refuse(left, None)
            }
            CircuitBreakerState::HalfOpen => {
                let unlimited = planted::is("half-open-admits-all");
                if self.permits > 0 || unlimited {
                    self.permits = self.permits.saturating_sub(1);
                    return self.admit(None);
                }
                // The clock stepped back: the probes have all of their time again, and no more.
                self.since = self.since.min(now);
                let taken = now.saturating_since(self.since);
                if self.options.half_open_max.is_some_and(|most| taken >= most) {
                    let changed = self.change(now, CircuitBreakerState::Open);
                    let left = self.since.saturating_since(now) + Duration::from_nanos(1);
                    return self.refuse(left, changed);
                }
                self.refuse(Duration::ZERO, None)
            }
        }
    }

    fn admit(&self, changed: Option<CircuitBreakerTransition>) -> CircuitBreakerDecision {
        let permit = CircuitBreakerPermit { generation: self.generation };
        CircuitBreakerDecision::Admitted { permit, changed }
    }

    fn refuse(
        &mut self,
        retry_after: Duration,
        changed: Option<CircuitBreakerTransition>,
    ) -> CircuitBreakerDecision {
        self.refused += 1;
        CircuitBreakerDecision::Refused { retry_after, changed }
    }

    /// Records how a call went that took `duration`, and returns the change of state that follows.
    pub fn record(
        &mut self,
        now: Instant,
        permit: CircuitBreakerPermit,
        outcome: CircuitBreakerOutcome,
        duration: Duration,
    ) -> Option<CircuitBreakerTransition> {
        let failed = match outcome {
            CircuitBreakerOutcome::Ignored => {
                self.release(permit);
                return None;
            }
            CircuitBreakerOutcome::Success => false,
            CircuitBreakerOutcome::Failure => true,
        };
        let late = permit.generation != self.generation;
        if late && !planted::is("breaker-counts-late-results") {
            return None;
        }
        let slow = self.options.slow.is_some_and(|slow| duration > slow.longer_than);
        self.failures = if failed { self.failures.saturating_add(1) } else { 0 };
        match self.state {
            CircuitBreakerState::Closed => {
                self.closed.record(now, failed, slow);
                let opens = self.trips(now);
                if opens { self.change(now, CircuitBreakerState::Open) } else { None }
            }
            CircuitBreakerState::HalfOpen => {
                self.probes.record(now, failed, slow);
                self.judge_probes(now, failed)
            }
            // Only a late result, and those are ignored.
            CircuitBreakerState::Open => None,
        }
    }

    /// Gives a permit back whose call says nothing: never made, cancelled, or a client's error.
    pub fn release(&mut self, permit: CircuitBreakerPermit) {
        let current = permit.generation == self.generation;
        if current
            && self.state == CircuitBreakerState::HalfOpen
            && !planted::is("half-open-leaks-a-permit")
        {
            self.permits = (self.permits + 1).min(self.options.half_open_calls);
        }
    }

    /// Returns the state; an open breaker turns half-open with the first call after its wait.
    #[must_use]
    pub const fn state(&self) -> CircuitBreakerState {
        self.state
    }

    /// Returns what the breaker looks at.
    #[must_use]
    pub fn metrics(&mut self, now: Instant) -> CircuitBreakerMetrics {
        let minimum = self.minimum();
        let window = if self.probing { &mut self.probes } else { &mut self.closed };
        let totals = window.totals(now);
        let share = |part: u32| {
            (totals.calls >= minimum).then(|| f64::from(part) / f64::from(totals.calls))
        };
        CircuitBreakerMetrics {
            calls: totals.calls,
            failed: totals.failed,
            slow: totals.slow,
            refused: self.refused,
            failure_ratio: share(totals.failed),
            slow_ratio: share(totals.slow),
        }
    }

    /// Returns the options.
    #[must_use]
    pub const fn options(&self) -> &CircuitBreakerOptions {
        &self.options
    }

    /// Takes new options. The state stays; a window of another size starts empty.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&mut self, options: CircuitBreakerOptions) -> Result<(), InvalidOptions> {
        options.check()?;
        if options.window != self.options.window {
            self.closed = Window::new(options.window);
        }
        if options.half_open_calls != self.options.half_open_calls {
            // Probes under way were counted against the old number.
            let under_way = self.options.half_open_calls - self.permits;
            self.permits = options.half_open_calls.saturating_sub(under_way);
            self.probes = Window::new(CircuitBreakerWindow::Calls(options.half_open_calls));
        }
        self.options = options;
        Ok(())
    }

    /// Calls below which the ratios say nothing.
    fn minimum(&self) -> u32 {
        let window = match (self.probing, self.options.window) {
            (true, _) => self.options.half_open_calls,
            (false, CircuitBreakerWindow::Calls(calls)) => calls,
            (false, CircuitBreakerWindow::Time { .. }) => u32::MAX,
        };
        self.options.minimum_calls.min(window)
    }

    fn trips(&mut self, now: Instant) -> bool {
        let in_a_row = self.options.consecutive_failures.is_some_and(|most| self.failures >= most);
        in_a_row || self.ratios_trip(now)
    }

    fn ratios_trip(&mut self, now: Instant) -> bool {
        let metrics = self.metrics(now);
        let reached = |share: Option<f64>, threshold: Option<f64>| {
            share.zip(threshold).is_some_and(|(share, threshold)| share >= threshold)
        };
        reached(metrics.failure_ratio, self.options.failure_ratio)
            || reached(metrics.slow_ratio, self.options.slow.map(|slow| slow.ratio))
    }

    fn judge_probes(&mut self, now: Instant, failed: bool) -> Option<CircuitBreakerTransition> {
        // Without a ratio one failed probe is enough.
        let ratio = self.options.failure_ratio.is_some();
        if self.ratios_trip(now) || (failed && !ratio) {
            return self.change(now, CircuitBreakerState::Open);
        }
        let calls = self.probes.totals(now).calls;
        let enough = if ratio { self.minimum() } else { self.options.half_open_calls };
        if calls >= enough { self.change(now, CircuitBreakerState::Closed) } else { None }
    }

    fn change(
        &mut self,
        now: Instant,
        to: CircuitBreakerState,
    ) -> Option<CircuitBreakerTransition> {
        let from = core::mem::replace(&mut self.state, to);
        self.generation += 1;
        match to {
            CircuitBreakerState::Open => {
                self.opened = now;
                self.since = now + self.open_wait();
                self.openings = self.openings.saturating_add(1);
            }
            CircuitBreakerState::HalfOpen => {
                self.since = now;
                self.permits = self.options.half_open_calls;
                self.probes.clear();
                self.probing = true;
                self.refused = 0;
            }
            CircuitBreakerState::Closed => {
                self.openings = 0;
                self.failures = 0;
                self.closed.clear();
                self.probing = false;
                self.refused = 0;
            }
        }
        Some(CircuitBreakerTransition { from, to })
    }

    fn open_wait(&mut self) -> Duration {
        let CircuitBreakerOptions { open_wait, open_growth, open_wait_max, open_jitter, .. } =
            self.options;
        let most = open_wait_max.unwrap_or(open_wait).as_secs_f64();
        let growth = tenfold_units::math::powf(open_growth, f64::from(self.openings));
        let wait = (open_wait.as_secs_f64() * growth).min(most);
        if open_jitter == 0.0 {
            return if wait == open_wait.as_secs_f64() {
                open_wait
            } else {
                Duration::from_secs_f64(wait)
            };
        }
        Duration::from_secs_f64(wait * (1.0 - open_jitter * self.stream.uniform()))
    }
}
