//! Writes the table of how often the printed 95 % intervals hold the truth, as Markdown.
//!
//! `cargo run --release -p tenfold-sim --example coverage [SEEDS]` (2,000 unless told): the M/M/1
//! queue from empty at utilizations of 0.5 and 0.8, at run lengths that double until every figure has
//! an interval; for each figure the rows from the shortest run at which it is printed at all.

#![expect(clippy::print_stdout, reason = "stdout is the result")]

#[path = "../tests/support/coverage.rs"]
mod coverage;

use coverage::{figures, m_m_1, measure};

/// Rows with fewer intervals than this say nothing.
const MIN_PRINTED: u32 = 20;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let seeds = arguments.next().map_or(2_000, |text| text.parse().expect("a number of seeds"));
    let longest = arguments.next().map_or(24, |text| text.parse().expect("log2 of events"));
    println!("| ρ | figure | events | printed | held | above | half width |");
    println!("|---|---|---|---|---|---|---|");
    for utilization in [0.5, 0.8] {
        let figures = figures(utilization);
        let model = m_m_1(utilization);
        let mut done = vec![0_u32; figures.len()];
        // Four lengths per octave of events, from 8,192.
        for step in 0.. {
            let budget = (8_192 << (step / 2)) + (4_096 << (step / 2)) * (step % 2);
            if budget > 1 << longest || done.iter().all(|rows| *rows >= 2) {
                break;
            }
            let rows = measure(&model, &figures, 1..seeds + 1, budget);
            for ((row, figure), done) in rows.iter().zip(&figures).zip(&mut done) {
                if row.printed < MIN_PRINTED || *done >= 2 {
                    continue;
                }
                *done += u32::from(row.printed_ratio() > 0.99);
                println!(
                    "| {utilization} | {} | {budget} | {:.1} % | {:.1} % | {:.1} % | {:.1} % |",
                    figure.name,
                    100.0 * row.printed_ratio(),
                    100.0 * row.held_ratio(),
                    100.0 * f64::from(row.above) / f64::from(row.printed),
                    100.0 * row.mean_half_width(),
                );
            }
        }
    }
}
