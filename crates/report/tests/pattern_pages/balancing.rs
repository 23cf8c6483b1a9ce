//! Which replica takes a request.

use tenfold_report::svg::Svg;
use tenfold_units::Unit;

use crate::draw::{Lines, Points, bars, simulate};

fn model(link: &str, replicas: u32, rate: u32) -> String {
    format!(
        "
model: replicas
zones: [a]
components:
  store: {{replicas: {{a: {replicas}}}, servers: 4, service_time: {{any: {{exponential: {{mean: 10ms}}}}}}}}
links:
  client -> store: {link}
operations:
  op:
    load: {{open: {{rate: {rate}/s}}}}
    good_within: 200ms
    flow: [{{call: {{to: store}}}}]
"
    )
}

/// The tail where one replica of ten is five times as slow.
pub(crate) fn one_slow_replica() -> Svg {
    let p99 = |policy: &str| {
        let link = format!("{{balance: {{policy: {policy}}}}}");
        let scenario = "{scenario: slow, warm_up: 10s, horizon: 60s, faults: [{at: 0s, target: {component: store, replica: 0}, effect: {slow: 3}}]}";
        let outcome = simulate(&model(&link, 10, 1_200), scenario);
        let latency = outcome.operations["op"].latency_seconds;
        latency.map_or(f64::NAN, |latency| latency.p99.value)
    };
    bars(
        "Ten replicas, one of them at a third of the speed, 1,200 requests a second: p99",
        Unit::Seconds,
        &[
            ("round robin", p99("round-robin")),
            ("power of two choices", p99("power-of-two")),
            ("peak EWMA", p99("{peak-ewma: {decay: 10s, initial: 30ms}}")),
            ("least connections", p99("least-connections")),
        ],
    )
}

/// Failures where one replica of ten answers with errors.
pub(crate) fn one_bad_replica() -> Svg {
    let run = |options: &str| -> Points {
        let link = format!("{{balance: {{policy: round-robin{options}}}}}");
        let scenario = "{scenario: bad, horizon: 90s, window: 1s, faults: [{at: 15s, for: 40s, target: {component: store, replica: 0}, effect: {errors: 1.0}}]}";
        let outcome = simulate(&model(&link, 10, 1_000), scenario);
        let ratio = |window: &tenfold_sim::Window| {
            let it = &window.operations["op"];
            it.bad as f64 / (it.bad + it.good).max(1) as f64
        };
        outcome.series.iter().map(|window| (window.start_seconds, ratio(window))).collect()
    };
    let envoy = serde_json::to_string(&tenfold_patterns::OutlierOptions::envoy()).unwrap();
    let nginx = ", max_fails: {max_fails: 3, fail_timeout: 10s}";
    Lines::new(
        "Ten replicas, one of which answers every request with an error for 40 s",
        ("time", Unit::Seconds),
        ("share of requests that fail", Unit::Ratio),
    )
    .line("round robin", run(""))
    .line("max_fails 3, fail_timeout 10 s", run(nginx))
    .line("outlier ejection as Envoy", run(&format!(", outlier: {envoy}")))
    .span(15.0, 55.0, "one replica is bad")
    .draw()
}
