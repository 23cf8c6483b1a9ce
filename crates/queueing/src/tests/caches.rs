use tenfold_units::math;

use super::{brute, close};
use crate::{CacheGroup, lru_hit_ratio, lru_ttl_hit_ratio, ttl_hit_ratio};

/// Zipf popularity of `keys` ranks: hot ranks alone, the tail in strata of 1 % width.
fn zipf(keys: f64, exponent: f64) -> Vec<CacheGroup> {
    let mut groups = Vec::new();
    let mut rank = 1.0;
    while rank <= keys.min(1_000.0) {
        groups.push(CacheGroup { count: 1.0, rate: math::powf(rank, -exponent), size: 1.0 });
        rank += 1.0;
    }
    while rank <= keys {
        let next = (rank * 1.01).floor().max(rank + 1.0).min(keys + 1.0);
        // The middle of a stratum, shifted by half a rank: ranks are whole.
        let (from, to) = (rank - 0.5, next - 0.5);
        let power = 1.0 - exponent;
        let sum = (math::powf(to, power) - math::powf(from, power)) / power;
        let count = next - rank;
        groups.push(CacheGroup { count, rate: sum / count, size: 1.0 });
        rank = next;
    }
    groups
}

#[test]
fn che_has_its_published_values() {
    // 3e9 keys of Zipf 0.9 and room for a tenth: 0.690.
    let hits = lru_hit_ratio(&zipf(3e9, 0.9), 3e8).unwrap();
    close(hits.hit_ratio, 0.690, 1e-3);
    close(hits.occupancy, 3e8, 1e-9);
    // A year of links, 3.65e10 keys, room for 1e8: 0.41.
    close(lru_hit_ratio(&zipf(3.65e10, 0.9), 1e8).unwrap().hit_ratio, 0.41, 2e-2);
}

#[test]
fn che_agrees_with_a_simulated_cache() {
    let keys = 1_000_usize;
    let groups = zipf(1_000.0, 0.9);
    let total: f64 = groups.iter().map(|g| g.rate).sum();
    let mut ladder = Vec::with_capacity(keys);
    let mut sum = 0.0;
    for group in &groups {
        sum += group.rate / total;
        ladder.push(sum);
    }
    let mut random = brute::stream("lru");
    let capacity = 100;
    let mut cache: Vec<usize> = Vec::with_capacity(capacity + 1);
    let (mut asked, mut hit) = (0.0, 0.0);
    for request in 0..200_000 {
        let u = random.uniform();
        let key = ladder.partition_point(|step| *step <= u).min(keys - 1);
        let found = cache.iter().position(|k| *k == key);
        if request >= 5_000 {
            asked += 1.0;
            hit += f64::from(u8::from(found.is_some()));
        }
        if let Some(at) = found {
            cache.remove(at);
        } else if cache.len() == capacity {
            cache.pop();
        }
        cache.insert(0, key);
    }
    let formula = lru_hit_ratio(&groups, 100.0).unwrap().hit_ratio;
    assert!((hit / asked - formula).abs() < 0.01, "{} {formula}", hit / asked);
}

#[test]
fn sizes_and_edges() {
    // Everything fits.
    let all = lru_hit_ratio(&zipf(100.0, 0.8), 100.0).unwrap();
    assert_eq!((all.hit_ratio, all.characteristic_time), (1.0, f64::INFINITY));
    // Equal keys: the share that fits.
    let equal = [CacheGroup { count: 1_000.0, rate: 0.5, size: 1.0 }];
    close(lru_hit_ratio(&equal, 250.0).unwrap().hit_ratio, 0.25, 1e-9);
    // Bytes instead of keys.
    let bytes = [CacheGroup { count: 1_000.0, rate: 0.5, size: 2_000.0 }];
    close(lru_hit_ratio(&bytes, 500_000.0).unwrap().hit_ratio, 0.25, 1e-9);
    // Keys that nobody asks for take no room.
    let idle = [equal[0], CacheGroup { count: 1e9, rate: 0.0, size: 1.0 }];
    close(lru_hit_ratio(&idle, 250.0).unwrap().hit_ratio, 0.25, 1e-9);
    assert!(lru_hit_ratio(&[], 1.0).is_err());
    assert!(lru_hit_ratio(&equal, 0.0).is_err());
}

#[test]
fn time_to_live_alone() {
    let keys = [CacheGroup { count: 10.0, rate: 0.1, size: 1.0 }];
    close(ttl_hit_ratio(&keys, 30.0, false).unwrap().hit_ratio, 3.0 / 4.0, 1e-12);
    close(ttl_hit_ratio(&keys, 30.0, true).unwrap().hit_ratio, 1.0 - math::exp(-3.0), 1e-12);
    close(ttl_hit_ratio(&keys, 30.0, false).unwrap().occupancy, 7.5, 1e-12);
    assert!(ttl_hit_ratio(&keys, 0.0, false).is_err());
}

#[test]
fn time_to_live_and_a_bound() {
    let groups = zipf(10_000.0, 0.9);
    let plain = lru_hit_ratio(&groups, 500.0).unwrap();
    // A long life changes nothing; a short one never fills the cache.
    let long = lru_ttl_hit_ratio(&groups, 500.0, 1e12).unwrap();
    close(long.hit_ratio, plain.hit_ratio, 1e-6);
    let short = plain.characteristic_time * 1e-3;
    let bounded = lru_ttl_hit_ratio(&groups, 500.0, short).unwrap();
    close(bounded.hit_ratio, ttl_hit_ratio(&groups, short, false).unwrap().hit_ratio, 1e-9);
    let middle = lru_ttl_hit_ratio(&groups, 500.0, plain.characteristic_time * 3.0).unwrap();
    assert!(bounded.hit_ratio < middle.hit_ratio && middle.hit_ratio < plain.hit_ratio);
    assert!(middle.characteristic_time > plain.characteristic_time, "expiry makes room");
}

/// The mean of min(T, stay) where a stay ends at the first gap of 1: with q(s) = P(stay > s), q = 1
/// up to 1, then q'(s) = -λ e^-λ q(s - 1), starting from 1 - e^-λ. By steps of 1/1000.
fn stay_by_steps(rate: f64, ttl: f64) -> f64 {
    let per_unit = 1_000_usize;
    let step = 1.0 / per_unit as f64;
    let decay = rate * math::exp(-rate);
    let steps = (ttl * per_unit as f64).round() as usize;
    let mut alive = vec![1.0; per_unit];
    let mut sum = 1.0;
    let mut value = 1.0 - math::exp(-rate);
    for i in per_unit..steps {
        alive.push(value);
        let next = value - decay * step * 0.5 * (alive[i - per_unit] + alive[i - per_unit + 1]);
        sum += 0.5 * (value + next) * step;
        value = next;
    }
    sum
}

#[test]
fn a_stay_with_both_ends_keeps_its_claim() {
    let mut worst: f64 = 0.0;
    for rate in [0.05, 0.2, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0] {
        for ttl in [1.1, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0] {
            let exact = stay_by_steps(rate, ttl);
            let error = (crate::cache::mean_stay(rate, 1.0, ttl) / exact - 1.0).abs();
            assert!(ttl > 2.0 || error < 1e-5, "exact up to 2 t: {rate} {ttl} {error}");
            worst = worst.max(error);
        }
    }
    assert!(worst < 0.01, "{worst}");
}
