//! Measures how often the simulator's printed intervals hold, and writes the table into the docs.

use std::path::Path;
use std::process::Command;

/// Seeds that the page is made with, and the longest run as a power of two.
const DEFAULTS: [&str; 2] = ["2000", "22"];

/// Runs the measurement and writes `docs/coverage.md`.
///
/// # Errors
/// Says why the measurement or the page failed.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<(), String> {
    let seeds = arguments.first().copied().unwrap_or(DEFAULTS[0]);
    let longest = arguments.get(1).copied().unwrap_or(DEFAULTS[1]);
    let output = Command::new(env!("CARGO"))
        .current_dir(root)
        .args(["run", "--release", "-p", "tenfold-sim", "--example", "coverage", "--"])
        .args([seeds, longest])
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    if !output.status.success() {
        return Err("the measurement failed".to_owned());
    }
    let table = String::from_utf8(output.stdout).map_err(|error| error.to_string())?;
    let page = format!(
        "# How often intervals hold\n\n\
         Made by `cargo xtask coverage {seeds} {longest}`: {seeds} seeds, runs of at\nmost \
         2^{longest} events, of the harder queues 2^20. A row is a length of run; for each figure \
         the rows begin with the shortest run at which it\nis printed at all. *Printed* is the share \
         of runs that print an interval, *held* the share of printed intervals that\nhold the true \
         value, which a closed form gives; a 95 % interval should hold it in 95 of 100. *Truth above* \
         is the\nshare that lies below the truth.\n\nAn interval is printed once it is narrow \
         enough. At lengths at which only few runs print one, these are the runs that\nlook less \
         spread than they are; their upper halves are longer for it (`crates/sim/src/stats/steady.rs`). \
         How much\nlonger was chosen by runs with the seeds 1 to 2000 and 100001 to 102000 and held \
         for 200001 to 202000.\n\n\
         {table}"
    );
    let path = root.join("docs/coverage.md");
    std::fs::write(&path, page).map_err(|error| format!("{}: {error}", path.display()))
}
