use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_brief::Diagnostic;
use tenfold_units::Ledger;

use crate::{
    ApiContract, Assumption, Constraints, Dataset, Feature, FunctionalRequirements, NotUnderstood,
    Objective, Operation, Pin, Population, Reading,
};

/// The id of a figure in the estimate's ledger.
pub type FigureId = String;

/// What a brief means, complete, and the load that follows from it.
///
/// Every figure named by id stands in `ledger`; nothing here holds a number of its own that a
/// figure holds already.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The title of the brief.
    pub name: String,
    /// The kind of system whose customs filled the gaps. Stages after this one read operations and
    /// datasets, never this.
    pub archetype: Recognition,
    /// Whether the work can go on.
    pub outcome: Outcome,
    /// Every figure, once, with its provenance.
    pub ledger: Ledger,
    /// Who causes the load.
    pub populations: Vec<Population>,
    /// What they do.
    pub operations: Vec<Operation>,
    /// What is kept.
    pub datasets: Vec<Dataset>,
    /// What is promised.
    pub objectives: Vec<Objective>,
    /// What limits the design from outside.
    pub constraints: Constraints,
    /// Choices that the brief makes itself.
    pub pins: Vec<Pin>,
    /// What the system must be able to do.
    pub features: Vec<Feature>,
    /// The same as stories, use cases and journeys.
    pub functional: FunctionalRequirements,
    /// One interface per operation that a client starts or receives.
    pub api: Vec<ApiContract>,
    /// Every value that was filled in.
    pub assumptions: Vec<Assumption>,
    /// How ambiguous words were read.
    pub readings: Vec<Reading>,
    /// Everything to say about the brief, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// Words from which nothing follows.
    pub not_understood: Vec<NotUnderstood>,
}

/// Whether the work can go on.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Understood.
    Ok,
    /// Understood, but physics, the budget or a stated limit forbids it.
    Infeasible,
    /// No load can be derived.
    NeedsInput,
    /// A contradiction, a wrong dimension or an impossible value.
    Error,
}

/// The kind of system that the words of the brief point to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Recognition {
    /// Name of the archetype: `url-shortener`, …, `generic`.
    pub name: String,
    /// The same in words.
    pub label: String,
    /// The words that decided it, strongest first; empty for `generic`.
    pub words: Vec<Word>,
}

/// A word of the brief.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Word {
    /// The word.
    pub text: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}
