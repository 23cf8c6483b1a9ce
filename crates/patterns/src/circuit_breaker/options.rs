//! When to open, for how long, and how to close again: options and presets.

use core::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::options::{Check, InvalidOptions};

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

    pub(super) fn check(&self) -> Result<(), InvalidOptions> {
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
