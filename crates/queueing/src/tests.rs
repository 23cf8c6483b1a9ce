//! The formulas against published values, against each other, and against brute force.

mod brute;
mod caches;
mod chains;
mod networks;
mod paths;
mod stations;
mod tails;
mod variations;

/// Asserts that two values agree to a relative tolerance.
fn close(actual: f64, expected: f64, tolerance: f64) {
    let error = (actual - expected).abs();
    assert!(
        error <= tolerance * expected.abs().max(1e-300),
        "{actual} is not {expected} within {tolerance}: {}",
        error / expected.abs()
    );
}

/// Returns the integral of a tail from 0, which is the mean: Simpson's rule.
fn mean_of_tail(end: f64, tail: impl Fn(f64) -> f64) -> f64 {
    let steps = 20_000_u32;
    let step = end / f64::from(steps);
    let weight = |i: u32| match i {
        0 => 1.0,
        i if i == steps => 1.0,
        i if i % 2 == 1 => 4.0,
        _ => 2.0,
    };
    (0..=steps).map(|i| weight(i) * tail(f64::from(i) * step)).sum::<f64>() * step / 3.0
}
