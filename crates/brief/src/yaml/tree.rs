//! A YAML document as a tree that remembers places.

use core::fmt;
use core::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use crate::limits;

/// A node with the bytes of the source that it covers.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) range: Range<usize>,
    pub(super) kind: NodeKind,
}

#[derive(Debug)]
pub(super) enum NodeKind {
    Null,
    Bool(bool),
    /// A text or a number; its words are read from the source where they stand there as such.
    Scalar(Option<String>),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// A key of a map.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) text: String,
    pub(super) range: Range<usize>,
}

/// Parses the document that stands in `range` of the source.
pub(super) fn parse(source: &str, range: Range<usize>) -> Result<Node, (Range<usize>, String)> {
    let text = &source[range.clone()];
    let places = Places { start: range.start, text };
    let options = serde_saphyr::options! {};
    let root: Result<Spanned<Raw>, _> = serde_saphyr::from_str_with_options(text, options);
    match root {
        Ok(root) => places.node(root, 0),
        Err(error) => {
            let message = error.without_snippet().to_string();
            let message = message.lines().next().unwrap_or("unreadable");
            let message = message.split(" at line ").next().unwrap_or(message);
            // What a programmer could set does not help who writes a brief.
            let message = message.split(", set ").next().unwrap_or(message).to_owned();
            let place = error.location().map_or(range.clone(), |location| places.range(&location));
            Err((place, message))
        }
    }
}

/// Turns places in the document into places in the source.
struct Places<'a> {
    start: usize,
    text: &'a str,
}

impl Places<'_> {
    fn range(&self, location: &Location) -> Range<usize> {
        let span = location.span();
        let limit = |offset: usize| {
            let mut offset = offset.min(self.text.len());
            while !self.text.is_char_boundary(offset) {
                offset -= 1;
            }
            offset
        };
        let number = |value: Option<u64>| value.and_then(|value| usize::try_from(value).ok());
        let start = limit(number(span.byte_offset()).unwrap_or_else(|| self.line_start(location)));
        let end = limit(start + number(span.byte_len()).unwrap_or(0));
        self.start + start..self.start + end.max(start)
    }

    /// Returns where the line of a location without a byte offset starts.
    fn line_start(&self, location: &Location) -> usize {
        let line = usize::try_from(location.line()).unwrap_or(1).max(1);
        self.text.split_inclusive('\n').take(line - 1).map(str::len).sum()
    }

    fn node(&self, raw: Spanned<Raw>, depth: usize) -> Result<Node, (Range<usize>, String)> {
        let range = self.range(&raw.referenced);
        if depth > limits::NESTING {
            return Err((range, format!("nested deeper than {} levels", limits::NESTING)));
        }
        let kind = match raw.value {
            Raw::Null => NodeKind::Null,
            Raw::Bool(value) => NodeKind::Bool(value),
            Raw::Number => NodeKind::Scalar(None),
            Raw::Text(text) => NodeKind::Scalar(Some(text)),
            Raw::List(items) => {
                let nodes = items.into_iter().map(|item| self.node(item, depth + 1));
                NodeKind::List(nodes.collect::<Result<_, _>>()?)
            }
            Raw::Map(entries) => {
                let nodes = entries.into_iter().map(|(key, value)| {
                    let key_range = self.range(&key.referenced);
                    let node = self.node(value, depth + 1)?;
                    Ok((Key { text: key.value, range: key_range }, node))
                });
                NodeKind::Map(nodes.collect::<Result<_, (Range<usize>, String)>>()?)
            }
        };
        Ok(Node { range, kind })
    }
}

/// What serde gives, before places are resolved.
enum Raw {
    Null,
    Bool(bool),
    Number,
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text, a number, a list or a map")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}
