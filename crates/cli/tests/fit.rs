//! `tenfold fit` as a user meets it.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

fn file(name: &str, text: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("tenfold-fit-{}-{name}", std::process::id()));
    fs::write(&path, text).unwrap();
    path
}

fn tenfold(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenfold"));
    command.env("NO_COLOR", "1").args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Quantiles of an exponential of 20 ms, in an order in which none tells of the next.
fn exponential() -> String {
    let quantile = |i: u32| -20.0 * (1.0 - (f64::from(i * 379 % 1_000) + 0.5) / 1_000.0).ln();
    (0..1_000).map(|i| format!("{}\n", quantile(i))).collect()
}

#[test]
fn the_block_is_pasted_into_a_model_and_runs() {
    let csv = file("paste.csv", &format!("wait_ms\n{}", exponential()));
    let fitted = tenfold(&["fit", csv.to_str().unwrap()]);
    fs::remove_file(&csv).unwrap();
    assert_eq!(fitted.status.code(), Some(0), "{}", text(&fitted.stderr));
    let block = text(&fitted.stdout);
    assert!(block.contains("\nservice_time: {exponential: {mean: 1999"), "{block}");
    let indented: String = block.lines().map(|line| format!("    {line}\n")).collect();
    let model = format!(
        "model: pasted\nstations:\n  desk:\n    servers: 1\n{indented}\
         arrivals:\n  a: {{to: desk, poisson: {{rate: 25/s}}}}\n"
    );
    let model = file("pasted.yaml", &model);
    let run =
        tenfold(&["simulate", model.to_str().unwrap(), "--budget", "200000", "--format", "json"]);
    fs::remove_file(&model).unwrap();
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    let outcome: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    let utilization = outcome["stations"]["desk"]["utilization"]["value"].as_f64().unwrap();
    assert!((utilization - 0.5).abs() < 0.02, "{utilization}");
}

#[test]
fn json_repeats_its_bytes() {
    let csv = file("json.csv", &format!("wait_ms\n{}", exponential()));
    let arguments = ["fit", csv.to_str().unwrap(), "--format", "json", "--seed", "7"];
    let (first, second) = (tenfold(&arguments), tenfold(&arguments));
    fs::remove_file(&csv).unwrap();
    assert_eq!(first.stdout, second.stdout);
    let json: serde_json::Value = serde_json::from_slice(&first.stdout).unwrap();
    assert_eq!((&json["schema"], &json["seed"]), (&"tenfold/fit/1".into(), &7.into()));
    assert_eq!(json["series"][0]["best"], "exponential");
    assert_eq!(json["series"][0]["samples"], 1000.0);
}

#[test]
fn a_broken_file_is_refused_with_its_line() {
    let csv = file("broken.csv", "wait_ms\n1\nsoon\n");
    let refused = tenfold(&["fit", csv.to_str().unwrap()]);
    fs::remove_file(&csv).unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("broken.csv:3: `soon`"), "{}", text(&refused.stderr));
    assert!(refused.stdout.is_empty());
    assert_eq!(tenfold(&["fit", "/nowhere.csv"]).status.code(), Some(2));
}
