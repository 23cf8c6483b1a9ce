//! Bulkhead: at most so many calls at a time; a bounded number more wait for a bounded time.
//!
//! **Use it** around each dependency, so that a slow one does not take all tasks and connections
//! with it. **Not** to bound a rate ([`rate_limit`](crate::rate_limit)).
//!
//! A call that waits holds nothing of the inner service; one that is cancelled leaves the queue at
//! once, and a permit handed to it in that moment goes on to the next.
//!
//! ```
//! use tenfold_patterns::BulkheadOptions;
//! use tenfold_patterns_tower::{BulkheadLayer, Error};
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let mut service = ServiceBuilder::new()
//!     .layer(BulkheadLayer::new(BulkheadOptions::hystrix_semaphore()).unwrap())
//!     .service(service_fn(|()| core::future::pending::<Result<(), Error>>()));
//! let mut calls = Vec::new();
//! for _ in 0..10 {
//!     calls.push(service.ready().await.unwrap().call(()));
//! }
//! let refused = service.ready().await.unwrap().call(()).await.unwrap_err();
//! assert_eq!(refused.status(), 503);
//! # }
//! ```

#[cfg(test)]
mod tests;

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use tenfold_patterns::{BulkheadOptions, Event, InvalidOptions};
use tower::Layer;

use crate::clock::{SharedClock, Sleep, TokioClock};
use crate::error::Error;
use crate::gate::{Admission, Gate, Gated, Guard};
use crate::observe::Observer;
use crate::shared::bulkhead::{BulkheadEntry, BulkheadGuard, BulkheadQueued, SharedBulkhead};

/// Puts a bulkhead around services; all services of one layer share its places.
#[derive(Clone, Debug)]
pub struct BulkheadLayer {
    gate: BulkheadGate,
}

impl BulkheadLayer {
    /// Returns the layer on tokio's clock.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: BulkheadOptions) -> Result<Self, InvalidOptions> {
        Self::on(TokioClock::shared(), options)
    }

    /// Returns the layer on `clock`.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn on(clock: SharedClock, options: BulkheadOptions) -> Result<Self, InvalidOptions> {
        let bulkhead = SharedBulkhead::new(options, clock.clone())?;
        let observer = Observer::default();
        Ok(Self { gate: BulkheadGate { bulkhead, clock, observer } })
    }

    /// Tells `observer` of every decision.
    #[must_use]
    pub fn observe(mut self, observer: Observer) -> Self {
        self.gate.observer = observer;
        self
    }

    /// Returns the bulkhead, to watch it.
    #[must_use]
    pub const fn bulkhead(&self) -> &SharedBulkhead {
        &self.gate.bulkhead
    }
}

impl<S> Layer<S> for BulkheadLayer {
    type Service = Bulkhead<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Gated::new(inner, self.gate.clone())
    }
}

/// A service in a bulkhead.
pub type Bulkhead<S> = Gated<S, BulkheadGate>;

/// The gate of a [`Bulkhead`].
#[derive(Clone, Debug)]
pub struct BulkheadGate {
    bulkhead: SharedBulkhead,
    clock: SharedClock,
    observer: Observer,
}

impl<Req, Res> Gate<Req, Res> for BulkheadGate {
    type Guard = BulkheadGuard;
    type Wait = BulkheadWait;

    fn admit(&self, _request: &mut Req) -> Admission<BulkheadGuard, BulkheadWait> {
        match self.bulkhead.enter() {
            BulkheadEntry::Admitted(guard) => {
                self.observer.event(Event::Admitted);
                Admission::Now(guard)
            }
            BulkheadEntry::Waiting(queued) => {
                let sleep = self.clock.sleep_until(queued.gives_up());
                let observer = self.observer.clone();
                Admission::Wait(BulkheadWait { queued, sleep, slept: false, observer })
            }
            BulkheadEntry::Refused => {
                self.observer.event(Event::Refused { reason: "full" });
                Admission::Refused(Error::BulkheadFull)
            }
        }
    }
}

impl<Res> Guard<Res> for BulkheadGuard {
    fn finish(self, _result: &mut Result<Res, Error>) {}
}

/// A call in the queue of a bulkhead.
#[derive(Debug)]
pub struct BulkheadWait {
    queued: BulkheadQueued,
    sleep: Sleep,
    slept: bool,
    observer: Observer,
}

impl Future for BulkheadWait {
    type Output = Result<BulkheadGuard, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if !this.slept && Pin::new(&mut this.sleep).poll(cx).is_ready() {
            this.slept = true;
            this.queued.expire();
        }
        this.queued.poll(cx).map(|served| match served {
            Some(guard) => {
                this.observer.event(Event::Admitted);
                Ok(guard)
            }
            None => {
                this.observer.event(Event::Refused { reason: "waited-too-long" });
                Err(Error::BulkheadFull)
            }
        })
    }
}
