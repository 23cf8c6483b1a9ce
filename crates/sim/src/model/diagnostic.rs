//! Problems of a model, each with its place in the text.

mod places;
mod words;

use std::fmt;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Model;

/// Longest text that is read, in bytes.
const LIMIT_BYTES: usize = 4 << 20;

/// One problem: where, what was read, what would help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Diagnostic {
    /// Line from 1; 0 where the value did not come from a text.
    pub line: u64,
    /// Column from 1 in characters; 0 where the value did not come from a text.
    pub column: u64,
    /// Names that lead to the value: `["stations", "front", "servers"]`.
    pub path: Vec<String>,
    /// What was read and what is wrong with it.
    pub message: String,
    /// What would help; empty where the message says it.
    pub help: String,
}

impl Diagnostic {
    pub(crate) fn new(path: &[&str], message: String, help: &str) -> Self {
        let path = path.iter().map(|name| (*name).to_owned()).collect();
        Self { line: 0, column: 0, path, message, help: help.to_owned() }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "{}:{}: ", self.line, self.column)?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path.join("."))?;
        }
        write!(f, "{}", self.message)?;
        if !self.help.is_empty() {
            write!(f, "; {}", self.help)?;
        }
        Ok(())
    }
}

/// Everything that is wrong with a model or a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelError {
    /// The problems, at least one.
    pub diagnostics: Vec<Diagnostic>,
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.diagnostics.iter().enumerate() {
            let newline = if index == 0 { "" } else { "\n" };
            write!(f, "{newline}{diagnostic}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ModelError {}

impl From<Diagnostic> for ModelError {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { diagnostics: vec![diagnostic] }
    }
}

/// Reads and checks a model and the files that it names.
pub(super) fn parse(
    text: &str,
    read_file: &mut dyn FnMut(&str) -> Result<String, String>,
) -> Result<Model, ModelError> {
    let mut model: Model = read(text)?;
    let mut problems = Vec::new();
    for (name, arrivals) in &mut model.arrivals {
        let Some(trace) = &mut arrivals.trace else { continue };
        if let Err((field, message)) = trace.load(read_file) {
            let path = ["arrivals", name, "trace", field];
            problems.push(Diagnostic::new(&path, message, "give a CSV file beside the model"));
        }
    }
    if problems.is_empty() {
        let Err(error) = model.validate() else { return Ok(model) };
        problems = error.diagnostics;
    }
    places::locate(text, &mut problems);
    problems.sort_by_key(|problem| (problem.line, problem.column));
    Err(ModelError { diagnostics: problems })
}

/// Reads YAML; the one problem that stops reading comes back with its place.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, ModelError> {
    if text.len() > LIMIT_BYTES {
        let message = format!("the text has {} bytes", text.len());
        return Err(Diagnostic::new(&[], message, "at most 4 MiB").into());
    }
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let (line, column) = error.location().map_or((0, 0), |at| (at.line(), at.column()));
        let message = error.to_string();
        // The library appends the place, which the diagnostic carries already.
        let message = message.split(" at line ").next().unwrap_or_default();
        explained(text, line, column, message).into()
    })
}

/// Returns the problem that stopped the reader, with the field it is about and what would help.
fn explained(text: &str, line: u64, column: u64, message: &str) -> Diagnostic {
    let mut path = places::names_at(text, line, column);
    let mut about = path.clone();
    if let Some(name) = words::missing(message) {
        // The place is the first field of the block that misses it.
        path.pop();
        about.clone_from(&path);
        about.push(name.to_owned());
    }
    // The messages of a value's own reader say what would help.
    let by_form = ["expected ", "invalid ", "unknown variant", "missing field"];
    let is_form = by_form.iter().any(|start| message.starts_with(start));
    let help = if is_form { words::help(&about) } else { "" };
    Diagnostic { line, column, path, message: words::plain(text, message), help: help.to_owned() }
}
