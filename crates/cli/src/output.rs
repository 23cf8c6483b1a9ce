//! Printing: results to standard output, everything else to standard error.
#![expect(clippy::print_stderr, reason = "what is for people goes to standard error")]

use std::io::{IsTerminal as _, Write as _};

use anstyle::{AnsiColor, Style};

/// Prints a result; a closed pipe ends quietly.
pub(crate) fn result(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Prints what goes wrong.
pub(crate) fn error(message: &str) {
    let (on, off) = ansi(Style::new().bold().fg_color(Some(AnsiColor::Red.into())), stderr());
    eprintln!("{on}error{off}: {message}");
}

/// Prints text for people to standard error.
pub(crate) fn note(text: &str) {
    eprint!("{text}");
}

/// Returns whether standard error shows colours.
pub(crate) fn stderr() -> bool {
    colours() && std::io::stderr().is_terminal()
}

/// <https://no-color.org>: any value that is not empty turns colours off.
fn colours() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Returns the escape sequences of a style, or nothing where `on` is false.
pub(crate) fn ansi(style: Style, on: bool) -> (String, String) {
    if on {
        (style.render().to_string(), style.render_reset().to_string())
    } else {
        Default::default()
    }
}
