//! Who does what to what: the nouns and verbs beside an amount.

use super::analyze::{Sides, trimmed};
use super::implied::{implied_one, interval_of_bytes, named_before_interval};
use super::noun::{self, Phrase};
use super::{Context, Cut, Found, Territory};
use crate::lexicon::english::PEOPLE;
use crate::marks::{Mark, MarkKind};
use crate::{Access, Action, Demand, Dimension, Metric, NounPhrase, Of, Per, TimeUnit};

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
    "storage",
    "key",
    "figure",
    "usage",
    "use",
    "activity",
];

/// Words for a property in front of what has it.
const PROPERTIES: &[&str] =
    &["record", "size", "entry", "row", "item", "average", "length", "amount", "duration"];

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

/// Verbs whose past participle is their base form.
const DONE: &[&str] = &["read", "set", "put", "hit", "bid"];

/// Participles after which those stand to whom something goes: `shown to 5M viewers`.
const SENT: &[(&str, &str)] = &[
    ("shown", "show"),
    ("displayed", "show"),
    ("sent", "send"),
    ("pushed", "push"),
    ("delivered", "deliver"),
    ("broadcast", "broadcast"),
    ("streamed", "stream"),
    ("forwarded", "forward"),
    ("mailed", "mail"),
    ("emailed", "email"),
];

/// A territory with the phrases on both sides.
pub(super) struct Place<'a> {
    pub(super) territory: &'a Territory,
    pub(super) right: &'a Phrase,
    pub(super) left: &'a Phrase,
    pub(super) own: &'a Sides<'a>,
    pub(super) unit_noun: Option<&'static str>,
    pub(super) increase: bool,
    /// Whether it was written as `100:1`.
    pub(super) ratio: bool,
}

impl Place<'_> {
    /// Sets subjects, actor, action and what it is a share of.
    pub(super) fn subjects(&self, draft: &mut Demand) {
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
        // "30 % have an image (500 KB)": what stands in brackets is of what stands before them.
        let aside = self.own.text[..self.territory.range.start].trim_end().ends_with('(');
        let label =
            if aside && !counted && !share { Vec::new() } else { label_noun(self.own.label) };
        let candidates: [&[String]; 4] = if counted {
            [&right.noun, &left.noun, &[], &label]
        } else if share && !right.of.is_empty() {
            [&right.object, &left.noun, &[], &label]
        } else if share && right.verb.is_some() {
            [&right.object, &[], &[], &label]
        } else if draft.per_seconds().is_some() && !right.of.is_empty() && draft.per.len() == 1 {
            // "ingest 2 TB of logs per day"
            [&right.of, &left.noun, &right.noun, &label]
        } else if !right.of.is_empty() && right.noun.is_empty() && draft.metric.is_none() {
            // "each build: 2 MB of logs"
            [&right.of, &left.noun, &[], &label]
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
        self.of_one_thing(draft, counted);
        // "TPS: 5,000 average, 20,000 peak"
        let rate = draft.subject().is_some_and(|noun| {
            noun.words.len() == 1 && ["tps", "qps", "rps"].contains(&noun.head())
        });
        if counted && rate && draft.metric.is_none() && draft.per_seconds().is_none() {
            let (unit, span) = (TimeUnit::Second, draft.amount.span);
            draft.per.push(Per::Time { seconds: 1.0, unit, interval: false, span });
            let paid = draft.subjects[0].head() == "tps";
            let noun = if paid { "transaction" } else { "request" };
            draft.subjects = vec![noun::noun_phrase(vec![noun.to_owned()])];
        }
        self.sized_act(draft);
        self.whole_of_share(draft, share, counted);
        self.korean_whole(draft, share);
        self.part(draft, counted);
        self.sent_to(draft, counted);
        self.korean_counter(draft, counted);
        self.korean_verb(draft, counted);
        self.frequency(draft, counted);
        if draft.action.is_none() && counted && draft.metric.is_none() {
            draft.action = draft.subject().and_then(noun::action_of_noun);
        }
    }

    /// `a prompt has 500 tokens`, `an answer 300 tokens`: of each of these.
    fn of_one_thing(&self, draft: &mut Demand, counted: bool) {
        let (left, right) = (&self.left.noun, &self.right.noun);
        let article = self.own.before.iter().find(|mark| !mark.is_function("and"));
        let one = article.is_some_and(|mark| mark.is_function("a") || mark.is_function("an"));
        let each = |per: &Per| matches!(per, Per::Each { .. } | Per::Time { interval: true, .. });
        let plain = !draft.per.iter().any(each) && draft.metric.is_none() && draft.action.is_none();
        if counted && one && plain && !left.is_empty() && !right.is_empty() && left != right {
            let mut left = left.clone();
            // "a doctor sees 25 patients a day": a verb of any kind stands before the amount.
            let last = self.own.before.last();
            let verb = last.is_some_and(
                |mark| matches!(&mark.kind, MarkKind::Word { raw, .. } if raw.ends_with('s')),
            );
            if verb && left.len() > 1 {
                left.pop();
            }
            let (noun, span) = (noun::noun_phrase(left), draft.amount.span);
            draft.per.insert(0, Per::Each { noun, demand: None, span });
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

    /// `주문의 45%`, `사용자의 30%가 매일 글을 쓴다`: the whole stands before, what is done at the end.
    fn korean_whole(&self, draft: &mut Demand, share: bool) {
        let before = self.own.text[..self.territory.range.start].trim_end();
        let whole = before.ends_with('의') && !self.left.noun.is_empty();
        if !share || draft.metric.is_some() || draft.of.is_some() || !whole {
            return;
        }
        let noun = noun::noun_phrase(self.left.noun.clone());
        draft.of = Some(Of::Noun { noun, demand: None });
        draft.subjects.clear();
        let mut words = self.right.noun.clone();
        if let Some(verb) = words.last().and_then(|word| crate::lexicon::verb(word)) {
            draft.action = noun::action(verb);
            words.pop();
        }
        draft.subjects.push(noun::noun_phrase(words));
        draft.subjects.retain(|noun| !noun.is_empty());
    }

    /// `every frob is glimped 25 times`: what is done to each of them, by a verb of any kind; that
    /// which exists is looked at.
    fn frequency(&self, draft: &mut Demand, counted: bool) {
        let times = self.own.text[self.territory.range.clone()].contains("times");
        let Some(word) = draft.subject().map(|noun| noun.head().to_owned()) else { return };
        let passive = word.ends_with("ed") && crate::lexicon::verb(&word).is_none();
        if counted && times && passive && draft.action.is_none() && self.right.noun.is_empty() {
            draft.action = Some(Action { verb: word, access: Some(Access::Read) });
        }
    }

    /// `results are shown to 5M viewers every 2 s`: those to whom something goes.
    fn sent_to(&self, draft: &mut Demand, counted: bool) {
        let mut last = self.own.before.iter().rev();
        let to = last.next().is_some_and(|mark| mark.is_function("to"));
        let Some(MarkKind::Word { raw, .. }) = last.next().map(|mark| &mark.kind) else { return };
        let verb = SENT.iter().find(|(participle, _)| participle == raw);
        if let (true, true, Some((_, verb))) = (counted, to, verb) {
            let action = Action { verb: (*verb).to_owned(), access: Some(Access::Push) };
            draft.action = Some(action);
            draft.actor = None;
            draft.subjects = vec![noun::noun_phrase(self.right.noun.clone())];
            draft.subjects.retain(|noun| !noun.is_empty());
        }
    }

    /// `edit 30 KB`: a verb alone before a size names what has it.
    fn sized_act(&self, draft: &mut Demand) {
        let size = matches!(draft.amount.dimension, Dimension::Bytes | Dimension::Bits);
        let alone = self.left.noun.is_empty() && self.left.object.is_empty();
        let Some(verb) = self.left.verb.filter(|verb| verb.is_base && alone && size) else {
            return;
        };
        if draft.subjects.is_empty() && draft.per.is_empty() && verb.access.is_some() {
            draft.subjects = vec![noun::noun_phrase(vec![verb.base.to_owned()])];
        }
    }

    /// `one shard takes 20k writes/s`: what a part of the design carries.
    pub(super) fn part(&self, draft: &mut Demand, counted: bool) {
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
            // "고객은 택배당 5번 조회": who, and how often.
            (Some(verb), false)
                if text.ends_with(['번', '회'])
                    && left.last().is_some_and(|word| PEOPLE.contains(&word.as_str())) =>
            {
                draft.action = noun::action(verb);
                draft.actor = Some(noun::noun_phrase(left.clone()));
                draft.subjects = vec![noun::noun_phrase(vec![verb.base.to_owned()])];
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
        // "하루 활성 사용자 500만 명": those of a day, and no rate.
        let active = draft.subject().is_some_and(|noun| noun.words == ["active", "user"]);
        if active && text.ends_with('명') && draft.per_seconds() == Some(86_400.0) {
            draft.subjects[0].words.insert(0, "daily".to_owned());
            draft.per.clear();
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
        let people = self.right.noun.last().is_some_and(|word| PEOPLE.contains(&word.as_str()));
        for mark in self.own.after {
            match &mark.kind {
                // "2M drivers on duty" counts drivers.
                MarkKind::Function(word) if word == "on" && people => break,
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
    pub(super) fn push(&self, mut draft: Demand, context: &Context<'_>, found: &mut Found) {
        let mut range = self.range();
        if self.territory.cut == Cut::First
            && let Some(label) = self.own.label.first()
        {
            range.start = range.start.min(label.range.start);
        }
        let range = trimmed(context.text, range);
        draft.text = context.text[range.clone()].to_owned();
        draft.span = (context.place)(range);
        if let Some(mut implied) = interval_of_bytes(&mut draft) {
            if implied.subjects.is_empty() && implied.actor.is_none() {
                implied.subjects.extend(named_before_interval(self.own.before));
            }
            let index = context.earlier.len() + found.demands.len();
            draft.of = Some(Of::Demand { demand: index });
            found.demands.push(implied);
        }
        let follow = self.implied_operation(&mut draft, context, found);
        found.demands.push(draft);
        found.demands.extend(follow);
    }

    /// Returns the bytes of the whole territory.
    pub(super) fn range(&self) -> core::ops::Range<usize> {
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
        let appears = ["connect", "login", "visit", "use", "listen", "play", "watch"];
        let index = context.earlier.len() + found.demands.len();
        if draft.amount.text.contains(crate::lexer::is_hangul) {
            return regular(draft, self.own.after, index);
        }
        if self.own.text.contains(crate::lexer::is_hangul) {
            return each_of_the_share(draft, index);
        }
        let people = draft.subject().is_some_and(|noun| PEOPLE.contains(&noun.head()));
        // "100 notes read per user", "5M notes read a day": what is done to them.
        let done = DONE.contains(&self.right.verb.map_or("", |verb| verb.base))
            && self.right.object.is_empty()
            && (!people || draft.per_each().is_some_and(|noun| !noun.is_empty()));
        // "50 % of users use Twitter daily": so many come on a day.
        let uses = self.right.verb.is_some_and(|verb| verb.base == "use");
        if let (true, Some(Of::Noun { noun, .. })) = (uses, &draft.of)
            && draft.per_seconds() == Some(86_400.0)
            && PEOPLE.contains(&noun.head())
        {
            let words = vec!["daily".to_owned(), "active".to_owned(), noun.head().to_owned()];
            draft.subjects = vec![noun::noun_phrase(words)];
            draft.action = None;
            draft.per.clear();
            return None;
        }
        // "1 % of alerts fire per day": of things, and not each of them every day.
        let things =
            matches!(&draft.of, Some(Of::Noun { noun, .. }) if !PEOPLE.contains(&noun.head()));
        if things && self.right.object.is_empty() && draft.action.is_some() {
            return None;
        }
        let verb = self.right.verb.filter(|verb| {
            (verb.is_base || verb.is_third)
                && !done
                && !(appears.contains(&verb.base) && self.right.object.is_empty())
        })?;
        draft.per_seconds().filter(|_| counts && draft.metric.is_none())?;
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

/// `사용자의 30%가 매일 글을 쓴다`: what each of the share does.
fn each_of_the_share(draft: &mut Demand, index: usize) -> Option<Demand> {
    let Some(Of::Noun { noun: actor, .. }) = draft.of.clone() else { return None };
    let share = draft.amount.dimension == Dimension::Ratio && draft.metric.is_none();
    let acts = draft.action.as_ref().is_some_and(|action| action.access.is_some());
    draft.per_seconds().filter(|_| share && acts)?;
    let mut per = core::mem::take(&mut draft.per);
    per.insert(0, Per::Each { noun: actor.clone(), demand: Some(index), span: draft.span });
    let mut operation = implied_one(draft, per);
    operation.action = draft.action.take();
    operation.subjects = core::mem::take(&mut draft.subjects);
    operation.actor = Some(actor);
    operation.of = Some(Of::Demand { demand: index });
    Some(operation)
}

/// `교사 2만 명이 10초마다 현황을 조회`: so many people, and what each of them does so often.
fn regular(draft: &mut Demand, after: &[Mark], index: usize) -> Option<Demand> {
    let interval = |per: &Per| matches!(per, Per::Time { interval: true, .. });
    let known = draft.subject().is_some_and(|noun| PEOPLE.contains(&noun.head()));
    let people = known || draft.amount.text.contains('명');
    let counts = draft.amount.dimension == Dimension::Count && draft.metric.is_none();
    if !(counts && people && draft.per.iter().any(interval)) {
        return None;
    }
    let mut words: Vec<String> = after.iter().filter_map(Mark::noun_words).flatten().collect();
    let verb = words.last().and_then(|word| crate::lexicon::verb(word));
    if verb.is_some() {
        words.pop();
    }
    let verb = verb.map_or_else(|| draft.action.take(), noun::action)?;
    let actor = draft.subject().cloned()?;
    let mut per = core::mem::take(&mut draft.per);
    per.insert(0, Per::Each { noun: actor.clone(), demand: Some(index), span: draft.span });
    let mut operation = implied_one(draft, per);
    draft.action = None;
    words.retain(|word| !actor.words.contains(word));
    operation.subjects =
        vec![noun::noun_phrase(if words.is_empty() { vec![verb.verb.clone()] } else { words })];
    operation.action = Some(verb);
    operation.actor = Some(actor);
    operation.of = Some(Of::Demand { demand: index });
    Some(operation)
}

/// `feed: 3k requests/s` declares the feed, which is read unless its name says what it does.
fn of_label(draft: &mut Demand, label: &[String]) {
    let plain = ["request", "query", "call", "operation", "hit"];
    let Some(subject) = draft.subjects.first_mut().filter(|noun| noun.words.len() == 1) else {
        return;
    };
    let counted = subject.head().to_owned();
    if counted == "event" {
        subject.words.splice(0..0, label.iter().cloned());
    } else if plain.contains(&counted.as_str()) && label != [counted.as_str()] {
        subject.words = label.to_vec();
        let verbs = label.iter().filter_map(|word| crate::lexicon::verb(word));
        let acts = verbs.filter(|verb| verb.access.is_some()).find_map(noun::action);
        let reads = Action { verb: counted, access: Some(Access::Read) };
        draft.action = Some(acts.unwrap_or(reads));
    }
}

pub(super) fn label_noun(label: &[Mark]) -> Vec<String> {
    // "Buyers in the first minute of a sale": buyers.
    let event = |mark: &Mark| matches!(mark.kind, MarkKind::Condition(_));
    let label = label.split(event).next().unwrap_or(&[]);
    let nouns = |marks: &[Mark]| -> Vec<String> {
        marks.iter().filter_map(Mark::noun_words).flatten().collect()
    };
    // "Record size of a loan": a loan.
    let property = |word: &String| PROPERTIES.contains(&word.as_str());
    let of = label.iter().position(|mark| mark.is_function("of"));
    let owner = of.filter(|of| nouns(&label[..*of]).iter().all(property));
    let words = owner.map_or_else(|| nouns(label), |of| nouns(&label[of..]));
    if words.iter().any(|word| CATEGORIES.contains(&word.as_str())) { Vec::new() } else { words }
}
