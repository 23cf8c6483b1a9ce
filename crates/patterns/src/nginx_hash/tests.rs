use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Value;
use tenfold_units::{Instant, Seed};

use super::*;
use crate::balancer::{BackendOptions, Balancer, BalancerOptions, BalancerPolicy};
use crate::vectors::{each_file, list, number, text};

/// The client's octets. The recording named the client by a header; nginx cannot read the broadcast
/// address there (it is its error value) and kept the peer's own.
fn octets(address: &str) -> Vec<u8> {
    let address = if address == "255.255.255.255" { "127.0.0.1" } else { address };
    match address.parse().unwrap() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

#[test]
fn places_keys_as_nginx() {
    let mut algorithms = BTreeSet::new();
    each_file("nginx", |_, file| {
        let algorithm = file["algo"].as_str()?;
        let cases = list(&file["cases"]);
        let policy = if algorithm.starts_with("ip_hash") {
            BalancerPolicy::IpHash
        } else if algorithm.starts_with("hash $k consistent") {
            BalancerPolicy::NginxConsistentHash
        } else if algorithm.starts_with("hash $k") {
            BalancerPolicy::NginxHash
        } else {
            panic!("unknown algorithm {algorithm}");
        };
        algorithms.insert(format!("{policy:?}"));
        let named = |(i, weight): (usize, &Value)| {
            let name = file["servers"][i].as_str().map_or(format!("server {i}"), str::to_owned);
            BackendOptions::named(&name).weight(number(weight) as u32)
        };
        let backends: Vec<_> = list(&file["weights"]).iter().enumerate().map(named).collect();
        let mut balancer = Balancer::new(BalancerOptions::plain(policy), &backends).unwrap();
        for server in file.get("down").map_or(&[][..], list) {
            balancer.set_up(Instant::ZERO, number(server) as usize, false);
        }
        let mut stream = Seed(1).stream("unused");
        for case in cases {
            let by_address = policy == BalancerPolicy::IpHash;
            let key = text(&case[0]);
            let key = if by_address { octets(key) } else { key.as_bytes().to_vec() };
            let server = balancer.pick(Instant::ZERO, &key, &mut stream).unwrap();
            assert_eq!(server as u64, number(&case[1]), "{case}");
        }
        Some(cases.len())
    });
    assert!(algorithms.is_empty() || algorithms.len() == 3, "only {algorithms:?}");
}

#[test]
fn a_whole_class_c_network_is_one_client_to_ip_hash() {
    let first = IpHash::new(&[10, 1, 2, 3]).next();
    assert_eq!(first, IpHash::new(&[10, 1, 2, 200]).next());
    assert_ne!(first, IpHash::new(&[10, 1, 3, 3]).next());
}

#[test]
fn a_server_that_leaves_the_ring_moves_only_its_keys() {
    let servers: Vec<(String, u32)> = (0..10).map(|i| (format!("10.0.0.{i}:80"), 1)).collect();
    let all: Vec<_> = servers.iter().map(|(name, weight)| (name.as_str(), *weight)).collect();
    let (ring, fewer) = (NginxRing::new(&all), NginxRing::new(&all[..9]));
    for key in 0..5_000_u32 {
        let key = key.to_le_bytes();
        let before = ring.owner(&key).unwrap();
        assert!(before == 9 || fewer.owner(&key) == Some(before));
    }
}

#[test]
fn the_walk_visits_every_point_once_and_ends() {
    let ring = NginxRing::new(&[("a:1", 1), ("b:1", 2)]);
    let visited: Vec<_> = ring.servers(b"key").collect();
    assert_eq!(visited.len(), 480);
    assert_eq!(visited.iter().filter(|server| **server == 1).count(), 320);
    assert_eq!(NginxRing::new(&[]).owner(b"key"), None);
    assert_eq!(by_weight(7, [0, 0].into_iter()), None);
    assert_eq!(NginxHash::new(b"key").count(), 20);
}
