//! One cache, its background traffic, and what is in it.

use tenfold_patterns::{Cache, CacheDecision, CacheOptions, CachePolicy, InvalidOptions};
use tenfold_units::random::Stream;
use tenfold_units::{FixedMap, Instant};

use super::super::table::{Key, Keys};
use super::Lookup;
use super::background::Background;
use super::shape::Shape;

/// A cache of representatives.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    cache: Cache<u64>,
    /// Representatives that were put in and may still be there, each once.
    known: Vec<Key>,
    is_known: FixedMap<u64, ()>,
    pub(super) background: Background,
    pub(super) stream: Stream,
    /// Seconds of the cache's own clock at the origin of time: the cache was born before it.
    shift: f64,
    /// Weight put in since the background last asked.
    pub(super) inserted: f64,
    /// Accesses of the policy so far.
    pub(super) accesses: u64,
}

impl Pool {
    /// Returns an empty cache that is born at `start` <= 0, in seconds.
    pub(super) fn new(
        options: CacheOptions,
        start: f64,
        stream: Stream,
    ) -> Result<Self, InvalidOptions> {
        Ok(Self {
            cache: Cache::new(options)?,
            known: Vec::new(),
            is_known: FixedMap::new(),
            background: Background::starting_at(start),
            stream,
            shift: -start,
            inserted: 0.0,
            accesses: 0,
        })
    }

    /// Returns what a request for the key that `representative` stands for finds. `own`: the
    /// request is for the representative itself, and the policy learns of it.
    pub(super) fn lookup(&mut self, time: f64, representative: Key, own: bool) -> Lookup {
        let (now, id) = (self.instant(time), representative.id());
        if own {
            self.accesses += 1;
            return match self.cache.lookup(now, &id) {
                CacheDecision::Hit(()) => Lookup::Hit,
                CacheDecision::Stale(()) => Lookup::Stale,
                CacheDecision::Negative | CacheDecision::Miss => Lookup::Miss,
            };
        }
        let stale = self.cache.options().stale;
        match self.cache.expires(&id) {
            Some(expires) if now < expires => Lookup::Hit,
            Some(expires) if stale.is_some_and(|stale| now < expires + stale) => Lookup::Stale,
            _ => Lookup::Miss,
        }
    }

    /// Puts a representative in with the weight of its group.
    pub(super) fn fill(&mut self, keys: &Keys, shape: &Shape, time: f64, representative: Key) {
        let (now, id) = (self.instant(time), representative.id());
        let weight = shape.keys_of(keys, representative) * u64::from(shape.entry_weight);
        let weight = u32::try_from(weight).expect("groups are made to fit");
        let _ = self.cache.insert(now, id, (), weight, &mut self.stream);
        self.inserted += f64::from(weight);
        if self.is_known.insert(id, ()).is_none() {
            self.known.push(representative);
        }
        if self.known.len() > 1_000 + 4 * self.cache.len() {
            self.forget_the_gone();
        }
        if let Some(expires) = self.cache.expires(&id).filter(|at| *at != Instant::MAX) {
            let expires = expires.as_secs_f64() - self.shift;
            self.background.expect_return(keys, shape, representative, expires, &mut self.stream);
        }
    }

    /// Empties the cache.
    pub(super) fn flush(&mut self) {
        self.cache.flush();
        self.known.clear();
        self.is_known.clear();
    }

    /// Lets the clock of the cache jump.
    pub(super) fn step_clock(&mut self, seconds: f64) {
        self.shift += seconds;
    }

    /// Returns the probability that a request at `time` hits, given what is in the cache: the share
    /// of the interest that is in keys whose representative is there and fresh.
    pub(super) fn hit_ratio(&mut self, keys: &Keys, shape: &Shape, time: f64) -> f64 {
        self.forget_the_gone();
        let now = self.instant(time);
        let mut rate = 0.0;
        for key in &self.known {
            // Nobody asks for a young one any more once its keys are old.
            let asked_for = key.old == shape.is_old(keys, *key, time);
            if asked_for && self.cache.peek(now, &key.id()).is_some() {
                rate += shape.keys_of(keys, *key) as f64 * shape.key_rate(keys, *key, time);
            }
        }
        rate / (shape.rate * keys.total_at(time))
    }

    /// Returns how full the cache is, 0 to 1.
    pub(super) fn fullness(&self) -> f64 {
        self.cache.weight() as f64 / self.cache.options().capacity as f64
    }

    /// Returns the policy.
    pub(super) fn policy(&self) -> CachePolicy {
        self.cache.options().policy
    }

    /// Returns the capacity in its own unit.
    pub(super) fn capacity(&self) -> f64 {
        self.cache.options().capacity as f64
    }

    fn forget_the_gone(&mut self) {
        let (cache, is_known) = (&self.cache, &mut self.is_known);
        self.known.retain(|key| {
            let there = cache.expires(&key.id()).is_some();
            if !there {
                is_known.remove(&key.id());
            }
            there
        });
    }

    fn instant(&self, time: f64) -> Instant {
        Instant::from_secs_f64(time + self.shift)
    }
}
