//! Base62 codes: numbers as short texts, permuted so that they cannot be counted through.
//!
//! ```text
//!   counter ─► Feistel permutation of 0 … 62^length − 1 (keyed) ─► digits 0-9 A-Z a-z ─► "3kTMd9q"
//!   code    ─► digits ─► inverse permutation ─► counter
//! ```
//!
//! **Use it** for the codes of short links made from [counter ranges](crate::id_ranges). **Not** as
//! secrecy: the permutation hides order and number, it does not protect what a code leads to.
//!
//! All codes have the same length, every number below 62^length has one, and no two share one.
//! Digits are `0-9A-Za-z`, the order of ASCII, so that unpermuted codes sort as their numbers.
//!
//! ```
//! use tenfold_patterns::{Base62, Base62Options};
//! let codes = Base62::new(Base62Options { length: 7, key: Some(42) }).unwrap();
//! let code = codes.encode(1).unwrap();
//! assert_eq!(code.len(), 7);
//! assert_eq!(codes.decode(&code), Some(1));
//! ```
//!
//! Source: Black, Rogaway, "Ciphers with Arbitrary Finite Domains", CT-RSA 2002 (Feistel network and
//! cycle walking).

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::options::{Check, InvalidOptions};

/// The longest code.
pub const MAX_LENGTH: usize = 10;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Rounds of the network; four are the least for a good permutation.
const ROUNDS: u64 = 6;

/// The length of the codes and the key of the permutation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Base62Options {
    /// Characters: 1 to 10.
    pub length: u32,
    /// The key; absent: codes in the order of the numbers.
    #[serde(default)]
    pub key: Option<u64>,
}

/// A code of numbers by texts.
#[derive(Clone, Copy, Debug)]
pub struct Base62 {
    options: Base62Options,
    capacity: u64,
    /// Bits in each half of the network.
    half: u32,
}

impl Base62 {
    /// Returns the code.
    ///
    /// # Errors
    /// The length is out of its range.
    pub fn new(options: Base62Options) -> Result<Self, InvalidOptions> {
        let mut check = Check::default();
        check.that((1..=10).contains(&options.length), "length", "must be from 1 to 10");
        check.done()?;
        let capacity = 62_u64.pow(options.length);
        let half = (u64::BITS - (capacity - 1).leading_zeros()).div_ceil(2);
        Ok(Self { options, capacity, half })
    }

    /// Returns how many numbers have a code: 62 to the power of the length.
    #[must_use]
    pub const fn capacity(&self) -> u64 {
        self.capacity
    }

    /// Returns the code of a number, or `None` when it is not below the capacity.
    #[must_use]
    pub fn encode(&self, number: u64) -> Option<String> {
        self.encode_into(number, &mut [0; MAX_LENGTH]).map(str::to_owned)
    }

    /// As [`Base62::encode`], into the beginning of `buffer` and without an allocation; `None` also
    /// when the buffer is shorter than a code.
    ///
    /// ```
    /// use tenfold_patterns::{Base62, Base62Options, base62::MAX_LENGTH};
    /// let codes = Base62::new(Base62Options { length: 3, key: None }).unwrap();
    /// let mut buffer = [0; MAX_LENGTH];
    /// assert_eq!(codes.encode_into(62 * 62 + 61, &mut buffer), Some("10z"));
    /// ```
    pub fn encode_into<'b>(&self, number: u64, buffer: &'b mut [u8]) -> Option<&'b str> {
        if number >= self.capacity {
            return None;
        }
        let code = buffer.get_mut(..self.options.length as usize)?;
        let mut rest = self.walk(number, false);
        for digit in code.iter_mut().rev() {
            *digit = DIGITS[(rest % 62) as usize];
            rest /= 62;
        }
        core::str::from_utf8(code).ok()
    }

    /// Returns the number of a code, or `None` when it is not one.
    #[must_use]
    pub fn decode(&self, code: &str) -> Option<u64> {
        if code.len() != self.options.length as usize {
            return None;
        }
        let mut number = 0;
        for byte in code.bytes() {
            let digit = match byte {
                b'0'..=b'9' => byte - b'0',
                b'A'..=b'Z' => byte - b'A' + 10,
                b'a'..=b'z' => byte - b'a' + 36,
                _ => return None,
            };
            number = number * 62 + u64::from(digit);
        }
        Some(self.walk(number, true))
    }

    /// Permutes until the result is in range again: twice at most on average.
    fn walk(&self, mut number: u64, back: bool) -> u64 {
        let Some(key) = self.options.key else { return number };
        loop {
            number = self.permute(number, key, back);
            if number < self.capacity {
                return number;
            }
        }
    }

    fn permute(&self, number: u64, key: u64, back: bool) -> u64 {
        let mask = (1 << self.half) - 1;
        let (mut left, mut right) = (number >> self.half, number & mask);
        for round in 0..ROUNDS {
            if back {
                let round = ROUNDS - 1 - round;
                (left, right) = (right ^ (mix(left, key, round) & mask), left);
            } else {
                (left, right) = (right, left ^ (mix(right, key, round) & mask));
            }
        }
        left << self.half | right
    }
}

/// The round function: a hash of half, key and round.
fn mix(half: u64, key: u64, round: u64) -> u64 {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&half.to_le_bytes());
    bytes[8..].copy_from_slice(&round.to_le_bytes());
    xxhash_rust::xxh64::xxh64(&bytes, key)
}
