//! Korean numbers and units: 4만 5천, 1억 2천만, 천만 명.

use super::Lexer;
use super::number::{Number, digits, finish};
use super::word::{fits, is_hangul};
use crate::lexicon::units::{KOREAN, KOREAN_DIGITS, KOREAN_SCALES, UnitKind};

/// Reads 만, 억, 천만 … and further parts (`4만 5천`) after a number.
pub(super) fn korean_scale(first: f64, rest: &str) -> Option<(f64, usize)> {
    let mut sum = KoreanSum { total: 0.0, section: 0.0, current: Some(first), last: f64::INFINITY };
    let mut at = 0;
    let mut scaled = false;
    loop {
        let here = &rest[at..];
        if let Some((c, scale)) = scale_char(here) {
            if !sum.add(scale) {
                break;
            }
            at += c.len_utf8();
            scaled = true;
        } else if scaled && let Some((value, length)) = further_part(here, sum.last) {
            sum.current = Some(value);
            at += length;
        } else {
            break;
        }
    }
    scaled.then(|| (sum.value(), at))
}

struct KoreanSum {
    total: f64,
    section: f64,
    current: Option<f64>,
    last: f64,
}

impl KoreanSum {
    /// Adds a scale; returns false where none can stand.
    fn add(&mut self, scale: f64) -> bool {
        if scale >= 1e4 {
            if scale >= self.last {
                return false;
            }
            let empty = if self.section == 0.0 { 1.0 } else { 0.0 };
            self.total += (self.section + self.current.take().unwrap_or(empty)) * scale;
            self.section = 0.0;
            self.last = scale;
        } else {
            self.section += self.current.take().unwrap_or(1.0) * scale;
        }
        true
    }

    fn value(&self) -> f64 {
        self.total + self.section + self.current.unwrap_or(0.0)
    }
}

/// A scale character that does not start another word (조회, 조각, 백업, 만족).
fn scale_char(text: &str) -> Option<(char, f64)> {
    let c = text.chars().next()?;
    let others = ["조회", "조각", "조건", "백업", "백신", "만족", "만료", "만점", "십자", "천천"];
    if others.iter().any(|word| text.starts_with(word)) {
        return None;
    }
    KOREAN_SCALES.iter().find(|(own, _)| *own == c).copied()
}

/// ` 2천`, `5천`, ` 2,000` before a counter: a further part of the number.
fn further_part(text: &str, last: f64) -> Option<(f64, usize)> {
    let gap = usize::from(text.starts_with(' '));
    let digits_text = &text[gap..];
    if !digits_text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (length, Number::Value(value)) = digits(digits_text) else { return None };
    let after = &digits_text[length..];
    let continues = scale_char(after).is_some() || (korean_unit(after).is_some() && value < last);
    continues.then_some((value, gap + length))
}

/// Returns length (with a gap) and kind of the Korean unit at the start.
pub(super) fn korean_unit(text: &str) -> Option<(usize, UnitKind)> {
    let gap = usize::from(text.starts_with(' '));
    let word = &text[gap..];
    KOREAN
        .iter()
        .filter(|(name, _)| {
            let Some(remainder) = word.strip_prefix(name) else { return false };
            let run_end = remainder.find(|c| !is_hangul(c)).unwrap_or(remainder.len());
            fits(&remainder[..run_end], true) || remainder.starts_with("치")
        })
        .max_by_key(|(name, _)| name.len())
        .map(|(name, kind)| (gap + name.len(), *kind))
}

/// Reads `천만 명`, `오십만 원`: a number in Korean characters before a counter.
pub(super) fn lex_korean_number(lexer: &mut Lexer<'_>) -> bool {
    let text = lexer.rest();
    let mut sum = KoreanSum { total: 0.0, section: 0.0, current: None, last: f64::INFINITY };
    let (mut at, mut count, mut scaled) = (0, 0, false);
    while let Some(c) = text[at..].chars().next() {
        if let Some((_, value)) = KOREAN_DIGITS.iter().find(|(own, _)| *own == c) {
            sum.current = Some(*value);
        } else if let Some((_, scale)) = scale_char(&text[at..]) {
            if !sum.add(scale) {
                return false;
            }
            scaled = true;
        } else {
            break;
        }
        at += c.len_utf8();
        count += 1;
    }
    let after = &text[at..];
    let unit = korean_unit(after);
    let single = count == 1 && (text.starts_with('조') || !after.starts_with(' '));
    if !scaled || single || unit.is_none() || sum.current.is_some() {
        return false;
    }
    let end = lexer.at + at;
    finish(lexer, sum.value(), end);
    true
}
