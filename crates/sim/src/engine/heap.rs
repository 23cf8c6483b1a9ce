//! An implicit 4-ary heap of pending events.

/// A pending event: `key` orders by time, then by sequence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<E> {
    pub(super) key: u128,
    pub(super) event: E,
}

impl<E> Entry<E> {
    /// Non-negative doubles are ordered as their bits are.
    pub(super) fn new(time: f64, sequence: u64, event: E) -> Self {
        debug_assert!(time >= 0.0, "no event happens before the origin");
        Self { key: u128::from(time.to_bits()) << 64 | u128::from(sequence), event }
    }

    pub(super) fn sequence(&self) -> u64 {
        self.key as u64
    }

    pub(super) fn time(&self) -> f64 {
        f64::from_bits((self.key >> 64) as u64)
    }
}

/// The heap: the earliest entry is at the root, the children of `i` at `4 i + 1 ..= 4 i + 4`.
#[derive(Clone, Debug)]
pub(super) struct Heap<E> {
    entries: Vec<Entry<E>>,
}

impl<E: Copy> Heap<E> {
    pub(super) fn new() -> Self {
        Self { entries: Vec::with_capacity(64) }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The earliest entry.
    pub(super) fn peek(&self) -> Option<&Entry<E>> {
        self.entries.first()
    }

    #[inline]
    pub(super) fn push(&mut self, entry: Entry<E>) {
        let mut hole = self.entries.len();
        self.entries.push(entry);
        while hole > 0 {
            let parent = (hole - 1) / 4;
            if self.entries[parent].key <= entry.key {
                break;
            }
            self.entries[hole] = self.entries[parent];
            hole = parent;
        }
        self.entries[hole] = entry;
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<Entry<E>> {
        let last = self.entries.pop()?;
        let Some(first) = self.entries.first().copied() else { return Some(last) };
        let len = self.entries.len();
        let mut hole = 0;
        loop {
            let child = 4 * hole + 1;
            if child >= len {
                break;
            }
            let mut least = child;
            let mut key = self.entries[child].key;
            for other in child + 1..(child + 4).min(len) {
                let other_key = self.entries[other].key;
                if other_key < key {
                    (least, key) = (other, other_key);
                }
            }
            if last.key <= key {
                break;
            }
            self.entries[hole] = self.entries[least];
            hole = least;
        }
        self.entries[hole] = last;
        Some(first)
    }

    /// Removes all entries, in no particular order.
    pub(super) fn drain(&mut self) -> std::vec::Drain<'_, Entry<E>> {
        self.entries.drain(..)
    }
}
