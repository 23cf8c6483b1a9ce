use proptest::prelude::*;

use super::*;

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

fn options(limit: u32, millis: u64) -> WindowLimitOptions {
    WindowLimitOptions { limit, window: Duration::from_millis(millis) }
}

type Admit<'m> = &'m mut dyn FnMut(Instant, u32) -> WindowLimitDecision;

#[test]
fn textbook_boundary_is_half_open() {
    let mut log = WindowLog::new(options(2, 10_000)).unwrap();
    assert!(log.admit(at(0)).is_admitted() && log.admit(at(5_000)).is_admitted());
    let refused = log.admit(at(9_999));
    assert_eq!(refused, WindowLimitDecision::Refused { retry_after: Duration::from_millis(1) });
    assert!(log.admit(at(10_000)).is_admitted(), "an event 10 s old has left a window of 10 s");
    assert!(!log.admit(at(10_000)).is_admitted());
}

#[test]
fn textbook_refused_requests_do_not_extend_the_lockout() {
    let mut log = WindowLog::new(options(3, 1_000)).unwrap();
    for i in 0..100_000 {
        let _ = log.admit(at(i / 200));
    }
    assert_eq!(log.admitted.len(), 3, "memory is bounded by the limit");
    assert_eq!(log.admit(at(1_000)), WindowLimitDecision::Admitted { remaining: 2 });
}

#[test]
fn textbook_out_of_order_times_are_evicted_in_order() {
    let mut log = WindowLog::new(options(2, 1_000)).unwrap();
    assert!(log.admit(at(10_000)).is_admitted());
    assert!(log.admit(at(2_000)).is_admitted(), "the clock stepped back: counts as 10 s");
    assert!(!log.admit(at(2_999)).is_admitted());
    assert_eq!(log.admit_many(at(3_000), 0), WindowLimitDecision::Admitted { remaining: 2 });
    assert!(log.admit(at(3_000)).is_admitted() && log.admit(at(3_500)).is_admitted());
    assert!(!log.admit(at(3_999)).is_admitted());
    assert!(log.admit(at(4_000)).is_admitted());
}

#[test]
fn textbook_a_clock_step_back_locks_nobody_out_for_long() {
    let hour = 3_600_000;
    let (mut log, mut counter, mut fixed) = (
        WindowLog::new(options(10, 1_000)).unwrap(),
        WindowCounter::new(options(10, 1_000)).unwrap(),
        FixedWindow::new(options(10, 1_000)).unwrap(),
    );
    let mut machines: [(&str, &mut dyn FnMut(Instant) -> WindowLimitDecision); 3] = [
        ("log", &mut |now| log.admit(now)),
        ("counter", &mut |now| counter.admit(now)),
        ("fixed", &mut |now| fixed.admit(now)),
    ];
    for (name, admit) in &mut machines {
        let mut admitted = |now| (0..50).filter(|_| admit(now).is_admitted()).count();
        assert_eq!(admitted(at(hour + 600)), 10, "{name}");
        for now in (0..1_000).step_by(50) {
            let extra = admitted(at(now));
            assert_eq!(extra, 0, "{name}: the step gives nothing away at {now}");
        }
        let after: usize = (1_000..2_100).step_by(50).map(|now| admitted(at(now))).sum();
        assert!(after >= 10, "{name}: {after} in the next window");
        // Back and forth over the edge of a window gives nothing either.
        let jitter: usize = (0..100).map(|i| admitted(at(4_999 + i % 2))).sum();
        assert!(jitter <= 20, "{name}: {jitter}");
    }
}

#[test]
fn several_pass_together_or_not_at_all() {
    let (mut log, mut counter, mut fixed) = (
        WindowLog::new(options(10, 1_000)).unwrap(),
        WindowCounter::new(options(10, 1_000)).unwrap(),
        FixedWindow::new(options(10, 1_000)).unwrap(),
    );
    let mut machines: [(&str, Admit<'_>); 3] = [
        ("log", &mut |now, n| log.admit_many(now, n)),
        ("counter", &mut |now, n| counter.admit_many(now, n)),
        ("fixed", &mut |now, n| fixed.admit_many(now, n)),
    ];
    for (name, admit) in &mut machines {
        assert_eq!(admit(at(0), 11), WindowLimitDecision::Impossible, "{name}");
        assert_eq!(admit(at(0), 0), WindowLimitDecision::Admitted { remaining: 10 }, "{name}");
        assert_eq!(admit(at(0), 4), WindowLimitDecision::Admitted { remaining: 6 }, "{name}");
        assert_eq!(admit(at(300), 3), WindowLimitDecision::Admitted { remaining: 3 }, "{name}");
        let retry_after = Duration::from_millis(match *name {
            // The four of the beginning have to leave; of seven five have to be out of sight; the
            // window has to end.
            "log" => 600,
            "counter" => 600 + 286,
            _ => 600,
        });
        let WindowLimitDecision::Refused { retry_after: wait } = admit(at(400), 5) else {
            panic!("{name}: seven of ten are taken")
        };
        assert!(wait <= retry_after && wait + Duration::from_millis(1) > retry_after, "{name}");
        assert_eq!(admit(at(400), 3), WindowLimitDecision::Admitted { remaining: 0 }, "{name}");
    }
}

#[test]
fn a_fixed_window_allows_twice_around_its_boundary() {
    let mut fixed = FixedWindow::new(options(10, 1_000)).unwrap();
    let mut admitted = |now| (0..50).filter(|_| fixed.admit(now).is_admitted()).count();
    assert_eq!((admitted(at(999)), admitted(at(1_000)), admitted(at(1_500))), (10, 10, 0));
    assert_eq!(
        fixed.admit(at(1_900)),
        WindowLimitDecision::Refused { retry_after: Duration::from_millis(100) }
    );
}

#[test]
fn the_counter_weighs_the_previous_window() {
    let mut counter = WindowCounter::new(options(100, 1_000)).unwrap();
    let mut admitted = |now| (0..500).filter(|_| counter.admit(now).is_admitted()).count();
    assert_eq!(admitted(at(900)), 100);
    assert_eq!(admitted(at(1_000)), 0, "all of the previous window is in sight");
    assert_eq!(admitted(at(1_250)), 25);
    assert_eq!(admitted(at(1_500)), 25);
    assert_eq!(admitted(at(3_000)), 100, "two windows on nothing is left");
    assert_eq!(admitted(at(0)), 0, "a step back gives nothing");
    assert_eq!(admitted(at(1_500)), 50, "and takes nothing for longer than a window");
}

#[test]
fn the_counters_wait_is_enough_and_not_too_long() {
    let mut counter = WindowCounter::new(options(10, 1_000)).unwrap();
    for _ in 0..10 {
        let _ = counter.admit(at(500));
    }
    let WindowLimitDecision::Refused { retry_after } = counter.admit(at(1_020)) else {
        panic!("98 % of ten are in sight")
    };
    assert_eq!(retry_after, Duration::from_millis(80));
    assert!(!counter.clone().admit(at(1_099)).is_admitted());
    assert!(counter.admit(at(1_100)).is_admitted());
}

#[test]
fn new_options_keep_what_counts() {
    let mut log = WindowLog::new(options(4, 1_000)).unwrap();
    for i in 0..4 {
        let _ = log.admit(at(i * 100));
    }
    log.set_options(options(2, 1_000)).unwrap();
    assert!(!log.admit(at(1_199)).is_admitted());
    assert!(log.admit(at(1_200)).is_admitted(), "the two newest were kept: 200 and 300 ms");
    log.set_options(options(3, 1_000)).unwrap();
    assert!(log.admit(at(1_200)).is_admitted() && !log.admit(at(1_200)).is_admitted());
    let mut counter = WindowCounter::new(options(2, 1_000)).unwrap();
    let _ = counter.admit(at(0));
    counter.set_options(options(1, 1_000)).unwrap();
    assert!(!counter.admit(at(0)).is_admitted());
    let mut fixed = FixedWindow::new(options(1, 1_000)).unwrap();
    let _ = fixed.admit(at(0));
    fixed.set_options(options(2, 1_000)).unwrap();
    assert!(fixed.admit(at(0)).is_admitted() && !fixed.admit(at(0)).is_admitted());
    assert!(fixed.set_options(options(0, 0)).is_err());
}

proptest! {
    #[test]
    fn the_log_never_has_more_than_the_limit_in_any_window(
        limit in 1_u32..10, window in 1_u64..500,
        gaps in proptest::collection::vec(0_u64..100, 1..200),
    ) {
        let mut log = WindowLog::new(options(limit, window)).unwrap();
        let (mut now, mut admitted) = (0, Vec::new());
        for gap in gaps {
            now += gap;
            let due = admitted.iter().filter(|t: &&u64| **t + window > now).count() < limit as usize;
            let decision = log.admit(at(now));
            prop_assert_eq!(decision.is_admitted(), due, "exact, both ways");
            if due { admitted.push(now) }
        }
    }

    #[test]
    fn what_is_said_of_the_wait_holds_exactly(
        limit in 1_u32..12, window in 1_u64..50, kind in 0_usize..3,
        calls in proptest::collection::vec((0_u64..40, 0_u32..14), 1..60),
    ) {
        let admit = |machines: &mut (WindowLog, WindowCounter, FixedWindow), now, n| match kind {
            0 => machines.0.admit_many(now, n),
            1 => machines.1.admit_many(now, n),
            _ => machines.2.admit_many(now, n),
        };
        let options = options(limit, window);
        let mut machines = (
            WindowLog::new(options).unwrap(),
            WindowCounter::new(options).unwrap(),
            FixedWindow::new(options).unwrap(),
        );
        let mut now = at(0);
        for (gap, n) in calls {
            now += Duration::from_millis(gap);
            match admit(&mut machines, now, n) {
                WindowLimitDecision::Admitted { .. } => prop_assert!(n <= limit),
                WindowLimitDecision::Impossible => prop_assert!(n > limit),
                WindowLimitDecision::Refused { retry_after } => {
                    let just_before = now + retry_after - Duration::from_nanos(1);
                    let early = admit(&mut machines.clone(), just_before, n);
                    prop_assert!(!early.is_admitted() || retry_after.as_nanos() == 1);
                    let then = admit(&mut machines.clone(), now + retry_after, n);
                    prop_assert!(then.is_admitted(), "{retry_after:?}");
                }
            }
        }
    }

    #[test]
    fn the_counter_admits_at_most_twice_and_the_fixed_window_too(
        limit in 1_u32..20, gaps in proptest::collection::vec(0_u64..60, 1..300),
    ) {
        let mut counter = WindowCounter::new(options(limit, 200)).unwrap();
        let mut fixed = FixedWindow::new(options(limit, 200)).unwrap();
        let (mut now, mut by_counter, mut by_fixed) = (0, Vec::new(), Vec::new());
        for gap in gaps {
            now += gap;
            if counter.admit(at(now)).is_admitted() { by_counter.push(now) }
            if fixed.admit(at(now)).is_admitted() { by_fixed.push(now) }
        }
        for log in [by_counter, by_fixed] {
            for from in &log {
                let inside = log.iter().filter(|t| (*from..from + 200).contains(t)).count();
                prop_assert!(inside <= 2 * limit as usize);
            }
            for window in 0..now / 200 + 1 {
                let inside = log.iter().filter(|t| **t / 200 == window).count();
                prop_assert!(inside <= limit as usize);
            }
        }
    }
}
