//! Rates: of the whole system, of each of a population, of a moment.

use tenfold_brief::{ConditionKind, Demand, Metric, NounPhrase, Of, Per, Statistic};
use tenfold_units::Interval;

use super::population::{actors, note_population, population, population_id, population_of_demand};
use super::share::{number_per_thing, part};
use super::target::{Target, operation, target};
use crate::draft::{Draft, interval};
use crate::{OperationKind, words};

const DAY: f64 = 86_400.0;

/// Binds a plain count: a rate, a rate per actor, a number per thing, a moment, or a population.
pub(super) fn count(draft: &mut Draft<'_>, index: usize) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let each = demand.per.iter().find_map(|per| match per {
        Per::Each { noun, demand, .. } => Some((noun.clone(), *demand)),
        Per::Time { .. } => None,
    });
    match (each, demand.per_seconds()) {
        (Some((noun, link)), Some(seconds)) => {
            per_actor(draft, index, &noun, link, seconds);
        }
        (Some((noun, link)), None) => number_per_thing(draft, index, &noun, link),
        (None, Some(_)) if counts_daily(demand) => {
            draft.state("dau", "daily active users", index, 1.0);
            let noun =
                NounPhrase { words: vec!["daily".to_owned(), "user".to_owned()], rest: false };
            note_population(draft, index, "dau", &noun, None);
        }
        (None, Some(seconds)) if who_acts(demand).is_some() => {
            let noun = who_acts(demand).cloned().unwrap_or_default();
            all_of_them(draft, index, &noun, seconds);
        }
        (None, Some(seconds)) => {
            // `twice a day` of those whom an earlier demand counts.
            let linked = demand.of.as_ref().and_then(Of::demand);
            match linked.and_then(|link| population_of_demand(draft, link)) {
                Some(_) => {
                    let noun = NounPhrase::default();
                    per_actor(draft, index, &noun, linked, seconds);
                }
                None => rate(draft, index, 1.0 / seconds),
            }
        }
        (None, None) => match super::burst_seconds(demand) {
            Some(seconds) => burst(draft, index, seconds),
            None if other_end(draft, index) => {}
            None if demand.of.is_some() && demand.metric.is_none() => part(draft, index),
            None => population(draft, index),
        },
    }
}

/// Binds the average beside a stated peak, or the peak beside a stated average: `80k requests/s at
/// peak, 30k on average`.
fn other_end(draft: &mut Draft<'_>, index: usize) -> bool {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let Some(link) = demand.of.as_ref().and_then(Of::demand) else { return false };
    let Some(figure) = draft.figure_of[link].clone() else { return false };
    let peak = demand.at_peak() || demand.statistic == Some(Statistic::Maximum);
    let (from, to) = if peak { ("qps_avg", "qps_peak") } else { ("qps_peak", "qps_avg") };
    let average = demand.statistic == Some(Statistic::Average);
    let (Some(stem), true) = (figure.strip_suffix(from), peak || average) else { return false };
    let seconds = brief.demands[link].per_seconds().unwrap_or(1.0);
    let value = interval(&demand.amount).scaled(1.0 / seconds);
    draft.state_value(&format!("{stem}{to}"), "requests per second", index, value);
    true
}

/// Returns whether a demand counts those who come on a day: `5M users, 1.2M daily`.
pub(super) fn counts_daily(demand: &Demand) -> bool {
    let text = demand.text.to_lowercase();
    let nothing = demand.subject().is_none_or(NounPhrase::is_empty) && demand.action.is_none();
    nothing && demand.metric.is_none() && (text.ends_with("daily") || text.contains("일간"))
}

/// Returns those who act, where a demand counts them and not what they do: `2M sensors send a
/// reading every 10 s`.
fn who_acts(demand: &Demand) -> Option<&NounPhrase> {
    let noun = demand.subject()?;
    (demand.action.is_some() && words::is_actor(noun)).then_some(noun)
}

/// Binds a population of which each does something once in the time.
fn all_of_them(draft: &mut Draft<'_>, index: usize, noun: &NounPhrase, seconds: f64) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let id = population_id(draft, noun);
    draft.state(&id, &format!("{noun}s"), index, 1.0);
    note_population(draft, index, &id, noun, None);
    let access = demand.action.as_ref().and_then(|action| action.access);
    let kind = words::kind_of(None, access);
    let thing = demand.subject().filter(|subject| *subject != noun && !subject.is_empty());
    let verb = demand.action.as_ref().map_or("report", |action| action.verb.as_str());
    let verb = NounPhrase { words: vec![verb.to_owned()], rest: false };
    let name = thing
        .and_then(|thing| draft.find_operation(thing, Some(kind)))
        .or_else(|| draft.find_operation(&verb, Some(kind)))
        .or_else(|| draft.main_operation(kind))
        .unwrap_or_else(|| operation(draft, index, thing.unwrap_or(&verb), access));
    draft.operations[&name].spec.actor = noun.to_string();
    let rate = format!("op.{name}.qps_avg");
    let label = format!("{name}: requests per second");
    draft.formula(&rate, &label, &format!("{id} / {}", number(seconds)));
}

/// Binds a rate of the whole system, `factor` per second for each 1 of the amount.
fn rate(draft: &mut Draft<'_>, index: usize, factor: f64) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let (active, window) = active_seconds(demand);
    // An amount per day falls into the part of the day that the brief names.
    let factor = match active {
        Some(seconds) if demand.per_seconds().is_some_and(|s| s >= DAY) => factor * DAY / seconds,
        _ => factor,
    };
    let value = interval(&demand.amount).scaled(factor);
    let (id, label) = match target(draft, index) {
        Target::Total(class) => (format!("{class}_qps"), format!("{class}s per second")),
        Target::Operation(name) => {
            shorten_reading(draft, index, &name);
            note_window(draft, &name, active, window);
            (format!("op.{name}.qps"), format!("{name}: requests per second"))
        }
    };
    if demand.at_peak() || demand.statistic == Some(Statistic::Maximum) {
        draft.state_value(&format!("{id}_peak"), &format!("{label} at peak"), index, value);
    } else {
        draft.state_value(&format!("{id}_avg"), &format!("{label} on average"), index, value);
    }
}

/// Says so where a noun that is both written and read was taken as written.
fn shorten_reading(draft: &mut Draft<'_>, index: usize, name: &str) {
    let demand = &draft.brief.demands[index];
    let Some(noun) = demand.subject() else { return };
    let operation = &draft.operations[name];
    let plain = operation.spec.kind == OperationKind::Write && demand.action.is_none();
    let other = draft.main_operation(OperationKind::Read).filter(|other| other != name);
    let (Some(other), true) = (other, plain && !operation.origin.is_stated()) else { return };
    let label = operation.spec.label.to_lowercase();
    let word = draft.operations[&other].spec.words.first().cloned().unwrap_or(other);
    let text = demand.amount.text.clone();
    let read_as = format!("read as the rate of \"{label}\", {noun}s that come into being");
    let help = format!("if it is the rate of reading them, write it of {word}s ({text} → {word}s)");
    draft.read_as("R101", index, &read_as, &help, Some(&format!("op.{name}.qps_avg")));
}

/// Binds a rate for each of a population.
fn per_actor(
    draft: &mut Draft<'_>,
    index: usize,
    noun: &NounPhrase,
    link: Option<usize>,
    seconds: f64,
) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let Some(actors) = actors(draft, noun, link) else {
        // `2M drivers, each sends its place every 4 s`: the amount counts those who act.
        if words::is_actor(noun) && !demand.amount.implied {
            all_of_them(draft, index, &noun.clone(), seconds);
        }
        return;
    };
    // Who does something on a day is there on that day.
    let everyone = matches!(actors.as_str(), "users" | "mau");
    let actors = if everyone && seconds == DAY && draft.network.contains("dau") {
        let help = "write \"per daily user\" or give the rate of the whole system";
        draft.read_as("R107", index, "read as per daily active user", help, Some("dau"));
        "dau".to_owned()
    } else {
        actors
    };
    let (active, window) = active_seconds(demand);
    let seconds = match active {
        Some(active) if seconds >= DAY => seconds * active / DAY,
        _ => seconds,
    };
    let (stem, label) = match target(draft, index) {
        Target::Total(class) => (format!("{class}_qps"), format!("{class}s")),
        Target::Operation(mut name) => {
            if draft.network.is_stated(&format!("op.{name}.times_per_actor")) {
                name = another(draft, &name, noun);
            }
            if let Some(operation) = draft.operations.get_mut(&name)
                && operation.origin.is_stated()
                && !noun.is_empty()
            {
                operation.spec.actor = noun.to_string();
            }
            note_window(draft, &name, active, window);
            (format!("op.{name}.qps"), name)
        }
    };
    let times = format!("{}times_per_actor", stem.trim_end_matches("qps"));
    let times_label = format!("{label} per actor in {}", span_words(seconds));
    draft.state(&times, &times_label, index, 1.0);
    let peak = if demand.at_peak() { "peak" } else { "avg" };
    let id = format!("{stem}_{peak}");
    let formula = format!("{actors} * {times} / {}", number(seconds));
    draft.formula(&id, &format!("{label} per second"), &formula);
    draft.figure_of[index] = Some(id);
}

fn another(draft: &mut Draft<'_>, name: &str, noun: &NounPhrase) -> String {
    let fresh = format!("{name}_{}", words::snake(noun, "other"));
    let mut operation = draft.operations[name].clone();
    operation.spec.main = false;
    operation.spec.rate.clear();
    operation.spec.label = format!("{} ({noun})", operation.spec.label);
    draft.operations.entry(fresh.clone()).or_insert(operation);
    fresh
}

pub(super) fn span_words(seconds: f64) -> String {
    tenfold_units::Unit::Seconds.print(seconds)
}

/// Writes a number so that a formula reads the same value back.
pub(crate) fn number(value: f64) -> String {
    format!("{value}")
}

/// Binds all of a demand falling into one moment.
fn burst(draft: &mut Draft<'_>, index: usize, seconds: f64) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let noun = demand.subject().cloned().unwrap_or_default();
    let verb = demand.action.as_ref().map_or("arrive", |action| action.verb.as_str());
    let by_actor = words::is_actor(&noun) || demand.action.is_some();
    let phrase = if by_actor {
        NounPhrase { words: vec![verb.to_owned()], rest: false }
    } else {
        noun.clone()
    };
    let access = demand.action.as_ref().and_then(|action| action.access);
    let name = operation(draft, index, &phrase, access);
    if by_actor && !noun.is_empty() {
        let id = population_id(draft, &noun);
        draft.state(&id, &format!("{noun}s"), index, 1.0);
        note_population(draft, index, &id, &noun, None);
    }
    let value = interval(&demand.amount).scaled(1.0 / seconds);
    let id = format!("op.{name}.qps_peak");
    draft.state_value(&id, &format!("{name}: requests per second at peak"), index, value);
    let average = format!("op.{name}.qps_avg");
    draft.assume(
        "moments_per_day",
        "moments of this kind in a day",
        Interval::exact(1.0),
        "one such moment a day",
    );
    let formula = format!("{id} * {} * moments_per_day / 86400", number(seconds));
    draft.formula(&average, &format!("{name}: requests per second on average"), &formula);
}

/// States the highest of the stated peak factors.
pub(super) fn highest_peak_factor(draft: &mut Draft<'_>) {
    let brief = draft.brief;
    let factors: Vec<usize> = (0..brief.demands.len())
        .filter(|index| brief.demands[*index].metric == Some(Metric::PeakFactor))
        .collect();
    let mut general = Vec::new();
    for index in factors {
        let noun = brief.demands[index].subject().filter(|noun| !noun.is_empty());
        let operation = noun
            .filter(|noun| {
                !words::is_request(noun) && noun.head() != "traffic" && noun.head() != "load"
            })
            .and_then(|noun| draft.find_operation(noun, None));
        if let Some(name) = operation {
            draft.operations[&name].own_peak_factor = true;
            draft.state(
                &format!("op.{name}.peak_factor"),
                &format!("{name}: peak / average"),
                index,
                1.0,
            );
        } else {
            general.push(index);
        }
    }
    let highest = general
        .iter()
        .copied()
        .max_by(|a, b| brief.demands[*a].amount.mid.total_cmp(&brief.demands[*b].amount.mid));
    for index in general {
        if Some(index) == highest {
            draft.state("peak_factor", "peak / average", index, 1.0);
        } else {
            let id = format!("peak_factor_line_{}", brief.demands[index].span.line);
            draft.state(&id, "a lower stated peak / average", index, 1.0);
            draft.reported.push(id);
        }
    }
}

/// Returns the seconds of the day in which a demand happens, and the window in words.
fn active_seconds(demand: &Demand) -> (Option<f64>, Option<String>) {
    let mut seconds = None;
    let mut label: Vec<String> = Vec::new();
    for condition in &demand.conditions {
        match &condition.kind {
            ConditionKind::Hours { from, to, zone } => {
                let hours = if to > from { to - from } else { to - from + 24.0 };
                seconds = Some(hours * 3_600.0);
                let zone = zone.as_deref().map_or_else(String::new, |zone| format!(" {zone}"));
                label.push(format!("{from}-{to} h{zone}"));
            }
            ConditionKind::Weekdays => label.push("weekdays".to_owned()),
            ConditionKind::Weekends => label.push("weekends".to_owned()),
            ConditionKind::Peak
            | ConditionKind::Today
            | ConditionKind::After { .. }
            | ConditionKind::Within { .. }
            | ConditionKind::For { .. }
            | ConditionKind::Tier { .. }
            | ConditionKind::Up
            | ConditionKind::Down
            | ConditionKind::During { .. } => {}
        }
    }
    (seconds, (!label.is_empty()).then(|| label.join(", ")))
}

fn note_window(draft: &mut Draft<'_>, name: &str, active: Option<f64>, label: Option<String>) {
    let Some(label) = label else { return };
    let days = if label.contains("weekdays") {
        5.0 / 7.0
    } else if label.contains("weekends") {
        2.0 / 7.0
    } else {
        1.0
    };
    draft.operations[name].window = Some(label);
    let ratio = active.unwrap_or(DAY) / DAY * days;
    let id = format!("op.{name}.active_ratio");
    if !draft.network.contains(&id) {
        draft.assume(
            &id,
            &format!("{name}: share of the time in which it happens"),
            Interval::exact(ratio),
            "hours and days as stated",
        );
    }
}
