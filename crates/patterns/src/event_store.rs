//! Event store: what happened, in order; state is what follows from it.
//!
//! ```text
//!   append(stream, expected version, events) ─► version │ Conflict (somebody was faster: read again)
//!   read(stream) ─► snapshot + events after it ─► state
//!   read_all(position) ─► projections, each with the position it has applied
//! ```
//!
//! **Use it** where the history is the truth (ledgers, orders). **Not** for data that is only ever
//! overwritten.
//!
//! This is the policy over events in memory: versions, order, positions. What makes them durable is
//! the shell's: append to a log first, then here. Pitfalls that it avoids: two writers cannot both
//! append after the same version; a snapshot is a cache, so that without it, or with one of an older
//! form, the state is the same; a projection applies each event once, as position and effect move
//! together, and a gap is refused.
//!
//! ```
//! use tenfold_patterns::{EventStore, ExpectedVersion};
//! let mut store: EventStore<i64> = EventStore::new();
//! store.append("account-1", ExpectedVersion::NoStream, vec![100, -30]).unwrap();
//! let balance = store.load("account-1", None, 0, |sum, event| *sum += *event);
//! assert_eq!((balance.version, balance.state), (2, 70));
//! assert!(store.append("account-1", ExpectedVersion::Exact(1), vec![-90]).is_err());
//! ```
//!
//! Sources: G. Young, "CQRS Documents", 2010; expected versions as EventStoreDB.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::event::{Event, Events};

/// What a writer knows of a stream that it appends to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedVersion {
    /// Nothing, and it does not matter.
    Any,
    /// That there is none.
    NoStream,
    /// That it has so many events.
    Exact(u64),
}

/// Somebody else appended first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stream is at version {actual}")]
pub struct VersionConflict {
    /// How many events the stream has.
    pub actual: u64,
}

impl Events for Result<u64, VersionConflict> {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        sink(match self {
            Ok(_) => Event::Admitted,
            Err(_) => Event::Refused { reason: "conflict" },
        });
    }
}

/// A state and the version that it follows from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot<S> {
    /// How many events it holds.
    pub version: u64,
    /// What follows from them.
    pub state: S,
}

/// Events `E` of many streams.
#[derive(Clone, Debug)]
pub struct EventStore<E> {
    /// Stream and event, in the order of all.
    all: Vec<(usize, E)>,
    /// Number of each stream.
    names: BTreeMap<String, usize>,
    /// Positions of each stream's events in `all`.
    streams: Vec<Vec<usize>>,
}

impl<E> Default for EventStore<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> EventStore<E> {
    /// Returns an empty store.
    #[must_use]
    pub const fn new() -> Self {
        Self { all: Vec::new(), names: BTreeMap::new(), streams: Vec::new() }
    }

    /// Appends events, all or none, and returns the version after them.
    ///
    /// # Errors
    /// The stream is at another version than expected: read it again and decide anew.
    pub fn append(
        &mut self,
        stream: &str,
        expected: ExpectedVersion,
        events: Vec<E>,
    ) -> Result<u64, VersionConflict> {
        let actual = self.version(stream);
        let fits = match expected {
            ExpectedVersion::Any => true,
            ExpectedVersion::NoStream => actual == 0,
            ExpectedVersion::Exact(version) => actual == version,
        };
        if !fits && !crate::planted::is("event-store-ignores-version") {
            return Err(VersionConflict { actual });
        }
        let next = self.streams.len();
        let number = *self.names.entry(stream.to_owned()).or_insert(next);
        if number == next {
            self.streams.push(Vec::new());
        }
        for event in events {
            self.streams[number].push(self.all.len());
            self.all.push((number, event));
        }
        Ok(self.version(stream))
    }

    /// Returns how many events a stream has; 0 for none.
    #[must_use]
    pub fn version(&self, stream: &str) -> u64 {
        self.names.get(stream).map_or(0, |number| self.streams[*number].len() as u64)
    }

    /// Returns the events of a stream after a version, in order.
    pub fn read(&self, stream: &str, after: u64) -> impl Iterator<Item = &E> {
        let positions = self.names.get(stream).map_or(&[][..], |number| &self.streams[*number]);
        let skipped = usize::try_from(after).unwrap_or(usize::MAX).min(positions.len());
        positions[skipped..].iter().map(|position| &self.all[*position].1)
    }

    /// Returns all events from a position on, each with its position.
    pub fn read_all(&self, from: u64) -> impl Iterator<Item = (u64, &E)> {
        let skipped = usize::try_from(from).unwrap_or(usize::MAX).min(self.all.len());
        let numbered = self.all[skipped..].iter().enumerate();
        numbered.map(move |(i, (_, event))| ((skipped + i) as u64, event))
    }

    /// Returns the state of a stream: of the snapshot, or `initial`, with the events after it. A
    /// snapshot beyond the stream's end is not believed.
    pub fn load<S>(
        &self,
        stream: &str,
        snapshot: Option<Snapshot<S>>,
        initial: S,
        apply: impl Fn(&mut S, &E),
    ) -> Snapshot<S> {
        let version = self.version(stream);
        let usable = snapshot.filter(|snapshot| snapshot.version <= version);
        let Snapshot { version: from, mut state } =
            usable.unwrap_or(Snapshot { version: 0, state: initial });
        self.read(stream, from).for_each(|event| apply(&mut state, event));
        Snapshot { version, state }
    }
}

/// What became of an event offered to a projection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum ProjectionDecision {
    /// Applied; store state and position in one transaction.
    Applied,
    /// It was applied before.
    Repeated,
    /// Events are missing: read from this position.
    Gap {
        /// The first missing one.
        from: u64,
    },
}

impl Events for ProjectionDecision {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        sink(match self {
            Self::Applied => Event::Admitted,
            Self::Repeated => Event::Refused { reason: "repeated" },
            Self::Gap { .. } => Event::Refused { reason: "gap" },
        });
    }
}

/// A read model and the position up to which it has applied all events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Projection<S> {
    /// The next position to apply.
    pub position: u64,
    /// The read model.
    pub state: S,
}

impl<S> Projection<S> {
    /// Returns a projection that has applied nothing.
    #[must_use]
    pub const fn new(state: S) -> Self {
        Self { position: 0, state }
    }

    /// Applies the event at a position, if it is the next one.
    pub fn apply<E>(
        &mut self,
        position: u64,
        event: &E,
        apply: impl FnOnce(&mut S, &E),
    ) -> ProjectionDecision {
        if position < self.position {
            return ProjectionDecision::Repeated;
        }
        if position > self.position {
            return ProjectionDecision::Gap { from: self.position };
        }
        apply(&mut self.state, event);
        self.position += 1;
        ProjectionDecision::Applied
    }
}
