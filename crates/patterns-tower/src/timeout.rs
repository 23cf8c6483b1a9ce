//! Time-out: an answer in time, or an error.
//!
//! **Use it** around every call to something remote. Where requests carry a
//! [deadline](crate::deadline), use that layer instead: it takes off the time already spent.
//!
//! The call is dropped with the error, which gives back what inner layers hold for it; whether the
//! service did the work is not known.
//!
//! ```
//! use core::time::Duration;
//! use tenfold_patterns_tower::{Error, TimeoutLayer};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let service = ServiceBuilder::new()
//!     .layer(TimeoutLayer::new(Duration::from_millis(1)))
//!     .service(service_fn(|()| core::future::pending::<Result<(), Error>>()));
//! assert_eq!(service.oneshot(()).await.unwrap_err().status(), 504);
//! # }
//! ```

#[cfg(test)]
mod tests;

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use pin_project_lite::pin_project;
use tower::{Layer, Service};

use crate::clock::{SharedClock, Sleep, TokioClock};
use crate::error::{BoxError, Error};

/// Puts a time-out around services.
#[derive(Clone, Debug)]
pub struct TimeoutLayer {
    timeout: Duration,
    clock: SharedClock,
}

impl TimeoutLayer {
    /// Returns the layer.
    #[must_use]
    pub fn new(timeout: Duration) -> Self {
        Self { timeout, clock: TokioClock::shared() }
    }

    /// Takes time from `clock`.
    #[must_use]
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }
}

impl<S> Layer<S> for TimeoutLayer {
    type Service = Timeout<S>;

    fn layer(&self, inner: S) -> Timeout<S> {
        Timeout { inner, timeout: self.timeout, clock: self.clock.clone() }
    }
}

/// A service with a time-out.
#[derive(Clone, Debug)]
pub struct Timeout<S> {
    inner: S,
    timeout: Duration,
    clock: SharedClock,
}

impl<S, Req> Service<Req> for Timeout<S>
where
    S: Service<Req>,
    S::Error: Into<BoxError> + 'static,
{
    type Response = S::Response;
    type Error = Error;
    type Future = TimeoutFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx).map_err(Error::from_inner)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let sleep = self.clock.sleep_until(self.clock.now() + self.timeout);
        TimeoutFuture::running(self.inner.call(request), Some(sleep), self.timeout)
    }
}

pin_project! {
    /// A call that has to answer in time.
    pub struct TimeoutFuture<F> {
        #[pin]
        future: Option<F>,
        sleep: Option<Sleep>,
        after: Duration,
        refused: bool,
    }
}

impl<F> TimeoutFuture<F> {
    /// Returns a call that fails when `sleep` is over, which takes `after`.
    pub(crate) const fn running(future: F, sleep: Option<Sleep>, after: Duration) -> Self {
        Self { future: Some(future), sleep, after, refused: false }
    }

    /// Returns a call that is not made because its deadline has passed.
    pub(crate) const fn refused() -> Self {
        Self { future: None, sleep: None, after: Duration::ZERO, refused: true }
    }
}

impl<F> fmt::Debug for TimeoutFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimeoutFuture").field("after", &self.after).finish_non_exhaustive()
    }
}

impl<F, T, E> Future for TimeoutFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: Into<BoxError> + 'static,
{
    type Output = Result<T, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            assert!(core::mem::take(this.refused), "a future is not polled after its end");
            return Poll::Ready(Err(Error::DeadlinePassed));
        };
        // The answer first: one that is there is not thrown away for being seen late.
        let result = match future.poll(cx) {
            Poll::Ready(result) => result.map_err(Error::from_inner),
            Poll::Pending => match this.sleep.as_mut().map(|sleep| Pin::new(sleep).poll(cx)) {
                Some(Poll::Ready(())) => Err(Error::TimedOut { after: *this.after }),
                Some(Poll::Pending) | None => return Poll::Pending,
            },
        };
        this.future.set(None);
        Poll::Ready(result)
    }
}
