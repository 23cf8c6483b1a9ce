//! Shares and parts: of a population, of requests, of what one request carries.

use tenfold_brief::{Demand, NounPhrase, Of, Per};

use super::pace::number;
use super::population::{actors, note_population};
use super::target::{Target, generic_dataset, target};
use crate::draft::Draft;
use crate::{OperationKind, Shape, words};

const DAY: f64 = 86_400.0;

/// Binds a share of a population or of an operation.
pub(super) fn share(draft: &mut Draft<'_>, index: usize) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let (of, link) = match &demand.of {
        Some(Of::Noun { noun, demand }) => (noun.clone(), *demand),
        // "ticket 8 KB, 10 % have attachments": of the tickets.
        Some(Of::Demand { demand }) => {
            let sized = brief.demands[*demand].metric == Some(tenfold_brief::Metric::Size);
            let noun = brief.demands[*demand].subject().filter(|_| sized).cloned();
            (noun.unwrap_or_default(), Some(*demand))
        }
        None => (NounPhrase::default(), None),
    };
    let subject = demand.subject().cloned().unwrap_or_default();
    let linked_operation = link
        .and_then(|link| draft.figure_of[link].clone())
        .and_then(|id| id.strip_prefix("op.").map(str::to_owned))
        .and_then(|id| id.split('.').next().map(str::to_owned));
    let operation = linked_operation.or_else(|| only_request(draft, &of)).or_else(|| {
        (!of.is_empty() && !words::is_actor(&of)).then(|| draft.find_operation(&of, None)).flatten()
    });
    if subject.head() == "cache" && operation.is_some() {
        return cached_share(draft, index);
    }
    if let Some(parent) = operation {
        if served_elsewhere(draft, index) {
            return;
        }
        let acts = demand.action.as_ref().is_some_and(|action| action.access.is_some());
        let becomes = [" is a ", " lead to ", " leads to ", " result in ", " results in "]
            .iter()
            .any(|phrase| demand.text.contains(phrase));
        if acts || becomes || words::is_act(&subject) || declared(draft, index) {
            return outcome(draft, index, &parent);
        }
        return mixture(draft, index, &parent, &subject);
    }
    if share_of_stock(draft, index, &of) {
        return;
    }
    if words::is_request(&of) {
        return share_of_total(draft, index);
    }
    if subject.head() == "cache" && of.head() == "read" {
        return cached_share(draft, index);
    }
    if link.is_some_and(|link| draft.figure_of[link].as_deref() == Some("fan_out")) {
        return share_of_recipients(draft, index, link.unwrap_or_default());
    }
    let Some(parent) = actors(draft, &of, link) else { return };
    let period = demand.per_seconds().unwrap_or(DAY);
    // "2M visitors per day, 1 in 20 buys": once on that day.
    let does = demand.action.as_ref().is_some_and(|action| action.access.is_some());
    let daily = parent == "dau" && does && subject.is_empty();
    let acts = demand.action.is_some() && !subject.is_empty();
    if (acts || daily) && !is_followed(draft, index) {
        return acting_share(draft, index, &parent, period);
    }
    let online = ["concurrent", "online", "simultaneous", "connected"];
    let id = if online.iter().any(|word| subject.has(word)) {
        "concurrent_users".to_owned()
    } else if subject.has("daily") || subject.has("dau") || is_daily_use(demand) {
        "dau".to_owned()
    } else if subject.has("monthly") || subject.has("mau") {
        "mau".to_owned()
    } else {
        let verb = demand.action.as_ref().or_else(|| follower(draft, index)?.action.as_ref());
        let fallback = verb.map_or_else(|| format!("part_{index}"), |action| action.verb.clone());
        format!("{}_population", words::snake(&subject, &fallback))
    };
    let ratio = format!("{id}_ratio");
    draft.state(&ratio, &format!("share of {parent}"), index, 1.0);
    draft.formula(
        &id,
        &format!("{} of {parent}", demand.amount.text),
        &format!("{parent} * {ratio}"),
    );
    draft.figure_of[index] = Some(id.clone());
    note_population(draft, index, &id, &subject, Some(parent));
}

/// Binds the share of what each of a population has that does something in a time: `each user sets 5
/// alerts`, `1 % of alerts fire per day`. Returns whether it was bound.
fn share_of_stock(draft: &mut Draft<'_>, index: usize, of: &NounPhrase) -> bool {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let Some(period) = demand.per_seconds() else { return false };
    let owned = brief.demands.iter().position(|other| {
        let each = other.per_each().is_some_and(words::is_actor);
        each && other.subject() == Some(of) && other.per_seconds().is_none()
    });
    let Some((stock, owner)) =
        owned.and_then(|stock| Some((stock, brief.demands[stock].per_each()?)))
    else {
        return false;
    };
    let Some(actors) = actors(draft, owner, None) else { return false };
    let Target::Operation(name) = target(draft, index) else { return false };
    let each = super::part::number_id(of, owner, false);
    draft.state(&each, &format!("{of}s per {owner}"), stock, 1.0);
    let ratio = format!("op.{name}.of_{}_ratio", words::snake(of, "item"));
    draft.state(&ratio, &format!("{name}: share of the {of}s"), index, 1.0);
    let formula = format!("{actors} * {each} * {ratio} / {}", number(period));
    draft.formula(&format!("op.{name}.qps_avg"), &format!("{name}: per second"), &formula);
    true
}

/// Binds the share of the recipients to whom it goes: `400 friends on average, 10 % of them online`.
fn share_of_recipients(draft: &mut Draft<'_>, index: usize, link: usize) {
    let value = crate::draft::interval(&draft.brief.demands[link].amount);
    draft.network.forget("fan_out");
    draft.figure_of[link] = None;
    draft.state_value("recipients", "all who could be told, on average", link, value);
    draft.state("recipients_ratio", "share of them who are told", index, 1.0);
    let label = "recipients of one write, on average";
    draft.formula("fan_out", label, "recipients * recipients_ratio");
    draft.reported.extend(["recipients".to_owned(), "recipients_ratio".to_owned()]);
}

/// Binds a share that does not come through: `99 % of downloads are served by the CDN`. Returns
/// whether it was bound.
fn served_elsewhere(draft: &mut Draft<'_>, index: usize) -> bool {
    let demand = &draft.brief.demands[index];
    let verb = demand.action.as_ref().map_or("", |action| action.verb.as_str());
    let served = ["serve", "handle", "process", "answer"].contains(&verb);
    let text = demand.text.to_lowercase();
    let Some(part) = ["cdn", "cache", "edge"].into_iter().find(|part| text.contains(part)) else {
        return false;
    };
    if served {
        let id = format!("{part}.hit_ratio");
        draft.state(&id, &format!("share that the {part} answers"), index, 1.0);
        draft.reported.push(id);
    }
    served
}

/// Returns whether a demand gives the rate of what its label names, and nothing says that it is
/// carried along: `refunds: 2 % of payments`.
fn declared(draft: &Draft<'_>, index: usize) -> bool {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let labeled = demand.text.split_once(':').is_some_and(|(label, _)| {
        !label.contains(|c: char| c.is_ascii_digit()) && label.split_whitespace().count() <= 3
    });
    let sized = brief.demands.iter().any(|other| {
        other.metric == Some(tenfold_brief::Metric::Size)
            && (other.subjects == demand.subjects
                || other.of.as_ref().and_then(Of::demand) == Some(index))
    });
    labeled && demand.action.is_none() && demand.subject().is_some() && !sized
}

/// Binds what of a day's reads is to be held in memory: `cache 20 % of daily reads`.
fn cached_share(draft: &mut Draft<'_>, index: usize) {
    draft.state("cache_ratio", "share of a day's reads that is held in memory", index, 1.0);
    let main = draft.main_operation(OperationKind::Read);
    let dataset = main
        .and_then(|main| draft.operations[&main].spec.touches.first())
        .map(|touch| touch.dataset.clone())
        .or_else(|| draft.datasets.keys().next().cloned());
    let Some(name) = dataset else { return };
    let formula = format!("read_qps_avg * 86400 * cache_ratio * data.{name}.item_bytes");
    draft.formula("memory_total_bytes", "held in memory", &formula);
    draft.reported.push("memory_total_bytes".to_owned());
}

/// Returns the operation that `requests` are where the brief names one kind: `ad requests`.
fn only_request(draft: &Draft<'_>, of: &NounPhrase) -> Option<String> {
    let requests = |o: &crate::draft::OperationDraft| o.nouns.iter().any(words::is_request);
    let mut named = draft.operations.iter().filter(|(_, o)| requests(o));
    let (name, _) = named.next().filter(|_| words::is_request(of))?;
    named.next().is_none().then(|| name.clone())
}

/// Binds what a share of an operation leads to: `1 in 5 requests leads to an impression`.
fn outcome(draft: &mut Draft<'_>, index: usize, parent: &str) {
    let Target::Operation(name) = target(draft, index) else { return };
    if name == parent {
        return;
    }
    let ratio = format!("op.{name}.of_{parent}_ratio");
    draft.state(&ratio, &format!("{name} / {parent}"), index, 1.0);
    let id = format!("op.{name}.qps_avg");
    let formula = format!("op.{parent}.qps_avg * {ratio}");
    draft.formula(&id, &format!("{name}: requests per second"), &formula);
    follows_peak(draft, parent, &name, &ratio);
    draft.figure_of[index] = Some(id);
}

/// Lets what follows from an operation with a stated peak have its peak then.
pub(super) fn follows_peak(draft: &mut Draft<'_>, parent: &str, name: &str, times: &str) {
    let peak = format!("op.{parent}.qps_peak");
    if draft.network.is_stated(&peak) {
        let label = format!("{name}: requests per second at peak");
        draft.formula(&format!("op.{name}.qps_peak"), &label, &format!("{peak} * {times}"));
    }
}

/// Returns whether a share is of those who come every day: `25 % use it daily`.
fn is_daily_use(demand: &Demand) -> bool {
    let use_words = ["", "use", "usage", "active", "visit", "사용", "이용", "방문"];
    demand.per_seconds() == Some(DAY)
        && use_words.contains(&demand.subject().map_or("", NounPhrase::head))
}

fn is_followed(draft: &Draft<'_>, index: usize) -> bool {
    follower(draft, index).is_some()
}

/// Returns the later demand that says how often those of this share act.
fn follower<'a>(draft: &Draft<'a>, index: usize) -> Option<&'a Demand> {
    draft.brief.demands.iter().find(|later| {
        let each = later.per.iter().any(|per| match per {
            Per::Each { demand, .. } => *demand == Some(index),
            Per::Time { .. } => false,
        });
        later.per_seconds().is_some()
            && (each || later.of.as_ref().and_then(Of::demand) == Some(index))
    })
}

/// Binds a share of a population that does something once in the period.
fn acting_share(draft: &mut Draft<'_>, index: usize, parent: &str, period: f64) {
    let Target::Operation(name) = target(draft, index) else { return };
    let ratio = format!("op.{name}.actor_ratio");
    draft.state(&ratio, &format!("{name}: share of {parent} who do it"), index, 1.0);
    let id = format!("op.{name}.qps_avg");
    let formula = format!("{parent} * {ratio} / {}", number(period));
    draft.formula(&id, &format!("{name}: requests per second"), &formula);
    draft.figure_of[index] = Some(id);
}

/// Binds a share of all requests: `20 % of requests are searches`.
fn share_of_total(draft: &mut Draft<'_>, index: usize) {
    let demand = &draft.brief.demands[index];
    let single = demand.subject().filter(|noun| noun.words.len() == 1).map(NounPhrase::head);
    match single {
        Some("read") => return draft.state("read_ratio", "reads / requests", index, 1.0),
        Some("write") => return draft.state("write_ratio", "writes / requests", index, 1.0),
        _ => {}
    }
    let Target::Operation(name) = target(draft, index) else { return };
    let ratio = format!("op.{name}.request_ratio");
    draft.state(&ratio, &format!("{name} / requests"), index, 1.0);
    let id = format!("op.{name}.qps_avg");
    draft.formula(
        &id,
        &format!("{name}: requests per second"),
        &format!("request_qps_avg * {ratio}"),
    );
    draft.figure_of[index] = Some(id);
}

/// Binds a share of an operation's requests that carry something more.
fn mixture(draft: &mut Draft<'_>, index: usize, parent: &str, subject: &NounPhrase) {
    let name = words::snake(subject, &format!("part_{index}"));
    let ratio = format!("op.{parent}.{name}_ratio");
    draft.state(&ratio, &format!("{parent}: share with a {subject}"), index, 1.0);
    draft.parts.push((index, parent.to_owned(), ratio));
    if !subject.is_empty() {
        carry(draft, index, subject);
    }
    draft.figure_of[index] = Some(format!("part.{index}"));
}

/// Lets a share of an operation's requests carry an item of a dataset; returns the dataset.
pub(super) fn carry(draft: &mut Draft<'_>, index: usize, subject: &NounPhrase) -> Option<String> {
    let part = draft.parts.iter().find(|(demand, _, _)| *demand == index);
    let (_, parent, ratio) = part.cloned()?;
    let dataset = draft.find_dataset(subject).unwrap_or_else(|| {
        let name = words::snake(subject, "attachment");
        let fresh = generic_dataset(&subject.to_string(), Shape::Blob, draft.origin(index));
        draft.datasets.insert(name.clone(), fresh);
        name
    });
    let flow = format!("op.{parent}.qps_avg * {ratio}");
    let label = format!("{dataset}: new items per second");
    draft.formula(&format!("data.{dataset}.new_items_per_second"), &label, &flow);
    let attachment = (ratio, format!("data.{dataset}.item_bytes"));
    let attachments = &mut draft.operations[&parent].attachments;
    if !attachments.contains(&attachment) {
        attachments.push(attachment);
    }
    Some(dataset)
}
