//! Denominators: `/day`, `per user`, `every 45 s`, `1인당`.

use super::{MarkKind, Marker, expand, time_unit};
use crate::lexer::{Kind, Quantity};
use crate::lexicon::phrases::{Meaning, PHRASES};
use crate::lexicon::{self, units::UnitKind};

impl Marker<'_> {
    /// `/day`, `per user`, `every 45 s`, `a link` after an amount.
    pub(super) fn denominator(&self) -> Option<(MarkKind, usize)> {
        let lead = self.word(0);
        let after_amount = self.marks.last().is_some_and(|mark| mark.quantity().is_some());
        let article = matches!(lead, "a" | "an");
        let leads = matches!(lead, "/" | "per" | "every" | "each") || (article && after_amount);
        if !leads {
            return self.second_denominator();
        }
        // "900k students each submit 3": the verb is what they do.
        let verb = self.tokens.get(self.at + 1).map_or("", |token| token.word());
        let many = matches!(self.marks.last().map(|mark| &mark.kind),
            Some(MarkKind::Word { raw, .. }) if lexicon::is_plural(raw));
        if lead == "each" && many && lexicon::verb(verb).is_some_and(|verb| verb.is_base) {
            return Some((MarkKind::Function(lead.to_owned()), 1));
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
        // "per working day", "/business day": one of the days on which there is work.
        let working = matches!(self.word(1), "working" | "business" | "work" | "trading");
        let day = time_unit(self.word(2)).filter(|unit| unit.seconds() >= 86_400.0);
        if let (true, Some(unit)) = (working, day) {
            let kind = MarkKind::PerTime { seconds: unit.seconds(), unit, interval: false };
            return Some((kind, 3));
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
        let acts = matches!(lead, "each" | "every")
            && lexicon::verb(verb).is_some_and(|verb| verb.is_third);
        if acts {
            return Some((MarkKind::PerEach { words: Vec::new() }, 1));
        }
        if words.is_empty() {
            return (lead == "each").then_some((MarkKind::PerEach { words }, 1));
        }
        let count = 1 + words.len();
        let words = words.iter().flat_map(|word| expand(word)).collect();
        Some((MarkKind::PerEach { words }, count))
    }

    /// `1 edit per 1,000 views`: the amount before it is a thousandth for each.
    pub(super) fn per_many(&mut self) -> Option<(MarkKind, usize)> {
        let lead = match (self.word(0), self.word(1)) {
            ("per" | "/", _) => 1,
            ("for" | "in", "every" | "each") => 2,
            _ => return None,
        };
        let bare = |quantity: &&Quantity| quantity.unit.is_none() && quantity.low > 0.0;
        let many = self.quantity(lead).filter(bare).filter(|many| many.low == many.high)?.low;
        let words = self.noun(lead + 1);
        let last = self.marks.iter_mut().rev().find_map(|mark| match &mut mark.kind {
            MarkKind::Amount(quantity) => Some(quantity),
            _ => None,
        });
        let amount = last.filter(|amount| amount.unit.is_none() && !words.is_empty())?;
        amount.low /= many;
        amount.high /= many;
        let count = lead + 1 + words.len();
        let words = words.iter().flat_map(|word| expand(word)).collect();
        Some((MarkKind::PerEach { words }, count))
    }

    /// `and day` after `per user`.
    pub(super) fn second_denominator(&self) -> Option<(MarkKind, usize)> {
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
    pub(super) fn noun(&self, offset: usize) -> Vec<String> {
        let mut words = Vec::new();
        for (index, token) in self.tokens.iter().enumerate().skip(self.at + offset) {
            let raw = token.word();
            let content = !raw.is_empty() && !lexicon::is_stop(raw) && time_unit(raw).is_none();
            // The noun after "each" is singular, so a word in s after it is what it does.
            let third = !words.is_empty()
                && (lexicon::is_plural(raw)
                    || lexicon::verb(raw).is_some_and(|verb| verb.is_third || verb.is_participle));
            let phrase = PHRASES.iter().any(|(phrase, meaning)| {
                *phrase == self.normal[index]
                    && !matches!(meaning, Meaning::Metric(_) | Meaning::Hint(_))
            });
            // "per daily user" names those of a day.
            let after = self.normal.get(index + 1).map_or("", String::as_str);
            let adjective = matches!(raw, "daily" | "weekly" | "monthly")
                && crate::lexicon::english::PEOPLE.contains(&after);
            let phrase = phrase && !adjective;
            if !content || third || phrase || words.len() == 3 {
                break;
            }
            words.push(self.normal[index].clone());
            // "per user read latency" names one user, and then another thing; but "per booked room".
            let next = self.tokens.get(index + 1).map_or("", |token| token.word());
            let adjective = words.len() == 1
                && lexicon::verb(raw).is_some_and(|verb| verb.is_participle)
                && !(next.is_empty() || lexicon::is_stop(next) || time_unit(next).is_some());
            // "per click event"
            let kind = ["event", "request", "message", "record", "operation", "call"];
            let kind = words.len() == 1 && kind.contains(&next);
            if lexicon::verb(&self.normal[index]).is_some() && !(adjective || kind) {
                break;
            }
        }
        words
    }

    /// `1인당`, `30초마다`, `사용자당`.
    pub(super) fn korean_denominator(&self) -> Option<(MarkKind, usize)> {
        let post = |offset: usize| matches!(self.word(offset), "@per-post" | "@every-post");
        let quantity = self.quantity(0).filter(|_| post(1));
        if let Some((seconds, unit)) = quantity.and_then(Quantity::time) {
            return Some((MarkKind::PerTime { seconds, unit, interval: true }, 2));
        }
        let content =
            matches!(self.tokens[self.at].kind, Kind::Word(_)) && !lexicon::is_stop(self.word(0));
        // "시험 시작마다": of that start.
        let begins = lexicon::verb(self.word(1)).is_some_and(|verb| verb.access.is_none());
        if content && begins && post(2) && lexicon::verb(self.word(0)).is_none() {
            let words = [expand(self.word(0)), expand(self.word(1))].concat();
            return Some((MarkKind::PerEach { words }, 3));
        }
        (content && post(1)).then(|| (MarkKind::PerEach { words: expand(self.word(0)) }, 2))
    }

    /// `사용자 1인당`, `사진 한 장 크기`: one of the noun before. Returns how many tokens it takes.
    pub(super) fn one_of_each(&self) -> Option<usize> {
        // "택배 하나당"
        if self.word(0) == "one" && self.word(1) == "@per-post" {
            return Some(2);
        }
        let quantity = self.quantity(0)?;
        if !matches!(quantity.kind(), Some(UnitKind::Counter)) || quantity.low != 1.0 {
            return None;
        }
        // "송금 1건 1KB"
        let sized = matches!(
            self.quantity(1).and_then(Quantity::kind),
            Some(UnitKind::Bytes(_) | UnitKind::Bits(_))
        );
        // "차량 한 대가 하루 20건을 배송": one in general, and what it does.
        let end = self.tokens[self.at].range.end;
        let acts = ["이 ", "가 ", "이서 "].iter().any(|post| self.text[end..].starts_with(post));
        let led = self.marks.iter().any(|mark| matches!(mark.kind, MarkKind::PerEach { .. }));
        let acts = acts && !led;
        let more = (1..self.tokens.len() - self.at).any(|offset| self.quantity(offset).is_some());
        match self.word(1) {
            "@per-post" | "@every-post" => Some(2),
            _ if acts && more => Some(1),
            "@size" | "@length" => Some(1),
            _ if sized => Some(1),
            _ => None,
        }
    }

    /// Turns the noun before into a denominator.
    pub(super) fn push_each(&mut self, count: usize) {
        let counter = &self.text[self.tokens[self.at].range.clone()];
        let people = counter.ends_with('인') || counter.ends_with('명');
        let noun = self.marks.pop_if(|mark| mark.noun_words().is_some());
        let start = noun.as_ref().map(|mark| mark.range.start);
        let words = match noun.map(|mark| mark.kind) {
            Some(MarkKind::Word { word, .. }) => vec![word],
            Some(MarkKind::Metric { words, .. }) => words,
            _ if people => vec!["user".to_owned()],
            _ => Vec::new(),
        };
        self.push(MarkKind::PerEach { words }, count);
        if let (Some(start), Some(mark)) = (start, self.marks.last_mut()) {
            mark.range.start = start;
        }
    }
}
