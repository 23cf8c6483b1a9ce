//! `cargo xtask bench-simulator`: the simulator beside its peers, printed and written to the page.

use std::path::Path;
use std::process::Command;

/// The peers in Python, as pip takes them.
const PEERS: [&str; 2] = ["simpy==4.1.2", "ciw==3.2.7"];

/// Makes a Python environment with the peers below `target`, builds the benchmark with everything
/// optimized and runs it.
///
/// # Errors
/// Python or pip is not there, the benchmark does not build, or a contender simulates something else.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let place = root.join("target/simulator-peers");
    let python = place.join("bin/python");
    if !python.exists() {
        call(Command::new("python3").args(["-m", "venv"]).arg(&place))?;
    }
    call(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PEERS))?;
    let mut command = Command::new(env!("CARGO"));
    command.env("CARGO_TARGET_DIR", root.join("target/simulator-bench"));
    command.current_dir(root).args(["run", "--quiet", "--profile", "bench"]);
    // Built beside the rest, with features of its own.
    command.args(["--manifest-path", "crates/sim-bench/Cargo.toml", "--"]);
    command.arg(&python).arg("--write").arg(root.join("docs/simulator-benchmarks.md"));
    call(&mut command)
}

fn call(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|error| format!("{name} does not start: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name} failed")) }
}
