//! Entries in one vector, linked into several lists; every operation is O(1).

use tenfold_units::Instant;

/// "No slot".
pub(super) const NONE: u32 = u32::MAX;

/// Which list an entry is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Queue {
    /// LRU: everything. S3-FIFO: the small queue. TinyLFU: the window.
    Front,
    /// S3-FIFO: the main queue. TinyLFU: on probation.
    Main,
    /// TinyLFU: protected.
    Protected,
    /// Negative entries.
    Negative,
    /// S3-FIFO: keys whose values are gone.
    Ghost,
}

pub(super) const QUEUES: usize = 5;

#[derive(Clone, Debug)]
pub(super) struct Slot<K, V> {
    pub(super) key: K,
    pub(super) value: Option<V>,
    pub(super) weight: u32,
    pub(super) hits: u8,
    pub(super) queue: Queue,
    pub(super) expires: Instant,
    previous: u32,
    next: u32,
}

/// One list: `head` is the newest, `tail` the next to go.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    pub(super) head: u32,
    pub(super) tail: u32,
    pub(super) len: usize,
    pub(super) weight: u64,
}

const EMPTY: List = List { head: NONE, tail: NONE, len: 0, weight: 0 };

#[derive(Clone, Debug)]
pub(super) struct Arena<K, V> {
    slots: Vec<Slot<K, V>>,
    /// First slot that holds no entry; the free ones are linked by `next`.
    free: u32,
    lists: [List; QUEUES],
}

impl<K: Copy, V> Arena<K, V> {
    pub(super) fn new() -> Self {
        Self { slots: Vec::new(), free: NONE, lists: [EMPTY; QUEUES] }
    }

    pub(super) fn list(&self, queue: Queue) -> &List {
        &self.lists[queue as usize]
    }

    pub(super) fn slot(&self, at: u32) -> &Slot<K, V> {
        &self.slots[at as usize]
    }

    pub(super) fn slot_mut(&mut self, at: u32) -> &mut Slot<K, V> {
        &mut self.slots[at as usize]
    }

    pub(super) fn clear(&mut self) {
        self.slots.clear();
        self.free = NONE;
        self.lists = [EMPTY; QUEUES];
    }

    /// Number of slots, used or free.
    pub(super) fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Makes an entry the newest of `queue` and returns its slot.
    pub(super) fn push(
        &mut self,
        key: K,
        value: Option<V>,
        weight: u32,
        expires: Instant,
        queue: Queue,
    ) -> u32 {
        let (previous, next) = (NONE, NONE);
        let slot = Slot { key, value, weight, hits: 0, queue, expires, previous, next };
        let at = if self.free == NONE {
            self.slots.push(slot);
            u32::try_from(self.slots.len() - 1).expect("fewer than 2^32 entries")
        } else {
            let at = self.free;
            self.free = self.slots[at as usize].next;
            self.slots[at as usize] = slot;
            at
        };
        self.link(at, queue);
        at
    }

    /// Takes an entry out and returns its value.
    pub(super) fn remove(&mut self, at: u32) -> Option<V> {
        self.unlink(at);
        let free = self.free;
        let slot = self.slot_mut(at);
        slot.next = free;
        // A free slot is in no list and never expires.
        slot.weight = 0;
        slot.expires = Instant::MAX;
        let value = slot.value.take();
        self.free = at;
        value
    }

    /// Makes an entry the newest of `queue`.
    pub(super) fn move_to(&mut self, at: u32, queue: Queue) {
        if self.slot(at).queue == queue && self.list(queue).head == at {
            return;
        }
        self.unlink(at);
        self.link(at, queue);
    }

    /// Changes the weight of an entry in its list.
    pub(super) fn reweigh(&mut self, at: u32, weight: u32) {
        let (old, queue) = (self.slot(at).weight, self.slot(at).queue);
        let list = &mut self.lists[queue as usize];
        list.weight = list.weight - u64::from(old) + u64::from(weight);
        self.slot_mut(at).weight = weight;
    }

    fn link(&mut self, at: u32, queue: Queue) {
        let head = self.lists[queue as usize].head;
        let slot = self.slot_mut(at);
        slot.queue = queue;
        slot.previous = NONE;
        slot.next = head;
        let weight = slot.weight;
        if head != NONE {
            self.slot_mut(head).previous = at;
        }
        let list = &mut self.lists[queue as usize];
        list.head = at;
        if list.tail == NONE {
            list.tail = at;
        }
        list.len += 1;
        list.weight += u64::from(weight);
    }

    fn unlink(&mut self, at: u32) {
        let slot = self.slot(at);
        let (previous, next, queue, weight) = (slot.previous, slot.next, slot.queue, slot.weight);
        if previous == NONE {
            self.lists[queue as usize].head = next;
        } else {
            self.slot_mut(previous).next = next;
        }
        if next == NONE {
            self.lists[queue as usize].tail = previous;
        } else {
            self.slot_mut(next).previous = previous;
        }
        let list = &mut self.lists[queue as usize];
        list.len -= 1;
        list.weight -= u64::from(weight);
    }
}
