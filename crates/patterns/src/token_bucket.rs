//! Token bucket: at most `burst` at once, at most `rate` per `per` in the long run.
//!
//! ```text
//!            `rate` tokens per `per`
//!                    │ drip
//!              ┌─────▼─────┐  full: further drips are lost
//!              │ ≤ `burst` │
//!              └─────┬─────┘
//!     admit(n): n tokens there? ── yes ─► Admitted, n taken
//!                    └── no ──► Refused { retry_after }, nothing taken
//!                    └── n > burst ──► Impossible: no wait would help
//! ```
//!
//! **Use it** to bound the rate of callers while short bursts pass. **Not** for a bound on work in
//! progress (use a [bulkhead](crate::bulkhead)), and not where the spacing of calls matters (use
//! [`limit_req`](crate::limit_req) with a delay).
//!
//! The state is one number, the instant at which the bucket will be full again; it fits 64 bits, so
//! that a shell can compare-and-swap [`TokenBucketState`]. All arithmetic is on integers: an
//! interval that is no whole number of 1/64 ns is rounded up, so the rate is never exceeded, and
//! falls short by less than 0.02 % at ten million tokens a second.
//!
//! Pitfalls that it avoids: a clock that steps back makes the bucket at worst empty, instead of
//! locking callers out for the length of the step; a demand for more than `burst` is a different
//! answer from "later"; demands are unsigned, so nobody mints tokens with a negative one. One bucket
//! per process multiplies the limit by the number of processes. The origin of time should be near
//! the start of the process: the state reaches 9 years beyond it.
//!
//! ```
//! use core::time::Duration;
//! use tenfold_patterns::{TokenBucket, TokenBucketDecision, TokenBucketOptions};
//! use tenfold_units::Instant;
//! let mut bucket = TokenBucket::new(TokenBucketOptions::per_second(10, 2)).unwrap();
//! let now = Instant::ZERO;
//! assert_eq!(bucket.admit(now), TokenBucketDecision::Admitted { remaining: 1 });
//! assert_eq!(bucket.admit(now), TokenBucketDecision::Admitted { remaining: 0 });
//! let wait = Duration::from_millis(100);
//! assert_eq!(bucket.admit(now), TokenBucketDecision::Refused { retry_after: wait });
//! assert!(bucket.admit(now + wait).is_admitted());
//! ```
//!
//! Source: J. Turner, "New directions in communications", IEEE Communications Magazine 24(10), 1986;
//! kept as a virtual time like the generic cell rate algorithm (ITU-T I.371).

#[cfg(test)]
mod tests;

use core::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::Instant;

use crate::distributed_limit::{DistributedRule, Tariff};
use crate::event::{Event, Events};
use crate::options::{Check, InvalidOptions};
use crate::planted;

/// How fast and how bursty callers may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenBucketOptions {
    /// Tokens that drip in per `per`; at least 1.
    pub rate: u64,
    /// The time in which `rate` tokens drip in: 1 ns to 1 day.
    #[serde(default = "second", with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub per: Duration,
    /// Tokens that a full bucket holds; at least 1.
    pub burst: u64,
}

fn second() -> Duration {
    Duration::from_secs(1)
}

impl TokenBucketOptions {
    /// Returns the options for `rate` tokens a second and a bucket of `burst`.
    #[must_use]
    pub const fn per_second(rate: u64, burst: u64) -> Self {
        Self { rate, per: Duration::from_secs(1), burst }
    }

    /// The defaults of Envoy's local rate limit example: 10,000 tokens, all refilled every second.
    #[must_use]
    pub const fn envoy_local() -> Self {
        Self::per_second(10_000, 10_000)
    }

    /// Returns the options, ready for [`TokenBucketState::step`].
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn rule(self) -> Result<TokenBucketRule, InvalidOptions> {
        let mut check = Check::default();
        check.that(self.rate > 0, "rate", "must be at least 1");
        let day = Duration::from_secs(86_400);
        let span = Duration::from_nanos(1)..=day;
        check.that(span.contains(&self.per), "per", "must be from 1ns to 1d");
        check.that(self.burst > 0, "burst", "must be at least 1");
        check.done()?;
        let per = self.per.as_nanos() as u64;
        let divisor = greatest_common_divisor(self.rate, per);
        let (rate, per) = (self.rate / divisor, per / divisor);
        // Where a token takes a fraction of a nanosecond, time is counted in that fraction.
        let scale = rate.min(MAX_SCALE);
        let cost = (u128::from(per) * u128::from(scale)).div_ceil(u128::from(rate));
        let capacity = cost.saturating_mul(u128::from(self.burst));
        let mut check = Check::default();
        check.that(capacity <= u128::from(u64::MAX / 4), "burst", "must fill within two years");
        check.done()?;
        let (cost, capacity) = (cost as u64, capacity as u64);
        let reciprocal = u64::MAX / cost;
        let per_token = self.per / u32::try_from(self.rate).unwrap_or(u32::MAX);
        Ok(TokenBucketRule { options: self, scale, cost, capacity, reciprocal, per_token })
    }
}

/// Finest division of a nanosecond.
const MAX_SCALE: u64 = 64;

fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Checked options, with what [`TokenBucketState::step`] needs worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenBucketRule {
    options: TokenBucketOptions,
    /// Ticks in a nanosecond.
    scale: u64,
    /// Ticks per token.
    cost: u64,
    /// Ticks that a whole bucket takes to fill.
    capacity: u64,
    /// 2^64 / `cost`, rounded down: multiplying is faster than dividing.
    reciprocal: u64,
    per_token: Duration,
}

impl TokenBucketRule {
    /// Returns the options.
    #[must_use]
    pub const fn options(&self) -> &TokenBucketOptions {
        &self.options
    }

    /// Returns the time in which a token drips in, rounded down to the nanosecond.
    #[must_use]
    pub const fn per_token(&self) -> Duration {
        self.per_token
    }

    fn duration(&self, ticks: u64) -> Duration {
        Duration::from_nanos(ticks.div_ceil(self.scale))
    }

    /// `ticks` / `cost`, rounded down.
    fn tokens(&self, ticks: u64) -> u64 {
        // At most one too few: the reciprocal is less than 1 below what it should be, and `ticks`
        // is below 2^64.
        let tokens = ((u128::from(ticks) * u128::from(self.reciprocal)) >> 64) as u64;
        tokens + u64::from(ticks - tokens * self.cost >= self.cost)
    }
}

impl DistributedRule for TokenBucketRule {
    fn tariff(&self) -> Tariff {
        Tariff { scale: self.scale, cost: self.cost, capacity: self.capacity }
    }
}

/// What a bucket remembers: the instant at which it will be full, in ticks of its rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenBucketState(u64);

impl TokenBucketState {
    /// A full bucket.
    pub const FULL: Self = Self(0);

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

    /// Returns the state under `rule` that is full at the same instant as this one under `old`.
    #[must_use]
    pub fn adopt(self, rule: &TokenBucketRule, old: &TokenBucketRule) -> Self {
        let ticks = u128::from(self.0) * u128::from(rule.scale) / u128::from(old.scale);
        Self(u64::try_from(ticks).unwrap_or(u64::MAX))
    }

    /// Takes `tokens` if they are there; 0 only looks.
    pub fn step(
        self,
        now: Instant,
        tokens: u64,
        rule: &TokenBucketRule,
    ) -> (Self, TokenBucketDecision) {
        let tick = now.as_nanos().saturating_mul(rule.scale);
        // After a clock step back or a smaller burst, the bucket is empty, not in debt.
        let missing = self.0.saturating_sub(tick).min(rule.capacity);
        let empty = Self(self.0.min(tick.saturating_add(rule.capacity)));
        let free = rule.capacity - missing;
        if tokens > rule.options.burst {
            return (empty, TokenBucketDecision::Impossible);
        }
        let wanted = rule.cost * tokens;
        let slack = if planted::is("bucket-over-admits-by-one") { rule.cost } else { 0 };
        if wanted > free + slack {
            let retry_after = rule.duration(wanted - free);
            return (empty, TokenBucketDecision::Refused { retry_after });
        }
        let remaining = rule.tokens(free.saturating_sub(wanted));
        let next = Self(tick.saturating_add(missing + wanted));
        (next, TokenBucketDecision::Admitted { remaining })
    }
}

/// What became of a demand for tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum TokenBucketDecision {
    /// The tokens were taken.
    Admitted {
        /// Whole tokens left.
        remaining: u64,
    },
    /// The tokens are not there yet; nothing was taken.
    Refused {
        /// The time after which the same demand passes, if nobody else takes tokens.
        retry_after: Duration,
    },
    /// More tokens than the bucket ever holds: a permanent error.
    Impossible,
}

impl TokenBucketDecision {
    /// Returns whether the tokens were taken.
    #[must_use]
    pub const fn is_admitted(self) -> bool {
        matches!(self, Self::Admitted { .. })
    }
}

impl Events for TokenBucketDecision {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        sink(match self {
            Self::Admitted { .. } => Event::Admitted,
            Self::Refused { .. } => Event::Refused { reason: "rate" },
            Self::Impossible => Event::Refused { reason: "more-than-burst" },
        });
    }
}

/// A token bucket with its state.
#[derive(Clone, Debug)]
pub struct TokenBucket {
    rule: TokenBucketRule,
    state: TokenBucketState,
}

impl TokenBucket {
    /// Returns a full bucket.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: TokenBucketOptions) -> Result<Self, InvalidOptions> {
        Ok(Self { rule: options.rule()?, state: TokenBucketState::FULL })
    }

    /// Takes one token if it is there.
    pub fn admit(&mut self, now: Instant) -> TokenBucketDecision {
        self.admit_many(now, 1)
    }

    /// Takes `tokens` if all of them are there; 0 only looks.
    pub fn admit_many(&mut self, now: Instant, tokens: u64) -> TokenBucketDecision {
        let (state, decision) = self.state.step(now, tokens, &self.rule);
        self.state = state;
        decision
    }

    /// Returns the options.
    #[must_use]
    pub const fn options(&self) -> &TokenBucketOptions {
        self.rule.options()
    }

    /// Takes new options; tokens that were missing are still missing, as far as the new bucket is
    /// deep enough.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(
        &mut self,
        now: Instant,
        options: TokenBucketOptions,
    ) -> Result<(), InvalidOptions> {
        let rule = options.rule()?;
        let old = now.as_nanos().saturating_mul(self.rule.scale);
        let missing = self.state.0.saturating_sub(old).min(self.rule.capacity);
        let tokens = missing.div_ceil(self.rule.cost).min(options.burst);
        let tick = now.as_nanos().saturating_mul(rule.scale);
        self.state = TokenBucketState(tick.saturating_add(tokens * rule.cost));
        self.rule = rule;
        Ok(())
    }
}
