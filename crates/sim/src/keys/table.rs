//! A population made ready to draw from.

use tenfold_units::random::Stream;
use tenfold_units::{FixedHasher, Instant, math};

use super::alias::Alias;
use super::population::{KeyError, KeyPopulation};

/// One key: which of its stratum, and for living keys of which cohort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    pub(super) stratum: u32,
    /// Place within the stratum, from 0.
    pub(super) offset: u64,
    /// Cohort of birth; 0 for keys that are not born.
    pub(super) cohort: i64,
    /// Whether it stands for keys past their bright time.
    pub(super) old: bool,
    id: u64,
}

impl Key {
    /// Returns the number that tells this key from every other of its population.
    #[must_use]
    pub const fn id(self) -> u64 {
        self.id
    }

    /// Returns the same key as one that stands for keys past their bright time.
    pub(super) const fn aged(self) -> Self {
        Self { old: true, id: !self.id, ..self }
    }

    /// Returns the shard of this key among `shards` >= 1, by hash: the same wherever it is asked.
    ///
    /// # Panics
    /// Panics when `shards` is 0.
    #[must_use]
    pub fn shard(self, shards: u32) -> u32 {
        use core::hash::Hasher;
        assert!(shards > 0, "a key needs a shard to be in");
        let mut hasher = FixedHasher::default();
        hasher.write_u64(self.id);
        ((u128::from(hasher.finish()) * u128::from(shards)) >> 64) as u32
    }
}

/// Consecutive ranks that are asked for about equally often: their share of the requests differs by
/// at most (1 + 1/[`PER_STRATUM`])^exponent, and ranks up to [`PER_STRATUM`] × 2 stand alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stratum {
    /// Ranks before this stratum.
    first: u64,
    /// Ranks in it.
    pub(super) count: u64,
    /// Share of all requests that one of its keys gets (living: over its life, of a cohort's).
    pub(super) share: f64,
    /// When in the cohort its first key is born, as a fraction of the cohort.
    phase: f64,
}

/// Ranks r to r + r/64 make a stratum.
const PER_STRATUM: u64 = 64;

/// An exponential term of the interest in a living key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Term {
    pub(super) share: f64,
    /// ln 2 / half-life, per second.
    pub(super) decay: f64,
}

/// How living keys come and go.
#[derive(Clone, Debug)]
pub(super) struct Life {
    /// Seconds of a cohort.
    pub(super) cohort: f64,
    pub(super) terms: Vec<Term>,
}

/// A population made ready to draw from: about 1,500 strata, whatever the number of keys.
#[derive(Clone, Debug)]
pub struct Keys {
    pub(super) strata: Vec<Stratum>,
    pub(super) life: Option<Life>,
    /// Keys, of a cohort where they are born.
    count: u64,
    /// Over strata × terms.
    draws: Alias,
}

impl Keys {
    /// Returns the population that the options describe.
    ///
    /// # Errors
    /// Returns every problem of the options.
    pub fn new(population: &KeyPopulation) -> Result<Self, KeyError> {
        population.check()?;
        let (mut strata, life) = match population {
            KeyPopulation::Zipf(zipf) => (zipf_strata(zipf.exponent, zipf.count), None),
            KeyPopulation::Empirical(groups) => {
                let mut first = 0;
                let mut strata = Vec::with_capacity(groups.len());
                for group in groups {
                    let share = group.requests / group.keys as f64;
                    strata.push(Stratum { first, count: group.keys, share, phase: 0.0 });
                    first += group.keys;
                }
                (strata, None)
            }
            KeyPopulation::Living(living) => {
                let cohort = living.cohort.as_secs_f64();
                let count = (living.births * cohort).round().max(1.0) as u64;
                let term = |fade: &super::population::Fade| Term {
                    share: fade.share,
                    decay: core::f64::consts::LN_2 / fade.half_life.as_secs_f64(),
                };
                let terms = living.interest.iter().map(term).collect();
                (zipf_strata(living.exponent, count), Some(Life { cohort, terms }))
            }
        };
        let total: f64 = strata.iter().map(|stratum| stratum.share * stratum.count as f64).sum();
        for (index, stratum) in strata.iter_mut().enumerate() {
            stratum.share /= total;
            // Golden-ratio steps spread the births of the hottest ranks evenly over the cohort.
            stratum.phase = fraction(index as f64 * 0.618_033_988_749_894_9);
        }
        let count = strata.iter().map(|stratum| stratum.count).sum();
        let mut keys = Self { strata, life, count, draws: Alias::new(&[]) };
        keys.draws = Alias::new(&keys.draw_weights());
        keys.begin_typically();
        Ok(keys)
    }

    /// Shifts all births alike, so that at the origin of time the hottest keys of the cohorts have
    /// together about as much interest as they have on average.
    fn begin_typically(&mut self) {
        let Some(life) = self.life.clone() else { return };
        let unusual = |shift: &f64| (self.total_at(-shift * life.cohort) - 1.0).abs();
        let shifts = (0..ORIGINS).map(|step| f64::from(step) / f64::from(ORIGINS));
        let best = shifts.min_by(|a, b| unusual(a).total_cmp(&unusual(b))).unwrap_or(0.0);
        for stratum in &mut self.strata {
            stratum.phase = fraction(stratum.phase + best);
        }
    }

    /// Returns the key that a request at `now` asks for.
    ///
    /// Living keys: each key that is alive is drawn in proportion to its interest at `now`,
    /// exactly; so the total rate is the caller's even while the hottest key of a cohort is fresh.
    pub fn draw(&self, now: Instant, stream: &mut Stream) -> Key {
        self.draw_at(now.as_secs_f64(), stream)
    }

    /// As [`Keys::draw`], at a time in seconds that may lie before the origin.
    pub(super) fn draw_at(&self, time: f64, stream: &mut Stream) -> Key {
        loop {
            let cell = self.draws.draw(stream);
            let Some(life) = &self.life else {
                return self.key(cell as u32, stream.below(self.strata[cell].count), 0);
            };
            let (stratum, term) = (cell / life.terms.len(), cell % life.terms.len());
            let offset = stream.below(self.strata[stratum].count);
            let (cohort, age) = self.youngest(stratum, offset, time, life);
            let decay = life.terms[term].decay;
            // The cell's weight holds for age 0; a key of the same rank is born every cohort.
            if !stream.chance(math::exp(-decay * age)) {
                continue;
            }
            let older = stream.exponential() / (decay * life.cohort);
            return self.key(stratum as u32, offset, cohort - older as i64);
        }
    }

    /// Returns the share of the requests that the hottest key gets; of living keys, the hottest of
    /// a cohort at its birth, when it peaks.
    #[must_use]
    pub fn hottest_share(&self) -> f64 {
        let hottest = self.strata.iter().map(|stratum| stratum.share).fold(0.0, f64::max);
        let Some(life) = &self.life else { return hottest };
        let fresh: f64 = life.terms.iter().map(|term| term.share * term.decay).sum();
        let birth = self.birth(self.key(0, 0, 0), life);
        hottest * life.cohort * fresh / self.total_at(birth)
    }

    /// Returns the mean number of different keys that requests at `rate` per second ask for within
    /// `window` seconds: the working set, in keys.
    ///
    /// Exact for independent requests of a static population; for living keys an integral over
    /// their ages by a sum of 256 terms (error below 1 %).
    #[must_use]
    pub fn working_set(&self, rate: f64, window: f64) -> f64 {
        let touched = |requests: f64| -math::exp_m1(-requests);
        let Some(life) = &self.life else {
            let keys =
                |stratum: &Stratum| stratum.count as f64 * touched(stratum.share * rate * window);
            return self.strata.iter().map(keys).sum();
        };
        // Interest that falls into the window, for ages at the start of the window: negative ages
        // are born within it.
        let ages = age_grid(window, life);
        let spans: Vec<(f64, f64)> = ages
            .windows(2)
            .map(|pair| {
                let age = f64::midpoint(pair[0], pair[1]);
                let gained = life.gained(age + window) - life.gained(age.max(0.0));
                (pair[1] - pair[0], gained)
            })
            .collect();
        let keys = |stratum: &Stratum| {
            let births = stratum.count as f64 / life.cohort;
            let requests = stratum.share * rate * life.cohort;
            let seen = spans.iter().map(|(span, gained)| span * touched(requests * gained));
            births * seen.sum::<f64>()
        };
        self.strata.iter().map(keys).sum()
    }

    /// Returns the number of keys: of a static population all, of living keys those of a cohort.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Returns the key at this place.
    pub(super) fn key(&self, stratum: u32, offset: u64, cohort: i64) -> Key {
        let rank = self.strata[stratum as usize].first + offset;
        let id = (cohort as u64).wrapping_mul(self.count).wrapping_add(rank);
        Key { stratum, offset, cohort, old: false, id }
    }

    /// Returns the cohort and the age of the youngest key at this place that is born by `time`.
    pub(super) fn youngest(
        &self,
        stratum: usize,
        offset: u64,
        time: f64,
        life: &Life,
    ) -> (i64, f64) {
        let cohorts = time / life.cohort - self.strata[stratum].birth_phase(offset);
        let whole = cohorts.floor();
        (whole as i64, (cohorts - whole) * life.cohort)
    }

    /// Returns the age of a key at `time`, in seconds; 0 for keys that are not born.
    pub(super) fn age(&self, key: Key, time: f64) -> f64 {
        self.life.as_ref().map_or(0.0, |life| time - self.birth(key, life))
    }

    /// Returns when a living key is born, in seconds.
    pub(super) fn birth(&self, key: Key, life: &Life) -> f64 {
        let phase = self.strata[key.stratum as usize].birth_phase(key.offset);
        (key.cohort as f64 + phase) * life.cohort
    }

    /// Returns the sum of all interest at `time` relative to its mean over a cohort.
    pub(super) fn total_at(&self, time: f64) -> f64 {
        let Some(life) = &self.life else { return 1.0 };
        let mut total = 0.0;
        for (index, stratum) in self.strata.iter().enumerate() {
            let count = stratum.count as f64;
            let step = life.cohort / count;
            let (_, age) = self.youngest(index, 0, time, life);
            let nearest = fraction(age / step) * step;
            for term in &life.terms {
                // Ages nearest, nearest + step, … without end: a geometric series.
                let series = math::exp(-term.decay * nearest) / -math::exp_m1(-term.decay * step);
                total += stratum.share * term.share * term.decay * life.cohort * series;
            }
        }
        total
    }

    fn draw_weights(&self) -> Vec<f64> {
        let mass = |stratum: &Stratum| stratum.share * stratum.count as f64;
        let Some(life) = &self.life else { return self.strata.iter().map(mass).collect() };
        let mut weights = Vec::with_capacity(self.strata.len() * life.terms.len());
        for stratum in &self.strata {
            for term in &life.terms {
                let fade = term.decay * life.cohort;
                weights.push(mass(stratum) * term.share * fade / -math::exp_m1(-fade));
            }
        }
        weights
    }
}

impl Stratum {
    fn birth_phase(&self, offset: u64) -> f64 {
        fraction(self.phase + offset as f64 / self.count as f64)
    }
}

impl Life {
    /// Returns the share of its interest that a key has got by `age`.
    fn gained(&self, age: f64) -> f64 {
        self.terms.iter().map(|term| term.share * -math::exp_m1(-term.decay * age)).sum()
    }
}

/// Moments of a cohort among which a typical one is looked for.
const ORIGINS: u32 = 100;

fn fraction(x: f64) -> f64 {
    x - x.floor()
}

fn zipf_strata(exponent: f64, count: u64) -> Vec<Stratum> {
    let mut strata = Vec::new();
    let mut first = 0;
    while first < count {
        let keys = (first / PER_STRATUM).clamp(1, count - first);
        let share = if keys == 1 {
            math::powf((first + 1) as f64, -exponent)
        } else {
            // The sum over the ranks as an integral, by the midpoint rule's mirror image: relative
            // error below exponent · (exponent + 1) / 24 / first², 1e-5 at the most.
            let (low, high) = (first as f64 + 0.5, (first + keys) as f64 + 0.5);
            power_integral(low, high, exponent) / keys as f64
        };
        strata.push(Stratum { first, count: keys, share, phase: 0.0 });
        first += keys;
    }
    strata
}

/// Returns ∫ x^-exponent from `low` to `high`, stable near exponent 1.
fn power_integral(low: f64, high: f64, exponent: f64) -> f64 {
    let ratio = math::ln(high / low);
    let power = 1.0 - exponent;
    let grown =
        if (power * ratio).abs() < 1e-12 { ratio } else { math::exp_m1(power * ratio) / power };
    math::powf(low, power) * grown
}

/// Ages from `-window` up, in steps that grow with the age.
fn age_grid(window: f64, life: &Life) -> Vec<f64> {
    let slowest = life.terms.iter().map(|term| term.decay).fold(f64::INFINITY, f64::min);
    let mut ages: Vec<f64> =
        (0..=64).map(|step| f64::from(step) / 64.0 * window - window).collect();
    let (first, last) = (window.min(1.0 / slowest) / 1e3, 40.0 / slowest);
    let growth = math::ln(last / first) / 191.0;
    ages.extend((0..192).map(|step| first * math::exp(growth * f64::from(step))));
    ages
}
