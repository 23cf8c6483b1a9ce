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
//! clock that steps back does not reorder the log.
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
        /// The time after which it would pass if nobody else came (the counter: at the earliest).
        retry_after: Duration,
    },
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
        });
    }
}

/// The exact limit: remembers each admitted request of the window.
#[derive(Clone, Debug)]
pub struct WindowLog {
    options: WindowLimitOptions,
    /// A ring of instants; when full, `next` is the oldest.
    admitted: Box<[u64]>,
    next: usize,
    len: usize,
    newest: u64,
}

impl WindowLog {
    /// Returns an empty log, with memory for `limit` instants.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: WindowLimitOptions) -> Result<Self, InvalidOptions> {
        options.check()?;
        let admitted = vec![0; options.limit as usize].into();
        Ok(Self { options, admitted, next: 0, len: 0, newest: 0 })
    }

    /// Counts a request, or refuses it.
    pub fn admit(&mut self, now: Instant) -> WindowLimitDecision {
        // A clock that steps back stands still.
        let now = now.as_nanos().max(self.newest);
        let window = self.options.nanos();
        let size = self.admitted.len();
        while self.len > 0 {
            let oldest = self.admitted[(self.next + size - self.len) % size];
            let left = oldest.saturating_add(window);
            let gone =
                if planted::is("window-log-keeps-boundary") { left < now } else { left <= now };
            if !gone {
                break;
            }
            self.len -= 1;
        }
        if self.len == size {
            let leaves = self.admitted[self.next].saturating_add(window);
            return WindowLimitDecision::Refused {
                retry_after: Duration::from_nanos(leaves - now),
            };
        }
        self.newest = now;
        self.admitted[self.next] = now;
        self.next = (self.next + 1) % size;
        self.len += 1;
        WindowLimitDecision::Admitted { remaining: (size - self.len) as u32 }
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
        (fresh.len, fresh.next, fresh.newest) = (kept, kept % fresh.admitted.len(), self.newest);
        *self = fresh;
        Ok(())
    }
}

/// What [`WindowCounter`] and [`FixedWindow`] remember.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WindowState {
    window: u64,
    current: u32,
    previous: u32,
}

impl WindowState {
    /// Moves on to the window of `now`, in nanoseconds; never back.
    fn advance(self, now: u64, nanos: u64) -> Self {
        let window = now / nanos;
        match window.checked_sub(self.window) {
            None | Some(0) => self,
            Some(1) => Self { window, current: 0, previous: self.current },
            Some(_) => Self { window, current: 0, previous: 0 },
        }
    }
}

/// The approximate limit: the previous window counts by the share of it that is still in sight.
#[derive(Clone, Debug)]
pub struct WindowCounter {
    options: WindowLimitOptions,
    state: WindowState,
}

impl WindowCounter {
    /// Returns an empty counter.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: WindowLimitOptions) -> Result<Self, InvalidOptions> {
        options.check()?;
        Ok(Self { options, state: WindowState::default() })
    }

    /// Counts a request, or refuses it.
    pub fn admit(&mut self, now: Instant) -> WindowLimitDecision {
        let nanos = self.options.nanos();
        self.state = self.state.advance(now.as_nanos(), nanos);
        let state = self.state;
        // After a step back the window is as if it just began.
        let elapsed = now.as_nanos().saturating_sub(state.window * nanos).min(nanos);
        let weighted = u128::from(state.previous) * u128::from(nanos - elapsed);
        let used = weighted + u128::from(state.current) * u128::from(nanos);
        let whole = u128::from(self.options.limit) * u128::from(nanos);
        let one = u128::from(nanos);
        if used + one > whole {
            return WindowLimitDecision::Refused {
                retry_after: self.wait(used + one - whole, elapsed),
            };
        }
        self.state.current += 1;
        let remaining = ((whole - used - one) / one) as u32;
        WindowLimitDecision::Admitted { remaining }
    }

    /// The time until so much of the previous window is out of sight, at most until the next one.
    fn wait(&self, excess: u128, elapsed: u64) -> Duration {
        let left = self.options.nanos() - elapsed;
        let previous = u128::from(self.state.previous);
        let wait = if previous == 0 { u128::from(left) } else { excess.div_ceil(previous) };
        Duration::from_nanos(u64::try_from(wait).unwrap_or(u64::MAX).clamp(1, left.max(1)))
    }

    /// Takes new options. Counts stay if the window has the same length, else it starts anew.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&mut self, options: WindowLimitOptions) -> Result<(), InvalidOptions> {
        options.check()?;
        if options.window != self.options.window {
            self.state = WindowState::default();
        }
        self.options = options;
        Ok(())
    }
}

/// The limit by the clock's own windows: `limit` in each, whatever came before.
#[derive(Clone, Debug)]
pub struct FixedWindow {
    options: WindowLimitOptions,
    state: WindowState,
}

impl FixedWindow {
    /// Returns an empty window.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: WindowLimitOptions) -> Result<Self, InvalidOptions> {
        options.check()?;
        Ok(Self { options, state: WindowState::default() })
    }

    /// Counts a request, or refuses it.
    pub fn admit(&mut self, now: Instant) -> WindowLimitDecision {
        let nanos = self.options.nanos();
        self.state = self.state.advance(now.as_nanos(), nanos);
        if self.state.current >= self.options.limit {
            let end = (self.state.window + 1).saturating_mul(nanos);
            let retry_after = Duration::from_nanos(end - now.as_nanos().min(end));
            return WindowLimitDecision::Refused { retry_after };
        }
        self.state.current += 1;
        WindowLimitDecision::Admitted { remaining: self.options.limit - self.state.current }
    }

    /// Takes new options. The count stays if the window has the same length, else it starts anew.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&mut self, options: WindowLimitOptions) -> Result<(), InvalidOptions> {
        options.check()?;
        if options.window != self.options.window {
            self.state = WindowState::default();
        }
        self.options = options;
        Ok(())
    }
}
