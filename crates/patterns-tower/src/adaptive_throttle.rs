//! Adaptive throttle: a client that refuses by itself what an overloaded service would refuse.
//!
//! **Use it** in front of a service whose refusals cost it something, in clients that send much.
//! **Not** for a client of a few requests a minute: it sees too little.
//!
//! An answer that says overload (429, 503 by [`ByStatus`](crate::ByStatus)), a time-out, and a refusal
//! of an inner layer count as not accepted; other failures are answers.
//!
//! ```
//! use tenfold_patterns::AdaptiveThrottleOptions;
//! use tenfold_patterns_tower::{AdaptiveThrottleLayer, Error};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let layer = AdaptiveThrottleLayer::new(AdaptiveThrottleOptions::sre_book()).unwrap();
//! let down = service_fn(|()| async { Err::<(), _>(Error::ConcurrencyLimited) });
//! let service = ServiceBuilder::new().layer(&layer).service(down);
//! for _ in 0..200 {
//!     let _ = service.clone().oneshot(()).await;
//! }
//! let now = tenfold_patterns_tower::Clock::now(&tenfold_patterns_tower::TokioClock);
//! assert!(layer.throttle().refusal_probability(now) > 0.5);
//! # }
//! ```

#[cfg(test)]
mod tests;

use tenfold_patterns::{AdaptiveThrottleOptions, Event, InvalidOptions};
use tenfold_units::Seed;
use tower::Layer;

use crate::classify::{ByError, Class, Classify};
use crate::clock::{SharedClock, TokioClock};
use crate::error::Error;
use crate::gate::{Admission, Gate, Gated, Guard, NoWait};
use crate::observe::Observer;
use crate::seed;
use crate::shared::throttle::{SharedThrottle, ThrottleGuard};

/// Puts a throttle around services; all services of one layer share it.
#[derive(Clone, Debug)]
pub struct AdaptiveThrottleLayer<C = ByError> {
    gate: AdaptiveThrottleGate<C>,
}

impl AdaptiveThrottleLayer {
    /// Returns the layer with a throttle that has seen nothing.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: AdaptiveThrottleOptions) -> Result<Self, InvalidOptions> {
        Self::seeded(options, seed())
    }

    /// As [`AdaptiveThrottleLayer::new`], with chance that repeats.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn seeded(options: AdaptiveThrottleOptions, seed: Seed) -> Result<Self, InvalidOptions> {
        let throttle = SharedThrottle::new(options, seed)?;
        let (clock, observer) = (TokioClock::shared(), Observer::default());
        Ok(Self { gate: AdaptiveThrottleGate { throttle, clock, observer, classify: ByError } })
    }
}

impl<C> AdaptiveThrottleLayer<C> {
    /// Judges answers by `classify` instead.
    #[must_use]
    pub fn classify<D>(self, classify: D) -> AdaptiveThrottleLayer<D> {
        let AdaptiveThrottleGate { throttle, clock, observer, .. } = self.gate;
        AdaptiveThrottleLayer { gate: AdaptiveThrottleGate { throttle, clock, observer, classify } }
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

    /// Returns the throttle, to watch it.
    #[must_use]
    pub const fn throttle(&self) -> &SharedThrottle {
        &self.gate.throttle
    }
}

impl<S, C: Clone> Layer<S> for AdaptiveThrottleLayer<C> {
    type Service = AdaptiveThrottle<S, C>;

    fn layer(&self, inner: S) -> Self::Service {
        Gated::new(inner, self.gate.clone())
    }
}

/// A service behind a throttle.
pub type AdaptiveThrottle<S, C = ByError> = Gated<S, AdaptiveThrottleGate<C>>;

/// The gate of an [`AdaptiveThrottle`].
#[derive(Clone, Debug)]
pub struct AdaptiveThrottleGate<C> {
    throttle: SharedThrottle,
    clock: SharedClock,
    observer: Observer,
    classify: C,
}

impl<C: Classify<Res> + Clone, Req, Res> Gate<Req, Res> for AdaptiveThrottleGate<C> {
    type Guard = AdaptiveThrottleCall<C>;
    type Wait = NoWait<Self::Guard>;

    fn admit(&self, _request: &mut Req) -> Admission<Self::Guard, Self::Wait> {
        match self.throttle.admit(self.clock.now()) {
            Some(guard) => {
                self.observer.event(Event::Admitted);
                let (clock, classify) = (self.clock.clone(), self.classify.clone());
                Admission::Now(AdaptiveThrottleCall { guard, clock, classify })
            }
            None => {
                self.observer.event(Event::Refused { reason: "throttled" });
                Admission::Refused(Error::Shed { reason: "throttled" })
            }
        }
    }
}

/// A call that was sent.
#[derive(Debug)]
pub struct AdaptiveThrottleCall<C> {
    guard: ThrottleGuard,
    clock: SharedClock,
    classify: C,
}

impl<C: Classify<Res>, Res> Guard<Res> for AdaptiveThrottleCall<C> {
    fn finish(self, result: &mut Result<Res, Error>) {
        let late = result.as_ref().is_err_and(|error| error.reason() == "timed-out");
        let refused = match self.classify.classify(result) {
            Class::Throttled(_) | Class::Refused(_) => true,
            Class::Success
            | Class::ClientError
            | Class::Transient
            | Class::Permanent
            | Class::Final => late,
        };
        self.guard.finish(self.clock.now(), !refused);
    }
}
