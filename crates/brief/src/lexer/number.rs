//! Numbers with their scale and unit.

use super::korean_number::{korean_scale, korean_unit};
use super::name::{clock, date, video_resolution};
use super::quantity::{Quantity, Unit};
use super::word::is_hangul;
use super::{Kind, Lexer, Remark};
use crate::codes::{CodeEntry, LOCAL_NUMBER, UNKNOWN_UNIT, UNREADABLE_NUMBER};
use crate::lexicon;
use crate::lexicon::units::{EXACT, FOLDED, LETTER_SCALES, UnitKind, WORD_SCALES};

/// Reads what starts with a digit.
pub(super) fn lex(lexer: &mut Lexer<'_>) {
    if let Some(length) = date(lexer.rest()).or_else(|| video_resolution(lexer)) {
        let word = lexer.rest()[..length].to_lowercase();
        lexer.push(Kind::Word(word), lexer.at + length);
        return;
    }
    if let Some((hour, length)) = clock(lexer.rest()) {
        lexer.push(Kind::Clock(hour, hour), lexer.at + length);
        return;
    }
    let (length, number) = digits(lexer.rest());
    let end = lexer.at + length;
    match number {
        Number::Value(value) => finish(lexer, value, end),
        Number::Local(value) => {
            let read = &lexer.text[lexer.at..end];
            let message = format!("`{read}` was read as {value}");
            remark(lexer, LOCAL_NUMBER, end, message, "write 1234567.8 or 1,234,567.8");
            finish(lexer, value, end);
        }
        Number::Version => {
            let word = lexer.rest()[..length].to_owned();
            lexer.push(Kind::Word(word), end);
        }
        Number::Broken => {
            let end = end + alphanumeric_length(&lexer.text[end..]);
            unreadable(lexer, end, UNREADABLE_NUMBER);
        }
    }
}

/// No number of a brief is larger; with every unit it stays far from overflow.
const LARGEST: f64 = 1e30;

pub(super) enum Number {
    Value(f64),
    /// Read, but with separators that are not ours.
    Local(f64),
    /// `15.2.1` standing alone.
    Version,
    Broken,
}

/// Returns the length of the numeral at the start of `text` and what it says.
pub(super) fn digits(text: &str) -> (usize, Number) {
    let bytes = text.as_bytes();
    let mut length = 0;
    while length < bytes.len() {
        let digit = bytes[length].is_ascii_digit();
        let joint = matches!(bytes[length], b',' | b'.' | b'_')
            && bytes.get(length + 1).is_some_and(u8::is_ascii_digit);
        if !digit && !joint {
            break;
        }
        length += 1;
    }
    let plain = text[..length].replace('_', "");
    let (length, number) = exponent(text, length, read_plain(&plain));
    let letter_follows = text[length..].starts_with(|c: char| c.is_ascii_alphanumeric());
    if matches!(number, Number::Version) && letter_follows {
        return (length, Number::Broken);
    }
    (length, number)
}

fn read_plain(plain: &str) -> Number {
    let whole = |text: &str| text.parse::<f64>().map_or(Number::Broken, Number::Value);
    let grouped = |text: &str, separator: char| {
        let mut groups = text.split(separator);
        let first = groups.next().unwrap_or("");
        (1..=3).contains(&first.len()) && groups.clone().count() > 0 && groups.all(|g| g.len() == 3)
    };
    match (plain.matches(',').count(), plain.matches('.').count()) {
        (0, 0 | 1) => whole(plain),
        (0, _) if grouped(plain, '.') => {
            plain.replace('.', "").parse().map_or(Number::Broken, Number::Local)
        }
        (0, _) => Number::Version,
        (_, 0) if grouped(plain, ',') => whole(&plain.replace(',', "")),
        (_, 1) => match plain.split_once('.') {
            Some((left, right)) if grouped(left, ',') && !right.contains(',') => {
                whole(&plain.replace(',', ""))
            }
            _ => Number::Broken,
        },
        _ => Number::Broken,
    }
}

/// Takes in `e9`, `E-3` and, after 10, `^9`.
fn exponent(text: &str, length: usize, number: Number) -> (usize, Number) {
    let Number::Value(_) = number else { return (length, number) };
    let rest = &text[length..];
    let power_of_ten = &text[..length] == "10" && rest.starts_with('^');
    if !power_of_ten && !rest.starts_with(['e', 'E']) {
        return (length, number);
    }
    let signed = &rest[1..];
    let sign = usize::from(signed.starts_with(['+', '-']));
    let count = signed[sign..].bytes().take_while(u8::is_ascii_digit).count();
    let after = &signed[sign + count..];
    if count == 0 || after.starts_with(|c: char| c.is_ascii_digit()) {
        return (length, number);
    }
    let mantissa = if power_of_ten { "1" } else { &text[..length] };
    let value = format!("{}e{}", mantissa.replace([',', '_'], ""), &signed[..sign + count]).parse();
    let length = length + 1 + sign + count;
    match value {
        Ok(value) if f64::is_finite(value) => (length, Number::Value(value)),
        _ => (length, Number::Broken),
    }
}

/// Adds scale and unit to a number that ends at `end` and pushes the amount.
pub(super) fn finish(lexer: &mut Lexer<'_>, value: f64, end: usize) {
    let rest = &lexer.text[end..];
    let suffix = if let Some((total, length)) = korean_scale(value, rest) {
        let mut suffix = Suffix { factor: 1.0, value: total, length, ..Suffix::new(total) };
        suffix.scaled = true;
        suffix.take_unit(rest);
        Some(suffix)
    } else {
        Suffix::read(value, rest)
    };
    let Some(suffix) = suffix else {
        strange_suffix(lexer, value, end);
        return;
    };
    let mut end = end + suffix.length;
    if suffix.value.abs() > LARGEST {
        unreadable(lexer, end, UNREADABLE_NUMBER);
        return;
    }
    let plus = lexer.text[end..].starts_with('+');
    end += usize::from(plus);
    let quantity = Quantity {
        low: suffix.value,
        high: suffix.value,
        unit: suffix.unit.map(|kind| Unit { kind, adjacent: suffix.adjacent }),
        scaled: suffix.scaled,
        at_least: plus,
        increase: false,
        ratio: false,
        billion: suffix.billion,
    };
    lexer.push(Kind::Amount(quantity), end);
}

/// What follows a number: scales, then a unit.
struct Suffix {
    value: f64,
    factor: f64,
    unit: Option<UnitKind>,
    length: usize,
    scaled: bool,
    adjacent: bool,
    billion: bool,
}

impl Suffix {
    const fn new(value: f64) -> Self {
        Self {
            value,
            factor: 1.0,
            unit: None,
            length: 0,
            scaled: false,
            adjacent: true,
            billion: false,
        }
    }

    /// Returns the suffix at the start of `rest`; none when the letters there fit nothing.
    fn read(value: f64, rest: &str) -> Option<Self> {
        let mut suffix = Self::new(value);
        let run = letter_run(rest);
        if run.is_empty() {
            suffix.adjacent = false;
            suffix.take_scales(rest);
            suffix.take_unit(rest);
            suffix.value *= suffix.factor;
            return Some(suffix);
        }
        suffix.read_adjacent(rest, run).then(|| {
            suffix.value *= suffix.factor;
            suffix
        })
    }

    fn read_adjacent(&mut self, rest: &str, run: &str) -> bool {
        if rest[run.len()..].starts_with(|c: char| c.is_ascii_digit()) {
            return false;
        }
        let scale = LETTER_SCALES.iter().find(|(letter, _)| run.starts_with(letter));
        if run == "B" {
            // Byte or billion: decided where the words around are known.
            self.unit = Some(UnitKind::Bytes(1.0));
            self.billion = true;
            self.length = 1;
        } else if let Some(kind) = unit_of(run) {
            self.unit = Some(kind);
            self.length = run.len();
        } else if let Some((letter, factor)) = scale
            && (run.len() == 1 || unit_of(&run[1..]).is_some() || is_noun(&run[1..]))
        {
            self.factor = *factor;
            self.scaled = true;
            self.length = letter.len();
            if let Some(kind) = unit_of(&run[1..]).filter(|_| run.len() > 2) {
                self.unit = Some(kind);
                self.length = run.len();
            } else if run.len() == 1 {
                self.adjacent = false;
                self.take_scales(rest);
                self.take_unit(rest);
            }
        } else if let Some((word, factor)) = word_scale(run) {
            self.factor = factor;
            self.scaled = true;
            self.length = word.len();
            self.take_unit(rest);
        } else {
            return is_noun(run);
        }
        true
    }

    /// Takes ` million`, ` thousand`, ` M`.
    fn take_scales(&mut self, rest: &str) {
        for _ in 0..3 {
            let Some((gap, run)) = next_word(&rest[self.length..]) else { return };
            let letter = LETTER_SCALES.iter().find(|(letter, _)| *letter == run && run != "B");
            let scale = letter
                .filter(|_| !self.scaled)
                .copied()
                .or_else(|| word_scale(run).map(|(_, factor)| (run, factor)));
            let Some((_, factor)) = scale else { return };
            self.factor *= factor;
            self.scaled = true;
            self.length += gap + run.len();
        }
    }

    /// Takes a unit after at most one space or hyphen.
    fn take_unit(&mut self, rest: &str) {
        let rest = &rest[self.length..];
        if let Some((length, kind)) = korean_unit(rest) {
            self.unit = Some(kind);
            self.length += length;
            return;
        }
        if let Some(length) = times_average(rest) {
            self.unit = Some(UnitKind::Times);
            self.length += length;
            return;
        }
        let Some((gap, run)) = next_word(rest) else { return };
        let hyphen = rest.starts_with('-');
        let short = run.chars().count() < 2 && run != "%";
        if short && (hyphen || self.scaled) {
            return;
        }
        // `20 min`, but `5 a day`: articles are no units.
        let Some(kind) = unit_of(run) else { return };
        if kind == UnitKind::Times && run.eq_ignore_ascii_case("x") && self.scaled {
            return;
        }
        // `3,000,000 meters` are things that measure: as a distance they would be kilometers.
        let many = self.value * self.factor >= 1_000.0;
        if many && matches!(kind, UnitKind::Length(_)) && run.eq_ignore_ascii_case("meters") {
            return;
        }
        self.billion = run == "B";
        self.unit = Some(kind);
        self.length += gap + run.len();
    }
}

/// Returns the bytes up to the sign of `2.5 * avg`, which is 2.5 times it.
fn times_average(rest: &str) -> Option<usize> {
    let at = rest.len() - rest.trim_start_matches(' ').len();
    let of = rest[at..].strip_prefix('*')?.trim_start_matches(' ').to_ascii_lowercase();
    ["avg", "average", "mean"].iter().any(|word| of.starts_with(word)).then_some(at + 1)
}

/// Returns the letters at the start that may be a unit.
fn letter_run(text: &str) -> &str {
    if text.starts_with('%') {
        return &text[..1];
    }
    let letter = |c: char| (c.is_alphabetic() || c == '×') && !is_hangul(c);
    let end = text.find(|c| !letter(c)).unwrap_or(text.len());
    &text[..end]
}

/// Returns the gap (a space or a hyphen) and the complete word after it.
fn next_word(text: &str) -> Option<(usize, &str)> {
    let gap =
        text.chars().next().filter(|c| *c == ' ' || *c == '-' || *c == '\u{a0}' || *c == '\n');
    let gap = gap.map_or(0, char::len_utf8);
    let run = letter_run(&text[gap..]);
    let after = &text[gap + run.len()..];
    let ends = !after.starts_with(|c: char| c.is_ascii_digit());
    (!run.is_empty() && ends).then_some((gap, run))
}

fn unit_of(run: &str) -> Option<UnitKind> {
    let folded = run.to_lowercase();
    EXACT
        .iter()
        .find(|(name, _)| *name == run)
        .or_else(|| FOLDED.iter().find(|(name, _)| *name == folded))
        .map(|(_, kind)| *kind)
}

fn word_scale(run: &str) -> Option<(&str, f64)> {
    let folded = run.to_lowercase();
    WORD_SCALES.iter().find(|(name, _)| *name == folded).map(|(_, factor)| (run, *factor))
}

/// Returns whether letters directly after a number are a noun: `100req`, `50photos`.
fn is_noun(run: &str) -> bool {
    let folded = run.to_lowercase();
    lexicon::alias(&folded).is_some()
        || (folded.len() >= 4 && folded == run && run.is_ascii() && !run.ends_with("large"))
}

/// `2xlarge` and `3rd` are words, `1O0` is a broken number, `10foo` has an unknown unit.
fn strange_suffix(lexer: &mut Lexer<'_>, value: f64, end: usize) {
    let tail = alphanumeric_length(&lexer.text[end..]);
    let suffix = &lexer.text[end..end + tail];
    if suffix.chars().all(|c| c.is_ascii_digit() || "OolI".contains(c)) {
        unreadable(lexer, end + tail, UNREADABLE_NUMBER);
        return;
    }
    let ordinal = ["st", "nd", "rd", "th"].contains(&suffix) && value.fract() == 0.0;
    let name = suffix.contains(|c: char| c.is_ascii_digit() || c.is_uppercase());
    if ordinal || name {
        let word = lexer.text[lexer.at..end + tail].to_lowercase();
        lexer.push(Kind::Word(word), end + tail);
    } else {
        unreadable(lexer, end + tail, UNKNOWN_UNIT);
    }
}

fn unreadable(lexer: &mut Lexer<'_>, end: usize, code: CodeEntry) {
    let read = lexer.text[lexer.at..end].to_owned();
    let (message, help) = if code == UNKNOWN_UNIT {
        (
            format!("the unit of `{read}` is not known"),
            "known units are times (ms s min h d), bytes (kB MB GB TB, KiB …), bits (Mb), %, money, \
             x and nouns",
        )
    } else {
        (format!("`{read}` is not a number that can be read"), "write 1234.5, 1,234.5, 1.2M or 1e9")
    };
    remark(lexer, code, end, message, help);
    lexer.push(Kind::Unreadable, end);
}

fn remark(lexer: &mut Lexer<'_>, code: CodeEntry, end: usize, message: String, help: &str) {
    let range = lexer.at..end;
    lexer.out.remarks.push(Remark { code, range, message, help: help.to_owned() });
}

fn alphanumeric_length(text: &str) -> usize {
    text.find(|c: char| !c.is_alphanumeric() || is_hangul(c)).unwrap_or(text.len())
}
