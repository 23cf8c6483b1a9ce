//! A plan as Markdown, HTML, SVG and JSON, in English and Korean.
//!
//! [`files`] returns the whole report as a tree of files; it is a pure function of the plan.

pub mod chart;
pub mod diagram;
pub mod document;
pub mod html;
pub mod markdown;
#[cfg(doctest)]
mod pattern_pages;
pub mod sections;
pub mod svg;
pub mod words;

use std::collections::BTreeMap;

use tenfold_architect::Plan;

use document::Block;
pub use document::Languages;

/// Returns the files of the report by their path within its folder.
///
/// # Panics
/// Panics when the plan names a figure that its ledger does not hold.
#[must_use]
pub fn files(plan: &Plan, languages: Languages) -> BTreeMap<String, String> {
    let blocks = sections::blocks(plan, languages);
    let mut files = BTreeMap::new();
    files.insert("DESIGN.md".to_owned(), markdown::render(&blocks));
    files.insert("index.html".to_owned(), html::render(&plan.estimate.name, &blocks));
    let json = serde_json::to_string_pretty(plan).expect("a plan has only string keys");
    files.insert("plan.json".to_owned(), json + "\n");
    for block in &blocks {
        if let Block::Picture(name, _, svg) = block {
            files.insert(format!("diagrams/{name}"), svg.clone());
        }
    }
    let mut diagrams = sections::per_operation(plan);
    diagrams.push(("overview".to_owned(), sections::overview(plan)));
    for (name, diagram) in diagrams {
        let prefix = if name == "overview" { "" } else { "flow-" };
        files.insert(format!("diagrams/{prefix}{name}.mmd"), diagram.mermaid());
    }
    files
}
