//! The printed 95 % intervals hold the truth in 93 to 97 % of the runs.
//!
//! As many seeds as a minute allows, judged by the bounds that so many deserve; the example `coverage`
//! measures the same with 2,000 seeds at every length of run.

#[path = "support/coverage.rs"]
mod coverage;
#[path = "support/transient.rs"]
mod transient;

use coverage::{Subject, harder, m_m_1, measure};
use transient::FromEmpty;

/// Checks the figures named at one of the shortest runs at which most seeds print them.
fn check(mut subject: Subject, seeds: u64, budget: u64, names: &[&str]) {
    subject.figures.retain(|figure| names.contains(&figure.name));
    assert_eq!(subject.figures.len(), names.len(), "every name is a figure");
    let rows = measure(&subject, 1..seeds + 1, budget);
    for (row, figure) in rows.iter().zip(&subject.figures) {
        let what = format!("{}, {}, {budget} events: {row:?}", subject.name, figure.name);
        assert!(row.printed_ratio() > 0.5, "{what}: too few are printed");
        let bound = |p: f64| 4.0 * (p * (1.0 - p) / f64::from(row.printed)).sqrt();
        assert!(row.held_ratio() > 0.93 - bound(0.93), "{what}: held too rarely");
        assert!(row.held_ratio() < 0.97 + bound(0.97), "{what}: held too often");
        assert!(row.mean_half_width() < 0.15, "{what}: too wide to be of use");
    }
}

/// The exact transient tends to the steady state, and holds what many runs say.
#[test]
fn the_transient_queue_is_solved() {
    let (mean, p99) = FromEmpty { rate: 0.5, span: 20_000.0 }.mean_and_p99();
    assert!((mean / 2.0 - 1.0).abs() < 1e-3 && (p99 / 9.2103 - 1.0).abs() < 1e-3, "{mean} {p99}");
    let short = FromEmpty { rate: 0.8, span: 100.0 };
    let (mean, p99) = short.mean_and_p99();
    let seen = short.simulated(tenfold_units::Seed(1), 1_000);
    let (low, high) = seen.mean.interval().expect("enough runs");
    // Four standard errors are about two half widths.
    assert!((seen.mean.value - mean).abs() < high - low, "{:?} {mean}", seen.mean);
    // About 800 of the 80,000 customers are beyond it, in clusters.
    assert!((seen.p99.value / p99 - 1.0).abs() < 0.1, "{:?} {p99}", seen.p99);
}

#[test]
fn intervals_of_transients_hold_the_truth() {
    for (rate, span) in [(0.5, 1_000.0), (0.8, 4_000.0)] {
        for row in transient::measure(FromEmpty { rate, span }, 1..201) {
            let what = format!("{rate}/s for {span} s: {row:?}");
            if row.printed < 100 {
                continue;
            }
            let bound = |p: f64| 4.0 * (p * (1.0 - p) / f64::from(row.printed)).sqrt();
            assert!(row.held_ratio() > 0.93 - bound(0.93), "{what}: held too rarely");
            assert!(row.held_ratio() < 0.97 + bound(0.97), "{what}: held too often");
        }
    }
}

#[test]
fn intervals_at_half_load_hold_the_truth() {
    check(m_m_1(0.5), 400, 12_288, &["p50", "utilization", "throughput"]);
    check(m_m_1(0.5), 400, 49_152, &["mean", "p90", "p95", "queue length", "in-flight"]);
    check(m_m_1(0.5), 100, 262_144, &["p99"]);
}

#[test]
fn intervals_at_high_load_hold_the_truth() {
    check(m_m_1(0.8), 200, 65_536, &["utilization"]);
    check(m_m_1(0.8), 200, 98_304, &["p50"]);
    check(m_m_1(0.8), 100, 524_288, &["mean", "p90", "p95", "queue length", "in-flight"]);
    check(m_m_1(0.8), 100, 2_097_152, &["p99"]);
}

#[test]
fn intervals_of_skewed_samples_hold_the_truth() {
    let lognormal = harder().pop().expect("the last one");
    check(lognormal, 200, 131_072, &["mean", "p50", "p99"]);
}
