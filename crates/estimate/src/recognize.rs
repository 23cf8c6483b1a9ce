//! Which kind of system the words of a brief point to, and which of its features they ask for.

use std::collections::BTreeSet;

use tenfold_brief::{Brief, Span};

use crate::archetype::{self, Archetype, GENERIC};
use crate::{Recognition, Word};

/// Below this weight of words no kind is recognized.
const WEIGHT_MIN: f64 = 5.0;
/// A word of the title weighs this many times as much as one below it.
const TITLE_FACTOR: f64 = 3.0;

/// Features that a brief asks for, and those that it rules out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Features {
    active: BTreeSet<String>,
}

impl Features {
    /// Returns whether one of `when` is asked for (`!name`: not asked for); an empty list is no
    /// condition.
    pub(crate) fn allow(&self, when: &[String]) -> bool {
        let holds = |name: &String| match name.strip_prefix('!') {
            Some(name) => !self.active.contains(name),
            None => self.active.contains(name),
        };
        when.is_empty() || when.iter().any(holds)
    }

    /// Returns whether a feature is asked for.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.active.contains(name)
    }
}

/// A stretch of text whose words may decide.
struct Passage {
    text: String,
    span: Span,
    weight: f64,
    negated: bool,
}

fn passages(brief: &Brief) -> Vec<Passage> {
    let mut passages = Vec::new();
    if let Some(title) = &brief.title {
        let text = format!(" {} {} ", title.text.to_lowercase(), title.words.join(" "));
        passages.push(Passage { text, span: title.span, weight: TITLE_FACTOR, negated: false });
    }
    // A heading of the first line may name the system and a section at once: *File storage*.
    for (index, section) in brief.sections.iter().enumerate() {
        let first = index == 0 && brief.title.is_none();
        let weight = if first { TITLE_FACTOR } else { 1.0 };
        let text = format!(" {} ", section.title.to_lowercase());
        passages.push(Passage { text, span: section.span, weight, negated: false });
    }
    for item in &brief.items {
        let text = format!(" {} ", item.text.to_lowercase());
        passages.push(Passage { text, span: item.span, weight: 1.0, negated: false });
    }
    for feature in &brief.features {
        let words = [feature.keywords.join(" "), feature.words.join(" ")].join(" ");
        let text = format!(" {words} ");
        let (span, negated) = (feature.span, feature.negated);
        passages.push(Passage { text, span, weight: 1.0, negated });
    }
    for choice in &brief.choices {
        let text = format!(" {} {} ", choice.keywords.join(" "), choice.words.join(" "));
        let (span, negated) = (choice.span, choice.negated);
        passages.push(Passage { text, span, weight: 1.0, negated });
    }
    passages
}

/// Returns the archetype that the words of the brief point to, with those words.
pub(crate) fn recognize(brief: &Brief) -> (Recognition, Archetype) {
    let passages = passages(brief);
    let mut best: Option<(f64, Recognition, Archetype)> = None;
    for name in archetype::names().filter(|name| *name != GENERIC) {
        let archetype = archetype::load(name);
        let mut total = 0.0;
        let mut words: Vec<(f64, Word)> = Vec::new();
        for (word, weight) in &archetype.recognize {
            let found = passages
                .iter()
                .filter(|passage| !passage.negated && contains(&passage.text, word))
                .max_by(|a, b| a.weight.total_cmp(&b.weight));
            let Some(passage) = found else { continue };
            let weight = weight * passage.weight;
            total += weight;
            let Span { line, column, .. } = passage.span;
            words.push((weight, Word { text: word.clone(), line, column }));
        }
        if total >= WEIGHT_MIN && best.as_ref().is_none_or(|(most, _, _)| total > *most) {
            words.sort_by(|a, b| b.0.total_cmp(&a.0));
            let words = words.into_iter().map(|(_, word)| word).collect();
            let (name, label) = (name.to_owned(), archetype.label.clone());
            best = Some((total, Recognition { name, label, words }, archetype));
        }
    }
    best.map_or_else(generic, |(_, recognition, archetype)| (recognition, archetype))
}

fn generic() -> (Recognition, Archetype) {
    let archetype = archetype::load(GENERIC);
    let (name, label) = (GENERIC.to_owned(), archetype.label.clone());
    (Recognition { name, label, words: Vec::new() }, archetype)
}

/// Returns the features of an archetype that the brief asks for, and the keywords of the brief's
/// own features and choices.
pub(crate) fn features(brief: &Brief, archetype: &Archetype) -> Features {
    let passages = passages(brief);
    let mut active = BTreeSet::new();
    for (name, spec) in &archetype.features {
        let mentions = || {
            let named = [name.clone()];
            let words: Vec<_> = spec.words.iter().chain(&named).cloned().collect();
            passages.iter().filter(move |p| words.iter().any(|word| contains(&p.text, word)))
        };
        let refused = mentions().any(|passage| passage.negated);
        if (spec.always || mentions().next().is_some()) && !refused {
            active.insert(name.clone());
        }
    }
    for feature in brief.features.iter().filter(|feature| !feature.negated) {
        active.extend(feature.keywords.iter().cloned());
    }
    for choice in brief.choices.iter().filter(|choice| !choice.negated) {
        active.extend(choice.keywords.iter().cloned());
    }
    Features { active }
}

/// Returns whether `text` contains `word` (or its plural) as a word; Korean words need no border.
fn contains(text: &str, word: &str) -> bool {
    let border = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    let ascii = word.is_ascii();
    text.match_indices(word).any(|(at, _)| {
        if !ascii {
            return true;
        }
        let before = text[..at].chars().next_back();
        let after = &text[at + word.len()..];
        let plural = after.strip_prefix("es").or_else(|| after.strip_prefix('s'));
        let ends = |rest: &str| {
            border(rest.chars().next())
                || !rest.is_ascii() && { rest.chars().next().is_some_and(|c| !c.is_ascii()) }
        };
        border(before) && (ends(after) || plural.is_some_and(ends))
    })
}
