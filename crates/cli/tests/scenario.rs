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

/// Runs `--recovery` on the retries of the examples.
fn recover(scenario: &str, further: &[&str]) -> Output {
    let model = "examples/models/retries.yaml";
    let mut arguments = vec!["simulate", model, "--scenario", scenario, "--recovery"];
    arguments.extend(further);
    tenfold(&arguments)
}

#[test]
fn recovery_says_what_stays_collapsed_and_what_saves_it() {
    let slow = "examples/scenarios/slow-store.yaml";
    let (one, two) = (recover(slow, &["--jobs", "1"]), recover(slow, &["--jobs", "2"]));
    assert_eq!(one.status.code(), Some(1), "{}", text(&one.stderr));
    assert_eq!(one.stdout, two.stdout);
    let said = text(&one.stdout);
    let line = |start: &str| {
        let found = said.lines().find(|line| line.trim_start().starts_with(start));
        found.unwrap_or_else(|| panic!("no `{start}` in {said}")).to_owned()
    };
    assert!(line("as it is").ends_with("stays collapsed"), "{said}");
    for remedy in ["without retries", "retry budget", "adaptive LIFO"] {
        assert!(line(remedy).contains("back after"), "{said}");
    }
    assert!(line("alert 14.4x over 1 h and 5 min at 99.9 %").contains("fires"), "{said}");
    let json = recover(slow, &["--format", "json", "--slo", "99%"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["schema"], "tenfold/recovery/1");
    assert_eq!(json["operations"]["get"]["fate"], "collapsed");
    assert_eq!(json["remedies"]["bounded queues"]["get"]["fate"], "recovers");
    assert_eq!((&json["objective_ratio"], &json["recovers"]), (&0.99.into(), &false.into()));
}

#[test]
fn recovery_wants_a_trigger_that_ends() {
    let file = std::env::temp_dir().join(format!("tenfold-recovery-{}.yaml", std::process::id()));
    fs::write(&file, "scenario: calm\nhorizon: 60s\n").unwrap();
    let calm = recover(file.to_str().unwrap(), &[]);
    fs::write(
        &file,
        "scenario: mild\nhorizon: 40s\nfaults: [{at: 10s, for: 5s, target: {component: store}, \
         effect: {slow: 1.1}}]\n",
    )
    .unwrap();
    let mild = recover(file.to_str().unwrap(), &[]);
    let odd = recover(file.to_str().unwrap(), &["--slo", "100%"]);
    fs::remove_file(&file).unwrap();
    assert_eq!(calm.status.code(), Some(2));
    assert!(text(&calm.stderr).contains("nothing happens in it"), "{}", text(&calm.stderr));
    // Remedies are not tried where nothing is to be remedied.
    assert_eq!(mild.status.code(), Some(0), "{}", text(&mild.stderr));
    assert!(!text(&mild.stdout).contains("without retries"), "{}", text(&mild.stdout));
    assert_eq!(odd.status.code(), Some(2));
}
