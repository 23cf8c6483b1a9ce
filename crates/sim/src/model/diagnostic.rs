//! Problems of a model, each with its place in the text.

use std::fmt;

use schemars::JsonSchema;
use serde::de::{DeserializeOwned, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_saphyr::Spanned;

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

/// Reads and checks a model.
pub(super) fn parse(text: &str) -> Result<Model, ModelError> {
    let model: Model = read(text)?;
    let Err(mut error) = model.validate() else { return Ok(model) };
    locate(text, &mut error.diagnostics);
    error.diagnostics.sort_by_key(|diagnostic| (diagnostic.line, diagnostic.column));
    Err(error)
}

/// Reads YAML; the one problem that stops reading comes back with its place.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, ModelError> {
    let fail = |line, column, message: String, help: &str| ModelError {
        diagnostics: vec![Diagnostic {
            line,
            column,
            path: vec![],
            message,
            help: help.to_owned(),
        }],
    };
    if text.len() > LIMIT_BYTES {
        return Err(fail(0, 0, format!("the text has {} bytes", text.len()), "at most 4 MiB"));
    }
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let (line, column) = error.location().map_or((0, 0), |at| (at.line(), at.column()));
        let message = error.to_string();
        // The library appends the place, which the diagnostic carries already.
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        fail(line, column, message, "")
    })
}

/// Sets line and column of each diagnostic from its path.
pub(crate) fn locate(text: &str, diagnostics: &mut [Diagnostic]) {
    let options = serde_saphyr::options! { with_snippet: false };
    let Ok(root) = serde_saphyr::from_str_with_options::<Spanned<Node>>(text, options) else {
        return;
    };
    for diagnostic in diagnostics {
        let mut node = &root;
        (diagnostic.line, diagnostic.column) = (root.referenced.line(), root.referenced.column());
        for name in &diagnostic.path {
            let place = match &node.value {
                Node::Map(entries) => entries
                    .iter()
                    .find(|(key, _)| key.value == *name)
                    .map(|(key, value)| (key.referenced, value)),
                Node::List(items) => name
                    .parse()
                    .ok()
                    .and_then(|index: usize| items.get(index))
                    .map(|item| (item.referenced, item)),
                Node::Scalar => None,
            };
            let Some((at, next)) = place else { break };
            (diagnostic.line, diagnostic.column) = (at.line(), at.column());
            node = next;
        }
    }
}

/// The shape of a YAML text, for looking up places.
enum Node {
    Scalar,
    List(Vec<Spanned<Node>>),
    Map(Vec<(Spanned<String>, Spanned<Node>)>),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;
        impl<'de> Visitor<'de> for Shape {
            type Value = Node;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }
            fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
                Ok(Node::Scalar)
            }
            fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
                Ok(Node::Scalar)
            }
            fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
                Ok(Node::Scalar)
            }
            fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
                Ok(Node::Scalar)
            }
            fn visit_str<E>(self, _: &str) -> Result<Node, E> {
                Ok(Node::Scalar)
            }
            fn visit_unit<E>(self) -> Result<Node, E> {
                Ok(Node::Scalar)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                Ok(Node::List(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
                let mut map = Vec::new();
                while let Some(entry) = entries.next_entry()? {
                    map.push(entry);
                }
                Ok(Node::Map(map))
            }
        }
        deserializer.deserialize_any(Shape)
    }
}
