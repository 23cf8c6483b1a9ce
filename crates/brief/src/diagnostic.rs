use serde::{Deserialize, Serialize};

use crate::{Code, Span};

/// How grave a diagnostic is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Contradiction, impossible value, wrong dimension: nothing is written.
    Error,
    /// Something is missing or was left out; the work goes on.
    Warning,
    /// An ambiguous text was read in one way; the work goes on.
    Reading,
}

/// Something to say about a place of the brief.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Diagnostic {
    /// How grave it is.
    pub severity: Severity,
    /// Stable code: `E…` error, `W…` warning, `R…` reading.
    pub code: Code,
    /// Where.
    pub span: Span,
    /// The words that were read.
    pub read: String,
    /// What is wrong, or how it was read.
    pub message: String,
    /// What would help.
    pub help: String,
}
