use tenfold_units::math;

use crate::distribution::Distribution;
use crate::error::{Error, SERVICE_TIME, assert_percentile, require, require_stable};
use crate::numeric::bisect;

/// One server, independent times between arrivals of any distribution, exponential service, first
/// come first served (Kendall 1953; Kleinrock 1975, chapter 6).
///
/// An arrival finds a geometric number there, with σ the root in (0, 1) of σ = A(μ (1 - σ)), A the
/// transform of the time between arrivals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gim1 {
    utilization: f64,
    mean_service: f64,
    /// 1 - σ, kept instead of σ so that nothing cancels near ρ = 1.
    finds_idle: f64,
}

impl Gim1 {
    /// Returns the queue of this time between arrivals and mean service time in seconds.
    ///
    /// # Errors
    /// [`Error::Unstable`] unless the mean service time is below the mean time between arrivals,
    /// [`Error::OutOfRange`] for impossible arguments.
    pub fn new(interarrival: &Distribution, mean_service: f64) -> Result<Self, Error> {
        require(mean_service.is_finite() && mean_service > 0.0, SERVICE_TIME)?;
        let utilization = mean_service / interarrival.moments()?.mean;
        require_stable(utilization)?;
        // With x = 1 - σ: 1 - A(μ x) is concave, above x until the root and below it after.
        let before = |x: f64| interarrival.transform_complement(x / mean_service) > x;
        let finds_idle = bisect(0.0, 1.0, before);
        Ok(Self { utilization, mean_service, finds_idle })
    }

    /// Returns ρ, the busy share of the server.
    #[must_use]
    pub const fn utilization(&self) -> f64 {
        self.utilization
    }

    /// Returns σ, the probability that an arrival waits.
    #[must_use]
    pub fn wait_probability(&self) -> f64 {
        1.0 - self.finds_idle
    }

    /// Returns the mean response time S / (1 - σ); the response time is exponential.
    #[must_use]
    pub fn mean_response(&self) -> f64 {
        self.mean_service / self.finds_idle
    }

    /// Returns the mean wait σ S / (1 - σ).
    #[must_use]
    pub fn mean_wait(&self) -> f64 {
        self.wait_probability() * self.mean_response()
    }

    /// Returns the wait that a share `p` of the arrivals does not exceed.
    ///
    /// # Panics
    /// Panics unless 0 <= `p` < 1.
    #[must_use]
    pub fn wait_percentile(&self, p: f64) -> f64 {
        assert_percentile(p);
        let waits = self.wait_probability();
        if waits <= 1.0 - p { 0.0 } else { self.mean_response() * math::ln(waits / (1.0 - p)) }
    }

    /// Returns the response time that a share `p` of the arrivals does not exceed.
    ///
    /// # Panics
    /// Panics unless 0 <= `p` < 1.
    #[must_use]
    pub fn response_percentile(&self, p: f64) -> f64 {
        assert_percentile(p);
        -self.mean_response() * math::ln_1p(-p)
    }
}
