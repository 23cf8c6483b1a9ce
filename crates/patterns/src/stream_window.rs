//! Windowed aggregation of a stream: sums per key and window, with late events and a watermark.
//!
//! ```text
//!   tumbling  |──────|──────|──────|       sliding  |──────|
//!   session   |──| gap |─────|                        |──────|      (one event in several windows)
//!
//!   event ─► windows of its time ─► Changed(key, window, value)   watermark = newest time − out of order
//!   watermark ≥ end + lateness ─► Closed(key, window, value), forgotten;  events for it: late, dropped
//! ```
//!
//! **Use it** for roll-ups of events by the time at which they happened. **Not** for exact counts over
//! all time: late events are dropped, and counted in [`StreamWindow::late`].
//!
//! Each output is an entry of the changelog: apply them to an empty map with
//! [`StreamWindow::restore`] and the state is as before a crash. Closed windows leave it. An event
//! that is delivered twice counts twice: commit input position and changelog together.
//!
//! ```
//! use core::time::Duration;
//! use tenfold_patterns::{StreamWindow, StreamWindowOptions, WindowKind};
//! use tenfold_units::Instant;
//! let kind = WindowKind::Tumbling { size: Duration::from_secs(60) };
//! let mut clicks = StreamWindow::new(StreamWindowOptions::kafka(kind)).unwrap();
//! clicks.handle_event(Instant::ZERO + Duration::from_secs(7), "link-1", 1);
//! clicks.handle_event(Instant::ZERO + Duration::from_secs(8), "link-1", 1);
//! let outputs: Vec<_> = core::iter::from_fn(|| clicks.poll_output()).collect();
//! assert_eq!(outputs.last().unwrap().value, 2);
//! ```
//!
//! Sources: Akidau et al., "The Dataflow Model", VLDB 2015; Kafka Streams (grace, changelog).

#[cfg(test)]
mod tests;

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::Instant;

use crate::event::{Event, Events};
use crate::options::{Check, InvalidOptions};

/// Which windows an event falls into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum WindowKind {
    /// One of equal, adjoining windows.
    Tumbling {
        /// Their length.
        #[serde(with = "tenfold_units::duration")]
        #[schemars(with = "String")]
        size: Duration,
    },
    /// Each of equal windows that begin at every multiple of `step`.
    Sliding {
        /// Their length: at most 1,000 steps.
        #[serde(with = "tenfold_units::duration")]
        #[schemars(with = "String")]
        size: Duration,
        /// The time between their beginnings.
        #[serde(with = "tenfold_units::duration")]
        #[schemars(with = "String")]
        step: Duration,
    },
    /// Events of a key that are less than `gap` apart.
    Session {
        /// The silence that ends a session.
        #[serde(with = "tenfold_units::duration")]
        #[schemars(with = "String")]
        gap: Duration,
    },
}

/// Windows, and how late events may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StreamWindowOptions {
    /// Which windows.
    pub kind: WindowKind,
    /// How far the watermark stays behind the newest event.
    #[serde(default, with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub out_of_order: Duration,
    /// How long after its end, by the watermark, a window still takes events.
    #[serde(default, with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub allowed_lateness: Duration,
}

impl StreamWindowOptions {
    /// Kafka Streams up to 2.x: the stream's time is its newest event's, 24 h of grace.
    #[must_use]
    pub const fn kafka(kind: WindowKind) -> Self {
        let allowed_lateness = Duration::from_secs(86_400);
        Self { kind, out_of_order: Duration::ZERO, allowed_lateness }
    }

    fn check(&self) -> Result<(), InvalidOptions> {
        let mut check = Check::default();
        match self.kind {
            WindowKind::Tumbling { size } => {
                check.that(!size.is_zero(), "size", "must be above 0s");
            }
            WindowKind::Sliding { size, step } => {
                check.that(
                    !step.is_zero() && step <= size,
                    "step",
                    "must be above 0s, at most `size`",
                );
                check.that(size <= step * 1_000, "size", "must be at most 1000 steps");
            }
            WindowKind::Session { gap } => check.that(!gap.is_zero(), "gap", "must be above 0s"),
        }
        check.done()
    }
}

/// An entry of the changelog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowChange<K> {
    /// Whose sum it is.
    pub key: K,
    /// When the window begins.
    pub start: Instant,
    /// When it ends, exclusive (a session's: the gap after its last event).
    pub end: Instant,
    /// The sum.
    pub value: i64,
    /// What happened to it.
    pub kind: WindowChangeKind,
}

/// What happened to a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowChangeKind {
    /// The sum is this now.
    Changed,
    /// The sum is final, and forgotten here.
    Closed,
    /// It became part of a longer session.
    Merged,
}

impl<K> Events for WindowChange<K> {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        let to = match self.kind {
            WindowChangeKind::Changed => return,
            WindowChangeKind::Closed => "closed",
            WindowChangeKind::Merged => "merged",
        };
        sink(Event::StateChanged { from: "open", to });
    }
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamWindowDecision {
    /// It counts in so many windows.
    Counted {
        /// How many, at least 1.
        windows: u32,
    },
    /// It came after each of its windows was closed, and is dropped.
    Late,
}

impl Events for StreamWindowDecision {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        sink(match self {
            Self::Counted { .. } => Event::Admitted,
            Self::Late => Event::Refused { reason: "late" },
        });
    }
}

/// Sums per key `K` and window.
#[derive(Clone, Debug)]
pub struct StreamWindow<K> {
    options: StreamWindowOptions,
    /// By key and start: end and sum.
    windows: BTreeMap<(K, Instant), (Instant, i64)>,
    /// By end: what closes next.
    ends: BTreeMap<(Instant, K, Instant), ()>,
    newest: Instant,
    late: u64,
    outputs: VecDeque<WindowChange<K>>,
}

impl<K: Clone + Ord> StreamWindow<K> {
    /// Returns an aggregation that has seen nothing.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: StreamWindowOptions) -> Result<Self, InvalidOptions> {
        options.check()?;
        Ok(Self {
            options,
            windows: BTreeMap::new(),
            ends: BTreeMap::new(),
            newest: Instant::ZERO,
            late: 0,
            outputs: VecDeque::new(),
        })
    }

    /// Adds `value` to the sums of `key` in the windows of an event that happened at `time`.
    pub fn handle_event(&mut self, time: Instant, key: K, value: i64) -> StreamWindowDecision {
        self.newest = self.newest.max(time);
        let windows = match self.options.kind {
            WindowKind::Tumbling { size } => self.add_aligned(time, &key, value, size, size),
            WindowKind::Sliding { size, step } => self.add_aligned(time, &key, value, size, step),
            WindowKind::Session { gap } => self.add_session(time, key, value, gap),
        };
        self.close();
        match windows {
            0 => StreamWindowDecision::Late,
            windows => StreamWindowDecision::Counted { windows },
        }
    }

    /// Moves the time on without an event, so that windows close when nothing comes.
    pub fn handle_time(&mut self, time: Instant) {
        self.newest = self.newest.max(time);
        self.close();
    }

    /// Returns the next entry of the changelog.
    pub fn poll_output(&mut self) -> Option<WindowChange<K>> {
        self.outputs.pop_front()
    }

    /// Takes in an entry of the changelog after a crash, in its order.
    pub fn restore(&mut self, change: &WindowChange<K>) {
        let at = (change.key.clone(), change.start);
        if let Some((end, _)) = self.windows.remove(&at) {
            self.ends.remove(&(end, at.0.clone(), at.1));
        }
        match change.kind {
            WindowChangeKind::Changed => self.put(at, change.end, change.value),
            // What is closed tells how far the time was.
            WindowChangeKind::Closed => {
                let lag = self.options.out_of_order + self.options.allowed_lateness;
                self.newest = self.newest.max(change.end + lag);
            }
            WindowChangeKind::Merged => {}
        }
    }

    /// Takes new options; open windows keep their ends and sums, events from now on fall into windows
    /// of the new kind, and what the new lateness closes is closed.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&mut self, options: StreamWindowOptions) -> Result<(), InvalidOptions> {
        options.check()?;
        self.options = options;
        self.close();
        Ok(())
    }

    /// Returns the time before which all events are taken to have come.
    #[must_use]
    pub fn watermark(&self) -> Instant {
        self.newest - self.options.out_of_order
    }

    /// Returns how many windows dropped an event because it came too late.
    #[must_use]
    pub const fn late(&self) -> u64 {
        self.late
    }

    /// Returns the number of windows open.
    #[must_use]
    pub fn len(&self) -> usize {
        self.windows.len()
    }

    /// Returns whether no window is open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.windows.is_empty()
    }

    fn is_late(&self, end: Instant) -> bool {
        self.watermark() >= end + self.options.allowed_lateness
    }

    /// Returns how many windows took the event.
    fn add_aligned(
        &mut self,
        time: Instant,
        key: &K,
        value: i64,
        size: Duration,
        step: Duration,
    ) -> u32 {
        let mut taken = 0;
        let (at, size, step) = (time.as_nanos(), size.as_nanos() as u64, step.as_nanos() as u64);
        let mut start = at - at % step;
        loop {
            let (begin, end) = (Instant::from_nanos(start), start.saturating_add(size));
            if end <= at {
                break;
            }
            let end = Instant::from_nanos(end);
            if self.is_late(end) {
                self.late += 1;
            } else {
                let old = self.windows.get(&(key.clone(), begin)).map_or(0, |window| window.1);
                self.put((key.clone(), begin), end, old + value);
                self.tell(key, begin, end, old + value, WindowChangeKind::Changed);
                taken += 1;
            }
            let Some(before) = start.checked_sub(step) else { break };
            start = before;
        }
        taken
    }

    /// Returns how many windows took the event: one or none.
    fn add_session(&mut self, time: Instant, key: K, value: i64, gap: Duration) -> u32 {
        let (mut start, mut end, mut sum) = (time, time + gap, value);
        // Sessions of the key that the event touches become one.
        let from = (key.clone(), time - gap);
        let near = self.windows.range(..=(key.clone(), end)).rev();
        let touched: Vec<Instant> = near
            .take_while(|((other, begin), (its_end, _))| {
                *other == key && (*its_end > time || *begin >= from.1)
            })
            .filter(|((_, begin), (its_end, _))| *begin < end && *its_end > start)
            .map(|((_, begin), _)| *begin)
            .collect();
        if touched.is_empty() && self.is_late(end) {
            self.late += 1;
            return 0;
        }
        for begin in touched {
            let at = (key.clone(), begin);
            let (its_end, its_sum) = self.windows.remove(&at).expect("it was just found");
            self.ends.remove(&(its_end, at.0, begin));
            (start, end, sum) = (start.min(begin), end.max(its_end), sum + its_sum);
            self.tell(&key, begin, its_end, its_sum, WindowChangeKind::Merged);
        }
        self.put((key.clone(), start), end, sum);
        self.tell(&key, start, end, sum, WindowChangeKind::Changed);
        1
    }

    fn put(&mut self, at: (K, Instant), end: Instant, value: i64) {
        self.ends.insert((end, at.0.clone(), at.1), ());
        self.windows.insert(at, (end, value));
    }

    fn tell(&mut self, key: &K, start: Instant, end: Instant, value: i64, kind: WindowChangeKind) {
        self.outputs.push_back(WindowChange { key: key.clone(), start, end, value, kind });
    }

    fn close(&mut self) {
        while let Some(first) = self.ends.first_key_value() {
            if !self.is_late(first.0.0) {
                break;
            }
            let ((end, key, start), ()) = self.ends.pop_first().expect("there is a first");
            let window = self.windows.remove(&(key.clone(), start));
            let (_, value) = window.expect("an end has its window");
            self.tell(&key, start, end, value, WindowChangeKind::Closed);
        }
    }
}
