//! Steady states: warm-up, correlation, and when an interval may be printed.
//!
//! A run is kept as at most 4,096 batches. Of these
//!
//! 1. the **warm-up** is cut off: the smallest of 1/16, 1/8, 1/4 and 1/2 of the run after which the
//!    rest passes a test of stationarity (Heidelberger and Welch, *Simulation run length control in
//!    the presence of an initial transient*, 1983: Cramér–von Mises statistic of the bridge of partial
//!    sums); none: no interval;
//! 2. the **long-run variance** is that of groups of batches long enough for a lag-1 correlation of at
//!    most 0.2, corrected for what is left of it; no such group of which there are 60: no interval;
//! 3. the **correlation length** τ is long-run variance ÷ variance of a sample: a run of n samples says
//!    about a mean what n ÷ τ independent ones do. A mean needs n ÷ τ of [`MEAN_NEEDS`], a percentile
//!    p [`PERCENTILE_NEEDS`] on its rarer side, n · min(p, 1 − p) ÷ τ, and [`LENGTH_NEEDS`] of
//!    n ÷ τ. Fewer: no interval;
//! 4. the **interval** is Student's, from 8 to 31 long sections that must pass for independent: of
//!    section means, and for percentiles by sectioning (Asmussen and Glynn, *Stochastic Simulation*,
//!    2007, III.5a): the deviations of the sections' percentiles from the percentile of the whole run.
//!
//! Correlated runs that look independent early are those with fewer long busy periods than usual;
//! their estimate is then low as well. So the upper half of an interval is longer by up to
//! [`UPPER_MARGIN`] where correlated data just suffices, fading with the fourth power of how much more
//! there is, and by up to [`EDGE_MARGIN`] more at the very edge, fading with the twelfth: at a length
//! at which few runs suffice, these few are the extreme ones. How often the intervals hold what they
//! say is measured by the example `coverage`.

use super::batches::{EPOCH, SampleBatches, join_neighbors};
use super::{Estimate, Tail, student};

/// Independent samples' worth of data that the interval of a mean needs.
pub const MEAN_NEEDS: f64 = 2_000.0;
/// Independent samples' worth of data beyond a percentile that its interval needs.
pub const PERCENTILE_NEEDS: f64 = 100.0;
/// Independent samples' worth of data that the interval of any percentile needs: with fewer the
/// correlation length itself is a guess.
pub const LENGTH_NEEDS: f64 = 500.0;
/// How much longer the upper half of an interval is where correlated data just suffices.
pub const UPPER_MARGIN: f64 = 0.35;
/// How much longer it is besides at the very edge of what suffices.
pub const EDGE_MARGIN: f64 = 1.2;

/// How many times as much data an interval needs where a few samples decide the sum of all.
pub const SKEWED_NEEDS: f64 = 4.0;
/// How much longer the upper half of an interval is there: as it is seldom that a run sees its share of
/// the longest services, most estimates are too low.
pub const SKEWED_MARGIN: f64 = 0.35;

/// Fewer sections after the warm-up give no interval.
const MIN_SECTIONS: usize = 8;
/// Fewer groups say too little of their correlation.
const MIN_GROUPS: usize = 60;
/// The lag-1 correlation up to which a long-run variance can be corrected for it.
const MAX_CORRELATION: f64 = 0.2;
/// The skewness of a mean beyond which Student's interval is off by more than it may be.
const MAX_SKEWNESS: f64 = 0.3;
/// The 99.9 % quantile of the Cramér–von Mises statistic (Anderson and Darling, 1952).
const STATIONARITY_LIMIT: f64 = 1.168;
/// The 99 % quantile of a normal variate, for the lag-1 correlation of sections.
const INDEPENDENCE_LIMIT: f64 = 2.326;
/// Relative deviations below this are rounding: the quantity is constant.
const ROUNDING: f64 = 1e-9;

/// How much the samples of a run say about a figure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Data {
    /// As much as this many independent samples do.
    effective: f64,
    /// How many it takes.
    needs: f64,
    /// Samples that say as much as one independent sample, at least 1.
    clustering: f64,
    /// By how much the upper half of an interval is longer, whatever the amount.
    skew_margin: f64,
}

impl Data {
    /// `count` samples in clusters of `clustering`, of which a figure takes `needs`.
    pub(crate) fn new(count: f64, clustering: f64, needs: f64) -> Self {
        let clustering = clustering.max(1.0);
        Self { effective: count / clustering, needs, clustering, skew_margin: 0.0 }
    }

    /// `count` samples in clusters of `clustering`, a `share` of which lies below a percentile.
    pub(crate) fn beside(count: f64, share: f64, clustering: f64) -> Self {
        let rarer = share.min(1.0 - share);
        Self::new(count * rarer, clustering, PERCENTILE_NEEDS.max(LENGTH_NEEDS * rarer))
    }

    /// The same for averages with this tail.
    pub(crate) fn with(self, tail: Tail) -> Self {
        match tail {
            Tail::Light | Tail::Heavy => self,
            Tail::Skewed => {
                Self { needs: SKEWED_NEEDS * self.needs, skew_margin: SKEWED_MARGIN, ..self }
            }
        }
    }

    /// Returns whether it is enough for an interval.
    pub(crate) fn suffices(&self) -> bool {
        self.effective >= self.needs
    }

    /// Returns by how much the upper half of an interval is longer.
    fn margin(&self) -> f64 {
        let closeness = (self.needs / self.effective).min(1.0);
        let fourth = (closeness * closeness) * (closeness * closeness);
        let margin = UPPER_MARGIN * fourth + EDGE_MARGIN * (fourth * fourth * fourth);
        margin * (1.0 - 1.0 / self.clustering) + self.skew_margin
    }
}

/// What a run's batches say about its steady state.
#[derive(Clone, Debug)]
pub(crate) struct Steady {
    /// The first batch after the warm-up, the beginning of an epoch.
    pub(crate) first: usize,
    /// Of the sum over n batches it is n times this.
    long_run_variance: f64,
    /// Skewness of the mean of the run.
    skewness: f64,
    /// Sums over epochs.
    sections: Vec<f64>,
}

impl Steady {
    /// Returns what `batches` (sums) say, `None` where they cannot carry any interval.
    pub(crate) fn of(batches: &[f64]) -> Option<Self> {
        let epochs = batches.len() / EPOCH;
        let whole = &batches[..epochs * EPOCH];
        let cut = [16, 8, 4, 2].into_iter().map(|part| epochs.div_ceil(part) * EPOCH);
        let first = cut.filter(|first| *first < whole.len()).find(|first| {
            (whole.len() - first) / EPOCH >= MIN_SECTIONS && is_stationary(&whole[*first..])
        })?;
        let kept = &whole[first..];
        let (long_run_variance, skewness) = long_run(kept)?;
        let sections: Vec<f64> = kept.chunks(EPOCH).map(|batch| batch.iter().sum()).collect();
        let bound = INDEPENDENCE_LIMIT / (sections.len() as f64).sqrt();
        let constant = long_run_variance == 0.0;
        (constant || Moments::of(&sections).correlation <= bound).then_some(Self {
            first,
            long_run_variance,
            skewness,
            sections,
        })
    }

    /// Returns the correlation length, in the unit of `length`, which is that of a batch; `variance`
    /// is that of a sample (of the level at a random time).
    pub(crate) fn correlation_length(&self, length: f64, variance: f64) -> f64 {
        if variance > 0.0 { self.long_run_variance / length / variance } else { 0.0 }
    }

    /// Returns the mean `value` with its interval where there is enough `data` for it; `length` is
    /// that of a batch.
    pub(crate) fn mean(&self, value: f64, length: f64, data: Data) -> Estimate {
        if self.long_run_variance > 0.0 && (!data.suffices() || self.skewness > MAX_SKEWNESS) {
            return Estimate::without_interval(value);
        }
        let section = EPOCH as f64 * length;
        let means: Vec<f64> = self.sections.iter().map(|sum| sum / section).collect();
        let center = means.iter().sum::<f64>() / means.len() as f64;
        interval(value, means.iter().map(|mean| mean - center), data)
    }
}

/// Returns Student's interval around `value` from the `deviations` of sections.
pub(crate) fn interval(
    value: f64,
    deviations: impl ExactSizeIterator<Item = f64>,
    data: Data,
) -> Estimate {
    let count = deviations.len();
    let squares: f64 = deviations.map(|deviation| deviation * deviation).sum();
    let error = (squares / (count as f64 - 1.0) / count as f64).sqrt();
    let half = student::quantile(0.95, count as u32 - 1) * error;
    Estimate::between(value, value - half, value + half * (1.0 + data.margin()))
}

/// Returns the mean of indicators (0 or 1) with its interval, `None` where there is no sample.
pub(crate) fn ratio(batches: &SampleBatches) -> Option<Estimate> {
    if batches.count() == 0 {
        return None;
    }
    let Some(steady) = Steady::of(batches.sums()) else {
        return Some(Estimate::without_interval(batches.total_from(0) / batches.count() as f64));
    };
    let length = batches.size() as f64;
    let count = batches.count_from(steady.first) as f64;
    let value = batches.total_from(steady.first) / count;
    // As for a percentile, what counts is the rarer side.
    let correlation = steady.correlation_length(length, value * (1.0 - value));
    let data = Data::beside(count, value, correlation);
    Some(steady.mean(value, length, data))
}

/// Areas under a level over batches of equal length in time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Areas<'a> {
    /// Of the closed batches.
    pub(crate) batches: &'a [f64],
    /// Length of a batch.
    pub(crate) width: f64,
    /// Of the open batch.
    pub(crate) open: f64,
    /// Length of the open batch.
    pub(crate) open_length: f64,
}

/// How a time average varies within itself.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Spread {
    /// A level with this mean square.
    Level(f64),
    /// Events, each of this area.
    Events(f64),
}

/// Returns the time average with its interval, `None` where no time passed.
pub(crate) fn time_average(areas: Areas<'_>, spread: Spread, tail: Tail) -> Option<Estimate> {
    let average = |first: usize| {
        let length = (areas.batches.len() - first) as f64 * areas.width + areas.open_length;
        ((areas.batches[first..].iter().sum::<f64>() + areas.open) / length, length)
    };
    if average(0).1 == 0.0 {
        return None;
    }
    let steady = match tail {
        Tail::Light | Tail::Skewed => Steady::of(areas.batches),
        Tail::Heavy => None,
    };
    let Some(steady) = steady else {
        return Some(Estimate::without_interval(average(0).0));
    };
    let (value, length) = average(steady.first);
    let data = match spread {
        Spread::Level(square) => {
            let variance = (square - value * value).max(0.0);
            let correlation = steady.correlation_length(areas.width, variance);
            // In units of time, so that every sample is clustered.
            Data::new(length, correlation, MEAN_NEEDS)
        }
        // Of a Poisson stream the count varies by its mean: a dispersion of 1.
        Spread::Events(area) => {
            let dispersion = steady.correlation_length(areas.width, value * area);
            Data::new(length * value / area, dispersion, MEAN_NEEDS)
        }
    };
    Some(steady.mean(value, areas.width, data.with(tail)))
}

/// Mean, central moments and lag-1 correlation of a series.
#[derive(Clone, Copy, Debug)]
struct Moments {
    mean: f64,
    variance: f64,
    skewness: f64,
    correlation: f64,
}

impl Moments {
    fn of(series: &[f64]) -> Self {
        let count = series.len() as f64;
        let mean = series.iter().sum::<f64>() / count;
        let (mut squares, mut cubes, mut products, mut last) = (0.0, 0.0, 0.0, 0.0);
        for value in series {
            let deviation = value - mean;
            squares += deviation * deviation;
            cubes += deviation * deviation * deviation;
            products += deviation * last;
            last = deviation;
        }
        let variance = squares / (count - 1.0);
        Self {
            mean,
            variance,
            skewness: cubes / count / (variance * variance.sqrt()),
            correlation: products / squares,
        }
    }
}

/// Returns the long-run variance per batch and the skewness of the mean, `None` where batches are
/// correlated over more than a sixtieth of their number.
fn long_run(batches: &[f64]) -> Option<(f64, f64)> {
    let mut groups = batches.to_vec();
    let mut size = 1.0;
    while groups.len() >= MIN_GROUPS {
        let moments = Moments::of(&groups);
        if moments.variance.sqrt() <= ROUNDING * moments.mean.abs() {
            return Some((0.0, 0.0));
        }
        if moments.correlation <= MAX_CORRELATION {
            let variance = moments.variance * (1.0 + 2.0 * moments.correlation.max(0.0)) / size;
            return Some((variance, moments.skewness.abs() / (groups.len() as f64).sqrt()));
        }
        join_neighbors(&mut groups);
        size *= 2.0;
    }
    None
}

/// Returns whether `batches` pass for stationary, judged by the long-run variance of their second
/// half, which a transient disturbs least.
fn is_stationary(batches: &[f64]) -> bool {
    let Some((variance, _)) = long_run(&batches[batches.len() / 2..]) else {
        return false;
    };
    let count = batches.len() as f64;
    let mean = batches.iter().sum::<f64>() / count;
    let (mut partial, mut squares) = (0.0, 0.0);
    for batch in batches {
        partial += batch - mean;
        squares += partial * partial;
    }
    let rounding = ROUNDING * mean * count;
    squares / count <= (STATIONARITY_LIMIT * variance * count).max(rounding * rounding)
}

#[cfg(test)]
mod tests;
