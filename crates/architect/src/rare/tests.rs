//! Exact answers against formulas of their own.

use tenfold_queueing::{Mmc, MmcK, erlang_b, k_of_n, machine_repair};
use tenfold_sim::Model;
use tenfold_units::{Seed, math};

use super::rare;

/// The exact probability of an event at stations and streams as YAML, and where it is from.
fn exact(yaml: &str, event: &str) -> Option<(f64, String)> {
    let model = Model::from_yaml(&format!("model: case\n{yaml}")).unwrap();
    let found = rare(&model, &event.parse().unwrap(), Seed(1), None).unwrap();
    let exact = found.exact?;
    assert!(found.splitting.is_none(), "nothing is simulated where the answer is known");
    Some((exact.probability, exact.formula))
}

fn desk(station: &str, arrivals: &str, event: &str) -> Option<(f64, String)> {
    let yaml = format!("stations: {{s: {{{station}}}}}\narrivals: {{a: {{to: s, {arrivals}}}}}\n");
    exact(&yaml, event)
}

fn close(found: Option<(f64, String)>, expected: f64) {
    let (found, formula) = found.expect("an exact answer");
    assert!((found / expected - 1.0).abs() < 1e-9, "{formula}: {found} is not {expected}");
}

const ONE_SECOND: &str = "service_time: {exponential: {mean: 1s}}";

#[test]
fn queues_with_many_servers() {
    let queue = Mmc::new(6.0, 1.0, 8).unwrap();
    let station = format!("servers: 8, {ONE_SECOND}");
    let arrivals = "poisson: {rate: 6/s}";
    let many = queue.wait_probability() * math::powf(0.75, 60.0);
    close(desk(&station, arrivals, "s.queue>=60"), many);
    close(desk(&station, arrivals, "s.in_flight>=68"), many);
    close(desk(&station, arrivals, "s.wait>12s"), queue.wait_tail(12.0));
    close(desk(&station, arrivals, "s.wait>1ms"), queue.wait_tail(0.001));
    // A light load at many servers: nearly nobody waits.
    let light = Mmc::new(2.0, 1.0, 30).unwrap();
    let station = format!("servers: 30, {ONE_SECOND}");
    close(desk(&station, "poisson: {rate: 2/s}", "s.wait>10ms"), light.wait_tail(0.01));
}

#[test]
fn bounds_and_populations() {
    let bounded = MmcK::new(3.0, 1.0, 4, 30).unwrap();
    let station = format!("servers: 4, {ONE_SECOND}, queue: {{length: 30}}");
    let arrivals = "poisson: {rate: 3/s}";
    close(desk(&station, arrivals, "s.dropped"), bounded.blocking());
    close(desk(&station, arrivals, "a.dropped"), bounded.blocking());
    close(desk(&station, arrivals, "s.wait>6s"), bounded.wait_tail(6.0));
    let lines = format!("servers: 30, {ONE_SECOND}, queue: {{length: 0}}");
    close(desk(&lines, arrivals, "s.dropped"), erlang_b(30, 3.0).unwrap());
    let parts = machine_repair(10, 1_000.0, 1.0, 2).unwrap();
    let station = format!("servers: 2, {ONE_SECOND}");
    let closed = "closed: {population: 10, think_time: {exponential: {mean: 1000s}}}";
    let down: f64 = parts.down[4..].iter().rev().sum();
    close(desk(&station, closed, "s.in_flight>=4"), down);
    let (none, formula) = desk(&station, closed, "s.in_flight>=11").unwrap();
    assert!(none == 0.0 && formula.contains("no more than 10"), "{formula}");
}

#[test]
fn networks_have_product_form() {
    let yaml = "
stations:
  front: {servers: 2, service_time: {exponential: {mean: 1s}}}
  back: {servers: 1, service_time: {exponential: {mean: 500ms}}}
  behind: {servers: 1, service_time: {lognormal: {mean: 100ms, cv: 2}}}
arrivals:
  jobs: {to: front, poisson: {rate: 0.6/s}}
routing:
  front: {back: 1}
  back: {front: 0.4, behind: 0.6}
";
    // 0.6 / 0.6 visits a second at each of the two.
    close(exact(yaml, "back.in_flight>=40"), math::powf(0.5, 40.0));
    let front = Mmc::new(1.0, 1.0, 2).unwrap();
    close(exact(yaml, "front.wait>20s"), front.wait_tail(20.0));
}

#[test]
fn any_service_at_one_server() {
    let station = "servers: 1, service_time: {erlang: {mean: 1s, stages: 1}}";
    close(desk(station, "poisson: {rate: 0.5/s}", "s.in_flight>=30"), math::powf(0.5, 30.0));
    let bounded = format!("{station}, queue: {{length: 29}}");
    let lost = MmcK::new(0.5, 1.0, 1, 29).unwrap().blocking();
    close(desk(&bounded, "poisson: {rate: 0.5/s}", "s.dropped"), lost);
}

/// Where nobody waits the mean alone decides.
#[test]
fn shapes_that_do_not_matter() {
    let lognormal = "service_time: {lognormal: {mean: 1s, cv: 3}}";
    let arrivals = "poisson: {rate: 3/s}";
    let lines = format!("servers: 30, {lognormal}, queue: {{length: 0}}");
    close(desk(&lines, arrivals, "s.dropped"), erlang_b(30, 3.0).unwrap());
    let shares = format!("servers: 4, {lognormal}, discipline: processor-sharing");
    let queue = Mmc::new(3.0, 1.0, 4).unwrap();
    let many = queue.wait_probability() * math::powf(0.75, 40.0);
    close(desk(&shares, arrivals, "s.in_flight>=44"), many);
    // Each of five parts is down a share 1 / 101 of the time, whatever the repairs are like.
    let parts = format!("servers: 5, {lognormal}");
    let closed = "closed: {population: 5, think_time: {deterministic: 100s}}";
    let down = k_of_n(4, 5, 1.0 / 101.0).unwrap();
    close(desk(&parts, closed, "s.in_flight>=4"), down);
}

/// Where no formula holds none is given.
#[test]
fn no_formula_is_stretched() {
    let poisson = "poisson: {rate: 0.5/s}";
    let batches = "poisson: {rate: 0.1/s}, batch: {deterministic: 2}";
    let renewal = "renewal: {interarrival: {erlang: {mean: 2s, stages: 2}}}";
    let one = format!("servers: 1, {ONE_SECOND}");
    for (station, arrivals) in [
        (one.clone(), batches),
        (one.clone(), renewal),
        (format!("{one}, discipline: srpt"), poisson),
        ("servers: 2, service_time: {erlang: {mean: 1s, stages: 2}}".to_owned(), poisson),
    ] {
        let model = Model::from_yaml(&format!(
            "model: case\nstations: {{s: {{{station}}}}}\narrivals: {{a: {{to: s, {arrivals}}}}}\n"
        ))
        .unwrap();
        let event = "s.in_flight>=3".parse().unwrap();
        let found = rare(&model, &event, Seed(1), Some(200_000)).unwrap();
        assert!(found.exact.is_none() && found.splitting.is_some(), "{station} {arrivals}");
    }
}
