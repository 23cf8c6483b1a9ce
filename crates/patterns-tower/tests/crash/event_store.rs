//! An event store with a projection and snapshots, each in a file.

use std::collections::BTreeMap;
use std::io;

use tenfold_patterns::{EventStore, ExpectedVersion, Projection, ProjectionDecision, Snapshot};
use tenfold_patterns_tower::durable_log::DurableLog;
use tenfold_units::random::Stream;

use crate::service::{Flaw, Folder, Service, Tell, acknowledged, numbers, open, record};

const STREAMS: u64 = 3;

pub(crate) struct EventStoreService<F: Folder> {
    store: EventStore<u64>,
    flaw: Option<Flaw>,
    log: DurableLog<F::File>,
    /// What two writers think that the versions are.
    writers: [BTreeMap<u64, u64>; 2],
    /// The sum of all events and their number, stored with the position in one record.
    projection: Projection<(u64, u64)>,
    position: DurableLog<F::File>,
    snapshots: BTreeMap<u64, Snapshot<u64>>,
    snapshot_log: DurableLog<F::File>,
    life: u64,
    count: u64,
}

fn name(stream: u64) -> String {
    format!("account-{stream}")
}

fn add(sum: &mut u64, amount: &u64) {
    *sum = sum.wrapping_add(*amount);
}

fn project(state: &mut (u64, u64), amount: &u64) {
    add(&mut state.0, amount);
    state.1 += 1;
}

impl<F: Folder> EventStoreService<F> {
    /// Appends with the version that this writer knows; a conflict makes it read again.
    fn append(&mut self, writer: usize, stream: u64, tell: Tell<'_>) -> io::Result<()> {
        let expected = *self.writers[writer].entry(stream).or_default();
        let actual = self.store.version(&name(stream));
        if expected != actual {
            self.writers[writer].insert(stream, actual);
            return Ok(());
        }
        self.count += 1;
        let amount = self.life << 32 | self.count;
        self.log.append(&record([stream, expected, amount]))?;
        let version = expected + 1;
        if self.flaw.is_some() {
            tell(format!("ack {stream} {version} {amount}"));
        } else {
            self.log.sync()?;
        }
        let appended =
            self.store.append(&name(stream), ExpectedVersion::Exact(expected), vec![amount]);
        assert_eq!(appended, Ok(version), "it was looked at before it was logged");
        self.writers[writer].insert(stream, version);
        if self.flaw.is_none() {
            tell(format!("ack {stream} {version} {amount}"));
        }
        Ok(())
    }

    /// Offers the projection an event, or some again, as a reader that starts anew does.
    fn project(&mut self, back: u64) -> io::Result<()> {
        let from = self.projection.position.saturating_sub(back);
        for (position, amount) in self.store.read_all(from).take(back as usize + 2) {
            let _ = self.projection.apply(position, amount, project);
        }
        let (sum, count) = self.projection.state;
        self.position.append(&record([self.projection.position, sum, count]))
    }

    fn snapshot(&mut self, stream: u64) -> io::Result<()> {
        let snapshot = self.snapshots.get(&stream).cloned();
        let snapshot = self.store.load(&name(stream), snapshot, 0, add);
        self.snapshot_log.append(&record([stream, snapshot.version, snapshot.state]))?;
        self.snapshots.insert(stream, snapshot);
        Ok(())
    }
}

impl<F: Folder> Service<F> for EventStoreService<F> {
    fn open(folder: &F, life: u64, flaw: Option<Flaw>) -> io::Result<Self> {
        let (log, records) = open(folder, "events")?;
        let mut store = EventStore::new();
        for each in &records {
            let [stream, expected, amount] = numbers(each);
            let expected = ExpectedVersion::Exact(expected);
            let appended = store.append(&name(stream), expected, vec![amount]);
            // With the flaw, later events may be there without earlier ones.
            assert!(appended.is_ok() || flaw.is_some(), "the log holds what was appended");
        }
        let (position, records) = open(folder, "projection")?;
        let mut projection = Projection::new((0, 0));
        if let Some(last) = records.last() {
            let [at, sum, count] = numbers(last);
            projection = Projection { position: at, state: (sum, count) };
        }
        let (snapshot_log, records) = open(folder, "snapshots")?;
        let snapshots = records.iter().map(|record| {
            let [stream, version, state] = numbers(record);
            (stream, Snapshot { version, state })
        });
        Ok(Self {
            store,
            flaw,
            log,
            writers: [BTreeMap::new(), BTreeMap::new()],
            projection,
            position,
            snapshots: snapshots.collect(),
            snapshot_log,
            life,
            count: 0,
        })
    }

    fn step(&mut self, stream: &mut Stream, tell: Tell<'_>) -> io::Result<()> {
        match stream.below(8) {
            0..4 => {
                let writer = stream.below(2) as usize;
                self.append(writer, stream.below(STREAMS), tell)
            }
            4 | 5 => self.project(stream.below(3)),
            6 => self.position.sync(),
            _ => self.snapshot(stream.below(STREAMS)),
        }
    }

    fn finish(&mut self, _tell: Tell<'_>) -> io::Result<()> {
        for (position, amount) in self.store.read_all(self.projection.position) {
            let decision = self.projection.apply(position, amount, project);
            assert_eq!(decision, ProjectionDecision::Applied);
        }
        Ok(())
    }

    fn check(&self, told: &[String]) -> Result<(), String> {
        for line in told {
            let [stream, version, amount] = acknowledged(line);
            if self.store.read(&name(stream), version - 1).next() != Some(&amount) {
                return Err(format!("{line} is lost"));
            }
        }
        let mut expected = (0, 0);
        self.store.read_all(0).for_each(|(_, amount)| project(&mut expected, amount));
        if self.projection.state != expected {
            let state = self.projection.state;
            return Err(format!("the projection has {state:?} and should have {expected:?}"));
        }
        for stream in 0..STREAMS {
            let stored = self.snapshots.get(&stream).cloned();
            let loaded = self.store.load(&name(stream), stored, 0, add);
            let whole = self.store.load(&name(stream), None, 0, add);
            if loaded != whole {
                return Err(format!(
                    "stream {stream}: {loaded:?} with a snapshot, {whole:?} without"
                ));
            }
        }
        Ok(())
    }
}
