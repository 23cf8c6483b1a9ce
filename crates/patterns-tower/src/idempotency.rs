//! Idempotency keys: a request that is repeated is carried out once, and answered alike.
//!
//! **Use it** in front of what must not happen twice (a payment, an order), for requests that carry a
//! key of the client's choice. **Not** as a cache: answers are kept for a day and never renewed. Keys
//! are kept in this process: with several, route a key to one of them, or keep keys in the store
//! that also has the effect.
//!
//! While a request is under way its repeats are answered with 409 and `Retry-After`; the same key
//! with another request with 422; when no more keys can be kept, 503. A refusal of an inner layer
//! frees the key. A call that failed or was cancelled may have had its effect: its key stays blocked
//! for the lease, and then another may try.
//!
//! ```
//! use core::sync::atomic::{AtomicU32, Ordering};
//! use tenfold_patterns::IdempotencyOptions;
//! use tenfold_patterns_tower::{Error, IdempotencyLayer};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! static ORDERS: AtomicU32 = AtomicU32::new(0);
//! // A request is its key, and a hash of what it asks for.
//! let find = |request: &(String, u64)| Some(request.clone());
//! let service = ServiceBuilder::new()
//!     .layer(IdempotencyLayer::new(IdempotencyOptions::stripe(), find).unwrap())
//!     .service(service_fn(|_: (String, u64)| async {
//!         Ok::<_, Error>(ORDERS.fetch_add(1, Ordering::Relaxed))
//!     }));
//! let order = ("key-1".to_owned(), 99);
//! assert_eq!(service.clone().oneshot(order.clone()).await.unwrap(), 0);
//! assert_eq!(service.clone().oneshot(order).await.unwrap(), 0, "the same answer");
//! let other = service.oneshot(("key-1".to_owned(), 7)).await.unwrap_err();
//! assert_eq!(other.status(), 422);
//! # }
//! ```

#[cfg(test)]
mod tests;

use core::fmt;
use core::future::Future;
use core::hash::{BuildHasher as _, Hash};
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::hash::RandomState;

use pin_project_lite::pin_project;
use tenfold_patterns::{Event, IdempotencyOptions, InvalidOptions};
use tower::{Layer, Service};

use crate::clock::{SharedClock, TokioClock};
use crate::error::{BoxError, Error, KeyConflict};
use crate::observe::Observer;
use crate::shared::idempotency::{Begun, IdempotencyGuard, SharedIdempotency};

/// Carries requests with a key out once; all services of one layer share the keys.
#[derive(Clone)]
pub struct IdempotencyLayer<V, F> {
    table: SharedIdempotency<V>,
    find: F,
    hashers: [RandomState; 2],
    clock: SharedClock,
    observer: Observer,
}

impl<V: Clone, F> IdempotencyLayer<V, F> {
    /// Returns the layer with no key yet. `find` returns a request's key and a hash of all that it
    /// asks for, or `None` for a request that is simply carried out. Make whose key it is a part of
    /// the key, or one client could see another's answers.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new<Req, K: Hash>(options: IdempotencyOptions, find: F) -> Result<Self, InvalidOptions>
    where
        F: Fn(&Req) -> Option<(K, u64)>,
    {
        let table = SharedIdempotency::new(options)?;
        let hashers = [RandomState::new(), RandomState::new()];
        let (clock, observer) = (TokioClock::shared(), Observer::default());
        Ok(Self { table, find, hashers, clock, observer })
    }

    /// Takes time from `clock`.
    #[must_use]
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    /// Tells `observer` of every decision.
    #[must_use]
    pub fn observe(mut self, observer: Observer) -> Self {
        self.observer = observer;
        self
    }

    /// Returns the keys, to watch them.
    #[must_use]
    pub const fn table(&self) -> &SharedIdempotency<V> {
        &self.table
    }
}

impl<V, F> fmt::Debug for IdempotencyLayer<V, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdempotencyLayer").field("table", &self.table).finish_non_exhaustive()
    }
}

impl<S, V: Clone, F: Clone> Layer<S> for IdempotencyLayer<V, F> {
    type Service = Idempotency<S, V, F>;

    fn layer(&self, inner: S) -> Self::Service {
        Idempotency { inner, layer: self.clone() }
    }
}

/// A service that carries requests with a key out once.
#[derive(Clone, Debug)]
pub struct Idempotency<S, V, F> {
    inner: S,
    layer: IdempotencyLayer<V, F>,
}

impl<V: Clone, F> IdempotencyLayer<V, F> {
    fn begin<K: Hash>(&self, key: &K, fingerprint: u64) -> Begun<V> {
        let [high, low] = [0, 1].map(|half| self.hashers[half].hash_one(key));
        let key = u128::from(high) << 64 | u128::from(low);
        let begun = self.table.begin(self.clock.now(), key, fingerprint);
        self.observer.event(match &begun {
            Begun::Start(_) => Event::Admitted,
            Begun::Replay(_) => Event::Refused { reason: "replay" },
            Begun::InProgress { .. } => Event::Refused { reason: "in-progress" },
            Begun::Mismatch => Event::Refused { reason: "mismatch" },
            Begun::Full => Event::Refused { reason: "full" },
        });
        begun
    }
}

impl<S, V, F, K, Req> Service<Req> for Idempotency<S, V, F>
where
    S: Service<Req, Response = V> + Clone,
    S::Error: Into<BoxError> + 'static,
    V: Clone,
    F: Fn(&Req) -> Option<(K, u64)>,
    K: Hash,
{
    type Response = V;
    type Error = Error;
    type Future = IdempotencyFuture<S::Future, V>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx).map_err(Error::from_inner)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let begun = (self.layer.find)(&request).map(|(key, print)| self.layer.begin(&key, print));
        let clock = self.layer.clock.clone();
        let known = match begun {
            None => {
                let future = self.inner.call(request);
                return IdempotencyFuture { stage: Stage::Running { future, guard: None }, clock };
            }
            Some(Begun::Start(guard)) => {
                let (future, guard) = (self.inner.call(request), Some(guard));
                return IdempotencyFuture { stage: Stage::Running { future, guard }, clock };
            }
            Some(Begun::Replay(answer)) => Ok(answer),
            Some(Begun::InProgress { retry_after }) => Err(KeyConflict::InProgress { retry_after }),
            Some(Begun::Mismatch) => Err(KeyConflict::Mismatch),
            Some(Begun::Full) => Err(KeyConflict::Full),
        };
        // The call is not made: what the inner service reserved for it is let go.
        self.inner = self.inner.clone();
        let known = Some(known.map_err(Error::KeyConflict));
        IdempotencyFuture { stage: Stage::Known { known }, clock }
    }
}

pin_project! {
    /// A call with a key.
    pub struct IdempotencyFuture<F, V> {
        #[pin]
        stage: Stage<F, V>,
        clock: SharedClock,
    }
}

pin_project! {
    #[project = StageProjection]
    enum Stage<F, V> {
        Running { #[pin] future: F, guard: Option<IdempotencyGuard<V>> },
        Known { known: Option<Result<V, Error>> },
    }
}

impl<F, V> fmt::Debug for IdempotencyFuture<F, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdempotencyFuture").finish_non_exhaustive()
    }
}

impl<F, V, E> Future for IdempotencyFuture<F, V>
where
    F: Future<Output = Result<V, E>>,
    E: Into<BoxError> + 'static,
    V: Clone,
{
    type Output = Result<V, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match this.stage.project() {
            StageProjection::Known { known } => {
                Poll::Ready(known.take().expect("a future is not polled after its end"))
            }
            StageProjection::Running { future, guard } => {
                let result = ready!(future.poll(cx)).map_err(Error::from_inner);
                match (guard.take(), &result) {
                    (Some(guard), Ok(answer)) => {
                        guard.complete(this.clock.now(), answer.clone());
                    }
                    (Some(guard), Err(error)) if error.is_refusal() => guard.abandon(),
                    // It may have had its effect: the lease decides when another may try.
                    (Some(_), Err(_)) | (None, _) => {}
                }
                Poll::Ready(result)
            }
        }
    }
}
