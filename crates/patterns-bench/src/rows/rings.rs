//! Where keys lie.

use std::net::SocketAddr;

use tenfold_patterns::nginx_hash::NginxRing;
use tenfold_patterns::{HashRing, HashRingOptions};

use super::scatter;
use crate::harness::shared;
use crate::table::{Row, ours, peer};

const POINTS: u32 = 160;

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("hash ring, 10 nodes", 10),
        row("hash ring, 100 nodes", 100),
        row("hash ring, 1,000 nodes", 1_000),
    ]
}

fn row(name: &'static str, nodes: u32) -> Row {
    let mut ring = HashRing::new(HashRingOptions { virtual_nodes: POINTS }).expect("in range");
    let mut theirs = hashring::HashRing::new();
    let mut buckets = Vec::new();
    let mut servers = Vec::new();
    for node in 0..nodes {
        let address = SocketAddr::from(([10, 0, (node >> 8) as u8, node as u8], 80));
        ring.add(&address.to_string(), 1).expect("names differ");
        theirs.batch_add((0..POINTS).map(|point| (node, point)).collect());
        buckets.push(pingora_ketama::Bucket::new(address, 1));
        servers.push(address.to_string());
    }
    let servers: Vec<(&str, u32)> = servers.iter().map(|server| (server.as_str(), 1)).collect();
    let nginx = NginxRing::new(&servers);
    let ketama = pingora_ketama::Continuum::new(&buckets);
    let key = |i: u64| scatter(i).to_le_bytes();
    Row {
        name,
        work: "The owner of a key of 8 bytes, hash included; 160 points a node. Time plays no part.",
        contenders: vec![
            ours("`HashRing`", Some(shared(move |i| ring.owner(ring.hash(&key(i))))), None),
            ours(
                "`NginxRing` (the placement of nginx and pingora-ketama)",
                Some(shared(move |i| nginx.owner(&key(i)))),
                None,
            ),
            peer("hashring 0.3.6", Some(shared(move |i| theirs.get(&key(i)).copied())), None),
            peer("pingora-ketama 0.9.1", Some(shared(move |i| ketama.node(&key(i)))), None),
        ],
        why: "",
    }
}
