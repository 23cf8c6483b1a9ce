//! From an estimate to a design: choices, topology, sizes, cost, and the laws every design obeys.
//!
//! * [`Design`]: the file `design.yaml`.
//! * [`Choice`], [`Finding`], [`CostSheet`]: what is said about it.
//!
//! Knows nothing of simulation.

mod assumptions;
mod book;
mod demand;
mod keys;
mod sizing;
mod types;

pub use types::*;
