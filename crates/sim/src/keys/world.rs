//! A cache in front of a population of keys.

mod background;
mod pool;
mod refill;
mod shape;

use tenfold_patterns::{CacheOptions, InvalidOptions};
use tenfold_units::{Instant, Seed, math};

use self::pool::Pool;
use self::shape::Shape;
use super::table::{Key, Keys};

pub use self::refill::{Refill, RefillPoint};

/// What a cache world is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CacheWorldOptions {
    /// The cache's own options; of a cache in shards, `capacity` is the sum over all shards.
    pub cache: CacheOptions,
    /// Weight of one entry in the unit of `cache.capacity`: its bytes, or 1; at least 1.
    pub entry_weight: u32,
    /// Requests per second, of all callers together; above 0.
    pub rate: f64,
    /// Share of the requests that the caller presents through [`CacheWorld::lookup`], 0 to 1; the
    /// others run in the background. 1 where the caller simulates them all, 1/K for one of K cells.
    pub presented_ratio: f64,
    /// Entries that stand for a full cache: more is finer and slower. [`RESOLUTION`] serves.
    pub resolution: u32,
}

/// The usual number of entries that stand for a full cache; the [module](crate::keys) says how far
/// hit ratios are off.
pub const RESOLUTION: u32 = 20_000;

/// What a look-up found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Lookup {
    /// A fresh value.
    Hit,
    /// A value past its lifetime that may still be served; whoever refreshes it calls
    /// [`CacheWorld::fill`].
    Stale,
    /// Nothing: ask the store, then call [`CacheWorld::fill`].
    Miss,
}

/// How long to warm up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WarmOptions {
    /// Accesses of the policy at the most, over all attempts.
    pub budget: u64,
    /// The hit ratio counts as steady when it moves by less than this over the last doubling of the
    /// time, 0 to 1.
    pub tolerance: f64,
}

impl WarmOptions {
    /// Ten million accesses, a fifth of a point.
    pub const USUAL: Self = Self { budget: 10_000_000, tolerance: 0.002 };
}

/// What warming up came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Warmth {
    /// Whether the hit ratio became steady within the budget.
    pub converged: bool,
    /// Simulated seconds from the empty cache to the origin of time.
    pub seconds: f64,
    /// Accesses of the policy that it took.
    pub accesses: u64,
    /// The steady hit ratio: mean over the last half of the time.
    pub hit_ratio: HitRatio,
}

/// A hit ratio with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HitRatio {
    /// Hits ÷ look-ups.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// Options that a cache world refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorldError {
    /// The cache's options.
    Cache(InvalidOptions),
    /// A number out of the range that its field states.
    OutOfRange(&'static str),
}

impl core::fmt::Display for WorldError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Cache(error) => error.fmt(f),
            Self::OutOfRange(field) => write!(f, "`{field}` is out of its range"),
        }
    }
}

impl core::error::Error for WorldError {}

/// A cache in front of a population of keys; see the [module](crate::keys) for what is exact.
///
/// Time: [`CacheWorld::warm`] runs before `Instant::ZERO` and ends there; after that `now` must not
/// decrease from call to call. Clone a world to try several futures from the same warm state.
#[derive(Clone, Debug)]
pub struct CacheWorld {
    keys: Keys,
    options: CacheWorldOptions,
    shape: Shape,
    seed: Seed,
    /// The cache; after a loss of shards a second one that stands for the lost ones.
    pools: Vec<Pool>,
    /// Lost shards and all shards.
    lost: (u32, u32),
}

impl CacheWorld {
    /// Returns an empty cache in front of `keys`.
    ///
    /// # Errors
    /// Returns which option is out of its range.
    pub fn new(keys: Keys, options: CacheWorldOptions, seed: Seed) -> Result<Self, WorldError> {
        let possible = [
            (options.rate > 0.0 && options.rate.is_finite(), "rate"),
            ((0.0..=1.0).contains(&options.presented_ratio), "presented_ratio"),
            (options.entry_weight >= 1, "entry_weight"),
            (u64::from(options.entry_weight) <= options.cache.capacity, "capacity"),
            ((100..=10_000_000).contains(&options.resolution), "resolution"),
        ];
        if let Some((_, field)) = possible.iter().find(|(holds, _)| !holds) {
            return Err(WorldError::OutOfRange(field));
        }
        let shape = Shape::new(&keys, &options);
        let mut world = Self { keys, options, shape, seed, pools: Vec::new(), lost: (0, 1) };
        world.pools.push(world.pool_from(0.0).map_err(WorldError::Cache)?);
        Ok(world)
    }

    /// Runs all traffic at the level of keys, without queues, from an empty cache until the hit
    /// ratio is steady; the world then stands at `Instant::ZERO`.
    ///
    /// The time that this takes is not known before: spans of four times the length of the one
    /// before are tried from the start, until one is long enough or the budget does not allow the
    /// next.
    pub fn warm(&mut self, options: WarmOptions) -> Warmth {
        let presented = core::mem::replace(&mut self.shape.background_ratio, 1.0);
        let capacity = self.options.cache.capacity as f64 / f64::from(self.options.entry_weight);
        let ttl = self.options.cache.ttl.map_or(0.0, |ttl| ttl.as_secs_f64());
        let mut span = (4.0 * capacity / self.options.rate).max(2.0 * ttl);
        let mut accesses = 0;
        let warmth = loop {
            let pool = self.pool_from(-span).expect("the options were checked when it was made");
            self.pools = vec![pool];
            self.lost = (0, 1);
            let (first, second) = self.last_quarters(span);
            accesses += self.pools[0].accesses;
            let drift = (mean(&second) - mean(&first)).abs();
            let converged = drift < options.tolerance;
            let last = self.pools[0].accesses;
            if converged || accesses + 5 * last > options.budget || span > LONGEST {
                let samples: Vec<f64> = first.into_iter().chain(second).collect();
                let hit_ratio = HitRatio::of_samples(&samples);
                break Warmth { converged, seconds: span, accesses, hit_ratio };
            }
            span *= 4.0;
        };
        self.shape.background_ratio = presented;
        self.pools[0].background.rescale();
        warmth
    }

    /// Returns the hit ratios seen in the third and in the last quarter before the origin.
    fn last_quarters(&mut self, span: f64) -> (Vec<f64>, Vec<f64>) {
        let (keys, shape, pool) = (&self.keys, &self.shape, &mut self.pools[0]);
        let mut quarter = |from: f64| {
            (1..=SAMPLES)
                .map(|step| {
                    let time = (from + 0.25 * step as f64 / SAMPLES as f64) * span;
                    pool.run_until(keys, shape, time);
                    pool.hit_ratio(keys, shape, time)
                })
                .collect()
        };
        (quarter(-0.5), quarter(-0.25))
    }

    /// Returns the population.
    #[must_use]
    pub const fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Returns what a request for `key` finds at `now`, and lets the policy learn of it.
    pub fn lookup(&mut self, now: Instant, key: Key) -> Lookup {
        self.advance(now);
        let (time, routed) = (now.as_secs_f64(), self.pool_of(key));
        let (representative, own) = self.shape.representative(&self.keys, key, time);
        if !own {
            let older = self.before(representative, time);
            let pool = &mut self.pools[routed];
            let representative = match older {
                None => representative,
                Some(older) => {
                    // Its own representative is not born yet; an older one shows what becomes of
                    // such keys once they have been asked for.
                    let age = self.keys.age(key, time);
                    let asked = age * self.shape.key_rate(&self.keys, key, time);
                    if pool.stream.chance(math::exp(-asked)) {
                        return Lookup::Miss;
                    }
                    older
                }
            };
            return pool.lookup(time, representative, false);
        }
        let mut found = Lookup::Miss;
        for (index, pool) in self.pools.iter_mut().enumerate() {
            let seen = pool.lookup(time, representative, true);
            if index == routed {
                found = seen;
            }
        }
        found
    }

    /// Puts `key` in at `now`: call it when the store has answered after a miss.
    pub fn fill(&mut self, now: Instant, key: Key) {
        let time = now.as_secs_f64();
        let (representative, own) = self.shape.representative(&self.keys, key, time);
        if own {
            self.advance(now);
            for pool in &mut self.pools {
                pool.fill(&self.keys, &self.shape, time, representative);
            }
        }
    }

    /// Lets the traffic that is not presented go on up to `now`. Look-ups and fills do so too.
    pub fn advance(&mut self, now: Instant) {
        for pool in &mut self.pools {
            pool.run_until(&self.keys, &self.shape, now.as_secs_f64());
        }
    }

    /// Passes the time up to `now` with all traffic in the background, presented or not: a window
    /// that nobody simulates in detail.
    pub fn skip_to(&mut self, now: Instant) {
        let presented = self.shape.background_ratio;
        self.change(|shape| shape.background_ratio = 1.0);
        self.advance(now);
        self.change(|shape| shape.background_ratio = presented);
    }

    /// Changes the share of the requests that the caller presents, 0 to 1.
    ///
    /// # Panics
    /// Panics unless `ratio` is from 0 to 1.
    pub fn present(&mut self, ratio: f64) {
        assert!((0.0..=1.0).contains(&ratio), "a share of requests is from 0 to 1");
        self.options.presented_ratio = ratio;
        self.shape.background_ratio = 1.0 - ratio;
        // Keys are asked for as often as before, whoever asks.
        self.pools.iter_mut().for_each(|pool| pool.background.rescale());
    }

    /// Changes the rate of all requests together, per second, from now on; above 0.
    ///
    /// # Panics
    /// Panics unless `rate` is above 0.
    pub fn set_rate(&mut self, now: Instant, rate: f64) {
        assert!(rate > 0.0 && rate.is_finite(), "a cache world needs requests");
        self.advance(now);
        let before = core::mem::replace(&mut self.options.rate, rate);
        if (rate / before - 1.0).abs() < SAME_RATE {
            self.shape.rate = rate;
            self.pools.iter_mut().for_each(|pool| pool.background.rescale());
        } else {
            self.change(|shape| shape.rate = rate);
        }
    }

    /// Changes the share of the background's misses that the store answers, 0 to 1: those that it
    /// does not answer are not filled.
    ///
    /// # Panics
    /// Panics unless `ratio` is from 0 to 1.
    pub fn set_fill_ratio(&mut self, now: Instant, ratio: f64) {
        assert!((0.0..=1.0).contains(&ratio), "a share of misses is from 0 to 1");
        self.advance(now);
        self.shape.fill_ratio = ratio;
    }

    /// Empties the cache at `now`: what a crash of all its nodes does.
    pub fn flush(&mut self, now: Instant) {
        self.advance(now);
        for pool in &mut self.pools {
            pool.flush();
            pool.background.restart();
        }
    }

    /// Empties `lost` of `shards` equal shards at `now`, split by the hash of the key
    /// ([`Key::shard`], the lowest numbers are lost).
    ///
    /// # Panics
    /// Panics unless `lost` is from 1 to `shards`.
    pub fn lose_shards(&mut self, now: Instant, lost: u32, shards: u32) {
        assert!(lost >= 1 && lost <= shards, "lose some of the shards");
        if lost == shards {
            self.flush(now);
            return;
        }
        self.advance(now);
        self.pools.truncate(1);
        // Shards by hash are alike: one that is lost is the whole cache on a smaller scale, at the
        // same pace. So a second, empty copy stands for the lost ones.
        let mut cold = self.pools[0].clone();
        cold.flush();
        cold.background.restart();
        cold.stream = self.seed.stream("cache/lost");
        self.pools.push(cold);
        self.lost = (lost, shards);
    }

    /// Lets the cache's own clock jump by so many seconds at `now`: lifetimes of what is in it end so
    /// much earlier (below 0: later).
    pub fn step_clock(&mut self, now: Instant, seconds: f64) {
        self.advance(now);
        for pool in &mut self.pools {
            pool.step_clock(seconds);
            pool.background.restart();
        }
    }

    /// Returns the probability that a request at `now` hits, given what is in the cache.
    pub fn hit_ratio(&mut self, now: Instant) -> f64 {
        self.advance(now);
        self.hit_ratio_at(now.as_secs_f64())
    }

    fn hit_ratio_at(&mut self, time: f64) -> f64 {
        let lost = f64::from(self.lost.0) / f64::from(self.lost.1);
        let mut ratios = self.pools.iter_mut().map(|p| p.hit_ratio(&self.keys, &self.shape, time));
        let kept = ratios.next().expect("there is always one cache");
        ratios.next().map_or(kept, |cold| (1.0 - lost) * kept + lost * cold)
    }

    /// Applies a change of the traffic: hot keys are followed at their full rate for a while.
    fn change(&mut self, change: impl FnOnce(&mut Shape)) {
        change(&mut self.shape);
        for pool in &mut self.pools {
            pool.background.restart();
        }
    }

    fn pool_of(&self, key: Key) -> usize {
        usize::from(self.pools.len() > 1 && key.shard(self.lost.1) < self.lost.0)
    }

    /// Returns the representative born before this one, where this one is not born by `time`.
    fn before(&self, representative: Key, time: f64) -> Option<Key> {
        let life = self.keys.life.as_ref()?;
        let Key { stratum, offset, old, .. } = representative;
        if old || self.keys.birth(representative, life) <= time {
            return None;
        }
        let groups = self.shape.groups(stratum as usize, false);
        let group = self.shape.group_of(&self.keys, stratum, offset, false);
        let older = (group + groups - 1) % groups;
        let middle = self.shape.middle(&self.keys, stratum, older, false, 0);
        let (cohort, _) = self.keys.youngest(stratum as usize, middle.offset, time, life);
        Some(self.keys.key(stratum, middle.offset, cohort))
    }

    fn pool_from(&self, start: f64) -> Result<Pool, InvalidOptions> {
        Pool::new(self.options.cache, start, self.seed.stream("cache/background"))
    }
}

impl HitRatio {
    /// The mean of samples in time with a 95 % interval from ten batches (Student's t, 9 degrees of
    /// freedom).
    fn of_samples(samples: &[f64]) -> Self {
        let batches: Vec<f64> = samples.chunks(samples.len().div_ceil(10)).map(mean).collect();
        let value = mean(&batches);
        let n = batches.len() as f64;
        let squares: f64 = batches.iter().map(|batch| (batch - value) * (batch - value)).sum();
        let half = 2.262 * (squares / (n - 1.0) / n).sqrt();
        Self { value, low: (value - half).max(0.0), high: (value + half).min(1.0) }
    }
}

/// A rate that changes by less than this share leaves a steady cache steady.
const SAME_RATE: f64 = 0.02;

/// Samples of the hit ratio per quarter of a warm-up.
const SAMPLES: usize = 20;

/// Longest warm-up tried, in seconds: ten years.
const LONGEST: f64 = 3.2e8;

fn mean<'a>(values: impl IntoIterator<Item = &'a f64>) -> f64 {
    let (mut sum, mut n) = (0.0, 0.0);
    for value in values {
        sum += value;
        n += 1.0;
    }
    sum / n
}
