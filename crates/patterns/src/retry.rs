//! Retry: whether to try again, and after how long.
//!
//! ```text
//!   attempt ── success ─► done
//!      │ failure: decide()
//!      ├─ permanent, pushed back, attempts or time used up ─► GiveUp(reason)
//!      └─ After(backoff with jitter) ─► wait ─► next attempt
//! ```
//!
//! **Use it** for failures that pass by themselves (time-outs, overload, lost connections) on
//! operations that may run twice. **Not** at more than one layer: three layers of four attempts make
//! 64 calls; and **not** without a [budget](crate::retry_budget), or an outage is answered with a
//! multiple of the load.
//!
//! Jitter ([`Jitter`]): *full* spreads best; *equal* keeps half of the wait; *decorrelated* grows
//! from the previous wait; *proportional* varies the wait by a share (gRPC: 0.2).
//!
//! Pitfalls that it avoids: `max_attempts` counts attempts, the first included, and cannot be 0; the
//! total time counts the wait that is about to start; the server's push-back is obeyed and a negative
//! one ends the retries.
//!
//! ```
//! use core::time::Duration;
//! use tenfold_patterns::{Retry, RetryDecision, RetryFailure, RetryOptions};
//! use tenfold_units::{Instant, Seed};
//! let retry = Retry::new(RetryOptions::aws_standard()).unwrap();
//! let mut stream = Seed(1).stream("jitter");
//! let mut call = retry.start(Instant::ZERO);
//! let decision = retry.decide(Instant::ZERO, &mut call, RetryFailure::Transient, &mut stream);
//! let RetryDecision::After(wait) = decision else { panic!("one attempt of three is used") };
//! assert!(wait < Duration::from_millis(50));
//! ```
//!
//! Sources: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015; gRFC A6.

#[cfg(test)]
mod tests;

use core::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::Instant;
use tenfold_units::random::Stream;

use crate::event::{Event, Events};
use crate::options::{Check, InvalidOptions};
use crate::planted;

/// The random part of a wait; `t` = min(`cap`, `base` × `multiplier`^(n − 1)) before retry n.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Jitter {
    /// `t`.
    None,
    /// Uniform in [0, `t`).
    Full,
    /// Uniform in [`t`/2, `t`).
    Equal,
    /// min(`cap`, uniform in [`base`, 3 × the previous wait)).
    Decorrelated,
    /// `t` × uniform in [1 − p, 1 + p).
    Proportional(f64),
}

/// How often and how fast to try again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryOptions {
    /// Attempts in all, the first included; at least 1.
    pub max_attempts: u32,
    /// The wait before the first retry, jitter apart.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub base: Duration,
    /// The same after the server said that it is overloaded; absent: `base`.
    #[serde(default, with = "tenfold_units::duration::optional")]
    #[schemars(with = "Option<String>")]
    pub throttled_base: Option<Duration>,
    /// The factor between one wait and the next; at least 1.
    #[serde(default = "two")]
    pub multiplier: f64,
    /// The longest wait, jitter apart.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub cap: Duration,
    /// The random part.
    pub jitter: Jitter,
    /// The time from the start of the first attempt within which the last one has to start; absent:
    /// no limit.
    #[serde(default, with = "tenfold_units::duration::optional")]
    #[schemars(with = "Option<String>")]
    pub total_time: Option<Duration>,
    /// How much longer than the own wait a server's push-back may make it; absent: obeyed exactly.
    #[serde(default, with = "tenfold_units::duration::optional")]
    #[schemars(with = "Option<String>")]
    pub push_back_slack: Option<Duration>,
}

fn two() -> f64 {
    2.0
}

impl RetryOptions {
    /// AWS SDKs, standard mode 2.1: 3 attempts, 50 ms (throttled 1 s) doubling to 20 s, full jitter,
    /// push-back at most 5 s beyond the own wait.
    #[must_use]
    pub const fn aws_standard() -> Self {
        Self {
            max_attempts: 3,
            base: Duration::from_millis(50),
            throttled_base: Some(Duration::from_secs(1)),
            multiplier: 2.0,
            cap: Duration::from_secs(20),
            jitter: Jitter::Full,
            total_time: None,
            push_back_slack: Some(Duration::from_secs(5)),
        }
    }

    /// gRFC A6: the back-off of gRPC, with the 5 attempts that it allows at most and the delays of
    /// its example (100 ms doubling to 1 s, ±20 %).
    #[must_use]
    pub const fn grpc() -> Self {
        Self {
            max_attempts: 5,
            base: Duration::from_millis(100),
            throttled_base: None,
            multiplier: 2.0,
            cap: Duration::from_secs(1),
            jitter: Jitter::Proportional(0.2),
            total_time: None,
            push_back_slack: None,
        }
    }

    /// resilience4j: 3 attempts, 500 ms without growth or jitter (its `RetryConfig` defaults).
    #[must_use]
    pub const fn resilience4j() -> Self {
        Self {
            max_attempts: 3,
            base: Duration::from_millis(500),
            throttled_base: None,
            multiplier: 1.0,
            cap: Duration::from_millis(500),
            jitter: Jitter::None,
            total_time: None,
            push_back_slack: None,
        }
    }

    /// resilience4j's `IntervalFunction.ofExponentialRandomBackoff()`: 3 attempts, 500 ms growing by
    /// half, ±50 %; the cap of a minute is ours, as it has none.
    #[must_use]
    pub const fn resilience4j_exponential() -> Self {
        Self {
            multiplier: 1.5,
            cap: Duration::from_secs(60),
            jitter: Jitter::Proportional(0.5),
            ..Self::resilience4j()
        }
    }

    /// Polly 8: 3 retries after the first attempt, 2 s constant, no jitter.
    #[must_use]
    pub const fn polly() -> Self {
        Self {
            max_attempts: 4,
            base: Duration::from_secs(2),
            cap: Duration::from_secs(2),
            ..Self::resilience4j()
        }
    }

    fn check(&self) -> Result<(), InvalidOptions> {
        let mut check = Check::default();
        check.that(self.max_attempts > 0, "max_attempts", "counts the first: at least 1");
        let grows = self.multiplier >= 1.0 && self.multiplier.is_finite();
        check.that(grows, "multiplier", "must be at least 1");
        let capped = self.cap >= self.base && self.throttled_base.is_none_or(|b| self.cap >= b);
        check.that(capped, "cap", "must not be below the first wait");
        if let Jitter::Proportional(share) = self.jitter {
            check.ratio(share, "jitter");
        }
        check.done()
    }

    /// Returns the longest time that a caller may wait between attempts, all retries together:
    /// what a time-out above this layer has to allow for besides the attempts.
    #[must_use]
    pub fn longest_backoff(&self) -> Duration {
        let over = match self.jitter {
            Jitter::Proportional(share) => 1.0 + share,
            Jitter::None | Jitter::Full | Jitter::Equal => 1.0,
            Jitter::Decorrelated => return self.cap * (self.max_attempts - 1),
        };
        let base = self.throttled_base.map_or(self.base, |b| b.max(self.base));
        let mut total = Duration::ZERO;
        let mut wait = base;
        for _ in 1..self.max_attempts.min(10_000) {
            total += wait.mul_f64(over);
            wait = scaled(wait, self.multiplier, self.cap);
        }
        total
    }
}

/// `span` × `factor`, at most `cap`.
fn scaled(span: Duration, factor: f64, cap: Duration) -> Duration {
    let seconds = span.as_secs_f64() * factor;
    if seconds >= cap.as_secs_f64() { cap } else { Duration::from_secs_f64(seconds) }
}

/// How an attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryFailure {
    /// It may pass: time-out, lost connection, 5xx.
    Transient,
    /// The server said that it is overloaded: 429, 503.
    Throttled,
    /// It will not pass: invalid request, not found, forbidden.
    Permanent,
    /// The server named a wait (`Retry-After`, `grpc-retry-pushback-ms`), or forbade retries with
    /// `None` (negative or unreadable push-back).
    PushedBack(Option<Duration>),
}

/// What a call remembers between its attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryCall {
    started: Instant,
    attempts: u32,
    previous: Duration,
}

impl RetryCall {
    /// Returns the number of attempts made, the first included.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }
}

/// Why a call is not tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GiveUp {
    /// The failure will not pass.
    Permanent,
    /// `max_attempts` were made.
    Attempts,
    /// The next attempt would start after `total_time`.
    TotalTime,
    /// The server forbade it.
    PushedBack,
}

/// What to do after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum RetryDecision {
    /// Try again after this wait (if the [budget](crate::retry_budget) allows it).
    After(Duration),
    /// Report the failure.
    GiveUp(GiveUp),
}

impl Events for RetryDecision {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        sink(match self {
            Self::After(_) => Event::Admitted,
            Self::GiveUp(GiveUp::Permanent) => Event::Refused { reason: "permanent" },
            Self::GiveUp(GiveUp::Attempts) => Event::Refused { reason: "attempts" },
            Self::GiveUp(GiveUp::TotalTime) => Event::Refused { reason: "total-time" },
            Self::GiveUp(GiveUp::PushedBack) => Event::Refused { reason: "pushed-back" },
        });
    }
}

/// The retry policy; one for all calls, each call has its own [`RetryCall`].
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    options: RetryOptions,
}

impl Retry {
    /// Returns the policy.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: RetryOptions) -> Result<Self, InvalidOptions> {
        options.check()?;
        Ok(Self { options })
    }

    /// Returns what to remember of a call whose first attempt starts now.
    #[must_use]
    pub const fn start(&self, now: Instant) -> RetryCall {
        RetryCall { started: now, attempts: 1, previous: Duration::ZERO }
    }

    /// Decides after a failed attempt; `After` counts as the next attempt made.
    pub fn decide(
        &self,
        now: Instant,
        call: &mut RetryCall,
        failure: RetryFailure,
        stream: &mut Stream,
    ) -> RetryDecision {
        let pushed = match failure {
            RetryFailure::Permanent => return RetryDecision::GiveUp(GiveUp::Permanent),
            RetryFailure::PushedBack(None) => return RetryDecision::GiveUp(GiveUp::PushedBack),
            RetryFailure::PushedBack(pushed) => pushed,
            RetryFailure::Transient | RetryFailure::Throttled => None,
        };
        let over = u32::from(planted::is("retry-one-more-attempt"));
        if call.attempts >= self.options.max_attempts + over {
            return RetryDecision::GiveUp(GiveUp::Attempts);
        }
        let own = self.backoff(call, failure == RetryFailure::Throttled, stream);
        let wait = match (pushed, self.options.push_back_slack) {
            (Some(pushed), Some(slack)) => pushed.clamp(own, own + slack),
            (Some(pushed), None) => pushed,
            (None, _) => own,
        };
        let late = |total| (now + wait).saturating_since(call.started) > total;
        if self.options.total_time.is_some_and(late) {
            return RetryDecision::GiveUp(GiveUp::TotalTime);
        }
        call.attempts += 1;
        call.previous = own;
        RetryDecision::After(wait)
    }

    fn backoff(&self, call: &RetryCall, throttled: bool, stream: &mut Stream) -> Duration {
        let RetryOptions { base, throttled_base, multiplier, cap, jitter, .. } = self.options;
        let base = if throttled { throttled_base.unwrap_or(base) } else { base };
        if planted::is("retry-without-jitter") {
            return base;
        }
        let t = || scaled(base, tenfold_units::math::powi(multiplier, call.attempts - 1), cap);
        match jitter {
            Jitter::None => t(),
            Jitter::Full => t().mul_f64(stream.uniform()),
            Jitter::Equal => t().mul_f64(0.5 + stream.uniform() / 2.0),
            Jitter::Proportional(share) => {
                t().mul_f64(1.0 - share + 2.0 * share * stream.uniform())
            }
            Jitter::Decorrelated => {
                let most = (call.previous * 3).max(base);
                (base + (most - base).mul_f64(stream.uniform())).min(cap)
            }
        }
    }

    /// Returns the options.
    #[must_use]
    pub const fn options(&self) -> &RetryOptions {
        &self.options
    }

    /// Takes new options; calls under way go on with what they used up.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&mut self, options: RetryOptions) -> Result<(), InvalidOptions> {
        options.check()?;
        self.options = options;
        Ok(())
    }
}
