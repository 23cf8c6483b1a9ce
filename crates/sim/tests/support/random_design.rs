//! Random designs: components, links and flows with whatever the simulator knows, drawn from a seed.

use tenfold_sim::Model;
use tenfold_units::Seed;
use tenfold_units::random::Stream;

/// A design and what happens to it, as text: so that a failing one can be run by hand.
#[derive(Clone, Debug)]
pub(crate) struct Random {
    pub(crate) yaml: String,
    /// Faults of the scenario; all are over after [`TROUBLE`] seconds.
    pub(crate) faults: String,
    /// Customers of closed operations, by operation.
    pub(crate) closed: Vec<(String, u64)>,
    /// What each topic's senders and consumers are called, where nothing is sent twice.
    pub(crate) hands_over: Option<(String, String)>,
    /// Components that nothing but their own service empties, first come, first served.
    pub(crate) plain: Vec<String>,
}

/// By then every fault is over, in seconds.
pub(crate) const TROUBLE: f64 = 6.0;

/// What may go wrong in a random design.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Trouble {
    /// Nothing.
    None,
    /// Anything that a scenario can hold.
    Any,
}

const SERVICES: [&str; 6] = [
    "{exponential: {mean: 2ms}}",
    "{deterministic: 2ms}",
    "{erlang: {mean: 2ms, stages: 3}}",
    "{lognormal: {mean: 2ms, cv: 1}}",
    "{uniform: {low: 1ms, high: 3ms}}",
    "{empirical: [[1ms, 1], [3ms, 1]]}",
];

const QUEUES: [&str; 7] = [
    "",
    ", queue: {length: 20}",
    ", queue: {length: 5, shed: oldest}",
    ", queue: {wait: 10ms}",
    ", queue: {length: 50, order: lifo}",
    ", queue: {order: adaptive-lifo, wait: 50ms}",
    ", queue: {controlled_delay: {target: 5ms, interval: 100ms}}",
];

const LINKS: [&str; 16] = [
    "retry: {max_attempts: 3, base: 1ms, cap: 10ms, jitter: full}",
    "retry: {max_attempts: 2, base: 5ms, cap: 5ms, jitter: none}",
    "retry: {max_attempts: 4, base: 2ms, cap: 20ms, jitter: full}, retry_budget: {ratio: {retry_ratio: 0.1, ttl: 10s, min_retries_per_second: 1}}",
    "hedge_after: 4ms",
    "pool: 4",
    "pool: 3, pool_waits: true",
    "pool: 2, pool_per_shard: true, pool_waits: true",
    "single_flight: true",
    "cancel: true",
    "admission: {rate: 100, per: 1s, burst: 20}",
    "concurrency: {initial: 10, min: 1, max: 100, algorithm: {aimd: {backoff: 0.9, timeout: 20ms}}}",
    "breaker: {window: {calls: 20}, minimum_calls: 20, failure_ratio: 0.5, open_wait: 500ms, half_open_calls: 5}",
    "balance: {policy: round-robin}",
    "balance: {policy: least-connections}, zone_aware: true",
    "balance: {policy: random}",
    "request_size: {exponential: {mean: 10kB}}, answer_size: {deterministic: 20kB}",
];

const FAULTS: [&str; 14] = [
    "effect: {kill: {}}",
    "effect: {kill: {silent: true}}",
    "effect: {kill: {keep_contents: true}}",
    "effect: {slow: 4}",
    "effect: pause",
    "effect: {errors: 0.3}",
    "effect: flush-cache",
    "effect: {network-partition: {}}",
    "effect: {network-partition: {lost: outgoing}}",
    "effect: {network-partition: {lost: incoming, share: 0.5}}",
    "effect: {clock-step: {ahead: 1h}}",
    "effect: {clock-step: {back: 10s}}",
    "effect: disk-full",
    "effect: {roll-out: {restart: 200ms, errors: 0.2}}",
];

/// Draws parts of a design.
struct Draw(Stream);

impl Draw {
    fn of<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.0.below(from.len() as u64) as usize]
    }

    fn up_to(&mut self, most: u64) -> u64 {
        1 + self.0.below(most)
    }

    fn chance(&mut self, p: f64) -> bool {
        self.0.chance(p)
    }

    fn replicas(&mut self, zones: &[&str]) -> String {
        let each: Vec<String> =
            zones.iter().map(|zone| format!("{zone}: {}", self.up_to(3))).collect();
        format!("replicas: {{{}}}", each.join(", "))
    }

    fn component(&mut self, zones: &[&str], plain: bool, by_key: bool) -> String {
        let (replicas, servers, service) =
            (self.replicas(zones), self.up_to(3), self.of(&SERVICES));
        let mut out = format!(
            "{replicas}, servers: {servers}, service_time: {{any: {service}}}, detection: 300ms"
        );
        if plain {
            return out;
        }
        out.push_str(self.of(&QUEUES));
        let extras = [
            (0.2, ", wait_after: {any: {exponential: {mean: 3ms}}}"),
            (0.2, ", bandwidth: 100MB/s"),
            (
                0.15,
                ", garbage_collection: {interval: {exponential: {mean: 1s}}, pause: {deterministic: 20ms}}",
            ),
            (0.15, ", slow_start: {factor: 3, for: 1s}"),
            (
                0.15,
                ", autoscaler: {target_utilization: 0.5, max_replicas: 6, interval: 500ms, provisioning: 1s, stabilization: 2s, drain: 500ms}",
            ),
        ];
        // What is found by key does not move to new replicas.
        let extras = &extras[..extras.len() - usize::from(by_key)];
        for (p, extra) in extras {
            if self.chance(*p) {
                out.push_str(extra);
            }
        }
        out
    }

    fn data(&mut self) -> String {
        let (copies, level) =
            (self.up_to(2), self.of(&["one", "local-one", "quorum", "all", "primary"]));
        let failover = if self.chance(0.5) { ", failover: 400ms" } else { "" };
        format!(
            ", data: {{shards: {}, copies: {copies}, read: {}, write: {level}{failover}}}",
            2 + self.up_to(4),
            self.of(&["one", "local-one", "quorum", "all", "primary"]),
        )
    }

    fn link(&mut self, safe: bool) -> String {
        let mut parts = Vec::new();
        if safe || self.chance(0.7) {
            parts.push(format!("timeout: {}ms", 10 * self.up_to(10)));
        }
        let mut taken: Vec<&str> = Vec::new();
        for _ in 0..self.0.below(4) {
            let more = self.of(&LINKS);
            let key = more.split(':').next().unwrap_or_default();
            if !taken.contains(&key) {
                taken.push(key);
                parts.push(more.to_owned());
            }
        }
        format!("{{{}}}", parts.join(", "))
    }

    /// A step on `level`, which calls levels below.
    fn step(&mut self, level: u64) -> String {
        let to = format!("c{}", level + 1);
        let inner =
            if level < 2 && self.chance(0.5) { self.steps(level + 1) } else { String::new() };
        let instead = match self.up_to(4) {
            1 => ", on_error: []",
            2 => ", on_error: [{call: {to: c3}}]",
            _ => "",
        };
        let access = self.of(&["", ", access: write"]);
        let call = format!("{{call: {{to: {to}{access}, steps: [{inner}]{instead}}}}}");
        match self.up_to(10) {
            1..=5 => call,
            6 => {
                format!("{{choice: [{{probability: 0.3, steps: [{call}]}}, {{probability: 0.7}}]}}")
            }
            7 => {
                let join = self.of(&["all", "any", "{quorum: 2}"]);
                format!(
                    "{{parallel: {{branches: [[{call}], [{{call: {{to: c3}}}}], [{{call: {{to: {to}}}}}]], join: {join}}}}}"
                )
            }
            8 => format!(
                "{{lookup: {{cache: cache, on_miss: [{call}, {{fill: cache}}], on_error: [{call}]}}}}"
            ),
            9 => format!("{{each: {{steps: [{call}]}}}}"),
            _ => format!("{call}, {}", self.of(&["{emit: log}", "{append: log}", "{fill: cache}"])),
        }
    }

    fn steps(&mut self, level: u64) -> String {
        let count = self.up_to(2);
        (0..count).map(|_| self.step(level)).collect::<Vec<_>>().join(", ")
    }
}

/// Returns the design of a seed: three levels of components, a cache, a topic with consumers, one
/// to three operations.
pub(crate) fn random(seed: u64, trouble: Trouble) -> Random {
    let mut draw = Draw(Seed(seed).stream("random design"));
    let zones = draw.of(&[&["a"][..], &["a", "b"], &["a", "b", "c"]]);
    let mut yaml = format!(
        "model: random\nzones: [{}]\nkeys: {{items: {{zipf: {{exponent: 1, count: 500}}}}}}\n",
        zones.join(", ")
    );
    let loss = if trouble == Trouble::Any && draw.chance(0.2) {
        ", loss_ratio: {cross_zone: 0.01, same_zone: 0.001}"
    } else {
        ""
    };
    let delay = draw.of(&["{deterministic: 500us}", "{exponential: {mean: 500us}}"]);
    yaml.push_str(&format!(
        "network: {{same_zone: {{deterministic: 100us}}, cross_zone: {delay}{loss}}}\ncomponents:\n"
    ));
    let mut plain = Vec::new();
    for level in 1..=3 {
        let is_plain = trouble == Trouble::None && draw.chance(0.5);
        let data = if draw.chance(0.3) && zones.len() > 1 { draw.data() } else { String::new() };
        if is_plain && data.is_empty() {
            plain.push(format!("c{level}"));
        }
        yaml.push_str(&format!(
            "  c{level}: {{{}{data}}}\n",
            draw.component(zones, is_plain, !data.is_empty())
        ));
    }
    yaml.push_str(&format!(
        "  cache: {{{}, servers: infinite, service_time: {{any: {{deterministic: 200us}}}}, data: {{shards: 2, copies: 1, read: primary, write: primary}}, cache: {{keys: items, options: {{policy: {}, capacity: 50}}}}}}\n",
        draw.replicas(zones),
        draw.of(&["lru", "s3-fifo", "tiny-lfu"]),
    ));
    yaml.push_str(&format!(
        "  log: {{{}, servers: 2, service_time: {{any: {{deterministic: 100us}}}}, topic: {{partitions: 4, limit: 100000}}}}\nlinks:\n",
        draw.replicas(zones),
    ));
    let safe = trouble == Trouble::Any;
    for (from, to) in [
        ("client", "c1"),
        ("client", "c2"),
        ("client", "c3"),
        ("c1", "c2"),
        ("c1", "c3"),
        ("c2", "c3"),
        ("client", "cache"),
        ("c1", "cache"),
        ("c2", "cache"),
    ] {
        yaml.push_str(&format!("  {from} -> {to}: {}\n", draw.link(safe)));
    }
    for from in ["client", "c1", "c2"] {
        yaml.push_str(&format!("  {from} -> log: {{timeout: 50ms}}\n"));
    }
    // Who is taken out of a queue has waited in it without being served.
    if yaml.contains("cancel: true") {
        plain.clear();
    }
    yaml.push_str("operations:\n");
    let mut closed = Vec::new();
    let count = draw.up_to(3);
    for index in 0..count {
        let load = if draw.chance(0.7) {
            format!("{{open: {{rate: {}/s}}}}", 20 * draw.up_to(8))
        } else {
            let population = draw.up_to(20);
            closed.push((format!("op{index}"), population));
            let think = draw.of(&["{deterministic: 100ms}", "{exponential: {mean: 100ms}}"]);
            format!("{{closed: {{population: {population}, think_time: {think}}}}}")
        };
        let limit = if draw.chance(0.2) { ", limit: {rate: 100, per: 1s, burst: 10}" } else { "" };
        yaml.push_str(&format!(
            "  op{index}: {{load: {load}, keys: items, good_within: 50ms{limit}, flow: [{}]}}\n",
            draw.steps(0)
        ));
    }
    yaml.push_str("  send: {load: {open: {rate: 50/s}}, flow: [{append: log}]}\n");
    yaml.push_str(&format!(
        "  work: {{load: {{consume: {{topic: log, consumers: {}, batch: {}, wait: 10ms}}}}, flow: [{{each: {{steps: [{{call: {{to: c3}}}}]}}}}]}}\n",
        draw.up_to(4),
        draw.up_to(5)
    ));
    let sent_elsewhere =
        yaml.matches("emit: log").count() + yaml.matches("append: log").count() > 1;
    let hands_over = (!sent_elsewhere && trouble == Trouble::None)
        .then(|| ("send".to_owned(), "work".to_owned()));
    Random { faults: faults(&mut draw, trouble), yaml, closed, hands_over, plain }
}

fn faults(draw: &mut Draw, trouble: Trouble) -> String {
    if trouble == Trouble::None {
        return String::new();
    }
    let count = draw.up_to(3);
    let each: Vec<String> = (0..count)
        .map(|_| {
            let at = 1 + draw.0.below(3);
            let target = draw.of(&[
                "{component: c1}",
                "{component: c2}",
                "{component: c3, replica: 0}",
                "{zone: a}",
                "{component: cache}",
                "{component: log}",
            ]);
            let effect = draw.of(&FAULTS);
            format!("{{at: {at}s, for: {}ms, target: {target}, {effect}}}", 500 * draw.up_to(4))
        })
        .collect();
    each.join(", ")
}

impl Random {
    pub(crate) fn model(&self) -> Model {
        Model::from_yaml(&self.yaml).unwrap_or_else(|error| panic!("{error:?}\n{}", self.yaml))
    }
}
