use tenfold_units::math;

use super::brute::{self, Batches};
use super::{close, mean_of_tail};
use crate::{
    Class, Distribution, Error, Gim1, Md1, Mg1, MgInfinity, Mm1, Preemption, allen_cunneen,
    kingman_bound, priorities, srpt_mean_response,
};

fn every_kind() -> Vec<Distribution> {
    vec![
        Distribution::Deterministic { value: 2.0 },
        Distribution::Exponential { mean: 2.0 },
        Distribution::Erlang { mean: 2.0, stages: 4 },
        Distribution::Hyperexponential { mean: 2.0, cv: 3.0 },
        Distribution::Lognormal { mean: 2.0, cv: 0.7 },
        Distribution::Gamma { mean: 2.0, cv: 1.5 },
        Distribution::Weibull { mean: 2.0, shape: 1.7 },
        Distribution::Pareto { mean: 2.0, shape: 4.5 },
        Distribution::Uniform { low: 1.0, high: 3.0 },
        Distribution::Empirical { values: vec![(1.0, 3.0), (5.0, 1.0)] },
    ]
}

#[test]
fn moments_are_the_derivatives_of_the_transform() {
    // Finite differences of E e^(-s X) at 0; the steps suit the third derivative.
    for kind in every_kind() {
        let moments = kind.moments().unwrap();
        close(moments.mean, 2.0, 1e-12);
        let f = |s: f64| kind.transform(s).unwrap();
        close(f(0.0), 1.0, 1e-9);
        // Forward differences of second order, extrapolated by halving the step.
        let h = 2e-3;
        let first = |h: f64| (-3.0 * f(0.0) + 4.0 * f(h) - f(2.0 * h)) / (2.0 * h);
        close(-(4.0 * first(h / 2.0) - first(h)) / 3.0, moments.mean, 1e-4);
        let second = |h: f64| (2.0 * f(0.0) - 5.0 * f(h) + 4.0 * f(2.0 * h) - f(3.0 * h)) / (h * h);
        close((4.0 * second(h / 2.0) - second(h)) / 3.0, moments.second, 1e-2);
    }
}

#[test]
fn moments_have_their_closed_forms() {
    let h2 = Distribution::Hyperexponential { mean: 2.0, cv: 3.0 }.moments().unwrap();
    close(h2.squared_cv(), 9.0, 1e-12);
    let lognormal = Distribution::Lognormal { mean: 2.0, cv: 0.7 }.moments().unwrap();
    close(lognormal.squared_cv(), 0.49, 1e-12);
    close(lognormal.third, 8.0 * math::powf(1.49, 3.0), 1e-12);
    // Weibull of shape 1 and gamma of cv 1 are exponential.
    let exponential = Distribution::Exponential { mean: 2.0 };
    for same in [
        Distribution::Weibull { mean: 2.0, shape: 1.0 },
        Distribution::Gamma { mean: 2.0, cv: 1.0 },
        Distribution::Hyperexponential { mean: 2.0, cv: 1.0 },
        Distribution::Erlang { mean: 2.0, stages: 1 },
    ] {
        close(same.moments().unwrap().third, exponential.moments().unwrap().third, 1e-12);
        close(same.transform(0.7).unwrap(), exponential.transform(0.7).unwrap(), 1e-9);
    }
    let uniform = Distribution::Uniform { low: 1.0, high: 3.0 }.moments().unwrap();
    close(uniform.second, 13.0 / 3.0, 1e-12);
    close(uniform.third, 10.0, 1e-12);
    let pareto = Distribution::Pareto { mean: 2.0, shape: 2.5 }.moments().unwrap();
    close(pareto.second, 2.5 * 1.2 * 1.2 / 0.5, 1e-12);
    assert_eq!(pareto.third, f64::INFINITY);
    let bad = [
        Distribution::Pareto { mean: 1.0, shape: 1.0 },
        Distribution::Hyperexponential { mean: 1.0, cv: 0.9 },
        Distribution::Uniform { low: 2.0, high: 2.0 },
        Distribution::Empirical { values: vec![] },
        Distribution::Exponential { mean: f64::NAN },
    ];
    for distribution in bad {
        assert!(distribution.moments().is_err(), "{distribution:?}");
    }
}

#[test]
fn exponential_service_makes_mg1_mm1() {
    let (general, one) = (
        Mg1::new(0.8, &Distribution::Exponential { mean: 1.0 }).unwrap(),
        Mm1::new(0.8, 1.0).unwrap(),
    );
    close(general.mean_wait(), one.mean_wait(), 1e-12);
    // E W² = ρ · 2 T² for M/M/1.
    close(general.second_moment_of_wait(), 0.8 * 2.0 * 25.0, 1e-12);
    close(general.wait_deviation(), (40.0_f64 - 16.0).sqrt(), 1e-12);
    close(general.processor_sharing_mean_response(), one.mean_response(), 1e-12);
    close(general.mean_in_flight(), one.mean_in_flight(), 1e-12);
    let heavy = Mg1::new(0.2, &Distribution::Pareto { mean: 1.0, shape: 1.5 }).unwrap();
    assert_eq!(heavy.mean_wait(), f64::INFINITY);
    close(heavy.processor_sharing_mean_response(), 1.25, 1e-12);
    assert!(matches!(
        Mg1::new(1.0, &Distribution::Exponential { mean: 1.0 }),
        Err(Error::Unstable { .. })
    ));
}

#[test]
fn md1_has_its_distribution() {
    for utilization in [0.1, 0.5, 0.8, 0.95] {
        let queue = Md1::new(utilization, 1.0).unwrap();
        // In the first service time: (1 - ρ) e^(λ t) (Erlang 1909).
        for t in [0.0, 0.25, 0.5, 0.999] {
            let expected = (1.0 - utilization) * math::exp(utilization * t);
            close(queue.wait_at_most(t), expected, 1e-9);
        }
        let end = 30.0 / (1.0 - utilization);
        let tail = |t: f64| 1.0 - queue.wait_at_most(t);
        close(mean_of_tail(end, tail), queue.mean_wait(), 1e-4);
        let general = Mg1::new(utilization, &Distribution::Deterministic { value: 1.0 }).unwrap();
        close(general.mean_wait(), queue.mean_wait(), 1e-12);
        // E W² = ∫ 2 t P(W > t) dt checks the third moment of the service time.
        let second = mean_of_tail(end, |t| 2.0 * t * tail(t));
        close(second, general.second_moment_of_wait(), 1e-4);
        close(tail(queue.wait_percentile(0.99)), 0.01, 1e-6);
        close(queue.response_percentile(0.99), queue.wait_percentile(0.99) + 1.0, 1e-12);
    }
    // The two brute forces agree: M/D/1 by its chain.
    let chain = brute::mdc_mean_in_flight(1, 0.8) - 0.8;
    close(Md1::new(0.8, 1.0).unwrap().mean_wait() * 0.8, chain, 1e-6);
    assert!(Md1::new(0.999_95, 1.0).is_err());
    assert!(Md1::new(0.9999, 1.0).unwrap().wait_percentile(0.999) > 10_000.0);
}

#[test]
fn gim1_has_its_published_roots() {
    // D/M/1 at ρ = 0.5 and E2/M/1 at ρ = 0.8, by fixed-point iteration elsewhere.
    let constant = Gim1::new(&Distribution::Deterministic { value: 2.0 }, 1.0).unwrap();
    close(constant.wait_probability(), 0.203_187_869_979_98, 1e-12);
    let erlang = Gim1::new(&Distribution::Erlang { mean: 1.25, stages: 2 }, 1.0).unwrap();
    close(erlang.wait_probability(), 0.739_852_949_126_455_2, 1e-12);
    let poisson = Gim1::new(&Distribution::Exponential { mean: 1.25 }, 1.0).unwrap();
    let one = Mm1::new(0.8, 1.0).unwrap();
    close(poisson.wait_probability(), 0.8, 1e-12);
    close(poisson.wait_percentile(0.99), one.wait_percentile(0.99), 1e-12);
    close(poisson.response_percentile(0.99), one.response_percentile(0.99), 1e-12);
    let critical = Gim1::new(&Distribution::Exponential { mean: 1.0 + 1e-9 }, 1.0).unwrap();
    close(critical.mean_response(), 1e9, 1e-5);
    assert!(Gim1::new(&Distribution::Exponential { mean: 1.0 }, 1.0).is_err());
}

#[test]
fn gim1_agrees_with_a_simulation_of_bursts() {
    let mut random = brute::stream("h2-m-1");
    let arrivals = Distribution::Hyperexponential { mean: 1.5, cv: 2.0 };
    let queue = Gim1::new(&arrivals, 1.0).unwrap();
    let lean = (3.0_f64 / 5.0).sqrt();
    let likely = 0.5 * (1.0 + lean);
    let (mut waits, mut work) = (Batches::new(), 0.0_f64);
    for i in 0..brute::CUSTOMERS * 2 {
        let share = if random.chance(likely) { likely } else { 1.0 - likely };
        work = (work - random.exponential() * 1.5 / (2.0 * share)).max(0.0);
        waits.add(i * 20 / (brute::CUSTOMERS * 2), work);
        work += random.exponential();
    }
    waits.assert_mean(queue.mean_wait(), "wait of H2/M/1");
}

#[test]
fn kingman_bounds_and_the_approximation_keeps_its_claim() {
    for utilization in [0.2, 0.3, 0.5, 0.7, 0.9, 0.99] {
        let gap = 1.0 / utilization;
        let arrivals = [
            (Distribution::Erlang { mean: gap, stages: 4 }, 0.25),
            (Distribution::Erlang { mean: gap, stages: 2 }, 0.5),
            (Distribution::Uniform { low: 0.0, high: 2.0 * gap }, 1.0 / 3.0),
            (Distribution::Hyperexponential { mean: gap, cv: 2.0_f64.sqrt() }, 2.0),
            (Distribution::Hyperexponential { mean: gap, cv: 2.0 }, 4.0),
            (Distribution::Hyperexponential { mean: gap, cv: 3.0 }, 9.0),
            (Distribution::Exponential { mean: gap }, 1.0),
        ];
        for (interarrival, ca) in arrivals {
            let exact = Gim1::new(&interarrival, 1.0).unwrap().mean_wait();
            let bound = kingman_bound(utilization, 1.0, ca, 1.0).unwrap();
            assert!(bound >= exact * (1.0 - 1e-9), "{utilization} {ca}: {bound} < {exact}");
            let guess = allen_cunneen(utilization, 1.0, 1, ca, 1.0).unwrap();
            let error = (guess.value / exact - 1.0).abs();
            assert!(error <= guess.relative_error + 1e-9, "{utilization} {ca}: {error}");
        }
        for (servers, scale) in [(1, 1.0), (2, 2.0), (4, 4.0), (10, 10.0)] {
            let load = utilization * scale;
            if utilization > 0.95 {
                continue;
            }
            let queue = brute::mdc_mean_in_flight(servers, load) - load;
            let count = u32::try_from(servers).unwrap();
            let guess = allen_cunneen(load, 1.0, count, 1.0, 0.0).unwrap();
            let error = (guess.value * load / queue - 1.0).abs();
            assert!(error <= guess.relative_error + 1e-6, "{utilization} {servers}: {error}");
        }
    }
    // The correction for smooth arrivals is what makes D/M/1 fit; without it 0.5 and not 0.255.
    for (utilization, error) in [(0.5, 0.01), (0.7, 0.002), (0.9, 0.001)] {
        let constant = Distribution::Deterministic { value: 1.0 / utilization };
        let exact = Gim1::new(&constant, 1.0).unwrap().mean_wait();
        close(allen_cunneen(utilization, 1.0, 1, 0.0, 1.0).unwrap().value, exact, error);
    }
    // Heavy traffic: the bound becomes the value.
    let exact = Gim1::new(&Distribution::Erlang { mean: 1.0 / 0.999, stages: 2 }, 1.0).unwrap();
    close(kingman_bound(0.999, 1.0, 0.5, 1.0).unwrap(), exact.mean_wait(), 2e-3);
}

#[test]
fn priorities_conserve_work() {
    let exponential = || Distribution::Exponential { mean: 1.0 };
    let classes =
        [0.2, 0.3, 0.35].map(|arrival_rate| Class { arrival_rate, service: exponential() });
    let all = Mm1::new(0.85, 1.0).unwrap();
    for preemption in [Preemption::None, Preemption::Resume] {
        let waits = priorities(&classes, preemption).unwrap();
        let mean: f64 =
            classes.iter().zip(&waits).map(|(c, w)| c.arrival_rate * w.unwrap()).sum::<f64>()
                / 0.85;
        close(mean, all.mean_wait(), 1e-12);
        assert!(waits[0] < waits[1] && waits[1] < waits[2]);
    }
    // Preemption hides the others from the first class.
    let waits = priorities(&classes, Preemption::Resume).unwrap();
    close(waits[0].unwrap(), Mm1::new(0.2, 1.0).unwrap().mean_wait(), 1e-12);
    // Cobham: R / ((1 - σ(k-1)) (1 - σ(k))).
    let waits = priorities(&classes, Preemption::None).unwrap();
    close(waits[1].unwrap(), 0.85 / (0.8 * 0.5), 1e-12);
    // An overloaded last class has no mean; the server is always busy for the others.
    let flooded = [
        Class { arrival_rate: 0.5, service: exponential() },
        Class { arrival_rate: 2.0, service: exponential() },
    ];
    let waits = priorities(&flooded, Preemption::None).unwrap();
    close(waits[0].unwrap(), 1.0 / 0.5, 1e-12);
    assert_eq!(waits[1], None);
}

#[test]
fn srpt_agrees_with_a_simulation() {
    let uniform = Distribution::Uniform { low: 0.5, high: 1.5 };
    let mut random = brute::stream("srpt-uniform");
    let mut batches = Batches::new();
    brute::srpt(|| (random.exponential() / 0.8, 0.5 + random.uniform()), &mut batches);
    batches.assert_mean(srpt_mean_response(0.8, &uniform).unwrap(), "uniform");

    let exponential = Distribution::Exponential { mean: 1.0 };
    let mut random = brute::stream("srpt-exponential");
    let mut batches = Batches::new();
    brute::srpt(|| (random.exponential() / 0.8, random.exponential()), &mut batches);
    let formula = srpt_mean_response(0.8, &exponential).unwrap();
    batches.assert_mean(formula, "exponential");
    assert!(formula < Mm1::new(0.8, 1.0).unwrap().mean_response());

    close(srpt_mean_response(0.0, &exponential).unwrap(), 1.0, 1e-5);
    close(
        srpt_mean_response(0.0, &Distribution::Pareto { mean: 1.0, shape: 3.0 }).unwrap(),
        1.0,
        1e-5,
    );
    close(
        srpt_mean_response(0.0, &Distribution::Weibull { mean: 1.0, shape: 0.6 }).unwrap(),
        1.0,
        1e-4,
    );
    assert!(srpt_mean_response(0.5, &Distribution::Gamma { mean: 1.0, cv: 1.0 }).is_err());
}

#[test]
fn infinitely_many_servers_hold_a_poisson_number() {
    let station = MgInfinity::new(20.0, 0.35).unwrap();
    close(station.mean_in_flight(), 7.0, 1e-12);
    close(station.state_probability(7), 0.149_002_779_674_337_2, 1e-10);
    let sum: f64 = (0..100).map(|n| station.state_probability(n)).sum();
    close(sum, 1.0, 1e-12);
    close(math::exp(-7.0), station.state_probability(0), 1e-12);
}
