//! Tables of options, from the types' schemas and presets.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use tenfold_patterns::*;

/// Returns the table of an options type: what each field is, and its value in each preset.
pub(crate) fn table(name: &str) -> String {
    match name {
        "AdaptiveThrottleOptions" => rows(&[("sre_book", AdaptiveThrottleOptions::sre_book())]),
        "BalancerOptions" => {
            rows(&[("nginx", BalancerOptions::nginx()), ("envoy", BalancerOptions::envoy())])
        }
        "Base62Options" => rows(&[("example", Base62Options { length: 7, key: Some(1) })]),
        "BulkheadOptions" => rows(&[
            ("resilience4j", BulkheadOptions::resilience4j()),
            ("hystrix_semaphore", BulkheadOptions::hystrix_semaphore()),
        ]),
        "RemoteCacheOptions" => {
            let ten_minutes = core::time::Duration::from_secs(600);
            rows(&[("for_values(10 min)", RemoteCacheOptions::for_values(ten_minutes))])
        }
        "CacheOptions" => rows(&[
            ("lru(1000)", CacheOptions::lru(1_000)),
            ("caffeine(1000)", CacheOptions::caffeine(1_000)),
            ("s3_fifo(1000)", CacheOptions::s3_fifo(1_000)),
        ]),
        "CheckOptions" => rows(&[("named", CheckOptions::named("store"))]),
        "CircuitBreakerOptions" => rows(&[
            ("tenfold", CircuitBreakerOptions::tenfold()),
            ("resilience4j", CircuitBreakerOptions::resilience4j()),
            ("hystrix", CircuitBreakerOptions::hystrix()),
            ("polly", CircuitBreakerOptions::polly()),
            ("gobreaker", CircuitBreakerOptions::gobreaker()),
        ]),
        "ConcurrencyLimitOptions" => rows(&[
            ("netflix_aimd", ConcurrencyLimitOptions::netflix_aimd()),
            ("netflix_gradient2", ConcurrencyLimitOptions::netflix_gradient2()),
        ]),
        "DeadLetterOptions" => rows(&[("tenfold", DeadLetterOptions::tenfold())]),
        "DistributedLimitOptions" => rows(&[
            ("fail_open", DistributedLimitOptions::fail_open()),
            ("fail_closed", DistributedLimitOptions::fail_closed()),
        ]),
        "HashRingOptions" => rows(&[
            ("tenfold", HashRingOptions::tenfold()),
            ("cassandra", HashRingOptions::cassandra()),
        ]),
        "HealthOptions" => rows(&[("kubernetes", HealthOptions::kubernetes(Vec::new()))]),
        "HedgeOptions" => rows(&[("tail_at_scale", HedgeOptions::tail_at_scale())]),
        "IdempotencyOptions" => rows(&[("stripe", IdempotencyOptions::stripe())]),
        "LimitReqOptions" => rows(&[
            ("nodelay(10, 20)", LimitReqOptions::nodelay(10, 20)),
            ("delayed(10, 20)", LimitReqOptions::delayed(10, 20)),
        ]),
        "OutboxOptions" => rows(&[("tenfold", OutboxOptions::tenfold())]),
        "OutlierOptions" => rows(&[("envoy", OutlierOptions::envoy())]),
        "PriorityShedOptions" => rows(&[("dagor", PriorityShedOptions::dagor())]),
        "RefreshOptions" => rows(&[
            ("xfetch", RefreshOptions::xfetch()),
            ("rfc5861_example", RefreshOptions::rfc5861_example()),
        ]),
        "RetryOptions" => rows(&[
            ("aws_standard", RetryOptions::aws_standard()),
            ("grpc", RetryOptions::grpc()),
            ("resilience4j", RetryOptions::resilience4j()),
            ("resilience4j_exponential", RetryOptions::resilience4j_exponential()),
            ("polly", RetryOptions::polly()),
        ]),
        "SagaOptions" => {
            rows(&[("tenfold", SagaOptions::tenfold(vec![SagaStep::named("reserve")], 0))])
        }
        "SingleFlightOptions" => rows(&[("tenfold", SingleFlightOptions::tenfold())]),
        "SnowflakeOptions" => rows(&[("twitter(1)", SnowflakeOptions::twitter(1))]),
        "StreamWindowOptions" => {
            let size = std::time::Duration::from_secs(60);
            let kind = WindowKind::Tumbling { size };
            rows(&[("kafka", StreamWindowOptions::kafka(kind))])
        }
        "TokenBucketOptions" => rows(&[
            ("per_second(10, 20)", TokenBucketOptions::per_second(10, 20)),
            ("envoy_local", TokenBucketOptions::envoy_local()),
        ]),
        "WaitShedOptions" => rows(&[("facebook", WaitShedOptions::facebook())]),
        "WindowLimitOptions" => rows(&[("github", WindowLimitOptions::github())]),
        "WriteBehindOptions" => rows(&[("tenfold", WriteBehindOptions::tenfold())]),
        "RetryBudgetOptions" => presets(&[
            ("finagle", RetryBudgetOptions::finagle()),
            ("grpc", RetryBudgetOptions::grpc()),
            ("aws_standard", RetryBudgetOptions::aws_standard()),
        ]),
        other => panic!("no options {other}"),
    }
}

/// One row a field, one column a preset.
fn rows<T: Serialize + JsonSchema>(values: &[(&str, T)]) -> String {
    let schema = serde_json::to_value(schemars::schema_for!(T)).unwrap();
    let names = values.iter().map(|(name, _)| format!(" `{name}` |")).collect::<String>();
    let mut table = format!("| `{}` | |{names}\n|---|---|", T::schema_name());
    table += &"---|".repeat(values.len());
    table.push('\n');
    let json: Vec<Value> =
        values.iter().map(|(_, value)| serde_json::to_value(value).unwrap()).collect();
    for (field, about) in schema["properties"].as_object().expect("a struct") {
        let about = about["description"].as_str().expect("it says what it is");
        let about = about.replace('\n', " ").replace('|', "\\|");
        table += &format!("| `{field}` | {about} |");
        json.iter().for_each(|json| table += &format!(" {} |", print(&json[field])));
        table.push('\n');
    }
    table
}

/// One row a preset, for options that are one of several kinds.
fn presets<T: Serialize>(values: &[(&str, T)]) -> String {
    let mut table = "| preset | |\n|---|---|\n".to_owned();
    for (name, value) in values {
        table += &format!("| `{name}` | {} |\n", print(&serde_json::to_value(value).unwrap()));
    }
    table
}

fn print(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        Value::Array(items) => {
            items.iter().map(print).collect::<Vec<_>>().join(", ").replace("``", "`")
        }
        Value::Object(fields) => {
            let each = fields.iter().filter(|(_, value)| !value.is_null());
            each.map(|(name, value)| format!("{name}: {}", print(value)))
                .collect::<Vec<_>>()
                .join(", ")
        }
    }
}
