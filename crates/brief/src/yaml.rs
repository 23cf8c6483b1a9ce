//! YAML to the same blocks as Markdown gives.
//!
//! A list under a key is a section with bullets, `users: 10M` is the bullet "users: 10M", and a map
//! inside a map puts its keys before each value: `checkout: {p99: 800 ms}` is "checkout: p99 800
//! ms". The texts themselves are read by the one grammar.

mod blocks;
mod schema;
mod tree;

use core::ops::Range;

pub use schema::{YamlBrief, YamlItem, YamlItems, YamlScalar};

use crate::blocks::Block;

/// Blocks of a YAML text.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) blocks: Vec<Block>,
    /// What cannot be read, and why.
    pub(crate) errors: Vec<(Range<usize>, String)>,
    pub(crate) failed: bool,
}

/// Reads the YAML that stands in `range`. The `whole` brief may hold a title and sections; a fence
/// inside Markdown only adds to the section around it.
pub(crate) fn read(source: &str, range: Range<usize>, whole: bool) -> Read {
    match tree::parse(source, range) {
        Ok(root) => Read { blocks: blocks::of(source, &root, whole), ..Read::default() },
        Err((range, message)) => {
            Read { errors: vec![(range, message)], failed: true, ..Read::default() }
        }
    }
}
