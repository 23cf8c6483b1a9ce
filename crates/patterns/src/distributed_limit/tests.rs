use proptest::prelude::*;

use super::*;
use crate::{GcraOptions, KeyedLimiter, TokenBucketDecision, TokenBucketOptions};

/// What a store does, with the instant at which nothing is missing.
#[derive(Default)]
struct Store {
    full_at: u128,
}

impl Store {
    fn take(&mut self, now: u64, tariff: Tariff, amount: u64) -> u64 {
        let tick = u128::from(now) * u128::from(tariff.scale);
        let missing = self.full_at.saturating_sub(tick).min(u128::from(tariff.capacity));
        let wanted = u128::from(tariff.cost) * u128::from(amount);
        if amount > 0 && missing + wanted <= u128::from(tariff.capacity) {
            self.full_at = tick + missing + wanted;
        }
        missing as u64
    }
}

fn agrees<R>(rule: R, calls: &[(u64, u64)])
where
    R: DistributedRule + Clone,
    R::Decision: PartialEq + core::fmt::Debug,
{
    let limit = DistributedLimit::new(rule.clone(), DistributedLimitOptions::fail_open()).unwrap();
    let mut alone = KeyedLimiter::new(rule, 8).unwrap();
    let (mut store, mut now) = (Store::default(), 1_u64 << 40);
    for (gap, amount) in calls {
        now += gap;
        let missing = store.take(now, limit.tariff(), *amount);
        let expected = alone.admit(Instant::from_nanos(now), 1_u64, *amount);
        assert_eq!(limit.decide(missing, *amount), DistributedDecision::Decided(expected));
    }
}

proptest! {
    #[test]
    fn decides_as_the_local_machine(
        // Rates at which calls of this script are refused, too.
        rate in prop_oneof![1_u64..10, 10_u64..1_000, 1_000_u64..5_000_000],
        burst in 1_u64..20,
        calls in proptest::collection::vec((0_u64..400_000_000, 0_u64..24), 1..60),
    ) {
        agrees(TokenBucketOptions::per_second(rate, burst).rule().unwrap(), &calls);
        agrees(GcraOptions::per_second(rate, burst as u32).rule().unwrap(), &calls);
    }
}

#[test]
fn without_the_store_the_option_decides() {
    let rule = TokenBucketOptions::per_second(1, 1).rule().unwrap();
    for (options, admitted) in [
        (DistributedLimitOptions::fail_open(), true),
        (DistributedLimitOptions::fail_closed(), false),
    ] {
        let limit = DistributedLimit::new(rule, options).unwrap();
        let decision = limit.decide_alone();
        assert_eq!(decision, DistributedDecision::Unavailable { admitted });
        let mut events = Vec::new();
        decision.events(&mut |event| events.push(event));
        let refused = Event::Refused { reason: "limit-unavailable" };
        assert_eq!(events, [if admitted { Event::Admitted } else { refused }]);
    }
}

#[test]
fn the_decisions_events_are_the_rules() {
    let decided = DistributedDecision::Decided(TokenBucketDecision::Impossible);
    let mut events = Vec::new();
    decided.events(&mut |event| events.push(event));
    assert_eq!(events, [Event::Refused { reason: "more-than-burst" }]);
}

#[test]
fn options_are_checked_and_round_trip() {
    let rule = TokenBucketOptions::per_second(1, 1).rule().unwrap();
    for timeout in [Duration::ZERO, Duration::from_secs(61)] {
        let options = DistributedLimitOptions { timeout, ..DistributedLimitOptions::fail_open() };
        assert!(DistributedLimit::new(rule, options).is_err());
    }
    let day = Duration::from_secs(86_400);
    let slow = |burst| TokenBucketOptions { rate: 1, per: day, burst }.rule().unwrap();
    let options = DistributedLimitOptions::fail_closed();
    assert!(DistributedLimit::new(slow(52), options).is_ok());
    assert!(DistributedLimit::new(slow(53), options).is_err(), "more than 2^52 ns");
    let text = serde_saphyr::to_string(&options).unwrap();
    assert!(text.contains("when_unavailable: refuse"), "{text}");
    assert_eq!(serde_saphyr::from_str::<DistributedLimitOptions>(&text).unwrap(), options);
}
