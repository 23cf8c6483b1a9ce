use proptest::prelude::*;

use super::*;

fn at(seconds: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(seconds)
}

fn sec(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn aggregation(kind: WindowKind, lateness: u64) -> StreamWindow<u8> {
    let options =
        StreamWindowOptions { kind, out_of_order: sec(2), allowed_lateness: sec(lateness) };
    StreamWindow::new(options).unwrap()
}

fn drain(it: &mut StreamWindow<u8>) -> Vec<WindowChange<u8>> {
    core::iter::from_fn(|| it.poll_output()).collect()
}

fn closed(it: &mut StreamWindow<u8>) -> Vec<(u64, u64, i64)> {
    let seconds = |instant: Instant| instant.as_nanos() / 1_000_000_000;
    drain(it)
        .into_iter()
        .filter(|change| change.kind == WindowChangeKind::Closed)
        .map(|change| (seconds(change.start), seconds(change.end), change.value))
        .collect()
}

#[test]
fn tumbling_windows_are_half_open_and_close_by_the_watermark() {
    let mut it = aggregation(WindowKind::Tumbling { size: sec(10) }, 0);
    for time in [0, 9, 10, 3] {
        it.handle_event(at(time), 1, 1);
    }
    assert_eq!(closed(&mut it), [], "the watermark is at 8");
    it.handle_event(at(12), 1, 1);
    assert_eq!(closed(&mut it), [(0, 10, 3)]);
    it.handle_event(at(9), 1, 1);
    assert_eq!((it.late(), it.len()), (1, 1), "too late");
    it.handle_time(at(22));
    assert_eq!(closed(&mut it), [(10, 20, 2)]);
    assert!(it.is_empty());
}

#[test]
fn lateness_keeps_windows_open() {
    let mut it = aggregation(WindowKind::Tumbling { size: sec(10) }, 5);
    it.handle_event(at(5), 1, 1);
    it.handle_event(at(16), 1, 1);
    it.handle_event(at(5), 1, 1);
    assert_eq!(it.late(), 0);
    it.handle_event(at(17), 1, 1);
    assert_eq!(closed(&mut it), [(0, 10, 2)]);
}

#[test]
fn sliding_windows_overlap() {
    let mut it = aggregation(WindowKind::Sliding { size: sec(10), step: sec(5) }, 0);
    it.handle_event(at(7), 1, 1);
    it.handle_event(at(12), 1, 10);
    it.handle_time(at(100));
    assert_eq!(closed(&mut it), [(0, 10, 1), (5, 15, 11), (10, 20, 10)]);
}

#[test]
fn sessions_end_with_silence_and_merge() {
    let mut it = aggregation(WindowKind::Session { gap: sec(10) }, 100);
    for time in [0, 5, 30, 35] {
        it.handle_event(at(time), 1, 1);
    }
    assert_eq!(it.len(), 2);
    it.handle_event(at(20), 1, 1);
    assert_eq!(it.len(), 3, "15 after one and 10 before the other: its own");
    it.handle_event(at(12), 1, 1);
    it.handle_event(at(25), 1, 1);
    assert_eq!(it.len(), 1, "all are less than 10 apart now");
    it.handle_event(at(25), 2, 1);
    drain(&mut it);
    it.handle_time(at(1_000));
    let mut seen = closed(&mut it);
    seen.sort_unstable();
    assert_eq!(seen, [(0, 45, 7), (25, 35, 1)]);
}

#[test]
fn options_are_checked_and_round_trip() {
    let zero = Duration::ZERO;
    for kind in [
        WindowKind::Tumbling { size: zero },
        WindowKind::Session { gap: zero },
        WindowKind::Sliding { size: sec(1), step: sec(2) },
        WindowKind::Sliding { size: sec(2_000), step: sec(1) },
    ] {
        assert!(StreamWindow::<u8>::new(StreamWindowOptions::kafka(kind)).is_err(), "{kind:?}");
    }
    let options = StreamWindowOptions::kafka(WindowKind::Sliding { size: sec(60), step: sec(10) });
    let text = serde_saphyr::to_string(&options).unwrap();
    assert_eq!(serde_saphyr::from_str::<StreamWindowOptions>(&text).unwrap(), options);
}

proptest! {
    /// Nothing that came in time is lost, whatever the order; a crash changes nothing.
    #[test]
    fn sums_are_exact_and_survive_crashes(
        kind in 0_usize..3,
        events in proptest::collection::vec((0_u64..200, 0_u8..3, any::<bool>()), 1..80),
    ) {
        let kind = [
            WindowKind::Tumbling { size: sec(7) },
            WindowKind::Sliding { size: sec(9), step: sec(3) },
            WindowKind::Session { gap: sec(5) },
        ][kind];
        // All events are in time.
        let mut it = aggregation(kind, 1_000);
        let mut log: Vec<WindowChange<u8>> = Vec::new();
        for (time, key, crash) in &events {
            it.handle_event(at(*time), *key, 1);
            log.extend(drain(&mut it));
            if *crash {
                it = aggregation(kind, 1_000);
                log.iter().for_each(|change| it.restore(change));
            }
        }
        it.handle_time(at(10_000));
        let closed: Vec<_> = drain(&mut it).into_iter()
            .filter(|change| change.kind == WindowChangeKind::Closed).collect();
        for change in &closed {
            let inside = events.iter().filter(|(time, key, _)| {
                *key == change.key && (change.start..change.end).contains(&at(*time))
            }).count();
            prop_assert_eq!(change.value, inside as i64, "{:?}", change);
        }
        let sum: i64 = closed.iter().map(|change| change.value).sum();
        let each = match kind {
            WindowKind::Sliding { .. } => None,
            WindowKind::Tumbling { .. } | WindowKind::Session { .. } => Some(events.len() as i64),
        };
        prop_assert!(each.is_none_or(|each| each == sum));
        if let WindowKind::Session { gap } = kind {
            for pair in closed.iter().flat_map(|a| closed.iter().map(move |b| (a, b))) {
                let (a, b) = pair;
                let apart = a.end <= b.start || b.end <= a.start;
                prop_assert!(a == b || a.key != b.key || apart, "{:?} {:?} {:?}", a, b, gap);
            }
        }
    }
}
