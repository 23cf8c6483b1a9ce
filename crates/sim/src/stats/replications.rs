//! Transients and differences: intervals from independent runs.

use tenfold_units::math;

use super::{Estimate, Histogram, student};

/// Fewer replications than this give no interval.
pub const MIN_REPLICATIONS: usize = 10;

/// Returns the mean over independent replications with its t-interval; `None` where there is no
/// value, no interval with fewer than [`MIN_REPLICATIONS`].
///
/// One value per replication, for example the mean wait in its first minute. Law and Kelton,
/// *Simulation Modeling and Analysis*, section 9.4.1 (fixed-sample-size procedure).
#[must_use]
pub fn mean(values: &[f64]) -> Option<Estimate> {
    if values.is_empty() {
        return None;
    }
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    if values.len() < MIN_REPLICATIONS {
        return Some(Estimate::without_interval(mean));
    }
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    let error = (squares / (count - 1.0) / count).sqrt();
    let half = student::quantile(0.95, values.len() as u32 - 1) * error;
    Some(Estimate::between(mean, mean - half, mean + half))
}

/// Skewness ÷ coefficient of variation of what runs sum up: 3 for the inverse Gaussian distribution, as
/// sums over busy periods have it; few runs cannot tell it themselves.
const SKEWNESS_PER_CV: f64 = 3.0;
/// How far the correction for skewness is trusted: at 1 the interval would have no upper end.
const CORRECTION_MAX: f64 = 0.35;
/// How much longer the upper half is where the correction is just trusted: runs that differ little by
/// chance have seen too few of the long busy periods.
const EDGE_MARGIN: f64 = 0.5;

/// Returns Σ sum ÷ Σ count over independent replications of (sum, count) with its interval; `None`
/// without any count. No interval with fewer than [`MIN_REPLICATIONS`], or where the runs differ by
/// so much that ten of them say little.
///
/// For means over samples whose number differs from run to run: the mean of the runs' means would
/// weigh a sample of a short run more (Cochran, *Sampling Techniques*, 1977, section 6.4). Sums of
/// waits are skewed, so that the upper half of the interval is the longer one (Willink, *A confidence
/// interval and test for the mean of an asymmetric distribution*, 2005).
#[must_use]
pub fn ratio(runs: &[(f64, f64)]) -> Option<Estimate> {
    let sum: f64 = runs.iter().map(|run| run.0).sum();
    let count: f64 = runs.iter().map(|run| run.1).sum();
    if count == 0.0 {
        return None;
    }
    let value = sum / count;
    Some(match halves(runs, value) {
        Some((below, above)) => Estimate::between(value, value - below, value + above),
        None => Estimate::without_interval(value),
    })
}

/// The lower and the upper half of the interval of a ratio of (sum, count) around its `value`.
fn halves(runs: &[(f64, f64)], value: f64) -> Option<(f64, f64)> {
    if runs.len() < MIN_REPLICATIONS {
        return None;
    }
    let number = runs.len() as f64;
    let count = runs.iter().map(|run| run.1).sum::<f64>() / number;
    let squares: f64 = runs.iter().map(|(sum, n)| (sum - value * n) * (sum - value * n)).sum();
    let error = (squares / (number - 1.0) / number).sqrt() / count;
    if error <= 1e-12 * value.abs() {
        return Some((error, error));
    }
    let t = student::quantile(0.95, runs.len() as u32 - 1);
    // The skewness of one run is 3 × its cv, which is error × √number ÷ value.
    let skew = SKEWNESS_PER_CV * error / value / 6.0;
    let closeness = 6.0 * skew * (t + skew) / CORRECTION_MAX;
    if closeness > 1.0 {
        return None;
    }
    let margin = 1.0 + EDGE_MARGIN * (closeness * closeness) * (closeness * closeness);
    let bent = |t: f64| (math::powf(1.0 + 6.0 * skew * (t - skew), 1.0 / 3.0) - 1.0) / (2.0 * skew);
    Some((error * bent(t), -error * bent(-t) * margin))
}

/// Samples of all runs that have to lie beyond the upper end of a percentile's interval.
const BEYOND: f64 = 5.0;

/// Returns the percentile `share` (0 to 1) of the samples of all replications together, with its
/// interval; `None` without a sample. No interval with fewer than [`MIN_REPLICATIONS`], or where
/// fewer than five samples lie beyond an end of it.
///
/// The share of samples above the percentile has the interval of a [`ratio`]; the percentiles at its
/// two ends are the interval (Woodruff, *Confidence intervals for medians and other position
/// measures*, 1952). So it is as lopsided as the distribution, and the runs may be too short for a
/// percentile of their own.
#[must_use]
pub fn percentile(runs: &[&Histogram], share: f64) -> Option<Estimate> {
    let mut all = Histogram::default();
    runs.iter().for_each(|run| all.merge(run));
    let count = all.count() as f64;
    if count == 0.0 {
        return None;
    }
    let value = all.percentile(share);
    let above: Vec<(f64, f64)> = runs
        .iter()
        .filter(|run| run.count() > 0)
        .map(|run| (run.share_above(value) * run.count() as f64, run.count() as f64))
        .collect();
    let seen = above.iter().map(|run| run.0).sum::<f64>() / count;
    let halves = halves(&above, seen).filter(|(low, high)| {
        above.len() == runs.len()
            && count * (share - low) >= BEYOND
            && count * (1.0 - share - high) >= BEYOND
    });
    Some(match halves {
        Some((below, beyond)) => {
            let (low, high) = (all.percentile(share - below), all.percentile(share + beyond));
            Estimate::between(value, low.min(value), high.max(value))
        }
        None => Estimate::without_interval(value),
    })
}

/// Returns the mean of `second - first` with its t-interval, pair by pair: each pair ran with common
/// random numbers (the same seed), so that what both share cancels.
///
/// # Panics
/// Panics when the two have different lengths.
#[must_use]
pub fn difference(first: &[f64], second: &[f64]) -> Option<Estimate> {
    assert_eq!(first.len(), second.len(), "a pair has two runs");
    let differences: Vec<f64> = first.iter().zip(second).map(|(a, b)| b - a).collect();
    mean(&differences)
}

#[cfg(test)]
mod tests {
    use tenfold_units::Seed;

    use super::*;

    #[test]
    fn ten_replications_hold_the_truth() {
        let runs = 2_000;
        let held = (0..runs).filter(|seed| {
            let mut stream = Seed(*seed).stream("runs");
            let values: Vec<f64> = (0..10).map(|_| 5.0 + stream.normal()).collect();
            let (low, high) = mean(&values).unwrap().interval().unwrap();
            low <= 5.0 && 5.0 <= high
        });
        // 95 % of 2,000, within four standard errors.
        assert!((1_861..=1_939).contains(&held.count()));
    }

    /// Ten runs of about 200 samples: the percentiles of the distribution itself are held, whatever
    /// the number of samples in a run.
    #[test]
    fn percentiles_of_short_runs_hold_the_truth() {
        let seeds = 1_000;
        for share in [0.5, 0.75] {
            let truth = -tenfold_units::math::ln(1.0 - share);
            let (mut held, mut printed) = (0, 0);
            for seed in 0..seeds {
                let mut stream = Seed(seed).stream("samples");
                let runs: Vec<Histogram> = (0..10)
                    .map(|_| {
                        let mut run = Histogram::default();
                        let count = 150 + stream.below(100);
                        (0..count).for_each(|_| run.record(stream.exponential()));
                        run
                    })
                    .collect();
                let all: Vec<&Histogram> = runs.iter().collect();
                if let Some((low, high)) = percentile(&all, share).unwrap().interval() {
                    printed += 1;
                    held += u32::from(low <= truth && truth <= high);
                }
            }
            let ratio = f64::from(held) / f64::from(printed);
            assert!(printed > 900, "{share}: {printed} are printed");
            // 95 % of about 1,000, within four standard errors, and 2 % for small numbers.
            assert!((0.90..=0.98).contains(&ratio), "{share}: {ratio}");
        }
    }

    #[test]
    fn samples_count_the_same_in_every_run() {
        // Twelve samples of 1 and six of 4, in runs of very different length.
        let runs: Vec<(f64, f64)> = (0..12).map(|_| (1.0, 1.0)).chain([(24.0, 6.0)]).collect();
        let found = ratio(&runs).unwrap();
        assert!((found.value - 2.0).abs() < 1e-12);
        assert!(ratio(&[(1.0, 1.0); 12]).unwrap().interval().is_some());
        assert_eq!(ratio(&runs[..5]).unwrap().interval(), None);
        assert!(ratio(&[(0.0, 0.0)]).is_none());
    }

    #[test]
    fn too_few_samples_beyond_a_percentile_have_no_interval() {
        let mut run = Histogram::default();
        (1..=20).for_each(|n| run.record(f64::from(n)));
        let runs = vec![&run; 10];
        assert_eq!(percentile(&runs, 0.99).unwrap().interval(), None);
        assert!(percentile(&runs, 0.5).unwrap().interval().is_some());
    }

    #[test]
    fn fewer_replications_have_no_interval() {
        assert_eq!(mean(&[1.0; 9]).unwrap().interval(), None);
        assert_eq!(mean(&[1.0; 10]).unwrap().interval(), Some((1.0, 1.0)));
        assert!(mean(&[]).is_none());
    }

    #[test]
    fn common_random_numbers_cancel() {
        let mut stream = Seed(1).stream("pairs");
        let first: Vec<f64> = (0..20).map(|_| 100.0 * stream.normal()).collect();
        let second: Vec<f64> = first.iter().map(|x| x + 1.0 + 0.1 * stream.normal()).collect();
        let (low, high) = difference(&first, &second).unwrap().interval().unwrap();
        assert!(low < 1.0 && 1.0 < high && high - low < 0.2);
    }
}
