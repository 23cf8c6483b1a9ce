//! `tenfold simulate --rare`

use std::fmt::Write as _;

use tenfold_architect::{Catalog, Ends, Rare, Unavailability, rare, unavailability};
use tenfold_design::Loaded;
use tenfold_sim::{Model, RareEstimate};
use tenfold_units::Seed;

use super::check::unreadable;
use crate::arguments::{Arguments, Format, RareQuestion, Simulate};
use crate::{Exit, output};

/// Says how often the events happen in plain queues.
pub(super) fn run(arguments: &Arguments, verb: &Simulate, model: &Model) -> Exit {
    let mut found = Vec::new();
    for question in &verb.rare {
        let RareQuestion::Event(event) = question else {
            output::error(&format!(
                "{}: `unavailability` is asked of a design; of plain queues for example \
                 STATION.in_flight>=N, where parts that fail are a closed population and their \
                 repair is a station",
                verb.file.display()
            ));
            continue;
        };
        let seed = Seed(arguments.seed);
        match super::on_threads(arguments, || rare(model, event, seed, verb.budget)) {
            Ok(answer) => found.push(answer),
            Err(message) => output::error(&format!("{}: {message}", verb.file.display())),
        }
    }
    if found.len() < verb.rare.len() {
        return Exit::Unusable;
    }
    match verb.format {
        Format::Json => output::result(&super::json(&found)),
        Format::Text => output::result(&found.iter().map(text).collect::<String>()),
    }
    Exit::Ok
}

/// Says how often too little of a design is up.
pub(super) fn design(verb: &Simulate, loaded: &Loaded) -> Exit {
    let path = verb.file.display().to_string();
    if verb.rare.iter().any(|question| *question != RareQuestion::Unavailability) {
        output::error(&format!(
            "{path}: events of stations are asked of a model of plain queues; of a design write \
             --rare unavailability"
        ));
        return Exit::Unusable;
    }
    match unavailability(loaded, &Catalog::builtin()) {
        Ok(found) => {
            match verb.format {
                Format::Json => output::result(&super::json(&found)),
                Format::Text => output::result(&shortages(&found)),
            }
            Exit::Ok
        }
        Err(problems) => unreadable(&path, &problems),
    }
}

fn shortages(found: &Unavailability) -> String {
    let mut out =
        String::from("share of the time with too few instances (all failures low to high)\n");
    let range = |e: &Ends| format!("{:.2e}  ({:.1e} to {:.1e})", e.mid, e.low, e.high);
    for (name, part) in &found.components {
        let _ = writeln!(out, "{name:20} {}", range(&part.unavailable_ratio));
        for need in &part.needs {
            let Ends { mid, .. } = need.unavailable_ratio;
            let of = format!("{} of {} in {} zones", need.needed, need.of, need.zones);
            let _ = writeln!(out, "  {:22} {of:22} {mid:.2e}", need.what);
        }
    }
    for (name, operation) in &found.operations {
        let _ = writeln!(out, "{name:20} {}", range(&operation.unavailable_ratio));
        let _ = writeln!(out, "  needs {}", operation.components.join(", "));
        if !operation.not_counted.is_empty() {
            let _ = writeln!(out, "  not counted: {}", operation.not_counted.join(", "));
        }
    }
    if let Some(region) = found.region_ratio {
        let _ =
            writeln!(out, "not counted: the region as a whole is away {region:.1e} of the time");
    }
    for assumption in &found.assumptions {
        let _ = writeln!(out, "assumed: {assumption}");
    }
    out
}

fn text(found: &Rare) -> String {
    let mut out = format!("{}, as a share of {}\n", found.event, found.share_of);
    if let Some(exact) = &found.exact {
        let _ = writeln!(out, "  exact      {:.6e}  {}", exact.probability, exact.formula);
    }
    if let Some(splitting) = &found.splitting {
        simulated(&mut out, splitting);
        let runs = splitting.runs;
        let _ = writeln!(
            out,
            "             seed {}, {} levels, {runs} runs, {:.1} M events, {:.0} climbs",
            found.seed.0,
            splitting.levels.len(),
            splitting.events as f64 / 1e6,
            splitting.climbs
        );
        let holds = splitting.probability.and_then(|p| p.interval()).zip(found.exact.as_ref());
        if let Some(((low, high), exact)) = holds {
            let held = (low..=high).contains(&exact.probability);
            let what = if held { "holds" } else { "misses" };
            let _ = writeln!(out, "             the interval {what} the exact probability");
        }
    }
    out
}

fn simulated(out: &mut String, splitting: &RareEstimate) {
    let why = splitting.why.as_deref().unwrap_or_default();
    let _ = match splitting.probability.map(|p| (p.value, p.interval())) {
        Some((value, Some((low, high)))) => {
            writeln!(out, "  splitting  {value:.3e}  ({low:.3e} to {high:.3e})")
        }
        Some((value, None)) => {
            writeln!(out, "  splitting  {value:.1e}  (not enough data for an interval: {why})")
        }
        None => writeln!(out, "  splitting  not enough data: {why}"),
    };
}
