//! The project's own checks: `cargo xtask ci` runs all of them, `cargo xtask tidy` the quick ones.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command's result is its output")]

mod api;
mod bench_patterns;
mod bench_simulator;
mod ci;
mod coverage;
mod engines;
mod packages;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask COMMAND

  ci      everything a change must pass: tidy, format, lints, tests, planted bugs, docs
  api     writes the lists of what the published crates make public
  tidy    the invariants that ARCHITECTURE.md claims and no compiler checks
  bench-patterns [FILTER]
          measures the patterns beside their peers; without a filter writes the page in docs too
  bench-simulator
          measures the simulator beside its peers and writes the page in docs
  coverage [SEEDS] [LOG2_EVENTS]
          measures how often printed intervals hold and writes docs/coverage.md (2000 seeds: hours)
  engines up|down|status [postgres redis nginx kafka] [--wipe]
          starts, stops or lists real engines on loopback; their data lie in target/engines
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        ["api"] => api::write(&root()),
        ["ci"] => ci::run(&root()),
        ["tidy"] => tidy::run(&root()),
        ["bench-simulator"] => bench_simulator::run(&root()),
        ["bench-patterns"] => bench_patterns::run(&root(), None),
        ["bench-patterns", filter] => bench_patterns::run(&root(), Some(filter)),
        ["coverage", ref arguments @ ..] => coverage::run(&root(), arguments),
        ["engines", verb, ref names @ ..] => engines::run(verb, names),
        _ => {
            eprint!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Returns the folder of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace").to_owned()
}
