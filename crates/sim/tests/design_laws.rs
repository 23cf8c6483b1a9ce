//! Laws that hold for every design, over random ones, with and without trouble.
//!
//! The number of a design stands in each message; `TENFOLD_DESIGNS=5000` tries more of them.

#[path = "support/random_design.rs"]
mod random_design;

use random_design::{Random, TROUBLE, Trouble, random};
use serde_json::Value;
use tenfold_sim::keys::WarmOptions;
use tenfold_sim::stats::replications;
use tenfold_sim::{Caches, Outcome, Scenario, simulate_scenario};
use tenfold_units::Seed;

/// The load stops after this many seconds.
const STOPS: f64 = 8.0;
/// And everything has come to rest after so many,
const ENDS: f64 = 200.0;
/// but for closed populations, which go on for ever.
const ENDS_CLOSED: f64 = 20.0;
/// Length of the windows of a run, in seconds.
const WINDOW: f64 = 0.5;
/// Caches begin as they are after a few look-ups: these laws hold for any content.
const COLD: WarmOptions = WarmOptions { budget: 20_000, tolerance: 1.0 };

/// How many designs are tried.
#[expect(clippy::disallowed_methods, reason = "how much is tried is said from outside")]
fn designs(usual: u64) -> u64 {
    std::env::var("TENFOLD_DESIGNS").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// A load that stops, and time to finish what has begun.
fn drained(random: &Random) -> Scenario {
    let ends = if random.closed.is_empty() { ENDS } else { ENDS_CLOSED };
    let text = format!(
        "{{scenario: drained, horizon: {ends}s, window: 500ms, profile: [{{at: {STOPS}s, factor: 1}}, \
         {{at: {}s, factor: 0}}], faults: [{}]}}",
        STOPS + 0.001,
        random.faults
    );
    Scenario::from_yaml(&text).unwrap_or_else(|error| panic!("{error:?}\n{text}"))
}

fn run(random: &Random, scenario: &Scenario, seed: Seed) -> Outcome {
    let model = random.model();
    let caches = Caches::warm(&model, scenario.load, Seed(1), COLD);
    simulate_scenario(&model, scenario, &caches, seed)
}

/// Every number is finite and not negative, and percentiles do not fall.
fn sane(value: &Value, at: &str) {
    match value {
        Value::Object(object) => {
            if object.contains_key("p999") {
                let of = |name: &str| object[name]["value"].as_f64().expect("a percentile");
                let order = ["p50", "p90", "p95", "p99", "p999"].map(of);
                assert!(order.is_sorted(), "{at}: {order:?}");
            }
            for (key, value) in object {
                if key != "queue_growth_per_second" {
                    sane(value, &format!("{at}/{key}"));
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| sane(value, at)),
        Value::Number(number) => {
            assert!(number.as_f64().is_some_and(|number| number >= 0.0), "{at}: {number}");
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// What came in went out, each by one way, and nobody is left anywhere.
fn conserved(random: &Random, outcome: &Outcome, what: &str) {
    for (name, seen) in &outcome.operations {
        let windows = || outcome.series.iter().map(|window| &window.operations[name]);
        let good: u64 = windows().map(|window| window.good).sum();
        let bad: u64 = windows().map(|window| window.bad).sum();
        let (without, failed): (u64, u64) = (
            windows().map(|window| window.latencies.count()).sum(),
            windows().map(|window| window.failures.total()).sum(),
        );
        assert_eq!(seen.good, good, "{what} {name}: good");
        assert_eq!(seen.failures.total(), failed, "{what} {name}: failed by cause");
        assert!(failed <= bad, "{what} {name}: {failed} of {bad} bad ones failed");
        if name != "work" {
            assert_eq!(without + failed, good + bad, "{what} {name}: one way out each");
        }
        let in_flight = seen.requests - (good + bad);
        // Closed populations go on for ever, and so do the records that they send.
        let most = match random.closed.iter().find(|(closed, _)| closed == name) {
            Some((_, population)) => *population,
            None if name == "work" && !random.closed.is_empty() => u64::MAX,
            None => 0,
        };
        assert!(in_flight <= most, "{what} {name}: {in_flight} requests were never answered");
    }
    if let Some((send, work)) = &random.hands_over {
        let (sent, worked) = (&outcome.operations[send], &outcome.operations[work]);
        assert_eq!(sent.good, worked.requests, "{what}: records sent and records worked on");
        assert_eq!(outcome.components["log"].backlog, Some(0), "{what}: records left");
    }
    if random.closed.is_empty() {
        let last = outcome.series.last().expect("there are windows");
        for (name, part) in &last.components {
            assert!(part.queue_length.abs() < 1e-9, "{what} {name}: somebody waits {part:?}");
            assert!(part.utilization.unwrap_or(0.0).abs() < 1e-9, "{what} {name}: works {part:?}");
        }
    }
}

#[test]
fn what_is_asked_is_answered_once() {
    for number in 0..designs(300) {
        let random = random(number, Trouble::None);
        let outcome = run(&random, &drained(&random), Seed(number));
        let what = format!("design {number}");
        sane(&serde_json::to_value(&outcome).expect("an outcome is JSON"), &what);
        conserved(&random, &outcome, &what);
    }
}

#[test]
fn trouble_loses_no_request() {
    for number in 0..designs(600) {
        let random = random(number, Trouble::Any);
        let scenario = drained(&random);
        let last = scenario.faults.iter().map(|fault| fault.at + fault.lasts.unwrap_or_default());
        assert!(last.max().is_none_or(|last| last.as_secs_f64() <= TROUBLE));
        let outcome = run(&random, &scenario, Seed(number));
        let what = format!("design {number} in trouble");
        sane(&serde_json::to_value(&outcome).expect("an outcome is JSON"), &what);
        conserved(&random, &outcome, &what);
    }
}

/// Little's law without an expectation: over a run that begins and ends empty, the area under a queue
/// is the sum of the waits in it, to the last digit.
#[test]
fn the_area_under_a_queue_is_the_sum_of_its_waits() {
    let mut judged = 0;
    for number in 0..designs(300) {
        let random = random(number, Trouble::None);
        if !random.closed.is_empty() {
            continue;
        }
        let outcome = run(&random, &drained(&random), Seed(number));
        for name in &random.plain {
            let part = &outcome.components[name];
            let Some(wait) = &part.wait_time_seconds else { continue };
            let area: f64 =
                outcome.series.iter().map(|w| w.components[name].queue_length * WINDOW).sum();
            let served = part.throughput_rps.value * outcome.simulated_seconds;
            let sum = wait.mean.value * served;
            let off = (area - sum).abs();
            assert!(off <= 1e-6 * area.max(1e-3), "design {number} {name}: {area} and {sum}");
            judged += u32::from(area > 0.0);
        }
    }
    assert!(judged >= 20, "only {judged} queues had anybody in them");
}

#[test]
fn a_run_repeats_byte_for_byte() {
    for number in 0..designs(60) {
        let random = random(number, Trouble::Any);
        let once = || {
            let outcome = run(&random, &drained(&random), Seed(number));
            serde_json::to_string(&outcome).expect("an outcome is JSON")
        };
        assert_eq!(once(), once(), "design {number}");
    }
}

/// Which of two events at the same instant comes first is nobody's promise: figures may not depend on
/// it. Pairs of runs with the same requests, and the interval of their difference.
#[test]
fn the_order_of_ties_decides_nothing() {
    const PAIRS: u64 = 10;
    let (mut judged, mut surprising) = (0, Vec::new());
    for number in 0..designs(40) {
        let random = random(number, if number % 2 == 0 { Trouble::None } else { Trouble::Any });
        let scenario = drained(&random);
        let shuffled = Scenario { shuffle_ties: true, ..scenario.clone() };
        let figures = |scenario: &Scenario| -> Vec<Vec<f64>> {
            let runs =
                (0..PAIRS).map(|pair| run(&random, scenario, Seed(number).replication(pair)));
            runs.map(|outcome| good_and_busy(&outcome)).collect()
        };
        let (plain, other) = (figures(&scenario), figures(&shuffled));
        for index in 0..plain[0].len() {
            let of = |runs: &[Vec<f64>]| runs.iter().map(|run| run[index]).collect::<Vec<f64>>();
            let found =
                replications::difference(&of(&plain), &of(&other)).expect("there are pairs");
            let (low, high) = found.interval().expect("enough pairs");
            // More than twice as far from 0 as the interval allows, and enough to change a verdict.
            let half = (high - low) / 2.0;
            let scale = plain.iter().map(|run| run[index]).sum::<f64>() / PAIRS as f64;
            judged += 1;
            if found.value.abs() > 2.0 * half && found.value.abs() > 0.01 * scale {
                surprising.push(format!("design {number}, figure {index}: {found:?} of {scale}"));
            }
        }
    }
    assert!(judged > 100, "{judged}");
    assert!(surprising.is_empty(), "{surprising:#?}");
}

/// Shares of good answers, mean latencies and utilizations.
fn good_and_busy(outcome: &Outcome) -> Vec<f64> {
    let operations = outcome.operations.values().flat_map(|seen| {
        let good = seen.good as f64 / seen.requests.max(1) as f64;
        [good, seen.latency_seconds.as_ref().map_or(0.0, |latency| latency.mean.value)]
    });
    let busy = |part: &tenfold_sim::ComponentOutcome| part.utilization.map_or(0.0, |u| u.value);
    operations.chain(outcome.components.values().map(busy)).collect()
}
