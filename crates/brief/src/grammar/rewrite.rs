//! Other words for the same thing, brought into the form that the grammar reads.

use crate::ConditionKind;
use crate::lexer::Quantity;
use crate::marks::{Mark, MarkKind};

/// Rewrites the marks of an item.
pub(super) fn all(marks: Vec<Mark>, text: &str) -> Vec<Mark> {
    let marks = one_in_so_many(marks);
    let mut marks = every_so_many(marks);
    in_one(&mut marks, text);
    one_who_acts(marks)
}

/// Rewrites the marks of an item whose conditions of time are known.
pub(super) fn with_conditions(mut marks: Vec<Mark>) -> Vec<Mark> {
    each_of_several(&mut marks);
    hours_last(marks)
}

/// `1M drivers, online 6 hours a day, send …` is `1M drivers send … for 6 hours a day`.
fn hours_last(mut marks: Vec<Mark>) -> Vec<Mark> {
    let hours = |mark: &Mark| matches!(mark.kind, MarkKind::Condition(ConditionKind::Hours { .. }));
    let joins = |mark: &Mark| mark.is_sign(',') || mark.is_function("and");
    let Some(at) = marks.iter().position(hours) else { return marks };
    let counted = marks[..at].first().is_some_and(|mark| mark.quantity().is_some());
    let acts = marks.get(at + 2).and_then(|mark| match &mark.kind {
        MarkKind::Word { raw, .. } => crate::lexicon::verb(raw),
        _ => None,
    });
    if !counted || acts.is_none() || !marks.get(at + 1).is_some_and(joins) {
        return marks;
    }
    let ends = |mark: &Mark| mark.is_sign(';') || mark.is_sign('.');
    let end = marks[at..].iter().position(ends).map_or(marks.len(), |end| at + end);
    marks[at..end].rotate_left(1);
    marks.remove(at);
    if marks[at - 1].is_sign(',') {
        marks.remove(at - 1);
    }
    marks
}

/// `1M drivers each report … every 4 s` is `1M drivers report … every 4 s`.
fn each_of_several(marks: &mut Vec<Mark>) {
    let amounts = marks.iter().filter(|mark| mark.quantity().is_some()).count();
    let regular =
        marks.iter().any(|mark| matches!(mark.kind, MarkKind::PerTime { interval: true, .. }));
    let each = marks.iter().position(|mark| mark.is_function("each"));
    if let Some(at) = each.filter(|at| *at >= 2 && amounts == 1 && regular)
        && marks[0].quantity().is_some()
    {
        marks.remove(at);
    }
}

/// `one search in 20 leads to …` is `5 % of searches lead to …`.
fn one_in_so_many(mut marks: Vec<Mark>) -> Vec<Mark> {
    let mut at = 0;
    while at < marks.len() {
        if let Some((end, share)) = share_at(&marks, at) {
            let mut nouns: Vec<Mark> = marks[at + 1..end - 1].to_vec();
            if let Some(MarkKind::Word { raw, .. }) = nouns.last_mut().map(|mark| &mut mark.kind) {
                raw.push('s');
            }
            let range = marks[at].range.start..marks[at].range.end;
            let amount = marks[end].range.clone();
            let of = Mark { kind: MarkKind::Function("of".to_owned()), range };
            let share = Mark { kind: MarkKind::Amount(share), range: amount };
            marks.splice(at..=end, [share, of].into_iter().chain(nouns));
        }
        at += 1;
    }
    marks
}

fn share_at(marks: &[Mark], at: usize) -> Option<(usize, Quantity)> {
    if !marks[at].is_function("one") {
        return None;
    }
    let nouns = marks[at + 1..]
        .iter()
        .take_while(|mark| matches!(mark.kind, MarkKind::Word { .. }))
        .count();
    let end = at + nouns + 2;
    let among = marks.get(end - 1)?.is_function("in");
    let whole = marks.get(end)?.quantity()?;
    let plain = whole.unit.is_none() && whole.low >= 2.0 && whole.low == whole.high;
    if nouns == 0 || !among || !plain {
        return None;
    }
    Some((end, Quantity::percent(100.0 / whole.low)))
}

/// `every 5th comment has a file` is `20 % of comments have a file`.
fn every_so_many(mut marks: Vec<Mark>) -> Vec<Mark> {
    for at in 0..marks.len() {
        let MarkKind::PerEach { words } = &marks[at].kind else { continue };
        let Some(every) = words.first().and_then(|word| ordinal(word)) else { continue };
        if words.len() < 2 {
            continue;
        }
        let range = marks[at].range.clone();
        let share = MarkKind::Amount(Quantity::percent(100.0 / every));
        let noun = |word: &String| MarkKind::Word { word: word.clone(), raw: format!("{word}s") };
        let of = core::iter::once(MarkKind::Function("of".to_owned()));
        let kinds = core::iter::once(share).chain(of).chain(words[1..].iter().map(noun));
        let new: Vec<Mark> = kinds.map(|kind| Mark { kind, range: range.clone() }).collect();
        let next = at + 1;
        if let Some(MarkKind::Word { raw, .. }) = marks.get_mut(next).map(|mark| &mut mark.kind)
            && let Some(verb) = crate::lexicon::verb(raw).filter(|verb| verb.is_third)
        {
            verb.base.clone_into(raw);
        }
        marks.splice(at..=at, new);
        return every_so_many(marks);
    }
    marks
}

/// `5th`, `fifth`
fn ordinal(word: &str) -> Option<f64> {
    const WORDS: [(&str, f64); 7] = [
        ("second", 2.0),
        ("third", 3.0),
        ("fourth", 4.0),
        ("fifth", 5.0),
        ("tenth", 10.0),
        ("hundredth", 100.0),
        ("thousandth", 1_000.0),
    ];
    let named = WORDS.iter().find(|(name, _)| *name == word).map(|(_, number)| *number);
    let digits = word.strip_suffix("th").or_else(|| word.strip_suffix("nd"));
    let digits = digits.or_else(|| word.strip_suffix("rd"));
    named.or_else(|| digits?.parse::<f64>().ok()).filter(|every| *every >= 2.0)
}

/// `하루 한 면에 차량 5대`, `한 고객이 하루 3번 주문`: for each of those; `한 달에` is a time, and `한 번에` neither.
fn in_one(marks: &mut [Mark], text: &str) {
    const TIMES: [&str; 9] = ["달", "주", "해", "번", "시간", "순간", "날", "회", "눈"];
    for mark in marks {
        let MarkKind::Word { word, raw } = &mark.kind else { continue };
        let before = text[..mark.range.start].strip_suffix("한 ");
        let one =
            before.is_some_and(|before| before.is_empty() || before.ends_with([' ', ',', '(']));
        let after = &text[mark.range.end..];
        let inside = raw.ends_with('에') && after.starts_with(' ');
        let follows = ["에 ", "에서 ", "이 ", "가 "].iter().any(|post| after.starts_with(post));
        let stem = word.trim_end_matches('에').to_owned();
        if one && (inside || follows) && !stem.is_empty() && !TIMES.contains(&stem.as_str()) {
            mark.kind = MarkKind::PerEach { words: vec![stem] };
        }
    }
}

/// `a truck reports its position every 30 s` is `every truck reports …`: of something that acts by
/// itself and regularly, one stands for all.
fn one_who_acts(mut marks: Vec<Mark>) -> Vec<Mark> {
    let regular =
        marks.iter().any(|mark| matches!(mark.kind, MarkKind::PerTime { interval: true, .. }));
    let article = |mark: &Mark| mark.is_function("a") || mark.is_function("an");
    if !regular || !marks.first().is_some_and(article) {
        return marks;
    }
    let raws: Vec<&str> = marks[1..]
        .iter()
        .map_while(|mark| match &mark.kind {
            MarkKind::Word { raw, .. } => Some(raw.as_str()),
            _ => None,
        })
        .collect();
    let acts = |raw: &&str| crate::lexicon::verb(raw).is_some_and(|verb| verb.is_third);
    let Some(verb) = raws.iter().position(acts).filter(|verb| (1..=3).contains(verb)) else {
        return marks;
    };
    let words = marks[1..=verb].iter().filter_map(Mark::noun_words).flatten().collect();
    let range = marks[0].range.start..marks[verb].range.end;
    marks.splice(0..=verb, [Mark { kind: MarkKind::PerEach { words }, range }]);
    marks
}
