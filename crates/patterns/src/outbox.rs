//! Outbox relay: events written with the data, in one transaction, reach the broker at least once.
//!
//! ```text
//!   transaction: row + outbox row (status new)
//!   relay:  Claim(n) ─► rows ─► Publish(row) ─► broker has it ─► MarkSent(row)
//!             ▲ new rows by status, whatever their number     failed: again after back-off
//! ```
//!
//! **Use it** wherever data and an event about it must not disagree. **Not** to get exactly-once:
//! a crash between broker and mark sends the event again; consumers ignore ids that they know.
//!
//! It is a node: `handle_…`, drain [`Outbox::poll_output`], wait for [`Outbox::poll_timeout`].
//! Pitfalls that it avoids: rows are found by status, never by "number above the last", as a lower
//! number may be committed later and would be skipped; events of one key go out in order, the next
//! only after the broker has the one before; a claim is never larger than what may be in flight. Rows
//! of a relay that died become claimable again in the store, by the age of their claim.
//!
//! ```
//! use tenfold_patterns::{Outbox, OutboxOptions, OutboxOutput};
//! use tenfold_units::Instant;
//! let mut relay: Outbox<&str> = Outbox::new(OutboxOptions::tenfold()).unwrap();
//! relay.handle_timeout(Instant::ZERO);
//! assert_eq!(relay.poll_output(), Some(OutboxOutput::Claim { rows: 100 }));
//! relay.handle_claimed(Instant::ZERO, vec![(7, "order 1")]);
//! assert_eq!(relay.poll_output(), Some(OutboxOutput::Publish { row: 7 }));
//! ```
//!
//! Source: C. Richardson, *Microservices Patterns*, 2018 (transactional outbox).

#[cfg(test)]
mod tests;

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::Instant;

use crate::event::{Event, Events};
use crate::options::{Check, InvalidOptions};

/// How much is under way, and how often is looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutboxOptions {
    /// Rows claimed and not sent yet, at most; at least 1.
    pub max_in_flight: u32,
    /// How often the store is asked when it had nothing.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub poll_every: Duration,
    /// How long a row waits after the broker refused it.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub retry_after: Duration,
}

impl OutboxOptions {
    /// Ours: 100 rows, every 100 ms, again after 1 s.
    #[must_use]
    pub const fn tenfold() -> Self {
        Self {
            max_in_flight: 100,
            poll_every: Duration::from_millis(100),
            retry_after: Duration::from_secs(1),
        }
    }

    fn check(&self) -> Result<(), InvalidOptions> {
        let mut check = Check::default();
        check.that(self.max_in_flight > 0, "max_in_flight", "must be at least 1");
        check.that(!self.poll_every.is_zero(), "poll_every", "must be above 0s");
        check.done()
    }
}

/// What the shell has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutboxOutput {
    /// Claim up to so many new rows (`FOR UPDATE SKIP LOCKED`, by key in order of row), then call
    /// [`Outbox::handle_claimed`].
    Claim {
        /// How many.
        rows: u32,
    },
    /// Send a row's event to the broker, then call [`Outbox::handle_published`].
    Publish {
        /// Which one.
        row: u64,
    },
    /// Mark a row as sent, or delete it.
    MarkSent {
        /// Which one.
        row: u64,
    },
}

impl Events for OutboxOutput {
    /// An event is admitted when the broker has it; claims and attempts are none.
    fn events(&self, sink: &mut impl FnMut(Event)) {
        if matches!(self, Self::MarkSent { .. }) {
            sink(Event::Admitted);
        }
    }
}

/// The relay; `K` is what orders events: those of one key go out one after the other.
#[derive(Clone, Debug)]
pub struct Outbox<K> {
    options: OutboxOptions,
    /// Rows of each key, the first of which is on its way or waits for its next try.
    keys: BTreeMap<K, VecDeque<u64>>,
    /// The key of each row.
    rows: BTreeMap<u64, K>,
    retries: BTreeMap<(Instant, u64), ()>,
    claiming: bool,
    next_poll: Instant,
    outputs: VecDeque<OutboxOutput>,
}

impl<K: Clone + Ord> Outbox<K> {
    /// Returns a relay that has claimed nothing.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: OutboxOptions) -> Result<Self, InvalidOptions> {
        options.check()?;
        Ok(Self {
            options,
            keys: BTreeMap::new(),
            rows: BTreeMap::new(),
            retries: BTreeMap::new(),
            claiming: false,
            next_poll: Instant::ZERO,
            outputs: VecDeque::new(),
        })
    }

    /// Takes in the rows that a claim found, each with its key, in the order of their keys.
    pub fn handle_claimed(&mut self, now: Instant, rows: Vec<(u64, K)>) {
        self.claiming = false;
        // Where there was something there may be more.
        self.next_poll = if rows.is_empty() { now + self.options.poll_every } else { now };
        for (row, key) in rows {
            if self.rows.contains_key(&row) {
                continue;
            }
            self.rows.insert(row, key.clone());
            let queue = self.keys.entry(key).or_default();
            queue.push_back(row);
            if queue.len() == 1 {
                self.outputs.push_back(OutboxOutput::Publish { row });
            }
        }
        self.handle_timeout(now);
    }

    /// Takes note of whether the broker has a row's event for good.
    pub fn handle_published(&mut self, now: Instant, row: u64, stored: bool) {
        let Some(key) = self.rows.get(&row) else { return };
        if !stored {
            self.retries.insert((now + self.options.retry_after, row), ());
            return;
        }
        let queue = self.keys.get_mut(key).expect("a row is in its key's queue");
        queue.pop_front();
        match queue.front() {
            Some(next) => self.outputs.push_back(OutboxOutput::Publish { row: *next }),
            None => {
                self.keys.remove(key);
            }
        }
        self.rows.remove(&row);
        self.outputs.push_back(OutboxOutput::MarkSent { row });
        self.handle_timeout(now);
    }

    /// Does what is due; before its time a no-op.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(retry) = self.retries.first_entry() {
            let (at, row) = *retry.key();
            if at > now {
                break;
            }
            retry.remove();
            self.outputs.push_back(OutboxOutput::Publish { row });
        }
        let room = self.options.max_in_flight.saturating_sub(self.rows.len() as u32);
        if !self.claiming && room > 0 && now >= self.next_poll {
            self.claiming = true;
            self.outputs.push_back(OutboxOutput::Claim { rows: room });
        }
    }

    /// Returns the next thing to do.
    pub fn poll_output(&mut self) -> Option<OutboxOutput> {
        self.outputs.pop_front()
    }

    /// Returns when to call [`Outbox::handle_timeout`], and why.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        let retry = self.retries.first_key_value().map(|((at, _), ())| (*at, "publish again"));
        let room = self.rows.len() < self.options.max_in_flight as usize;
        let poll = (!self.claiming && room).then_some((self.next_poll, "look for new rows"));
        [retry, poll].into_iter().flatten().min()
    }

    /// Takes new options; rows in flight stay, and retries keep their time.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&mut self, options: OutboxOptions) -> Result<(), InvalidOptions> {
        options.check()?;
        self.options = options;
        Ok(())
    }

    /// Returns the number of rows claimed and not sent.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.rows.len()
    }
}
