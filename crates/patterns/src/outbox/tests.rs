use tenfold_units::Seed;

use super::*;

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

fn relay() -> Outbox<u8> {
    Outbox::new(OutboxOptions { max_in_flight: 3, ..OutboxOptions::tenfold() }).unwrap()
}

fn drain(relay: &mut Outbox<u8>) -> Vec<OutboxOutput> {
    core::iter::from_fn(|| relay.poll_output()).collect()
}

#[test]
fn events_of_a_key_go_out_one_after_the_other() {
    let mut relay = relay();
    relay.handle_timeout(at(0));
    assert_eq!(drain(&mut relay), [OutboxOutput::Claim { rows: 3 }]);
    relay.handle_claimed(at(0), vec![(1, 7), (2, 7), (3, 8)]);
    let publish = |row| OutboxOutput::Publish { row };
    assert_eq!(drain(&mut relay), [publish(1), publish(3)]);
    relay.handle_published(at(1), 1, false);
    assert_eq!(drain(&mut relay), [], "the second of the key waits for the first");
    assert_eq!(relay.poll_timeout(), Some((at(1_001), "publish again")));
    relay.handle_timeout(at(1_000));
    assert_eq!(drain(&mut relay), []);
    relay.handle_timeout(at(1_001));
    assert_eq!(drain(&mut relay), [publish(1)]);
    relay.handle_published(at(1_002), 1, true);
    let sent = OutboxOutput::MarkSent { row: 1 };
    assert_eq!(drain(&mut relay), [publish(2), sent, OutboxOutput::Claim { rows: 1 }]);
    assert_eq!(relay.in_flight(), 2);
}

#[test]
fn an_empty_store_is_asked_again_later() {
    let mut relay = relay();
    relay.handle_timeout(at(0));
    drain(&mut relay);
    relay.handle_claimed(at(5), vec![]);
    assert_eq!(drain(&mut relay), []);
    assert_eq!(relay.poll_timeout(), Some((at(105), "look for new rows")));
    relay.handle_timeout(at(105));
    assert_eq!(drain(&mut relay), [OutboxOutput::Claim { rows: 3 }]);
    let bad = OutboxOptions { max_in_flight: 0, poll_every: Duration::ZERO, ..relay.options };
    assert_eq!(Outbox::<u8>::new(bad).unwrap_err().problems().len(), 2);
}

/// Rows whose transactions commit in another order than their numbers, relays that die, a broker that
/// fails: every row arrives, and those of a key in order.
#[test]
fn two_hundred_kills_lose_nothing_and_keep_the_order() {
    for seed in 0..200 {
        let mut stream = Seed(seed).stream("outbox");
        // Row, key, claimed; committed rows only. Number of a transaction is given at its start.
        let mut table: BTreeMap<u64, (u8, bool)> = BTreeMap::new();
        let mut open: Vec<(u64, u8)> = Vec::new();
        let mut broker: Vec<(u64, u8)> = Vec::new();
        let mut committed: BTreeMap<u8, Vec<u64>> = BTreeMap::new();
        let (mut relay, mut now, mut next) = (relay(), at(0), 0_u64);
        let mut publishing = Vec::new();
        for step in 0..3_000 {
            now += Duration::from_millis(stream.below(50));
            let ending = step > 450;
            match stream.below(6) {
                0 | 1 if !ending => {
                    let key = stream.below(3) as u8;
                    // One transaction at a time per key: its rows have an order.
                    if open.iter().all(|row| row.1 != key) {
                        open.push((next, key));
                        next += 1;
                    }
                }
                2 if !open.is_empty() => {
                    let (row, key) = open.swap_remove(stream.below(open.len() as u64) as usize);
                    table.insert(row, (key, false));
                    committed.entry(key).or_default().push(row);
                }
                3 if !publishing.is_empty() => {
                    let index = stream.below(publishing.len() as u64) as usize;
                    let row: u64 = publishing.swap_remove(index);
                    // The broker may have it although the answer was lost.
                    let (arrives, told) = (stream.chance(0.8), stream.chance(0.9));
                    if arrives {
                        broker.push((row, table[&row].0));
                    }
                    relay.handle_published(now, row, arrives && told);
                }
                4 if !ending && stream.chance(0.1) => {
                    relay = Outbox::new(relay.options).unwrap();
                    publishing.clear();
                    // The store frees the dead relay's claims.
                    table.values_mut().for_each(|row| row.1 = false);
                }
                _ => relay.handle_timeout(now),
            }
            for output in drain(&mut relay) {
                match output {
                    OutboxOutput::Claim { rows } => {
                        let free: Vec<(u64, u8)> = table
                            .iter_mut()
                            .filter(|(_, row)| !row.1)
                            .take(rows as usize)
                            .map(|(number, row)| {
                                row.1 = true;
                                (*number, row.0)
                            })
                            .collect();
                        relay.handle_claimed(now, free);
                    }
                    OutboxOutput::Publish { row } => publishing.push(row),
                    OutboxOutput::MarkSent { row } => {
                        table.remove(&row);
                    }
                }
            }
            for output in drain(&mut relay) {
                match output {
                    OutboxOutput::Publish { row } => publishing.push(row),
                    OutboxOutput::Claim { .. } => relay.handle_claimed(now, vec![]),
                    OutboxOutput::MarkSent { .. } => unreachable!("nothing was published"),
                }
            }
        }
        assert!(table.is_empty(), "seed {seed}: {} rows were left behind", table.len());
        for (key, rows) in committed {
            // What a consumer sees that ignores repeats.
            let mut seen = Vec::new();
            for (row, _) in broker.iter().filter(|it| it.1 == key) {
                if !seen.contains(row) {
                    seen.push(*row);
                }
            }
            assert_eq!(seen, rows, "seed {seed}: all of key {key}, in the order of their commits");
        }
    }
}
