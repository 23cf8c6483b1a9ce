//! Hit ratios and refills, from keys and the eviction policy, before any queue is simulated.

use indexmap::IndexMap;
use tenfold_design::{Action, Design, Load, Step};
use tenfold_sim::keys::{
    CacheWorld, CacheWorldOptions, HitRatio, Keys, RESOLUTION, Refill, WarmOptions,
};
use tenfold_sim::{Caches, Model};
use tenfold_units::{Instant, Interval, Ledger, Provenance, Seed, Unit};

use crate::lower::{cache_options, calls, is_in_process, keys_of, population};

/// How long a refill is followed, s: two days.
const REFILL_MAX: f64 = 2.0 * 86_400.0;

/// Keys without queues need no more to be steady within a fifth of a point.
pub(super) const WARM: WarmOptions = WarmOptions { budget: 800_000, tolerance: 0.002 };

/// The steady state of each cache, and how each refills when all of it is lost.
#[derive(Clone, Debug, Default)]
pub struct HitRatios {
    ratios: IndexMap<String, f64>,
    refills: IndexMap<String, Refill>,
    /// The caches in their steady state, by load.
    average: IndexMap<String, CacheWorld>,
    peak: IndexMap<String, CacheWorld>,
}

impl HitRatios {
    /// Warms each cache of a design with its keys at peak; its figures `warm.<name>.hit_ratio` and
    /// `warm.<name>.refill_seconds` go into the ledger.
    ///
    /// # Panics
    /// Panics when a cache or its keys have options that the laws of the design refuse.
    #[must_use]
    pub fn new(design: &Design, ledger: &mut Ledger, seed: Seed) -> Self {
        let mut found = Self::default();
        for (name, component) in &design.components {
            let (Some(options), Some(keys)) = (cache_options(component), keys_of(design, name))
            else {
                continue;
            };
            let Some(space) = design.keys.get(keys) else { continue };
            let population = population(space, ledger);
            let cache = component.cache.as_ref().expect("it has options");
            let world = |load: Load| {
                let rate = lookups(design, ledger, name, &found, load);
                let world = CacheWorldOptions {
                    cache: options,
                    entry_weight: (cache.entry.as_f64() as u32).max(1),
                    rate: rate.max(1e-9),
                    presented_ratio: 0.0,
                    resolution: RESOLUTION,
                };
                let keys = Keys::new(&population).expect("the laws checked the keys");
                let seed = Seed(seed.stream(&format!("cache/{name}")).next_u64());
                let mut world =
                    CacheWorld::new(keys, world, seed).expect("the laws checked the cache");
                let warmth = world.warm(WARM);
                (world, warmth)
            };
            let at_peak = || {
                let (world, warmth) = world(Load::Peak);
                let refill = world.refill_timeline(Instant::ZERO, (1, 1), None, REFILL_MAX);
                (world, warmth, refill)
            };
            let ((peak, warm, refill), (average, _)) =
                rayon::join(at_peak, || world(Load::Average));
            found.peak.insert(name.clone(), peak);
            found.average.insert(name.clone(), average);
            found.record(name, warm.hit_ratio, refill, ledger, seed);
        }
        found
    }

    /// Returns the caches of a model in their steady state under a load.
    ///
    /// # Panics
    /// Panics when the model is not of the design that was warmed.
    #[must_use]
    pub fn caches(&self, model: &Model, load: Load) -> Caches {
        let worlds = match load {
            Load::Average => &self.average,
            Load::Peak => &self.peak,
        };
        Caches::of_worlds(model, worlds)
    }

    /// Returns the hit ratio of a cache; of what is none: 0.
    #[must_use]
    pub fn of(&self, cache: &str) -> f64 {
        self.ratios.get(cache).copied().unwrap_or(0.0)
    }

    /// Returns how a cache refills after all of it was lost.
    #[must_use]
    pub fn refill(&self, cache: &str) -> Option<&Refill> {
        self.refills.get(cache)
    }

    fn record(
        &mut self,
        name: &str,
        ratio: HitRatio,
        refill: Refill,
        ledger: &mut Ledger,
        seed: Seed,
    ) {
        ledger.insert(
            &format!("warm.{name}.hit_ratio"),
            &format!("hit ratio of {name}, steady at peak"),
            Unit::Ratio,
            Interval::confidence(ratio.value, Some((ratio.low, ratio.high))),
            Provenance::Simulated { scenario: "keys at peak".to_owned(), seed: seed.0 },
        );
        ledger.insert(
            &format!("warm.{name}.refill_seconds"),
            &format!("until {name} hits within one point of its steady ratio again"),
            Unit::Seconds,
            Interval::confidence(refill.within_one_point.unwrap_or(REFILL_MAX), None),
            Provenance::Simulated {
                scenario: "keys after a loss at peak".to_owned(),
                seed: seed.0,
            },
        );
        self.ratios.insert(name.to_owned(), ratio.value);
        self.refills.insert(name.to_owned(), refill);
    }
}

/// Look-ups per second of the whole system.
fn lookups(design: &Design, ledger: &Ledger, cache: &str, found: &HitRatios, load: Load) -> f64 {
    let rates: IndexMap<String, f64> = design
        .workload
        .iter()
        .map(|(name, operation)| {
            let rate = match load {
                Load::Average => &operation.rate,
                Load::Peak => &operation.peak,
            };
            (name.clone(), crate::evaluate(rate, ledger))
        })
        .collect();
    if is_in_process(design, cache) {
        // Each process sees its share of the look-ups, and holds what it saw.
        let asked = design.flows.iter().filter_map(|(name, steps)| {
            Some(rates.get(name)? * lookups_in(steps, cache, ledger, found))
        });
        let processes = design.instances(&design.components[cache]).max(1);
        return asked.sum::<f64>() / f64::from(processes);
    }
    let calls = calls(design, ledger, &rates, &|name| found.of(name));
    calls.get(cache).map_or(0.0, |classes| classes.values().sum())
}

/// Look-ups in a cache for each request that goes this way.
fn lookups_in(steps: &[Step], cache: &str, ledger: &Ledger, found: &HitRatios) -> f64 {
    let inside = |steps: &[Step]| lookups_in(steps, cache, ledger, found);
    let each = steps.iter().map(|step| match step {
        Step::Action(Action::Lookup(lookup)) => {
            let own = if lookup.cache == cache { 1.0 } else { 0.0 };
            own + (1.0 - found.of(&lookup.cache)) * inside(&lookup.on_miss)
        }
        Step::Action(Action::Sometimes(some)) => {
            crate::evaluate(&some.ratio, ledger) * inside(&some.steps)
        }
        Step::Action(Action::Repeat(repeat)) => {
            crate::evaluate(&repeat.times, ledger) * inside(&repeat.steps)
        }
        Step::Action(Action::Parallel(branches)) => branches.iter().map(|b| inside(b)).sum(),
        Step::Action(Action::Call(called)) => inside(&called.steps),
        Step::Visit(_) | Step::Action(_) => 0.0,
    });
    each.sum()
}
