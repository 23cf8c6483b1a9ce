//! Rates: of the whole system, of each of a population, of a moment.

use tenfold_brief::{ConditionKind, Demand, Metric, NounPhrase, Of, Per, Statistic};

use super::pace::{all_of_them, another, number, per_actor, span_words};
use super::part::{number_per_thing, part};
use super::peak::{burst, other_end, peak_of_only};
use super::population::{note_population, population, population_of_demand};
use super::target::{Target, target};
use super::window::{note_window, window_of};
use crate::draft::{Draft, interval};
use crate::{OperationKind, words};

const DAY: f64 = 86_400.0;

/// Binds a plain count: a rate, a rate per actor, a number per thing, a moment, or a population.
pub(super) fn count(draft: &mut Draft<'_>, index: usize) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let every = demand.per.iter().filter_map(|per| match per {
        Per::Each { noun, demand, .. } => Some((noun.clone(), *demand)),
        Per::Time { .. } => None,
    });
    let every: Vec<_> = every.collect();
    // "each passenger passes 2 gates per trip": of the trips.
    let named = every.iter().skip(1).find(|(noun, _)| draft.refer(noun).is_some());
    let each = named.filter(|_| demand.per_seconds().is_none()).or(every.first()).cloned();
    match (each, demand.per_seconds()) {
        // "each sends its place every 15 s while driving": of those who drive.
        (Some(_), Some(seconds))
            if seconds < DAY
                && (in_a_daily_state(draft, demand) || in_what_lasts(draft, demand)) =>
        {
            there(draft, index, seconds);
        }
        (Some((noun, link)), Some(seconds)) => {
            per_actor(draft, index, &noun, link, seconds);
        }
        (Some((noun, link)), None) => number_per_thing(draft, index, &noun, link),
        (None, Some(period))
            if period >= DAY
                && super::burst_seconds(demand).is_some_and(|seconds| seconds < period) =>
        {
            burst(draft, index, super::burst_seconds(demand).unwrap_or(1.0));
        }
        (None, Some(_)) if comes(demand).is_some() => visitors(draft, index),
        (None, Some(_)) if other_end(draft, index) => {}
        (None, Some(seconds)) if who_acts(demand).is_some() => {
            let noun = who_acts(demand).cloned().unwrap_or_default();
            all_of_them(draft, index, &noun, seconds);
        }
        // "구독자 200만 명, 매주 2회 발송": to each of them.
        (None, Some(seconds)) if sent_to_all(draft, demand) => {
            let (figure, noun) =
                (draft.populations[0].figure.clone(), draft.populations[0].noun.clone());
            let read_as = format!("read as sent to each {noun}");
            let help = "write how many are sent in all";
            draft.read_as("R108", index, &read_as, help, Some(&figure));
            per_actor(draft, index, &noun, None, seconds);
        }
        // "2 edits per second while editing": of each who does.
        (None, Some(seconds)) if while_there(draft, demand) => there(draft, index, seconds),
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
            // "15 billion pages within four weeks" is a pace and no moment.
            Some(seconds) if seconds >= DAY => rate(draft, index, 1.0 / seconds),
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

/// Returns whether a demand tells how often something is sent, and the brief knows to whom alone.
fn sent_to_all(draft: &Draft<'_>, demand: &Demand) -> bool {
    let sends =
        |action: &tenfold_brief::Action| ["send", "push", "mail"].contains(&action.verb.as_str());
    let times = demand.amount.text.ends_with(['회', '번']) && demand.amount.mid <= 50.0;
    let whom = draft.populations.len() == 1 && words::is_people(&draft.populations[0].noun);
    demand.action.as_ref().is_some_and(sends) && times && whom && demand.actor.is_none()
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

/// Returns whether a demand tells what one does in a state of which the brief says how long it
/// lasts each day: `while driving`, `trucks drive 9 hours a day`.
fn in_a_daily_state(draft: &Draft<'_>, demand: &Demand) -> bool {
    let states = demand.conditions.iter().filter_map(|condition| {
        let ConditionKind::During { words } = &condition.kind else { return None };
        words.last()
    });
    let stem = |word: &str| word.trim_end_matches("ing").trim_end_matches('e').to_owned();
    let state = states.map(|word| stem(word)).next();
    draft.brief.demands.iter().any(|other| {
        let verb = other.action.as_ref().map(|action| stem(&action.verb));
        lasts_each_day(other) && state.is_some() && verb == state
    })
}

/// Returns whether a demand tells what each does in something of which the brief says how long it
/// lasts: `during a match`, where a match lasts 20 minutes.
fn in_what_lasts(draft: &Draft<'_>, demand: &Demand) -> bool {
    let states = demand.conditions.iter().filter_map(|condition| {
        let ConditionKind::During { words } = &condition.kind else { return None };
        Some(words)
    });
    let state: Vec<&String> = states.flatten().collect();
    draft.brief.demands.iter().any(|other| {
        let named = |noun: &NounPhrase| noun.words.iter().any(|word| state.contains(&word));
        other.metric == Some(Metric::Length) && other.subject().is_some_and(named)
    })
}

/// Binds what each of those who are there does so often while it lasts.
fn there(draft: &mut Draft<'_>, index: usize, seconds: f64) {
    let read_as = "read for each of those who are there at the same moment";
    let help = "write \"in total\" or \"per user\"";
    draft.read_as("R108", index, read_as, help, Some("concurrent_users"));
    let (name, times) = match target(draft, index) {
        Target::Operation(name) => (format!("op.{name}.qps_peak"), name),
        Target::Total(class) => (format!("{class}_qps_peak"), class.to_owned()),
    };
    let each = format!("{times}.times_per_actor");
    draft.state(&each, &format!("{times} of each in {}", span_words(seconds)), index, 1.0);
    let lasts = in_what_lasts(draft, &draft.brief.demands[index]);
    if lasts || draft.brief.demands.iter().any(lasts_each_day) {
        let formula = format!("concurrent_users_avg * {each} / {}", number(seconds));
        let average = name.replace("qps_peak", "qps_avg");
        draft.formula(&average, "requests per second on average", &formula);
    } else {
        let formula = format!("concurrent_users * {each} / {}", number(seconds));
        draft.formula(&name, "requests per second at peak", &formula);
    }
}

/// Returns whether a demand says how long each is there in a time: `cars drive 1.5 hours a day`.
fn lasts_each_day(demand: &Demand) -> bool {
    let each = demand.per_each().is_some() || demand.actor.is_some();
    demand.metric == Some(Metric::Length) && each && demand.per_seconds().is_some()
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
