//! Small numerical helpers.

use tenfold_units::math;

use crate::distribution::Distribution;

/// Returns the smallest x >= 0 with `tail(x) <= p` for a tail that falls to 0: doubling, then
/// bisection to the last bits.
pub(crate) fn invert_tail(p: f64, start: f64, tail: impl Fn(f64) -> f64) -> f64 {
    if tail(0.0) <= p {
        return 0.0;
    }
    let mut high = start;
    while tail(high) > p && high < 1e300 {
        high *= 2.0;
    }
    bisect(0.0, high, |x| tail(x) > p)
}

/// Returns the point in [low, high] where `before` turns from true to false.
pub(crate) fn bisect(mut low: f64, mut high: f64, before: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if before(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// Returns `x` to the whole power `n`.
pub(crate) fn power(x: f64, n: u32) -> f64 {
    let (mut result, mut base, mut n) = (1.0, x, n);
    while n > 0 {
        if n & 1 == 1 {
            result *= base;
        }
        base *= base;
        n >>= 1;
    }
    result
}

/// Returns the binomial coefficient "n over k" times p^k (1-p)^(n-k).
pub(crate) fn binomial(n: u32, k: u32, p: f64) -> f64 {
    if p <= 0.0 {
        return if k == 0 { 1.0 } else { 0.0 };
    }
    if p >= 1.0 {
        return if k == n { 1.0 } else { 0.0 };
    }
    let (n, k) = (f64::from(n), f64::from(k));
    let ln_choose = math::ln_gamma(n + 1.0) - math::ln_gamma(k + 1.0) - math::ln_gamma(n - k + 1.0);
    math::exp(ln_choose + k * math::ln(p) + (n - k) * math::ln_1p(-p))
}

/// Returns the n-th harmonic number 1 + 1/2 + … + 1/n.
pub(crate) fn harmonic(n: u32) -> f64 {
    (1..=n).rev().map(|i| 1.0 / f64::from(i)).sum()
}

/// Returns the integral of e^-v `g(v)` over v from 0 to infinity, for a smooth bounded `g`: the
/// double-exponential rule v = e^(t - e^-t) (Takahasi and Mori 1974).
pub(crate) fn exponential_mean(g: impl Fn(f64) -> f64) -> f64 {
    const STEP: f64 = 1.0 / 64.0;
    let mut sum = 0.0;
    for i in -290..=260 {
        let t = f64::from(i) * STEP;
        let small = math::exp(-t);
        let v = math::exp(t - small);
        sum += math::exp(-v) * g(v) * v * (1.0 + small);
    }
    sum * STEP
}

/// Returns the mean of `g(z)` over a standard normal z, for a smooth bounded `g` (the trapezoidal
/// rule converges exponentially).
pub(crate) fn normal_mean(g: impl Fn(f64) -> f64) -> f64 {
    const STEP: f64 = 1.0 / 32.0;
    let root = (2.0 * core::f64::consts::PI).sqrt();
    let mut sum = 0.0;
    for i in -320..=320 {
        let z = f64::from(i) * STEP;
        sum += math::exp(-0.5 * z * z) * g(z);
    }
    sum * STEP / root
}

/// Steps of the quadratures of [`nodes`], fine enough for functions that change over 1 % of a value.
const FINE: f64 = 1.0 / 512.0;

/// Returns values with weights that stand for a distribution: Σ weight × g(value) is the mean of a
/// smooth g. The rules of [`normal_mean`] and [`exponential_mean`] with finer steps, Simpson's for
/// uniform values.
pub(crate) fn nodes(distribution: &Distribution) -> Vec<(f64, f64)> {
    let root = (2.0 * core::f64::consts::PI).sqrt();
    let normal = |i: i32| {
        let z = f64::from(i) * FINE;
        (z, math::exp(-0.5 * z * z) * FINE / root)
    };
    let exponential = |i: i32| {
        let t = f64::from(i) * FINE;
        let small = math::exp(-t);
        let v = math::exp(t - small);
        (v, math::exp(-v) * v * (1.0 + small) * FINE)
    };
    let normals = (-6_144..=6_144).map(normal);
    let exponentials = (-2_320..=3_400).map(exponential);
    match distribution {
        Distribution::Lognormal { mean, cv } => {
            let variance = math::ln_1p(cv * cv);
            let (center, sigma) = (math::ln(*mean) - 0.5 * variance, variance.sqrt());
            normals.map(|(z, weight)| (math::exp(center + sigma * z), weight)).collect()
        }
        Distribution::Weibull { mean, shape } => {
            let scale = mean / math::exp(math::ln_gamma(1.0 + 1.0 / shape));
            exponentials.map(|(v, weight)| (scale * math::powf(v, 1.0 / shape), weight)).collect()
        }
        Distribution::Pareto { mean, shape } => {
            let minimum = mean * (shape - 1.0) / shape;
            exponentials.map(|(v, weight)| (minimum * math::exp(v / shape), weight)).collect()
        }
        Distribution::Uniform { low, high } => simpson(*low, *high),
        Distribution::Deterministic { .. }
        | Distribution::Exponential { .. }
        | Distribution::Erlang { .. }
        | Distribution::Hyperexponential { .. }
        | Distribution::Gamma { .. }
        | Distribution::Empirical { .. } => unreachable!("they have closed forms"),
    }
}

/// Simpson's rule over an interval, as nodes of a mean.
fn simpson(low: f64, high: f64) -> Vec<(f64, f64)> {
    const PANELS: u32 = 4_096;
    let node = |i: u32| {
        let weight = match i {
            0 | PANELS => 1.0,
            i if i % 2 == 1 => 4.0,
            _ => 2.0,
        };
        let share = f64::from(i) / f64::from(PANELS);
        (low + (high - low) * share, weight / (3.0 * f64::from(PANELS)))
    };
    (0..=PANELS).map(node).collect()
}
