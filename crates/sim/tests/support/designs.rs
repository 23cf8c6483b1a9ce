//! Designs with known answers.

#![expect(clippy::unwrap_used, reason = "a case without an answer is a bug of the test")]

use tenfold_queueing::{
    CacheGroup, Mm1, Mmc, erlang_b, fork_join_of_two, lru_hit_ratio, power_of_choices, quorum_mean,
};
use tenfold_units::math;

use super::case::Case;

/// Returns every case.
pub(crate) fn all() -> Vec<Case> {
    vec![
        one_replica(),
        shared_servers(),
        fork_and_join(),
        quorum(),
        quorum_of_five(),
        pool(),
        timeout(),
        zombies(),
        retries(),
        two_choices(),
        lru_cache(),
        hand_over(),
    ]
}

/// One component `store` behind a client; `rest` of its link, and of the scenario.
fn single(name: &str, component: &str, link: &str, rate: u32, call: &str, scenario: &str) -> Case {
    let yaml = format!(
        "zones: [a]
components:
  store: {{{component}}}
links:
  client -> store: {{{link}}}
operations:
  op:
    load: {{open: {{rate: {rate}/s}}}}
    flow: [{{call: {{to: store{call}}}}}]
"
    );
    Case::design(name, scenario, &yaml)
}

const EXPONENTIAL: &str = "service_time: {any: {exponential: {mean: 1ms}}}";

pub(crate) fn one_replica() -> Case {
    let queue = Mm1::new(700.0, 1e-3).unwrap();
    let component = format!("replicas: {{a: 1}}, servers: 1, {EXPONENTIAL}");
    single("a design of one M/M/1", &component, "", 700, "", "horizon: 2000s")
        .expect("operations/op/latency_seconds/mean", queue.mean_response())
        .expect("operations/op/latency_seconds/p50", queue.response_percentile(0.5))
        .expect("operations/op/latency_seconds/p99", queue.response_percentile(0.99))
        .expect("operations/op/throughput_rps", 700.0)
        .expect("components/store/utilization", 0.7)
        .expect("components/store/queue_length", queue.mean_queue_length())
        .expect("components/store/wait_time_seconds/mean", queue.mean_wait())
}

fn shared_servers() -> Case {
    let queue = Mmc::new(3_000.0, 1e-3, 4).unwrap();
    let component = format!("replicas: {{a: 1}}, servers: 4, {EXPONENTIAL}");
    single("a design of one M/M/4", &component, "", 3_000, "", "horizon: 400s")
        .expect("operations/op/latency_seconds/mean", queue.mean_response())
        .expect("operations/op/latency_seconds/p99", queue.response_percentile(0.99))
        .expect("components/store/queue_length", queue.mean_queue_length())
}

fn fork_and_join() -> Case {
    Case::design(
        "fork to two M/M/1 and join",
        "horizon: 1500s",
        "zones: [a]
components:
  left: {replicas: {a: 1}, servers: 1, service_time: {any: {exponential: {mean: 1ms}}}}
  right: {replicas: {a: 1}, servers: 1, service_time: {any: {exponential: {mean: 1ms}}}}
operations:
  op:
    load: {open: {rate: 600/s}}
    flow: [{parallel: {branches: [[{call: {to: left}}], [{call: {to: right}}]]}}]
",
    )
    .expect("operations/op/latency_seconds/mean", fork_join_of_two(600.0, 1e-3).unwrap())
}

/// A write to three copies waits for two of three exponential answers.
pub(crate) fn quorum() -> Case {
    let component = format!(
        "replicas: {{a: 3}}, servers: infinite, {EXPONENTIAL}, \
         data: {{shards: 3, copies: 3, read: quorum, write: quorum}}"
    );
    single("a quorum of three", &component, "", 1_000, ", access: write", "horizon: 100s")
        .expect("operations/op/latency_seconds/mean", quorum_mean(2, 3, 1e-3).unwrap())
}

fn quorum_of_five() -> Case {
    let component = format!(
        "replicas: {{a: 5}}, servers: infinite, {EXPONENTIAL}, \
         data: {{shards: 5, copies: 5, read: quorum, write: quorum}}"
    );
    single("a quorum of five", &component, "", 1_000, ", access: write", "horizon: 100s")
        .expect("operations/op/latency_seconds/mean", quorum_mean(3, 5, 1e-3).unwrap())
}

/// A caller's pool that is full refuses: Erlang's loss formula.
pub(crate) fn pool() -> Case {
    let lost = erlang_b(10, 8.0).unwrap();
    single(
        "a pool of ten connections",
        "replicas: {a: 1}, servers: infinite, service_time: {any: {deterministic: 10ms}}",
        "pool: 10",
        800,
        "",
        "horizon: 300s",
    )
    .expect("operations/op/availability_ratio", 1.0 - lost)
}

/// Who waits 2 ms for an exponential answer of 1 ms fails with probability e^-2.
pub(crate) fn timeout() -> Case {
    let component = format!("replicas: {{a: 1}}, servers: infinite, {EXPONENTIAL}");
    single("a time-out", &component, "timeout: 2ms", 1_000, "", "horizon: 100s")
        .expect("operations/op/availability_ratio", 1.0 - math::exp(-2.0))
}

/// A callee works on what nobody waits for any more: its utilization is the whole offered load.
pub(crate) fn zombies() -> Case {
    let component = format!("replicas: {{a: 1}}, servers: 1, {EXPONENTIAL}");
    let queue = Mm1::new(700.0, 1e-3).unwrap();
    let late = math::exp(-2e-3 / queue.mean_response());
    single("zombie work", &component, "timeout: 2ms", 700, "", "horizon: 1000s")
        .expect("components/store/utilization", 0.7)
        .expect("operations/op/availability_ratio", 1.0 - late)
}

/// Three attempts, each of which waits 1 ms for an exponential answer of 1 ms.
pub(crate) fn retries() -> Case {
    let late = math::exp(-1.0);
    let component = format!("replicas: {{a: 1}}, servers: infinite, {EXPONENTIAL}");
    let link = "timeout: 1ms, retry: {max_attempts: 3, base: 1ms, cap: 1ms, jitter: none}";
    single("three attempts", &component, link, 500, "", "horizon: 200s")
        .expect("operations/op/availability_ratio", 1.0 - late * late * late)
        .expect("components/store/throughput_rps", 500.0 * (1.0 + late + late * late))
}

fn two_choices() -> Case {
    let answer = power_of_choices(0.8, 2).unwrap() * 1e-3;
    let component = format!("replicas: {{a: 100}}, servers: 1, {EXPONENTIAL}");
    let link = "balance: {policy: power-of-two}";
    single("the better of two of 100", &component, link, 80_000, "", "horizon: 20s").expect_about(
        "operations/op/latency_seconds/mean",
        answer,
        0.02,
    )
}

/// Che's approximation of an LRU cache, under the independent reference model.
fn lru_cache() -> Case {
    let groups: Vec<CacheGroup> = (1..=10_000)
        .map(|rank| CacheGroup { count: 1.0, rate: math::powf(f64::from(rank), -1.1), size: 1.0 })
        .collect();
    let hits = lru_hit_ratio(&groups, 1_000.0).unwrap();
    Case::design(
        "an LRU cache",
        "horizon: 200s",
        "zones: [a]
keys: {items: {zipf: {exponent: 1.1, count: 10_000}}}
components:
  cache: {replicas: {a: 1}, servers: infinite, service_time: {any: {deterministic: 50us}}, data: {shards: 1, copies: 1, read: primary, write: primary}, cache: {keys: items, options: {policy: lru, capacity: 1000}}}
  store: {replicas: {a: 1}, servers: infinite, service_time: {any: {deterministic: 1us}}}
operations:
  op:
    load: {open: {rate: 2000/s}}
    keys: items
    flow: [{lookup: {cache: cache, on_miss: [{call: {to: store}}, {fill: cache}]}}]
",
    )
    .expect_about("components/cache/hit_ratio", hits.hit_ratio, 0.01)
}

/// A record that is emitted is worked on once: what consumers do is what senders send.
fn hand_over() -> Case {
    Case::design(
        "a topic",
        "horizon: 200s",
        "zones: [a]
components:
  log: {replicas: {a: 1}, servers: 4, service_time: {any: {exponential: {mean: 100us}}}, topic: {partitions: 8, limit: 100_000}}
  worker: {replicas: {a: 1}, servers: infinite, service_time: {any: {exponential: {mean: 5ms}}}}
operations:
  send:
    load: {open: {rate: 300/s}}
    flow: [{emit: log}]
  work:
    load: {consume: {topic: log, consumers: 8}}
    flow: [{call: {to: worker}}]
",
    )
    .expect("operations/send/throughput_rps", 300.0)
    .expect("operations/work/throughput_rps", 300.0)
}
