use proptest::prelude::*;
use tenfold_units::Seed;

use super::*;
use crate::retry_budget::{RetryBudget, RetryBudgetOptions, RetryCause};
use crate::vectors::{each_file, float, list, number, text};

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn waits(options: RetryOptions, seed: u64) -> Vec<Duration> {
    let retry = Retry::new(options).unwrap();
    let mut stream = Seed(seed).stream("jitter");
    let mut call = retry.start(at(0));
    let mut waits = Vec::new();
    while let RetryDecision::After(wait) =
        retry.decide(at(0), &mut call, RetryFailure::Transient, &mut stream)
    {
        waits.push(wait);
    }
    waits
}

fn plain(max_attempts: u32) -> RetryOptions {
    RetryOptions {
        max_attempts,
        base: ms(100),
        cap: ms(1_000),
        multiplier: 2.0,
        jitter: Jitter::None,
        ..RetryOptions::resilience4j()
    }
}

#[test]
fn waits_double_up_to_the_cap() {
    let expected: Vec<_> = [100, 200, 400, 800, 1_000, 1_000].map(ms).to_vec();
    assert_eq!(waits(plain(7), 1), expected);
    assert_eq!(plain(7).longest_backoff(), expected.iter().sum());
}

#[test]
fn textbook_retries_are_counted_as_attempts() {
    assert_eq!(waits(plain(1), 1), []);
    assert_eq!(waits(plain(3), 1).len(), 2);
    assert!(Retry::new(plain(0)).is_err(), "nothing would be sent, and nobody told");
}

#[test]
fn jitter_stays_in_its_range_and_fills_it() {
    for (jitter, low, high) in
        [(Jitter::Full, 0.0, 1.0), (Jitter::Equal, 0.5, 1.0), (Jitter::Proportional(0.2), 0.8, 1.2)]
    {
        let options = RetryOptions { jitter, ..plain(4) };
        for (retry, t) in [100.0, 200.0, 400.0].into_iter().enumerate() {
            let shares: Vec<f64> = (0..2_000)
                .map(|seed| waits(options, seed)[retry].as_secs_f64() * 1_000.0 / t)
                .collect();
            let least = shares.iter().copied().fold(f64::MAX, f64::min);
            let most = shares.iter().copied().fold(0.0, f64::max);
            assert!(least >= low - 1e-9 && most <= high, "{jitter:?} {least} {most}");
            assert!(least < low + 0.01 && most > high - 0.01, "{jitter:?} {least} {most}");
            let mean = shares.iter().sum::<f64>() / 2_000.0;
            assert!((mean - (low + high) / 2.0).abs() < 0.03, "{jitter:?} {mean}");
        }
    }
}

#[test]
fn decorrelated_jitter_grows_from_the_previous_wait() {
    let options = RetryOptions { jitter: Jitter::Decorrelated, ..plain(8) };
    let mut grew = 0;
    for seed in 0..500 {
        let mut previous = ms(0);
        for wait in waits(options, seed) {
            assert!(wait >= ms(100) && wait <= ms(1_000));
            assert!(wait <= (previous * 3).max(ms(100)));
            grew += u32::from(wait > previous);
            previous = wait;
        }
    }
    assert!(grew > 1_500, "{grew}");
}

#[test]
fn total_time_counts_the_wait_ahead() {
    let options = RetryOptions { total_time: Some(ms(350)), ..plain(9) };
    let retry = Retry::new(options).unwrap();
    let mut stream = Seed(1).stream("jitter");
    let mut call = retry.start(at(1_000));
    let mut decide = |now| retry.decide(now, &mut call, RetryFailure::Transient, &mut stream);
    assert_eq!(decide(at(1_010)), RetryDecision::After(ms(100)));
    assert_eq!(decide(at(1_120)), RetryDecision::After(ms(200)));
    assert_eq!(decide(at(1_340)), RetryDecision::GiveUp(GiveUp::TotalTime));
}

#[test]
fn permanent_failures_and_refusals_end_it() {
    let retry = Retry::new(RetryOptions::grpc()).unwrap();
    let mut stream = Seed(1).stream("jitter");
    let mut call = retry.start(at(0));
    let mut decide = |failure| retry.decide(at(0), &mut call, failure, &mut stream);
    assert_eq!(decide(RetryFailure::Permanent), RetryDecision::GiveUp(GiveUp::Permanent));
    let refused = RetryFailure::PushedBack(None);
    assert_eq!(decide(refused), RetryDecision::GiveUp(GiveUp::PushedBack));
    let named = RetryFailure::PushedBack(Some(ms(7_777)));
    assert_eq!(decide(named), RetryDecision::After(ms(7_777)), "gRPC obeys exactly");
}

#[test]
fn push_back_is_clamped_as_aws_does() {
    let options = RetryOptions { jitter: Jitter::None, ..RetryOptions::aws_standard() };
    let retry = Retry::new(options).unwrap();
    let mut stream = Seed(1).stream("jitter");
    for (named, obeyed) in [(10, 50), (3_000, 3_000), (60_000, 5_050)] {
        let mut call = retry.start(at(0));
        let failure = RetryFailure::PushedBack(Some(ms(named)));
        let decision = retry.decide(at(0), &mut call, failure, &mut stream);
        assert_eq!(decision, RetryDecision::After(ms(obeyed)));
    }
}

#[test]
fn aws_standard_retry_does_the_same() {
    each_file("retry", |_, file| {
        let cases = list(&file["aws_standard_retry_v2_1"]["cases"]);
        for case in cases {
            let name = text(&case["name"]);
            let mut options = RetryOptions { jitter: Jitter::None, ..RetryOptions::aws_standard() };
            if let Some(most) = case["max_attempts"].as_u64() {
                options.max_attempts = most as u32;
            }
            let throttled = case["kind"].as_str() == Some("throttling");
            let (failure, cause) = if throttled {
                (RetryFailure::Throttled, RetryCause::Throttled)
            } else {
                (RetryFailure::Transient, RetryCause::Failure)
            };
            let RetryBudgetOptions::Quota { retry_cost, throttled_cost, success_refund, .. } =
                RetryBudgetOptions::aws_standard()
            else {
                panic!("AWS uses a quota")
            };
            let capacity = number(&case["capacity"]) as u32;
            let budget =
                RetryBudgetOptions::Quota { capacity, retry_cost, throttled_cost, success_refund };
            let mut budget = RetryBudget::new(budget, at(0)).unwrap();
            let retry = Retry::new(options).unwrap();
            let mut stream = Seed(1).stream("jitter");
            let mut call = retry.start(at(0));
            let mut last = None;
            for step in list(&case["steps"]) {
                let step = list(step);
                match text(&step[0]) {
                    "success" => budget.success(last.take()),
                    expected => {
                        let decision = retry.decide(at(0), &mut call, failure, &mut stream);
                        last = match decision {
                            RetryDecision::After(_) => budget.withdraw(at(0), cause),
                            RetryDecision::GiveUp(_) => None,
                        };
                        assert_eq!(last.is_some(), expected == "retry", "{name} {step:?}");
                        if expected == "retry" {
                            assert_eq!(decision, RetryDecision::After(ms(number(&step[1]))));
                        }
                    }
                }
                assert_eq!(budget.left(at(0)), float(&step[2]), "{name} {step:?}");
            }
        }
        Some(cases.len())
    });
}

#[test]
fn options_are_checked_and_replaced() {
    let bad =
        RetryOptions { multiplier: 0.5, cap: ms(1), jitter: Jitter::Proportional(1.5), ..plain(0) };
    assert_eq!(Retry::new(bad).unwrap_err().problems().len(), 4);
    let mut retry = Retry::new(plain(5)).unwrap();
    let mut stream = Seed(1).stream("jitter");
    let mut call = retry.start(at(0));
    let _ = retry.decide(at(0), &mut call, RetryFailure::Transient, &mut stream);
    retry.set_options(plain(2)).unwrap();
    let decision = retry.decide(at(0), &mut call, RetryFailure::Transient, &mut stream);
    assert_eq!(decision, RetryDecision::GiveUp(GiveUp::Attempts));
    assert_eq!(call.attempts(), 2);
}

#[test]
fn options_round_trip_through_yaml() {
    for options in [
        RetryOptions::aws_standard(),
        RetryOptions::grpc(),
        RetryOptions::resilience4j(),
        RetryOptions::resilience4j_exponential(),
        RetryOptions::polly(),
        RetryOptions { jitter: Jitter::Decorrelated, ..plain(3) },
    ] {
        let text = serde_saphyr::to_string(&options).unwrap();
        assert_eq!(serde_saphyr::from_str::<RetryOptions>(&text).unwrap(), options, "{text}");
    }
    let text = "{max_attempts: 2, base: 5ms, cap: 10ms, jitter: full}";
    assert_eq!(serde_saphyr::from_str::<RetryOptions>(text).unwrap().jitter, Jitter::Full);
}

proptest! {
    #[test]
    fn the_longest_backoff_is_never_passed(
        attempts in 1_u32..8,
        base in 1_u64..500,
        multiplier in 1.0_f64..4.0,
        seed in 0_u64..100,
        kind in 0_usize..5,
    ) {
        let jitter = [
            Jitter::None, Jitter::Full, Jitter::Equal, Jitter::Decorrelated,
            Jitter::Proportional(0.3),
        ][kind];
        let options = RetryOptions { base: ms(base), multiplier, jitter, ..plain(attempts) };
        let total: Duration = waits(options, seed).iter().sum();
        prop_assert!(total <= options.longest_backoff() + Duration::from_nanos(100));
    }
}
