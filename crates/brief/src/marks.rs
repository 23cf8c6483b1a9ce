//! Tokens to marks: phrases of the grammar, denominators and conditions are recognized here, so
//! that only amounts and words with content are left between them.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a rule names what it reads; all other words are not its business"
)]

use core::ops::Range;

use crate::lexer::{Kind, Quantity, Token};
use crate::lexicon::phrases::{Meaning, PHRASES};
use crate::lexicon::units::UnitKind;
use crate::lexicon::{self, english::STOP};
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

/// Returns the marks of an item.
pub(crate) fn read(tokens: &[Token]) -> Vec<Mark> {
    let normal: Vec<String> = tokens.iter().map(normal_form).collect();
    let mut marker = Marker { tokens, normal, marks: Vec::new(), at: 0 };
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
    "postgresql",
    "python",
    "mysql",
    "redis",
    "kafka",
    "룰",
    "단계",
];

struct Marker<'a> {
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

    /// `/day`, `per user`, `every 45 s`, `a link` after an amount.
    fn denominator(&self) -> Option<(MarkKind, usize)> {
        let lead = self.word(0);
        let after_amount = self.marks.last().is_some_and(|mark| mark.quantity().is_some());
        let article = matches!(lead, "a" | "an");
        let leads = matches!(lead, "/" | "per" | "every" | "each") || (article && after_amount);
        if !leads {
            return self.second_denominator();
        }
        let interval = lead == "every";
        if let Some((seconds, unit)) = self.quantity(1).and_then(Quantity::time)
            && !article
            && lead != "each"
        {
            return Some((MarkKind::PerTime { seconds, unit, interval }, 2));
        }
        if let Some(unit) = time_unit(self.word(1)) {
            let kind = MarkKind::PerTime { seconds: unit.seconds(), unit, interval: false };
            return Some((kind, 2));
        }
        if lead == "every" && self.word(1) == "other" && time_unit(self.word(2)).is_some() {
            let unit = time_unit(self.word(2))?;
            let kind = MarkKind::PerTime { seconds: 2.0 * unit.seconds(), unit, interval: true };
            return Some((kind, 3));
        }
        // `Read/write`, `and/or`: a slash is a denominator only after an amount or its noun.
        if lead == "/" && !self.marks.iter().any(|mark| mark.quantity().is_some()) {
            return None;
        }
        let words = self.noun(1);
        if words.is_empty() {
            return (lead == "each").then_some((MarkKind::PerEach { words }, 1));
        }
        let count = 1 + words.len();
        let words = words.iter().flat_map(|word| expand(word)).collect();
        Some((MarkKind::PerEach { words }, count))
    }

    /// `and day` after `per user`.
    fn second_denominator(&self) -> Option<(MarkKind, usize)> {
        let after_each =
            matches!(self.marks.last().map(|mark| &mark.kind), Some(MarkKind::PerEach { .. }));
        if !after_each || !matches!(self.word(0), "and" | "x" | "a" | "an") {
            return None;
        }
        let unit = time_unit(self.word(1))?;
        Some((MarkKind::PerTime { seconds: unit.seconds(), unit, interval: false }, 2))
    }

    /// Returns at most three words with content from `offset` on that name who or what is meant:
    /// up to a verb that agrees with a single one.
    fn noun(&self, offset: usize) -> Vec<String> {
        let mut words = Vec::new();
        for (index, token) in self.tokens.iter().enumerate().skip(self.at + offset) {
            let raw = token.word();
            let content = !raw.is_empty() && !lexicon::is_stop(raw) && time_unit(raw).is_none();
            let third = !words.is_empty()
                && lexicon::verb(raw).is_some_and(|verb| verb.is_third || verb.is_participle);
            let phrase = PHRASES.iter().any(|(phrase, meaning)| {
                *phrase == self.normal[index]
                    && !matches!(meaning, Meaning::Metric(_) | Meaning::Hint(_))
            });
            if !content || third || phrase || words.len() == 3 {
                break;
            }
            words.push(self.normal[index].clone());
            // "per user read latency" names one user, and then another thing.
            if lexicon::verb(&self.normal[index]).is_some() {
                break;
            }
        }
        words
    }

    /// `1인당`, `30초마다`, `사용자당`.
    fn korean_denominator(&self) -> Option<(MarkKind, usize)> {
        let post = |offset: usize| matches!(self.word(offset), "@per-post" | "@every-post");
        let quantity = self.quantity(0).filter(|_| post(1));
        if let Some((seconds, unit)) = quantity.and_then(Quantity::time) {
            return Some((MarkKind::PerTime { seconds, unit, interval: true }, 2));
        }
        let content =
            matches!(self.tokens[self.at].kind, Kind::Word(_)) && !lexicon::is_stop(self.word(0));
        (content && post(1)).then(|| (MarkKind::PerEach { words: expand(self.word(0)) }, 2))
    }

    /// `사용자 1인당`, `사진 한 장 크기`: one of the noun before. Returns how many tokens it takes.
    fn one_of_each(&self) -> Option<usize> {
        let quantity = self.quantity(0)?;
        if !matches!(quantity.kind(), Some(UnitKind::Counter)) || quantity.low != 1.0 {
            return None;
        }
        match self.word(1) {
            "@per-post" | "@every-post" => Some(2),
            "@size" | "@length" => Some(1),
            _ => None,
        }
    }

    /// Turns the noun before into a denominator.
    fn push_each(&mut self, count: usize) {
        let noun = self.marks.pop_if(|mark| mark.noun_words().is_some());
        let start = noun.as_ref().map(|mark| mark.range.start);
        let words = match noun.map(|mark| mark.kind) {
            Some(MarkKind::Word { word, .. }) => vec![word],
            Some(MarkKind::Metric { words, .. }) => words,
            _ => vec!["user".to_owned()],
        };
        self.push(MarkKind::PerEach { words }, count);
        if let (Some(start), Some(mark)) = (start, self.marks.last_mut()) {
            mark.range.start = start;
        }
    }

    /// `under 2 s for 95 % of requests`: a percentile.
    fn share_of_requests(&self) -> Option<(MarkKind, usize)> {
        let lead = matches!(self.word(0), "for" | "in");
        let share =
            self.quantity(1).filter(|quantity| quantity.kind() == Some(UnitKind::Percent))?;
        let timed = self
            .marks
            .iter()
            .any(|mark| mark.quantity().is_some_and(|quantity| quantity.time().is_some()));
        let of = self.word(2) == "of"
            && matches!(self.word(3), "request" | "call" | "query" | "case" | "all");
        let of_the = self.word(2) == "of" && self.word(3) == "the";
        if !lead || !timed || !(of || of_the) || share.low != share.high || share.low > 100.0 {
            return None;
        }
        let kind = MarkKind::Statistic(Statistic::Percentile(share.low / 100.0));
        Some((kind, if of { 4 } else { 5 }))
    }

    /// `in the first minute`, `while driving`, `after 5 years`, `30 days hot`.
    fn condition(&self) -> Option<(MarkKind, usize)> {
        let mut skip = 0;
        while matches!(self.word(skip), "in" | "within" | "during" | "the") {
            skip += 1;
        }
        if self.word(skip) == "first" {
            let time = self.quantity(skip + 1).and_then(Quantity::time).map(|(seconds, _)| seconds);
            let seconds = time.or_else(|| time_unit(self.word(skip + 1)).map(TimeUnit::seconds));
            if let Some(seconds) = seconds {
                let kind = ConditionKind::Within { seconds, first: true };
                return Some((MarkKind::Condition(kind), skip + 2));
            }
        }
        let after =
            |offset| self.quantity(offset).and_then(Quantity::time).map(|(seconds, _)| seconds);
        if self.word(0) == "after"
            && let Some(seconds) = after(1)
        {
            return Some((MarkKind::Condition(ConditionKind::After { seconds }), 2));
        }
        if self.word(1) == "@after-post"
            && let Some(seconds) = after(0)
        {
            return Some((MarkKind::Condition(ConditionKind::After { seconds }), 2));
        }
        if matches!(self.word(0), "while" | "during" | "when") {
            return self.during();
        }
        let tier = matches!(self.word(0), "hot" | "cold" | "warm" | "frozen");
        let beside_time =
            self.marks.last().is_some_and(|mark| {
                mark.quantity().is_some_and(|quantity| quantity.time().is_some())
            }) || matches!(self.word(1), "for" | ":") && after(2).is_some();
        if tier && beside_time {
            let name = self.word(0).to_owned();
            return Some((MarkKind::Condition(ConditionKind::Tier { name }), 1));
        }
        None
    }

    fn during(&self) -> Option<(MarkKind, usize)> {
        let mut words = Vec::new();
        let mut count = 1;
        for (index, token) in self.tokens.iter().enumerate().skip(self.at + 1) {
            if matches!(token.kind, Kind::Symbol(_) | Kind::Amount(_) | Kind::Clock(..)) {
                break;
            }
            if !lexicon::is_stop(token.word()) {
                words.push(self.normal[index].clone());
            }
            count += 1;
        }
        if words == ["peak"] || words == ["peak", "hour"] {
            return Some((MarkKind::Condition(ConditionKind::Peak), count));
        }
        let kind = ConditionKind::During { words };
        (count > 1).then_some((MarkKind::Condition(kind), count))
    }

    /// `p99`, `p99.9`, `p999`, `99th percentile`.
    fn percentile(&self) -> Option<(MarkKind, usize)> {
        let word = self.word(0);
        let next_is_percentile = matches!(self.word(1), "percentile" | "pct");
        let digits = match word.strip_prefix('p') {
            Some(digits) => digits,
            None if next_is_percentile => word.trim_end_matches(|c: char| c.is_alphabetic()),
            None => return None,
        };
        if digits.is_empty() || !digits.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let value: f64 = digits.parse().ok()?;
        let share = if value > 100.0 {
            // p999 is 99.9 %, p9999 is 99.99 %.
            let mut scale = 1.0;
            while value / scale >= 100.0 {
                scale *= 10.0;
            }
            value / scale / 100.0
        } else {
            value / 100.0
        };
        let kind = MarkKind::Statistic(Statistic::Percentile(share));
        Some((kind, 1 + usize::from(next_is_percentile)))
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
        let adjective = matches!(phrase, "daily" | "weekly" | "monthly")
            && matches!(next, "active" | "user" | "visitor" | "listener" | "viewer" | "customer");
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
