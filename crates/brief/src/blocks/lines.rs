//! Paragraphs and fences to lines and sentences.

use core::ops::Range;

use super::Block;
use crate::fragment::Fragment;

/// Columns below which the end of a line is taken for the end of an item.
const SHORT_LINE: usize = 60;

/// Returns the headings and items of a paragraph outside lists.
pub(crate) fn of_paragraph(text: &Fragment, all_strong: bool) -> Vec<Block> {
    let one_line = !text.text.contains('\n');
    if all_strong
        && one_line
        && words(&text.text) <= 6
        && !text.text.contains(|c: char| c.is_ascii_digit())
    {
        let end = text.text.trim_end_matches([':', '：']).len();
        return vec![Block::Heading { level: 7, text: text.slice(0..end) }];
    }
    let mut blocks = Vec::new();
    for range in line_items(&text.text) {
        let line = text.slice(range);
        if let Some(label) = label(&line) {
            blocks.push(Block::Heading { level: 7, text: label });
            continue;
        }
        for part in numbered(&line.text) {
            let line = without_bullet(line.slice(part));
            for sentence in sentences(&line.text) {
                let sentence = line.slice(sentence);
                if !sentence.is_blank() {
                    blocks.push(Block::Item(sentence));
                }
            }
        }
    }
    blocks
}

/// Returns each line of a fence as a heading or an item.
pub(crate) fn of_fence(source: &str, range: Range<usize>) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut at = range.start;
    for line in source[range].split_inclusive('\n') {
        let fragment = Fragment::of_source(source, at..at + line.len());
        at += line.len();
        let fragment = fragment.slice(0..fragment.text.len());
        if fragment.is_blank() {
            continue;
        }
        let hashes = fragment.text.bytes().take_while(|byte| *byte == b'#').count();
        if (1..=6).contains(&hashes) && fragment.text[hashes..].starts_with(' ') {
            let level = u8::try_from(hashes).unwrap_or(6);
            let text = fragment.slice(hashes..fragment.text.len());
            blocks.push(Block::Heading { level, text });
        } else if let Some(label) = label(&fragment) {
            blocks.push(Block::Heading { level: 7, text: label });
        } else {
            blocks.push(Block::Item(without_bullet(fragment)));
        }
    }
    blocks
}

/// Returns the text before the colon of `Name:`: at most six words without digits.
pub(crate) fn label(text: &Fragment) -> Option<Fragment> {
    let trimmed = text.text.trim_end();
    let name = trimmed.strip_suffix([':', '：'])?;
    let fits = words(name) <= 6
        && !name.contains(|c: char| c.is_ascii_digit() || matches!(c, ',' | ';' | '.' | '\n'));
    fits.then(|| text.slice(0..name.len()))
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

/// Splits a paragraph where a line is an item of its own: the line before is short and complete,
/// and this one does not go on with it.
fn line_items(text: &str) -> Vec<Range<usize>> {
    let mut items = Vec::new();
    let mut start = 0;
    let mut at = 0;
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        at += line.len();
        let Some(next) = lines.peek() else { break };
        if ends_item(line.trim_end(), next.trim_start()) {
            items.push(start..at);
            start = at;
        }
    }
    items.push(start..text.len());
    items
}

fn ends_item(line: &str, next: &str) -> bool {
    let width: usize = line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    let open =
        ["and", "or", "with", "of", "to", "per", "the", "a", "an", "for", "in", "at", "by", "및"]
            .iter()
            .any(|word| line.to_lowercase().ends_with(&format!(" {word}")));
    let complete = !line.ends_with([',', '(', '-', '/']) && !open;
    let continues =
        next.starts_with(|c: char| c.is_ascii_lowercase() || matches!(c, ',' | ')' | '/'));
    line.ends_with([':', ';'])
        || (complete && labelled(next))
        || (width < SHORT_LINE && complete && !continues)
}

/// Returns whether a line starts with a label: `Posts: 3 a day`.
fn labelled(line: &str) -> bool {
    let Some((name, rest)) = line.split_once(':') else { return false };
    let capital = name.starts_with(|c: char| c.is_uppercase() || !c.is_ascii());
    capital && rest.starts_with(' ') && words(name) <= 3 && !name.contains([',', '.', ';', '('])
}

/// Takes off a bullet that Markdown did not see: `•`, `·`, `*`, `1)`.
pub(crate) fn without_bullet(text: Fragment) -> Fragment {
    let trimmed = text.text.trim_start_matches(['•', '·', '▪', '◦', '∙', '○', '●', '-', '*']);
    let skipped = text.text.len() - trimmed.len();
    if skipped > 0 && trimmed.starts_with(' ') {
        return text.slice(skipped..text.text.len());
    }
    let digits = text.text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = &text.text[digits..];
    if (1..=3).contains(&digits) && (rest.starts_with(") ") || rest.starts_with(". ")) {
        return text.slice(digits + 1..text.text.len());
    }
    text
}

/// Splits a line that numbers its items: `1) …; 2) …`; each part but the first keeps its number.
pub(crate) fn numbered(text: &str) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let (mut start, mut next) = (0, 2);
    while let Some(at) = text[start..].find(&format!("; {next}) ")) {
        let at = start + at;
        parts.push(start..at);
        (start, next) = (at + 2, next + 1);
    }
    parts.push(start..text.len());
    parts
}

/// Splits prose into sentences.
fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut sentences = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        if matches!(c, '.' | '!' | '?' | '。') && ends_sentence(&text[..at], &text[end..]) {
            sentences.push(start..end);
            start = end;
        }
    }
    sentences.push(start..text.len());
    sentences
}

const ABBREVIATIONS: &[&str] =
    &["e.g", "i.e", "vs", "approx", "min", "max", "avg", "incl", "ca", "etc", "resp", "no", "p.a"];

fn ends_sentence(before: &str, after: &str) -> bool {
    let word = before.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or("");
    let next = after.trim_start().chars().next();
    after.starts_with(char::is_whitespace)
        && !ABBREVIATIONS.contains(&word.to_lowercase().as_str())
        && next.is_some_and(|c| !c.is_lowercase())
}
