//! From an estimate to a design: choices, topology, sizes, cost, and the laws every design obeys.
//!
//! * [`Design`]: the file `design.yaml`.
//! * [`Choice`], [`Finding`], [`CostSheet`]: what is said about it.
//!
//! Knows nothing of simulation.

mod assumptions;
mod book;
mod choices;
mod demand;
mod draft;
mod keys;
mod sizing;
mod topology;
mod types;

pub use types::*;
