//! Words.

use super::{Kind, Lexer, Token, korean_number, number};
use crate::lexicon::english::STOP;
use crate::lexicon::korean::{ENDINGS, WORDS};
use crate::lexicon::units::KOREAN;

/// Words that people cut short with a point.
const SHORT: &[&str] = &[
    "approx", "avg", "max", "min", "incl", "excl", "est", "ca", "vs", "resp", "etc", "e.g", "i.e",
    "med", "std", "tot", "nr", "req", "reqs", "msg", "msgs", "conn",
];

/// Returns whether a character is a Korean syllable or letter.
pub(crate) fn is_hangul(c: char) -> bool {
    matches!(c, '가'..='힣' | 'ㄱ'..='ㆎ' | 'ᄀ'..='ᇿ')
}

/// Reads a word of Latin (or any other) letters: `real-time`, `p99.9`, `eu-central-1`, a URL.
pub(super) fn lex_latin(lexer: &mut Lexer<'_>) {
    let rest = lexer.rest();
    let length = if ["http://", "https://"].iter().any(|scheme| rest.starts_with(scheme)) {
        rest.find(char::is_whitespace).unwrap_or(rest.len())
    } else {
        latin_length(rest)
    };
    let word = rest[..length].trim_end_matches(['-', '\'', '.']).to_lowercase();
    let length = rest[..length].trim_end_matches(['-', '\'', '.']).len().max(1);
    // The point of an abbreviation ends no sentence: "max. 20 MB".
    let point = SHORT.contains(&word.as_str()) && rest[length..].starts_with('.');
    let length = length + usize::from(point);
    lexer.push(Kind::Word(word), lexer.at + length);
}

fn latin_length(rest: &str) -> usize {
    let chars: Vec<(usize, char)> = rest.char_indices().collect();
    for (i, &(offset, c)) in chars.iter().enumerate() {
        if (c.is_alphanumeric() && !is_hangul(c)) || c == '_' {
            continue;
        }
        let next = chars.get(i + 1).map_or(' ', |&(_, next)| next);
        let previous = if i == 0 { ' ' } else { chars[i - 1].1 };
        let joins = match c {
            '-' | '‑' | '\'' | '’' => next.is_alphanumeric() && !is_hangul(next),
            // p99.9, node.js, e.g.
            '.' => {
                (previous.is_ascii_digit() && next.is_ascii_digit())
                    || (previous.is_alphabetic() && next.is_ascii_alphabetic())
            }
            '+' | '#' => i == 1 && previous == 'c',
            _ => false,
        };
        if !joins {
            return offset;
        }
    }
    rest.len()
}

/// Reads a run of Korean syllables: function words and nouns fall apart by the lexicon.
pub(super) fn lex_korean(lexer: &mut Lexer<'_>) {
    if korean_number::lex_korean_number(lexer) {
        return;
    }
    let run_end = lexer.at + run_length(lexer.rest());
    while lexer.at < run_end {
        let run = &lexer.text[lexer.at..run_end];
        if let Some((length, english)) = longest_word(lexer.rest(), run) {
            // 이상 after an amount is a bound, elsewhere an anomaly.
            let amount = lexer.out.tokens.last().is_some_and(|token| token.quantity().is_some());
            let bound = ["@ge-post", "@le-post", "@lt-post", "@gt-post"].contains(&english);
            let english = if bound && !amount { "anomaly" } else { english };
            push_words(lexer, english, length);
            continue;
        }
        if native_count(lexer, run, run_end) {
            return;
        }
        if is_ending(run) && lexer.at > 0 {
            lexer.at = run_end;
            continue;
        }
        let stem = strip_ending(run);
        let each = denominator_of(stem).filter(|_| stem == run);
        let stem = each.unwrap_or(stem);
        lexer.push(Kind::Word(stem.to_owned()), lexer.at + stem.len());
        if each.is_some() {
            lexer.push(Kind::Word("@per-post".to_owned()), run_end);
        }
        lexer.at = run_end;
    }
}

fn run_length(text: &str) -> usize {
    text.find(|c| !is_hangul(c)).unwrap_or(text.len())
}

/// Returns the length of the longest lexicon word at the start (it may contain a space) whose
/// remainder in the run is again made of words or an ending.
fn longest_word(rest: &str, run: &str) -> Option<(usize, &'static str)> {
    WORDS
        .iter()
        .filter(|(korean, _)| rest.starts_with(korean))
        .filter(|(korean, _)| {
            korean.len() >= run.len() || fits(&run[korean.len()..], korean.chars().count() > 1)
        })
        .map(|(korean, english)| (korean.len(), *english))
        .max_by_key(|(length, _)| *length)
}

/// Returns whether what remains of a run after a word can be an ending or further words. A word of
/// one syllable must be followed by nothing, or it would eat the start of unknown words.
pub(super) fn fits(remainder: &str, long: bool) -> bool {
    if remainder.is_empty() || is_ending(remainder) {
        return true;
    }
    if WORDS.iter().any(|(korean, _)| {
        remainder.strip_prefix(korean).is_some_and(|rest| {
            rest.is_empty() || is_ending(rest) || (long && korean.chars().count() > 1)
        })
    }) {
        return true;
    }
    // A verb ending that the list does not have: 전송했습니다.
    long && remainder.chars().count() <= 6
        && remainder.starts_with(|c| "하한할합해했되된될됨돼받시".contains(c))
}

fn is_ending(text: &str) -> bool {
    ENDINGS.contains(&text)
        || (text.chars().count() <= 6
            && text.starts_with(|c| "하한할합해했되된될됨돼받".contains(c)))
}

fn strip_ending(run: &str) -> &str {
    let mut best = run;
    for ending in ENDINGS {
        if let Some(stem) = run.strip_suffix(ending)
            && stem.chars().count() >= 2
            && stem.len() < best.len()
        {
            best = stem;
        }
    }
    best
}

/// Returns the noun of an unknown word that ends like a denominator: `공정당`.
fn denominator_of(word: &str) -> Option<&str> {
    const WHOLE: &[&str] =
        &["담당", "해당", "할당", "상당", "식당", "성당", "강당", "정당", "전당", "일당"];
    let noun = word.strip_suffix('당').filter(|noun| noun.chars().count() >= 2)?;
    (!WHOLE.iter().any(|whole| word.ends_with(whole))).then_some(noun)
}

fn push_words(lexer: &mut Lexer<'_>, english: &str, length: usize) {
    let start = lexer.at;
    for word in english.split(' ') {
        let kind = Kind::Word(word.to_owned());
        lexer.out.tokens.push(Token { kind, range: start..start + length });
    }
    lexer.at = start + length;
}

/// `두 배`, `세 번`: a native number before a counter.
fn native_count(lexer: &mut Lexer<'_>, run: &str, run_end: usize) -> bool {
    let Some((_, value)) =
        crate::lexicon::units::KOREAN_NATIVE.iter().find(|(name, _)| *name == run)
    else {
        return false;
    };
    let after = lexer.text[run_end..].trim_start();
    if !KOREAN.iter().any(|(unit, _)| after.starts_with(unit)) {
        return false;
    }
    number::finish(lexer, *value, run_end);
    true
}

/// Returns whether a word can be the start of a noun phrase after a number.
pub(super) fn is_content(word: &str) -> bool {
    !word.is_empty() && !word.starts_with('@') && !STOP.contains(&word)
}
