//! `design.yaml`: writing it so that people like to read it, and reading what they made of it.

mod check;
mod marks;
mod node;

pub(crate) use check::collect as collect_components;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::types::Design;
use node::Node;

/// Longest text that is read, in bytes.
const LIMIT_BYTES: usize = 4 << 20;

/// What is wrong with a design file: where, what was read, what would help.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Line from 1; 0 where there is no place.
    pub line: u32,
    /// Column from 1 in characters; 0 where there is no place.
    pub column: u32,
    /// Path of the value: `components.redirect.runs`.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

/// A design that was read from a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The design.
    pub design: Design,
    /// Values that are not as they were proposed, by path. Empty for a file without marks, which was
    /// written by hand as a whole.
    pub edits: BTreeMap<String, Edit>,
    /// Line and column of every value, by path.
    pub places: BTreeMap<String, (u32, u32)>,
}

/// A value that was changed by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Its line.
    pub line: u32,
    /// Its column.
    pub column: u32,
    /// What stands there.
    pub text: String,
}

impl Loaded {
    /// Returns the edits of inputs, by the input's name, as [`Design::ledger`] takes them.
    #[must_use]
    pub fn edited_inputs(&self) -> BTreeMap<String, (u32, String)> {
        let mut edited = BTreeMap::new();
        for (path, edit) in &self.edits {
            let name = self
                .design
                .inputs
                .keys()
                .filter(|name| path.starts_with(&format!("inputs.{name}.")))
                .max_by_key(|name| name.len());
            if let Some(name) = name {
                edited.entry(name.clone()).or_insert((edit.line, edit.text.clone()));
            }
        }
        edited
    }

    /// Returns the line of a value, or of the nearest one around it.
    #[must_use]
    pub fn line(&self, path: &str) -> Option<u32> {
        let mut path = path;
        loop {
            if let Some((line, _)) = self.places.get(path) {
                return Some(*line);
            }
            path = &path[..path.rfind('.')?];
        }
    }
}

impl Design {
    /// Returns the design as YAML, with marks of its values, so that a later reader can tell what was
    /// changed by hand.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        let mut plain = self.clone();
        plain.proposed.clear();
        let mut root = tree(&plain);
        let marks = marks::of(&root);
        if let Node::Map(entries) = &mut root {
            let marks = marks
                .into_iter()
                .map(|(entry, marks)| (entry, Node::text(marks.join(" "))))
                .collect();
            entries.push(("proposed".to_owned(), Node::Map(marks)));
        }
        node::write(&root)
    }

    /// Reads a design.
    ///
    /// # Errors
    /// Lists everything that is wrong with the file; an unknown field or a value of the wrong kind
    /// stops at the first.
    pub fn from_yaml(text: &str) -> Result<Loaded, Vec<Diagnostic>> {
        if text.len() > LIMIT_BYTES {
            let message = format!("the file has {} bytes; at most 4 MiB are read", text.len());
            return Err(vec![Diagnostic { line: 0, column: 0, path: String::new(), message }]);
        }
        let options = serde_saphyr::options! { with_snippet: false };
        let design: Design = serde_saphyr::from_str_with_options(text, options)
            .map_err(|error| vec![diagnostic(&error)])?;
        let mut places = BTreeMap::new();
        let root = node::read(text, &mut places).map_err(|error| vec![diagnostic(&error)])?;
        let edits = marks::edits(&root, &design.proposed, &places);
        let loaded = Loaded { design, edits, places };
        let problems = check::all(&loaded);
        if problems.is_empty() { Ok(loaded) } else { Err(problems) }
    }
}

fn diagnostic(error: &serde_saphyr::Error) -> Diagnostic {
    let place = error.location();
    let (line, column) = place.map_or((0, 0), |at| (at.line() as u32, at.column() as u32));
    let message = error.to_string();
    // The library appends the place, which stands in the diagnostic already.
    let message = message.split(" at line ").next().unwrap_or_default().to_owned();
    Diagnostic { line, column, path: String::new(), message }
}

/// Returns a design as a tree.
fn tree(design: &Design) -> Node {
    let json = serde_json::to_string(design).expect("a design has text keys only");
    let mut ignored = BTreeMap::new();
    node::read(&json, &mut ignored).expect("JSON is YAML")
}

#[cfg(test)]
mod tests;
