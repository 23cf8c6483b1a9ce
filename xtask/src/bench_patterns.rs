//! `cargo xtask bench-patterns`: the patterns beside their peers, printed and written to the page.

use std::path::Path;
use std::process::Command;

/// Builds the benchmark with everything optimized and runs it; without a filter it writes the page too.
///
/// # Errors
/// The benchmark does not build, or the page has no marks to write between.
pub(crate) fn run(root: &Path, filter: Option<&str>) -> Result<(), String> {
    let page = root.join("docs/patterns-benchmarks.md");
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(root);
    command.args([
        "run",
        "--quiet",
        "--profile",
        "bench",
        "--package",
        "tenfold-patterns-bench",
        "--",
    ]);
    match filter {
        Some(filter) => command.arg(filter),
        None => command.arg("--write").arg(&page),
    };
    let status = command.status().map_err(|error| format!("cargo does not start: {error}"))?;
    if status.success() { Ok(()) } else { Err("the benchmark failed".to_owned()) }
}
