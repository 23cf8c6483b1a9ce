//! Briefs of `suite/design` with what must be designed for them.
//!
//! A case is a brief and, beside it, `<brief>.expected` with one expectation a line:
//!
//! * `technologies = a b c`: what stores, caches and topics run on, sorted, each once;
//! * `with a b`, `without a b`: technologies that are or are not there, services included;
//! * `kinds without cache topic`: kinds of component that are not there;
//! * `services = 1`: services that answer requests;
//! * `copies postgresql = 2`: copies of what that technology keeps;
//! * `shards = 0`: components that are split;
//! * `choice ID = OPTION`: what was chosen;
//! * `pin WORD holds` or `fails`: whether a choice of the brief holds up;
//! * `finding LAW` and `no finding LAW`: what is said against the design.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tenfold_brief::{Format, parse_bytes};
use tenfold_catalog::Catalog;
use tenfold_design::{Component, Kind, Proposal, propose};
use tenfold_estimate::estimate;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../suite/design")
}

fn run(path: &Path, catalog: &Catalog) -> Proposal {
    let bytes = std::fs::read(path).expect("a case has its brief");
    let name = path.file_name().expect("a file has a name").to_string_lossy();
    let parsed = parse_bytes(&bytes, Format::of_file_name(&name));
    let mut estimate = estimate(&parsed.brief, catalog);
    estimate.include(&parsed.diagnostics);
    propose(&estimate, catalog)
}

fn kind(component: &Component) -> String {
    let value = serde_json::to_value(component.kind).expect("a kind is a word");
    value.as_str().expect("a kind is a word").to_owned()
}

/// Returns what is wrong with one expectation.
fn judge(proposal: &Proposal, line: &str) -> Result<(), String> {
    let components = &proposal.design.components;
    let technologies: BTreeSet<&str> =
        components.values().map(|c| c.runs.technology.as_str()).collect();
    let equal = |found: String, expected: &str| {
        if found == expected { Ok(()) } else { Err(format!("`{found}`, not `{expected}`")) }
    };
    let absent = |names: &str, there: &dyn Fn(&str) -> bool, wanted: bool| {
        let wrong: Vec<&str> = names.split(' ').filter(|name| there(name) != wanted).collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join(" ")) }
    };
    if let Some(names) = line.strip_prefix("kinds without ") {
        let kinds: BTreeSet<String> = components.values().map(kind).collect();
        return absent(names, &|name| kinds.contains(name), false);
    }
    if let Some(names) = line.strip_prefix("without ") {
        return absent(names, &|name| technologies.contains(name), false);
    }
    if let Some(names) = line.strip_prefix("with ") {
        return absent(names, &|name| technologies.contains(name), true);
    }
    let finding = |law: &str| proposal.findings.iter().any(|finding| finding.law == law);
    if let Some(law) = line.strip_prefix("no finding ") {
        return absent(law, &finding, false);
    }
    if let Some(law) = line.strip_prefix("finding ") {
        let laws: Vec<&str> = proposal.findings.iter().map(|f| f.law.as_str()).collect();
        return absent(law, &finding, true).map_err(|_| format!("found only {laws:?}"));
    }
    if let Some(pin) = line.strip_prefix("pin ") {
        let (word, judged) = pin.split_once(' ').ok_or("a pin is a word and a verdict")?;
        let decided = proposal.choices.iter().filter_map(|choice| choice.pin.as_ref());
        let mut pins = decided.chain(&proposal.answers);
        let pin = pins.find(|pin| pin.text.to_lowercase().contains(word));
        let pin = pin.ok_or_else(|| format!("no choice was pinned by {word}"))?;
        return equal((if pin.holds { "holds" } else { "fails" }).to_owned(), judged);
    }
    let (key, expected) = line.split_once(" = ").ok_or("cannot be read")?;
    if let Some(technology) = key.strip_prefix("copies ") {
        let mut parts = components.values().filter(|c| c.runs.technology == technology);
        let copies = parts.next().and_then(|c| c.replication.as_ref()).map_or(1, |r| r.factor);
        return equal(copies.to_string(), expected);
    }
    if let Some(id) = key.strip_prefix("choice ") {
        let choice = proposal.choices.iter().find(|choice| choice.id == id);
        let ids: Vec<&str> = proposal.choices.iter().map(|choice| choice.id.as_str()).collect();
        let choice = choice.ok_or_else(|| format!("no such choice; there are {ids:?}"))?;
        return equal(choice.chosen.clone(), expected);
    }
    let count = |of: &dyn Fn(&Component) -> bool| {
        components.values().filter(|component| of(component)).count().to_string()
    };
    let keeps = |c: &Component| matches!(c.kind, Kind::Store | Kind::Cache | Kind::Topic);
    let kept: BTreeSet<&str> =
        components.values().filter(|c| keeps(c)).map(|c| c.runs.technology.as_str()).collect();
    match key {
        "technologies" => equal(kept.into_iter().collect::<Vec<_>>().join(" "), expected),
        "services" => equal(count(&|c| c.kind == Kind::Service), expected),
        "shards" => equal(count(&|c| c.shards.is_some()), expected),
        _ => Err("cannot be read".to_owned()),
    }
}

#[test]
fn every_case_is_designed_as_expected() {
    let catalog = Catalog::builtin();
    let mut wrong = Vec::new();
    let mut cases = 0;
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder())
        .expect("the suite is there")
        .map(|entry| entry.expect("the suite can be read").path())
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().expect("a case has a name").to_string_lossy().into_owned();
        let expected = path.with_file_name(format!("{name}.expected"));
        let expected = std::fs::read_to_string(&expected)
            .unwrap_or_else(|_| panic!("{name} has no expectations"));
        let proposal = run(&path, &catalog);
        for line in expected.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Err(why) = judge(&proposal, line) {
                wrong.push(format!("{name}: {line}: {why}"));
            }
        }
        cases += 1;
    }
    assert!(wrong.is_empty(), "{} expectations failed\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases >= 6, "only {cases} cases");
}

#[test]
fn a_wrong_expectation_is_noticed() {
    let proposal = run(&folder().join("small-shortener.md"), &Catalog::builtin());
    for line in [
        "technologies = kafka",
        "with cassandra",
        "without postgresql",
        "kinds without store",
        "services = 7",
        "copies postgresql = 9",
        "choice store.nothing = x",
        "finding no-such-law",
        "pin kafka holds",
        "nonsense",
    ] {
        assert!(judge(&proposal, line).is_err(), "{line}");
    }
}
