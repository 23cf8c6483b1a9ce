//! What every contender records: the times that customers spend, their histogram and the means of batches.

use serde::{Deserialize, Serialize};
use tenfold_sim::stats::Histogram;

/// Batches whose means tell how sure the mean is.
const BATCHES: u64 = 20;

/// Times in the system, after a warm-up.
#[derive(Debug)]
pub(crate) struct Tally {
    histogram: Histogram,
    warm_up: u64,
    batch: u64,
    seen: u64,
    sums: Vec<f64>,
}

impl Tally {
    /// Returns a tally for so many customers, of whom the first twentieth warms up.
    pub(crate) fn new(customers: u64) -> Self {
        let warm_up = customers / 20;
        let batch = ((customers - warm_up) / BATCHES).max(1);
        let sums = vec![0.0; BATCHES as usize];
        Self { histogram: Histogram::default(), warm_up, batch, seen: 0, sums }
    }

    /// Records the time of one customer, s.
    pub(crate) fn record(&mut self, seconds: f64) {
        self.seen += 1;
        let Some(index) = self.seen.checked_sub(self.warm_up + 1) else { return };
        let batch = ((index / self.batch) as usize).min(self.sums.len() - 1);
        self.sums[batch] += seconds;
        self.histogram.record(seconds);
    }

    /// Returns the figures; the last batch has what does not divide.
    pub(crate) fn figures(&self) -> Figures {
        let counted = self.seen.saturating_sub(self.warm_up);
        let last = counted - (BATCHES - 1) * self.batch;
        let means: Vec<f64> = self
            .sums
            .iter()
            .enumerate()
            .map(|(at, sum)| sum / if at + 1 == self.sums.len() { last } else { self.batch } as f64)
            .collect();
        let mean = self.sums.iter().sum::<f64>() / counted as f64;
        let spread: f64 = means.iter().map(|batch| (batch - mean).powi(2)).sum();
        let n = BATCHES as f64;
        Figures {
            customers: self.seen,
            mean,
            standard_error: (spread / (n - 1.0) / n).sqrt(),
            p50: self.histogram.percentile(0.5),
            p99: self.histogram.percentile(0.99),
        }
    }
}

/// What one run found out.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Figures {
    pub(crate) customers: u64,
    /// Mean time in the system, s.
    pub(crate) mean: f64,
    pub(crate) standard_error: f64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}
