//! Ring-hash placement as Envoy does it.
//!
//! ```text
//!  points = xxh64(address "_" i);  as many as keep the smallest weight whole and reach the minimum
//! ```
//!
//! **Use it** to predict where an Envoy in front puts a key. **Not** for new work: the number of all
//! points depends on the smallest weight, so that a host that leaves may move keys between others;
//! [`HashRing`](crate::HashRing) does not do that.
//!
//! ```
//! use tenfold_patterns::envoy_ring::{EnvoyRing, EnvoyRingOptions};
//! let ring = EnvoyRing::new(EnvoyRingOptions::envoy(), &[("10.0.0.1:80", 1)]).unwrap();
//! assert_eq!(ring.owner(7), Some(0));
//! ```
//!
//! Source: Envoy `RingHashLoadBalancer` (behavior).

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh64::xxh64;

use crate::options::{Check, InvalidOptions};

/// How many points there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvoyRingOptions {
    /// Points that the ring has at least; at least 1.
    pub minimum_ring_size: u64,
    /// Points that it has at most: up to 8,388,608.
    pub maximum_ring_size: u64,
}

impl EnvoyRingOptions {
    /// Envoy's defaults: 1,024 to 8,388,608.
    #[must_use]
    pub const fn envoy() -> Self {
        Self { minimum_ring_size: 1_024, maximum_ring_size: 8_388_608 }
    }
}

/// Envoy's ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvoyRing {
    points: Vec<(u64, u32)>,
}

impl EnvoyRing {
    /// Returns the ring of these hosts, each with its weight.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: EnvoyRingOptions, hosts: &[(&str, u32)]) -> Result<Self, InvalidOptions> {
        let mut check = Check::default();
        let (least, most) = (options.minimum_ring_size, options.maximum_ring_size);
        check.that(least > 0, "minimum_ring_size", "must be at least 1");
        let range = most >= least && most <= 8_388_608;
        check.that(range, "maximum_ring_size", "must be from `minimum_ring_size` to 8388608");
        check.done()?;
        let total: f64 = hosts.iter().map(|host| f64::from(host.1)).sum();
        let share = |weight: u32| f64::from(weight) / total;
        let smallest = hosts.iter().map(|host| share(host.1)).fold(1.0, f64::min);
        let scale = ((smallest * least as f64).ceil() / smallest).min(most as f64);
        let (mut points, mut due) = (Vec::new(), 0.0);
        for (number, (name, weight)) in hosts.iter().enumerate() {
            due += scale * share(*weight);
            let mut i = 0;
            while (points.len() as f64) < due {
                points.push((xxh64(format!("{name}_{i}").as_bytes(), 0), number as u32));
                i += 1;
            }
        }
        points.sort_unstable();
        Ok(Self { points })
    }

    /// Returns the host of a key with this hash, or `None` when there is no host.
    #[must_use]
    pub fn owner(&self, hash: u64) -> Option<usize> {
        let first = self.points.partition_point(|point| point.0 < hash);
        let point = self.points.get(first).or_else(|| self.points.first())?;
        Some(point.1 as usize)
    }

    /// Returns the points and their hosts, in order.
    pub fn points(&self) -> impl Iterator<Item = (u64, usize)> {
        self.points.iter().map(|(point, host)| (*point, *host as usize))
    }
}
