//! The facade: a brief in, a plan out.
//!
//! `plan` strings the stages together; [`Plan`] holds what all of them found. Report and
//! artifacts are pure functions of it. `lower` is the only way from a design to a model of the
//! simulator; `trial` is what is tried on it.
//!
//! Knows nothing of files, terminals or transports.

mod agreement;
mod analytic;
mod availability;
mod bounds;
mod first_look;
mod lower;
mod plan;
mod rare;
mod review;
mod rounds;
pub mod schemas;
mod sensitivity;
mod settings;
mod stages;
mod threads;
mod trial;
mod unavailability;
mod verdict;
mod weakness;

pub use lower::{Cell, LowerOptions, Lowered, Part, evaluate, lower};
pub use plan::{
    Approximation, Change, Fault, FigureId, KillWhat, Mitigation, Phase, PhaseComponent, PhaseName,
    PhaseOperation, Plan, Redesign, Sensitivity, TimePoint, Trial, TrialKind, Verdict, VerdictKind,
    Weakness,
};
pub use tenfold_catalog::Catalog;
pub use tenfold_estimate::{archetype_names as archetypes, starter_brief as new_brief};

pub use rare::{ExactRare, RARE_BUDGET, Rare, rare};
pub use review::{Checked, Simulated, check, simulate_design};
pub use stages::{PlanOptions, plan, read};
pub use threads::on_threads;
pub use trial::{
    CannotRehearse, Carried, GivesOut, HitRatios, RUNS, Recovery, Rehearsal, Staged, TrialOptions,
    carry, compare_designs, stage, stage_model, try_design,
};
pub use unavailability::{
    Ends, Need, OperationUnavailability, PartUnavailability, Unavailability, unavailability,
};

/// Events that all simulations of a plan take together, unless told otherwise.
pub const BUDGET: u64 = 80_000_000;
