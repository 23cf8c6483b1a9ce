//! The table: nanoseconds, and ours as a ratio of the best peer's.

use std::fmt::Write as _;
use std::io;

use crate::harness::{Figure, Job, Nanos, measure as run};

/// One kind of work, and who does it.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// What one operation is.
    pub(crate) work: &'static str,
    pub(crate) contenders: Vec<Contender>,
    /// Why ours may take longer than the best peer's.
    pub(crate) why: &'static str,
}

/// One way of doing the work.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) ours: bool,
    /// Time is an argument, or plays no part.
    pub(crate) explicit: Option<Job>,
    /// The clock is read.
    pub(crate) clock: Option<Job>,
}

/// Ours.
pub(crate) fn ours(name: &'static str, explicit: Option<Job>, clock: Option<Job>) -> Contender {
    Contender { name, ours: true, explicit, clock }
}

/// A peer's, with its version in the name.
pub(crate) fn peer(name: &'static str, explicit: Option<Job>, clock: Option<Job>) -> Contender {
    Contender { name, ours: false, explicit, clock }
}

/// A row with its figures.
pub(crate) struct Measured {
    name: &'static str,
    work: &'static str,
    why: &'static str,
    /// Name, ours, and the four columns.
    lines: Vec<(&'static str, bool, [Option<Nanos>; 4])>,
}

/// Measures the contenders of a row side by side.
pub(crate) fn measure(row: Row) -> Measured {
    let mut jobs = Vec::new();
    let mut lines = Vec::new();
    for contender in row.contenders {
        lines.push((contender.name, contender.ours));
        jobs.extend([contender.explicit, contender.clock]);
    }
    let figures = run(jobs);
    let columns = |pair: &[Figure]| [pair[0].one, pair[1].one, pair[0].two, pair[1].two];
    let lines = lines.into_iter().zip(figures.chunks_exact(2));
    let lines = lines.map(|((name, ours), pair)| (name, ours, columns(pair))).collect();
    Measured { name: row.name, work: row.work, why: row.why, lines }
}

/// Noise of the machine, up to which a ratio says nothing.
const EVEN: f64 = 1.10;

/// Returns the table of a row.
pub(crate) fn print(row: &Measured) -> String {
    let mut text = format!("### {}\n\n{}\n\n", row.name, row.work);
    text.push_str("| ns an operation | 1 thread, time given | clock read | ");
    text.push_str("2 threads, time given | clock read |\n|---|--:|--:|--:|--:|\n");
    for (name, ours, columns) in &row.lines {
        let name = if *ours { format!("**{name}**") } else { (*name).to_owned() };
        let cells: Vec<String> = columns.iter().map(|figure| cell(*figure)).collect();
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    }
    let ratios: Vec<Option<f64>> = (0..4).map(|column| ratio(row, column)).collect();
    let cells: Vec<String> = ratios
        .iter()
        .map(|ratio| ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}")))
        .collect();
    let _ = writeln!(text, "| *ours ÷ best peer* | {} |\n", cells.join(" | "));
    if ratios.iter().flatten().any(|ratio| *ratio > EVEN) {
        let why = if row.why.is_empty() { "Slower, without a reason." } else { row.why };
        let _ = writeln!(text, "{why}\n");
    }
    text
}

fn cell(figure: Option<Nanos>) -> String {
    let Some(Nanos { nanos, rough }) = figure else { return "–".to_owned() };
    let sign = if rough { "~" } else { "" };
    if nanos < 100.0 { format!("{sign}{nanos:.1}") } else { format!("{sign}{nanos:.0}") }
}

fn ratio(row: &Measured, column: usize) -> Option<f64> {
    let best = |mine: bool| {
        let lines = row.lines.iter().filter(|line| line.1 == mine);
        let nanos = lines.filter_map(|line| Some(line.2[column]?.nanos));
        nanos.min_by(f64::total_cmp)
    };
    Some(best(true)? / best(false)?)
}

const BEGIN: &str = "<!-- begin: cargo xtask bench-patterns -->";
const END: &str = "<!-- end -->";

/// Puts the table between the marks of a file.
pub(crate) fn write(file: &str, table: &str) -> io::Result<()> {
    let text = std::fs::read_to_string(file)?;
    let missing = || io::Error::other("the marks of the table are not there");
    let (head, rest) = text.split_once(BEGIN).ok_or_else(missing)?;
    let (_, tail) = rest.split_once(END).ok_or_else(missing)?;
    std::fs::write(file, format!("{head}{BEGIN}\n{table}{END}{tail}"))
}
