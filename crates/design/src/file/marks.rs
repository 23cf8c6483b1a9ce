//! Marks of values as they were proposed: a value without its mark was changed by hand.
//!
//! A mark is 20 bits of a hash of path and value, in four characters; each entry of the file has the
//! set of its marks on one line. Two values share a mark once in a million.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::Edit;
use super::node::Node;

/// Parts of the file whose values are not marked: they say nothing that is computed with.
const UNMARKED: [&str; 4] = ["schema", "proposed", "decisions", "scenarios"];
/// Five bits a character, without look-alikes.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Returns the marks of every entry.
pub(super) fn of(root: &Node) -> IndexMap<String, Vec<String>> {
    let mut marks: IndexMap<String, Vec<String>> = IndexMap::new();
    leaves(root, &mut |path, text| {
        marks.entry(entry(path)).or_default().push(mark(path, text));
    });
    marks
}

/// Returns the values without their mark.
pub(super) fn edits(
    root: &Node,
    proposed: &IndexMap<String, String>,
    places: &BTreeMap<String, (u32, u32)>,
) -> BTreeMap<String, Edit> {
    let mut edits = BTreeMap::new();
    if proposed.is_empty() {
        return edits;
    }
    leaves(root, &mut |path, text| {
        let mark = mark(path, text);
        let known = proposed
            .get(&entry(path))
            .is_some_and(|marks| marks.split(' ').any(|known| known == mark));
        if !known {
            let (line, column) = places.get(path).copied().unwrap_or((0, 0));
            edits.insert(path.to_owned(), Edit { line, column, text: text.to_owned() });
        }
    });
    edits
}

/// Returns the entry of a path: its first two names.
fn entry(path: &str) -> String {
    let mut parts = path.splitn(3, '.');
    match (parts.next(), parts.next()) {
        (Some(first), Some(second)) if first != "inputs" => format!("{first}.{second}"),
        (Some(first), _) => first.to_owned(),
        (None, _) => String::new(),
    }
}

/// Visits every scalar with its path.
fn leaves(root: &Node, visit: &mut dyn FnMut(&str, &str)) {
    fn walk(node: &Node, path: &str, visit: &mut dyn FnMut(&str, &str)) {
        let below =
            |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        match node {
            Node::Map(entries) => {
                for (key, value) in entries {
                    let unmarked = path.is_empty() && UNMARKED.contains(&key.as_str());
                    if !unmarked {
                        walk(value, &below(key), visit);
                    }
                }
            }
            Node::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    walk(item, &below(&index.to_string()), visit);
                }
            }
            Node::Null => {}
            Node::Plain(_) | Node::Text(_) => {
                visit(path, &node.scalar().unwrap_or_default());
            }
        }
    }
    walk(root, "", visit);
}

fn mark(path: &str, text: &str) -> String {
    // FNV-1a, 64 bit (Fowler, Noll, Vo): short inputs, no adversary.
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in path.bytes().chain([b'=']).chain(text.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    // The last byte reaches all bits only after a final mix (murmur3's).
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^= hash >> 33;
    let character = |shift: u32| char::from(ALPHABET[((hash >> shift) & 31) as usize]);
    [0, 5, 10, 15].map(character).iter().collect()
}
