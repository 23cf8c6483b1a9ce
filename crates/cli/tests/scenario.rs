//! `tenfold simulate --scenario` as a user meets it.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn tenfold(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tenfold"))
        .current_dir(root())
        .env("NO_COLOR", "1")
        .args(arguments)
        .output()
        .unwrap()
}

/// Runs a scenario of this text on the shortener's model.
fn rehearse(name: &str, scenario: &str, further: &[&str]) -> Output {
    let file = std::env::temp_dir().join(format!("tenfold-{name}-{}.yaml", std::process::id()));
    fs::write(&file, scenario).unwrap();
    let path = file.to_str().unwrap();
    let mut arguments = vec!["simulate", "examples/models/shortener.yaml", "--scenario", path];
    arguments.extend(further);
    let output = tenfold(&arguments);
    fs::remove_file(&file).unwrap();
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn assertions_decide_the_exit_status() {
    let scenario = |ratio: &str| {
        format!(
            "scenario: quiet\nwarm_up: 1s\nhorizon: 4s\nwindow: 1s\n\
             assertions: [{{of: redirect, claim: {{good-ratio: {ratio}}}}}]\n"
        )
    };
    let met = rehearse("met", &scenario("0.5"), &[]);
    assert_eq!(met.status.code(), Some(0), "{}{}", text(&met.stdout), text(&met.stderr));
    assert!(text(&met.stdout).contains("met redirect: good answers at least 50 %"));
    let dead = scenario("0.5").replace(
        "window: 1s",
        "window: 1s\nfaults: [{at: 1s, target: {component: edge}, effect: {kill: {}}}]",
    );
    let missed = rehearse("missed", &dead, &["--format", "json"]);
    assert_eq!(missed.status.code(), Some(1));
    let json: serde_json::Value = serde_json::from_slice(&missed.stdout).unwrap();
    assert_eq!(json["schema"], "tenfold/scenario/1");
    assert_eq!(json["assertions"][0]["verdict"], "missed");
    assert_eq!(json["holds"], false);
}

#[test]
fn what_a_scenario_names_must_be_there() {
    let wrong = "scenario: wrong\nhorizon: 1s\nassertions: [{of: nobody, claim: {goodput: 1/s}}]\n";
    let refused = rehearse("wrong", wrong, &[]);
    assert_eq!(refused.status.code(), Some(2));
    let said = text(&refused.stderr);
    assert!(said.contains("`nobody` is not an operation"), "{said}");
    assert!(said.contains("window"), "{said}");
}

#[test]
fn the_series_is_a_table() {
    let csv = std::env::temp_dir().join(format!("tenfold-series-{}.csv", std::process::id()));
    let scenario = "scenario: quiet\nhorizon: 2s\nwindow: 1s\n";
    let output = rehearse("series", scenario, &["--series", csv.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let table = fs::read_to_string(&csv).unwrap();
    fs::remove_file(&csv).unwrap();
    let mut lines = table.lines();
    assert_eq!(lines.next(), Some("start_seconds,operation,requests,good,bad,p99_seconds"));
    assert!(lines.clone().any(|line| line.starts_with("1,redirect,")), "{table}");
    assert!(lines.all(|line| line.split(',').count() == 6));
}
