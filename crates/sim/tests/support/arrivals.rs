//! Arrivals in phases, in batches and from traces, with known answers.

#![expect(clippy::unwrap_used, reason = "a case without an answer is a bug of the test")]

use tenfold_queueing::{Distribution, Gim1, Mg1, Mm1};
use tenfold_units::math;

use super::case::Case;
use super::chains::stationary;

/// Events of a case.
const EVENTS: u64 = 3_000_000;

/// Returns every case.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = vec![
        modulated("bursts", &[Phase(0.4, 20.0, &[]), Phase(1.6, 5.0, &[])], None),
        modulated("on and off", &[Phase(1.2, 6.0, &[]), Phase(0.0, 6.0, &[])], None),
        modulated(
            "three phases",
            &[
                Phase(0.3, 8.0, &[0.0, 0.7, 0.3]),
                Phase(0.9, 4.0, &[1.0, 0.0, 0.0]),
                Phase(2.0, 2.0, &[0.5, 0.5, 0.0]),
            ],
            None,
        ),
        modulated("bursts at a bound", &[Phase(0.5, 30.0, &[]), Phase(4.0, 10.0, &[])], Some(5)),
        equal_phases(),
        batches_at_a_bound(),
        clockwork_batches(),
        replayed_beat(),
        replayed_pairs(),
    ];
    cases.extend(batches());
    cases
}

/// A phase: arrivals per second, mean stay, and the probabilities of the next phase, where it is not
/// the following one.
struct Phase(f64, f64, &'static [f64]);

/// MMPP/M/1, without a bound or with one of so many waiting places: the chain of customers and phase.
fn modulated(name: &str, phases: &[Phase], places: Option<usize>) -> Case {
    let count = phases.len();
    let most = places.map_or(400, |places| places + 1);
    let chain = stationary((most + 1) * count, |state| {
        let (there, phase) = (state / count, state % count);
        let Phase(rate, stay, next) = &phases[phase];
        let mut ways = Vec::new();
        if there < most {
            ways.push((state + count, *rate));
        }
        if there > 0 {
            ways.push((state - count, 1.0));
        }
        for to in (0..count).filter(|to| *to != phase) {
            let follows = f64::from(u8::from(to == (phase + 1) % count));
            let probability = next.get(to).copied().unwrap_or(follows);
            ways.push((to + there * count, probability / stay));
        }
        ways
    });
    let sum = |f: &dyn Fn(usize, usize) -> f64| -> f64 {
        chain.iter().enumerate().map(|(i, p)| p * f(i / count, i % count)).sum()
    };
    let rate = sum(&|_, phase| phases[phase].0);
    let served = sum(&|there, _| f64::from(u8::from(there > 0)));
    let in_flight = sum(&|there, _| there as f64);
    // What those see who find room, and stay for that many services and their own.
    let mut found = vec![0.0; most];
    for (state, probability) in chain.iter().enumerate().filter(|(i, _)| i / count < most) {
        found[state / count] += probability * phases[state % count].0 / served;
    }
    let bound = places.map_or(String::new(), |places| format!(", queue: {{length: {places}}}"));
    let text = phases.iter().enumerate().map(|(index, Phase(rate, stay, next))| {
        let ways = next.iter().enumerate().map(|(to, p)| format!("p{to}: {p}"));
        let next = match ways.collect::<Vec<_>>().join(", ") {
            ways if ways.is_empty() => String::new(),
            ways => format!(", next: {{{ways}}}"),
        };
        format!("p{index}: {{rate: {rate}/s, mean_stay: {stay}s{next}}}")
    });
    let text = text.collect::<Vec<_>>().join(", ");
    let case = Case::queue(
        &format!("MMPP/M/1, {name}"),
        3 * EVENTS,
        &format!("servers: 1, service_time: {{exponential: {{mean: 1s}}}}{bound}"),
        &format!("markov_modulated: {{{text}}}"),
    )
    .expect_all(&[
        ("throughput_rps", served),
        ("utilization", served),
        ("in_flight", in_flight),
        ("response_time_seconds/mean", in_flight / served),
        ("response_time_seconds/p50", percentile(&found, 0.5)),
        ("response_time_seconds/p95", percentile(&found, 0.95)),
        ("response_time_seconds/p99", percentile(&found, 0.99)),
    ]);
    if places.is_some() { case.expect_all(&[("dropped_ratio", 1.0 - served / rate)]) } else { case }
}

/// Returns the percentile of a sum of exponential services with mean 1: one more than those found.
fn percentile(found: &[f64], ratio: f64) -> f64 {
    // More than n + 1 services last beyond x where at most n of them end before it: Poisson.
    let beyond = |x: f64| -> f64 {
        let (mut term, mut within, mut sum) = (math::exp(-x), 0.0, 0.0);
        for (there, probability) in found.iter().enumerate() {
            within += term;
            term *= x / (there + 1) as f64;
            sum += probability * within;
        }
        sum
    };
    let (mut low, mut high) = (0.0, 500.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if beyond(middle) > 1.0 - ratio { low = middle } else { high = middle }
    }
    low
}

/// Phases of the same rate are no phases.
fn equal_phases() -> Case {
    let queue = Mm1::new(0.6, 1.0).unwrap();
    Case::queue(
        "equal phases",
        EVENTS,
        "servers: 1, service_time: {exponential: {mean: 1s}}",
        "markov_modulated: {a: {rate: 0.6/s, mean_stay: 2s}, b: {rate: 36/min, mean_stay: 0.5s}}",
    )
    .expect_all(&[
        ("throughput_rps", 0.6),
        ("wait_time_seconds/mean", queue.mean_wait()),
        ("response_time_seconds/p99", queue.response_percentile(0.99)),
    ])
}

/// Batches at one server: a batch waits as a customer of M/G/1 whose service is that of all of it,
/// and its members for each other (Burke, *Delays in single-server queues with batch input*, 1975).
fn batches() -> Vec<Case> {
    let cases: [(&str, f64, f64); 3] = [
        ("deterministic: 3", 3.0, 9.0),
        // A geometric number has the second moment 2 m² - m.
        ("geometric: {mean: 2.5}", 2.5, 10.0),
        ("empirical: [[1, 3], [5, 1]]", 2.0, 7.0),
    ];
    let services = [
        ("exponential: {mean: 0.5s}", Distribution::Exponential { mean: 0.5 }),
        ("deterministic: 0.5s", Distribution::Deterministic { value: 0.5 }),
    ];
    let mut out = Vec::new();
    for (batch, mean, square) in cases {
        for (text, service) in &services {
            let rate = 1.2 / mean;
            let alone = Mg1::new(rate * mean, service).unwrap();
            let load = rate * mean * 0.5;
            let wait = alone.mean_wait() + (square / mean - 1.0) * 0.5 / (2.0 * (1.0 - load));
            out.push(
                Case::queue(
                    &format!("M/G/1 in batches, {batch}, {text}"),
                    EVENTS,
                    &format!("servers: 1, service_time: {{{text}}}"),
                    &format!("poisson: {{rate: {rate}/s}}, batch: {{{batch}}}"),
                )
                .expect_all(&[
                    ("throughput_rps", rate * mean),
                    ("utilization", load),
                    ("wait_time_seconds/mean", wait),
                    ("queue_length", rate * mean * wait),
                ])
                .expect("arrivals/a/latency_seconds/mean", wait + 0.5),
            );
        }
    }
    out
}

/// Pairs come to two servers and one waiting place: who finds no room is dropped, the other is not.
fn batches_at_a_bound() -> Case {
    const ROOM: usize = 3;
    let rate = 0.8;
    let chain = stationary(ROOM + 1, |there| {
        let mut ways = vec![((there + 2).min(ROOM), if there < ROOM { rate } else { 0.0 })];
        if there > 0 {
            ways.push((there - 1, there.min(2) as f64));
        }
        ways
    });
    let busy = chain[1] + 2.0 * (chain[2] + chain[3]);
    Case::queue(
        "pairs at a bound",
        EVENTS,
        "servers: 2, service_time: {exponential: {mean: 1s}}, queue: {length: 1}",
        "poisson: {rate: 0.8/s}, batch: {deterministic: 2}",
    )
    .expect_all(&[
        ("dropped_ratio", 1.0 - busy / (2.0 * rate)),
        ("utilization", busy / 2.0),
        ("queue_length", chain[3]),
    ])
}

/// Three come each second: they wait for none, one and two services.
fn clockwork_batches() -> Case {
    Case::queue(
        "clockwork in batches",
        400_000,
        "servers: 1, service_time: {deterministic: 0.25s}",
        "renewal: {interarrival: {deterministic: 1s}}, batch: {deterministic: 3}",
    )
    .expect_all(&[
        ("wait_time_seconds/mean", 0.25),
        ("wait_time_seconds/p50", 0.25),
        ("wait_time_seconds/p99", 0.5),
        ("response_time_seconds/p50", 0.5),
        ("utilization", 0.75),
        ("queue_length", 0.75),
    ])
}

/// A trace of one gap, again and again, is D/M/1.
fn replayed_beat() -> Case {
    let queue = Gim1::new(&Distribution::Deterministic { value: 1.0 }, 0.7).unwrap();
    Case::queue(
        "a replayed beat",
        EVENTS,
        "servers: 1, service_time: {exponential: {mean: 0.7s}}",
        "trace: {gaps: [1s], repeat: true}",
    )
    .expect_all(&[
        ("wait_time_seconds/mean", queue.mean_wait()),
        ("response_time_seconds/p99", queue.response_percentile(0.99)),
        ("utilization", 0.7),
    ])
}

/// Two come 1 s apart every 4 s, and each is served for 1.5 s.
fn replayed_pairs() -> Case {
    Case::queue(
        "replayed pairs",
        400_000,
        "servers: 1, service_time: {deterministic: 1.5s}",
        "trace: {gaps: [3s, 1s], repeat: true}",
    )
    .expect_all(&[
        ("wait_time_seconds/mean", 0.25),
        ("wait_time_seconds/p95", 0.5),
        ("utilization", 0.75),
        ("throughput_rps", 0.5),
        ("queue_length", 0.125),
    ])
}
