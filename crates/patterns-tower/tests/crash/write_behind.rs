//! A key-value store behind a write-behind node: a log, and a store that takes batches.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use tenfold_patterns::{WriteBehind, WriteBehindEntry, WriteBehindOptions, WriteBehindOutput};
use tenfold_patterns_tower::durable_log::DurableLog;
use tenfold_units::Instant;
use tenfold_units::random::Stream;

use crate::service::{Flaw, Folder, Service, Tell, acknowledged, numbers, open, record};

/// In the log, a record with this key holds the last sequence number before it was rewritten.
const MARK: u64 = u64::MAX;
const KEYS: u64 = 5;

type Entry = WriteBehindEntry<u64, u64>;

pub(crate) struct WriteBehindService<F: Folder> {
    node: WriteBehind<u64, u64>,
    flaw: Option<Flaw>,
    log: DurableLog<F::File>,
    /// What the log holds, for when it is rewritten.
    logged: Vec<Entry>,
    unsynced: Vec<u64>,
    written: BTreeMap<u64, (u64, u64)>,
    flushes: Vec<(u64, Vec<Entry>)>,
    /// Batches in the order in which the store took them: sequence, key, value.
    store_log: DurableLog<F::File>,
    history: Vec<[u64; 3]>,
    /// The store: sequence and value of each key.
    store: BTreeMap<u64, (u64, u64)>,
    life: u64,
    count: u64,
    now: Instant,
}

impl<F: Folder> WriteBehindService<F> {
    fn drain(&mut self, tell: Tell<'_>) -> io::Result<()> {
        while let Some(output) = self.node.poll_output() {
            match output {
                WriteBehindOutput::Log(entry) => {
                    self.log.append(&record([entry.sequence, entry.key, entry.value]))?;
                    self.unsynced.push(entry.sequence);
                    self.written.insert(entry.sequence, (entry.key, entry.value));
                    if self.flaw.is_some() {
                        tell(format!("ack {} {} {}", entry.sequence, entry.key, entry.value));
                    }
                    self.logged.push(entry);
                }
                WriteBehindOutput::Acknowledge { sequence } => {
                    let (key, value) = self.written[&sequence];
                    tell(format!("ack {sequence} {key} {value}"));
                }
                WriteBehindOutput::Flush { flush, entries } => self.flushes.push((flush, entries)),
                WriteBehindOutput::Forget { sequence } => self.forget(sequence)?,
            }
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.log.sync()?;
        for sequence in std::mem::take(&mut self.unsynced) {
            self.node.handle_logged(self.now, sequence);
        }
        Ok(())
    }

    /// Rewrites the log without what the store has, when that is worth it.
    fn forget(&mut self, sequence: u64) -> io::Result<()> {
        self.logged.retain(|entry| entry.sequence > sequence);
        if !sequence.is_multiple_of(4) {
            return Ok(());
        }
        let mark = record([sequence, MARK, 0]);
        let rest = self.logged.iter().map(|it| record([it.sequence, it.key, it.value]));
        let records: Vec<Vec<u8>> = std::iter::once(mark).chain(rest).collect();
        self.log.rewrite(records.iter().map(Vec::as_slice))
    }

    /// Lets the store take a batch, or a part of it when it then fails.
    fn store(&mut self, index: usize, stored: bool, reached: usize) -> io::Result<()> {
        let (flush, entries) = self.flushes.swap_remove(index);
        for entry in entries.iter().take(reached) {
            // The store ignores what is not newer.
            if self.store.get(&entry.key).is_none_or(|held| held.0 < entry.sequence) {
                let numbers = [entry.sequence, entry.key, entry.value];
                self.store_log.append(&record(numbers))?;
                self.history.push(numbers);
                self.store.insert(entry.key, (entry.sequence, entry.value));
            }
        }
        self.store_log.sync()?;
        self.node.handle_flushed(self.now, flush, stored);
        Ok(())
    }
}

impl<F: Folder> Service<F> for WriteBehindService<F> {
    fn open(folder: &F, life: u64, flaw: Option<Flaw>) -> io::Result<Self> {
        let options = WriteBehindOptions { batch: 3, ..WriteBehindOptions::tenfold() };
        let mut node = WriteBehind::new(options).expect("good options");
        let (log, records) = open(folder, "log")?;
        let records: Vec<[u64; 3]> = records.iter().map(|record| numbers(record)).collect();
        let last = records.iter().map(|record| record[0]).max();
        let entries = records.into_iter().filter(|record| record[1] != MARK);
        let logged: Vec<Entry> =
            entries.map(|[sequence, key, value]| Entry { sequence, key, value }).collect();
        node.recover(Instant::ZERO, last, logged.clone());
        let (store_log, records) = open(folder, "store")?;
        let history: Vec<[u64; 3]> = records.iter().map(|record| numbers(record)).collect();
        let store = history.iter().map(|it| (it[1], (it[0], it[2]))).collect();
        Ok(Self {
            node,
            flaw,
            log,
            logged,
            unsynced: Vec::new(),
            written: BTreeMap::new(),
            flushes: Vec::new(),
            store_log,
            history,
            store,
            life,
            count: 0,
            now: Instant::ZERO,
        })
    }

    fn step(&mut self, stream: &mut Stream, tell: Tell<'_>) -> io::Result<()> {
        self.now += Duration::from_millis(stream.below(60));
        match stream.below(6) {
            0..3 => {
                self.count += 1;
                // Values grow, so that the order in the store can be seen.
                let value = self.life << 32 | self.count;
                let _ = self.node.handle_write(self.now, stream.below(KEYS), value);
            }
            3 => self.sync()?,
            4 => self.node.handle_timeout(self.now),
            _ if self.flushes.is_empty() => {}
            _ => {
                let index = stream.below(self.flushes.len() as u64) as usize;
                let stored = stream.chance(0.7);
                let size = self.flushes[index].1.len();
                // A store that fails may have taken a part all the same.
                let reached = if stored { size } else { stream.below(size as u64 + 1) as usize };
                self.store(index, stored, reached)?;
            }
        }
        self.drain(tell)
    }

    fn finish(&mut self, tell: Tell<'_>) -> io::Result<()> {
        for _ in 0..200 {
            self.now += Duration::from_millis(200);
            self.sync()?;
            self.node.handle_timeout(self.now);
            self.drain(tell)?;
            while !self.flushes.is_empty() {
                self.store(0, true, usize::MAX)?;
            }
            self.drain(tell)?;
        }
        Ok(())
    }

    fn check(&self, told: &[String]) -> Result<(), String> {
        for line in told {
            let [sequence, key, value] = acknowledged(line);
            let held = self.store.get(&key).ok_or(format!("key {key} is not there"))?;
            if held.0 < sequence || held.0 == sequence && held.1 != value {
                return Err(format!("{line} is lost: the store has {held:?}"));
            }
        }
        let mut last: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
        for [sequence, key, value] in &self.history {
            let before = last.insert(*key, (*sequence, *value));
            if before.is_some_and(|(s, v)| *sequence <= s || *value <= v) {
                return Err(format!("key {key}: {value} ({sequence}) came after {before:?}"));
            }
        }
        match self.node.pending() {
            0 => Ok(()),
            pending => Err(format!("{pending} keys still wait")),
        }
    }
}
