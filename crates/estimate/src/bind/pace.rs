//! What each of a population does, and how often.

use tenfold_brief::{Access, ConditionKind, Demand, NounPhrase, Per};

use super::part::number_id;
use super::population::{actors, is_at_once, note_population, population_id, population_of_demand};
use super::target::{Target, operation, target};
use super::window::{note_window, window_of};
use crate::draft::Draft;
use crate::words;

const DAY: f64 = 86_400.0;

/// Binds a rate for each of a population.
pub(super) fn per_actor(
    draft: &mut Draft<'_>,
    index: usize,
    noun: &NounPhrase,
    link: Option<usize>,
    seconds: f64,
) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let Some(actors) = actors(draft, noun, link).or_else(|| those_before(draft, index, noun))
    else {
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
    // Ten updates a second are sent by those who are there, not by all of a day.
    let brisk = seconds <= 60.0 && matches!(actors.as_str(), "dau" | "mau" | "users");
    let actors = if brisk && draft.network.contains("concurrent_users") {
        let help = "write \"per concurrent user\" or the rate of the whole system";
        let read_as = "read for each of those who are there at the same moment";
        draft.read_as("R108", index, read_as, help, Some("concurrent_users"));
        "concurrent_users".to_owned()
    } else {
        actors
    };
    let (active, window) = window_of(draft, demand);
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
    // Those who are there at once are a peak, and so is what they do.
    let peak = demand.at_peak() || is_at_once(&actors);
    let id = format!("{stem}_{}", if peak { "peak" } else { "avg" });
    if let Some(name) = stem.strip_prefix("op.").and_then(|rest| rest.strip_suffix(".qps")) {
        draft.paced.push((name.to_owned(), actors.clone()));
    }
    let formula = format!("{actors} * {times} / {}", number(seconds));
    draft.formula(&id, &format!("{label} per second"), &formula);
    stays(draft, index, noun, &id, seconds);
    // "a bill for every meter once a month, within 4 hours": all of them fall into that time.
    if let Some(within) = super::burst_seconds(demand).filter(|within| *within < seconds) {
        let formula = format!("{actors} * {times} / {}", number(within));
        draft.formula(&format!("{stem}_peak"), &format!("{label} per second at peak"), &formula);
    }
    draft.figure_of[index] = Some(id);
}

/// "edits 2 documents a day for 30 minutes each": who does it is there for so long, which makes those
/// who are there at the same moment (Little 1961).
fn stays(draft: &mut Draft<'_>, index: usize, noun: &NounPhrase, rate: &str, period: f64) {
    let conditions = &draft.brief.demands[index].conditions;
    let lasts = conditions.iter().find_map(|condition| {
        let ConditionKind::For { seconds } = condition.kind else { return None };
        Some(seconds)
    });
    let Some(seconds) = lasts.filter(|_| period >= DAY) else { return };
    if draft.network.contains("concurrent_users") {
        return;
    }
    let formula = format!("{rate} * {}", number(seconds));
    draft.formula("concurrent_users_avg", "there at the same moment on average", &formula);
    let label = "there at the same moment at peak";
    draft.formula("concurrent_users", label, "concurrent_users_avg * peak_factor");
    note_population(draft, index, "concurrent_users", noun, None);
}

/// Lets the devices of the archetype be those whose readings the brief counts.
pub(super) fn those_who_send(draft: &mut Draft<'_>) {
    let known = draft.network.contains("devices");
    if known || !draft.archetype.figures.contains_key("devices") {
        return;
    }
    let paced = draft.paced.iter().find(|(name, _)| name == "ingest").map(|(_, who)| who);
    let things = draft.populations.iter().filter(|p| !words::is_people(&p.noun));
    let things: Vec<&String> =
        things.map(|p| &p.figure).filter(|figure| !is_at_once(figure)).collect();
    let only = if things.len() == 1 { things.first().copied() } else { None };
    let Some(senders) = paced.filter(|who| !is_at_once(who)).or(only).cloned() else {
        return;
    };
    draft.formula("devices", "devices that send", &senders);
    if draft.features.has("mqtt") && !draft.network.contains("concurrent_users") {
        draft.formula("concurrent_users", "devices that keep a connection", "devices");
    }
}

/// Returns the only ones that the same item counts, where it names others who act: `12,000 parking
/// spots, each sensor sends its state`.
fn those_before(draft: &mut Draft<'_>, index: usize, noun: &NounPhrase) -> Option<String> {
    let brief = draft.brief;
    let item = brief.demands[index].item;
    let counted: Vec<String> = (0..index)
        .filter(|before| brief.demands[*before].item == item)
        .filter_map(|before| population_of_demand(draft, before))
        .collect();
    let [only] = &counted[..] else { return None };
    if noun.is_empty() || !words::is_actor(noun) {
        return None;
    }
    let of = only.replace('_', " ");
    let read_as = format!("read as one {noun} for each of the {of}");
    let help = format!("write how many {noun}s there are");
    draft.read_as("R111", index, &read_as, &help, Some(only));
    Some(only.clone())
}

/// Binds an interval without anybody: `answers are saved every 30 s`, `interval: every 10 s`. What
/// another demand says of each of those who act is said once more; else each of the only ones who
/// act does it. Returns whether it was bound.
pub(super) fn nobody(draft: &mut Draft<'_>, index: usize) -> bool {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let interval = demand.per.iter().any(|per| matches!(per, Per::Time { interval: true, .. }));
    let alone = demand.per_each().is_none() && demand.actor.is_none() && demand.of.is_none();
    let Some(seconds) = demand.per_seconds().filter(|_| interval && alone) else { return false };
    if !(demand.amount.implied || demand.amount.mid == 1.0) {
        return false;
    }
    let same = |other: &Demand| other.per_each().is_some() && other.per_seconds() == Some(seconds);
    if brief.demands.iter().any(same) {
        draft.used[index] = true;
        return true;
    }
    let there = draft.populations.iter().find(|p| p.figure == "concurrent_users");
    // Of several crowds those that the brief spoke of last.
    let crowd = || {
        let last = (0..index).rev().find_map(|at| population_of_demand(draft, at))?;
        draft.populations.iter().find(|p| p.figure == last && is_at_once(&last))
    };
    let only = match &draft.populations[..] {
        [only] => Some(only),
        _ => None,
    };
    let Some(who) = there.or(only).or_else(crowd) else { return false };
    let (figure, noun) = (who.figure.clone(), who.noun.clone());
    let plain = ["interval", "frequency", "period", "cadence", "resolution"];
    let unnamed = demand.subject().is_none_or(|own| plain.contains(&own.head()));
    let taken = demand.subject().is_some_and(|own| TAKEN.contains(&own.head()));
    let things = if unnamed || taken { things_of_each(&brief.demands, &noun) } else { Vec::new() };
    if let Some(thing) = things.last().and_then(|at| brief.demands[*at].subject()) {
        let mut formula = figure;
        let mut owner = noun;
        for at in &things {
            let Some(part) = brief.demands[*at].subject() else { continue };
            let each = number_id(part, &owner, false);
            draft.state(&each, &format!("{part}s per {owner}"), *at, 1.0);
            formula = format!("{formula} * {each}");
            owner = part.clone();
        }
        if things.len() > 1 {
            let help = format!("write \"each {thing} …\" or the rate of the whole system");
            draft.read_as("R108", index, &format!("read as done by each {thing}"), &help, None);
        }
        let name = operation(draft, index, thing, Some(tenfold_brief::Access::Write));
        let rate = format!("op.{name}.qps_avg");
        let formula = format!("{formula} / {}", number(seconds));
        draft.formula(&rate, &format!("{name}: requests per second"), &formula);
        draft.figure_of[index] = Some(rate);
        draft.used[index] = true;
        return true;
    }
    let own = demand.subject().filter(|_| taken).cloned();
    if let Some(own) = own {
        // A reading that is taken is written, whoever reads it later.
        let read_as = format!("read as taken of each {noun}");
        let help = format!("write \"each {noun} …\" or the rate of the whole system");
        draft.read_as("R108", index, &read_as, &help, Some(&figure));
        let name = operation(draft, index, &own, Some(Access::Write));
        let rate = format!("op.{name}.qps_avg");
        let label = format!("{name}: requests per second");
        draft.formula(&rate, &label, &format!("{figure} / {}", number(seconds)));
        draft.figure_of[index] = Some(rate);
        draft.used[index] = true;
        draft.paced.push((name, figure));
        return true;
    }
    let read_as = format!("read as done by each {noun}");
    let help = format!("write \"each {noun} …\" or the rate of the whole system");
    draft.read_as("R108", index, &read_as, &help, Some(&figure));
    per_actor(draft, index, &noun, None, seconds);
    true
}

/// Binds the ratio of two operations, where the rate of one of them is known: `look-to-book 300:1`.
/// Returns whether it was bound.
pub(super) fn looks_to_books(draft: &mut Draft<'_>, index: usize) -> bool {
    use crate::OperationKind::{Read, Write};
    let brief = draft.brief;
    let [read, write] = &brief.demands[index].subjects[..] else { return false };
    let find = |draft: &Draft<'_>, noun, kind| {
        draft.find_operation(noun, Some(kind)).or_else(|| draft.main_operation(kind))
    };
    let rated = |draft: &Draft<'_>, name: &Option<String>| {
        let contains = |name: &String| draft.network.contains(&format!("op.{name}.qps_avg"));
        name.as_ref().is_some_and(contains)
    };
    let mut names = (find(draft, read, Read), find(draft, write, Write));
    // What nothing else names comes into being with the ratio.
    if names.1.is_none() && rated(draft, &names.0) {
        names.1 = Some(operation(draft, index, write, Some(Access::Write)));
    } else if names.0.is_none() && rated(draft, &names.1) {
        names.0 = Some(operation(draft, index, read, Some(Access::Read)));
    }
    let (Some(read), Some(write)) = names else { return false };
    let known = |name: &str| draft.network.contains(&format!("op.{name}.qps_avg"));
    let (from, to, sign) = match (known(&read), known(&write)) {
        (true, false) => (&read, &write, '/'),
        (false, true) => (&write, &read, '*'),
        (true, true) | (false, false) => return false,
    };
    let ratio = format!("op.{read}.per_{write}");
    let formula = format!("op.{from}.qps_avg {sign} {ratio}");
    draft.state(&ratio, &format!("{read} / {write}"), index, 1.0);
    draft.formula(&format!("op.{to}.qps_avg"), &format!("{to}: requests per second"), &formula);
    true
}

/// What is taken of things, not of those who own them: `one sample every 10 s`.
const TAKEN: &[&str] = &["sample", "reading", "measurement", "scrape", "point", "value"];

/// Returns the demands that count what each of those has, and what each of these has in turn: `100
/// machines per pool, 100 metrics per machine`.
fn things_of_each(demands: &[Demand], noun: &NounPhrase) -> Vec<usize> {
    let mut found = Vec::new();
    let mut owner = noun.head().to_owned();
    while let Some(at) = demands.iter().position(|other| {
        other.per_each().is_some_and(|each| each.head() == owner)
            && other.per_seconds().is_none()
            && other.metric.is_none()
            && other.amount.dimension == tenfold_brief::Dimension::Count
            && other.subject().is_some()
    }) {
        if found.contains(&at) {
            break;
        }
        found.push(at);
        owner = demands[at].subject().map_or_else(String::new, |noun| noun.head().to_owned());
    }
    found
}

/// Binds a population of which each does something once in the time.
pub(super) fn all_of_them(draft: &mut Draft<'_>, index: usize, noun: &NounPhrase, seconds: f64) {
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

pub(super) fn another(draft: &mut Draft<'_>, name: &str, noun: &NounPhrase) -> String {
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
