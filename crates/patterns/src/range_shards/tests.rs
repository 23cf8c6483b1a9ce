use proptest::prelude::*;

use super::*;

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

#[test]
fn textbook_range_is_not_modulo() {
    // A ninth shard moves only what it takes: with modulo 88.9 % of all keys would move.
    let mut shards = RangeShards::new();
    for start in (1_000..8_000).step_by(1_000) {
        shards.split(&start).unwrap();
    }
    let before: Vec<_> = (0..8_000).map(|key| shards.shard(&key)).collect();
    let new = shards.split(&7_500).unwrap();
    for key in 0..8_000 {
        let is = shards.shard(&key);
        assert!(is == before[key as usize] || (is == new && key >= 7_500));
    }
    assert_eq!(shards.len(), 9);
}

#[test]
fn textbook_ends_leave_no_gap() {
    let mut shards = RangeShards::new();
    let (low, high) = (shards.shard(&0.to_owned()), shards.split(&1_000).unwrap());
    assert_eq!([999, 1_000, 1_001].map(|key| shards.shard(&key)), [low, high, high]);
    assert_eq!([i32::MIN, i32::MAX].map(|key| shards.shard(&key)), [low, high]);
}

#[test]
fn splitting_and_merging_undo_each_other() {
    let mut shards = RangeShards::new();
    let first = shards.shard(&"m");
    let new = shards.split(&"m").unwrap();
    assert_eq!(shards.split(&"m"), None, "it begins there already");
    assert_ne!(first, new);
    assert!(shards.merge(first));
    assert_eq!((shards.len(), shards.shard(&"z")), (1, first));
    assert!(!shards.merge(first), "nothing follows it");
    assert!(!shards.merge(new), "it is gone");
    assert_ne!(shards.split(&"m"), Some(new), "identities are not given twice");
}

#[test]
fn a_hot_range_is_split_in_half() {
    let mut shards = RangeShards::new();
    let right = shards.split(&1_000).unwrap();
    for i in 0..6_000_u64 {
        shards.access(at(i), &(1_000 + i * 7 % 500));
    }
    assert_eq!(shards.hot(at(6_000), 200.0), None);
    let hot = shards.hot(at(6_000), 50.0).unwrap();
    assert_eq!(hot.shard, right);
    assert!((hot.rate - 95.0).abs() < 5.0, "6,000 in a minute, decayed: {}", hot.rate);
    let cut = hot.split_at.unwrap();
    assert!((1_100..1_400).contains(&cut), "{cut}");
    shards.split(&cut).unwrap();
    assert!(shards.hot(at(6_000), 75.0).is_none(), "each half has about half of the load");
    assert!(shards.hot(at(1_000_000), 1.0).is_none(), "load is forgotten");
}

#[test]
fn one_hot_key_cannot_be_split() {
    let mut shards = RangeShards::new();
    for i in 0..6_000_u64 {
        shards.access(at(i), &7);
    }
    let hot = shards.hot(at(6_000), 50.0).unwrap();
    assert_eq!(hot.split_at, None);
}

#[test]
fn merged_load_adds_up() {
    let mut shards = RangeShards::new();
    let left = shards.shard(&0);
    shards.split(&10).unwrap();
    for i in 0..3_000 {
        shards.access(at(i), &(i as i32 % 20));
    }
    let before: f64 = shards.shards.iter().map(|shard| shard.load_at(at(3_000))).sum();
    assert!(shards.merge(left));
    assert!((shards.shards[0].load_at(at(3_000)) - before).abs() < 1e-6);
}

proptest! {
    #[test]
    fn every_key_is_in_exactly_one_range(
        steps in proptest::collection::vec((any::<bool>(), 0_u32..64), 1..60),
        key in 0_u32..64,
    ) {
        let mut shards = RangeShards::new();
        for (split, at_key) in steps {
            let before = shards.shard(&key);
            if split {
                let new = shards.split(&at_key);
                let is = shards.shard(&key);
                prop_assert!(is == before || (Some(is) == new && key >= at_key));
            } else {
                let id = shards.shard(&at_key);
                shards.merge(id);
                let is = shards.shard(&key);
                prop_assert!(is == before || is == id);
            }
            let starts: Vec<_> = shards.ranges().map(|(_, start)| start.copied()).collect();
            prop_assert!(starts[0].is_none());
            prop_assert!(starts.windows(2).all(|pair| pair[0] < pair[1]));
            let mut ids: Vec<_> = shards.ranges().map(|(id, _)| id).collect();
            ids.sort_unstable();
            ids.dedup();
            prop_assert_eq!(ids.len(), shards.len());
        }
    }
}
