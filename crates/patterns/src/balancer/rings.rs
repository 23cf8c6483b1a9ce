//! The rings of the policies that go by a key.

use super::backend::Backend;
use super::{Balancer, BalancerPolicy};
use crate::hash_ring::{HashRing, HashRingOptions};
use crate::nginx_hash::NginxRing;

impl Balancer {
    /// Builds what the policy needs from who is there.
    pub(super) fn build_rings(&mut self) {
        let live = self.backends.iter().filter(|backend| !backend.removed);
        self.nginx_ring = None;
        match self.options.policy {
            BalancerPolicy::ConsistentHash { virtual_nodes, .. } => {
                let options = HashRingOptions { virtual_nodes };
                if self.ring.as_ref().is_none_or(|ring| *ring.options() != options) {
                    self.ring = HashRing::new(options).ok();
                }
                let Some(ring) = &mut self.ring else { return };
                let known: Vec<(String, u32)> =
                    live.map(|backend| (backend.name.clone(), backend.weight)).collect();
                let gone: Vec<String> = (0..self.backends.len() as u32 + ring.len() as u32)
                    .filter_map(|number| ring.name(number))
                    .filter(|name| known.iter().all(|(other, _)| other != name))
                    .map(str::to_owned)
                    .collect();
                for name in gone {
                    ring.remove(&name).expect("the ring named it");
                }
                for (name, weight) in known {
                    // A node that is there already, or a ring that is full, stays as it is.
                    let _ = ring.add(&name, weight);
                }
                // From the ring's numbers to ours.
                for backend in &mut self.backends {
                    backend.on_ring = ring.number(&backend.name).filter(|_| !backend.removed);
                }
            }
            BalancerPolicy::NginxConsistentHash => {
                let zero = |backend: &Backend| if backend.removed { 0 } else { backend.weight };
                let servers: Vec<_> =
                    self.backends.iter().map(|b| (b.name.as_str(), zero(b))).collect();
                self.nginx_ring = Some(NginxRing::new(&servers));
            }
            BalancerPolicy::RoundRobin
            | BalancerPolicy::Random
            | BalancerPolicy::LeastConnections
            | BalancerPolicy::PowerOfTwo
            | BalancerPolicy::PeakEwma { .. }
            | BalancerPolicy::IpHash
            | BalancerPolicy::NginxHash => self.ring = None,
        }
    }
}
