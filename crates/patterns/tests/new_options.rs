//! Each machine takes new options in place: what it knew stays, wrong options leave it as it was.

use core::time::Duration;

use tenfold_patterns::*;
use tenfold_units::{Instant, Seed};

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

const MS: Duration = Duration::from_millis(1);

#[test]
fn a_keyed_limit_changes_in_place() {
    let rule = |rate, burst| TokenBucketOptions::per_second(rate, burst).rule().unwrap();
    let mut limiter = KeyedLimiter::<u64, _>::new(rule(1, 4), 64).unwrap();
    for _ in 0..4 {
        assert!(limiter.admit(at(0), 7, 1).is_admitted());
    }
    limiter.set_rule(rule(1_000, 4));
    assert!(!limiter.admit(at(0), 7, 1).is_admitted(), "who had used up all still has");
    assert!(limiter.admit(at(0), 8, 4).is_admitted(), "who had not, has all of the new burst");
}

#[test]
fn a_distributed_limit_fails_as_it_is_told_now() {
    let rule = TokenBucketOptions::per_second(1, 4).rule().unwrap();
    let mut limit = DistributedLimit::new(rule, DistributedLimitOptions::fail_open()).unwrap();
    let missing = limit.tariff().cost * 4;
    limit.set_options(DistributedLimitOptions::fail_closed()).unwrap();
    assert_eq!(limit.decide_alone(), DistributedDecision::Unavailable { admitted: false });
    let none = DistributedLimitOptions { timeout: Duration::ZERO, ..*limit.options() };
    assert!(limit.set_options(none).is_err());
    assert_eq!(*limit.options(), DistributedLimitOptions::fail_closed());
    let DistributedDecision::Decided(decision) = limit.decide(missing, 1) else {
        panic!("the store has answered")
    };
    assert!(!decision.is_admitted(), "what the store knows still counts");
}

#[test]
fn an_adaptive_throttle_keeps_its_counts() {
    let mut stream = Seed(1).stream("throttle");
    let options = AdaptiveThrottleOptions::sre_book();
    let mut throttle = AdaptiveThrottle::new(options).unwrap();
    for i in 0..1_000 {
        let _ = throttle.admit(at(i), &mut stream);
    }
    let before = throttle.refusal_probability(at(1_000));
    throttle.set_options(at(1_000), AdaptiveThrottleOptions { k: 4.0, ..options }).unwrap();
    assert!(before > 0.9 && throttle.refusal_probability(at(1_000)) > 0.9);
}

#[test]
fn a_hash_ring_keeps_nodes_numbers_and_weights() {
    let mut ring = HashRing::new(HashRingOptions { virtual_nodes: 8 }).unwrap();
    let names = ["a", "b", "c"];
    names.iter().zip([1, 2, 3]).for_each(|(name, weight)| _ = ring.add(name, weight).unwrap());
    ring.remove("b").unwrap();
    ring.set_options(HashRingOptions { virtual_nodes: 100 }).unwrap();
    assert_eq!((ring.number("a"), ring.number("b"), ring.number("c")), (Some(0), None, Some(2)));
    let mut fresh = HashRing::new(HashRingOptions { virtual_nodes: 100 }).unwrap();
    fresh.add("a", 1).unwrap();
    fresh.add("c", 3).unwrap();
    assert_eq!(ring.points(), fresh.points());
    for key in 0..1_000_u32 {
        let hash = ring.hash(&key.to_le_bytes());
        let names = (ring.owner(hash).unwrap(), fresh.owner(hash).unwrap());
        assert_eq!(ring.name(names.0), fresh.name(names.1));
    }
    assert!(ring.set_options(HashRingOptions { virtual_nodes: 0 }).is_err());
    assert_eq!(ring.options().virtual_nodes, 100);
}

#[test]
fn idempotency_keeps_its_keys() {
    let options = IdempotencyOptions::stripe();
    let mut table: Idempotency<u8, u32> = Idempotency::new(options).unwrap();
    let IdempotencyDecision::Start(permit) = table.begin(at(0), 1, 9) else { panic!("new") };
    table.set_options(IdempotencyOptions { capacity: 1, ..options }).unwrap();
    assert!(table.complete(at(1), permit, 42));
    assert_eq!(table.begin(at(2), 1, 9), IdempotencyDecision::Replay(&42));
    assert_eq!(table.begin(at(2), 2, 9), IdempotencyDecision::Full, "the new bound holds");
    assert!(table.set_options(IdempotencyOptions { capacity: 0, ..options }).is_err());
}

#[test]
fn a_single_flight_keeps_its_flights() {
    let options = SingleFlightOptions::tenfold();
    let mut flights: SingleFlight<u8> = SingleFlight::new(options).unwrap();
    let SingleFlightDecision::Lead(permit) = flights.join(at(0), 1) else { panic!("first") };
    let SingleFlightDecision::Wait(ticket) = flights.join(at(0), 1) else { panic!("second") };
    flights.set_options(SingleFlightOptions { max_waiters: 1, ..options }).unwrap();
    assert_eq!(flights.join(at(0), 1), SingleFlightDecision::Refused);
    assert_eq!(flights.finish(permit), [ticket]);
}

#[test]
fn write_behind_keeps_what_waits() {
    let options = WriteBehindOptions::tenfold();
    let mut node = WriteBehind::new(options).unwrap();
    let sequence = node.handle_write(at(0), 1, "a").sequence().unwrap();
    node.handle_logged(at(0), sequence);
    while node.poll_output().is_some() {}
    node.set_options(at(0), WriteBehindOptions { max_pending: 1, batch: 1, ..options }).unwrap();
    let flush = node.poll_output();
    assert!(
        matches!(flush, Some(WriteBehindOutput::Flush { flush: 0, ref entries })
        if entries.len() == 1),
        "what waited is a full batch now: {flush:?}"
    );
    assert_eq!(node.handle_write(at(0), 2, "b"), WriteBehindDecision::Full);
}

#[test]
fn an_outbox_keeps_rows_in_flight() {
    let options = OutboxOptions::tenfold();
    let mut relay = Outbox::new(options).unwrap();
    relay.handle_timeout(at(0));
    relay.handle_claimed(at(0), vec![(1, "a"), (2, "b")]);
    while relay.poll_output().is_some() {}
    relay.set_options(OutboxOptions { max_in_flight: 1, ..options }).unwrap();
    relay.handle_timeout(at(500));
    assert_eq!((relay.in_flight(), relay.poll_output()), (2, None), "no claim beyond the bound");
    relay.handle_published(at(500), 1, true);
    assert_eq!(relay.poll_output(), Some(OutboxOutput::MarkSent { row: 1 }));
}

#[test]
fn a_saga_keeps_its_place_and_its_steps() {
    let steps = |names: [&str; 2]| names.map(SagaStep::named).to_vec();
    let options = SagaOptions::tenfold(steps(["reserve", "pay"]), 1);
    let mut saga = Saga::new(options.clone()).unwrap();
    saga.start(at(0));
    saga.handle_result(at(1), 0, SagaResult::Done);
    let wait = SagaOptions { retry_after: MS * 7, ..options };
    saga.set_options(wait.clone()).unwrap();
    assert_eq!(saga.state(), SagaState::Running { step: 1 });
    saga.handle_result(at(1), 1, SagaResult::Failed);
    assert_eq!(saga.poll_timeout(), Some((at(8), "try again")));
    assert!(saga.set_options(SagaOptions { steps: steps(["pay", "reserve"]), ..wait }).is_err());
}

#[test]
fn health_keeps_what_checks_said() {
    let checks = |names: &[&str]| names.iter().map(|name| CheckOptions::named(name)).collect();
    let mut health = Health::new(HealthOptions::kubernetes(checks(&["store"]))).unwrap();
    let check = health.poll_check(at(0)).unwrap();
    health.handle_check(at(0), check, true);
    assert!(health.is_ready(at(0)));
    health.set_options(HealthOptions::kubernetes(checks(&["queue", "store"]))).unwrap();
    assert_eq!(health.failing().collect::<Vec<_>>(), ["queue"], "not known yet");
    assert_eq!(health.poll_check(at(1)), Some(0), "only the new one is due");
    health.handle_check(at(1), 0, true);
    assert!(health.is_ready(at(1)) && health.poll_check(at(1)).is_none());
}

#[test]
fn windows_keep_their_sums() {
    let size = Duration::from_secs(60);
    let options = StreamWindowOptions::kafka(WindowKind::Tumbling { size });
    let mut sums = StreamWindow::new(options).unwrap();
    let _ = sums.handle_event(at(0), "a", 5);
    let at_once = StreamWindowOptions { allowed_lateness: Duration::ZERO, ..options };
    sums.set_options(at_once).unwrap();
    let _ = sums.handle_event(at(1_000), "a", 2);
    let _ = sums.handle_event(at(60_000), "b", 1);
    let closed: Vec<i64> = core::iter::from_fn(|| sums.poll_output())
        .filter(|change| change.kind == WindowChangeKind::Closed)
        .map(|change| change.value)
        .collect();
    assert_eq!(closed, [7], "the sum of before and after, closed by the new lateness");
}

#[test]
fn refresh_and_dead_letters_follow_new_options() {
    let mut refresh = Refresh::new(RefreshOptions::rfc5861_example()).unwrap();
    let none = RefreshOptions { stale_if_error: Duration::ZERO, ..*refresh.options() };
    assert!(refresh.serves_on_error(at(1), at(0)));
    refresh.set_options(none).unwrap();
    assert!(!refresh.serves_on_error(at(1), at(0)));
    assert!(refresh.set_options(RefreshOptions { beta: -1.0, ..none }).is_err());

    let mut policy = DeadLetter::new(DeadLetterOptions::tenfold()).unwrap();
    let once = DeadLetterOptions { delays: vec![MS], ..DeadLetterOptions::tenfold() };
    policy.set_options(once).unwrap();
    let second = policy.decide(at(0), "orders", 2, MessageFailure::Transient);
    assert!(matches!(second, DeadLetterDecision::DeadLetter { .. }), "one delay is left");

    let mut redrive = Redrive::new(TokenBucketOptions::per_second(1, 1), 3).unwrap();
    assert_eq!(redrive.decide(at(0), 0), RedriveDecision::Send);
    redrive.set_options(at(0), TokenBucketOptions::per_second(10, 1), 2).unwrap();
    assert_eq!(redrive.decide(at(0), 0), RedriveDecision::Wait(MS * 100));
    assert_eq!(redrive.decide(at(100), 2), RedriveDecision::Keep);

    let alert = DeadLetterAlertOptions { pending_for: MS * 10, max_age: MS * 1_000 };
    let mut alert_of = DeadLetterAlert::new(alert);
    assert_eq!(alert_of.observe(at(0), 1, MS), None);
    alert_of.set_options(DeadLetterAlertOptions { pending_for: MS * 5, ..alert });
    assert_eq!(alert_of.observe(at(5), 1, MS), Some(DeadLetterAlertChange::Raised));
}

#[test]
fn ids_never_repeat_over_a_change() {
    let mut machine = Snowflake::new(SnowflakeOptions::twitter(1)).unwrap();
    let now = SnowflakeOptions::twitter(1).epoch_unix_ms + 5;
    let SnowflakeDecision::Id(first) = machine.next_id(now) else { panic!("in range") };
    machine.set_options(SnowflakeOptions::twitter(2)).unwrap();
    let SnowflakeDecision::Id(second) = machine.next_id(now) else { panic!("in range") };
    assert_ne!(machine.parts(first).sequence, machine.parts(second).sequence);
    let other = SnowflakeOptions { epoch_unix_ms: 0, machine: 2 };
    assert!(machine.set_options(other).is_err(), "another epoch would give ids again");

    let mut ids = IdRanges::new(1).unwrap();
    assert!(ids.add_block(0, 10));
    assert_eq!(ids.next_id(), IdRangesDecision::Id { id: 0, need_block: false });
    ids.set_low_water(9).unwrap();
    assert_eq!(ids.next_id(), IdRangesDecision::Id { id: 1, need_block: true });
}
