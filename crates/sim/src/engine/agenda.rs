//! The future: pending events in the order (time, sequence).
//!
//! Up to [`HEAP_LIMIT`] pending events live in one 4-ary heap. Beyond, the future is cut into a
//! *year* of equally long buckets, each as long as about two events take; the heap then holds the
//! bucket that is being worked on, the buckets and everything after the year are unsorted lists. A
//! badly chosen bucket length makes the heap larger, never the order wrong: buckets are found by a
//! monotone function of time.

use super::heap::{Entry, Heap};
use tenfold_units::random::Stream;

/// More pending events than this are put into buckets.
const HEAP_LIMIT: usize = 64;
/// Events that a bucket should hold.
const BUCKET_EVENTS: f64 = 2.0;
/// Most buckets of a year.
const BUCKET_LIMIT: usize = 1 << 16;
/// Events from which the length of a bucket is estimated, at least.
const RATE_EVENTS: u64 = 256;

/// Set in the sequence of an event that goes last at its instant.
const LAST: u64 = 1 << 63;

/// Pending events.
#[derive(Clone, Debug)]
pub(super) struct Agenda<E> {
    /// The events of the current bucket, or all of them where there is no year.
    heap: Heap<E>,
    /// The buckets of the year; none where the heap holds everything.
    buckets: Vec<Vec<Entry<E>>>,
    /// The bucket that the heap holds.
    current: usize,
    /// Events in buckets after the current one.
    in_buckets: usize,
    /// Beginning of the year, and buckets per second.
    start: f64,
    per_second: f64,
    /// Events after the year.
    far: Vec<Entry<E>>,
    sequence: u64,
    /// Draws the order of events at the same instant, where asked to.
    shuffle: Option<Stream>,
    /// Time of the latest event taken, and how many were taken since the year began.
    now: f64,
    taken: u64,
    taken_since: f64,
}

impl<E: Copy> Agenda<E> {
    /// Returns an empty agenda; with `shuffle` the order of ties is drawn from that stream.
    pub(super) fn new(shuffle: Option<Stream>) -> Self {
        Self {
            heap: Heap::new(),
            buckets: Vec::new(),
            current: 0,
            in_buckets: 0,
            start: 0.0,
            per_second: 0.0,
            far: Vec::new(),
            sequence: 0,
            shuffle,
            now: 0.0,
            taken: 0,
            taken_since: 0.0,
        }
    }

    /// Adds an event at `time`, not before the latest one taken.
    #[inline]
    pub(super) fn push(&mut self, time: f64, event: E) {
        self.insert(time, 0, event);
    }

    /// Adds an event that comes after those of [`Self::push`] at the same instant.
    #[inline]
    pub(super) fn push_last(&mut self, time: f64, event: E) {
        self.insert(time, LAST, event);
    }

    #[inline]
    fn insert(&mut self, time: f64, rank: u64, event: E) {
        debug_assert!(time >= self.now, "{time} is before {}", self.now);
        self.sequence += 1;
        let sequence = match &mut self.shuffle {
            None => self.sequence | rank,
            Some(stream) => stream.next_u64(),
        };
        let entry = Entry::new(time, sequence, event);
        if self.buckets.is_empty() {
            self.heap.push(entry);
        } else {
            self.place(entry);
        }
    }

    /// Removes and returns the next event and its time.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<(f64, E)> {
        if self.heap.len() > HEAP_LIMIT && self.taken >= RATE_EVENTS && self.buckets.is_empty() {
            self.begin_year();
        }
        let entry = match self.heap.pop() {
            Some(entry) => entry,
            None => self.next_bucket()?,
        };
        self.taken += 1;
        self.now = entry.time();
        Some((self.now, entry.event))
    }

    /// Moves each pending event to the time that `retime` gives it, not before the latest one taken.
    pub(super) fn retime(&mut self, mut retime: impl FnMut(f64, E) -> f64) {
        let mut pending = std::mem::take(&mut self.far);
        pending.extend(self.heap.drain());
        pending.extend(self.buckets.iter_mut().flat_map(|bucket| bucket.drain(..)));
        self.in_buckets = 0;
        for entry in pending {
            let moved =
                Entry::new(retime(entry.time(), entry.event), entry.sequence(), entry.event);
            if self.buckets.is_empty() {
                self.heap.push(moved);
            } else {
                self.place(moved);
            }
        }
    }

    /// The number of the bucket of `time`, past the last one for what is after the year.
    fn bucket(&self, time: f64) -> usize {
        // A cast from f64 saturates.
        ((time - self.start) * self.per_second) as usize
    }

    fn place(&mut self, entry: Entry<E>) {
        let bucket = self.bucket(entry.time());
        if bucket <= self.current {
            self.heap.push(entry);
        } else if let Some(list) = self.buckets.get_mut(bucket) {
            list.push(entry);
            self.in_buckets += 1;
        } else {
            self.far.push(entry);
        }
    }

    /// The heap is empty: takes the first event of the next bucket that has one.
    fn next_bucket(&mut self) -> Option<Entry<E>> {
        loop {
            if self.in_buckets == 0 {
                if self.far.is_empty() {
                    self.buckets.clear();
                    return None;
                }
                self.begin_year();
                if let Some(entry) = self.heap.pop() {
                    return Some(entry);
                }
                continue;
            }
            self.current += 1;
            let mut list = std::mem::take(&mut self.buckets[self.current]);
            self.in_buckets -= list.len();
            for entry in list.drain(..) {
                self.heap.push(entry);
            }
            // The list keeps its memory for the next year.
            self.buckets[self.current] = list;
            if let Some(entry) = self.heap.pop() {
                return Some(entry);
            }
        }
    }

    /// Cuts the future anew; only called with nothing in buckets after the current one.
    fn begin_year(&mut self) {
        debug_assert_eq!(self.in_buckets, 0, "the year is over");
        let mut pending = std::mem::take(&mut self.far);
        pending.extend(self.heap.drain());
        let first = pending.iter().map(Entry::time).fold(f64::INFINITY, f64::min);
        let elapsed = first - self.taken_since;
        let per_second = self.taken as f64 / elapsed / BUCKET_EVENTS;
        let usable = self.taken >= RATE_EVENTS && per_second > 0.0 && per_second.is_finite();
        if pending.len() <= HEAP_LIMIT / 2 || !usable {
            self.buckets.clear();
            self.taken = 0;
            self.taken_since = first;
            for entry in pending {
                self.heap.push(entry);
            }
            return;
        }
        let wanted = pending.len().next_power_of_two().clamp(HEAP_LIMIT, BUCKET_LIMIT);
        if self.buckets.len() < wanted || self.buckets.len() > 4 * wanted {
            self.buckets.resize_with(wanted, Vec::new);
        }
        self.start = first;
        self.per_second = per_second;
        self.current = 0;
        self.taken = 0;
        self.taken_since = first;
        for entry in pending {
            self.place(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenfold_units::Seed;

    /// The order of a sorted map is the oracle, for holds of very different lengths.
    #[test]
    fn events_come_in_order_of_time_then_sequence() {
        for (population, spread) in [(3, 1.0), (70, 1.0), (500, 50.0), (5_000, 1e6)] {
            let mut stream = Seed(population).stream("agenda");
            let mut agenda = Agenda::new(None);
            let mut oracle = std::collections::BTreeSet::new();
            let mut number = 0_u64;
            let mut add = |agenda: &mut Agenda<u64>,
                           oracle: &mut std::collections::BTreeSet<_>,
                           now: f64,
                           stream: &mut Stream| {
                let scale = if stream.chance(0.1) { spread } else { 1.0 };
                // Coarse steps, so that ties happen.
                let time = now + (stream.exponential() * scale * 8.0).floor() / 8.0;
                agenda.push(time, number);
                oracle.insert((time.to_bits(), number));
                number += 1;
            };
            for _ in 0..population {
                add(&mut agenda, &mut oracle, 0.0, &mut stream);
            }
            for round in 0..200_000 {
                let (time, event) = agenda.pop().expect("as many as the oracle");
                assert_eq!(oracle.pop_first(), Some((time.to_bits(), event)), "{population}");
                // The population grows, shrinks and grows again.
                let births = match round / 50_000 % 2 {
                    0 => 1 + u32::from(stream.chance(0.01)),
                    _ => u32::from(!stream.chance(0.005) || oracle.is_empty()),
                };
                for _ in 0..births {
                    add(&mut agenda, &mut oracle, time, &mut stream);
                }
            }
        }
    }

    #[test]
    fn the_last_of_an_instant_come_after_the_others() {
        let mut agenda = Agenda::new(None);
        agenda.push_last(1.0, 'c');
        agenda.push(1.0, 'a');
        agenda.push_last(1.0, 'd');
        agenda.push(1.0, 'b');
        agenda.push_last(0.5, '0');
        let order: String = std::iter::from_fn(|| agenda.pop()).map(|(_, event)| event).collect();
        assert_eq!(order, "0abcd");
    }

    #[test]
    fn shuffled_ties_still_come_in_order_of_time() {
        let mut agenda = Agenda::new(Some(Seed(1).stream("ties")));
        for number in 0..100_u32 {
            agenda.push(f64::from(number / 10), number);
        }
        let order: Vec<u32> = std::iter::from_fn(|| agenda.pop()).map(|(_, n)| n).collect();
        assert!(order.windows(2).all(|pair| pair[0] / 10 <= pair[1] / 10));
        assert!(order.windows(2).any(|pair| pair[0] > pair[1]), "no tie was shuffled");
    }
}
