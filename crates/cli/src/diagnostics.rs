//! Diagnostics with the line of the brief and a caret.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use tenfold_brief::{Diagnostic, Severity};

use crate::output;

/// More than this many nobody reads on a screen.
const SHOWN: usize = 100;

/// Prints diagnostics to standard error: errors first, then in the order of the text, and of more than
/// a hundred only how many follow.
pub(crate) fn print(path: &str, source: &[u8], diagnostics: &[Diagnostic]) {
    let text = String::from_utf8_lossy(source);
    let renderer = if output::stderr() { Renderer::styled() } else { Renderer::plain() };
    let is_error = |diagnostic: &&Diagnostic| diagnostic.severity == Severity::Error;
    let errors = diagnostics.iter().filter(is_error);
    let others = diagnostics.iter().filter(|diagnostic| !is_error(diagnostic));
    for diagnostic in errors.chain(others).take(SHOWN) {
        output::note(&render(&renderer, path, &text, diagnostic));
    }
    if let Some(more @ 1..) = diagnostics.len().checked_sub(SHOWN) {
        output::note(&format!("and {more} more: `estimate --format json` lists them all\n"));
    }
}

fn render(renderer: &Renderer, path: &str, text: &str, diagnostic: &Diagnostic) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Reading => Level::NOTE,
    };
    let code = diagnostic.code.to_string();
    let mut group = level.primary_title(diagnostic.message.as_str()).id(code.as_str());
    let group = {
        let range = diagnostic.span.range();
        let inside = range.end <= text.len()
            && text.is_char_boundary(range.start)
            && text.is_char_boundary(range.end);
        let group = std::mem::replace(&mut group, Level::NOTE.primary_title(""));
        if inside {
            group.element(
                Snippet::source(text).path(path).annotation(AnnotationKind::Primary.span(range)),
            )
        } else {
            group.element(Level::NOTE.message(format!("{path}:{}", diagnostic.span.line)))
        }
    };
    let help = diagnostic.help.as_str();
    let group = if help.is_empty() { group } else { group.element(Level::HELP.message(help)) };
    format!("{}\n", renderer.render(&[group]))
}
