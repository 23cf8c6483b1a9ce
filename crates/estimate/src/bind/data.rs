//! Sizes, retention, growth, copies, streams.

use tenfold_brief::{
    Bound, ConditionKind, Demand, Dimension, Metric, NounPhrase, Of, Per, Statistic,
};
use tenfold_units::{Interval, math};

use super::load::number;
use super::population::actors;
use super::share;
use super::target::generic_dataset;
use crate::draft::{Draft, interval};
use crate::{OperationKind, Shape, words};

const DAY: f64 = 86_400.0;
const YEAR: f64 = 31_536_000.0;
/// An amount of data from here on, that is not said of one item, is all of it.
const STOCK_BYTES_MIN: f64 = 1e11;
/// An item from here on is an object rather than a record.
const BLOB_BYTES_MIN: f64 = 50e3;

/// Binds an amount of data, or a property of data.
pub(super) fn bind(draft: &mut Draft<'_>, index: usize) {
    match draft.brief.demands[index].metric {
        Some(Metric::Retention) => retention(draft, index),
        Some(Metric::Growth) => growth(draft, index),
        Some(Metric::Copies) => {
            let id = subject_dataset(draft, index)
                .map_or_else(|| "copies".to_owned(), |name| format!("data.{name}.copies"));
            draft.state(&id, "copies that are kept", index, 1.0);
        }
        Some(Metric::Memory) => draft.state("memory_total_bytes", "memory", index, 1.0),
        Some(Metric::Bitrate) => bitrate(draft, index),
        Some(Metric::Bandwidth) => bandwidth(draft, index),
        _ => size(draft, index),
    }
}

fn bits(demand: &Demand) -> f64 {
    if demand.amount.dimension == Dimension::Bytes { 8.0 } else { 1.0 }
}

fn bytes(demand: &Demand) -> f64 {
    if demand.amount.dimension == Dimension::Bits { 0.125 } else { 1.0 }
}

fn bitrate(draft: &mut Draft<'_>, index: usize) {
    let demand = &draft.brief.demands[index];
    let factor = bits(demand);
    let sends =
        demand.action.as_ref().is_some_and(|a| ["send", "upload"].contains(&a.verb.as_str()));
    if sends || demand.conditions.iter().any(|c| matches!(c.kind, ConditionKind::Up)) {
        draft.state("bitrate_in_bps", "bits per second that one sends", index, factor);
        draft.reported.push("bitrate_in_bps".to_owned());
        return;
    }
    draft.state("bitrate_bps", "bits per second of one stream", index, factor);
}

fn bandwidth(draft: &mut Draft<'_>, index: usize) {
    let demand = &draft.brief.demands[index];
    let up = demand.conditions.iter().any(|c| matches!(c.kind, ConditionKind::Up));
    let side = if up { "in" } else { "out" };
    let peak = if demand.at_peak() { "_peak" } else { "" };
    let per = demand.per_seconds().unwrap_or(1.0);
    let factor = bits(demand) / per;
    draft.state(&format!("bandwidth_{side}{peak}_bps"), "payload at the edge", index, factor);
}

/// Returns the dataset that the demand's subject, or the demand that it belongs to, names.
fn subject_dataset(draft: &mut Draft<'_>, index: usize) -> Option<String> {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let own = demand.subject().filter(|noun| !noun.is_empty());
    if let Some(name) = own.and_then(|noun| draft.dataset_of_stated(index, noun)) {
        return Some(name);
    }
    let draft = &*draft;
    let by_noun = |noun: &NounPhrase| {
        draft.find_dataset(noun).or_else(|| {
            let operation = draft.find_operation(noun, None)?;
            dataset_of_operation(draft, &operation)
        })
    };
    let linked = || {
        let link = demand.of.as_ref().and_then(Of::demand)?;
        dataset_of_demand(draft, link)
    };
    demand.subjects.iter().filter(|n| !n.is_empty()).find_map(by_noun).or_else(linked)
}

fn dataset_of_demand(draft: &Draft<'_>, link: usize) -> Option<String> {
    let figure = draft.figure_of[link].clone()?;
    if let Some(rest) = figure.strip_prefix("data.") {
        return rest.split('.').next().map(str::to_owned);
    }
    let operation = figure.strip_prefix("op.")?.split('.').next()?;
    dataset_of_operation(draft, operation)
}

/// Returns the dataset that an operation adds to or reads first.
fn dataset_of_operation(draft: &Draft<'_>, operation: &str) -> Option<String> {
    let own = draft.operations.get(operation)?;
    let touched = own.spec.touches.iter().find(|t| draft.datasets.contains_key(&t.dataset));
    touched
        .map(|t| t.dataset.clone())
        .or_else(|| own.nouns.first().and_then(|noun| draft.find_dataset(noun)))
}

/// Returns the dataset of a phrase, made where there is none.
fn dataset(draft: &mut Draft<'_>, index: usize, noun: &NounPhrase) -> String {
    if let Some(name) = draft.find_dataset(noun) {
        return name;
    }
    let thing = words::thing(noun);
    let name = words::snake(&thing, "data");
    let origin = draft.origin(index);
    let shape =
        if draft.brief.demands[index].amount.mid >= 50e3 { Shape::Blob } else { Shape::Record };
    let fresh = generic_dataset(&thing.to_string(), shape, origin);
    draft.datasets.entry(name.clone()).or_insert(fresh);
    name
}

fn size(draft: &mut Draft<'_>, index: usize) {
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
    if let Some(side) = message_side(demand, up, down) {
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
    // "each page view sends an event of 400 B"
    let parent = brief.demands[index].per_each().and_then(|noun| draft.find_operation(noun, None));
    let flow = format!("data.{name}.new_items_per_second");
    let write = |parent: &String| draft.operations[parent].spec.touches.is_empty();
    let sends = brief.demands[index]
        .action
        .as_ref()
        .is_some_and(|action| action.access == Some(tenfold_brief::Access::Write));
    if let Some(parent) =
        parent.filter(|parent| sends && write(parent) && draft.datasets[&name].spec.flow.is_empty())
        && dataset_of_operation(draft, &parent).as_ref() != Some(&name)
        && !draft.network.contains(&flow)
    {
        let label = format!("{name}: new items per second");
        draft.formula(&flow, &label, &format!("op.{parent}.qps_avg"));
    }
    let id = format!("data.{name}.item_bytes");
    draft.state(&id, &format!("{name}: bytes of one item"), index, factor);
    let own = &mut draft.datasets[&name];
    if own.spec.item.is_none() && brief.demands[index].amount.mid >= BLOB_BYTES_MIN {
        own.spec.shape = Shape::Blob;
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

pub(super) fn retention(draft: &mut Draft<'_>, index: usize) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let dataset = subject_dataset(draft, index);
    let tier = demand.conditions.iter().find_map(|c| {
        let ConditionKind::Tier { name } = &c.kind else { return None };
        Some(name.clone())
    });
    let stem = dataset.as_ref().map_or_else(String::new, |name| format!("data.{name}."));
    if let Some(tier) = tier {
        let id = format!(
            "{stem}{}_until_seconds",
            words::snake(&NounPhrase { words: vec![tier.clone()], rest: false }, "tier")
        );
        draft.state(&id, &format!("{tier} until this age"), index, 1.0);
        match dataset {
            Some(name) => draft.datasets[&name].tiers.push((tier.clone(), id)),
            None => draft.tiers.push((tier, id)),
        }
        return;
    }
    if demand.subjects.len() > 1 {
        let names: Vec<String> =
            demand.subjects.iter().filter_map(|noun| draft.find_dataset(noun)).collect();
        for name in names {
            draft.state(&format!("data.{name}.retention_seconds"), "kept for", index, 1.0);
        }
        return;
    }
    let id = match (dataset, demand.subject()) {
        (Some(name), _) => format!("data.{name}.retention_seconds"),
        (None, Some(noun))
            if !noun.is_empty()
                && !["data", "raw"].contains(&noun.head())
                && !only_data(draft, noun) =>
        {
            let name = self::dataset(draft, index, noun);
            format!("data.{name}.retention_seconds")
        }
        _ => "retention_seconds".to_owned(),
    };
    draft.state(&id, "kept for", index, 1.0);
}

/// Returns whether what is kept can only be what the only write adds, whatever it is called there:
/// meters report, readings are kept.
fn only_data(draft: &Draft<'_>, noun: &NounPhrase) -> bool {
    let stated = |o: &crate::draft::OperationDraft| o.origin.is_stated();
    let mut writes = draft.operations.values().filter(|o| o.spec.kind == OperationKind::Write);
    let only = writes.next().is_some_and(stated) && writes.next().is_none();
    only && draft.datasets.len() <= 1
        && ["reading", "record", "event", "history", "entry", "sample"].contains(&noun.head())
}

fn growth(draft: &mut Draft<'_>, index: usize) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let period = demand.per_seconds().unwrap_or(YEAR);
    let yearly = |value: f64| math::powf(1.0 + value, YEAR / period) - 1.0;
    let amount = &demand.amount;
    let value = match amount.dimension {
        Dimension::Ratio => {
            Interval::quantiles(yearly(amount.low), yearly(amount.mid), yearly(amount.high))
        }
        Dimension::Factor => Interval::quantiles(
            yearly(amount.low - 1.0),
            yearly(amount.mid - 1.0),
            yearly(amount.high - 1.0),
        ),
        Dimension::Bytes => {
            let name = subject_dataset(draft, index)
                .unwrap_or_else(|| dataset(draft, index, &NounPhrase::default()));
            let value = interval(amount).scaled(DAY / period);
            let label = format!("{name}: bytes that are added in a day");
            draft.state_value(&format!("data.{name}.storage_per_day_bytes"), &label, index, value);
            return;
        }
        Dimension::Count
        | Dimension::Time
        | Dimension::Bits
        | Dimension::Money
        | Dimension::Length => return,
    };
    let dataset = subject_dataset(draft, index);
    let id = dataset
        .map_or_else(|| "growth_ratio".to_owned(), |name| format!("data.{name}.growth_ratio"));
    draft.state_value(&id, "growth in a year", index, value);
}
