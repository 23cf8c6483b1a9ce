//! Deadline: the time that a caller still waits, handed on from hop to hop.
//!
//! ```text
//!  server:  grpc-timeout ─► ReadDeadline ─► … ─► Deadline ─► handler
//!                                              passed? refuse
//!  client:  handler ─► Deadline ─► WriteDeadline ─► grpc-timeout
//!                      what is left, less a reserve
//! ```
//!
//! **Use it** on every call that somebody waits for, on both sides of a queue: work whose caller has
//! gone is refused before it is begun. **Not** for work that must be done whoever waits.
//!
//! ```
//! use core::time::Duration;
//! use http::Request;
//! use tenfold_patterns::Deadline;
//! use tenfold_patterns_tower::{DeadlineLayer, Error};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let service = ServiceBuilder::new()
//!     .layer(DeadlineLayer::new(Duration::from_millis(200)))
//!     .service(service_fn(|request: Request<()>| async move {
//!         Ok::<_, Error>(request.extensions().get::<Deadline>().is_some())
//!     }));
//! assert!(service.oneshot(Request::new(())).await.unwrap(), "the callee knows its deadline");
//! # }
//! ```

#[cfg(test)]
mod tests;

use core::task::{Context, Poll};
use core::time::Duration;

use http::{HeaderValue, Request};
use tenfold_patterns::Deadline;
use tower::{Layer, Service};

use crate::carry::Carry;
use crate::clock::{SharedClock, TokioClock};
use crate::error::{BoxError, Error};
use crate::gate::{Admission, Gate, Gated, NoWait};
use crate::timeout::TimeoutFuture;

/// Holds calls to the deadline that their requests [carry](Carry).
#[derive(Clone, Debug)]
pub struct DeadlineLayer {
    timeout: Duration,
    reserve: Duration,
    clock: SharedClock,
}

impl DeadlineLayer {
    /// Returns the layer: a call gets what its caller has left, and no more than `timeout`.
    #[must_use]
    pub fn new(timeout: Duration) -> Self {
        Self { timeout, reserve: Duration::ZERO, clock: TokioClock::shared() }
    }

    /// Keeps so much of the caller's time for this hop's own work on the answer.
    #[must_use]
    pub fn reserve(mut self, reserve: Duration) -> Self {
        self.reserve = reserve;
        self
    }

    /// Takes time from `clock`.
    #[must_use]
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = WithDeadline<S>;

    fn layer(&self, inner: S) -> WithDeadline<S> {
        WithDeadline { inner, layer: self.clone() }
    }
}

/// A service that is held to deadlines.
#[derive(Clone, Debug)]
pub struct WithDeadline<S> {
    inner: S,
    layer: DeadlineLayer,
}

impl<S, Req> Service<Req> for WithDeadline<S>
where
    S: Service<Req> + Clone,
    S::Error: Into<BoxError> + 'static,
    Req: Carry<Deadline>,
{
    type Response = S::Response;
    type Error = Error;
    type Future = TimeoutFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx).map_err(Error::from_inner)
    }

    fn call(&mut self, mut request: Req) -> Self::Future {
        let DeadlineLayer { timeout, reserve, clock } = &self.layer;
        let now = clock.now();
        let callers = request.carried().copied().unwrap_or(Deadline::NEVER);
        let callees = callers.for_callee(now, *timeout, *reserve);
        if callees.has_passed(now) {
            // Nothing that the inner service reserved stays taken.
            self.inner = self.inner.clone();
            return TimeoutFuture::refused();
        }
        request.carry(callees);
        let sleep = callees.instant().map(|at| clock.sleep_until(at));
        let after = callees.left(now).unwrap_or(Duration::MAX);
        TimeoutFuture::running(self.inner.call(request), sleep, after)
    }
}

/// The header by which the time left travels.
const HEADER: &str = "grpc-timeout";

/// On a server: reads `grpc-timeout` into the deadline that the request carries. A malformed header
/// counts as none.
#[derive(Clone, Debug)]
pub struct ReadDeadlineLayer(SharedClock);

impl Default for ReadDeadlineLayer {
    fn default() -> Self {
        Self(TokioClock::shared())
    }
}

impl ReadDeadlineLayer {
    /// Returns the layer on `clock`; on tokio's: `ReadDeadlineLayer::default()`.
    #[must_use]
    pub const fn on(clock: SharedClock) -> Self {
        Self(clock)
    }
}

impl<S> Layer<S> for ReadDeadlineLayer {
    type Service = Gated<S, ReadDeadlineGate>;

    fn layer(&self, inner: S) -> Self::Service {
        Gated::new(inner, ReadDeadlineGate(self.0.clone()))
    }
}

/// The gate of a [`ReadDeadlineLayer`]; it refuses nobody.
#[derive(Clone, Debug)]
pub struct ReadDeadlineGate(SharedClock);

impl<B, Res> Gate<Request<B>, Res> for ReadDeadlineGate {
    type Guard = ();
    type Wait = NoWait<()>;

    fn admit(&self, request: &mut Request<B>) -> Admission<(), NoWait<()>> {
        let header = request.headers().get(HEADER).and_then(|value| value.to_str().ok());
        let now = self.0.now();
        if let Some(deadline) = header.and_then(|text| Deadline::from_grpc_timeout(now, text)) {
            request.carry(deadline);
        }
        Admission::Now(())
    }
}

/// On a client: writes what is left of the carried deadline as `grpc-timeout`.
#[derive(Clone, Debug)]
pub struct WriteDeadlineLayer(SharedClock);

impl Default for WriteDeadlineLayer {
    fn default() -> Self {
        Self(TokioClock::shared())
    }
}

impl WriteDeadlineLayer {
    /// Returns the layer on `clock`; on tokio's: `WriteDeadlineLayer::default()`.
    #[must_use]
    pub const fn on(clock: SharedClock) -> Self {
        Self(clock)
    }
}

impl<S> Layer<S> for WriteDeadlineLayer {
    type Service = Gated<S, WriteDeadlineGate>;

    fn layer(&self, inner: S) -> Self::Service {
        Gated::new(inner, WriteDeadlineGate(self.0.clone()))
    }
}

/// The gate of a [`WriteDeadlineLayer`]; it refuses nobody.
#[derive(Clone, Debug)]
pub struct WriteDeadlineGate(SharedClock);

impl<B, Res> Gate<Request<B>, Res> for WriteDeadlineGate {
    type Guard = ();
    type Wait = NoWait<()>;

    fn admit(&self, request: &mut Request<B>) -> Admission<(), NoWait<()>> {
        let carried: Option<&Deadline> = request.carried();
        let text = carried.and_then(|deadline| deadline.grpc_timeout(self.0.now()));
        if let Some(value) = text.and_then(|text| HeaderValue::try_from(text).ok()) {
            request.headers_mut().insert(HEADER, value);
        }
        Admission::Now(())
    }
}
