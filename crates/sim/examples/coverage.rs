//! Writes the table of how often the printed 95 % intervals hold the truth, as Markdown.
//!
//! `cargo run --release -p tenfold-sim --example coverage [SEEDS [LONGEST [QUEUE]]]` (2,000 seeds unless told): the M/M/1
//! queue from empty at utilizations of 0.5 and 0.8, and harder queues, at growing run lengths up to
//! 2^24 events; for each figure the rows from the shortest run at which it is printed at all, until two
//! at which nearly every seed prints it.

#![expect(clippy::print_stdout, reason = "stdout is the result")]

#[path = "../tests/support/coverage.rs"]
mod coverage;
#[path = "../tests/support/transient.rs"]
mod transient;

use coverage::{Coverage, Subject, harder, m_m_1, measure};
use transient::FromEmpty;

/// Rows with fewer intervals than this say nothing.
const MIN_PRINTED: u32 = 20;

/// The harder queues are not tried in longer runs than this power of two of events.
const HARDER_LONGEST: u32 = 20;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let seeds: u64 =
        arguments.next().map_or(2_000, |text| text.parse().expect("a number of seeds"));
    let longest: u32 = arguments.next().map_or(24, |text| text.parse().expect("log2 of events"));
    println!("| queue | seeds | figure | events | printed | held | truth above | half width |");
    println!("|---|---|---|---|---|---|---|---|");
    let only = arguments.next().unwrap_or_default();
    let plain = [m_m_1(0.5), m_m_1(0.8)].into_iter().map(|subject| (subject, longest));
    let harder = harder().into_iter().map(|subject| (subject, longest.min(HARDER_LONGEST)));
    let tables: Vec<_> = std::thread::scope(|scope| {
        let runs: Vec<_> = plain
            .chain(harder)
            .filter(|(subject, _)| subject.name.contains(&only))
            .map(|(subject, longest)| scope.spawn(move || rows(&subject, seeds, longest)))
            .collect();
        runs.into_iter().map(|run| run.join().expect("no run panics")).collect()
    });
    tables.iter().for_each(|table| print!("{table}"));
    if "transient".contains(&only) {
        transients(seeds);
    }
}

/// The rows of the queue from empty, ten runs a seed.
fn transients(seeds: u64) {
    println!(
        "\n| M/M/1 from empty | seeds | figure | customers a run | printed | held | truth above | half width |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let half = [200.0, 1_000.0, 4_000.0].map(|span| (0.5, span));
    let high = [1_000.0, 4_000.0, 16_000.0].map(|span| (0.8, span));
    for (rate, span) in half.into_iter().chain(high) {
        let rows = transient::measure(FromEmpty { rate, span }, 1..seeds + 1);
        for (row, figure) in rows.iter().zip(["mean", "p99"]) {
            let name = format!("at {rate}, for {span} services");
            println!("{}", line(&name, seeds, figure, rate * span, row));
        }
    }
}

/// A line of a table.
fn line(name: &str, seeds: u64, figure: &str, length: f64, row: &Coverage) -> String {
    let shares = if row.printed == 0 {
        "- | - | -".to_owned()
    } else {
        format!(
            "{:.1} % | {:.1} % | {:.1} %",
            100.0 * row.held_ratio(),
            100.0 * f64::from(row.above) / f64::from(row.printed),
            100.0 * row.mean_half_width(),
        )
    };
    format!(
        "| {name} | {seeds} | {figure} | {length} | {:.1} % | {shares} |",
        100.0 * row.printed_ratio()
    )
}

/// The rows of one queue.
fn rows(subject: &Subject, seeds: u64, longest: u32) -> String {
    let mut table = String::new();
    let mut done = vec![0_u32; subject.figures.len()];
    // Two lengths per octave of events, from 8,192.
    for step in 0.. {
        let budget = (8_192 << (step / 2)) + (4_096 << (step / 2)) * (step % 2);
        if budget > 1 << longest || done.iter().all(|rows| *rows >= 2) {
            break;
        }
        let measured = measure(subject, 1..seeds + 1, budget);
        for ((row, figure), done) in measured.iter().zip(&subject.figures).zip(&mut done) {
            if row.printed < MIN_PRINTED || *done >= 2 {
                continue;
            }
            *done += u32::from(row.printed_ratio() > 0.99);
            table.push_str(&line(&subject.name, seeds, figure.name, budget as f64, row));
            table.push('\n');
        }
    }
    table
}
