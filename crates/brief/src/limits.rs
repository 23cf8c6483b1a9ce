//! Limits of what is read. Past them a diagnostic says so, and the rest is left out.

/// Bytes of a brief.
pub const FILE_BYTES: usize = 1 << 20;
/// Lines of a brief.
pub const LINES: usize = 20_000;
/// Bytes of a line.
pub const LINE_BYTES: usize = 4_096;
/// Items of a brief.
pub const ITEMS: usize = 2_000;
/// Levels of nested lists.
pub const NESTING: usize = 8;
/// Demands of one item.
pub const DEMANDS_PER_ITEM: usize = 40;
/// Unclosed fences that are repaired.
pub(crate) const UNCLOSED_FENCES: usize = 8;
/// Diagnostics of one code that are listed; a last one says how many more there are.
pub const DIAGNOSTICS_PER_CODE: usize = 100;

use std::borrow::Cow;

use crate::codes::{CODES, DECIMAL_OR_BINARY, LINE_TOO_LONG, NOT_TEXT, TOO_LARGE, TOO_MANY};
use crate::fragment::LineIndex;
use crate::reader::diagnostic;
use crate::{Code, Diagnostic, Span};

const TOP: Span = Span { start: 0, end: 0, line: 1, column: 1 };

/// Returns the text of a file, or why it is none.
pub(crate) fn text_of(bytes: &[u8]) -> Result<&str, Box<Diagnostic>> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let refuse = |message: String| {
        let help = "save the brief as UTF-8 text";
        Box::new(diagnostic(NOT_TEXT, TOP, String::new(), message, help))
    };
    let text = core::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        refuse(format!("byte {} (line {line}) is no UTF-8", error.valid_up_to()))
    })?;
    if text.contains('\0') {
        return Err(refuse("the input is a binary file".to_owned()));
    }
    Ok(text)
}

/// Cuts a text to the limits, with a diagnostic for each cut.
pub(crate) fn apply(source: &str) -> (Cow<'_, str>, Vec<Diagnostic>) {
    let mut out = Vec::new();
    if source.len() > FILE_BYTES {
        let message =
            format!("the input has {} bytes; at most {FILE_BYTES} are read", source.len());
        out.push(diagnostic(TOO_LARGE, TOP, String::new(), message, "a brief is one page"));
        return (Cow::Borrowed(""), out);
    }
    let lines = LineIndex::new(source);
    let mut text = Cow::Borrowed(source);
    let mut at = 0;
    for (number, line) in source.split_inclusive('\n').enumerate() {
        let range = at..at + line.len();
        at = range.end;
        if number == LINES {
            let message = format!("more than {LINES} lines; the rest was not read");
            let span = lines.span(range.start..source.len());
            out.push(diagnostic(TOO_MANY, span, String::new(), message, "a brief is one page"));
            text.to_mut().truncate(range.start);
            break;
        }
        if line.len() > LINE_BYTES {
            let mut from = range.start + LINE_BYTES;
            while !source.is_char_boundary(from) {
                from -= 1;
            }
            let to = range.end - usize::from(line.ends_with('\n'));
            let message =
                format!("the line has {} bytes; the first {LINE_BYTES} were read", line.len());
            let span = lines.span(from..to);
            out.push(diagnostic(LINE_TOO_LONG, span, String::new(), message, "split the line"));
            // Blanks keep every place what it is.
            text.to_mut().replace_range(from..to, &" ".repeat(to - from));
        }
    }
    (text, out)
}

/// Returns the diagnostics in the order of the text, with at most [`DIAGNOSTICS_PER_CODE`] of each
/// code.
pub(crate) fn listed(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let large = diagnostics.iter().any(|diagnostic| diagnostic.code.as_str() == TOO_LARGE.name);
    if large {
        diagnostics.truncate(1);
    }
    diagnostics.sort_by(|a, b| (a.span.start, &a.code).cmp(&(b.span.start, &b.code)));
    diagnostics.dedup();
    // That TB are powers of ten needs to be said once.
    let mut said = false;
    diagnostics.retain(|diagnostic| {
        let again = diagnostic.code.as_str() == DECIMAL_OR_BINARY.name && said;
        said |= diagnostic.code.as_str() == DECIMAL_OR_BINARY.name;
        !again
    });
    for code in CODES {
        let name = Code::new(code.name);
        let count = diagnostics.iter().filter(|diagnostic| diagnostic.code == name).count();
        if count > DIAGNOSTICS_PER_CODE {
            let mut seen = 0;
            diagnostics.retain_mut(|diagnostic| {
                seen += usize::from(diagnostic.code == name);
                if diagnostic.code == name && seen == DIAGNOSTICS_PER_CODE {
                    let more = count - DIAGNOSTICS_PER_CODE;
                    diagnostic.message.push_str(&format!(" (and {more} more of this kind)"));
                }
                diagnostic.code != name || seen <= DIAGNOSTICS_PER_CODE
            });
        }
    }
    diagnostics
}
