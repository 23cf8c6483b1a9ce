//! A client's throttle that many callers share.

use tenfold_patterns::{AdaptiveThrottle, AdaptiveThrottleOptions, InvalidOptions};
use tenfold_units::random::Stream;
use tenfold_units::{Instant, Seed};

use crate::sync::{Arc, Mutex, lock};

/// An adaptive throttle behind a lock that is held for one step of the machine; clones are the same
/// throttle.
#[derive(Clone, Debug)]
pub struct SharedThrottle(Arc<Mutex<(AdaptiveThrottle, Stream)>>);

impl SharedThrottle {
    /// Returns a throttle that has seen nothing; `seed` is for the choice of what is refused.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: AdaptiveThrottleOptions, seed: Seed) -> Result<Self, InvalidOptions> {
        let machine = AdaptiveThrottle::new(options)?;
        Ok(Self(Arc::new(Mutex::new((machine, seed.stream("adaptive-throttle"))))))
    }

    /// Counts a request and returns a guard if it is to be sent.
    #[must_use]
    pub fn admit(&self, now: Instant) -> Option<ThrottleGuard> {
        let (machine, stream) = &mut *lock(&self.0);
        let sent = machine.admit(now, stream).is_admitted();
        sent.then(|| ThrottleGuard { throttle: self.clone(), sent: now, open: true })
    }

    /// Returns the probability with which the next request is refused, 0 to below 1.
    #[must_use]
    pub fn refusal_probability(&self, now: Instant) -> f64 {
        lock(&self.0).0.refusal_probability(now)
    }

    /// Takes new options; counts stay, by slice.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(
        &self,
        now: Instant,
        options: AdaptiveThrottleOptions,
    ) -> Result<(), InvalidOptions> {
        lock(&self.0).0.set_options(now, options)
    }
}

/// A request on its way; dropped, it counts as accepted: a caller that goes away says nothing of the
/// service's load.
#[derive(Debug)]
#[must_use = "dropped at once, it counts as accepted"]
pub struct ThrottleGuard {
    throttle: SharedThrottle,
    sent: Instant,
    open: bool,
}

impl ThrottleGuard {
    /// Counts an answer: `accepted` unless the service refused it for load.
    pub fn finish(mut self, now: Instant, accepted: bool) {
        self.open = false;
        if accepted {
            lock(&self.throttle.0).0.accepted(now);
        }
    }
}

impl Drop for ThrottleGuard {
    fn drop(&mut self) {
        if self.open {
            lock(&self.throttle.0).0.accepted(self.sent);
        }
    }
}
