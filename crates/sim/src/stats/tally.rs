use super::batches::{MAX_BATCHES, SampleBatches};
use super::{DistributionEstimate, Estimate, Histogram, Tail, steady};

/// The most epochs kept, each with its histogram.
const MAX_EPOCHS: usize = 32;
/// Batches per epoch.
const EPOCH: usize = MAX_BATCHES / MAX_EPOCHS;

/// The samples of one quantity in a steady state: wait, response time, latency.
///
/// Keeps at most 4,096 batch sums and 32 histograms, however many samples come; adding one takes a
/// few nanoseconds. Samples in seconds (any unit within the range of [`Histogram`] will do).
///
/// ```
/// use tenfold_sim::stats::{Tail, Tally};
/// let mut stream = tenfold_units::Seed(1).stream("service");
/// let mut tally = Tally::default();
/// (0..100_000).for_each(|_| tally.record(stream.exponential()));
/// let summary = tally.summary(Tail::Light).unwrap();
/// let (low, high) = summary.p50.interval().unwrap();
/// assert!(low < 0.6931 && 0.6931 < high && high - low < 0.03);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Tally {
    batches: SampleBatches,
    open: Histogram,
    epochs: Vec<Histogram>,
}

impl Tally {
    /// Adds a sample, at least 0.
    #[inline]
    pub fn record(&mut self, value: f64) {
        self.open.record(value);
        if self.batches.record(value) {
            self.next_batch();
        }
    }

    fn next_batch(&mut self) {
        let joined = self.batches.next_batch();
        let closed = if joined { MAX_BATCHES } else { self.batches.sums().len() };
        if closed.is_multiple_of(EPOCH) {
            let next = self.open.emptied();
            self.epochs.push(core::mem::replace(&mut self.open, next));
        }
        if joined {
            for index in 0..self.epochs.len() / 2 {
                let (kept, tail) = self.epochs.split_at_mut(2 * index + 1);
                kept[2 * index].merge(&tail[0]);
                self.epochs.swap(index, 2 * index);
            }
            self.epochs.truncate(MAX_EPOCHS / 2);
        }
    }

    /// Returns the number of samples.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.batches.count()
    }

    /// Returns the mean of all samples, NaN where there is none.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.batches.total_from(0) / self.count() as f64
    }

    /// Returns the histogram of all samples.
    #[must_use]
    pub fn histogram(&self) -> Histogram {
        let mut all = self.open.clone();
        self.epochs.iter().for_each(|epoch| all.merge(epoch));
        all
    }

    /// Forgets everything: the end of a warm-up that the caller knows.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Returns mean and percentiles with their intervals, `None` where there is no sample.
    #[must_use]
    pub fn summary(&self, tail: Tail) -> Option<DistributionEstimate> {
        if self.count() == 0 {
            return None;
        }
        let _ = (tail, steady::Z);
        let all = self.histogram();
        let at = |p: f64| Estimate::without_interval(all.percentile(p));
        Some(DistributionEstimate {
            mean: Estimate::without_interval(self.mean()),
            p50: at(0.5),
            p90: at(0.9),
            p95: at(0.95),
            p99: at(0.99),
            p999: at(0.999),
        })
    }
}
