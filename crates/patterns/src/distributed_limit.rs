//! Distributed limit: one limit for many processes, its state kept by a store that they share.
//!
//! ```text
//!  process ─ key, tariff, amount ─► store: missing = max(0, full_at − now), by the store's clock
//!                                          missing + amount × cost ≤ capacity ? take : leave
//!          ◄──────── missing ──────        all in one step, so that two processes take turns
//!  the machine itself turns `missing` into its decision
//!
//!  no answer within `timeout` ─► admitted or refused, as `when_unavailable` says
//! ```
//!
//! **Use it** where callers have a limit over all instances of a service. **Not** to protect one
//! instance from overload, which needs no agreement ([`token_bucket`](crate::token_bucket)), nor where
//! a round trip to the store costs more than the work that it guards: give each instance its share.
//!
//! The store does no more than subtract, compare and add: what a limit is stays here. The rules of
//! [token bucket](crate::TokenBucketRule) and [GCRA](crate::GcraRule) both owe *ticks* that pass with
//! time ([`Tariff`]); with the ticks that the store found missing, the very machine decides.
//!
//! Pitfalls that it avoids: reading, deciding and writing as three steps, between which another
//! process does the same; the clocks of the processes, which differ; a store that is away and takes
//! the service with it, or waits that add up: the answer to that is an option, not an accident.
//!
//! ```
//! use tenfold_patterns::{DistributedDecision, DistributedLimit, DistributedLimitOptions};
//! use tenfold_patterns::{TokenBucketDecision, TokenBucketOptions};
//! let rule = TokenBucketOptions::per_second(10, 2).rule().unwrap();
//! let limit = DistributedLimit::new(rule, DistributedLimitOptions::fail_open()).unwrap();
//! // The store found one of two tokens missing.
//! let missing = limit.tariff().cost;
//! let decided = DistributedDecision::Decided(TokenBucketDecision::Admitted { remaining: 0 });
//! assert_eq!(limit.decide(missing, 1), decided);
//! assert_eq!(limit.decide_alone(), DistributedDecision::Unavailable { admitted: true });
//! ```
//!
//! Source: the algorithms' own; the split into policy and storage is ours.

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

/// What happens to a call on which the store did not decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WhenUnavailable {
    /// It passes ("fail open"): the limit is a courtesy, the service matters more.
    Admit,
    /// It is refused ("fail closed"): the limit guards money or a quota of somebody else's.
    Refuse,
}

/// How long to wait for the store, and what to do without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DistributedLimitOptions {
    /// The longest wait for the store's answer: 1 ms to 1 min.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub timeout: Duration,
    /// What happens to a call on which the store did not decide.
    pub when_unavailable: WhenUnavailable,
}

impl DistributedLimitOptions {
    /// Ours: calls pass when the store has not answered within 50 ms.
    #[must_use]
    pub const fn fail_open() -> Self {
        Self { timeout: Duration::from_millis(50), when_unavailable: WhenUnavailable::Admit }
    }

    /// Ours: calls are refused when the store has not answered within 50 ms.
    #[must_use]
    pub const fn fail_closed() -> Self {
        Self { when_unavailable: WhenUnavailable::Refuse, ..Self::fail_open() }
    }
}

/// What a store has to know of a rule: it owes ticks, which pass with time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tariff {
    /// Ticks that pass in a nanosecond; at least 1.
    pub scale: u64,
    /// Ticks that one call takes.
    pub cost: u64,
    /// Ticks that may be missing at most.
    pub capacity: u64,
}

/// A rule whose state a store can keep.
pub trait DistributedRule: KeyedRule<State = u64> {
    /// Returns what the store has to know.
    fn tariff(&self) -> Tariff;
}

/// The largest number up to which stores that count in floating point (Lua) count exactly, halved
/// for one addition.
const EXACT: u64 = 1 << 52;

/// A limit for many processes.
#[derive(Clone, Debug)]
pub struct DistributedLimit<R> {
    rule: R,
    options: DistributedLimitOptions,
}

impl<R: DistributedRule> DistributedLimit<R> {
    /// Returns the limit.
    ///
    /// # Errors
    /// Lists each option that is out of its range; a limit that takes more than 2^52 ticks to be
    /// whole again (52 days, or less where a call takes a fraction of a nanosecond) has no exact
    /// state in a store.
    pub fn new(rule: R, options: DistributedLimitOptions) -> Result<Self, InvalidOptions> {
        let mut check = Check::default();
        let span = Duration::from_millis(1)..=Duration::from_secs(60);
        check.that(span.contains(&options.timeout), "timeout", "must be from 1ms to 1min");
        let exact = rule.tariff().capacity <= EXACT;
        check.that(exact, "burst", "must fill within 2^52 ticks to be kept in a store");
        check.done()?;
        Ok(Self { rule, options })
    }

    /// Returns what to send to the store besides key and amount.
    #[must_use]
    pub fn tariff(&self) -> Tariff {
        self.rule.tariff()
    }

    /// Returns the decision on a call of `amount` before which `missing` ticks were missing.
    pub fn decide(&self, missing: u64, amount: u64) -> DistributedDecision<R::Decision> {
        // At the origin of time the state of a rule is what it owes.
        let missing = if planted::is("distributed-ignores-the-store") { 0 } else { missing };
        let (_, decision) = self.rule.step(missing, Instant::ZERO, amount);
        DistributedDecision::Decided(decision)
    }

    /// Returns the decision on a call about which the store has said nothing.
    pub fn decide_alone(&self) -> DistributedDecision<R::Decision> {
        let admitted = self.options.when_unavailable == WhenUnavailable::Admit
            || planted::is("distributed-fails-open-always");
        DistributedDecision::Unavailable { admitted }
    }

    /// Takes new options; the state is the store's and stays.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&mut self, options: DistributedLimitOptions) -> Result<(), InvalidOptions>
    where
        R: Clone,
    {
        *self = Self::new(self.rule.clone(), options)?;
        Ok(())
    }

    /// Returns the rule.
    #[must_use]
    pub const fn rule(&self) -> &R {
        &self.rule
    }

    /// Returns the options.
    #[must_use]
    pub const fn options(&self) -> &DistributedLimitOptions {
        &self.options
    }
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum DistributedDecision<D> {
    /// What the rule says.
    Decided(D),
    /// The store said nothing in time.
    Unavailable {
        /// Whether the call passes all the same.
        admitted: bool,
    },
}

impl<D: Events> Events for DistributedDecision<D> {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        match self {
            Self::Decided(decision) => decision.events(sink),
            Self::Unavailable { admitted: true } => sink(Event::Admitted),
            Self::Unavailable { admitted: false } => {
                sink(Event::Refused { reason: "limit-unavailable" });
            }
        }
    }
}
