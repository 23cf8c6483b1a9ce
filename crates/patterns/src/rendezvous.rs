//! Rendezvous hashing: every node draws a score for the key, the highest wins.
//!
//! ```text
//!  score(node, key) = −weight / ln(u),  u = hash(node, key) as a number in (0, 1)
//! ```
//!
//! **Use it** for few nodes (tens): nothing to build, exact shares by weight, replicas in order of
//! score. **Not** for hundreds of nodes: each look-up asks all of them.
//!
//! ```
//! use tenfold_patterns::rendezvous::Rendezvous;
//! let nodes = Rendezvous::new(&[("a", 1.0), ("b", 1.0)]);
//! assert!(nodes.owner(42).is_some());
//! ```
//!
//! Sources: Thaler, Ravishankar, IEEE/ACM ToN 1998; weights: Schindelhauer, Schomaker, SPAA'05.

#[cfg(test)]
mod tests;

use tenfold_units::math;
use xxhash_rust::xxh64::xxh64;

/// Nodes that draw scores.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendezvous {
    /// Hash of the name, and weight.
    nodes: Vec<(u64, f64)>,
}

impl Rendezvous {
    /// Returns the nodes; one whose weight is not above 0 gets nothing.
    #[must_use]
    pub fn new(nodes: &[(&str, f64)]) -> Self {
        let hashed = nodes.iter().map(|(name, weight)| (xxh64(name.as_bytes(), 0), *weight));
        Self { nodes: hashed.collect() }
    }

    /// Returns the node of the key with this hash.
    #[must_use]
    pub fn owner(&self, hash: u64) -> Option<usize> {
        let mut best = None::<(usize, f64)>;
        for (number, score) in self.scores(hash) {
            if best.is_none_or(|(_, highest)| score > highest) {
                best = Some((number, score));
            }
        }
        best.map(|(number, _)| number)
    }

    /// Fills `out` with the nodes of the highest scores, highest first, and returns how many there
    /// are.
    pub fn owners(&self, hash: u64, out: &mut [usize]) -> usize {
        let mut found = 0;
        let mut last = f64::INFINITY;
        while found < out.len() {
            let mut best = None::<(usize, f64)>;
            for (number, score) in self.scores(hash) {
                if score < last && best.is_none_or(|(_, highest)| score > highest) {
                    best = Some((number, score));
                }
            }
            let Some((number, score)) = best else { break };
            (out[found], last) = (number, score);
            found += 1;
        }
        found
    }

    fn scores(&self, hash: u64) -> impl Iterator<Item = (usize, f64)> {
        self.nodes.iter().enumerate().filter(|(_, node)| node.1 > 0.0).map(
            move |(number, (seed, weight))| {
                let mixed = xxh64(&hash.to_le_bytes(), *seed);
                let u = ((mixed >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
                (number, -weight / math::ln(u))
            },
        )
    }
}
