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

use core::fmt;
use core::future::Future;
use core::hash::Hash;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::sync::Arc;

use tenfold_patterns::{InvalidOptions, LimitReqDecision, LimitReqOptions, LimitReqRule};
use tenfold_units::Instant;
use tower::Layer;

use crate::clock::{SharedClock, Sleep, TokioClock};
use crate::error::Error;
use crate::gate::{Admission, Gate, Gated};
use crate::observe::Observer;
use crate::shared::limiter::{SharedKeyedLimiter, SharedLimitReq};

/// The bucket that a call goes into.
pub trait BucketOf<Req> {
    /// Counts the call.
    fn admit(&self, now: Instant, request: &Req) -> LimitReqDecision;
}

/// One bucket for all calls.
#[derive(Clone, Debug)]
pub struct OneBucket(Arc<SharedLimitReq>);

impl<Req> BucketOf<Req> for OneBucket {
    fn admit(&self, now: Instant, _request: &Req) -> LimitReqDecision {
        self.0.admit(now)
    }
}

/// A bucket for each key that `F` finds in a request, as `limit_req_zone` has it.
#[derive(Clone)]
pub struct BucketPerKey<F> {
    limiter: Arc<SharedKeyedLimiter<LimitReqRule>>,
    find: F,
}

impl<F> fmt::Debug for BucketPerKey<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BucketPerKey").field("limiter", &self.limiter).finish_non_exhaustive()
    }
}

impl<Req, K: Hash, F: Fn(&Req) -> K> BucketOf<Req> for BucketPerKey<F> {
    fn admit(&self, now: Instant, request: &Req) -> LimitReqDecision {
        self.limiter.admit(now, &(self.find)(request), 1)
    }
}

/// Puts a leaky bucket around services; all services of one layer share it.
#[derive(Clone, Debug)]
pub struct LimitReqLayer<B = OneBucket> {
    gate: LimitReqGate<B>,
}

impl<F> LimitReqLayer<BucketPerKey<F>> {
    /// Returns the layer with a bucket for each key (client address, user, API key) and places for
    /// `keys` of them; who came longest ago is forgotten first.
    ///
    /// # Errors
    /// Lists each option that is out of its range; `keys` is 0 or above 2^30.
    pub fn keyed<Req, K: Hash>(
        options: LimitReqOptions,
        keys: usize,
        find: F,
    ) -> Result<Self, InvalidOptions>
    where
        F: Fn(&Req) -> K + Send + Sync,
    {
        let limiter = Arc::new(SharedKeyedLimiter::new(options.rule()?, keys)?);
        Ok(Self::over(BucketPerKey { limiter, find }))
    }
}

impl LimitReqLayer {
    /// Returns the layer with an empty bucket.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: LimitReqOptions) -> Result<Self, InvalidOptions> {
        Ok(Self::over(OneBucket(Arc::new(SharedLimitReq::new(options)?))))
    }

    /// Takes new options and keeps the excess.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&self, options: LimitReqOptions) -> Result<(), InvalidOptions> {
        self.gate.buckets.0.set_options(options)
    }
}

impl<B> LimitReqLayer<B> {
    fn over(buckets: B) -> Self {
        let (clock, observer) = (TokioClock::shared(), Observer::default());
        Self { gate: LimitReqGate { buckets, clock, observer } }
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
}

impl<S, B: Clone> Layer<S> for LimitReqLayer<B> {
    type Service = LimitReq<S, B>;

    fn layer(&self, inner: S) -> Self::Service {
        Gated::new(inner, self.gate.clone())
    }
}

/// A service behind a leaky bucket.
pub type LimitReq<S, B = OneBucket> = Gated<S, LimitReqGate<B>>;

/// The gate of a [`LimitReq`].
#[derive(Clone, Debug)]
pub struct LimitReqGate<B = OneBucket> {
    buckets: B,
    clock: SharedClock,
    observer: Observer,
}

impl<B: BucketOf<Req>, Req, Res> Gate<Req, Res> for LimitReqGate<B> {
    type Guard = ();
    type Wait = LimitReqWait;

    fn admit(&self, request: &mut Req) -> Admission<(), LimitReqWait> {
        let now = self.clock.now();
        let decision = self.buckets.admit(now, request);
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
