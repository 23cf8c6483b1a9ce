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

/// Characters of an id's usual form.
pub const TEXT_LENGTH: usize = 36;
const DASHES: [usize; 4] = [8, 13, 18, 23];

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

    /// Writes the usual form into `buffer` and returns it, without an allocation.
    ///
    /// ```
    /// use tenfold_patterns::{Uuid, uuid7::TEXT_LENGTH};
    /// let text = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
    /// let id = Uuid::parse(text).unwrap();
    /// assert_eq!(id.encode_into(&mut [0; TEXT_LENGTH]), text);
    /// ```
    pub fn encode_into(self, buffer: &mut [u8; TEXT_LENGTH]) -> &str {
        let mut rest = self.0;
        for (place, byte) in buffer.iter_mut().enumerate().rev() {
            if DASHES.contains(&place) {
                *byte = b'-';
            } else {
                *byte = b"0123456789abcdef"[(rest & 15) as usize];
                rest >>= 4;
            }
        }
        core::str::from_utf8(buffer).expect("digits and dashes are ASCII")
    }

    /// Returns the id that a text in the usual form names, if it is of version 7.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != TEXT_LENGTH {
            return None;
        }
        let mut id = 0;
        for (place, byte) in text.bytes().enumerate() {
            if DASHES.contains(&place) {
                if byte != b'-' {
                    return None;
                }
            } else {
                id = id << 4 | u128::from(char::from(byte).to_digit(16)?);
            }
        }
        let (version, variant) = (id >> 76 & 15, id >> 62 & 3);
        (version == 7 && variant == 2).then_some(Self(id))
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.encode_into(&mut [0; TEXT_LENGTH]))
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
