use proptest::prelude::*;
use tenfold_units::Seed;

use super::*;

type Node = WriteBehind<u8, u32>;
type Output = WriteBehindOutput<u8, u32>;

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

fn options() -> WriteBehindOptions {
    WriteBehindOptions { max_pending: 4, batch: 2, ..WriteBehindOptions::tenfold() }
}

fn drain(node: &mut Node) -> Vec<Output> {
    core::iter::from_fn(|| node.poll_output()).collect()
}

fn entry(sequence: u64, key: u8, value: u32) -> WriteBehindEntry<u8, u32> {
    WriteBehindEntry { sequence, key, value }
}

/// Writes, and lets the log have it.
fn write(node: &mut Node, now: Instant, key: u8, value: u32) -> u64 {
    let sequence = node.handle_write(now, key, value).sequence().unwrap();
    node.handle_logged(now, sequence);
    sequence
}

#[test]
fn textbook_nothing_is_acknowledged_before_it_is_durable() {
    let mut node = Node::new(options()).unwrap();
    let sequence = node.handle_write(at(0), 1, 10).sequence().unwrap();
    assert_eq!(drain(&mut node), [Output::Log(entry(sequence, 1, 10))]);
    node.handle_timeout(at(10_000));
    assert_eq!(drain(&mut node), [], "nor is it flushed");
    node.handle_logged(at(10_000), sequence);
    assert_eq!(drain(&mut node), [Output::Acknowledge { sequence }]);
}

#[test]
fn later_values_replace_earlier_ones_that_wait() {
    let mut node = Node::new(options()).unwrap();
    for value in 0..5 {
        write(&mut node, at(u64::from(value) * 10), 1, value);
    }
    drain(&mut node);
    assert_eq!(node.lag(at(90)), Duration::from_millis(90), "the age is the oldest value's");
    assert_eq!(node.poll_timeout().unwrap().0, at(100));
    node.handle_timeout(at(99));
    assert_eq!(drain(&mut node), [], "early is a no-op");
    node.handle_timeout(at(100));
    let flush = 0;
    assert_eq!(drain(&mut node), [Output::Flush { flush, entries: vec![entry(4, 1, 4)] }]);
    node.handle_flushed(at(110), flush, true);
    assert_eq!(drain(&mut node), [Output::Forget { sequence: 4 }]);
    assert_eq!((node.pending(), node.poll_timeout()), (0, None));
}

/// The key that was written first is due first, however often it was written since.
#[test]
fn the_time_out_is_that_of_the_oldest_value() {
    let mut node = Node::new(WriteBehindOptions { batch: 3, ..options() }).unwrap();
    write(&mut node, at(0), 1, 1);
    write(&mut node, at(50), 2, 1);
    write(&mut node, at(90), 1, 2);
    assert_eq!(node.poll_timeout(), Some((at(100), "flush")));
    drain(&mut node);
    node.handle_timeout(at(100));
    let entries = vec![entry(1, 2, 1), entry(2, 1, 2)];
    assert_eq!(drain(&mut node), [Output::Flush { flush: 0, entries }], "by sequence");
}

#[test]
fn textbook_one_value_of_a_key_is_on_its_way_at_a_time() {
    let mut node = Node::new(options()).unwrap();
    write(&mut node, at(0), 1, 1);
    write(&mut node, at(0), 2, 1);
    write(&mut node, at(0), 1, 2);
    let flushes: Vec<_> = drain(&mut node)
        .into_iter()
        .filter_map(|output| match output {
            Output::Flush { entries, .. } => Some(entries),
            Output::Log(_) | Output::Acknowledge { .. } | Output::Forget { .. } => None,
        })
        .collect();
    assert_eq!(flushes, [[entry(0, 1, 1), entry(1, 2, 1)]], "a full batch goes at once");
    node.handle_timeout(at(500));
    assert_eq!(drain(&mut node), [], "the second value waits for the first");
    node.handle_flushed(at(600), 0, true);
    let outputs = drain(&mut node);
    assert_eq!(outputs[0], Output::Forget { sequence: 1 });
    assert_eq!(outputs[1], Output::Flush { flush: 1, entries: vec![entry(2, 1, 2)] });
}

#[test]
fn textbook_a_failed_flush_is_tried_again_with_the_same_values() {
    let mut node = Node::new(options()).unwrap();
    write(&mut node, at(0), 1, 1);
    node.handle_timeout(at(100));
    drain(&mut node);
    node.handle_flushed(at(100), 0, false);
    write(&mut node, at(200), 1, 2);
    drain(&mut node);
    assert_eq!(node.poll_timeout().unwrap(), (at(1_100), "try a flush again"));
    node.handle_timeout(at(1_099));
    assert_eq!(drain(&mut node), []);
    node.handle_timeout(at(1_100));
    assert_eq!(
        drain(&mut node),
        [Output::Flush { flush: 0, entries: vec![entry(0, 1, 1)] }],
        "and the later value still waits"
    );
}

#[test]
fn a_full_buffer_refuses() {
    let mut node = Node::new(options()).unwrap();
    let taken =
        (0..10).filter(|key| node.handle_write(at(0), *key, 0).sequence().is_some()).count();
    assert_eq!(taken, 4);
    assert!(Node::new(WriteBehindOptions { max_pending: 0, batch: 0, ..options() }).is_err());
}

/// A log that is written to disk now and then, and forgets the rest in a crash.
#[derive(Default)]
struct Disk {
    durable: Vec<WriteBehindEntry<u8, u32>>,
    last: Option<u64>,
    unsynced: Vec<WriteBehindEntry<u8, u32>>,
}

#[test]
fn two_hundred_crashes_lose_nothing_that_was_acknowledged() {
    for seed in 0..200 {
        let mut stream = Seed(seed).stream("crash");
        let (mut disk, mut node) = (Disk::default(), Node::new(options()).unwrap());
        // The store keeps sequence and value of each key, and ignores old sequences.
        let mut store: BTreeMap<u8, (u64, u32)> = BTreeMap::new();
        let mut acknowledged: BTreeMap<u8, u64> = BTreeMap::new();
        let mut written: BTreeMap<u64, (u8, u32)> = BTreeMap::new();
        let mut in_flight: Vec<(u64, Vec<WriteBehindEntry<u8, u32>>)> = Vec::new();
        let mut now = at(0);
        for step in 0..300_u32 {
            now += Duration::from_millis(stream.below(40));
            match stream.below(8) {
                0..3 => {
                    let key = stream.below(3) as u8;
                    if let Some(sequence) = node.handle_write(now, key, step).sequence() {
                        written.insert(sequence, (key, step));
                    }
                }
                3 | 4 => {
                    // fsync: what was appended is durable.
                    for entry in core::mem::take(&mut disk.unsynced) {
                        node.handle_logged(now, entry.sequence);
                        disk.last = disk.last.max(Some(entry.sequence));
                        disk.durable.push(entry);
                    }
                }
                5 => node.handle_timeout(now),
                6 if !in_flight.is_empty() => {
                    let index = stream.below(in_flight.len() as u64) as usize;
                    let (flush, entries) = in_flight.swap_remove(index);
                    let stored = stream.chance(0.7);
                    // A failure may have stored a part of the batch all the same.
                    let reached = if stored { entries.len() } else { stream.below(3) as usize };
                    for entry in entries.iter().take(reached) {
                        let held = store.entry(entry.key).or_insert((0, 0));
                        if entry.sequence + 1 > held.0 {
                            *held = (entry.sequence + 1, entry.value);
                        }
                    }
                    node.handle_flushed(now, flush, stored);
                }
                7 if stream.chance(0.15) => {
                    // The process dies; what was not fsynced is gone, flushes in flight are lost.
                    disk.unsynced.clear();
                    in_flight.clear();
                    node = Node::new(options()).unwrap();
                    node.recover(now, disk.last, disk.durable.clone());
                }
                _ => {}
            }
            for output in drain(&mut node) {
                match output {
                    Output::Log(entry) => disk.unsynced.push(entry),
                    Output::Acknowledge { sequence } => {
                        let key = written[&sequence].0;
                        let newest = acknowledged.entry(key).or_default();
                        *newest = sequence.max(*newest);
                    }
                    Output::Flush { flush, entries } => in_flight.push((flush, entries)),
                    Output::Forget { sequence } => {
                        disk.durable.retain(|entry| entry.sequence > sequence);
                    }
                }
            }
        }
        // The last crash, then a quiet end.
        disk.unsynced.clear();
        let mut node = Node::new(options()).unwrap();
        node.recover(now, disk.last, disk.durable);
        for _ in 0..50 {
            now += Duration::from_millis(200);
            node.handle_timeout(now);
            for output in drain(&mut node) {
                if let Output::Flush { flush, entries } = output {
                    for entry in entries {
                        let held = store.entry(entry.key).or_insert((0, 0));
                        if entry.sequence + 1 > held.0 {
                            *held = (entry.sequence + 1, entry.value);
                        }
                    }
                    node.handle_flushed(now, flush, true);
                }
            }
        }
        for (key, sequence) in acknowledged {
            let (held, value) = store[&key];
            assert!(held > sequence, "seed {seed}: key {key} lost {sequence}");
            assert_eq!(written[&(held - 1)], (key, value));
        }
        assert_eq!(node.pending(), 0);
    }
}

proptest! {
    #[test]
    fn per_key_order_holds_and_everything_arrives(
        steps in proptest::collection::vec((0_u8..5, 0_u8..3, 0_u64..60, any::<bool>()), 1..150),
    ) {
        let mut node = Node::new(options()).unwrap();
        let mut now = at(0);
        let (mut logging, mut flying) = (Vec::new(), Vec::new());
        let mut last: BTreeMap<u8, u64> = BTreeMap::new();
        let mut newest: BTreeMap<u8, u64> = BTreeMap::new();
        let finish = steps.len();
        let quiet = (0..60).map(|i| (if i % 3 == 0 { 2 } else { 3 }, 0, 100, true));
        for (i, (op, key, gap, good)) in steps.into_iter().chain(quiet).enumerate() {
            now += Duration::from_millis(gap);
            match op {
                0 | 1 => if let Some(sequence) = node.handle_write(now, key, 0).sequence() {
                    logging.push(sequence);
                    newest.insert(key, sequence);
                },
                2 => for sequence in logging.drain(..).rev() {
                    node.handle_logged(now, sequence);
                },
                _ => {
                    node.handle_timeout(now);
                    for (flush, entries) in core::mem::take(&mut flying) {
                        if good {
                            for entry in &entries {
                                let entry: &WriteBehindEntry<u8, u32> = entry;
                                let before = last.insert(entry.key, entry.sequence);
                                prop_assert!(before < Some(entry.sequence), "order of a key");
                            }
                        }
                        node.handle_flushed(now, flush, good);
                    }
                }
            }
            for output in drain(&mut node) {
                if let Output::Flush { flush, entries } = output {
                    flying.push((flush, entries));
                }
            }
            prop_assert!(i >= finish || node.pending() <= 4);
        }
        prop_assert_eq!(last, newest);
        prop_assert!(node.open.is_empty() && node.covers.is_empty());
    }
}
