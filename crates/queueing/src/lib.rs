//! Closed forms of queueing theory, for sizing and as the judge of the simulator.
//!
//! | question | here |
//! |---|---|
//! | how long do requests wait, how many servers? | [`Mm1`], [`Mmc`], [`servers_for`] |
//! | how much is lost at a bounded queue, or leaves unserved? | [`MmcK`], [`erlang_b`], [`ErlangA`] |
//! | what if service times vary more or less than exponentially? | [`Mg1`], [`Mg1Tail`], [`Md1`], [`Gim1`], [`allen_cunneen`] |
//! | who goes first? | [`priorities`], [`srpt_mean_response`], [`Mg1::processor_sharing_mean_response`] |
//! | many stations | [`JacksonNetwork`], [`closed_network`], [`machine_repair`] |
//! | how often does a cache hit? | [`lru_hit_ratio`], [`lru_ttl_hit_ratio`], [`ttl_hit_ratio`] |
//! | fan-out, quorums, balancing | [`tail_at_scale`], [`fork_join_of_two`], [`quorum_mean`], [`power_of_choices`] |
//! | how long does a whole path take? | [`PathLatency`] |
//! | how often is it up? | [`k_of_n`], [`TwoState`], [`ZonedReplicas`], [`SpreadReplicas`] |
//! | any chain of births and deaths, any chain of Markov | [`birth_death`], [`stationary`] |
//!
//! Times are in seconds, rates per second, loads in erlangs, shares from 0 to 1. Every formula names
//! its assumptions and source; an approximation is an [`Approximation`] and carries the error that
//! is claimed for it. A station whose queue would grow without bound is [`Error::Unstable`]. Results
//! have the same bits on every platform.
//!
//! Knows nothing of designs or of the simulator, which must not use these formulas: they judge it.

mod approximation;
mod availability;
mod birth_death;
mod cache;
mod closed;
mod distribution;
mod erlang;
mod erlang_a;
mod error;
mod fork_join;
mod gim1;
mod jackson;
mod markov;
mod mg1;
mod mg1_tail;
mod mm;
mod mmck;
mod numeric;
mod order;
mod path;
mod priority;
mod sizing;
mod spread;
mod zones;

pub use approximation::{Approximation, allen_cunneen, kingman_bound};
pub use availability::{MachineRepair, TwoState, k_of_n, machine_repair, parallel, series};
pub use birth_death::birth_death;
pub use cache::{CacheGroup, CacheHits, lru_hit_ratio, lru_ttl_hit_ratio, ttl_hit_ratio};
pub use closed::{ClosedNetwork, ClosedStation, closed_network};
pub use distribution::{Distribution, Moments};
pub use erlang::{erlang_b, erlang_c, servers_for_blocking};
pub use erlang_a::ErlangA;
pub use error::Error;
pub use fork_join::{
    fork_join, fork_join_bounds, fork_join_of_two, leaf_tail, power_of_choices, tail_at_scale,
};
pub use gim1::Gim1;
pub use jackson::{JacksonNetwork, JacksonStation};
pub use markov::stationary;
pub use mg1::{Md1, Mg1, MgInfinity};
pub use mg1_tail::Mg1Tail;
pub use mm::{Mm1, Mmc};
pub use mmck::MmcK;
pub use order::{quorum_mean, quorum_mean_of_samples, quorum_quantile, quorum_tail};
pub use path::PathLatency;
pub use priority::{Class, Preemption, priorities, srpt_mean_response};
pub use sizing::{Objective, Sizing, servers_for};
pub use spread::SpreadReplicas;
pub use zones::ZonedReplicas;

#[cfg(test)]
mod tests;
