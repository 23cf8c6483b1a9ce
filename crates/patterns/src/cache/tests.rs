use proptest::prelude::*;
use tenfold_units::{Seed, math};

use super::*;

fn stream() -> Stream {
    Seed(1).stream("cache")
}

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

fn with_ttl(capacity: u64, ttl: u64) -> CacheOptions {
    CacheOptions { ttl: Some(Duration::from_millis(ttl)), ..CacheOptions::lru(capacity) }
}

#[test]
fn lru_evicts_the_least_recently_used() {
    let mut s = stream();
    let mut cache = Cache::new(CacheOptions::lru(3)).unwrap();
    for key in 0..3_u64 {
        let _ = cache.insert(at(0), key, key, 1, &mut s);
    }
    assert!(cache.lookup(at(0), &0).is_hit());
    let result = cache.insert(at(0), 3, 3, 1, &mut s);
    assert_eq!(result, CacheInsertion { kept: true, evicted: 1, evicted_weight: 1 });
    assert!(!cache.lookup(at(0), &1).is_hit());
    assert!(cache.lookup(at(0), &0).is_hit());
    assert_eq!((cache.len(), cache.weight()), (3, 3));
}

#[test]
fn weights_count_not_entries() {
    let mut s = stream();
    for policy in [CachePolicy::Lru, CachePolicy::S3Fifo, CachePolicy::TinyLfu] {
        let options = CacheOptions { policy, ..CacheOptions::lru(100) };
        let mut cache = Cache::new(options).unwrap();
        for key in 0..50_u64 {
            let _ = cache.insert(at(0), key, (), 30, &mut s);
            assert!(cache.weight() <= 100);
        }
        assert_eq!(cache.len(), 3, "{policy:?}");
        assert!(!cache.insert(at(0), 99, (), 101, &mut s).kept);
        assert_eq!(cache.len(), 3);
    }
}

#[test]
fn a_heavier_value_replaces_and_makes_room() {
    let mut s = stream();
    let mut cache = Cache::new(CacheOptions::lru(10)).unwrap();
    for key in 0..5_u64 {
        let _ = cache.insert(at(0), key, 'a', 2, &mut s);
    }
    let result = cache.insert(at(0), 4, 'b', 9, &mut s);
    assert_eq!(result.evicted, 4);
    assert_eq!(cache.lookup(at(0), &4), CacheDecision::Hit(&'b'));
    assert_eq!((cache.len(), cache.weight()), (1, 9));
}

#[test]
fn expiry_is_exact() {
    let mut s = stream();
    let mut cache = Cache::new(with_ttl(10, 100)).unwrap();
    let _ = cache.insert(at(5), 1_u32, (), 1, &mut s);
    assert_eq!(cache.expires(&1), Some(at(105)));
    assert!(cache.lookup(at(104), &1).is_hit());
    assert_eq!(cache.lookup(at(105), &1), CacheDecision::Miss);
    assert!(cache.is_empty(), "an expired entry that is asked for goes");
}

#[test]
fn textbook_entries_made_together_do_not_expire_together() {
    let mut s = stream();
    let options = CacheOptions { ttl_jitter: 0.2, ..with_ttl(1_000, 1_000) };
    let mut cache = Cache::new(options).unwrap();
    let mut ends: Vec<Instant> = (0..1_000_u64)
        .map(|key| {
            let _ = cache.insert(at(0), key, (), 1, &mut s);
            cache.expires(&key).unwrap()
        })
        .collect();
    ends.sort_unstable();
    assert!(ends[0] >= at(800) && ends[999] <= at(1_000), "{} {}", ends[0], ends[999]);
    let spread = ends[900].saturating_since(ends[100]);
    assert!(spread > Duration::from_millis(150), "{spread:?}");
}

#[test]
fn textbook_absent_values_are_remembered_apart() {
    let mut s = stream();
    let options = CacheOptions {
        negative_ttl: Some(Duration::from_millis(50)),
        negative_entries: 4,
        ..CacheOptions::lru(3)
    };
    let mut cache = Cache::new(options).unwrap();
    for key in 0..3_u64 {
        let _ = cache.insert(at(0), key, (), 1, &mut s);
    }
    for key in 100..200 {
        cache.insert_negative(at(0), key);
    }
    assert_eq!((cache.len(), cache.negative_len()), (3, 4), "values stay, memories are bounded");
    assert_eq!(cache.lookup(at(49), &199), CacheDecision::Negative);
    assert_eq!(cache.lookup(at(50), &199), CacheDecision::Miss);
    // Creating the value purges the memory of its absence.
    let _ = cache.insert(at(0), 198, (), 1, &mut s);
    assert_eq!(cache.lookup(at(0), &198), CacheDecision::Hit(&()));
    assert_eq!(cache.weight(), 3);
}

#[test]
fn textbook_falsy_values_are_values() {
    let mut s = stream();
    let mut cache: Cache<u64, Option<u32>> = Cache::new(CacheOptions::lru(3)).unwrap();
    let _ = cache.insert(at(0), 1, None, 1, &mut s);
    assert_eq!(cache.lookup(at(0), &1), CacheDecision::Hit(&None));
}

#[test]
fn stale_values_are_told_apart() {
    let mut s = stream();
    let options = CacheOptions { stale: Some(Duration::from_millis(30)), ..with_ttl(10, 100) };
    let mut cache = Cache::new(options).unwrap();
    let _ = cache.insert(at(0), 1_u64, 'a', 1, &mut s);
    assert_eq!(cache.lookup(at(99), &1), CacheDecision::Hit(&'a'));
    assert_eq!(cache.lookup(at(100), &1), CacheDecision::Stale(&'a'));
    assert_eq!(cache.lookup(at(129), &1), CacheDecision::Stale(&'a'));
    assert_eq!(cache.lookup(at(130), &1), CacheDecision::Miss);
    assert_eq!(cache.peek(at(0), &1), None);
}

#[test]
fn removal_and_flush_forget() {
    let mut s = stream();
    let mut cache = Cache::new(CacheOptions::s3_fifo(100)).unwrap();
    for key in 0..100_u64 {
        let _ = cache.insert(at(0), key, key * 2, 1, &mut s);
    }
    assert_eq!(cache.remove(&7), Some(14));
    assert_eq!(cache.remove(&7), None);
    assert_eq!(cache.len(), 99);
    cache.flush();
    assert_eq!((cache.len(), cache.weight()), (0, 0));
    assert_eq!(cache.lookup(at(0), &8), CacheDecision::Miss);
    let _ = cache.insert(at(0), 8, 1, 1, &mut s);
    assert_eq!(cache.lookup(at(0), &8), CacheDecision::Hit(&1));
}

#[test]
fn sweeping_frees_expired_entries() {
    let mut s = stream();
    let mut cache = Cache::new(with_ttl(1_000, 100)).unwrap();
    for key in 0..10_u64 {
        let _ = cache.insert(at(key * 20), key, (), 1, &mut s);
    }
    assert_eq!(cache.sweep(at(150), 100), 3);
    assert_eq!(cache.len(), 7);
    assert_eq!((0..20).map(|_| cache.sweep(at(1_000), 1)).sum::<usize>(), 7);
    assert!(cache.is_empty());
}

#[test]
fn s3_fifo_protects_from_one_hit_wonders() {
    let mut s = stream();
    let mut scores = Vec::new();
    for policy in [CachePolicy::Lru, CachePolicy::S3Fifo, CachePolicy::TinyLfu] {
        let mut cache = Cache::new(CacheOptions { policy, ..CacheOptions::lru(100) }).unwrap();
        let mut hits = 0;
        for round in 0..200_u64 {
            for key in 0..80 {
                if cache.lookup(at(0), &key).is_hit() {
                    hits += 1;
                } else {
                    let _ = cache.insert(at(0), key, (), 1, &mut s);
                }
            }
            // A scan of 100 keys that nobody asks for again.
            for key in 0..100 {
                let key = 1_000_000 + round * 100 + key;
                if !cache.lookup(at(0), &key).is_hit() {
                    let _ = cache.insert(at(0), key, (), 1, &mut s);
                }
            }
        }
        scores.push(f64::from(hits) / 16_000.0);
    }
    assert!(scores[0] < 0.01, "a scan of the size of the cache empties an LRU: {scores:?}");
    assert!(scores[1] > 0.75 && scores[2] > 0.75, "{scores:?}");
}

/// Hit ratio over Zipf popularity with exponent 1 over 10,000 keys.
fn zipf_hit_ratio(options: CacheOptions) -> f64 {
    let mut s = stream();
    let mut cache = Cache::new(options).unwrap();
    let mut sums = vec![0.0];
    for rank in 1..=10_000_u32 {
        sums.push(sums[sums.len() - 1] + 1.0 / f64::from(rank));
    }
    let total = sums[10_000];
    let (mut hits, mut asked) = (0_u32, 0_u32);
    for i in 0..400_000 {
        let u = s.uniform() * total;
        let key = sums.partition_point(|sum| *sum <= u) as u64;
        let hit = cache.lookup(at(0), &key).is_hit();
        if !hit {
            let _ = cache.insert(at(0), key, (), 1, &mut s);
        }
        if i >= 100_000 {
            asked += 1;
            hits += u32::from(hit);
        }
    }
    f64::from(hits) / f64::from(asked)
}

/// Che's approximation of an LRU's hit ratio under the same popularity.
fn che(capacity: f64) -> f64 {
    let weights: Vec<f64> = (1..=10_000_u32).map(|rank| 1.0 / f64::from(rank)).collect();
    let total: f64 = weights.iter().sum();
    let filled = |t: f64| weights.iter().map(|w| 1.0 - math::exp(-w / total * t)).sum::<f64>();
    let (mut low, mut high) = (0.0, 1e9);
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        if filled(middle) < capacity { low = middle } else { high = middle }
    }
    weights.iter().map(|w| w / total * (1.0 - math::exp(-w / total * low))).sum()
}

#[test]
fn lru_hit_ratio_is_ches() {
    let (seen, expected) = (zipf_hit_ratio(CacheOptions::lru(500)), che(500.0));
    assert!((seen - expected).abs() < 0.005, "{seen} {expected}");
}

#[test]
fn better_policies_beat_lru_and_stay_under_the_ideal() {
    let lru = zipf_hit_ratio(CacheOptions::lru(500));
    let s3 = zipf_hit_ratio(CacheOptions::s3_fifo(500));
    let tiny = zipf_hit_ratio(CacheOptions::caffeine(500));
    let harmonic = |n: u32| (1..=n).map(|rank| 1.0 / f64::from(rank)).sum::<f64>();
    let ideal = harmonic(500) / harmonic(10_000);
    assert!(s3 > lru + 0.03 && tiny > lru + 0.03, "{lru} {s3} {tiny}");
    assert!(s3 <= ideal + 0.003 && tiny <= ideal + 0.003, "{s3} {tiny} {ideal}");
}

#[test]
fn new_options_shrink_and_keep() {
    let mut s = stream();
    let mut cache = Cache::new(CacheOptions::lru(10)).unwrap();
    for key in 0..10_u64 {
        let _ = cache.insert(at(0), key, (), 1, &mut s);
    }
    let result = cache.set_options(CacheOptions::s3_fifo(4)).unwrap();
    assert_eq!(result.evicted, 6);
    assert_eq!(cache.len(), 4);
    assert!(cache.set_options(CacheOptions::lru(0)).is_err());
    assert_eq!(cache.options().capacity, 4);
    for policy in [CachePolicy::TinyLfu, CachePolicy::Lru, CachePolicy::S3Fifo] {
        let _ = cache.set_options(CacheOptions { policy, ..CacheOptions::lru(4) }).unwrap();
        for key in 20..40 {
            let _ = cache.insert(at(0), key, (), 1, &mut s);
            assert!(cache.len() <= 4);
        }
    }
}

#[test]
fn options_are_checked() {
    let bad = CacheOptions {
        capacity: 0,
        ttl_jitter: 2.0,
        negative_entries: 3,
        stale: Some(Duration::ZERO),
        ..CacheOptions::lru(1)
    };
    let error = Cache::<u64>::new(bad).unwrap_err();
    let wrong: Vec<_> = error.problems().iter().map(|p| p.option).collect();
    assert_eq!(wrong, ["capacity", "ttl_jitter", "ttl_jitter", "negative_entries", "stale"]);
}

#[test]
fn options_read_as_yaml() {
    let text = "{policy: s3-fifo, capacity: 1000, ttl: 24h, ttl_jitter: 0.1}";
    let options: CacheOptions = serde_saphyr::from_str(text).unwrap();
    assert_eq!(options.ttl, Some(Duration::from_secs(86_400)));
    let back: CacheOptions =
        serde_saphyr::from_str(&serde_saphyr::to_string(&options).unwrap()).unwrap();
    assert_eq!(back, options);
}

proptest! {
    /// An LRU against a list that does the same naively.
    #[test]
    fn lru_is_a_list(ops in proptest::collection::vec((0_u8..4, 0_u64..12, 1_u32..4), 1..300)) {
        let mut s = stream();
        let mut cache = Cache::new(CacheOptions::lru(10)).unwrap();
        let mut list: Vec<(u64, u32)> = Vec::new();
        for (op, key, weight) in ops {
            let place = list.iter().position(|entry| entry.0 == key);
            match op {
                0 | 1 => {
                    prop_assert_eq!(cache.lookup(at(0), &key).is_hit(), place.is_some());
                    if let Some(place) = place {
                        let entry = list.remove(place);
                        list.push(entry);
                    }
                }
                2 => {
                    let _ = cache.insert(at(0), key, (), weight, &mut s);
                    if let Some(place) = place {
                        list.remove(place);
                    }
                    list.push((key, weight));
                    while list.iter().map(|entry| entry.1).sum::<u32>() > 10 {
                        list.remove(0);
                    }
                }
                _ => {
                    cache.remove(&key);
                    list.retain(|entry| entry.0 != key);
                }
            }
            prop_assert_eq!(cache.len(), list.len());
            let sum: u32 = list.iter().map(|entry| entry.1).sum();
            prop_assert_eq!(cache.weight(), u64::from(sum));
        }
    }

    #[test]
    fn no_policy_passes_its_capacity(
        policy in 0_usize..3,
        capacity in 1_u64..60,
        ops in proptest::collection::vec((0_u8..5, 0_u64..40, 0_u32..20, 0_u64..50), 1..300),
    ) {
        let mut s = stream();
        let policy = [CachePolicy::Lru, CachePolicy::S3Fifo, CachePolicy::TinyLfu][policy];
        let options = CacheOptions {
            policy,
            capacity,
            ttl: Some(Duration::from_millis(300)),
            ttl_jitter: 0.5,
            negative_ttl: Some(Duration::from_millis(100)),
            negative_entries: 5,
            stale: Some(Duration::from_millis(50)),
        };
        let mut cache = Cache::new(options).unwrap();
        let mut now = Instant::ZERO;
        for (op, key, weight, gap) in ops {
            now += Duration::from_millis(gap);
            match op {
                0 => cache.insert_negative(now, key),
                1 | 2 => {
                    let result = cache.insert(now, key, key, weight, &mut s);
                    prop_assert_eq!(result.kept, cache.peek(now, &key).is_some());
                }
                3 => {
                    cache.sweep(now, 7);
                }
                _ => if let CacheDecision::Hit(value) = cache.lookup(now, &key) {
                    prop_assert_eq!(*value, key);
                }
            }
            prop_assert!(cache.weight() <= capacity);
            prop_assert!(cache.negative_len() <= 5);
        }
    }
}
