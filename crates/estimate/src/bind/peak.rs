//! Peaks: stated beside an average, as a factor, or as a moment into which all of it falls.

use tenfold_brief::{Demand, Metric, NounPhrase, Of, Per, Statistic};
use tenfold_units::Interval;

use super::pace::number;
use super::population::{actors, note_population, population_id};
use super::target::operation;
use crate::archetype::FigureSpec;
use crate::draft::{Draft, interval};
use crate::{OperationKind, words};

/// Binds the average beside a stated peak, or the peak beside a stated average: `80k requests/s at
/// peak, 30k on average`.
pub(super) fn other_end(draft: &mut Draft<'_>, index: usize) -> bool {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let link = demand.of.as_ref().and_then(Of::demand).or_else(|| said_before(draft, index));
    let Some(link) = link else { return false };
    let Some(figure) = draft.figure_of[link].clone() else { return false };
    let peak = demand.at_peak() || demand.statistic == Some(Statistic::Maximum);
    let (from, to) = if peak { ("qps_avg", "qps_peak") } else { ("qps_peak", "qps_avg") };
    let average = demand.statistic == Some(Statistic::Average);
    let (Some(stem), true) = (figure.strip_suffix(from), peak || average) else { return false };
    let own = demand.per_seconds();
    let seconds = own.or_else(|| brief.demands[link].per_seconds()).unwrap_or(1.0);
    let value = interval(&demand.amount).scaled(1.0 / seconds);
    draft.state_value(&format!("{stem}{to}"), "requests per second", index, value);
    true
}

/// Returns the rate that the same item states just before, for one that only says at which end it is:
/// `1.5M bids/s at peak, 600k/s on average`.
fn said_before(draft: &Draft<'_>, index: usize) -> Option<usize> {
    let demand = &draft.brief.demands[index];
    let before = &draft.brief.demands[index.checked_sub(1)?];
    let end = |demand: &tenfold_brief::Demand| {
        demand.at_peak() || demand.statistic == Some(Statistic::Average)
    };
    let bare = demand.subject().is_none_or(tenfold_brief::NounPhrase::is_empty)
        && demand.action.is_none()
        && demand.per_each().is_none();
    let rate = before.per_seconds().is_some() && before.metric.is_none();
    let other = before.at_peak() != demand.at_peak();
    (before.item == demand.item && bare && rate && end(demand) && other).then_some(index - 1)
}

/// Returns the stem of the only stated rate, where a peak of nothing in particular stands beside it:
/// `payments: 250 per second`, `peak: 1,200 per second`.
pub(super) fn peak_of_only(draft: &Draft<'_>, index: usize, peak: f64) -> Option<String> {
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

/// Binds all of a demand falling into one moment.
pub(super) fn burst(draft: &mut Draft<'_>, index: usize, seconds: f64) {
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
    let label = "moments of this kind in a day";
    match demand.per_seconds() {
        // "every Tuesday"
        Some(period) => {
            let value = Interval::exact(86_400.0 / period);
            draft.state_value("moments_per_day", label, index, value);
            draft.figure_of[index] = Some(id.clone());
        }
        None => {
            draft.assume("moments_per_day", label, Interval::exact(1.0), "one such moment a day")
        }
    }
    let formula = format!("{id} * {} * moments_per_day / 86400", number(seconds));
    draft.formula(&average, &format!("{name}: requests per second on average"), &formula);
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
    on_timers(draft, &general);
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

/// Peak by average of telemetry.
const TIMER: &str = "peak.iot";

/// Lets what comes on a timer keep the even pace of timers, where no peak is said, or each is said
/// beside the rate of something else: `sensors report every 60 s` and `30 commands a day, peak 4x`.
fn on_timers(draft: &mut Draft<'_>, peaks: &[usize]) {
    let demands = &draft.brief.demands;
    let rated = |item: usize| demands.iter().any(|d| d.item == item && is_rate(d));
    if !peaks.iter().all(|peak| rated(demands[*peak].item)) {
        return;
    }
    // An archetype of timers has that pace for all.
    let own = draft.archetype.figures.get("peak_factor").and_then(|spec| spec.fact.as_deref());
    if peaks.is_empty() && own == Some(TIMER) {
        return;
    }
    let timer = |index: &usize| {
        let demand = &demands[*index];
        let interval = |per: &Per| matches!(per, Per::Time { interval: true, .. });
        let apart = peaks.iter().all(|peak| demands[*peak].item != demand.item);
        apart && demand.per.iter().any(interval)
    };
    for index in (0..demands.len()).filter(timer) {
        let figure = draft.figure_of[index].clone().unwrap_or_default();
        let name = figure.strip_prefix("op.").and_then(|rest| rest.strip_suffix(".qps_avg"));
        let Some(name) = name.map(str::to_owned) else { continue };
        draft.operations[&name].own_peak_factor = true;
        let fact = Some(TIMER.to_owned());
        let why = Some(if peaks.is_empty() {
            "it comes on a timer: each of those who send is counted already".to_owned()
        } else {
            "it comes on a timer; the stated peak is of something else".to_owned()
        });
        let spec = FigureSpec { fact, why, ..FigureSpec::default() };
        draft.fill(&format!("op.{name}.peak_factor"), &format!("{name}: peak / average"), &spec);
    }
}

fn is_rate(demand: &Demand) -> bool {
    let counted = demand.amount.dimension == tenfold_brief::Dimension::Count;
    demand.per_seconds().is_some() && demand.metric.is_none() && counted
}
