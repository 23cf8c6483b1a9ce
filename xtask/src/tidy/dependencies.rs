//! Rules about dependencies: direction, pins, licences, no C in the default build.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Which of our crates each may depend on. Tests may reach further, this table is about the
/// product.
const DIRECTIONS: &[(&str, &[&str])] = &[
    ("units", &[]),
    ("catalog", &["units"]),
    ("patterns", &["units"]),
    ("queueing", &["units"]),
    ("brief", &["units"]),
    ("estimate", &["units", "catalog", "brief"]),
    ("design", &["units", "catalog", "estimate", "queueing", "patterns"]),
    ("sim", &["units", "patterns"]),
    ("fit", &["units", "sim"]),
    ("sweep", &["units", "sim", "design", "architect"]),
    (
        "architect",
        &["units", "catalog", "brief", "estimate", "queueing", "patterns", "design", "sim"],
    ),
    ("report", &["units", "architect", "brief", "estimate", "design", "sim"]),
    ("patterns-tower", &["units", "patterns"]),
    ("patterns-bench", &["units", "patterns", "patterns-tower"]),
    ("sim-bench", &["units", "sim"]),
    ("engines", &[]),
    (
        "cli",
        &["units", "architect", "report", "brief", "estimate", "design", "sim", "fit", "sweep"],
    ),
];

/// What the pure stages must not reach, even through others.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("architect", &["tokio", "axum", "clap", "rmcp"]),
    ("report", &["tokio", "axum", "clap", "rmcp"]),
    ("patterns", &["tokio", "rand"]),
];

const LICENCES: [&str; 11] = [
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "BSL-1.0",
    "CC0-1.0",
    "Unlicense",
    "0BSD",
];

/// Crates that compile C; the default build has none.
const C_BUILDERS: [&str; 4] = ["cc", "cmake", "bindgen", "pkg-config"];

/// Checks the manifests and the resolved graph.
///
/// # Errors
/// Says why `cargo metadata` could not be read.
pub(crate) fn check(root: &Path, found: &mut Vec<String>) -> Result<(), String> {
    pins(root, found)?;
    let metadata = metadata(root)?;
    let packages: BTreeMap<&str, &Value> =
        array(&metadata["packages"]).map(|package| (text(&package["id"]), package)).collect();
    let edges = edges(&metadata);
    let name_of = |id: &str| packages.get(id).map_or("", |package| text(&package["name"]));
    let ours: BTreeMap<&str, &str> = packages
        .keys()
        .filter_map(|id| Some((name_of(id).strip_prefix("tenfold-")?, *id)))
        .collect();
    for (name, id) in &ours {
        let Some((_, allowed)) = DIRECTIONS.iter().find(|(from, _)| from == name) else {
            found.push(format!("crate {name} has no line in the table of directions"));
            continue;
        };
        for target in &edges[id] {
            let target = name_of(target);
            if let Some(other) = target.strip_prefix("tenfold-")
                && !allowed.contains(&other)
            {
                found.push(format!("{name} depends on {other}: the direction is one-way"));
            }
        }
    }
    for (name, forbidden) in FORBIDDEN {
        let reached = reach(ours.get(name).copied(), &edges);
        for target in reached.iter().map(|id| name_of(id)) {
            if forbidden.contains(&target) {
                found.push(format!("{name} reaches {target}, which it must not know"));
            }
        }
    }
    for target in reach(ours.get("cli").copied(), &edges) {
        if C_BUILDERS.contains(&name_of(target)) {
            found.push(format!("the default build reaches {}: no C toolchain", name_of(target)));
        }
        licence(packages[target], found);
    }
    Ok(())
}

/// Every workspace dependency is pinned and says why it is there.
fn pins(root: &Path, found: &mut Vec<String>) -> Result<(), String> {
    let file = root.join("Cargo.toml");
    let manifest = fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
    let section = manifest.split("[workspace.dependencies]").nth(1).unwrap_or("");
    let section = section.split("\n[").next().unwrap_or("");
    for line in section.lines().filter(|line| line.contains(" = ")) {
        let name = line.split(" = ").next().unwrap_or("");
        if name.starts_with("tenfold-") {
            continue;
        }
        if !line.contains("\"=") {
            found.push(format!("Cargo.toml: {name} is not pinned with `=`"));
        }
        if !line.contains('#') {
            found.push(format!("Cargo.toml: {name} does not say why it is there"));
        }
    }
    Ok(())
}

fn metadata(root: &Path) -> Result<Value, String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root)
        .args(["metadata", "--format-version", "1", "--locked"])
        .output()
        .map_err(|e| format!("cargo metadata: {e}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|e| format!("cargo metadata: {e}"))
}

/// Normal and build dependencies by package id; development dependencies, and those of
/// systems that tenfold is not built for, are left out.
fn edges(metadata: &Value) -> BTreeMap<&str, Vec<&str>> {
    array(&metadata["resolve"]["nodes"])
        .map(|node| {
            let elsewhere =
                |target: &str| ["windows", "haiku"].iter().any(|os| target.contains(os));
            let targets = array(&node["deps"])
                .filter(|dependency| {
                    array(&dependency["dep_kinds"]).any(|kind| {
                        text(&kind["kind"]) != "dev" && !elsewhere(text(&kind["target"]))
                    })
                })
                .map(|dependency| text(&dependency["pkg"]))
                .collect();
            (text(&node["id"]), targets)
        })
        .collect()
}

fn reach<'a>(from: Option<&'a str>, edges: &BTreeMap<&'a str, Vec<&'a str>>) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<&str> = from.into_iter().collect();
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            open.extend(edges.get(id).into_iter().flatten());
        }
    }
    seen
}

fn licence(package: &Value, found: &mut Vec<String>) {
    let expression = text(&package["license"]);
    let fits = expression.split(" OR ").flat_map(|part| part.split('/')).any(|part| {
        part.trim_matches(['(', ')', ' ']).split(" AND ").all(|licence| {
            let licence =
                licence.trim_matches(['(', ')', ' ']).split(" WITH ").next().unwrap_or("");
            LICENCES.contains(&licence)
        })
    });
    if !fits {
        found.push(format!("{} has the licence `{expression}`", text(&package["name"])));
    }
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}
