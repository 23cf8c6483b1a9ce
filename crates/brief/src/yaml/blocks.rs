//! The tree as headings and items.

use core::ops::Range;

use super::tree::{Key, Node, NodeKind};
use crate::blocks::{Block, lines};
use crate::fragment::Fragment;
use crate::headings;

/// Keys whose value is the title.
const TITLES: &[&str] = &["title", "brief", "name", "system", "제목", "이름", "시스템"];
/// Keys whose value names what the other entries of its map are about.
const NAMES: &[&str] =
    &["name", "operation", "op", "id", "metric", "subject", "what", "이름", "항목"];
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];

/// Returns the blocks of a document.
pub(super) fn of(source: &str, root: &Node, whole: bool) -> Vec<Block> {
    let mut writer = Writer { source, blocks: Vec::new() };
    match &root.kind {
        NodeKind::Map(entries) if whole => writer.document(entries),
        NodeKind::Map(entries) => writer.entries(entries, &Fragment::default()),
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Scalar(_) | NodeKind::List(_) => {
            writer.items(root, &Fragment::default())
        }
    }
    writer.blocks
}

struct Writer<'a> {
    source: &'a str,
    blocks: Vec<Block>,
}

impl Writer<'_> {
    /// Title and plain entries first, then the sections: a plain entry after a section belongs to
    /// none.
    fn document(&mut self, entries: &[(Key, Node)]) {
        let is_section = |node: &Node| matches!(node.kind, NodeKind::List(_) | NodeKind::Map(_));
        let is_title = |key: &Key| TITLES.contains(&key.text.to_lowercase().as_str());
        let title = entries.iter().find(|(key, node)| is_title(key) && !is_section(node));
        if let Some((_, node)) = title {
            let text = self.scalar(node);
            self.blocks.push(Block::Heading { level: 1, text });
        }
        for (key, node) in entries.iter().filter(|(_, node)| !is_section(node)) {
            if title.is_none_or(|(own, _)| !core::ptr::eq(own, key)) {
                self.entry(key, node, &Fragment::default());
            }
        }
        for (key, node) in entries.iter().filter(|(_, node)| is_section(node)) {
            let known = headings::kind_of(&key.text).is_some();
            if known || matches!(node.kind, NodeKind::List(_)) {
                let text = self.key(key);
                self.blocks.push(Block::Heading { level: 2, text });
                self.items(node, &Fragment::default());
                self.blocks.push(Block::EndOfSection);
            } else {
                self.entry(key, node, &Fragment::default());
            }
        }
    }

    /// The items of a list or a map under a label.
    fn items(&mut self, node: &Node, label: &Fragment) {
        match &node.kind {
            NodeKind::List(nodes) => {
                for node in nodes {
                    match &node.kind {
                        NodeKind::Map(entries) => self.record(entries, label),
                        NodeKind::List(_) => self.items(node, label),
                        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Scalar(_) => {
                            self.text(node, label)
                        }
                    }
                }
            }
            NodeKind::Map(entries) => self.entries(entries, label),
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Scalar(_) => self.text(node, label),
        }
    }

    fn entries(&mut self, entries: &[(Key, Node)], label: &Fragment) {
        for (key, node) in entries {
            self.entry(key, node, label);
        }
    }

    /// `key: value`; a nested map or list puts the key before each of its values.
    fn entry(&mut self, key: &Key, node: &Node, label: &Fragment) {
        let mut path = Fragment::default();
        path.append_label(label);
        if !label.is_blank() {
            path.push_synthetic(if label.text.contains(':') { " " } else { ": " });
        }
        let nested = matches!(node.kind, NodeKind::List(_) | NodeKind::Map(_));
        if nested && headings::kind_of(&key.text).is_some() {
            // "non_functional:" groups what stands under it, and is no part of it.
            self.blocks.push(Block::Group(self.key(key)));
            self.items(node, label);
            self.blocks.push(Block::EndOfGroup);
            return;
        }
        path.append(&self.key(key));
        match &node.kind {
            NodeKind::Null | NodeKind::Bool(true) => self.blocks.push(Block::Item(path)),
            NodeKind::Bool(false) => {
                let mut text = Fragment::default();
                text.push_synthetic("no ");
                text.append(&path);
                self.blocks.push(Block::Item(text));
            }
            NodeKind::Scalar(_) => {
                let method =
                    METHODS.iter().any(|method| key.text.starts_with(&format!("{method} ")));
                let nested = !label.is_blank();
                path.push_synthetic(if method {
                    " → "
                } else if nested {
                    " "
                } else {
                    ": "
                });
                path.append(&self.scalar(node));
                self.blocks.push(Block::Item(path));
            }
            NodeKind::List(_) | NodeKind::Map(_) => self.items(node, &path),
        }
    }

    /// A map in a list: one item. `{name: create, rate: 100/s, p99: 50 ms}` is "create: rate
    /// 100/s, p99 50 ms".
    fn record(&mut self, entries: &[(Key, Node)], label: &Fragment) {
        let nested = entries
            .iter()
            .any(|(_, node)| matches!(node.kind, NodeKind::List(_) | NodeKind::Map(_)));
        if nested || entries.len() < 2 {
            self.entries(entries, label);
            return;
        }
        let mut text = label.clone();
        if !label.is_blank() {
            text.push_synthetic(": ");
        }
        if self.story(entries, &text) {
            return;
        }
        let name =
            entries.iter().position(|(key, _)| NAMES.contains(&key.text.to_lowercase().as_str()));
        if let Some(name) = name {
            text.append(&self.scalar(&entries[name].1));
            text.push_synthetic(": ");
        }
        let mut separator = "";
        for (index, (key, node)) in entries.iter().enumerate() {
            if Some(index) == name {
                continue;
            }
            text.push_synthetic(separator);
            separator = ", ";
            if !matches!(key.text.as_str(), "value" | "amount" | "target" | "limit") {
                text.append(&self.key(key));
                text.push_synthetic(" ");
            }
            text.append(&self.scalar(node));
        }
        self.blocks.push(Block::Item(text));
    }

    /// `{as: customer, want: to pay, so_that: …}`.
    fn story(&mut self, entries: &[(Key, Node)], label: &Fragment) -> bool {
        let find = |names: &[&str]| {
            entries.iter().find(|(key, _)| names.contains(&key.text.as_str())).map(|(_, node)| node)
        };
        let (Some(role), Some(goal)) =
            (find(&["as", "as_a", "role"]), find(&["want", "i_want", "goal"]))
        else {
            return false;
        };
        let mut text = label.clone();
        text.push_synthetic("As a ");
        text.append(&self.scalar(role));
        text.push_synthetic(" I want ");
        text.append(&self.scalar(goal));
        if let Some(why) = find(&["so_that", "so", "why"]) {
            text.push_synthetic(" so that ");
            text.append(&self.scalar(why));
        }
        self.blocks.push(Block::Item(text));
        true
    }

    /// A scalar under a label; a block text gives one item a line.
    fn text(&mut self, node: &Node, label: &Fragment) {
        let range = node.range.clone();
        let source = &self.source[range.clone()];
        let block = source.starts_with(['|', '>']) || source.trim().contains('\n');
        if block {
            let first =
                if source.starts_with(['|', '>']) { source.find('\n').unwrap_or(0) } else { 0 };
            self.blocks.extend(lines::of_fence(self.source, range.start + first..range.end));
            return;
        }
        let mut text = label.clone();
        if !label.is_blank() {
            text.push_synthetic(": ");
        }
        text.append(&self.scalar(node));
        self.blocks.push(Block::Item(text));
    }

    /// The words of a scalar with their place; what does not stand in the source as such (escapes)
    /// stands at the place of the whole.
    fn scalar(&self, node: &Node) -> Fragment {
        let range = unquoted(self.source, node.range.clone());
        let NodeKind::Scalar(text) = &node.kind else {
            return Fragment::of_source(self.source, range);
        };
        let written = self.source[range.clone()].trim_end();
        match text {
            Some(text) if text != written && !written.contains('\n') && !written.is_empty() => {
                let mut fragment = Fragment::default();
                fragment.push_at(text, range);
                fragment
            }
            _ => {
                let end = range.start + written.len();
                let mut fragment = Fragment::default();
                fragment.push(&written.replace('\n', " "), range.start..end);
                fragment
            }
        }
    }

    /// A key as words: `daily_active_users`.
    fn key(&self, key: &Key) -> Fragment {
        let range = unquoted(self.source, key.range.clone());
        let mut fragment = Fragment::default();
        let text = if self.source[range.clone()] == key.text {
            &self.source[range.clone()]
        } else {
            &key.text
        };
        fragment.push_at(&text.replace('_', " "), range);
        fragment
    }
}

/// Takes the quotes off a range.
fn unquoted(source: &str, range: Range<usize>) -> Range<usize> {
    let text = &source[range.clone()];
    let quoted = text.len() >= 2
        && ((text.starts_with('"') && text.ends_with('"'))
            || (text.starts_with('\'') && text.ends_with('\'')));
    if quoted { range.start + 1..range.end - 1 } else { range }
}
