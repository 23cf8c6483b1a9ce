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

#[cfg(test)]
mod tests;
mod window;

use core::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::Instant;
use tenfold_units::random::Stream;

use self::window::Window;
use crate::event::{Event, Events};
use crate::options::{Check, InvalidOptions};
use crate::planted;

/// Which calls count while closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum CircuitBreakerWindow {
    /// The last so many: 1 to 1,000,000.
    Calls(u32),
    /// Those of the last `span`, forgotten by whole slices.
    Time {
        /// The length of the window: at least 1 ns a slice.
        #[serde(with = "tenfold_units::duration")]
        #[schemars(with = "String")]
        span: Duration,
        /// The number of slices: 1 to 1,000.
        slices: u32,
    },
}

/// When calls count as slow, and when there are too many of them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlowCalls {
    /// A call that takes longer is slow.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub longer_than: Duration,
    /// The share of slow calls at which it opens: above 0, at most 1.
    pub ratio: f64,
}

/// When to open, for how long, and how to close again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CircuitBreakerOptions {
    /// Which calls count while closed.
    pub window: CircuitBreakerWindow,
    /// Calls below which the ratios are not looked at; at least 1. A window of fewer calls, and the
    /// probes, count as enough when they are complete.
    pub minimum_calls: u32,
    /// The share of failures at which it opens: above 0, at most 1.
    #[serde(default)]
    pub failure_ratio: Option<f64>,
    /// Slow calls as a reason to open.
    #[serde(default)]
    pub slow: Option<SlowCalls>,
    /// Failures in a row at which it opens; at least 1.
    #[serde(default)]
    pub consecutive_failures: Option<u32>,
    /// How long it stays open, jitter and growth apart.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub open_wait: Duration,
    /// The factor on the wait for each time that probing failed in a row; 1: no growth.
    #[serde(default = "one")]
    pub open_growth: f64,
    /// The longest wait, before jitter shortens it; absent: `open_wait`.
    #[serde(default, with = "tenfold_units::duration::optional")]
    #[schemars(with = "Option<String>")]
    pub open_wait_max: Option<Duration>,
    /// Share of the wait that may be taken off at random, 0 to 1.
    #[serde(default)]
    pub open_jitter: f64,
    /// Calls let through while half-open; at least 1.
    pub half_open_calls: u32,
    /// How long probes may take before they count as lost; absent: for ever.
    #[serde(default, with = "tenfold_units::duration::optional")]
    #[schemars(with = "Option<String>")]
    pub half_open_max: Option<Duration>,
}

fn one() -> f64 {
    1.0
}

impl CircuitBreakerOptions {
    /// resilience4j 2: half of the last 100 calls failed, or all slower than 60 s; open for 60 s;
    /// 10 probes that may take for ever.
    #[must_use]
    pub const fn resilience4j() -> Self {
        Self {
            window: CircuitBreakerWindow::Calls(100),
            minimum_calls: 100,
            failure_ratio: Some(0.5),
            slow: Some(SlowCalls { longer_than: Duration::from_secs(60), ratio: 1.0 }),
            consecutive_failures: None,
            open_wait: Duration::from_secs(60),
            open_growth: 1.0,
            open_wait_max: None,
            open_jitter: 0.0,
            half_open_calls: 10,
            half_open_max: None,
        }
    }

    /// Hystrix: half of at least 20 calls of 10 s failed; open for 5 s; one probe.
    #[must_use]
    pub const fn hystrix() -> Self {
        Self {
            window: CircuitBreakerWindow::Time { span: Duration::from_secs(10), slices: 10 },
            minimum_calls: 20,
            slow: None,
            open_wait: Duration::from_secs(5),
            half_open_calls: 1,
            ..Self::resilience4j()
        }
    }

    /// Polly 8: a tenth of at least 100 calls of 30 s failed; open for 5 s; one probe.
    #[must_use]
    pub const fn polly() -> Self {
        Self {
            window: CircuitBreakerWindow::Time { span: Duration::from_secs(30), slices: 10 },
            minimum_calls: 100,
            failure_ratio: Some(0.1),
            ..Self::hystrix()
        }
    }

    /// gobreaker: more than 5 failures in a row; open for 60 s; one probe.
    #[must_use]
    pub const fn gobreaker() -> Self {
        Self {
            failure_ratio: None,
            consecutive_failures: Some(6),
            open_wait: Duration::from_secs(60),
            ..Self::hystrix()
        }
    }

    /// Ours: half of at least 20 calls of 10 s failed; open for 1 s, doubling to 30 s, up to half of
    /// it taken off at random; 5 probes, lost after 10 s.
    #[must_use]
    pub const fn tenfold() -> Self {
        Self {
            open_wait: Duration::from_secs(1),
            open_growth: 2.0,
            open_wait_max: Some(Duration::from_secs(30)),
            open_jitter: 0.5,
            half_open_calls: 5,
            half_open_max: Some(Duration::from_secs(10)),
            ..Self::hystrix()
        }
    }

    fn check(&self) -> Result<(), InvalidOptions> {
        let mut check = Check::default();
        match self.window {
            CircuitBreakerWindow::Calls(calls) => {
                let range = (1..=1_000_000).contains(&calls);
                check.that(range, "window", "must be from 1 to 1000000 calls");
            }
            CircuitBreakerWindow::Time { span, slices } => {
                let range = (1..=1_000).contains(&slices);
                check.that(range, "window", "must have from 1 to 1000 slices");
                let fine = span.as_nanos() >= u128::from(slices);
                check.that(fine, "window", "must be at least 1ns a slice");
            }
        }
        check.that(self.minimum_calls > 0, "minimum_calls", "must be at least 1");
        let ratio = |ratio: f64| ratio > 0.0 && ratio <= 1.0;
        let help = "must be above 0, at most 1";
        check.that(self.failure_ratio.is_none_or(ratio), "failure_ratio", help);
        check.that(self.slow.is_none_or(|slow| ratio(slow.ratio)), "slow", help);
        let some = self.consecutive_failures != Some(0);
        check.that(some, "consecutive_failures", "must be at least 1");
        let trips = self.failure_ratio.is_some()
            || self.slow.is_some()
            || self.consecutive_failures.is_some();
        check.that(trips, "failure_ratio", "or `slow` or `consecutive_failures` must be given");
        let grows = self.open_growth >= 1.0 && self.open_growth.is_finite();
        check.that(grows, "open_growth", "must be at least 1");
        let most = self.open_wait_max.is_none_or(|most| most >= self.open_wait);
        check.that(most, "open_wait_max", "must not be below `open_wait`");
        check.ratio(self.open_jitter, "open_jitter");
        check.that(self.half_open_calls > 0, "half_open_calls", "must be at least 1");
        check.that(self.half_open_calls <= 10_000, "half_open_calls", "must be at most 10000");
        check.done()
    }
}

/// Closed passes, open refuses, half-open probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CircuitBreakerState {
    /// Calls pass.
    Closed,
    /// Calls are refused.
    Open,
    /// A few calls pass as probes.
    HalfOpen,
}

impl CircuitBreakerState {
    /// Returns the state as a label value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half-open",
        }
    }
}

/// A change of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CircuitBreakerTransition {
    /// The state that it left.
    pub from: CircuitBreakerState,
    /// The state that it entered.
    pub to: CircuitBreakerState,
}

impl Events for Option<CircuitBreakerTransition> {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        if let Some(change) = self {
            sink(Event::StateChanged { from: change.from.name(), to: change.to.name() });
        }
    }
}

/// The right to make one call; give it back with [`CircuitBreaker::record`] or
/// [`CircuitBreaker::release`].
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a permit that is not given back keeps a probe's place"]
pub struct CircuitBreakerPermit {
    generation: u64,
}

/// How a call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CircuitBreakerOutcome {
    /// As it should.
    Success,
    /// It failed or timed out.
    Failure,
    /// It says nothing of the callee's health (client error, cancelled): as
    /// [`CircuitBreaker::release`].
    Ignored,
}

/// Whether a call may be made.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum CircuitBreakerDecision {
    /// It may.
    Admitted {
        /// To be given back.
        permit: CircuitBreakerPermit,
        /// Open to half-open, if this call is the first probe.
        changed: Option<CircuitBreakerTransition>,
    },
    /// It may not.
    Refused {
        /// The time until the next probe may be made; zero if probes are under way.
        retry_after: Duration,
        /// Half-open to open, if the probes were found lost.
        changed: Option<CircuitBreakerTransition>,
    },
}

impl Events for CircuitBreakerDecision {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        match self {
            Self::Admitted { changed, .. } => {
                changed.events(sink);
                sink(Event::Admitted);
            }
            Self::Refused { changed, .. } => {
                changed.events(sink);
                sink(Event::Refused { reason: "open" });
            }
        }
    }
}

/// What the breaker looks at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CircuitBreakerMetrics {
    /// Calls in the window (half-open, and open after it: the probes).
    pub calls: u32,
    /// Failures among them.
    pub failed: u32,
    /// Slow ones among them.
    pub slow: u32,
    /// Refused since the window was last emptied.
    pub refused: u64,
    /// Share of failures; `None` below the minimum of calls.
    pub failure_ratio: Option<f64>,
    /// Share of slow calls; `None` below the minimum of calls.
    pub slow_ratio: Option<f64>,
}

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
