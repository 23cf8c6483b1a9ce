//! Transients and differences: intervals from independent runs.

use super::{Estimate, student};

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
