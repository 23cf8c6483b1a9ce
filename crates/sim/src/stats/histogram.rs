/// Cells per octave as a power of two: 2⁷ = 128 cells, each at most 0.8 % of its value wide.
const CELL_BITS: u32 = 7;
/// A double's exponent and leading mantissa bits, shifted down, are the number of its cell.
const SHIFT: u32 = f64::MANTISSA_DIGITS - 1 - CELL_BITS;
/// Cells are kept in whole octaves.
const OCTAVE: usize = 1 << CELL_BITS;
/// What is below 2⁻³⁰ (a nanosecond, in seconds) counts as zero.
const FIRST_CELL: usize = cell_of(1.0 / (1_u64 << 30) as f64);
/// What is above 2³⁴ (544 years, in seconds) counts as that.
const LAST_CELL: usize = cell_of((1_u64 << 34) as f64) - 1;

/// Values this close to the smallest count as it: sums of times differ from each other by rounding.
const SAME: f64 = 1.0 + 1e-9;

/// Values of a cell that differ by less, as a share of them, are a single one.
const SINGLE: f32 = 1e-6;
/// What a cell with different values has for its single one.
const MIXED: f32 = -1.0;

/// The values of a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Cell {
    count: u32,
    /// The only value that it has seen, or [`MIXED`].
    single: f32,
}

impl Cell {
    #[inline]
    fn record(&mut self, value: f64) {
        let value = value as f32;
        if (value - self.single).abs() > value * SINGLE {
            self.single = if self.count == 0 { value } else { MIXED };
        }
        self.count = self.count.saturating_add(1);
    }

    fn merge(&mut self, other: &Self) {
        if self.count == 0 {
            self.single = other.single;
        } else if other.count > 0 && (other.single - self.single).abs() > other.single * SINGLE {
            self.single = MIXED;
        }
        self.count = self.count.saturating_add(other.count);
    }

    /// Returns the only value, with the fewest digits that are this one: as it was once written.
    fn single(&self) -> Option<f64> {
        (self.single > 0.0).then(|| self.single.to_string().parse().unwrap_or(f64::NAN))
    }
}

const fn cell_of(value: f64) -> usize {
    (value.to_bits() >> SHIFT) as usize
}

/// A log-linear histogram of non-negative values: 128 cells an octave, percentiles interpolated
/// inside the cell.
///
/// Range 2⁻³⁰ to 2³⁴ (one nanosecond to 544 years); smaller counts as zero. Memory: 1 KiB per
/// octave between the smallest and the largest value seen, whatever their number. Adding a value is
/// three comparisons, an addition and a bounds check: the number of a cell is the leading bits of the
/// double itself.
///
/// The smallest value is kept exactly, with its weight: the time of those who do not wait at all. A
/// cell that has seen a single value returns it (to 7 digits): times of discrete distributions. A
/// single value that carries much weight among others in its cell is returned with an error of up to
/// 0.4 %.
///
/// ```
/// use tenfold_sim::stats::Histogram;
/// let mut histogram = Histogram::default();
/// for value in 1..=1000 {
///     histogram.record(f64::from(value));
/// }
/// assert!((histogram.percentile(0.99) - 990.0).abs() < 2.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    zeros: u64,
    /// The number of the first cell kept, a multiple of [`OCTAVE`].
    first: usize,
    cells: Vec<Cell>,
    min: f64,
    /// What still counts as the smallest value.
    same_as_min: f64,
    at_min: u64,
    max: f64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            zeros: 0,
            first: 0,
            cells: Vec::new(),
            min: f64::INFINITY,
            same_as_min: f64::INFINITY,
            at_min: 0,
            max: 0.0,
        }
    }
}

impl Histogram {
    /// Adds `value`; negative values and NaN are bugs of the caller and panic in debug builds.
    #[inline]
    pub fn record(&mut self, value: f64) {
        debug_assert!(value >= 0.0, "a sample is a span, a size or a count: {value}");
        if value <= self.same_as_min {
            self.record_minimum(value, 1);
        }
        self.max = self.max.max(value);
        match self.cells.get_mut(cell_of(value).wrapping_sub(self.first)) {
            Some(cell) => cell.record(value),
            None => self.record_outside(value),
        }
    }

    /// Adds values; the same as adding one after the other, but zeros among them cost nothing.
    pub(crate) fn record_all(&mut self, values: &[f64]) {
        let mut positive = [0.0; 64];
        for values in values.chunks(positive.len()) {
            // Without a branch: whether a customer waits at all cannot be predicted.
            let mut count = 0;
            for value in values {
                positive[count] = *value;
                count += usize::from(*value > 0.0);
            }
            let zeros = (values.len() - count) as u64;
            if zeros > 0 {
                self.record_minimum(0.0, zeros);
                self.zeros += zeros;
            }
            positive[..count].iter().for_each(|value| self.record(*value));
        }
    }

    /// Adds the weight of a value that is about the smallest, or smaller.
    fn record_minimum(&mut self, value: f64, weight: u64) {
        if value * SAME < self.min {
            self.at_min = 0;
        }
        self.at_min += weight;
        if value < self.min {
            self.min = value;
            self.same_as_min = value * SAME;
        }
    }

    /// Adds a value that counts as zero, or that lies outside the cells kept so far.
    #[cold]
    fn record_outside(&mut self, value: f64) {
        let cell = cell_of(value).min(LAST_CELL);
        if cell < FIRST_CELL {
            self.zeros += 1;
            return;
        }
        self.cover(cell, cell);
        self.cells[cell - self.first].record(value);
    }

    /// Widens the cells kept to include the octaves of `low` and `high`.
    fn cover(&mut self, low: usize, high: usize) {
        let low = low / OCTAVE * OCTAVE;
        let end = (high / OCTAVE + 1) * OCTAVE;
        if self.cells.is_empty() {
            self.first = low;
        }
        if low < self.first {
            self.cells.splice(0..0, core::iter::repeat_n(Cell::default(), self.first - low));
            self.first = low;
        }
        let needed = (end - self.first).max(self.cells.len());
        self.cells.resize(needed, Cell::default());
    }

    /// Returns an empty histogram that already keeps the same cells.
    #[must_use]
    pub(crate) fn emptied(&self) -> Self {
        Self {
            first: self.first,
            cells: vec![Cell::default(); self.cells.len()],
            ..Self::default()
        }
    }

    /// Adds everything that `other` holds.
    pub fn merge(&mut self, other: &Self) {
        self.zeros += other.zeros;
        if other.min <= self.same_as_min {
            self.record_minimum(other.min, other.at_min);
        }
        self.max = self.max.max(other.max);
        if other.cells.is_empty() {
            return;
        }
        self.cover(other.first, other.first + other.cells.len() - 1);
        let offset = other.first - self.first;
        for (cell, more) in self.cells[offset..].iter_mut().zip(&other.cells) {
            cell.merge(more);
        }
    }

    /// Returns the number of values.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.zeros + self.cells.iter().map(|cell| u64::from(cell.count)).sum::<u64>()
    }

    /// Returns the smallest value; infinite where there is none.
    #[must_use]
    pub fn min(&self) -> f64 {
        self.min
    }

    /// Returns the largest value; 0 where there is none.
    #[must_use]
    pub fn max(&self) -> f64 {
        self.max
    }

    /// Returns the value that a share `p` of all values does not exceed, NaN where there is none.
    ///
    /// Inside its cell the values are taken as evenly spread, and none beyond the smallest and
    /// largest seen, so that a constant is returned exactly.
    #[must_use]
    pub fn percentile(&self, p: f64) -> f64 {
        let count = self.count();
        if count == 0 {
            return f64::NAN;
        }
        let rank = p * count as f64;
        let mut below = self.zeros as f64;
        if rank <= below {
            return 0.0;
        }
        for (index, cell) in self.cells.iter().enumerate() {
            let inside = f64::from(cell.count);
            if cell.count > 0 && below + inside >= rank {
                // Values that differ from the smallest by rounding may lie in the next cell.
                let at_min = (self.at_min as f64 - below).clamp(0.0, inside);
                return self.inside(self.first + index, rank - below, inside, at_min);
            }
            below += inside;
        }
        self.max
    }

    /// The value of the `rank`-th of `count` values in a cell, `at_min` of which are the smallest.
    fn inside(&self, cell: usize, rank: f64, count: f64, at_min: f64) -> f64 {
        let (low, high) = edges(cell);
        let low = low.max(self.min);
        if rank <= at_min {
            return self.min;
        }
        if let Some(single) = self.cells[cell - self.first].single() {
            return single.clamp(self.min, self.max);
        }
        (low + (high - low) * (rank - at_min) / (count - at_min)).clamp(self.min, self.max)
    }

    /// Returns the variance, every value taken for the middle of its cell; NaN where there is none.
    #[must_use]
    pub fn variance(&self) -> f64 {
        let middles = self.cells.iter().enumerate().filter(|(_, cell)| cell.count > 0);
        let middles = middles.map(|(index, cell)| {
            let (low, high) = edges(self.first + index);
            (f64::midpoint(low, high), f64::from(cell.count))
        });
        let total = self.count() as f64;
        let mean = middles.clone().map(|(middle, count)| middle * count).sum::<f64>() / total;
        let squares: f64 =
            middles.map(|(middle, count)| (middle - mean) * (middle - mean) * count).sum();
        (squares + self.zeros as f64 * mean * mean) / total
    }

    /// Returns the share of values above `value`, interpolated inside the cell; NaN where there is
    /// none.
    #[must_use]
    pub fn share_above(&self, value: f64) -> f64 {
        let cell = cell_of(value).clamp(FIRST_CELL, LAST_CELL);
        let mut above = 0.0;
        if cell < self.first + self.cells.len() {
            let from = cell.saturating_sub(self.first);
            above += self.cells[from..].iter().map(|cell| f64::from(cell.count)).sum::<f64>();
            if cell >= self.first {
                let (low, high) = edges(cell);
                let inside = &self.cells[cell - self.first];
                let under = match inside.single() {
                    Some(single) => f64::from(u8::from(single <= value)),
                    None => ((value - low) / (high - low)).clamp(0.0, 1.0),
                };
                above -= f64::from(inside.count) * under;
            }
        }
        above / self.count() as f64
    }
}

/// The lower and upper end of a cell.
fn edges(cell: usize) -> (f64, f64) {
    let edge = |cell: usize| f64::from_bits((cell as u64) << SHIFT);
    (edge(cell), edge(cell + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_known_values() {
        let mut histogram = Histogram::default();
        for value in 1..=100_000 {
            histogram.record(f64::from(value) / 1e5);
        }
        for p in [0.01, 0.5, 0.9, 0.99, 0.999] {
            // Evenly spread values are interpolated exactly, but for the cell's own edge.
            assert!((histogram.percentile(p) - p).abs() < 3e-5, "{p} {}", histogram.percentile(p));
            assert!((histogram.share_above(p) - (1.0 - p)).abs() < 3e-5);
        }
        assert_eq!(histogram.count(), 100_000);
        assert!((histogram.variance() * 12.0 - 1.0).abs() < 1e-3);
    }

    #[test]
    fn constants_and_zeros_are_exact() {
        let mut histogram = Histogram::default();
        (0..10).for_each(|_| histogram.record(0.0));
        assert_eq!(histogram.percentile(0.99), 0.0);
        (0..90).for_each(|_| histogram.record(0.3));
        assert_eq!(histogram.percentile(0.10), 0.0);
        assert_eq!(histogram.percentile(1.0), 0.3);
        assert!(Histogram::default().percentile(0.5).is_nan());
    }

    #[test]
    fn the_values_of_a_discrete_distribution_are_exact() {
        let values = [0.1, 0.25, 1.0, 2.7, 1234.5];
        let (mut one, mut two) = (Histogram::default(), Histogram::default());
        for index in 0..1000_usize {
            // Sums of times differ from each other by rounding.
            let value = values[index % 5] * (1.0 + index as f64 * 1e-14);
            if index < 300 { one.record(value) } else { two.record(value) }
        }
        one.merge(&two);
        for (index, value) in values.iter().enumerate() {
            let found = one.percentile(0.1 + 0.2 * index as f64);
            assert!((found / value - 1.0).abs() < 1e-9, "{found} {value}");
            let above = one.share_above(value * (1.0 + 1e-6));
            assert!((above - 0.2 * (4 - index) as f64).abs() < 1e-9, "{value} {above}");
        }
        // Among others in its cell a value is known only as well as the cell.
        one.record(0.2505);
        assert!((one.percentile(0.3) / 0.25 - 1.0).abs() < 0.008);
    }

    #[test]
    fn the_smallest_value_keeps_its_weight() {
        let (mut one, mut two) = (Histogram::default(), Histogram::default());
        for index in 0..1000 {
            // Half of them are 1, but for rounding; the others are larger.
            let value = if index % 2 == 0 { 1.0 + f64::from(index) * 1e-13 } else { 1.003 };
            if index % 3 == 0 {
                one.record(value);
            } else {
                two.record(value);
            }
        }
        one.merge(&two);
        assert_eq!(one.percentile(0.01), 1.0);
        assert_eq!(one.percentile(0.49), 1.0);
        assert!(one.percentile(0.6) > 1.0005);
        one.record(0.5);
        assert_eq!(one.percentile(0.0005), 0.5);
    }

    #[test]
    fn rounding_across_the_edge_of_a_cell_does_not_split_the_smallest_value() {
        let mut histogram = Histogram::default();
        for index in 0..1000 {
            // 70 % of them are 1, some of these just below the edge of a cell.
            let value = match index % 10 {
                0 => 1.0 - 1e-12,
                1..7 => 1.0,
                _ => 1.5,
            };
            histogram.record(value);
        }
        assert!((histogram.percentile(0.5) - 1.0).abs() < 1e-9);
        assert!((histogram.percentile(0.69) - 1.0).abs() < 1e-9);
        assert!(histogram.percentile(0.75) > 1.49);
    }

    #[test]
    fn what_is_out_of_range_counts_at_the_end() {
        let mut histogram = Histogram::default();
        histogram.record(1e-12);
        histogram.record(1e300);
        assert_eq!(histogram.count(), 2);
        assert_eq!(histogram.percentile(0.4), 0.0);
        assert!(histogram.percentile(0.9) > 1e10);
    }

    #[test]
    fn many_at_once_are_as_one_after_the_other() {
        let values: Vec<f64> =
            (0..1000_u32).map(|i| if i % 3 == 1 { 0.0 } else { f64::from(i % 71) / 7.0 }).collect();
        let (mut one, mut many) = (Histogram::default(), Histogram::default());
        values.iter().for_each(|value| one.record(*value));
        values.chunks(130).for_each(|values| many.record_all(values));
        assert_eq!(one.count(), many.count());
        for p in [0.0, 0.1, 0.33, 0.34, 0.5, 0.99, 1.0] {
            assert_eq!(one.percentile(p), many.percentile(p), "{p}");
        }
    }

    #[test]
    fn merging_is_recording_both() {
        let (mut one, mut two, mut all) =
            (Histogram::default(), Histogram::default(), Histogram::default());
        for index in 0..1000 {
            let value = f64::from(index % 37) * if index % 2 == 0 { 1e-6 } else { 10.0 };
            if index % 3 == 0 {
                one.record(value)
            } else {
                two.record(value)
            }
            all.record(value);
        }
        one.merge(&two);
        assert_eq!(one.count(), all.count());
        for p in [0.1, 0.5, 0.7, 0.99] {
            assert_eq!(one.percentile(p), all.percentile(p));
        }
    }
}
