//! Text to tokens: words in normal form, numbers with their unit, symbols.

mod clock;
mod korean_number;
mod name;
mod number;
mod quantity;
mod word;

use core::ops::Range;

pub(crate) use quantity::Quantity;
pub(crate) use word::is_hangul;

use crate::Currency;
use crate::codes::CodeEntry;

/// One token with the bytes that it covers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) range: Range<usize>,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// A number with its scale and unit, or a range of two.
    Amount(Quantity),
    /// An hour of the day, or a range of two.
    Clock(f64, f64),
    /// A word: as written in lower case (Korean: the English word of the lexicon).
    Word(String),
    /// A sign; `<=` and `>=` are `≤` and `≥`, every arrow is `→`, every dash `-`.
    Symbol(char),
    /// A number that cannot be read.
    Unreadable,
}

impl Token {
    /// Returns the word, or an empty text.
    pub(crate) fn word(&self) -> &str {
        if let Kind::Word(word) = &self.kind { word } else { "" }
    }

    /// Returns whether it is this sign.
    pub(crate) fn is_symbol(&self, symbol: char) -> bool {
        self.kind == Kind::Symbol(symbol)
    }

    /// Returns the quantity.
    pub(crate) fn quantity(&self) -> Option<&Quantity> {
        if let Kind::Amount(quantity) = &self.kind { Some(quantity) } else { None }
    }
}

/// Something to say about a range of the text.
#[derive(Clone, Debug)]
pub(crate) struct Remark {
    pub(crate) code: CodeEntry,
    pub(crate) range: Range<usize>,
    pub(crate) message: String,
    pub(crate) help: String,
}

/// Tokens and remarks of one text.
#[derive(Debug, Default)]
pub(crate) struct Lexed {
    pub(crate) tokens: Vec<Token>,
    pub(crate) remarks: Vec<Remark>,
}

/// Splits a text into tokens.
pub(crate) fn lex(text: &str) -> Lexed {
    let mut lexer = Lexer { text, at: 0, out: Lexed::default() };
    while lexer.at < text.len() {
        lexer.step();
    }
    let mut out = lexer.out;
    quantity::join(text, &mut out);
    out
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    out: Lexed,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn push(&mut self, kind: Kind, end: usize) {
        self.out.tokens.push(Token { kind, range: self.at..end });
        self.at = end;
    }

    fn step(&mut self) {
        let c = self.rest().chars().next().expect("not at the end");
        if c.is_whitespace() {
            self.at += c.len_utf8();
        } else if c.is_ascii_digit() || self.point_number(c) {
            number::lex(self);
        } else if word::is_hangul(c) {
            word::lex_korean(self);
        } else if c.is_alphabetic() || c == '_' {
            word::lex_latin(self);
        } else {
            self.symbol(c);
        }
    }

    /// `.5` is a number.
    fn point_number(&self, c: char) -> bool {
        let mut rest = self.rest().chars();
        rest.next();
        c == '.'
            && rest.next().is_some_and(|next| next.is_ascii_digit())
            && !self.text[..self.at]
                .ends_with(|before: char| before.is_alphanumeric() || before == '.')
    }

    fn symbol(&mut self, c: char) {
        let rest = self.rest();
        let (symbol, length) =
            [("<=", '≤'), ("=<", '≤'), (">=", '≥'), ("->", '→'), ("=>", '→'), ("..", '…')]
                .into_iter()
                .find(|(spelling, _)| rest.starts_with(spelling))
                .map_or((c, c.len_utf8()), |(spelling, symbol)| (symbol, spelling.len()));
        let symbol = match symbol {
            '–' | '—' | '−' | '‐' | '‑' => '-',
            '∼' | '～' | '〜' => '~',
            '：' => ':',
            '，' | '、' => ',',
            '。' => '.',
            '；' => ';',
            '（' => '(',
            '）' => ')',
            '≦' => '≤',
            '≧' => '≥',
            '≒' => '≈',
            '⇒' | '➔' | '➜' | '⟶' => '→',
            '×' => 'x',
            other => other,
        };
        if symbol == 'x' {
            self.push(Kind::Word("x".to_owned()), self.at + length);
        } else {
            self.push(Kind::Symbol(symbol), self.at + length);
        }
    }
}

/// A money sign before a number.
fn currency_of(symbol: char) -> Option<Currency> {
    crate::lexicon::units::CURRENCY_SIGNS.iter().find(|(sign, _)| *sign == symbol).map(|(_, c)| *c)
}

#[cfg(test)]
mod tests;
