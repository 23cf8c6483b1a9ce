//! UUID version 7: 128-bit ids that sort by time and need no machine number.
//!
//! ```text
//!   48 bits: Unix ms │ 7 │ 12 bits: counter │ 10 │ 62 bits: random
//! ```
//!
//! **Use it** for keys of rows and events that many machines make. **Not** where the time of creation
//! must stay private.
//!
//! Within a millisecond, and while the clock is behind, the 12 bits count up from a random start and
//! then borrow from the time, so that the ids of one generator always rise.
//!
//! ```
//! use tenfold_patterns::Uuid7;
//! use tenfold_units::Seed;
//! let mut ids = Uuid7::new(Seed(1).stream("ids"));
//! let (first, second) = (ids.next_id(1_645_557_742_000), ids.next_id(1_645_557_742_000));
//! assert!(first < second && first.to_string().starts_with("017f22e2-79b0-7"));
//! ```
//!
//! Source: RFC 9562, sections 5.7 and 6.2 (method 1).

#[cfg(test)]
mod tests;

use core::fmt;

use tenfold_units::random::Stream;

/// A UUID of version 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid(u128);

impl Uuid {
    /// Returns the id as a number.
    #[must_use]
    pub const fn as_u128(self) -> u128 {
        self.0
    }

    /// Returns the Unix time in milliseconds at which it was made.
    #[must_use]
    pub const fn unix_ms(self) -> u64 {
        (self.0 >> 80) as u64
    }

    /// Returns the id that a text in the usual form names, if it is of version 7.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let dashes = [8, 13, 18, 23];
        let formed = text.len() == 36
            && text.bytes().enumerate().all(|(i, byte)| {
                if dashes.contains(&i) { byte == b'-' } else { byte.is_ascii_hexdigit() }
            });
        let digits: String = text.chars().filter(|c| *c != '-').collect();
        let id = u128::from_str_radix(&digits, 16).ok().filter(|_| formed)?;
        let (version, variant) = (id >> 76 & 15, id >> 62 & 3);
        (version == 7 && variant == 2).then_some(Self(id))
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", self.0);
        let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
        f.write_str(&parts.join("-"))
    }
}

/// A generator of UUIDs.
#[derive(Clone, Debug)]
pub struct Uuid7 {
    stream: Stream,
    /// Time and counter of the last id: 48 and 12 bits.
    last: u64,
}

impl Uuid7 {
    /// Returns a generator that draws from `stream`, which has to be seeded from real entropy where
    /// ids are made for real.
    #[must_use]
    pub const fn new(stream: Stream) -> Self {
        Self { stream, last: 0 }
    }

    /// Returns an id for this Unix time in milliseconds, above all before.
    pub fn next_id(&mut self, unix_ms: u64) -> Uuid {
        // The counter starts in the lower half, so that a millisecond has room for 2,048 more.
        let start = (unix_ms & ((1 << 48) - 1)) << 12 | self.stream.next_u64() >> 53;
        self.last = start.max(self.last + 1);
        let (time, counter) = (u128::from(self.last >> 12), u128::from(self.last & 0xfff));
        let random = u128::from(self.stream.next_u64() >> 2);
        Uuid(time << 80 | 7 << 76 | counter << 64 | 2 << 62 | random)
    }
}
