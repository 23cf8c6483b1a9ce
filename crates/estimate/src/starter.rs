//! A brief to start from, for each kind of system.

use crate::OperationKind;
use crate::archetype::{self, GENERIC, OperationSpec};

/// Returns the names of all kinds of system that are known, `generic` last.
pub fn archetype_names() -> impl Iterator<Item = &'static str> {
    archetype::names()
}

/// Returns a brief of a kind of system to start from, or `None` for an unknown kind.
///
/// ```
/// let text = tenfold_estimate::starter_brief("chat").expect("a known kind");
/// assert!(text.starts_with("# Chat"));
/// ```
#[must_use]
pub fn starter_brief(name: &str) -> Option<String> {
    archetype::names().find(|known| *known == name)?;
    let archetype = archetype::load(name);
    let label = if name == GENERIC { "My service" } else { &archetype.label };
    let mut title = label.to_owned();
    if let Some(first) = title.get(..1) {
        title = format!("{}{}", first.to_uppercase(), &label[1..]);
    }
    let mut text = format!("# {title}\n\n## Requirements\n");
    let daily = ["1M daily active users".to_owned()];
    let load = if archetype.starter.is_empty() { &daily[..] } else { &archetype.starter[..] };
    for line in load {
        text += &format!("- {line}\n");
    }
    for (label, seconds) in archetype.operations.values().filter_map(promised) {
        let milliseconds = (seconds * 1_000.0).round();
        text += &if seconds < 1.0 {
            format!("- {label} p99 < {milliseconds} ms\n")
        } else {
            format!("- {label} p99 < {seconds} s\n")
        };
    }
    text += "- Availability 99.9%\n- Peak 3x\n";
    Some(text)
}

/// What an operation that clients wait for is called, and what is customarily promised for it, s.
fn promised(operation: &OperationSpec) -> Option<(&str, f64)> {
    let waited = matches!(operation.kind, OperationKind::Read | OperationKind::Write);
    let always = waited && operation.when.is_empty();
    Some((operation.words.first()?, operation.p99_seconds.filter(|_| always)?))
}
