use tenfold_units::math;

use crate::birth_death::birth_death;
use crate::error::{Error, require};
use crate::numeric::binomial;

/// Returns the probability that at least `k` of `n` independent parts are up, each with probability
/// `up`.
///
/// What is missing to 1 keeps its digits when asked for as the opposite,
/// `k_of_n(n - k + 1, n, 1.0 - up)`: that so many are down.
///
/// # Errors
/// [`Error::OutOfRange`] unless 0 <= `up` <= 1 and `k` <= `n`.
pub fn k_of_n(k: u32, n: u32, up: f64) -> Result<f64, Error> {
    require((0.0..=1.0).contains(&up) && k <= n, "up: 0 to 1; k: at most n")?;
    let enough: f64 = (k..=n).map(|i| binomial(n, i, up)).sum();
    let too_few: f64 = (0..k).map(|i| binomial(n, i, up)).sum();
    // The smaller sum has the smaller error.
    Ok(if enough <= too_few { enough } else { 1.0 - too_few }.clamp(0.0, 1.0))
}

/// Returns the availability of parts that are all needed: their product.
#[must_use]
pub fn series(parts: &[f64]) -> f64 {
    parts.iter().product()
}

/// Returns the availability of parts of which one is enough, failing independently.
#[must_use]
pub fn parallel(parts: &[f64]) -> f64 {
    1.0 - parts.iter().map(|up| 1.0 - up).product::<f64>()
}

/// A part that fails and is repaired, both after exponential times (the steady state needs only the
/// means).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TwoState {
    /// Mean time from repair to failure, in seconds.
    pub mean_up: f64,
    /// Mean time from failure to repair, in seconds.
    pub mean_down: f64,
}

impl TwoState {
    /// Returns the part of these two means in seconds.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `mean_up` > 0 and `mean_down` >= 0, both finite.
    pub fn new(mean_up: f64, mean_down: f64) -> Result<Self, Error> {
        let fit = mean_up.is_finite() && mean_up > 0.0 && mean_down.is_finite() && mean_down >= 0.0;
        require(fit, "mean up: above 0; mean down: at least 0")?;
        Ok(Self { mean_up, mean_down })
    }

    /// Returns the share of time that it is up: up / (up + down).
    #[must_use]
    pub fn availability(&self) -> f64 {
        self.mean_up / (self.mean_up + self.mean_down)
    }

    /// Returns the share of time that it is down, without cancellation.
    #[must_use]
    pub fn unavailability(&self) -> f64 {
        self.mean_down / (self.mean_up + self.mean_down)
    }

    /// Returns failures per second, 1 / (up + down).
    #[must_use]
    pub fn failure_rate(&self) -> f64 {
        1.0 / (self.mean_up + self.mean_down)
    }

    /// Returns the probability that a part that was up at 0 is down after `seconds`:
    /// U (1 - e^(-t (1/up + 1/down))) with U the unavailability.
    #[must_use]
    pub fn down_after(&self, seconds: f64) -> f64 {
        if self.mean_down == 0.0 {
            return 0.0;
        }
        let rate = 1.0 / self.mean_up + 1.0 / self.mean_down;
        -self.unavailability() * math::exp_m1(-rate * seconds)
    }
}

/// Machines that fail, and those who repair them.
#[derive(Clone, Debug, PartialEq)]
pub struct MachineRepair {
    /// Probability that 0, 1, … machines are down.
    pub down: Vec<f64>,
    /// Mean number of machines that are down.
    pub mean_down: f64,
    /// Share of time that a machine is up.
    pub availability: f64,
}

impl MachineRepair {
    /// Returns the probability that at least `k` machines are up; 0 where there are fewer.
    #[must_use]
    pub fn at_least_up(&self, k: u32) -> f64 {
        let machines = self.down.len() - 1;
        match machines.checked_sub(k as usize) {
            Some(spare) => self.down[..=spare].iter().sum::<f64>().min(1.0),
            None => 0.0,
        }
    }
}

/// Solves the machine repair problem (Palm 1947; Feller 1968, XVII.7): `machines` that each fail
/// after an exponential time of mean `mean_up`, repaired in exponential times of mean `mean_repair`
/// by `repairers`, first come first served.
///
/// The same as closed customers who think for `mean_up` and queue at `repairers` servers.
///
/// # Errors
/// [`Error::OutOfRange`] for impossible arguments or more than 10 million machines.
pub fn machine_repair(
    machines: u32,
    mean_up: f64,
    mean_repair: f64,
    repairers: u32,
) -> Result<MachineRepair, Error> {
    let fit = |x: f64| x.is_finite() && x > 0.0;
    require((1..=10_000_000).contains(&machines), "machines: 1 to 10,000,000")?;
    require(repairers >= 1, "repairers: at least 1")?;
    require(fit(mean_up) && fit(mean_repair), "mean up and mean repair: finite, above 0")?;
    let births: Vec<f64> = (0..machines).map(|down| f64::from(machines - down) / mean_up).collect();
    let deaths: Vec<f64> =
        (1..=machines).map(|down| f64::from(down.min(repairers)) / mean_repair).collect();
    let down = birth_death(&births, &deaths)?;
    let mean_down: f64 = down.iter().enumerate().map(|(n, p)| n as f64 * p).sum();
    let availability = 1.0 - mean_down / f64::from(machines);
    Ok(MachineRepair { down, mean_down, availability })
}
