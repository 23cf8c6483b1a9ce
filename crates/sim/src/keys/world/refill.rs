//! How long a cache takes to refill.

use super::CacheWorld;
use tenfold_units::Instant;

/// The hit ratio after a loss, over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Refill {
    /// Hit ratio just before the loss.
    pub steady: f64,
    /// Hit ratio after the loss, in steps of a quarter more time each.
    pub points: Vec<RefillPoint>,
    /// Seconds until the hit ratio was within one point of `steady` for the first time; `None`: not
    /// within the time given.
    pub within_one_point: Option<f64>,
}

/// The hit ratio some time after a loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RefillPoint {
    /// Seconds since the loss.
    pub after: f64,
    /// Probability that a request hits.
    pub hit_ratio: f64,
}

impl CacheWorld {
    /// Returns how the hit ratio recovers when `lost` of `shards` equal shards lose their entries
    /// at `now` (all of them: `lost` = `shards`), at the level of keys and without queues. This
    /// world itself stays as it is.
    ///
    /// `store_rate`: misses that the store can answer per second; those beyond it are not filled,
    /// so that a small store stretches the refill. `longest`: seconds after which to give up.
    ///
    /// # Panics
    /// Panics unless `lost` is from 1 to `shards`.
    #[must_use]
    pub fn refill_timeline(
        &self,
        now: Instant,
        (lost, shards): (u32, u32),
        store_rate: Option<f64>,
        longest: f64,
    ) -> Refill {
        let mut world = self.clone();
        world.change(|shape| shape.background_ratio = 1.0);
        let steady = world.hit_ratio(now);
        world.lose_shards(now, lost, shards);
        let (start, rate) = (now.as_secs_f64(), self.options.rate);
        let mut refill = Refill { steady, points: Vec::new(), within_one_point: None };
        let mut after = FIRST;
        while after <= longest && refill.within_one_point.is_none() {
            if let Some(store_rate) = store_rate {
                let hit_ratio = refill
                    .points
                    .last()
                    .map_or_else(|| world.hit_ratio_at(start), |point| point.hit_ratio);
                let misses = ((1.0 - hit_ratio) * rate).max(f64::MIN_POSITIVE);
                world.shape.fill_ratio = (store_rate / misses).clamp(0.0, 1.0);
            }
            for pool in &mut world.pools {
                pool.run_until(&world.keys, &world.shape, start + after);
            }
            let hit_ratio = world.hit_ratio_at(start + after);
            refill.points.push(RefillPoint { after, hit_ratio });
            if hit_ratio >= steady - 0.01 {
                refill.within_one_point = Some(after);
            }
            after *= STEP;
        }
        refill
    }
}

/// First look after a loss, in seconds.
const FIRST: f64 = 0.01;

/// Each look comes this much later than the one before.
const STEP: f64 = 1.25;
