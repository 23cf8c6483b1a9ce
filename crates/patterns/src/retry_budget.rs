//! Retry budget: retries as a share of requests, so that an outage is not answered with a flood.
//!
//! ```text
//!   first attempt ──► request()        deposit (ratio)
//!   retry wanted  ──► withdraw() ──► Some(withdrawal): send it     None: report the failure
//!   result        ──► success(withdrawal) / failure()              refund, or drain (grpc, aws)
//! ```
//!
//! **Use it** with every [retry](crate::retry) and hedge, one budget per callee. **Not** as a rate
//! limit of first attempts.
//!
//! Three ways, each after the system that made it known:
//! * [`RetryBudgetOptions::Ratio`] (Finagle): each request deposits, each retry costs, over a window
//!   of `ttl`; a reserve per second lets a quiet client retry at all.
//! * [`RetryBudgetOptions::Throttle`] (gRFC A6): failures drain one token, successes return a part of
//!   one; retries only while more than half is left.
//! * [`RetryBudgetOptions::Quota`] (AWS SDKs): retries cost tokens, success gives them back.
//!
//! Pitfalls that it avoids: shares are counted in millionths and not through a rounded 1/ratio, so
//! that 0.75 means 0.75 and not 100 %; the budget counts requests, not attempts, or retries would pay
//! for retries.
//!
//! ```
//! use tenfold_patterns::{RetryBudget, RetryBudgetOptions, RetryCause};
//! use tenfold_units::Instant;
//! let mut budget = RetryBudget::new(RetryBudgetOptions::finagle(), Instant::ZERO).unwrap();
//! assert!(budget.withdraw(Instant::ZERO, RetryCause::Failure).is_some(), "from the reserve");
//! ```
//!
//! Sources: Finagle `RetryBudget`; gRFC A6 "Throttling Retry Attempts"; AWS SDK standard retry mode.

#[cfg(test)]
mod tests;

use core::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::Instant;

use crate::event::{Event, Events};
use crate::options::{Check, InvalidOptions};
use crate::planted;

/// How many retries are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum RetryBudgetOptions {
    /// A share of the requests of the last `ttl`, plus a reserve.
    Ratio {
        /// Retries per request, 0 to 1000.
        retry_ratio: f64,
        /// How long a request counts: 10 ms or more.
        #[serde(with = "tenfold_units::duration")]
        #[schemars(with = "String")]
        ttl: Duration,
        /// Retries per second that are always allowed.
        min_retries_per_second: u32,
    },
    /// A count of recent failures against successes.
    Throttle {
        /// Tokens at the start and at most: above 0, at most 1000.
        max_tokens: f64,
        /// Tokens that a success returns: above 0.
        token_ratio: f64,
    },
    /// Tokens that retries take and successes give back.
    Quota {
        /// Tokens at the start and at most.
        capacity: u32,
        /// Tokens for a retry after a failure or time-out.
        retry_cost: u32,
        /// Tokens for a retry after the server said that it is overloaded.
        throttled_cost: u32,
        /// Tokens that a success without retry gives back.
        success_refund: u32,
    },
}

impl RetryBudgetOptions {
    /// Finagle: 20 % of the requests of 10 s, and 10 retries a second.
    #[must_use]
    pub const fn finagle() -> Self {
        let ttl = Duration::from_secs(10);
        Self::Ratio { retry_ratio: 0.2, ttl, min_retries_per_second: 10 }
    }

    /// gRFC A6: 10 tokens, 0.1 for a success.
    #[must_use]
    pub const fn grpc() -> Self {
        Self::Throttle { max_tokens: 10.0, token_ratio: 0.1 }
    }

    /// AWS SDKs, standard mode 2.1: 500 tokens, 14 a retry, 5 after throttling.
    #[must_use]
    pub const fn aws_standard() -> Self {
        Self::Quota { capacity: 500, retry_cost: 14, throttled_cost: 5, success_refund: 1 }
    }

    fn check(&self) -> Result<(), InvalidOptions> {
        let mut check = Check::default();
        match *self {
            Self::Ratio { retry_ratio, ttl, .. } => {
                let range = (0.0..=1_000.0).contains(&retry_ratio);
                check.that(range, "retry_ratio", "must be from 0 to 1000");
                let ttl = ttl >= Duration::from_millis(10) && ttl <= Duration::from_secs(3_600);
                check.that(ttl, "ttl", "must be from 10ms to 1h");
            }
            Self::Throttle { max_tokens, token_ratio } => {
                let range = max_tokens > 0.0 && max_tokens <= 1_000.0;
                check.that(range, "max_tokens", "must be above 0, at most 1000");
                let range = token_ratio > 0.0 && token_ratio <= 1_000.0;
                check.that(range, "token_ratio", "must be above 0, at most 1000");
            }
            Self::Quota { .. } => {}
        }
        check.done()
    }
}

/// Why a retry is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryCause {
    /// A failure or time-out.
    Failure,
    /// The server said that it is overloaded.
    Throttled,
}

/// What a retry took from the budget; hand it to [`RetryBudget::success`] if the retry succeeds.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a success gives it back"]
pub struct RetryWithdrawal(u32);

impl Events for Option<RetryWithdrawal> {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        sink(self.as_ref().map_or(Event::Refused { reason: "budget" }, |_| Event::Admitted));
    }
}

/// Parts of the window that forget at once.
const SLICES: usize = 10;
/// Finest share: one millionth of a retry; gRFC A6 counts in thousandths.
const MILLION: f64 = 1e6;

#[derive(Clone, Debug)]
enum State {
    Ratio {
        slices: [i64; SLICES],
        slice: u64,
    },
    /// Millionths of tokens (throttle) or whole tokens (quota).
    Tokens(u64),
}

/// A retry budget.
#[derive(Clone, Debug)]
pub struct RetryBudget {
    options: RetryBudgetOptions,
    state: State,
}

impl RetryBudget {
    /// Returns a budget as it is at the start: reserve or tokens in full.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: RetryBudgetOptions, now: Instant) -> Result<Self, InvalidOptions> {
        options.check()?;
        let state = match options {
            RetryBudgetOptions::Ratio { ttl, .. } => {
                State::Ratio { slices: [0; SLICES], slice: slice_of(now, ttl) }
            }
            RetryBudgetOptions::Throttle { max_tokens, .. } => {
                State::Tokens(millionths(max_tokens))
            }
            RetryBudgetOptions::Quota { capacity, .. } => State::Tokens(u64::from(capacity)),
        };
        Ok(Self { options, state })
    }

    /// Counts a request: a first attempt, not a retry.
    pub fn request(&mut self, now: Instant) {
        let RetryBudgetOptions::Ratio { retry_ratio, .. } = self.options else { return };
        let slices = self.window(now);
        slices[0] += millionths(retry_ratio) as i64;
    }

    /// Takes what one retry costs, or says that there is not enough.
    pub fn withdraw(&mut self, now: Instant, cause: RetryCause) -> Option<RetryWithdrawal> {
        match self.options {
            RetryBudgetOptions::Ratio { .. } => {
                if planted::is("budget-by-attempts") {
                    self.request(now);
                }
                let cost = MILLION as i64;
                if self.balance(now) < cost {
                    return None;
                }
                self.window(now)[0] -= cost;
                Some(RetryWithdrawal(0))
            }
            RetryBudgetOptions::Throttle { max_tokens, .. } => {
                let State::Tokens(tokens) = self.state else { unreachable!("set by `new`") };
                (tokens > millionths(max_tokens) / 2).then_some(RetryWithdrawal(0))
            }
            RetryBudgetOptions::Quota { retry_cost, throttled_cost, .. } => {
                let cost = match cause {
                    RetryCause::Failure => retry_cost,
                    RetryCause::Throttled => throttled_cost,
                };
                let State::Tokens(tokens) = &mut self.state else { unreachable!("set by `new`") };
                *tokens = tokens.checked_sub(u64::from(cost))?;
                Some(RetryWithdrawal(cost))
            }
        }
    }

    /// Counts a success: of a retry with what it took, of a first attempt with `None`.
    pub fn success(&mut self, withdrawal: Option<RetryWithdrawal>) {
        let (most, back) = match self.options {
            RetryBudgetOptions::Ratio { .. } => return,
            RetryBudgetOptions::Throttle { max_tokens, token_ratio } => {
                (millionths(max_tokens), millionths(token_ratio))
            }
            RetryBudgetOptions::Quota { capacity, success_refund, .. } => {
                let back = withdrawal.map_or(success_refund, |withdrawal| withdrawal.0);
                (u64::from(capacity), u64::from(back))
            }
        };
        let State::Tokens(tokens) = &mut self.state else { unreachable!("set by `new`") };
        *tokens = (*tokens + back).min(most);
    }

    /// Counts a failure that could have been retried (also one whose retry was forbidden by
    /// push-back).
    pub fn failure(&mut self) {
        if let RetryBudgetOptions::Throttle { .. } = self.options {
            let State::Tokens(tokens) = &mut self.state else { unreachable!("set by `new`") };
            *tokens = tokens.saturating_sub(MILLION as u64);
        }
    }

    /// Returns how many retries (ratio) or tokens (throttle, quota) are left.
    #[must_use]
    pub fn left(&mut self, now: Instant) -> f64 {
        match (&self.options, &self.state) {
            (RetryBudgetOptions::Ratio { .. }, _) => self.balance(now).max(0) as f64 / MILLION,
            (RetryBudgetOptions::Throttle { .. }, State::Tokens(tokens)) => {
                *tokens as f64 / MILLION
            }
            (_, State::Tokens(tokens)) => *tokens as f64,
            (_, State::Ratio { .. }) => unreachable!("set by `new`"),
        }
    }

    /// Returns the options.
    #[must_use]
    pub const fn options(&self) -> &RetryBudgetOptions {
        &self.options
    }

    /// Takes new options of the same kind and keeps the counts; of another kind, starts anew.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(
        &mut self,
        options: RetryBudgetOptions,
        now: Instant,
    ) -> Result<(), InvalidOptions> {
        let fresh = Self::new(options, now)?;
        let old = core::mem::replace(self, fresh);
        match (&mut self.state, old.state) {
            (State::Tokens(most), State::Tokens(tokens))
                if core::mem::discriminant(&options) == core::mem::discriminant(&old.options) =>
            {
                *most = tokens.min(*most);
            }
            (State::Ratio { slices, .. }, State::Ratio { slices: old, .. }) => *slices = old,
            _ => {}
        }
        Ok(())
    }

    /// Millionths of a retry that may be sent.
    fn balance(&mut self, now: Instant) -> i64 {
        let RetryBudgetOptions::Ratio { ttl, min_retries_per_second, .. } = self.options else {
            unreachable!("asked for a ratio only")
        };
        let reserve = f64::from(min_retries_per_second) * ttl.as_secs_f64() * MILLION;
        self.window(now).iter().sum::<i64>() + reserve as i64
    }

    /// The slices of the window that ends now, the newest first.
    fn window(&mut self, now: Instant) -> &mut [i64; SLICES] {
        let RetryBudgetOptions::Ratio { ttl, .. } = self.options else {
            unreachable!("asked for a ratio only")
        };
        let State::Ratio { slices, slice } = &mut self.state else { unreachable!("set by `new`") };
        let current = slice_of(now, ttl);
        let passed = usize::try_from(current.saturating_sub(*slice)).unwrap_or(SLICES).min(SLICES);
        slices.rotate_right(passed);
        slices[..passed].fill(0);
        *slice = current.max(*slice);
        slices
    }
}

fn slice_of(now: Instant, ttl: Duration) -> u64 {
    now.as_nanos() / (ttl.as_nanos() as u64 / SLICES as u64)
}

fn millionths(value: f64) -> u64 {
    (value * MILLION + 0.5) as u64
}
