//! Measurements as an empirical distribution of at most about a hundred values.

use crate::measured::Buckets;

/// Different values up to which each stands for itself.
const FEW: usize = 50;
/// Points that a bucket is spread over.
const POINTS: u32 = 4;

/// Returns values with weights that keep count and mean: each value where there are few, else the
/// means of slices that become ten times finer toward the tail with each nine.
pub(crate) fn of_samples(sorted: &[f64]) -> Vec<(f64, f64)> {
    let mut distinct: Vec<(f64, f64)> = Vec::new();
    for value in sorted {
        match distinct.last_mut() {
            Some((last, count)) if last == value => *count += 1.0,
            Some(_) | None => distinct.push((*value, 1.0)),
        }
        if distinct.len() > FEW {
            break;
        }
    }
    if distinct.len() <= FEW {
        return distinct;
    }
    let mut out = Vec::new();
    let mut from = 0;
    for to in borders(sorted.len()) {
        let slice = &sorted[from..to];
        if !slice.is_empty() {
            let count = slice.len() as f64;
            out.push((slice.iter().sum::<f64>() / count, count));
        }
        from = to;
    }
    out
}

/// Ends of the slices: 36 up to the 90th percentile, 18 up to the 99th, and so on while a slice holds a
/// value.
fn borders(count: usize) -> Vec<usize> {
    let mut out: Vec<usize> = (1..=36).map(|i| count * i / 40).collect();
    let mut rest = count / 10;
    while rest >= 20 {
        let start = count - rest;
        out.extend((1..=18).map(|i| start + rest * i / 20));
        rest /= 10;
    }
    out.push(count);
    out
}

/// Returns each bucket as points spread over it. What lies above the last bound is put where the known
/// sum wants it, and on the bound where there is none.
pub(crate) fn of_buckets(buckets: &Buckets) -> Vec<(f64, f64)> {
    let mut out = Vec::new();
    for (low, high, count) in
        buckets.cells().filter(|(_, high, count)| *count > 0.0 && high.is_finite())
    {
        let step = (high - low) / f64::from(POINTS);
        let point = |i: u32| (low + (f64::from(i) + 0.5) * step, count / f64::from(POINTS));
        out.extend((0..POINTS).map(point));
    }
    if buckets.beyond > 0.0 {
        let bound = buckets.bounded.last().map_or(0.0, |(bound, _)| *bound);
        let below: f64 = out.iter().map(|(value, count)| value * count).sum();
        let wanted = buckets.sum.map_or(bound, |sum| (sum - below) / buckets.beyond);
        out.push((wanted.max(bound), buckets.beyond));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_keep_count_mean_and_tail() {
        let sorted: Vec<f64> = (1..=100_000).map(f64::from).collect();
        let points = of_samples(&sorted);
        assert!(points.len() < 120, "{}", points.len());
        let count: f64 = points.iter().map(|(_, weight)| weight).sum();
        let sum: f64 = points.iter().map(|(value, weight)| value * weight).sum();
        assert!(count == 100_000.0 && (sum / count - 50_000.5).abs() < 1e-6);
        // The last point is the mean of the largest handful.
        assert!(points[points.len() - 1].0 > 99_990.0, "{points:?}");
        assert_eq!(of_samples(&[1.0, 1.0, 2.0]), [(1.0, 2.0), (2.0, 1.0)]);
        // One more than stand for themselves: 36 slices up to the 90th percentile and the rest.
        assert_eq!(of_samples(&(0..51).map(f64::from).collect::<Vec<_>>()).len(), 37);
    }

    #[test]
    fn the_sum_places_what_has_no_upper_bound() {
        let buckets =
            Buckets { bounded: vec![(1.0, 8.0), (2.0, 0.0)], beyond: 2.0, sum: Some(24.0) };
        let points = of_buckets(&buckets);
        assert_eq!(points.len(), 5);
        assert_eq!((points[0], points[4]), ((0.125, 2.0), (10.0, 2.0)));
        let unknown = Buckets { sum: None, ..buckets };
        assert_eq!(of_buckets(&unknown)[4], (2.0, 2.0));
    }
}
