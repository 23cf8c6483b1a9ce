//! Jump consistent hash: numbered buckets without any memory.
//!
//! ```text
//!  n buckets → n + 1: a share 1/(n+1) of the keys jumps to the new bucket, all others stay
//! ```
//!
//! **Use it** for a numbered set that grows and shrinks only at its end (shards of a store).
//! **Not** for named nodes, of which any may go ([`HashRing`](crate::HashRing)).
//!
//! ```
//! use tenfold_patterns::jump::jump;
//! assert_eq!(jump(1, 1), 0);
//! let (before, after) = (jump(256, 10), jump(256, 11));
//! assert!(after == before || after == 10);
//! ```
//!
//! Source: Lamping, Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm", arXiv:1406.2294.

#[cfg(test)]
mod tests;

/// Returns the bucket of the key with this hash: 0 to `buckets` − 1.
///
/// # Panics
/// Panics when there is no bucket.
#[must_use]
pub fn jump(mut hash: u64, buckets: u32) -> u32 {
    assert!(buckets > 0, "a key needs a bucket");
    let (mut bucket, mut next) = (0_u32, 0_f64);
    while next < f64::from(buckets) {
        bucket = next as u32;
        hash = hash.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(1);
        let divisor = ((hash >> 33) + 1) as f64;
        next = (f64::from(bucket) + 1.0) * ((1_u64 << 31) as f64 / divisor);
        // The reference truncates to a whole number.
        next = next.trunc();
    }
    bucket
}
