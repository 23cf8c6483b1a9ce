use super::*;

fn keys(n: u64) -> impl Iterator<Item = u64> {
    (0..n).map(|key| xxh64(&key.to_le_bytes(), 7))
}

#[test]
fn shares_are_weights() {
    let nodes = Rendezvous::new(&[("a", 1.0), ("b", 2.0), ("c", 0.0), ("d", 1.0)]);
    let mut counts = [0_i32; 4];
    keys(40_000).for_each(|key| counts[nodes.owner(key).unwrap()] += 1);
    for (count, due) in counts.iter().zip([10_000, 20_000, 0, 10_000]) {
        assert!((count - due).abs() < 400, "{counts:?}");
    }
}

#[test]
fn only_keys_of_the_changed_node_move() {
    let before = Rendezvous::new(&[("a", 1.0), ("b", 1.0), ("c", 1.0)]);
    let without = Rendezvous::new(&[("a", 1.0), ("b", 0.0), ("c", 1.0)]);
    let heavier = Rendezvous::new(&[("a", 1.0), ("b", 3.0), ("c", 1.0)]);
    for key in keys(5_000) {
        let was = before.owner(key).unwrap();
        let is = without.owner(key).unwrap();
        assert!(is != 1 && (was == 1 || is == was));
        let is = heavier.owner(key).unwrap();
        assert!(is == was || is == 1);
    }
}

#[test]
fn replicas_are_what_is_left_in_order() {
    let nodes = Rendezvous::new(&[("a", 1.0), ("b", 1.0), ("c", 1.0)]);
    let without = Rendezvous::new(&[("a", 1.0), ("c", 1.0)]);
    for key in keys(1_000) {
        let mut out = [9; 5];
        assert_eq!(nodes.owners(key, &mut out), 3);
        assert_eq!(Some(out[0]), nodes.owner(key));
        let mut sorted = out[..3].to_vec();
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 1, 2]);
        if out[0] == 1 {
            let next = [0, 2][without.owner(key).unwrap()];
            assert_eq!(out[1], next, "the second takes over from the first");
        }
    }
    assert_eq!(Rendezvous::new(&[]).owner(1), None);
}
