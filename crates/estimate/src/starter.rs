//! A brief to start from, for each kind of system.

use crate::archetype::{self, GENERIC};

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
    text += "- p99 < 500 ms\n- Availability 99.9%\n- Peak 3x\n";
    Some(text)
}
