//! One item: contract, story, choice, demands, constraints, features.
#![expect(clippy::wildcard_enum_match_arm, reason = "only some amounts say too little")]

use core::ops::Range;

use super::{Reader, constraint, content_words, excerpt};
use crate::codes::{DUPLICATE_ITEM, NO_UNIT, NOT_UNDERSTOOD, TOO_MANY, VAGUE_WORD};
use crate::fragment::Fragment;
use crate::grammar::{self, Context, Found};
use crate::lexer::{self, Kind, Lexed, Token};
use crate::lexicon::keywords::{FEATURES, TECHNOLOGIES, VAGUE};
use crate::{
    Choice, Contract, Demand, Dimension, Feature, Item, Metric, NounPhrase, SectionKind, Story,
    lexicon, limits, marks,
};

impl Reader<'_> {
    /// Reads one item.
    pub(super) fn item(&mut self, text: &Fragment) {
        if text.is_blank() || !self.room(text) {
            return;
        }
        let range = text.source_range(0..text.text.len());
        let kind = self.kind();
        let item = Item {
            text: text.text.trim().to_owned(),
            section: self.section(),
            kind,
            understood: true,
            span: self.lines.span(range.clone()),
        };
        if kind == SectionKind::OutOfScope {
            self.brief.excluded.push(item);
            return;
        }
        if self.title_line(text, &item) {
            return;
        }
        let repeated =
            self.brief.items.iter().any(|own| own.text == item.text && own.section == item.section);
        let index = self.brief.items.len();
        self.brief.items.push(item);
        if repeated && text.text.len() > 3 {
            let message = "the same item stands above; it was read once".to_owned();
            self.report(DUPLICATE_ITEM, range.clone(), message, "take one of them out");
            self.not_understood(range, "a repetition");
        } else if !self.contract(text, index) {
            self.sentence(text, index);
        }
    }

    /// A first line of a few words is a title where no heading came before.
    fn title_line(&mut self, text: &Fragment, item: &Item) -> bool {
        let first = self.brief.title.is_none()
            && self.brief.items.is_empty()
            && self.brief.sections.is_empty();
        let words = text.text.split_whitespace().count();
        let plain = !text.text.contains(|c: char| c.is_ascii_digit() || ".,;:<>".contains(c));
        let line = self.lines.source()[item.span.range()].trim();
        let alone =
            self.lines.source()[..item.span.start].lines().all(|line| line.trim().is_empty());
        if !first || words > 5 || !plain || !alone || line.is_empty() {
            return false;
        }
        let title = crate::Title {
            text: item.text.clone(),
            words: content_words(&item.text),
            span: item.span,
        };
        self.brief.title = Some(title);
        true
    }

    /// `GET /path → shape`.
    fn contract(&mut self, text: &Fragment, item: usize) -> bool {
        const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];
        let trimmed = text.text.trim();
        let Some((method, rest)) = trimmed.split_once(' ') else { return false };
        if !METHODS.contains(&method) || !rest.trim_start().starts_with('/') {
            return false;
        }
        let rest = rest.trim_start();
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (path, rest) = rest.split_at(end);
        let shape = rest.trim().trim_start_matches(['→', '-', '=', '>', ':']).trim();
        let range = text.source_range(0..text.text.len());
        self.brief.contracts.push(Contract {
            method: method.to_owned(),
            path: path.to_owned(),
            shape: (!shape.is_empty()).then(|| shape.to_owned()),
            span: self.lines.span(range),
            item,
        });
        true
    }

    fn sentence(&mut self, text: &Fragment, item: usize) {
        let Lexed { tokens, remarks } = lexer::lex(&text.text);
        let whole = text.source_range(0..text.text.len());
        let marks = marks::read(&text.text, &tokens);
        let mut found = {
            let place = |range: Range<usize>| self.lines.span(text.source_range(range));
            let design = self.kind() == SectionKind::Design;
            let context = Context {
                text: &text.text,
                place: &place,
                item,
                earlier: if design { &[] } else { &self.brief.demands },
                heading: self.heading_words(),
                row: text.columns > 1,
            };
            grammar::read(&marks, &context)
        };
        self.remarks(text, remarks);
        self.remarks(text, core::mem::take(&mut found.remarks));
        for (range, why) in core::mem::take(&mut found.not_understood) {
            let range = text.source_range(range);
            self.brief.items[item].understood = false;
            self.not_understood(range, why);
        }
        self.limit_demands(&mut found, whole.clone());
        if self.kind() == SectionKind::Design {
            self.choice(text, item, &tokens, found.demands);
            return;
        }
        let story = self.story(text, item, whole.clone());
        let amounts = !found.demands.is_empty();
        let constrained = constraint::of_words(self, text, item, &tokens);
        self.demands(found.demands, item);
        if !story {
            self.features(text, item, &tokens, amounts, constrained);
        }
        if !amounts {
            self.vague(text, &tokens);
        }
    }

    fn limit_demands(&mut self, found: &mut Found, whole: Range<usize>) {
        if found.demands.len() <= limits::DEMANDS_PER_ITEM {
            return;
        }
        let message = format!(
            "more than {} amounts in one item; the rest was not read",
            limits::DEMANDS_PER_ITEM
        );
        self.report(TOO_MANY, whole, message, "split the item");
        for demand in found.demands.split_off(limits::DEMANDS_PER_ITEM) {
            for span in demand.numerals() {
                self.not_understood(span.range(), "past the limit of amounts in one item");
            }
        }
    }

    /// Adds demands, except those that are constraints or say too little; links are kept right.
    fn demands(&mut self, demands: Vec<Demand>, item: usize) {
        let base = self.brief.demands.len();
        let mut kept: Vec<Option<usize>> = Vec::new();
        let linked: Vec<usize> = demands.iter().flat_map(Demand::links).collect();
        for (index, mut demand) in demands.into_iter().enumerate() {
            let is_linked = linked.contains(&(base + index));
            if !is_linked
                && let Some(constraint) =
                    constraint::of_demand(&demand, self.kind(), &self.brief.items[item].text)
            {
                self.brief.constraints.push(constraint);
                kept.push(None);
                continue;
            }
            if !is_linked && let Some(why) = says_too_little(&demand) {
                self.brief.items[item].understood = false;
                self.too_little(&demand, why);
                kept.push(None);
                continue;
            }
            demand.relink(|link| match link.checked_sub(base) {
                Some(own) => kept.get(own).copied().flatten(),
                None => Some(link),
            });
            kept.push(Some(self.brief.demands.len()));
            self.brief.demands.push(demand);
        }
    }

    fn too_little(&mut self, demand: &Demand, why: &'static str) {
        for span in demand.numerals() {
            self.not_understood(span.range(), why);
        }
        let range = demand.amount.span.range();
        let code =
            if demand.amount.dimension == Dimension::Count { NO_UNIT } else { NOT_UNDERSTOOD };
        let message = format!("`{}`: {why}", demand.amount.text);
        self.report(code, range, message, "write what it counts or measures, and per what");
    }

    fn story(&mut self, text: &Fragment, item: usize, whole: Range<usize>) -> bool {
        let Some((role, goal, why)) = story_parts(text.text.trim()) else { return false };
        let words = content_words(&goal);
        self.brief.stories.push(Story {
            role,
            why,
            keywords: owned(lexicon::find_rows(FEATURES, &words)),
            words,
            goal,
            span: self.lines.span(whole),
            item,
        });
        true
    }

    fn choice(&mut self, text: &Fragment, item: usize, tokens: &[Token], amounts: Vec<Demand>) {
        let words: Vec<_> =
            tokens.iter().map(marks::normal_form).filter(|word| !word.is_empty()).collect();
        let range = text.source_range(0..text.text.len());
        let purpose = purpose(tokens).or_else(|| topic(tokens, &text.text));
        self.brief.choices.push(Choice {
            text: text.text.trim().to_owned(),
            keywords: owned(lexicon::find_rows(TECHNOLOGIES, &words)),
            words: content_words(&text.text),
            purpose,
            negated: is_negated(&words),
            amounts: amounts.into_iter().map(Demand::without_links).collect(),
            span: self.lines.span(range),
            item,
        });
    }

    /// Adds the parts of an item that hold no amount.
    fn features(
        &mut self,
        text: &Fragment,
        item: usize,
        tokens: &[Token],
        amounts: bool,
        constrained: bool,
    ) {
        let whole = core::iter::once(0..tokens.len()).collect();
        let parts: Vec<Range<usize>> = if amounts { clauses(tokens) } else { whole };
        for part in parts {
            let own = &tokens[part];
            let (Some(first), Some(last)) = (own.first(), own.last()) else { continue };
            if own.iter().any(|token| {
                (amounts && token.quantity().is_some()) || matches!(token.kind, Kind::Unreadable)
            }) {
                continue;
            }
            let words: Vec<_> =
                own.iter().map(marks::normal_form).filter(|word| !word.is_empty()).collect();
            let keywords = owned(lexicon::find_rows(FEATURES, &words));
            if keywords.is_empty() && (amounts || constrained) {
                continue;
            }
            let range = first.range.start..last.range.end;
            let content: Vec<_> = words
                .iter()
                .filter(|word| !lexicon::is_stop(word) && word.chars().any(char::is_alphanumeric))
                .cloned()
                .collect();
            if content.is_empty() {
                continue;
            }
            let place = text.source_range(range.clone());
            self.brief.features.push(Feature {
                text: text.text[range].to_owned(),
                keywords,
                words: content,
                negated: is_negated(&words),
                span: self.lines.span(place),
                item,
            });
        }
    }

    fn vague(&mut self, text: &Fragment, tokens: &[Token]) {
        let lower = text.text.to_lowercase();
        let words: Vec<_> = tokens.iter().map(marks::normal_form).collect();
        for (phrase, help) in VAGUE {
            let range = if phrase.is_ascii() {
                lexicon::position_of_phrase(&words, phrase).map(|at| {
                    let last = at + phrase.split(' ').count() - 1;
                    tokens[at].range.start..tokens[last].range.end
                })
            } else if lower.len() == text.text.len() {
                lower.find(phrase).map(|at| at..at + phrase.len())
            } else {
                None
            };
            let Some(range) = range else { continue };
            let read = &text.text[range.clone()];
            let message = format!("`{read}` says that it matters, but not how much");
            let place = text.source_range(range);
            self.report(VAGUE_WORD, place, message, help);
        }
    }
}

fn owned(names: Vec<&'static str>) -> Vec<String> {
    names.into_iter().map(str::to_owned).collect()
}

fn is_negated(words: &[String]) -> bool {
    let first = words.first().map_or("", String::as_str);
    matches!(first, "no" | "without" | "not" | "never")
        && !lexicon::contains_phrase(words, "never oversell")
        || words.iter().any(|word| matches!(word.as_str(), "없음" | "제외" | "불필요" | "금지"))
}

/// Returns the token ranges between commas, semicolons and full stops.
fn clauses(tokens: &[Token]) -> Vec<Range<usize>> {
    let mut clauses = Vec::new();
    let mut start = 0;
    for (index, token) in tokens.iter().enumerate() {
        if [',', ';', '.'].iter().any(|sign| token.is_symbol(*sign)) {
            clauses.push(start..index);
            start = index + 1;
        }
    }
    clauses.push(start..tokens.len());
    clauses
}

/// Returns what stands after `for` in a choice.
fn purpose(tokens: &[Token]) -> Option<NounPhrase> {
    let at = tokens.iter().position(|token| token.word() == "for")?;
    let words: Vec<_> = tokens[at + 1..]
        .iter()
        .take_while(|token| matches!(token.kind, Kind::Word(_)))
        .filter(|token| !lexicon::is_stop(token.word()))
        .map(marks::normal_form)
        .collect();
    (!words.is_empty()).then_some(NounPhrase { words, rest: false })
}

/// Returns the topic with which a Korean choice begins: `문제지는 CDN에 미리 배포`.
fn topic(tokens: &[Token], text: &str) -> Option<NounPhrase> {
    let marks_topic = |rest: &str| rest.starts_with("는 ") || rest.starts_with("은 ");
    let marked = |token: &Token| {
        marks_topic(&text[token.range.end..]) || {
            let raw = text[..token.range.end].chars().next_back();
            token.word() != &text[token.range.clone()] && raw.is_some_and(|c| "는은".contains(c))
        }
    };
    let at = tokens.iter().position(marked).filter(|at| *at < 3)?;
    let words: Vec<_> = tokens[..=at]
        .iter()
        .take_while(|token| matches!(token.kind, Kind::Word(_)))
        .map(marks::normal_form)
        .collect();
    (words.len() == at + 1).then_some(NounPhrase { words, rest: false })
}

/// Returns role, goal and reason of a story.
fn story_parts(text: &str) -> Option<(String, String, Option<String>)> {
    let lower = text.to_ascii_lowercase();
    if let Some(start) =
        ["as a ", "as an ", "as the "].into_iter().find(|start| lower.starts_with(start))
    {
        let marks = [
            " i want to ",
            " i want ",
            " i can ",
            " i need to ",
            " i need ",
            " i would like to ",
            " we want to ",
        ];
        let (at, mark) =
            marks.into_iter().find_map(|mark| lower.find(mark).map(|at| (at, mark)))?;
        let role = text.get(start.len()..at)?.trim_end_matches(',').trim().to_owned();
        let rest = &text[at + mark.len()..];
        let rest_lower = &lower[at + mark.len()..];
        let (goal, why) =
            match rest_lower.find(" so that ").or_else(|| rest_lower.find(" in order to ")) {
                Some(end) => {
                    let why = rest[end..]
                        .trim()
                        .trim_start_matches("so that ")
                        .trim_start_matches("in order to ");
                    (&rest[..end], Some(why.to_owned()))
                }
                None => (rest, None),
            };
        return Some((role, goal.trim().trim_end_matches([',', '.']).to_owned(), why));
    }
    for mark in ["으로서", "로서", "로써"] {
        if let Some((role, goal)) = text.split_once(mark)
            && role.chars().count() <= 12
            && !role.contains(' ')
        {
            return Some((role.to_owned(), goal.trim_start_matches([',', ' ']).to_owned(), None));
        }
    }
    None
}

/// Returns why an amount cannot be used, if it cannot.
fn says_too_little(demand: &Demand) -> Option<&'static str> {
    if demand.amount.implied {
        return None;
    }
    let bare = demand.metric.is_none() && demand.of.is_none() && demand.per.is_empty();
    match demand.amount.dimension {
        // "daily users swipe 100 times" says who does what.
        Dimension::Count
            if bare
                && demand.subjects.is_empty()
                && (demand.action.is_none() || demand.actor.is_none()) =>
        {
            Some("nothing says what it counts")
        }
        Dimension::Ratio if bare => Some("nothing says of what it is a share"),
        Dimension::Time if demand.metric.is_none() => Some("nothing says what takes this time"),
        _ => None,
    }
}

/// Metrics of money.
pub(super) const fn is_money(metric: Option<Metric>) -> bool {
    matches!(metric, Some(Metric::Budget | Metric::Price))
}

/// Returns one line of the text of an item.
pub(super) fn line(text: &str) -> String {
    excerpt(text)
}
