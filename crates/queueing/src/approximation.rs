use tenfold_units::math;

use crate::error::{Error, require};
use crate::mm::Mmc;

/// A value that is not exact, with the error that is claimed for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Approximation {
    /// The approximate value.
    pub value: f64,
    /// The claimed bound of |approximate - exact| / exact.
    pub relative_error: f64,
}

/// Returns an upper bound of the mean wait at one server with independent times between arrivals and
/// independent service times: λ (σa² + σs²) / (2 (1 - ρ)) (Kingman 1962). Tight as ρ tends to 1.
///
/// `squared_cv_arrivals` and `squared_cv_service` are variance ÷ mean².
///
/// # Errors
/// [`Error::Unstable`] unless rate × time < 1, [`Error::OutOfRange`] for impossible arguments.
pub fn kingman_bound(
    arrival_rate: f64,
    mean_service: f64,
    squared_cv_arrivals: f64,
    squared_cv_service: f64,
) -> Result<f64, Error> {
    let utilization = Mmc::new(arrival_rate, mean_service, 1)?.utilization();
    require_variation(squared_cv_arrivals, squared_cv_service)?;
    require(arrival_rate > 0.0, "arrival rate: above 0")?;
    let gap = 1.0 / arrival_rate;
    let variance =
        squared_cv_arrivals * gap * gap + squared_cv_service * mean_service * mean_service;
    Ok(arrival_rate * variance / (2.0 * (1.0 - utilization)))
}

/// Returns the approximate mean wait of G/G/c: the wait of M/M/c times (ca² + cs²) / 2 (Allen 1990,
/// after Cunneen), with the correction of Krämer and Langenbach-Belz (1976) for arrivals that are not
/// Poisson: e^(-2 (1-ρ) (1-ca²)² / (3 ρ (ca²+cs²))) for ca² < 1, e^(-(1-ρ) (ca²-1) / (ca²+4 cs²))
/// for ca² > 1.
///
/// The claimed error is 0 for M/G/1 and M/M/c, where the formula is exact. Each departure adds to it:
/// for arrivals that are not Poisson 0.4 (1 - ρ) / ρ · max(1, ca²/4), measured against exact GI/M/1
/// for 0.2 <= ρ and ca² <= 9; for c > 1 a term that grows with c and falls with ρ as the correction
/// of Cosmetatos (1976) does, measured against exact M/D/c up to 10 servers (tests of this crate).
/// Elsewhere it is a rule of thumb.
///
/// # Errors
/// [`Error::Unstable`] unless rate × time < servers, [`Error::OutOfRange`] for impossible arguments.
pub fn allen_cunneen(
    arrival_rate: f64,
    mean_service: f64,
    servers: u32,
    squared_cv_arrivals: f64,
    squared_cv_service: f64,
) -> Result<Approximation, Error> {
    let (ca, cs) = (squared_cv_arrivals, squared_cv_service);
    require_variation(ca, cs)?;
    let exponential = Mmc::new(arrival_rate, mean_service, servers)?;
    let utilization = exponential.utilization();
    if arrival_rate == 0.0 || ca + cs == 0.0 {
        return Ok(Approximation { value: 0.0, relative_error: 0.0 });
    }
    let correction = if ca < 1.0 {
        -2.0 * (1.0 - utilization) * (1.0 - ca) * (1.0 - ca) / (3.0 * utilization * (ca + cs))
    } else {
        -(1.0 - utilization) * (ca - 1.0) / (ca + 4.0 * cs)
    };
    let value = exponential.mean_wait() * 0.5 * (ca + cs) * math::exp(correction);
    let c = f64::from(servers);
    let light =
        (1.0 - utilization) * (c - 1.0) * ((4.0 + 5.0 * c).sqrt() - 2.0) / (16.0 * utilization * c);
    let of_service = (1.2 * light).min(1.0) * (1.0 - cs).abs();
    let of_arrivals = if ca == 1.0 {
        0.0
    } else {
        0.4 * (1.0 - utilization) / utilization * (0.25 * ca).max(1.0) + light
    };
    Ok(Approximation { value, relative_error: of_service + of_arrivals })
}

fn require_variation(arrivals: f64, service: f64) -> Result<(), Error> {
    let fit = |x: f64| x.is_finite() && x >= 0.0;
    require(fit(arrivals) && fit(service), "squared cv: finite, at least 0")
}
