//! Special functions of the likelihoods.

use tenfold_units::math;

/// Returns Q(`a`, `x`) = Γ(a, x) ÷ Γ(a), the tail of a gamma distribution of shape `a` > 0 and scale 1.
///
/// Abramowitz and Stegun, *Handbook of Mathematical Functions*, 6.5.29 below `a` + 1, and the
/// continued fraction 6.5.31, evaluated by Lentz's method, above.
pub(crate) fn gamma_tail(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    if x.is_infinite() {
        return 0.0;
    }
    let scale = math::exp(a * math::ln(x) - x - math::ln_gamma(a));
    if x < a + 1.0 {
        let (mut sum, mut term, mut n) = (1.0 / a, 1.0 / a, a);
        while term > sum * 1e-16 {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        return (1.0 - scale * sum).clamp(0.0, 1.0);
    }
    const TINY: f64 = 1e-300;
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut h = d;
    for i in 1..10_000 {
        let n = f64::from(i);
        let an = -n * (n - a);
        b += 2.0;
        let below = an * d + b;
        d = 1.0 / if below.abs() < TINY { TINY } else { below };
        let above = b + an / c;
        c = if above.abs() < TINY { TINY } else { above };
        h *= d * c;
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    (scale * h).clamp(0.0, 1.0)
}

/// Returns ψ(`x`) and ψ'(`x`) for `x` > 0: recurrence up to 10, then the asymptotic series (Abramowitz
/// and Stegun 6.3.18 and 6.4.12).
pub(crate) fn digamma(x: f64) -> (f64, f64) {
    let (mut x, mut first, mut second) = (x, 0.0, 0.0);
    while x < 10.0 {
        first -= 1.0 / x;
        second += 1.0 / (x * x);
        x += 1.0;
    }
    let r = 1.0 / (x * x);
    first += math::ln(x) - 0.5 / x - r * (1.0 / 12.0 - r * (1.0 / 120.0 - r / 252.0));
    second += 1.0 / x + r / 2.0 + r / x * (1.0 / 6.0 - r * (1.0 / 30.0 - r / 42.0));
    (first, second)
}

/// Returns the tail of the standard normal distribution.
pub(crate) fn normal_tail(z: f64) -> f64 {
    0.5 * math::erfc(z * core::f64::consts::FRAC_1_SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_the_handbook() {
        // Q(1, x) = e^-x; Q(1/2, x) = erfc(√x); Q(3, x) = e^-x (1 + x + x²/2).
        for x in [0.01, 0.5, 1.0, 3.0, 20.0, 80.0] {
            let close = |seen: f64, known: f64| assert!((seen / known - 1.0).abs() < 1e-11, "{x}");
            close(gamma_tail(1.0, x), math::exp(-x));
            close(gamma_tail(0.5, x), math::erfc(x.sqrt()));
            close(gamma_tail(3.0, x), math::exp(-x) * (1.0 + x + x * x / 2.0));
        }
        // ψ(1) = -γ, ψ(1/2) = -γ - 2 ln 2, ψ'(1) = π²/6, ψ'(1/2) = π²/2.
        let euler = 0.577_215_664_901_532_9;
        let pi2 = core::f64::consts::PI * core::f64::consts::PI;
        let (one, half) = (digamma(1.0), digamma(0.5));
        assert!((one.0 + euler).abs() < 1e-10 && (one.1 - pi2 / 6.0).abs() < 1e-9);
        assert!((half.0 + euler + 2.0 * core::f64::consts::LN_2).abs() < 1e-10);
        assert!((half.1 - pi2 / 2.0).abs() < 1e-9);
        assert!((normal_tail(1.959_964) - 0.025).abs() < 1e-8);
    }
}
