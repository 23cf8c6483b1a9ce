//! How often a key was asked for lately, in four bits: a count-min sketch that forgets by halving.

/// Counters per key at the least; fewer make unlucky keys look popular.
const COUNTERS_PER_KEY: usize = 8;
/// The sketch halves itself after this many increments per key (Caffeine: 10).
const SAMPLE_PER_KEY: u64 = 10;

#[derive(Clone, Debug)]
pub(super) struct Sketch {
    /// 16 counters of four bits each per word.
    words: Vec<u64>,
    increments: u64,
    keys: usize,
}

impl Sketch {
    pub(super) fn new() -> Self {
        Self { words: vec![0; 8], increments: 0, keys: 16 }
    }

    /// Makes room for `keys`; growing forgets, as there is no telling which counter was whose.
    pub(super) fn fit(&mut self, keys: usize) {
        if keys > self.keys {
            self.keys = keys.next_power_of_two();
            self.words = vec![0; self.keys * COUNTERS_PER_KEY / 16];
            self.increments = 0;
        }
    }

    pub(super) fn clear(&mut self) {
        self.words.fill(0);
        self.increments = 0;
    }

    fn place(&self, hash: u64, row: u32) -> (usize, u32) {
        let mixed = (hash ^ u64::from(row).wrapping_mul(0x9e37_79b9_7f4a_7c15))
            .wrapping_mul(0xd6e8_feb8_6659_fd93);
        let word = (mixed >> 32) as usize & (self.words.len() - 1);
        (word, ((mixed >> 28) as u32 & 15) * 4)
    }

    pub(super) fn increment(&mut self, hash: u64) {
        for row in 0..4 {
            let (word, shift) = self.place(hash, row);
            if (self.words[word] >> shift) & 15 < 15 {
                self.words[word] += 1 << shift;
            }
        }
        self.increments += 1;
        if self.increments >= SAMPLE_PER_KEY * self.keys as u64 {
            self.increments /= 2;
            for word in &mut self.words {
                *word = (*word >> 1) & 0x7777_7777_7777_7777;
            }
        }
    }

    pub(super) fn estimate(&self, hash: u64) -> u64 {
        (0..4)
            .map(|row| {
                let (word, shift) = self.place(hash, row);
                (self.words[word] >> shift) & 15
            })
            .min()
            .expect("there are four rows")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_up_to_fifteen_and_halves() {
        let mut sketch = Sketch::new();
        for _ in 0..20 {
            sketch.increment(7);
        }
        assert_eq!(sketch.estimate(7), 15);
        for other in 100..240 {
            sketch.increment(other);
        }
        assert!(sketch.estimate(7) < 12, "160 increments for 16 keys halve the counters");
        sketch.clear();
        assert_eq!(sketch.estimate(7), 0);
    }
}
