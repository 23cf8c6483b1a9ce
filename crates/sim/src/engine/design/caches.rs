//! Caches of a design, warmed up once and used by many runs.

use indexmap::IndexMap;
use tenfold_units::{Instant, Seed};

use crate::keys::{CacheWorld, CacheWorldOptions, Keys, RESOLUTION, WarmOptions, Warmth};
use crate::{Load, Model, Step};

/// The caches of a design in their steady state, ready for any number of runs.
#[derive(Clone, Debug)]
pub struct Caches {
    pub(super) worlds: Vec<CacheWorld>,
    warmth: Vec<(String, Warmth)>,
}

impl Caches {
    /// Warms every cache of `model` up at the arrival rates times `load`, each within `options`.
    ///
    /// # Panics
    /// Panics when the model is not valid.
    #[must_use]
    pub fn warm(model: &Model, load: f64, seed: Seed, options: WarmOptions) -> Self {
        let mut caches = Self { worlds: Vec::new(), warmth: Vec::new() };
        for (name, component) in &model.components {
            let Some(cache) = &component.cache else { continue };
            let population = &model.keys[&cache.keys];
            let keys = Keys::new(population).expect("the caller validates the model");
            let world = CacheWorldOptions {
                cache: cache.options,
                entry_weight: cache.entry_weight,
                rate: rate(model, name, cache.presented_ratio, load),
                presented_ratio: cache.presented_ratio,
                resolution: RESOLUTION,
            };
            let seed = Seed(seed.stream(&format!("cache/{name}")).next_u64());
            let mut world =
                CacheWorld::new(keys, world, seed).expect("the caller validates the model");
            caches.warmth.push((name.clone(), world.warm(options)));
            caches.worlds.push(world);
        }
        caches
    }

    /// Returns the caches of `model` from worlds that were warmed before, by component: the contents
    /// of a cache do not depend on which share of its look-ups a model presents.
    ///
    /// # Panics
    /// Panics when a cache of the model has no world.
    #[must_use]
    pub fn of_worlds(model: &Model, worlds: &IndexMap<String, CacheWorld>) -> Self {
        let mut caches = Self { worlds: Vec::new(), warmth: Vec::new() };
        for (name, component) in &model.components {
            let Some(cache) = &component.cache else { continue };
            let mut world = worlds[name.as_str()].clone();
            world.present(cache.presented_ratio);
            caches.worlds.push(world);
        }
        caches
    }

    /// Returns what warming up came to, by component; of caches that were warmed elsewhere nothing.
    #[must_use]
    pub fn warmth(&self) -> &[(String, Warmth)] {
        &self.warmth
    }

    /// Returns the worlds at the beginning of a run with another load.
    pub(super) fn at_load(&self, model: &Model, load: f64) -> Vec<CacheWorld> {
        let mut worlds = self.worlds.clone();
        let caches = model
            .components
            .iter()
            .filter_map(|(name, component)| component.cache.as_ref().map(|cache| (name, cache)));
        for ((name, cache), world) in caches.zip(&mut worlds) {
            world.set_rate(Instant::ZERO, rate(model, name, cache.presented_ratio, load));
        }
        worlds
    }
}

/// Look-ups per second at a cache, of all cells together; a retry does not count, a branch after a
/// look-up counts as if always taken.
fn rate(model: &Model, cache: &str, presented_ratio: f64, load: f64) -> f64 {
    let sum: f64 = model
        .operations
        .values()
        .map(|operation| match &operation.load {
            Load::Open(poisson) => poisson.rate * load * lookups(&operation.flow, cache),
            Load::Closed(closed) => {
                let pause = closed.think_time.mean().max(1e-3);
                f64::from(closed.population) / pause * lookups(&operation.flow, cache)
            }
            Load::Consume(_) => 0.0,
        })
        .sum();
    (sum / presented_ratio).max(1e-9)
}

fn lookups(steps: &[Step], cache: &str) -> f64 {
    let of = |steps: &[Step]| lookups(steps, cache);
    let error = |steps: &Option<Vec<Step>>| steps.as_deref().map_or(0.0, of);
    steps
        .iter()
        .map(|step| match step {
            Step::Call(call) => of(&call.steps) + error(&call.on_error),
            Step::Lookup(lookup) => {
                let own = if lookup.cache == cache { 1.0 } else { 0.0 };
                own + of(&lookup.on_hit) + of(&lookup.on_miss) + error(&lookup.on_error)
            }
            Step::Parallel(parallel) => parallel.branches.iter().map(|branch| of(branch)).sum(),
            Step::Choice(ways) => ways.iter().map(|way| way.probability * of(&way.steps)).sum(),
            Step::Each(each) => of(&each.steps),
            Step::Fill(_) | Step::Emit(_) | Step::Append(_) => 0.0,
        })
        .sum()
}
