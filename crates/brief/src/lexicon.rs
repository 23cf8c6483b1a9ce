//! The words that are read, as data.

pub(crate) mod english;
pub(crate) mod keywords;
pub(crate) mod korean;
pub(crate) mod phrases;
pub(crate) mod units;

use english::{ALIASES, SINGULAR, STOP, VERB_FORMS, VERBS};
use keywords::Row;

use crate::Access;

/// Returns the normal form of an English word in singular; names and short words stay.
pub(crate) fn singular(word: &str) -> String {
    if let Some((_, singular)) = SINGULAR.iter().find(|(plural, _)| *plural == word) {
        return (*singular).to_owned();
    }
    if word.len() < 4 || !word.is_ascii() || !word.ends_with('s') {
        return word.to_owned();
    }
    if ["ss", "us", "is", "ics"].iter().any(|end| word.ends_with(end)) {
        return word.to_owned();
    }
    if let Some(stem) = word.strip_suffix("ies") {
        return format!("{stem}y");
    }
    for end in ["sses", "shes", "ches", "xes", "zes"] {
        if word.ends_with(end) {
            return word[..word.len() - 2].to_owned();
        }
    }
    word[..word.len() - 1].to_owned()
}

/// Returns the words that a short name stands for.
pub(crate) fn alias(word: &str) -> Option<&'static [&'static str]> {
    ALIASES.iter().find(|(name, _)| *name == word).map(|(_, words)| *words)
}

/// Returns whether a word carries no content.
pub(crate) fn is_stop(word: &str) -> bool {
    word.starts_with('@') || STOP.contains(&word)
}

/// A word read as a verb.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Verb {
    pub(crate) base: &'static str,
    pub(crate) access: Option<Access>,
    /// `send`: fits a plural actor.
    pub(crate) is_base: bool,
    /// `sends`: fits one actor.
    pub(crate) is_third: bool,
    /// `sent`, `uploaded`, `sending`.
    pub(crate) is_participle: bool,
}

/// Returns how a word reads as a verb, if it can.
pub(crate) fn verb(word: &str) -> Option<Verb> {
    let find = |base: &str| VERBS.iter().find(|(own, _)| *own == base);
    let form = |(base, access): &(&'static str, Option<Access>), kind: u8| Verb {
        base,
        access: *access,
        is_base: kind == 0,
        is_third: kind == 1,
        is_participle: kind == 2,
    };
    if let Some(entry) = find(word) {
        return Some(form(entry, 0));
    }
    if let Some((_, base)) = VERB_FORMS.iter().find(|(own, _)| *own == word) {
        let kind = match word {
            "has" | "does" | "is" | "carries" | "queries" => 1,
            "are" => 0,
            _ => 2,
        };
        return find(base).map(|entry| form(entry, kind));
    }
    for (end, kind) in [("s", 1), ("es", 1), ("ed", 2), ("d", 2), ("ing", 2)] {
        let Some(stem) = word.strip_suffix(end) else { continue };
        if let Some(entry) = find(stem) {
            return Some(form(entry, kind));
        }
        if end == "ing"
            && let Some(entry) = find(&format!("{stem}e"))
        {
            return Some(form(entry, kind));
        }
    }
    // shipped, cutting: a doubled consonant.
    let stem = word.strip_suffix("ed").or_else(|| word.strip_suffix("ing"))?;
    let mut chars = stem.chars().rev();
    let doubled = chars.next().zip(chars.next()).is_some_and(|(a, b)| a == b);
    let shorter = stem.get(..stem.len().saturating_sub(1))?;
    if doubled { find(shorter).map(|entry| form(entry, 2)) } else { None }
}

/// Returns whether a word is a plural noun by its form.
pub(crate) fn is_plural(word: &str) -> bool {
    word == "people" || (word.ends_with('s') && singular(word) != word)
}

/// Returns the names of the rows of which a phrase stands in `words`, in the order of the table.
pub(crate) fn find_rows(table: &[Row], words: &[String]) -> Vec<&'static str>
where
{
    let mut names = Vec::new();
    for (name, phrases) in table {
        if phrases.iter().any(|phrase| contains_phrase(words, phrase)) && !names.contains(name) {
            names.push(*name);
        }
    }
    names
}

/// Returns whether the words of `phrase` stand in `words` one after the other.
pub(crate) fn contains_phrase(words: &[String], phrase: &str) -> bool {
    position_of_phrase(words, phrase).is_some()
}

/// Returns the first place in `words` where the words of `phrase` stand one after the other.
pub(crate) fn position_of_phrase(words: &[String], phrase: &str) -> Option<usize> {
    let length = phrase.split(' ').count();
    if words.len() < length {
        return None;
    }
    (0..=words.len() - length)
        .find(|&at| phrase.split(' ').zip(&words[at..]).all(|(expected, word)| expected == word))
}
