//! The marks of an item to demands: one for each amount, linked in the order of the sentence.
//!
//! Each amount gets a *territory*: the marks around it that speak of it. Territories are cut where
//! people cut: at `;` and `.`, else at a comma, at `and`, before the next property, at `of`, or
//! after the noun that is counted. `analyze` then looks at one territory at a time.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a rule names the marks that it reads; all others are not its business"
)]

mod amount;
mod analyze;
mod implied;
mod infer;
mod link;
mod noun;
mod rewrite;
mod shared;
mod subjects;

use core::ops::Range;

use crate::lexer::Remark;
use crate::lexicon::units::UnitKind;
use crate::marks::{Mark, MarkKind};
use crate::{Bound, ConditionKind, Demand, Metric, Span, Statistic};

/// What the grammar needs to know of the item and of what stood before it.
pub(crate) struct Context<'a> {
    /// The text of the item.
    pub(crate) text: &'a str,
    /// Gives the place of a range of that text.
    pub(crate) place: &'a dyn Fn(Range<usize>) -> Span,
    /// Index of the item.
    pub(crate) item: usize,
    /// The demands of earlier items.
    pub(crate) earlier: &'a [Demand],
    /// Words of an unknown heading over the item: what an objective without a subject is of.
    pub(crate) heading: Option<Vec<String>>,
    /// Whether it is a row of a table with several columns.
    pub(crate) row: bool,
}

/// What the grammar found in an item.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) demands: Vec<Demand>,
    pub(crate) remarks: Vec<Remark>,
    /// Ranges that were not understood, with the reason.
    pub(crate) not_understood: Vec<(Range<usize>, &'static str)>,
}

/// How the territory of an amount was cut from the one before it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cut {
    /// The first one of the item.
    First,
    /// `;` or `.`
    Sentence,
    Comma,
    And,
    Of,
    /// Before a property or after a noun: the sentence just goes on.
    Flow,
}

/// The marks that speak of one amount.
#[derive(Debug)]
struct Territory {
    marks: Range<usize>,
    amount: usize,
    /// Bytes of the amount.
    range: Range<usize>,
    cut: Cut,
    /// Marks of a clause after it that tells what each of those does: `…, each reports every 4 s`.
    clause: Option<Range<usize>>,
}

/// Returns the demands of an item.
pub(crate) fn read(marks: &[Mark], context: &Context<'_>) -> Found {
    let marks = rewrite::all(marks.to_vec(), context.text);
    let marks = rewrite::with_conditions(conditions_of_time(marks));
    let mut found = Found::default();
    for mark in &marks {
        if mark.kind == MarkKind::Unreadable {
            found
                .not_understood
                .push((mark.range.clone(), "the number or its unit cannot be read"));
        }
    }
    let label = label(&marks);
    let korean = context.text.contains(crate::lexer::is_hangul);
    let territories = territories(&marks, label.as_ref().map_or(0, |label| label.end), korean);
    let label_marks = label.map_or(&marks[0..0], |label| &marks[label]);
    for territory in &territories {
        analyze::territory(&marks, label_marks, territory, context, &mut found);
        if let Some(clause) = &territory.clause {
            let clause = &marks[clause.clone()];
            if implied::causes(clause) {
                implied::caused(clause, context, &mut found);
            } else {
                implied::implied(clause, context, &mut found);
            }
        }
    }
    for sentence in marks.split(|mark| mark.is_sign(';') || mark.is_sign('.')) {
        if !sentence.iter().any(|mark| mark.quantity().is_some()) {
            implied::sentence(sentence, context, &mut found);
        }
    }
    shared::share(&mut found.demands, &territories, context);
    if context.row {
        shared::of_the_row(&mut found.demands, &subjects::label_noun(label_marks));
    }
    implied::each_actors(context, &mut found);
    found
}

/// Returns the marks before the first colon, where no amount and no other sign stands before it.
fn label(marks: &[Mark]) -> Option<Range<usize>> {
    let end = marks.iter().position(|mark| {
        matches!(&mark.kind, MarkKind::Sign(c) if !"()/-&".contains(*c))
            || mark.quantity().is_some()
    })?;
    (end > 0 && end <= 8 && marks[end].is_sign(':')).then_some(0..end)
}

/// Turns times that say when another amount holds into conditions: `10x for 4 h`,
/// `1분 안에 50만 명`.
fn conditions_of_time(mut marks: Vec<Mark>) -> Vec<Mark> {
    let mut at = 0;
    while at < marks.len() {
        let time = marks[at].quantity().and_then(|quantity| quantity.time());
        if time.is_some_and(|(seconds, _)| restates_hours(&marks, at, seconds)) {
            marks.remove(at);
            continue;
        }
        if let Some((seconds, _)) = time
            && let Some((from, to, kind)) = condition_at(&marks, at, seconds)
        {
            let range = marks[from].range.start..marks[to].range.end;
            marks.splice(from..=to, [Mark { kind: MarkKind::Condition(kind), range }]);
            at = from;
        }
        at += 1;
    }
    marks
}

/// `9:30 to 16:00 (6.5 hours)`: the length of the hours before it.
fn restates_hours(marks: &[Mark], at: usize, seconds: f64) -> bool {
    let clause = clause_around(marks, at, ";.");
    marks[clause.start..at].iter().any(|mark| match mark.kind {
        MarkKind::Condition(ConditionKind::Hours { from, to, .. }) => {
            let hours = if to > from { to - from } else { to - from + 24.0 };
            (hours * 3_600.0 - seconds).abs() < 60.0
        }
        _ => false,
    })
}

fn condition_at(marks: &[Mark], at: usize, seconds: f64) -> Option<(usize, usize, ConditionKind)> {
    let clause = clause_around(marks, at, ";.,");
    if let Some(found) = hours_of_each_day(marks, clause.start, at, seconds) {
        return Some(found);
    }
    let other = |index: usize, mark: &Mark| {
        index != at && mark.quantity().is_some_and(|quantity| quantity.time().is_none())
    };
    let others = clause.clone().filter(|index| other(*index, &marks[*index])).count();
    let timed = clause.clone().any(|index| match marks[index].kind {
        MarkKind::Statistic(Statistic::Percentile(_)) => true,
        MarkKind::Metric { metric, strong, .. } => {
            is_time_metric(metric) && (strong || metric == Metric::Retention)
        }
        _ => false,
    });
    if others == 0 || timed {
        return None;
    }
    let before = at.checked_sub(1).map(|index| &marks[index]);
    let after = marks.get(at + 1);
    let post = |word: &str| after.is_some_and(|mark| mark.is_function(word));
    if before.is_some_and(|mark| mark.is_function("for")) {
        return Some((at - 1, at, ConditionKind::For { seconds }));
    }
    // "10분 동안 30만 명이 접속": all of them in this time.
    let counted = clause.clone().any(|index| {
        let kind = marks[index].quantity().and_then(crate::lexer::Quantity::kind);
        matches!(kind, Some(UnitKind::Counter | UnitKind::CounterNoun(_)))
    });
    if post("@for-post") && counted {
        return Some((at, at + 1, ConditionKind::Within { seconds, first: false }));
    }
    if post("@for-post") {
        return Some((at, at + 1, ConditionKind::For { seconds }));
    }
    let within = ConditionKind::Within { seconds, first: false };
    if before.is_some_and(|mark| mark.kind == MarkKind::Bound(Bound::AtMost)) {
        return Some((at - 1, at, within));
    }
    if before.is_some_and(|mark| mark.is_function("in")) {
        if seconds >= 30.0 * 86_400.0 {
            return Some((at - 1, at, ConditionKind::After { seconds }));
        }
        return Some((at - 1, at, within));
    }
    let bounded = after.is_some_and(|mark| mark.kind == MarkKind::Bound(Bound::AtMost));
    bounded.then_some((at, at + 1, within))
}

/// `every 5 s for 9 hours a day`: the part of the day in which it happens, from nine on.
fn hours_of_each_day(
    marks: &[Mark],
    start: usize,
    at: usize,
    seconds: f64,
) -> Option<(usize, usize, ConditionKind)> {
    let per = |mark: &Mark, interval: bool| match mark.kind {
        MarkKind::PerTime { seconds, interval: own, .. } => (own == interval).then_some(seconds),
        _ => None,
    };
    let hours = seconds / 3_600.0;
    if !(1.0..24.0).contains(&hours) {
        return None;
    }
    let kind = ConditionKind::Hours { from: 9.0, to: 9.0 + hours, zone: None };
    let shift = |mark: &Mark| mark.noun_words().is_some_and(|words| words == ["shift"]);
    let paced = |marks: &[Mark]| marks.iter().any(|mark| per(mark, true).is_some());
    if marks.get(at + 1).is_some_and(shift) {
        // "every 4 s during an 8-hour shift"
        let leads = |mark: &&Mark| {
            let during = |kind: &ConditionKind| matches!(kind, ConditionKind::During { words } if words.is_empty());
            ["a", "an", "in"].iter().any(|word| mark.is_function(word))
                || matches!(&mark.kind, MarkKind::Condition(kind) if during(kind))
        };
        let led = marks[start..at].iter().rev().take_while(leads).count();
        return paced(&marks[start..at]).then_some((at - led, at + 1, kind));
    }
    let daily = marks.get(at + 1).and_then(|mark| per(mark, false)) == Some(86_400.0);
    // "are online 8 hours a day and send it every 5 s"
    let words = |mark: &&Mark| {
        let word =
            mark.noun_words().is_some_and(|words| PRESENT.contains(&words.join(" ").as_str()));
        word || ["are", "is", "on", "be"].iter().any(|word| mark.is_function(word))
    };
    let state = marks[start..at].iter().rev().take_while(words).count();
    let alone = start + state == at;
    let sentence = clause_around(marks, at, ";.");
    let elsewhere = state > 0 || alone && start > sentence.start;
    let first = if elsewhere { at - state } else { at };
    if !daily || !(paced(&marks[start..at]) || elsewhere && paced(&marks[sentence])) {
        return None;
    }
    let led = first == at && at > start && marks[at - 1].is_function("for");
    Some((if led { at - 1 } else { first }, at + 1, kind))
}

/// Words for being there and at work.
const PRESENT: &[&str] =
    &["online", "connected", "active", "duty", "shift", "work", "working", "drive", "road"];

const fn is_time_metric(metric: Metric) -> bool {
    matches!(
        metric,
        Metric::Latency
            | Metric::Retention
            | Metric::RecoveryPoint
            | Metric::RecoveryTime
            | Metric::Downtime
            | Metric::Staleness
            | Metric::TimeToLive
            | Metric::Length
    )
}

/// Returns the marks around `at` up to one of the signs.
fn clause_around(marks: &[Mark], at: usize, signs: &str) -> Range<usize> {
    let is_end = |mark: &Mark| matches!(mark.kind, MarkKind::Sign(c) if signs.contains(c));
    let start = marks[..at].iter().rposition(is_end).map_or(0, |index| index + 1);
    let end = marks[at..].iter().position(is_end).map_or(marks.len(), |index| at + index);
    start..end
}

/// Returns the territories of all amounts from mark `start` on.
fn territories(marks: &[Mark], start: usize, korean: bool) -> Vec<Territory> {
    let amounts: Vec<usize> =
        (start..marks.len()).filter(|index| marks[*index].quantity().is_some()).collect();
    let mut territories: Vec<Territory> = Vec::new();
    let mut from = start;
    for (index, &amount) in amounts.iter().enumerate() {
        let mut cut = Cut::First;
        if index > 0 {
            let previous = amounts[index - 1];
            let (at, kind) = cut_between(marks, previous, amount, korean);
            let end = &mut territories[index - 1].marks.end;
            *end = at.min(*end);
            from = at;
            cut = kind;
        }
        let range = marks[amount].range.clone();
        let ends = |mark: &Mark| mark.is_sign(';') || mark.is_sign('.');
        if index == 0 {
            let before = marks[from..amount].iter().rposition(ends);
            from = before.map_or(from, |at| from + at + 1);
        }
        let end = marks[amount..].iter().position(ends).map_or(marks.len(), |at| amount + at);
        territories.push(Territory { marks: from..end, amount, range, cut, clause: None });
    }
    for territory in &mut territories {
        let end = territory.marks.end;
        if let Some(at) = acting_clause(&marks[territory.amount..end]) {
            territory.clause = Some(territory.amount + at..end);
            territory.marks.end = territory.amount + at;
        }
    }
    territories
}

/// Returns where the clause after an amount starts that tells what each of those does without a
/// number: `2M drivers, each reports its place every 4 s`, `10 matches a day, every match updates
/// the score`.
fn acting_clause(marks: &[Mark]) -> Option<usize> {
    let comma = marks.iter().position(|mark| mark.is_sign(','))?;
    let clause = &marks[comma + 1..];
    let each = clause.first().is_some_and(|mark| matches!(mark.kind, MarkKind::PerEach { .. }));
    let timed = clause.iter().any(|mark| matches!(mark.kind, MarkKind::PerTime { .. }));
    // "3M meters, one reading every 15 minutes"
    let one = clause.first().is_some_and(|mark| mark.is_function("one"));
    let interval =
        clause.iter().any(|mark| matches!(mark.kind, MarkKind::PerTime { interval: true, .. }));
    (each && timed || one && interval || implied::causes(clause)).then_some(comma + 1)
}

/// Returns the first mark of the right territory, and why it is cut there.
fn cut_between(marks: &[Mark], left: usize, right: usize, korean: bool) -> (usize, Cut) {
    let gap = left + 1..right;
    let last = |test: &dyn Fn(&Mark) -> bool| gap.clone().rev().find(|index| test(&marks[*index]));
    let first = |test: &dyn Fn(&Mark) -> bool| gap.clone().find(|index| test(&marks[*index]));
    if let Some(at) = last(&|mark| mark.is_sign(';') || mark.is_sign('.')) {
        return (at + 1, Cut::Sentence);
    }
    if let Some(at) = last(&|mark| mark.is_sign(',')) {
        return (at + 1, Cut::Comma);
    }
    let joins = ["and", "with", "but", "plus", "or"];
    if let Some(at) = last(&|mark| joins.iter().any(|word| mark.is_function(word))) {
        return (at + 1, Cut::And);
    }
    if let Some(at) = first(&|mark| mark.is_sign('(') || mark.is_sign('/') || mark.is_sign('+')) {
        return (at + 1, Cut::And);
    }
    // "가입자 3천만 명 중 하루 활성 사용자 500만 명": among the left ones.
    if let Some(at) = first(&|mark| mark.is_function("@among-post")) {
        return (at + 1, Cut::Comma);
    }
    let property = |mark: &Mark| {
        matches!(
            mark.kind,
            MarkKind::Metric { strong: true, .. } | MarkKind::Statistic(Statistic::Percentile(_))
        )
    };
    // The property of "100 ms p99 200 ms" is taken for the one of what follows.
    if let Some(at) = first(&property).filter(|at| *at > left + 1 || right == at + 1) {
        return (at, Cut::Flow);
    }
    if let Some(at) = first(&|mark| mark.is_function("of")) {
        let directly = gap.clone().skip_while(|index| *index <= at).all(|index| {
            matches!(
                marks[index].kind,
                MarkKind::Bound(_) | MarkKind::Statistic(_) | MarkKind::Function(_)
            )
        });
        if directly {
            return (at, Cut::Of);
        }
    }
    if let Some(at) = last(&|mark| mark.is_function("at") || mark.is_function("to")) {
        return (at, Cut::Flow);
    }
    // "예약은 25만 건이고 예약 한 건당 검색 6번": in Korean a denominator leads its amount.
    let each = |mark: &Mark| matches!(mark.kind, MarkKind::PerEach { .. });
    if let Some(at) = first(&each).filter(|at| korean && *at == left + 1) {
        return (at, Cut::Flow);
    }
    (noun::end_of_counted(marks, left, right), Cut::Flow)
}
