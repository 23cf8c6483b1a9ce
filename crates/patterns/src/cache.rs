//! Cache policy: what stays, what goes, and what is too old.
//!
//! ```text
//!             lookup ─────────► Hit / Negative          (younger than its lifetime)
//!  insert ─►  entry  ─────────► Stale                   (at most `stale` older)
//!               │    ─────────► Miss, entry dropped     (older than that)
//!               └─ evicted when the weights pass `capacity`, in the order of the policy
//!
//!  lru       │ newest … oldest ├─► gone
//!  s3-fifo   │ small 10 % ├─ asked for again? ─► │ main 90 %, second chances │ ─► gone
//!                         └─ else ─► ghost keys: seen again soon ─► main
//!  tiny-lfu  │ window 1 % ├─► │ probation │ ◄─► │ protected 80 % │   by frequency of use
//! ```
//!
//! **Use it** in front of a store whose answers are asked for more than once. **Not** as the only
//! copy of anything, and not where a stale answer is wrong (balances, stock).
//!
//! Policies: [`CachePolicy::Lru`] is the plain textbook; [`CachePolicy::S3Fifo`] (Yang et al.,
//! SOSP'23) throws out keys that are asked for once; [`CachePolicy::TinyLfu`] (Einziger et al., ACM
//! ToS 2017, as in Caffeine: 1 % window, main part 80 % protected) keeps what is asked for often and
//! suits skewed, steady popularity best.
//!
//! Pitfalls that it avoids: entries made together do not expire together (`ttl_jitter`); an absent
//! value is cached too, for a shorter time and in a space of its own, so that asking for random keys
//! neither reaches the store each time nor pushes real values out, and a real value replaces a
//! negative one; an expired entry is never returned as fresh. An expired entry keeps its space until
//! it is asked for, evicted or [swept](Cache::sweep).
//!
//! ```
//! use tenfold_patterns::{Cache, CacheDecision, CacheOptions};
//! use tenfold_units::{Instant, Seed};
//! let mut stream = Seed(1).stream("ttl");
//! let mut cache = Cache::new(CacheOptions::lru(2)).unwrap();
//! let now = Instant::ZERO;
//! cache.insert(now, 1_u64, "one", 1, &mut stream);
//! cache.insert(now, 2, "two", 1, &mut stream);
//! assert_eq!(cache.lookup(now, &1), CacheDecision::Hit(&"one"));
//! cache.insert(now, 3, "three", 1, &mut stream);
//! assert_eq!(cache.lookup(now, &2), CacheDecision::Miss, "the least recently used went");
//! ```

mod arena;
mod sketch;
#[cfg(test)]
mod tests;

use core::fmt;
use core::hash::{Hash, Hasher};
use core::time::Duration;

use hashbrown::HashTable;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::random::Stream;
use tenfold_units::{FixedHasher, Instant};

use self::arena::{Arena, NONE, Queue};
use self::sketch::Sketch;
use crate::event::{Event, Events};
use crate::options::{Check, InvalidOptions};
use crate::planted;

/// Which entry goes when there is no space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CachePolicy {
    /// The least recently used one.
    Lru,
    /// The oldest one that was not asked for again: three queues, no move on a hit.
    S3Fifo,
    /// The one that was asked for less often lately (window TinyLFU).
    TinyLfu,
}

/// How much is kept, for how long, and what goes first.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CacheOptions {
    /// Which entry goes first.
    pub policy: CachePolicy,
    /// Sum of the weights of all entries with a value (bytes, or 1 each); at least 1.
    pub capacity: u64,
    /// How long an entry is fresh; absent: for ever.
    #[serde(default, with = "tenfold_units::duration::optional")]
    #[schemars(with = "Option<String>")]
    pub ttl: Option<Duration>,
    /// Share of `ttl` by which a lifetime is shortened at random, 0 to 1.
    #[serde(default)]
    pub ttl_jitter: f64,
    /// How long the absence of a value is remembered; absent: not at all.
    #[serde(default, with = "tenfold_units::duration::optional")]
    #[schemars(with = "Option<String>")]
    pub negative_ttl: Option<Duration>,
    /// How many absences are remembered, apart from `capacity`.
    #[serde(default)]
    pub negative_entries: u32,
    /// How long after its lifetime an entry may still be served stale; absent: not at all.
    #[serde(default, with = "tenfold_units::duration::optional")]
    #[schemars(with = "Option<String>")]
    pub stale: Option<Duration>,
}

impl CacheOptions {
    /// An LRU of `capacity` without expiry.
    #[must_use]
    pub const fn lru(capacity: u64) -> Self {
        Self {
            policy: CachePolicy::Lru,
            capacity,
            ttl: None,
            ttl_jitter: 0.0,
            negative_ttl: None,
            negative_entries: 0,
            stale: None,
        }
    }

    /// What Caffeine does with `maximumWeight(capacity)`: window TinyLFU without expiry.
    #[must_use]
    pub const fn caffeine(capacity: u64) -> Self {
        Self { policy: CachePolicy::TinyLfu, ..Self::lru(capacity) }
    }

    /// S3-FIFO of `capacity` without expiry.
    #[must_use]
    pub const fn s3_fifo(capacity: u64) -> Self {
        Self { policy: CachePolicy::S3Fifo, ..Self::lru(capacity) }
    }

    fn check(&self) -> Result<(), InvalidOptions> {
        let mut check = Check::default();
        check.that(self.capacity > 0, "capacity", "must be at least 1");
        check.that(self.ttl != Some(Duration::ZERO), "ttl", "must be longer than 0s");
        check.ratio(self.ttl_jitter, "ttl_jitter");
        let jittered = self.ttl_jitter == 0.0 || self.ttl.is_some();
        check.that(jittered, "ttl_jitter", "needs a `ttl`");
        let zero = self.negative_ttl == Some(Duration::ZERO);
        check.that(!zero, "negative_ttl", "must be longer than 0s");
        let paired = self.negative_ttl.is_some() == (self.negative_entries > 0);
        check.that(paired, "negative_entries", "goes together with `negative_ttl`");
        check.that(self.stale.is_none() || self.ttl.is_some(), "stale", "needs a `ttl`");
        check.done()
    }
}

/// What a look-up found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum CacheDecision<'a, V> {
    /// A fresh value.
    Hit(&'a V),
    /// A value past its lifetime: serve it and refresh it, or serve it only if the store fails.
    Stale(&'a V),
    /// The store is known to hold no such value.
    Negative,
    /// Ask the store.
    Miss,
}

impl<V> CacheDecision<'_, V> {
    /// Returns whether the store need not be asked now.
    #[must_use]
    pub const fn is_hit(&self) -> bool {
        matches!(self, Self::Hit(_) | Self::Negative)
    }
}

impl<V> Events for CacheDecision<'_, V> {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        sink(match self {
            Self::Hit(_) | Self::Negative => Event::Admitted,
            Self::Stale(_) => Event::Refused { reason: "stale" },
            Self::Miss => Event::Refused { reason: "miss" },
        });
    }
}

/// What an insertion did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheInsertion {
    /// Whether the new entry is in the cache now.
    pub kept: bool,
    /// Other entries that went.
    pub evicted: u32,
    /// Their weights.
    pub evicted_weight: u64,
}

/// A weighted cache of values `V` by keys `K` (numbers, or 64-bit hashes of what they stand for).
///
/// An entry takes what `K` and `V` take, about 32 B besides, and 5 to 10 B of the table that finds
/// it.
#[derive(Clone)]
pub struct Cache<K, V = ()> {
    options: CacheOptions,
    /// The slot of each key; the keys themselves are in the slots, which a look-up needs anyway.
    index: HashTable<u32>,
    arena: Arena<K, V>,
    sketch: Sketch,
    /// Where the next sweep goes on.
    hand: usize,
}

impl<K: Copy + Eq + Hash, V> Cache<K, V> {
    /// Returns an empty cache.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: CacheOptions) -> Result<Self, InvalidOptions> {
        options.check()?;
        let (index, arena) = (HashTable::new(), Arena::new());
        Ok(Self { options, index, arena, sketch: Sketch::new(), hand: 0 })
    }

    /// Returns what is known of `key` and counts the look-up for the policy.
    pub fn lookup(&mut self, now: Instant, key: &K) -> CacheDecision<'_, V> {
        self.lookup_entry(now, key).0
    }

    /// As [`Cache::lookup`], and when the entry ceases to be fresh; of a miss, `now`.
    pub fn lookup_entry(&mut self, now: Instant, key: &K) -> (CacheDecision<'_, V>, Instant) {
        let hash = hash(key);
        if self.options.policy == CachePolicy::TinyLfu {
            self.sketch.increment(hash);
        }
        let Some(at) = self.find(hash, key) else { return (CacheDecision::Miss, now) };
        let (queue, expires) = (self.arena.slot(at).queue, self.arena.slot(at).expires);
        if queue == Queue::Ghost {
            return (CacheDecision::Miss, now);
        }
        let fresh = now < expires || planted::is("cache-serves-expired");
        let stale = match self.options.stale {
            Some(stale) if queue != Queue::Negative => now < expires + stale,
            _ => false,
        };
        if !fresh && !stale {
            self.drop_entry(at);
            return (CacheDecision::Miss, now);
        }
        if queue == Queue::Negative {
            return (CacheDecision::Negative, expires);
        }
        self.touch(at, queue);
        let value = self.arena.slot(at).value.as_ref().expect("only ghosts have no value");
        let decision = if fresh { CacheDecision::Hit(value) } else { CacheDecision::Stale(value) };
        (decision, expires)
    }

    /// Returns the value of `key` if it is fresh, without counting as a look-up.
    pub fn peek(&self, now: Instant, key: &K) -> Option<&V> {
        let slot = self.arena.slot(self.find(hash(key), key)?);
        slot.value.as_ref().filter(|_| now < slot.expires)
    }

    /// Returns when the entry of `key` ceases to be fresh, if it has a value.
    #[must_use]
    pub fn expires(&self, key: &K) -> Option<Instant> {
        let slot = self.arena.slot(self.find(hash(key), key)?);
        slot.value.as_ref().map(|_| slot.expires)
    }

    /// Puts a value in, or in the place of the one that is there; others go until it fits. A value
    /// heavier than the whole cache is not kept.
    pub fn insert(
        &mut self,
        now: Instant,
        key: K,
        value: V,
        weight: u32,
        stream: &mut Stream,
    ) -> CacheInsertion {
        if u64::from(weight) > self.options.capacity {
            self.remove(&key);
            return CacheInsertion::default();
        }
        let expires = self.lifetime(now, stream);
        let hash = hash(&key);
        let at = match self.find(hash, &key) {
            Some(at) => self.replace(at, value, weight, expires),
            None => {
                let at = self.arena.push(key, Some(value), weight, expires, Queue::Front);
                self.point(hash, at);
                at
            }
        };
        let mut result = CacheInsertion::default();
        self.make_room(at, &mut result);
        result
    }

    /// Remembers that the store holds no value for `key`; the oldest such memory may go for it.
    /// Without `negative_ttl` only a value that was there goes.
    pub fn insert_negative(&mut self, now: Instant, key: K) {
        self.remove(&key);
        let Some(ttl) = self.options.negative_ttl else { return };
        if self.arena.list(Queue::Negative).len >= self.options.negative_entries as usize {
            self.drop_entry(self.arena.list(Queue::Negative).tail);
        }
        let at = self.arena.push(key, None, 0, now + ttl, Queue::Negative);
        self.point(hash(&key), at);
    }

    /// Forgets `key` and returns its value: the way to invalidate.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let at = self.find(hash(key), key)?;
        self.drop_entry(at)
    }

    /// Forgets everything: what a crash of the cache does.
    pub fn flush(&mut self) {
        self.index.clear();
        self.arena.clear();
        self.sketch.clear();
        self.hand = 0;
    }

    /// Drops the expired among the next `slots` entries and returns how many they were; called
    /// again, goes on from there.
    pub fn sweep(&mut self, now: Instant, slots: usize) -> usize {
        let keep = self.options.stale.unwrap_or(Duration::ZERO);
        let mut dropped = 0;
        for _ in 0..slots.min(self.arena.slots()) {
            self.hand = (self.hand + 1) % self.arena.slots();
            let slot = self.arena.slot(self.hand as u32);
            let expired = slot.expires + keep <= now && slot.expires != Instant::MAX;
            if expired && slot.queue != Queue::Ghost {
                self.drop_entry(self.hand as u32);
                dropped += 1;
            }
        }
        dropped
    }

    /// Returns the number of entries with a value.
    #[must_use]
    pub fn len(&self) -> usize {
        LIVE.iter().map(|queue| self.arena.list(*queue).len).sum()
    }

    /// Returns whether there is no entry with a value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of absences remembered.
    #[must_use]
    pub fn negative_len(&self) -> usize {
        self.arena.list(Queue::Negative).len
    }

    /// Returns the sum of the weights; never more than `capacity`.
    #[must_use]
    pub fn weight(&self) -> u64 {
        LIVE.iter().map(|queue| self.arena.list(*queue).weight).sum()
    }

    /// Returns the options.
    #[must_use]
    pub const fn options(&self) -> &CacheOptions {
        &self.options
    }

    /// Takes new options; entries stay, as far as they fit, and keep their lifetimes.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&mut self, options: CacheOptions) -> Result<CacheInsertion, InvalidOptions> {
        options.check()?;
        self.options = options;
        let mut result = CacheInsertion::default();
        self.make_room(NONE, &mut result);
        while self.arena.list(Queue::Negative).len > options.negative_entries as usize {
            self.drop_entry(self.arena.list(Queue::Negative).tail);
        }
        Ok(result)
    }

    fn lifetime(&self, now: Instant, stream: &mut Stream) -> Instant {
        let Some(ttl) = self.options.ttl else { return Instant::MAX };
        if self.options.ttl_jitter == 0.0 || planted::is("cache-ttl-without-jitter") {
            return now + ttl;
        }
        let shorter = self.options.ttl_jitter * stream.uniform();
        now + ttl.mul_f64(1.0 - shorter)
    }

    /// The slot of `key`, whose hash is `hash`.
    fn find(&self, hash: u64, key: &K) -> Option<u32> {
        self.index.find(hash, |at| self.arena.slot(*at).key == *key).copied()
    }

    /// Lets the index point to a new slot.
    fn point(&mut self, of: u64, at: u32) {
        let arena = &self.arena;
        self.index.insert_unique(of, at, |other| hash(&arena.slot(*other).key));
    }

    fn drop_entry(&mut self, at: u32) -> Option<V> {
        let entry = self.index.find_entry(hash(&self.arena.slot(at).key), |other| *other == at);
        entry.expect("every entry is in the index").remove();
        self.arena.remove(at)
    }

    /// Puts a value into a slot that stands for its key already.
    fn replace(&mut self, at: u32, value: V, weight: u32, expires: Instant) -> u32 {
        let queue = self.arena.slot(at).queue;
        self.arena.reweigh(at, weight);
        let slot = self.arena.slot_mut(at);
        slot.value = Some(value);
        slot.expires = expires;
        match queue {
            // A ghost that is wanted again has shown its worth.
            Queue::Ghost => {
                slot.hits = 0;
                self.arena.move_to(at, Queue::Main);
            }
            Queue::Negative => self.arena.move_to(at, Queue::Front),
            Queue::Front | Queue::Main | Queue::Protected => self.touch(at, queue),
        }
        at
    }

    /// Counts a use of an entry.
    fn touch(&mut self, at: u32, queue: Queue) {
        match self.options.policy {
            CachePolicy::Lru => {
                if !planted::is("lru-is-fifo") {
                    self.arena.move_to(at, queue);
                }
            }
            CachePolicy::S3Fifo => {
                let slot = self.arena.slot_mut(at);
                slot.hits = (slot.hits + 1).min(3);
            }
            CachePolicy::TinyLfu => match queue {
                Queue::Main => self.promote(at),
                Queue::Front | Queue::Protected => self.arena.move_to(at, queue),
                Queue::Negative | Queue::Ghost => {}
            },
        }
    }

    /// From probation to the protected part; what no longer fits there goes back on probation.
    fn promote(&mut self, at: u32) {
        self.arena.move_to(at, Queue::Protected);
        let main = self.options.capacity - self.window();
        while self.arena.list(Queue::Protected).weight > main / 10 * 8
            && self.arena.list(Queue::Protected).len > 1
        {
            self.arena.move_to(self.arena.list(Queue::Protected).tail, Queue::Main);
        }
    }

    /// The weight of TinyLFU's window: 1 % as in Caffeine, at least 1.
    fn window(&self) -> u64 {
        (self.options.capacity / 100).max(1)
    }

    fn make_room(&mut self, new: u32, result: &mut CacheInsertion) {
        result.kept = new != NONE;
        if self.options.policy == CachePolicy::TinyLfu {
            self.sketch.fit(self.index.len());
            while self.arena.list(Queue::Front).weight > self.window() {
                self.arena.move_to(self.arena.list(Queue::Front).tail, Queue::Main);
            }
        }
        while self.weight() > self.options.capacity {
            let victim = match self.options.policy {
                CachePolicy::Lru => self.lru_victim(),
                CachePolicy::S3Fifo => self.s3_victim(),
                CachePolicy::TinyLfu => self.tiny_lfu_victim(),
            };
            if victim == new {
                result.kept = false;
            } else {
                result.evicted += 1;
                result.evicted_weight += u64::from(self.arena.slot(victim).weight);
            }
            self.evict(victim);
        }
    }

    fn evict(&mut self, at: u32) {
        let s3_fifo = self.options.policy == CachePolicy::S3Fifo;
        if !(s3_fifo && self.arena.slot(at).queue == Queue::Front) {
            self.drop_entry(at);
            return;
        }
        self.arena.reweigh(at, 0);
        self.arena.slot_mut(at).value = None;
        self.arena.move_to(at, Queue::Ghost);
        // As many ghosts as a full main queue has entries.
        while self.arena.list(Queue::Ghost).len > (self.len() * 9 / 10).max(1) {
            self.drop_entry(self.arena.list(Queue::Ghost).tail);
        }
    }

    /// After a change of policy entries may be in any live list.
    fn any_tail(&self, order: [Queue; 3]) -> u32 {
        order
            .iter()
            .map(|queue| self.arena.list(*queue).tail)
            .find(|tail| *tail != NONE)
            .expect("a weight above the capacity is somebody's")
    }

    fn lru_victim(&self) -> u32 {
        self.any_tail([Queue::Main, Queue::Front, Queue::Protected])
    }

    fn s3_victim(&mut self) -> u32 {
        loop {
            let small = self.arena.list(Queue::Front);
            let main = self.arena.list(Queue::Main);
            if small.tail != NONE
                && (small.weight > self.options.capacity / 10 || main.tail == NONE)
            {
                let tail = small.tail;
                if self.arena.slot(tail).hits == 0 {
                    return tail;
                }
                self.arena.slot_mut(tail).hits = 0;
                self.arena.move_to(tail, Queue::Main);
            } else {
                let tail = self.any_tail([Queue::Main, Queue::Protected, Queue::Front]);
                if self.arena.slot(tail).hits == 0 {
                    return tail;
                }
                self.arena.slot_mut(tail).hits -= 1;
                self.arena.move_to(tail, Queue::Main);
            }
        }
    }

    /// The candidate that left the window last against the one longest on probation.
    fn tiny_lfu_victim(&self) -> u32 {
        let probation = self.arena.list(Queue::Main);
        if probation.len < 2 {
            return self.any_tail([Queue::Protected, Queue::Main, Queue::Front]);
        }
        let frequency = |at: u32| self.sketch.estimate(hash(&self.arena.slot(at).key));
        if frequency(probation.head) > frequency(probation.tail) {
            probation.tail
        } else {
            probation.head
        }
    }
}

impl<K: Copy + Eq + Hash, V> fmt::Debug for Cache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("options", &self.options)
            .field("len", &self.len())
            .field("weight", &self.weight())
            .finish_non_exhaustive()
    }
}

/// The lists of entries with a value.
const LIVE: [Queue; 3] = [Queue::Front, Queue::Main, Queue::Protected];

fn hash<K: Hash>(key: &K) -> u64 {
    let mut hasher = FixedHasher::default();
    key.hash(&mut hasher);
    hasher.finish()
}
