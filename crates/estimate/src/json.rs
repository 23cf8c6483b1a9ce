//! The estimate as other programs read it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use tenfold_brief::Severity;
use tenfold_units::{Interval, Provenance};

use crate::{Estimate, Outcome};

/// The name and version of the form.
const SCHEMA: &str = "tenfold/estimate/1";

/// An estimate as JSON: every figure by id in its base unit, with interval and provenance.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EstimateDocument {
    /// `tenfold/estimate/1`.
    pub schema: String,
    /// Whether the work can go on.
    pub outcome: Outcome,
    /// Mid values by figure id, in base units (req/s, B, bit/s, s, count, ratio 0 to 1).
    pub metrics: BTreeMap<String, f64>,
    /// Intervals of the figures that are not exact.
    pub intervals: BTreeMap<String, Interval>,
    /// Where each figure comes from.
    pub provenance: BTreeMap<String, Provenance>,
    /// Everything to say about the brief, in the order of the text.
    pub diagnostics: Vec<DiagnosticDocument>,
}

/// A diagnostic as JSON.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DiagnosticDocument {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// How grave it is.
    pub severity: Severity,
    /// Stable code.
    pub code: String,
    /// What is wrong, or how it was read.
    pub message: String,
    /// What would help.
    pub help: String,
}

impl Estimate {
    /// Returns the estimate in the form that other programs read.
    #[must_use]
    pub fn to_document(&self) -> EstimateDocument {
        let mut document = EstimateDocument {
            schema: SCHEMA.to_owned(),
            outcome: self.outcome,
            metrics: BTreeMap::new(),
            intervals: BTreeMap::new(),
            provenance: BTreeMap::new(),
            diagnostics: Vec::with_capacity(self.diagnostics.len()),
        };
        // JSON has no infinity: what is not finite is not a metric.
        for (id, figure) in self.ledger.iter().filter(|(_, figure)| figure.mid().is_finite()) {
            document.metrics.insert(id.to_owned(), figure.mid());
            document.provenance.insert(id.to_owned(), figure.provenance.clone());
            if !figure.interval.is_exact() {
                document.intervals.insert(id.to_owned(), figure.interval);
            }
        }
        for diagnostic in &self.diagnostics {
            document.diagnostics.push(DiagnosticDocument {
                line: diagnostic.span.line,
                column: diagnostic.span.column,
                severity: diagnostic.severity,
                code: diagnostic.code.to_string(),
                message: diagnostic.message.clone(),
                help: diagnostic.help.clone(),
            });
        }
        document
    }

    /// Returns [`to_document`](Self::to_document) as a JSON value.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self.to_document()).expect("the document holds finite numbers only")
    }
}
