//! Which keys stand for which: groups of ranks, one representative each.

use tenfold_units::math;

use super::super::table::{Key, Keys, Stratum};
use super::CacheWorldOptions;

/// How finely strata are split, and how often their keys are asked for.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// Groups per stratum; each has one representative, its middle key.
    groups: Vec<u64>,
    /// The same for keys of `old_age` seconds or more: the fastest term has faded, so that fewer
    /// representatives do.
    old_groups: Vec<u64>,
    old_age: f64,
    pub(super) entry_weight: u32,
    /// Requests per second for all keys together.
    pub(super) rate: f64,
    /// Share of them that runs in the background.
    pub(super) background_ratio: f64,
    /// Share of the misses that the store answers, so that they are filled.
    pub(super) fill_ratio: f64,
}

impl Shape {
    pub(super) fn new(keys: &Keys, options: &CacheWorldOptions) -> Self {
        let capacity = options.cache.capacity as f64 / f64::from(options.entry_weight);
        let largest = (capacity / f64::from(options.resolution))
            .min(f64::from(u32::MAX) / 2.0 / f64::from(options.entry_weight));
        let groups_of = |decay: f64| -> Vec<u64> {
            let groups = |stratum: &Stratum| {
                let count = stratum.count as f64;
                // The keys of a group are born within a part of their brightest time.
                let same_age = keys
                    .life
                    .as_ref()
                    .map_or(count, |life| count * AGE_SPREAD / (decay * life.cohort));
                let size = largest.min(same_age).clamp(1.0, count);
                ((count / size).ceil() as u64).clamp(1, stratum.count)
            };
            keys.strata.iter().map(groups).collect()
        };
        let mut decays: Vec<f64> = keys
            .life
            .as_ref()
            .map_or_else(Vec::new, |life| life.terms.iter().map(|term| term.decay).collect());
        decays.sort_by(|a, b| b.total_cmp(a));
        let fastest = decays.first().copied().unwrap_or(1.0);
        let next = decays.get(1).copied().unwrap_or(fastest);
        let old_age = if next < fastest { FADED / fastest } else { f64::INFINITY };
        let (groups, old_groups) = (groups_of(fastest), groups_of(next));
        Self {
            groups,
            old_groups,
            old_age,
            entry_weight: options.entry_weight,
            rate: options.rate,
            background_ratio: 1.0 - options.presented_ratio,
            fill_ratio: 1.0,
        }
    }

    /// Returns the number of groups of a stratum, of young or of old keys.
    pub(super) fn groups(&self, stratum: usize, old: bool) -> u64 {
        if old { self.old_groups[stratum] } else { self.groups[stratum] }
    }

    /// Returns whether `key` stands with the old ones at `time`: when the key that is to stand for
    /// it there is old.
    pub(super) fn is_old(&self, keys: &Keys, key: Key, time: f64) -> bool {
        self.old_age < f64::INFINITY
            && keys.age(self.stand_in(keys, key, true), time) >= self.old_age
    }

    /// Returns the key that stands for `key` at `time`, and whether it is the same key.
    pub(super) fn representative(&self, keys: &Keys, key: Key, time: f64) -> (Key, bool) {
        let representative = self.stand_in(keys, key, self.is_old(keys, key, time));
        (representative, representative.offset == key.offset)
    }

    fn stand_in(&self, keys: &Keys, key: Key, old: bool) -> Key {
        let group = self.group_of(keys, key.stratum, key.offset, old);
        self.middle(keys, key.stratum, group, old, key.cohort)
    }

    /// Returns the group that the key at `offset` is in.
    pub(super) fn group_of(&self, keys: &Keys, stratum: u32, offset: u64, old: bool) -> u64 {
        let (groups, count) = self.split(keys, stratum, old);
        // The last group that begins at or before `offset`.
        (((u128::from(offset) + 1) * groups - 1) / count) as u64
    }

    /// Returns the key that stands for a group: its middle one.
    pub(super) fn middle(
        &self,
        keys: &Keys,
        stratum: u32,
        group: u64,
        old: bool,
        cohort: i64,
    ) -> Key {
        let (first, beyond) = self.bounds(keys, stratum, group, old);
        let key = keys.key(stratum, first + (beyond - first) / 2, cohort);
        if old { key.aged() } else { key }
    }

    /// Returns how many keys a representative stands for.
    pub(super) fn keys_of(&self, keys: &Keys, representative: Key) -> u64 {
        let Key { stratum, offset, old, .. } = representative;
        let group = self.group_of(keys, stratum, offset, old);
        let (first, beyond) = self.bounds(keys, stratum, group, old);
        beyond - first
    }

    fn bounds(&self, keys: &Keys, stratum: u32, group: u64, old: bool) -> (u64, u64) {
        let (groups, count) = self.split(keys, stratum, old);
        let start = |group: u64| (u128::from(group) * count).div_ceil(groups) as u64;
        (start(group), start(group + 1))
    }

    fn split(&self, keys: &Keys, stratum: u32, old: bool) -> (u128, u128) {
        let count = keys.strata[stratum as usize].count;
        (u128::from(self.groups(stratum as usize, old)), u128::from(count))
    }

    /// Returns the rate at which a key is asked for when it is asked for most, per second.
    pub(super) fn peak_rate(&self, keys: &Keys, stratum: usize, term: usize) -> f64 {
        let share = keys.strata[stratum].share * self.rate;
        match &keys.life {
            None => share,
            Some(life) => {
                let term = life.terms[term];
                share * life.cohort * term.share * term.decay
            }
        }
    }

    /// Returns the rate at which the hottest key is asked for at its peak, per second.
    pub(super) fn hottest_rate(&self, keys: &Keys) -> f64 {
        let terms = keys.life.as_ref().map_or(1, |life| life.terms.len());
        let rate = |stratum| (0..terms).map(|term| self.peak_rate(keys, stratum, term)).sum();
        (0..keys.strata.len()).map(rate).fold(0.0, f64::max)
    }

    /// Returns the rate at which a key is asked for at `time`, per second.
    pub(super) fn key_rate(&self, keys: &Keys, key: Key, time: f64) -> f64 {
        self.rate_above(keys, key, time, 0.0)
    }

    /// Returns the rate at which a key is asked for at `time` beyond `cap` in each term.
    pub(super) fn rate_above(&self, keys: &Keys, key: Key, time: f64, cap: f64) -> f64 {
        let stratum = key.stratum as usize;
        let Some(life) = &keys.life else {
            return (self.peak_rate(keys, stratum, 0) - cap).max(0.0);
        };
        let age = keys.age(key, time);
        let above = |(index, term): (usize, &super::super::table::Term)| {
            let peak = self.peak_rate(keys, stratum, index);
            (peak * math::exp(-term.decay * age.max(0.0)) - cap).max(0.0)
        };
        life.terms.iter().enumerate().map(above).sum()
    }
}

/// Births within a group, as a share of the mean life of the fastest term.
const AGE_SPREAD: f64 = 0.125;

/// Mean lives of the fastest term after which what is left of it (e^-6) does not matter.
const FADED: f64 = 6.0;
