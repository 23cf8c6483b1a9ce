//! What is published builds from its packages alone.
//!
//! `cargo package` would verify this itself, but it unpacks crates that are not in the registry yet
//! into the user's registry folder under name and version only, and takes what an earlier commit of
//! the same version left there. So the packages are unpacked here and built as a workspace.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The crates that are published, dependencies first.
const PUBLISHED: [&str; 3] = ["tenfold-units", "tenfold-patterns", "tenfold-patterns-tower"];

/// Packs each published crate, unpacks it and builds all of them without the rest of the repository.
///
/// # Errors
/// Says which of the steps failed.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let folder = target.join("packages");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;

    let mut pack = Command::new(env!("CARGO"));
    pack.current_dir(root).args(["package", "--allow-dirty", "--no-verify", "--exclude-lockfile"]);
    pack.args(PUBLISHED.iter().flat_map(|name| ["-p", name])).arg("--target-dir").arg(&target);
    succeed(&mut pack)?;

    let version = env!("CARGO_PKG_VERSION");
    for name in PUBLISHED {
        let package = target.join(format!("package/{name}-{version}.crate"));
        succeed(Command::new("tar").current_dir(&folder).arg("-xzf").arg(&package))?;
    }
    write(&folder.join("Cargo.toml"), &manifest(version))?;
    // The same versions of everything else as in the repository.
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))
        .map_err(|e| format!("Cargo.lock: {e}"))?;
    let mut build = Command::new(env!("CARGO"));
    build.current_dir(&folder).args(["build", "--workspace", "--lib"]);
    succeed(build.arg("--target-dir").arg(target.join("packages-build")))
}

/// A workspace of the unpacked crates in which each finds the others.
fn manifest(version: &str) -> String {
    let each = |line: &dyn Fn(&str) -> String| PUBLISHED.map(line).concat();
    format!(
        "[workspace]\nresolver = \"3\"\nmembers = [{}]\n\n[patch.crates-io]\n{}",
        each(&|name| format!("\"{name}-{version}\", ")),
        each(&|name| format!("{name} = {{ path = \"{name}-{version}\" }}\n")),
    )
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}

fn succeed(command: &mut Command) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{command:?} ended with {status}")),
        Err(error) => Err(format!("{command:?} does not start: {error}")),
    }
}
