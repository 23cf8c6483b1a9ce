use proptest::prelude::*;

use super::*;

fn ring(virtual_nodes: u32, nodes: &[(&str, u32)]) -> HashRing {
    let mut ring = HashRing::new(HashRingOptions { virtual_nodes }).unwrap();
    for (name, weight) in nodes {
        ring.add(name, *weight).unwrap();
    }
    ring
}

fn ten(virtual_nodes: u32) -> HashRing {
    let names: Vec<String> = (0..10).map(|i| format!("node-{i}")).collect();
    let nodes: Vec<_> = names.iter().map(|name| (name.as_str(), 1)).collect();
    ring(virtual_nodes, &nodes)
}

fn owner_name(ring: &HashRing, key: u64) -> &str {
    ring.name(ring.owner(ring.hash(&key.to_le_bytes())).unwrap()).unwrap()
}

fn load(ring: &HashRing, keys: u64) -> Vec<u64> {
    let mut counts = vec![0; ring.nodes.len()];
    for key in 0..keys {
        counts[ring.owner(ring.hash(&key.to_le_bytes())).unwrap() as usize] += 1;
    }
    counts
}

#[test]
fn textbook_lookup_agrees_with_a_scan_of_all_points() {
    let ring = ten(160);
    for key in 0..20_000_u64 {
        let hash = ring.hash(&key.to_le_bytes());
        let scan = ring.points.iter().position(|point| *point >= hash).unwrap_or(0);
        assert_eq!(ring.owner(hash), Some(ring.owners[scan]));
    }
    for (i, point) in ring.points.iter().enumerate() {
        assert_eq!(ring.position(*point), i, "a hash on a point is that point's");
        assert_eq!(ring.position(point.wrapping_add(1)), (i + 1) % ring.points.len());
    }
    assert_eq!((ring.position(0), ring.position(u64::MAX)), (0, 0));
}

#[test]
fn balance_is_what_virtual_nodes_promise() {
    for (virtual_nodes, most) in [(160, 1.2), (1_000, 1.08)] {
        let counts = load(&ten(virtual_nodes), 300_000);
        let busiest = *counts.iter().max().unwrap() as f64 / 30_000.0;
        assert!(busiest < most && busiest > 1.001, "{virtual_nodes}: {busiest}");
    }
}

#[test]
fn textbook_removal_moves_only_the_keys_of_the_removed() {
    let (before, mut after) = (ten(160), ten(160));
    after.remove("node-3").unwrap();
    let mut moved = 0;
    for key in 0..50_000 {
        if owner_name(&before, key) == "node-3" {
            moved += 1;
            assert_ne!(owner_name(&after, key), "node-3");
        } else {
            assert_eq!(owner_name(&before, key), owner_name(&after, key));
        }
    }
    assert!(moved > 4_000, "{moved}");
    after.add("node-3", 1).unwrap();
    assert_eq!((after.points, after.owners), (before.points, before.owners));
}

#[test]
fn addition_moves_keys_only_to_the_new_node() {
    let (before, mut after) = (ten(160), ten(160));
    after.add("node-10", 1).unwrap();
    for key in 0..50_000 {
        let now = owner_name(&after, key);
        assert!(now == "node-10" || now == owner_name(&before, key));
    }
}

#[test]
fn weights_scale_the_share_and_move_nothing_else() {
    let mut ring = ring(200, &[("a", 1), ("b", 2), ("c", 4)]);
    let counts = load(&ring, 70_000);
    for (count, due) in counts.iter().zip([10_000.0, 20_000.0, 40_000.0]) {
        assert!((*count as f64 / due - 1.0).abs() < 0.2, "{counts:?}");
    }
    let before = ring.clone();
    ring.set_weight("b", 4).unwrap();
    for key in 0..20_000 {
        let now = owner_name(&ring, key);
        assert!(now == "b" || now == owner_name(&before, key));
    }
    ring.set_weight("b", 2).unwrap();
    assert_eq!((&ring.points, &ring.owners), (&before.points, &before.owners));
    assert_eq!(ring.set_weight("b", 0), Err(HashRingError::Weight));
    assert_eq!(ring.points(), 1_400);
}

#[test]
fn the_order_of_insertion_does_not_matter() {
    let forth = ring(160, &[("a", 1), ("b", 3), ("c", 1)]);
    let back = ring(160, &[("c", 1), ("b", 3), ("a", 1)]);
    for key in 0..5_000 {
        assert_eq!(owner_name(&forth, key), owner_name(&back, key));
    }
}

#[test]
fn equal_points_go_to_the_smaller_name_and_leave_alone() {
    let mut ring = ring(1, &[("b", 1), ("a", 1)]);
    // Two nodes at one point: forced, as 64-bit points do not collide in a test.
    let point = 1 << 40;
    ring.points = vec![point, point];
    ring.owners = vec![1, 0];
    ring.reindex();
    assert_eq!(ring.owner(5), Some(1));
    ring.remove("a").unwrap();
    assert_eq!(ring.points, [point]);
    assert_eq!(ring.owner(5), Some(0), "the other node's equal point stays");
}

#[test]
fn owners_are_distinct_and_start_with_the_owner() {
    let ring = ring(160, &[("a", 1), ("b", 9), ("c", 1)]);
    for key in 0..2_000_u64 {
        let hash = ring.hash(&key.to_le_bytes());
        let mut owners = [99; 5];
        assert_eq!(ring.owners(hash, &mut owners), 3);
        assert_eq!(Some(owners[0]), ring.owner(hash));
        let mut sorted = owners[..3].to_vec();
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 1, 2]);
    }
}

#[test]
fn an_empty_ring_has_no_owner() {
    let mut ring = ring(160, &[]);
    assert_eq!((ring.owner(7), ring.owners(7, &mut [0; 3])), (None, 0));
    assert_eq!(ring.owner_where(7, |_| true), None);
    assert_eq!(ring.remove("x"), Err(HashRingError::Unknown));
    ring.add("x", 1).unwrap();
    assert_eq!(ring.add("x", 2), Err(HashRingError::Duplicate));
    assert_eq!(ring.add("y", 0), Err(HashRingError::Weight));
    assert_eq!(ring.add("y", 200_000), Err(HashRingError::Weight));
    ring.remove("x").unwrap();
    assert!(ring.is_empty());
    assert_eq!(ring.name(0), None);
}

#[test]
fn bounded_load_keeps_every_node_under_its_cap() {
    let ring = ten(160);
    let mut held = [0_u64; 10];
    for key in 0..2_000_u64 {
        // Every request is for one of three keys: without a bound three nodes would hold all.
        let hash = ring.hash(&(key % 3).to_le_bytes());
        let total: u64 = held.iter().sum();
        let cap = bounded_load(total, 1, 10, 1.25);
        let node = ring.owner_where(hash, |node| held[node as usize] < cap).unwrap();
        held[node as usize] += 1;
        assert!(held[node as usize] <= cap);
    }
    assert!(held.iter().all(|held| *held <= 250), "{held:?}");
}

#[test]
fn options_are_checked() {
    assert!(HashRing::new(HashRingOptions { virtual_nodes: 0 }).is_err());
    assert!(HashRing::new(HashRingOptions { virtual_nodes: 10_001 }).is_err());
    assert_eq!(HashRing::new(HashRingOptions::cassandra()).unwrap().options().virtual_nodes, 16);
}

proptest! {
    #[test]
    fn no_key_moves_without_cause(
        steps in proptest::collection::vec((0_u8..12, 0_u8..3, 1_u32..4), 1..25),
    ) {
        let mut ring = ring(40, &[]);
        for (node, op, weight) in steps {
            let name = format!("n{node}");
            let before = ring.clone();
            let _ = match op {
                0 => ring.add(&name, weight).map(drop),
                1 => ring.remove(&name),
                _ => ring.set_weight(&name, weight),
            };
            if before.is_empty() || ring.is_empty() {
                continue;
            }
            for key in 0..300 {
                let (was, is) = (owner_name(&before, key), owner_name(&ring, key));
                prop_assert!(was == is || was == name || is == name);
            }
        }
    }
}
