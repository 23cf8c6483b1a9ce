//! The printed 95 % intervals hold the truth in 93 to 97 % of the runs.
//!
//! As many seeds as a minute allows, judged by the bounds that so many deserve; the example `coverage`
//! measures the same with 2,000 seeds at every length of run.

#[path = "support/coverage.rs"]
mod coverage;

use coverage::{Subject, harder, m_m_1, measure};

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
