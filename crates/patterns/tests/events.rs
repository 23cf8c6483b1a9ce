//! Every machine that admits, refuses or changes state says so in events with fixed label values.

use core::time::Duration;

use tenfold_patterns::*;
use tenfold_units::{Instant, Seed};

const ZERO: Instant = Instant::ZERO;
const MS: Duration = Duration::from_millis(1);

/// Writes events as `+`, `-reason` or `from>to`.
fn told(what: &impl Events) -> String {
    let mut text = String::new();
    what.events(&mut |event| match event {
        Event::Admitted => text += "+",
        Event::Refused { reason } => text += &format!("-{reason}"),
        Event::StateChanged { from, to } => text += &format!("{from}>{to}"),
    });
    text
}

#[test]
fn limits() {
    let mut bucket = TokenBucket::new(TokenBucketOptions::per_second(1, 1)).unwrap();
    assert_eq!(told(&bucket.admit(ZERO)), "+");
    assert_eq!(told(&bucket.admit(ZERO)), "-rate");
    assert_eq!(told(&bucket.admit_many(ZERO, 2)), "-more-than-burst");
    let rule = TokenBucketOptions::per_second(1, 1).rule().unwrap();
    let mut keyed = KeyedLimiter::<u64, _>::new(rule, 8).unwrap();
    assert_eq!(told(&keyed.admit(ZERO, 1, 1)), "+");
    assert_eq!(told(&keyed.admit(ZERO, 1, 1)), "-rate");
}

#[test]
fn protections() {
    let mut limit = ConcurrencyLimit::new(ConcurrencyLimitOptions {
        initial: 1,
        min: 1,
        ..ConcurrencyLimitOptions::netflix_aimd()
    })
    .unwrap();
    let permit = limit.try_acquire();
    assert_eq!(told(&permit), "+");
    assert_eq!(told(&limit.try_acquire()), "-full");
    let mut throttle = AdaptiveThrottle::new(AdaptiveThrottleOptions::sre_book()).unwrap();
    let mut stream = Seed(1).stream("throttle");
    let told_all: Vec<_> = (0..50).map(|_| told(&throttle.admit(ZERO, &mut stream))).collect();
    assert_eq!(told_all[0], "+");
    assert!(told_all.contains(&"-throttled".to_owned()));
    let mut shed = WaitShed::new(WaitShedOptions::facebook()).unwrap();
    assert_eq!(told(&shed.decide(ZERO, MS * 50)), "+");
    assert_eq!(told(&shed.decide(ZERO + MS * 100, MS * 50)), "-waited-too-long");
    assert_eq!(told(&PriorityShedDecision::Shed), "-priority");
    let mut budget = RetryBudget::new(RetryBudgetOptions::grpc(), ZERO).unwrap();
    assert_eq!(told(&budget.withdraw(ZERO, RetryCause::Failure)), "+");
    (0..9).for_each(|_| budget.failure());
    assert_eq!(told(&budget.withdraw(ZERO, RetryCause::Failure)), "-budget");
}

#[test]
fn caches_and_writes() {
    assert_eq!(told(&RefreshDecision::StaleRenew), "+");
    assert_eq!(told(&RefreshDecision::Fetch), "-expired");
    let options = WriteBehindOptions { max_pending: 1, ..WriteBehindOptions::tenfold() };
    let mut node = WriteBehind::new(options).unwrap();
    assert_eq!(told(&node.handle_write(ZERO, 1, 1)), "+");
    assert_eq!(told(&node.handle_write(ZERO, 2, 1)), "-full");
}

#[test]
fn messages() {
    assert_eq!(told(&OutboxOutput::Claim { rows: 1 }), "");
    assert_eq!(told(&OutboxOutput::MarkSent { row: 1 }), "+");
    assert_eq!(told(&RedriveDecision::Wait(MS)), "-rate");
    assert_eq!(told(&RedriveDecision::Keep), "-rounds");
    assert_eq!(told(&DeadLetterAlertChange::Raised), "quiet>raised");
    let mut store = EventStore::new();
    assert_eq!(told(&store.append("a", ExpectedVersion::NoStream, vec![1])), "+");
    assert_eq!(told(&store.append("a", ExpectedVersion::NoStream, vec![1])), "-conflict");
    let mut projection = Projection::new(0);
    assert_eq!(told(&projection.apply(0, &1, |sum, event| *sum += event)), "+");
    assert_eq!(told(&projection.apply(0, &1, |sum, event| *sum += event)), "-repeated");
    assert_eq!(told(&projection.apply(5, &1, |sum, event| *sum += event)), "-gap");
}

#[test]
fn a_saga_tells_when_it_turns_back() {
    let steps = ["reserve", "pay"].map(SagaStep::named).to_vec();
    let mut saga = Saga::new(SagaOptions::tenfold(steps, 1)).unwrap();
    saga.start(ZERO);
    saga.handle_result(ZERO, 0, SagaResult::Done);
    saga.handle_result(ZERO, 1, SagaResult::Refused);
    saga.handle_result(ZERO, 0, SagaResult::Done);
    let text: Vec<String> = core::iter::from_fn(|| saga.poll_output())
        .map(|output| told(&output))
        .filter(|text| !text.is_empty())
        .collect();
    assert_eq!(text, ["running>compensating", "compensating>undone"]);
}

#[test]
fn windows_close() {
    let kind = WindowKind::Tumbling { size: MS * 10 };
    let options = StreamWindowOptions {
        kind,
        out_of_order: Duration::ZERO,
        allowed_lateness: Duration::ZERO,
    };
    let mut sums = StreamWindow::new(options).unwrap();
    assert_eq!(told(&sums.handle_event(ZERO, "a", 1)), "+");
    assert_eq!(told(&sums.handle_event(ZERO + MS * 10, "a", 1)), "+");
    assert_eq!(told(&sums.handle_event(ZERO + MS * 9, "a", 1)), "-late");
    let text: String = core::iter::from_fn(|| sums.poll_output()).map(|c| told(&c)).collect();
    assert_eq!(text, "open>closed");
}

#[test]
fn health_tells_each_change_once() {
    let checks = vec![CheckOptions::named("store")];
    let mut health = Health::new(HealthOptions::kubernetes(checks)).unwrap();
    assert_eq!(health.poll_event(ZERO), None, "not ready is how it begins");
    let check = health.poll_check(ZERO).unwrap();
    health.handle_check(ZERO, check, true);
    assert!(health.begin(ZERO));
    let mut text = told(&health.poll_event(ZERO).unwrap());
    assert_eq!(health.poll_event(ZERO), None);
    health.shut_down(ZERO);
    for seconds in [0, 5, 6, 25] {
        let change = health.poll_event(ZERO + Duration::from_secs(seconds));
        text += &change.map_or_else(|| ".".to_owned(), |change| format!(" {}", told(&change)));
    }
    assert_eq!(text, "unready>ready ready>settling settling>draining. draining>stopped");
}

#[test]
fn ids() {
    let mut ids = IdRanges::new(1).unwrap();
    assert_eq!(told(&ids.next_id()), "-empty");
    assert!(ids.add_block(0, 1));
    assert_eq!(told(&ids.next_id()), "+");
    let mut machine = Snowflake::new(SnowflakeOptions::twitter(1)).unwrap();
    let epoch = SnowflakeOptions::twitter(1).epoch_unix_ms;
    assert_eq!(told(&machine.next_id(0)), "-out-of-range");
    assert_eq!(told(&machine.next_id(epoch + 9)), "+");
    assert_eq!(told(&machine.next_id(epoch + 1)), "-clock-behind");
}
