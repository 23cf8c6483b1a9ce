//! Outside test vectors: files recorded from the programs that the machines are compared with.
//!
//! They lie beside the checkout, or where `TENFOLD_VECTORS` points. Where they are absent a test
//! says so and passes, but never when `CI` is `true`.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// The folder of all vectors, if it is there.
fn root() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    #[expect(clippy::disallowed_methods, reason = "tests are told where the vectors are")]
    let root = std::env::var("TENFOLD_VECTORS").map_or(beside, PathBuf::from);
    if root.is_dir() {
        return Some(root);
    }
    #[expect(clippy::disallowed_methods, reason = "a missing folder is a failure in CI only")]
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!ci, "no vectors at {}", root.display());
    println!("skipped: no vectors at {}", root.display());
    None
}

/// Runs `check` on every JSON file of `folder` and asserts that each was handled: `check` returns
/// the number of cases that it ran, or `None` for a file that another test of the folder handles.
pub(crate) fn each_file(folder: &str, mut check: impl FnMut(&str, &Value) -> Option<usize>) {
    let Some(root) = root() else { return };
    let folder = root.join(folder);
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "json"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} holds no file", folder.display());
    let mut ran = 0;
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let value = serde_json::from_str(&text).unwrap();
        let name = file.file_stem().unwrap().to_str().unwrap();
        if let Some(cases) = check(name, &value) {
            assert!(cases > 0, "{name}: no case ran");
            ran += 1;
        }
    }
    assert!(ran > 0, "no file of {} was for this test", folder.display());
}

/// The elements of a list.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or_else(|| panic!("not a list: {value}"), Vec::as_slice)
}

/// A whole number, possibly written as text.
pub(crate) fn number(value: &Value) -> u64 {
    let text = value.as_str().and_then(|text| text.parse().ok());
    value.as_u64().or(text).unwrap_or_else(|| panic!("not a whole number: {value}"))
}

/// A signed whole number, possibly written as text.
pub(crate) fn signed(value: &Value) -> i64 {
    let text = value.as_str().and_then(|text| text.parse().ok());
    value.as_i64().or(text).unwrap_or_else(|| panic!("not a whole number: {value}"))
}

/// A number.
pub(crate) fn float(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("not a number: {value}"))
}

/// A text.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}

/// The whole number right behind `name` in a description, as in `burst=5`.
pub(crate) fn told(description: &str, name: &str) -> Option<u64> {
    let (_, rest) = description.split_once(name)?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().ok()
}

/// Where several tests share a folder, each file is one test's and no more.
#[test]
fn every_file_of_a_shared_folder_is_run_by_one_test() {
    let one = |name: &str, kinds: &[bool]| {
        assert_eq!(kinds.iter().filter(|kind| **kind).count(), 1, "{name} is of no known form");
        Some(1)
    };
    each_file("nginx", |name, file| {
        let places = file["algo"].is_string();
        let turns = !places && file["cases"].is_object();
        let limits = ["nodelay_t_ms_status", "delay_status_latency_ms"];
        let limits = limits.iter().any(|rows| file[*rows].is_array());
        one(name, &[places, turns, file["rows"].is_array(), limits])
    });
    each_file("maglev", |name, file| {
        one(name, &[file["envoy_expected"].is_array(), file["ring"].is_array()])
    });
}
