//! Student's t distribution, computed.

use core::f64::consts::{FRAC_PI_2, PI};

use tenfold_units::math;

/// Returns P(−`t` < T < `t`) for Student's T with `degrees` ≥ 1 degrees of freedom, `t` ≥ 0.
///
/// The finite sums of Abramowitz and Stegun, *Handbook of Mathematical Functions*, 26.7.3 and 26.7.4,
/// with θ = arctan(t ÷ √degrees).
#[must_use]
pub fn central_probability(t: f64, degrees: u32) -> f64 {
    let theta = math::atan2(t, f64::from(degrees).sqrt());
    let (sine, cosine) = (math::sin(theta), math::cos(theta));
    let odd = degrees % 2 == 1;
    // Terms cos^k θ times (k − 1)!! ÷ k!!, over odd or even k below `degrees`.
    let mut term = if odd { cosine } else { 1.0 };
    let mut sum = 0.0;
    let mut k = u32::from(odd);
    while k < degrees.saturating_sub(1) {
        sum += term;
        term *= cosine * cosine * f64::from(k + 1) / f64::from(k + 2);
        k += 2;
    }
    if odd { 2.0 / PI * (theta + sine * sum) } else { sine * sum }
}

/// Returns the t with P(−t < T < t) = `probability` (0 to below 1) for `degrees` ≥ 1 degrees of
/// freedom.
///
/// # Panics
/// Panics when `degrees` is 0 or `probability` is not below 1.
///
/// ```
/// use tenfold_sim::stats::student;
/// assert!((student::quantile(0.95, 1) - 12.7062).abs() < 1e-4);
/// assert!((student::quantile(0.95, 30) - 2.0423).abs() < 1e-4);
/// ```
#[must_use]
pub fn quantile(probability: f64, degrees: u32) -> f64 {
    assert!(degrees >= 1 && (0.0..1.0).contains(&probability), "{probability} {degrees}");
    // The probability grows with the angle: bisect that, to the last bit.
    let (mut low, mut high) = (0.0, FRAC_PI_2);
    let scale = f64::from(degrees).sqrt();
    let t = |angle: f64| scale * math::tan(angle);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if central_probability(t(middle), degrees) < probability {
            low = middle
        } else {
            high = middle
        }
    }
    t(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Closed forms for one and two degrees of freedom, and the normal limit.
    #[test]
    fn quantiles_have_their_closed_forms() {
        for p in [0.5, 0.9, 0.95, 0.99] {
            let one = math::tan(FRAC_PI_2 * p);
            assert!((quantile(p, 1) / one - 1.0).abs() < 1e-9);
            let two = p * (2.0 / (1.0 - p * p)).sqrt();
            assert!((quantile(p, 2) / two - 1.0).abs() < 1e-9);
        }
        assert!((quantile(0.95, 100_000) - 1.95996).abs() < 1e-4);
    }

    #[test]
    fn quantiles_invert_the_probability() {
        for degrees in [3, 4, 7, 9, 15, 30, 31] {
            let t = quantile(0.95, degrees);
            assert!((central_probability(t, degrees) - 0.95).abs() < 1e-9, "{degrees}");
        }
    }
}
