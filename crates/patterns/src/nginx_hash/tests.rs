use std::net::IpAddr;

use super::*;
use crate::vectors::{each_file, list, number, text};

fn weights(file: &serde_json::Value) -> Vec<u32> {
    list(&file["weights"]).iter().map(|weight| number(weight) as u32).collect()
}

#[test]
fn places_keys_as_nginx() {
    let mut algorithms = 0;
    each_file("nginx", |_, file| {
        let algorithm = file["algo"].as_str()?;
        let cases = list(&file["cases"]);
        let weights = weights(file);
        algorithms += 1;
        if algorithm.starts_with("ip_hash") {
            for case in cases {
                // The recording named the client by a header; nginx cannot read the broadcast
                // address there (it is its error value) and kept the peer's own.
                let address = match text(&case[0]) {
                    "255.255.255.255" => IpAddr::from([127, 0, 0, 1]),
                    address => address.parse().unwrap(),
                };
                let octets = match address {
                    IpAddr::V4(address) => address.octets().to_vec(),
                    IpAddr::V6(address) => address.octets().to_vec(),
                };
                let value = IpHash::new(&octets).next().unwrap();
                let server = by_weight(value, weights.iter().copied()).unwrap();
                assert_eq!(server as u64, number(&case[1]), "{case}");
            }
        } else if algorithm.starts_with("hash $k consistent") {
            let names = list(&file["servers"]).iter().map(text);
            let servers: Vec<_> = names.zip(weights).collect();
            let ring = NginxRing::new(&servers);
            for case in cases {
                let server = ring.owner(text(&case[0]).as_bytes()).unwrap();
                assert_eq!(server as u64, number(&case[1]), "{case}");
            }
        } else if algorithm.starts_with("hash $k") {
            for case in cases {
                let value = NginxHash::new(text(&case[0]).as_bytes()).next().unwrap();
                let server = by_weight(value, weights.iter().copied()).unwrap();
                assert_eq!(server as u64, number(&case[1]), "{case}");
            }
        } else {
            panic!("unknown algorithm {algorithm}");
        }
        Some(cases.len())
    });
    assert!(algorithms == 0 || algorithms >= 3, "{algorithms} of ip_hash, hash, hash consistent");
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
