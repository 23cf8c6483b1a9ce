//! Walker's alias method: one draw from a fixed discrete law in constant time.

use tenfold_units::random::Stream;

/// A discrete law over 0..n (Walker 1977, tables after Vose 1991).
#[derive(Clone, Debug)]
pub(super) struct Alias {
    /// Per cell: the probability to stay, and where to go otherwise.
    cells: Vec<(f64, u32)>,
    total: f64,
}

impl Alias {
    /// Returns the law whose probabilities are proportional to `weights` (>= 0).
    pub(super) fn new(weights: &[f64]) -> Self {
        let total: f64 = weights.iter().sum();
        let scale = if total > 0.0 { weights.len() as f64 / total } else { 0.0 };
        let mut cells: Vec<(f64, u32)> = Vec::with_capacity(weights.len());
        let (mut small, mut large) = (Vec::new(), Vec::new());
        for (index, weight) in weights.iter().enumerate() {
            let scaled = weight * scale;
            if scaled < 1.0 {
                small.push(index)
            } else {
                large.push(index)
            }
            cells.push((scaled, index as u32));
        }
        while let (Some(&low), Some(&high)) = (small.last(), large.last()) {
            small.pop();
            cells[low].1 = high as u32;
            cells[high].0 -= 1.0 - cells[low].0;
            if cells[high].0 < 1.0 {
                large.pop();
                small.push(high);
            }
        }
        // What is left over differs from 1 by rounding only.
        for index in small.into_iter().chain(large) {
            cells[index].0 = 1.0;
        }
        Self { cells, total }
    }

    /// Returns the sum of the weights.
    pub(super) fn total(&self) -> f64 {
        self.total
    }

    /// Returns one draw.
    pub(super) fn draw(&self, stream: &mut Stream) -> usize {
        let place = stream.uniform() * self.cells.len() as f64;
        let index = place as usize;
        let (stay, other) = self.cells[index];
        if place - (index as f64) < stay { index } else { other as usize }
    }
}

#[cfg(test)]
mod tests {
    use super::Alias;
    use tenfold_units::Seed;

    #[test]
    fn draws_follow_the_weights() {
        let weights = [1.0, 0.0, 3.0, 6.0];
        let alias = Alias::new(&weights);
        let mut stream = Seed(1).stream("alias");
        let mut counts = [0_u32; 4];
        let n = 400_000;
        for _ in 0..n {
            counts[alias.draw(&mut stream)] += 1;
        }
        assert_eq!(counts[1], 0);
        for (count, weight) in counts.iter().zip(weights) {
            let expected = f64::from(n) * weight / 10.0;
            let error = (f64::from(*count) - expected).abs();
            assert!(error <= 4.0 * expected.sqrt(), "{counts:?}");
        }
        assert!((alias.total() - 10.0).abs() < 1e-12);
    }
}
