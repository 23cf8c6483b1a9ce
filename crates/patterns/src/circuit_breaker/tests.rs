use proptest::prelude::*;
use tenfold_units::Seed;

use super::*;
use crate::event::{Event, Events};
use crate::vectors::{each_file, float, list, number, signed, text};

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn breaker(options: CircuitBreakerOptions) -> CircuitBreaker {
    CircuitBreaker::new(options, Seed(1).stream("breaker")).unwrap()
}

/// Half of 4 of the last 10 calls; open for 1 s; 3 probes.
fn small() -> CircuitBreakerOptions {
    CircuitBreakerOptions {
        window: CircuitBreakerWindow::Calls(10),
        minimum_calls: 4,
        open_wait: ms(1_000),
        half_open_calls: 3,
        ..CircuitBreakerOptions::resilience4j()
    }
}

fn acquire(breaker: &mut CircuitBreaker, now: Instant) -> CircuitBreakerPermit {
    match breaker.try_acquire(now) {
        CircuitBreakerDecision::Admitted { permit, .. } => permit,
        CircuitBreakerDecision::Refused { .. } => panic!("refused at {now}"),
    }
}

fn refused(breaker: &mut CircuitBreaker, now: Instant) -> bool {
    match breaker.try_acquire(now) {
        CircuitBreakerDecision::Admitted { permit, .. } => {
            breaker.release(permit);
            false
        }
        CircuitBreakerDecision::Refused { .. } => true,
    }
}

fn call(breaker: &mut CircuitBreaker, now: Instant, fails: bool) {
    let permit = acquire(breaker, now);
    let outcome =
        if fails { CircuitBreakerOutcome::Failure } else { CircuitBreakerOutcome::Success };
    breaker.record(now, permit, outcome, ms(1));
}

fn open(breaker: &mut CircuitBreaker, now: Instant) {
    while breaker.state() == CircuitBreakerState::Closed {
        call(breaker, now, true);
    }
}

fn options_of(config: &serde_json::Value) -> CircuitBreakerOptions {
    let window = number(&config["window"]) as u32;
    CircuitBreakerOptions {
        window: match text(&config["window_type"]) {
            "count" => CircuitBreakerWindow::Calls(window),
            "time_s" => CircuitBreakerWindow::Time {
                span: Duration::from_secs(u64::from(window)),
                slices: window,
            },
            other => panic!("unknown window {other}"),
        },
        minimum_calls: number(&config["minimum_calls"]) as u32,
        failure_ratio: Some(float(&config["failure_rate_threshold"]) / 100.0),
        slow: Some(SlowCalls {
            longer_than: ms(number(&config["slow_call_ms"])),
            ratio: float(&config["slow_rate_threshold"]) / 100.0,
        }),
        open_wait: ms(number(&config["open_wait_ms"])),
        half_open_calls: number(&config["half_open_permitted"]) as u32,
        ..CircuitBreakerOptions::resilience4j()
    }
}

#[test]
fn decides_as_resilience4j() {
    each_file("circuitbreaker", |name, file| {
        let scenarios = list(&file["scenarios"]);
        let mut ran = 0;
        for (index, scenario) in scenarios.iter().enumerate() {
            let mut breaker = breaker(options_of(&scenario["config"]));
            let mut permits = std::collections::BTreeMap::new();
            for row in list(&scenario["rows"]) {
                let row = list(row);
                let context = format!("{name} scenario {index} {row:?}");
                let (now, id) = (at(number(&row[0])), signed(&row[2]));
                match text(&row[1]) {
                    "acquire" => {
                        let decision = breaker.try_acquire(now);
                        let admitted = matches!(decision, CircuitBreakerDecision::Admitted { .. });
                        assert_eq!(Some(admitted), row[3].as_bool(), "{context}");
                        if let CircuitBreakerDecision::Admitted { permit, .. } = decision {
                            permits.insert(id, permit);
                        }
                    }
                    "release" => breaker.release(permits.remove(&id).unwrap()),
                    op => {
                        let outcome = match op {
                            "ok" => CircuitBreakerOutcome::Success,
                            "err" => CircuitBreakerOutcome::Failure,
                            _ => panic!("unknown operation: {context}"),
                        };
                        let permit = permits.remove(&id).unwrap();
                        breaker.record(now, permit, outcome, ms(number(&row[3])));
                    }
                }
                let state = breaker.state().name().replace('-', "_").to_uppercase();
                assert_eq!(state, text(&row[4]), "{context}");
                let metrics = breaker.metrics(now);
                let percent = |ratio: Option<f64>| ratio.map_or(-1.0, |ratio| ratio * 100.0);
                let close = |a: f64, b: f64| (a - b).abs() < 1e-3;
                assert!(close(percent(metrics.failure_ratio), float(&row[5])), "{context}");
                assert!(close(percent(metrics.slow_ratio), float(&row[6])), "{context}");
                let counts = [metrics.calls, metrics.failed, metrics.slow].map(u64::from);
                assert_eq!(counts, [7, 8, 9].map(|i| number(&row[i])), "{context}");
                assert_eq!(metrics.refused, number(&row[10]), "{context}");
                ran += 1;
            }
        }
        assert_eq!(ran, scenarios.iter().map(|s| list(&s["rows"]).len()).sum::<usize>());
        Some(ran)
    });
}

#[test]
fn textbook_old_failures_are_forgotten() {
    // 5 failures spread over 5,005 calls must not open it.
    let mut breaker = breaker(CircuitBreakerOptions::resilience4j());
    for i in 0..5_005_u64 {
        call(&mut breaker, at(i * 86_400), i % 1_001 == 1_000);
    }
    assert_eq!(breaker.state(), CircuitBreakerState::Closed);
}

#[test]
fn a_time_window_forgets_by_slices() {
    let window = CircuitBreakerWindow::Time { span: ms(10_000), slices: 10 };
    let mut breaker = breaker(CircuitBreakerOptions { window, minimum_calls: 100, ..small() });
    for second in 0..20 {
        call(&mut breaker, at(second * 1_000), true);
    }
    assert_eq!(breaker.metrics(at(19_500)).calls, 10);
    assert_eq!(breaker.metrics(at(25_000)).calls, 4);
    assert_eq!(breaker.metrics(at(1_000_000)).calls, 0);
    assert_eq!(breaker.metrics(at(0)).calls, 0, "a step back forgets nothing and panics not");
    call(&mut breaker, at(0), true);
    assert_eq!(breaker.metrics(at(0)).calls, 1);
}

#[test]
fn textbook_half_open_lets_only_probes_through() {
    let mut breaker = breaker(small());
    open(&mut breaker, at(0));
    assert!(refused(&mut breaker, at(1_000)), "strictly after the wait");
    let probes: Vec<_> = (0..100)
        .filter_map(|_| match breaker.try_acquire(at(1_001)) {
            CircuitBreakerDecision::Admitted { permit, .. } => Some(permit),
            CircuitBreakerDecision::Refused { .. } => None,
        })
        .collect();
    assert_eq!(probes.len(), 3);
    let mut changes = Vec::new();
    for permit in probes {
        let success = CircuitBreakerOutcome::Success;
        changes.extend(breaker.record(at(1_002), permit, success, ms(1)));
    }
    let (from, to) = (CircuitBreakerState::HalfOpen, CircuitBreakerState::Closed);
    assert_eq!(changes, [CircuitBreakerTransition { from, to }]);
}

#[test]
fn cancelled_probes_give_their_permits_back() {
    let mut breaker = breaker(small());
    open(&mut breaker, at(0));
    for round in 0..50 {
        let permits = [0; 3].map(|_| acquire(&mut breaker, at(2_000 + round)));
        assert!(refused(&mut breaker, at(2_000 + round)));
        for (i, permit) in permits.into_iter().enumerate() {
            if i == 0 {
                let ignored = CircuitBreakerOutcome::Ignored;
                assert_eq!(breaker.record(at(2_000), permit, ignored, ms(1)), None);
            } else {
                breaker.release(permit);
            }
        }
        assert_eq!(breaker.state(), CircuitBreakerState::HalfOpen);
    }
}

#[test]
fn textbook_a_stale_success_closes_nothing() {
    let options = CircuitBreakerOptions { half_open_calls: 1, ..small() };
    let mut breaker = breaker(options);
    let stale = [0; 2].map(|_| acquire(&mut breaker, at(0)));
    open(&mut breaker, at(0));
    let [while_open, while_probing] = stale;
    let success = CircuitBreakerOutcome::Success;
    assert_eq!(breaker.record(at(500), while_open, success, ms(1)), None);
    assert_eq!(breaker.state(), CircuitBreakerState::Open);
    let probe = acquire(&mut breaker, at(1_001));
    assert_eq!(breaker.record(at(1_002), while_probing, success, ms(1)), None);
    assert_eq!(breaker.state(), CircuitBreakerState::HalfOpen, "the probe decides");
    breaker.record(at(1_003), probe, success, ms(1));
    assert_eq!(breaker.state(), CircuitBreakerState::Closed);
}

#[test]
fn textbook_a_late_failure_of_an_old_generation_does_not_extend_the_outage() {
    let options = CircuitBreakerOptions { half_open_calls: 1, ..small() };
    let mut breaker = breaker(options);
    let mut late = [0; 10].map(|_| acquire(&mut breaker, at(0))).into_iter();
    open(&mut breaker, at(0));
    let failure = CircuitBreakerOutcome::Failure;
    for millis in [1, 500, 999] {
        breaker.record(at(millis), late.next().unwrap(), failure, ms(1));
    }
    assert!(refused(&mut breaker, at(1_000)));
    let probe = acquire(&mut breaker, at(1_001));
    for permit in late.by_ref().take(3) {
        assert_eq!(breaker.record(at(1_002), permit, failure, ms(1)), None);
    }
    assert_eq!(breaker.state(), CircuitBreakerState::HalfOpen, "the probe decides");
    breaker.record(at(1_003), probe, CircuitBreakerOutcome::Success, ms(1));
    assert_eq!(breaker.state(), CircuitBreakerState::Closed);
    for permit in late {
        breaker.record(at(1_004), permit, failure, ms(1));
    }
    assert_eq!(breaker.metrics(at(1_004)).calls, 0, "nor does it begin the next");
}

#[test]
fn textbook_a_clock_step_back_does_not_prolong_the_outage() {
    let hour = 3_600_000;
    let mut breaker = breaker(small());
    open(&mut breaker, at(2 * hour));
    assert!(refused(&mut breaker, at(hour)), "stepped back by an hour");
    assert!(refused(&mut breaker, at(hour + 1_000)), "the wait counts from the step at most");
    assert!(!refused(&mut breaker, at(hour + 1_001)));
}

#[test]
fn textbook_late_results_count_for_nothing() {
    let mut breaker = breaker(small());
    let (success, failure) = (acquire(&mut breaker, at(0)), acquire(&mut breaker, at(0)));
    let (spare, release) = (acquire(&mut breaker, at(0)), acquire(&mut breaker, at(0)));
    open(&mut breaker, at(0));
    // A stale success does not close it, a late failure does not extend the outage.
    breaker.record(at(500), success, CircuitBreakerOutcome::Success, ms(1));
    breaker.record(at(900), failure, CircuitBreakerOutcome::Failure, ms(1));
    assert_eq!(breaker.state(), CircuitBreakerState::Open);
    let probe = acquire(&mut breaker, at(1_001));
    breaker.record(at(1_001), spare, CircuitBreakerOutcome::Failure, ms(1));
    breaker.release(release);
    assert_eq!(breaker.metrics(at(1_001)).calls, 0);
    let more = (0..10).filter(|_| {
        let decision = breaker.try_acquire(at(1_001));
        matches!(decision, CircuitBreakerDecision::Admitted { .. })
    });
    assert_eq!(more.count(), 2, "a late release raises no permits");
    breaker.release(probe);
}

#[test]
fn lost_probes_do_not_hold_it_half_open() {
    let mut breaker = breaker(CircuitBreakerOptions { half_open_max: Some(ms(500)), ..small() });
    open(&mut breaker, at(0));
    for _ in 0..3 {
        let _lost = acquire(&mut breaker, at(2_000));
    }
    assert!(refused(&mut breaker, at(2_499)));
    assert_eq!(breaker.state(), CircuitBreakerState::HalfOpen);
    let CircuitBreakerDecision::Refused { retry_after, changed } = breaker.try_acquire(at(2_500))
    else {
        panic!("no probe is left")
    };
    assert!(changed.is_some());
    assert_eq!(retry_after, ms(1_000) + Duration::from_nanos(1));
    assert!(!refused(&mut breaker, at(2_500) + retry_after));
}

#[test]
fn open_waits_grow_with_jitter_and_start_over() {
    let options = CircuitBreakerOptions {
        open_growth: 2.0,
        open_wait_max: Some(ms(5_000)),
        open_jitter: 0.5,
        half_open_calls: 1,
        ..small()
    };
    let mut breaker = breaker(options);
    let mut now = at(0);
    open(&mut breaker, now);
    let mut waits = Vec::new();
    for _ in 0..6 {
        let CircuitBreakerDecision::Refused { retry_after, .. } = breaker.try_acquire(now) else {
            panic!("just opened")
        };
        waits.push(retry_after.as_millis());
        now += retry_after;
        call(&mut breaker, now, true);
    }
    for (wait, most) in waits.iter().zip([1_000, 2_000, 4_000, 5_000, 5_000, 5_000]) {
        assert!(*wait <= most && *wait >= most / 2, "{waits:?}");
    }
    assert_ne!(waits[4], waits[5], "jittered");
    now += ms(10_000);
    call(&mut breaker, now, false);
    assert_eq!(breaker.state(), CircuitBreakerState::Closed);
    open(&mut breaker, now);
    let CircuitBreakerDecision::Refused { retry_after, .. } = breaker.try_acquire(now) else {
        panic!("just opened")
    };
    assert!(retry_after <= ms(1_001), "closing forgets the growth");
}

#[test]
fn textbook_slow_calls_count() {
    let slow = Some(SlowCalls { longer_than: ms(100), ratio: 0.75 });
    let mut breaker = breaker(CircuitBreakerOptions { slow, ..small() });
    for (i, duration) in [100, 101, 101, 101].into_iter().enumerate() {
        assert_eq!(breaker.state(), CircuitBreakerState::Closed, "{i}");
        let permit = acquire(&mut breaker, at(0));
        breaker.record(at(0), permit, CircuitBreakerOutcome::Success, ms(duration));
    }
    assert_eq!(breaker.state(), CircuitBreakerState::Open);
}

#[test]
fn textbook_a_clock_step_back_does_not_prolong_the_probing() {
    let half_open_max = Some(ms(2_000));
    let mut breaker = breaker(CircuitBreakerOptions { half_open_max, ..small() });
    let hour = 3_600_000;
    open(&mut breaker, at(hour));
    let _lost = [0; 3].map(|_| acquire(&mut breaker, at(hour + 2_000)));
    assert!(refused(&mut breaker, at(0)), "an hour back; the probes hang");
    assert!(refused(&mut breaker, at(1_999)));
    assert_eq!(breaker.state(), CircuitBreakerState::HalfOpen);
    assert!(refused(&mut breaker, at(2_000)), "and are lost");
    assert_eq!(breaker.state(), CircuitBreakerState::Open);
    assert!(!refused(&mut breaker, at(3_001)));
}

#[test]
fn failures_in_a_row_open_it_as_gobreaker() {
    let mut breaker = breaker(CircuitBreakerOptions::gobreaker());
    for i in 0..50 {
        call(&mut breaker, at(0), i % 6 != 5);
    }
    assert_eq!(breaker.state(), CircuitBreakerState::Closed, "never six in a row");
    (0..3).for_each(|_| call(&mut breaker, at(0), true));
    (0..1).for_each(|_| call(&mut breaker, at(0), true));
    assert_eq!(breaker.state(), CircuitBreakerState::Open);
    assert!(refused(&mut breaker, at(60_000)));
    call(&mut breaker, at(60_001), true);
    assert_eq!(breaker.state(), CircuitBreakerState::Open);
    call(&mut breaker, at(120_002), false);
    assert_eq!(breaker.state(), CircuitBreakerState::Closed);
}

#[test]
fn textbook_client_errors_do_not_count() {
    let mut breaker = breaker(small());
    for _ in 0..100 {
        let permit = acquire(&mut breaker, at(0));
        breaker.record(at(0), permit, CircuitBreakerOutcome::Ignored, ms(1));
    }
    assert_eq!((breaker.metrics(at(0)).calls, breaker.state()), (0, CircuitBreakerState::Closed));
}

#[test]
fn events_tell_the_changes() {
    let mut breaker = breaker(small());
    let mut seen = Vec::new();
    for _ in 0..4 {
        let permit = acquire(&mut breaker, at(0));
        breaker
            .record(at(0), permit, CircuitBreakerOutcome::Failure, ms(1))
            .events(&mut |event| seen.push(event));
    }
    breaker.try_acquire(at(0)).events(&mut |event| seen.push(event));
    breaker.try_acquire(at(2_000)).events(&mut |event| seen.push(event));
    assert_eq!(
        seen,
        [
            Event::StateChanged { from: "closed", to: "open" },
            Event::Refused { reason: "open" },
            Event::StateChanged { from: "open", to: "half-open" },
            Event::Admitted,
        ]
    );
}

#[test]
fn new_options_keep_state_and_window() {
    let mut breaker = breaker(small());
    (0..3).for_each(|_| call(&mut breaker, at(0), true));
    breaker.set_options(CircuitBreakerOptions { open_wait: ms(5), ..small() }).unwrap();
    assert_eq!(breaker.metrics(at(0)).calls, 3);
    call(&mut breaker, at(0), true);
    assert!(!refused(&mut breaker, at(6)), "the new wait holds");
    let _first = acquire(&mut breaker, at(7));
    breaker.set_options(CircuitBreakerOptions { half_open_calls: 2, ..small() }).unwrap();
    let _second = acquire(&mut breaker, at(7));
    assert!(refused(&mut breaker, at(7)));
    assert!(breaker.set_options(CircuitBreakerOptions { minimum_calls: 0, ..small() }).is_err());
}

#[test]
fn options_are_checked_and_round_trip() {
    let bad = CircuitBreakerOptions {
        window: CircuitBreakerWindow::Calls(0),
        minimum_calls: 0,
        failure_ratio: None,
        slow: None,
        open_growth: 0.5,
        open_jitter: -1.0,
        half_open_calls: 0,
        open_wait_max: Some(ms(1)),
        ..small()
    };
    assert_eq!(bad.check().unwrap_err().problems().len(), 7);
    for options in [
        CircuitBreakerOptions::resilience4j(),
        CircuitBreakerOptions::hystrix(),
        CircuitBreakerOptions::polly(),
        CircuitBreakerOptions::gobreaker(),
        CircuitBreakerOptions::tenfold(),
    ] {
        let text = serde_saphyr::to_string(&options).unwrap();
        assert_eq!(serde_saphyr::from_str::<CircuitBreakerOptions>(&text).unwrap(), options);
        options.check().unwrap();
    }
    let text = "{window: {calls: 100}, minimum_calls: 20, failure_ratio: 0.5, open_wait: 5s, \
                half_open_calls: 10}";
    assert!(serde_saphyr::from_str::<CircuitBreakerOptions>(text).unwrap().check().is_ok());
}

proptest! {
    /// Whatever happens, states follow the diagram, permits are conserved, and it recovers.
    #[test]
    fn states_are_legal_and_permits_come_back(
        half_open_calls in 1_u32..5,
        steps in proptest::collection::vec((0_u8..6, 0_u64..800, 0_usize..8), 1..300),
    ) {
        let mut breaker = breaker(CircuitBreakerOptions { half_open_calls, ..small() });
        let mut held: Vec<CircuitBreakerPermit> = Vec::new();
        let mut now = at(0);
        for (op, gap, which) in steps {
            now += ms(gap);
            let before = breaker.state();
            match op {
                0..3 => match breaker.try_acquire(now) {
                    CircuitBreakerDecision::Admitted { permit, .. } => held.push(permit),
                    CircuitBreakerDecision::Refused { .. } => {
                        prop_assert!(before != CircuitBreakerState::Closed);
                    }
                },
                _ if held.is_empty() => {}
                3 => breaker.release(held.swap_remove(which % held.len())),
                _ => {
                    let permit = held.swap_remove(which % held.len());
                    let outcome = if op == 4 {
                        CircuitBreakerOutcome::Failure
                    } else {
                        CircuitBreakerOutcome::Success
                    };
                    breaker.record(now, permit, outcome, ms(1));
                }
            }
            let after = breaker.state();
            let legal = before == after || matches!(
                (before, after),
                (CircuitBreakerState::Closed, CircuitBreakerState::Open)
                    | (CircuitBreakerState::Open, CircuitBreakerState::HalfOpen)
                    | (CircuitBreakerState::HalfOpen, _)
            );
            prop_assert!(legal, "{before:?} {after:?}");
            let current = held.iter().filter(|p| p.generation == breaker.generation).count();
            if after == CircuitBreakerState::HalfOpen {
                let probed = breaker.probes.totals(now).calls;
                prop_assert_eq!(current as u32 + probed + breaker.permits, half_open_calls);
            }
        }
        for permit in held {
            breaker.release(permit);
        }
        for _ in 0..50 {
            now += ms(2_000);
            if let CircuitBreakerDecision::Admitted { permit, .. } = breaker.try_acquire(now) {
                breaker.record(now, permit, CircuitBreakerOutcome::Success, ms(1));
            }
        }
        prop_assert_eq!(breaker.state(), CircuitBreakerState::Closed);
    }
}
