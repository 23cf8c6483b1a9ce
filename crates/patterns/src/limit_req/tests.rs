use super::*;
use crate::vectors::{each_file, list, number, text, told};

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

#[test]
fn decides_as_nginx() {
    each_file("nginx", |_, file| {
        let rows = |name: &str| file.get(name).map_or(&[][..], list);
        let (rows, delayed) = (rows("nodelay_t_ms_status"), rows("delay_status_latency_ms"));
        if rows.is_empty() && delayed.is_empty() {
            return None;
        }
        let option = |name| told(text(&file["source"]), name).unwrap() as u32;
        let (rate, burst) = (option("rate="), option("burst="));
        let mut limit = LimitReq::new(LimitReqOptions::nodelay(rate, burst)).unwrap();
        for row in rows {
            let admitted = limit.admit(at(5_000 + number(&row[0]))) == LimitReqDecision::Admitted;
            assert_eq!(admitted, number(&row[1]) == 200, "{row}");
        }
        // A client that sends the next when the last is answered.
        let mut limit = LimitReq::new(LimitReqOptions::delayed(rate, burst)).unwrap();
        let mut now = 5_000;
        for (i, row) in delayed.iter().enumerate() {
            let wait = match limit.admit(at(now)) {
                LimitReqDecision::Admitted => 0,
                LimitReqDecision::Delayed(wait) => wait.as_millis() as u64,
                LimitReqDecision::Refused => panic!("{row}"),
            };
            assert_eq!(number(&row[0]), 200);
            assert!(wait.abs_diff(number(&row[1])) <= 10, "{i}: {wait} {row}");
            now += wait + 1;
        }
        Some(rows.len() + delayed.len())
    });
}

#[test]
fn one_more_than_the_burst_passes_at_once() {
    let mut limit = LimitReq::new(LimitReqOptions::nodelay(10, 5)).unwrap();
    let passed = (0..20).filter(|_| limit.admit(at(0)) == LimitReqDecision::Admitted).count();
    assert_eq!(passed, 6);
    assert_eq!(limit.admit(at(99)), LimitReqDecision::Refused);
    assert_eq!(limit.admit(at(100)), LimitReqDecision::Admitted);
}

#[test]
fn the_delayed_are_spaced_by_the_rate() {
    let mut limit = LimitReq::new(LimitReqOptions { rate: 10, burst: 5, delay: 2 }).unwrap();
    let decisions: Vec<_> = (0..7).map(|_| limit.admit(at(0))).collect();
    let delayed = |millis| LimitReqDecision::Delayed(Duration::from_millis(millis));
    assert_eq!(
        decisions,
        [
            LimitReqDecision::Admitted,
            LimitReqDecision::Admitted,
            LimitReqDecision::Admitted,
            delayed(100),
            delayed(200),
            delayed(300),
            LimitReqDecision::Refused,
        ]
    );
}

#[test]
fn together_as_one_after_the_other_or_not_at_all() {
    for options in [LimitReqOptions::nodelay(10, 5), LimitReqOptions::delayed(10, 5)] {
        let rule = options.rule().unwrap();
        for together in 1..9 {
            let (mut one, mut last) = (LimitReqState::default(), None);
            for _ in 0..together {
                let (next, decision) = one.step(at(7), &options);
                (one, last) = (next, Some(decision));
            }
            let (state, decision) = rule.step(LimitReqState::default(), at(7), together);
            assert_eq!(Some(decision), last);
            let expected = if together <= 6 { one } else { LimitReqState::default() };
            assert_eq!(state, expected);
            assert_eq!(rule.owes(state, at(7)), (2..=6).contains(&together));
            assert!(!rule.owes(state, at(600)));
            assert_eq!(rule.step(state, at(7), 0).0, state, "looking costs nothing");
        }
    }
}

#[test]
fn clock_steps_back_are_nginxs() {
    let mut limit = LimitReq::new(LimitReqOptions::nodelay(10, 1)).unwrap();
    assert_eq!(limit.admit(at(100_000)), LimitReqDecision::Admitted);
    assert_eq!(limit.admit(at(99_000)), LimitReqDecision::Admitted, "counts as no time");
    assert_eq!(limit.admit(at(99_000)), LimitReqDecision::Refused);
    // More than a minute: 1 ms leaks 10 thousandths; the next second leaks a whole request.
    assert_eq!(limit.admit(at(1_000)), LimitReqDecision::Refused);
}

#[test]
fn options_are_checked_and_replaced() {
    assert!(LimitReq::new(LimitReqOptions::nodelay(0, 1)).is_err());
    let mut limit = LimitReq::new(LimitReqOptions::nodelay(1, 1)).unwrap();
    for _ in 0..3 {
        let _ = limit.admit(at(0));
    }
    limit.set_options(LimitReqOptions::nodelay(1, 3)).unwrap();
    let more = (0..9).filter(|_| limit.admit(at(0)) == LimitReqDecision::Admitted).count();
    assert_eq!(more, 2, "the excess stays");
    let options: LimitReqOptions = serde_saphyr::from_str("{rate: 10, burst: 5}").unwrap();
    assert_eq!(options, LimitReqOptions::delayed(10, 5));
}
