use proptest::prelude::*;

use super::*;

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

#[test]
fn starts_full_and_refills_at_the_rate() {
    let mut bucket = TokenBucket::new(TokenBucketOptions::per_second(10, 5)).unwrap();
    let admitted = (0..8).filter(|_| bucket.admit(at(0)).is_admitted()).count();
    assert_eq!(admitted, 5);
    assert_eq!(
        bucket.admit(at(99)),
        TokenBucketDecision::Refused { retry_after: Duration::from_millis(1) }
    );
    assert_eq!(bucket.admit(at(100)), TokenBucketDecision::Admitted { remaining: 0 });
    assert_eq!(bucket.admit_many(at(10_000), 0), TokenBucketDecision::Admitted { remaining: 5 });
}

#[test]
fn thirds_of_a_second_are_exact() {
    let mut bucket = TokenBucket::new(TokenBucketOptions::per_second(3, 2)).unwrap();
    let mut admitted = 0_u32;
    // Asked every nanosecond around each third, nothing is lost to rounding over 1,000 s.
    for third in 0..3_000_u64 {
        let exact = Instant::from_nanos((third * 1_000_000_000).div_ceil(3));
        admitted += u32::from(bucket.admit(exact).is_admitted());
    }
    assert_eq!(admitted, 3_000);
}

#[test]
fn a_fast_rate_is_never_exceeded_and_nearly_reached() {
    for rate in [999_983_u64, 7_777_777, 10_000_000] {
        let mut bucket = TokenBucket::new(TokenBucketOptions::per_second(rate, 1)).unwrap();
        let mut now = Instant::ZERO;
        let (mut admitted, due) = (0_u64, rate / 100);
        while now < at(10) {
            match bucket.admit(now) {
                TokenBucketDecision::Refused { retry_after } => now += retry_after,
                TokenBucketDecision::Admitted { .. } => {
                    admitted += 1;
                    assert!(admitted <= due + 1, "{rate}: more than {due}");
                }
                TokenBucketDecision::Impossible => unreachable!("1 is not more than the burst"),
            }
        }
        assert!(admitted * 1_000 >= due * 980, "{rate}: {admitted} {due}");
    }
}

#[test]
fn textbook_clock_step_back_does_not_lock_callers_out() {
    let mut bucket = TokenBucket::new(TokenBucketOptions::per_second(1, 1_000)).unwrap();
    let hour = Duration::from_secs(3_600);
    let start = Instant::ZERO + hour * 2;
    assert!(bucket.admit_many(start, 1_000).is_admitted());
    // One hour back: the next token comes a second later, not an hour later.
    let back = start - hour;
    assert_eq!(
        bucket.admit(back),
        TokenBucketDecision::Refused { retry_after: Duration::from_secs(1) }
    );
    assert!(bucket.admit(back + Duration::from_secs(1)).is_admitted(), "what it said holds");
}

#[test]
fn a_clock_that_steps_back_while_waiting_still_refills() {
    let mut bucket = TokenBucket::new(TokenBucketOptions::per_second(1, 10)).unwrap();
    let start = Instant::ZERO + Duration::from_secs(1_000);
    assert!(bucket.admit(start).is_admitted());
    // 11 s back: the bucket counts as empty once and fills from there.
    let back = start - Duration::from_secs(11);
    assert!(!bucket.admit(back).is_admitted());
    for second in 1..=5 {
        assert!(bucket.admit(back + Duration::from_secs(second)).is_admitted(), "{second} s later");
    }
}

#[test]
fn textbook_negative_and_oversized_demands() {
    let mut bucket = TokenBucket::new(TokenBucketOptions::per_second(10, 10)).unwrap();
    assert_eq!(bucket.admit_many(at(0), 11), TokenBucketDecision::Impossible);
    assert_eq!(bucket.admit_many(at(0), u64::MAX), TokenBucketDecision::Impossible);
    assert_eq!(bucket.admit_many(at(0), 10), TokenBucketDecision::Admitted { remaining: 0 });
}

#[test]
fn new_options_keep_what_is_missing() {
    let mut bucket = TokenBucket::new(TokenBucketOptions::per_second(10, 10)).unwrap();
    assert!(bucket.admit_many(at(0), 8).is_admitted());
    bucket.set_options(at(0), TokenBucketOptions::per_second(1, 20)).unwrap();
    assert_eq!(bucket.admit_many(at(0), 0), TokenBucketDecision::Admitted { remaining: 12 });
    bucket.set_options(at(0), TokenBucketOptions::per_second(1, 5)).unwrap();
    assert_eq!(
        bucket.admit(at(0)),
        TokenBucketDecision::Refused { retry_after: Duration::from_secs(1) }
    );
    assert!(bucket.set_options(at(0), TokenBucketOptions::per_second(0, 1)).is_err());
    assert_eq!(bucket.options().burst, 5);
}

#[test]
fn options_are_checked_all_at_once() {
    let options = TokenBucketOptions { rate: 0, per: Duration::ZERO, burst: 0 };
    let error = TokenBucket::new(options).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`rate` must be at least 1; `per` must be from 1ns to 1d; `burst` must be at least 1"
    );
    assert!(TokenBucket::new(TokenBucketOptions::per_second(1, u64::MAX)).is_err());
}

#[test]
fn options_read_as_yaml() {
    let options: TokenBucketOptions = serde_saphyr::from_str("{rate: 10, burst: 20}").unwrap();
    assert_eq!(options, TokenBucketOptions::per_second(10, 20));
    assert!(serde_saphyr::from_str::<TokenBucketOptions>("{rate: 1, burst: 2, x: 3}").is_err());
}

#[test]
fn state_survives_as_bits() {
    let rule = TokenBucketOptions::per_second(10, 5).rule().unwrap();
    let (state, _) = TokenBucketState::FULL.step(at(7), 3, &rule);
    assert_eq!(TokenBucketState::from_bits(state.to_bits()), state);
    assert_eq!(core::mem::size_of::<TokenBucketState>(), 8);
}

proptest! {
    #[test]
    fn never_admits_more_than_burst_and_rate(
        rate in 1_u64..5_000,
        burst in 1_u64..50,
        gaps in proptest::collection::vec((0_u64..20_000_000, 0_u64..5), 1..200),
    ) {
        let mut bucket = TokenBucket::new(TokenBucketOptions::per_second(rate, burst)).unwrap();
        let mut now = Instant::ZERO;
        let mut log: Vec<(u64, u64)> = Vec::new();
        for (gap, tokens) in gaps {
            now += Duration::from_nanos(gap);
            if bucket.admit_many(now, tokens).is_admitted() {
                log.push((now.as_nanos(), tokens));
            }
        }
        // In every window between two admissions: at most the burst and what dripped in since.
        for (i, (from, _)) in log.iter().enumerate() {
            let mut sum = 0_u128;
            for (to, tokens) in &log[i..] {
                sum += u128::from(*tokens);
                let dripped = u128::from(to - from) * u128::from(rate);
                prop_assert!(sum * 1_000_000_000 <= u128::from(burst) * 1_000_000_000 + dripped);
            }
        }
    }

    #[test]
    fn retry_after_is_exact(rate in 1_u64..100_000, burst in 1_u64..50, wait in 0_u64..10_000_000) {
        let mut bucket = TokenBucket::new(TokenBucketOptions::per_second(rate, burst)).unwrap();
        let start = Instant::from_nanos(wait);
        prop_assert!(bucket.admit_many(start, burst).is_admitted());
        let TokenBucketDecision::Refused { retry_after } = bucket.admit(start) else {
            return Err(TestCaseError::fail("the bucket is empty"));
        };
        let early = start + (retry_after - Duration::from_nanos(1));
        prop_assert!(!bucket.admit(early).is_admitted());
        prop_assert!(bucket.admit(start + retry_after).is_admitted());
    }
}

proptest! {
    #[test]
    fn tokens_are_divided_exactly(
        rate in 1_u64..u64::MAX, per in 1_u64..86_400_000_000_000, burst in 1_u64..1_000_000,
        ticks in prop_oneof![0_u64..1_000, any::<u64>()], near in 0_u64..3,
    ) {
        let options = TokenBucketOptions { rate, per: Duration::from_nanos(per), burst };
        if let Ok(rule) = options.rule() {
            let edge = (ticks / rule.cost * rule.cost).saturating_sub(1).saturating_add(near);
            for ticks in [ticks, edge, u64::MAX] {
                prop_assert_eq!(rule.tokens(ticks), ticks / rule.cost);
            }
        }
    }
}
