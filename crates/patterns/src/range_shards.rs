//! Range shards: contiguous, half-open ranges of ordered keys, each with one owner.
//!
//! ```text
//!   (−∞, g)   [g, p)   [p, ∞)          every key is in exactly one range
//!      #0       #1       #2    ── split(#1 at k) ──►  [g, k) #1   [k, p) #3
//! ```
//!
//! **Use it** where neighbours are read together (scans by time or name). **Not** for keys that only
//! grow (time stamps, counters): all writes go to the last range; put a hashed prefix in front.
//!
//! Pitfalls that it avoids: modulo is not a range (it moves 8 of 9 keys when a ninth shard comes);
//! inclusive ends leave gaps; there is no default shard for keys that "match none". A hot range is
//! reported with the key that halves its load, or with none if one key makes it hot, as no split
//! helps then.
//!
//! ```
//! use tenfold_patterns::RangeShards;
//! let mut shards = RangeShards::new();
//! let (left, right) = (shards.shard(&5), shards.split(&10).unwrap());
//! assert_eq!((shards.shard(&9), shards.shard(&10)), (left, right));
//! ```
//!
//! Source: Chang et al., "Bigtable", OSDI'06 (tablets); split by sampled load as CockroachDB.

#[cfg(test)]
mod tests;

use core::time::Duration;

use tenfold_units::{Instant, math};

/// Keys sampled per shard to find where to split it.
const SAMPLES: usize = 32;
/// The time in which a shard's load loses all but 1/e of its weight.
const MEMORY: Duration = Duration::from_secs(60);

/// The identity of a shard; never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RangeShardId(pub u32);

#[derive(Clone, Debug)]
struct Shard<K> {
    id: RangeShardId,
    /// First key; `None` for the first shard.
    start: Option<K>,
    /// Accesses in the memory, as of `stamped`.
    load: f64,
    stamped: Instant,
    accesses: u64,
    samples: Vec<K>,
}

/// A shard that gets more than it should.
#[derive(Clone, Debug, PartialEq)]
pub struct HotRange<K> {
    /// Which one.
    pub shard: RangeShardId,
    /// Accesses per second, of about the last minute.
    pub rate: f64,
    /// Where to split it to halve the load; `None` if one key makes it hot.
    pub split_at: Option<K>,
}

/// Ranges of keys `K` that cover all of them.
#[derive(Clone, Debug)]
pub struct RangeShards<K> {
    shards: Vec<Shard<K>>,
    next: u32,
}

impl<K: Ord + Clone> Default for RangeShards<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Ord + Clone> RangeShards<K> {
    /// Returns one shard for all keys.
    #[must_use]
    pub fn new() -> Self {
        Self { shards: vec![Shard::new(RangeShardId(0), None)], next: 1 }
    }

    /// Returns the shard of `key`.
    #[must_use]
    pub fn shard(&self, key: &K) -> RangeShardId {
        self.shards[self.position(key)].id
    }

    /// Splits the shard that holds `key` so that a new shard begins with it, and returns the new
    /// one; `None` if a shard begins there already.
    pub fn split(&mut self, key: &K) -> Option<RangeShardId> {
        let position = self.position(key);
        if self.shards[position].start.as_ref() == Some(key) {
            return None;
        }
        let id = RangeShardId(self.next);
        self.next += 1;
        let mut right = Shard::new(id, Some(key.clone()));
        let left = &mut self.shards[position];
        // Each half takes the samples, and the share of the load, that are its own.
        let all = left.samples.len();
        right.samples = left.samples.iter().filter(|sample| *sample >= key).cloned().collect();
        left.samples.retain(|sample| sample < key);
        let share = if all == 0 { 0.5 } else { right.samples.len() as f64 / all as f64 };
        (right.load, right.stamped) = (left.load * share, left.stamped);
        right.accesses = (left.accesses as f64 * share) as u64;
        left.load -= right.load;
        left.accesses -= right.accesses;
        self.shards.insert(position + 1, right);
        Some(id)
    }

    /// Merges `shard` with the one that follows it; says whether there is one.
    pub fn merge(&mut self, shard: RangeShardId) -> bool {
        let Some(position) = self.shards.iter().position(|it| it.id == shard) else { return false };
        if position + 1 == self.shards.len() {
            return false;
        }
        let right = self.shards.remove(position + 1);
        let left = &mut self.shards[position];
        let now = left.stamped.max(right.stamped);
        left.load = left.load_at(now) + right.load_at(now);
        left.stamped = now;
        left.accesses += right.accesses;
        left.samples.extend(right.samples);
        left.samples.truncate(SAMPLES);
        true
    }

    /// Counts an access to `key` and returns its shard.
    pub fn access(&mut self, now: Instant, key: &K) -> RangeShardId {
        let position = self.position(key);
        let shard = &mut self.shards[position];
        shard.load = shard.load_at(now) + 1.0;
        shard.stamped = now.max(shard.stamped);
        // A sample of all accesses so far: the n-th stays with probability SAMPLES/n, the place
        // decided by a hash of n, so that no random stream is needed.
        let n = shard.accesses;
        shard.accesses += 1;
        if shard.samples.len() < SAMPLES {
            shard.samples.push(key.clone());
        } else {
            let place = (mix(n) % (n + 1)) as usize;
            if place < SAMPLES {
                shard.samples[place] = key.clone();
            }
        }
        shard.id
    }

    /// Returns the shard with the highest load, if that is above `rate` accesses a second.
    #[must_use]
    pub fn hot(&self, now: Instant, rate: f64) -> Option<HotRange<K>> {
        let load = |shard: &&Shard<K>| shard.load_at(now) / MEMORY.as_secs_f64();
        let hottest = self.shards.iter().max_by(|a, b| load(a).total_cmp(&load(b)))?;
        let seen = load(&hottest);
        if seen <= rate {
            return None;
        }
        let mut samples = hottest.samples.clone();
        samples.sort_unstable();
        let median = samples.get(samples.len() / 2);
        // The shard cannot begin where it begins already, and has to keep something.
        let first = samples.first();
        let split_at =
            median.filter(|key| Some(*key) > first && Some(*key) != hottest.start.as_ref());
        // A key with more than half of the accesses: cut behind it, if there is anything.
        let split_at = split_at.or_else(|| samples.iter().find(|key| Some(*key) > first)).cloned();
        Some(HotRange { shard: hottest.id, rate: seen, split_at })
    }

    /// Returns the shards in the order of their ranges: identity and first key (`None`: the first).
    pub fn ranges(&self) -> impl Iterator<Item = (RangeShardId, Option<&K>)> {
        self.shards.iter().map(|shard| (shard.id, shard.start.as_ref()))
    }

    /// Returns the number of shards; at least 1.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "there is always a shard")]
    pub fn len(&self) -> usize {
        self.shards.len()
    }

    fn position(&self, key: &K) -> usize {
        let after = |shard: &Shard<K>| shard.start.as_ref().is_none_or(|start| start <= key);
        self.shards.partition_point(after) - 1
    }
}

impl<K> Shard<K> {
    fn new(id: RangeShardId, start: Option<K>) -> Self {
        let samples = Vec::with_capacity(SAMPLES);
        Self { id, start, load: 0.0, stamped: Instant::ZERO, accesses: 0, samples }
    }

    fn load_at(&self, now: Instant) -> f64 {
        let age = now.saturating_since(self.stamped).as_secs_f64() / MEMORY.as_secs_f64();
        self.load * math::exp(-age)
    }
}

fn mix(n: u64) -> u64 {
    let x = (n ^ (n >> 31)).wrapping_mul(0x7fb5_d329_728e_a185);
    let x = (x ^ (x >> 27)).wrapping_mul(0x81da_def4_bc2d_d44d);
    x ^ (x >> 33)
}
