//! Leaky bucket as nginx's `limit_req`: calls beyond the rate wait their turn, or are refused.
//!
//! **Use it** where calls have to be spaced, not only counted: in front of a service that bears no
//! bursts. **Not** where a caller should get its burst at once ([`rate_limit`](crate::rate_limit)).
//!
//! A call that goes away while it waits has had its turn, as in nginx. Refused calls are answered
//! with 503, nginx's default.
//!
//! ```
//! use tenfold_patterns::LimitReqOptions;
//! use tenfold_patterns_tower::{Error, LimitReqLayer};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
//! let service = ServiceBuilder::new()
//!     .layer(LimitReqLayer::new(LimitReqOptions::delayed(10, 5)).unwrap())
//!     .service(service_fn(|()| async { Ok::<_, Error>(tokio::time::Instant::now()) }));
//! let first = service.clone().oneshot(()).await.unwrap();
//! let second = service.oneshot(()).await.unwrap();
//! assert_eq!((second - first).as_millis(), 100);
//! # }
//! ```

#[cfg(test)]
mod tests;

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use tenfold_patterns::{InvalidOptions, LimitReq as Machine, LimitReqDecision, LimitReqOptions};
use tower::Layer;

use crate::clock::{SharedClock, Sleep, TokioClock};
use crate::error::Error;
use crate::gate::{Admission, Gate, Gated};
use crate::observe::Observer;
use crate::sync::{Arc, Mutex, lock};

/// Puts a leaky bucket around services; all services of one layer share it.
#[derive(Clone, Debug)]
pub struct LimitReqLayer {
    gate: LimitReqGate,
}

impl LimitReqLayer {
    /// Returns the layer with an empty bucket.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: LimitReqOptions) -> Result<Self, InvalidOptions> {
        let machine = Arc::new(Mutex::new(Machine::new(options)?));
        let (clock, observer) = (TokioClock::shared(), Observer::default());
        Ok(Self { gate: LimitReqGate { machine, clock, observer } })
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

    /// Takes new options and keeps the excess.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&self, options: LimitReqOptions) -> Result<(), InvalidOptions> {
        lock(&self.gate.machine).set_options(options)
    }
}

impl<S> Layer<S> for LimitReqLayer {
    type Service = LimitReq<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Gated::new(inner, self.gate.clone())
    }
}

/// A service behind a leaky bucket.
pub type LimitReq<S> = Gated<S, LimitReqGate>;

/// The gate of a [`LimitReq`].
#[derive(Clone, Debug)]
pub struct LimitReqGate {
    machine: Arc<Mutex<Machine>>,
    clock: SharedClock,
    observer: Observer,
}

impl<Req, Res> Gate<Req, Res> for LimitReqGate {
    type Guard = ();
    type Wait = LimitReqWait;

    fn admit(&self, _request: &mut Req) -> Admission<(), LimitReqWait> {
        let now = self.clock.now();
        let decision = lock(&self.machine).admit(now);
        self.observer.note(&decision);
        match decision {
            LimitReqDecision::Admitted => Admission::Now(()),
            LimitReqDecision::Delayed(wait) => {
                Admission::Wait(LimitReqWait(self.clock.sleep_until(now + wait)))
            }
            LimitReqDecision::Refused => Admission::Refused(Error::Shed { reason: "rate" }),
        }
    }
}

/// A call that waits for its turn.
#[derive(Debug)]
pub struct LimitReqWait(Sleep);

impl Future for LimitReqWait {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        ready!(Pin::new(&mut self.0).poll(cx));
        Poll::Ready(Ok(()))
    }
}
