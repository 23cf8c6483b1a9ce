use super::*;
use crate::vectors::{each_file, list, number, signed, text};

#[test]
fn slots_partitions_and_tokens_are_theirs() {
    let mut kinds = 0;
    each_file("sharding", |name, file| {
        kinds += 1;
        let (cases, source) = (list(&file["cases"]), text(&file["source"]));
        // "partition = (h & 0x7fffffff) % n for n in [1,3,6,12,100]"
        let counts = source.split_once("for n in [").map_or("", |it| it.1);
        let counts = counts.split_once(']').map_or("", |it| it.0).split(',');
        let counts: Vec<u32> = counts.filter_map(|n| n.trim().parse().ok()).collect();
        for case in cases {
            let key = text(&case[0]).as_bytes();
            if source.contains("KEYSLOT") {
                assert_eq!(u64::from(redis_slot(key)), number(&case[1]), "{case}");
            } else if source.contains("murmur2") {
                assert_eq!(i64::from(murmur2(key)), signed(&case[1]), "{case}");
                assert_eq!(counts.len(), list(&case[2]).len());
                for (partitions, expected) in counts.iter().zip(list(&case[2])) {
                    let partition = kafka_partition(key, *partitions);
                    assert_eq!(u64::from(partition), number(expected), "{case}");
                }
            } else if source.contains("MurmurHash3 x64 128") {
                assert_eq!(murmur3_x64_128(key).0 as i64, signed(&case[1]), "{case}");
                if key.is_ascii() {
                    assert_eq!(cassandra_token(key), signed(&case[1]), "{case}");
                }
            } else {
                panic!("{name}: unknown placement: {source}");
            }
        }
        Some(cases.len())
    });
    assert!(kinds == 0 || kinds >= 3);
}

#[test]
fn cassandra_keeps_the_sign_of_tail_bytes() {
    assert_ne!(cassandra_token("키".as_bytes()), murmur3_x64_128("키".as_bytes()).0 as i64);
    // Whole blocks of 16 bytes are read alike.
    let block = [0xff; 16];
    assert_eq!(cassandra_token(&block), murmur3_x64_128(&block).0 as i64);
}

#[test]
fn the_partition_of_a_negative_hash_is_a_partition() {
    for i in 0..100_000_u32 {
        assert!(kafka_partition(&i.to_le_bytes(), 7) < 7);
    }
}

#[test]
fn hash_tags_follow_the_first_brace() {
    for (key, tag) in [
        ("{user}.a", "user"),
        ("a{b}{c}", "b"),
        ("{}a", "{}a"),
        ("{{b}}c", "{b"),
        ("a{b", "a{b"),
        ("a}b{c}", "c"),
        ("", ""),
    ] {
        assert_eq!(hash_tag(key.as_bytes()), tag.as_bytes(), "{key}");
    }
}

#[test]
fn rebalancing_is_even_and_moves_the_least() {
    let mut map = SlotMap::new(16_384, 3);
    let count = |map: &SlotMap, node| map.owners.iter().filter(|owner| **owner == node).count();
    assert_eq!((0..3).map(|n| count(&map, n)).sum::<usize>(), 16_384);
    assert_eq!((map.owner(0), map.owner(16_383)), (0, 2));
    let before = map.clone();
    assert_eq!(map.rebalance(&[0, 1, 2, 3]), 4_096, "the new node's share and no more");
    assert!((0..4).all(|n| count(&map, n) == 4_096));
    let unmoved = before.owners.iter().zip(&map.owners).filter(|(a, b)| a == b).count();
    assert_eq!(unmoved, 16_384 - 4_096);
    assert_eq!(map.rebalance(&[0, 2, 3]), 4_096, "only the slots of the node that left");
    assert!([0, 2, 3].iter().all(|n| (5_461..=5_462).contains(&count(&map, *n))));
    assert_eq!(map.rebalance(&[0, 2, 3]), 0);
}
