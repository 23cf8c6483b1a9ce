use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::vectors::{each_file, list, number, signed, text, told};

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap()
}

/// Runs rows of case or time, quantity and expected answer.
fn run(limiter: &mut Gcra, rows: &[Value], time: usize) -> usize {
    for row in rows {
        let row = list(row);
        // Virtual time starts late, as an epoch does.
        let now = at(1_000_000 + number(&row[time]));
        let quantity = number(&row[time + 1]);
        let decision = limiter.admit_many(now, quantity);
        // Asked for more than the limit when idle, redis-cell reports a reset in the past and more
        // remaining than the limit; ours says now, and the limit.
        let remaining = number(&row[time + 2]).min(decision.limit);
        assert_eq!(decision.remaining, remaining, "remaining of {row:?}");
        let reset = signed(&row[time + 3]).max(0);
        assert_eq!(millis(decision.reset_after), reset, "reset of {row:?}");
        let retry_after = decision.retry_after.map_or(-1, millis);
        assert_eq!(retry_after, signed(&row[time + 4]), "retry of {row:?}");
        assert_eq!(decision.limited, row[time + 5].as_bool().unwrap(), "limited of {row:?}");
    }
    rows.len()
}

#[test]
fn decides_as_redis_cell() {
    each_file("gcra", |_, file| {
        let source = text(&file["source"]);
        assert!(source.contains("1 per second"), "{source}");
        let burst = told(source, "max_burst=").unwrap() as u32;
        let mut limiter = Gcra::new(GcraOptions::per_second(1, burst)).unwrap();
        let mut ran = run(&mut limiter, list(&file["redis_cell"]), 1);
        assert_eq!(ran, list(&file["redis_cell"]).len());
        for trace in list(&file["computed_by_transcription_matching_above"]) {
            let per = Duration::from_millis(number(&trace["emission_interval_ms"]));
            let burst = u32::try_from(number(&trace["limit"])).unwrap() - 1;
            let mut limiter = Gcra::new(GcraOptions { rate: 1, per, burst }).unwrap();
            ran += run(&mut limiter, list(&trace["cases"]), 1);
        }
        Some(ran)
    });
}

#[test]
fn rates_above_one_a_second_work() {
    let mut limiter = Gcra::new(GcraOptions::per_second(1_000, 9)).unwrap();
    let admitted =
        |limiter: &mut Gcra, now| (0..100).filter(|_| !limiter.admit(now).limited).count();
    assert_eq!(admitted(&mut limiter, at(0)), 10);
    assert_eq!(admitted(&mut limiter, at(5)), 5);
}

#[test]
fn more_than_the_limit_never_passes() {
    let mut limiter = Gcra::new(GcraOptions::per_second(1, 4)).unwrap();
    let decision = limiter.admit_many(at(0), 6);
    assert!(decision.limited && decision.retry_after.is_none() && decision.remaining == 5);
    assert!(limiter.admit_many(at(0), u64::MAX).limited);
}

#[test]
fn clock_step_back_does_not_lock_callers_out() {
    let mut limiter = Gcra::new(GcraOptions::per_second(1, 4)).unwrap();
    assert!(!limiter.admit_many(at(10_000_000), 5).limited);
    let decision = limiter.admit(at(1_000));
    assert_eq!(decision.retry_after, Some(Duration::from_secs(1)));
    assert!(!limiter.admit(at(2_000)).limited, "what it said holds");
}

#[test]
fn new_options_keep_the_state() {
    let mut limiter = Gcra::new(GcraOptions::per_second(1, 4)).unwrap();
    assert!(!limiter.admit_many(at(0), 5).limited);
    limiter.set_options(GcraOptions::per_second(1, 9)).unwrap();
    assert_eq!(limiter.admit_many(at(0), 0).remaining, 5);
    assert!(limiter.set_options(GcraOptions::per_second(0, 9)).is_err());
    assert_eq!(limiter.options().burst, 9);
}

#[test]
fn options_are_checked() {
    assert!(Gcra::new(GcraOptions { rate: 2, per: Duration::from_nanos(1), burst: 1 }).is_err());
    assert!(Gcra::new(GcraOptions::redis_cell()).is_ok());
}

proptest! {
    #[test]
    fn never_admits_more_than_burst_and_rate(
        rate in 1_u64..5_000,
        burst in 0_u32..20,
        gaps in proptest::collection::vec(0_u64..20_000_000, 1..200),
    ) {
        let mut limiter = Gcra::new(GcraOptions::per_second(rate, burst)).unwrap();
        let mut now = Instant::ZERO;
        let mut log = Vec::new();
        for gap in gaps {
            now += Duration::from_nanos(gap);
            if !limiter.admit(now).limited {
                log.push(now.as_nanos());
            }
        }
        for (i, from) in log.iter().enumerate() {
            for (n, to) in log[i..].iter().enumerate() {
                let allowed = (u64::from(burst) + 1) * 1_000_000_000 + (to - from) * rate;
                prop_assert!((n as u64 + 1) * 1_000_000_000 <= allowed);
            }
        }
    }
}
