use tenfold_units::math;

use super::brute::{self, Batches, CUSTOMERS};
use super::{close, mean_of_tail};
use crate::{
    ErlangA, Error, Mm1, Mmc, MmcK, Objective, birth_death, erlang_b, erlang_c, servers_for,
    servers_for_blocking,
};

#[test]
fn erlang_b_has_its_published_values() {
    // Computed from the definition in exact fractions.
    let cases = [
        (1, 1.0, 0.5),
        (5, 3.0, 0.110_054_347_826_086_96),
        (10, 5.0, 0.018_384_570_336_648_132),
        (20, 12.0, 0.009_795_639_420_064_079),
        (30, 20.0, 0.008_457_498_340_194_705),
        (100, 80.0, 0.003_992_028_604_553_197),
        (100, 100.0, 0.075_700_452_710_860_97),
        (1_000, 1_000.0, 0.024_811_917_646_160_41),
    ];
    for (servers, load, expected) in cases {
        close(erlang_b(servers, load).unwrap(), expected, 1e-13);
    }
    assert_eq!(erlang_b(3, 0.0), Ok(0.0));
    assert!(matches!(erlang_b(0, 1.0), Err(Error::OutOfRange { .. })));
    assert!(matches!(erlang_b(3, -1.0), Err(Error::OutOfRange { .. })));
}

#[test]
fn erlang_c_has_its_published_values() {
    let cases = [
        (2, 1.0, 1.0 / 3.0),
        (3, 2.0, 4.0 / 9.0),
        (10, 8.0, 0.409_180_150_796_443_54),
        (17, 10.0, 0.030_876_109_980_672_157),
        (100, 95.0, 0.506_456_853_913_020_6),
        (1_000, 990.0, 0.659_080_421_880_854_5),
    ];
    for (servers, load, expected) in cases {
        close(erlang_c(servers, load).unwrap(), expected, 1e-12);
    }
    assert_eq!(erlang_c(2, 2.0), Err(Error::Unstable { utilization: 1.0 }));
}

#[test]
fn sizes_are_stable_for_a_million_servers_and_next_to_saturation() {
    // Halfin and Whitt: with c = a + b √a, C tends to 1 / (1 + b √2π Φ(b) e^(b²/2)); 0.2234 at b = 1.
    let queue = Mmc::new(1_000_000.0, 1.0, 1_001_000).unwrap();
    close(queue.wait_probability(), 0.223_36, 2e-3);
    let critical = Mmc::new(1.0 - 1e-9, 1.0, 1).unwrap();
    close(critical.mean_wait(), 1e9, 1e-6);
    let many = Mmc::new(99.999_999, 1.0, 100).unwrap();
    close(many.mean_wait(), 1e6, 1e-4);
    assert!(many.response_percentile(0.99).is_finite());
    assert_eq!(erlang_b(100_000, 10.0), Ok(0.0), "below the smallest double");
}

#[test]
fn one_server_of_mmc_is_mm1() {
    for utilization in [0.0, 0.01, 0.5, 0.8, 0.99] {
        let (one, many) =
            (Mm1::new(utilization, 1.0).unwrap(), Mmc::new(utilization, 1.0, 1).unwrap());
        close(many.mean_response(), one.mean_response(), 1e-12);
        for p in [0.1, 0.5, 0.99, 0.999] {
            close(many.response_percentile(p), one.response_percentile(p), 1e-9);
            assert!((many.wait_percentile(p) - one.wait_percentile(p)).abs() < 1e-9);
        }
        close(many.state_probability(3), one.state_probability(3), 1e-9);
    }
    assert_eq!(Mm1::new(1.0, 1.0), Err(Error::Unstable { utilization: 1.0 }));
}

#[test]
fn mm1_at_four_fifths() {
    let queue = Mm1::new(80.0, 0.01).unwrap();
    close(queue.mean_response(), 0.05, 1e-12);
    close(queue.mean_wait(), 0.04, 1e-12);
    close(queue.mean_in_flight(), 4.0, 1e-12);
    close(queue.mean_queue_length(), 3.2, 1e-12);
    close(queue.response_percentile(0.99), 0.05 * math::ln(100.0), 1e-12);
    close(queue.wait_percentile(0.99), 0.05 * math::ln(80.0), 1e-12);
    assert_eq!(queue.wait_percentile(0.2), 0.0, "a fifth do not wait");
    close(queue.wait_tail(queue.wait_percentile(0.95)), 0.05, 1e-12);
}

#[test]
fn tails_of_mmc_integrate_to_their_means() {
    // c - a = 1 is where the two rates of the response time meet.
    for (rate, servers) in [(1.0, 2), (3.5, 4), (9.0, 10), (15.0, 16), (0.5, 4)] {
        let queue = Mmc::new(rate, 1.0, servers).unwrap();
        let end = 60.0 / (f64::from(servers) - rate).min(1.0);
        close(mean_of_tail(end, |t| queue.response_tail(t)), queue.mean_response(), 1e-6);
        close(queue.response_tail(queue.response_percentile(0.99)), 0.01, 1e-9);
        let sum: f64 = (0..2_000).map(|n| queue.state_probability(n)).sum();
        close(sum, 1.0, 1e-9);
        let mean: f64 = (0..2_000).map(|n| f64::from(n) * queue.state_probability(n)).sum();
        close(mean, queue.mean_in_flight(), 1e-9);
    }
    let (below, at, above) = (
        Mmc::new(1.0 - 1e-9, 1.0, 2).unwrap(),
        Mmc::new(1.0, 1.0, 2).unwrap(),
        Mmc::new(1.0 + 1e-9, 1.0, 2).unwrap(),
    );
    close(below.response_tail(3.0), at.response_tail(3.0), 1e-7);
    close(above.response_tail(3.0), at.response_tail(3.0), 1e-7);
}

#[test]
fn a_long_chain_of_births_and_deaths_is_mmc() {
    let (rate, servers) = (8.0, 10);
    let births = vec![rate; 600];
    let deaths: Vec<f64> = (1..=600).map(|n| f64::from(n.min(servers))).collect();
    let states = birth_death(&births, &deaths).unwrap();
    let queue = Mmc::new(rate, 1.0, 10).unwrap();
    let waiting: f64 = states[10..].iter().sum();
    close(waiting, queue.wait_probability(), 1e-12);
    for n in [0, 5, 9, 10, 11, 40] {
        close(queue.state_probability(n), states[n as usize], 1e-9);
    }
    assert!(birth_death(&[1.0], &[0.0]).is_err());
    assert!(birth_death(&[1.0, 1.0], &[1.0]).is_err());
    // A steep climb: the weights pass 1e300 on the way.
    let steep = birth_death(&[1e6; 100], &[1.0; 100]).unwrap();
    close(steep[100], 1.0 - 1e-6, 1e-9);
}

#[test]
fn a_bounded_queue_has_its_closed_form() {
    // M/M/1/K: (1 - ρ) ρ^K / (1 - ρ^(K+1)), and 1 / (K+1) at ρ = 1.
    let queue = MmcK::new(0.8, 1.0, 1, 4).unwrap();
    let expected = 0.2 * math::powf(0.8, 5.0) / (1.0 - math::powf(0.8, 6.0));
    close(queue.blocking(), expected, 1e-12);
    close(MmcK::new(1.0, 1.0, 1, 9).unwrap().blocking(), 1.0 / 11.0, 1e-12);
    // Overload: what is carried is close to the servers' rate.
    let overloaded = MmcK::new(30.0, 1.0, 10, 50).unwrap();
    close(overloaded.throughput(), 10.0, 1e-9);
    close(overloaded.utilization(), 1.0, 1e-9);
    // No waiting places: Erlang B, and nobody waits.
    let loss = MmcK::new(12.0, 1.0, 20, 0).unwrap();
    close(loss.blocking(), erlang_b(20, 12.0).unwrap(), 1e-12);
    assert_eq!((loss.mean_wait(), loss.wait_percentile(0.99)), (0.0, 0.0));
    // Many places: M/M/c.
    let (long, open) = (MmcK::new(8.0, 1.0, 10, 500).unwrap(), Mmc::new(8.0, 1.0, 10).unwrap());
    close(long.mean_wait(), open.mean_wait(), 1e-9);
    close(long.wait_percentile(0.99), open.wait_percentile(0.99), 1e-6);
    for queue in [&queue, &overloaded, &long] {
        let end = 40.0 * queue.mean_response();
        close(mean_of_tail(end, |t| queue.wait_tail(t)), queue.mean_wait(), 1e-4);
        let states: f64 = (0..700).map(|n| f64::from(n) * queue.state_probability(n)).sum();
        close(states, queue.mean_in_flight(), 1e-9);
    }
}

#[test]
fn patience_as_long_as_service_makes_a_poisson_number() {
    // With θ = μ, everybody leaves at rate μ from anywhere: the number is Poisson(a).
    let (load, servers) = (12.0, 10_u32);
    let queue = ErlangA::new(load, 1.0, servers, 1.0).unwrap();
    let (mut term, mut below, mut waiting) = (math::exp(-load), 0.0, 0.0);
    for n in 0..200_u32 {
        if n < servers {
            below += term;
        } else {
            waiting += f64::from(n - servers) * term;
        }
        term *= load / f64::from(n + 1);
    }
    close(queue.wait_probability(), 1.0 - below, 1e-12);
    close(queue.mean_queue_length(), waiting, 1e-12);
    close(queue.abandonment(), waiting / load, 1e-12);
    close(queue.utilization(), load * (1.0 - queue.abandonment()) / 10.0, 1e-12);
}

#[test]
fn endless_patience_is_mmc_and_overload_is_shed() {
    let (patient, open) =
        (ErlangA::new(9.0, 1.0, 10, 1e7).unwrap(), Mmc::new(9.0, 1.0, 10).unwrap());
    close(patient.mean_wait_of_served(), open.mean_wait(), 1e-4);
    close(patient.wait_probability(), open.wait_probability(), 1e-4);
    // Fluid limit: what the servers cannot carry leaves.
    let flooded = ErlangA::new(5_000.0, 1.0, 1_000, 30.0).unwrap();
    close(flooded.abandonment(), 0.8, 1e-6);
    close(flooded.utilization(), 1.0, 1e-6);
    let idle = ErlangA::new(1e-6, 1.0, 200, 1.0).unwrap();
    close(idle.utilization(), 5e-9, 1e-9);
    assert_eq!(ErlangA::new(0.0, 1.0, 3, 1.0).unwrap().mean_wait(), 0.0);
}

#[test]
fn erlang_a_agrees_with_a_simulation() {
    let mut random = brute::stream("erlang-a");
    let (rate, patience) = (1.2, 2.0);
    let (mut waits, mut served_waits, mut left) = (Batches::new(), Batches::new(), Batches::new());
    // What an arrival of endless patience would wait.
    let mut work = 0.0_f64;
    for i in 0..CUSTOMERS {
        let batch = i * 20 / CUSTOMERS;
        work = (work - random.exponential() / rate).max(0.0);
        let endures = random.exponential() * patience;
        if endures < work {
            left.add(batch, 1.0);
            waits.add(batch, endures);
        } else {
            left.add(batch, 0.0);
            waits.add(batch, work);
            served_waits.add(batch, work);
            work += random.exponential();
        }
    }
    let queue = ErlangA::new(rate, 1.0, 1, patience).unwrap();
    waits.assert_mean(queue.mean_wait(), "wait");
    served_waits.assert_mean(queue.mean_wait_of_served(), "wait of the served");
    left.assert_mean(queue.abandonment(), "abandonment");
}

#[test]
fn sizing_finds_the_smallest_number() {
    let objectives = [
        Objective::WaitTail { seconds: 0.0, probability: 0.05 },
        Objective::WaitTail { seconds: 0.5, probability: 0.001 },
        Objective::ResponsePercentile { percentile: 0.99, seconds: 5.0 },
        Objective::MeanWait { seconds: 0.01 },
        Objective::Utilization { limit: 0.6 },
    ];
    let met = |queue: &Mmc, objective| match objective {
        Objective::WaitTail { seconds, probability } => queue.wait_tail(seconds) <= probability,
        Objective::ResponsePercentile { percentile, seconds } => {
            queue.response_percentile(percentile) <= seconds
        }
        Objective::MeanWait { seconds } => queue.mean_wait() <= seconds,
        Objective::Utilization { limit } => queue.utilization() <= limit,
    };
    for rate in [0.3, 1.0, 10.0, 250.0] {
        for objective in objectives {
            let sizing = servers_for(rate, 1.0, objective).unwrap();
            let queue = Mmc::new(rate, 1.0, sizing.servers).unwrap();
            assert!(met(&queue, objective), "{rate} {objective:?}");
            close(sizing.queue.mean_wait(), queue.mean_wait(), 1e-9);
            if let Ok(fewer) = Mmc::new(rate, 1.0, (sizing.servers - 1).max(1)) {
                assert!(sizing.servers == 1 || !met(&fewer, objective), "{rate} {objective:?}");
            }
        }
    }
    let tight = Objective::ResponsePercentile { percentile: 0.99, seconds: 4.0 };
    let error = servers_for(10.0, 1.0, tight).unwrap_err();
    assert!(matches!(error, Error::Unreachable { best } if (best - math::ln(100.0)).abs() < 1e-9));
    assert_eq!(servers_for_blocking(5.0, 0.02).unwrap(), 10);
    assert_eq!(servers_for_blocking(0.0, 0.02).unwrap(), 1);
}
