//! Counter ranges: unique numbers without a call per number.
//!
//! ```text
//!   store: next = 3,000,000 ── lease a block ─► node: 2,000,000 … 2,999,999
//!   low on numbers? ─► NeedBlock (early), two blocks at most ─► add_block
//! ```
//!
//! **Use it** for short codes and row ids where each write cannot wait for a shared counter. **Not**
//! where numbers must be without gaps (invoices): a crash loses the rest of a block.
//!
//! Pitfalls that it avoids: a block is asked for before the last one is used up; a block that was
//! given already, or goes back, is refused (`add_block` answers false), as it would repeat numbers.
//! The store has to move its counter before it hands a block out. Numbers that follow each other can
//! be guessed: pass them through [`Base62`](crate::Base62) with a permutation.
//!
//! ```
//! use tenfold_patterns::{IdRanges, IdRangesDecision};
//! let mut ids = IdRanges::new(100).unwrap();
//! assert_eq!(ids.next_id(), IdRangesDecision::Empty);
//! assert!(ids.add_block(5_000, 1_000));
//! assert_eq!(ids.next_id(), IdRangesDecision::Id { id: 5_000, need_block: false });
//! ```
//!
//! Source: the hi/lo algorithm (Ambler, *Building Object Applications That Work*, 1997).

#[cfg(test)]
mod tests;

use crate::event::{Event, Events};
use crate::options::{Check, InvalidOptions};

/// The next number, if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum IdRangesDecision {
    /// A number that nobody else has.
    Id {
        /// The number.
        id: u64,
        /// Whether to lease a block now, before these run out.
        need_block: bool,
    },
    /// None is left: lease a block first.
    Empty,
}

impl Events for IdRangesDecision {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        sink(match self {
            Self::Id { .. } => Event::Admitted,
            Self::Empty => Event::Refused { reason: "empty" },
        });
    }
}

/// A node's leased numbers.
#[derive(Clone, Debug)]
pub struct IdRanges {
    low_water: u64,
    /// Next and end of the block in use, then of the one in reserve.
    blocks: [(u64, u64); 2],
    /// Numbers below were leased before.
    leased: u64,
}

impl IdRanges {
    /// Returns a node without numbers that asks for a block when at most `low_water` are left: as many
    /// as are used while a lease takes.
    ///
    /// # Errors
    /// `low_water` is 0.
    pub fn new(low_water: u64) -> Result<Self, InvalidOptions> {
        let mut check = Check::default();
        check.that(low_water > 0, "low_water", "must be at least 1");
        check.done()?;
        Ok(Self { low_water, blocks: [(0, 0); 2], leased: 0 })
    }

    /// Takes a block of `length` numbers from `first`; says whether it did: not if it is empty,
    /// reaches beyond 2^64, overlaps or precedes an earlier one, or there are two already.
    #[must_use]
    pub fn add_block(&mut self, first: u64, length: u64) -> bool {
        let Some(end) = first.checked_add(length) else { return false };
        if length == 0 || first < self.leased || self.blocks[1].0 < self.blocks[1].1 {
            return false;
        }
        let place = usize::from(self.blocks[0].0 < self.blocks[0].1);
        self.blocks[place] = (first, end);
        self.leased = end;
        true
    }

    /// Returns the next number.
    pub fn next_id(&mut self) -> IdRangesDecision {
        if self.blocks[0].0 == self.blocks[0].1 {
            self.blocks = [self.blocks[1], (0, 0)];
        }
        let (next, end) = &mut self.blocks[0];
        if next == end {
            return IdRangesDecision::Empty;
        }
        let id = *next;
        *next += 1;
        let need_block = self.left() <= self.low_water && self.blocks[1] == (0, 0);
        IdRangesDecision::Id { id, need_block }
    }

    /// Takes a new low-water mark; the numbers stay.
    ///
    /// # Errors
    /// `low_water` is 0; the old mark then stays.
    pub fn set_low_water(&mut self, low_water: u64) -> Result<(), InvalidOptions> {
        self.low_water = Self::new(low_water)?.low_water;
        Ok(())
    }

    /// Returns how many numbers are left.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.blocks.iter().map(|(next, end)| end - next).sum()
    }
}
