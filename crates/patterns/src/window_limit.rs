//! Limits by window: at most so many requests in a span of time.
//!
//! ```text
//!  FixedWindow     |·· 100 ··|·· 100 ··|      up to 2 × limit around a boundary
//!  WindowCounter   previous × (1 − elapsed/w) + current        two numbers, a few % off
//!  WindowLog       one instant per admitted request, (t − w, t]        exact, limit × 8 B
//! ```
//!
//! **Use** [`WindowLog`] where the limit is a promise and small; [`WindowCounter`] for many keys;
//! [`FixedWindow`] for quotas by the calendar (a day's calls). **Not** to smooth load: all of the
//! limit may come at once ([token bucket](crate::token_bucket), [limit_req](crate::limit_req)).
//!
//! Pitfalls that they avoid: the window is half-open, so an event exactly `window` old has left;
//! only admitted requests are stored, so a flood neither fills memory nor extends the lock-out; a
//! clock that steps back, by however much, locks nobody out for longer than two windows.
//!
//! Counter and fixed window also exist as rules ([`WindowLimitOptions::counter_rule`],
//! [`WindowLimitOptions::fixed_rule`]) for a limit per caller
//! ([`keyed_limiter`](crate::keyed_limiter)).
//!
//! ```
//! use core::time::Duration;
//! use tenfold_patterns::{WindowLimitOptions, WindowLog};
//! use tenfold_units::Instant;
//! let window = Duration::from_secs(10);
//! let mut log = WindowLog::new(WindowLimitOptions { limit: 1, window }).unwrap();
//! assert!(log.admit(Instant::ZERO).is_admitted());
//! assert!(!log.admit(Instant::ZERO + window - Duration::from_nanos(1)).is_admitted());
//! assert!(log.admit(Instant::ZERO + window).is_admitted());
//! ```
//!
//! Source: Cloudflare, "Counting things: a lot of different things", 2017 (the counter).

#[cfg(test)]
mod tests;

use core::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::Instant;

use crate::event::{Event, Events};
use crate::keyed_limiter::KeyedRule;
use crate::options::{Check, InvalidOptions};
use crate::planted;

/// How many requests, in which time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowLimitOptions {
    /// Requests in a window: 1 to 16,777,216.
    pub limit: u32,
    /// The length of the window.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub window: Duration,
}

impl WindowLimitOptions {
    /// GitHub's REST API for a signed-in user: 5,000 an hour.
    #[must_use]
    pub const fn github() -> Self {
        Self { limit: 5_000, window: Duration::from_secs(3_600) }
    }

    /// Returns the rule of [`WindowCounter`] for these options.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn counter_rule(self) -> Result<WindowCounterRule, InvalidOptions> {
        self.check()?;
        Ok(WindowCounterRule(self))
    }

    /// Returns the rule of [`FixedWindow`] for these options.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn fixed_rule(self) -> Result<FixedWindowRule, InvalidOptions> {
        self.check()?;
        Ok(FixedWindowRule(self))
    }

    fn check(&self) -> Result<(), InvalidOptions> {
        let mut check = Check::default();
        let range = (1..=1 << 24).contains(&self.limit);
        check.that(range, "limit", "must be from 1 to 16777216");
        let span = !self.window.is_zero() && self.window <= Duration::from_secs(366 * 86_400);
        check.that(span, "window", "must be above 0s, at most 366d");
        check.done()
    }

    fn nanos(&self) -> u64 {
        self.window.as_nanos() as u64
    }
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum WindowLimitDecision {
    /// It passes.
    Admitted {
        /// How many more would pass now.
        remaining: u32,
    },
    /// It does not, and does not count.
    Refused {
        /// The time after which it passes if nobody else comes.
        retry_after: Duration,
    },
    /// It asks for more than a window ever holds: a permanent error.
    Impossible,
}

impl WindowLimitDecision {
    /// Returns whether it passes.
    #[must_use]
    pub const fn is_admitted(self) -> bool {
        matches!(self, Self::Admitted { .. })
    }
}

impl Events for WindowLimitDecision {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        sink(match self {
            Self::Admitted { .. } => Event::Admitted,
            Self::Refused { .. } => Event::Refused { reason: "rate" },
            Self::Impossible => Event::Refused { reason: "more-than-limit" },
        });
    }
}

/// The exact limit: remembers each admitted request of the window.
#[derive(Clone, Debug)]
pub struct WindowLog {
    options: WindowLimitOptions,
    /// A ring of instants, by the log's own time; when full, `next` is the oldest.
    admitted: Box<[u64]>,
    next: usize,
    len: usize,
    /// The latest time of the log, which never steps back.
    newest: u64,
    /// What to add to the clock for the log's own time: by how much the clock stepped back so far.
    behind: u64,
}

impl WindowLog {
    /// Returns an empty log, with memory for `limit` instants.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: WindowLimitOptions) -> Result<Self, InvalidOptions> {
        options.check()?;
        let admitted = vec![0; options.limit as usize].into();
        Ok(Self { options, admitted, next: 0, len: 0, newest: 0, behind: 0 })
    }

    /// Counts a request, or refuses it.
    pub fn admit(&mut self, now: Instant) -> WindowLimitDecision {
        self.admit_many(now, 1)
    }

    /// Counts so many requests together, or none; 0 only looks.
    pub fn admit_many(&mut self, now: Instant, requests: u32) -> WindowLimitDecision {
        let now = self.own_time(now);
        let (window, size) = (self.options.nanos(), self.admitted.len());
        while self.len > 0 {
            let left = self.oldest(0).saturating_add(window);
            let gone =
                if planted::is("window-log-keeps-boundary") { left < now } else { left <= now };
            if !gone {
                break;
            }
            self.len -= 1;
        }
        let requests = requests as usize;
        if requests > size {
            return WindowLimitDecision::Impossible;
        }
        if let Some(over) = (self.len + requests).checked_sub(size + 1) {
            let leaves = self.oldest(over).saturating_add(window);
            let retry_after = Duration::from_nanos(leaves - now);
            return WindowLimitDecision::Refused { retry_after };
        }
        for _ in 0..requests {
            self.admitted[self.next] = now;
            self.next = if self.next + 1 == size { 0 } else { self.next + 1 };
        }
        self.len += requests;
        WindowLimitDecision::Admitted { remaining: (size - self.len) as u32 }
    }

    /// The log's own time: where the clock steps back it stands still, and goes on from there.
    fn own_time(&mut self, now: Instant) -> u64 {
        let own = now.as_nanos().saturating_add(self.behind);
        self.behind += self.newest.saturating_sub(own);
        self.newest = own.max(self.newest);
        self.newest
    }

    /// The `nth` oldest instant of the log.
    fn oldest(&self, nth: usize) -> u64 {
        let size = self.admitted.len();
        self.admitted[(self.next + size - self.len + nth) % size]
    }

    /// Returns the options.
    #[must_use]
    pub const fn options(&self) -> &WindowLimitOptions {
        &self.options
    }

    /// Takes new options; of the requests in the log the newest stay, as far as they fit.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&mut self, options: WindowLimitOptions) -> Result<(), InvalidOptions> {
        let mut fresh = Self::new(options)?;
        let size = self.admitted.len();
        let kept = self.len.min(fresh.admitted.len());
        for i in 0..kept {
            fresh.admitted[i] = self.admitted[(self.next + size - kept + i) % size];
        }
        (fresh.len, fresh.next) = (kept, kept % fresh.admitted.len());
        (fresh.newest, fresh.behind) = (self.newest, self.behind);
        *self = fresh;
        Ok(())
    }
}

/// What counter and fixed window remember: the number of the window, and what was admitted in it
/// and in the one before. Less is longer ago.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct WindowState {
    window: u64,
    current: u32,
    previous: u32,
}

impl WindowState {
    /// Moves to the window of `now`, both in nanoseconds. A clock that stepped back over an edge is
    /// waited for, or it could give each window again and again. Where it stepped back further, all
    /// that is known counts in the window of now, so that nobody waits for long.
    fn advance(self, now: u64, nanos: u64, limit: u32) -> Self {
        let window = now / nanos;
        match window.checked_sub(self.window) {
            Some(0) => self,
            Some(1) => Self { window, current: 0, previous: self.current },
            Some(_) => Self { window, current: 0, previous: 0 },
            None if window + 1 == self.window => self,
            None => {
                let current = self.current.saturating_add(self.previous).min(limit);
                Self { window, current, previous: 0 }
            }
        }
    }
}

/// The checked options of a [`WindowCounter`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowCounterRule(WindowLimitOptions);

impl WindowCounterRule {
    /// Returns the options.
    #[must_use]
    pub const fn options(&self) -> &WindowLimitOptions {
        &self.0
    }

    /// The time until `requests` fit, from `elapsed` on: in this window when enough of the previous one is out of
    /// sight, else in the next one when enough of this one is.
    fn wait(&self, state: WindowState, elapsed: u64, requests: u64) -> Duration {
        let (nanos, limit) = (self.0.nanos(), u64::from(self.0.limit));
        // Within a window, so many of the last one may still be in sight.
        let falls = |previous: u64, current: u64| {
            let room = limit.checked_sub(current + requests)?;
            if previous == 0 {
                return Some(0);
            }
            let sight = u128::from(room) * u128::from(nanos) / u128::from(previous);
            Some(nanos - u64::try_from(sight).unwrap_or(u64::MAX).min(nanos))
        };
        let (previous, current) = (u64::from(state.previous), u64::from(state.current));
        let here = falls(previous, current).filter(|at| *at < nanos);
        let there = || nanos.saturating_add(falls(current, 0).unwrap_or(nanos));
        let at = here.unwrap_or_else(there);
        Duration::from_nanos(at.saturating_sub(elapsed).max(1))
    }
}

impl KeyedRule for WindowCounterRule {
    type State = WindowState;
    type Decision = WindowLimitDecision;

    fn step(
        &self,
        state: WindowState,
        now: Instant,
        requests: u64,
    ) -> (WindowState, WindowLimitDecision) {
        let (nanos, limit) = (self.0.nanos(), self.0.limit);
        let mut state = state.advance(now.as_nanos(), nanos, limit);
        if requests > u64::from(limit) {
            return (state, WindowLimitDecision::Impossible);
        }
        let start = state.window * nanos;
        let elapsed = now.as_nanos().saturating_sub(start);
        let weighted = u128::from(state.previous) * u128::from(nanos - elapsed);
        let one = u128::from(nanos);
        let used = weighted + (u128::from(state.current) + u128::from(requests)) * one;
        let Some(free) = (u128::from(limit) * one).checked_sub(used) else {
            let ahead = Duration::from_nanos(start.saturating_sub(now.as_nanos()));
            let retry_after = ahead + self.wait(state, elapsed, requests);
            return (state, WindowLimitDecision::Refused { retry_after });
        };
        state.current += requests as u32;
        (state, WindowLimitDecision::Admitted { remaining: (free / one) as u32 })
    }

    fn owes(&self, state: WindowState, now: Instant) -> bool {
        let state = state.advance(now.as_nanos(), self.0.nanos(), self.0.limit);
        state.current > 0 || state.previous > 0
    }

    fn adopt(&self, state: WindowState, old: &Self) -> WindowState {
        if self.0.window == old.0.window { state } else { WindowState::default() }
    }
}

/// The checked options of a [`FixedWindow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedWindowRule(WindowLimitOptions);

impl FixedWindowRule {
    /// Returns the options.
    #[must_use]
    pub const fn options(&self) -> &WindowLimitOptions {
        &self.0
    }
}

impl KeyedRule for FixedWindowRule {
    type State = WindowState;
    type Decision = WindowLimitDecision;

    fn step(
        &self,
        state: WindowState,
        now: Instant,
        requests: u64,
    ) -> (WindowState, WindowLimitDecision) {
        let (nanos, limit) = (self.0.nanos(), self.0.limit);
        let mut state = state.advance(now.as_nanos(), nanos, limit);
        if requests > u64::from(limit) {
            return (state, WindowLimitDecision::Impossible);
        }
        // After new options there may be more than the limit.
        let free = u64::from(limit.saturating_sub(state.current));
        let Some(free) = free.checked_sub(requests) else {
            let end = (state.window + 1).saturating_mul(nanos);
            let retry_after = Duration::from_nanos(end - now.as_nanos().min(end));
            return (state, WindowLimitDecision::Refused { retry_after });
        };
        state.current += requests as u32;
        (state, WindowLimitDecision::Admitted { remaining: free as u32 })
    }

    fn owes(&self, state: WindowState, now: Instant) -> bool {
        state.advance(now.as_nanos(), self.0.nanos(), self.0.limit).current > 0
    }

    fn adopt(&self, state: WindowState, old: &Self) -> WindowState {
        if self.0.window == old.0.window { state } else { WindowState::default() }
    }
}

/// The approximate limit: the previous window counts by the share of it that is still in sight.
#[derive(Clone, Debug)]
pub struct WindowCounter {
    rule: WindowCounterRule,
    state: WindowState,
}

/// The limit by the clock's own windows: `limit` in each, whatever came before.
#[derive(Clone, Debug)]
pub struct FixedWindow {
    rule: FixedWindowRule,
    state: WindowState,
}

macro_rules! machine {
    ($machine:ident, $rule:ident) => {
        impl $machine {
            /// Returns one that has counted nothing.
            ///
            /// # Errors
            /// Lists each option that is out of its range.
            pub fn new(options: WindowLimitOptions) -> Result<Self, InvalidOptions> {
                Ok(Self { rule: options.$rule()?, state: WindowState::default() })
            }

            /// Counts a request, or refuses it.
            pub fn admit(&mut self, now: Instant) -> WindowLimitDecision {
                self.admit_many(now, 1)
            }

            /// Counts so many requests together, or none; 0 only looks.
            pub fn admit_many(&mut self, now: Instant, requests: u32) -> WindowLimitDecision {
                let (state, decision) = self.rule.step(self.state, now, u64::from(requests));
                self.state = state;
                decision
            }

            /// Returns the options.
            #[must_use]
            pub const fn options(&self) -> &WindowLimitOptions {
                self.rule.options()
            }

            /// Takes new options. Counts stay if the window has the same length, else it starts
            /// anew.
            ///
            /// # Errors
            /// Lists each option that is out of its range; the old options then stay.
            pub fn set_options(
                &mut self,
                options: WindowLimitOptions,
            ) -> Result<(), InvalidOptions> {
                let rule = options.$rule()?;
                self.state = rule.adopt(self.state, &self.rule);
                self.rule = rule;
                Ok(())
            }
        }
    };
}

machine!(WindowCounter, counter_rule);
machine!(FixedWindow, fixed_rule);
