use tenfold_units::math;

use crate::error::{Error, require};
use crate::numeric::{binomial, bisect};

const QUORUM: &str = "quorum: 1 to n";

/// Returns the mean time until `k` of `n` independent exponential answers of mean `mean` are there:
/// mean (1/n + 1/(n-1) + … + 1/(n-k+1)) (Rényi 1953).
///
/// # Errors
/// [`Error::OutOfRange`] unless 1 <= `k` <= `n` and the mean is at least 0.
pub fn quorum_mean(k: u32, n: u32, mean: f64) -> Result<f64, Error> {
    require((1..=n).contains(&k), QUORUM)?;
    require(mean.is_finite() && mean >= 0.0, "mean: finite, at least 0")?;
    Ok(mean * (n - k + 1..=n).map(|i| 1.0 / f64::from(i)).sum::<f64>())
}

/// Returns the probability that fewer than `k` of `n` independent answers are there when each is
/// late with probability `late`: the tail of the k-th answer from the tail of one.
///
/// # Errors
/// [`Error::OutOfRange`] unless 1 <= `k` <= `n` and 0 <= `late` <= 1.
pub fn quorum_tail(k: u32, n: u32, late: f64) -> Result<f64, Error> {
    require((1..=n).contains(&k), QUORUM)?;
    require((0.0..=1.0).contains(&late), "late: 0 to 1")?;
    // At least n - k + 1 are late: a sum of positive terms, exact in the tail.
    Ok((n - k + 1..=n).map(|i| binomial(n, i, late)).sum::<f64>().min(1.0))
}

/// Returns the percentile of one answer that is percentile `p` of the k-th of `n`: for any
/// distribution, `quantile(quorum_quantile(k, n, p))` is the percentile of the quorum.
///
/// # Errors
/// [`Error::OutOfRange`] unless 1 <= `k` <= `n` and 0 < `p` < 1.
pub fn quorum_quantile(k: u32, n: u32, p: f64) -> Result<f64, Error> {
    require((1..=n).contains(&k), QUORUM)?;
    require(p > 0.0 && p < 1.0, "percentile: above 0, below 1")?;
    // In the logarithm of `late`, so that very early and very late answers are both exact.
    let late = |ln: f64| quorum_tail(k, n, math::exp(ln).min(1.0)).unwrap_or(1.0);
    let ln = bisect(-700.0, 0.0, |ln| late(ln) < 1.0 - p);
    Ok(-math::exp_m1(ln))
}

/// Returns the mean time until `k` of `n` independent answers are there, each drawn from measured
/// `samples` (seconds, any order) with equal weights.
///
/// # Errors
/// [`Error::OutOfRange`] unless 1 <= `k` <= `n` and there are finite samples.
pub fn quorum_mean_of_samples(k: u32, n: u32, samples: &[f64]) -> Result<f64, Error> {
    require((1..=n).contains(&k), QUORUM)?;
    require(!samples.is_empty() && samples.iter().all(|x| x.is_finite()), "samples: finite, some")?;
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let count = sorted.len() as f64;
    // P(k-th <= i-th sample) steps up at every sample.
    let mut mean = 0.0;
    let mut tail_before = 1.0;
    for (i, sample) in sorted.iter().enumerate() {
        let late = 1.0 - (i as f64 + 1.0) / count;
        let tail = quorum_tail(k, n, late.max(0.0))?;
        mean += sample * (tail_before - tail);
        tail_before = tail;
    }
    Ok(mean)
}
