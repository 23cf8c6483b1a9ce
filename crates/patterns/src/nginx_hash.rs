//! Placement as nginx does it: `hash $key`, `hash $key consistent` and `ip_hash`.
//!
//! ```text
//!  hash $key             Σ over tries of ((crc32([try] key) >> 16) & 0x7fff)  mod  total weight
//!  hash $key consistent  first of 160 × weight points per server  ≥ crc32(key), else the first
//!  ip_hash               89, then × 113 + octet mod 6271 over 3 octets (IPv6: 16)  mod  weight
//! ```
//!
//! **Use it** where keys must lie where an nginx in front puts them. **Not** for new work: 32-bit
//! points collide and duplicates are dropped; use [`HashRing`](crate::HashRing).
//!
//! Pitfalls kept, because they are nginx's: the plain `hash` moves nearly every key when a server
//! comes or goes; `ip_hash` sees only the first three octets of an IPv4 address, so a whole /24 goes
//! to one server; the order of the servers matters where points are equal.
//!
//! ```
//! use tenfold_patterns::nginx_hash::NginxRing;
//! let ring = NginxRing::new(&[("10.0.0.1:80", 1), ("10.0.0.2:80", 1)]);
//! assert_eq!(ring.owner(b"a"), ring.owner(b"a"));
//! ```
//!
//! Source: nginx `ngx_http_upstream_hash_module`, `ngx_http_upstream_ip_hash_module` (behavior).

#[cfg(test)]
mod tests;

/// Points per unit of weight.
pub const POINTS: u32 = 160;
/// Tries after which nginx falls back to round robin.
pub const MAX_TRIES: u32 = 20;

/// The points of `hash … consistent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NginxRing {
    /// Point and server, in the order of the points, without duplicates.
    points: Vec<(u32, u32)>,
}

impl NginxRing {
    /// Returns the ring of these servers, each `host:port` and its weight.
    #[must_use]
    pub fn new(servers: &[(&str, u32)]) -> Self {
        let mut points = Vec::new();
        for (server, (name, weight)) in servers.iter().enumerate() {
            let mut base = crc32fast::Hasher::new();
            let name = name.strip_prefix("unix:").unwrap_or(name);
            let (host, port) = name.rsplit_once(':').unwrap_or((name, ""));
            base.update(host.as_bytes());
            base.update(&[0]);
            base.update(port.as_bytes());
            let mut previous = 0_u32;
            for _ in 0..weight * POINTS {
                let mut hash = base.clone();
                hash.update(&previous.to_le_bytes());
                previous = hash.finalize();
                points.push((previous, server as u32));
            }
        }
        points.sort_by_key(|point| point.0);
        points.dedup_by_key(|point| point.0);
        Self { points }
    }

    /// Returns the server of `key`, or `None` when there is no server.
    #[must_use]
    pub fn owner(&self, key: &[u8]) -> Option<usize> {
        self.servers(key).next()
    }

    /// Returns the servers to try for `key`, point by point, each point once.
    pub fn servers(&self, key: &[u8]) -> impl Iterator<Item = usize> {
        let hash = crc32fast::hash(key);
        let first = self.points.partition_point(|point| point.0 < hash);
        let (before, after) = self.points.split_at(first);
        after.iter().chain(before).map(|point| point.1 as usize)
    }
}

/// The successive values of `hash $key`; each, modulo the total weight, names a server.
#[derive(Clone, Debug)]
pub struct NginxHash<'a> {
    key: &'a [u8],
    tries: u32,
    sum: u32,
}

impl<'a> NginxHash<'a> {
    /// Returns the values for `key`.
    #[must_use]
    pub const fn new(key: &'a [u8]) -> Self {
        Self { key, tries: 0, sum: 0 }
    }
}

impl Iterator for NginxHash<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let mut hash = crc32fast::Hasher::new();
        if self.tries > 0 {
            // At most 20 tries: two digits.
            let digits = [b'0' + (self.tries / 10 % 10) as u8, b'0' + (self.tries % 10) as u8];
            hash.update(&digits[usize::from(self.tries < 10)..]);
        }
        hash.update(self.key);
        self.tries += 1;
        self.sum = self.sum.wrapping_add((hash.finalize() >> 16) & 0x7fff);
        (self.tries <= MAX_TRIES).then_some(self.sum)
    }
}

/// The successive values of `ip_hash`; each, modulo the total weight, names a server.
#[derive(Clone, Debug)]
pub struct IpHash<'a> {
    octets: &'a [u8],
    tries: u32,
    hash: u32,
}

impl<'a> IpHash<'a> {
    /// Returns the values for an address of 4 or 16 octets (of 4, the last does not count).
    #[must_use]
    pub fn new(address: &'a [u8]) -> Self {
        let octets = if address.len() == 4 { &address[..3] } else { address };
        Self { octets, tries: 0, hash: 89 }
    }
}

impl Iterator for IpHash<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        for octet in self.octets {
            self.hash = (self.hash * 113 + u32::from(*octet)) % 6271;
        }
        self.tries += 1;
        (self.tries <= MAX_TRIES).then_some(self.hash)
    }
}

/// Returns the server that `value`, modulo the total of `weights`, names; `None` without weight.
pub fn by_weight(value: u32, weights: impl Iterator<Item = u32> + Clone) -> Option<usize> {
    let total: u64 = weights.clone().map(u64::from).sum();
    let mut left = u64::from(value).checked_rem(total)?;
    for (server, weight) in weights.enumerate() {
        let weight = u64::from(weight);
        if left < weight {
            return Some(server);
        }
        left -= weight;
    }
    None
}
