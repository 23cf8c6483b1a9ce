//! Every options type reads what it writes, as YAML and as JSON, refuses unknown fields, and has a
//! schema that says what its fields are.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use core::fmt::Debug;

use proptest::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tenfold_patterns::envoy_ring::EnvoyRingOptions;
use tenfold_patterns::*;

/// Checks one value; returns the name of its type.
fn check<T>(options: T) -> String
where
    T: Debug + PartialEq + Serialize + DeserializeOwned + JsonSchema,
{
    let yaml = serde_saphyr::to_string(&options).unwrap();
    assert_eq!(serde_saphyr::from_str::<T>(&yaml).unwrap(), options, "{yaml}");
    let mut json = serde_json::to_value(&options).unwrap();
    assert_eq!(serde_json::from_value::<T>(json.clone()).unwrap(), options, "{json}");
    let schema = serde_json::to_value(schemars::schema_for!(T)).unwrap();
    let name = T::schema_name().into_owned();
    // Enums of options have their fields one level down.
    if let Some(fields) = schema["properties"].as_object() {
        for (field, about) in fields {
            assert!(about["description"].is_string(), "{name}.{field} says nothing");
            assert!(json.get(field).is_some(), "{name}.{field} is not written");
        }
        json.as_object_mut().unwrap().insert("surprise".to_owned(), 1.into());
        let error = serde_json::from_value::<T>(json).unwrap_err().to_string();
        assert!(error.contains("surprise"), "{name}: {error}");
    }
    name
}

#[test]
fn limits_round_trip() {
    check(TokenBucketOptions::envoy_local());
    check(TokenBucketOptions { rate: 7, per: core::time::Duration::from_millis(1_500), burst: 3 });
    check(GcraOptions::redis_cell());
    check(LimitReqOptions::nodelay(10, 5));
    check(WindowLimitOptions::github());
}

#[test]
fn protections_round_trip() {
    check(BulkheadOptions::resilience4j());
    check(ConcurrencyLimitOptions::netflix_aimd());
    check(ConcurrencyLimitOptions::netflix_gradient2());
    check(AdaptiveThrottleOptions::sre_book());
    check(WaitShedOptions::facebook());
    check(PriorityShedOptions::dagor());
    check(CircuitBreakerOptions::tenfold());
    check(CircuitBreakerOptions::resilience4j());
    check(IdempotencyOptions::stripe());
    check(HedgeOptions::tail_at_scale());
    check(RetryOptions::aws_standard());
    check(RetryOptions::grpc());
    check(RetryBudgetOptions::finagle());
    check(RetryBudgetOptions::grpc());
    check(RetryBudgetOptions::aws_standard());
}

#[test]
fn placement_and_balancing_round_trip() {
    check(HashRingOptions::cassandra());
    check(EnvoyRingOptions::envoy());
    check(BalancerOptions::envoy());
    check(BalancerOptions::nginx());
    check(BalancerOptions::peak_ewma());
    check(BackendOptions::named("a:80").weight(3));
    check(OutlierOptions::envoy());
}

#[test]
fn caches_and_messages_round_trip() {
    check(CacheOptions::caffeine(1_000));
    check(RefreshOptions::rfc5861_example());
    check(SingleFlightOptions::tenfold());
    check(WriteBehindOptions::tenfold());
    check(DeadLetterOptions::tenfold());
    check(OutboxOptions::tenfold());
    check(SagaOptions::tenfold(vec![SagaStep::named("reserve")], 0));
    let size = core::time::Duration::from_secs(60);
    check(StreamWindowOptions::kafka(WindowKind::Tumbling { size }));
    check(HealthOptions::kubernetes(vec![CheckOptions::named("store")]));
    check(SnowflakeOptions::twitter(1));
    check(Base62Options { length: 7, key: Some(1) });
}

fn span() -> impl Strategy<Value = core::time::Duration> {
    (0_u64..=u64::MAX / 2, 0_u32..62)
        .prop_map(|(nanos, shift)| core::time::Duration::from_nanos(nanos >> shift))
}

proptest! {
    /// Whatever stands in the fields, to the nanosecond and the last bit.
    #[test]
    fn any_options_round_trip(
        spans in proptest::collection::vec(span(), 3),
        count in any::<u32>(),
        ratio in any::<f64>().prop_filter("YAML has no equal NaN", |x| x.is_finite()),
        name in "\\PC{1,20}",
    ) {
        let rate = TokenBucketOptions { rate: u64::from(count) << 30, per: spans[0], burst: 1 };
        check(rate);
        let retry = RetryOptions { base: spans[0], cap: spans[1], multiplier: ratio, ..RetryOptions::grpc() };
        check(RetryOptions { max_attempts: count, total_time: Some(spans[2]), ..retry });
        check(RetryOptions { jitter: Jitter::Proportional(ratio), ..retry });
        let dead = DeadLetterOptions { delays: spans.clone(), ..DeadLetterOptions::tenfold() };
        check(DeadLetterOptions { retry_suffix: name.clone(), unknown_attempts: count, ..dead });
        let mut step = SagaStep::named(&name);
        step.timeout = spans[1];
        check(SagaOptions::tenfold(vec![step], count));
        let size = spans[0];
        check(StreamWindowOptions::kafka(WindowKind::Sliding { size, step: spans[1] }));
        let mut probe = CheckOptions::named(&name);
        probe.every = spans[2];
        check(HealthOptions::kubernetes(vec![probe]));
        check(BackendOptions::named(&name));
        check(CircuitBreakerOptions { open_wait: spans[0], ..CircuitBreakerOptions::tenfold() });
    }
}
