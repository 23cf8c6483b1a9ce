//! Consistent hash ring: keys stay where they are when nodes come and go.
//!
//! ```text
//!        0 ─── a₃ ── b₁ ──── a₁ ── c₂ ── b₂ ─── c₁ ── a₂ ─── 2⁶⁴
//!                      key ──►│ first point at or after its hash: owner a; next distinct: c, b
//! ```
//!
//! **Use it** to place keys on nodes that change, caches and partitioned stores above all. **Not**
//! where the balance must be better than ±10 %: with 160 points a node the busiest of ten has about
//! 1.12 times the mean ([Maglev](crate::maglev) 1.004, moving a few more keys); and **not** for a
//! fixed, numbered set ([jump](crate::jump)).
//!
//! Points are 64-bit hashes of `name_i`; where two are equal the node names decide, so the order of
//! insertion never matters, and removal is by name, so nobody else's point goes. A look-up is one
//! step through an index of up to 17 leading bits and a short scan.
//!
//! Pitfalls that it avoids: sorting at look-up; scanning all points; 32-bit points that overwrite
//! each other; a node that is added twice; replicas that are the same node.
//!
//! ```
//! use tenfold_patterns::{HashRing, HashRingOptions};
//! let mut ring = HashRing::new(HashRingOptions::tenfold()).unwrap();
//! let (a, b) = (ring.add("a", 1).unwrap(), ring.add("b", 1).unwrap());
//! let mut owners = [0; 2];
//! assert_eq!(ring.owners(ring.hash(b"some key"), &mut owners), 2);
//! assert!(owners == [a, b] || owners == [b, a]);
//! ```
//!
//! Sources: Karger et al., STOC'97; bounded loads: Mirrokni, Thorup, Zadimoghaddam, SODA'18.

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh64::xxh64;

use crate::options::{Check, InvalidOptions};
use crate::planted;

/// How fine the ring is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HashRingOptions {
    /// Points on the ring per unit of weight: 1 to 10,000.
    pub virtual_nodes: u32,
}

impl HashRingOptions {
    /// 160 points a node, as ketama and nginx: the busiest of ten nodes has 1.12 times the mean.
    #[must_use]
    pub const fn tenfold() -> Self {
        Self { virtual_nodes: 160 }
    }

    /// Cassandra 4 and 5: 16 tokens a node.
    #[must_use]
    pub const fn cassandra() -> Self {
        Self { virtual_nodes: 16 }
    }

    fn check(&self) -> Result<(), InvalidOptions> {
        let mut check = Check::default();
        let range = (1..=10_000).contains(&self.virtual_nodes);
        check.that(range, "virtual_nodes", "must be from 1 to 10000");
        check.done()
    }
}

/// A node that cannot be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashRingError {
    /// A node of that name is there; change its weight instead.
    #[error("a node of that name is on the ring")]
    Duplicate,
    /// The weight is 0, or gives the ring more than 16 million points.
    #[error("the weight must be at least 1, and all points at most 16 million")]
    Weight,
    /// No node of that name is there.
    #[error("no node of that name is on the ring")]
    Unknown,
}

const MAX_POINTS: u64 = 1 << 24;
const MAX_INDEX_BITS: u32 = 17;

#[derive(Clone, Debug)]
struct Node {
    name: String,
    weight: u32,
}

/// A consistent hash ring. Nodes are known by their number, which stays while they are there.
#[derive(Clone, Debug)]
pub struct HashRing {
    options: HashRingOptions,
    nodes: Vec<Option<Node>>,
    /// Points in order of (point, name of the node).
    points: Vec<u64>,
    /// The node of each point.
    owners: Vec<u32>,
    /// For each prefix of `bits` bits, the first point whose prefix is not smaller.
    index: Vec<u32>,
    bits: u32,
}

impl HashRing {
    /// Returns a ring without nodes.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: HashRingOptions) -> Result<Self, InvalidOptions> {
        options.check()?;
        let (points, owners) = (Vec::new(), Vec::new());
        Ok(Self { options, nodes: Vec::new(), points, owners, index: vec![0, 0], bits: 0 })
    }

    /// Puts a node on the ring and returns its number.
    ///
    /// # Errors
    /// The name is taken, or the weight impossible.
    pub fn add(&mut self, name: &str, weight: u32) -> Result<u32, HashRingError> {
        if self.number(name).is_some() {
            return Err(HashRingError::Duplicate);
        }
        self.check_weight(weight, 0)?;
        let free = self.nodes.iter().position(Option::is_none);
        let number = free.unwrap_or(self.nodes.len());
        let node = Some(Node { name: name.to_owned(), weight });
        if number == self.nodes.len() {
            self.nodes.push(node)
        } else {
            self.nodes[number] = node
        }
        self.insert(number as u32, 0, weight);
        Ok(number as u32)
    }

    /// Takes a node off the ring, with all its points and no other's.
    ///
    /// # Errors
    /// No such node.
    pub fn remove(&mut self, name: &str) -> Result<(), HashRingError> {
        let number = self.number(name).ok_or(HashRingError::Unknown)?;
        self.retain(|_, owner| owner != number);
        self.nodes[number as usize] = None;
        Ok(())
    }

    /// Changes the weight of a node: only keys to or from it move.
    ///
    /// # Errors
    /// No such node, or the weight is impossible.
    pub fn set_weight(&mut self, name: &str, weight: u32) -> Result<(), HashRingError> {
        let number = self.number(name).ok_or(HashRingError::Unknown)?;
        let node = self.nodes[number as usize].as_mut().expect("a number is given to a node");
        let old = core::mem::replace(&mut node.weight, weight);
        if let Err(error) = self.check_weight(weight, old) {
            self.nodes[number as usize].as_mut().expect("as above").weight = old;
            return Err(error);
        }
        if weight > old {
            self.insert(number, old, weight);
        } else {
            let gone = self.points_of(name, weight, old);
            self.retain(|point, owner| owner != number || gone.binary_search(&point).is_err());
        }
        Ok(())
    }

    /// Takes new options; the nodes stay, with their numbers and weights. With another number of
    /// virtual nodes keys move, each to the owner that a new ring of these nodes would give it.
    ///
    /// # Errors
    /// Lists each option that is out of its range, or with which these nodes have too many points;
    /// the old options then stay.
    pub fn set_options(&mut self, options: HashRingOptions) -> Result<(), InvalidOptions> {
        let mut ring = Self::new(options)?;
        ring.nodes.clone_from(&self.nodes);
        let weights = self.nodes.iter().flatten().map(|node| u64::from(node.weight));
        let points = weights.sum::<u64>() * u64::from(options.virtual_nodes);
        let mut check = Check::default();
        check.that(points <= MAX_POINTS, "virtual_nodes", "would make too many points");
        check.done()?;
        for number in 0..ring.nodes.len() {
            if let Some(weight) = ring.nodes[number].as_ref().map(|node| node.weight) {
                ring.insert(number as u32, 0, weight);
            }
        }
        *self = ring;
        Ok(())
    }

    fn check_weight(&self, weight: u32, instead_of: u32) -> Result<(), HashRingError> {
        let vnodes = u64::from(self.options.virtual_nodes);
        let gone = vnodes * u64::from(instead_of);
        let total = (self.points.len() as u64).saturating_sub(gone) + vnodes * u64::from(weight);
        if weight == 0 || total > MAX_POINTS { Err(HashRingError::Weight) } else { Ok(()) }
    }

    /// Returns the hash of a key: XXH64, seed 0.
    #[must_use]
    pub fn hash(&self, key: &[u8]) -> u64 {
        xxh64(key, 0)
    }

    /// Returns the node of the key with this hash, or `None` on an empty ring.
    #[must_use]
    pub fn owner(&self, hash: u64) -> Option<u32> {
        if self.points.is_empty() { None } else { Some(self.owners[self.position(hash)]) }
    }

    /// Fills `out` with distinct nodes in the order in which they follow the key, and returns how
    /// many there are: `out.len()`, or all nodes if they are fewer.
    pub fn owners(&self, hash: u64, out: &mut [u32]) -> usize {
        let mut found = 0;
        for owner in self.walk(hash) {
            if found == out.len() {
                break;
            }
            if !out[..found].contains(&owner) || planted::is("ring-owners-repeat") {
                out[found] = owner;
                found += 1;
            }
        }
        found
    }

    /// Returns the first node from the key on that `accepts` work; asked again about a node, it has
    /// to answer the same. With [`bounded_load`] this is consistent hashing with bounded loads.
    pub fn owner_where(&self, hash: u64, mut accepts: impl FnMut(u32) -> bool) -> Option<u32> {
        let mut last = None;
        self.walk(hash).find(|owner| {
            // Points of one node often follow each other.
            last.replace(*owner) != Some(*owner) && accepts(*owner)
        })
    }

    /// Returns the number of the node of this name.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u32> {
        let named = |node: &Option<Node>| node.as_ref().is_some_and(|node| node.name == name);
        self.nodes.iter().position(named).map(|number| number as u32)
    }

    /// Returns the name of the node of this number.
    #[must_use]
    pub fn name(&self, number: u32) -> Option<&str> {
        self.nodes.get(number as usize)?.as_ref().map(|node| node.name.as_str())
    }

    /// Returns the number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.iter().flatten().count()
    }

    /// Returns whether there is no node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// Returns the number of points.
    #[must_use]
    pub fn points(&self) -> usize {
        self.points.len()
    }

    /// Returns the options.
    #[must_use]
    pub const fn options(&self) -> &HashRingOptions {
        &self.options
    }

    fn walk(&self, hash: u64) -> impl Iterator<Item = u32> {
        let first = if self.points.is_empty() { 0 } else { self.position(hash) };
        let (before, after) = self.owners.split_at(first);
        after.iter().chain(before).copied()
    }

    /// The first point at or after `hash`, or the first of all.
    fn position(&self, hash: u64) -> usize {
        let prefix = (hash >> 1 >> (63 - self.bits)) as usize;
        let (low, high) = (self.index[prefix] as usize, self.index[prefix + 1] as usize);
        let near = &self.points[low..high];
        // A few points on average; many only if they crowd.
        let step = if near.len() <= 8 {
            near.iter().take_while(|point| **point < hash).count()
        } else {
            near.partition_point(|point| *point < hash)
        };
        if low + step == self.points.len() { 0 } else { low + step }
    }

    /// The points of a node between two weights, in order.
    fn points_of(&self, name: &str, from: u32, to: u32) -> Vec<u64> {
        let vnodes = self.options.virtual_nodes;
        let (from, to) = if planted::is("ring-ignores-weight") {
            (0, vnodes)
        } else {
            (from * vnodes, to * vnodes)
        };
        let mut label = format!("{name}_");
        let stem = label.len();
        let mut points: Vec<u64> = (from..to)
            .map(|i| {
                label.truncate(stem);
                label.push_str(&i.to_string());
                xxh64(label.as_bytes(), 0)
            })
            .collect();
        points.sort_unstable();
        points
    }

    fn insert(&mut self, number: u32, from: u32, to: u32) {
        let name = self.name(number).expect("it was just added").to_owned();
        let fresh = self.points_of(&name, from, to);
        let old = core::mem::take(&mut self.points);
        let old_owners = core::mem::take(&mut self.owners);
        let (mut old, mut fresh) =
            (old.into_iter().zip(old_owners).peekable(), fresh.into_iter().peekable());
        loop {
            let first = match (old.peek(), fresh.peek()) {
                (None, None) => break,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (Some((point, owner)), Some(new)) => {
                    let other = self.name(*owner).expect("every point has a node");
                    (*point, other) <= (*new, name.as_str())
                }
            };
            let (point, owner) =
                if first { old.next() } else { fresh.next().map(|point| (point, number)) }
                    .expect("it was peeked at");
            self.points.push(point);
            self.owners.push(owner);
        }
        self.reindex();
    }

    fn retain(&mut self, keep: impl Fn(u64, u32) -> bool) {
        let mut kept = 0;
        for i in 0..self.points.len() {
            if keep(self.points[i], self.owners[i]) {
                self.points[kept] = self.points[i];
                self.owners[kept] = self.owners[i];
                kept += 1;
            }
        }
        self.points.truncate(kept);
        self.owners.truncate(kept);
        self.reindex();
    }

    fn reindex(&mut self) {
        let points = self.points.len().max(1) as u64;
        self.bits = (u64::BITS - points.leading_zeros()).min(MAX_INDEX_BITS);
        self.index.clear();
        let mut next = 0;
        for prefix in 0..1_u64 << self.bits {
            let start = prefix << (64 - self.bits);
            while next < self.points.len() && self.points[next] < start {
                next += 1;
            }
            self.index.push(next as u32);
        }
        self.index.push(self.points.len() as u32);
    }
}

/// Returns how much work in flight a node may hold for the bounded-load rule: its share by weight of
/// all work in flight, this request included, times `factor` (1.25 to 2 is useful), rounded up.
///
/// ```
/// use tenfold_patterns::hash_ring::bounded_load;
/// assert_eq!(bounded_load(99, 1, 10, 1.25), 13);
/// ```
#[must_use]
pub fn bounded_load(in_flight: u64, weight: u32, total_weight: u64, factor: f64) -> u64 {
    let share = f64::from(weight) / total_weight.max(1) as f64;
    ((in_flight + 1) as f64 * share * factor).ceil() as u64
}
