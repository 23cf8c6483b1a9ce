/// The most batches kept: past it, neighbors are joined and every batch is twice as long.
pub(crate) const MAX_BATCHES: usize = 4096;
/// The most epochs kept: sections of a run, for percentiles each with its histogram.
pub(crate) const MAX_EPOCHS: usize = 32;
/// Batches per epoch.
pub(crate) const EPOCH: usize = MAX_BATCHES / MAX_EPOCHS;

/// A sum in four parts, which a processor adds at the same time.
pub(crate) fn sum(values: &[f64]) -> f64 {
    let mut parts = [0.0; 4];
    let mut chunks = values.chunks_exact(4);
    for chunk in &mut chunks {
        parts.iter_mut().zip(chunk).for_each(|(part, value)| *part += value);
    }
    parts.iter().sum::<f64>() + chunks.remainder().iter().sum::<f64>()
}

/// Joins neighbors: half as many batches, each the sum of two.
pub(crate) fn join_neighbors(batches: &mut Vec<f64>) {
    let half = batches.len() / 2;
    for index in 0..half {
        batches[index] = batches[2 * index] + batches[2 * index + 1];
    }
    batches.truncate(half);
}

/// Sums over batches of equally many samples; their number stays between half of [`MAX_BATCHES`]
/// and [`MAX_BATCHES`] by joining neighbors (Fishman's LABATCH; Steiger et al., *ASAP3*, 2005).
#[derive(Clone, Debug)]
pub(crate) struct SampleBatches {
    /// Samples per batch.
    size: u64,
    /// Samples that the open batch still takes.
    room: u64,
    open: f64,
    sums: Vec<f64>,
}

impl Default for SampleBatches {
    fn default() -> Self {
        Self { size: 1, room: 1, open: 0.0, sums: Vec::new() }
    }
}

impl SampleBatches {
    /// Adds a sample and returns whether that closed a batch.
    #[inline]
    pub(crate) fn record(&mut self, value: f64) -> bool {
        self.open += value;
        self.room -= 1;
        self.room == 0
    }

    /// Returns how many samples the open batch still takes, at least 1.
    pub(crate) fn room(&self) -> usize {
        usize::try_from(self.room).unwrap_or(usize::MAX)
    }

    /// Adds at most [`Self::room`] samples and returns whether that closed a batch.
    pub(crate) fn record_all(&mut self, values: &[f64]) -> bool {
        self.open += sum(values);
        self.room -= values.len() as u64;
        self.room == 0
    }

    /// Opens the next batch and returns whether neighbors were joined to make room.
    pub(crate) fn next_batch(&mut self) -> bool {
        self.sums.push(self.open);
        self.open = 0.0;
        let full = self.sums.len() == MAX_BATCHES;
        if full {
            join_neighbors(&mut self.sums);
            self.size *= 2;
        }
        self.room = self.size;
        full
    }

    /// Returns the sums of the closed batches.
    pub(crate) fn sums(&self) -> &[f64] {
        &self.sums
    }

    /// Returns the samples per batch.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Returns the number of samples, those of the open batch included.
    pub(crate) fn count(&self) -> u64 {
        self.count_from(0)
    }

    /// Returns the number of samples from batch `first` on, those of the open batch included.
    pub(crate) fn count_from(&self, first: usize) -> u64 {
        (self.sums.len() - first) as u64 * self.size + (self.size - self.room)
    }

    /// Returns the sum of all samples from batch `first` on, the open batch included.
    pub(crate) fn total_from(&self, first: usize) -> f64 {
        self.sums[first..].iter().sum::<f64>() + self.open
    }
}
