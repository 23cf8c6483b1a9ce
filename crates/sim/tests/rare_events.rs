//! Importance splitting against exact answers from 1e-6 to 1e-12.

#[path = "support/coverage.rs"]
#[expect(dead_code, reason = "counting only")]
mod coverage;
#[path = "support/rare.rs"]
mod rare;

use coverage::Coverage;
use rare::Rare;
use tenfold_sim::{Model, RareEvent, Splitting, split};
use tenfold_units::Seed;

/// Runs cases on every core.
fn check(cases: &[(Rare, u64)]) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let failures: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|part| {
                let mine = cases.iter().skip(part).step_by(threads);
                scope.spawn(move || {
                    mine.filter_map(|(case, budget)| case.wrong(*budget)).collect::<Vec<_>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic")).collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn one_queue_in_a_million_to_a_million_million() {
    check(&[
        (rare::m_m_1(0.5, 20), 4_000_000),
        (rare::m_m_1(0.5, 40), 8_000_000),
        (rare::m_m_1(0.1, 9), 4_000_000),
        (rare::m_m_c(4, 2.0, 20), 4_000_000),
        (rare::m_d_1(0.6, 14), 4_000_000),
        (rare::m_h2_1(0.5, 1.5, 20), 8_000_000),
    ]);
}

#[test]
fn losses_of_bounded_queues() {
    check(&[
        (rare::loss(1, 19, 0.5), 4_000_000),
        (rare::loss(1, 39, 0.5), 8_000_000),
        (rare::loss(8, 24, 4.0), 8_000_000),
    ]);
}

#[test]
fn waits_and_second_queues() {
    check(&[(rare::wait(1, 0.5, 30.0), 8_000_000), (rare::tandem(0.3, 0.5, 20), 8_000_000)]);
}

/// Parts that fail and are repaired are closed customers: k of n with few crews.
#[test]
fn parts_that_are_down_together() {
    check(&[
        (rare::parts(10, 2, 100.0, 4), 4_000_000),
        (rare::parts(5, 5, 1_000.0, 4), 20_000_000),
    ]);
}

/// Repairs that are not exponential: the share of the time that many parts are down is binomial.
#[test]
fn parts_with_any_repair() {
    check(&[
        (rare::repairs(6, "{deterministic: 1s}", 100.0, 3), 4_000_000),
        (rare::repairs(6, "{lognormal: {mean: 1s, cv: 1}}", 100.0, 3), 4_000_000),
        (rare::repairs(8, "{lognormal: {mean: 1s, cv: 2}}", 50.0, 4), 8_000_000),
        (rare::repairs(12, "{uniform: {low: 0s, high: 2s}}", 20.0, 7), 8_000_000),
    ]);
}

#[test]
fn intervals_hold_the_truth() {
    covers(&rare::m_m_1(0.5, 20), 200, 2_000_000);
}

#[test]
fn intervals_of_parts_with_lognormal_repair_hold_the_truth() {
    covers(&rare::repairs(6, "{lognormal: {mean: 1s, cv: 1}}", 100.0, 3), 100, 1_000_000);
}

fn covers(case: &Rare, seeds: u64, budget: u64) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let mut all = Coverage::default();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|part| {
                scope.spawn(move || {
                    let mut mine = Coverage::default();
                    for seed in (1 + part..=seeds).step_by(threads as usize) {
                        let found = case.found(seed, budget);
                        mine.add(&found.probability.expect("it is seen"), case.exact);
                    }
                    mine
                })
            })
            .collect();
        workers.into_iter().for_each(|worker| all.merge(&worker.join().expect("no panic")));
    });
    assert!(all.printed_ratio() > 0.5, "{all:?}");
    let bound = |p: f64| 4.0 * (p * (1.0 - p) / f64::from(all.printed)).sqrt();
    assert!(all.held_ratio() > 0.93 - bound(0.93), "held too rarely: {all:?}");
    assert!(all.held_ratio() < 0.97 + bound(0.97), "held too often: {all:?}");
    assert!(all.mean_half_width() < 0.15, "too wide: {all:?}");
}

/// What is common needs no levels and is still right.
#[test]
fn what_is_not_rare_is_found_too() {
    check(&[(rare::m_m_1(0.5, 1), 1_000_000), (rare::loss(1, 2, 0.5), 1_000_000)]);
}

#[test]
fn the_same_seed_gives_the_same_answer_whoever_runs_it() {
    let case = rare::m_m_c(4, 2.0, 10);
    let place = case.event.locate(&case.model).expect("it is there");
    let splitting =
        Splitting::prepare(&case.model, &place, Seed(3), 500_000).expect("levels are found");
    let forwards: Vec<_> = (0..splitting.runs()).map(|index| splitting.run(index)).collect();
    let mut backwards: Vec<_> =
        (0..splitting.runs()).rev().map(|index| splitting.run(index)).collect();
    backwards.reverse();
    assert_eq!(forwards, backwards);
    let again = split(&case.model, &case.event, Seed(3), 500_000).expect("it is there");
    assert_eq!(splitting.conclude(&forwards), again);
}

/// A heavy tail, and a budget that is too small: a value at most, and why.
#[test]
fn what_cannot_be_known_has_no_interval() {
    let model = |service: &str| {
        Model::from_yaml(&format!(
            "{{model: heavy, stations: {{s: {{servers: 1, service_time: {service}}}}}, \
             arrivals: {{a: {{to: s, poisson: {{rate: 0.5/s}}}}}}}}"
        ))
        .expect("the model is valid")
    };
    let event: RareEvent = "s.in_flight>=20".parse().expect("an event");
    let heavy = model("{lognormal: {mean: 1s, cv: 2}}");
    let found = split(&heavy, &event, Seed(1), 2_000_000).expect("it is there");
    assert!(found.probability.is_none_or(|p| p.interval().is_none()), "{found:?}");
    assert!(found.why.expect("a reason").contains("tail"));
    let light = model("{exponential: {mean: 1s}}");
    let found = split(&light, &event, Seed(1), 20_000).expect("it is there");
    assert!(found.probability.is_none_or(|p| p.interval().is_none()), "{found:?}");
    assert!(found.why.expect("a reason").contains("budget"));
}

#[test]
fn questions_that_have_no_answer_say_what_has_one() {
    let model = Model::from_yaml(
        "
model: two
stations:
  desk: {servers: 1, service_time: {exponential: {mean: 1s}}, queue: {length: 3}}
  shared: {servers: 1, service_time: {exponential: {mean: 1s}}, discipline: processor-sharing}
  back: {servers: 1, service_time: {exponential: {mean: 1s}}, queue: {length: 3}}
arrivals:
  people: {to: desk, poisson: {rate: 0.5/s}}
  others: {to: shared, poisson: {rate: 0.5/s}}
routing:
  desk: {back: 1}
",
    )
    .expect("the model is valid");
    for (event, words) in [
        ("nobody.queue>=3", "desk, shared, back"),
        ("nobody.dropped", "people, others"),
        ("people.queue>=3", "only `dropped`"),
        ("people.dropped", "desk.dropped, back.dropped"),
        ("others.dropped", "no station on its way has a bound"),
        ("shared.dropped", "no bound"),
        ("shared.queue>=3", "shared.in_flight>=3"),
        ("shared.wait>3s", "nobody waits"),
    ] {
        let event: RareEvent = event.parse().expect("an event");
        let error = event.locate(&model).expect_err("it has no answer");
        assert!(error.contains(words), "{event}: {error}");
    }
    for (event, words) in [
        ("desk", "STATION.queue>=N"),
        ("desk.queue>3", "STATION.queue>=N"),
        ("desk.queue>=x", "1 to 1000000"),
        ("desk.dropped>=1", "alone"),
        ("desk.wait>soon", "desk.wait>soon"),
    ] {
        let error = event.parse::<RareEvent>().expect_err("no event");
        assert!(error.contains(words), "{event}: {error}");
    }
    let overload = Model::from_yaml(
        "{model: o, stations: {s: {servers: 1, service_time: {exponential: {mean: 2s}}}}, \
         arrivals: {a: {to: s, poisson: {rate: 1/s}}}}",
    )
    .expect("the model is valid");
    let event: RareEvent = "s.queue>=3".parse().expect("an event");
    assert!(event.locate(&overload).expect_err("it grows").contains("no steady state"));
}
