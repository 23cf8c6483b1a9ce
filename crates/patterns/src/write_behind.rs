//! Write-behind: writes are acknowledged from a durable log and reach the store in batches later.
//!
//! ```text
//!   write ─► Log(sequence) ─► handle_logged ─► Acknowledge ─► pending, newest value per key
//!                                                               │ full batch, or `flush_after`
//!   Forget(log ≤ sequence) ◄─ handle_flushed(ok) ◄─ Flush(batch) ┘   failed: again after back-off
//! ```
//!
//! **Use it** to take bursts of overwrites off a store. **Not** where readers of the store must see a
//! write at once, and not without a log that survives the process.
//!
//! It is a node: call a `handle_…`, then drain [`WriteBehind::poll_output`], then wait for
//! [`WriteBehind::poll_timeout`]. Pitfalls that it avoids: nothing is acknowledged before the log has
//! it; of one key at most one value is on its way to the store, so the order holds; a later value
//! replaces an earlier one that still waits; the buffer is bounded, a full one refuses; after a crash
//! [`WriteBehind::recover`] takes the log's entries in again. A flush may happen twice: the store has
//! to ignore a sequence number that is not above the one it has for the key.
//!
//! ```
//! use tenfold_patterns::{WriteBehind, WriteBehindOptions, WriteBehindOutput};
//! use tenfold_units::Instant;
//! let mut node = WriteBehind::new(WriteBehindOptions::tenfold()).unwrap();
//! let sequence = node.handle_write(Instant::ZERO, "cart", 3).sequence().unwrap();
//! assert!(matches!(node.poll_output(), Some(WriteBehindOutput::Log(_))));
//! node.handle_logged(Instant::ZERO, sequence);
//! assert_eq!(node.poll_output(), Some(WriteBehindOutput::Acknowledge { sequence }));
//! ```

#[cfg(test)]
mod tests;

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::Instant;

use crate::event::{Event, Events};
use crate::options::{Check, InvalidOptions};
use crate::planted;

/// How much is held back, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteBehindOptions {
    /// Keys with a value that is not in the store yet; at least 1. Beyond it writes are refused.
    pub max_pending: u32,
    /// Keys in one flush; at least 1.
    pub batch: u32,
    /// How long a value waits for others at most.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub flush_after: Duration,
    /// How long a failed flush waits before it is tried again.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub retry_after: Duration,
}

impl WriteBehindOptions {
    /// Ours: 10,000 keys, batches of 500, 100 ms; again after 1 s.
    #[must_use]
    pub const fn tenfold() -> Self {
        Self {
            max_pending: 10_000,
            batch: 500,
            flush_after: Duration::from_millis(100),
            retry_after: Duration::from_secs(1),
        }
    }

    fn check(&self) -> Result<(), InvalidOptions> {
        let mut check = Check::default();
        check.that(self.max_pending > 0, "max_pending", "must be at least 1");
        check.that(self.batch > 0, "batch", "must be at least 1");
        check.done()
    }
}

/// A write, in the order of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteBehindEntry<K, V> {
    /// Its place in the log; never given twice.
    pub sequence: u64,
    /// What is written.
    pub key: K,
    /// Its value.
    pub value: V,
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum WriteBehindDecision {
    /// It was taken; [`WriteBehindOutput::Acknowledge`] follows when the log has it.
    Taken {
        /// Its place in the log.
        sequence: u64,
    },
    /// Too much waits for the log and the store: try later.
    Full,
}

impl WriteBehindDecision {
    /// Returns the place in the log of a write that was taken.
    #[must_use]
    pub const fn sequence(self) -> Option<u64> {
        match self {
            Self::Taken { sequence } => Some(sequence),
            Self::Full => None,
        }
    }
}

impl Events for WriteBehindDecision {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        sink(match self {
            Self::Taken { .. } => Event::Admitted,
            Self::Full => Event::Refused { reason: "full" },
        });
    }
}

/// What the shell has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteBehindOutput<K, V> {
    /// Make this durable, then call [`WriteBehind::handle_logged`].
    Log(WriteBehindEntry<K, V>),
    /// Tell the writer that its write is safe.
    Acknowledge {
        /// Which one.
        sequence: u64,
    },
    /// Write these to the store, then call [`WriteBehind::handle_flushed`].
    Flush {
        /// Its number.
        flush: u64,
        /// Values, each of another key, by sequence.
        entries: Vec<WriteBehindEntry<K, V>>,
    },
    /// The log may forget entries up to here, this one included.
    Forget {
        /// The last one that is in the store with all before it.
        sequence: u64,
    },
}

#[derive(Clone, Debug)]
struct Pending<V> {
    sequence: u64,
    value: V,
    since: Instant,
}

#[derive(Clone, Debug)]
struct Key<V> {
    /// The value that waits for a flush.
    waiting: Option<Pending<V>>,
    /// The flush that carries an earlier value, and its sequence number.
    flushing: Option<(u64, u64)>,
}

/// The write-behind node for keys `K` and values `V`.
#[derive(Clone, Debug)]
pub struct WriteBehind<K, V> {
    options: WriteBehindOptions,
    next_sequence: u64,
    next_flush: u64,
    /// Writes that the log does not have yet.
    logging: BTreeMap<u64, (K, V)>,
    keys: BTreeMap<K, Key<V>>,
    /// Keys with a waiting value and none on its way, by age and sequence of the value.
    queue: BTreeMap<(Instant, u64), K>,
    /// Flushes under way, and their entries for another try.
    flushes: BTreeMap<u64, Vec<WriteBehindEntry<K, V>>>,
    /// Failed flushes, by the time of the next try.
    retries: BTreeMap<(Instant, u64), Vec<WriteBehindEntry<K, V>>>,
    /// Sequence numbers that are not in the store yet, nor replaced by one that is.
    open: BTreeSet<u64>,
    /// Replaced before they were flushed: safe when the key's later one is.
    covers: BTreeMap<u64, Vec<u64>>,
    forgotten: Option<u64>,
    outputs: VecDeque<WriteBehindOutput<K, V>>,
}

impl<K: Clone + Ord, V: Clone> WriteBehind<K, V> {
    /// Returns a node with nothing to write.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: WriteBehindOptions) -> Result<Self, InvalidOptions> {
        options.check()?;
        Ok(Self {
            options,
            next_sequence: 0,
            next_flush: 0,
            logging: BTreeMap::new(),
            keys: BTreeMap::new(),
            queue: BTreeMap::new(),
            flushes: BTreeMap::new(),
            retries: BTreeMap::new(),
            open: BTreeSet::new(),
            covers: BTreeMap::new(),
            forgotten: None,
            outputs: VecDeque::new(),
        })
    }

    /// Takes in what the log holds after a crash, in its order; call it first. `last` is the highest
    /// sequence number that was ever durable, also of an entry forgotten since: the log has to keep
    /// it, or numbers would be given twice and the store would take new values for old ones.
    pub fn recover(&mut self, now: Instant, last: Option<u64>, log: Vec<WriteBehindEntry<K, V>>) {
        self.next_sequence = last.map_or(0, |last| last + 1);
        for entry in log {
            self.next_sequence = self.next_sequence.max(entry.sequence + 1);
            self.open.insert(entry.sequence);
            self.pend(now, entry);
        }
        self.flush(now);
    }

    /// Takes a write, if there is room.
    pub fn handle_write(&mut self, now: Instant, key: K, value: V) -> WriteBehindDecision {
        // A new key takes a place; so does every write that the log does not have yet.
        let pending = self.keys.len() + self.logging.len();
        if pending >= self.options.max_pending as usize {
            return WriteBehindDecision::Full;
        }
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        self.open.insert(sequence);
        self.logging.insert(sequence, (key.clone(), value.clone()));
        self.outputs.push_back(WriteBehindOutput::Log(WriteBehindEntry { sequence, key, value }));
        if planted::is("write-behind-acks-before-log") {
            self.outputs.push_front(WriteBehindOutput::Acknowledge { sequence });
        }
        self.handle_timeout(now);
        WriteBehindDecision::Taken { sequence }
    }

    /// Takes note that the log has an entry for good. Entries may come in any order.
    pub fn handle_logged(&mut self, now: Instant, sequence: u64) {
        let Some((key, value)) = self.logging.remove(&sequence) else { return };
        self.outputs.push_back(WriteBehindOutput::Acknowledge { sequence });
        self.pend(now, WriteBehindEntry { sequence, key, value });
        self.flush(now);
    }

    /// Takes note of how a flush went; a failed one is tried again.
    pub fn handle_flushed(&mut self, now: Instant, flush: u64, stored: bool) {
        let Some(entries) = self.flushes.remove(&flush) else { return };
        if !stored {
            self.retries.insert((now + self.options.retry_after, flush), entries);
            return;
        }
        for entry in entries {
            self.close(entry.sequence);
            let key = self.keys.get_mut(&entry.key).expect("its value was on its way");
            key.flushing = None;
            match &key.waiting {
                Some(waiting) => {
                    self.queue.insert((waiting.since, waiting.sequence), entry.key);
                }
                None => {
                    self.keys.remove(&entry.key);
                }
            }
        }
        self.forget();
        self.flush(now);
    }

    /// Does what is due; before its time a no-op.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(retry) = self.retries.first_entry() {
            if retry.key().0 > now {
                break;
            }
            let ((_, flush), entries) = retry.remove_entry();
            self.send(flush, entries);
        }
        self.flush(now);
    }

    /// Returns the next thing to do.
    pub fn poll_output(&mut self) -> Option<WriteBehindOutput<K, V>> {
        self.outputs.pop_front()
    }

    /// Returns when to call [`WriteBehind::handle_timeout`], and why.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        let retry = self.retries.first_key_value().map(|((at, _), _)| (*at, "try a flush again"));
        let flush = self.oldest().map(|since| (since + self.options.flush_after, "flush"));
        [retry, flush].into_iter().flatten().min()
    }

    /// Returns for how long the oldest value has waited for the store: the lag.
    #[must_use]
    pub fn lag(&self, now: Instant) -> Duration {
        let waiting = self.keys.values().filter_map(|key| key.waiting.as_ref());
        let oldest = waiting.map(|pending| pending.since).min();
        oldest.map_or(Duration::ZERO, |since| now.saturating_since(since))
    }

    /// Returns the number of keys whose newest value is not in the store.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.keys.len()
    }

    /// Takes new options; what waits stays, also where it is more than may wait now, and retries keep
    /// their time.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(
        &mut self,
        now: Instant,
        options: WriteBehindOptions,
    ) -> Result<(), InvalidOptions> {
        options.check()?;
        self.options = options;
        self.flush(now);
        Ok(())
    }

    /// When the oldest value in the queue came.
    fn oldest(&self) -> Option<Instant> {
        self.queue.first_key_value().map(|((since, _), _)| *since)
    }

    /// Puts a durable value in line.
    fn pend(&mut self, now: Instant, entry: WriteBehindEntry<K, V>) {
        let WriteBehindEntry { sequence, key, value } = entry;
        let slot = self.keys.entry(key.clone()).or_insert(Key { waiting: None, flushing: None });
        // The log may answer out of order: a later value may be there already, or on its way.
        let newest = slot.waiting.as_ref().map(|pending| pending.sequence);
        let newest = newest.max(slot.flushing.map(|(_, sequence)| sequence));
        if let Some(newest) = newest.filter(|newest| *newest > sequence) {
            self.covers.entry(newest).or_default().push(sequence);
            return;
        }
        let mut since = now;
        if let Some(old) = slot.waiting.take() {
            // The age stays, so that a key that is written all the time is flushed too.
            since = old.since;
            self.queue.remove(&(old.since, old.sequence));
            self.covers.entry(sequence).or_default().push(old.sequence);
        }
        slot.waiting = Some(Pending { sequence, value, since });
        if slot.flushing.is_none() {
            self.queue.insert((since, sequence), key);
        }
    }

    /// Sends what is due.
    fn flush(&mut self, now: Instant) {
        loop {
            let full = self.queue.len() >= self.options.batch as usize;
            let aged = self.oldest().is_some_and(|since| now >= since + self.options.flush_after);
            if self.queue.is_empty() || !(full || aged) {
                return;
            }
            let flush = self.next_flush;
            self.next_flush += 1;
            let mut entries = Vec::new();
            while entries.len() < self.options.batch as usize {
                let Some(((_, sequence), key)) = self.queue.pop_first() else { break };
                let slot = self.keys.get_mut(&key).expect("it is in the queue");
                let pending = slot.waiting.take().expect("it is in the queue");
                slot.flushing = Some((flush, sequence));
                entries.push(WriteBehindEntry { sequence, key, value: pending.value });
            }
            entries.sort_unstable_by_key(|entry| entry.sequence);
            self.send(flush, entries);
        }
    }

    fn send(&mut self, flush: u64, entries: Vec<WriteBehindEntry<K, V>>) {
        self.flushes.insert(flush, entries.clone());
        self.outputs.push_back(WriteBehindOutput::Flush { flush, entries });
    }

    /// An entry is in the store, and with it those that it replaced.
    fn close(&mut self, sequence: u64) {
        let mut closed = vec![sequence];
        while let Some(sequence) = closed.pop() {
            self.open.remove(&sequence);
            closed.extend(self.covers.remove(&sequence).unwrap_or_default());
        }
    }

    /// Lets the log forget what is closed with all before it.
    fn forget(&mut self) {
        let first_open = self.open.first().copied().unwrap_or(self.next_sequence);
        let last = first_open.checked_sub(1);
        if last > self.forgotten {
            self.forgotten = last;
            self.outputs.extend(last.map(|sequence| WriteBehindOutput::Forget { sequence }));
        }
    }
}
