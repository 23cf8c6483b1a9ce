//! Data-driven cases: each brief of `suite/brief` and `examples` has a side file
//! `suite/brief/NAME.expected` with everything that is read from it and every diagnostic.
//!
//! `UPDATE=1 cargo test -p tenfold-brief --test suite` writes the side files anew.

mod describe;
mod laws;

use std::fs;
use std::path::{Path, PathBuf};

use tenfold_brief::{Format, parse_bytes};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every brief of the repository, in order.
fn briefs() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in ["suite/brief", "suite/brief/malformed", "examples"] {
        let Ok(entries) = fs::read_dir(root().join(folder)) else { continue };
        let paths = entries.map(|entry| entry.expect("a readable folder").path());
        files.extend(paths.filter(|path| {
            path.extension().is_some_and(|extension| extension == "md" || extension == "yaml")
        }));
    }
    files.sort();
    files
}

#[test]
fn every_brief_is_read_as_its_side_file_says() {
    #[expect(clippy::disallowed_methods, reason = "the wish to regenerate comes from outside")]
    let update = std::env::var("UPDATE").is_ok();
    let mut wrong = Vec::new();
    for path in briefs() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let parsed = parse_bytes(&fs::read(&path).unwrap(), Format::of_file_name(&name));
        let actual = describe::describe(&parsed);
        let folder = if path.parent().unwrap().ends_with("examples") {
            root().join("suite/brief")
        } else {
            path.parent().unwrap().to_owned()
        };
        let side = folder.join(format!("{name}.expected"));
        if update {
            fs::write(&side, actual).unwrap();
        } else if fs::read_to_string(&side).unwrap_or_default() != actual {
            wrong.push(format!("{}:\n{actual}", side.display()));
        }
    }
    assert!(wrong.is_empty(), "UPDATE=1 writes them anew\n{}", wrong.join("\n"));
}
