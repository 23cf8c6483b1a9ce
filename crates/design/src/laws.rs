//! The laws that every design obeys, for proposed and for hand-edited designs alike: one module, one
//! function, each.

mod availability;
mod bounded;
mod cached;
mod capacity;
mod degrade;
mod disk;
mod held;
mod hot_key;
mod own_writes;
mod paths;
mod pools;
mod quorum;
mod recovery;
mod retries;
mod timeouts;
mod topics;
mod unique;
mod zones;

use tenfold_units::Text;

use crate::analysis::Analysis;
use crate::book::Book;
use crate::types::{Design, Finding, Severity};

/// A law: looks at a design under its load and says what breaks it.
type Law = fn(&mut Book<'_>, &Design, &Analysis) -> Vec<Finding>;

/// All laws, by name.
const LAWS: [(&str, Law); 17] = [
    ("store-per-dataset", held::law),
    ("zones", zones::law),
    ("capacity", capacity::law),
    ("disk", disk::law),
    ("quorum", quorum::law),
    ("own-writes", own_writes::law),
    ("unique-on-primary", unique::law),
    ("timeouts", timeouts::law),
    ("retry-layers", retries::law),
    ("pools", pools::law),
    ("cold-cache", cached::law),
    ("hot-key", hot_key::law),
    ("topics", topics::law),
    ("bounded-queues", bounded::law),
    ("recovery", recovery::law),
    ("degrade", degrade::law),
    ("availability", availability::law),
];

/// Returns what all laws say.
pub(crate) fn all(book: &mut Book<'_>, design: &Design, analysis: &Analysis) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, law) in LAWS {
        for mut finding in law(book, design, analysis) {
            finding.law = name.to_owned();
            findings.push(finding);
        }
    }
    findings
}

/// Returns a finding about a value of the file.
fn broken(about: &[&str], path: String, text: Text) -> Finding {
    Finding {
        law: String::new(),
        severity: Severity::Broken,
        about: about.iter().map(|name| (*name).to_owned()).collect(),
        path: Some(path),
        line: None,
        figures: Text::figure_ids(&text.en).into_iter().map(str::to_owned).collect(),
        text,
    }
}

/// Returns a risk that does not fail a check.
fn warning(about: &[&str], path: String, text: Text) -> Finding {
    Finding { severity: Severity::Warning, ..broken(about, path, text) }
}

#[cfg(test)]
mod tests;
