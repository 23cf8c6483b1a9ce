//! Which operations the subject of an objective names: by name, class, kin, title or data.

use tenfold_brief::NounPhrase;

use crate::draft::{Draft, OperationDraft};
use crate::{OperationKind, words};

/// What a phrase names.
pub(super) enum Named {
    /// The whole system.
    All,
    /// These operations.
    Operations(Vec<String>),
    /// Nothing that is known.
    Nothing,
}

/// Words for the system as a whole, and for what is measured of it.
const WHOLE: &[&str] = &[
    "service",
    "system",
    "platform",
    "site",
    "website",
    "web",
    "app",
    "application",
    "api",
    "endpoint",
    "page",
    "screen",
    "server",
    "backend",
    "infrastructure",
    "cluster",
    "product",
    "solution",
    "interaction",
    "action",
    "answer",
    "response",
    "result",
    "traffic",
    "load",
    "time",
    "overall",
    "everything",
    "everyone",
    "target",
    "objective",
    "performance",
    "reliability",
    "서비스",
    "시스템",
    "플랫폼",
    "전체",
    "앱",
    "사이트",
    "응답",
    "화면",
    "페이지",
];

/// Words that add nothing to the name of an operation: *feed request*, *login endpoint*.
const EMPTY: &[&str] = &[
    "request",
    "call",
    "operation",
    "endpoint",
    "api",
    "path",
    "flow",
    "action",
    "time",
    "page",
    "response",
    "요청",
    "응답",
];

/// Words for one act.
const ALIKE: &[&[&str]] = &[
    &["playback", "play", "stream", "watch", "listen", "view", "재생", "시청"],
    &["upload", "publish", "post", "submit", "submission", "업로드", "제출"],
    &["download", "fetch", "open", "다운로드"],
    &["read", "view", "browse", "조회"],
    &["search", "query", "lookup", "find", "검색"],
    &["checkout", "order", "purchase", "buy", "주문"],
    &["payment", "pay", "charge", "결제"],
    &["booking", "reservation", "book", "reserve", "예약", "예매"],
    &["delivery", "deliver", "push", "notification", "notify", "alert", "알림", "전달"],
    &["login", "signin", "authentication", "로그인"],
    &["telemetry", "ingest", "measurement", "reading", "report", "ping", "수집"],
    &["redirect", "redirection", "click"],
];

/// Ends of words that one act takes.
const ENDS: &[&str] = &["ations", "ation", "ions", "ion", "ings", "ing", "ed", "es", "e", "s"];

/// Returns what the subject of the demand at `index` names.
pub(super) fn named(draft: &Draft<'_>, index: usize, noun: &NounPhrase) -> Named {
    if noun.rest || noun.is_empty() || noun.words == ["request"] {
        return Named::All;
    }
    if let Some(name) = draft.find_operation(noun, None) {
        return Named::Operations(vec![name]);
    }
    let mut content: Vec<&String> =
        noun.words.iter().filter(|word| !EMPTY.contains(&word.as_str())).collect();
    // "pages served in …": the page.
    if content.last().is_some_and(|word| noun.words.len() > 1 && word.ends_with("ed")) {
        content.pop();
    }
    let found = match &content[..] {
        [] => Vec::new(),
        [word] => class(draft, word),
        _ => Vec::new(),
    };
    let found = if found.is_empty() { by_title(draft, &content) } else { found };
    let found = if found.is_empty() { by_data(draft, noun) } else { found };
    if !found.is_empty() {
        return Named::Operations(found);
    }
    let whole = |word: &str| WHOLE.contains(&word) || EMPTY.contains(&word);
    let plain = content.last().is_none_or(|word| whole(word));
    if plain
        || whole(noun.head())
        || words::is_request(noun)
        || words::is_actor(noun)
        || titled(draft, index, noun)
    {
        return Named::All;
    }
    Named::Nothing
}

/// Returns all operations of the class that a word names: `reads`, `writes`.
fn class(draft: &Draft<'_>, word: &str) -> Vec<String> {
    let kind = match word {
        "read" | "조회" => OperationKind::Read,
        "write" | "update" => OperationKind::Write,
        "push" | "delivery" => OperationKind::Push,
        _ => return Vec::new(),
    };
    let of_kind = |o: &OperationDraft| o.spec.kind == kind && o.spec.in_totals;
    let all = draft.operations.iter().filter(|(_, o)| of_kind(o));
    all.map(|(name, _)| name.clone()).collect()
}

/// Returns the operations that share most words with a phrase, among them its first or last one.
fn by_title(draft: &Draft<'_>, content: &[&String]) -> Vec<String> {
    let (Some(first), Some(last)) = (content.first(), content.last()) else { return Vec::new() };
    let mut most = 0;
    let mut names = Vec::new();
    for (name, operation) in &draft.operations {
        let own = own_words(name, operation);
        let has = |word: &str| own.iter().any(|own| alike(own, word));
        let count = content.iter().filter(|word| has(word)).count();
        if count == 0 || count < most || !(has(first) || has(last)) {
            continue;
        }
        if count > most {
            names.clear();
        }
        most = count;
        names.push(name.clone());
    }
    names
}

/// Returns the words of an operation's name and title, and those by which it is known.
fn own_words(name: &str, operation: &OperationDraft) -> Vec<String> {
    let spec = &operation.spec;
    let label = spec.label.to_lowercase();
    let nouns = operation.nouns.iter().flat_map(|noun| noun.words.iter().cloned());
    let words = name.split('_').chain(label.split_whitespace());
    let known = spec.words.iter().flat_map(|word| word.split_whitespace());
    let all = words.chain(known).map(str::to_owned).chain(nouns);
    all.filter(|word| word.chars().count() > 1 && !EMPTY.contains(&word.as_str())).collect()
}

/// Returns whether two words are forms of one or stand for one act.
fn alike(a: &str, b: &str) -> bool {
    let kin = |group: &&[&str]| {
        group.iter().any(|own| stem(own) == stem(a)) && group.iter().any(|own| stem(own) == stem(b))
    };
    stem(a) == stem(b) || ALIKE.iter().any(kin)
}

/// Returns a word without its end.
fn stem(word: &str) -> &str {
    let cut = |end: &&&str| word.is_ascii() && word.len() >= end.len() + 3 && word.ends_with(**end);
    ENDS.iter().find(cut).map_or(word, |end| &word[..word.len() - end.len()])
}

/// Returns the operations that reach the data that a phrase names.
fn by_data(draft: &Draft<'_>, noun: &NounPhrase) -> Vec<String> {
    let Some(dataset) = draft.find_dataset(noun) else { return Vec::new() };
    let reach = |o: &OperationDraft| {
        o.spec.in_totals && o.spec.touches.iter().any(|touch| touch.dataset == dataset)
    };
    let all = draft.operations.iter().filter(|(_, o)| reach(o));
    all.map(|(name, _)| name.clone()).collect()
}

/// Returns whether a phrase is the brief's title, or the heading over the demand.
fn titled(draft: &Draft<'_>, index: usize, noun: &NounPhrase) -> bool {
    let item = &draft.brief.items[draft.brief.demands[index].item];
    let heading = item.section.and_then(|section| draft.brief.sections.get(section));
    let title = draft.brief.title.as_ref().map_or(&[][..], |title| &title.words);
    let heading = heading.map(|section| section.title.to_lowercase()).unwrap_or_default();
    let heading: Vec<&str> = heading.split(|c: char| !c.is_alphanumeric()).collect();
    let same = |own: &str, word: &String| stem(own) == stem(word);
    noun.words.iter().all(|word| title.iter().any(|own| same(own, word)))
        || noun.words.iter().all(|word| heading.iter().any(|own| same(own, word)))
}
