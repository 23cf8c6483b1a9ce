//! Rules about files: length, leftovers, lints of the pure crates.

use std::fs;
use std::path::{Path, PathBuf};

/// A source file holds one idea; past this it holds two.
const LINES_MAX: usize = 800;

/// Words that mark unfinished work. Split, so that this file does not find itself.
const LEFTOVERS: [&str; 4] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("unimpl", "emented!"),
    concat!("#[ig", "nore"),
];

/// Looks at every source file and at the lint files of the pure crates.
///
/// # Errors
/// Says which file could not be read.
pub(crate) fn check(root: &Path, found: &mut Vec<String>) -> Result<(), String> {
    let mut files = Vec::new();
    for folder in ["crates", "xtask"] {
        collect(&root.join(folder), &mut files)?;
    }
    for file in &files {
        let text = read(file)?;
        let name = file.strip_prefix(root).unwrap_or(file).display().to_string();
        check_file(&name, &text, found);
    }
    let lints = read(&root.join("clippy-pure.toml"))?;
    for pure in super::PURE {
        let file = root.join("crates").join(pure).join("clippy.toml");
        if read(&file)? != lints {
            found.push(format!("crates/{pure}/clippy.toml differs from clippy-pure.toml: copy it"));
        }
    }
    Ok(())
}

fn check_file(name: &str, text: &str, found: &mut Vec<String>) {
    let lines = text.lines().count();
    let test = name.contains("/tests") || name.ends_with("tests.rs");
    if lines > LINES_MAX && !test {
        found.push(format!("{name} has {lines} lines, at most {LINES_MAX}: split it"));
    }
    for (index, line) in text.lines().enumerate() {
        for word in LEFTOVERS {
            if line.contains(word) {
                found.push(format!("{name}:{} holds `{word}`: finish it", index + 1));
            }
        }
    }
    if name.ends_with("/mod.rs") {
        found.push(format!("{name}: write foo.rs beside foo/ instead of foo/mod.rs"));
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let entries = fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))
}
