use super::*;

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

fn health(checks: Vec<CheckOptions>) -> Health {
    Health::new(HealthOptions::kubernetes(checks)).unwrap()
}

/// Runs the check that is due.
fn result(health: &mut Health, now: Instant, good: bool) {
    let check = health.poll_check(now).expect("one is due");
    health.handle_check(now, check, good);
}

#[test]
fn textbook_liveness_asks_nobody() {
    let mut health = health(vec![CheckOptions::named("store")]);
    (0..10).for_each(|i| result(&mut health, at(i * 2_000), false));
    assert!(health.is_alive() && !health.is_ready(at(20_000)));
    assert_eq!(health.failing().collect::<Vec<_>>(), ["store"]);
}

#[test]
fn one_bad_answer_does_not_flap() {
    let mut health = health(vec![CheckOptions::named("store")]);
    result(&mut health, at(0), true);
    assert!(health.is_ready(at(0)), "the first good result is enough");
    for (i, (good, ready)) in [
        (false, true),
        (false, true),
        (true, true),
        (false, true),
        (false, true),
        (false, false),
        (true, false),
        (false, false),
        (true, false),
        (true, true),
    ]
    .into_iter()
    .enumerate()
    {
        let now = at((i as u64 + 1) * 2_000);
        result(&mut health, now, good);
        assert_eq!(health.is_ready(now), ready, "{i}");
    }
}

#[test]
fn a_check_that_hangs_is_bad_and_its_late_answer_ignored() {
    let mut health = health(vec![CheckOptions { fail_after: 1, ..CheckOptions::named("store") }]);
    result(&mut health, at(0), true);
    assert_eq!(health.poll_check(at(2_000)), Some(0));
    assert_eq!(health.poll_check(at(2_000)), None, "it is running");
    assert_eq!(health.poll_timeout().unwrap().1, "a check hangs");
    assert!(health.is_ready(at(3_000)));
    assert!(!health.is_ready(at(3_001)));
    health.handle_check(at(3_002), 0, true);
    assert!(!health.is_ready(at(3_002)));
    assert_eq!(health.poll_timeout().unwrap(), (at(4_000), "a check is due"));
}

#[test]
fn an_optional_dependency_does_not_unready_the_fleet() {
    let optional = CheckOptions { required: false, ..CheckOptions::named("recommendations") };
    let mut health = health(vec![optional]);
    (0..5).for_each(|i| result(&mut health, at(i * 2_000), false));
    assert!(health.is_ready(at(9_000)));
    assert_eq!(health.failing().count(), 1);
}

#[test]
fn the_end_is_announced_before_work_is_refused() {
    let mut health = health(vec![]);
    assert!(health.is_ready(at(0)) && health.begin(at(0)));
    health.shut_down(at(1_000));
    health.shut_down(at(4_000));
    assert!(!health.is_ready(at(1_000)));
    assert!(health.begin(at(5_999)), "still serving while balancers notice");
    assert_eq!(health.lifecycle(at(6_000)), Lifecycle::Draining);
    assert!(!health.begin(at(6_000)));
    health.end();
    assert_eq!(health.lifecycle(at(7_000)), Lifecycle::Draining);
    health.end();
    assert_eq!(health.lifecycle(at(7_000)), Lifecycle::Stopped);
}

#[test]
fn draining_is_bounded() {
    let mut health = health(vec![]);
    assert!(health.begin(at(0)));
    health.shut_down(at(0));
    assert_eq!(health.lifecycle(at(24_999)), Lifecycle::Draining);
    assert_eq!(health.lifecycle(at(25_000)), Lifecycle::Stopped);
}

#[test]
fn options_are_checked() {
    let bad = CheckOptions {
        fail_after: 0,
        pass_after: 0,
        timeout: Duration::from_secs(9),
        ..CheckOptions::named("x")
    };
    let options =
        HealthOptions { settle: Duration::from_secs(60), ..HealthOptions::kubernetes(vec![bad]) };
    assert_eq!(Health::new(options).unwrap_err().problems().len(), 4);
}
