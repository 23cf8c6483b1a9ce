//! Judged facts about a design.

use serde::{Deserialize, Serialize};
use tenfold_units::Text;

/// What a law, a pin or a size says against a design.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The law or rule: `zones`, `retry-layers`, `pin`, …
    pub law: String,
    /// How bad it is.
    pub severity: Severity,
    /// The components, links, flows or datasets that it is about.
    pub about: Vec<String>,
    /// Path in the design file (`components.redirect.runs.per_zone`), where one value is to blame.
    pub path: Option<String>,
    /// Line of the design file, from 1, where it was read from one.
    pub line: Option<u32>,
    /// The figures behind it, in the ledger of the analysis.
    pub figures: Vec<String>,
    /// The sentence: what is wrong, and what would help.
    pub text: Text,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A law is broken: `check` fails.
    Broken,
    /// A risk to know: it does not fail a check.
    Warning,
}
