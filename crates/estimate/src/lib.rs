//! Resolves a brief into requirements and computes load, storage, bandwidth and memory.
//!
//! * [`Estimate`]: the result; its [`Ledger`](tenfold_units::Ledger) holds every figure once.
//! * [`Operation`], [`Dataset`], [`Objective`], …: the requirements, which name figures by id.
//!
//! Knows nothing of text formats and components.

mod dataset;
mod estimate;
mod operation;
mod requirement;

pub use dataset::{Column, Dataset, Durability, Popularity, Shape, Tier};
pub use estimate::{Estimate, FigureId, Outcome, Recognition, Word};
pub use operation::{
    Access, Consistency, Idempotency, Operation, OperationKind, Timing, Touch, Window,
};
pub use requirement::{
    ApiContract, ApiError, Assumption, Bound, Constraints, During, Feature, FunctionalRequirements,
    Journey, NotUnderstood, Objective, Origin, Pin, Place, Population, Priority, Reading, Sli,
    Stated, Story, UseCase,
};
