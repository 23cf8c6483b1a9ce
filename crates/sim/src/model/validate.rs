//! Checks that the types cannot express.

mod arrivals;
mod design;
mod machine;

use indexmap::{IndexMap, IndexSet};

use super::Model;
use super::diagnostic::Diagnostic;
use super::plain::{Discipline, Servers, Station};

/// What `routing` calls the way out.
pub(crate) const EXIT: &str = "exit";

/// The traffic equations are solved as a dense system.
const LIMIT_STATIONS: usize = 1_000;

/// Returns everything that is wrong with the model.
pub(super) fn problems(model: &Model) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    if model.is_plain() {
        plain(model, &mut out);
    } else {
        design::check(model, &mut out);
    }
    out
}

fn plain(model: &Model, out: &mut Vec<Diagnostic>) {
    if model.stations.is_empty() {
        out.push(Diagnostic::new(
            &["stations"],
            "the model has no station".to_owned(),
            "write for example `stations: {front: {servers: 1, service_time: {exponential: {mean: 1s}}}}`",
        ));
    }
    if model.stations.len() > LIMIT_STATIONS {
        let message = format!("the model has {} stations", model.stations.len());
        out.push(Diagnostic::new(&["stations"], message, "at most 1000"));
    }
    if model.arrivals.is_empty() {
        out.push(Diagnostic::new(
            &["arrivals"],
            "nobody arrives".to_owned(),
            "write for example `arrivals: {jobs: {to: front, poisson: {rate: 1/s}}}`",
        ));
    }
    for (name, station) in &model.stations {
        check_station(name, station, out);
    }
    for (name, stream) in &model.arrivals {
        arrivals::check(model, name, stream, out);
    }
    for (name, targets) in &model.routing {
        check_routes(model, name, targets, out);
    }
    if out.is_empty() {
        check_exits(model, out);
    }
}

fn check_station(name: &str, station: &Station, out: &mut Vec<Diagnostic>) {
    let mut say = |field: &str, message: String, help: &str| {
        out.push(Diagnostic::new(&["stations", name, field], message, help));
    };
    if name == EXIT {
        say("", "a station cannot be called `exit`".to_owned(), "rename it");
    }
    if station.preemptive && !matches!(station.discipline, Discipline::Lifo | Discipline::Priority)
    {
        let text = serde_json::to_string(&station.discipline).unwrap_or_default();
        say(
            "preemptive",
            format!("`preemptive` has no meaning with discipline {text}"),
            "leave it out: it belongs to `lifo` and `priority`; `srpt` always preempts",
        );
    }
    if station.servers == Servers::Infinite {
        if station.queue.is_some() {
            let message = "nobody waits for infinite servers".to_owned();
            say("queue", message, "leave `queue` out, or give a number of servers");
        }
        if station.patience.is_some() {
            let message = "nobody waits for infinite servers".to_owned();
            say("patience", message, "leave `patience` out, or give a number of servers");
        }
    }
}

fn stations(model: &Model) -> String {
    let names: Vec<&str> = model.stations.keys().map(String::as_str).collect();
    format!("the stations are {}", names.join(", "))
}

fn check_routes(
    model: &Model,
    name: &str,
    targets: &IndexMap<String, f64>,
    out: &mut Vec<Diagnostic>,
) {
    if !model.stations.contains_key(name) {
        let message = format!("`{name}` is not a station");
        out.push(Diagnostic::new(&["routing", name], message, &stations(model)));
    }
    for (target, probability) in targets {
        let path = ["routing", name, target.as_str()];
        if target != EXIT && !model.stations.contains_key(target) {
            let message = format!("`{target}` is neither a station nor `exit`");
            out.push(Diagnostic::new(&path, message, &stations(model)));
        }
        if !(0.0..=1.0).contains(probability) {
            let message = format!("{probability} is not a probability");
            out.push(Diagnostic::new(&path, message, "give 0 to 1"));
        }
    }
    let sum: f64 = targets.values().sum();
    if (sum - 1.0).abs() > 1e-9 {
        let message = format!("the probabilities sum to {sum}");
        out.push(Diagnostic::new(
            &["routing", name],
            message,
            "make them sum to 1, with `exit: p` for those who leave",
        ));
    }
}

/// An open stream must be able to leave from wherever it gets to.
fn check_exits(model: &Model, out: &mut Vec<Diagnostic>) {
    let next = |name: &str| -> Vec<&str> {
        model.routing.get(name).map_or(vec![EXIT], |targets| {
            targets.iter().filter(|(_, p)| **p > 0.0).map(|(to, _)| to.as_str()).collect()
        })
    };
    let reachable = |from: &str| -> IndexSet<String> {
        let mut seen = IndexSet::from([from.to_owned()]);
        let mut index = 0;
        while let Some(name) = seen.get_index(index).cloned() {
            if name != EXIT {
                seen.extend(next(&name).into_iter().map(str::to_owned));
            }
            index += 1;
        }
        seen
    };
    let mut stuck = IndexSet::new();
    for arrivals in model.arrivals.values().filter(|arrivals| arrivals.closed.is_none()) {
        for station in reachable(&arrivals.to) {
            if station != EXIT && !reachable(&station).contains(EXIT) {
                stuck.insert(station);
            }
        }
    }
    for name in stuck {
        let message = format!("customers who get to `{name}` can never leave");
        out.push(Diagnostic::new(&["routing", &name], message, "route some of them to `exit`"));
    }
}
