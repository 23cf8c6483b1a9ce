//! `tenfold simulate --rare`

use std::fmt::Write as _;

use tenfold_architect::{Rare, rare};
use tenfold_sim::{Model, RareEstimate};
use tenfold_units::Seed;

use crate::arguments::{Arguments, Format, Simulate};
use crate::{Exit, output};

/// Says how often the events happen in plain queues.
pub(super) fn run(arguments: &Arguments, verb: &Simulate, model: &Model) -> Exit {
    let mut found = Vec::new();
    for event in &verb.rare {
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
