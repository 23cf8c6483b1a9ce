//! Whether the measurements could come from a law.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::Seed;

use crate::family::{Family, Law};
use crate::measured::Buckets;
use crate::samples::{Samples, distribution};
use crate::special::gamma_tail;

/// Sets of values that are drawn from the fitted law.
const DRAWN: u64 = 199;
/// Values of each set, at most: the statistic's distribution hardly depends on their number.
const DRAWN_VALUES: usize = 1_000;
/// Values that a bucket is expected to have at least, or it is joined with the next.
const EXPECTED: f64 = 5.0;

/// A test of a fitted law.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Goodness {
    /// Which one.
    pub test: Test,
    /// The statistic: for Kolmogorov and Smirnov the largest distance of the distribution functions,
    /// 0 to 1.
    pub statistic: f64,
    /// Probability of a larger one if the law were right.
    pub p_value: f64,
}

/// Tests of a fitted law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Test {
    /// Kolmogorov and Smirnov's, with the distribution of its statistic from samples of the fitted law
    /// that are fitted again (parametric bootstrap; the tables do not hold for fitted laws: Lilliefors
    /// 1967, Stute, Gonzáles Manteiga and Presedo Quindimil 1993).
    KolmogorovSmirnov,
    /// Pearson's χ² over the buckets, those with few values joined.
    ChiSquare,
}

/// Tests a law that was fitted to these samples.
pub(crate) fn of_samples(samples: &Samples, family: Family, law: Law, seed: Seed) -> Goodness {
    let statistic = samples.distance(law);
    let sampler = distribution(law).sampler();
    let mut stream = seed.stream("goodness of fit");
    let size = samples.sorted.len().min(DRAWN_VALUES);
    let seen = scaled(statistic, samples.sorted.len());
    let as_far = (0..DRAWN).filter(|_| {
        let draw = |_| sampler.draw(&mut stream).max(f64::MIN_POSITIVE);
        let drawn = Samples::new((0..size).map(draw).collect());
        let again = drawn.likeliest(family);
        again.is_none_or(|law| scaled(drawn.distance(law), size) >= seen)
    });
    let p_value = (1 + as_far.count()) as f64 / (DRAWN + 1) as f64;
    Goodness { test: Test::KolmogorovSmirnov, statistic, p_value }
}

/// Stephens, *Use of the Kolmogorov-Smirnov, Cramér-von Mises and related statistics without extensive
/// tables* (1970): what makes the statistic independent of the number of values.
fn scaled(distance: f64, count: usize) -> f64 {
    let root = (count as f64).sqrt();
    distance * (root + 0.12 + 0.11 / root)
}

/// Tests a law that was fitted to this histogram; `None` where it has too few buckets for it.
pub(crate) fn of_buckets(buckets: &Buckets, family: Family, law: Law) -> Option<Goodness> {
    let (tail, total) = (law.tail(), buckets.count());
    let mut cells: Vec<(f64, f64)> = Vec::new();
    let mut open = (0.0, 0.0);
    for (low, high, count) in buckets.cells() {
        open = (open.0 + count, open.1 + total * (tail(low) - tail(high)));
        if open.1 >= EXPECTED {
            cells.push(core::mem::take(&mut open));
        }
    }
    if let Some(last) = cells.last_mut() {
        *last = (last.0 + open.0, last.1 + open.1);
    }
    let degrees = cells.len().checked_sub(1 + family.parameters()).filter(|left| *left > 0)?;
    let off = |(seen, expected): &(f64, f64)| (seen - expected) * (seen - expected) / expected;
    let statistic = cells.iter().map(off).sum::<f64>();
    let p_value = gamma_tail(degrees as f64 / 2.0, statistic / 2.0);
    Some(Goodness { test: Test::ChiSquare, statistic, p_value })
}
