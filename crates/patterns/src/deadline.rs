//! Deadlines: one instant after which nobody waits for the answer any more, handed from hop to hop.
//!
//! ```text
//!  client: 100 ms ──► gateway: 100 − 4 elapsed ──► service: 96 − 11 − reserve ──► store …
//!  any hop: deadline passed? refuse before and after queueing; nobody wants the answer
//! ```
//!
//! **Use it** on every call that somebody waits for. **Not** for work that must be done whoever waits
//! (a payment capture that has begun).
//!
//! Pitfalls that it avoids: the time already spent is subtracted at each hop; a callee never gets
//! more than the caller has left; work whose deadline passed in a queue is refused, not done.
//!
//! ```
//! use core::time::Duration;
//! use tenfold_patterns::Deadline;
//! use tenfold_units::Instant;
//! let deadline = Deadline::after(Instant::ZERO, Duration::from_millis(100));
//! let now = Instant::ZERO + Duration::from_millis(30);
//! assert_eq!(deadline.grpc_timeout(now).as_deref(), Some("70000000n"));
//! assert!(!deadline.has_passed(now));
//! ```
//!
//! Source: gRPC over HTTP/2 specification, `grpc-timeout`; SRE book, chapter 22.

#[cfg(test)]
mod tests;

use core::time::Duration;

use tenfold_units::Instant;

/// The instant after which nobody waits, if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// Somebody waits for ever.
    pub const NEVER: Self = Self(Instant::MAX);

    /// Returns the deadline `timeout` from now.
    #[must_use]
    pub fn after(now: Instant, timeout: Duration) -> Self {
        Self(now + timeout)
    }

    /// Returns the instant, or `None` for never.
    #[must_use]
    pub fn instant(self) -> Option<Instant> {
        (self != Self::NEVER).then_some(self.0)
    }

    /// Returns the time left; zero once it has passed, `None` for never.
    #[must_use]
    pub fn left(self, now: Instant) -> Option<Duration> {
        self.instant().map(|end| end.saturating_since(now))
    }

    /// Returns whether nobody waits any more.
    #[must_use]
    pub fn has_passed(self, now: Instant) -> bool {
        self != Self::NEVER && now >= self.0
    }

    /// Returns the deadline for a callee: no later than `timeout` from now, and early enough to
    /// leave `reserve` for this hop's own work on the answer.
    #[must_use]
    pub fn for_callee(self, now: Instant, timeout: Duration, reserve: Duration) -> Self {
        let own = Self::after(now, timeout);
        if self == Self::NEVER { own } else { own.min(Self(self.0 - reserve)) }
    }

    /// Returns the value of the header `grpc-timeout` for a call sent now: the time left in the
    /// finest unit that fits eight digits, rounded down; `None` for never.
    #[must_use]
    pub fn grpc_timeout(self, now: Instant) -> Option<String> {
        let nanos = self.left(now)?.as_nanos();
        GRPC_UNITS
            .iter()
            .rev()
            .find(|(_, size)| nanos / size <= 99_999_999)
            .map(|(unit, size)| format!("{}{unit}", nanos / size))
    }

    /// Returns the deadline of a call that arrived now with this `grpc-timeout`, or `None` when the
    /// header is malformed (an absent header is [`Deadline::NEVER`]).
    #[must_use]
    pub fn from_grpc_timeout(now: Instant, header: &str) -> Option<Self> {
        let unit = header.chars().last()?;
        let digits = &header[..header.len() - unit.len_utf8()];
        let (_, size) = GRPC_UNITS.iter().find(|(name, _)| *name == unit)?;
        let short = (1..=8).contains(&digits.len());
        if !short || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let nanos = digits.parse::<u128>().ok()? * size;
        let timeout = u64::try_from(nanos).map_or(Duration::MAX, Duration::from_nanos);
        Some(Self::after(now, timeout))
    }
}

/// Unit letters and nanoseconds, coarsest first.
const GRPC_UNITS: [(char, u128); 6] = [
    ('H', 3_600_000_000_000),
    ('M', 60_000_000_000),
    ('S', 1_000_000_000),
    ('m', 1_000_000),
    ('u', 1_000),
    ('n', 1),
];
