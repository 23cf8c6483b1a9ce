//! Adaptive concurrency limit: finds out how much the service bears, and refuses the rest.
//!
//! **Use it** at the door of a server, or around a callee whose capacity changes. **Not** around a
//! mix of fast and slow operations: the slow ones look like congestion; one layer each then.
//!
//! A time-out further in, a 429 or 503, and a refusal for load of an inner layer count as drops; what
//! is cancelled or failed at once says nothing of the latency.
//!
//! ```
//! use tenfold_patterns::ConcurrencyLimitOptions;
//! use tenfold_patterns_tower::{ConcurrencyLimitLayer, Error};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let layer = ConcurrencyLimitLayer::new(ConcurrencyLimitOptions::netflix_gradient2()).unwrap();
//! let service =
//!     ServiceBuilder::new().layer(&layer).service(service_fn(|()| async { Ok::<_, Error>(()) }));
//! service.oneshot(()).await.unwrap();
//! assert_eq!(layer.limit().limit(), 20, "less than half of it was used");
//! # }
//! ```

#[cfg(test)]
mod tests;

use tenfold_patterns::{ConcurrencyLimitOptions, ConcurrencyOutcome, Event, InvalidOptions};
use tower::Layer;

use crate::classify::{ByError, Class, Classify};
use crate::clock::{SharedClock, TokioClock};
use crate::error::Error;
use crate::gate::{Admission, Gate, Gated, Guard, NoWait};
use crate::observe::Observer;
use crate::shared::concurrency::{ConcurrencyGuard, SharedConcurrencyLimit};

/// Puts an adaptive limit around services; all services of one layer share it.
#[derive(Clone, Debug)]
pub struct ConcurrencyLimitLayer<C = ByError> {
    gate: ConcurrencyLimitGate<C>,
}

impl ConcurrencyLimitLayer {
    /// Returns the layer with the limit at its start.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: ConcurrencyLimitOptions) -> Result<Self, InvalidOptions> {
        let limit = SharedConcurrencyLimit::new(options)?;
        let (clock, observer) = (TokioClock::shared(), Observer::default());
        Ok(Self { gate: ConcurrencyLimitGate { limit, clock, observer, classify: ByError } })
    }
}

impl<C> ConcurrencyLimitLayer<C> {
    /// Judges answers by `classify` instead.
    #[must_use]
    pub fn classify<D>(self, classify: D) -> ConcurrencyLimitLayer<D> {
        let ConcurrencyLimitGate { limit, clock, observer, .. } = self.gate;
        ConcurrencyLimitLayer { gate: ConcurrencyLimitGate { limit, clock, observer, classify } }
    }

    /// Takes time from `clock`.
    #[must_use]
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.gate.clock = clock;
        self
    }

    /// Tells `observer` of every decision.
    #[must_use]
    pub fn observe(mut self, observer: Observer) -> Self {
        self.gate.observer = observer;
        self
    }

    /// Returns the limit, to watch it.
    #[must_use]
    pub const fn limit(&self) -> &SharedConcurrencyLimit {
        &self.gate.limit
    }
}

impl<S, C: Clone> Layer<S> for ConcurrencyLimitLayer<C> {
    type Service = ConcurrencyLimit<S, C>;

    fn layer(&self, inner: S) -> Self::Service {
        Gated::new(inner, self.gate.clone())
    }
}

/// A service behind an adaptive limit.
pub type ConcurrencyLimit<S, C = ByError> = Gated<S, ConcurrencyLimitGate<C>>;

/// The gate of a [`ConcurrencyLimit`].
#[derive(Clone, Debug)]
pub struct ConcurrencyLimitGate<C> {
    limit: SharedConcurrencyLimit,
    clock: SharedClock,
    observer: Observer,
    classify: C,
}

impl<C: Classify<Res> + Clone, Req, Res> Gate<Req, Res> for ConcurrencyLimitGate<C> {
    type Guard = ConcurrencyCall<C>;
    type Wait = NoWait<Self::Guard>;

    fn admit(&self, _request: &mut Req) -> Admission<Self::Guard, Self::Wait> {
        match self.limit.try_acquire(self.clock.now()) {
            Some(permit) => {
                self.observer.event(Event::Admitted);
                let (clock, classify) = (self.clock.clone(), self.classify.clone());
                Admission::Now(ConcurrencyCall { permit, clock, classify })
            }
            None => {
                self.observer.event(Event::Refused { reason: "limit" });
                Admission::Refused(Error::ConcurrencyLimited)
            }
        }
    }
}

/// A call below the limit.
#[derive(Debug)]
pub struct ConcurrencyCall<C> {
    permit: ConcurrencyGuard,
    clock: SharedClock,
    classify: C,
}

impl<C: Classify<Res>, Res> Guard<Res> for ConcurrencyCall<C> {
    fn finish(self, result: &mut Result<Res, Error>) {
        let dropped = result.as_ref().is_err_and(|error| {
            let reasons = ["timed-out", "bulkhead-full", "concurrency-limited", "shed"];
            reasons.contains(&error.reason())
        });
        let outcome = match self.classify.classify(result) {
            _ if dropped => ConcurrencyOutcome::Dropped,
            Class::Throttled(_) => ConcurrencyOutcome::Dropped,
            Class::Success | Class::ClientError => ConcurrencyOutcome::Success,
            Class::Transient | Class::Permanent | Class::Refused(_) | Class::Final => {
                ConcurrencyOutcome::Ignored
            }
        };
        self.permit.record(self.clock.now(), outcome);
    }
}
