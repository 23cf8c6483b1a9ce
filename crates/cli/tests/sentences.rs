//! Two reports share few sentences: a template that says the same of every design says nothing.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// The largest share of the sentences of two reports that stand in both.
const SHARED_MAX: f64 = 0.3;

/// Sentences of sections 5 to 7 of at least six words, of paragraphs and of the cells of tables: the
/// names of options and losses are no sentences.
fn sentences(design: &str) -> BTreeSet<String> {
    let from = design.find("## 5. ").expect("a report has trade-offs");
    let to = design.find("## 8. ").expect("a report has costs");
    design[from..to]
        .lines()
        .filter(|line| !line.starts_with(['!', '#']))
        .flat_map(|line| line.split(" | "))
        .flat_map(|cell| cell.split(". "))
        .map(|text| text.trim_matches(['|', '>', ' ', '.']).to_owned())
        .filter(|text| text.split_whitespace().count() >= 6)
        .collect()
}

#[test]
fn reports_of_two_briefs_share_few_sentences() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let scratch = std::env::temp_dir().join(format!("tenfold-sentences-{}", std::process::id()));
    let mut reports = Vec::new();
    for entry in std::fs::read_dir(root.join("examples")).expect("there are examples") {
        let brief = entry.expect("a readable folder").path();
        if !brief.is_file() {
            continue;
        }
        let name = brief.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        let out = scratch.join(&name);
        let run = Command::new(env!("CARGO_BIN_EXE_tenfold"))
            .args(["design", "--budget", "2000000", "--out"])
            .args([&out, &brief])
            .output()
            .expect("the program starts");
        assert!(out.join("DESIGN.md").exists(), "{name}: {}", String::from_utf8_lossy(&run.stderr));
        let design = std::fs::read_to_string(out.join("DESIGN.md")).expect("a report is text");
        reports.push((name, sentences(&design)));
    }
    std::fs::remove_dir_all(&scratch).expect("the folder is ours");
    assert!(reports.len() >= 7, "only {} examples", reports.len());
    for (index, (one, a)) in reports.iter().enumerate() {
        for (other, b) in &reports[index + 1..] {
            let common: Vec<_> = a.intersection(b).collect();
            let shared = 2.0 * common.len() as f64 / (a.len() + b.len()) as f64;
            assert!(
                shared < SHARED_MAX,
                "{one} ({} sentences) and {other} ({}) share {shared:.2}: {common:#?}",
                a.len(),
                b.len()
            );
        }
    }
}
