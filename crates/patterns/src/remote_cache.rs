//! Remote cache: the level that processes share, between the cache in each process and the store.
//!
//! Only the policy is here: how long values and absences live there, how long who missed may fill
//! it, and how long an answer is waited for. `RedisCache` of `tenfold-patterns-tower` runs it.
//!
//! A value that is loaded late must not overwrite one that was written meanwhile: who misses gets a
//! lease and may fill only while the lease stands; a write takes it away. Nishtala et al., "Scaling
//! Memcache at Facebook", NSDI 2013, section 3.2.1.
//!
//! ```
//! use core::time::Duration;
//! use tenfold_patterns::{RemoteCache, RemoteCacheOptions};
//! let cache = RemoteCache::new(RemoteCacheOptions::for_values(Duration::from_secs(100))).unwrap();
//! // Lifetimes are shortened by up to a tenth, so that what was filled together does not end together.
//! assert_eq!(cache.lifetime(false, 0.0), Duration::from_secs(100));
//! assert_eq!(cache.lifetime(false, 1.0), Duration::from_secs(90));
//! ```

#[cfg(test)]
mod tests;

use core::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::options::{Check, InvalidOptions};

/// Lifetimes and waits of a cache that processes share.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoteCacheOptions {
    /// How long a value is kept: 1 ms or more.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub ttl: Duration,
    /// Share of a lifetime by which it is shortened at random, 0 to 1.
    pub ttl_jitter: f64,
    /// How long the absence of a value is remembered; absent: not at all.
    #[serde(default, with = "tenfold_units::duration::optional")]
    #[schemars(with = "Option<String>")]
    pub negative_ttl: Option<Duration>,
    /// How long who missed may fill: longer than a load takes, 1 ms or more.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub lease: Duration,
    /// The longest wait for an answer, after which the store is asked: 1 ms to 1 min.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub timeout: Duration,
}

impl RemoteCacheOptions {
    /// Ours: lifetimes up to a tenth shorter, absences not remembered, leases of 10 s, and 20 ms for an
    /// answer.
    #[must_use]
    pub const fn for_values(ttl: Duration) -> Self {
        Self {
            ttl,
            ttl_jitter: 0.1,
            negative_ttl: None,
            lease: Duration::from_secs(10),
            timeout: Duration::from_millis(20),
        }
    }

    /// Remembers for this long that there is no value, too.
    #[must_use]
    pub const fn negative(self, ttl: Duration) -> Self {
        Self { negative_ttl: Some(ttl), ..self }
    }

    fn check(&self) -> Result<(), InvalidOptions> {
        let milli = Duration::from_millis(1);
        let mut check = Check::default();
        check.that(self.ttl >= milli, "ttl", "must be at least 1ms");
        check.ratio(self.ttl_jitter, "ttl_jitter");
        let negative = self.negative_ttl.is_none_or(|ttl| ttl >= milli);
        check.that(negative, "negative_ttl", "must be at least 1ms");
        check.that(self.lease >= milli, "lease", "must be at least 1ms");
        let waits = (milli..=Duration::from_secs(60)).contains(&self.timeout);
        check.that(waits, "timeout", "must be 1ms to 1min");
        check.done()
    }
}

/// The policy of a cache that processes share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RemoteCache {
    options: RemoteCacheOptions,
}

impl RemoteCache {
    /// Returns the policy.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: RemoteCacheOptions) -> Result<Self, InvalidOptions> {
        options.check()?;
        Ok(Self { options })
    }

    /// Returns the options.
    #[must_use]
    pub const fn options(&self) -> &RemoteCacheOptions {
        &self.options
    }

    /// Returns how long a value, or an absence, lives there; `uniform` is a draw of 0 to 1. Zero: it
    /// is not to be kept. Never below 1 ms otherwise.
    #[must_use]
    pub fn lifetime(&self, absent: bool, uniform: f64) -> Duration {
        let ttl = if absent { self.options.negative_ttl } else { Some(self.options.ttl) };
        let Some(ttl) = ttl else { return Duration::ZERO };
        let kept = 1.0 - self.options.ttl_jitter * uniform.clamp(0.0, 1.0);
        ttl.mul_f64(kept).max(Duration::from_millis(1))
    }
}
