use super::batches::{EPOCH, MAX_BATCHES, MAX_EPOCHS, SampleBatches};
use super::steady::{Data, MEAN_NEEDS, Steady, interval};
use super::{DistributionEstimate, Estimate, Histogram, Tail};

/// The shares that percentiles are printed for.
const SHARES: [f64; 5] = [0.5, 0.9, 0.95, 0.99, 0.999];

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

    /// Adds samples, each at least 0.
    pub(crate) fn record_all(&mut self, mut values: &[f64]) {
        while !values.is_empty() {
            let (now, later) = values.split_at(self.batches.room().min(values.len()));
            self.open.record_all(now);
            if self.batches.record_all(now) {
                self.next_batch();
            }
            values = later;
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
        let steady = match tail {
            Tail::Light | Tail::Skewed => Steady::of(self.batches.sums()),
            Tail::Heavy => None,
        };
        let view = View::new(self, steady, tail);
        let [p50, p90, p95, p99, p999] = SHARES.map(|share| view.percentile(share));
        Some(DistributionEstimate { mean: view.mean(), p50, p90, p95, p99, p999 })
    }
}

/// A tally after its warm-up.
#[derive(Debug)]
struct View<'a> {
    batches: &'a SampleBatches,
    epochs: &'a [Histogram],
    all: Histogram,
    count: f64,
    /// Samples that say as much as one independent sample.
    correlation_length: f64,
    steady: Option<Steady>,
    tail: Tail,
}

impl<'a> View<'a> {
    fn new(tally: &'a Tally, steady: Option<Steady>, tail: Tail) -> Self {
        let first = steady.as_ref().map_or(0, |steady| steady.first);
        let epochs = &tally.epochs[first / EPOCH..];
        let mut all = tally.open.clone();
        epochs.iter().for_each(|epoch| all.merge(epoch));
        let size = tally.batches.size() as f64;
        let correlation_length =
            steady.as_ref().map_or(1.0, |steady| steady.correlation_length(size, all.variance()));
        let count = tally.batches.count_from(first) as f64;
        Self { batches: &tally.batches, epochs, all, count, correlation_length, steady, tail }
    }

    fn mean(&self) -> Estimate {
        let first = self.steady.as_ref().map_or(0, |steady| steady.first);
        let value = self.batches.total_from(first) / self.count;
        self.steady.as_ref().map_or(Estimate::without_interval(value), |steady| {
            let data = Data::new(self.count, self.correlation_length, MEAN_NEEDS);
            steady.mean(value, self.batches.size() as f64, data.with(self.tail))
        })
    }

    fn percentile(&self, share: f64) -> Estimate {
        let value = self.all.percentile(share);
        if self.steady.is_none() {
            return Estimate::without_interval(value);
        }
        // Where the tail is far more clustered than the mean, its own dispersion decides.
        let length = self.correlation_length.max(self.dispersion_above(value) / 2.0);
        let data = Data::beside(self.count, share, length).with(self.tail);
        if !data.suffices() {
            return Estimate::without_interval(value);
        }
        let deviations = self.epochs.iter().map(|epoch| epoch.percentile(share) - value);
        interval(value, deviations, data).clamped(self.all.min(), f64::INFINITY)
    }

    /// Variance ÷ mean of the number of samples above `value` in an epoch.
    fn dispersion_above(&self, value: f64) -> f64 {
        let size = (EPOCH as u64 * self.batches.size()) as f64;
        let above = self.epochs.iter().map(|epoch| epoch.share_above(value) * size);
        let count = self.epochs.len() as f64;
        let mean = above.clone().sum::<f64>() / count;
        if mean == 0.0 {
            return 0.0;
        }
        above.map(|n| (n - mean) * (n - mean)).sum::<f64>() / (count - 1.0) / mean
    }
}

#[cfg(test)]
mod tests {
    use tenfold_units::Seed;

    use super::*;

    #[test]
    fn memory_does_not_grow_and_nothing_is_lost() {
        let mut tally = Tally::default();
        let mut stream = Seed(6).stream("samples");
        for count in 1..=2_000_000_u64 {
            tally.record(stream.exponential());
            if count % 99_991 == 0 {
                assert!(tally.epochs.len() < MAX_EPOCHS);
                assert!(tally.batches.sums().len() < MAX_BATCHES);
                assert_eq!(tally.count(), count);
                assert_eq!(tally.histogram().count(), count);
            }
        }
        let per_epoch: Vec<u64> = tally.epochs.iter().map(Histogram::count).collect();
        assert!(per_epoch.iter().all(|n| *n == per_epoch[0]), "{per_epoch:?}");
        assert!((tally.mean() - 1.0).abs() < 0.003);
    }
}
