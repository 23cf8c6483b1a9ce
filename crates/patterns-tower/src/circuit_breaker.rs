//! Circuit breaker: calls to a service that fails are refused until it works again.
//!
//! **Use it** around each endpoint of a remote service. **Not** around a whole fleet of replicas
//! ([`balance`](crate::balance) ejects the bad one).
//!
//! A call that is cancelled, panics, or was refused by a layer further in gives its permit back and
//! counts for nothing, so that no probe of a half-open breaker is lost.
//!
//! ```
//! use tenfold_patterns::CircuitBreakerOptions;
//! use tenfold_patterns_tower::{CircuitBreakerLayer, Error};
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let layer = CircuitBreakerLayer::new(CircuitBreakerOptions::gobreaker()).unwrap();
//! let mut service = ServiceBuilder::new()
//!     .layer(layer)
//!     .service(service_fn(|()| async { Err::<(), _>(Error::Inner("down".into())) }));
//! for _ in 0..6 {
//!     assert_eq!(service.ready().await.unwrap().call(()).await.unwrap_err().reason(), "inner");
//! }
//! let refused = service.ready().await.unwrap().call(()).await.unwrap_err();
//! assert_eq!(refused.reason(), "circuit-open");
//! # }
//! ```

#[cfg(test)]
mod tests;

use tenfold_patterns::{CircuitBreakerOptions, Event, InvalidOptions};
use tenfold_units::Seed;
use tower::Layer;

use crate::classify::{ByError, Classify};
use crate::clock::{SharedClock, TokioClock};
use crate::error::Error;
use crate::gate::{Admission, Gate, Gated, Guard, NoWait};
use crate::observe::Observer;
use crate::seed;
use crate::shared::breaker::{CircuitBreakerGuard, SharedCircuitBreaker};

/// Puts a circuit breaker around services; all services of one layer share it.
#[derive(Clone, Debug)]
pub struct CircuitBreakerLayer<C = ByError> {
    gate: CircuitBreakerGate<C>,
}

impl CircuitBreakerLayer {
    /// Returns the layer with a closed breaker that counts errors as failures.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: CircuitBreakerOptions) -> Result<Self, InvalidOptions> {
        Ok(Self::shared(SharedCircuitBreaker::new(options, seed())?))
    }

    /// As [`CircuitBreakerLayer::new`], with chance that repeats: jitter of the open wait from
    /// `seed`.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn seeded(options: CircuitBreakerOptions, seed: Seed) -> Result<Self, InvalidOptions> {
        Ok(Self::shared(SharedCircuitBreaker::new(options, seed)?))
    }

    /// Returns the layer over a breaker that others use or watch too.
    #[must_use]
    pub fn shared(breaker: SharedCircuitBreaker) -> Self {
        let (clock, observer) = (TokioClock::shared(), Observer::default());
        Self { gate: CircuitBreakerGate { breaker, clock, observer, classify: ByError } }
    }
}

impl<C> CircuitBreakerLayer<C> {
    /// Judges answers by `classify` instead.
    #[must_use]
    pub fn classify<D>(self, classify: D) -> CircuitBreakerLayer<D> {
        let CircuitBreakerGate { breaker, clock, observer, .. } = self.gate;
        CircuitBreakerLayer { gate: CircuitBreakerGate { breaker, clock, observer, classify } }
    }

    /// Takes time from `clock`.
    #[must_use]
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.gate.clock = clock;
        self
    }

    /// Tells `observer` of every decision and change of state.
    #[must_use]
    pub fn observe(mut self, observer: Observer) -> Self {
        self.gate.observer = observer;
        self
    }

    /// Returns the breaker, to watch it.
    #[must_use]
    pub const fn breaker(&self) -> &SharedCircuitBreaker {
        &self.gate.breaker
    }
}

impl<S, C: Clone> Layer<S> for CircuitBreakerLayer<C> {
    type Service = CircuitBreaker<S, C>;

    fn layer(&self, inner: S) -> Self::Service {
        Gated::new(inner, self.gate.clone())
    }
}

/// A service behind a circuit breaker.
pub type CircuitBreaker<S, C = ByError> = Gated<S, CircuitBreakerGate<C>>;

/// The gate of a [`CircuitBreaker`].
#[derive(Clone, Debug)]
pub struct CircuitBreakerGate<C> {
    breaker: SharedCircuitBreaker,
    clock: SharedClock,
    observer: Observer,
    classify: C,
}

impl<C: Classify<Res> + Clone, Req, Res> Gate<Req, Res> for CircuitBreakerGate<C> {
    type Guard = CircuitBreakerCall<C>;
    type Wait = NoWait<Self::Guard>;

    fn admit(&self, _request: &mut Req) -> Admission<Self::Guard, Self::Wait> {
        match self.breaker.try_acquire(self.clock.now()) {
            Ok((permit, changed)) => {
                self.observer.note(&changed);
                self.observer.event(Event::Admitted);
                let Self { clock, observer, classify, .. } = self.clone();
                Admission::Now(CircuitBreakerCall { permit, clock, observer, classify })
            }
            Err(refusal) => {
                self.observer.note(&refusal.changed);
                self.observer.event(Event::Refused { reason: "open" });
                Admission::Refused(Error::CircuitOpen { retry_after: refusal.retry_after })
            }
        }
    }
}

/// A call that the breaker let through.
#[derive(Debug)]
pub struct CircuitBreakerCall<C> {
    permit: CircuitBreakerGuard,
    clock: SharedClock,
    observer: Observer,
    classify: C,
}

impl<C: Classify<Res>, Res> Guard<Res> for CircuitBreakerCall<C> {
    fn finish(self, result: &mut Result<Res, Error>) {
        let outcome = self.classify.classify(result).for_breaker();
        let changed = self.permit.record(self.clock.now(), outcome);
        self.observer.note(&changed);
    }
}
