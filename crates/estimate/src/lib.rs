//! Resolves a brief into requirements and computes load, storage, bandwidth and memory.
//!
//! * [`estimate()`]: Brief × Catalog → [`Estimate`], which holds every figure once in its
//!   [`Ledger`](tenfold_units::Ledger).
//! * [`Operation`], [`Dataset`], [`Objective`], …: the requirements, which name figures by id.
//! * [`starter_brief`]: a brief to start from, for each kind of system.
//! * [`EstimateDocument`]: the same as other programs read it.
//!
//! The way there: `recognize` finds the archetype, `bind` makes each demand of the brief define a
//! figure, `complete` adds what that implies, `rules` adds the general model, `network` takes the
//! cheapest way to know each figure, `check` judges, `assemble` writes down.
//!
//! Knows nothing of text formats and components.

mod archetype;
mod assemble;
mod bind;
mod check;
mod complete;
mod dataset;
mod draft;
mod estimate;
mod json;
mod network;
mod operation;
mod recognize;
mod requirement;
mod resolve;
mod rules;
mod starter;
mod words;

pub use dataset::{Column, Dataset, Durability, Popularity, Shape, Tier};
pub use estimate::{Estimate, FigureId, Outcome, Recognition, Word};
pub use json::{DiagnosticDocument, EstimateDocument};
pub use operation::{
    Access, Consistency, Idempotency, Operation, OperationKind, OutsideCall, Timing, Touch, Window,
};
pub use requirement::{
    ApiContract, ApiError, Assumption, Bound, Constraints, During, Feature, FunctionalRequirements,
    Journey, NotUnderstood, Objective, Origin, Pin, Place, Population, Priority, Reading, Sli,
    Stated, Story, UseCase,
};
pub use resolve::estimate;
pub use starter::{archetype_names, starter_brief};

#[cfg(test)]
mod tests;
