//! Links between the demands of a sentence.

use super::subjects::Place;
use super::{Context, Cut, Found};
use crate::lexicon::english::PEOPLE;
use crate::marks::{Mark, MarkKind};
use crate::{Demand, Dimension, Metric, NounPhrase, Of, Per};

/// Links a draft with the demands before it.
pub(super) fn attach(
    draft: &mut Demand,
    place: &Place<'_>,
    context: &Context<'_>,
    found: &mut Found,
) {
    let base = context.earlier.len();
    let previous = found.demands.len().checked_sub(1);
    let cut = place.territory.cut;
    if has(place, &MarkKind::Those) && draft.metric != Some(Metric::PeakFactor) {
        let index = (base + found.demands.len()).checked_sub(1);
        draft.of = index.map(|demand| Of::Demand { demand }).or(draft.of.take());
        let whole = index.and_then(|index| {
            context
                .earlier
                .get(index)
                .or_else(|| found.demands.get(index.checked_sub(base)?))
                .cloned()
        });
        let active = draft.subject().is_some_and(|noun| noun.words == ["active"]);
        let share = draft.amount.dimension == Dimension::Ratio || active;
        if let Some(whole) = whole.filter(|_| share) {
            active_share(draft, &whole);
        }
    }
    let Some(previous) = previous else {
        each_of_the_counted(draft, place, context);
        share_of_the_counted(draft, place, context);
        resolve(draft, context, &found.demands);
        return;
    };
    let before = found.demands[previous].clone();
    carried_by_the_counted(draft, place, base, &found.demands);
    if cut == Cut::Of {
        of_the_counted(draft, &before, base + previous, &mut found.demands[previous]);
    } else if cut == Cut::Flow {
        flow(draft, &before, base + previous, place, context, &found.demands);
    }
    if draft.of.is_none() && continues(draft, &before, cut) {
        inherit(draft, &before, base + previous);
    }
    if cut == Cut::And {
        // "watches 40 minutes a day at 3 Mbps and takes 2 quizzes": those who watch.
        let acting = found.demands.iter().rev().find(|demand| is_of_each(demand));
        goes_on(draft, acting.unwrap_or(&before), place);
    }
    for per in &mut draft.per {
        if let Per::Each { noun, .. } = per
            && noun.is_empty()
            && let Some(subject) = before.subject()
        {
            *noun = subject.clone();
            // "Market feed: 50k ticks per second, 40 bytes each": of a tick.
            if draft.metric == Some(Metric::Size) && cut == Cut::Comma && named_by_label(place) {
                draft.subjects = vec![subject.clone()];
            }
        }
    }
    // "5,000 hotels with 200 rooms each": a hotel is not of a hotel.
    let own = draft.subject().filter(|_| draft.amount.dimension == Dimension::Count).cloned();
    draft.per.retain(|per| !matches!(per, Per::Each { noun, .. } if Some(noun) == own.as_ref()));
    resolve(draft, context, &found.demands);
}

/// `1M users` and in the next line `each sends 10 emails`: each of those.
fn each_of_the_counted(draft: &mut Demand, place: &Place<'_>, context: &Context<'_>) {
    let leads = |mark: &Mark| matches!(&mark.kind, MarkKind::PerEach { words } if words.is_empty());
    if !place.own.before.first().is_some_and(leads) {
        return;
    }
    let counted = context.earlier.iter().rposition(|demand| {
        let plain = demand.amount.dimension == Dimension::Count && demand.metric.is_none();
        plain && demand.per.is_empty() && !demand.subjects.is_empty()
    });
    let Some(index) = counted else { return };
    for per in &mut draft.per {
        if let Per::Each { noun, demand, .. } = per
            && noun.is_empty()
        {
            *noun = context.earlier[index].subject().cloned().unwrap_or_default();
            *demand = Some(index);
        }
    }
}

/// `posts: 2M/day, 2 KB; 30 % have an image`: of the posts.
fn carried_by_the_counted(draft: &mut Demand, place: &Place<'_>, base: usize, own: &[Demand]) {
    let has =
        place.own.after.first().is_some_and(|m| m.is_function("have") || m.is_function("has"));
    let share = draft.amount.dimension == Dimension::Ratio && draft.metric.is_none();
    if has && share && draft.of.is_none() && place.territory.cut == Cut::Sentence {
        let counted = own.iter().rposition(|demand| {
            demand.amount.dimension == Dimension::Count && demand.per_seconds().is_some()
        });
        draft.of = counted.map(|index| Of::Demand { demand: base + index });
    }
}

/// `10M users` and in the next line `10 % use the map daily`, `daily active: 8 %`: of those.
fn share_of_the_counted(draft: &mut Demand, place: &Place<'_>, context: &Context<'_>) {
    let share = draft.amount.dimension == Dimension::Ratio && draft.metric.is_none();
    if !share || draft.of.is_some() {
        return;
    }
    let first = place.own.after.first().map(|mark| &mark.kind);
    let verb = match first {
        Some(MarkKind::Word { raw, .. }) => crate::lexicon::verb(raw).filter(|verb| verb.is_base),
        _ => None,
    };
    let daily = |noun: &NounPhrase| {
        let words = ["daily", "monthly", "weekly", "active", "dau", "mau", "user"];
        noun.words.len() > 1 && noun.words.iter().all(|word| words.contains(&word.as_str()))
    };
    let active = draft.subject().is_some_and(daily) && draft.per.is_empty();
    if verb.is_none() && !active {
        return;
    }
    let counted = context.earlier.iter().rposition(|demand| {
        let plain = demand.amount.dimension == Dimension::Count && demand.metric.is_none();
        let people = demand.subject().is_some_and(|noun| PEOPLE.contains(&noun.head()));
        plain && people && demand.per.is_empty()
    });
    let Some(index) = counted else { return };
    draft.of = Some(Of::Demand { demand: index });
    let Some(verb) = verb else { return };
    draft.action = super::noun::action(verb);
    let object = draft.subject().map(|noun| noun.words.iter().skip(1).cloned().collect());
    draft.subjects = vec![super::noun::noun_phrase(object.unwrap_or_default())];
    draft.subjects.retain(|noun| !noun.is_empty());
    if verb.base == "use" {
        draft.subjects.clear();
        active_share(draft, &context.earlier[index]);
    }
}

/// Returns whether nothing beside the amount names what it is said of.
fn named_by_label(place: &Place<'_>) -> bool {
    place.left.noun.is_empty() && place.right.noun.is_empty() && !place.own.label.is_empty()
}

/// Returns whether a demand tells what each of some does in a time.
fn is_of_each(demand: &Demand) -> bool {
    let length = demand.metric.is_none_or(|metric| metric == Metric::Length);
    length && demand.per_each().is_some() && demand.per_seconds().is_some()
}

/// `sends 10 emails per day and receives 40`: the same ones, in the same time.
fn goes_on(draft: &mut Demand, before: &Demand, place: &Place<'_>) {
    let counts =
        |demand: &Demand| demand.amount.dimension == Dimension::Count && demand.metric.is_none();
    let first = place.own.before.iter().find_map(|mark| match &mark.kind {
        MarkKind::Word { raw, .. } => crate::lexicon::verb(raw),
        _ => None,
    });
    let named = before.actor.is_some() || before.per_each().is_some();
    let own_time = draft.per_seconds().is_some() && named;
    let of_each = is_of_each(before);
    let acts = |verb: &crate::lexicon::Verb| {
        verb.access.is_some() || verb.is_third && (own_time || of_each)
    };
    let Some(verb) = first.filter(acts) else { return };
    let daily = before.actor.as_ref().is_some_and(|actor| actor.has("daily"));
    let timed = before.per_seconds().is_some() || daily || verb.is_third && own_time;
    // "writes 10 notes a day and reads 100 notes a day": with a time of its own.
    let same_ones = verb.is_third && draft.per_each().is_none();
    let before_counts = counts(before) || of_each;
    if !(draft.per.is_empty() || same_ones) || !counts(draft) || !before_counts || !timed {
        return;
    }
    draft.actor.clone_from(&before.actor);
    if draft.per.is_empty() {
        draft.per.clone_from(&before.per);
    } else {
        let each = before.per.iter().find(|per| matches!(per, Per::Each { .. })).cloned();
        draft.per.splice(0..0, each);
    }
    draft.action = super::noun::action(verb);
    if draft.subject().is_none_or(|noun| noun.words == [verb.base]) {
        draft.subjects.clone_from(&before.subjects);
    }
    // "During a match every client sends 20 updates/s and receives 20 snapshots/s": in the same state.
    if draft.conditions.is_empty() {
        let during = |c: &&crate::Condition| matches!(c.kind, crate::ConditionKind::During { .. });
        draft.conditions = before.conditions.iter().filter(during).cloned().collect();
    }
}

fn has(place: &Place<'_>, kind: &MarkKind) -> bool {
    place.own.before.iter().chain(place.own.after).any(|mark: &Mark| mark.kind == *kind)
}

/// `2 sessions of 45 minutes per day`: the length is of the sessions, the day is theirs.
fn of_the_counted(draft: &mut Demand, before: &Demand, index: usize, left: &mut Demand) {
    draft.subjects.clone_from(&before.subjects);
    draft.action.clone_from(&before.action);
    draft.of = Some(Of::Demand { demand: index });
    // "9 scan events of 200 bytes each": each is one of those.
    let bare = |per: &Per| matches!(per, Per::Each { noun, .. } if noun.is_empty());
    draft.per.retain(|per| !bare(per));
    if left.per_seconds().is_none() {
        let per = core::mem::take(&mut draft.per);
        left.per.extend(per);
    }
}

/// `300k drivers send 2 updates`, `5 % of those post twice a day`, `10 % of messages carry a 200 KB
/// photo`: the left one says who.
fn flow(
    draft: &mut Demand,
    before: &Demand,
    index: usize,
    place: &Place<'_>,
    context: &Context<'_>,
    own: &[Demand],
) {
    let who = matches!(before.amount.dimension, Dimension::Count | Dimension::Ratio)
        && before.metric.is_none_or(|metric| metric == Metric::Concurrency)
        && before.per_seconds().is_none();
    if !who || draft.metric.is_some_and(|metric| metric != Metric::Size && metric != Metric::Length)
    {
        return;
    }
    let leading = place.own.before.iter().find_map(|mark| match &mark.kind {
        MarkKind::Word { raw, .. } => crate::lexicon::verb(raw),
        _ => None,
    });
    if leading.is_none() && draft.per.is_empty() && draft.subjects.is_empty() {
        return;
    }
    draft.of = Some(Of::Demand { demand: index });
    let actor = those_of(before, context, own);
    if draft.subjects.is_empty() && leading.is_none() {
        draft.action.clone_from(&before.action);
        let verb = before.action.as_ref().map(|action| action.verb.clone());
        draft.subjects.extend(verb.map(|verb| super::noun::noun_phrase(vec![verb])));
    }
    if let Some(verb) = leading {
        draft.action = super::noun::action(verb);
        let only_verb = draft.subject().is_none_or(|noun| noun.words == [verb.base]);
        if only_verb {
            draft.subjects = vec![super::noun::noun_phrase(vec![verb.base.to_owned()])];
        }
    }
    let each = draft.per.iter().any(|per| matches!(per, Per::Each { .. }));
    let total = draft.amount.dimension == Dimension::Count
        && draft.amount.mid > super::implied::EACH_UP_TO
        && !draft.per.iter().any(|per| matches!(per, Per::Time { interval: true, .. }));
    if total {
        draft.of = None;
    }
    if !each && !total && draft.per_seconds().is_some() {
        let span = draft.amount.span;
        draft.per.insert(0, Per::Each { noun: actor.clone(), demand: Some(index), span });
    }
    if !actor.is_empty() && draft.actor.is_none() {
        draft.actor = Some(actor);
    }
}

/// Returns whom a share or a count speaks of.
fn those_of(demand: &Demand, context: &Context<'_>, own: &[Demand]) -> NounPhrase {
    match &demand.of {
        Some(Of::Noun { noun, .. }) => noun.clone(),
        Some(Of::Demand { demand }) => {
            let base = context.earlier.len();
            let whole = context.earlier.get(*demand).or_else(|| own.get(demand.checked_sub(base)?));
            whole.and_then(Demand::subject).cloned().unwrap_or_default()
        }
        None => demand.subject().cloned().unwrap_or_default(),
    }
}

/// Whether an amount without a subject of its own speaks of what stood before.
fn continues(draft: &Demand, before: &Demand, cut: Cut) -> bool {
    let metric = draft.metric;
    let property = matches!(
        metric,
        Some(
            Metric::Size
                | Metric::Length
                | Metric::Growth
                | Metric::Copies
                | Metric::Retention
                | Metric::Bitrate
        )
    );
    let same_sentence = matches!(cut, Cut::Comma | Cut::And | Cut::Flow);
    let bare_each = draft.per_each().is_some_and(NounPhrase::is_empty);
    let share_of_people = metric.is_none()
        && draft.amount.dimension == Dimension::Ratio
        && before.amount.dimension != Dimension::Time;
    let of_an_act = metric.is_none()
        && draft.amount.dimension == Dimension::Count
        && draft.per_seconds().is_none()
        && draft.per_each().is_none_or(NounPhrase::is_empty)
        && (draft.statistic.is_some()
            || draft.bound != crate::Bound::Exactly
            || bare_each
            || draft.at_peak() && draft.subjects.is_empty() && before.per_seconds().is_some())
        && !before.subjects.is_empty();
    let nameless = draft.subjects.is_empty();
    same_sentence && ((nameless && property) || share_of_people || of_an_act || bare_each)
}

fn inherit(draft: &mut Demand, before: &Demand, index: usize) {
    draft.of = Some(Of::Demand { demand: index });
    // "3M participants per day, 45 minutes each": of their day.
    if draft.metric == Some(Metric::Length) && draft.per_each().is_some_and(NounPhrase::is_empty) {
        let time = before.per.iter().filter(|per| matches!(per, Per::Time { interval: false, .. }));
        draft.per.extend(time.cloned());
    }
    let daily = draft.metric.is_none() && draft.amount.dimension == Dimension::Ratio;
    if daily {
        active_share(draft, before);
    }
    if draft.subjects.is_empty() {
        draft.subjects.clone_from(&before.subjects);
        // "4 people per call, 25 minutes long": the call is.
        let people = before.subject().is_some_and(|noun| PEOPLE.contains(&noun.head()));
        if let (Some(Metric::Length), Some(each), true) = (draft.metric, before.per_each(), people)
        {
            draft.subjects = vec![each.clone()];
        }
        if draft.action.is_none() {
            draft.action.clone_from(&before.action);
        }
    }
}

/// `10M MAU, 30 % daily`: the share is active every day; it is no rate.
fn active_share(draft: &mut Demand, before: &Demand) {
    let unit = draft.per.iter().find_map(|per| match per {
        Per::Time { unit, interval: false, .. } => Some(*unit),
        _ => None,
    });
    let word = match unit {
        Some(crate::TimeUnit::Day) => "daily",
        Some(crate::TimeUnit::Week) => "weekly",
        Some(crate::TimeUnit::Month) => "monthly",
        _ => return,
    };
    let appears = [
        "connect", "login", "visit", "use", "open", "join", "listen", "play", "watch", "come",
        "return", "active",
    ];
    let same = before.subject().map_or("", NounPhrase::head);
    let other =
        draft.action.as_ref().is_some_and(|action| !appears.contains(&action.verb.as_str()))
            || draft.subject().is_some_and(|noun| {
                !noun.words.iter().all(|word| appears.contains(&word.as_str()) || word == same)
            });
    if other || before.per_seconds().is_some() {
        return;
    }
    draft.action = None;
    let head = before.subject().map_or("user", NounPhrase::head).to_owned();
    draft.subjects =
        vec![super::noun::noun_phrase(vec![word.to_owned(), "active".to_owned(), head])];
    draft.per.retain(|per| matches!(per, Per::Each { .. }));
}

/// Acts of which people give the share that follows something sent or shown: `open rate 25 %`.
const RATES: &[(&str, &str)] = &[
    ("open", "open"),
    ("opening", "open"),
    ("click", "click"),
    ("click-through", "click"),
    ("clickthrough", "click"),
    ("conversion", "order"),
    ("unsubscribe", "unsubscribe"),
];

/// Reads `open rate 25 %` as a share of the last flow that stands before it.
pub(super) fn rate_of_a_flow(draft: &mut Demand, context: &Context<'_>, own: &[Demand]) {
    let text = context.text.to_lowercase();
    let said = text.contains(" rate") || text.contains('율') || text.contains('률');
    let share = draft.amount.dimension == Dimension::Ratio && draft.metric.is_none();
    let counted = !matches!(draft.of, Some(Of::Noun { .. }));
    let head = draft.subject().map_or("", NounPhrase::head);
    let Some((_, verb)) = RATES.iter().find(|(name, _)| *name == head && said && share && counted)
    else {
        return;
    };
    let all: Vec<&Demand> = context.earlier.iter().chain(own).collect();
    let flow = all.iter().rposition(|demand| {
        let count = demand.amount.dimension == Dimension::Count && demand.metric.is_none();
        count && demand.per_seconds().is_some() && !demand.at_peak()
    });
    let Some(demand) = flow else { return };
    let access = if *verb == "order" { crate::Access::Write } else { crate::Access::Read };
    draft.action = Some(crate::Action { verb: (*verb).to_owned(), access: Some(access) });
    // "booking conversion": a booking.
    let what = draft.subject().map(|noun| noun.words[..noun.words.len() - 1].to_vec());
    draft.subjects = what.map(super::noun::noun_phrase).into_iter().collect();
    draft.subjects.retain(|noun| !noun.is_empty());
    draft.of = Some(Of::Demand { demand });
}

/// Points `per user` and `of users` at the demand that counts those.
fn resolve(draft: &mut Demand, context: &Context<'_>, own: &[Demand]) {
    resolve_each(draft, context, own);
    if let Some(Of::Noun { noun, demand }) = &mut draft.of {
        *demand = find(noun, context, own, true);
    }
}

/// Points `per user` at the demand of this item that counts users.
pub(super) fn resolve_each(draft: &mut Demand, context: &Context<'_>, own: &[Demand]) {
    for per in &mut draft.per {
        if let Per::Each { noun, demand, .. } = per
            && demand.is_none()
        {
            *demand = find(noun, context, own, false);
        }
    }
}

/// Returns the last demand that counts these: in this item by the last word, in earlier ones by all
/// words.
fn find(
    noun: &NounPhrase,
    context: &Context<'_>,
    own: &[Demand],
    everywhere: bool,
) -> Option<usize> {
    let counts = |demand: &&Demand| {
        demand.amount.dimension == Dimension::Count
            && !demand.amount.implied
            && demand.per_seconds().is_none()
    };
    let base = context.earlier.len();
    let in_item = own.iter().rposition(|demand| {
        counts(&demand) && demand.subject().is_some_and(|own| own.head() == noun.head())
    });
    let earlier = || {
        context.earlier.iter().rposition(|demand| counts(&demand) && demand.subject() == Some(noun))
    };
    in_item.map(|index| base + index).or_else(|| everywhere.then(earlier).flatten())
}
