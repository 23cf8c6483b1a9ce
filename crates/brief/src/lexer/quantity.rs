//! Joins tokens into quantities: ranges, ratios, money signs, number words, hours of the day.
#![expect(clippy::wildcard_enum_match_arm, reason = "only units with a factor have one")]

use super::clock::clocks;
use super::word::is_content;
use super::{Kind, Lexed, Token, currency_of};
use crate::lexicon::units::{FOLDED, NUMBER_WORDS, UnitKind, WORD_SCALES};
use crate::{Currency, TimeUnit};

/// A number with its scale and unit; `low` and `high` differ for a range.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Quantity {
    /// In the unit as written, scale included.
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) unit: Option<Unit>,
    /// Whether a scale (k, million, 만) stood there.
    pub(crate) scaled: bool,
    /// `10k+`.
    pub(crate) at_least: bool,
    /// `+20 %`.
    pub(crate) increase: bool,
    /// `100:1`.
    pub(crate) ratio: bool,
    /// Whether the unit B may be a billion.
    pub(crate) billion: bool,
}

/// A unit as written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Unit {
    pub(crate) kind: UnitKind,
    /// Whether it stood right after the number.
    pub(crate) adjacent: bool,
}

impl Quantity {
    const fn plain(value: f64) -> Self {
        Self {
            low: value,
            high: value,
            unit: None,
            scaled: false,
            at_least: false,
            increase: false,
            ratio: false,
            billion: false,
        }
    }

    /// A share of so many in a hundred.
    pub(crate) const fn percent(value: f64) -> Self {
        let unit = Some(Unit { kind: UnitKind::Percent, adjacent: true });
        Self { unit, ..Self::plain(value) }
    }

    pub(crate) fn kind(&self) -> Option<UnitKind> {
        self.unit.map(|unit| unit.kind)
    }

    /// Returns length in seconds and unit of a plain time.
    pub(crate) fn time(&self) -> Option<(f64, TimeUnit)> {
        match self.kind() {
            Some(UnitKind::Time(unit, factor)) => Some((self.high * factor, unit)),
            Some(UnitKind::MinuteOrMillion) => Some((self.high * 60.0, TimeUnit::Minute)),
            _ => None,
        }
    }
}

/// Joins the tokens of a text.
pub(super) fn join(text: &str, lexed: &mut Lexed) {
    spoken(text, &mut lexed.tokens);
    signs(text, &mut lexed.tokens);
    fractions(&mut lexed.tokens);
    ranges(&mut lexed.tokens);
    ratios(&mut lexed.tokens);
    clocks(text, &mut lexed.tokens);
}

/// Replaces `tokens[at..at + count]` by one amount.
pub(super) fn replace(tokens: &mut Vec<Token>, at: usize, count: usize, kind: Kind) {
    let range = tokens[at].range.start..tokens[at + count - 1].range.end;
    tokens.splice(at..at + count, [Token { kind, range }]);
}

/// `half a million`, `two thousand`, `a dozen`, `three regions`, `twice a day`.
fn spoken(text: &str, tokens: &mut Vec<Token>) {
    let mut at = 0;
    while at < tokens.len() {
        if let Some((value, count)) = spoken_at(tokens, at) {
            let range = tokens[at].range.start..tokens[at + count - 1].range.end;
            let mut quantity = Quantity::plain(value);
            quantity.scaled = count > 1;
            let times = ["twice", "double", "triple"].contains(&tokens[at].word());
            if times && tokens.get(at + 1).is_some_and(|next| next.word() == "the") {
                quantity.unit = Some(Unit { kind: UnitKind::Times, adjacent: false });
            }
            if ["half", "절반"].contains(&tokens[at].word()) && count == 1 {
                quantity.unit = Some(Unit { kind: UnitKind::Percent, adjacent: false });
            }
            tokens.splice(at..at + count, [Token { kind: Kind::Amount(quantity), range }]);
            unit_after(text, tokens, at);
        }
        at += 1;
    }
}

fn spoken_at(tokens: &[Token], at: usize) -> Option<(f64, usize)> {
    let word = |offset: usize| tokens.get(at + offset).map_or("", Token::word);
    let scale = |word: &str| WORD_SCALES.iter().find(|(name, _)| *name == word).map(|(_, f)| *f);
    match word(0) {
        "half" if word(1) == "a" => return scale(word(2)).map(|factor| (0.5 * factor, 3)),
        "half" if word(1) == "of" => return Some((50.0, 1)),
        "절반" => return Some((50.0, 1)),
        "a" if at == 0 || tokens[at - 1].word() != "half" => {
            let plural = word(1).ends_with("ions");
            return scale(word(1)).filter(|_| !plural).map(|factor| (factor, 2));
        }
        "twice" if times_follow(tokens, at) => return Some((2.0, 1)),
        "once" if times_follow(tokens, at) => return Some((1.0, 1)),
        "twice" | "double" if word(1) == "the" => return Some((2.0, 1)),
        "triple" if word(1) == "the" => return Some((3.0, 1)),
        "thrice" => return Some((3.0, 1)),
        "zero" if at > 0 && ["rpo", "rto", "of", "is", "="].contains(&tokens[at - 1].word()) => {
            return Some((0.0, 1));
        }
        _ => {}
    }
    let (_, value) = NUMBER_WORDS.iter().find(|(name, _)| *name == word(0))?;
    let (mut value, mut count) = (*value, 1);
    while let Some(factor) = scale(word(count)) {
        value *= factor;
        count += 1;
    }
    let unit_like = [
        "minute", "minutes", "hour", "hours", "day", "days", "week", "weeks", "month", "months",
        "year", "years", "second", "seconds", "nines", "percent", "times",
    ];
    let next = word(count);
    let place = ["region", "zone", "az", "az's", "site", "datacenter", "engineer", "developer"];
    let fits = count > 1
        || unit_like.contains(&next)
        || (word(0) != "one" && is_content(next))
        || (word(0) == "one" && place.contains(&next));
    let before = if at == 0 { "" } else { tokens[at - 1].word() };
    let counted = matches!(before, "of") && at > 1 && tokens[at - 2].word() == "team";
    (fits || counted).then_some((value, count))
}

/// Whether a denominator follows `twice` or `once`.
fn times_follow(tokens: &[Token], at: usize) -> bool {
    let next = tokens.get(at + 1).map_or("", Token::word);
    matches!(
        next,
        "a" | "an" | "per" | "every" | "each" | "daily" | "weekly" | "hourly" | "monthly"
    )
}

/// A unit word after a spoken number.
fn unit_after(text: &str, tokens: &mut Vec<Token>, at: usize) {
    let Some(next) = tokens.get(at + 1) else { return };
    let written = &text[next.range.clone()];
    let folded = written.to_lowercase();
    let found = crate::lexicon::units::FOLDED.iter().find(|(name, _)| *name == folded);
    let Some((_, kind)) = found.filter(|(name, _)| name.len() > 2) else { return };
    if let Kind::Amount(quantity) = &mut tokens[at].kind {
        quantity.unit = Some(Unit { kind: *kind, adjacent: false });
        let kind = tokens[at].kind.clone();
        replace(tokens, at, 2, kind);
    }
}

/// Money signs, `+20 %`, `-5`.
fn signs(text: &str, tokens: &mut Vec<Token>) {
    currency_words(tokens);
    let mut at = 0;
    while at + 1 < tokens.len() {
        let Kind::Symbol(symbol) = tokens[at].kind else {
            at += 1;
            continue;
        };
        let adjacent = tokens[at].range.end == tokens[at + 1].range.start;
        let spaced_before = at == 0
            || tokens[at - 1].range.end < tokens[at].range.start
            || !matches!(text[..tokens[at].range.start].chars().next_back(), Some(c) if c.is_alphanumeric());
        let amount_before = at > 0 && tokens[at - 1].quantity().is_some();
        let Kind::Amount(quantity) = &mut tokens[at + 1].kind else {
            at += 1;
            continue;
        };
        let joined = match symbol {
            '+' if adjacent && spaced_before => {
                quantity.increase = true;
                true
            }
            '-' if adjacent && spaced_before && !amount_before => {
                (quantity.low, quantity.high) = (-quantity.high, -quantity.low);
                true
            }
            _ => currency_of(symbol).is_some_and(|currency| money(quantity, currency)),
        };
        if joined {
            let kind = tokens[at + 1].kind.clone();
            replace(tokens, at, 2, kind);
        }
        at += 1;
    }
}

/// `EUR 9,000`, `USD 5k`.
fn currency_words(tokens: &mut Vec<Token>) {
    let mut at = 0;
    while at + 1 < tokens.len() {
        let found = FOLDED.iter().find_map(|(name, kind)| match kind {
            UnitKind::Money(currency, _) if name.len() == 3 && *name == tokens[at].word() => {
                Some(*currency)
            }
            _ => None,
        });
        if let Some(currency) = found
            && let Kind::Amount(quantity) = &mut tokens[at + 1].kind
            && money(quantity, currency)
        {
            let kind = tokens[at + 1].kind.clone();
            replace(tokens, at, 2, kind);
        }
        at += 1;
    }
}

fn money(quantity: &mut Quantity, currency: Currency) -> bool {
    let factor = match quantity.kind() {
        None => 1.0,
        Some(UnitKind::Bytes(_)) if quantity.billion => 1e9,
        Some(UnitKind::MinuteOrMillion) => 1e6,
        Some(UnitKind::Money(own, factor)) if own == currency => factor,
        _ => return false,
    };
    quantity.billion = false;
    quantity.unit = Some(Unit { kind: UnitKind::Money(currency, factor), adjacent: true });
    true
}

/// `1/3 of users`, `1 in 5 users`.
fn fractions(tokens: &mut Vec<Token>) {
    let mut at = 0;
    while at + 3 < tokens.len() {
        let plain = |token: &Token| {
            token.quantity().filter(|q| q.unit.is_none() && !q.scaled && q.low > 0.0).map(|q| q.low)
        };
        if let (Some(a), Some(b)) = (plain(&tokens[at]), plain(&tokens[at + 2]))
            && b > 0.0
            && ((tokens[at + 1].is_symbol('/') && tokens[at + 3].word() == "of")
                || (tokens[at + 1].word() == "in" && a < b && is_content(tokens[at + 3].word())))
        {
            let mut quantity = Quantity::plain(a / b);
            quantity.low *= 100.0;
            quantity.high *= 100.0;
            quantity.unit = Some(Unit { kind: UnitKind::Percent, adjacent: true });
            replace(tokens, at, 3, Kind::Amount(quantity));
        }
        at += 1;
    }
}

/// `5-10`, `5 to 10`, `5~10`, `between 5 and 10`, `3초에서 5초`.
fn ranges(tokens: &mut Vec<Token>) {
    let mut at = 0;
    while at + 2 < tokens.len() {
        if let Some(quantity) = range_at(tokens, at) {
            replace(tokens, at, 3, Kind::Amount(quantity));
            if at > 0 && matches!(tokens[at - 1].word(), "between" | "from") {
                let kind = tokens[at].kind.clone();
                replace(tokens, at - 1, 2, kind);
            }
        }
        at += 1;
    }
}

fn range_at(tokens: &[Token], at: usize) -> Option<Quantity> {
    let (low, high) = (tokens[at].quantity()?, tokens[at + 2].quantity()?);
    let before = if at == 0 { "" } else { tokens[at - 1].word() };
    let joined = match &tokens[at + 1].kind {
        Kind::Symbol(c) => matches!(c, '-' | '~' | '…'),
        Kind::Word(word) => word == "to" || (word == "and" && before == "between"),
        Kind::Amount(_) | Kind::Clock(..) | Kind::Unreadable => false,
    };
    if !joined || low.ratio || high.ratio || low.low != low.high || high.low != high.high {
        return None;
    }
    let same =
        |a: UnitKind, b: UnitKind| core::mem::discriminant(&a) == core::mem::discriminant(&b);
    match (low.kind(), high.kind()) {
        (Some(a), Some(b)) if !same(a, b) => return None,
        (Some(_), None) => return None,
        _ => {}
    }
    // Both ends in the unit of the second: "500 ms to 2 s"; "5 to 10 M" scales both.
    let factor = match (low.kind(), high.kind()) {
        (Some(a), Some(b)) => factor_of(a) / factor_of(b),
        (None, _) if high.scaled && !low.scaled && low.low < 1000.0 => scale_of(high.high),
        _ => 1.0,
    };
    Some(Quantity { low: low.low * factor, at_least: false, ..high.clone() })
}

const fn factor_of(kind: UnitKind) -> f64 {
    match kind {
        UnitKind::Time(_, factor)
        | UnitKind::Bytes(factor)
        | UnitKind::LowerBytes(factor)
        | UnitKind::Bits(factor)
        | UnitKind::BitRate(factor)
        | UnitKind::ByteRate(factor)
        | UnitKind::Money(_, factor)
        | UnitKind::Length(factor) => factor,
        _ => 1.0,
    }
}

/// The scale that a value was most likely written with.
fn scale_of(value: f64) -> f64 {
    [1e12, 1e9, 1e8, 1e6, 1e4, 1e3].into_iter().find(|scale| value >= *scale).unwrap_or(1.0)
}

/// `100:1`, `100 to 1` beside reads and writes, `100 reads per write` stays as it is.
fn ratios(tokens: &mut Vec<Token>) {
    let about_ratio = ["read", "reads", "write", "writes", "ratio", "비율", "@read-write"];
    let ratio_words = tokens.iter().any(|token| about_ratio.contains(&token.word()));
    let mut at = 0;
    while at < tokens.len() {
        if let Some(quantity) = tokens[at].quantity()
            && ratio_words
            && quantity.low > quantity.high
            && quantity.unit.is_none()
        {
            let value = quantity.low / quantity.high;
            let quantity = Quantity { ratio: true, ..Quantity::plain(value) };
            tokens[at].kind = Kind::Amount(quantity);
        }
        let colon = tokens
            .get(at + 1)
            .is_some_and(|token| token.is_symbol(':') || (ratio_words && token.is_symbol('/')));
        if colon
            && let Some(a) = tokens[at].quantity()
            && let Some(b) = tokens.get(at + 2).and_then(Token::quantity)
            && a.unit.is_none()
            && b.unit.is_none_or(|unit| unit.kind == UnitKind::Times)
            && b.low > 0.0
        {
            let quantity = Quantity {
                low: a.low / b.high,
                high: a.high / b.low,
                ratio: true,
                ..Quantity::plain(0.0)
            };
            replace(tokens, at, 3, Kind::Amount(quantity));
        }
        at += 1;
    }
}
