use core::time::Duration;

use super::*;
use crate::gcra::GcraOptions;
use crate::limit_req::{LimitReqDecision, LimitReqOptions};
use crate::token_bucket::TokenBucketOptions;
use crate::window_limit::WindowLimitOptions;

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

fn limiter(keys: usize) -> KeyedLimiter<u64, TokenBucketRule> {
    KeyedLimiter::new(TokenBucketOptions::per_second(10, 5).rule().unwrap(), keys).unwrap()
}

#[test]
fn each_key_has_its_own_allowance() {
    let mut limiter = limiter(1 << 12);
    for key in 0..1_000 {
        let admitted = (0..9).filter(|_| limiter.admit(at(0), key, 1).is_admitted()).count();
        assert_eq!(admitted, 5, "{key}");
    }
    assert!((0..1_000).all(|key| !limiter.admit(at(50), key, 1).is_admitted()));
    assert!((0..1_000).all(|key| limiter.admit(at(100), key, 1).is_admitted()));
    assert_eq!(limiter.forgotten(), 0);
}

#[test]
fn textbook_made_up_keys_do_not_grow_it_and_spare_who_owes_most() {
    let mut limiter = limiter(64);
    while limiter.admit(at(0), 7, 1).is_admitted() {}
    for key in 1_000..100_000 {
        let _ = limiter.admit(at(1), key, 1);
    }
    assert_eq!(limiter.sets.len() * WAYS, 64);
    assert!(!limiter.admit(at(1), 7, 1).is_admitted(), "the one that owes most is not forgotten");
    assert!(limiter.forgotten() > 90_000);
}

#[test]
fn callers_that_owe_nothing_are_forgotten_freely() {
    let mut limiter = limiter(64);
    for key in 0..64 {
        let _ = limiter.admit(at(0), key, 1);
    }
    let before = limiter.forgotten();
    for key in 100..108 {
        let _ = limiter.admit(at(10_000), key, 1);
    }
    assert_eq!(limiter.forgotten(), before);
}

#[test]
fn works_with_gcra_and_wide_keys() {
    let rule = GcraOptions::per_second(1, 1).rule().unwrap();
    let mut limiter: KeyedLimiter<u128, GcraRule> = KeyedLimiter::new(rule, 100).unwrap();
    let key = u128::MAX - 5;
    let admitted = |l: &mut KeyedLimiter<u128, GcraRule>, now| {
        (0..5).filter(|_| !l.admit(now, key, 1).limited).count()
    };
    assert_eq!((admitted(&mut limiter, at(1)), admitted(&mut limiter, at(1_001))), (2, 1));
    assert!(KeyedLimiter::<u64, _>::new(rule, 0).is_err());
    limiter.set_rule(GcraOptions::per_second(1, 9).rule().unwrap());
    assert_eq!(admitted(&mut limiter, at(1_001)), 5, "eight more fit");
}

#[test]
fn windows_and_limit_req_are_limits_per_caller_too() {
    let window = Duration::from_secs(1);
    let options = WindowLimitOptions { limit: 5, window };
    let mut counter =
        KeyedLimiter::<u64, _>::new(options.counter_rule().unwrap(), 1 << 11).unwrap();
    let mut fixed = KeyedLimiter::<u64, _>::new(options.fixed_rule().unwrap(), 1 << 11).unwrap();
    let leaky = LimitReqOptions::nodelay(10, 4).rule().unwrap();
    let mut leaky = KeyedLimiter::<u64, _>::new(leaky, 1 << 11).unwrap();
    for key in 0..500 {
        let by_counter = (0..9).filter(|_| counter.admit(at(0), key, 1).is_admitted()).count();
        let by_fixed = (0..9).filter(|_| fixed.admit(at(0), key, 1).is_admitted()).count();
        let passes = |decision| decision == LimitReqDecision::Admitted;
        let by_leaky = (0..9).filter(|_| passes(leaky.admit(at(0), key, 1))).count();
        assert_eq!((by_counter, by_fixed, by_leaky), (5, 5, 5), "{key}");
    }
    for key in 0..500 {
        assert!(!counter.admit(at(1_000), key, 1).is_admitted(), "all of it is in sight");
        assert!(fixed.admit(at(1_000), key, 5).is_admitted());
    }
    assert_eq!((counter.forgotten(), fixed.forgotten(), leaky.forgotten()), (0, 0, 0));
    // Who came longest ago goes first.
    let mut small = KeyedLimiter::<u64, _>::new(options.fixed_rule().unwrap(), 8).unwrap();
    for key in 1..=8 {
        assert!(small.admit(at(key * 1_000), key, 5).is_admitted());
    }
    assert!(small.admit(at(8_000), 9, 1).is_admitted());
    assert!(!small.admit(at(8_000), 8, 1).is_admitted(), "it is still known");
    assert_eq!(small.forgotten(), 0, "whose window is over loses nothing");
    small.set_rule(WindowLimitOptions { limit: 6, window }.fixed_rule().unwrap());
    assert!(
        small.admit(at(8_000), 8, 1).is_admitted() && !small.admit(at(8_000), 8, 1).is_admitted()
    );
}

#[test]
fn a_new_rule_keeps_what_callers_owe_in_time() {
    // The two rules count in different parts of a nanosecond.
    let mut limiter = limiter(64);
    for _ in 0..5 {
        let _ = limiter.admit(at(1_000), 3, 1);
    }
    limiter.set_rule(TokenBucketOptions::per_second(7, 5).rule().unwrap());
    let owed = limiter
        .sets
        .iter()
        .flat_map(|set| set.keys.iter().zip(&set.states))
        .find(|place| *place.1 != 0)
        .unwrap();
    let (_, decision) = limiter.rule.step(*owed.1, at(1_000), 1);
    // Full in 500 ms as before; now a token takes 142.86 ms, so one is there.
    assert_eq!(decision, TokenBucketDecision::Admitted { remaining: 0 });
    let (_, decision) = limiter.rule.step(*owed.1, at(1_500), 0);
    assert_eq!(decision, TokenBucketDecision::Admitted { remaining: 5 });
}
