//! A circuit breaker that many callers share.

use core::time::Duration;

use tenfold_patterns::{
    CircuitBreaker, CircuitBreakerDecision, CircuitBreakerMetrics, CircuitBreakerOptions,
    CircuitBreakerOutcome, CircuitBreakerPermit, CircuitBreakerState, CircuitBreakerTransition,
    InvalidOptions,
};
use tenfold_units::{Instant, Seed};

use crate::sync::{Arc, Mutex, lock};

/// A circuit breaker behind a lock that is held for one step of the machine; clones are the same
/// breaker.
#[derive(Clone, Debug)]
pub struct SharedCircuitBreaker(Arc<Mutex<CircuitBreaker>>);

/// A call that the breaker did not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CircuitBreakerRefusal {
    /// The time until the next probe may be made; zero if probes are under way.
    pub retry_after: Duration,
    /// Half-open to open, if the probes were found lost.
    pub changed: Option<CircuitBreakerTransition>,
}

impl SharedCircuitBreaker {
    /// Returns a closed breaker; `seed` is for the jitter of its open waits.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: CircuitBreakerOptions, seed: Seed) -> Result<Self, InvalidOptions> {
        let machine = CircuitBreaker::new(options, seed.stream("circuit-breaker"))?;
        Ok(Self(Arc::new(Mutex::new(machine))))
    }

    /// Asks whether a call may be made now; the change of state comes with the permit.
    ///
    /// # Errors
    /// The breaker is open, or enough probes are under way.
    pub fn try_acquire(
        &self,
        now: Instant,
    ) -> Result<(CircuitBreakerGuard, Option<CircuitBreakerTransition>), CircuitBreakerRefusal>
    {
        match lock(&self.0).try_acquire(now) {
            CircuitBreakerDecision::Admitted { permit, changed } => {
                let breaker = Arc::clone(&self.0);
                Ok((CircuitBreakerGuard { breaker, permit: Some(permit), started: now }, changed))
            }
            CircuitBreakerDecision::Refused { retry_after, changed } => {
                Err(CircuitBreakerRefusal { retry_after, changed })
            }
        }
    }

    /// Returns the state.
    #[must_use]
    pub fn state(&self) -> CircuitBreakerState {
        lock(&self.0).state()
    }

    /// Returns what the breaker looks at.
    #[must_use]
    pub fn metrics(&self, now: Instant) -> CircuitBreakerMetrics {
        lock(&self.0).metrics(now)
    }

    /// Takes new options; the state stays.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&self, options: CircuitBreakerOptions) -> Result<(), InvalidOptions> {
        lock(&self.0).set_options(options)
    }
}

/// The right to make one call; dropped, it is given back as if the call had not been made.
#[derive(Debug)]
#[must_use = "dropped at once, it says that no call was made"]
pub struct CircuitBreakerGuard {
    breaker: Arc<Mutex<CircuitBreaker>>,
    permit: Option<CircuitBreakerPermit>,
    started: Instant,
}

impl CircuitBreakerGuard {
    /// Records how the call went and returns the change of state that follows.
    pub fn record(
        mut self,
        now: Instant,
        outcome: CircuitBreakerOutcome,
    ) -> Option<CircuitBreakerTransition> {
        let permit = self.permit.take()?;
        lock(&self.breaker).record(now, permit, outcome, now.saturating_since(self.started))
    }
}

impl Drop for CircuitBreakerGuard {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            lock(&self.breaker).release(permit);
        }
    }
}
