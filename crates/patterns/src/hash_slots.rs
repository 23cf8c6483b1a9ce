//! Fixed slots: Redis Cluster's 16,384, Kafka's partitions, Cassandra's tokens.
//!
//! ```text
//!  redis      CRC16-XMODEM(hash tag, or key) mod 16384 ─► slot ─► node     {user1}.a  {user1}.b
//!  kafka      (murmur2(key) & 0x7fffffff) mod partitions
//!  cassandra  murmur3 x64 128, first half, bytes ≥ 0x80 sign-extended ─► token ─► range
//! ```
//!
//! **Use it** to know where one of these systems puts a key, and to plan which slots move.
//! **Not** for numbers of partitions that change: Kafka's keys all move when partitions are added.
//!
//! Pitfalls that it avoids: the sign of a hash is masked, never passed through `abs` (the smallest
//! number has no absolute value); no hash that is seeded per process; Cassandra's own treatment of
//! bytes from 0x80 on and of its smallest token.
//!
//! ```
//! use tenfold_patterns::hash_slots::{kafka_partition, redis_slot};
//! assert_eq!(redis_slot(b"{user1000}.following"), redis_slot(b"{user1000}.followers"));
//! assert_eq!(kafka_partition(b"foobar", 12), 6);
//! ```
//!
//! Sources: Redis Cluster specification; Kafka `Utils.murmur2`; Cassandra `MurmurHash`
//! (Appleby's MurmurHash2 and MurmurHash3, public domain).

#[cfg(test)]
mod tests;

/// Slots of a Redis Cluster.
pub const REDIS_SLOTS: u16 = 16_384;

/// Returns the Redis Cluster slot of a key.
#[must_use]
pub fn redis_slot(key: &[u8]) -> u16 {
    crc16_xmodem(hash_tag(key)) % REDIS_SLOTS
}

/// Returns the part of a key that Redis hashes: between the first `{` and the next `}`, unless that
/// is empty or missing.
#[must_use]
pub fn hash_tag(key: &[u8]) -> &[u8] {
    let Some(open) = key.iter().position(|byte| *byte == b'{') else { return key };
    let after = &key[open + 1..];
    match after.iter().position(|byte| *byte == b'}') {
        Some(close) if close > 0 => &after[..close],
        _ => key,
    }
}

fn crc16_xmodem(bytes: &[u8]) -> u16 {
    let mut crc = 0_u16;
    for byte in bytes {
        crc ^= u16::from(*byte) << 8;
        for _ in 0..8 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 };
        }
    }
    crc
}

/// Returns the partition that Kafka's default partitioner gives a key.
///
/// # Panics
/// Panics when there is no partition.
#[must_use]
pub fn kafka_partition(key: &[u8], partitions: u32) -> u32 {
    (murmur2(key) & 0x7fff_ffff) as u32 % partitions
}

/// Returns Kafka's 32-bit murmur2 of a key.
#[must_use]
pub fn murmur2(key: &[u8]) -> i32 {
    const M: u32 = 0x5bd1_e995;
    let mut hash = 0x9747_b28c_u32 ^ key.len() as u32;
    let (words, tail) = key.as_chunks::<4>();
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> 24;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    if !tail.is_empty() {
        for (i, byte) in tail.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * i);
        }
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    (hash ^ (hash >> 15)) as i32
}

/// Returns the token that Cassandra's Murmur3Partitioner gives a partition key.
#[must_use]
pub fn cassandra_token(key: &[u8]) -> i64 {
    let token = murmur3(key, |byte| i64::from(byte as i8) as u64).0 as i64;
    // The smallest number means "before all tokens".
    if token == i64::MIN { i64::MAX } else { token }
}

/// Returns the MurmurHash3 x64 128 of a key with seed 0.
#[must_use]
pub fn murmur3_x64_128(key: &[u8]) -> (u64, u64) {
    murmur3(key, u64::from)
}

/// `widen` turns a byte of the tail into a word: Cassandra's keeps the sign.
fn murmur3(key: &[u8], widen: impl Fn(u8) -> u64) -> (u64, u64) {
    const C1: u64 = 0x87c3_7b91_1142_53d5;
    const C2: u64 = 0x4cf5_ad43_2745_937f;
    let scramble1 = |k: u64| k.wrapping_mul(C1).rotate_left(31).wrapping_mul(C2);
    let scramble2 = |k: u64| k.wrapping_mul(C2).rotate_left(33).wrapping_mul(C1);
    let (mut h1, mut h2) = (0_u64, 0_u64);
    let (blocks, tail) = key.as_chunks::<16>();
    for block in blocks {
        let (k1, k2) = block.split_at(8);
        let word = |half: &[u8]| u64::from_le_bytes(half.try_into().expect("eight bytes"));
        h1 = (h1 ^ scramble1(word(k1))).rotate_left(27).wrapping_add(h2);
        h1 = h1.wrapping_mul(5).wrapping_add(0x52dc_e729);
        h2 = (h2 ^ scramble2(word(k2))).rotate_left(31).wrapping_add(h1);
        h2 = h2.wrapping_mul(5).wrapping_add(0x3849_5ab5);
    }
    let gather =
        |part: &[u8]| part.iter().enumerate().fold(0, |k, (i, byte)| k ^ (widen(*byte) << (8 * i)));
    if tail.len() > 8 {
        h2 ^= scramble2(gather(&tail[8..]));
    }
    if !tail.is_empty() {
        h1 ^= scramble1(gather(&tail[..tail.len().min(8)]));
    }
    h1 ^= key.len() as u64;
    h2 ^= key.len() as u64;
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    (h1, h2) = (finish(h1), finish(h2));
    h1 = h1.wrapping_add(h2);
    (h1, h2.wrapping_add(h1))
}

fn finish(mut k: u64) -> u64 {
    k = (k ^ (k >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    k = (k ^ (k >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    k ^ (k >> 33)
}

/// Slots and the nodes that own them; changes of the nodes move as few slots as evenness allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotMap {
    owners: Vec<u32>,
}

impl SlotMap {
    /// Returns `slots` slots spread over the nodes 0 to `nodes` − 1 in ranges whose sizes differ by
    /// at most one.
    ///
    /// # Panics
    /// Panics when there is no node.
    #[must_use]
    pub fn new(slots: u32, nodes: u32) -> Self {
        assert!(nodes > 0, "a slot needs an owner");
        let owner = |slot: u32| (u64::from(slot) * u64::from(nodes) / u64::from(slots)) as u32;
        Self { owners: (0..slots).map(owner).collect() }
    }

    /// Returns the node of a slot.
    ///
    /// # Panics
    /// Panics when there is no such slot.
    #[must_use]
    pub fn owner(&self, slot: u32) -> u32 {
        self.owners[slot as usize]
    }

    /// Spreads the slots over exactly these nodes, their numbers differing by at most one, and
    /// returns how many moved: those of nodes that are gone, and what a node has too many.
    ///
    /// # Panics
    /// Panics when there is no node.
    pub fn rebalance(&mut self, nodes: &[u32]) -> u32 {
        assert!(!nodes.is_empty(), "a slot needs an owner");
        let (each, more) = (self.owners.len() / nodes.len(), self.owners.len() % nodes.len());
        let mut held: Vec<usize> =
            nodes.iter().map(|n| self.owners.iter().filter(|o| *o == n).count()).collect();
        // The fullest nodes keep the odd slots.
        let mut order: Vec<usize> = (0..nodes.len()).collect();
        order.sort_by_key(|i| (usize::MAX - held[*i], *i));
        let mut due = vec![each; nodes.len()];
        order.iter().take(more).for_each(|i| due[*i] += 1);
        let mut moved = 0;
        let mut hungry = 0;
        for slot in 0..self.owners.len() {
            let place = nodes.iter().position(|node| *node == self.owners[slot]);
            if place.is_some_and(|i| held[i] <= due[i]) {
                continue;
            }
            while held[hungry] >= due[hungry] {
                hungry += 1;
            }
            if let Some(place) = place {
                held[place] -= 1;
            }
            held[hungry] += 1;
            self.owners[slot] = nodes[hungry];
            moved += 1;
        }
        moved
    }
}
