//! Keys and caches: hits that emerge from which keys are asked for and a real eviction policy.

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
