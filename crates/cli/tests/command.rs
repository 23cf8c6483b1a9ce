//! The command as a user meets it.
#![expect(clippy::unwrap_used, reason = "a test may")]

#[path = "support/browser.rs"]
mod browser;
#[path = "support/quantities.rs"]
mod quantities;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use quantities::{Known, too_precise, unexplained};

/// Events of the designs that the tests make: enough for every part of a report.
const BUDGET: &str = "400000";

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

fn folder(name: &str) -> PathBuf {
    let folder =
        std::env::temp_dir().join(format!("tenfold-command-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    folder
}

fn design(brief: &str, out: &Path, further: &[&str]) -> Output {
    let out = out.to_str().unwrap();
    let mut arguments = vec!["design", brief, "--out", out, "--budget", BUDGET];
    arguments.extend(further);
    tenfold(&arguments)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap().flatten() {
            if entry.path().is_dir() {
                open.push(entry.path());
            } else {
                let name = entry.path().strip_prefix(folder).unwrap().to_owned();
                found.insert(name, fs::read(entry.path()).unwrap());
            }
        }
    }
    found
}

#[test]
fn a_design_is_whole_repeats_byte_for_byte_and_keeps_edits() {
    let (one, two) = (folder("one"), folder("two"));
    let brief = "examples/url-shortener.md";
    let first = design(brief, &one, &["--jobs", "1"]);
    assert_eq!(first.status.code(), Some(0), "{}", text(&first.stderr));
    let second = design(brief, &two, &["--jobs", "2"]);
    assert_eq!(second.status.code(), Some(0));
    let (a, b) = (files(&one), files(&two));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (name, content) in &a {
        assert!(content == &b[name], "{} differs between --jobs 1 and --jobs 2", name.display());
    }
    for name in ["DESIGN.md", "index.html", "design.yaml", "plan.json", "diagrams/overview.svg"] {
        assert!(a.contains_key(Path::new(name)), "{name} is missing");
    }
    let report = text(&a[Path::new("DESIGN.md")]);
    let headings: Vec<&str> = report.lines().filter(|line| line.starts_with("## ")).collect();
    assert_eq!(headings.len(), 9, "the page to sign and eight sections: {headings:?}");
    pictures_hold_in_a_browser(&a, &two);
    let stated = fs::read_to_string(root().join(brief)).unwrap();
    quantities_have_figures(&report, &text(&a[Path::new("plan.json")]), &stated);
    no_picture_has_colliding_text(&a);

    fs::write(one.join("DESIGN.md"), "mine").unwrap();
    let refused = design(brief, &one, &[]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("--force"), "{}", text(&refused.stderr));
    assert_eq!(fs::read_to_string(one.join("DESIGN.md")).unwrap(), "mine");

    explain_works(&one);
    a_worse_design_is_found_out(&one);
    fs::remove_dir_all(&one).unwrap();
    fs::remove_dir_all(&two).unwrap();
}

/// Every quantity of the report is a figure of the plan, rounded as the units say.
fn quantities_have_figures(report: &str, plan: &str, brief: &str) {
    let plan: serde_json::Value = serde_json::from_str(plan).unwrap();
    let known = Known::new(&plan, brief);
    let missing = unexplained(report, &known);
    assert!(missing.is_empty(), "printed, but in no figure:\n{}", missing.join("\n"));
    let rough = too_precise(report);
    assert!(rough.is_empty(), "more digits than are known:\n{}", rough.join("\n"));
    // The check itself must be able to fail.
    for planted in ["It takes 37.21 ms.", "`63,658/s`", "서버 4711대", "$12.9 k", "12.34 TB"] {
        assert_eq!(unexplained(planted, &known).len(), 1, "{planted} was not noticed");
    }
    assert_eq!(too_precise("12.34 TB of $1,234.5 and 22,309/s to 318,000/s").len(), 3);
}

/// Texts carry their width; two of them in one place would share their box.
fn no_picture_has_colliding_text(files: &BTreeMap<PathBuf, Vec<u8>>) {
    let pictures = files.iter().filter(|(name, _)| name.extension().is_some_and(|e| e == "svg"));
    for (name, content) in pictures {
        let svg = text(content);
        let attribute = |line: &str, key: &str| -> f64 {
            let start = line.find(&format!(" {key}=\"")).unwrap() + key.len() + 3;
            line[start..].split('"').next().unwrap().parse().unwrap()
        };
        let boxes: Vec<(f64, f64, f64, f64)> = svg
            .lines()
            .filter(|line| line.starts_with("<text"))
            .map(|line| {
                let (width, size) = (attribute(line, "textLength"), attribute(line, "font-size"));
                let shift = match line {
                    l if l.contains("\"middle\"") => width / 2.0,
                    l if l.contains("\"end\"") => width,
                    _ => 0.0,
                };
                (attribute(line, "x") - shift, attribute(line, "y") - size * 0.8, width, size)
            })
            .collect();
        for (i, a) in boxes.iter().enumerate() {
            for b in &boxes[i + 1..] {
                let apart = a.0 + a.2 <= b.0 + 0.2
                    || b.0 + b.2 <= a.0 + 0.2
                    || a.1 + a.3 <= b.1 + 0.2
                    || b.1 + b.3 <= a.1 + 0.2;
                assert!(apart, "{}: two texts at {a:?} and {b:?}", name.display());
            }
        }
    }
}

/// The same in the eyes of a browser, which measures the letters themselves.
#[expect(clippy::print_stderr, reason = "a test that did not look says so")]
fn pictures_hold_in_a_browser(files: &BTreeMap<PathBuf, Vec<u8>>, folder: &Path) {
    let pictures = files
        .iter()
        .filter(|(name, _)| name.extension().is_some_and(|e| e == "svg"))
        .map(|(name, content)| (name.display().to_string(), text(content)))
        .collect();
    match browser::faults(&pictures, folder) {
        Some(faults) => assert!(faults.is_empty(), "{}", faults.join("\n")),
        None => eprintln!("SKIPPED: no chromium, so nobody looked at the pictures"),
    }
    let planted = r#"<svg width="200" height="40"><rect class="box" x="0" y="0" width="60"
        height="40"/><text x="5" y="20">one long text</text><text x="9" y="22">two</text></svg>"#;
    let planted = BTreeMap::from([("planted".to_owned(), planted.to_owned())]);
    if let Some(faults) = browser::faults(&planted, folder) {
        assert!(faults.iter().any(|fault| fault.contains("overlap")), "{faults:?}");
        assert!(faults.iter().any(|fault| fault.contains("leaves its box")), "{faults:?}");
    }
}

fn explain_works(folder: &Path) {
    let plan = folder.join("plan.json");
    let plan = plan.to_str().unwrap();
    let explained = tenfold(&["explain", plan, "read_qps_peak"]);
    assert_eq!(explained.status.code(), Some(0));
    let tree = text(&explained.stdout);
    assert!(tree.contains("100M URLs/day"), "the tree ends in the brief: {tree}");
    assert!(tree.contains("short.read_write"), "and in the catalogue: {tree}");
    let unknown = tenfold(&["explain", plan, "read_qps"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("read_qps_"), "{}", text(&unknown.stderr));
}

fn a_worse_design_is_found_out(folder: &Path) {
    let proposed = fs::read_to_string(folder.join("design.yaml")).unwrap();
    let file = folder.join("edited.yaml");
    let check = |content: &str| {
        fs::write(&file, content).unwrap();
        tenfold(&["check", file.to_str().unwrap(), "--budget", BUDGET])
    };
    let one_zone = check(&proposed.replacen("zones: [a, b, c]", "zones: [a]", 1));
    assert_eq!(one_zone.status.code(), Some(1), "{}", text(&one_zone.stderr));
    assert!(text(&one_zone.stdout).contains("zone"), "{}", text(&one_zone.stdout));
    let unknown = check(&proposed.replacen("place:", "plaice:", 1));
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("plaice"), "{}", text(&unknown.stderr));
}

#[test]
fn an_estimate_is_the_contract_of_other_programs() {
    let output = tenfold(&["estimate", "examples/url-shortener.md", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0));
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["schema"], "tenfold/estimate/1");
    assert_eq!(value["outcome"], "ok");
    let rate = value["metrics"]["write_qps_avg"].as_f64().unwrap();
    assert!((rate - 1_157.407).abs() < 0.01);
    assert_eq!(value["provenance"]["write_qps_avg"]["kind"], "stated");
}

#[test]
fn unusable_briefs_end_in_clear_messages_and_write_nothing() {
    let folder = folder("unusable");
    fs::create_dir_all(&folder).unwrap();
    let cases: [(&str, Vec<u8>); 5] = [
        ("empty.md", Vec::new()),
        ("binary.md", (0..=255_u8).cycle().take(4_096).collect()),
        ("huge.md", b"- 100M URLs/day\n".repeat(700_000)),
        ("vague.md", b"# A scalable thing\n- fast\n- many users\n".to_vec()),
        ("wrong.md", b"# Shop\n- availability 110%\n- retention: 3 req/s\n".to_vec()),
    ];
    for (name, content) in cases {
        let brief = folder.join(name);
        fs::write(&brief, content).unwrap();
        let out = folder.join("out");
        let output = design(brief.to_str().unwrap(), &out, &[]);
        assert_eq!(output.status.code(), Some(2), "{name}: {}", text(&output.stderr));
        assert!(output.stderr.len() > 40, "{name} says what is wrong");
        assert!(!out.exists(), "{name} wrote something");
    }
    let missing = tenfold(&["estimate", "no-such-file.md"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(text(&missing.stderr).contains("no-such-file.md"));
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_thousand_bullets_are_read() {
    let folder = folder("bullets");
    fs::create_dir_all(&folder).unwrap();
    let brief = folder.join("brief.md");
    let mut content = String::from("# URL Shortener\n- 1M URLs/day\n");
    for index in 0..1_000_u32 {
        let letter = |n: u32| char::from(b'a' + (n % 26) as u8);
        let name: String =
            [letter(index / 676), letter(index / 26), letter(index)].iter().collect();
        content.push_str(&format!("- show the {name} page\n"));
    }
    fs::write(&brief, content).unwrap();
    let output = tenfold(&["estimate", brief.to_str().unwrap(), "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_model_is_simulated_and_a_wrong_one_is_refused_with_its_place() {
    let folder = folder("model");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("model.yaml");
    let model = "model: m-m-1\nstations:\n  desk: {servers: 1, service_time: {exponential: {mean: 1s}}}\narrivals:\n  jobs: {to: desk, poisson: {rate: 0.5/s}}\n";
    fs::write(&file, model).unwrap();
    let arguments = ["simulate", file.to_str().unwrap(), "--format", "json", "--budget", "400000"];
    let output = tenfold(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["schema"], "tenfold/outcome/1");
    let busy = value["stations"]["desk"]["utilization"]["value"].as_f64().unwrap();
    assert!((busy - 0.5).abs() < 0.02, "{busy}");
    fs::write(&file, model.replace("rate: 0.5/s", "rate: fast")).unwrap();
    let wrong = tenfold(&arguments);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains(":5:"), "{}", text(&wrong.stderr));
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn two_models_are_compared_under_the_same_customers() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/models/");
    let file = |name: &str| format!("{root}{name}.yaml");
    let compare = |first: &str, second: &str| {
        tenfold(&["simulate", &file(first), "--compare", &file(second), "--format", "json"])
    };
    let out = compare("priority", "preemptive");
    assert_eq!(out.status.code(), Some(0));
    let found: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(found["schema"], "tenfold/comparison/1");
    let urgent = &found["figures"]["urgent.latency.mean"];
    assert_eq!(urgent["shown"], "lower");
    // Who interrupts sees an M/M/1 of its own: 1 / (1 - 0.3) s.
    let mean = urgent["second"].as_f64().unwrap();
    assert!((mean - 1.0 / 0.7).abs() < 0.02, "{mean}");
    let same = compare("priority", "priority");
    assert!(!String::from_utf8_lossy(&same.stdout).contains("higher"));
    let strange = compare("m-m-1", "m-g-1");
    assert_eq!(strange.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&strange.stderr).contains("same name"));
}

#[test]
fn a_capacity_is_searched_and_traces_are_read_beside_the_model() {
    let folder = folder("capacity");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("model.yaml");
    let model = "model: beat\nstations:\n  desk: {servers: 1, service_time: {exponential: {mean: 1s}}}\narrivals:\n  jobs: {to: desk, trace: {gaps_from: {file: gaps.csv}, repeat: true}}\n";
    fs::write(&file, model).unwrap();
    let file = file.to_str().unwrap();
    let objective = ["simulate", file, "--capacity", "mean=3s", "--format", "json"];
    let arguments = [&objective[..], &["--budget", "400000"]].concat();
    let unread = tenfold(&arguments);
    assert_eq!(unread.status.code(), Some(2));
    assert!(text(&unread.stderr).contains("gaps.csv"), "{}", text(&unread.stderr));
    fs::write(folder.join("gaps.csv"), "gap\n5\n5s\n").unwrap();
    let output = tenfold(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    // D/M/1: a mean of 3 s is sigma = 2 / 3, and sigma = exp(-gap (1 - sigma)) at a gap of 1.2164 s.
    let about = found["about"].as_f64().unwrap();
    assert!((about / (5.0 / 1.216_4) - 1.0).abs() < 0.03, "{about}");
    assert_eq!(found["gives_out"][0]["station"], "desk");
    let wrong = tenfold(&["simulate", file, "--capacity", "p42=3s"]);
    assert_eq!(wrong.status.code(), Some(2));
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn rare_events_are_exact_or_split_on_any_number_of_threads() {
    let folder = folder("rare");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("model.yaml");
    let model = "model: desk\nstations:\n  desk: {servers: 1, service_time: {exponential: {mean: 1s}}}\narrivals:\n  jobs: {to: desk, poisson: {rate: 0.5/s}}\n";
    fs::write(&file, model).unwrap();
    let file = file.to_str().unwrap();
    let ask = ["simulate", file, "--format", "json", "--rare", "desk.in_flight>=40"];
    let output = tenfold(&ask);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let exact = found[0]["exact"]["probability"].as_f64().unwrap();
    assert!((exact / 0.5_f64.powi(40) - 1.0).abs() < 1e-9, "{exact}");
    assert!(found[0]["splitting"].is_null());
    // With a budget both are there, and the interval holds.
    let ask = [&ask[..], &["--budget", "8000000"]].concat();
    let one = tenfold(&[&ask[..], &["--jobs", "1"]].concat());
    let two = tenfold(&[&ask[..], &["--jobs", "2"]].concat());
    assert_eq!(one.stdout, two.stdout);
    let found: serde_json::Value = serde_json::from_slice(&one.stdout).unwrap();
    let seen = &found[0]["splitting"]["probability"];
    let (low, high) = (seen["low"].as_f64().unwrap(), seen["high"].as_f64().unwrap());
    assert!(0.5 * exact < low && low < exact && exact < high && high < 2.0 * exact, "{seen}");
    let wrong = tenfold(&["simulate", file, "--rare", "disk.queue>=4"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("there are desk"), "{}", text(&wrong.stderr));
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_design_has_a_capacity_and_differs_from_a_slower_one() {
    let folder = folder("carries");
    fs::create_dir_all(&folder).unwrap();
    let brief = folder.join("notes.md");
    fs::write(&brief, "# Notes\n- 2M notes written a day, 1 KB each\n- 20M reads a day\n").unwrap();
    let out = folder.join("design");
    let made = design(brief.to_str().unwrap(), &out, &[]);
    assert!(matches!(made.status.code(), Some(0 | 1)), "{}", text(&made.stderr));
    let file = out.join("design.yaml");
    let slower = out.join("slower.yaml");
    let proposed = fs::read_to_string(&file).unwrap();
    let edited = proposed.replacen("{any: {mean: 200us", "{any: {mean: 400us", 1);
    assert_ne!(proposed, edited, "the service has no such time");
    fs::write(&slower, edited).unwrap();
    let (file, slower) = (file.to_str().unwrap(), slower.to_str().unwrap());
    let json = |arguments: &[&str]| -> serde_json::Value {
        let all = [&["simulate", file], arguments, &["--format", "json"]];
        let output = tenfold(&all.concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };

    let found = json(&["--capacity", "--budget", "10000000"]);
    let first = &found["gives_out"][0];
    assert_eq!(first["component"], "note-store");
    // Requests cannot be served faster than the servers work: at most a few percent are beyond it.
    let (about, full) = (found["about"].as_f64().unwrap(), first["full_at"].as_f64().unwrap());
    assert!(about > 0.5 * full && about < 1.1 * full, "{about} where {full} is all");

    let same = json(&["--compare", file, "--budget", "3000000"]);
    let figures = same["figures"].as_object().unwrap();
    assert!(figures.len() > 5 && figures.values().all(|figure| figure["shown"] == "same"));
    let other = json(&["--compare", slower, "--budget", "3000000"]);
    let busy = &other["figures"]["app.utilization"];
    let (before, after) = (busy["first"].as_f64().unwrap(), busy["second"].as_f64().unwrap());
    assert!((after / before - 2.0).abs() < 0.05, "{before} becomes {after}");
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn every_kind_of_system_has_a_brief_that_passes() {
    let folder = folder("new");
    fs::create_dir_all(&folder).unwrap();
    for kind in tenfold_architect::archetypes() {
        let brief = folder.join(format!("{kind}.md"));
        let brief = brief.to_str().unwrap();
        let made = tenfold(&["new", "--from", kind, "--out", brief]);
        assert_eq!(made.status.code(), Some(0), "{kind}: {}", text(&made.stderr));
        let again = tenfold(&["new", "--from", kind, "--out", brief]);
        assert_eq!(again.status.code(), Some(2), "a brief is not overwritten");
        let estimate = tenfold(&["estimate", brief]);
        assert_eq!(estimate.status.code(), Some(0), "{kind}: {}", text(&estimate.stderr));
    }
    let unknown = tenfold(&["new", "--from", "spaceship"]);
    assert_eq!(unknown.status.code(), Some(2));
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn every_verb_has_help_with_examples() {
    for verb in ["design", "estimate", "check", "simulate", "explain", "new"] {
        let help = tenfold(&[verb, "--help"]);
        assert!(text(&help.stdout).contains(&format!("tenfold {verb}")), "{verb}");
    }
    for schema in ["brief", "estimate", "design", "model", "outcome"] {
        let output = tenfold(&["schema", schema]);
        let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(value["$schema"].is_string(), "{schema}");
    }
}
