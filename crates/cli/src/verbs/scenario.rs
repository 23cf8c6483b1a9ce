//! `tenfold simulate --scenario`

use std::fmt::Write as _;
use std::path::Path;

use tenfold_architect::{
    CannotRehearse, Catalog, RUNS, Recovery, Rehearsal, Staged, stage, stage_model,
};
use tenfold_design::Design;
use tenfold_sim::stats::Verdict;
use tenfold_sim::{Claim, Judgement, Model, ModelError, REMEDIES, Scenario};
use tenfold_units::{Seed, Unit};

use super::check::unreadable;
use super::simulate::is_design;
use crate::arguments::{Arguments, Format, Simulate as Verb};
use crate::{Exit, output};

pub(super) fn run(arguments: &Arguments, verb: &Verb, text: &str, file: &Path) -> Exit {
    let read = match super::read_text(file) {
        Ok(text) => Scenario::from_yaml(&text),
        Err(exit) => return exit,
    };
    let scenario = match read {
        Ok(scenario) => scenario,
        Err(error) => return problems(file, &error),
    };
    let staged = if is_design(text) {
        design(arguments, verb, text, &scenario)
    } else {
        model(arguments, verb, text, &scenario)
    };
    let staged = match staged {
        Ok(Ok(staged)) => staged,
        Ok(Err(CannotRehearse::Scenario(error))) => return problems(file, &error),
        Ok(Err(CannotRehearse::Budget(least))) => {
            output::error(&format!(
                "{}: takes {least} events at least; raise --budget, shorten it, or let its faults \
                 hit components and zones instead of single replicas",
                file.display()
            ));
            return Exit::Unusable;
        }
        Err(exit) => return exit,
    };
    let seed = Seed(arguments.seed);
    if verb.recovery {
        let found = super::on_threads(arguments, || staged.recover(seed, verb.slo));
        return recovered(verb, file, found);
    }
    let rehearsal = super::on_threads(arguments, || staged.rehearse(seed));
    if let Some(path) = &verb.series
        && let Err(error) = std::fs::write(path, csv(&rehearsal))
    {
        output::error(&format!("{}: {error}", path.display()));
        return Exit::Unusable;
    }
    match verb.format {
        Format::Json => output::result(&super::json(&rehearsal)),
        Format::Text => output::result(&words(&rehearsal)),
    }
    if rehearsal.holds { Exit::Ok } else { Exit::Negative }
}

fn recovered(verb: &Verb, file: &Path, found: Result<Recovery, String>) -> Exit {
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            output::error(&format!("{}: {error}", file.display()));
            return Exit::Unusable;
        }
    };
    match verb.format {
        Format::Json => output::result(&super::json(&found)),
        Format::Text => output::result(&super::recovery::words(&found)),
    }
    if found.recovers { Exit::Ok } else { Exit::Negative }
}

/// Events that a scenario over a design may take unless told otherwise: ten runs of a whole story, half
/// a minute of two cores.
const SCENARIO_BUDGET: u64 = 200_000_000;

type Tried = Result<Result<Staged, CannotRehearse>, Exit>;

fn design(arguments: &Arguments, verb: &Verb, text: &str, scenario: &Scenario) -> Tried {
    let path = verb.file.display().to_string();
    let loaded = Design::from_yaml(text).map_err(|problems| unreadable(&path, &problems))?;
    let catalog = Catalog::builtin();
    let reviewed = tenfold_design::review(&loaded, &catalog);
    let mut ledger = reviewed.map_err(|problems| unreadable(&path, &problems))?.ledger;
    // Remedies run as often as the system itself.
    let times = if verb.recovery { 1 + REMEDIES } else { 1 };
    let budget = verb.budget.unwrap_or(SCENARIO_BUDGET * times);
    let (seed, runs) = (Seed(arguments.seed), RUNS * times);
    Ok(super::on_threads(arguments, || {
        stage(&loaded.design, &mut ledger, &catalog, scenario, seed, (runs, budget))
    }))
}

fn model(arguments: &Arguments, verb: &Verb, text: &str, scenario: &Scenario) -> Tried {
    let model = Model::from_yaml(text).map_err(|error| problems(&verb.file, &error))?;
    if model.is_plain() {
        output::error(&format!(
            "{}: a scenario needs components and operations; this is a model of plain queues",
            verb.file.display()
        ));
        return Err(Exit::Unusable);
    }
    let scenario = Scenario { budget: verb.budget.unwrap_or(scenario.budget), ..scenario.clone() };
    Ok(super::on_threads(arguments, || stage_model(&model, &scenario, Seed(arguments.seed))))
}

fn problems(file: &Path, error: &ModelError) -> Exit {
    for problem in &error.diagnostics {
        output::error(&format!("{}:{problem}", file.display()));
    }
    Exit::Unusable
}

fn words(rehearsal: &Rehearsal) -> String {
    let mut out = String::new();
    let events = rehearsal.outcome.events as f64 / 1e6;
    let cell = if rehearsal.cells > 1.0 {
        format!(", one cell of {:.0}", rehearsal.cells)
    } else {
        String::new()
    };
    let _ = writeln!(out, "{}: 10 runs, {events:.1} M events{cell}", rehearsal.scenario);
    for judgement in &rehearsal.assertions {
        let _ = writeln!(out, "{}", line(judgement));
    }
    let _ = writeln!(out, "{}", if rehearsal.holds { "holds" } else { "does not hold" });
    out
}

fn line(judgement: &Judgement) -> String {
    let word = match judgement.verdict {
        Verdict::Met => "met",
        Verdict::Missed => "missed",
        Verdict::Undecided => "undecided",
    };
    let (claim, unit) = match &judgement.assertion.claim {
        Claim::GoodRatio(ratio) => {
            (format!("good answers at least {}", Unit::Ratio.print(*ratio)), Unit::Ratio)
        }
        Claim::Goodput(rate) => (
            format!("goodput at least {}", Unit::PerSecondSimulated.print(*rate)),
            Unit::PerSecondSimulated,
        ),
        Claim::Latency(claim) => (
            format!(
                "p{} at most {}",
                claim.percentile * 100.0,
                Unit::Seconds.print(claim.at_most.as_secs_f64())
            ),
            Unit::Seconds,
        ),
        Claim::Recovery(claim) => (
            format!(
                "{} good again within {} after {}",
                Unit::Ratio.print(claim.good_ratio),
                Unit::Seconds.print(claim.within.as_secs_f64()),
                Unit::Seconds.print(claim.after.as_secs_f64())
            ),
            Unit::Seconds,
        ),
    };
    let seen = match judgement.seen {
        None => "nothing seen".to_owned(),
        Some(seen) => match seen.interval() {
            Some((low, high)) => {
                format!("{} ({} to {})", unit.print(seen.value), unit.print(low), unit.print(high))
            }
            None => unit.print(seen.value),
        },
    };
    format!("{word} {}: {claim}; seen {seen}", judgement.assertion.of)
}

/// One row for each window and operation: counts over all runs of what was simulated.
fn csv(rehearsal: &Rehearsal) -> String {
    let mut out = String::from("start_seconds,operation,requests,good,bad,p99_seconds\n");
    for window in &rehearsal.outcome.series {
        for (name, seen) in &window.operations {
            let p99 = seen.latency_seconds_p99.map_or_else(String::new, |p99| p99.to_string());
            let _ = writeln!(
                out,
                "{},{name},{},{},{},{p99}",
                window.start_seconds, seen.requests, seen.good, seen.bad
            );
        }
    }
    out
}
