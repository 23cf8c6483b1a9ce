//! Transcendental functions with the same bits on every platform (crate `libm`, a port of musl).
//!
//! The methods of `f64` call the platform's C library, whose results differ in the last bit between
//! platforms; one different bit in a random variate changes a whole simulation.

/// Returns the natural logarithm of `x`.
#[must_use]
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// Returns ln(1 + `x`), exact for small `x`.
#[must_use]
pub fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// Returns the base-2 logarithm of `x`.
#[must_use]
pub fn log2(x: f64) -> f64 {
    libm::log2(x)
}

/// Returns the base-10 logarithm of `x`.
#[must_use]
pub fn log10(x: f64) -> f64 {
    libm::log10(x)
}

/// Returns e to the power `x`.
#[must_use]
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// Returns e to the power `x`, minus 1, exact for small `x`.
#[must_use]
pub fn exp_m1(x: f64) -> f64 {
    libm::expm1(x)
}

/// Returns `x` to the power `y`.
#[must_use]
pub fn powf(x: f64, y: f64) -> f64 {
    libm::pow(x, y)
}

/// Returns `x` to a whole power, by squaring: exact as long as the result has 53 bits, and several
/// times as fast as [`powf`].
///
/// ```
/// use tenfold_units::math::powi;
/// assert_eq!((powi(1.5, 3), powi(7.0, 0), powi(2.0, 5_000)), (3.375, 1.0, f64::INFINITY));
/// ```
#[must_use]
pub fn powi(x: f64, n: u32) -> f64 {
    let (mut power, mut square, mut left) = (1.0, x, n);
    while left > 0 {
        if left & 1 == 1 {
            power *= square;
        }
        square *= square;
        left >>= 1;
    }
    power
}

/// Returns 10 to the power `n`.
#[must_use]
pub fn exp10(n: f64) -> f64 {
    libm::exp10(n)
}

/// Returns the sine of `x` radians.
#[must_use]
pub fn sin(x: f64) -> f64 {
    libm::sin(x)
}

/// Returns the cosine of `x` radians.
#[must_use]
pub fn cos(x: f64) -> f64 {
    libm::cos(x)
}

/// Returns the tangent of `x` radians.
#[must_use]
pub fn tan(x: f64) -> f64 {
    libm::tan(x)
}

/// Returns the arcsine of `x`, in radians.
#[must_use]
pub fn asin(x: f64) -> f64 {
    libm::asin(x)
}

/// Returns the angle of the point (`x`, `y`), in radians.
#[must_use]
pub fn atan2(y: f64, x: f64) -> f64 {
    libm::atan2(y, x)
}

/// Returns ln Γ(`x`) for `x` > 0.
#[must_use]
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// Returns the error function of `x`.
#[must_use]
pub fn erf(x: f64) -> f64 {
    libm::erf(x)
}

/// Returns the complementary error function of `x`.
#[must_use]
pub fn erfc(x: f64) -> f64 {
    libm::erfc(x)
}
