//! Leaky bucket as nginx `limit_req`: requests beyond the rate wait their turn or are refused.
//!
//! ```text
//!   excess = max(0, excess − rate × Δt) + 1 request      (a key's first request: excess 0)
//!   excess > burst ─► Refused (503)
//!   excess > delay ─► Delayed by (excess − delay) / rate     (nodelay: never)
//! ```
//!
//! **Use it** to predict or replace an nginx limit, or to smooth a client's requests. **Not** where
//! the first burst must be exactly `burst`: one more passes, as the first request of a key is free.
//!
//! Pitfalls kept or avoided: times are whole milliseconds and a step back of more than a minute
//! counts as 1 ms, as in nginx; a refused request does not count. In nginx, `limit_req` does nothing
//! in a location that is answered by `return`.
//!
//! ```
//! use tenfold_patterns::{LimitReq, LimitReqDecision, LimitReqOptions};
//! use tenfold_units::Instant;
//! let mut limit = LimitReq::new(LimitReqOptions::nodelay(10, 5)).unwrap();
//! let passed = (0..9).filter(|_| limit.admit(Instant::ZERO) == LimitReqDecision::Admitted);
//! assert_eq!(passed.count(), 6);
//! ```
//!
//! Source: nginx `ngx_http_limit_req_module` (behavior).

#[cfg(test)]
mod tests;

use core::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::Instant;

use crate::event::{Event, Events};
use crate::keyed_limiter::KeyedRule;
use crate::options::{Check, InvalidOptions};

/// The parameters of `limit_req_zone` and `limit_req`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitReqOptions {
    /// Requests a second: 1 to 1,000,000.
    pub rate: u32,
    /// Requests that may be ahead of the rate: up to 1,000,000.
    #[serde(default)]
    pub burst: u32,
    /// Of these, how many pass without delay; `burst` or more is nginx's `nodelay`.
    #[serde(default)]
    pub delay: u32,
}

impl LimitReqOptions {
    /// `limit_req zone=… burst=N nodelay`.
    #[must_use]
    pub const fn nodelay(rate: u32, burst: u32) -> Self {
        Self { rate, burst, delay: burst }
    }

    /// `limit_req zone=… burst=N`: all of the burst is delayed.
    #[must_use]
    pub const fn delayed(rate: u32, burst: u32) -> Self {
        Self { rate, burst, delay: 0 }
    }

    /// Returns the rule for a limit per caller, which is what `limit_req` mostly is.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn rule(self) -> Result<LimitReqRule, InvalidOptions> {
        self.check()?;
        Ok(LimitReqRule(self))
    }

    fn check(&self) -> Result<(), InvalidOptions> {
        let mut check = Check::default();
        let rate = (1..=1_000_000).contains(&self.rate);
        check.that(rate, "rate", "must be from 1 to 1000000");
        check.that(self.burst <= 1_000_000, "burst", "must be at most 1000000");
        check.done()
    }
}

/// What is remembered of a key. Less was used longer ago, and goes first, as in nginx.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LimitReqState {
    /// Milliseconds since the origin, plus 1; 0 before the first request.
    last: u64,
    /// Thousandths of requests ahead of the rate.
    excess: u64,
}

impl LimitReqState {
    /// Counts a request.
    pub fn step(self, now: Instant, options: &LimitReqOptions) -> (Self, LimitReqDecision) {
        self.step_many(now, 1, options)
    }

    /// Counts so many requests that come together, or none of them; 0 only looks at what one would
    /// get. The decision is that of the last.
    pub fn step_many(
        self,
        now: Instant,
        requests: u64,
        options: &LimitReqOptions,
    ) -> (Self, LimitReqDecision) {
        let now = now.as_nanos() / 1_000_000 + 1;
        let unseen = self.last == 0;
        let millis = if unseen { 1 } else { self.passed(now) };
        let leaked = u64::from(options.rate).saturating_mul(millis);
        // The first request of a key is free.
        let first = if unseen { 0 } else { (self.excess + 1_000).saturating_sub(leaked) };
        let excess = first.saturating_add(requests.saturating_sub(1).saturating_mul(1_000));
        if excess > u64::from(options.burst) * 1_000 {
            return (self, LimitReqDecision::Refused);
        }
        let last = if millis > 0 { now } else { self.last };
        let late = excess.saturating_sub(u64::from(options.delay) * 1_000);
        let wait = Duration::from_millis(late / u64::from(options.rate));
        let decision = if wait.is_zero() {
            LimitReqDecision::Admitted
        } else {
            LimitReqDecision::Delayed(wait)
        };
        let counted = Self { excess, last };
        (if requests > 0 { counted } else { self }, decision)
    }

    /// Milliseconds since the last request; a step back of more than a minute counts as 1.
    const fn passed(self, now: u64) -> u64 {
        let back = self.last.saturating_sub(now);
        if back > 60_000 { 1 } else { now.saturating_sub(self.last) }
    }
}

/// Checked options, for a limit per caller ([`keyed_limiter`](crate::keyed_limiter)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitReqRule(LimitReqOptions);

impl LimitReqRule {
    /// Returns the options.
    #[must_use]
    pub const fn options(&self) -> &LimitReqOptions {
        &self.0
    }
}

impl KeyedRule for LimitReqRule {
    type State = LimitReqState;
    type Decision = LimitReqDecision;

    fn step(
        &self,
        state: LimitReqState,
        now: Instant,
        requests: u64,
    ) -> (LimitReqState, LimitReqDecision) {
        state.step_many(now, requests, &self.0)
    }

    fn owes(&self, state: LimitReqState, now: Instant) -> bool {
        let millis = state.passed(now.as_nanos() / 1_000_000 + 1);
        state.excess > u64::from(self.0.rate).saturating_mul(millis)
    }

    fn adopt(&self, state: LimitReqState, _old: &Self) -> LimitReqState {
        state
    }
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum LimitReqDecision {
    /// It passes now.
    Admitted,
    /// It passes after this wait.
    Delayed(Duration),
    /// It is refused (nginx: 503) and does not count.
    Refused,
}

impl Events for LimitReqDecision {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        sink(match self {
            Self::Admitted | Self::Delayed(_) => Event::Admitted,
            Self::Refused => Event::Refused { reason: "rate" },
        });
    }
}

/// nginx's limit for one key.
#[derive(Clone, Debug)]
pub struct LimitReq {
    options: LimitReqOptions,
    state: LimitReqState,
}

impl LimitReq {
    /// Returns the limit of a key not seen yet.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: LimitReqOptions) -> Result<Self, InvalidOptions> {
        options.check()?;
        Ok(Self { options, state: LimitReqState::default() })
    }

    /// Counts a request.
    pub fn admit(&mut self, now: Instant) -> LimitReqDecision {
        let (state, decision) = self.state.step(now, &self.options);
        self.state = state;
        decision
    }

    /// Takes new options and keeps the excess.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&mut self, options: LimitReqOptions) -> Result<(), InvalidOptions> {
        options.check()?;
        self.options = options;
        Ok(())
    }
}
