//! From an estimate to a design: choices, topology, sizes, cost, and the laws every design obeys.
//!
//! * [`propose`]: an estimate and the catalogue in, a [`Proposal`] out.
//! * [`Design`]: the file `design.yaml`.
//! * [`Choice`], [`Finding`], [`CostSheet`]: what is said about it.
//!
//! Knows nothing of simulation.

mod analysis;
mod assumptions;
mod book;
mod choices;
mod cost;
mod demand;
mod draft;
mod file;
mod inputs;
mod keys;
mod laws;
mod propose;
mod sizing;
#[cfg(test)]
mod testing;
mod topology;
mod types;

pub use analysis::{Analysis, active_instances};
pub use file::{Diagnostic, Edit, Loaded};
pub use propose::{Proposal, Review, propose, propose_at, review};
pub use types::*;
