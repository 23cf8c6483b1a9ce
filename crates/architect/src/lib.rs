//! The facade: a brief in, a plan out.
//!
//! `plan` strings the stages together; [`Plan`] holds what all of them found. Report and
//! artifacts are pure functions of it. `lower` is the only way from a design to a model of the
//! simulator; `trial` is what is tried on it.
//!
//! Knows nothing of files, terminals or transports.

mod lower;
mod plan;

pub use lower::{Cell, LowerOptions, Lowered, Part, evaluate, lower};
pub use plan::{
    Approximation, Change, Fault, FigureId, KillWhat, Mitigation, Phase, PhaseComponent, PhaseName,
    PhaseOperation, Plan, Redesign, Sensitivity, TimePoint, Trial, TrialKind, Verdict, VerdictKind,
    Weakness,
};
