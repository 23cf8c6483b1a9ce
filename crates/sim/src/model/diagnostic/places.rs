//! Places in a YAML text: from names to line and column, and back.

use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::{Location, Spanned};

use super::Diagnostic;

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

/// Returns the names that lead to what stands at `line` and `column`; empty where the text cannot be
/// looked into.
pub(super) fn names_at(text: &str, line: u64, column: u64) -> Vec<String> {
    let options = serde_saphyr::options! { with_snippet: false };
    let mut names = Vec::new();
    let Ok(root) = serde_saphyr::from_str_with_options::<Spanned<Node>>(text, options) else {
        return names;
    };
    let before = |at: Location| (at.line(), at.column()) <= (line, column);
    let mut node = &root;
    loop {
        let next = match &node.value {
            Node::Map(entries) => entries
                .iter()
                .rfind(|(key, _)| before(key.referenced))
                .map(|(key, value)| (key.value.clone(), value)),
            Node::List(items) => items
                .iter()
                .enumerate()
                .rfind(|(_, item)| before(item.referenced))
                .map(|(index, item)| (index.to_string(), item)),
            Node::Scalar => None,
        };
        let Some((name, value)) = next else { return names };
        names.push(name);
        node = value;
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
