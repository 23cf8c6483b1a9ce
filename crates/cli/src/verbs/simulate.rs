//! `tenfold simulate`

use std::fmt::Write as _;
use std::path::Path;

use tenfold_architect::{Catalog, PlanOptions, Simulated, simulate_design};
use tenfold_design::Design;
use tenfold_report::words;
use tenfold_sim::stats::{DistributionEstimate, Estimate};
use tenfold_sim::{Model, Outcome};
use tenfold_units::{Seed, Unit};

use super::check::unreadable;
use super::design::progress_bar;
use crate::arguments::{Arguments, Format, Simulate as Verb};
use crate::{Exit, output};

pub(crate) fn run(arguments: &Arguments, verb: &Verb) -> Exit {
    let text = match super::read_text(&verb.file) {
        Ok(text) => text,
        Err(exit) => return exit,
    };
    if let Some(file) = &verb.scenario {
        return super::scenario::run(arguments, verb, &text, file);
    }
    if is_design(&text) { design(arguments, verb, &text) } else { model(arguments, verb, &text) }
}

/// The first key tells a design from a model.
pub(super) fn is_design(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("schema:"))
}

/// Events of a simulation without a scenario, unless told otherwise.
const BUDGET: u64 = 4_000_000;

fn model(arguments: &Arguments, verb: &Verb, text: &str) -> Exit {
    let model = match plain(&verb.file, text) {
        Ok(model) => model,
        Err(exit) => return exit,
    };
    if let Some(other) = &verb.compare {
        return super::compare::run(arguments, verb, &model, other, verb.budget.unwrap_or(BUDGET));
    }
    if let Some(objectives) = &verb.capacity {
        let budget = verb.budget.unwrap_or(BUDGET);
        return super::capacity::run(arguments, verb, &model, objectives, budget);
    }
    if !verb.rare.is_empty() {
        return super::rare::run(arguments, verb, &model);
    }
    let outcome =
        tenfold_sim::simulate(&model, Seed(arguments.seed), verb.budget.unwrap_or(BUDGET));
    match verb.format {
        Format::Json => output::result(&super::json(&outcome)),
        Format::Text => output::result(&model_text(&outcome)),
    }
    Exit::Ok
}

/// Reads a model of plain queues; says what is wrong with it.
pub(super) fn plain(path: &Path, text: &str) -> Result<Model, Exit> {
    let mut beside =
        |name: &str| super::text_of(&path.parent().unwrap_or(Path::new("")).join(name));
    let path = path.display();
    match Model::from_yaml_with(text, &mut beside) {
        Ok(model) if model.is_plain() => return Ok(model),
        Ok(_) => output::error(&format!(
            "{path}: a model of components needs a scenario: add --scenario FILE"
        )),
        Err(error) => {
            for problem in error.diagnostics {
                output::error(&format!("{path}:{problem}"));
            }
        }
    }
    Err(Exit::Unusable)
}

fn design(arguments: &Arguments, verb: &Verb, text: &str) -> Exit {
    let path = verb.file.display().to_string();
    let loaded = match Design::from_yaml(text) {
        Ok(loaded) => loaded,
        Err(problems) => return unreadable(&path, &problems),
    };
    if let Some(other) = &verb.compare {
        return super::compare::designs(arguments, verb, &loaded, other);
    }
    if let Some(objectives) = &verb.capacity {
        return super::capacity::design(arguments, verb, &loaded, objectives);
    }
    if !verb.rare.is_empty() {
        return super::rare::design(verb, &loaded);
    }
    let (what, kill_load) = match trial_id(verb, &loaded.design) {
        Ok(what) => what,
        Err(message) => {
            output::error(&message);
            return Exit::Unusable;
        }
    };
    let bar = progress_bar();
    let simulated = super::on_threads(arguments, || {
        let options = PlanOptions {
            seed: Seed(arguments.seed),
            budget: verb.budget.unwrap_or(BUDGET),
            progress: &|what, share| {
                bar.set_message(what.to_owned());
                bar.set_position((share * 1000.0) as u64);
            },
            first_look: None,
        };
        simulate_design(&loaded, &what, kill_load, &Catalog::builtin(), &options)
    });
    bar.finish_and_clear();
    match simulated {
        Ok(Some(simulated)) => {
            match verb.format {
                Format::Json => output::result(&super::json(&simulated)),
                Format::Text => output::result(&trial_text(&simulated)),
            }
            Exit::Ok
        }
        Ok(None) => {
            output::error(&format!("{path}: nothing to try under `{what}`"));
            Exit::Unusable
        }
        Err(problems) => unreadable(&path, &problems),
    }
}

/// Returns the id of the trial that the options name, and the load as a factor of the peak.
fn trial_id(verb: &Verb, design: &Design) -> Result<(String, f64), String> {
    let factor = match verb.load.as_str() {
        "average" if verb.kill.is_some() => {
            return Err(
                "--load average with --kill: a part is killed at peak or a factor of it".into()
            );
        }
        "average" | "peak" => 1.0,
        load => load
            .strip_suffix('x')
            .and_then(|n| n.parse::<f64>().ok())
            .filter(|factor| *factor > 0.0 && *factor <= 10_000.0)
            .ok_or_else(|| {
                format!("--load {load}: write average, peak, or a factor up to 10000x")
            })?,
    };
    let Some(kill) = &verb.kill else { return Ok((verb.load.clone(), factor)) };
    let (what, name) = kill.split_once(':').unwrap_or(("component", kill));
    let known: Vec<&str> = match what {
        "zone" => design.place.zones.iter().map(String::as_str).collect(),
        "component" | "instance" => design
            .components
            .iter()
            .filter(|(_, component)| design.instances(component) > 0)
            .map(|(name, _)| name.as_str())
            .collect(),
        _ => {
            return Err(format!("--kill {kill}: write COMPONENT, instance:COMPONENT or zone:NAME"));
        }
    };
    if known.contains(&name) {
        Ok((format!("kill-{what}-{name}"), factor))
    } else {
        Err(format!("--kill {kill}: no {what} `{name}`; there are {}", known.join(", ")))
    }
}

fn trial_text(simulated: &Simulated) -> String {
    let trial = &simulated.trial;
    let print = |id: &String| words::print(&simulated.ledger, id);
    let mut out = String::new();
    let (runs, events) = (trial.runs, trial.events as f64 / 1e6);
    let _ = writeln!(out, "{}: {runs} runs, {events:.1} M events", trial.id);
    for phase in &trial.phases {
        let lasts =
            phase.lasts.as_ref().map_or_else(String::new, |id| format!(" for {}", print(id)));
        let _ = writeln!(out, "{:?}{lasts}", phase.name);
        for seen in &phase.operations {
            let p99 = seen.p99.as_ref().map_or_else(|| "not enough data".to_owned(), &print);
            let _ = writeln!(
                out,
                "  {:20} {} of {}  good {}  p99 {p99}",
                seen.operation,
                print(&seen.goodput),
                print(&seen.arriving),
                print(&seen.availability)
            );
            for (cause, id) in &seen.failures {
                let _ = writeln!(out, "  {:20}   {cause} {}", "", print(id));
            }
        }
        for part in &phase.components {
            let busy = part.utilization.as_ref().map_or_else(|| "-".to_owned(), &print);
            let hits = part
                .hit_ratio
                .as_ref()
                .map_or_else(String::new, |id| format!("  hits {}", print(id)));
            let _ = writeln!(out, "    {:18} busy {busy}{hits}", part.component);
        }
    }
    if !trial.breaks.is_empty() {
        let _ = writeln!(out, "breaks {}", trial.breaks.join(", "));
    }
    out
}

fn model_text(outcome: &Outcome) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "seed {}, {} events", outcome.seed, outcome.events);
    for (name, station) in &outcome.stations {
        let _ = writeln!(out, "{name}");
        if station.unstable {
            let growth = station.queue_growth_per_second.unwrap_or(f64::NAN);
            let goodput = station.goodput_rps.as_ref().map_or(f64::NAN, |e| e.value);
            let _ = writeln!(
                out,
                "  unstable: serves {}, the queue grows by {}",
                Unit::PerSecondSimulated.print(goodput),
                Unit::PerSecondSimulated.print(growth)
            );
        }
        row(&mut out, "utilization", station.utilization.as_ref(), Unit::Ratio);
        row(&mut out, "throughput", Some(&station.throughput_rps), Unit::PerSecondSimulated);
        row(&mut out, "queue length", station.queue_length.as_ref(), Unit::Count);
        row(&mut out, "in flight", station.in_flight.as_ref(), Unit::Count);
        lost(&mut out, "dropped", &station.dropped_ratio);
        lost(&mut out, "abandoned", &station.abandoned_ratio);
        percentiles(&mut out, "wait", station.wait_time_seconds.as_ref());
        percentiles(&mut out, "response", station.response_time_seconds.as_ref());
    }
    for (name, stream) in &outcome.arrivals {
        let _ = writeln!(out, "{name}");
        row(&mut out, "throughput", Some(&stream.throughput_rps), Unit::PerSecondSimulated);
        lost(&mut out, "dropped", &stream.dropped_ratio);
        percentiles(&mut out, "latency", stream.latency_seconds.as_ref());
    }
    out
}

/// Where nothing can be lost there is nothing to say.
fn lost(out: &mut String, name: &str, ratio: &Estimate) {
    if ratio.interval() != Some((0.0, 0.0)) {
        row(out, name, Some(ratio), Unit::Ratio);
    }
}

fn percentiles(out: &mut String, name: &str, seen: Option<&DistributionEstimate>) {
    let Some(seen) = seen else { return };
    row(out, &format!("{name} mean"), Some(&seen.mean), Unit::Seconds);
    row(out, &format!("{name} p50"), Some(&seen.p50), Unit::Seconds);
    row(out, &format!("{name} p99"), Some(&seen.p99), Unit::Seconds);
}

fn row(out: &mut String, name: &str, estimate: Option<&Estimate>, unit: Unit) {
    let Some(estimate) = estimate else { return };
    let interval = match estimate.interval() {
        Some((low, high)) => format!("{} to {}", unit.print(low), unit.print(high)),
        None => "not enough data for an interval".to_owned(),
    };
    let _ = writeln!(out, "  {name:16} {:>12}  ({interval})", unit.print(estimate.value));
}
