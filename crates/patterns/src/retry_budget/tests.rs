use super::*;
use crate::vectors::{each_file, float, list, text};

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

fn ratio(retry_ratio: f64, min_retries_per_second: u32) -> RetryBudgetOptions {
    let ttl = Duration::from_secs(10);
    RetryBudgetOptions::Ratio { retry_ratio, ttl, min_retries_per_second }
}

#[test]
fn shares_are_what_finagle_tests() {
    each_file("retry", |_, file| {
        let percents = list(&file["finagle_budget"]["percent"]);
        for percent in percents {
            let percent = float(percent);
            let mut budget = RetryBudget::new(ratio(percent, 0), at(0)).unwrap();
            let mut retried = 0;
            for _ in 0..10_000 {
                budget.request(at(0));
                retried += i32::from(budget.withdraw(at(0), RetryCause::Failure).is_some());
            }
            let due = (10_000.0 * percent + 0.5) as i32;
            assert!((retried - due).abs() <= 1, "{percent}: {retried}");
        }
        Some(percents.len())
    });
}

#[test]
fn throttles_as_grpc() {
    each_file("retry", |_, file| {
        let block = &file["grpc_retry_throttling"];
        let options = RetryBudgetOptions::Throttle {
            max_tokens: float(&block["config"]["maxTokens"]),
            token_ratio: float(&block["config"]["tokenRatio"]),
        };
        assert_eq!(options, RetryBudgetOptions::grpc());
        let cases = list(&block["cases"]);
        for case in cases {
            let mut budget = RetryBudget::new(options, at(0)).unwrap();
            let mut allowed = Vec::new();
            for event in text(&case["events"]).chars() {
                if event == 'F' {
                    budget.failure()
                } else {
                    budget.success(None)
                }
                allowed.push(budget.withdraw(at(0), RetryCause::Failure).is_some());
            }
            assert_eq!(budget.left(at(0)), float(&case["token_count"]));
            if let Some(each) = case["retries_allowed_after_each"].as_array() {
                let each: Vec<bool> = each.iter().map(|v| v.as_bool().unwrap()).collect();
                assert_eq!(allowed, each);
            }
            if let Some(last) = case["retry_allowed"].as_bool() {
                assert_eq!(allowed.last(), Some(&last));
            }
        }
        Some(cases.len())
    });
}

#[test]
fn the_reserve_lets_a_quiet_client_retry() {
    let mut budget = RetryBudget::new(RetryBudgetOptions::finagle(), at(0)).unwrap();
    let mut take =
        |now| (0..1_000).filter(|_| budget.withdraw(now, RetryCause::Failure).is_some()).count();
    assert_eq!(take(at(0)), 100, "10 a second over 10 s");
    assert_eq!(take(at(5_000)), 0);
    assert_eq!(take(at(10_000)), 100, "what was taken is forgotten after the ttl");
}

#[test]
fn requests_count_for_the_ttl_only() {
    let mut budget = RetryBudget::new(ratio(0.5, 0), at(0)).unwrap();
    for _ in 0..100 {
        budget.request(at(0));
    }
    assert_eq!(budget.left(at(8_999)), 50.0);
    assert_eq!(budget.left(at(10_000)), 0.0);
    assert!(budget.withdraw(at(10_000), RetryCause::Failure).is_none());
}

#[test]
fn a_budget_by_requests_bounds_a_storm() {
    // Every attempt fails, and every failure asks for a retry: the load is 1.2 times, not 4.
    let mut budget = RetryBudget::new(ratio(0.2, 0), at(0)).unwrap();
    let mut sent = 0;
    for call in 0..1_000 {
        budget.request(at(call));
        sent += 1;
        for _ in 0..3 {
            match budget.withdraw(at(call), RetryCause::Failure) {
                Some(_) => sent += 1,
                None => break,
            }
        }
    }
    assert!((1_190..=1_200).contains(&sent), "{sent}");
}

#[test]
fn quota_is_never_more_than_its_capacity() {
    let mut budget = RetryBudget::new(RetryBudgetOptions::aws_standard(), at(0)).unwrap();
    for _ in 0..10 {
        budget.success(None);
    }
    assert_eq!(budget.left(at(0)), 500.0);
    let taken: Vec<_> =
        core::iter::from_fn(|| budget.withdraw(at(0), RetryCause::Failure)).collect();
    assert_eq!(taken.len(), 35);
    for withdrawal in taken {
        budget.success(Some(withdrawal));
    }
    assert_eq!(budget.left(at(0)), 500.0);
}

#[test]
fn a_clock_step_back_neither_forgets_nor_panics() {
    let mut budget = RetryBudget::new(ratio(1.0, 0), at(60_000)).unwrap();
    budget.request(at(60_000));
    assert_eq!(budget.left(at(0)), 1.0);
    assert_eq!(budget.left(at(60_000)), 1.0);
}

#[test]
fn options_are_checked_replaced_and_read() {
    assert!(RetryBudget::new(ratio(-0.1, 0), at(0)).is_err());
    assert!(RetryBudget::new(ratio(f64::NAN, 0), at(0)).is_err());
    let none = RetryBudgetOptions::Throttle { max_tokens: 0.0, token_ratio: 0.0 };
    assert_eq!(RetryBudget::new(none, at(0)).unwrap_err().problems().len(), 2);
    let mut budget = RetryBudget::new(RetryBudgetOptions::grpc(), at(0)).unwrap();
    (0..4).for_each(|_| budget.failure());
    let wider = RetryBudgetOptions::Throttle { max_tokens: 20.0, token_ratio: 0.1 };
    budget.set_options(wider, at(0)).unwrap();
    assert_eq!(budget.left(at(0)), 6.0);
    for options in [
        RetryBudgetOptions::finagle(),
        RetryBudgetOptions::grpc(),
        RetryBudgetOptions::aws_standard(),
    ] {
        let text = serde_saphyr::to_string(&options).unwrap();
        assert_eq!(serde_saphyr::from_str::<RetryBudgetOptions>(&text).unwrap(), options);
    }
}
