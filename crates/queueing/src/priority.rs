use tenfold_units::math;

use crate::distribution::Distribution;
use crate::error::{Error, require, require_stable};

/// A class of requests at one server, served before all classes after it.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// Poisson arrivals per second.
    pub arrival_rate: f64,
    /// Its service time.
    pub service: Distribution,
}

/// Whether a more important arrival interrupts a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preemption {
    /// The service in progress ends first.
    None,
    /// It is interrupted, and resumed where it stopped.
    Resume,
}

/// Returns the mean wait of each class at M/G/1 with priorities, the most important class first;
/// *wait* is all time outside service. `None` for a class whose queue grows without bound.
///
/// With σ(k) the load of the classes up to k and R(k) = Σ over i <= k of λ(i) E S(i)² / 2:
/// without preemption R(all) / ((1 - σ(k-1)) (1 - σ(k))) (Cobham 1954); with it
/// E S(k) σ(k-1) / (1 - σ(k-1)) + R(k) / ((1 - σ(k-1)) (1 - σ(k))) (White and Christie 1958).
///
/// # Errors
/// [`Error::OutOfRange`] for impossible rates or service times.
pub fn priorities(classes: &[Class], preemption: Preemption) -> Result<Vec<Option<f64>>, Error> {
    let mut loads = Vec::with_capacity(classes.len());
    for class in classes {
        let rate = class.arrival_rate;
        require(rate.is_finite() && rate >= 0.0, crate::error::ARRIVAL_RATE)?;
        let moments = class.service.moments()?;
        let residual = if rate == 0.0 { 0.0 } else { rate * moments.second / 2.0 };
        loads.push((rate * moments.mean, residual, moments.mean));
    }
    let all = residual_of_served(&loads);
    let (mut above, mut residual) = (0.0, 0.0);
    let mut waits = Vec::with_capacity(classes.len());
    for (load, own_residual, mean) in loads {
        let up_to = above + load;
        residual += own_residual;
        if up_to >= 1.0 {
            waits.push(None);
        } else {
            let room = (1.0 - above) * (1.0 - up_to);
            waits.push(Some(match preemption {
                Preemption::None => all / room,
                Preemption::Resume => mean * above / (1.0 - above) + residual / room,
            }));
        }
        above = up_to;
    }
    Ok(waits)
}

/// The mean rest of the service that an arrival finds. The first class that overflows is served
/// only in the time that is left, so its residual counts by that share, and classes after it never.
fn residual_of_served(loads: &[(f64, f64, f64)]) -> f64 {
    let (mut used, mut sum) = (0.0, 0.0);
    for (load, residual, _) in loads {
        let room: f64 = 1.0 - used;
        if *load <= room {
            sum += residual;
        } else {
            sum += residual * room.max(0.0) / load;
        }
        used = (used + load).min(1.0);
    }
    sum
}

/// Returns the mean response time of M/G/1 under shortest remaining processing time (Schrage and
/// Miller 1966), by quadrature to about 1e-5, for exponential, uniform, Weibull and Pareto service.
///
/// With ρ(x) the load of requests of at most x: E T(x) = λ (∫₀ˣ t² dF + x² (1 - F(x))) /
/// (2 (1 - ρ(x))²) + ∫₀ˣ dt / (1 - ρ(t)), averaged over the service times x.
///
/// # Errors
/// [`Error::Unstable`] unless rate × mean < 1; [`Error::OutOfRange`] for impossible arguments and
/// the other distributions.
pub fn srpt_mean_response(arrival_rate: f64, service: &Distribution) -> Result<f64, Error> {
    let moments = service.moments()?;
    require(arrival_rate.is_finite() && arrival_rate >= 0.0, crate::error::ARRIVAL_RATE)?;
    require_stable(arrival_rate * moments.mean)?;
    require(quantile(service, 0.0).is_some(), "SRPT: exponential, uniform, Weibull or Pareto")?;
    // Steps in v, with 1 - F = e^-v, reach equally far into every tail.
    const STEPS: u32 = 400_000;
    const REACH: f64 = 40.0;
    let step = REACH / f64::from(STEPS);
    let (mut load, mut squares, mut residence, mut mean) = (0.0, 0.0, 0.0, 0.0);
    let mut low = quantile(service, 0.0).unwrap_or(0.0);
    // Every request is longer than the smallest possible: until there, nothing shares the server.
    residence += low;
    for i in 0..STEPS {
        let (from, to) = (f64::from(i) * step, f64::from(i + 1) * step);
        let high = quantile(service, to).unwrap_or(low);
        let mass = -math::exp(-from) * math::exp_m1(-step);
        let x = quantile(service, 0.5 * (from + to)).unwrap_or(low);
        let load_here = load + 0.5 * arrival_rate * x * mass;
        let room = 1.0 - load_here;
        let longer = math::exp(-0.5 * (from + to));
        let squares_here = squares + 0.5 * x * x * mass;
        let wait = arrival_rate * (squares_here + x * x * longer) / (2.0 * room * room);
        let residence_here = residence + (x - low) / room;
        mean += mass * (wait + residence_here);
        load += arrival_rate * x * mass;
        squares += x * x * mass;
        residence += (high - low) / room;
        low = high;
    }
    Ok(mean)
}

/// The value that a share e^-v of the times exceeds.
fn quantile(service: &Distribution, v: f64) -> Option<f64> {
    match service {
        Distribution::Exponential { mean } => Some(mean * v),
        Distribution::Uniform { low, high } => Some(low - (high - low) * math::exp_m1(-v)),
        Distribution::Weibull { mean, shape } => {
            let scale = mean / math::exp(math::ln_gamma(1.0 + 1.0 / shape));
            Some(scale * math::powf(v, 1.0 / shape))
        }
        Distribution::Pareto { mean, shape } => {
            Some(mean * (shape - 1.0) / shape * math::exp(v / shape))
        }
        Distribution::Deterministic { .. }
        | Distribution::Erlang { .. }
        | Distribution::Hyperexponential { .. }
        | Distribution::Lognormal { .. }
        | Distribution::Gamma { .. }
        | Distribution::Empirical { .. } => None,
    }
}
