//! A store with an outbox table, a relay, and a broker: transactions of a row and its event.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;

use tenfold_patterns::{Outbox, OutboxOptions, OutboxOutput};
use tenfold_patterns_tower::durable_log::DurableLog;
use tenfold_units::Instant;
use tenfold_units::random::Stream;

use crate::service::{Flaw, Folder, Service, Tell, acknowledged, numbers, open, record};

/// Kinds of records in the table: a transaction, and the mark that its event was sent.
const COMMITTED: u64 = 0;
const SENT: u64 = 1;
const KEYS: u64 = 4;

pub(crate) struct OutboxService<F: Folder> {
    relay: Outbox<u64>,
    flaw: Option<Flaw>,
    table: DurableLog<F::File>,
    /// Committed rows: key, and the number of the change among the key's.
    rows: BTreeMap<u64, (u64, u64)>,
    /// Rows that are committed, durable and not sent.
    new: BTreeSet<u64>,
    claimed: BTreeSet<u64>,
    unsynced: Vec<u64>,
    /// Transactions that have a row number and are not committed, by key: a lower number may
    /// commit after a higher one.
    open: BTreeMap<u64, u64>,
    next_row: u64,
    changes: BTreeMap<u64, u64>,
    to_publish: Vec<u64>,
    claim: Option<u32>,
    topic: DurableLog<F::File>,
    /// Events in the order of the broker: row, key, number.
    events: Vec<[u64; 3]>,
    now: Instant,
}

impl<F: Folder> OutboxService<F> {
    fn commit(&mut self, key: u64, row: u64, tell: Tell<'_>) -> io::Result<()> {
        let change = self.changes.get(&key).map_or(1, |last| last + 1);
        self.table.append(&record([COMMITTED, row, key, change]))?;
        self.changes.insert(key, change);
        self.rows.insert(row, (key, change));
        self.unsynced.push(row);
        if self.flaw.is_some() {
            tell(format!("ack {row} {key} {change}"));
        }
        Ok(())
    }

    fn sync(&mut self, tell: Tell<'_>) -> io::Result<()> {
        self.table.sync()?;
        for row in std::mem::take(&mut self.unsynced) {
            let (key, change) = self.rows[&row];
            tell(format!("ack {row} {key} {change}"));
            self.new.insert(row);
        }
        Ok(())
    }

    fn publish(&mut self, row: u64, reaches: bool, answers: bool) -> io::Result<()> {
        if reaches {
            let (key, change) = self.rows[&row];
            self.topic.append(&record([row, key, change]))?;
            self.topic.sync()?;
            self.events.push([row, key, change]);
        }
        self.relay.handle_published(self.now, row, reaches && answers);
        Ok(())
    }

    fn drain(&mut self) -> io::Result<()> {
        while let Some(output) = self.relay.poll_output() {
            match output {
                OutboxOutput::Claim { rows } => self.claim = Some(rows),
                OutboxOutput::Publish { row } => self.to_publish.push(row),
                OutboxOutput::MarkSent { row } => {
                    // Need not be durable: at worst the event goes out again.
                    self.table.append(&record([SENT, row, 0, 0]))?;
                    self.new.remove(&row);
                    self.claimed.remove(&row);
                }
            }
        }
        if let Some(rows) = self.claim.take() {
            // By status, in the order of each key's changes.
            let mut free: Vec<u64> = self.new.difference(&self.claimed).copied().collect();
            free.sort_by_key(|row| self.rows[row]);
            free.truncate(rows as usize);
            self.claimed.extend(&free);
            let found = free.into_iter().map(|row| (row, self.rows[&row].0)).collect();
            self.relay.handle_claimed(self.now, found);
        }
        Ok(())
    }
}

impl<F: Folder> Service<F> for OutboxService<F> {
    fn open(folder: &F, _life: u64, flaw: Option<Flaw>) -> io::Result<Self> {
        let (table, records) = open(folder, "table")?;
        let (mut rows, mut new) = (BTreeMap::new(), BTreeSet::new());
        let mut changes = BTreeMap::new();
        for each in &records {
            let [kind, row, key, change] = numbers(each);
            if kind == SENT {
                new.remove(&row);
            } else {
                rows.insert(row, (key, change));
                changes.insert(key, change);
                new.insert(row);
            }
        }
        let next_row = rows.keys().next_back().map_or(0, |row| row + 1);
        let (topic, records) = open(folder, "topic")?;
        let options = OutboxOptions { max_in_flight: 6, ..OutboxOptions::tenfold() };
        Ok(Self {
            relay: Outbox::new(options).expect("good options"),
            flaw,
            table,
            rows,
            new,
            claimed: BTreeSet::new(),
            unsynced: Vec::new(),
            open: BTreeMap::new(),
            next_row,
            changes,
            to_publish: Vec::new(),
            claim: None,
            topic,
            events: records.iter().map(|record| numbers(record)).collect(),
            now: Instant::ZERO,
        })
    }

    fn step(&mut self, stream: &mut Stream, tell: Tell<'_>) -> io::Result<()> {
        self.now += Duration::from_millis(stream.below(200));
        match stream.below(6) {
            0 | 1 => {
                // A transaction takes its number, and the lock on its key, long before it commits.
                let key = stream.below(KEYS);
                if !self.open.contains_key(&key) {
                    self.open.insert(key, self.next_row);
                    self.next_row += 1;
                }
            }
            2 => {
                let key = stream.below(KEYS);
                if let Some(row) = self.open.remove(&key) {
                    self.commit(key, row, tell)?;
                }
            }
            3 => self.sync(tell)?,
            4 => self.relay.handle_timeout(self.now),
            _ if self.to_publish.is_empty() => {}
            _ => {
                let index = stream.below(self.to_publish.len() as u64) as usize;
                let row = self.to_publish.swap_remove(index);
                self.publish(row, stream.chance(0.8), stream.chance(0.8))?;
            }
        }
        self.drain()
    }

    fn finish(&mut self, tell: Tell<'_>) -> io::Result<()> {
        while !self.new.is_empty() || !self.unsynced.is_empty() || self.relay.in_flight() > 0 {
            self.now += Duration::from_millis(500);
            self.sync(tell)?;
            self.relay.handle_timeout(self.now);
            self.drain()?;
            for row in std::mem::take(&mut self.to_publish) {
                self.publish(row, true, true)?;
            }
            self.drain()?;
        }
        Ok(())
    }

    fn check(&self, told: &[String]) -> Result<(), String> {
        for line in told {
            let [row, key, change] = acknowledged(line);
            if !self.events.contains(&[row, key, change]) {
                return Err(format!("{line} never reached the broker"));
            }
        }
        // A consumer that ignores ids that it knows sees each change of a key once, in order.
        let (mut known, mut seen) = (BTreeSet::new(), BTreeMap::new());
        for [row, key, change] in &self.events {
            if !known.insert(*row) {
                continue;
            }
            let last: &mut u64 = seen.entry(*key).or_default();
            if *change != *last + 1 {
                return Err(format!("key {key}: change {change} came after {last}"));
            }
            *last = *change;
        }
        let changes = &self.changes;
        if seen == *changes { Ok(()) } else { Err(format!("{seen:?} of {changes:?} arrived")) }
    }
}
