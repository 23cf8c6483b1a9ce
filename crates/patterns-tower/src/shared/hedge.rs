//! A hedging policy that many callers share.

use core::time::Duration;

use tenfold_patterns::{Hedge, HedgeDecision, HedgeOptions, InvalidOptions};
use tenfold_units::Instant;

use crate::sync::{Arc, Mutex, lock};

/// What is known of the latency of one kind of call, and the budget of hedges, behind a lock that is
/// held for one step of the machine; clones are the same.
#[derive(Clone, Debug)]
pub struct SharedHedge(Arc<Mutex<Hedge>>);

impl SharedHedge {
    /// Returns a policy that has seen nothing.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: HedgeOptions) -> Result<Self, InvalidOptions> {
        Ok(Self(Arc::new(Mutex::new(Hedge::new(options)?))))
    }

    /// Counts a call: a first request, not a hedge.
    pub fn request(&self) {
        lock(&self.0).request();
    }

    /// Counts the latency of an answer, from the start of its own request.
    pub fn answered(&self, latency: Duration) {
        lock(&self.0).answered(latency);
    }

    /// Decides for a call whose last request went out at `last`, after `sent` requests.
    pub fn decide(&self, now: Instant, last: Instant, sent: u32) -> HedgeDecision {
        lock(&self.0).decide(now, last, sent)
    }

    /// Decides after a request failed in a way that may be retried.
    pub fn failed(&self, sent: u32) -> HedgeDecision {
        lock(&self.0).failed(sent)
    }

    /// Takes new options; what was seen and saved stays.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&self, options: HedgeOptions) -> Result<(), InvalidOptions> {
        lock(&self.0).set_options(options)
    }
}
