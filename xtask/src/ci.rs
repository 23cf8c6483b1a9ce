//! Every check in the order in which a failure is cheapest to find.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Name, program, arguments, further environment.
type Step = (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);

const STEPS: &[Step] = &[
    ("format", &["fmt", "--all", "--check"], &[]),
    ("lints", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"], &[]),
    ("tests", &["test", "--workspace", "--no-fail-fast"], &[]),
    ("planted bugs of the simulator", PLANTED_SIM, &[]),
    ("planted bugs of the patterns", PLANTED_PATTERNS, &[]),
    ("documentation", &["doc", "--workspace", "--no-deps"], &[("RUSTDOCFLAGS", "-D warnings")]),
];

/// Bugs that are planted on purpose must each make a named check fail.
const PLANTED_SIM: &[&str] =
    &["test", "-p", "tenfold-sim", "--features", "planted-bugs", "--test", "planted_bugs"];

const PLANTED_PATTERNS: &[&str] =
    &["test", "-p", "tenfold-patterns", "--features", "planted-bugs", "--lib", "planted"];

/// Runs every step and the tidy checks.
///
/// # Errors
/// Names the step that failed.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let start = Instant::now();
    step("tidy", start, || crate::tidy::run(root))?;
    for (name, arguments, environment) in STEPS {
        step(name, start, || cargo(root, arguments, environment))?;
    }
    step("packages", start, || crate::packages::run(root))?;
    println!("all checks passed in {} s", start.elapsed().as_secs());
    Ok(())
}

fn step(
    name: &str,
    start: Instant,
    work: impl FnOnce() -> Result<(), String>,
) -> Result<(), String> {
    println!("== {name} (at {} s)", start.elapsed().as_secs());
    work().map_err(|error| format!("{name}: {error}"))
}

fn cargo(root: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Result<(), String> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(root).args(arguments).envs(environment.iter().copied());
    let status = command.status().map_err(|error| format!("cargo does not start: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("cargo {} failed", arguments.join(" "))) }
}
