//! Ketama placement as libmemcached does it: weighted, MD5.
//!
//! ```text
//!  per server: floor(share × 40 × n) labels `host-k` (port 11211) or `host:port-k`, MD5 each
//!              = 4 little-endian 32-bit points per label;  owner = first point ≥ MD5(key)
//! ```
//!
//! **Use it** to read a memcached fleet that libmemcached (or a client that agrees with it) fills.
//! **Not** for new work: 32-bit points, shares cut by float arithmetic, labels that differ between
//! clients (with or without `:11211`); use [`HashRing`](crate::HashRing).
//!
//! ```
//! use tenfold_patterns::ketama::Ketama;
//! let ring = Ketama::new(&[("10.0.1.1", 11211, 1), ("10.0.1.2", 11211, 1)]);
//! assert!(ring.owner(b"a").is_some());
//! ```
//!
//! Source: libketama (Jones, 2007); libmemcached `MEMCACHED_DISTRIBUTION_CONSISTENT_KETAMA`,
//! weighted (behavior).

#[cfg(test)]
mod tests;

use md5::{Digest, Md5};

/// Points per server of mean weight.
const POINTS: f32 = 160.0;
/// The port that labels leave out.
const DEFAULT_PORT: u16 = 11211;

/// A ketama ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ketama {
    /// Point and server, in order.
    points: Vec<(u32, u32)>,
}

impl Ketama {
    /// Returns the ring of these servers: host, port, weight.
    #[must_use]
    pub fn new(servers: &[(&str, u16, u32)]) -> Self {
        let total: u32 = servers.iter().map(|server| server.2).sum();
        let mut points = Vec::new();
        for (number, (host, port, weight)) in servers.iter().enumerate() {
            // Single precision and the small addend are libmemcached's; they decide the floor.
            let share = *weight as f32 / total as f32;
            let labels = f64::from(share * POINTS / 4.0 * servers.len() as f32) + 1e-10;
            for k in 0..labels as u32 {
                let label = if *port == DEFAULT_PORT {
                    format!("{host}-{k}")
                } else {
                    format!("{host}:{port}-{k}")
                };
                let digest = Md5::digest(label.as_bytes());
                points.extend((0..4).map(|part| (word(&digest, part), number as u32)));
            }
        }
        points.sort_unstable();
        Self { points }
    }

    /// Returns the server of `key`, or `None` when there is no server.
    #[must_use]
    pub fn owner(&self, key: &[u8]) -> Option<usize> {
        let hash = word(&Md5::digest(key), 0);
        let first = self.points.partition_point(|point| point.0 < hash);
        let point = self.points.get(first).or_else(|| self.points.first())?;
        Some(point.1 as usize)
    }
}

/// One of the four little-endian words of a digest.
fn word(digest: &[u8], part: usize) -> u32 {
    let bytes = &digest[part * 4..part * 4 + 4];
    u32::from_le_bytes(bytes.try_into().expect("four bytes"))
}
