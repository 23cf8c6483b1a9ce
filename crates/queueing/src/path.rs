use crate::error::{Error, require};
use crate::order::quorum_tail;

/// The distribution of a time on a path of stations, on an even grid.
///
/// Parts are combined as independent: exact for the response times of M/M/1 stations one after the
/// other (Reich 1957), and for M/M/c stations at the two ends of such a line (Burke 1968); an
/// approximation where requests overtake each other or meet again. Sums and mixtures keep means
/// exactly; a percentile is off by less than one step for each part, typically by far less.
#[derive(Clone, Debug, PartialEq)]
pub struct PathLatency {
    step: f64,
    /// Probability of 0, 1, 2, … steps.
    mass: Vec<f64>,
    /// Probability of what is longer than the grid.
    beyond: f64,
}

/// Cells of a grid: `then` takes time proportional to their square.
const CELLS_MAX: usize = 65_536;

impl PathLatency {
    /// Returns the time whose tail P(time > t) is `tail`, on a grid of `cells` steps of `step`
    /// seconds.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `step` > 0, 2 <= `cells` <= 65,536 and the tail falls within 0
    /// to 1.
    pub fn from_tail(step: f64, cells: usize, tail: impl Fn(f64) -> f64) -> Result<Self, Error> {
        require(step.is_finite() && step > 0.0, "step: finite, above 0")?;
        require((2..=CELLS_MAX).contains(&cells), "cells: 2 to 65,536")?;
        let mut mass = Vec::with_capacity(cells);
        let mut before = 1.0;
        for i in 0..cells {
            // A cell reaches half a step to both sides of its point.
            let after = tail((i as f64 + 0.5) * step);
            require(after >= 0.0 && after <= before, "tail: falling, within 0 to 1")?;
            mass.push(before - after);
            before = after;
        }
        Ok(Self { step, mass, beyond: before })
    }

    /// Returns a time that is always `seconds`, on the same grid as `self`: split between the two
    /// nearest points.
    #[must_use]
    pub fn constant_like(&self, seconds: f64) -> Self {
        let mut constant = Self { step: self.step, mass: vec![0.0; self.mass.len()], beyond: 0.0 };
        let place = (seconds / self.step).max(0.0);
        let (whole, share) = (place.floor(), place.fract());
        for (cell, probability) in [(whole, 1.0 - share), (whole + 1.0, share)] {
            if cell < self.mass.len() as f64 {
                constant.mass[cell as usize] += probability;
            } else {
                constant.beyond += probability;
            }
        }
        constant
    }

    /// Returns this time and then `other`: their sum.
    ///
    /// # Panics
    /// Panics when the grids differ.
    #[must_use]
    pub fn then(&self, other: &Self) -> Self {
        self.assert_same_grid(other);
        let cells = self.mass.len();
        let mut mass = vec![0.0; cells];
        for (i, a) in self.mass.iter().enumerate().filter(|(_, a)| **a > 0.0) {
            for (sum, b) in mass[i..].iter_mut().zip(&other.mass) {
                *sum += a * b;
            }
        }
        let kept: f64 = mass.iter().sum();
        Self { step: self.step, mass, beyond: (1.0 - kept).max(0.0) }
    }

    /// Returns this time with `probability`, otherwise `other`: a hit or a miss.
    ///
    /// # Panics
    /// Panics when the grids differ, or unless 0 <= `probability` <= 1.
    #[must_use]
    pub fn or(&self, probability: f64, other: &Self) -> Self {
        self.assert_same_grid(other);
        assert!((0.0..=1.0).contains(&probability), "a probability: {probability}");
        let mix = |a: f64, b: f64| probability * a + (1.0 - probability) * b;
        let mass = self.mass.iter().zip(&other.mass).map(|(a, b)| mix(*a, *b)).collect();
        Self { step: self.step, mass, beyond: mix(self.beyond, other.beyond) }
    }

    /// Returns the time until `k` of `n` independent copies of it are over: a quorum, or with `k` =
    /// `n` a fan-out.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless 1 <= `k` <= `n`.
    pub fn quorum(&self, k: u32, n: u32) -> Result<Self, Error> {
        let mut late: f64 = 1.0;
        let mut tail_before = 1.0;
        let mut mass = Vec::with_capacity(self.mass.len());
        for probability in &self.mass {
            late = (late - probability).max(self.beyond);
            let tail = quorum_tail(k, n, late)?.min(tail_before);
            mass.push(tail_before - tail);
            tail_before = tail;
        }
        Ok(Self { step: self.step, mass, beyond: tail_before })
    }

    /// Returns the mean in seconds; what is longer than the grid counts as its end, so that it is a
    /// lower bound where [`PathLatency::beyond`] is not negligible.
    #[must_use]
    pub fn mean(&self) -> f64 {
        let within: f64 = self.mass.iter().enumerate().map(|(i, p)| i as f64 * p).sum();
        (within + self.beyond * self.mass.len() as f64) * self.step
    }

    /// Returns the probability of what is longer than the grid.
    #[must_use]
    pub const fn beyond(&self) -> f64 {
        self.beyond
    }

    /// Returns the time that a share `p` does not exceed, interpolated within a cell; `None` where
    /// it is longer than the grid.
    ///
    /// # Panics
    /// Panics unless 0 <= `p` < 1.
    #[must_use]
    pub fn percentile(&self, p: f64) -> Option<f64> {
        crate::error::assert_percentile(p);
        let mut sum = 0.0;
        for (i, probability) in self.mass.iter().enumerate() {
            if *probability > 0.0 && sum + probability >= p {
                let within = (p - sum) / probability;
                return Some(((i as f64 - 0.5 + within) * self.step).max(0.0));
            }
            sum += probability;
        }
        None
    }

    fn assert_same_grid(&self, other: &Self) {
        let same = self.step == other.step && self.mass.len() == other.mass.len();
        assert!(same, "two times on one path share a grid");
    }
}
