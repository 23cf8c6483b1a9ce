//! The few words that mean load whatever the system is: who acts, and what is a read or a write.

use tenfold_brief::{Access, NounPhrase};

use crate::OperationKind;

/// Nouns for people and things that act. `user` is the one that all others fall back to.
const ACTORS: &[&str] = &[
    "user",
    "customer",
    "member",
    "person",
    "people",
    "buyer",
    "visitor",
    "viewer",
    "listener",
    "player",
    "student",
    "driver",
    "rider",
    "passenger",
    "sensor",
    "device",
    "meter",
    "vehicle",
    "car",
    "truck",
    "subscriber",
    "account",
    "client",
    "employee",
    "shopper",
    "patient",
    "guest",
    "seller",
    "merchant",
    "publisher",
    "creator",
    "tenant",
    "server",
    "home",
    "household",
    "camera",
    "thermostat",
    "gateway",
    "examinee",
    "applicant",
    "courier",
    "restaurant",
    "host",
    "reader",
    "author",
    "gamer",
    "worker",
    "agent",
    "bot",
    "machine",
    "container",
    "pod",
    "robot",
    "phone",
    "citizen",
    "참가자",
    "라이더",
    "기사",
    "센서",
    "기기",
    "회원",
    "사용자",
    "고객",
    "배달원",
    "학생",
    "응시자",
    "차량",
    "doctor",
    "teacher",
    "partner",
    "participant",
    "commuter",
    "traveler",
    "learner",
    "seeker",
    "bidder",
    "voter",
    "donor",
    "fan",
    "station",
    "bike",
    "scooter",
    "drone",
    "attendee",
    "developer",
    "team",
];

/// Nouns for people in general: a count of them is `users`, `dau`, `mau`.
const PEOPLE: &[&str] = &[
    "user",
    "customer",
    "member",
    "person",
    "people",
    "visitor",
    "viewer",
    "listener",
    "player",
    "student",
    "subscriber",
    "account",
    "client",
    "shopper",
    "buyer",
    "guest",
    "reader",
    "gamer",
    "passenger",
    "commuter",
    "traveler",
    "learner",
    "seeker",
    "bidder",
    "voter",
    "donor",
    "fan",
    "participant",
    "attendee",
];

/// Nouns that count looking at something.
const READS: &[&str] = &[
    "read",
    "view",
    "click",
    "visit",
    "search",
    "query",
    "lookup",
    "download",
    "play",
    "stream",
    "listen",
    "impression",
    "get",
    "fetch",
    "redirect",
    "redirection",
    "retrieval",
    "pageview",
    "refresh",
    "load",
    "scan",
    "restore",
    "quote",
    "browse",
    "viewing",
    "reading",
    "resolution",
    "check",
    "feed",
    "timeline",
    "dashboard",
    "playback",
    "listing",
];

/// Nouns that count what is sent to somebody without their asking.
const PUSHES: &[&str] = &["notification", "push", "delivery", "alert", "broadcast", "reminder"];

/// Nouns that count visits, in which people do several things.
const SESSIONS: &[&str] = &["session", "visit to the site", "login", "sitting"];

/// Nouns that count requests of any kind.
const REQUESTS: &[&str] =
    &["request", "call", "hit", "rps", "qps", "tps", "transaction", "operation", "req", "api call"];

/// Nouns that only say that something is added; the thing stands before them.
const ADDITIONS: &[&str] = &[
    "size",
    "upload",
    "update",
    "creation",
    "submission",
    "write",
    "insert",
    "post",
    "report",
    "save",
    "store",
    "ping",
    "record",
    "entry",
    "row",
];

/// Returns whether a phrase names who acts.
pub(crate) fn is_actor(noun: &NounPhrase) -> bool {
    ACTORS.contains(&noun.head())
}

/// Returns whether a phrase names people of whom so many come on a day.
pub(crate) fn is_visitor(noun: &NounPhrase) -> bool {
    let joining = ["subscriber", "account", "client", "buyer"];
    is_people(noun) && !joining.contains(&noun.head())
}

/// Returns whether a phrase counts what is done: views, clicks, alerts.
pub(crate) fn is_act(noun: &NounPhrase) -> bool {
    READS.contains(&noun.head()) || PUSHES.contains(&noun.head())
}

/// Returns whether a phrase counts what people add to a thing one by one: responses to a survey.
pub(crate) fn is_answer(noun: &NounPhrase) -> bool {
    const ANSWERS: &[&str] = &[
        "response",
        "submission",
        "vote",
        "reply",
        "comment",
        "bid",
        "reaction",
        "like",
        "rating",
    ];
    ANSWERS.contains(&noun.head())
}

/// Returns whether a phrase names what goes to somebody who did not ask.
pub(crate) fn is_pushed(noun: &NounPhrase) -> bool {
    PUSHES.contains(&noun.head())
}

/// Returns the word that names who acts: *bidder* of *bidder online*.
pub(crate) fn who(noun: &NounPhrase) -> &str {
    let there = |word: &&String| !["online", "connected"].contains(&word.as_str());
    noun.words.iter().rev().find(there).map_or("", String::as_str)
}

/// Returns whether a phrase names people in general.
pub(crate) fn is_people(noun: &NounPhrase) -> bool {
    PEOPLE.contains(&noun.head())
}

/// The indefinite article of a phrase: *an online shop*, *a URL shortener*.
pub(crate) fn article(phrase: &str) -> &'static str {
    let vowel = phrase.starts_with(['a', 'e', 'i', 'o', 'u']) && !phrase.starts_with("user");
    if vowel { "an" } else { "a" }
}

/// The reason of what belongs to a kind of system.
pub(crate) fn customary(label: &str) -> String {
    format!("customary for {} {label}", article(label))
}

/// Verbs that stand behind what they are done to where a verbal noun is counted: *answer store*.
const DONE: &[&str] = &["store", "save", "submit", "send", "upload", "start", "read", "update"];

/// Returns what people want who do something that is only counted; `None` where the phrase says it.
pub(crate) fn goal(noun: &NounPhrase, kind: OperationKind) -> Option<String> {
    let (head, rest) = noun.words.split_last()?;
    if !rest.is_empty() && DONE.contains(&head.as_str()) {
        return Some(format!("{head} {}", rest.join(" ")));
    }
    let whole = noun.to_string();
    if is_request(noun) || noun.words.first().is_some_and(|word| DONE.contains(&word.as_str())) {
        return None;
    }
    match kind {
        OperationKind::Read | OperationKind::Stream => Some(format!("see {whole}")),
        OperationKind::Write => Some(format!("have {whole} stored")),
        OperationKind::Push => Some(format!("receive {whole}")),
        OperationKind::Signal => Some(format!("report {whole}")),
        OperationKind::Job => None,
    }
}

/// Returns whether a phrase counts requests of any kind.
pub(crate) fn is_request(noun: &NounPhrase) -> bool {
    is_request_word(noun.head())
}

/// Returns whether a word counts requests of any kind.
pub(crate) fn is_request_word(word: &str) -> bool {
    REQUESTS.contains(&word)
}

/// Returns the class of load of what is counted: by the verb, else by the noun, else a write,
/// because a thing that is counted per time comes into being.
pub(crate) fn kind_of(noun: Option<&NounPhrase>, access: Option<Access>) -> OperationKind {
    match access {
        Some(Access::Read) => return OperationKind::Read,
        Some(Access::Push) => return OperationKind::Push,
        Some(Access::Write) => return OperationKind::Write,
        None => {}
    }
    let head = noun.map_or("", NounPhrase::head);
    // Requests of a thing, and nothing said of what they do, look at it.
    if READS.contains(&head) || head == "request" {
        OperationKind::Read
    } else if PUSHES.contains(&head) {
        OperationKind::Push
    } else if SESSIONS.contains(&head) {
        OperationKind::Signal
    } else {
        OperationKind::Write
    }
}

/// Returns the words of a phrase without a trailing word that only says that something is added:
/// *photo* of *photo upload*.
pub(crate) fn thing(noun: &NounPhrase) -> NounPhrase {
    let mut words = noun.words.clone();
    while words.len() > 1 && words.last().is_some_and(|w| ADDITIONS.contains(&w.as_str())) {
        words.pop();
    }
    NounPhrase { words, rest: false }
}

/// Returns the name in snake case that stands for a phrase; `fallback` for an empty one.
pub(crate) fn snake(noun: &NounPhrase, fallback: &str) -> String {
    let mut name = String::new();
    for c in noun.words.join("_").chars() {
        if c.is_alphanumeric() {
            name.extend(c.to_lowercase());
        } else if !name.ends_with('_') && !name.is_empty() {
            name.push('_');
        }
    }
    let name = name.trim_matches('_');
    if name.is_empty() { fallback.to_owned() } else { name.to_owned() }
}

/// Returns how well a phrase is one of `words`: 0 when it is not.
pub(crate) fn fit(noun: &NounPhrase, words: &[String]) -> usize {
    let own = noun.words.join(" ");
    let score = |word: &String| {
        if own == *word {
            1_000 + word.len()
        } else if own.ends_with(&format!(" {word}")) {
            500 + word.len()
        } else if own.starts_with(&format!("{word} ")) {
            100 + word.len()
        } else {
            0
        }
    };
    words.iter().map(score).max().unwrap_or(0)
}
