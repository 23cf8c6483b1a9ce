use super::close;
use crate::{Distribution, Mg1, Mg1Tail, MmcK};

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
