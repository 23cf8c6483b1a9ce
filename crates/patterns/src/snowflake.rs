//! Snowflake: 64-bit ids that sort by time, made on each node alone.
//!
//! ```text
//!   0 │ 41 bits: ms since the epoch │ 10 bits: machine │ 12 bits: sequence within the ms
//!   clock behind the last id ─► Behind { wait };  4,096 in one ms ─► Exhausted { wait }
//! ```
//!
//! **Use it** for ids that sort by time and are made on many machines. **Not** where ids must not be
//! guessed, and not without a unique machine number (lease it).
//!
//! Pitfall that it avoids: when the clock steps back it refuses and says for how long, instead of
//! repeating ids. After a restart it knows nothing of the ids before: wait until the clock is past
//! the last persisted time, or take a new machine number.
//!
//! ```
//! use tenfold_patterns::{Snowflake, SnowflakeDecision, SnowflakeOptions};
//! let mut ids = Snowflake::new(SnowflakeOptions::twitter(378)).unwrap();
//! let id = ids.next_id(1_656_432_460_105);
//! assert_eq!(id, SnowflakeDecision::Id(1_541_815_603_606_036_480));
//! ```
//!
//! Source: Twitter Snowflake, 2010.

#[cfg(test)]
mod tests;

use core::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::{Event, Events};
use crate::options::{Check, InvalidOptions};
use crate::planted;

/// Whose ids, since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SnowflakeOptions {
    /// Unix time of the first millisecond, in milliseconds.
    pub epoch_unix_ms: u64,
    /// The number of this machine: below 1,024; unique.
    pub machine: u16,
}

impl SnowflakeOptions {
    /// Twitter's epoch: 2010-11-04 01:42:54.657 UTC; ids last until 2080.
    #[must_use]
    pub const fn twitter(machine: u16) -> Self {
        Self { epoch_unix_ms: 1_288_834_974_657, machine }
    }
}

/// The next id, if there can be one now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum SnowflakeDecision {
    /// A new id, above all before.
    Id(u64),
    /// The clock is behind the last id by this time: wait for it.
    Behind(Duration),
    /// All ids of this millisecond are used: wait for the next.
    Exhausted,
    /// The time is before the epoch or 69 years after it.
    OutOfRange,
}

impl Events for SnowflakeDecision {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        sink(match self {
            Self::Id(_) => Event::Admitted,
            Self::Behind(_) => Event::Refused { reason: "clock-behind" },
            Self::Exhausted => Event::Refused { reason: "exhausted" },
            Self::OutOfRange => Event::Refused { reason: "out-of-range" },
        });
    }
}

/// The parts of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnowflakeParts {
    /// Unix time in milliseconds.
    pub unix_ms: u64,
    /// The machine that made it.
    pub machine: u16,
    /// Its place among the ids of that millisecond.
    pub sequence: u16,
}

/// A machine's ids.
#[derive(Clone, Debug)]
pub struct Snowflake {
    options: SnowflakeOptions,
    /// Milliseconds since the epoch and sequence of the last id.
    last: Option<(u64, u16)>,
}

impl Snowflake {
    /// Returns a machine that has made no id yet.
    ///
    /// # Errors
    /// The machine number is 1,024 or above.
    pub fn new(options: SnowflakeOptions) -> Result<Self, InvalidOptions> {
        let mut check = Check::default();
        check.that(options.machine < 1_024, "machine", "must be below 1024");
        check.done()?;
        Ok(Self { options, last: None })
    }

    /// Returns the next id at this Unix time in milliseconds.
    pub fn next_id(&mut self, unix_ms: u64) -> SnowflakeDecision {
        let Some(now) = unix_ms.checked_sub(self.options.epoch_unix_ms).filter(|ms| ms >> 41 == 0)
        else {
            return SnowflakeDecision::OutOfRange;
        };
        let sequence = match self.last {
            Some((last, _)) if now < last && !planted::is("snowflake-ignores-clock") => {
                return SnowflakeDecision::Behind(Duration::from_millis(last - now));
            }
            Some((last, 4_095)) if now == last => return SnowflakeDecision::Exhausted,
            Some((last, sequence)) if now == last => sequence + 1,
            _ => 0,
        };
        self.last = Some((now, sequence));
        let machine = u64::from(self.options.machine);
        SnowflakeDecision::Id(now << 22 | machine << 12 | u64::from(sequence))
    }

    /// Takes another machine number (a new lease). The epoch cannot change: ids would repeat.
    ///
    /// # Errors
    /// The machine number is 1,024 or above, or the epoch another one; the old options then stay.
    pub fn set_options(&mut self, options: SnowflakeOptions) -> Result<(), InvalidOptions> {
        let new = Self::new(options)?;
        let mut check = Check::default();
        let same = options.epoch_unix_ms == self.options.epoch_unix_ms;
        check.that(same, "epoch_unix_ms", "must stay");
        check.done()?;
        self.options = new.options;
        Ok(())
    }

    /// Returns what an id is made of, by this machine's epoch.
    #[must_use]
    pub const fn parts(&self, id: u64) -> SnowflakeParts {
        SnowflakeParts {
            unix_ms: (id >> 22) + self.options.epoch_unix_ms,
            machine: (id >> 12 & 1_023) as u16,
            sequence: (id & 4_095) as u16,
        }
    }
}
