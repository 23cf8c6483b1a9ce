//! An adaptive concurrency limit that many callers share.

use tenfold_patterns::{
    ConcurrencyLimit, ConcurrencyLimitOptions, ConcurrencyOutcome, ConcurrencyPermit,
    InvalidOptions,
};
use tenfold_units::Instant;

use crate::sync::{Arc, Mutex, lock};

/// An adaptive limit behind a lock that is held for one step of the machine; clones are the same
/// limit.
#[derive(Clone, Debug)]
pub struct SharedConcurrencyLimit(Arc<Mutex<ConcurrencyLimit>>);

impl SharedConcurrencyLimit {
    /// Returns the limit at its start.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: ConcurrencyLimitOptions) -> Result<Self, InvalidOptions> {
        Ok(Self(Arc::new(Mutex::new(ConcurrencyLimit::new(options)?))))
    }

    /// Returns a guard if less work is in flight than the limit.
    #[must_use]
    pub fn try_acquire(&self, now: Instant) -> Option<ConcurrencyGuard> {
        let permit = lock(&self.0).try_acquire()?;
        let limit = Arc::clone(&self.0);
        Some(ConcurrencyGuard { limit, permit: Some(permit), started: now })
    }

    /// Returns the limit.
    #[must_use]
    pub fn limit(&self) -> u32 {
        lock(&self.0).limit()
    }

    /// Returns the work in flight.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        lock(&self.0).in_flight()
    }

    /// Takes new options; the limit stays, as far as it is within the new bounds.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&self, options: ConcurrencyLimitOptions) -> Result<(), InvalidOptions> {
        lock(&self.0).set_options(options)
    }
}

/// The right to work; dropped, it is given back and its latency says nothing.
#[derive(Debug)]
#[must_use = "dropped at once, the place is free again"]
pub struct ConcurrencyGuard {
    limit: Arc<Mutex<ConcurrencyLimit>>,
    permit: Option<ConcurrencyPermit>,
    started: Instant,
}

impl ConcurrencyGuard {
    /// Gives it back with how the work went.
    pub fn record(mut self, now: Instant, outcome: ConcurrencyOutcome) {
        if let Some(permit) = self.permit.take() {
            let latency = now.saturating_since(self.started);
            lock(&self.limit).release(permit, outcome, latency);
        }
    }
}

impl Drop for ConcurrencyGuard {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            let nothing = core::time::Duration::ZERO;
            lock(&self.limit).release(permit, ConcurrencyOutcome::Ignored, nothing);
        }
    }
}
