use proptest::prelude::*;

use super::*;

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

fn keys(capacity: u32) -> Idempotency<u64, u32> {
    let (ttl, lease) = (Duration::from_millis(10_000), Duration::from_millis(100));
    Idempotency::new(IdempotencyOptions { ttl, lease, capacity }).unwrap()
}

fn start(keys: &mut Idempotency<u64, u32>, now: Instant, key: u64) -> IdempotencyPermit<u64> {
    let IdempotencyDecision::Start(permit) = keys.begin(now, key, 1) else {
        panic!("the key is not free")
    };
    permit
}

#[test]
fn a_repeat_gets_the_first_answer() {
    let mut keys = keys(10);
    let permit = start(&mut keys, at(0), 7);
    let retry_after = Duration::from_millis(60);
    assert_eq!(keys.begin(at(40), 7, 1), IdempotencyDecision::InProgress { retry_after });
    assert!(keys.complete(at(50), permit, 201));
    assert_eq!(keys.begin(at(9_999), 7, 1), IdempotencyDecision::Replay(&201));
    assert_eq!(keys.begin(at(60), 7, 2), IdempotencyDecision::Mismatch);
    assert_eq!(keys.len(), 1);
    let _permit = start(&mut keys, at(10_000), 7);
}

#[test]
fn a_dead_worker_blocks_for_its_lease_only_and_cannot_come_back() {
    let mut keys = keys(10);
    let dead = start(&mut keys, at(0), 7);
    assert!(matches!(keys.begin(at(99), 7, 1), IdempotencyDecision::InProgress { .. }));
    let second = start(&mut keys, at(100), 7);
    assert!(!keys.complete(at(110), dead, 1), "its answer comes too late");
    assert!(keys.complete(at(120), second, 2));
    assert_eq!(keys.begin(at(130), 7, 1), IdempotencyDecision::Replay(&2));
}

#[test]
fn an_abandoned_key_may_start_again() {
    let mut keys = keys(10);
    let permit = start(&mut keys, at(0), 7);
    keys.abandon(permit);
    assert!(keys.is_empty());
    let permit = start(&mut keys, at(5_000), 7);
    assert!(keys.complete(at(5_000), permit, 3));
    assert_eq!(keys.begin(at(10_500), 7, 1), IdempotencyDecision::Replay(&3), "the new one's ttl");
    assert_eq!(keys.begin(at(14_999), 7, 1), IdempotencyDecision::Replay(&3));
    assert!(matches!(keys.begin(at(15_000), 7, 1), IdempotencyDecision::Start(_)));
}

#[test]
fn a_full_table_refuses_rather_than_forgets() {
    let mut keys = keys(2);
    let permits = [1, 2].map(|key| start(&mut keys, at(0), key));
    assert_eq!(keys.begin(at(0), 3, 1), IdempotencyDecision::Full);
    for permit in permits {
        assert!(keys.complete(at(0), permit, 0));
    }
    assert_eq!(keys.begin(at(1), 3, 1), IdempotencyDecision::Full);
    assert!(matches!(keys.begin(at(10_000), 3, 1), IdempotencyDecision::Start(_)));
}

#[test]
fn options_are_checked() {
    let bad =
        IdempotencyOptions { ttl: Duration::ZERO, lease: Duration::from_secs(1), capacity: 0 };
    assert_eq!(Idempotency::<u64, ()>::new(bad).unwrap_err().problems().len(), 3);
}

proptest! {
    /// Within a lease, at most one works on a key; a key has one answer within its ttl.
    #[test]
    fn never_two_at_a_time_and_never_two_answers(
        steps in proptest::collection::vec((0_u8..4, 0_u64..3, 0_u64..90, 0_usize..4), 1..200),
    ) {
        let mut keys = keys(3);
        let mut now = at(0);
        let mut held: Vec<(IdempotencyPermit<u64>, Instant)> = Vec::new();
        let mut answers: [Option<u32>; 3] = [None; 3];
        let mut next = 0;
        for (op, key, gap, which) in steps {
            now += Duration::from_millis(gap);
            if now > at(9_000) { break; }
            match op {
                0 | 1 => match keys.begin(now, key, 1) {
                    IdempotencyDecision::Start(permit) => {
                        let busy = held.iter().any(|(p, since)| {
                            p.key == key && now < *since + Duration::from_millis(100)
                        });
                        prop_assert!(!busy && answers[key as usize].is_none());
                        held.push((permit, now));
                    }
                    IdempotencyDecision::Replay(answer) => {
                        prop_assert_eq!(Some(*answer), answers[key as usize]);
                    }
                    IdempotencyDecision::InProgress { .. } => {}
                    IdempotencyDecision::Mismatch | IdempotencyDecision::Full => {
                        prop_assert!(false, "three keys fit, and all ask for the same");
                    }
                },
                2 if !held.is_empty() => {
                    let (permit, _) = held.swap_remove(which % held.len());
                    let key = permit.key as usize;
                    next += 1;
                    if keys.complete(now, permit, next) {
                        prop_assert!(answers[key].is_none());
                        answers[key] = Some(next);
                    }
                }
                3 if !held.is_empty() => keys.abandon(held.swap_remove(which % held.len()).0),
                _ => {}
            }
        }
    }
}
