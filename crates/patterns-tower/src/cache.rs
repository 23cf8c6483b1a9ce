//! Cache: answers are kept, and of many callers that miss the same key one asks the service.
//!
//! **Use it** for reads that many make, where an answer may be as old as its lifetime. **Not** where
//! the answer depends on who asks, unless that is part of the key, and not for balances or stock.
//!
//! A leader that is cancelled or panics hands the lead to one waiter; its failure is told to those
//! who waited and kept for nobody. After a write, [`SharedCache::invalidate`]: a load under way is
//! then not kept, so that no old value is set late.
//!
//! ```
//! use core::time::Duration;
//! use tenfold_patterns::CacheOptions;
//! use tenfold_patterns_tower::{CacheBuilder, Loaded};
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let cache = CacheBuilder::new(CacheOptions::s3_fifo(10_000)).build().unwrap();
//! let value = cache.get(&"user:7", || async { Ok(Loaded::Value(42)) }).await.unwrap();
//! assert_eq!(value, Some(42));
//! assert_eq!(cache.peek(&"user:7"), Some(42));
//! # }
//! ```
//!
//! Several levels: the load of the near cache asks the far one (a remote cache behind the same two
//! calls), whose load asks the store; [`SharedCache::write`] goes the other way.
//!
//! ```
//! use tenfold_patterns::CacheOptions;
//! use tenfold_patterns_tower::{CacheBuilder, Loaded};
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let near = CacheBuilder::new(CacheOptions::s3_fifo(1_000)).build().unwrap();
//! let far = CacheBuilder::new(CacheOptions::s3_fifo(1_000_000)).build().unwrap();
//! let from_far = {
//!     let far = far.clone();
//!     || async move {
//!         let value = far.get(&7, || async { Ok(Loaded::Value("from the store")) }).await?;
//!         Ok(value.map_or(Loaded::Absent, Loaded::Value))
//!     }
//! };
//! assert_eq!(near.get(&7, from_far).await.unwrap(), Some("from the store"));
//! assert_eq!((near.len(), far.len()), (1, 1));
//! # }
//! ```

#[cfg(test)]
mod tests;

use core::fmt;
use core::future::{Future, poll_fn};
use core::hash::Hash;
use core::task::{Context, Poll};

use tenfold_patterns::{CacheOptions, Event, InvalidOptions, RefreshOptions, SingleFlightOptions};
use tenfold_units::Seed;
use tower::{Layer, Service};

use crate::classify::{ByError, Class, Classify};
use crate::clock::{SharedClock, TokioClock};
use crate::error::{BoxError, Error};
use crate::observe::Observer;
use crate::retry::BoxedCall;
use crate::seed;
use crate::shared::cache::{CacheParts, Found, Loaded, SharedCache, Waited};

/// What a cache is made of; the parts that are not named are as in [`CacheBuilder::new`].
#[derive(Clone, Debug)]
pub struct CacheBuilder<V>(CacheParts<V>);

impl<V: Clone> CacheBuilder<V> {
    /// Returns a builder: values of weight 1, none renewed early or served stale, one load at a time
    /// for each key with a lease of 10 s, one lock.
    #[must_use]
    pub fn new(options: CacheOptions) -> Self {
        let zero = core::time::Duration::ZERO;
        let refresh =
            RefreshOptions { beta: 0.0, stale_while_revalidate: zero, stale_if_error: zero };
        let (flight, clock) = (SingleFlightOptions::tenfold(), TokioClock::shared());
        let (weigh, seed, shards) = (|_: &V| 1, seed(), 1);
        Self(CacheParts { options, refresh, flight, weigh, clock, seed, shards })
    }

    /// Renews values early, or serves them stale.
    #[must_use]
    pub fn refresh(mut self, refresh: RefreshOptions) -> Self {
        self.0.refresh = refresh;
        self
    }

    /// Bounds those who wait for one load, and how long it may take.
    #[must_use]
    pub fn flight(mut self, flight: SingleFlightOptions) -> Self {
        self.0.flight = flight;
        self
    }

    /// Says what a value takes of the capacity, for example its bytes.
    #[must_use]
    pub fn weigh(mut self, weigh: fn(&V) -> u32) -> Self {
        self.0.weigh = weigh;
        self
    }

    /// Spreads the keys over so many locks, each with its part of the capacity (at most one lock for
    /// each unit of it): for caches that many threads ask at the same time. What goes is then chosen
    /// within a part, and a value heavier than a part is not kept.
    #[must_use]
    pub fn shards(mut self, shards: u32) -> Self {
        self.0.shards = shards;
        self
    }

    /// Takes time from `clock`.
    #[must_use]
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.0.clock = clock;
        self
    }

    /// Makes chance repeat: jitter of lifetimes, early refresh.
    #[must_use]
    pub fn seeded(mut self, seed: Seed) -> Self {
        self.0.seed = seed;
        self
    }

    /// Returns the empty cache.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn build(self) -> Result<SharedCache<V>, InvalidOptions> {
        SharedCache::new(self.0)
    }
}

impl<V: Clone + Send + 'static> SharedCache<V> {
    /// Returns the value of `key`, loaded by `load` if need be; `None` when there is none. A value
    /// that is renewed before or after its end is loaded by a task of its own.
    ///
    /// # Errors
    /// The error of the load; [`Error::Shared`] when others waited for it too; [`Error::Shed`] when
    /// too many wait.
    ///
    /// # Panics
    /// Panics outside a tokio runtime when a value is to be renewed.
    pub async fn get<F>(
        &self,
        key: &impl Hash,
        load: impl FnOnce() -> F,
    ) -> Result<Option<V>, Error>
    where
        F: Future<Output = Result<Loaded<V>, Error>> + Send + 'static,
    {
        self.get_hashed(self.hash(key), load, &Observer::default()).await
    }

    /// Writes through: `store` writes the value, then the cache has it, for all who ask from then on.
    /// When the store fails, the cache stays as it was; when the write is cancelled, or others write
    /// the key at the same time, nobody knows what the store has, and the cache forgets the key.
    ///
    /// # Errors
    /// The error of the store. If it leaves open whether the store took the value (a time-out),
    /// [invalidate](SharedCache::invalidate) the key.
    pub async fn write<F>(
        &self,
        key: &impl Hash,
        value: V,
        store: impl FnOnce(V) -> F,
    ) -> Result<(), Error>
    where
        F: Future<Output = Result<(), Error>>,
    {
        let write = self.begin_write(self.hash(key));
        match store(value.clone()).await {
            Ok(()) => {
                write.finish(value);
                Ok(())
            }
            Err(error) => {
                write.fail();
                Err(error)
            }
        }
    }

    async fn get_hashed<F>(
        &self,
        hash: u128,
        load: impl FnOnce() -> F,
        observer: &Observer,
    ) -> Result<Option<V>, Error>
    where
        F: Future<Output = Result<Loaded<V>, Error>> + Send + 'static,
    {
        match self.find(hash) {
            Found::Known(value) => {
                observer.event(Event::Admitted);
                Ok(value)
            }
            Found::Renew(value, lead) => {
                observer.event(Event::Refused { reason: "renewed" });
                let load = load();
                tokio::spawn(async move { lead.finish(load.await) });
                Ok(Some(value))
            }
            Found::Load(lead) => {
                observer.event(Event::Refused { reason: "miss" });
                lead.finish(load().await)
            }
            Found::Wait(mut wait) => {
                observer.event(Event::Refused { reason: "waits" });
                match poll_fn(|cx| wait.poll(cx)).await {
                    Waited::Told(result) => result,
                    Waited::Leads(lead) => lead.finish(load().await),
                }
            }
            Found::Full => {
                observer.event(Event::Refused { reason: "full" });
                Err(Error::Shed { reason: "too-many-wait-for-one-key" })
            }
        }
    }
}

/// Puts a cache around services; `find` says the key of a request, or that it is not to be cached.
#[derive(Clone)]
pub struct CacheLayer<V, F, C = ByError> {
    cache: SharedCache<V>,
    find: F,
    classify: C,
    observer: Observer,
}

impl<V, F, C> fmt::Debug for CacheLayer<V, F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheLayer").field("cache", &self.cache).finish_non_exhaustive()
    }
}

impl<V, F> CacheLayer<V, F> {
    /// Returns the layer over `cache`.
    #[must_use]
    pub fn new<Req, K: Hash>(cache: SharedCache<V>, find: F) -> Self
    where
        F: Fn(&Req) -> Option<K>,
    {
        Self { cache, find, classify: ByError, observer: Observer::default() }
    }
}

impl<V, F, C> CacheLayer<V, F, C> {
    /// Judges answers by `classify` instead: only successes are kept.
    #[must_use]
    pub fn classify<D>(self, classify: D) -> CacheLayer<V, F, D> {
        let Self { cache, find, observer, .. } = self;
        CacheLayer { cache, find, classify, observer }
    }

    /// Tells `observer` of hits (admitted) and of why the service was asked.
    #[must_use]
    pub fn observe(mut self, observer: Observer) -> Self {
        self.observer = observer;
        self
    }
}

impl<S, V: Clone, F: Clone, C: Clone> Layer<S> for CacheLayer<V, F, C> {
    type Service = Cached<S, V, F, C>;

    fn layer(&self, inner: S) -> Self::Service {
        Cached { inner, layer: self.clone() }
    }
}

/// A service behind a cache.
#[derive(Clone, Debug)]
pub struct Cached<S, V, F, C = ByError> {
    inner: S,
    layer: CacheLayer<V, F, C>,
}

impl<S, F, C, K, Req> Service<Req> for Cached<S, S::Response, F, C>
where
    S: Service<Req, Response: Clone + Send, Future: Send> + Clone + Send + 'static,
    S::Error: Into<BoxError> + 'static,
    F: Fn(&Req) -> Option<K>,
    K: Hash,
    C: Classify<S::Response> + Clone + Send + 'static,
    Req: Send + 'static,
{
    type Response = S::Response;
    type Error = Error;
    type Future = BoxedCall<S::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx).map_err(Error::from_inner)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let Some(key) = (self.layer.find)(&request) else {
            let call = self.inner.call(request);
            return Box::pin(async move { call.await.map_err(Error::from_inner) });
        };
        let CacheLayer { cache, classify, observer, .. } = &self.layer;
        let hash = cache.hash(&key);
        let (cache, classify, observer) = (cache.clone(), classify.clone(), observer.clone());
        // A hit holds nothing of the service: what was reserved goes with the old one.
        let fresh = self.inner.clone();
        let mut service = fresh.clone();
        self.inner = fresh;
        Box::pin(async move {
            let load = move || async move {
                poll_fn(|cx| service.poll_ready(cx)).await.map_err(Error::from_inner)?;
                let result = service.call(request).await.map_err(Error::from_inner);
                let keeps = classify.classify(&result) == Class::Success;
                result.map(|it| if keeps { Loaded::Value(it) } else { Loaded::Unkept(it) })
            };
            let value = cache.get_hashed(hash, load, &observer).await?;
            Ok(value.expect("no load of a service finds that there is none"))
        })
    }
}
