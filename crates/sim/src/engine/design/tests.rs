//! Signature tests: an effect that only the working part shows.

use tenfold_units::Seed;

use crate::keys::WarmOptions;
use crate::{Caches, Model, Outcome, Scenario, simulate_scenario};

fn run(model: &str, scenario: &str) -> Outcome {
    let model = Model::from_yaml(model).unwrap();
    let scenario = Scenario::from_yaml(scenario).unwrap();
    let options = WarmOptions { budget: 200_000, tolerance: 0.01 };
    let caches = Caches::warm(&model, scenario.load, Seed(1), options);
    simulate_scenario(&model, &scenario, &caches, Seed(1))
}

fn steady(model: &str, seconds: u32) -> Outcome {
    run(model, &format!("{{scenario: steady, warm_up: 1s, horizon: {seconds}s}}"))
}

/// Asserts that `value` lies within `tolerance` of `expected`.
#[track_caller]
fn near(value: f64, expected: f64, tolerance: f64) {
    assert!((value - expected).abs() <= tolerance, "{value}, not {expected} ± {tolerance}");
}

/// One component behind a client.
fn single(component: &str, link: &str, rate: u32, call: &str) -> String {
    format!(
        "
model: single
zones: [a, b, c]
components:
  store: {component}
links:
  client -> store: {link}
operations:
  op:
    load: {{open: {{rate: {rate}/s}}}}
    good_within: 100ms
    flow: [{{call: {{to: store{call}}}}}]
"
    )
}

#[test]
fn a_dead_shard_opens_its_own_breaker_and_not_that_of_the_others() {
    let component = "{replicas: {a: 2}, servers: 4, service_time: {any: {exponential: {mean: 1ms}}}, detection: 100s, data: {shards: 2, copies: 1, read: primary, write: primary}}";
    let breaker = "{window: {calls: 100}, minimum_calls: 20, failure_ratio: 0.4, open_wait: 1s, half_open_calls: 5}";
    let outcome = run(
        &single(component, &format!("{{timeout: 20ms, breaker: {breaker}}}"), 500, ""),
        "{scenario: dead, horizon: 20s, window: 5s, faults: [{at: 5s, for: 15s, target: {component: store, replica: 0}, effect: {kill: {silent: true}}}]}",
    );
    near(good_ratio(&outcome, 0), 1.0, 0.001);
    // One breaker over both shards would see half of the calls fail, open, and refuse all.
    near(good_ratio(&outcome, 2), 0.5, 0.03);
    let failures = &outcome.operations["op"].failures;
    assert!(failures.breaker > 5 * failures.timeout, "most fail at once: {failures:?}");
}

#[test]
fn a_wait_after_the_service_holds_no_server() {
    // One server, 1 ms of service and 9 ms of disk at 500/s: half of the server's time, not five.
    let component = "{replicas: {a: 1}, servers: 1, service_time: {any: {deterministic: 1ms}}, wait_after: {any: {deterministic: 9ms}}}";
    let outcome = steady(&single(component, "{}", 500, ""), 100);
    near(outcome.components["store"].utilization.unwrap().value, 0.5, 0.02);
    // M/D/1 at one half waits half a service on average.
    let latency = outcome.operations["op"].latency_seconds.unwrap().mean.value;
    near(latency, 0.0105, 0.0003);
}

#[test]
fn fan_out_to_100_makes_most_requests_see_a_leafs_p99() {
    let branches = vec!["[{call: {to: leaf}}]"; 100].join(", ");
    let model = format!(
        "
model: fan-out
zones: [a]
components:
  leaf: {{replicas: {{a: 1}}, servers: infinite, service_time: {{any: {{exponential: {{mean: 1ms}}}}}}}}
operations:
  op:
    load: {{open: {{rate: 200/s}}}}
    good_within: 4.60517ms
    flow: [{{parallel: {{branches: [{branches}]}}}}]
"
    );
    let outcome = steady(&model, 60);
    // 12,000 requests: 4 standard errors are 0.018. The leaf's p99 is ln 100 ms.
    let op = &outcome.operations["op"];
    near(op.good as f64 / op.requests as f64, 0.366, 0.018);
}

#[test]
fn three_layers_of_four_attempts_make_64_calls() {
    let retry = "{retry: {max_attempts: 4, base: 1ms, cap: 1ms, jitter: none}}";
    let model = format!(
        "
model: layers
zones: [a]
components:
  one: {{replicas: {{a: 1}}, servers: infinite, service_time: {{any: {{deterministic: 1ms}}}}}}
  two: {{replicas: {{a: 1}}, servers: infinite, service_time: {{any: {{deterministic: 1ms}}}}}}
  three: {{replicas: {{a: 1}}, servers: infinite, service_time: {{any: {{deterministic: 1ms}}}}}}
links: {{client -> one: {retry}, one -> two: {retry}, two -> three: {retry}}}
operations:
  op:
    load: {{closed: {{population: 1, think_time: {{deterministic: 1s}}}}}}
    flow: [{{call: {{to: one, steps: [{{call: {{to: two, steps: [{{call: {{to: three}}}}]}}}}]}}}}]
"
    );
    let outcome = run(
        &model,
        "{scenario: broken, horizon: 100s, faults: [{at: 0s, target: {component: three}, effect: {errors: 1}}]}",
    );
    let three = &outcome.components["three"];
    assert_eq!(three.failures.error, 16 * outcome.operations["op"].failures.error);
    let services = three.throughput_rps.value * outcome.simulated_seconds;
    let requests = outcome.operations["op"].failures.error as f64;
    // The run ends within a request.
    near(services / requests, 64.0, 1.0);
}

/// A store at 70 % of its capacity that is slow for 10 s, behind callers that wait 100 ms.
fn metastable(retry: &str) -> Outcome {
    let component =
        "{replicas: {a: 1}, servers: 10, service_time: {any: {exponential: {mean: 10ms}}}}";
    let model = single(component, &format!("{{timeout: 100ms{retry}}}"), 700, "");
    run(
        &model,
        "{scenario: trigger, horizon: 80s, window: 10s, faults: [{at: 10s, for: 10s, target: {component: store}, effect: {slow: 2}}]}",
    )
}

fn good_ratio(outcome: &Outcome, window: usize) -> f64 {
    let window = &outcome.series[window].operations["op"];
    window.good as f64 / window.requests as f64
}

#[test]
fn naive_retries_stay_collapsed_and_a_budget_recovers() {
    let retry = ", retry: {max_attempts: 4, base: 10ms, cap: 50ms, jitter: full}";
    let naive = metastable(retry);
    let budget = metastable(&format!(
        "{retry}, retry_budget: {{ratio: {{retry_ratio: 0.1, ttl: 10s, min_retries_per_second: 1}}}}"
    ));
    for outcome in [&naive, &budget] {
        assert!(good_ratio(outcome, 0) > 0.99, "before the trigger all is well");
    }
    assert!(good_ratio(&naive, 7) < 0.05, "a minute after: {}", good_ratio(&naive, 7));
    assert!(good_ratio(&budget, 7) > 0.95, "a minute after: {}", good_ratio(&budget, 7));
    assert!(naive.components["store"].zombie_ratio > 0.5);
}

/// Judges one claim by ten runs of the store that is slow for ten seconds.
fn judged(retry: &str, claim: &str) -> crate::stats::Verdict {
    let component =
        "{replicas: {a: 1}, servers: 10, service_time: {any: {exponential: {mean: 10ms}}}}";
    let model = single(component, &format!("{{timeout: 100ms{retry}}}"), 700, "");
    let model = Model::from_yaml(&model).unwrap();
    let scenario = format!(
        "{{scenario: trigger, horizon: 60s, window: 1s, faults: [{{at: 10s, for: 10s, target: {{component: store}}, effect: {{slow: 2}}}}], assertions: [{{of: op, claim: {claim}}}]}}"
    );
    let scenario = Scenario::from_yaml(&scenario).unwrap();
    scenario.validate(&model).unwrap();
    let caches = Caches::warm(&model, 1.0, Seed(1), WarmOptions::USUAL);
    let runs: Vec<Outcome> =
        (0..10).map(|seed| simulate_scenario(&model, &scenario, &caches, Seed(seed))).collect();
    scenario.assertions[0].judge(&runs, scenario.warm_up, 1.0).verdict
}

#[test]
fn assertions_tell_a_system_that_recovers_from_one_that_does_not() {
    use crate::stats::Verdict;
    let naive = ", retry: {max_attempts: 4, base: 10ms, cap: 50ms, jitter: full}";
    let budget = &format!(
        "{naive}, retry_budget: {{ratio: {{retry_ratio: 0.1, ttl: 10s, min_retries_per_second: 1}}}}"
    );
    let back = "{recovery: {good_ratio: 0.95, after: 20s, within: 20s}}";
    assert_eq!(judged(naive, back), Verdict::Missed);
    assert_eq!(judged(budget, back), Verdict::Met);
    // Faster than it is.
    assert_eq!(
        judged(budget, "{recovery: {good_ratio: 0.95, after: 10s, within: 1s}}"),
        Verdict::Missed
    );
    // A sixth of the time is bad: the share lies between.
    assert_eq!(judged(budget, "{good-ratio: 0.5}"), Verdict::Met);
    assert_eq!(judged(budget, "{good-ratio: 0.99}"), Verdict::Missed);
    assert_eq!(judged(budget, "{goodput: 800/s}"), Verdict::Missed);
    assert_eq!(judged(budget, "{latency: {percentile: 0.5, at_most: 1s}}"), Verdict::Met);
    assert_eq!(judged(budget, "{latency: {percentile: 0.5, at_most: 1ms}}"), Verdict::Missed);
}

#[test]
fn a_quorum_write_waits_for_the_second_fastest() {
    let component = "{replicas: {a: 1, b: 1, c: 1}, servers: infinite, service_time: {any: {exponential: {mean: 1ms}}}, data: {shards: 3, copies: 3, read: quorum, write: quorum}}";
    let mean = |call: &str| {
        let outcome = steady(&single(component, "{}", 2000, call), 20);
        outcome.operations["op"].latency_seconds.unwrap().mean.value
    };
    // Of three exponentials the second order statistic has the mean 1/3 + 1/2; a read asks two and
    // waits for both: 1 + 1/2.
    near(mean(", access: write"), 0.833_33e-3, 0.012e-3);
    near(mean(", access: read"), 1.5e-3, 0.025e-3);
}

#[test]
fn a_lost_zone_raises_utilization_by_half() {
    let component = "{replicas: {a: 2, b: 2, c: 2}, servers: 4, service_time: {any: {exponential: {mean: 1ms}}}}";
    let outcome = run(
        &single(component, "{}", 9600, ""),
        "{scenario: zone, horizon: 20s, window: 10s, faults: [{at: 10s, target: {zone: b}, effect: {kill: {}}}]}",
    );
    let used = |window: usize| outcome.series[window].components["store"].utilization.unwrap();
    near(used(0), 0.4, 0.01);
    near(used(1), 0.6, 0.01);
}

#[test]
fn a_dead_replica_costs_its_share_until_it_is_detected() {
    let component = "{replicas: {a: 1, b: 1, c: 1}, servers: 4, service_time: {any: {exponential: {mean: 1ms}}}, detection: 4s}";
    let model = single(component, "{timeout: 20ms, balance: {policy: random}}", 600, "");
    for (silent, cause) in [(true, "time-out"), (false, "refusal")] {
        let outcome = run(
            &model,
            &format!(
                "{{scenario: kill, horizon: 12s, window: 4s, faults: [{{at: 4s, target: {{zone: a}}, effect: {{kill: {{silent: {silent}}}}}}}]}}"
            ),
        );
        near(good_ratio(&outcome, 1), 2.0 / 3.0, 0.04);
        assert!(good_ratio(&outcome, 2) > 0.999, "{}", good_ratio(&outcome, 2));
        let failures = outcome.operations["op"].failures;
        let own = if silent { failures.timeout } else { failures.refused };
        assert!(own > 700 && own == failures.total(), "{cause}: {failures:?}");
    }
}

#[test]
fn a_slow_dependency_exhausts_the_pool() {
    let component =
        "{replicas: {a: 1}, servers: infinite, service_time: {any: {deterministic: 10ms}}}";
    let model = single(component, "{pool: 10}", 300, "");
    let outcome = run(
        &model,
        "{scenario: slow, horizon: 40s, window: 20s, faults: [{at: 20s, target: {component: store}, effect: {slow: 10}}]}",
    );
    // One caller per zone, each 100/s: 1 erlang in 10 places, then 10 erlangs (Erlang B 0.215).
    assert_eq!(outcome.series[0].components["store"].failed, 0);
    let failed = outcome.series[1].components["store"].failed as f64;
    near(failed / outcome.series[1].operations["op"].requests as f64, 0.2146, 0.02);
    let failures = outcome.operations["op"].failures;
    assert_eq!(failures.pool, failures.total());
}

#[test]
fn an_open_breaker_answers_at_once_and_spares_the_callee() {
    let component =
        "{replicas: {a: 1}, servers: infinite, service_time: {any: {deterministic: 1ms}}}";
    let breaker = "{timeout: 50ms, breaker: {window: {calls: 20}, minimum_calls: 20, failure_ratio: 0.5, open_wait: 1s, open_growth: 1, open_jitter: 0, half_open_calls: 1}}";
    let outcome = run(
        &single(component, breaker, 300, ""),
        "{scenario: dead, horizon: 30s, faults: [{at: 10s, for: 10s, target: {component: store}, effect: {slow: 1000}}]}",
    );
    let failures = outcome.operations["op"].failures;
    // About 3 callers x (calls until it opens + one probe a second).
    assert!(failures.timeout < 200, "{failures:?}");
    assert!(failures.breaker > 2_500, "{failures:?}");
    assert!(outcome.operations["op"].good > 5_500);
}

#[test]
fn a_limit_lets_its_rate_pass() {
    let model = "
model: limited
zones: [a]
components:
  web: {replicas: {a: 1}, servers: infinite, service_time: {any: {deterministic: 1ms}}}
operations:
  op:
    load: {open: {rate: 1000/s}}
    limit: {rate: 400, per: 1s, burst: 10}
    flow: [{call: {to: web}}]
";
    let outcome = steady(model, 20);
    near(outcome.operations["op"].goodput_rps.value, 400.0, 1.0);
    assert_eq!(
        outcome.operations["op"].failures.limited,
        outcome.operations["op"].failures.total()
    );
}

#[test]
fn failover_ends_the_outage_of_a_primary() {
    let component = "{replicas: {a: 1, b: 1}, servers: 4, service_time: {any: {exponential: {mean: 1ms}}}, detection: 2s, data: {shards: 1, copies: 2, read: local-one, write: primary, failover: 10s}}";
    let outcome = run(
        &single(component, "{timeout: 50ms}", 300, ", access: write"),
        "{scenario: kill, horizon: 40s, window: 10s, faults: [{at: 10s, target: {component: store, replica: 0}, effect: {kill: {}}}]}",
    );
    let good: Vec<f64> = (0..4).map(|window| good_ratio(&outcome, window)).collect();
    assert!(good[0] > 0.999 && good[1] < 0.001 && good[2] > 0.999 && good[3] > 0.999, "{good:?}");
    let failures = outcome.operations["op"].failures;
    near(failures.refused as f64, 600.0, 110.0);
    near(failures.unavailable as f64, 2400.0, 200.0);
}

#[test]
fn a_topic_keeps_its_senders_from_waiting_for_a_dead_consumer() {
    let model = "
model: hand-over
zones: [a]
components:
  web: {replicas: {a: 1}, servers: 4, service_time: {any: {exponential: {mean: 1ms}}}}
  log: {replicas: {a: 1}, servers: 4, service_time: {any: {exponential: {mean: 100us}}}, topic: {partitions: 8, limit: 100_000}}
  worker: {replicas: {a: 1}, servers: 8, service_time: {any: {exponential: {mean: 10ms}}}}
operations:
  send:
    load: {open: {rate: 300/s}}
    flow: [{call: {to: web, steps: [{emit: log}]}}]
  work:
    load: {consume: {topic: log, consumers: 8}}
    flow: [{call: {to: worker}}]
";
    let outcome = run(
        model,
        "{scenario: stuck, horizon: 60s, window: 10s, faults: [{at: 20s, for: 10s, target: {component: worker}, effect: pause}]}",
    );
    let send = outcome.operations["send"].latency_seconds.unwrap();
    assert!(send.p99.value < 0.02, "{}", send.p99.value);
    let good = |window: usize| outcome.series[window].operations["work"].good as f64;
    assert!(good(2) < 10.0, "while they are stuck: {}", good(2));
    // 8 consumers work 800/s; 3,000 records wait and 300/s come: 6 s to drain.
    near(good(3), 6_000.0, 300.0);
    assert!(outcome.operations["work"].good >= outcome.operations["send"].requests - 50);
}

#[test]
fn a_pool_that_waits_is_a_queue_before_the_callee() {
    // One connection before plenty of servers: M/D/1 at ρ = 0.5, a mean wait of ρ s ÷ (2 (1 − ρ)).
    let model = "
model: pool
zones: [a]
components:
  store: {replicas: {a: 1}, servers: 8, service_time: {any: {deterministic: 10ms}}}
links:
  client -> store: {pool: 1, pool_waits: true, timeout: 10s}
operations:
  op: {load: {open: {rate: 50/s}}, flow: [{call: {to: store}}]}
";
    let outcome = steady(model, 400);
    let latency = outcome.operations["op"].latency_seconds.unwrap();
    near(latency.mean.value, 0.015, 0.000_6);
    assert_eq!(outcome.operations["op"].failures.total(), 0);
}

#[test]
fn a_wait_for_a_pool_ends_with_the_time_out_and_a_dead_shard_exhausts_its_own_pool_only() {
    let good = |per_shard: &str| {
        let component = "{replicas: {a: 2}, servers: 4, service_time: {any: {exponential: {mean: 1ms}}}, detection: 100s, data: {shards: 2, copies: 1, read: primary, write: primary}}";
        let link = format!("{{timeout: 50ms, pool: 2, pool_waits: true{per_shard}}}");
        let outcome = run(
            &single(component, &link, 500, ""),
            "{scenario: dead, horizon: 20s, window: 5s, faults: [{at: 5s, for: 15s, target: {component: store, replica: 0}, effect: {kill: {silent: true}}}]}",
        );
        assert!(
            outcome.operations["op"].failures.pool > 100,
            "{:?}",
            outcome.operations["op"].failures
        );
        good_ratio(&outcome, 2)
    };
    near(good(", pool_per_shard: true"), 0.5, 0.03);
    assert!(good("") < 0.4, "one pool for both shards fills with calls to the dead one");
}

/// Senders, a topic and a worker that takes batches of 50 and writes each record to a store.
fn batches(each: &str, at_once: &str) -> String {
    format!(
        "
model: batches
zones: [a]
components:
  web: {{replicas: {{a: 1}}, servers: 4, service_time: {{any: {{deterministic: 1ms}}}}}}
  log: {{replicas: {{a: 1}}, servers: 4, service_time: {{any: {{deterministic: 100us}}}}, topic: {{partitions: 2, limit: 100_000}}}}
  worker: {{replicas: {{a: 1}}, servers: 8, service_time: {{any: {{deterministic: 5ms}}}}}}
  store: {{replicas: {{a: 4}}, servers: 2, service_time: {{any: {{deterministic: 1ms}}}}, data: {{shards: 4, copies: 1, read: primary, write: primary}}}}
operations:
  send:
    load: {{open: {{rate: 1000/s}}}}
    flow: [{{call: {{to: web, steps: [{{{each}: log}}]}}}}]
  work:
    load: {{consume: {{topic: log, consumers: 2, batch: 50, wait: 100ms}}}}
    flow: [{{call: {{to: worker, steps: [{{each: {{steps: [{{call: {{to: store, access: write}}}}]{at_once}}}}}]}}}}]
"
    )
}

#[test]
fn each_record_of_a_batch_is_written_to_its_own_shard() {
    let all = steady(&batches("emit", ""), 40);
    let store = &all.components["store"];
    near(store.throughput_rps.value, 1_000.0, 20.0);
    // 1,000 writes of 1 ms per second on eight servers, evenly over the shards.
    near(store.utilization.unwrap().value, 0.125, 0.005);
    assert!(store.hottest_utilization.unwrap() < 0.14);
    near(all.components["worker"].throughput_rps.value, 20.0, 1.0);
    // All 50 at once: 12.5 on a shard of two servers take about 8 rounds; one by one they take 50.
    let one_by_one = steady(&batches("emit", ", at_once: 1"), 40);
    near(one_by_one.components["store"].throughput_rps.value, 1_000.0, 20.0);
    let mean = |outcome: &Outcome| outcome.operations["work"].latency_seconds.unwrap().mean.value;
    near(mean(&one_by_one) - mean(&all), 0.050 - 0.008, 0.012);
}

#[test]
fn an_awaited_record_costs_its_sender_the_broker_and_fails_with_it() {
    let p50 = |each: &str| {
        let outcome = steady(&batches(each, ""), 20);
        outcome.operations["send"].latency_seconds.unwrap().p50.value
    };
    near(p50("append") - p50("emit"), 100e-6, 20e-6);
    let dead = |each: &str| {
        run(
            &batches(each, ""),
            "{scenario: dead, horizon: 20s, window: 10s, faults: [{at: 10s, target: {component: log}, effect: {kill: {}}}]}",
        )
    };
    let good = |outcome: &Outcome| {
        let window = &outcome.series[1].operations["send"];
        window.good as f64 / window.requests as f64
    };
    near(good(&dead("emit")), 1.0, 0.001);
    near(good(&dead("append")), 0.0, 0.001);
}

#[test]
fn a_pause_delays_and_loses_nothing() {
    let component =
        "{replicas: {a: 1}, servers: 8, service_time: {any: {exponential: {mean: 1ms}}}}";
    let outcome = run(
        &single(component, "{}", 500, ""),
        "{scenario: gc, horizon: 20s, window: 1s, faults: [{at: 5s, for: 200ms, target: {component: store}, effect: pause}]}",
    );
    let op = &outcome.operations["op"];
    assert_eq!(op.failures.total(), 0);
    assert!(outcome.series[4].operations["op"].latency_seconds_p99.unwrap() < 0.02);
    near(outcome.series[5].operations["op"].latency_seconds_p99.unwrap(), 0.195, 0.015);
}

#[test]
fn two_choices_beat_one() {
    let queue = |policy: &str| {
        let component =
            "{replicas: {a: 10}, servers: 1, service_time: {any: {exponential: {mean: 1ms}}}}";
        let link = format!("{{balance: {{policy: {policy}}}}}");
        let model = single(component, &link, 9_000, "").replace("[a, b, c]", "[a]");
        steady(&model, 20).components["store"].wait_time_seconds.unwrap().mean.value
    };
    let (one, two) = (queue("random"), queue("power-of-two"));
    // M/M/1 at 0.9 waits 9 ms.
    near(one, 9e-3, 1.2e-3);
    assert!(two < one / 3.0, "{one} {two}");
}

#[test]
fn a_cancelled_call_leaves_no_zombie_behind() {
    let zombies = |link: &str| {
        let component =
            "{replicas: {a: 1}, servers: 2, service_time: {any: {exponential: {mean: 10ms}}}}";
        let outcome = steady(&single(component, link, 300, ""), 20);
        (outcome.components["store"].zombie_ratio, outcome.operations["op"].goodput_rps.value)
    };
    let (left, none) = zombies("{timeout: 50ms}");
    let (few, good) = zombies("{timeout: 50ms, cancel: true}");
    assert!(left > 0.9 && none < 20.0, "{left} {none}");
    // Who is in service when the time is over is served to the end all the same.
    assert!(few < 0.55 && good > 90.0, "{few} {good}");
}

#[test]
fn shedding_the_oldest_beats_the_newest_under_overload() {
    let goodput = |shed: &str| {
        let component = format!(
            "{{replicas: {{a: 1}}, servers: 1, service_time: {{any: {{exponential: {{mean: 10ms}}}}}}, queue: {{length: 50, shed: {shed}}}}}"
        );
        let model = single(&component, "{timeout: 400ms}", 300, "");
        let model = model.replace("good_within: 100ms", "good_within: 400ms");
        steady(&model, 60).operations["op"].goodput_rps.value
    };
    // Who waits behind 50 others waits 500 ms; with the oldest shed it is at most 50 arrivals.
    let (newest, oldest) = (goodput("newest"), goodput("oldest"));
    assert!(oldest > 90.0 && newest < 20.0, "{oldest} {newest}");
}

#[test]
fn the_last_first_beats_the_first_under_overload() {
    let goodput = |queue: &str| {
        let component = format!(
            "{{replicas: {{a: 1}}, servers: 1, service_time: {{any: {{exponential: {{mean: 10ms}}}}}}, queue: {{length: 1000, {queue}}}}}"
        );
        steady(&single(&component, "{timeout: 100ms}", 150, ""), 60).operations["op"]
            .goodput_rps
            .value
    };
    let (first, last) = (goodput("order: fifo"), goodput("order: lifo"));
    let (adaptive, delay) = (
        goodput("order: adaptive-lifo"),
        goodput("controlled_delay: {target: 50ms, interval: 100ms}"),
    );
    assert!(first < 5.0, "{first}");
    assert!(last > 80.0 && adaptive > 80.0 && delay > 80.0, "{last} {adaptive} {delay}");
}

#[test]
fn a_hedge_at_p98_adds_a_fiftieth_of_the_load_and_cuts_the_tail() {
    // One service in fifty takes 100 times as long.
    let component = "{replicas: {a: 20}, servers: infinite, service_time: {any: {empirical: [[1ms, 94], [2ms, 4], [100ms, 2]]}}}";
    let run = |link: &str| {
        let model = single(component, link, 1000, "").replace("[a, b, c]", "[a]");
        let outcome = steady(&model, 60);
        let p99 = outcome.operations["op"].latency_seconds.unwrap().p99.value;
        (p99, outcome.components["store"].attempts_per_call)
    };
    let (plain, hedged) = (run("{}"), run("{hedge_after: 2500us}"));
    assert!(plain.0 > 0.09 && hedged.0 < 0.005, "{plain:?} {hedged:?}");
    assert!(hedged.1 > 1.015 && hedged.1 < 1.025, "{hedged:?}");
}

#[test]
fn one_hot_key_saturates_its_shard() {
    let model = "
model: hot
zones: [a]
keys: {users: {zipf: {exponent: 2, count: 1_000_000}}}
components:
  store: {replicas: {a: 10}, servers: 4, service_time: {any: {exponential: {mean: 1ms}}}, queue: {length: 100}, data: {shards: 10, copies: 1, read: primary, write: primary}}
operations:
  op:
    load: {open: {rate: 8000/s}}
    keys: users
    flow: [{call: {to: store, access: read}}]
";
    let outcome = steady(model, 10);
    let store = &outcome.components["store"];
    // The hottest key gets 61 % of 8,000/s: more than a replica's 4,000/s, of 40,000/s in all.
    assert!(store.hottest_utilization.unwrap() > 0.99);
    assert!(store.utilization.unwrap().value < 0.25);
    assert!(outcome.operations["op"].failures.shed > 5_000);
}

/// A cache of 1,000 of 10,000 keys before a store that can take the misses, but not everything.
fn cached(link: &str, seconds: &str) -> Outcome {
    let model = format!(
        "
model: cached
zones: [a]
keys: {{items: {{zipf: {{exponent: 1.1, count: 10_000}}}}}}
components:
  web: {{replicas: {{a: 1}}, servers: infinite, service_time: {{any: {{deterministic: 1ms}}}}}}
  cache: {{replicas: {{a: 1}}, servers: 4, service_time: {{any: {{exponential: {{mean: 50us}}}}}}, data: {{shards: 1, copies: 1, read: primary, write: primary}}, cache: {{keys: items, options: {{policy: lru, capacity: 1000}}}}}}
  store: {{replicas: {{a: 1}}, servers: 6, service_time: {{any: {{exponential: {{mean: 10ms}}}}}}}}
links: {{web -> store: {link}}}
operations:
  op:
    load: {{open: {{rate: 2000/s}}}}
    keys: items
    good_within: 200ms
    flow: [{{call: {{to: web, steps: [{{lookup: {{cache: cache, on_miss: [{{call: {{to: store}}}}, {{fill: cache}}]}}}}]}}}}]
"
    );
    run(
        &model,
        &format!(
            "{{scenario: flush, horizon: {seconds}, window: 5s, faults: [{{at: 5s, target: {{component: cache}}, effect: flush-cache}}]}}"
        ),
    )
}

#[test]
fn a_cache_flush_tips_the_store() {
    let retry = "retry: {max_attempts: 4, base: 1ms, cap: 10ms, jitter: full}";
    let outcome = cached(&format!("{{timeout: 100ms, {retry}}}"), "10s");
    assert!(good_ratio(&outcome, 0) > 0.99, "{}", good_ratio(&outcome, 0));
    assert!(good_ratio(&outcome, 1) < 0.9, "{}", good_ratio(&outcome, 1));
    let hits = |window: usize| outcome.series[window].components["cache"].hit_ratio.unwrap();
    assert!(hits(1) < hits(0) - 0.02, "{} {}", hits(0), hits(1));
}

#[test]
fn single_flight_spares_the_store_after_a_flush() {
    let calls = |link: &str| {
        let outcome = cached(link, "10s");
        let window = &outcome.series[1];
        (window.components["store"].queue_length, window.operations["op"].good)
    };
    let (many, few) = (calls("{timeout: 200ms}"), calls("{timeout: 200ms, single_flight: true}"));
    assert!(few.0 < many.0 / 2.0 && few.1 > many.1, "{many:?} {few:?}");
}

#[test]
fn a_caller_that_prefers_its_zone_crosses_none() {
    let latency = |aware: bool| {
        let component = "{replicas: {a: 2, b: 2, c: 2}, servers: infinite, service_time: {any: {deterministic: 1ms}}}";
        let model = single(component, &format!("{{zone_aware: {aware}}}"), 500, "");
        let network =
            "network: {same_zone: {deterministic: 100us}, cross_zone: {deterministic: 500us}}";
        let model = model.replace("zones: [a, b, c]", &format!("zones: [a, b, c]\n{network}"));
        steady(&model, 20).operations["op"].latency_seconds.unwrap().mean.value
    };
    near(latency(true), 1.2e-3, 1e-9);
    near(latency(false), 1.2e-3 + 0.8e-3 * 2.0 / 3.0, 0.02e-3);
}

#[test]
fn a_load_profile_is_followed() {
    let component =
        "{replicas: {a: 1}, servers: infinite, service_time: {any: {deterministic: 1ms}}}";
    let outcome = run(
        &single(component, "{}", 1000, ""),
        "{scenario: ramp, horizon: 30s, window: 10s, profile: [{at: 10s, factor: 1}, {at: 20s, factor: 3}]}",
    );
    let requests = |window: usize| outcome.series[window].operations["op"].requests as f64;
    near(requests(0), 10_000.0, 400.0);
    near(requests(1), 20_000.0, 600.0);
    near(requests(2), 30_000.0, 700.0);
}

#[test]
fn every_request_is_accounted_for() {
    let retry = ", retry: {max_attempts: 3, base: 10ms, cap: 50ms, jitter: full}";
    let outcome = metastable(retry);
    let (mut requests, mut answered) = (0, 0);
    for window in &outcome.series {
        let op = &window.operations["op"];
        requests += op.requests;
        answered += op.good + op.bad;
        assert!(requests >= answered, "nobody is answered before asking");
    }
    let op = &outcome.operations["op"];
    assert_eq!(requests, op.requests);
    // All others are under way: at most 3 attempts of 100 ms and two back-offs.
    assert!(requests - answered < 700, "{requests} {answered}");
}

#[test]
fn ties_in_another_order_change_no_verdict() {
    let component = "{replicas: {a: 2}, servers: 2, service_time: {any: {deterministic: 1ms}}, queue: {length: 10}}";
    let model = single(component, "{timeout: 10ms}", 3_000, "");
    let ratio = |shuffle: bool| {
        let scenario = format!("{{scenario: ties, horizon: 20s, shuffle_ties: {shuffle}}}");
        run(&model, &scenario).operations["op"].availability_ratio.unwrap().value
    };
    near(ratio(true), ratio(false), 0.002);
}

#[test]
fn an_overloaded_unbounded_queue_has_no_percentiles() {
    let component = |queue: &str| {
        format!(
            "{{replicas: {{a: 1}}, servers: 2, service_time: {{any: {{exponential: {{mean: 10ms}}}}}}{queue}}}"
        )
    };
    let outcome = steady(&single(&component(""), "{}", 300, ""), 30);
    let store = &outcome.components["store"];
    assert!(outcome.unstable && store.unstable && outcome.operations["op"].unstable);
    assert!(
        outcome.operations["op"].latency_seconds.is_none() && store.wait_time_seconds.is_none()
    );
    near(store.queue_growth_per_second.unwrap(), 100.0, 15.0);
    let outcome = steady(&single(&component(", queue: {length: 100}"), "{}", 300, ""), 30);
    assert!(!outcome.unstable && outcome.operations["op"].latency_seconds.is_some());
}

#[test]
fn ten_runs_give_a_transient_its_interval() {
    let model = Model::from_yaml(&single(
        "{replicas: {a: 1}, servers: infinite, service_time: {any: {exponential: {mean: 1ms}}}}",
        "{}",
        300,
        "",
    ))
    .unwrap();
    let scenario = "{scenario: kill, horizon: 10s, faults: [{at: 5s, target: {component: store}, effect: {kill: {}}}]}";
    let scenario = Scenario::from_yaml(scenario).unwrap();
    let caches = Caches::warm(&model, 1.0, Seed(1), WarmOptions::USUAL);
    let runs: Vec<Outcome> = (0..10)
        .map(|n| simulate_scenario(&model, &scenario, &caches, Seed(7).replication(n)))
        .collect();
    assert!(runs[0].operations["op"].availability_ratio.unwrap().interval().is_none());
    let all = Outcome::combine(&runs);
    let (low, high) = all.operations["op"].availability_ratio.unwrap().interval().unwrap();
    assert!(low < 0.5 && 0.5 < high && high - low < 0.03, "{low} {high}");
    assert_eq!(all.runs, 10);
    assert_eq!(
        all.operations["op"].requests,
        runs.iter().map(|r| r.operations["op"].requests).sum::<u64>()
    );
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let text = || serde_json::to_string(&cached("{timeout: 200ms}", "6s")).unwrap();
    assert_eq!(text(), text());
}
