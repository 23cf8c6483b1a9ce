use super::batches::SampleBatches;
use super::{Estimate, steady};

/// The share of events that ended in one way: arrivals dropped, look-ups that hit.
#[derive(Clone, Debug, Default)]
pub struct RatioTally {
    batches: SampleBatches,
}

impl RatioTally {
    /// Adds an event; `counts` says whether it ended in that way.
    #[inline]
    pub fn record(&mut self, counts: bool) {
        if self.batches.record(f64::from(u8::from(counts))) {
            self.batches.next_batch();
        }
    }

    /// Returns the number of events.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.batches.count()
    }

    /// Forgets everything: the end of a warm-up that the caller knows.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Returns the ratio with its interval, `None` where there was no event.
    #[must_use]
    pub fn estimate(&self) -> Option<Estimate> {
        steady::ratio(&self.batches).map(|ratio| ratio.clamped(0.0, 1.0))
    }
}
