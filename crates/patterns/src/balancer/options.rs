//! How requests are spread over which backends: options and presets.

use core::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::outlier::OutlierOptions;
#[cfg(doc)]
use crate::hash_ring::HashRing;
use crate::options::{Check, InvalidOptions};

/// How a backend is chosen among the candidates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum BalancerPolicy {
    /// Smooth weighted round robin, as nginx.
    RoundRobin,
    /// Any, by weight.
    Random,
    /// Fewest requests in flight by weight, ties by smooth weighted round robin, as nginx.
    LeastConnections,
    /// The one with fewer requests in flight by weight, of two picked at random by weight.
    PowerOfTwo,
    /// The one with the lower peak-sensitive latency times requests in flight, of two picked at
    /// random.
    PeakEwma {
        /// The time in which an observation loses all but 1/e of its weight.
        #[serde(with = "tenfold_units::duration")]
        #[schemars(with = "String")]
        decay: Duration,
        /// The latency of a backend that has not answered yet.
        #[serde(with = "tenfold_units::duration")]
        #[schemars(with = "String")]
        initial: Duration,
    },
    /// By the client's address (4 or 16 octets as the key), as nginx `ip_hash`.
    IpHash,
    /// By the key, as nginx `hash $key`.
    NginxHash,
    /// By the key, as nginx `hash $key consistent`.
    NginxConsistentHash,
    /// By the key, on a [`HashRing`].
    ConsistentHash {
        /// Points per unit of weight.
        virtual_nodes: u32,
        /// Work in flight that one backend may hold, as a multiple of its share: 0 for any, else
        /// above 1.
        #[serde(default)]
        bounded_load: f64,
    },
}

/// How failures seen on requests take a backend out, as nginx does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaxFailsOptions {
    /// Failures in a row of spells that take it out; at least 1.
    pub max_fails: u32,
    /// How long it is out, and how long a failure counts.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub fail_timeout: Duration,
}

/// How requests are spread.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BalancerOptions {
    /// How a backend is chosen.
    pub policy: BalancerPolicy,
    /// How failures in a row take a backend out; absent: they do not.
    #[serde(default)]
    pub max_fails: Option<MaxFailsOptions>,
    /// How backends that are worse than the others are taken out; absent: they are not.
    #[serde(default)]
    pub outlier: Option<OutlierOptions>,
    /// How long a backend that came (back) takes to get its full weight; absent: at once.
    #[serde(default, with = "tenfold_units::duration::optional")]
    #[schemars(with = "Option<String>")]
    pub slow_start: Option<Duration>,
    /// Share of candidates among all backends below which health is ignored, 0 to 1.
    #[serde(default)]
    pub panic_threshold: f64,
}

impl BalancerOptions {
    /// nginx's defaults: round robin, one failure takes a backend out for 10 s.
    #[must_use]
    pub const fn nginx() -> Self {
        let fail_timeout = Duration::from_secs(10);
        Self {
            policy: BalancerPolicy::RoundRobin,
            max_fails: Some(MaxFailsOptions { max_fails: 1, fail_timeout }),
            outlier: None,
            slow_start: None,
            panic_threshold: 0.0,
        }
    }

    /// Envoy's `LEAST_REQUEST` with outlier detection and the panic threshold of 50 %.
    #[must_use]
    pub const fn envoy() -> Self {
        Self {
            policy: BalancerPolicy::PowerOfTwo,
            max_fails: None,
            outlier: Some(OutlierOptions::envoy()),
            slow_start: None,
            panic_threshold: 0.5,
        }
    }

    /// Power of two choices and nothing else.
    #[must_use]
    pub const fn power_of_two() -> Self {
        Self::plain(BalancerPolicy::PowerOfTwo)
    }

    /// Finagle's and tower's peak EWMA with their decay of 10 s; 30 ms until the first answer.
    #[must_use]
    pub const fn peak_ewma() -> Self {
        let (decay, initial) = (Duration::from_secs(10), Duration::from_millis(30));
        Self::plain(BalancerPolicy::PeakEwma { decay, initial })
    }

    /// A policy without any health.
    #[must_use]
    pub const fn plain(policy: BalancerPolicy) -> Self {
        Self { policy, max_fails: None, outlier: None, slow_start: None, panic_threshold: 0.0 }
    }

    pub(super) fn check(&self) -> Result<(), InvalidOptions> {
        let mut check = Check::default();
        match self.policy {
            BalancerPolicy::PeakEwma { decay, .. } => {
                check.that(!decay.is_zero(), "policy", "`decay` must be longer than 0s");
            }
            BalancerPolicy::ConsistentHash { virtual_nodes, bounded_load } => {
                let range = (1..=10_000).contains(&virtual_nodes);
                check.that(range, "policy", "`virtual_nodes` must be from 1 to 10000");
                let factor = bounded_load == 0.0 || bounded_load > 1.0;
                check.that(factor, "policy", "`bounded_load` must be 0 or above 1");
            }
            BalancerPolicy::RoundRobin
            | BalancerPolicy::Random
            | BalancerPolicy::LeastConnections
            | BalancerPolicy::PowerOfTwo
            | BalancerPolicy::IpHash
            | BalancerPolicy::NginxHash
            | BalancerPolicy::NginxConsistentHash => {}
        }
        let some = self.max_fails.is_none_or(|options| options.max_fails > 0);
        check.that(some, "max_fails", "must be at least 1");
        check.that(self.slow_start != Some(Duration::ZERO), "slow_start", "must be above 0s");
        check.ratio(self.panic_threshold, "panic_threshold");
        if let Some(outlier) = &self.outlier {
            outlier.check(&mut check);
        }
        check.done()
    }
}

/// One backend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackendOptions {
    /// What it is known by (`host:port` for nginx's hashes); unique.
    pub name: String,
    /// Its share of the requests: 1 to 65,535.
    #[serde(default = "one")]
    pub weight: u32,
    /// Requests in flight that it may have; 0: any number.
    #[serde(default)]
    pub max_connections: u32,
}

const fn one() -> u32 {
    1
}

impl BackendOptions {
    /// Returns a backend of weight 1 with any number of connections.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), weight: 1, max_connections: 0 }
    }

    /// Returns the same with another weight.
    #[must_use]
    pub fn weight(self, weight: u32) -> Self {
        Self { weight, ..self }
    }
}
