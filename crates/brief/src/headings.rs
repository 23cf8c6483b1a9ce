//! What stands under a heading.

use crate::SectionKind;
use crate::lexicon::keywords::HEADINGS;

/// Returns what stands under a heading of this text, if the lexicon knows it.
pub(crate) fn kind_of(heading: &str) -> Option<SectionKind> {
    let normal = normal_form(heading);
    let exact = |phrases: &[&str]| phrases.contains(&normal.as_str());
    if let Some((kind, _)) = HEADINGS.iter().find(|(_, phrases)| exact(phrases)) {
        return Some(*kind);
    }
    // "Key non-functional requirements", "Design (first idea)": the longest known phrase at an end.
    HEADINGS
        .iter()
        .flat_map(|(kind, phrases)| phrases.iter().map(move |phrase| (*kind, *phrase)))
        .filter(|(_, phrase)| {
            phrase.contains(' ') || phrase.chars().count() > 5 || !phrase.is_ascii()
        })
        .filter(|(_, phrase)| {
            let starts = normal.strip_prefix(phrase).is_some_and(|rest| rest.starts_with(' '));
            let ends = normal.strip_suffix(phrase).is_some_and(|rest| rest.ends_with(' '));
            starts || ends
        })
        .max_by_key(|(_, phrase)| phrase.len())
        .map(|(kind, _)| kind)
}

/// Returns whether a heading says nothing but what stands under it.
pub(crate) fn is_exact(heading: &str) -> bool {
    let normal = normal_form(heading);
    HEADINGS.iter().any(|(_, phrases)| phrases.contains(&normal.as_str()))
}

/// Returns a heading in lower case without numbering, emoji and punctuation.
pub(crate) fn normal_form(heading: &str) -> String {
    let lower = heading.to_lowercase().replace(['&', '/', '('], " and ").replace(')', " ");
    let words: Vec<_> = lower
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .collect();
    let numbering = words
        .iter()
        .take_while(|word| word.chars().all(|c| c.is_ascii_digit() || c == '.'))
        .count();
    words[numbering.min(words.len())..].join(" ")
}

#[cfg(test)]
mod tests {
    use super::kind_of;
    use crate::SectionKind;

    #[test]
    fn headings_are_known_in_many_forms() {
        let cases = [
            ("Requirements", Some(SectionKind::Requirements)),
            ("2. Non-Functional Requirements", Some(SectionKind::NonFunctional)),
            ("Key functional requirements", Some(SectionKind::Functional)),
            ("비기능 요구사항", Some(SectionKind::NonFunctional)),
            ("설계", Some(SectionKind::Design)),
            ("Design (first idea)", Some(SectionKind::Design)),
            ("Checkout", None),
        ];
        for (heading, expected) in cases {
            assert_eq!(kind_of(heading), expected, "{heading}");
        }
    }
}
