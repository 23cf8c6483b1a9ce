//! Briefs of `suite/estimate` with what must follow from them.
//!
//! A case is a brief and, beside it, `<brief>.expected` with one expectation a line: `figure =
//! value` (within 0.5 %), `figure = low..high`, `stated figure`, `absent figure`, `outcome`,
//! `archetype`, and the lists `diagnostics` (sorted), `operations`, `datasets`, `objectives` and
//! `pins`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use tenfold_brief::{Format, parse_bytes};
use tenfold_catalog::Catalog;
use tenfold_estimate::{Estimate, estimate};
use tenfold_units::Provenance;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../suite/estimate")
}

fn run(path: &Path, catalog: &Catalog) -> Estimate {
    let bytes = std::fs::read(path).expect("a case has its brief");
    let name = path.file_name().expect("a file has a name").to_string_lossy();
    let parsed = parse_bytes(&bytes, Format::of_file_name(&name));
    let mut estimate = estimate(&parsed.brief, catalog);
    estimate.include(&parsed.diagnostics);
    estimate
}

/// Returns what is wrong with one expectation.
fn judge(estimate: &Estimate, line: &str) -> Option<String> {
    if let Some(id) = line.strip_prefix("stated ") {
        let found = estimate.ledger.get(id).map(|figure| &figure.provenance);
        let stated = matches!(found, Some(Provenance::Stated { .. }));
        return (!stated).then(|| format!("{id} is {found:?}, not stated"));
    }
    if let Some(id) = line.strip_prefix("absent ") {
        let figure = estimate.ledger.get(id)?;
        return Some(format!("{id} is {}, not absent", figure.mid()));
    }
    let Some((key, expected)) = line.split_once(" = ") else {
        return Some(format!("cannot read `{line}`"));
    };
    let document = estimate.to_json();
    let list = |items: Vec<&str>| items.join(" ");
    let found = match key {
        "outcome" => document["outcome"].as_str().expect("an outcome is a word").to_owned(),
        "archetype" => estimate.archetype.name.clone(),
        "diagnostics" => {
            let mut codes: Vec<_> = estimate.diagnostics.iter().map(|d| d.code.as_str()).collect();
            codes.sort_unstable();
            list(codes)
        }
        "operations" => list(estimate.operations.iter().map(|o| o.name.as_str()).collect()),
        "datasets" => list(estimate.datasets.iter().map(|d| d.name.as_str()).collect()),
        "objectives" => list(estimate.objectives.iter().map(|o| o.id.as_str()).collect()),
        "pins" => list(estimate.pins.iter().map(|p| p.keyword.as_str()).collect()),
        _ => return judge_figure(&document["metrics"][key], key, expected),
    };
    (found != expected).then(|| format!("{key} is `{found}`, not `{expected}`"))
}

fn judge_figure(value: &serde_json::Value, key: &str, expected: &str) -> Option<String> {
    let Some(value) = value.as_f64() else { return Some(format!("{key} is missing")) };
    let (low, high) = match expected.split_once("..") {
        Some((low, high)) => (number(low), number(high)),
        None => {
            let mid = number(expected);
            (mid - 0.005 * mid.abs(), mid + 0.005 * mid.abs())
        }
    };
    (value < low || value > high).then(|| format!("{key} is {value}, not {expected}"))
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or_else(|_| panic!("`{text}` is not a number"))
}

#[test]
fn every_case_gives_what_is_expected() {
    let catalog = Catalog::builtin();
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "expected"))
        .collect();
    cases.sort();
    assert!(!cases.is_empty());
    let mut report = String::new();
    for case in &cases {
        let estimate = run(&case.with_extension(""), &catalog);
        let text = std::fs::read_to_string(case).unwrap();
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(wrong) = judge(&estimate, line) {
                let name = case.file_name().unwrap().to_string_lossy();
                writeln!(report, "{name}: {wrong}").unwrap();
            }
        }
    }
    assert!(report.is_empty(), "\n{report}");
}
