//! One territory to one demand (two where an interval implies an operation of its own).

use super::amount::{Beside, Converted, convert, hundredth};
use super::noun::{self, Phrase};
use super::{Context, Cut, Found, Territory, link};
use crate::codes::{EACH_OR_TOTAL, UNIT_LEFT_OUT, WRONG_DIMENSION};
use crate::lexer::Remark;
use crate::lexicon::units::UnitKind;
use crate::marks::{Mark, MarkKind};
use crate::{
    Amount, Bound, Condition, ConditionKind, Demand, Dimension, Metric, NounPhrase, Of, Per,
    Statistic, TimeUnit,
};

/// Below this an amount beside several actors is what each of them does.
const EACH_UP_TO: f64 = 1_000.0;

/// Labels that group lines and name nothing.
const CATEGORIES: &[&str] = &[
    "traffic",
    "load",
    "scale",
    "performance",
    "capacity",
    "number",
    "workload",
    "volume",
    "target",
    "slo",
    "sla",
    "note",
    "requirement",
    "expected",
    "estimate",
    "assumption",
    "key",
    "figure",
];

/// Words for which a count is expected.
const COUNTED: &[&str] = &[
    "user",
    "people",
    "person",
    "customer",
    "member",
    "subscriber",
    "viewer",
    "listener",
    "player",
    "driver",
    "rider",
    "visitor",
    "account",
    "household",
    "device",
    "sensor",
    "student",
    "examinee",
];

/// Parts of a design of which people state what one carries.
const PARTS: &[&str] = &[
    "shard",
    "node",
    "server",
    "instance",
    "replica",
    "partition",
    "broker",
    "machine",
    "worker",
    "gateway",
    "database",
    "consumer",
];

const DATA: &[&str] = &["ram", "memory", "storage", "disk", "data", "ssd"];

/// Adds the demand of a territory.
pub(super) fn territory(
    marks: &[Mark],
    label: &[Mark],
    territory: &Territory,
    context: &Context<'_>,
    found: &mut Found,
) {
    let at = territory.amount;
    let own = Sides {
        before: &marks[territory.marks.start..at],
        after: &marks[at + 1..territory.marks.end],
        label,
        text: context.text,
    };
    let Some(quantity) = marks[at].quantity() else { return };
    let mut metric = own.metric(quantity);
    let converted = {
        let beside = own.beside(quantity, metric);
        convert(quantity, &marks[at].range, &beside, context, found)
    };
    let Converted { amount, per: unit_per, noun: unit_noun, nines } = converted;
    if nines {
        metric = metric.or(Some(Metric::Availability));
    }
    let amount = unit_of_metric(amount, metric, found, &marks[at].range);
    metric = own.fitting(metric, amount.dimension);
    let mut draft = own.draft(amount, metric, context);
    draft.per.extend(unit_per);
    if quantity.at_least && draft.bound == Bound::Exactly {
        draft.bound = Bound::AtLeast;
    }
    let right = noun::after(own.after, &|mark| own.is_chosen(mark, metric));
    let hangul = own
        .before
        .iter()
        .any(|mark| context.text[mark.range.clone()].contains(crate::lexer::is_hangul));
    let verbs = !metric.is_some_and(link::is_objective_metric) && !hangul;
    let left = noun::before(own.before, verbs, &|mark| own.is_chosen(mark, metric));
    let place = Place {
        territory,
        right: &right,
        left: &left,
        own: &own,
        unit_noun,
        increase: quantity.increase,
    };
    place.subjects(&mut draft);
    infer_metric(&mut draft, &place);
    link::attach(&mut draft, &place, context, found);
    check_dimension(&draft, &place, context, found);
    place.push(draft, context, found);
}

/// The marks on both sides of an amount.
pub(super) struct Sides<'a> {
    pub(super) before: &'a [Mark],
    pub(super) after: &'a [Mark],
    pub(super) label: &'a [Mark],
    text: &'a str,
}

impl Sides<'_> {
    fn all(&self) -> impl Iterator<Item = &Mark> {
        self.before.iter().rev().chain(self.after).chain(self.label)
    }

    /// Returns the property that the marks name, or suggest for this kind of quantity.
    fn metric(&self, quantity: &crate::lexer::Quantity) -> Option<Metric> {
        let named = self.all().find_map(|mark| match mark.kind {
            MarkKind::Metric { metric, strong: true, .. } => Some(metric),
            _ => None,
        });
        // "p99" alone means latency; the word "median" may be said of anything.
        let percentile = self.all().any(|mark| {
            matches!(mark.kind, MarkKind::Statistic(Statistic::Percentile(_)))
                && !self.text[mark.range.clone()].eq_ignore_ascii_case("median")
        });
        let time = quantity.time().is_some() || (quantity.unit.is_none() && !quantity.scaled);
        match named {
            Some(metric) => Some(metric),
            None if percentile && time => Some(Metric::Latency),
            None => None,
        }
    }

    /// Returns the named property, or the hint that fits the dimension.
    fn fitting(&self, named: Option<Metric>, dimension: Dimension) -> Option<Metric> {
        if let Some(metric) = named {
            return Some(metric);
        }
        let hints = self.before.iter().rev().chain(self.after).chain(self.label);
        hints
            .filter_map(|mark| match mark.kind {
                MarkKind::Metric { metric, strong: false, .. } => Some(metric),
                _ => None,
            })
            .find(|metric| metric.allows(dimension) && !is_part_of_noun(*metric, dimension))
    }

    /// Whether a mark is the property itself and no noun.
    fn is_chosen(&self, mark: &Mark, chosen: Option<Metric>) -> bool {
        match &mark.kind {
            MarkKind::Metric { strong: true, .. } => true,
            MarkKind::Metric { words, .. } if words == &["start"] => false,
            MarkKind::Metric { metric, .. } => {
                Some(*metric) == chosen && !matches!(metric, Metric::Memory | Metric::Concurrency)
            }
            _ => false,
        }
    }

    fn per_time(&self) -> bool {
        self.all().any(|mark| matches!(mark.kind, MarkKind::PerTime { .. }))
    }

    fn beside(&self, quantity: &crate::lexer::Quantity, metric: Option<Metric>) -> Beside {
        let next = self.after.first().and_then(Mark::noun_words);
        let people = |marks: &[Mark]| {
            marks
                .iter()
                .filter_map(Mark::noun_words)
                .flatten()
                .any(|word| COUNTED.contains(&word.as_str()))
        };
        let expects = |dimension| metric.is_some_and(|metric: Metric| metric.allows(dimension));
        let times = quantity.kind() == Some(UnitKind::Times);
        Beside {
            noun_follows: next.is_some(),
            counts: people(self.before)
                || people(self.label)
                || metric == Some(Metric::Concurrency),
            time: expects(Dimension::Time) || self.hints_time(),
            per_time: self.per_time(),
            per_second: self.all().any(|mark| {
                matches!(
                    mark.kind,
                    MarkKind::PerTime { unit: TimeUnit::Second | TimeUnit::Subsecond, .. }
                )
            }),
            of_data: next.into_iter().flatten().any(|word| DATA.contains(&word.as_str())),
            frequency: times
                && self.per_time()
                && metric != Some(Metric::PeakFactor)
                && !self
                    .all()
                    .any(|mark| matches!(mark.kind, MarkKind::Condition(ConditionKind::Peak))),
        }
    }

    fn hints_time(&self) -> bool {
        self.all().any(|mark| matches!(mark.kind, MarkKind::Metric { metric, .. } if metric.allows(Dimension::Time)))
    }

    /// Returns the demand with everything but its nouns.
    fn draft(&self, amount: Amount, metric: Option<Metric>, context: &Context<'_>) -> Demand {
        let mut demand = Demand {
            span: amount.span,
            text: String::new(),
            item: context.item,
            subjects: Vec::new(),
            actor: None,
            action: None,
            metric,
            statistic: None,
            bound: Bound::Exactly,
            amount,
            per: Vec::new(),
            of: None,
            conditions: Vec::new(),
        };
        for mark in self.label.iter().chain(self.before) {
            take_property(&mut demand, mark, context, true);
        }
        for mark in self.after {
            take_property(&mut demand, mark, context, false);
        }
        demand
    }
}

/// A hint that is rather the thing itself: 3 copies, 2 GB memory, 1M concurrent users.
fn is_part_of_noun(metric: Metric, dimension: Dimension) -> bool {
    metric == Metric::Growth && dimension == Dimension::Bytes
}

/// Takes bound, statistic, denominator and condition of a mark.
fn take_property(demand: &mut Demand, mark: &Mark, context: &Context<'_>, before: bool) {
    let span = (context.place)(mark.range.clone());
    match &mark.kind {
        MarkKind::Bound(bound) if before || demand.bound == Bound::Exactly => demand.bound = *bound,
        MarkKind::Statistic(statistic) => {
            let percentile = matches!(demand.statistic, Some(Statistic::Percentile(_)));
            if before || (demand.statistic.is_none() && !percentile) {
                demand.statistic = Some(*statistic);
            }
        }
        MarkKind::PerTime { seconds, unit, interval } => {
            let per = Per::Time { seconds: *seconds, unit: *unit, interval: *interval, span };
            if demand.per_seconds().is_none() {
                demand.per.push(per);
            }
        }
        MarkKind::PerEach { words } => {
            let noun = noun::noun_phrase(words.clone());
            demand.per.push(Per::Each { noun, demand: None, span });
        }
        MarkKind::Condition(kind) => demand.conditions.push(Condition { kind: kind.clone(), span }),
        _ => {}
    }
}

/// A territory with the phrases on both sides.
pub(super) struct Place<'a> {
    pub(super) territory: &'a Territory,
    pub(super) right: &'a Phrase,
    pub(super) left: &'a Phrase,
    pub(super) own: &'a Sides<'a>,
    unit_noun: Option<&'static str>,
    increase: bool,
}

impl Place<'_> {
    /// Sets subjects, actor, action and what it is a share of.
    fn subjects(&self, draft: &mut Demand) {
        let (left, right) = (self.left, self.right);
        let counted = draft.amount.dimension == Dimension::Count;
        let share = draft.amount.dimension == Dimension::Ratio;
        draft.subjects = self.targets();
        if let Some(verb) = left.verb {
            draft.action = noun::action(verb);
            if !left.object.is_empty() && !verb.is_participle {
                draft.actor = Some(noun::noun_phrase(left.object.clone()));
            }
        }
        if let Some(verb) = right.verb {
            draft.action = draft.action.take().or_else(|| noun::action(verb));
        }
        let label = label_noun(self.own.label);
        let candidates: [&[String]; 4] = if counted {
            [&right.noun, &left.noun, &[], &label]
        } else if share && !right.of.is_empty() {
            [&right.object, &left.noun, &[], &label]
        } else if share && right.verb.is_some() {
            [&right.object, &[], &[], &label]
        } else {
            [&left.noun, &right.noun, &left.object, &label]
        };
        if draft.subjects.is_empty() {
            let words = candidates.into_iter().find(|words| !words.is_empty());
            draft.subjects.extend(words.map(|words| noun::noun_phrase(words.to_vec())));
        }
        if let Some(name) = self.unit_noun
            && draft.subjects.is_empty()
        {
            draft.subjects.push(noun::noun_phrase(vec![name.to_owned()]));
        }
        if counted && !label.is_empty() {
            of_label(draft, &label);
        }
        self.whole_of_share(draft, share, counted);
        self.part(draft, counted);
        self.korean_counter(draft, counted);
        self.korean_verb(draft, counted);
        if draft.action.is_none() && counted && draft.metric.is_none() {
            draft.action = draft.subject().and_then(noun::action_of_noun);
        }
    }

    /// `2.5 % of daily users`, `30 % of users`, `10,000 units of one product`.
    fn whole_of_share(&self, draft: &mut Demand, share: bool, counted: bool) {
        let right = self.right;
        if !right.of.is_empty() && (share || counted) {
            let noun = noun::noun_phrase(right.of.clone());
            draft.of = Some(Of::Noun { noun, demand: None });
        } else if share && right.verb.is_some() && !right.noun.is_empty() && draft.metric.is_none()
        {
            // "30 % users post": the noun is the whole.
            let noun = noun::noun_phrase(right.noun.clone());
            draft.of = Some(Of::Noun { noun, demand: None });
        }
    }

    /// `one shard takes 20k writes/s`: what a part of the design carries.
    fn part(&self, draft: &mut Demand, counted: bool) {
        let carries = self.left.verb.is_some_and(|verb| {
            ["take", "handle", "process", "serve", "carry", "support"].contains(&verb.base)
        });
        let part = self.left.object.last().is_some_and(|word| PARTS.contains(&word.as_str()));
        if counted && carries && part && draft.metric.is_none() && draft.per_seconds().is_some() {
            draft.metric = Some(Metric::Capacity);
        }
    }

    /// `사용자 50만 명이 접속`, `하루 1억 건의 URL 생성`: the noun stands before, the verb at the end.
    fn korean_counter(&self, draft: &mut Demand, counted: bool) {
        let text = &draft.amount.text;
        if !counted || !text.contains(|c: char| crate::lexer::is_hangul(c)) {
            return;
        }
        let (left, right) = (&self.left.noun, &self.right.noun);
        let verb = right.last().and_then(|word| crate::lexicon::verb(word));
        match (verb, left.is_empty()) {
            (Some(verb), false) if right.len() > 1 && !text.ends_with('명') => {
                draft.action = noun::action(verb);
                draft.actor = Some(noun::noun_phrase(left.clone()));
                draft.subjects = vec![noun::noun_phrase(right[..right.len() - 1].to_vec())];
            }
            (Some(verb), false) => {
                draft.action = noun::action(verb);
                draft.subjects = vec![noun::noun_phrase(left.clone())];
            }
            (Some(verb), true) if right.len() > 1 => {
                draft.action = noun::action(verb);
                let words = right[..right.len() - 1].to_vec();
                draft.subjects = vec![noun::noun_phrase(words)];
            }
            (Some(verb), true) if text.ends_with('명') => {
                draft.action = noun::action(verb);
                draft.subjects = vec![noun::noun_phrase(vec!["user".to_owned()])];
            }
            (None, false) => draft.subjects = vec![noun::noun_phrase(left.clone())],
            _ => {}
        }
        if draft.subjects.is_empty() && text.ends_with('명') {
            draft.subjects = vec![noun::noun_phrase(vec!["user".to_owned()])];
        }
    }

    /// `30초마다 200바이트를 전송`: only a verb stands after the amount.
    fn korean_verb(&self, draft: &mut Demand, counted: bool) {
        let verb = self.right.noun.last().and_then(|word| crate::lexicon::verb(word));
        let Some(verb) =
            verb.filter(|_| !counted && self.own.text.contains(crate::lexer::is_hangul))
        else {
            return;
        };
        if self.right.noun.len() > 1 && draft.metric.is_none_or(|metric| metric == Metric::Size) {
            draft.action = noun::action(verb);
            let object = self.right.noun[..self.right.noun.len() - 1].to_vec();
            draft.subjects = vec![noun::noun_phrase(object)];
            if !self.left.noun.is_empty() {
                draft.actor = Some(noun::noun_phrase(self.left.noun.clone()));
            }
        } else if draft.subjects.len() == 1 && draft.subjects[0].words == self.right.noun {
            draft.action = noun::action(verb);
            draft.subjects[0].words.pop();
            draft.subjects.retain(|noun| !noun.is_empty());
        }
    }

    /// `for orders and payments`, `for reads`; `everything else`.
    fn targets(&self) -> Vec<NounPhrase> {
        if self.own.before.iter().chain(self.own.after).any(|mark| mark.kind == MarkKind::Rest) {
            return vec![NounPhrase { words: Vec::new(), rest: true }];
        }
        let mut targets = Vec::new();
        let mut words: Vec<String> = Vec::new();
        let mut inside = false;
        for mark in self.own.after {
            match &mark.kind {
                MarkKind::Function(word) if matches!(word.as_str(), "for" | "on") => inside = true,
                MarkKind::Function(word) if word == "and" && inside => {
                    targets.push(noun::noun_phrase(core::mem::take(&mut words)));
                }
                MarkKind::Function(word) if matches!(word.as_str(), "the" | "all" | "a") => {}
                _ if !inside => {}
                _ => match mark.noun_words() {
                    Some(own) => words.extend(own),
                    None => break,
                },
            }
        }
        targets.push(noun::noun_phrase(words));
        targets.retain(|target| !target.is_empty());
        targets
    }

    /// Adds the demand; before it the operation that an interval implies, after it the one that a
    /// verb with an interval of its own implies.
    fn push(&self, mut draft: Demand, context: &Context<'_>, found: &mut Found) {
        let mut range = self.range();
        if self.territory.cut == Cut::First
            && let Some(label) = self.own.label.first()
        {
            range.start = range.start.min(label.range.start);
        }
        let range = trimmed(context.text, range);
        draft.text = context.text[range.clone()].to_owned();
        draft.span = (context.place)(range);
        if let Some(implied) = interval_of_bytes(&mut draft) {
            let index = context.earlier.len() + found.demands.len();
            draft.of = Some(Of::Demand { demand: index });
            found.demands.push(implied);
        }
        let follow = self.implied_operation(&mut draft, context, found);
        found.demands.push(draft);
        found.demands.extend(follow);
    }

    /// Returns the bytes of the whole territory.
    fn range(&self) -> core::ops::Range<usize> {
        let amount = &self.territory.range;
        let start = self.own.before.first().map_or(amount.start, |mark| mark.range.start);
        let end = self.own.after.last().map_or(amount.end, |mark| mark.range.end);
        start.min(amount.start)..end.max(amount.end)
    }

    /// `30 % of users post daily`, `10M users upload a photo every day`: the share (or the count),
    /// and what each of them does.
    fn implied_operation(
        &self,
        draft: &mut Demand,
        context: &Context<'_>,
        found: &Found,
    ) -> Option<Demand> {
        let counts = matches!(draft.amount.dimension, Dimension::Ratio | Dimension::Count);
        let appears = ["connect", "login", "visit", "use"];
        let verb = self.right.verb.filter(|verb| {
            verb.is_base && !(appears.contains(&verb.base) && self.right.object.is_empty())
        })?;
        draft.per_seconds().filter(|_| counts && draft.metric.is_none())?;
        let index = context.earlier.len() + found.demands.len();
        let mut per = core::mem::take(&mut draft.per);
        let actor = match &draft.of {
            Some(Of::Noun { noun, .. }) => noun.clone(),
            _ => draft.subject().cloned().unwrap_or_default(),
        };
        let span = draft.span;
        per.insert(0, Per::Each { noun: actor.clone(), demand: Some(index), span });
        let mut operation = implied_one(draft, per);
        operation.action = noun::action(verb);
        operation.actor = Some(actor);
        operation.subjects = vec![noun::noun_phrase(if self.right.object.is_empty() {
            vec![verb.base.to_owned()]
        } else {
            self.right.object.clone()
        })];
        operation.of = Some(Of::Demand { demand: index });
        Some(operation)
    }
}

/// `200 bytes every 30 s` says: something every 30 s, and its size.
fn interval_of_bytes(draft: &mut Demand) -> Option<Demand> {
    let interval = draft.per.iter().any(|per| matches!(per, Per::Time { interval: true, .. }));
    if !interval || !matches!(draft.amount.dimension, Dimension::Bytes | Dimension::Bits) {
        return None;
    }
    let per = core::mem::take(&mut draft.per);
    draft.metric = Some(Metric::Size);
    Some(implied_one(draft, per))
}

/// Returns the demand "one" with these denominators, in the words of another one.
fn implied_one(model: &Demand, per: Vec<Per>) -> Demand {
    let span = per.iter().find_map(|per| match per {
        Per::Time { span, .. } => Some(*span),
        Per::Each { .. } => None,
    });
    let amount = Amount {
        low: 1.0,
        mid: 1.0,
        high: 1.0,
        dimension: Dimension::Count,
        currency: None,
        implied: true,
        span: span.unwrap_or(model.span),
        text: String::new(),
    };
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
    let interval =
        marks.iter().position(|mark| matches!(mark.kind, MarkKind::PerTime { interval: true, .. }));
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
    let amount = Amount {
        low: 1.0,
        mid: 1.0,
        high: 1.0,
        dimension: Dimension::Count,
        currency: None,
        implied: true,
        span,
        text: String::new(),
    };
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
    let noun = if phrase.noun.is_empty() { phrase.object.clone() } else { phrase.noun };
    draft.subjects = vec![noun::noun_phrase(noun)];
    draft.subjects.retain(|noun| !noun.is_empty());
    let start = marks.first().map_or(0, |mark| mark.range.start);
    let whole = start..marks.last().map_or(start, |mark| mark.range.end);
    let whole = trimmed(context.text, whole);
    draft.text = context.text[whole.clone()].to_owned();
    draft.span = (context.place)(whole);
    link::resolve_each(&mut draft, context, &found.demands);
    found.demands.push(draft);
}

/// Reads `each driver sends its location`: the verb stands directly after `each …`.
fn each_phrase(before: &[Mark], text: &str) -> Phrase {
    let english = !text.contains(crate::lexer::is_hangul);
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
    let small = draft.amount.mid <= EACH_UP_TO && !draft.amount.implied;
    if !counted || draft.metric.is_some() || draft.per_seconds().is_none() {
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

/// Supplies the property that an amount without one most likely is a value of.
fn infer_metric(draft: &mut Demand, place: &Place<'_>) {
    let amount = &draft.amount;
    let head = draft.subject().map_or("", NounPhrase::head);
    let peak = draft.conditions.iter().position(|condition| condition.kind == ConditionKind::Peak);
    let per_time = draft.per_seconds().is_some();
    let plain = draft.metric.is_none();
    match amount.dimension {
        Dimension::Factor
            if plain && draft.action.as_ref().is_some_and(|action| action.verb == "store") =>
        {
            draft.metric = Some(Metric::Copies);
        }
        Dimension::Factor if plain && (peak.is_some() || head.is_empty() || !per_time) => {
            let ratio = place.own.text.contains(':')
                && draft.subject().is_some_and(|noun| noun.has("read"));
            draft.metric = Some(if ratio { Metric::ReadWriteRatio } else { Metric::PeakFactor });
            draft.statistic = None;
            draft.conditions.retain(|condition| condition.kind != ConditionKind::Peak);
        }
        Dimension::Factor if draft.metric == Some(Metric::PeakFactor) => {
            draft.statistic = None;
            draft.conditions.retain(|condition| condition.kind != ConditionKind::Peak);
        }
        Dimension::Count if draft.metric == Some(Metric::PeakFactor) => {
            if !per_time && amount.mid <= 1_000.0 {
                draft.amount.dimension = Dimension::Factor;
            } else {
                draft.metric = None;
            }
        }
        Dimension::Count if draft.metric == Some(Metric::ReadWriteRatio) => {
            draft.amount.dimension = Dimension::Factor;
        }
        Dimension::Bytes | Dimension::Bits if plain => {
            let stream = amount.dimension == Dimension::Bits && per_time;
            draft.metric = Some(if stream { Metric::Bitrate } else { Metric::Size });
        }
        Dimension::Ratio if plain => draft.metric = infer_share(draft, place),
        Dimension::Time if plain => draft.metric = infer_time(draft, place),
        Dimension::Length if plain => draft.metric = Some(Metric::Distance),
        Dimension::Money if plain => draft.metric = Some(Metric::Price),
        _ => {}
    }
    if matches!(draft.metric, Some(Metric::ReadShare | Metric::WriteShare)) {
        draft.subjects.retain(|noun| noun.words.len() > 1);
    }
}

fn infer_share(draft: &Demand, place: &Place<'_>) -> Option<Metric> {
    let whole = draft.of.is_some()
        || place.own.before.iter().chain(place.own.after).any(|mark| mark.kind == MarkKind::Those);
    let head = draft.subject().map_or("", NounPhrase::head);
    if place.increase || (!whole && yearly(draft)) {
        return Some(Metric::Growth);
    }
    if whole {
        return None;
    }
    match head {
        "read" => Some(Metric::ReadShare),
        "write" => Some(Metric::WriteShare),
        _ if draft.amount.mid >= 0.9 && draft.amount.mid < 1.0 && place.right.verb.is_none() => {
            Some(Metric::Availability)
        }
        _ => None,
    }
}

fn yearly(draft: &Demand) -> bool {
    draft.per_seconds().is_some_and(|seconds| seconds >= 7.0 * 86_400.0)
}

fn infer_time(draft: &Demand, place: &Place<'_>) -> Option<Metric> {
    if draft.per_seconds().is_some() || place.territory.cut == Cut::Of {
        return Some(Metric::Length);
    }
    let tier = draft
        .conditions
        .iter()
        .any(|condition| matches!(condition.kind, ConditionKind::Tier { .. }));
    if tier {
        return Some(Metric::Retention);
    }
    let below = matches!(draft.bound, Bound::LessThan | Bound::AtMost);
    if below && draft.amount.mid <= 60.0 {
        return Some(Metric::Latency);
    }
    let long = draft.subject().is_some() && draft.amount.mid < 86_400.0;
    if long { Some(Metric::Length) } else { None }
}

/// Says so when the named property cannot have this dimension.
fn check_dimension(draft: &Demand, place: &Place<'_>, context: &Context<'_>, found: &mut Found) {
    let Some(metric) = draft.metric else { return };
    let dimension = draft.amount.dimension;
    if metric.allows(dimension) {
        return;
    }
    let range = place.territory.range.clone();
    let allowed: Vec<_> = metric.entry().dimensions.iter().map(|d| d.name()).collect();
    let message = format!(
        "{} is {}, but `{}` is {}",
        metric.name().replace('-', " "),
        allowed.join(" or "),
        &context.text[range.clone()],
        rate_name(draft),
    );
    let help = format!("write {}", example(metric));
    found.remarks.push(Remark { code: WRONG_DIMENSION, range, message, help });
}

fn rate_name(draft: &Demand) -> &'static str {
    match (draft.amount.dimension, draft.per_seconds()) {
        (Dimension::Count, Some(_)) => "a rate",
        (dimension, _) => dimension.name(),
    }
}

fn example(metric: Metric) -> &'static str {
    match metric {
        Metric::Latency => "\"p99 < 200 ms\"",
        Metric::Availability | Metric::Durability => "\"99.9 %\"",
        Metric::Retention => "\"retention 90 days\"",
        Metric::RecoveryPoint | Metric::RecoveryTime => "\"RTO 5 minutes\"",
        Metric::Downtime => "\"downtime 5 minutes a month\"",
        Metric::PeakFactor => "\"peak 3x\"",
        Metric::ReadWriteRatio => "\"reads to writes 100:1\"",
        Metric::Budget | Metric::Price => "\"$5k/month\"",
        Metric::Growth => "\"growth 20 % a year\"",
        Metric::HitRatio | Metric::ErrorRatio | Metric::ReadShare | Metric::WriteShare => {
            "a share in %"
        }
        _ => "an amount of that kind",
    }
}

/// `feed: 3k requests/s` counts requests of the feed.
fn of_label(draft: &mut Demand, label: &[String]) {
    let generic = ["request", "query", "call", "operation", "hit", "event"];
    if let Some(subject) = draft.subjects.first_mut()
        && subject.words.len() == 1
        && generic.contains(&subject.head())
    {
        subject.words.splice(0..0, label.iter().cloned());
    }
}

fn label_noun(label: &[Mark]) -> Vec<String> {
    let words: Vec<_> = label.iter().filter_map(Mark::noun_words).flatten().collect();
    if words.iter().any(|word| CATEGORIES.contains(&word.as_str())) { Vec::new() } else { words }
}

fn trimmed(text: &str, range: core::ops::Range<usize>) -> core::ops::Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + (part.len() - part.trim_start().len());
    let start = start + (part.trim().len() - part.trim().trim_start_matches([':', ',', ' ']).len());
    let end = range.start + part.trim_end_matches([',', ';', '.', ' ', '\n']).len();
    start..end.max(start)
}

/// Supplies the unit that a property has where a bare number stands: `RPO 0`, `p99 < 200`,
/// `availability 99.9`.
fn unit_of_metric(
    mut amount: Amount,
    metric: Option<Metric>,
    found: &mut Found,
    range: &core::ops::Range<usize>,
) -> Amount {
    let bare =
        amount.dimension == Dimension::Count && amount.text.ends_with(|c: char| c.is_ascii_digit());
    let Some(metric) = metric.filter(|metric| bare && !metric.allows(Dimension::Count)) else {
        return amount;
    };
    let (dimension, factor, unit) = if metric.allows(Dimension::Time) && amount.high == 0.0 {
        amount.dimension = Dimension::Time;
        return amount;
    } else if metric == Metric::Latency && (1.0..=60_000.0).contains(&amount.mid) {
        (Dimension::Time, 1e-3, "ms")
    } else if metric.allows(Dimension::Ratio) && amount.high <= 1.0 {
        (Dimension::Ratio, 1.0, "a share")
    } else if metric.allows(Dimension::Ratio) && amount.high <= 100.0 {
        amount.low = hundredth(amount.low);
        amount.mid = hundredth(amount.mid);
        amount.high = hundredth(amount.high);
        (Dimension::Ratio, 1.0, "%")
    } else if metric == Metric::Budget {
        amount.currency = Some(crate::Currency::Usd);
        (Dimension::Money, 1.0, "US dollars")
    } else {
        return amount;
    };
    let message = format!("`{}` was read in {unit}", amount.text);
    let help = "write the unit".to_owned();
    found.remarks.push(Remark { code: UNIT_LEFT_OUT, range: range.clone(), message, help });
    amount.dimension = dimension;
    amount.low *= factor;
    amount.mid *= factor;
    amount.high *= factor;
    amount
}
