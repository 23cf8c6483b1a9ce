//! Which operations a sentence of the brief is about.

use tenfold_brief::NounPhrase;

use crate::draft::{Draft, OperationDraft};

/// Words that join others and name nothing.
const JOINING: [&str; 16] = [
    "a", "an", "and", "as", "at", "for", "i", "in", "it", "my", "of", "on", "or", "the", "to",
    "with",
];

/// Returns the operations that a story or feature is about: those whose whole name or goal it says,
/// and those that its other words name. Sorted by name.
pub(super) fn served_by(draft: &Draft<'_>, text: &str, words: &[String]) -> Vec<String> {
    let said = tokens(text);
    let mut served = Vec::new();
    let mut used: Vec<String> = Vec::new();
    for (name, operation) in &draft.operations {
        let whole = phrases(operation)
            .into_iter()
            .find(|phrase| !phrase.is_empty() && phrase.iter().all(|word| said.contains(word)));
        if let Some(phrase) = whole {
            served.push(name.clone());
            used.extend(phrase);
        }
    }
    for word in words.iter().filter(|word| !used.contains(&singular(word))) {
        let noun = NounPhrase { words: vec![word.clone()], rest: false };
        served.extend(draft.find_operation(&noun, None));
    }
    served.sort();
    served.dedup();
    served
}

fn phrases(operation: &OperationDraft) -> [Vec<String>; 2] {
    let goal = operation.spec.goal.as_deref().unwrap_or_default();
    [tokens(&operation.spec.label), tokens(goal)]
}

fn tokens(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(singular).filter(|word| !JOINING.contains(&word.as_str())).collect()
}

/// The word in lower case without the ending of a plural.
fn singular(word: &str) -> String {
    let word = word.to_lowercase();
    match word.strip_suffix('s') {
        Some(stem) if stem.len() > 2 && !stem.ends_with('s') => stem.to_owned(),
        Some(_) | None => word,
    }
}
