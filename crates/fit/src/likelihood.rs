//! Climbing a likelihood, and how sharp its peak is.

use crate::family::Law;

/// Steps after which a climb ends wherever it is; a peak in a plane takes about eighty.
const STEPS: usize = 400;
/// Distance in each direction at which the curvature is measured.
const APART: f64 = 1e-3;

/// Returns the law of the same family where `log_likelihood` is highest: the simplex method of Nelder
/// and Mead, *A simplex method for function minimization* (1965), in one or two directions.
pub(crate) fn climb(start: Law, directions: usize, log_likelihood: impl Fn(Law) -> f64) -> Law {
    let origin = start.place();
    let height = |at: [f64; 2]| {
        let found = log_likelihood(start.moved(at));
        if found.is_nan() { f64::NEG_INFINITY } else { found }
    };
    let mut simplex: Vec<([f64; 2], f64)> = (0..=directions)
        .map(|corner| {
            let mut at = origin;
            if corner > 0 {
                at[corner - 1] += 0.3;
            }
            (at, height(at))
        })
        .collect();
    for _ in 0..STEPS {
        simplex.sort_by(|a, b| b.1.total_cmp(&a.1));
        let (best, worst) = (simplex[0], simplex[directions]);
        let wide = (0..directions).any(|i| (best.0[i] - worst.0[i]).abs() > 1e-7);
        if !wide || (best.1 - worst.1).abs() <= 1e-11 * (1.0 + best.1.abs()) {
            break;
        }
        step(&mut simplex, directions, &height);
    }
    simplex.sort_by(|a, b| b.1.total_cmp(&a.1));
    start.moved(simplex[0].0)
}

/// Reflects, stretches or shrinks the simplex, whose corners come highest first.
fn step(simplex: &mut [([f64; 2], f64)], directions: usize, height: &impl Fn([f64; 2]) -> f64) {
    let (best, worst) = (simplex[0], simplex[directions]);
    let mut center = [0.0; 2];
    for (at, _) in &simplex[..directions] {
        center[0] += at[0] / directions as f64;
        center[1] += at[1] / directions as f64;
    }
    let toward = |factor: f64| {
        let at = [0, 1].map(|i| center[i] + factor * (worst.0[i] - center[i]));
        (at, height(at))
    };
    let reflected = toward(-1.0);
    let found = if reflected.1 > best.1 {
        let stretched = toward(-2.0);
        if stretched.1 > reflected.1 { stretched } else { reflected }
    } else if reflected.1 > simplex[directions - 1].1 {
        reflected
    } else {
        let inside = toward(if reflected.1 > worst.1 { -0.5 } else { 0.5 });
        if inside.1 <= worst.1.max(reflected.1) {
            for corner in &mut simplex[1..] {
                let at = [0, 1].map(|i| f64::midpoint(best.0[i], corner.0[i]));
                *corner = (at, height(at));
            }
            return;
        }
        inside
    };
    simplex[directions] = found;
}

/// Returns the standard errors of the parameters that a model file names: the inverse of the observed
/// information, carried over by the gradient of the parameters (delta method). `None` where the
/// likelihood has no rounded peak there.
pub(crate) fn standard_errors(
    law: Law,
    directions: usize,
    log_likelihood: impl Fn(Law) -> f64,
) -> Option<[f64; 2]> {
    let origin = law.place();
    let at = |i: f64, j: f64| [origin[0] + APART * i, origin[1] + APART * j];
    let height = |i: f64, j: f64| log_likelihood(law.moved(at(i, j)));
    let (top, square) = (height(0.0, 0.0), APART * APART);
    let first = -(height(1.0, 0.0) - 2.0 * top + height(-1.0, 0.0)) / square;
    let (second, mixed) = if directions == 2 {
        let across = height(1.0, 1.0) - height(1.0, -1.0) - height(-1.0, 1.0) + height(-1.0, -1.0);
        (-(height(0.0, 1.0) - 2.0 * top + height(0.0, -1.0)) / square, -across / (4.0 * square))
    } else {
        (1.0, 0.0)
    };
    let determinant = first * second - mixed * mixed;
    if !(first > 0.0 && second > 0.0 && determinant > 1e-9 * first * second) {
        return None;
    }
    let covariance = [second / determinant, first / determinant, -mixed / determinant];
    let slope = |i: f64, j: f64| {
        let (up, down) = (law.moved(at(i, j)).parameters(), law.moved(at(-i, -j)).parameters());
        [0, 1].map(|k| (up[k] - down[k]) / (2.0 * APART))
    };
    let along = slope(1.0, 0.0);
    let across = if directions == 2 { slope(0.0, 1.0) } else { [0.0; 2] };
    Some([0, 1].map(|k| {
        let (a, b) = (along[k], across[k]);
        (a * a * covariance[0] + b * b * covariance[1] + 2.0 * a * b * covariance[2])
            .max(0.0)
            .sqrt()
    }))
}
