//! Keys and caches: hits that emerge from which keys are asked for and a real eviction policy.
//!
//! [`KeyPopulation`] says which keys there are, [`Keys`] draws from them, and a [`CacheWorld`] puts
//! the cache of `tenfold-patterns` in front of them. A *representative* stands for up to thousands
//! of keys, so that a static law over 3e9 keys with 3e8 entries and 2e5 requests a second is warm
//! after 0.1 to 0.2 s and 5e5 accesses, in 8 MB. Living keys cost more: 1e8 entries, 1e8 births a
//! day and a tail of 30 days take 1.3e7 accesses, 10 to 30 s and 32 MB until steady, past
//! [`WarmOptions::USUAL`]; whoever warms less has to look at [`Warmth::converged`].
//!
//! # Representatives
//!
//! Consecutive ranks with nearly the same popularity are a stratum, a stratum is split into groups,
//! and the middle key of a group stands for all w keys of it:
//!
//! ```text
//!  a request for one of the w keys ──┬── 1/w: the representative itself ──► the policy learns of it
//!                                    └── else: a look at the representative, which learns nothing
//! ```
//!
//! So a representative is asked for at the rate of *one* key, and the cache turns over in the time
//! that the real one would take; its entry weighs w entries. A look for a sibling sees the state at
//! a random moment, which has the same law as the sibling's own (Poisson arrivals see time
//! averages). Simply using fewer keys would ask for each too often.
//!
//! The traffic that nobody presents runs in the background, access by access of the
//! representatives only. A key that would be asked for many times while the cache turns over once
//! is followed at a capped rate while it is in the cache; at its birth and after its entry expires
//! its first request comes at the full rate.
//!
//! # What is exact and what is not
//!
//! * Exact: the rate of every key in a request stream ([`Keys::draw`]; equal within a stratum,
//!   which spans 1.6 % of rank), keys of their own for the 128 hottest ranks, the policy,
//!   lifetimes, weights, total rate. With a group of one key nothing is approximated but the cap.
//! * The cap leaves out accesses: of keys that LRU would hold, e^-12.
//! * A full cache of 20,000 representatives fluctuates: hit ratios are off by about 0.1 points.
//! * Against every key simulated, one static law (Zipf 0.9), 20 keys a group: LRU off by less than
//!   0.1 points, S3-FIFO and TinyLFU by 0.3.
//! * Living keys, three populations that played no part in choosing the constants here: LRU off by
//!   up to 0.3 points, TinyLFU by 0.5, **S3-FIFO 0.6 to 2.5 too low**. The likely cause, not proven:
//!   its ghosts count entries whatever they weigh, and groups of living keys are of unequal size.
//! * Living keys of a group are born within an eighth of the mean life of the fastest term. Once
//!   that has faded (6 mean lives) keys move to coarser groups and miss once more.
//! * [`HitRatio`]'s interval is from batches in time: it is too narrow while the ratio still
//!   drifts, and its coverage has not been measured.
//! * Not simulated: keys that do not exist. `negative_ttl` and `negative_entries` have no effect.
//! * With several lost shards the lost ones share one state, and the kept ones another.
//! * With a cache in each replica in front of this one, present this one's requests yourself
//!   (`presented_ratio: 1`): the background knows of no other cache.
//!
//! # A cell
//!
//! Where only 1/K of the requests is simulated in detail, the world still holds the whole cache and
//! all keys: set `presented_ratio` to 1/K and present the cell's requests; the background has the
//! others. Nothing is scaled down, so that there is no error from shrinking.

mod alias;
mod population;
mod table;
mod world;

pub use population::{Fade, KeyError, KeyGroup, KeyPopulation, LivingKeys, ZipfKeys};
pub use table::{Key, Keys};
pub use world::{
    CacheWorld, CacheWorldOptions, HitRatio, Lookup, RESOLUTION, Refill, RefillPoint, WarmOptions,
    Warmth, WorldError,
};
