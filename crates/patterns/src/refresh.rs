//! Refresh: when to renew a cached value before, at and after its end.
//!
//! ```text
//!   made ─────────────── early ──────── expires ───── + while_revalidate ──── + if_error ───►
//!    Fresh            Fresh or Renew      StaleRenew            Fetch (stale on error)   Fetch
//!                 P rises as the end comes near
//! ```
//!
//! **Use it** where a value takes long to make and many want it. **Not** where stale is wrong; leave
//! both spans at zero then, early refresh still helps.
//!
//! Early refresh: one caller renews the value before its end, with a chance that grows as the end
//! comes near and with the time that making it takes: now − δ β ln(rand) ≥ expires. It needs no
//! lock, and at β = 1 rarely more than one caller renews.
//!
//! ```
//! use core::time::Duration;
//! use tenfold_patterns::{Refresh, RefreshDecision, RefreshOptions};
//! use tenfold_units::{Instant, Seed};
//! let refresh = Refresh::new(RefreshOptions::rfc5861_example()).unwrap();
//! let expires = Instant::ZERO + Duration::from_secs(600);
//! let late = expires + Duration::from_secs(29);
//! let mut stream = Seed(1).stream("refresh");
//! let decision = refresh.decide(late, expires, Duration::from_millis(50), &mut stream);
//! assert_eq!(decision, RefreshDecision::StaleRenew);
//! ```
//!
//! Sources: Vattani, Chierichetti, Lowenstein, "Optimal Probabilistic Cache Stampede Prevention",
//! VLDB 2015; RFC 5861.

#[cfg(test)]
mod tests;

use core::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::random::Stream;
use tenfold_units::{Instant, math};

use crate::event::{Event, Events};
use crate::options::{Check, InvalidOptions};

/// How early to renew, and how long a stale value serves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshOptions {
    /// Eagerness of early refresh: 0 never, 1 as the paper's optimum, more is earlier.
    pub beta: f64,
    /// How long after its end a value is served while one caller renews it.
    #[serde(default, with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub stale_while_revalidate: Duration,
    /// How long after its end a value is served when the store fails.
    #[serde(default, with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub stale_if_error: Duration,
}

impl RefreshOptions {
    /// The paper's β = 1, without stale values.
    #[must_use]
    pub const fn xfetch() -> Self {
        let zero = Duration::ZERO;
        Self { beta: 1.0, stale_while_revalidate: zero, stale_if_error: zero }
    }

    /// The examples of RFC 5861: stale for 30 s while revalidating, for 1,200 s on errors.
    #[must_use]
    pub const fn rfc5861_example() -> Self {
        Self {
            beta: 0.0,
            stale_while_revalidate: Duration::from_secs(30),
            stale_if_error: Duration::from_secs(1_200),
        }
    }

    fn check(&self) -> Result<(), InvalidOptions> {
        let mut check = Check::default();
        check.that((0.0..=100.0).contains(&self.beta), "beta", "must be from 0 to 100");
        check.done()
    }
}

/// What to do with a cached value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum RefreshDecision {
    /// Serve it.
    Fresh,
    /// Serve it, and renew it: it ends soon.
    Renew,
    /// Serve it though it is stale, and renew it.
    StaleRenew,
    /// Fetch a new one first.
    Fetch,
}

impl Events for RefreshDecision {
    /// A value that is served is admitted.
    fn events(&self, sink: &mut impl FnMut(Event)) {
        sink(match self {
            Self::Fresh | Self::Renew | Self::StaleRenew => Event::Admitted,
            Self::Fetch => Event::Refused { reason: "expired" },
        });
    }
}

/// More than −ln(1 − u) ever is: 1 − u is at least 2^−53.
const LONGEST: f64 = 36.8;

/// The policy for one kind of value.
#[derive(Clone, Copy, Debug)]
pub struct Refresh {
    options: RefreshOptions,
}

impl Refresh {
    /// Returns the policy.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: RefreshOptions) -> Result<Self, InvalidOptions> {
        options.check()?;
        Ok(Self { options })
    }

    /// Decides on a value that ends at `expires` and took `cost` to make.
    pub fn decide(
        &self,
        now: Instant,
        expires: Instant,
        cost: Duration,
        stream: &mut Stream,
    ) -> RefreshDecision {
        if now < expires {
            if self.options.beta == 0.0 {
                return RefreshDecision::Fresh;
            }
            let scale = self.options.beta * cost.as_secs_f64();
            let left = expires.saturating_since(now).as_secs_f64();
            if left > LONGEST * scale {
                return RefreshDecision::Fresh;
            }
            // 1 − u lies in (0, 1], so the logarithm is finite.
            let ahead = -math::ln(1.0 - stream.uniform()) * scale;
            return if ahead >= left { RefreshDecision::Renew } else { RefreshDecision::Fresh };
        }
        if now < expires + self.options.stale_while_revalidate {
            RefreshDecision::StaleRenew
        } else {
            RefreshDecision::Fetch
        }
    }

    /// Returns whether a value that ended at `expires` may be served because the store failed.
    #[must_use]
    pub fn serves_on_error(&self, now: Instant, expires: Instant) -> bool {
        now < expires + self.options.stale_if_error
    }

    /// Takes new options; the ends of values are the caller's.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&mut self, options: RefreshOptions) -> Result<(), InvalidOptions> {
        options.check()?;
        self.options = options;
        Ok(())
    }

    /// Returns the options.
    #[must_use]
    pub const fn options(&self) -> &RefreshOptions {
        &self.options
    }
}
