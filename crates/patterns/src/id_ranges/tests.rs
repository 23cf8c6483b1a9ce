use super::*;

#[test]
fn many_nodes_never_share_a_number_and_one_call_serves_a_block() {
    let (mut counter, mut calls) = (0, 0);
    let mut nodes: Vec<_> = (0..5).map(|_| IdRanges::new(10).unwrap()).collect();
    let mut seen = std::collections::BTreeSet::new();
    for i in 0..10_000_usize {
        let node = &mut nodes[i * 7 % 5];
        let (id, need) = match node.next_id() {
            IdRangesDecision::Id { id, need_block } => (Some(id), need_block),
            IdRangesDecision::Empty => (None, true),
        };
        assert!(id.is_none_or(|id| seen.insert(id)), "{id:?} twice");
        if need {
            assert!(node.add_block(counter, 100));
            counter += 100;
            calls += 1;
        }
    }
    assert!(seen.len() >= 9_990 && calls <= 110, "{} {calls}", seen.len());
}

#[test]
fn the_next_block_is_asked_for_once_and_early() {
    let mut ids = IdRanges::new(3).unwrap();
    assert!(ids.add_block(0, 5));
    let needs: Vec<_> = (0..3)
        .map(|_| matches!(ids.next_id(), IdRangesDecision::Id { need_block: true, .. }))
        .collect();
    assert_eq!(needs, [false, true, true], "three left, then two");
    assert!(ids.add_block(10, 5));
    assert!(!ids.add_block(20, 5), "two are enough");
    assert_eq!(ids.next_id(), IdRangesDecision::Id { id: 3, need_block: false });
    assert_eq!(ids.left(), 6);
}

#[test]
fn a_block_that_would_repeat_numbers_is_refused() {
    let mut ids = IdRanges::new(1).unwrap();
    assert!(ids.add_block(100, 10));
    assert!(!ids.add_block(100, 10) && !ids.add_block(109, 10) && !ids.add_block(50, 10));
    assert!(!ids.add_block(110, 0) && !ids.add_block(u64::MAX, 2));
    assert!(ids.add_block(110, 10));
    assert!(IdRanges::new(0).is_err());
}
