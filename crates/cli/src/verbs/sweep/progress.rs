//! How far a sweep is, and how long it will take, on standard error.

use std::io::IsTerminal as _;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output;

/// Where nobody watches, a line so often is enough.
const LINE_EVERY: Duration = Duration::from_secs(30);

/// A bar in a terminal, lines elsewhere.
#[derive(Debug)]
pub(super) enum Progress {
    Bar(ProgressBar),
    Lines(Mutex<Lines>),
}

#[derive(Debug)]
pub(super) struct Lines {
    cells: u64,
    before: u64,
    done: u64,
    begun: Instant,
    last: Option<Instant>,
}

impl Progress {
    /// So many cells, of which some were done before.
    pub(super) fn new(cells: u64, before: u64) -> Self {
        if !std::io::stderr().is_terminal() {
            let begun = Instant::now();
            return Self::Lines(Mutex::new(Lines {
                cells,
                before,
                done: before,
                begun,
                last: None,
            }));
        }
        let bar = ProgressBar::with_draw_target(Some(cells), ProgressDrawTarget::stderr_with_hz(4));
        let style = ProgressStyle::with_template(
            "{pos} of {len} cells [{bar:40}] {percent:>3} %  {elapsed}, {eta} left",
        );
        let bar = bar.with_style(style.expect("the template is well formed").progress_chars("=> "));
        bar.set_position(before);
        bar.reset_eta();
        Self::Bar(bar)
    }

    /// One more cell is done.
    pub(super) fn one_more(&self) {
        match self {
            Self::Bar(bar) => bar.inc(1),
            Self::Lines(lines) => {
                // A count is right whatever a thread that panicked left.
                lines.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).one_more();
            }
        }
    }

    /// No more is shown.
    pub(super) fn end(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

impl Lines {
    fn one_more(&mut self) {
        self.done += 1;
        if self.last.is_some_and(|last| last.elapsed() < LINE_EVERY) {
            return;
        }
        self.last = Some(Instant::now());
        let each =
            self.begun.elapsed() / u32::try_from(self.done - self.before).unwrap_or(u32::MAX);
        let left = each.saturating_mul(u32::try_from(self.cells - self.done).unwrap_or(u32::MAX));
        output::note(&format!(
            "{} of {} cells, {} %, about {} left\n",
            self.done,
            self.cells,
            100 * self.done / self.cells,
            HumanDuration(left)
        ));
    }
}
