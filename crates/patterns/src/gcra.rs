//! Generic cell rate algorithm: a limiter that remembers one instant.
//!
//! ```text
//!   tat = theoretical arrival time of the next call if calls came evenly
//!   admit(n): new = max(tat, now) + n × interval;  new − tolerance ≤ now ? tat := new : refuse
//! ```
//!
//! Decides as a [token bucket](crate::token_bucket) of `burst` + 1 that refills one token per
//! interval, and answers what the reply headers need: limit, remaining, retry-after, reset-after.
//!
//! **Use it** where the decision has to agree with redis-cell, or its answer goes into `RateLimit`
//! headers. **Not** for rates whose interval is no whole number of nanoseconds, if the last
//! hundredth of a percent matters: the interval is rounded up; the token bucket is more exact.
//!
//! Pitfalls that it avoids: rates above one a second work (redis-cell before 0.2 got them wrong); a
//! clock that steps back leaves the caller with an empty allowance, not with a debt as long as the
//! step; a quantity above the limit is refused without a wait, as no wait would help (there redis-cell
//! may report more remaining than the limit and a reset in the past; this one does not).
//!
//! ```
//! use core::time::Duration;
//! use tenfold_patterns::{Gcra, GcraOptions};
//! use tenfold_units::Instant;
//! let mut limiter = Gcra::new(GcraOptions::per_second(10, 1)).unwrap();
//! assert!(!limiter.admit(Instant::ZERO).limited);
//! assert!(!limiter.admit(Instant::ZERO).limited);
//! let refused = limiter.admit(Instant::ZERO);
//! assert_eq!(refused.retry_after, Some(Duration::from_millis(100)));
//! ```
//!
//! Source: ITU-T I.371; semantics of redis-cell (`CL.THROTTLE`).

#[cfg(test)]
mod tests;

use core::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::Instant;

use crate::distributed_limit::{DistributedRule, Tariff};
use crate::event::{Event, Events};
use crate::options::{Check, InvalidOptions};

/// How fast and how bursty callers may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GcraOptions {
    /// Calls per `per` in the long run; at least 1.
    pub rate: u64,
    /// The time for `rate` calls: at least 1 ns for each.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub per: Duration,
    /// Calls that may come at once beyond the first (redis-cell's `max_burst`).
    pub burst: u32,
}

impl GcraOptions {
    /// Returns the options for `rate` calls a second, `burst` at once beyond the first.
    #[must_use]
    pub const fn per_second(rate: u64, burst: u32) -> Self {
        Self { rate, per: Duration::from_secs(1), burst }
    }

    /// The example of redis-cell's README: 30 calls in 60 s, 15 at once beyond the first.
    #[must_use]
    pub const fn redis_cell() -> Self {
        Self { rate: 30, per: Duration::from_secs(60), burst: 15 }
    }

    /// Returns the options, ready for [`GcraState::step`].
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn rule(self) -> Result<GcraRule, InvalidOptions> {
        let mut check = Check::default();
        check.that(self.rate > 0, "rate", "must be at least 1");
        let per = self.per.as_nanos();
        check.that(per >= u128::from(self.rate), "per", "must be at least 1ns for each call");
        check.done()?;
        let interval = per.div_ceil(u128::from(self.rate));
        let tolerance = interval * (u128::from(self.burst) + 1);
        let mut check = Check::default();
        check.that(tolerance <= u128::from(u64::MAX / 4), "burst", "must refill within 146 years");
        check.done()?;
        Ok(GcraRule { options: self, interval: interval as u64, tolerance: tolerance as u64 })
    }
}

/// Checked options, with interval and tolerance worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GcraRule {
    options: GcraOptions,
    interval: u64,
    tolerance: u64,
}

impl GcraRule {
    /// Returns the time that one call takes of the allowance.
    #[must_use]
    pub const fn interval(&self) -> Duration {
        Duration::from_nanos(self.interval)
    }
}

impl DistributedRule for GcraRule {
    fn tariff(&self) -> Tariff {
        Tariff { scale: 1, cost: self.interval, capacity: self.tolerance }
    }
}

/// What the limiter remembers: the theoretical arrival time, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GcraState(u64);

impl GcraState {
    /// Nothing was admitted yet.
    pub const UNUSED: Self = Self(0);

    /// Returns the state as bits, for an atomic.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        self.0
    }

    /// Returns the state that `bits` came from.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Admits `quantity` calls together, or none; 0 only looks.
    pub fn step(self, now: Instant, quantity: u64, rule: &GcraRule) -> (Self, GcraDecision) {
        let now = now.as_nanos();
        let limit = u64::from(rule.options.burst) + 1;
        let tat = self.0.clamp(now, now.saturating_add(rule.tolerance));
        let possible = quantity <= limit;
        let wanted = if possible { tat.saturating_add(rule.interval * quantity) } else { u64::MAX };
        let limited = wanted.saturating_sub(rule.tolerance) > now;
        let tat = if limited { tat } else { wanted };
        let debt = tat - now;
        let decision = GcraDecision {
            limited,
            limit,
            remaining: (rule.tolerance - debt) / rule.interval,
            retry_after: (limited && possible)
                .then(|| Duration::from_nanos(wanted - rule.tolerance - now)),
            reset_after: Duration::from_nanos(debt),
        };
        // After a clock step back what is refused counts from now on too, not from before.
        let latest = now.saturating_add(rule.tolerance);
        let next = if limited || quantity == 0 { Self(self.0.min(latest)) } else { Self(tat) };
        (next, decision)
    }
}

/// What became of a call, as redis-cell answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct GcraDecision {
    /// Whether the call was refused.
    pub limited: bool,
    /// Calls that an unused limiter admits at once: `burst` + 1.
    pub limit: u64,
    /// Calls that it would admit now.
    pub remaining: u64,
    /// When refused, the time after which the same call passes; `None` when it never will, or was
    /// admitted.
    pub retry_after: Option<Duration>,
    /// The time after which the limiter is as if unused.
    pub reset_after: Duration,
}

impl Events for GcraDecision {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        sink(if self.limited { Event::Refused { reason: "rate" } } else { Event::Admitted });
    }
}

/// A GCRA limiter with its state.
#[derive(Clone, Debug)]
pub struct Gcra {
    rule: GcraRule,
    state: GcraState,
}

impl Gcra {
    /// Returns an unused limiter.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: GcraOptions) -> Result<Self, InvalidOptions> {
        Ok(Self { rule: options.rule()?, state: GcraState::UNUSED })
    }

    /// Admits one call, or not.
    pub fn admit(&mut self, now: Instant) -> GcraDecision {
        self.admit_many(now, 1)
    }

    /// Admits `quantity` calls together, or none; 0 only looks.
    pub fn admit_many(&mut self, now: Instant, quantity: u64) -> GcraDecision {
        let (state, decision) = self.state.step(now, quantity, &self.rule);
        self.state = state;
        decision
    }

    /// Returns the options.
    #[must_use]
    pub const fn options(&self) -> &GcraOptions {
        &self.rule.options
    }

    /// Takes new options; the theoretical arrival time stays.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&mut self, options: GcraOptions) -> Result<(), InvalidOptions> {
        self.rule = options.rule()?;
        Ok(())
    }
}
