//! A YAML text as a tree with places, and a tree as text that people like to read.

use core::fmt;
use std::collections::BTreeMap;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::Spanned;

/// Widest line that is written on purpose.
const WIDTH: usize = 100;

/// A value of a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// Absent.
    Null,
    /// A number or a truth value, as written.
    Plain(String),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map in the order of the file.
    Map(Vec<(String, Node)>),
}

impl Node {
    /// Returns a text.
    pub(super) fn text(text: String) -> Self {
        Self::Text(text)
    }

    /// Returns the written form of a scalar.
    pub(super) fn scalar(&self) -> Option<String> {
        match self {
            Self::Null => Some(String::new()),
            Self::Plain(text) | Self::Text(text) => Some(text.clone()),
            Self::List(_) | Self::Map(_) => None,
        }
    }
}

/// A value with the place where it was written.
enum Placed {
    Scalar(Node),
    List(Vec<Spanned<Placed>>),
    Map(Vec<(String, Spanned<Placed>)>),
}

impl<'de> Deserialize<'de> for Placed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;
        impl<'de> Visitor<'de> for Shape {
            type Value = Placed;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Placed, E> {
                Ok(Placed::Scalar(Node::Plain(value.to_string())))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Placed, E> {
                Ok(Placed::Scalar(Node::Plain(value.to_string())))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Placed, E> {
                Ok(Placed::Scalar(Node::Plain(value.to_string())))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Placed, E> {
                Ok(Placed::Scalar(Node::Plain(value.to_string())))
            }

            fn visit_str<E>(self, value: &str) -> Result<Placed, E> {
                Ok(Placed::Scalar(Node::Text(value.to_owned())))
            }

            fn visit_unit<E>(self) -> Result<Placed, E> {
                Ok(Placed::Scalar(Node::Null))
            }

            fn visit_none<E>(self) -> Result<Placed, E> {
                Ok(Placed::Scalar(Node::Null))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Placed, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                Ok(Placed::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Placed, A::Error> {
                let mut map = Vec::new();
                while let Some(entry) = entries.next_entry()? {
                    map.push(entry);
                }
                Ok(Placed::Map(map))
            }
        }
        deserializer.deserialize_any(Shape)
    }
}

/// Reads a text into a tree, and the place of each value into `places`.
pub(super) fn read(
    text: &str,
    places: &mut BTreeMap<String, (u32, u32)>,
) -> Result<Node, serde_saphyr::Error> {
    let options = serde_saphyr::options! { with_snippet: false };
    let root: Spanned<Placed> = serde_saphyr::from_str_with_options(text, options)?;
    Ok(strip(root, String::new(), places))
}

fn strip(placed: Spanned<Placed>, path: String, places: &mut BTreeMap<String, (u32, u32)>) -> Node {
    let at = (placed.referenced.line() as u32, placed.referenced.column() as u32);
    let below =
        |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let node = match placed.value {
        Placed::Scalar(node) => node,
        Placed::List(items) => {
            let strip_item = |(index, item): (usize, Spanned<Placed>)| {
                strip(item, below(&index.to_string()), places)
            };
            Node::List(items.into_iter().enumerate().map(strip_item).collect())
        }
        Placed::Map(entries) => {
            let mut map = Vec::with_capacity(entries.len());
            for (key, value) in entries {
                let value = strip(value, below(&key), places);
                map.push((key, value));
            }
            Node::Map(map)
        }
    };
    places.insert(path, at);
    node
}

/// Writes a tree: what fits a line in braces, everything else as a block.
pub(super) fn write(root: &Node) -> String {
    let mut out = String::new();
    if let Node::Map(entries) = root {
        for (key, value) in entries.iter().filter(|(_, value)| *value != Node::Null) {
            entry(key, value, 0, &mut out);
        }
    }
    out
}

fn entry(key: &str, value: &Node, indent: usize, out: &mut String) {
    let head = format!("{}{}:", " ".repeat(indent), quoted(key));
    let flow = flow(value);
    let block = matches!(value, Node::Map(_) | Node::List(_)) && !is_empty(value);
    if !block || (indent > 0 && head.chars().count() + 1 + flow.chars().count() <= WIDTH) {
        out.push_str(&format!("{head} {flow}\n"));
        return;
    }
    out.push_str(&head);
    out.push('\n');
    match value {
        Node::Map(entries) => {
            for (key, value) in entries.iter().filter(|(_, value)| *value != Node::Null) {
                entry(key, value, indent + 2, out);
            }
        }
        Node::List(items) => {
            for item in items {
                self::item(item, indent + 2, out);
            }
        }
        Node::Null | Node::Plain(_) | Node::Text(_) => {}
    }
}

/// An item of a list: in braces where it fits, else its first entry beside the dash.
fn item(value: &Node, indent: usize, out: &mut String) {
    let flow = flow(value);
    let pad = " ".repeat(indent);
    if indent + 2 + flow.chars().count() <= WIDTH || !matches!(value, Node::Map(_)) {
        out.push_str(&format!("{pad}- {flow}\n"));
        return;
    }
    let Node::Map(entries) = value else { return };
    let mut inner = String::new();
    for (key, value) in entries.iter().filter(|(_, value)| *value != Node::Null) {
        entry(key, value, indent + 2, &mut inner);
    }
    out.push_str(&format!("{pad}- {}", inner[indent + 2..].trim_start_matches(' ')));
}

fn is_empty(value: &Node) -> bool {
    match value {
        Node::Map(entries) => entries.is_empty(),
        Node::List(items) => items.is_empty(),
        Node::Null | Node::Plain(_) | Node::Text(_) => false,
    }
}

fn flow(value: &Node) -> String {
    match value {
        Node::Null => "null".to_owned(),
        Node::Plain(text) => text.clone(),
        Node::Text(text) => quoted(text),
        Node::List(items) => {
            let items: Vec<_> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Node::Map(entries) => {
            let entries: Vec<_> = entries
                .iter()
                .filter(|(_, value)| *value != Node::Null)
                .map(|(key, value)| format!("{}: {}", quoted(key), flow(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

/// Returns text as it can stand in YAML: bare where nothing could mistake it.
fn quoted(text: &str) -> String {
    let first = text.chars().next();
    let safe = |c: char| c.is_alphanumeric() || " _./()*+%$<>^-".contains(c);
    let word = first.is_some_and(|c| c.is_alphanumeric() || c == '$' || c == '(' || c == '/')
        && text.chars().all(safe)
        && !text.ends_with(' ');
    let reserved = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "~"];
    let number = text.parse::<f64>().is_ok()
        || text.starts_with("0x")
        || text.starts_with("0o")
        || text.replace('_', "").parse::<f64>().is_ok();
    if word && !number && !reserved.contains(&text.to_lowercase().as_str()) {
        return text.to_owned();
    }
    serde_json::to_string(text).expect("text is valid JSON")
}
