//! Numbers of things for each of others: items per order, sensors per home, views per visit.

use tenfold_brief::{Demand, NounPhrase, Of};

use super::population::{actors, note_population, population};
use super::target::{Target, generic_dataset, target};
use crate::draft::Draft;
use crate::{OperationKind, Shape, words};

const DAY: f64 = 86_400.0;

/// To whom what one does goes.
pub(super) const FANS: &[&str] =
    &["follower", "recipient", "receiver", "subscriber", "friend", "member"];

/// Binds a number of things for each of others: items per order, followers per user.
pub(super) fn number_per_thing(
    draft: &mut Draft<'_>,
    index: usize,
    noun: &NounPhrase,
    link: Option<usize>,
) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    if draft.figure_of[index].is_some() {
        return;
    }
    let maximum = super::is_maximum(demand);
    let subject = demand.subject().cloned().unwrap_or_default();
    if FANS.contains(&subject.head()) {
        return fan_out(draft, index);
    }
    if !maximum && members(draft, index, noun, link) {
        return;
    }
    if !maximum && (of_the_day(draft, index, noun, link) || of_each_request(draft, index, noun)) {
        return;
    }
    // "one request per character typed": of whom, nothing says.
    if words::is_request(&subject) && actors(draft, noun, link).is_none() {
        return;
    }
    // Things that exist for each of a population are a stock: `50 links per user`.
    if let (Some(dataset), Some(actors)) = (draft.find_dataset(&subject), actors(draft, noun, link))
        && !maximum
        && draft.find_operation(noun, None).is_none()
    {
        let each = format!("data.{dataset}.items_per_{}", words::snake(noun, "user"));
        draft.state(&each, &format!("{subject}s per {noun}"), index, 1.0);
        let formula = format!("{actors} * {each}");
        let id = format!("data.{dataset}.stock_items");
        draft.formula(&id, &format!("{subject}s that stand"), &formula);
        return;
    }
    // "15 people look at it for each sale", where nothing is called a sale.
    let acts = demand.action.as_ref().is_some_and(|action| action.access.is_some());
    if acts && !maximum && draft.refer(noun).is_none() && actors(draft, noun, link).is_none() {
        return;
    }
    let id = number_id(&subject, noun, maximum);
    draft.state(&id, &format!("{subject}s per {noun}"), index, 1.0);
    draft.reported.push(id.clone());
    if !maximum {
        sized_parts(draft, index, &subject, noun, &id);
    }
}

/// Returns whether a demand counts actors for each of others: `15 sensors per household`.
pub(super) fn counts_members(demands: &[Demand], demand: &Demand) -> bool {
    let each = demand.per_each().is_some() && demand.per_seconds().is_none();
    // "50 rooms each; prices change 20 times per room and day"
    let counted = |noun: &NounPhrase| {
        let same = |each: &NounPhrase| each.head() == noun.head();
        words::is_actor(noun)
            || demands.iter().any(|d| d.per_seconds().is_some() && d.per_each().is_some_and(same))
    };
    each && demand.metric.is_none()
        && demand.action.is_none()
        && demand.subject().is_some_and(counted)
}

/// Binds actors for each of a population as a population: `15 sensors per household`.
fn members(draft: &mut Draft<'_>, index: usize, noun: &NounPhrase, link: Option<usize>) -> bool {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let Some(subject) =
        demand.subject().filter(|_| counts_members(&brief.demands, demand)).cloned()
    else {
        return false;
    };
    let acts = brief.demands.iter().any(|other| super::population::acts(other, &subject));
    let known = draft.populations.iter().any(|p| p.noun == *noun);
    let Some(parent) = actors(draft, noun, link).filter(|_| acts && known) else { return false };
    let each = number_id(&subject, noun, false);
    draft.state(&each, &format!("{subject}s per {noun}"), index, 1.0);
    draft.reported.push(each.clone());
    let id = format!("{}s", words::snake(&subject, "actor"));
    draft.formula(&id, &format!("{subject}s"), &format!("{parent} * {each}"));
    note_population(draft, index, &id, &subject, Some(parent));
    true
}

/// Returns the figure of so many things for each of others.
pub(super) fn number_id(subject: &NounPhrase, noun: &NounPhrase, maximum: bool) -> String {
    let end = if maximum { "_max" } else { "" };
    format!("{}s_per_{}{end}", words::snake(subject, "item"), words::snake(noun, "item"))
}

/// Binds what those of a day do, without another time: `8 opens per daily user`, `12 page views per
/// visit`.
fn of_the_day(draft: &mut Draft<'_>, index: usize, noun: &NounPhrase, link: Option<usize>) -> bool {
    let demand = &draft.brief.demands[index];
    let acts = demand.action.as_ref().is_some_and(|action| action.access.is_some())
        || demand.subject().is_some_and(words::is_act);
    let daily = draft.populations.iter().find(|population| {
        let visit = noun.head() == "visit" && population.noun.head() == "visitor";
        population.figure == "dau" && (population.noun == *noun || visit)
    });
    let linked = link.and_then(|link| draft.figure_of[link].clone());
    let named = noun.has("daily") && actors(draft, noun, link).as_deref() == Some("dau");
    if !acts || !(named || daily.is_some() || linked.as_deref() == Some("dau")) {
        return false;
    }
    let who = daily.map_or_else(|| noun.clone(), |population| population.noun.clone());
    super::pace::per_actor(draft, index, &who, link, DAY);
    true
}

/// Binds what is done so often for each request of an operation: in a session, for each post.
fn of_each_request(draft: &mut Draft<'_>, index: usize, noun: &NounPhrase) -> bool {
    let demand = &draft.brief.demands[index];
    let text = &demand.amount.text;
    let acts = demand.action.as_ref().is_some_and(|action| action.access.is_some())
        || demand.subject().is_some_and(|noun| words::is_act(noun) || words::is_answer(noun))
        || text.ends_with('회')
        || text.ends_with('번');
    let Some(parent) = draft.refer(noun) else { return false };
    let session = draft.operations[&parent].spec.kind == OperationKind::Signal;
    if !(session || acts) {
        return false;
    }
    let (stem, label) = match target(draft, index) {
        Target::Total(class) => (format!("{class}_qps"), format!("{class}s")),
        Target::Operation(name) if name == parent => return false,
        // What comes into being at a rate of its own is only shown there: 20 posts per refresh.
        Target::Operation(name) if draft.network.contains(&format!("op.{name}.qps_avg")) => {
            return false;
        }
        Target::Operation(name) => (format!("op.{name}.qps"), name),
    };
    // It happens when that happens.
    if let Some(name) = stem.strip_prefix("op.").and_then(|rest| rest.strip_suffix(".qps"))
        && let Some(window) = draft.operations[&parent].window.clone()
    {
        draft.operations[name].window = Some(window);
        let label = format!("{name}: share of the time in which it happens");
        let active = format!("op.{parent}.active_ratio");
        draft.formula(&format!("op.{name}.active_ratio"), &label, &active);
    }
    let times = format!("{}times_per_{parent}", stem.trim_end_matches("qps"));
    draft.state(&times, &format!("{label} per {noun}"), index, 1.0);
    let formula = format!("op.{parent}.qps_avg * {times}");
    draft.formula(&format!("{stem}_avg"), &format!("{label} per second"), &formula);
    if let Some(name) = stem.strip_prefix("op.").and_then(|rest| rest.strip_suffix(".qps")) {
        super::share::follows_peak(draft, &parent, name, &times);
    }
    true
}

/// Lets things with a stated size that come with each request be stored, or be sent where the
/// request reads: `3 events per payment, 1 KB each`, `20 photos per open, 60 KB each`.
fn sized_parts(
    draft: &mut Draft<'_>,
    index: usize,
    subject: &NounPhrase,
    noun: &NounPhrase,
    each: &str,
) {
    let brief = draft.brief;
    let sized = brief.demands.iter().any(|other| {
        other.metric == Some(tenfold_brief::Metric::Size)
            && (other.of.as_ref().and_then(Of::demand) == Some(index)
                || other.subject() == Some(subject)
                || other.per_each() == Some(subject))
    });
    let Some(parent) = draft.find_operation(noun, None).filter(|_| sized) else { return };
    match draft.operations[&parent].spec.kind {
        OperationKind::Read => draft.carried.push((index, parent)),
        OperationKind::Write => {
            let name = draft.find_dataset(subject).unwrap_or_else(|| words::snake(subject, "part"));
            let fresh = generic_dataset(&subject.to_string(), Shape::Record, draft.origin(index));
            draft.datasets.entry(name.clone()).or_insert(fresh);
            let flow = format!("op.{parent}.qps_avg * {each}");
            let label = format!("{name}: new items per second");
            draft.formula(&format!("data.{name}.new_items_per_second"), &label, &flow);
        }
        OperationKind::Push
        | OperationKind::Stream
        | OperationKind::Signal
        | OperationKind::Job => {}
    }
}

/// Binds a count of what an earlier demand speaks of: `…, 3 items on average`.
pub(super) fn part(draft: &mut Draft<'_>, index: usize) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let noun = match &demand.of {
        Some(Of::Noun { noun, .. }) => noun.clone(),
        Some(Of::Demand { demand }) => {
            brief.demands[*demand].subject().cloned().unwrap_or_default()
        }
        None => NounPhrase::default(),
    };
    let subject = demand.subject().cloned().unwrap_or_default();
    let daily = subject.has("daily") || subject.has("monthly") || subject.has("concurrent");
    if daily || words::is_actor(&subject) && demand.statistic.is_none() {
        return population(draft, index);
    }
    number_per_thing(draft, index, &noun, demand.of.as_ref().and_then(Of::demand));
}

/// Binds recipients per request.
pub(super) fn fan_out(draft: &mut Draft<'_>, index: usize) {
    let demand = &draft.brief.demands[index];
    if super::is_maximum(demand) {
        draft.state("fan_out_max", "recipients of one write, at most", index, 1.0);
        draft.reported.push("fan_out_max".to_owned());
    } else {
        draft.state("fan_out", "recipients of one write, on average", index, 1.0);
        draft.reported.push("fan_out".to_owned());
    }
}
