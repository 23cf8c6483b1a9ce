//! Rates: of the whole system, of each of a population, of a moment.

use tenfold_brief::{ConditionKind, Demand, Metric, NounPhrase, Of, Per, Statistic};
use tenfold_units::Interval;

use super::population::{actors, note_population, population, population_id, population_of_demand};
use super::share::{number_id, number_per_thing, part};
use super::target::{Target, operation, target};
use super::window::{note_window, window_of};
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
        (None, Some(_)) if comes(demand).is_some() => visitors(draft, index),
        (None, Some(seconds)) if who_acts(demand).is_some() => {
            let noun = who_acts(demand).cloned().unwrap_or_default();
            all_of_them(draft, index, &noun, seconds);
        }
        // "2 edits per second while editing": of each who does.
        (None, Some(seconds)) if while_there(draft, demand) => {
            let read_as = "read for each of those who are there at the same moment";
            let help = "write \"in total\" or \"per user\"";
            draft.read_as("R108", index, read_as, help, Some("concurrent_users"));
            let (name, times) = match target(draft, index) {
                Target::Operation(name) => (format!("op.{name}.qps_peak"), name),
                Target::Total(class) => (format!("{class}_qps_peak"), class.to_owned()),
            };
            let each = format!("{times}.times_per_actor");
            draft.state(&each, &format!("{times} of each in {}", span_words(seconds)), index, 1.0);
            if draft.brief.demands.iter().any(lasts_each_day) {
                let formula = format!("concurrent_users_avg * {each} / {}", number(seconds));
                let average = name.replace("qps_peak", "qps_avg");
                draft.formula(&average, "requests per second on average", &formula);
            } else {
                let formula = format!("concurrent_users * {each} / {}", number(seconds));
                draft.formula(&name, "requests per second at peak", &formula);
            }
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
            // "daily users swipe 100 times"
            None if daily_actor(demand).is_some() => {
                let noun = daily_actor(demand).cloned().unwrap_or_default();
                per_actor(draft, index, &noun, None, DAY);
            }
            None if demand.of.is_some() && demand.metric.is_none() => part(draft, index),
            // "average order 3 items"
            None if demand.statistic == Some(Statistic::Average) && demand.action.is_some() => {
                let verb = demand.action.as_ref().map(|action| action.verb.clone());
                let noun = NounPhrase { words: verb.into_iter().collect(), rest: false };
                number_per_thing(draft, index, &noun, None);
            }
            None => population(draft, index),
        },
    }
}

/// Returns whether a demand tells what one does in a state that lasts: the brief knows sessions.
fn while_there(draft: &Draft<'_>, demand: &Demand) -> bool {
    let during = |c: &tenfold_brief::Condition| matches!(c.kind, ConditionKind::During { .. });
    let lasting = draft.brief.demands.iter().any(|other| {
        other.metric == Some(Metric::Concurrency)
            || lasts_each_day(other)
            || other.metric == Some(Metric::Length)
                && other.subject().is_some_and(|noun| noun.head() == "session")
    });
    lasting && demand.amount.mid <= 100.0 && demand.conditions.iter().any(during)
}

/// Returns whether a demand says how long each is there in a time: `cars drive 1.5 hours a day`.
fn lasts_each_day(demand: &Demand) -> bool {
    let timed = demand.per_each().is_some() && demand.per_seconds().is_some();
    demand.metric == Some(Metric::Length) && timed
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

/// Returns the figure of those who come on a day or in a month, where a demand counts them:
/// `5M users, 1.2M daily`, `2M visitors per day`.
pub(super) fn comes(demand: &Demand) -> Option<&'static str> {
    let comes = demand.action.as_ref().is_none_or(|action| action.verb == "visit");
    if demand.metric.is_some() || !comes || demand.amount.implied {
        return None;
    }
    let text = demand.text.to_lowercase();
    match demand.subject().filter(|noun| !noun.is_empty()) {
        None => (text.ends_with("daily") || text.contains("일간")).then_some("dau"),
        Some(noun) if words::is_visitor(noun) && !noun.has("new") => {
            let per = demand.per_seconds()?;
            let each = demand.per_each().is_some();
            (!each && per == DAY)
                .then_some("dau")
                .or_else(|| (!each && per == 30.0 * DAY).then_some("mau"))
        }
        Some(_) => None,
    }
}

/// Binds those who come on a day or in a month.
fn visitors(draft: &mut Draft<'_>, index: usize) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let Some(id) = comes(demand) else { return };
    let (label, word) = match id {
        "dau" => ("daily active users", "daily"),
        _ => ("monthly active users", "monthly"),
    };
    draft.state(id, label, index, 1.0);
    let noun = demand.subject().filter(|noun| !noun.is_empty()).cloned().unwrap_or_else(|| {
        NounPhrase { words: vec![word.to_owned(), "user".to_owned()], rest: false }
    });
    note_population(draft, index, id, &noun, None);
}

/// Returns those of a day who do something so often, without another time.
pub(super) fn daily_actor(demand: &Demand) -> Option<&NounPhrase> {
    let acts = demand.action.as_ref().is_some_and(|action| action.access.is_some());
    demand.actor.as_ref().filter(|actor| acts && actor.has("daily") && demand.of.is_none())
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
    let (active, window) = window_of(draft, demand);
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
            let name = apart(draft, index, name);
            note_window(draft, &name, active, window);
            (format!("op.{name}.qps"), format!("{name}: requests per second"))
        }
    };
    let peak = demand.at_peak() || demand.statistic == Some(Statistic::Maximum);
    let id = peak.then(|| peak_of_only(draft, index, value.mid)).flatten().unwrap_or(id);
    if peak {
        draft.state_value(&format!("{id}_peak"), &format!("{label} at peak"), index, value);
    } else {
        draft.state_value(&format!("{id}_avg"), &format!("{label} on average"), index, value);
    }
}

/// Returns the stem of the only stated rate, where a peak of nothing in particular stands beside it:
/// `payments: 250 per second`, `peak: 1,200 per second`.
fn peak_of_only(draft: &Draft<'_>, index: usize, peak: f64) -> Option<String> {
    let brief = draft.brief;
    if brief.demands[index].subject().is_some_and(|noun| !noun.is_empty()) {
        return None;
    }
    let rates = (0..brief.demands.len()).filter(|other| {
        let demand = &brief.demands[*other];
        let timed = demand.per_seconds().is_some() && demand.metric.is_none();
        *other != index && timed && demand.amount.dimension == tenfold_brief::Dimension::Count
    });
    let rates: Vec<usize> = rates.collect();
    let [only] = rates[..] else { return None };
    let lower = brief.demands[only].amount.mid / brief.demands[only].per_seconds()? <= peak;
    let stem = draft.figure_of[only].as_deref()?.strip_suffix("_avg")?;
    (lower && stem.starts_with("op.")).then(|| stem.to_owned())
}

/// Returns an operation of its own for a rate where another thing's rate stands for it already:
/// `10M pushes a day, 5M emails a day`.
fn apart(draft: &mut Draft<'_>, index: usize, name: String) -> String {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let stem = format!("op.{name}.qps_");
    let other = (0..index).any(|earlier| {
        let own = draft.figure_of[earlier].as_ref().is_some_and(|id| id.starts_with(&stem));
        let before = &brief.demands[earlier];
        own && before.subjects != demand.subjects && before.per_each().is_none()
    });
    match demand.subject().filter(|noun| other && !noun.is_empty()) {
        Some(noun) => another(draft, &name, noun),
        None => name,
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
    let Some(who) = there.or(match &draft.populations[..] {
        [only] => Some(only),
        _ => None,
    }) else {
        return false;
    };
    let (figure, noun) = (who.figure.clone(), who.noun.clone());
    let plain = ["interval", "frequency", "period", "cadence", "resolution"];
    let unnamed = demand.subject().is_none_or(|own| plain.contains(&own.head()));
    let things = brief.demands.iter().position(|other| {
        other.per_each() == Some(&noun) && other.per_seconds().is_none() && other.metric.is_none()
    });
    let of_each = things.and_then(|at| Some((at, brief.demands[at].subject()?)));
    if let Some((at, thing)) = of_each.filter(|_| unnamed) {
        let each = number_id(thing, &noun, false);
        draft.state(&each, &format!("{thing}s per {noun}"), at, 1.0);
        let name = operation(draft, index, thing, Some(tenfold_brief::Access::Write));
        let rate = format!("op.{name}.qps_avg");
        let formula = format!("{figure} * {each} / {}", number(seconds));
        draft.formula(&rate, &format!("{name}: requests per second"), &formula);
        draft.figure_of[index] = Some(rate);
        draft.used[index] = true;
        return true;
    }
    let read_as = format!("read as done by each {noun}");
    let help = format!("write \"each {noun} …\" or the rate of the whole system");
    draft.read_as("R108", index, &read_as, &help, Some(&figure));
    per_actor(draft, index, &noun, None, seconds);
    true
}

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
    let peak = demand.at_peak() || actors == "concurrent_users";
    let id = format!("{stem}_{}", if peak { "peak" } else { "avg" });
    if let Some(name) = stem.strip_prefix("op.").and_then(|rest| rest.strip_suffix(".qps")) {
        draft.paced.push((name.to_owned(), actors.clone()));
    }
    let formula = format!("{actors} * {times} / {}", number(seconds));
    draft.formula(&id, &format!("{label} per second"), &formula);
    draft.figure_of[index] = Some(id);
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

/// Binds that all of those who act do it within a time: `all meters report within 2 minutes`.
/// Returns whether it was bound.
pub(super) fn all_within(draft: &mut Draft<'_>, index: usize) -> bool {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let text = demand.text.to_lowercase();
    let all = ["all ", "every ", "모든 ", "전체 "].iter().any(|word| text.starts_with(word));
    let write =
        |action: &tenfold_brief::Action| action.access == Some(tenfold_brief::Access::Write);
    let acts = demand.action.as_ref().is_some_and(write);
    let Some(noun) = demand.actor.as_ref().filter(|_| all && acts) else { return false };
    let Some(who) = actors(draft, noun, None) else { return false };
    let paced = |(name, actors): &&(String, String)| {
        *actors == who && draft.operations[name].spec.kind == OperationKind::Write
    };
    let Some((name, _)) = draft.paced.iter().find(paced).cloned() else { return false };
    let moment = format!("op.{name}.moment_seconds");
    draft.state(&moment, &format!("{name}: time in which all do it"), index, 1.0);
    draft.operations[&name].own_peak_factor = true;
    let formula = format!("{who} / ({moment} * op.{name}.qps_avg)");
    let label = format!("{name}: peak / average");
    draft.formula(&format!("op.{name}.peak_factor"), &label, &formula);
    true
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
        let all = population_id(draft, &noun);
        let id = if draft.network.is_stated(&all) { format!("{all}_of_a_moment") } else { all };
        draft.state(&id, &format!("{noun}s of one moment"), index, 1.0);
        note_population(draft, index, &id, &noun, None);
        draft.bursts.push(id);
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
