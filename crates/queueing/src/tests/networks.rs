use tenfold_units::math;

use super::close;
use crate::{
    ClosedStation, Error, JacksonNetwork, JacksonStation, Mm1, Mmc, TwoState, closed_network,
    fork_join, fork_join_bounds, fork_join_of_two, k_of_n, leaf_tail, machine_repair, parallel,
    power_of_choices, quorum_mean, quorum_mean_of_samples, quorum_quantile, quorum_tail, series,
    tail_at_scale,
};

fn station(servers: Option<u32>, mean: f64, external: f64, routing: &[f64]) -> JacksonStation {
    JacksonStation {
        servers,
        mean_service: mean,
        external_rate: external,
        routing: routing.to_vec(),
    }
}

#[test]
fn a_jackson_network_is_its_stations() {
    // Front -> back with probability 0.8; back returns to front with probability 0.25.
    let network = JacksonNetwork::new(&[
        station(Some(2), 0.5, 1.5, &[0.0, 0.8]),
        station(Some(1), 0.4, 0.0, &[0.25, 0.0]),
    ])
    .unwrap();
    let front = 1.5 / (1.0 - 0.8 * 0.25);
    close(network.arrival_rates()[0], front, 1e-12);
    close(network.arrival_rates()[1], 0.8 * front, 1e-12);
    let in_flight = Mmc::new(front, 0.5, 2).unwrap().mean_in_flight()
        + Mm1::new(0.8 * front, 0.4).unwrap().mean_in_flight();
    close(network.mean_latency(), in_flight / 1.5, 1e-12);
    close(network.stations()[1].unwrap().utilization(), 0.8 * front * 0.4, 1e-12);
    close(network.mean_in_flight().iter().sum::<f64>(), in_flight, 1e-12);
}

#[test]
fn a_network_refuses_what_cannot_be() {
    let overloaded = JacksonNetwork::new(&[station(Some(1), 1.0, 1.5, &[0.0])]);
    assert_eq!(overloaded, Err(Error::Unstable { utilization: 1.5 }));
    let trapped = JacksonNetwork::new(&[
        station(Some(1), 1.0, 0.1, &[0.0, 1.0]),
        station(Some(1), 1.0, 0.0, &[1.0, 0.0]),
    ]);
    assert!(matches!(trapped, Err(Error::OutOfRange { .. })));
    let oversum = JacksonNetwork::new(&[station(Some(1), 1.0, 0.1, &[1.2])]);
    assert!(matches!(oversum, Err(Error::OutOfRange { .. })));
    let delay = JacksonNetwork::new(&[station(None, 3.0, 50.0, &[0.5])]).unwrap();
    close(delay.mean_latency(), 6.0, 1e-12);
}

fn closed(servers: Option<u32>, mean_service: f64, visits: f64) -> ClosedStation {
    ClosedStation { servers, mean_service, visits }
}

/// Mean value analysis for single servers and delays.
fn mva(stations: &[ClosedStation], population: u32) -> (f64, Vec<f64>) {
    let mut queues = vec![0.0; stations.len()];
    let mut throughput = 0.0;
    for n in 1..=population {
        let responses: Vec<f64> = stations
            .iter()
            .zip(&queues)
            .map(|(s, q)| {
                let seen = if s.servers.is_some() { 1.0 + q } else { 1.0 };
                s.visits * s.mean_service * seen
            })
            .collect();
        throughput = f64::from(n) / responses.iter().sum::<f64>();
        queues = responses.iter().map(|r| throughput * r).collect();
    }
    (throughput, queues)
}

#[test]
fn convolution_is_mean_value_analysis() {
    let stations = [closed(None, 5.0, 1.0), closed(Some(1), 0.2, 2.0), closed(Some(1), 0.05, 5.0)];
    for population in [1, 2, 10, 50, 400, 3_000] {
        let network = closed_network(&stations, population).unwrap();
        let (throughput, queues) = mva(&stations, population);
        close(network.throughput, throughput, 1e-9);
        for (in_flight, expected) in network.in_flight.iter().zip(&queues) {
            close(*in_flight, *expected, 1e-9);
        }
        let cycle: f64 = network.response.iter().zip(&stations).map(|(r, s)| r * s.visits).sum();
        close(cycle * network.throughput, f64::from(population), 1e-9);
    }
    // Balanced single servers: X = N / (D (N + M - 1)).
    let balanced = vec![closed(Some(1), 0.1, 1.0); 4];
    close(closed_network(&balanced, 20).unwrap().throughput, 20.0 / (0.1 * 23.0), 1e-12);
    assert!(closed_network(&[], 3).is_err());
    assert!(closed_network(&balanced, 0).is_err());
}

#[test]
fn thinkers_at_several_servers_are_machines_and_repairers() {
    for (population, servers) in [(30, 4), (200, 10), (2_000, 300)] {
        let network =
            closed_network(&[closed(None, 10.0, 1.0), closed(Some(servers), 1.0, 1.0)], population)
                .unwrap();
        let machines = machine_repair(population, 10.0, 1.0, servers).unwrap();
        close(network.in_flight[1], machines.mean_down, 1e-9);
        close(network.throughput * 10.0, f64::from(population) * machines.availability, 1e-9);
        close(network.utilization[1].unwrap(), network.throughput / f64::from(servers), 1e-12);
        assert_eq!(network.utilization[0], None);
    }
}

#[test]
fn machines_are_repaired_as_published() {
    // One machine: two states. As many repairers as machines: independent machines.
    let one = machine_repair(1, 9.0, 1.0, 1).unwrap();
    close(one.availability, TwoState::new(9.0, 1.0).unwrap().availability(), 1e-12);
    let three = machine_repair(3, 99.0, 1.0, 3).unwrap();
    close(three.availability, 0.99, 1e-12);
    close(three.at_least_up(2), k_of_n(2, 3, 0.99).unwrap(), 1e-12);
    assert_eq!(three.at_least_up(4), 0.0);
    close(three.at_least_up(0), 1.0, 1e-12);
    // Feller's example: 6 machines, one repairer, λ/μ = 0.1: 0.4845 idle, 0.8455 in line and repair.
    let feller = machine_repair(6, 10.0, 1.0, 1).unwrap();
    close(feller.down[0], 0.484_5, 1e-4);
    close(feller.mean_down, 0.845_2, 1e-3);
}

#[test]
fn redundancy_multiplies() {
    close(k_of_n(2, 3, 0.99).unwrap(), 0.999_702, 1e-9);
    close(k_of_n(3, 5, 0.9).unwrap(), 0.991_44, 1e-9);
    assert_eq!(k_of_n(0, 3, 0.5), Ok(1.0));
    assert_eq!(k_of_n(3, 3, 1.0), Ok(1.0));
    // The opposite keeps its digits: two of three down.
    close(k_of_n(2, 3, 1e-6).unwrap(), 3e-12 - 2e-18, 1e-9);
    close(series(&[0.9995; 4]), 0.998_001_499_5, 1e-9);
    close(parallel(&[0.99, 0.99]), 0.9999, 1e-12);
    assert!(k_of_n(4, 3, 0.5).is_err());
    let part = TwoState::new(999.0, 1.0).unwrap();
    close(part.availability(), 0.999, 1e-12);
    close(part.unavailability(), 0.001, 1e-12);
    close(part.failure_rate(), 0.001, 1e-12);
    close(part.down_after(1e9), 0.001, 1e-12);
    close(part.down_after(1e-3), 1e-3 / 999.0, 1e-3);
    assert_eq!(part.down_after(0.0), 0.0);
}

#[test]
fn fan_out_waits_for_the_slowest() {
    close(tail_at_scale(0.01, 100), 0.633_967_658_726_771, 1e-12);
    close(tail_at_scale(1e-12, 1_000), 1e-9, 1e-6);
    close(leaf_tail(tail_at_scale(0.01, 100), 100), 0.01, 1e-12);
    // Two independent servers at light load: the mean of the larger of two exponentials.
    close(fork_join_of_two(0.0, 1.0).unwrap(), 1.5, 1e-12);
    close(fork_join_of_two(0.8, 1.0).unwrap(), 11.2 / 8.0 * 5.0, 1e-12);
    for branches in [1, 2, 5, 16, 32] {
        for rate in [0.0, 0.3, 0.8, 0.95] {
            let (low, high) = fork_join_bounds(rate, 1.0, branches).unwrap();
            let guess = fork_join(rate, 1.0, branches).unwrap();
            let value = guess.value;
            assert!(low <= value * 1.05 && value <= high * 1.000_001, "{branches} {rate}");
        }
    }
    // At no load the approximation is exact: H(n).
    close(fork_join(0.0, 1.0, 4).unwrap().value, 25.0 / 12.0, 1e-12);
}

#[test]
fn two_choices_have_their_published_times() {
    // Mitzenmacher 1996, table of the limiting system.
    for (utilization, expected) in [(0.5, 1.265_7), (0.7, 1.614_5), (0.9, 2.614_1), (0.99, 5.424_5)]
    {
        close(power_of_choices(utilization, 2).unwrap(), expected, 2e-3);
    }
    close(power_of_choices(0.9, 1).unwrap(), 10.0, 1e-12);
    assert_eq!(power_of_choices(0.0, 2), Ok(1.0));
    assert!(power_of_choices(1.0, 2).is_err());
    assert!(power_of_choices(0.9, 3).unwrap() < power_of_choices(0.9, 2).unwrap());
}

#[test]
fn quorums_wait_for_their_last_answer() {
    close(quorum_mean(2, 3, 1.0).unwrap(), 1.0 / 3.0 + 1.0 / 2.0, 1e-12);
    close(quorum_mean(3, 3, 2.0).unwrap(), 2.0 * 11.0 / 6.0, 1e-12);
    close(quorum_mean(1, 5, 1.0).unwrap(), 0.2, 1e-12);
    // All of n: late unless none is; one of n: late when all are.
    close(quorum_tail(3, 3, 0.01).unwrap(), 1.0 - math::powf(0.99, 3.0), 1e-9);
    close(quorum_tail(1, 3, 0.01).unwrap(), 1e-6, 1e-9);
    close(quorum_quantile(3, 3, 0.99).unwrap(), math::powf(0.99, 1.0 / 3.0), 1e-9);
    close(quorum_quantile(1, 3, 0.99).unwrap(), 1.0 - math::powf(0.01, 1.0 / 3.0), 1e-9);
    let percentile = quorum_quantile(2, 3, 0.999).unwrap();
    close(quorum_tail(2, 3, 1.0 - percentile).unwrap(), 0.001, 1e-9);
    // Samples of an exponential, evenly spaced: the mean of the exact quorum.
    let samples: Vec<f64> =
        (0..20_000).map(|i| -math::ln((f64::from(i) + 0.5) / 20_000.0)).collect();
    close(quorum_mean_of_samples(2, 3, &samples).unwrap(), 5.0 / 6.0, 1e-3);
    close(quorum_mean_of_samples(1, 1, &[1.0, 2.0, 6.0]).unwrap(), 3.0, 1e-12);
    close(quorum_mean_of_samples(2, 2, &[0.0, 1.0]).unwrap(), 0.75, 1e-12);
    assert!(quorum_mean(0, 3, 1.0).is_err());
    assert!(quorum_mean(4, 3, 1.0).is_err());
}
