//! Random streams: one per purpose, all from one seed, the same on every platform.
//!
//! Generator: xoshiro256++ (Blackman and Vigna, *Scrambled linear pseudorandom number generators*,
//! 2021), seeded by SplitMix64. Exponential and normal variates: the ziggurat of Marsaglia and Tsang
//! (2000) with 256 layers, tables computed by `libm`.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::math;

/// The seed of a run; it and the inputs are enough to repeat every byte.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct Seed(pub u64);

impl Seed {
    /// Returns the seed of replication `index` of a run with this seed.
    #[must_use]
    pub fn replication(self, index: u64) -> Self {
        let mut state = self.0 ^ index.wrapping_mul(0xd134_2543_de82_ef95);
        Self(split_mix(&mut state))
    }

    /// Returns the stream for one purpose, for example `arrivals/redirect`.
    #[must_use]
    pub fn stream(self, purpose: &str) -> Stream {
        // FNV-1a of the purpose, folded into the seed.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in purpose.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Stream::from_state(self.0 ^ hash.rotate_left(17))
    }
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct Stream {
    state: [u64; 4],
    tables: &'static Tables,
}

impl Stream {
    fn from_state(mut seed: u64) -> Self {
        let state = [0; 4].map(|_: u64| split_mix(&mut seed));
        Self { state, tables: &TABLES }
    }

    /// Returns 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// Returns a uniform number in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// Returns a uniform whole number in 0..`n` without bias (Lemire 2019).
    ///
    /// # Panics
    /// Panics when `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "a choice needs at least one option");
        loop {
            let product = u128::from(self.next_u64()) * u128::from(n);
            let low = product as u64;
            if low >= n || low >= n.wrapping_neg() % n {
                return (product >> 64) as u64;
            }
        }
    }

    /// Returns true with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// Returns an exponential variate with mean 1.
    pub fn exponential(&mut self) -> f64 {
        let tables = self.tables;
        loop {
            let bits = self.next_u64();
            let layer = (bits & 0xff) as usize;
            let u = (bits >> 11) as f64 * (1.0 / (1_u64 << 53) as f64);
            let x = u * tables.exponential.x[layer];
            if x < tables.exponential.x[layer + 1] {
                return x;
            }
            if layer == 0 {
                // The tail of an exponential is an exponential.
                return EXPONENTIAL_R - math::ln(1.0 - self.uniform());
            }
            let f = &tables.exponential.f;
            if f[layer + 1] + (f[layer] - f[layer + 1]) * self.uniform() < math::exp(-x) {
                return x;
            }
        }
    }

    /// Draws an exponential variate with mean 1 into each place of `out`, in order.
    pub fn fill_exponential(&mut self, out: &mut [f64]) {
        for place in out {
            *place = self.exponential();
        }
    }

    /// Returns a normal variate with mean 0 and variance 1.
    pub fn normal(&mut self) -> f64 {
        let tables = self.tables;
        loop {
            let bits = self.next_u64();
            let layer = (bits & 0xff) as usize;
            let u = (bits >> 11) as f64 * (2.0 / (1_u64 << 53) as f64) - 1.0;
            let x = u * tables.normal.x[layer];
            if x.abs() < tables.normal.x[layer + 1] {
                return x;
            }
            if layer == 0 {
                return self.normal_tail(u < 0.0);
            }
            let f = &tables.normal.f;
            let y = f[layer + 1] + (f[layer] - f[layer + 1]) * self.uniform();
            if y < math::exp(-x * x / 2.0) {
                return x;
            }
        }
    }

    /// Marsaglia's method for the tail beyond `NORMAL_R`.
    fn normal_tail(&mut self, negative: bool) -> f64 {
        loop {
            let x = math::ln(1.0 - self.uniform()) / NORMAL_R;
            let y = math::ln(1.0 - self.uniform());
            if -2.0 * y >= x * x {
                return if negative { x - NORMAL_R } else { NORMAL_R - x };
            }
        }
    }
}

const EXPONENTIAL_R: f64 = 7.697_117_470_131_05;
const EXPONENTIAL_V: f64 = 0.003_949_659_822_581_557;
const NORMAL_R: f64 = 3.654_152_885_361_009;
const NORMAL_V: f64 = 0.004_928_673_233_974_655;

#[derive(Debug)]
struct Tables {
    exponential: Layers,
    normal: Layers,
}

#[derive(Debug)]
struct Layers {
    x: [f64; 257],
    f: [f64; 257],
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| Tables {
    exponential: layers(EXPONENTIAL_R, EXPONENTIAL_V, |x| math::exp(-x), |y| -math::ln(y)),
    normal: layers(
        NORMAL_R,
        NORMAL_V,
        |x| math::exp(-x * x / 2.0),
        |y| (-2.0 * math::ln(y)).sqrt(),
    ),
});

/// Layers of equal area `v`, the lowest one with the tail beyond `r`.
fn layers(r: f64, v: f64, density: fn(f64) -> f64, inverse: fn(f64) -> f64) -> Layers {
    let mut x = [0.0; 257];
    x[0] = v / density(r);
    x[1] = r;
    for i in 2..256 {
        x[i] = inverse(v / x[i - 1] + density(x[i - 1]));
    }
    Layers { x, f: x.map(density) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(mut draw: impl FnMut() -> f64) -> (f64, f64) {
        let n = 1_000_000;
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..n {
            let x = draw();
            sum += x;
            squares += x * x;
        }
        let mean = sum / f64::from(n);
        (mean, squares / f64::from(n) - mean * mean)
    }

    #[test]
    fn variates_have_their_moments() {
        let mut stream = Seed(1).stream("test");
        let (mean, variance) = moments(|| stream.exponential());
        assert!((mean - 1.0).abs() < 0.004 && (variance - 1.0).abs() < 0.012, "{mean} {variance}");
        let (mean, variance) = moments(|| stream.normal());
        assert!(mean.abs() < 0.004 && (variance - 1.0).abs() < 0.006, "{mean} {variance}");
        let (mean, variance) = moments(|| stream.uniform());
        assert!((mean - 0.5).abs() < 0.002 && (variance - 1.0 / 12.0).abs() < 0.001);
    }

    #[test]
    fn tails_have_their_weight() {
        let mut stream = Seed(2).stream("tails");
        let n = 2_000_000;
        let beyond = (0..n).filter(|_| stream.exponential() > 8.0).count() as f64;
        let expected = f64::from(n) * math::exp(-8.0);
        assert!((beyond - expected).abs() < 4.0 * expected.sqrt(), "{beyond} {expected}");
        let beyond = (0..n).filter(|_| stream.normal().abs() > 3.7).count() as f64;
        let expected = f64::from(n) * math::erfc(3.7 / 2.0_f64.sqrt());
        assert!((beyond - expected).abs() < 4.0 * expected.sqrt(), "{beyond} {expected}");
    }

    #[test]
    fn streams_differ_by_purpose_and_repeat_by_seed() {
        let first: Vec<u64> = (0..4).map(|_| Seed(1).stream("a").next_u64()).collect();
        assert!(first.iter().all(|x| *x == first[0]));
        assert_ne!(Seed(1).stream("a").next_u64(), Seed(1).stream("b").next_u64());
        assert_ne!(Seed(1).replication(0), Seed(1).replication(1));
    }

    #[test]
    fn below_is_even() {
        let mut stream = Seed(3).stream("below");
        let mut counts = [0_u32; 7];
        for _ in 0..700_000 {
            counts[stream.below(7) as usize] += 1;
        }
        assert!(counts.iter().all(|c| (f64::from(*c) - 1e5).abs() < 1_500.0), "{counts:?}");
    }
}
