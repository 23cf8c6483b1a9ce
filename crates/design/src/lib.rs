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
mod inputs;
mod keys;
mod laws;
mod propose;
mod sizing;
mod topology;
mod types;

pub use analysis::Analysis;
pub use propose::{Proposal, propose, propose_at};
pub use types::*;
