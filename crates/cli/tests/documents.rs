//! The commands that the documents show, run as they stand there.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Events for a design that is only made to see that the command works.
const BUDGET: &str = "300000";

/// Events of a scenario: its times are real ones, and cannot be shortened.
const BUDGET_SCENARIO: &str = "200000000";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Commands of `sh` blocks, and of tables whose last column is headed `example`.
fn commands(document: &str) -> Vec<String> {
    let (mut found, mut shell, mut examples) = (Vec::new(), false, false);
    for line in document.lines() {
        if line.starts_with("```") {
            shell = line == "```sh";
        } else if shell {
            found.extend(command(line));
        } else if line.starts_with('|') {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let last = cells.last().unwrap();
            if *last == "example" {
                examples = true;
            } else if examples && last.starts_with('`') {
                found.extend(command(last.trim_matches('`')));
            }
        } else {
            examples = false;
        }
    }
    found
}

/// Returns the arguments of tenfold, or nothing for a line that calls something else.
fn command(line: &str) -> Option<String> {
    let line = line.split(" #").next().unwrap().trim();
    let arguments =
        line.strip_prefix("cargo run --release -- ").or_else(|| line.strip_prefix("tenfold "))?;
    Some(arguments.to_owned())
}

/// Makes the files that the examples speak of.
fn prepare(folder: &Path) {
    let _ = fs::remove_dir_all(folder);
    let parts = ["", "/models", "/scenarios", "/measurements", "/sweeps"];
    for part in parts.map(|part| format!("examples{part}")) {
        fs::create_dir_all(folder.join(&part)).unwrap();
        for entry in fs::read_dir(root().join(&part)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::copy(&path, folder.join(&part).join(path.file_name().unwrap())).unwrap();
            }
        }
    }
    fs::copy(root().join("examples/url-shortener.md"), folder.join("brief.md")).unwrap();
}

#[test]
fn the_commands_of_the_documents_work() {
    let folder = std::env::temp_dir().join(format!("tenfold-documents-{}", std::process::id()));
    prepare(&folder);
    let mut ran = 0;
    for document in ["README.md", "docs/design-file.md", "docs/model.md"] {
        let text = fs::read_to_string(root().join(document)).unwrap();
        for line in commands(&text) {
            // A shell takes the quotes off.
            let mut arguments: Vec<&str> =
                line.split_whitespace().map(|word| word.trim_matches('\'')).collect();
            let verb = arguments[0];
            let design = matches!(verb, "design" | "check" | "simulate");
            let scenario = line.contains("--scenario");
            if design && !line.contains("--budget") {
                arguments.extend(["--budget", if scenario { BUDGET_SCENARIO } else { BUDGET }]);
            }
            // `new` refuses to overwrite: the example makes the first brief.
            if verb == "new" {
                fs::remove_file(folder.join("brief.md")).unwrap();
            }
            let output = Command::new(env!("CARGO_BIN_EXE_tenfold"))
                .current_dir(&folder)
                .args(&arguments)
                .output()
                .unwrap();
            let code = output.status.code().unwrap();
            // A short run leaves promises undecided, which is what `check` must say.
            let expected = code == 0 || (verb == "check" || scenario) && code == 1;
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(expected, "{document}: `tenfold {line}` ends with {code}: {errors}");
            ran += 1;
            // Later examples name what the first one wrote.
            let made = folder.join("design/url-shortener/design.yaml");
            if verb == "design" && made.exists() {
                fs::copy(made, folder.join("design.yaml")).unwrap();
            }
        }
    }
    assert!(ran >= 10, "only {ran} commands were found");
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn files_shown_in_documents_are_the_examples() {
    for (document, fence, example) in [
        ("README.md", "```markdown\n", "examples/url-shortener.md"),
        ("docs/model.md", "```yaml\n", "examples/models/tandem.yaml"),
    ] {
        let text = fs::read_to_string(root().join(document)).unwrap();
        let shown = text.split(fence).nth(1).unwrap().split("```").next().unwrap();
        let example = fs::read_to_string(root().join(example)).unwrap();
        let example: Vec<&str> = example.lines().filter(|line| !line.starts_with("# ")).collect();
        let shown: Vec<&str> = shown.lines().filter(|line| !line.starts_with("# ")).collect();
        assert_eq!(shown.join("\n").trim(), example.join("\n").trim(), "{document}");
    }
}
