//! The invariants of ARCHITECTURE.md that no compiler checks.

mod dependencies;
mod sources;

use std::path::Path;

/// Crates without I/O, clock, threads or platform floats.
pub(crate) const PURE: [&str; 12] = [
    "units",
    "catalog",
    "brief",
    "estimate",
    "queueing",
    "patterns",
    "design",
    "sim",
    "fit",
    "sweep",
    "architect",
    "report",
];

/// Runs every check and reports all that it finds.
///
/// # Errors
/// Lists each violation with its place.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let mut found = Vec::new();
    sources::check(root, &mut found)?;
    dependencies::check(root, &mut found)?;
    crate::api::check(root, &mut found)?;
    if found.is_empty() {
        return Ok(());
    }
    Err(format!("{} violations\n  {}", found.len(), found.join("\n  ")))
}
