use proptest::prelude::*;

use super::*;

fn add(sum: &mut i64, event: &i64) {
    *sum += *event;
}

#[test]
fn of_two_writers_after_one_version_one_wins() {
    let mut store = EventStore::new();
    assert_eq!(store.append("a", ExpectedVersion::NoStream, vec![1]), Ok(1));
    assert_eq!(store.append("a", ExpectedVersion::Exact(1), vec![2, 3]), Ok(3));
    let late = store.append("a", ExpectedVersion::Exact(1), vec![9]);
    assert_eq!(late, Err(VersionConflict { actual: 3 }));
    assert!(store.append("a", ExpectedVersion::NoStream, vec![9]).is_err());
    assert_eq!(store.append("a", ExpectedVersion::Any, vec![4]), Ok(4));
    assert_eq!(store.read("a", 0).copied().collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(store.read("a", 3).copied().collect::<Vec<_>>(), [4]);
    assert_eq!((store.read("a", 99).count(), store.read("b", 0).count()), (0, 0));
}

#[test]
fn snapshots_are_only_caches() {
    let mut store = EventStore::new();
    for value in 0..100_i64 {
        store.append("a", ExpectedVersion::Exact(value as u64), vec![value]).unwrap();
    }
    let whole = store.load("a", None, 0, add);
    for version in [0, 1, 50, 100] {
        let state = (0..version as i64).sum();
        let snapshot = Snapshot { version, state };
        assert_eq!(store.load("a", Some(snapshot), 0, add), whole);
    }
    let beyond = Snapshot { version: 101, state: 7 };
    assert_eq!(store.load("a", Some(beyond), 0, add), whole, "it is of another history");
}

#[test]
fn projections_apply_each_event_once_and_in_order() {
    let mut store = EventStore::new();
    store.append("a", ExpectedVersion::Any, vec![1]).unwrap();
    store.append("b", ExpectedVersion::Any, vec![10]).unwrap();
    store.append("a", ExpectedVersion::Any, vec![100]).unwrap();
    let mut total = Projection::new(0);
    let events: Vec<_> = store.read_all(0).map(|(position, event)| (position, *event)).collect();
    assert_eq!(total.apply(1, &10, add), ProjectionDecision::Gap { from: 0 });
    for _ in 0..3 {
        for (position, event) in &events {
            let _ = total.apply(*position, event, add);
        }
    }
    assert_eq!(total, Projection { position: 3, state: 111 });
    assert_eq!(total.apply(2, &100, add), ProjectionDecision::Repeated);
    assert_eq!(store.read_all(2).collect::<Vec<_>>(), [(2, &100)]);
}

proptest! {
    #[test]
    fn all_streams_together_are_all_events(
        appends in proptest::collection::vec((0_u8..4, 0_u64..3, 1_usize..4), 1..60),
    ) {
        let mut store = EventStore::new();
        let mut expected: Vec<(String, Vec<usize>)> = Vec::new();
        for (i, (stream, version, count)) in appends.into_iter().enumerate() {
            let name = format!("s{stream}");
            let actual = store.version(&name);
            let result = store.append(&name, ExpectedVersion::Exact(version), vec![i; count]);
            prop_assert_eq!(result.is_ok(), actual == version);
            if result.is_ok() {
                expected.push((name, vec![i; count]));
            } else {
                prop_assert_eq!(store.version(&name), actual, "all or none");
            }
        }
        let all: Vec<usize> = store.read_all(0).map(|(_, event)| *event).collect();
        let due: Vec<usize> = expected.iter().flat_map(|(_, events)| events.clone()).collect();
        prop_assert_eq!(all, due);
        for stream in 0..4 {
            let name = format!("s{stream}");
            let seen: Vec<usize> = store.read(&name, 0).copied().collect();
            let due: Vec<usize> = expected.iter().filter(|it| it.0 == name)
                .flat_map(|(_, events)| events.clone()).collect();
            prop_assert_eq!(seen, due);
        }
    }
}
