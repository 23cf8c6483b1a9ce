//! From what was written to figures: each demand of the brief defines a figure, or is listed as not
//! understood.

mod content;
mod data;
mod load;
mod memory;
mod naming;
mod pace;
mod part;
mod peak;
mod population;
mod promise;
mod share;
mod size;
mod target;
mod window;

use tenfold_brief::{Bound, ConditionKind, Demand, Dimension, Metric, NounPhrase, Of, Statistic};

use crate::draft::Draft;
use crate::words;

pub(crate) use promise::{Promise, promises};
pub(crate) use target::{generic_dataset, generic_operation};

/// Binds every demand: first who there is, then what they do, then what that means, so that the
/// order of the bullets does not matter.
pub(crate) fn bind(draft: &mut Draft<'_>) {
    let mut order: Vec<(u32, usize)> =
        (0..draft.brief.demands.len()).map(|index| (phase(draft, index), index)).collect();
    // What is a share or a part of another demand comes after that one.
    for index in 0..order.len() {
        let link = draft.brief.demands[index].of.as_ref().and_then(Of::demand);
        let before = link.map_or(0, |link| order[link].0);
        order[index].0 = order[index].0.max(before);
    }
    order.sort_unstable();
    for (_, index) in order {
        demand(draft, index);
    }
    peak::highest_peak_factor(draft);
    window::office_hours(draft);
    content::length_of_one(draft);
    pace::those_who_send(draft);
    memory::held_in_memory(draft);
}

fn phase(draft: &Draft<'_>, index: usize) -> u32 {
    let demand = &draft.brief.demands[index];
    let timed = demand.per_seconds().is_some() && load::comes(demand).is_none();
    let single = demand.per_each().is_none() && !timed && burst_seconds(demand).is_none();
    let daily = demand.subject().is_some_and(|noun| noun.has("daily") || noun.has("monthly"));
    match (demand.metric, demand.amount.dimension) {
        (None, Dimension::Count) if load::daily_actor(demand).is_some() => 2,
        (None, Dimension::Count) if single && daily && demand.of.is_some() => 1,
        (None | Some(Metric::Concurrency), Dimension::Count) if single && demand.of.is_none() => 0,
        (None | Some(Metric::Concurrency), Dimension::Count | Dimension::Ratio) => {
            let of_actors = match &demand.of {
                Some(Of::Noun { noun, demand }) => words::is_actor(noun) || demand.is_some(),
                Some(Of::Demand { .. }) => true,
                None => false,
            };
            if demand.amount.dimension == Dimension::Ratio {
                if of_actors { 1 } else { 3 }
            } else if timed || burst_seconds(demand).is_some() {
                2
            } else if part::counts_members(&draft.brief.demands, demand) {
                1
            } else {
                4
            }
        }
        (Some(Metric::Throughput), _) => 2,
        _ => 5,
    }
}

fn demand(draft: &mut Draft<'_>, index: usize) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    if window::times_of_day(draft, index)
        || content::uploaded_hours(draft, index)
        || figure_by_words(draft, index)
        || pace::nobody(draft, index)
    {
        return;
    }
    match demand.metric {
        Some(Metric::Latency) if peak::all_within(draft, index) => {}
        // Once all operations are there: see `promises`.
        Some(
            Metric::Latency
            | Metric::Availability
            | Metric::Downtime
            | Metric::ErrorRatio
            | Metric::Durability
            | Metric::Staleness,
        ) => {}
        Some(Metric::RecoveryPoint | Metric::RecoveryTime) => promise::recovery(draft, index),
        Some(Metric::ReadWriteRatio) if pace::looks_to_books(draft, index) => {}
        Some(Metric::ReadWriteRatio) => {
            draft.state("read_write_ratio", "reads for each write", index, 1.0);
        }
        Some(Metric::ReadShare) => draft.state("read_ratio", "reads / requests", index, 1.0),
        Some(Metric::WriteShare) => draft.state("write_ratio", "writes / requests", index, 1.0),
        // The highest of them is the one that sizes: see `highest_peak_factor`.
        Some(Metric::PeakFactor) => {}
        Some(
            Metric::Retention
            | Metric::Growth
            | Metric::Size
            | Metric::Copies
            | Metric::Memory
            | Metric::Bandwidth
            | Metric::Bitrate,
        ) => data::bind(draft, index),
        Some(Metric::Concurrency) => population::concurrency(draft, index),
        Some(Metric::FanOut) => part::fan_out(draft, index),
        Some(Metric::Length) => population::length(draft, index),
        // What lives for a time is kept that long; a cache says so.
        Some(Metric::TimeToLive) if !demand.text.to_lowercase().contains("cache") => {
            data::retention(draft, index);
        }
        Some(
            metric @ (Metric::Capacity
            | Metric::HitRatio
            | Metric::TimeToLive
            | Metric::RateLimit
            | Metric::KeyLength
            | Metric::Price
            | Metric::Distance
            | Metric::Budget
            | Metric::Deadline
            | Metric::Team),
        ) => plain(draft, index, metric),
        None | Some(Metric::Throughput) => match demand.amount.dimension {
            Dimension::Bytes | Dimension::Bits => data::bind(draft, index),
            Dimension::Count => load::count(draft, index),
            Dimension::Ratio => share::share(draft, index),
            Dimension::Factor | Dimension::Time | Dimension::Money | Dimension::Length => {}
        },
    }
}

/// States a figure of the archetype whose words name the demand's subject.
fn figure_by_words(draft: &mut Draft<'_>, index: usize) -> bool {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let Some(noun) = demand.subject() else { return false };
    // "look up free slots 15 times per booking" counts looks and no slots.
    let acts = demand.action.as_ref().is_some_and(|action| action.access.is_some());
    if acts && demand.per_each().is_some() && !words::is_act(noun) && demand.per_seconds().is_none()
    {
        return false;
    }
    let mut best: Option<(usize, String)> = None;
    for (id, spec) in &draft.archetype.figures {
        let unit = spec.unit.unwrap_or_else(|| crate::draft::unit_of(id));
        let fit = words::fit(noun, &spec.words);
        if fit >= 500
            && fits_unit(demand, unit)
            && best.as_ref().is_none_or(|(most, _)| fit > *most)
        {
            best = Some((fit, id.clone()));
        }
    }
    // Another thing that the same words name is not the same figure again.
    let other = |id: &String| {
        (0..draft.figure_of.len()).any(|earlier| {
            draft.figure_of[earlier].as_ref() == Some(id)
                && !demand.links().any(|link| link == earlier)
                && brief.demands[earlier].subject().is_some_and(|own| own.head() != noun.head())
        })
    };
    let Some((_, id)) = best.filter(|(_, id)| !other(id)) else { return false };
    let spec = draft.archetype.figures[&id].clone();
    let factor = match (spec.unit.unwrap_or_else(|| crate::draft::unit_of(&id)), demand) {
        (tenfold_units::Unit::PerSecond, demand) => {
            1.0 / demand.per_seconds().or_else(|| burst_seconds(demand)).unwrap_or(1.0)
        }
        // A count per week, where the figure is a count per day.
        _ if id.contains("_per_day") => 86_400.0 / demand.per_seconds().unwrap_or(86_400.0),
        _ => 1.0,
    };
    let label = spec.label.clone().unwrap_or_default();
    if of_each(draft, index, &id, &label) {
        return true;
    }
    if is_maximum(demand) {
        let most = format!("{id}_max");
        draft.state(&most, &format!("{label}, at most"), index, factor);
        draft.reported.push(most);
    } else {
        draft.state(&id, &label, index, factor);
        if words::is_actor(noun) && demand.per_seconds().is_none() {
            population::note_population(draft, index, &id, noun, None);
        }
    }
    true
}

/// States how many each of a population has, where a demand gives a count of the archetype like
/// this: `25,000 hotels, 50 rooms each`.
fn of_each(draft: &mut Draft<'_>, index: usize, id: &str, label: &str) -> bool {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let link = demand.per.iter().find_map(|per| {
        let tenfold_brief::Per::Each { noun, demand: Some(link), .. } = per else { return None };
        Some((noun, *link))
    });
    let (Some((each, link)), Some(noun)) = (link, demand.subject()) else { return false };
    if demand.per_seconds().is_some() || id.contains("_per_") || is_maximum(demand) {
        return false;
    }
    let Some(parent) = draft.figure_of[link].clone() else { return false };
    // Both are words for the same thing: the parent stands for itself then.
    let parent = if parent == id {
        let own = format!("{}s", words::snake(each, "item"));
        let value = crate::draft::interval(&brief.demands[link].amount);
        draft.network.forget(&parent);
        draft.figure_of[link] = None;
        draft.state_value(&own, &format!("{each}s"), link, value);
        draft.reported.push(own.clone());
        own
    } else {
        parent
    };
    let number = format!("{}s_per_{}", words::snake(noun, "item"), words::snake(each, "item"));
    draft.state(&number, &format!("{noun}s per {each}"), index, 1.0);
    draft.formula(id, label, &format!("{parent} * {number}"));
    population::note_population(draft, index, id, noun, None);
    true
}

/// Returns whether a demand is the largest value beside the usual one.
pub(crate) fn is_maximum(demand: &Demand) -> bool {
    let bounded = matches!(demand.bound, Bound::AtMost | Bound::LessThan);
    demand.statistic == Some(Statistic::Maximum) || bounded && demand.of.is_some()
}

fn fits_unit(demand: &Demand, unit: tenfold_units::Unit) -> bool {
    use tenfold_units::Unit;
    let timed = demand.per_seconds().is_some();
    match demand.amount.dimension {
        Dimension::Count => {
            matches!(unit, Unit::Count | Unit::Factor)
                || unit == Unit::PerSecond && (timed || burst_seconds(demand).is_some())
        }
        Dimension::Factor => unit == Unit::Factor,
        Dimension::Ratio => unit == Unit::Ratio,
        Dimension::Time => unit == Unit::Seconds,
        Dimension::Bytes => unit == Unit::Bytes && !timed,
        Dimension::Bits => unit == Unit::BitsPerSecond,
        Dimension::Money | Dimension::Length => false,
    }
}

/// Returns the length of the moment into which all of a demand falls.
pub(crate) fn burst_seconds(demand: &Demand) -> Option<f64> {
    demand.conditions.iter().find_map(|condition| {
        let ConditionKind::Within { seconds, .. } = condition.kind else { return None };
        Some(seconds)
    })
}

/// The end of the figure's id, whether it is said of the subject, and the time that the amount of
/// the demand is per, for each property that later stages read by its name.
fn plain_figure(metric: Metric) -> Option<(&'static str, bool, Option<f64>)> {
    const PRICE_MONTH: f64 = 2_592_000.0;
    let rows = [
        (Metric::Capacity, "capacity_per_second", true, Some(1.0)),
        (Metric::RateLimit, "rate_limit_per_second", true, Some(1.0)),
        (Metric::HitRatio, "hit_ratio", true, None),
        (Metric::TimeToLive, "ttl_seconds", true, None),
        (Metric::KeyLength, "key_length", false, None),
        (Metric::Price, "price_usd", true, None),
        (Metric::Budget, "budget_usd_per_month", false, Some(PRICE_MONTH)),
        (Metric::Deadline, "deadline_seconds", false, None),
        (Metric::Team, "team_size", false, None),
        (Metric::Distance, "distance", true, None),
    ];
    let row = rows.into_iter().find(|(own, ..)| *own == metric);
    row.map(|(_, end, of_subject, per)| (end, of_subject, per))
}

/// States a property that later stages read by its name.
fn plain(draft: &mut Draft<'_>, index: usize, metric: Metric) {
    let Some((end, of_subject, per)) = plain_figure(metric) else { return };
    let demand = &draft.brief.demands[index];
    let subject = demand.subject().filter(|noun| !noun.is_empty());
    let id = match subject.filter(|_| of_subject) {
        Some(noun) => format!("{}.{end}", words::snake(noun, "all")),
        None => end.to_owned(),
    };
    let factor = per.map_or(1.0, |per| per / demand.per_seconds().unwrap_or(per));
    let of = subject.map_or_else(String::new, NounPhrase::to_string);
    draft.state(&id, format!("{of} {}", metric.name()).trim(), index, factor);
    draft.reported.push(id);
}
