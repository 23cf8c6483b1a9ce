//! Chains of Markov against closed forms, down to probabilities that no run would ever see.

use super::close;
use crate::{Error, TwoState, ZonedReplicas, birth_death, k_of_n, machine_repair, stationary};

/// What each of some replicas and zones is up, in order, by convolution of independent zones.
fn independent_zones(replicas: &ZonedReplicas) -> Vec<f64> {
    let (broken, lost) = (replicas.replica.unavailability(), replicas.zone.unavailability());
    let per_zone = replicas.replicas_per_zone as usize;
    let mut zone = vec![0.0; per_zone + 1];
    for (up, share) in zone.iter_mut().enumerate() {
        let ways = (0..up).map(|i| (per_zone - i) as f64 / (i + 1) as f64).product::<f64>();
        let chance =
            (0..per_zone).map(|i| if i < up { 1.0 - broken } else { broken }).product::<f64>();
        *share = (1.0 - lost) * ways * chance;
    }
    zone[0] += lost;
    let mut all = vec![1.0];
    for _ in 0..replicas.zones {
        let mut next = vec![0.0; all.len() + per_zone];
        for (i, a) in all.iter().enumerate() {
            for (j, b) in zone.iter().enumerate() {
                next[i + j] += a * b;
            }
        }
        all = next;
    }
    all
}

fn zoned(zones: u32, replicas_per_zone: u32, crews: u32) -> ZonedReplicas {
    ZonedReplicas {
        zones,
        replicas_per_zone,
        replica: TwoState::new(3e6, 600.0).unwrap(),
        zone: TwoState::new(2e7, 3600.0).unwrap(),
        crews,
    }
}

#[test]
fn elimination_agrees_with_births_and_deaths_to_the_last_digits() {
    let births: Vec<f64> = (0..40).map(|i| f64::from(40 - i) * 1e-7).collect();
    let deaths: Vec<f64> = (1..=40).map(|i| f64::from(i.min(3)) * 1e-3).collect();
    let up = births.iter().enumerate().map(|(i, rate)| (i, i + 1, *rate));
    let down = deaths.iter().enumerate().map(|(i, rate)| (i + 1, i, *rate));
    let jumps: Vec<_> = up.chain(down).collect();
    let (chain, exact) = (stationary(41, &jumps).unwrap(), birth_death(&births, &deaths).unwrap());
    assert!(exact[40] < 1e-100);
    for (a, b) in chain.iter().zip(&exact) {
        close(*a, *b, 1e-13);
    }
}

#[test]
fn a_chain_that_cannot_be_turned_round_has_its_published_answer() {
    // A ring that is passed one way: the share of a state is its mean stay (renewal theory).
    let stays = [1.0, 1e-6, 3.0, 1e-12];
    let jumps: Vec<_> = (0..4).map(|i| (i, (i + 1) % 4, 1.0 / stays[i])).collect();
    for (share, stay) in stationary(4, &jumps).unwrap().iter().zip(stays) {
        close(*share, stay / stays.iter().sum::<f64>(), 1e-14);
    }
}

#[test]
fn what_is_no_chain_is_refused() {
    let refused = |states, jumps: &[_]| {
        assert!(matches!(stationary(states, jumps), Err(Error::OutOfRange { .. })), "{jumps:?}");
    };
    refused(0, &[]);
    refused(2, &[(0, 1, 1.0)]);
    refused(2, &[(0, 1, 1.0), (1, 0, -1.0)]);
    refused(2, &[(0, 1, 1.0), (1, 2, 1.0)]);
    refused(1, &[(0, 0, 1.0)]);
    refused(1_001, &[]);
    assert!(zoned(40, 5, 1).up().is_err());
    assert!(zoned(1, 3, 1).unavailability(4).is_err());
}

#[test]
fn with_a_crew_for_each_zones_are_independent() {
    for (zones, per_zone) in [(1, 1), (1, 6), (3, 1), (3, 3), (5, 2)] {
        let replicas = zoned(zones, per_zone, zones * per_zone);
        let (up, exact) = (replicas.up().unwrap(), independent_zones(&replicas));
        assert_eq!(up.len(), exact.len());
        for (a, b) in up.iter().zip(&exact) {
            close(*a, *b, 1e-11);
        }
    }
    // Two of three zones of one replica each: a closed form without zones.
    let replicas = zoned(3, 1, 3);
    let down =
        1.0 - (1.0 - replicas.replica.unavailability()) * (1.0 - replicas.zone.unavailability());
    close(replicas.unavailability(2).unwrap(), k_of_n(2, 3, down).unwrap(), 1e-9);
    assert!(zoned(5, 2, 10).unavailability(1).unwrap() < 1e-15);
}

#[test]
fn crews_that_are_short_cost_as_much_as_in_the_repair_of_machines() {
    // Zones that are next to never lost leave the machine repair problem, however many they are.
    for (crews, zones, per_zone) in [(1, 1, 6), (1, 3, 2), (2, 2, 3), (2, 6, 1)] {
        let zone = TwoState::new(1e30, 1.0).unwrap();
        let up = ZonedReplicas { zone, ..zoned(zones, per_zone, crews) }.up().unwrap();
        let machines = machine_repair(6, 3e6, 600.0, crews).unwrap();
        for (broken, share) in machines.down.iter().enumerate() {
            close(up[6 - broken], *share, 1e-9);
        }
    }
    let [one, two, many] = [1, 2, 9].map(|crews| zoned(3, 3, crews).unavailability(5).unwrap());
    assert!(one > two && two > many, "{one} {two} {many}");
}
