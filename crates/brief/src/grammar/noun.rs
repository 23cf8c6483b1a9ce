//! Noun phrases and verbs beside an amount.

use crate::lexicon::english::PEOPLE;
use crate::lexicon::{self, Verb};
use crate::marks::{Mark, MarkKind};
use crate::{Action, ConditionKind, NounPhrase};

/// Words beside an amount, read as who, does, what.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Phrase {
    /// The noun phrase nearest to the amount.
    pub(crate) noun: Vec<String>,
    /// The verb after it (or before it, to the left of an amount).
    pub(crate) verb: Option<Verb>,
    /// The noun phrase on the other side of the verb.
    pub(crate) object: Vec<String>,
    /// Whether `of` led to it.
    pub(crate) of: Vec<String>,
}

/// Returns the mark after the noun phrase (and `of` phrase) that the amount at `left` counts.
pub(super) fn end_of_counted(marks: &[Mark], left: usize, right: usize) -> usize {
    let mut at = left + 1;
    let mut previous: Option<String> = None;
    while at < right {
        match &marks[at].kind {
            MarkKind::Word { raw, .. } if ends_noun(previous.as_deref(), raw) => break,
            MarkKind::Word { raw, .. } => previous = Some(raw.clone()),
            MarkKind::Function(word) if word == "of" || is_particle(word) => {}
            MarkKind::Function(word) if WHOLE.contains(&word.as_str()) => {}
            MarkKind::PerTime { interval: false, .. } | MarkKind::PerEach { .. } => {}
            MarkKind::Those => previous = Some("people".to_owned()),
            MarkKind::Bound(_) | MarkKind::Statistic(_) if at == left + 1 => {}
            MarkKind::Metric { .. } | MarkKind::Condition(_) if previous.is_none() => {}
            // "2M requests per second at peak for 50,000 customers": the peak is of the left one.
            MarkKind::Condition(ConditionKind::Peak)
                if marks[at + 1..right].first().is_some_and(|mark| mark.is_function("for")) => {}
            _ => break,
        }
        at += 1;
    }
    at
}

fn is_particle(word: &str) -> bool {
    word.starts_with('@')
}

/// Returns whether `raw` is the verb of the noun `previous` and no part of it: "drivers send",
/// "messages carry"; but "photo uploads".
fn ends_noun(previous: Option<&str>, raw: &str) -> bool {
    let Some(previous) = previous else { return false };
    let Some(verb) = lexicon::verb(raw) else { return false };
    let korean = !previous.is_ascii();
    let plural = lexicon::is_plural(previous);
    (verb.is_base && (plural || korean)) || (verb.is_third && plural) || verb.is_participle
}

/// Reads the words to the right of an amount. `chosen` is the range of the property that was
/// taken from there, which is no noun.
pub(super) fn after(marks: &[Mark], share: bool, is_chosen: &dyn Fn(&Mark) -> bool) -> Phrase {
    let mut phrase = Phrase::default();
    let mut previous: Option<String> = None;
    let mut of = false;
    let mut those = false;
    for (at, mark) in marks.iter().enumerate() {
        if is_chosen(mark) {
            if phrase.noun.is_empty() {
                continue;
            }
            break;
        }
        match &mark.kind {
            MarkKind::Word { raw, word } => {
                let object = marks.get(at + 1..).is_some_and(has_object);
                let leads = share && !of && previous.is_none() && object && leads(raw);
                let is_verb =
                    phrase.verb.is_none() && (leads || ends_noun(previous.as_deref(), raw));
                if is_verb && !of {
                    phrase.verb = lexicon::verb(raw);
                } else if of {
                    if is_verb {
                        phrase.verb = lexicon::verb(raw);
                        of = false;
                    } else {
                        phrase.of.push(word.clone());
                    }
                } else if phrase.verb.is_some() {
                    phrase.object.push(word.clone());
                } else {
                    phrase.noun.push(word.clone());
                }
                previous = Some(raw.clone());
            }
            MarkKind::Metric { strong: false, words, .. } => {
                let target =
                    if phrase.verb.is_some() { &mut phrase.object } else { &mut phrase.noun };
                target.extend(words.iter().cloned());
                previous = words.last().cloned();
            }
            MarkKind::Function(word) if word == "of" && phrase.verb.is_none() => of = true,
            MarkKind::Function(word)
                if ["a", "an", "the", "their", "its", "one", "all"].contains(&word.as_str()) => {}
            MarkKind::Function(word) if WHOLE.contains(&word.as_str()) => {}
            // "10 % have attachments"
            MarkKind::Function(word)
                if share && at == 0 && ["have", "has"].contains(&word.as_str()) => {}
            MarkKind::Function(word) if word.starts_with('@') => {}
            MarkKind::Function(word)
                if ["are", "is", "be"].contains(&word.as_str())
                    && phrase.verb.is_none()
                    && (!(phrase.noun.is_empty() || share && is_what(&marks[at + 1..]))
                        || those && has_object(&marks[at + 1..])
                        || is_done(marks.get(at + 1), !phrase.of.is_empty())) => {}
            // "1 in 50 swipes is a match"
            MarkKind::Function(word)
                if share
                    && ["are", "is"].contains(&word.as_str())
                    && phrase.verb.is_none()
                    && phrase.of.is_empty()
                    && !phrase.noun.is_empty()
                    && marks.get(at + 1..).is_some_and(has_object) =>
            {
                phrase.of = core::mem::take(&mut phrase.noun);
                phrase.verb = lexicon::verb("become");
            }
            MarkKind::Function(word) if word == "new" && phrase.verb.is_none() => {
                // New users are those who sign up, and no users of a day.
                let next = marks.get(at + 1).and_then(Mark::noun_words).unwrap_or_default();
                if next.last().is_some_and(|word| PEOPLE.contains(&word.as_str())) {
                    phrase.noun.push(word.clone());
                }
            }
            MarkKind::Function(word)
                if ["to", "in", "into"].contains(&word.as_str())
                    && phrase.verb.is_some_and(|verb| RESULTING.contains(&verb.base)) => {}
            MarkKind::Bound(_) | MarkKind::Statistic(_) | MarkKind::Condition(_) => {
                if !phrase.object.is_empty() {
                    break;
                }
            }
            MarkKind::PerTime { .. } | MarkKind::PerEach { .. } if phrase.noun.is_empty() => {}
            MarkKind::Those => {
                previous = Some("people".to_owned());
                those = true;
            }
            _ => break,
        }
    }
    phrase
}

/// Words that only say that all of them are counted: `1.5 billion total users`.
const WHOLE: &[&str] = &["total", "overall", "expected", "estimated", "planned"];

/// Returns whether a noun after an article stands there: `is a match`.
fn is_what(marks: &[Mark]) -> bool {
    marks.first().is_some_and(|mark| mark.is_function("a") || mark.is_function("an"))
        && has_object(marks)
}

/// Returns whether a participle stands there: `0.5 % of impressions are clicked`.
fn is_done(next: Option<&Mark>, of: bool) -> bool {
    let Some(MarkKind::Word { raw, .. }) = next.map(|mark| &mark.kind) else { return false };
    of && lexicon::verb(raw).is_some_and(|verb| verb.is_participle)
}

/// Verbs after which what comes of it stands: `1 in 5 requests leads to a click`.
const RESULTING: &[&str] = &["lead", "result", "go", "come"];

/// Returns whether a word right after a share is what those do: `1 in 20 buys something`.
fn leads(raw: &str) -> bool {
    let counted = ["reads", "writes", "views", "searches", "updates", "clicks", "requests"];
    !counted.contains(&raw) && lexicon::verb(raw).is_some_and(|verb| verb.is_third)
}

/// Returns whether the next words are an object.
fn has_object(marks: &[Mark]) -> bool {
    let article =
        |mark: &&Mark| !["a", "an", "the", "one"].iter().any(|word| mark.is_function(word));
    marks.iter().find(article).is_some_and(|mark| matches!(mark.kind, MarkKind::Word { .. }))
}

/// Reads the words to the left of an amount, back to a comma: `users upload`; without `verbs` they
/// are one noun phrase: `catalogue reads`.
pub(super) fn before(marks: &[Mark], verbs: bool, is_chosen: &dyn Fn(&Mark) -> bool) -> Phrase {
    let mut words: Vec<(String, String)> = Vec::new();
    let mut event = false;
    for (index, mark) in marks.iter().enumerate().rev() {
        if is_chosen(mark) {
            continue;
        }
        if event && matches!(mark.kind, MarkKind::Word { .. }) {
            event = false;
            continue;
        }
        match &mark.kind {
            // "측정 후 5초 이내": after what the word before it names.
            MarkKind::Function(word) if word == "@after-post" && words.is_empty() => event = true,
            MarkKind::Word { word, raw } => words.push((word.clone(), raw.clone())),
            // What an article stands before is a noun: "a post is 300 bytes".
            MarkKind::Function(word) if ["a", "an", "the"].contains(&word.as_str()) => {
                if let Some((_, raw)) = words.last_mut() {
                    raw.clear();
                }
            }
            MarkKind::Metric { strong: false, words: hint, .. } => {
                words.extend(hint.iter().rev().map(|word| (word.clone(), word.clone())));
            }
            MarkKind::Sign(':' | '-' | '=' | '→' | '(') if words.is_empty() => {}
            MarkKind::PerEach { .. } if verbs => {
                // "each listener plays": the verb stands right after.
                if let Some(verb) = words.last().and_then(|(_, raw)| lexicon::verb(raw)) {
                    words.pop();
                    words.reverse();
                    let noun = words.into_iter().map(|(word, _)| word).collect();
                    return Phrase { noun, verb: Some(verb), ..Phrase::default() };
                }
            }
            MarkKind::Sign(_) | MarkKind::Amount(_) | MarkKind::Unreadable => break,
            // Words before it tell of the event.
            MarkKind::Condition(ConditionKind::Within { .. }) => break,
            MarkKind::Function(word) if word == "of" && !words.is_empty() => words.clear(),
            // "searches for a free spot"
            MarkKind::Function(word) if word == "for" && index > 0 && asks(&marks[index - 1]) => {}
            MarkKind::Function(word)
                if ["and", "or", "for", "as", "with", "by", "on", "from", "but"]
                    .contains(&word.as_str())
                    && !words.is_empty() =>
            {
                break;
            }
            _ => {}
        }
    }
    words.reverse();
    if verbs {
        return split_at_verb(&words);
    }
    Phrase { noun: words.into_iter().map(|(word, _)| word).collect(), ..Phrase::default() }
}

/// Returns whether a word is a verb that takes what it is about with *for*.
fn asks(mark: &Mark) -> bool {
    let MarkKind::Word { raw, .. } = &mark.kind else { return false };
    let asking = ["search", "look", "ask", "apply", "vote", "check", "pay", "bid", "poll"];
    lexicon::verb(raw).is_some_and(|verb| asking.contains(&verb.base) && !verb.is_participle)
}

fn split_at_verb(words: &[(String, String)]) -> Phrase {
    let mut phrase = Phrase::default();
    for (index, (word, raw)) in words.iter().enumerate().rev() {
        let verb = lexicon::verb(raw);
        let previous = index.checked_sub(1).map(|at| words[at].1.as_str());
        // "the client sends a batch": an article leads the object.
        let led = words.get(index + 1).is_none_or(|(_, raw)| raw.is_empty());
        let agrees = verb.is_some_and(|verb| match previous {
            Some(previous) => {
                (verb.is_base && lexicon::is_plural(previous))
                    || (verb.is_third && !lexicon::is_plural(previous) && led)
                    || (verb.is_participle && index + 1 == words.len())
            }
            // "Send 3 messages": nobody is named.
            None => {
                let article = words.get(index + 1).is_some_and(|(_, raw)| raw.is_empty());
                verb.is_base && words.len() == 1 || article
            }
        });
        if agrees {
            phrase.verb = verb;
            phrase.noun = words[index + 1..].iter().map(|(word, _)| word.clone()).collect();
            phrase.object = words[..index].iter().map(|(word, _)| word.clone()).collect();
            return phrase;
        }
        phrase.noun.insert(0, word.clone());
    }
    phrase
}

/// Verbs that only connect a noun with its amount.
const CONNECTING: &[&str] = &[
    "be", "try", "do", "have", "need", "last", "expect", "require", "support", "allow", "hold",
    "lead", "result", "weigh", "go", "come", "become", "wait",
];

/// Returns the action of a verb, if it is one.
pub(super) fn action(verb: Verb) -> Option<Action> {
    let acts = !CONNECTING.contains(&verb.base);
    acts.then(|| Action { verb: verb.base.to_owned(), access: verb.access })
}

/// Returns the action that a noun names: `search`, `photo upload`.
pub(super) fn action_of_noun(noun: &NounPhrase) -> Option<Action> {
    let first = noun.words.first().filter(|_| noun.words.len() > 1);
    let leading = first.and_then(|word| lexicon::verb(word)).filter(|verb| verb.access.is_some());
    // "vote result view" is a look.
    let last = lexicon::verb(noun.head());
    let looks = last.filter(|verb| verb.access == Some(crate::Access::Read));
    let verb = looks.or(leading).or(last)?;
    action(verb).filter(|_| verb.is_base)
}

/// Returns a noun phrase of these words.
pub(super) fn noun_phrase(words: Vec<String>) -> NounPhrase {
    NounPhrase { words, rest: false }
}
