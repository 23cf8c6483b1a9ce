//! Shares and parts: of a population, of requests, of what one request carries.

use tenfold_brief::{Demand, NounPhrase, Of, Per};

use super::load::number;
use super::population::{actors, note_population, population};
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
        Some(Of::Demand { demand }) => (NounPhrase::default(), Some(*demand)),
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
        let acts = demand.action.as_ref().is_some_and(|action| action.access.is_some());
        let becomes = [" is a ", " lead to ", " leads to ", " result in ", " results in "]
            .iter()
            .any(|phrase| demand.text.contains(phrase));
        if acts || becomes || words::is_act(&subject) || declared(draft, index) {
            return outcome(draft, index, &parent);
        }
        return mixture(draft, index, &parent, &subject);
    }
    if words::is_request(&of) {
        return share_of_total(draft, index);
    }
    if subject.head() == "cache" && of.head() == "read" {
        return cached_share(draft, index);
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
    draft.figure_of[index] = Some(id);
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
    let fans = ["follower", "recipient", "receiver", "subscriber", "friend", "member"];
    if fans.contains(&subject.head()) {
        return fan_out(draft, index);
    }
    if !maximum && members(draft, index, noun, link) {
        return;
    }
    if !maximum && (of_the_day(draft, index, noun, link) || of_each_request(draft, index, noun)) {
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
    super::load::per_actor(draft, index, &who, link, DAY);
    true
}

/// Binds what is done so often for each request of an operation: in a session, for each post.
fn of_each_request(draft: &mut Draft<'_>, index: usize, noun: &NounPhrase) -> bool {
    let demand = &draft.brief.demands[index];
    let acts = demand.action.as_ref().is_some_and(|action| action.access.is_some())
        || demand.subject().is_some_and(words::is_act);
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
