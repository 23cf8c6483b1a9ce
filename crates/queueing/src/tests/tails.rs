use super::close;
use crate::{Distribution, Mg1, Mg1Tail, MmcK, SpreadReplicas, TwoState, ZonedReplicas};

fn tail(rate: f64, service: &Distribution, customers: u32) -> f64 {
    Mg1Tail::new(rate, service, customers).unwrap().at_least()
}

/// ρ^n, by the closed form of arrivals and by quadrature: a Weibull of shape 1 is exponential.
#[test]
fn exponential_service_has_a_geometric_tail() {
    for (service, tolerance) in [
        (Distribution::Exponential { mean: 1.0 }, 1e-10),
        (Distribution::Gamma { mean: 1.0, cv: 1.0 }, 1e-10),
        (Distribution::Weibull { mean: 1.0, shape: 1.0 }, 1e-9),
    ] {
        for (load, customers) in [(0.5, 1), (0.5, 40), (0.1, 12), (0.9, 300), (0.8, 1_000)] {
            let exact = (0..customers).fold(1.0, |power, _| power * load);
            close(tail(load, &service, customers), exact, tolerance);
        }
    }
}

/// The tails sum up to Pollaczek and Khinchine's mean, and begin with ρ.
#[test]
fn tails_sum_to_the_mean() {
    for (service, last) in [
        (Distribution::Deterministic { value: 1.0 }, 80),
        (Distribution::Uniform { low: 0.0, high: 2.0 }, 120),
        (Distribution::Erlang { mean: 1.0, stages: 3 }, 120),
        (Distribution::Hyperexponential { mean: 1.0, cv: 2.0 }, 400),
        (Distribution::Empirical { values: vec![(0.5, 2.0), (2.0, 1.0)] }, 150),
        (Distribution::Weibull { mean: 1.0, shape: 1.5 }, 120),
    ] {
        close(tail(0.6, &service, 1), 0.6, 1e-9);
        let sum: f64 = (1..=last).map(|n| tail(0.6, &service, n)).sum();
        close(sum, Mg1::new(0.6, &service).unwrap().mean_in_flight(), 1e-8);
    }
    for service in [
        Distribution::Lognormal { mean: 1.0, cv: 2.0 },
        Distribution::Pareto { mean: 1.0, shape: 2.5 },
    ] {
        close(tail(0.6, &service, 1), 0.6, 1e-8);
    }
}

#[test]
fn losses_are_those_of_bounded_queues() {
    for (load, room) in [(0.5, 1), (0.5, 20), (0.9, 100)] {
        let known = MmcK::new(load, 1.0, 1, room - 1).unwrap().blocking();
        let service = Distribution::Exponential { mean: 1.0 };
        close(Mg1Tail::new(load, &service, room).unwrap().blocking(), known, 1e-9);
    }
    // Without waiting places the shape does not matter (Erlang's loss formula).
    for service in [
        Distribution::Lognormal { mean: 1.0, cv: 1.0 },
        Distribution::Uniform { low: 0.5, high: 1.5 },
        Distribution::Deterministic { value: 1.0 },
    ] {
        let found = Mg1Tail::new(0.6, &service, 1).unwrap().blocking();
        close(found, 0.6 / 1.6, 1e-8);
    }
}

#[test]
fn impossible_tails_are_refused() {
    let service = Distribution::Exponential { mean: 1.0 };
    assert!(Mg1Tail::new(1.0, &service, 4).is_err());
    assert!(Mg1Tail::new(0.5, &service, 0).is_err());
    assert!(Mg1Tail::new(0.5, &service, 4_001).is_err());
}

/// A crew for every replica: the chain of zones and replicas has product form.
#[test]
fn replicas_that_are_all_repaired_at_once_are_independent() {
    let replica = TwoState::new(2_000.0, 3.0).unwrap();
    let zone = TwoState::new(50_000.0, 20.0).unwrap();
    for (zones, replicas_per_zone) in [(3, 1), (3, 4), (2, 6), (1, 5)] {
        let spread = SpreadReplicas { zones, used: zones, replicas_per_zone, replica, zone };
        let all = zones * replicas_per_zone;
        let chain = ZonedReplicas { zones, replicas_per_zone, replica, zone, crews: all };
        for needed in 1..=all {
            close(
                spread.checked().unwrap().unavailability(needed),
                chain.unavailability(needed).unwrap(),
                1e-9,
            );
        }
    }
    // Copies in two of three zones do not notice the third: as if there were two.
    let two = SpreadReplicas { zones: 2, used: 2, replicas_per_zone: 2, replica, zone };
    let of_three = SpreadReplicas { zones: 3, ..two };
    (1..=4).for_each(|k| close(of_three.unavailability(k), two.unavailability(k), 1e-9));
    assert!(SpreadReplicas { used: 4, ..of_three }.checked().is_err());
}
