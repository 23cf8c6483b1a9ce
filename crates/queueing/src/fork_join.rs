use tenfold_units::math;

use crate::approximation::Approximation;
use crate::error::{Error, require};
use crate::mm::Mm1;
use crate::numeric::harmonic;

/// Returns the share of requests that are slow when each asks `leaves` servers and is slow when one
/// of them is, independently with probability `p`: 1 - (1 - p)^n (Dean and Barroso 2013).
///
/// # Panics
/// Panics unless 0 <= `p` <= 1.
#[must_use]
pub fn tail_at_scale(p: f64, leaves: u32) -> f64 {
    assert!((0.0..=1.0).contains(&p), "a probability: {p}");
    -math::exp_m1(f64::from(leaves) * math::ln_1p(-p))
}

/// Returns the share of slow answers that each of `leaves` servers may have so that a request, which
/// asks them all, is slow with probability `p`: 1 - (1 - p)^(1/n).
///
/// # Panics
/// Panics unless 0 <= `p` <= 1 and there is a leaf.
#[must_use]
pub fn leaf_tail(p: f64, leaves: u32) -> f64 {
    assert!((0.0..=1.0).contains(&p) && leaves > 0, "a probability and a leaf: {p}, {leaves}");
    -math::exp_m1(math::ln_1p(-p) / f64::from(leaves))
}

/// Returns the mean response of requests that fork to two M/M/1 servers and end with the later
/// answer: (12 - ρ) / 8 times the response of one (Flatto and Hahn 1984; Nelson and Tantawi 1988).
/// Exact.
///
/// # Errors
/// As [`Mm1::new`]; `arrival_rate` is that of requests, so of each server.
pub fn fork_join_of_two(arrival_rate: f64, mean_service: f64) -> Result<f64, Error> {
    let one = Mm1::new(arrival_rate, mean_service)?;
    Ok((12.0 - one.utilization()) / 8.0 * one.mean_response())
}

/// Returns the approximate mean response of requests that fork to `branches` M/M/1 servers and end
/// with the last answer: (H(n)/H(2) + 4/11 (1 - H(n)/H(2)) ρ) times that of two (Nelson and Tantawi
/// 1988, who state an error below 5 % up to 32 branches; 15 % is claimed beyond).
///
/// # Errors
/// As [`Mm1::new`]; [`Error::OutOfRange`] without a branch.
pub fn fork_join(
    arrival_rate: f64,
    mean_service: f64,
    branches: u32,
) -> Result<Approximation, Error> {
    require(branches >= 1, "branches: at least 1")?;
    let one = Mm1::new(arrival_rate, mean_service)?;
    if branches == 1 {
        return Ok(Approximation { value: one.mean_response(), relative_error: 0.0 });
    }
    let grown = harmonic(branches) / 1.5;
    let of_two = fork_join_of_two(arrival_rate, mean_service)?;
    let value = (grown + 4.0 / 11.0 * (1.0 - grown) * one.utilization()) * of_two;
    let relative_error = match branches {
        2 => 0.0,
        3..=32 => 0.05,
        _ => 0.15,
    };
    Ok(Approximation { value, relative_error })
}

/// Returns a lower and an upper bound of the mean response of requests that fork to `branches` M/M/1
/// servers: the response of one and H(n) S, whichever is larger; and H(n) times the response of one,
/// since the branches are associated (Nelson and Tantawi 1988).
///
/// # Errors
/// As [`fork_join`].
pub fn fork_join_bounds(
    arrival_rate: f64,
    mean_service: f64,
    branches: u32,
) -> Result<(f64, f64), Error> {
    require(branches >= 1, "branches: at least 1")?;
    let one = Mm1::new(arrival_rate, mean_service)?.mean_response();
    let harmonic = harmonic(branches);
    Ok((one.max(harmonic * mean_service), harmonic * one))
}

/// Returns the mean response time, in mean service times, when each request joins the shortest of
/// `choices` queues drawn at random from very many M/M/1 servers: Σ over i >= 1 of
/// ρ^((d^i - d) / (d - 1)) (Vvedenskaya, Dobrushin and Karpelevich 1996; Mitzenmacher 1996).
///
/// Exact as the number of servers grows without bound; 100 servers come within about 1 % at
/// ρ <= 0.9. One choice is M/M/1.
///
/// # Errors
/// [`Error::Unstable`] unless `utilization` < 1; [`Error::OutOfRange`] if it is negative or without
/// a choice.
pub fn power_of_choices(utilization: f64, choices: u32) -> Result<f64, Error> {
    require(utilization >= 0.0 && choices >= 1, "utilization: at least 0; choices: at least 1")?;
    let one = Mm1::new(utilization, 1.0)?;
    if choices == 1 || utilization == 0.0 {
        return Ok(one.mean_response());
    }
    let ln = math::ln(utilization);
    let d = f64::from(choices);
    // The exponents are 0, d, d + d², …
    let (mut sum, mut exponent, mut step) = (0.0, 0.0, d);
    loop {
        let term = math::exp(exponent * ln);
        sum += term;
        if term < 1e-18 {
            return Ok(sum);
        }
        exponent += step;
        step *= d;
    }
}
