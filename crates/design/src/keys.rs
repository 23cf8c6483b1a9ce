//! The hit ratio of an LRU cache over keys that are born and fade.
//!
//! Che's approximation for a shot-noise workload (Traverso, Ahmed, Garetto, Giaccone, Leonardi and
//! Niccolini, "Temporal locality in today's content caching", CCR 43(5), 2013): an entry stays for a
//! characteristic time T after its last use; a request hits when the key was asked for within the T
//! before it; T is where the expected number of entries equals the capacity. For a fixed set of keys
//! this is Che, Tung and Wang, "Hierarchical web caching systems", JSAC 20(7), 2002.

use tenfold_units::math;

/// A key space in numbers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Keys {
    /// Requests per second.
    pub(crate) rate: f64,
    /// Births per second; 0 for a fixed set.
    pub(crate) born: f64,
    /// Keys of a fixed set.
    pub(crate) count: f64,
    /// Zipf exponent.
    pub(crate) exponent: f64,
    /// Share and half-life of each term; empty for a fixed set.
    pub(crate) interest: Vec<(f64, f64)>,
}

/// Returns the share of all requests that the hottest key gets: of a fixed set its Zipf weight; of
/// living keys that of a day's hottest key at the moment of its birth, when interest is greatest.
pub(crate) fn hottest_share(born: f64, count: f64, exponent: f64, interest: &[(f64, f64)]) -> f64 {
    let living = born > 0.0 && !interest.is_empty();
    let keys = if living { (born * DAY).max(1.0) } else { count.max(1.0) };
    let weight = 1.0 / generalized_harmonic(keys, exponent);
    if !living {
        return weight;
    }
    let fading: f64 = interest.iter().map(|(share, half)| share * math::ln(2.0) / half).sum();
    (weight * DAY * fading).min(1.0)
}

/// Seconds of a cohort.
const DAY: f64 = 86_400.0;
/// Strata of popularity and of age: the hit ratio moves by less than 0.3 points when doubled.
const STRATA: usize = 40;
/// Characteristic times in a table.
const TIMES: usize = 36;

/// Capacity in entries against hit ratio: monotone in both.
#[derive(Clone, Debug)]
pub(crate) struct HitCurve {
    points: Vec<(f64, f64)>,
}

impl HitCurve {
    /// Returns the curve of a key space.
    pub(crate) fn new(keys: &Keys) -> Self {
        let living = keys.born > 0.0 && !keys.interest.is_empty() && keys.rate > 0.0;
        let (low, high) = if living {
            let longest = keys.interest.iter().map(|(_, half_life)| *half_life).fold(1.0, f64::max);
            (1e-2_f64, longest * 20.0)
        } else {
            (
                keys.count.max(1.0) / keys.rate.max(1e-9) * 1e-7,
                keys.count / keys.rate.max(1e-9) * 1e5,
            )
        };
        let mut points = vec![(0.0, 0.0)];
        let strata = if living { Strata::living(keys) } else { Strata::fixed(keys) };
        for index in 0..TIMES {
            let share = index as f64 / (TIMES - 1) as f64;
            let time = low * math::powf(high / low, share);
            points.push(strata.at(time));
        }
        Self { points }
    }

    /// Returns the hit ratio with room for `entries`.
    pub(crate) fn hit_ratio(&self, entries: f64) -> f64 {
        let after = self.points.partition_point(|(capacity, _)| *capacity < entries);
        if after == 0 {
            return 0.0;
        }
        let Some(&(c1, h1)) = self.points.get(after) else {
            return self.points.last().map_or(0.0, |(_, hit)| *hit);
        };
        let (c0, h0) = self.points[after - 1];
        if c1 <= c0 {
            return h1;
        }
        // Between two points the ratio grows with the logarithm of the room.
        let share = if c0 > 0.0 {
            math::ln(entries / c0) / math::ln(c1 / c0)
        } else {
            (entries - c0) / (c1 - c0)
        };
        h0 + (h1 - h0) * share
    }

    /// Returns the fewest entries with which the hit ratio is at least `ratio`; infinite when none.
    #[cfg(test)]
    fn entries(&self, ratio: f64) -> f64 {
        self.points.iter().find(|(_, hit)| *hit >= ratio).map_or(f64::INFINITY, |(c, _)| *c)
    }
}

/// Popularity and age in strata.
enum Strata {
    /// Requests over its life and number born per second, for each stratum of rank; ages with their
    /// width, cumulative interest as terms.
    Living { ranks: Vec<(f64, f64)>, terms: Vec<(f64, f64)>, ages: Vec<(f64, f64)>, rate: f64 },
    /// Rate of one key and number of keys, for each stratum.
    Fixed { ranks: Vec<(f64, f64)>, rate: f64 },
}

impl Strata {
    fn living(keys: &Keys) -> Self {
        let cohort = (keys.born * DAY).max(1.0);
        let per_life = keys.rate / keys.born;
        let ranks = rank_strata(cohort, keys.exponent)
            .into_iter()
            .map(|(weight, count)| (per_life * cohort * weight, count / DAY))
            .collect();
        let terms: Vec<_> =
            keys.interest.iter().map(|(share, half)| (*share, math::ln(2.0) / half)).collect();
        let longest = keys.interest.iter().map(|(_, half_life)| *half_life).fold(1.0, f64::max);
        let edges: Vec<f64> =
            (0..=STRATA).map(|i| if i == 0 { 0.0 } else { age_edge(i, longest) }).collect();
        let ages = edges.windows(2).map(|pair| (pair[0], pair[1])).collect();
        Self::Living { ranks, terms, ages, rate: keys.rate }
    }

    fn fixed(keys: &Keys) -> Self {
        let ranks = rank_strata(keys.count.max(1.0), keys.exponent)
            .into_iter()
            .map(|(weight, count)| (keys.rate * weight, count))
            .collect();
        Self::Fixed { ranks, rate: keys.rate }
    }

    /// Returns expected entries and hit ratio when entries stay for `time`.
    fn at(&self, time: f64) -> (f64, f64) {
        let (mut entries, mut hits) = (0.0, 0.0);
        match self {
            Self::Fixed { ranks, rate } => {
                for (key_rate, count) in ranks {
                    let present = 1.0 - math::exp(-key_rate * time);
                    entries += count * present;
                    hits += count * key_rate / rate * present;
                }
            }
            Self::Living { ranks, terms, ages, rate } => {
                let cumulative = |age: f64| -> f64 {
                    terms.iter().map(|(share, mu)| share * (1.0 - math::exp(-mu * age))).sum()
                };
                for (from, to) in ages {
                    let middle = (from + to) / 2.0;
                    let recent = cumulative(middle) - cumulative((middle - time).max(0.0));
                    let asked = cumulative(*to) - cumulative(*from);
                    for (requests, born) in ranks {
                        let present = 1.0 - math::exp(-requests * recent);
                        entries += born * (to - from) * present;
                        hits += born * requests * asked / rate * present;
                    }
                }
            }
        }
        (entries, hits)
    }
}

/// Ends of age strata: from a minute on, in equal steps of the logarithm.
fn age_edge(index: usize, longest: f64) -> f64 {
    let (low, high) = (60.0_f64, longest * 20.0);
    low * math::powf(high / low, (index - 1) as f64 / (STRATA - 1) as f64)
}

/// Returns weight (share of all requests) of one key and number of keys, for each stratum of rank.
fn rank_strata(count: f64, exponent: f64) -> Vec<(f64, f64)> {
    let total = generalized_harmonic(count, exponent);
    let mut strata = Vec::with_capacity(STRATA);
    let mut from = 0.0;
    for index in 0..STRATA {
        let share = (index + 1) as f64 / STRATA as f64;
        let to = math::powf(count, share).floor().max(from + 1.0).min(count);
        if to > from {
            let sum = generalized_harmonic(to, exponent)
                - if from > 0.0 { generalized_harmonic(from, exponent) } else { 0.0 };
            strata.push((sum / total / (to - from), to - from));
            from = to;
        }
    }
    strata
}

/// Returns the share of requests for the `first` most popular of `count` keys under a Zipf law.
pub(crate) fn zipf_share(first: f64, count: f64, exponent: f64) -> f64 {
    generalized_harmonic(first, exponent) / generalized_harmonic(count, exponent)
}

/// Returns Σ r^-s for r = 1..n: exact up to 64, then Euler and Maclaurin.
fn generalized_harmonic(n: f64, exponent: f64) -> f64 {
    let head = n.min(64.0) as u32;
    let mut sum = 0.0;
    for rank in 1..=head {
        sum += math::powf(f64::from(rank), -exponent);
    }
    if n <= 64.0 {
        return sum;
    }
    let integral = |x: f64| {
        if (exponent - 1.0).abs() < 1e-9 {
            math::ln(x)
        } else {
            math::powf(x, 1.0 - exponent) / (1.0 - exponent)
        }
    };
    let (a, b) = (64.0_f64, n);
    let edge = (math::powf(b, -exponent) - math::powf(a, -exponent)) / 2.0;
    sum + integral(b) - integral(a) + edge
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(count: f64, exponent: f64) -> Keys {
        Keys { rate: 1_000.0, born: 0.0, count, exponent, interest: vec![] }
    }

    #[test]
    fn a_static_zipf_law_gives_the_hit_ratio_of_che() {
        // 3e9 keys, exponent 0.9, 3e8 entries: 0.690, Che's approximation evaluated with mpmath.
        let hit = HitCurve::new(&fixed(3e9, 0.9)).hit_ratio(3e8);
        assert!((hit - 0.690).abs() < 0.006, "{hit}");
    }

    #[test]
    fn equal_keys_hit_in_proportion_to_the_room() {
        let curve = HitCurve::new(&fixed(1_000.0, 0.0));
        for entries in [100.0, 500.0, 900.0] {
            let hit = curve.hit_ratio(entries);
            assert!((hit - entries / 1_000.0).abs() < 0.02, "{entries}: {hit}");
        }
    }

    #[test]
    fn fading_keys_need_less_room_than_a_static_law() {
        let living = Keys {
            rate: 100_000.0,
            born: 1_000.0,
            count: 0.0,
            exponent: 0.9,
            interest: vec![(1.0, 86_400.0)],
        };
        let curve = HitCurve::new(&living);
        let still = HitCurve::new(&Keys { count: 1_000.0 * 86_400.0 * 365.0, ..fixed(1.0, 0.9) });
        assert!(curve.hit_ratio(1e8) > still.hit_ratio(1e8) + 0.2);
        assert!(curve.entries(0.5) < curve.entries(0.9));
        // Each key's first request misses: at most 1 - births ÷ requests (keys asked for at all).
        assert!(curve.hit_ratio(1e12) <= 1.0);
    }

    #[test]
    fn more_room_never_hits_less() {
        let curve = HitCurve::new(&fixed(1e7, 0.8));
        let mut last = 0.0;
        for exponent in 0..30 {
            let hit = curve.hit_ratio(math::powf(2.0, f64::from(exponent)));
            assert!(hit >= last);
            last = hit;
        }
    }
}
