//! Sizes: of an item, of a message, of what one owns, of all that stands.

use tenfold_brief::{
    Bound, ConditionKind, Demand, Dimension, Metric, NounPhrase, Of, Per, Statistic,
};

use super::data::{bandwidth, bytes, dataset, dataset_of_demand, dataset_of_operation};
use super::pace::number;
use super::population::actors;
use super::share;
use super::target::generic_dataset;
use crate::draft::{Draft, interval};
use crate::{OperationKind, Shape, words};

const DAY: f64 = 86_400.0;
/// An amount of data from here on, that is not said of one item, is all of it.
pub(super) const STOCK_BYTES_MIN: f64 = 1e11;
/// A record of an archetype is never as large as this.
const OBJECT_BYTES_MIN: f64 = 1e6;
/// An item from here on is an object rather than a record.
pub(super) const BLOB_BYTES_MIN: f64 = 50e3;

pub(super) fn size(draft: &mut Draft<'_>, index: usize) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let factor = bytes(demand);
    let each = demand.per.iter().find_map(|per| match per {
        Per::Each { noun, demand, .. } => Some((noun.clone(), *demand)),
        Per::Time { .. } => None,
    });
    let up = demand.conditions.iter().any(|c| matches!(c.kind, ConditionKind::Up));
    let down = demand.conditions.iter().any(|c| matches!(c.kind, ConditionKind::Down));
    let of = match &demand.of {
        Some(Of::Noun { noun, .. }) => Some(noun.clone()),
        Some(Of::Demand { .. }) | None => None,
    };
    let subject = demand.subject().filter(|noun| !noun.is_empty()).cloned().or(of);
    // "300 responses per survey, a response is 2 KB": these are things.
    let counted = subject.as_ref().is_some_and(|subject| {
        let same = |other: &Demand| other.subject() == Some(subject) && other.per_each().is_some();
        brief.demands.iter().any(|d| same(d) && d.amount.dimension == Dimension::Count)
    });
    if let Some(side) = message_side(demand, up, down).filter(|_| !counted) {
        return message(draft, index, side, factor);
    }
    // A rate of data: bits are a stream, bytes per time are an inflow.
    if let (None, Some(seconds)) = (&each, demand.per_seconds()) {
        if demand.amount.dimension == Dimension::Bits {
            return bandwidth(draft, index);
        }
        let name = dataset(draft, index, &subject.unwrap_or_default());
        let id = format!("data.{name}.storage_per_day_bytes");
        let label = format!("{name}: bytes that are added in a day");
        let value = interval(&demand.amount).scaled(factor * DAY / seconds);
        draft.state_value(&id, &label, index, value);
        return;
    }
    if let Some((noun, link)) = &each
        && (words::is_actor(noun) || population_link(draft, *link))
    {
        return per_owner(draft, index, noun, *link, subject);
    }
    if let Some(usual) = usual_beside(draft, index) {
        let own = brief.demands[usual].subject().or_else(|| brief.demands[usual].per_each());
        let noun = subject.or_else(|| own.cloned()).unwrap_or_default();
        let noun = &noun;
        let id = format!("data.{}.item_max_bytes", words::snake(noun, "data"));
        draft.state(&id, &format!("{noun}: bytes of one item at most"), index, factor);
        draft.reported.push(id);
        return;
    }
    if part_of_a_write(draft, index, &each, subject.as_ref(), factor) {
        return;
    }
    let today = demand.conditions.iter().any(|c| matches!(c.kind, ConditionKind::Today));
    let large = demand.amount.mid >= STOCK_BYTES_MIN && each.is_none();
    if today || large {
        let name = dataset(draft, index, &subject.unwrap_or_default());
        let id = format!("data.{name}.stock_bytes");
        draft.state(&id, &format!("{name}: bytes that stand today"), index, factor);
        draft.datasets[&name].stock_stated = true;
        return;
    }
    item(draft, index, subject, each, factor);
}

/// Words for the item itself, or for what it carries.
const ITSELF: &[&str] = &[
    "payload", "record", "size", "entry", "metadata", "content", "body", "text", "data", "row",
    "message", "event", "request", "response", "average", "storage", "item", "space",
];

/// Binds the bytes of something else that each request of a stated write adds: `each build: 2 MB of
/// logs`. Returns whether it was bound.
fn part_of_a_write(
    draft: &mut Draft<'_>,
    index: usize,
    each: &Option<(NounPhrase, Option<usize>)>,
    subject: Option<&NounPhrase>,
    factor: f64,
) -> bool {
    let (Some((noun, _)), Some(subject)) = (each, subject) else { return false };
    let other = subject.head() != noun.head() && !ITSELF.contains(&subject.head());
    let Some(parent) = draft.find_operation(noun, None) else { return false };
    let operation = &draft.operations[&parent];
    let known =
        operation.origin.is_stated() || draft.network.is_stated(&format!("op.{parent}.qps_avg"));
    let adds = known && operation.spec.kind == OperationKind::Write;
    if !(other && adds && draft.find_dataset(subject).is_none()) {
        return false;
    }
    let name = dataset(draft, index, subject);
    draft.state(
        &format!("data.{name}.item_bytes"),
        &format!("{name}: bytes of one item"),
        index,
        factor,
    );
    let flow = format!("op.{parent}.qps_avg");
    let label = format!("{name}: new items per second");
    draft.formula(&format!("data.{name}.new_items_per_second"), &label, &flow);
    true
}

/// Returns the usual size beside which a demand gives the largest: `1 KB on average, at most 1 MB`.
fn usual_beside(draft: &Draft<'_>, index: usize) -> Option<usize> {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let most = |demand: &Demand| {
        demand.statistic == Some(Statistic::Maximum)
            || matches!(demand.bound, Bound::AtMost | Bound::LessThan)
    };
    brief
        .demands
        .iter()
        .enumerate()
        .position(|(other, usual)| {
            let link = demand.of.as_ref().and_then(Of::demand) == Some(other)
                || usual.of.as_ref().and_then(Of::demand) == Some(index);
            let same = link || usual.subjects == demand.subjects && !demand.subjects.is_empty();
            usual.metric == Some(Metric::Size) && !most(usual) && same
        })
        .filter(|_| most(demand))
}

fn population_link(draft: &Draft<'_>, link: Option<usize>) -> bool {
    link.and_then(|link| draft.figure_of[link].clone())
        .is_some_and(|figure| draft.populations.iter().any(|p| p.figure == figure))
}

/// Returns the data that what people do leaves behind, where a size is said of its records: `1B ad
/// clicks a day`, `100 bytes per click event`. What is recorded is written.
fn recorded(draft: &mut Draft<'_>, index: usize, noun: &NounPhrase) -> Option<String> {
    let record = ["event", "record", "entry", "row"].contains(&noun.head());
    let act = NounPhrase { words: noun.words[..noun.words.len() - 1].to_vec(), rest: false };
    let parent = draft.refer(&act).filter(|_| record && !act.is_empty())?;
    let operation = draft.operations.get_mut(&parent)?;
    let read = operation.spec.kind == OperationKind::Read;
    if !(read && operation.origin.is_stated() && operation.spec.touches.is_empty()) {
        return None;
    }
    operation.spec.kind = OperationKind::Write;
    let thing = operation.nouns.first().map_or_else(|| act.clone(), words::thing);
    let fresh = generic_dataset(&thing.to_string(), Shape::Record, draft.origin(index));
    let name = words::snake(&thing, "event");
    draft.datasets.entry(name.clone()).or_insert(fresh);
    let label = format!("{name}: new items per second");
    let flow = format!("op.{parent}.qps_avg");
    draft.formula(&format!("data.{name}.new_items_per_second"), &label, &flow);
    Some(name)
}

/// Binds the bytes of one item.
fn item(
    draft: &mut Draft<'_>,
    index: usize,
    subject: Option<NounPhrase>,
    each: Option<(NounPhrase, Option<usize>)>,
    factor: f64,
) {
    let brief = draft.brief;
    let link = brief.demands[index].of.as_ref().and_then(Of::demand);
    if let (Some(link), Some(noun)) = (link, &subject)
        && let Some(name) = share::carry(draft, link, noun)
    {
        let label = format!("{name}: bytes of one item");
        return draft.state(&format!("data.{name}.item_bytes"), &label, index, factor);
    }
    if let Some((count, read)) =
        link.and_then(|link| draft.carried.iter().find(|(own, _)| *own == link)).cloned()
    {
        let of = brief.demands[count].subject().cloned().unwrap_or_default();
        let size = format!("op.{read}.{}_bytes", words::snake(&of, "part"));
        draft.state(&size, &format!("{read}: bytes of one {of}"), index, factor);
        if let Some(each) = draft.figure_of[count].clone() {
            let id = format!("op.{read}.response_bytes");
            let label = format!("{read}: bytes of a response");
            return draft.formula(&id, &label, &format!("{each} * {size}"));
        }
    }
    let linked = link.and_then(|link| dataset_of_demand(draft, link));
    // "50k couriers send their place (100 bytes)": the bytes are not of the courier.
    let subject = subject.filter(|noun| linked.is_none() || !words::is_actor(noun));
    let noun = subject.or_else(|| each.map(|(noun, _)| noun)).filter(|noun| !noun.is_empty());
    if let Some(name) = noun.as_ref().and_then(|noun| recorded(draft, index, noun)) {
        let label = format!("{name}: bytes of one item");
        return draft.state(&format!("data.{name}.item_bytes"), &label, index, factor);
    }
    if let Some(read) = noun.as_ref().and_then(|noun| answer_of(draft, index, noun)) {
        let label = format!("{read}: bytes of a response");
        return draft.state(&format!("op.{read}.response_bytes"), &label, index, factor);
    }
    let stated = noun.as_ref().and_then(|noun| draft.dataset_of_stated(index, noun));
    let name = match (noun, linked) {
        (Some(_), _) if stated.is_some() => stated.unwrap_or_default(),
        (Some(noun), _) => {
            let known = draft.find_dataset(&noun).or_else(|| {
                let operation = draft.find_operation(&noun, None)?;
                dataset_of_operation(draft, &operation)
            });
            known.unwrap_or_else(|| dataset(draft, index, &noun))
        }
        (None, Some(name)) => name,
        (None, None) => {
            let main = draft.main_operation(OperationKind::Write);
            match main.and_then(|main| dataset_of_operation(draft, &main)) {
                Some(name) => name,
                None => dataset(draft, index, &NounPhrase::default()),
            }
        }
    };
    let name = object_of(draft, index, name);
    comes_with(draft, index, &name);
    let id = format!("data.{name}.item_bytes");
    draft.state(&id, &format!("{name}: bytes of one item"), index, factor);
    let own = &mut draft.datasets[&name];
    if own.spec.item.is_none() && brief.demands[index].amount.mid >= BLOB_BYTES_MIN {
        own.spec.shape = Shape::Blob;
    }
}

/// Returns the objects that are written beside a record of the archetype, where a size is too large
/// for a record: `average video size 300 MB` is the file, not its row.
fn object_of(draft: &Draft<'_>, index: usize, name: String) -> String {
    let own = &draft.datasets[&name];
    let record = own.spec.item.is_some() && own.spec.shape == Shape::Record;
    if !record || draft.brief.demands[index].amount.mid < OBJECT_BYTES_MIN {
        return name;
    }
    let is_object =
        |dataset: &String| draft.datasets.get(dataset).is_some_and(|d| d.spec.shape == Shape::Blob);
    let written = |o: &crate::draft::OperationDraft| {
        let touches = &o.spec.touches;
        let with = o.spec.kind == OperationKind::Write && touches.iter().any(|t| t.dataset == name);
        let object = touches.iter().map(|t| &t.dataset).find(|dataset| is_object(dataset));
        object.filter(|_| with).cloned()
    };
    draft.operations.values().find_map(written).unwrap_or(name)
}

/// Lets items come with each request that sends one: `each page view sends an event of 400 B`.
fn comes_with(draft: &mut Draft<'_>, index: usize, name: &str) {
    let parent =
        draft.brief.demands[index].per_each().and_then(|noun| draft.find_operation(noun, None));
    let flow = format!("data.{name}.new_items_per_second");
    let write = |parent: &String| draft.operations[parent].spec.touches.is_empty();
    let sends = draft.brief.demands[index]
        .action
        .as_ref()
        .is_some_and(|action| action.access == Some(tenfold_brief::Access::Write));
    if let Some(parent) =
        parent.filter(|parent| sends && write(parent) && draft.datasets[name].spec.flow.is_empty())
        && dataset_of_operation(draft, &parent).as_deref() != Some(name)
        && !draft.network.contains(&flow)
    {
        let label = format!("{name}: new items per second");
        draft.formula(&flow, &label, &format!("op.{parent}.qps_avg"));
    }
}

/// Returns the read of whose answer a demand gives the size: `a search returns 40 KB`, or a stated
/// read that nothing is stored for.
fn answer_of(draft: &Draft<'_>, index: usize, noun: &NounPhrase) -> Option<String> {
    let returns = ["return", "answer", "respond"];
    let action = draft.brief.demands[index].action.as_ref();
    let returned = action.is_some_and(|action| returns.contains(&action.verb.as_str()));
    let name = draft.find_operation(noun, None)?;
    let operation = &draft.operations[&name];
    let plain = operation.origin.is_stated()
        && operation.spec.touches.is_empty()
        && operation.nouns.contains(noun)
        && draft.find_dataset(noun).is_none();
    (operation.spec.kind == OperationKind::Read && (returned || plain)).then_some(name)
}

/// Binds the bytes that each of a population holds, or adds in a time.
fn per_owner(
    draft: &mut Draft<'_>,
    index: usize,
    noun: &NounPhrase,
    link: Option<usize>,
    subject: Option<NounPhrase>,
) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let Some(actors) = actors(draft, noun, link) else { return };
    let subject = subject.unwrap_or_else(|| NounPhrase {
        words: vec![noun.head().to_owned(), "data".to_owned()],
        rest: false,
    });
    let name = dataset(draft, index, &subject);
    let factor = bytes(demand);
    if let Some(seconds) = demand.per_seconds() {
        let each = format!("data.{name}.added_per_actor_bytes");
        draft.state(&each, &format!("{name}: bytes that one {noun} adds"), index, factor);
        let formula = format!("{actors} * {each} * 86400 / {}", number(seconds));
        let label = format!("{name}: bytes that are added in a day");
        draft.formula(&format!("data.{name}.storage_per_day_bytes"), &label, &formula);
        return;
    }
    let each = format!("data.{name}.per_actor_bytes");
    draft.state(&each, &format!("{name}: bytes of one {noun}"), index, factor);
    let label = format!("{name}: bytes that stand today");
    draft.formula(&format!("data.{name}.stock_bytes"), &label, &format!("{actors} * {each}"));
    draft.formula(
        &format!("data.{name}.stock_items"),
        &format!("{name}: items that stand today"),
        &actors,
    );
    draft.datasets[&name].stock_stated = true;
}

fn timed_by(demand: &Demand) -> bool {
    demand.per_seconds().is_some() || demand.per_each().is_some()
}

/// Returns the side of a request that the demand gives the size of.
fn message_side(demand: &Demand, up: bool, down: bool) -> Option<&'static str> {
    let head = demand.subject().map_or("", NounPhrase::head);
    let each = demand.per_each().map_or("", NounPhrase::head);
    let verb = demand.action.as_ref().map_or("", |action| action.verb.as_str());
    if !timed_by(demand) && verb == "request" && demand.amount.text != demand.text {
        // "response 4 KB, request 0.5 KB"
        return Some("request");
    }
    let asked = ["request", "call", "op", "operation"].contains(&each);
    let timed = demand.per_seconds().is_some();
    match head {
        _ if timed => None,
        "response" | "reply" => Some("response"),
        "request" | "body" => Some("request"),
        "upload" if asked => Some("request"),
        "download" if asked => Some("response"),
        "payload" => Some(if down { "response" } else { "request" }),
        _ if asked && down => Some("response"),
        _ if asked => Some("request"),
        _ if up => Some("request"),
        _ if down => Some("response"),
        _ => None,
    }
}

fn message(draft: &mut Draft<'_>, index: usize, side: &str, factor: f64) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let named = demand
        .subject()
        .filter(|noun| noun.words.len() > 1)
        .map(words::thing)
        .or_else(|| demand.per_each().cloned())
        .filter(|noun| !words::is_request(noun));
    let operation = named.and_then(|noun| draft.find_operation(&noun, None));
    let stem = operation.map_or_else(String::new, |name| format!("op.{name}."));
    let id = format!("{stem}{side}_bytes");
    let direction = if side == "request" { "in" } else { "out" };
    draft.state(&id, &format!("bytes {direction} per request"), index, factor);
}
