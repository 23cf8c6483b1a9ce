//! Adaptive throttling: a client that refuses its own requests when the server refuses too many.
//!
//! ```text
//!   p(refuse) = max(0, (requests − K × accepts − floor) / (requests + 1))     over the last window
//! ```
//!
//! **Use it** in clients of a server that sheds load: a refused request still costs the server work.
//! **Not** as the server's only protection.
//!
//! Pitfall that it avoids: with nothing accepted, p would tend to 1 and the client never learn that
//! the server is back; `floor` requests a window always go out. Recovery is slow all the same: it
//! takes about window / K × ln(requests a window), 12 minutes for 1,000 requests a second at K = 2
//! over 2 minutes; take a shorter window where that is too long.
//!
//! ```
//! use tenfold_patterns::{AdaptiveThrottle, AdaptiveThrottleOptions};
//! use tenfold_units::{Instant, Seed};
//! let options = AdaptiveThrottleOptions::sre_book();
//! let mut throttle = AdaptiveThrottle::new(options).unwrap();
//! let mut stream = Seed(1).stream("throttle");
//! assert!(throttle.admit(Instant::ZERO, &mut stream).is_admitted());
//! throttle.accepted(Instant::ZERO);
//! ```
//!
//! Source: *Site Reliability Engineering*, chapter 21, "Client-Side Throttling".

#[cfg(test)]
mod tests;

use core::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::Instant;
use tenfold_units::random::Stream;

use crate::event::{Event, Events};
use crate::options::{Check, InvalidOptions};

/// How soon a client holds back.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdaptiveThrottleOptions {
    /// Requests per accepted one that are let through: at least 1.
    pub k: f64,
    /// How long requests count.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub window: Duration,
    /// Requests a window that go out whatever is accepted; at least 1.
    pub floor: u32,
}

impl AdaptiveThrottleOptions {
    /// The SRE book: K = 2 over 2 minutes; one request at least, as Beam's `MIN_REQUESTS`.
    #[must_use]
    pub const fn sre_book() -> Self {
        Self { k: 2.0, window: Duration::from_secs(120), floor: 1 }
    }

    fn check(&self) -> Result<(), InvalidOptions> {
        let mut check = Check::default();
        check.that(self.k >= 1.0 && self.k.is_finite(), "k", "must be at least 1");
        let window = self.window >= Duration::from_micros(1);
        check.that(window, "window", "must be at least 1us");
        check.that(self.floor > 0, "floor", "must be at least 1");
        check.done()
    }
}

/// Whether a client sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum AdaptiveThrottleDecision {
    /// Send it.
    Admitted,
    /// Fail it here: the server would most likely refuse it.
    Refused,
}

impl AdaptiveThrottleDecision {
    /// Returns whether it is [`AdaptiveThrottleDecision::Admitted`].
    #[must_use]
    pub const fn is_admitted(self) -> bool {
        matches!(self, Self::Admitted)
    }
}

impl Events for AdaptiveThrottleDecision {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        sink(match self {
            Self::Admitted => Event::Admitted,
            Self::Refused => Event::Refused { reason: "throttled" },
        });
    }
}

/// Parts of the window that are forgotten at once.
const SLICES: usize = 10;

/// A client's throttle.
#[derive(Clone, Debug)]
pub struct AdaptiveThrottle {
    options: AdaptiveThrottleOptions,
    /// Requests and accepts of each slice, the newest first.
    slices: [(u32, u32); SLICES],
    slice: u64,
}

impl AdaptiveThrottle {
    /// Returns a throttle that has seen nothing.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: AdaptiveThrottleOptions) -> Result<Self, InvalidOptions> {
        options.check()?;
        Ok(Self { options, slices: [(0, 0); SLICES], slice: 0 })
    }

    /// Counts a request and decides whether to send it.
    pub fn admit(&mut self, now: Instant, stream: &mut Stream) -> AdaptiveThrottleDecision {
        let p = self.refusal_probability(now);
        self.slices[0].0 += 1;
        if stream.chance(p) {
            AdaptiveThrottleDecision::Refused
        } else {
            AdaptiveThrottleDecision::Admitted
        }
    }

    /// Counts an answer that was not a refusal for load.
    pub fn accepted(&mut self, now: Instant) {
        self.forget(now);
        self.slices[0].1 += 1;
    }

    /// Returns the probability with which the next request is refused, 0 to below 1.
    #[must_use]
    pub fn refusal_probability(&mut self, now: Instant) -> f64 {
        self.forget(now);
        let requests: u32 = self.slices.iter().map(|slice| slice.0).sum();
        let accepts: u32 = self.slices.iter().map(|slice| slice.1).sum();
        let held = f64::from(requests) - self.options.k * f64::from(accepts);
        let held = held - f64::from(self.options.floor);
        (held / (f64::from(requests) + 1.0)).max(0.0)
    }

    /// Takes new options; counts stay, by slice.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(
        &mut self,
        now: Instant,
        options: AdaptiveThrottleOptions,
    ) -> Result<(), InvalidOptions> {
        options.check()?;
        self.forget(now);
        self.options = options;
        self.slice = self.slice_of(now);
        Ok(())
    }

    fn slice_of(&self, now: Instant) -> u64 {
        let nanos = u64::try_from(self.options.window.as_nanos()).unwrap_or(u64::MAX);
        now.as_nanos() / (nanos / SLICES as u64)
    }

    fn forget(&mut self, now: Instant) {
        let current = self.slice_of(now);
        let passed = current.saturating_sub(self.slice);
        let passed = usize::try_from(passed).unwrap_or(SLICES).min(SLICES);
        self.slices.rotate_right(passed);
        self.slices[..passed].fill((0, 0));
        self.slice = current.max(self.slice);
    }
}
