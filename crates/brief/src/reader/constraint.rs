//! Constraints: of amounts (budget, team, zones) and of words (provider, residency, skills).
#![expect(clippy::wildcard_enum_match_arm, reason = "only some amounts and words are constraints")]

use core::ops::Range;

use super::Reader;
use super::item::{is_money, line};
use crate::fragment::Fragment;
use crate::lexer::{Kind, Token};
use crate::lexicon::keywords::{CITIES, COMPLIANCE, PLACES, PROVIDERS, Row, TECHNOLOGIES};
use crate::{
    Constraint, ConstraintKind, Demand, Dimension, Metric, NounPhrase, SectionKind, lexicon, marks,
};

const LAUNCH: &[&str] = &[
    "launch",
    "deadline",
    "live",
    "release",
    "ship",
    "mvp",
    "deliver",
    "delivery date",
    "go-live",
];
const TEAM: &[&str] = &["team", "engineer", "developer", "sre", "programmer", "staff"];
const KNOW: &[&str] = &[
    "know",
    "known",
    "experience",
    "experienced",
    "familiar",
    "skill",
    "skilled",
    "expertise",
    "경험",
    "익숙",
    "능숙",
    "안다",
    "아는",
    "다룬다",
    "다룰",
];
const STAY: &[&str] = &[
    "stay",
    "remain",
    "reside",
    "residency",
    "leave",
    "located",
    "kept",
    "keep",
    "@kept",
    "store",
    "stored",
    "보관",
    "반출",
    "live",
];

/// Returns the constraint that an amount is, if it is one.
pub(super) fn of_demand(demand: &Demand, section: SectionKind, item: &str) -> Option<Constraint> {
    let amount = demand.amount.clone();
    let head = demand.subject().map_or("", NounPhrase::head);
    let has = |words: &[&str]| {
        demand
            .subjects
            .iter()
            .flat_map(|noun| &noun.words)
            .any(|word| words.contains(&word.as_str()))
            || demand.action.as_ref().is_some_and(|action| words.contains(&action.verb.as_str()))
    };
    let plain = demand.metric.is_none() && demand.per.is_empty();
    let kind = match amount.dimension {
        Dimension::Money => {
            let each = demand.per_each().is_some();
            let budget = demand.metric == Some(Metric::Budget)
                || section == SectionKind::Constraints
                || (demand.per_seconds().is_some() && demand.subjects.is_empty());
            if each || !budget || !is_money(demand.metric) {
                return None;
            }
            ConstraintKind::Budget { amount, bound: demand.bound, per: demand.per.clone() }
        }
        Dimension::Count if plain && matches!(head, "region" | "datacenter") => {
            ConstraintKind::Regions { amount, bound: demand.bound }
        }
        Dimension::Count if plain && head == "zone" => {
            ConstraintKind::Zones { amount, bound: demand.bound }
        }
        Dimension::Count
            if plain
                && (has(TEAM) || (head == "person" && item.to_lowercase().contains("team"))) =>
        {
            ConstraintKind::TeamSize { amount }
        }
        Dimension::Time
            if has(LAUNCH) && demand.metric.is_none_or(|metric| metric == Metric::Length) =>
        {
            ConstraintKind::Deadline { amount: Some(amount), date: None }
        }
        _ => return None,
    };
    Some(Constraint { kind, text: demand.text.clone(), span: demand.span, item: demand.item })
}

/// Adds the constraints that the words of an item say; returns whether there were any.
pub(super) fn of_words(
    reader: &mut Reader<'_>,
    text: &Fragment,
    item: usize,
    tokens: &[Token],
) -> bool {
    let before = reader.brief.constraints.len();
    for clause in clauses(tokens) {
        let own = &tokens[clause];
        let words: Vec<String> = own.iter().map(marks::normal_form).collect();
        let mut adder = Adder { reader, text, item, tokens: own, words: &words };
        adder.places();
        adder.technologies();
        adder.dates();
        for (name, range) in adder.rows(COMPLIANCE) {
            adder.add(ConstraintKind::Compliance { name }, range);
        }
    }
    reader.brief.constraints.len() > before
}

fn clauses(tokens: &[Token]) -> Vec<Range<usize>> {
    let mut clauses = Vec::new();
    let mut start = 0;
    for (index, token) in tokens.iter().enumerate() {
        if token.is_symbol(';') || token.is_symbol('.') {
            clauses.push(start..index);
            start = index + 1;
        }
    }
    clauses.push(start..tokens.len());
    clauses
}

struct Adder<'a, 'b> {
    reader: &'a mut Reader<'b>,
    text: &'a Fragment,
    item: usize,
    tokens: &'a [Token],
    words: &'a [String],
}

impl Adder<'_, '_> {
    fn add(&mut self, kind: ConstraintKind, range: Range<usize>) {
        let place = self.text.source_range(range.clone());
        let span = self.reader.lines.span(place);
        let text = line(&self.text.text[range]);
        self.reader.brief.constraints.push(Constraint { kind, text, span, item: self.item });
    }

    /// Returns the rows that are named, with the range of the words.
    fn rows(&self, table: &[Row]) -> Vec<(String, Range<usize>)> {
        let mut found = Vec::new();
        for (name, phrases) in table {
            let place = phrases.iter().find_map(|phrase| {
                let at = lexicon::position_of_phrase(self.words, phrase)?;
                Some(at..at + phrase.split(' ').count())
            });
            if let Some(place) = place {
                let range =
                    self.tokens[place.start].range.start..self.tokens[place.end - 1].range.end;
                found.push(((*name).to_owned(), range));
            }
        }
        found
    }

    fn has(&self, words: &[&str]) -> bool {
        self.words.iter().any(|word| words.contains(&word.as_str()))
    }

    fn whole(&self) -> Range<usize> {
        let start = self.tokens.first().map_or(0, |token| token.range.start);
        start..self.tokens.last().map_or(start, |token| token.range.end)
    }

    fn places(&mut self) {
        for (name, range) in self.rows(PROVIDERS) {
            self.add(ConstraintKind::Provider { name }, range);
        }
        for token in self.tokens {
            if is_region(token.word()) {
                let name = token.word().to_owned();
                self.add(ConstraintKind::Region { name }, token.range.clone());
            }
        }
        let constraints = self.reader.kind() == SectionKind::Constraints;
        if constraints || self.has(&["region", "datacenter"]) {
            for (name, range) in self.rows(CITIES) {
                self.add(ConstraintKind::Region { name }, range);
            }
        }
        let places = self.rows(PLACES);
        if let Some(at) = self.words.iter().position(|word| STAY.contains(&word.as_str())) {
            let clause =
                self.words[..at].iter().rposition(|word| word == ",").map_or(0, |comma| comma + 1);
            let subject: Vec<_> = self.words[clause..at]
                .iter()
                .filter(|word| word.chars().any(char::is_alphanumeric) && !lexicon::is_stop(word))
                .filter(|word| !PLACES.iter().any(|(_, phrases)| phrases.contains(&word.as_str())))
                .cloned()
                .collect();
            let start = subject.len().saturating_sub(3);
            let subject = NounPhrase { words: subject[start..].to_vec(), rest: false };
            for (place, range) in places {
                let kind = ConstraintKind::Residency { place, subject: subject.clone() };
                self.add(kind, range);
            }
        }
    }

    fn technologies(&mut self) {
        let known = self.has(KNOW);
        let constraints = self.reader.kind() == SectionKind::Constraints;
        let refused = self.has(&["no", "without", "not", "avoid", "금지", "제외"]);
        let wanted =
            self.has(&["only", "must", "use", "using", "company standard", "사용", "already"]);
        // "go" is a language only among what somebody knows.
        if let Some(at) = self.words.iter().position(|word| known && word == "go") {
            self.add(
                ConstraintKind::Skill { name: "go".to_owned() },
                self.tokens[at].range.clone(),
            );
        }
        for (name, range) in self.rows(TECHNOLOGIES) {
            if known {
                self.add(ConstraintKind::Skill { name }, range);
            } else if constraints && (refused || wanted) {
                self.add(ConstraintKind::Technology { name, allowed: !refused }, range);
            }
        }
    }

    /// `launch by 2027-03`, `2027년 3월 오픈`.
    fn dates(&mut self) {
        let constraints = self.reader.kind() == SectionKind::Constraints;
        let until = constraints && self.has(&["by", "before", "until"]);
        if !(self.has(LAUNCH) || until) {
            return;
        }
        let date = self.tokens.iter().find(|token| {
            let word = token.word();
            let quarter = word.len() == 2
                && word.starts_with('q')
                && word.ends_with(|c: char| c.is_ascii_digit());
            quarter
                || word.starts_with(|c: char| c.is_ascii_digit())
                    && (word.contains('-') || word.contains(['년', '월']))
        });
        if let Some(token) = date {
            let kind =
                ConstraintKind::Deadline { amount: None, date: Some(token.word().to_owned()) };
            debug_assert!(matches!(token.kind, Kind::Word(_)), "a date is a word");
            let whole = self.whole();
            self.add(kind, whole);
        }
    }
}

/// `eu-central-1`, `ap-northeast-2a`, `europe-west1`.
fn is_region(word: &str) -> bool {
    let parts: Vec<_> = word.split('-').collect();
    let areas =
        ["us", "eu", "ap", "sa", "ca", "me", "af", "il", "europe", "asia", "australia", "cn", "kr"];
    let digit = word.contains(|c: char| c.is_ascii_digit());
    parts.len() >= 2 && parts.len() <= 4 && areas.contains(&parts[0]) && digit
}
