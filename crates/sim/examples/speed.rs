//! Customers per CPU-second through the event loops: `cargo run --release --example speed`.
//!
//! Other work on the machine does not count: time is what this process spent on a processor.
#![expect(clippy::print_stdout, reason = "stdout is the result")]

use std::time::Duration;

use tenfold_sim::keys::WarmOptions;
use tenfold_sim::{Caches, Model, Scenario, simulate, simulate_scenario};
use tenfold_units::Seed;

const PLAIN: [(&str, f64, &str); 6] = [
    ("M/M/1", 2.0, include_str!("../../../examples/models/m-m-1.yaml")),
    ("M/M/8", 2.0, include_str!("../../../examples/models/m-m-c.yaml")),
    ("M/M/1 shares", 2.0, include_str!("../../../examples/models/shares.yaml")),
    ("M/M/1 shortest first", 2.0, include_str!("../../../examples/models/shortest-first.yaml")),
    ("closed", 2.0, include_str!("../../../examples/models/closed.yaml")),
    ("tandem of five", 6.0, FIVE),
];

const FIVE: &str = "
model: five
stations:
  a: {servers: 1, service_time: {exponential: {mean: 1s}}}
  b: {servers: 1, service_time: {exponential: {mean: 1s}}}
  c: {servers: 1, service_time: {exponential: {mean: 1s}}}
  d: {servers: 1, service_time: {exponential: {mean: 1s}}}
  e: {servers: 1, service_time: {exponential: {mean: 1s}}}
arrivals: {jobs: {to: a, poisson: {rate: 0.8/s}}}
routing: {a: {b: 1}, b: {c: 1}, c: {d: 1}, d: {e: 1}}
";

const HOPS: &str = "
model: hops
zones: [a]
components:
  one: {replicas: {a: 4}, servers: 8, service_time: {any: {exponential: {mean: 1ms}}}, queue: {length: 100}}
  two: {replicas: {a: 4}, servers: 8, service_time: {any: {exponential: {mean: 1ms}}}, queue: {length: 100}}
  three: {replicas: {a: 4}, servers: 8, service_time: {any: {exponential: {mean: 1ms}}}, queue: {length: 100}}
links:
  client -> one: {timeout: 50ms, retry: {max_attempts: 3, base: 5ms, cap: 50ms, jitter: full}}
  one -> two: {timeout: 20ms, retry: {max_attempts: 3, base: 5ms, cap: 50ms, jitter: full}}
  two -> three: {timeout: 8ms, retry: {max_attempts: 3, base: 5ms, cap: 50ms, jitter: full}}
operations:
  op:
    load: {open: {rate: 22000/s}}
    flow: [{call: {to: one, steps: [{call: {to: two, steps: [{call: {to: three}}]}}]}}]
";

/// Seconds on a processor so far, from the kernel's count in ticks of 10 ms.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = text.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = after.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn main() {
    const EVENTS: u64 = 40_000_000;
    for (name, per_customer, text) in PLAIN {
        let model = Model::from_yaml(text).expect("the model is valid");
        let begun = cpu_seconds();
        let outcome = simulate(&model, Seed(1), EVENTS);
        let seconds = cpu_seconds() - begun;
        let customers = outcome.events as f64 / per_customer;
        println!("{name}: {:.1} M customers per CPU-second", customers / seconds / 1e6);
    }
    let model = Model::from_yaml(HOPS).expect("the model is valid");
    let scenario = Scenario::steady("speed", 1.0, Duration::ZERO, Duration::from_secs(150));
    let caches = Caches::warm(&model, 1.0, Seed(1), WarmOptions::USUAL);
    let begun = cpu_seconds();
    let outcome = simulate_scenario(&model, &scenario, &caches, Seed(1));
    let seconds = cpu_seconds() - begun;
    let hops = 3.0 * outcome.operations["op"].requests as f64;
    println!("hops with time-outs and retries: {:.1} M per CPU-second", hops / seconds / 1e6);
}
