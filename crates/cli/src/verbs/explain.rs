//! `tenfold explain`

use std::collections::BTreeSet;
use std::fmt::Write as _;

use tenfold_units::{Figure, Ledger, Provenance, Quality};

use crate::arguments::Explain as Verb;
use crate::{Exit, output};

/// Deeper trees are cut; each figure is printed once anyway.
const DEPTH_MAX: usize = 40;

pub(crate) fn run(verb: &Verb) -> Exit {
    let file = if verb.plan.is_dir() { verb.plan.join("plan.json") } else { verb.plan.clone() };
    let text = match super::read_text(&file) {
        Ok(text) => text,
        Err(exit) => return exit,
    };
    let plan: serde_json::Value = match serde_json::from_str(&text) {
        Ok(plan) => plan,
        Err(error) => return refuse(&format!("{}: not JSON: {error}", file.display())),
    };
    let ledger: Ledger = match serde_json::from_value(plan["ledger"].clone()) {
        Ok(ledger) => ledger,
        Err(error) => {
            return refuse(&format!("{}: not a plan of tenfold: {error}", file.display()));
        }
    };
    let Some(id) = &verb.figure else {
        output::result(&list(&ledger));
        return Exit::Ok;
    };
    let Some(figure) = ledger.get(id) else {
        return refuse(&format!("no figure `{id}`; {}", suggestions(&ledger, id)));
    };
    let mut out = String::new();
    let mut seen = BTreeSet::new();
    write_tree(&ledger, id, figure, 0, &mut seen, &mut out);
    output::result(&out);
    Exit::Ok
}

fn refuse(message: &str) -> Exit {
    output::error(message);
    Exit::Unusable
}

fn list(ledger: &Ledger) -> String {
    let mut out = String::new();
    for (id, figure) in ledger.iter() {
        let _ = writeln!(out, "{id}  {}", figure.print());
    }
    out
}

fn write_tree(
    ledger: &Ledger,
    id: &str,
    figure: &Figure,
    depth: usize,
    seen: &mut BTreeSet<String>,
    out: &mut String,
) {
    let indent = "  ".repeat(depth);
    let interval = figure.interval;
    let range = if interval.is_exact() {
        String::new()
    } else {
        format!(" ({} to {})", figure.print_low(), figure.print_high())
    };
    let _ = writeln!(out, "{indent}{id} = {}{range}", figure.print());
    if !seen.insert(id.to_owned()) {
        let _ = writeln!(out, "{indent}    (above)");
        return;
    }
    if !figure.label.is_empty() {
        let _ = writeln!(out, "{indent}    {}", figure.label);
    }
    let _ = writeln!(out, "{indent}    {}", origin(&figure.provenance));
    if let Provenance::Derived { inputs, .. } = &figure.provenance
        && depth < DEPTH_MAX
    {
        for input in inputs {
            if let Some(figure) = ledger.get(input) {
                write_tree(ledger, input, figure, depth + 1, seen, out);
            }
        }
    }
}

fn origin(provenance: &Provenance) -> String {
    let doubt = |quality: &Quality| match quality {
        Quality::Recall => ", unverified",
        Quality::File | Quality::Measured | Quality::Excerpt | Quality::Derived => "",
    };
    match provenance {
        Provenance::Stated { line, column, text } => {
            format!("stated, brief {line}:{column} \"{text}\"")
        }
        Provenance::Edited { line, text } => format!("edited, design.yaml:{line} {text}"),
        Provenance::Assumed { source, quality } => format!("assumed: {source}{}", doubt(quality)),
        Provenance::Derived { formula, .. } => format!("= {formula}"),
        Provenance::Fact { id, source, as_of, quality } => {
            format!("fact {id} ({as_of}{}): {source}", doubt(quality))
        }
        Provenance::Simulated { scenario, seed } => format!("simulated: {scenario}, seed {seed}"),
        Provenance::Measured { run } => format!("measured: {run}"),
    }
}

/// Ids that share the longest part with what was asked for.
fn suggestions(ledger: &Ledger, wanted: &str) -> String {
    let likeness = |id: &str| {
        let words = wanted.split(['_', '.', '-']).filter(|word| word.len() > 1);
        words.filter(|word| id.contains(word)).map(str::len).sum::<usize>()
    };
    let mut ids: Vec<(usize, &str)> =
        ledger.iter().map(|(id, _)| (likeness(id), id)).filter(|(like, _)| *like > 0).collect();
    ids.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.len().cmp(&b.1.len())).then(a.1.cmp(b.1)));
    let near: Vec<&str> = ids.into_iter().take(5).map(|(_, id)| id).collect();
    if near.is_empty() {
        "leave it out for a list of all".to_owned()
    } else {
        format!("near to it: {}", near.join(", "))
    }
}
