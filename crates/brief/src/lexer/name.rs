//! What starts with a digit and is no amount: dates, hours of the day, names such as 4K.

use super::Lexer;
use super::word::is_hangul;

/// Returns the length of a date at the start: `2026-11-22`, `2026년 3월`, `3월 1일`, `3월 말`.
pub(super) fn date(text: &str) -> Option<usize> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    let after = &text[count..];
    if count == 4 && after.starts_with(['-', '/']) {
        let rest = text.as_bytes().get(4..)?;
        let two = |at: usize| {
            rest.get(at..at + 3).is_some_and(|part| {
                part[0] == rest[0] && part[1].is_ascii_digit() && part[2].is_ascii_digit()
            })
        };
        return two(0).then(|| if two(3) { 10 } else { 7 });
    }
    let mut length = count;
    let year: u32 = text[..count].parse().unwrap_or(0);
    if (1990..2100).contains(&year) && after.starts_with('년') {
        length += '년'.len_utf8();
        let month = korean_month(&text[length..]);
        return Some(length + month.unwrap_or(0));
    }
    korean_month(text)
}

fn korean_month(text: &str) -> Option<usize> {
    let trimmed = text.trim_start_matches(' ');
    let count = trimmed.bytes().take_while(u8::is_ascii_digit).count();
    let rest = trimmed.get(count..)?.strip_prefix('월')?;
    if count == 0 || count > 2 {
        return None;
    }
    let mut end = text.len() - rest.len();
    let day = rest.trim_start_matches(' ');
    let day_digits = day.bytes().take_while(u8::is_ascii_digit).count();
    if let Some(tail) = day.get(day_digits..).and_then(|tail| tail.strip_prefix('일'))
        && day_digits > 0
    {
        end = text.len() - tail.len();
    } else if let Some(tail) = day.strip_prefix('말') {
        end = text.len() - tail.len();
    }
    Some(end)
}

/// `18:00`, `24/7` is a word, `100:1` is not.
pub(super) fn clock(text: &str) -> Option<(f64, usize)> {
    let hours = text.bytes().take_while(u8::is_ascii_digit).count();
    let minutes = text.get(hours + 1..hours + 3)?;
    let after = text.get(hours + 3..)?;
    let shape = (1..=2).contains(&hours)
        && text[hours..].starts_with(':')
        && minutes.bytes().all(|b| b.is_ascii_digit())
        && !after.starts_with(|c: char| c.is_ascii_digit());
    let hour: f64 = text[..hours].parse().ok()?;
    let minute: f64 = minutes.parse().ok()?;
    // 20:80 and 10:90 are ratios; 09:30 and 18:00 are times of day.
    let plausible = hour <= 24.0
        && minute < 60.0
        && (minute == 0.0 || minute == 30.0 || hours == 2)
        && hour + minute / 60.0 <= 24.0
        && hour + minute != 100.0;
    (shape && plausible).then_some((hour + minute / 60.0, hours + 3))
}

/// `4K` and `8K` beside words of video are names; `24/7`, `24x7` are one word.
pub(super) fn video_resolution(lexer: &Lexer<'_>) -> Option<usize> {
    let rest = lexer.rest();
    if ["24/7", "24x7"].iter().any(|name| rest.starts_with(name)) {
        return Some(4);
    }
    let names = ["4K", "4k", "8K", "8k"];
    let name = names.iter().find(|name| rest.starts_with(*name))?;
    let after = &rest[name.len()..];
    if after.starts_with(|c: char| c.is_alphanumeric() && !is_hangul(c)) {
        return None;
    }
    let lower = lexer.text.to_lowercase();
    let video = VIDEO.iter().any(|word| lower.contains(word));
    let alone = lexer.text.trim().len() == name.len();
    let next = after.trim_start().to_lowercase();
    let before_video = VIDEO.iter().any(|word| next.starts_with(word));
    let before_noun = next.starts_with(|c: char| c.is_alphanumeric())
        && !["and", "or", "at", "for", "in", "on", "to", "if", "with", "및"].iter().any(|word| {
            next.strip_prefix(word).is_some_and(|tail| !tail.starts_with(char::is_alphanumeric))
        });
    let rate = after.starts_with('/');
    (alone || before_video || (video && !before_noun && !rate)).then_some(name.len())
}

const VIDEO: &[&str] = &[
    "video",
    "stream",
    "uhd",
    "hdr",
    "resolution",
    "playback",
    "quality",
    "support",
    "film",
    "movie",
    "tv",
    "영상",
    "비디오",
    "해상도",
    "화질",
    "지원",
    "content",
];
