//! Hours of the day.

use super::quantity::replace;
use super::{Kind, Token};
use crate::TimeUnit;
use crate::lexicon::units::UnitKind;

const ZONES: &[&str] =
    &["kst", "jst", "utc", "gmt", "est", "edt", "cst", "pst", "pdt", "cet", "cest", "ist", "local"];

/// Joins hours of the day: `18-22 h KST`, `18:00-22:00`, `9am to 6pm`, `18~22시`.
pub(super) fn clocks(text: &str, tokens: &mut Vec<Token>) {
    let mut at = 0;
    while at < tokens.len() {
        let zone = tokens.get(at + 1).is_some_and(|next| ZONES.contains(&next.word()));
        let led = at > 0 && matches!(tokens[at - 1].word(), "between" | "from" | "daily" | "peak");
        let written = &text[tokens[at].range.clone()];
        let led = led || ["between", "from"].iter().any(|word| written.starts_with(word));
        let Kind::Amount(quantity) = &tokens[at].kind else {
            at += 1;
            continue;
        };
        let (low, high) = (quantity.low, quantity.high);
        let bare = quantity.unit.is_none() && !quantity.scaled && led && low != high;
        if let Some((shift, count)) = part_of_day(tokens, at + 1).filter(|_| bare)
            && (1.0..=12.0).contains(&low)
            && (1.0..=12.0).contains(&high)
        {
            let moved = |hour: f64| if hour < 12.0 { hour + shift } else { hour };
            replace(tokens, at, 1 + count, Kind::Clock(moved(low), moved(high)));
            continue;
        }
        let hours = match quantity.kind() {
            Some(UnitKind::ClockHour(shift)) => {
                let afternoon = |hour: f64| if hour < 12.0 { hour + shift } else { hour };
                // "9 am to 6 pm", "10 to 4 pm": only the second is in the afternoon.
                let morning = low > high || written.to_lowercase().contains("am");
                Some((if morning { low } else { afternoon(low) }, afternoon(high)))
            }
            Some(UnitKind::Time(TimeUnit::Hour, _)) if (zone || led) && low != high => {
                Some((low, high))
            }
            _ => None,
        };
        if let Some((from, to)) = hours
            && (0.0..=24.0).contains(&from)
            && (0.0..=24.0).contains(&to)
        {
            tokens[at].kind = Kind::Clock(from, to);
        }
        at += 1;
    }
    let mut at = 0;
    while at + 2 < tokens.len() {
        let joined = tokens[at + 1].is_symbol('-')
            || tokens[at + 1].is_symbol('~')
            || matches!(tokens[at + 1].word(), "to" | "and" | "until");
        if joined
            && let (Kind::Clock(from, _), Kind::Clock(_, to)) =
                (&tokens[at].kind, &tokens[at + 2].kind)
        {
            let kind = Kind::Clock(*from, *to);
            replace(tokens, at, 3, kind);
        }
        at += 1;
    }
    korean_clocks(text, tokens);
}

/// `in the morning`, `at night`: what it adds to an hour, and its tokens.
fn part_of_day(tokens: &[Token], at: usize) -> Option<(f64, usize)> {
    let word = |offset: usize| tokens.get(at + offset).map_or("", Token::word);
    let lead = (0..3).take_while(|offset| ["in", "the", "at"].contains(&word(*offset))).count();
    let shift = match word(lead) {
        "morning" | "am" => 0.0,
        "afternoon" | "evening" | "night" | "pm" => 12.0,
        _ => return None,
    };
    Some((shift, lead + 1))
}

/// `오전 9시부터 10시 사이`, `오후 2시부터 5시까지`.
fn korean_clocks(text: &str, tokens: &mut Vec<Token>) {
    let mut at = 0;
    while at < tokens.len() {
        let half = tokens[at].word();
        let shift = match half {
            "오전" | "아침" | "새벽" => 0.0,
            "오후" | "evening" | "밤" => 12.0,
            _ => -1.0,
        };
        if shift >= 0.0
            && let Some(Kind::Clock(from, to)) = tokens.get(at + 1).map(|token| &token.kind)
        {
            let moved = |hour: f64| if hour < 12.0 { hour + shift } else { hour };
            let kind = Kind::Clock(moved(*from), moved(*to));
            replace(tokens, at, 2, kind);
        }
        at += 1;
    }
    let mut at = 0;
    while at + 1 < tokens.len() {
        // Tokens that were moved stand before what they were written after.
        let gap = tokens[at].range.end..tokens[at + 1].range.start;
        let between = text.get(gap).unwrap_or_default();
        let (left, right) = (&tokens[at].kind, &tokens[at + 1].kind);
        if let (Kind::Clock(from, _), Kind::Clock(_, to)) = (left, right)
            && (between.contains("부터") || between.contains("에서"))
        {
            // "오후 2시부터 5시": both in the afternoon.
            let to = if *to < *from && *to < 12.0 { *to + 12.0 } else { *to };
            let kind = Kind::Clock(*from, to);
            replace(tokens, at, 2, kind);
        }
        at += 1;
    }
}
