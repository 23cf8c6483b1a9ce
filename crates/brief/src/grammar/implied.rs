//! Operations that a sentence implies without a number: `every sensor reports every 30 s`.

use super::analyze::{Sides, take_property, trimmed};
use super::noun::{self, Phrase};
use super::{Context, Found, link};
use crate::codes::EACH_OR_TOTAL;
use crate::lexer::Remark;
use crate::lexicon::Verb;
use crate::lexicon::english::PEOPLE;
use crate::marks::{Mark, MarkKind};
use crate::{
    Access, Amount, Bound, ConditionKind, Demand, Dimension, Metric, NounPhrase, Per, Span,
};

/// Below this an amount beside several actors is what each of them does.
pub(super) const EACH_UP_TO: f64 = 1_000.0;

/// `200 bytes every 30 s` says: something every 30 s, and its size.
pub(super) fn interval_of_bytes(draft: &mut Demand) -> Option<Demand> {
    let interval = draft.per.iter().any(|per| matches!(per, Per::Time { interval: true, .. }));
    if !interval || !matches!(draft.amount.dimension, Dimension::Bytes | Dimension::Bits) {
        return None;
    }
    let per = core::mem::take(&mut draft.per);
    draft.metric = Some(Metric::Size);
    Some(implied_one(draft, per))
}

/// Returns the demand "one" with these denominators, in the words of another one.
/// What happens so often, by the words before the interval: `GPS ping every 3 s, 120 bytes`.
pub(super) fn named_before_interval(before: &[Mark]) -> Option<NounPhrase> {
    let at = before.iter().position(|mark| matches!(mark.kind, MarkKind::PerTime { .. }))?;
    let words: Option<Vec<String>> = before[..at]
        .iter()
        .map(|mark| match &mark.kind {
            MarkKind::Word { word, raw } if crate::lexicon::verb(raw).is_none() => {
                Some(word.clone())
            }
            _ => None,
        })
        .collect();
    let plain = words.filter(|words| (1..=3).contains(&words.len()));
    // "the client sends a change batch every 2 s, 400 bytes": what it sends.
    let sent = || {
        let phrase = noun::before(&before[..at], true, &|_| false);
        let object = phrase.verb.is_some() && !phrase.object.is_empty() && !phrase.noun.is_empty();
        object.then_some(phrase.noun)
    };
    compound(&before[..at]).or(plain).or_else(sent).map(noun::noun_phrase)
}

pub(super) fn implied_one(model: &Demand, per: Vec<Per>) -> Demand {
    let span = per.iter().find_map(|per| match per {
        Per::Time { span, .. } => Some(*span),
        Per::Each { .. } => None,
    });
    let amount = once(span.unwrap_or(model.span));
    Demand {
        amount,
        per,
        metric: None,
        statistic: None,
        bound: Bound::Exactly,
        of: None,
        ..model.clone()
    }
}

/// Adds the demand of an item without amounts that tells a frequency (`every sensor reports every
/// 30 s`) or a window (`peak 18-22 h KST`).
pub(super) fn implied(marks: &[Mark], context: &Context<'_>, found: &mut Found) {
    let each = marks.iter().any(|mark| matches!(mark.kind, MarkKind::PerEach { .. }));
    let interval = marks.iter().position(|mark| match mark.kind {
        MarkKind::PerTime { interval, .. } => interval || each,
        _ => false,
    });
    let window = marks.iter().position(|mark| {
        matches!(
            &mark.kind,
            MarkKind::Condition(
                ConditionKind::Hours { .. }
                    | ConditionKind::Within { .. }
                    | ConditionKind::After { .. }
            )
        )
    });
    let Some(at) = interval.or(window) else { return };
    let sides =
        Sides { before: &marks[..at], after: &marks[at + 1..], label: &[], text: context.text };
    let span = (context.place)(marks[at].range.clone());
    let amount = once(span);
    let mut draft = sides.draft(amount, None, context);
    take_property(&mut draft, &marks[at], context, true);
    let phrase = each_phrase(sides.before, context.text);
    let korean = context.text.contains(crate::lexer::is_hangul);
    let later = || {
        let words = sides.after.iter().filter_map(Mark::noun_words).flatten();
        words.filter_map(|word| crate::lexicon::verb(&word)).next()
    };
    let verb = phrase.verb.or_else(|| if korean { later() } else { None });
    draft.action = verb.and_then(noun::action);
    if phrase.verb.is_some() && !phrase.object.is_empty() {
        draft.actor = Some(noun::noun_phrase(phrase.object.clone()));
    }
    // "location updated every 30 s": what it is done to.
    if phrase.verb.is_some_and(|verb| verb.is_participle && phrase.noun.is_empty()) {
        draft.actor = None;
    }
    let hours = |c: &crate::Condition| matches!(c.kind, ConditionKind::Hours { from, to, .. } if from != to);
    if interval.is_none() && !each && draft.conditions.iter().any(hours) {
        // "open 9:30 to 16:00": when, and no load.
        draft.action = None;
        draft.actor = None;
    }
    let noun = if phrase.noun.is_empty() { phrase.object.clone() } else { phrase.noun };
    draft.subjects = vec![noun::noun_phrase(noun)];
    draft.subjects.retain(|noun| !noun.is_empty());
    said_by(&mut draft, marks, context);
    of_those_before(&mut draft, context, found);
    if sides.before.iter().any(|mark| mark.kind == MarkKind::Those) {
        all_of_them(&mut draft, span, context, found);
    }
    link::resolve_each(&mut draft, context, &found.demands);
    found.demands.push(draft);
}

/// Adds the demands of a sentence without amounts: one for each of its frequencies, `a charger reports
/// its meter every 30 s, and a heartbeat every 5 min`.
pub(super) fn sentence(marks: &[Mark], context: &Context<'_>, found: &mut Found) {
    let interval = |mark: &Mark| matches!(mark.kind, MarkKind::PerTime { interval: true, .. });
    let first = marks.iter().position(interval);
    let second = first.and_then(|at| Some(at + 1 + marks[at + 1..].iter().position(interval)?));
    let (Some(first), Some(second)) = (first, second) else {
        return implied(marks, context, found);
    };
    let joins = |mark: &Mark| mark.is_sign(',') || mark.is_function("and");
    let Some(cut) = marks[first..second].iter().position(joins) else {
        return implied(marks, context, found);
    };
    implied(&marks[..first + cut], context, found);
    let rest = &marks[first + cut..];
    let start = rest.iter().position(|mark| !joins(mark)).unwrap_or(rest.len());
    let (before, known) = (found.demands.last().cloned(), found.demands.len());
    sentence(&rest[start..], context, found);
    // "… and a heartbeat every 5 min": of the same ones.
    if let (Some(before), Some(draft)) = (before, found.demands.get_mut(known))
        && draft.actor.is_none()
        && draft.per_each().is_none()
    {
        draft.actor.clone_from(&before.actor);
        draft.action = draft.action.take().or(before.action);
        let each = before.per.into_iter().filter(|per| matches!(per, Per::Each { .. }));
        draft.per.splice(0..0, each);
    }
}

/// `All of them refresh the map every 3 s`: each of the people who were counted last.
fn all_of_them(draft: &mut Demand, span: Span, context: &Context<'_>, found: &Found) {
    let demands = context.earlier.iter().chain(&found.demands).enumerate();
    let people = |demand: &Demand| {
        let counts = demand.amount.dimension == Dimension::Count && demand.per.is_empty();
        counts && demand.subject().is_some_and(|noun| PEOPLE.contains(&noun.head()))
    };
    let Some((index, last)) = demands.filter(|(_, demand)| people(demand)).last() else { return };
    let noun = last.subject().cloned().unwrap_or_default();
    draft.per.insert(0, Per::Each { noun, demand: Some(index), span });
}

/// Returns the amount of what happens once, without a number.
const fn once(span: Span) -> Amount {
    Amount {
        low: 1.0,
        mid: 1.0,
        high: 1.0,
        dimension: Dimension::Count,
        currency: None,
        implied: true,
        span,
        text: String::new(),
    }
}

fn said_by(draft: &mut Demand, marks: &[Mark], context: &Context<'_>) {
    let start = marks.first().map_or(0, |mark| mark.range.start);
    let whole = start..marks.last().map_or(start, |mark| mark.range.end);
    let whole = trimmed(context.text, whole);
    draft.text = context.text[whole.clone()].to_owned();
    draft.span = (context.place)(whole);
}

/// Returns for which things, by which verb and to what a clause says that something happens once:
/// `every match updates the score`, `one request per character`.
fn cause(clause: &[Mark]) -> Option<(&[String], Option<Verb>, Vec<String>)> {
    let plain = |mark: &Mark| matches!(mark.kind, MarkKind::Word { .. } | MarkKind::Function(_));
    match clause {
        [Mark { kind: MarkKind::PerEach { words }, .. }, verb, object @ ..] => {
            let MarkKind::Word { raw, .. } = &verb.kind else { return None };
            let adds = |verb: &Verb| matches!(verb.access, Some(Access::Write | Access::Push));
            let verb = crate::lexicon::verb(raw).filter(|verb| verb.is_third && adds(verb))?;
            let things = words.last().is_some_and(|word| !PEOPLE.contains(&word.as_str()));
            let object: Vec<String> =
                object.iter().filter_map(Mark::noun_words).flatten().collect();
            (things && clause[1..].iter().all(plain) && !object.is_empty()).then_some((
                words,
                Some(verb),
                object,
            ))
        }
        [one, noun @ .., Mark { kind: MarkKind::PerEach { words }, .. }] => {
            let one = ["one", "a", "an"].iter().any(|word| one.is_function(word));
            let noun: Vec<String> = noun.iter().filter_map(Mark::noun_words).flatten().collect();
            (one && !noun.is_empty() && noun.len() + 2 == clause.len())
                .then_some((words, None, noun))
        }
        _ => None,
    }
}

/// Returns whether a clause tells what each of some things leads to.
pub(super) fn causes(clause: &[Mark]) -> bool {
    cause(clause).is_some()
}

/// Adds the demand of such a clause.
pub(super) fn caused(clause: &[Mark], context: &Context<'_>, found: &mut Found) {
    let Some((each, verb, object)) = cause(clause) else { return };
    let span = (context.place)(clause[0].range.clone());
    let sides = Sides { before: &[], after: &[], label: &[], text: context.text };
    let mut draft = sides.draft(once(span), None, context);
    draft.per.push(Per::Each { noun: noun::noun_phrase(each.to_vec()), demand: None, span });
    draft.action = verb.and_then(noun::action);
    draft.subjects = vec![noun::noun_phrase(object)];
    said_by(&mut draft, clause, context);
    link::resolve_each(&mut draft, context, &found.demands);
    found.demands.push(draft);
}

/// `2M drivers, each reports …`: each of those whom the same sentence counts.
fn of_those_before(draft: &mut Demand, context: &Context<'_>, found: &Found) {
    let Some(last) = found.demands.len().checked_sub(1) else { return };
    let before = &found.demands[last];
    let counts = before.amount.dimension == Dimension::Count && before.per.is_empty();
    for per in &mut draft.per {
        if let Per::Each { noun, demand, .. } = per
            && counts
            && (noun.is_empty() || crate::lexicon::verb(noun.head()).is_some())
        {
            if let Some(verb) = crate::lexicon::verb(noun.head()) {
                draft.action = noun::action(verb);
            }
            *noun = before.subject().cloned().unwrap_or_default();
            *demand = Some(context.earlier.len() + last);
        }
    }
}

/// Reads `each driver sends its location`: the verb stands directly after `each …`.
/// `GPS ping every 3 s`: a verb's plain form after a single thing names what happens.
fn compound(before: &[Mark]) -> Option<Vec<String>> {
    let words: Option<Vec<(&String, &String)>> = before
        .iter()
        .map(|mark| match &mark.kind {
            MarkKind::Word { word, raw } => Some((word, raw)),
            _ => None,
        })
        .collect();
    let words = words.filter(|words| words.len() == 2)?;
    let verb = crate::lexicon::verb(words[1].1)?;
    let single =
        !crate::lexicon::is_plural(words[0].1) && crate::lexicon::verb(words[0].1).is_none();
    let thing = !PEOPLE.contains(&words[0].0.as_str());
    (verb.is_base && !verb.is_third && single && thing)
        .then(|| words.iter().map(|(word, _)| (*word).clone()).collect())
}

fn each_phrase(before: &[Mark], text: &str) -> Phrase {
    let english = !text.contains(crate::lexer::is_hangul);
    if let Some(noun) = compound(before).filter(|_| english) {
        return Phrase { noun, ..Phrase::default() };
    }
    let phrase = noun::before(before, english, &|_| false);
    if phrase.verb.is_some() {
        return phrase;
    }
    let Some(each) = before.iter().position(|mark| matches!(mark.kind, MarkKind::PerEach { .. }))
    else {
        return phrase;
    };
    let mut words = before[each + 1..].iter().filter_map(|mark| match &mark.kind {
        MarkKind::Word { word, raw } => Some((word.clone(), raw.clone())),
        _ => None,
    });
    let Some((_, verb)) = words.next() else { return phrase };
    let Some(verb) = crate::lexicon::verb(&verb) else { return phrase };
    Phrase { verb: Some(verb), noun: words.map(|(word, _)| word).collect(), ..Phrase::default() }
}

/// Returns whether one thing in general acts: `a parcel gets …`, `an order causes …`; who acts with
/// an article is read with the time of the sentence.
fn of_one(actor: &NounPhrase, context: &Context<'_>) -> bool {
    of_article(actor, context) && !PEOPLE.contains(&actor.head())
}

pub(super) fn of_article(actor: &NounPhrase, context: &Context<'_>) -> bool {
    let text = format!(" {}", context.text.to_lowercase());
    let one = |article: &&str| text.contains(&format!(" {article} {actor} "));
    ["a", "an", "one"].iter().any(one)
}

/// Reads each demand of the item as one for each of those who act, where it is one.
pub(super) fn each_actors(context: &Context<'_>, found: &mut Found) {
    for index in 0..found.demands.len() {
        let mut demand = found.demands[index].clone();
        each_actor(&mut demand, context, found);
        found.demands[index] = demand;
    }
}

/// `each driver sends 3 …` and `users send 3 …`: one of those who act is a denominator.
fn each_actor(draft: &mut Demand, context: &Context<'_>, found: &mut Found) {
    let each = draft.per.iter().any(|per| matches!(per, Per::Each { .. }));
    if each {
        if draft.actor.is_none() && draft.action.is_some() {
            draft.actor = draft.per_each().filter(|noun| !noun.is_empty()).cloned();
        }
        return;
    }
    let Some(actor) = draft.actor.clone() else { return };
    let counted = draft.amount.dimension == Dimension::Count;
    if draft.per.iter().any(|per| matches!(per, Per::Time { interval: true, .. })) {
        let span = draft.amount.span;
        draft.per.insert(0, Per::Each { noun: actor, demand: None, span });
        link::resolve_each(draft, context, &[]);
        return;
    }
    if counted && draft.metric.is_none() && draft.per.is_empty() && of_one(&actor, context) {
        // "a parcel gets 9 scans": for each parcel, and what comes to a thing is added.
        draft.per.push(Per::Each { noun: actor, demand: None, span: draft.amount.span });
        if let Some(action) = draft.action.as_mut().filter(|action| action.verb == "get") {
            action.access = Some(Access::Write);
        }
        link::resolve_each(draft, context, &[]);
        return;
    }
    let small = draft.amount.mid <= EACH_UP_TO && !draft.amount.implied;
    if !counted || draft.metric.is_some() || draft.per_seconds().is_none() {
        return;
    }
    if of_article(&actor, context) {
        // "a user views 5 videos per day"
        draft.per.insert(0, Per::Each { noun: actor, demand: None, span: draft.amount.span });
        link::resolve_each(draft, context, &[]);
        return;
    }
    let read = if small { format!("for each {actor}") } else { "as the total".to_owned() };
    let message = format!("`{}` was read {read}", draft.amount.text);
    let help = format!("write \"per {actor}\" or \"in total\"");
    found.remarks.push(Remark { code: EACH_OR_TOTAL, range: 0..context.text.len(), message, help });
    if small {
        draft.per.insert(0, Per::Each { noun: actor, demand: None, span: draft.amount.span });
    }
}
