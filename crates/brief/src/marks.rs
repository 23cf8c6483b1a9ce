//! Tokens to marks: phrases of the grammar, denominators and conditions are recognized here, so
//! that only amounts and words with content are left between them.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a rule names what it reads; all other words are not its business"
)]

mod condition;
mod denominator;

use core::ops::Range;

use crate::lexer::{Kind, Quantity, Token};
use crate::lexicon::phrases::{Meaning, PHRASES};
use crate::lexicon::{
    self,
    english::{PEOPLE, STOP},
};
use crate::{Bound, ConditionKind, Metric, Statistic, TimeUnit};

/// One recognized part of an item.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mark {
    pub(crate) kind: MarkKind,
    pub(crate) range: Range<usize>,
}

/// What a part says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum MarkKind {
    Amount(Quantity),
    /// A property by its name (`strong`), or a word that suggests one.
    Metric {
        metric: Metric,
        strong: bool,
        words: Vec<String>,
    },
    Bound(Bound),
    Statistic(Statistic),
    /// A span of time as denominator; `interval` for `every 45 s`.
    PerTime {
        seconds: f64,
        unit: TimeUnit,
        interval: bool,
    },
    /// A noun as denominator; empty for a bare `each`.
    PerEach {
        words: Vec<String>,
    },
    Condition(ConditionKind),
    Those,
    Rest,
    /// A word with content in normal form; `raw` as written.
    Word {
        word: String,
        raw: String,
    },
    /// A word without content.
    Function(String),
    /// `,` `;` `.` `:` `(` `)` and other signs.
    Sign(char),
    Unreadable,
}

impl Mark {
    pub(crate) fn is_sign(&self, sign: char) -> bool {
        self.kind == MarkKind::Sign(sign)
    }

    pub(crate) fn is_function(&self, word: &str) -> bool {
        matches!(&self.kind, MarkKind::Function(own) if own == word)
    }

    pub(crate) fn quantity(&self) -> Option<&Quantity> {
        if let MarkKind::Amount(quantity) = &self.kind { Some(quantity) } else { None }
    }

    /// Returns the words that can be part of a noun phrase: of words, and of hints.
    pub(crate) fn noun_words(&self) -> Option<Vec<String>> {
        match &self.kind {
            MarkKind::Word { word, .. } => Some(vec![word.clone()]),
            MarkKind::Metric { strong: false, words, .. } => Some(words.clone()),
            _ => None,
        }
    }
}

/// Returns the marks of an item of this text.
pub(crate) fn read(text: &str, tokens: &[Token]) -> Vec<Mark> {
    let normal: Vec<String> = tokens.iter().map(normal_form).collect();
    let mut marker = Marker { text, tokens, normal, marks: Vec::new(), at: 0 };
    while marker.at < tokens.len() {
        marker.step();
    }
    marker.marks
}

/// Returns the normal form by which phrases are compared.
pub(crate) fn normal_form(token: &Token) -> String {
    match &token.kind {
        Kind::Word(word) if word.starts_with('@') => word.clone(),
        Kind::Word(word) => lexicon::singular(word),
        Kind::Symbol(symbol) => symbol.to_string(),
        Kind::Amount(_) | Kind::Clock(..) | Kind::Unreadable => String::new(),
    }
}

/// Returns the unit of time that a word names: `day`, `s`, `일`.
pub(crate) fn time_unit(word: &str) -> Option<TimeUnit> {
    Some(match word {
        "s" | "sec" | "second" | "초" => TimeUnit::Second,
        "min" | "minute" | "분" => TimeUnit::Minute,
        "h" | "hr" | "hour" | "시간" => TimeUnit::Hour,
        "d" | "day" | "일" | "@per-day" => TimeUnit::Day,
        "wk" | "week" | "주" => TimeUnit::Week,
        "mo" | "month" | "월" | "달" | "@per-month" => TimeUnit::Month,
        "y" | "yr" | "year" | "년" | "@per-year" => TimeUnit::Year,
        _ => return None,
    })
}

/// Words whose number is a name.
const NUMBERED: &[&str] = &[
    "level",
    "phase",
    "step",
    "stage",
    "version",
    "oauth",
    "http",
    "option",
    "chapter",
    "layer",
    "saml",
    "openid",
    "web",
    "type",
    "class",
    "grade",
    "mode",
    "soc",
    "ipv",
    "java",
    "top",
    "postgresql",
    "python",
    "mysql",
    "redis",
    "kafka",
    "룰",
    "단계",
];

struct Marker<'a> {
    text: &'a str,
    tokens: &'a [Token],
    normal: Vec<String>,
    marks: Vec<Mark>,
    at: usize,
}

impl Marker<'_> {
    fn word(&self, offset: usize) -> &str {
        self.normal.get(self.at + offset).map_or("", String::as_str)
    }

    fn quantity(&self, offset: usize) -> Option<&Quantity> {
        self.tokens.get(self.at + offset).and_then(Token::quantity)
    }

    fn push(&mut self, kind: MarkKind, count: usize) {
        let last = (self.at + count - 1).min(self.tokens.len() - 1);
        let range = self.tokens[self.at].range.start..self.tokens[last].range.end;
        self.marks.push(Mark { kind, range });
        self.at += count;
    }

    fn step(&mut self) {
        if let Some((kind, count)) = self.denominator().or_else(|| self.korean_denominator()) {
            self.push(kind, count);
        } else if let Some((kind, count)) = self.per_many() {
            self.push(kind, count);
        } else if let Some(count) = self.one_of_each() {
            self.push_each(count);
        } else if let Some((kind, count)) = self.share_of_requests() {
            self.push(kind, count);
        } else if let Some((kind, count)) = self.condition() {
            self.push(kind, count);
        } else if let Some((kind, count)) = self.percentile() {
            self.push(kind, count);
        } else if let Some((kind, count)) = self.phrase() {
            self.push(kind, count);
        } else {
            self.plain();
        }
    }

    fn plain(&mut self) {
        match &self.tokens[self.at].kind {
            Kind::Amount(quantity) if self.is_number_of_a_name(quantity) => {
                let word = format!("{}", quantity.low);
                self.push(MarkKind::Word { raw: word.clone(), word }, 1);
            }
            Kind::Amount(quantity) => self.push(MarkKind::Amount(quantity.clone()), 1),
            Kind::Clock(from, to) => {
                let zone = self.word(1).to_owned();
                let known =
                    ["kst", "jst", "utc", "gmt", "est", "cst", "pst", "cet", "ist", "local"];
                let zone = Some(zone).filter(|zone| known.contains(&zone.as_str()));
                let count = 1 + usize::from(zone.is_some());
                let zone = zone.map(|zone| zone.to_uppercase());
                let hours = ConditionKind::Hours { from: *from, to: *to, zone };
                self.push(MarkKind::Condition(hours), count);
            }
            Kind::Unreadable => self.push(MarkKind::Unreadable, 1),
            Kind::Symbol(symbol) => self.push(MarkKind::Sign(*symbol), 1),
            Kind::Word(raw) => self.plain_word(&raw.clone()),
        }
    }

    /// `level 2`, `OAuth 2`: the number is part of a name.
    fn is_number_of_a_name(&self, quantity: &Quantity) -> bool {
        let bare = quantity.unit.is_none() && !quantity.scaled && quantity.low == quantity.high;
        let named = matches!(self.marks.last().map(|mark| &mark.kind), Some(MarkKind::Word { word, .. }) if NUMBERED.contains(&word.as_str()));
        bare && named && quantity.low.fract() < 1.0 && (0.0..100.0).contains(&quantity.low)
    }

    fn plain_word(&mut self, raw: &str) {
        if let Some(words) = lexicon::alias(raw) {
            let range = self.tokens[self.at].range.clone();
            for word in words {
                let kind = MarkKind::Word { word: (*word).to_owned(), raw: raw.to_owned() };
                self.marks.push(Mark { kind, range: range.clone() });
            }
            self.at += 1;
        } else if STOP.contains(&raw) || raw.starts_with('@') || raw == "x" {
            self.push(MarkKind::Function(raw.to_owned()), 1);
        } else {
            let word = lexicon::singular(raw);
            self.push(MarkKind::Word { word, raw: raw.to_owned() }, 1);
        }
    }

    fn phrase(&self) -> Option<(MarkKind, usize)> {
        let rest = &self.normal[self.at..];
        let (phrase, meaning, count) = PHRASES
            .iter()
            .map(|(phrase, meaning)| (*phrase, *meaning, phrase.split(' ').count()))
            .filter(|(phrase, _, count)| {
                rest.len() >= *count && phrase.split(' ').zip(rest).all(|(a, b)| a == b)
            })
            .max_by_key(|(_, _, count)| *count)?;
        let next = self.word(count);
        let adjective = matches!(phrase, "daily" | "weekly" | "monthly") && PEOPLE.contains(&next);
        // "write" as the first word of a sentence and "min" as a unit are not statistics.
        if adjective || (phrase == "up" && next == "to") {
            return None;
        }
        let kind = match meaning {
            Meaning::Metric(metric) => self.metric(metric, true, phrase),
            Meaning::Hint(metric) => self.metric(metric, false, phrase),
            Meaning::Bound(bound) => MarkKind::Bound(bound),
            Meaning::Average => MarkKind::Statistic(Statistic::Average),
            Meaning::Maximum => MarkKind::Statistic(Statistic::Maximum),
            Meaning::Minimum => MarkKind::Statistic(Statistic::Minimum),
            Meaning::Median => MarkKind::Statistic(Statistic::Percentile(0.5)),
            Meaning::Peak => MarkKind::Condition(ConditionKind::Peak),
            Meaning::Today => MarkKind::Condition(ConditionKind::Today),
            Meaning::Weekdays => MarkKind::Condition(ConditionKind::Weekdays),
            Meaning::Weekends => MarkKind::Condition(ConditionKind::Weekends),
            Meaning::Rest => MarkKind::Rest,
            Meaning::Those => MarkKind::Those,
            Meaning::Up => MarkKind::Condition(ConditionKind::Up),
            Meaning::Down => MarkKind::Condition(ConditionKind::Down),
            Meaning::PerTime(unit) => {
                MarkKind::PerTime { seconds: unit.seconds(), unit, interval: false }
            }
            Meaning::Name(name) => MarkKind::Word { word: name.to_owned(), raw: name.to_owned() },
            Meaning::Nothing => MarkKind::Function(phrase.to_owned()),
        };
        Some((kind, count))
    }

    fn metric(&self, metric: Metric, strong: bool, phrase: &str) -> MarkKind {
        let words = phrase.split(' ').map(|word| word.trim_start_matches('@').to_owned()).collect();
        MarkKind::Metric { metric, strong, words }
    }
}

fn expand(word: &str) -> Vec<String> {
    lexicon::alias(word).map_or_else(
        || vec![word.to_owned()],
        |words| words.iter().map(|w| (*w).to_owned()).collect(),
    )
}
