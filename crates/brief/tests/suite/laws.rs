//! Laws that hold for every text.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;

use proptest::prelude::*;
use tenfold_brief::{Brief, Format, Parsed, Statistic, limits, parse, parse_bytes};

use crate::{briefs, describe};

/// The numerals of a Markdown text by a scanner that knows nothing of the parser: runs of digits
/// that do not continue a word, outside list numbers, comments, link targets and closed fences of
/// code.
fn numerals(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim_start();
        let indent = line.len() - body.len();
        let marker = body.len() - body.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let listed = marker > 0 && body[marker..].starts_with(['.', ')']);
        let mut skip =
            if listed && body[marker + 1..].starts_with(' ') { indent + marker } else { 0 };
        while let Some(offset) = line[skip..].find(|c: char| c.is_ascii_digit()) {
            let start = skip + offset;
            let length =
                line[start..].find(|c: char| !c.is_ascii_digit()).unwrap_or(line.len() - start);
            let before = line[..start].chars().next_back().unwrap_or(' ');
            let joined =
                before.is_ascii_alphabetic() || matches!(before, '_' | '.' | ',' | '-' | ':');
            if !joined {
                found.push(at + start..at + start + length);
            }
            skip = start + length;
        }
        at += line.len();
    }
    found
}

/// Everything of a brief that may hold a numeral: first the amounts, each at most once, then names.
fn places(brief: &Brief) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    let mut amounts = Vec::new();
    let mut names = Vec::new();
    for demand in &brief.demands {
        if !demand.amount.implied {
            amounts.push(demand.amount.span.range());
        }
        names.extend(demand.numerals().map(|span| span.range()));
        // A percentile or a name (`4K stream`) may stand in the words of a demand.
        let named = demand.subjects.iter().flat_map(|noun| &noun.words);
        let named = named.clone().any(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        if named || matches!(demand.statistic, Some(Statistic::Percentile(_))) {
            names.push(demand.span.range());
        }
    }
    amounts.extend(brief.choices.iter().map(|choice| choice.span.range()));
    names.extend(brief.constraints.iter().map(|constraint| constraint.span.range()));
    amounts.extend(brief.not_understood.iter().map(|part| part.span.range()));
    amounts.extend(brief.excluded.iter().map(|item| item.span.range()));
    names.extend(brief.contracts.iter().map(|contract| contract.span.range()));
    names.extend(brief.features.iter().map(|feature| feature.span.range()));
    names.extend(brief.stories.iter().map(|story| story.span.range()));
    names.extend(brief.title.iter().map(|title| title.span.range()));
    names.extend(brief.sections.iter().map(|section| section.span.range()));
    (amounts, names)
}

#[test]
fn every_numeral_of_every_brief_is_used_once_or_listed() {
    for path in briefs() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        let parsed = parse(&text, Format::of_file_name(&name));
        let (amounts, names) = places(&parsed.brief);
        for numeral in numerals(&text) {
            if text[..numeral.start].ends_with("<!-- ") {
                continue;
            }
            let inside =
                |place: &&Range<usize>| place.start <= numeral.start && numeral.end <= place.end;
            let once = amounts.iter().filter(inside).count();
            let named = names.iter().any(|place| inside(&place));
            let line = text[..numeral.start].matches('\n').count() + 1;
            assert!(once <= 1, "{name}:{line}: {} is used {once} times", &text[numeral]);
            assert!(once == 1 || named, "{name}:{line}: {} is lost", &text[numeral]);
        }
    }
}

/// Every span lies inside the text, on its character boundaries, and line and column agree.
fn spans_hold(text: &str, parsed: &Parsed) {
    let spans = parsed
        .diagnostics
        .iter()
        .map(|own| own.span)
        .chain(parsed.brief.demands.iter().flat_map(|own| own.numerals().chain([own.span])))
        .chain(parsed.brief.items.iter().map(|own| own.span))
        .chain(parsed.brief.constraints.iter().map(|own| own.span))
        .chain(parsed.brief.features.iter().map(|own| own.span))
        .chain(parsed.brief.not_understood.iter().map(|own| own.span))
        .chain(parsed.brief.sections.iter().map(|own| own.span));
    for span in spans {
        assert!(span.start <= span.end && span.end <= text.len(), "{span:?} in {text:?}");
        assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end), "{span:?}");
        let before = &text[..span.start];
        assert_eq!(span.line as usize, before.matches('\n').count() + 1);
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        assert_eq!(span.column as usize, column);
    }
}

/// Links point backwards, amounts are ordered and finite, and the brief survives JSON.
fn values_hold(parsed: &Parsed) {
    for (index, demand) in parsed.brief.demands.iter().enumerate() {
        let amount = &demand.amount;
        assert!(amount.low <= amount.mid && amount.mid <= amount.high, "{amount:?}");
        assert!(amount.low.is_finite() && amount.high.is_finite(), "{amount:?}");
        assert!(demand.links().all(|link| link < index), "{demand:?}");
        assert!(demand.item < parsed.brief.items.len());
    }
    let json = serde_json::to_string(&parsed.brief).expect("a brief is JSON");
    let back: Brief = serde_json::from_str(&json).expect("JSON is a brief");
    assert_eq!(back, parsed.brief);
}

fn hold(text: &str, format: Format) {
    let parsed = parse(text, format);
    spans_hold(text, &parsed);
    values_hold(&parsed);
    assert_eq!(parsed, parse(text, format), "the same text, the same brief");
}

const PIECES: &[&str] = &[
    "10M",
    " users",
    "per day",
    "/s",
    "하루 ",
    "1억 2천만 ",
    "건",
    "p99 < 200 ms",
    "- ",
    "\n",
    "# ",
    "| a | b |\n|-|-|\n",
    "```\n",
    "5-10",
    "99.9%",
    "every 45 s",
    "of those",
    "1.2.3",
    "$5k/month",
    ": ",
    ", ",
    "; ",
    "<",
    "—",
    "3x",
    "&lt;",
    "**x**",
    "사용자",
    "1인당 ",
    "peak",
    "for 4 h",
    "18-22 h KST",
    "\t",
    "\r\n",
    "é",
    "🚀",
    "1e308",
    "이상",
    "twice a day",
    "(",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let parsed = parse_bytes(&bytes, Format::Markdown);
        let _ = parse_bytes(&bytes, Format::Yaml);
        prop_assert!(parsed.diagnostics.len() < 1_000);
    }

    #[test]
    fn any_text_is_read(text in "\\PC{0,200}") {
        hold(&text, Format::Markdown);
        hold(&text, Format::Yaml);
    }

    #[test]
    fn any_mixture_of_what_people_write_is_read(parts in proptest::collection::vec(0..PIECES.len(), 0..60)) {
        let text: String = parts.iter().map(|part| PIECES[*part]).collect();
        hold(&text, Format::Markdown);
        hold(&text, Format::Yaml);
    }
}

/// Edits of every brief of the repository by a seeded generator: nothing panics, all laws hold.
#[test]
fn mutated_briefs_are_read() {
    let corpus: Vec<_> = briefs().iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % (below.max(1) as u64)).unwrap()
    };
    for round in 0..1_500 {
        let mut text: Vec<char> = corpus[round % corpus.len()].chars().collect();
        for _ in 0..=next(6) {
            let at = next(text.len() + 1);
            match next(4) {
                0 if at < text.len() => drop(text.remove(at)),
                1 => {
                    let other: Vec<char> = PIECES[next(PIECES.len())].chars().collect();
                    text.splice(at..at, other);
                }
                2 if at < text.len() => {
                    let end = (at + next(30)).min(text.len());
                    let part: Vec<char> = text[at..end].to_vec();
                    let to = next(text.len());
                    text.splice(to..to, part);
                }
                _ => text.truncate(at.max(text.len() / 2)),
            }
        }
        let text: String = text.into_iter().collect();
        let format = if round % 5 == 0 { Format::Yaml } else { Format::Markdown };
        hold(&text, format);
    }
}

#[test]
fn limits_end_in_clear_messages() {
    let codes = |parsed: &Parsed| -> BTreeSet<String> {
        parsed.diagnostics.iter().map(|own| own.code.to_string()).collect()
    };
    let large = "a".repeat(10 << 20);
    assert_eq!(codes(&parse(&large, Format::Markdown)), ["E008".to_owned()].into());
    let many = "- 10k users\n- 5 requests per user and day at 3 ms\n".repeat(3_000);
    let parsed = parse(&many, Format::Markdown);
    assert!(codes(&parsed).contains("E009"));
    assert!(parsed.brief.items.len() <= limits::ITEMS);
    let lines = "a\n".repeat(limits::LINES + 5);
    assert!(codes(&parse(&lines, Format::Markdown)).contains("E009"));
    let long = format!("- {}\n- 10k users\n", "10k users and ".repeat(1_000));
    let parsed = parse(&long, Format::Markdown);
    assert!(codes(&parsed).contains("W007"));
    assert!(codes(&parsed).contains("E009"), "more amounts than one item may hold");
    assert_eq!(
        codes(&parse_bytes(b"\x89PNG\r\n\x1a\n\0\0", Format::Markdown)),
        ["E007".to_owned()].into()
    );
    assert_eq!(codes(&parse_bytes(b"text\0more", Format::Markdown)), ["E007".to_owned()].into());
    let deep = "[".repeat(5_000);
    assert!(codes(&parse(&deep, Format::Yaml)).contains("E010"));
}

/// Takes the places out of a description: what is left is what was read.
fn without_places(parsed: &Parsed) -> String {
    let text = describe::describe(parsed);
    let lines = text.lines().map(|line| {
        let trimmed = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':' || c == ' ');
        trimmed.to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn markdown_and_yaml_say_the_same() {
    let markdown = "# Shop\n\n## Requirements\n- 10M daily active users, 10 requests per user and day, peak 3x\n\
        - Catalogue reads p95 < 200 ms; checkout p99 < 800 ms\n- Search\n- checkout:\n  - availability 99.95%\n  - RPO 0\n\
        - create: rate 100/s, p99 50 ms\n\n## Constraints\n- budget: $60k/month\n- AWS eu-central-1\n\n## Design\n- Kafka between the services\n";
    let yaml = "title: Shop\nRequirements:\n  - 10M daily active users, 10 requests per user and day, peak 3x\n\
        \x20 - Catalogue reads p95 < 200 ms; checkout p99 < 800 ms\n  - Search\n  - checkout: [availability 99.95%, RPO 0]\n\
        \x20 - {name: create, rate: 100/s, p99: 50 ms}\nConstraints:\n  - budget: $60k/month\n  - AWS eu-central-1\n\
        Design:\n  - Kafka between the services\n";
    let first = parse(markdown, Format::Markdown);
    let second = parse(yaml, Format::Yaml);
    assert_eq!(without_places(&first), without_places(&second));
    assert!(first.brief.demands.len() >= 9);
}

#[test]
fn order_of_bullets_does_not_matter() {
    let lines = [
        "- 10M daily active users",
        "- 10 requests per user and day",
        "- peak 3x",
        "- photos are 2 MB",
    ];
    let read = |order: &[usize]| {
        let text: String = order.iter().map(|index| format!("{}\n", lines[*index])).collect();
        let parsed = parse(&format!("# A\n{text}"), Format::Markdown);
        let mut demands: Vec<_> = parsed
            .brief
            .demands
            .iter()
            .map(|own| (own.text.clone(), own.metric, own.amount.mid))
            .collect();
        demands.sort_by(|a, b| a.0.cmp(&b.0));
        demands
    };
    assert_eq!(read(&[0, 1, 2, 3]), read(&[3, 1, 0, 2]));
}

#[test]
fn the_published_yaml_form_has_a_schema() {
    let schema = schemars::schema_for!(tenfold_brief::YamlBrief);
    let text = serde_json::to_string(&schema).unwrap();
    for key in ["title", "requirements", "constraints", "design", "out_of_scope"] {
        assert!(text.contains(&format!("\"{key}\"")), "{key}");
    }
    let example = fs::read_to_string(crate::root().join("examples/podcast-hosting.yaml")).unwrap();
    let typed: tenfold_brief::YamlBrief = serde_saphyr::from_str(&example).unwrap();
    assert_eq!(typed.title.as_deref(), Some("Podcast Hosting"));
}
