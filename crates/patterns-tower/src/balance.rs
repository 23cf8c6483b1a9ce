//! Balance: each call goes to one of several services.
//!
//! **Use it** in front of replicas that can all serve a request. **Not** for data that lives on one of
//! them (a hash ring).
//!
//! It is always ready: the backend is chosen with the request in hand, and the call waits for that
//! one to be ready. The wait counts as in flight, so that least-loaded policies avoid it.
//!
//! ```
//! use tenfold_patterns::{BackendOptions, BalancerOptions};
//! use tenfold_patterns_tower::{Balance, Error};
//! use tower::{ServiceExt, service_fn};
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let replica = |name: &'static str| service_fn(move |()| async move { Ok::<_, Error>(name) });
//! let backends = ["a", "b"].map(|name| (BackendOptions::named(name), replica(name)));
//! let balance = Balance::new(BalancerOptions::nginx(), backends.into()).unwrap();
//! assert_eq!(balance.clone().oneshot(()).await.unwrap(), "a");
//! assert_eq!(balance.oneshot(()).await.unwrap(), "b");
//! # }
//! ```

#[cfg(test)]
mod tests;

use core::task::{Context, Poll};

use tenfold_patterns::{BackendOptions, BalancerOptions, Event, InvalidOptions};
use tenfold_units::Seed;
use tower::Service;

use crate::classify::{ByError, Classify};
use crate::clock::{SharedClock, TokioClock};
use crate::error::{BoxError, Error};
use crate::gate::{GatedFuture, Guard, NoWait};
use crate::observe::Observer;
use crate::seed;
use crate::shared::balancer::{BalancerGuard, SharedBalancer};

/// What the hash policies go by.
pub trait BalanceKey<Req> {
    /// Returns the key of a request.
    fn key(&self, request: &Req) -> Vec<u8>;
}

/// No key: for policies that need none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoKey;

impl<Req> BalanceKey<Req> for NoKey {
    fn key(&self, _request: &Req) -> Vec<u8> {
        Vec::new()
    }
}

impl<Req, F: Fn(&Req) -> Vec<u8>> BalanceKey<Req> for F {
    fn key(&self, request: &Req) -> Vec<u8> {
        self(request)
    }
}

/// Several services as one; clones are the same balancer.
#[derive(Debug)]
pub struct Balance<S, K = NoKey, C = ByError> {
    balancer: SharedBalancer<S>,
    clock: SharedClock,
    observer: Observer,
    key: K,
    classify: C,
}

impl<S, K: Clone, C: Clone> Clone for Balance<S, K, C> {
    fn clone(&self) -> Self {
        Self {
            balancer: self.balancer.clone(),
            clock: self.clock.clone(),
            observer: self.observer.clone(),
            key: self.key.clone(),
            classify: self.classify.clone(),
        }
    }
}

impl<S: Clone> Balance<S> {
    /// Returns a balancer over these services, all up.
    ///
    /// # Errors
    /// Lists each option that is out of its range, of the backends too.
    pub fn new(
        options: BalancerOptions,
        backends: Vec<(BackendOptions, S)>,
    ) -> Result<Self, InvalidOptions> {
        Self::seeded(options, backends, seed())
    }

    /// As [`Balance::new`], with random choices that repeat.
    ///
    /// # Errors
    /// Lists each option that is out of its range, of the backends too.
    pub fn seeded(
        options: BalancerOptions,
        backends: Vec<(BackendOptions, S)>,
        seed: Seed,
    ) -> Result<Self, InvalidOptions> {
        let balancer = SharedBalancer::new(options, backends, seed)?;
        let (clock, observer) = (TokioClock::shared(), Observer::default());
        Ok(Self { balancer, clock, observer, key: NoKey, classify: ByError })
    }
}

impl<S, K, C> Balance<S, K, C> {
    /// Finds the key of a request with `key`.
    #[must_use]
    pub fn by_key<L>(self, key: L) -> Balance<S, L, C> {
        let Self { balancer, clock, observer, classify, .. } = self;
        Balance { balancer, clock, observer, key, classify }
    }

    /// Judges answers by `classify` instead.
    #[must_use]
    pub fn classify<D>(self, classify: D) -> Balance<S, K, D> {
        let Self { balancer, clock, observer, key, .. } = self;
        Balance { balancer, clock, observer, key, classify }
    }

    /// Takes time from `clock`.
    #[must_use]
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    /// Tells `observer` of every pick and change of a backend's state.
    #[must_use]
    pub fn observe(mut self, observer: Observer) -> Self {
        self.observer = observer;
        self
    }

    /// Returns the balancer, to add and remove backends and to tell what health checks find.
    #[must_use]
    pub const fn balancer(&self) -> &SharedBalancer<S> {
        &self.balancer
    }
}

impl<S, K, C, Req> Service<Req> for Balance<S, K, C>
where
    S: Service<Req> + Clone,
    S::Error: Into<BoxError> + 'static,
    K: BalanceKey<Req>,
    C: Classify<S::Response> + Clone,
{
    type Response = S::Response;
    type Error = Error;
    type Future = GatedFuture<S, Req, S::Future, BalancedCall<S, C>, NoWait<BalancedCall<S, C>>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let key = self.key.key(&request);
        let picked = self.balancer.pick(self.clock.now(), &key);
        while let Some(transition) = self.balancer.poll_event() {
            self.observer.note(&transition);
        }
        let Some((service, at)) = picked else {
            self.observer.event(Event::Refused { reason: "no-backend" });
            return GatedFuture::refused(Error::NoBackend);
        };
        self.observer.event(Event::Admitted);
        let (clock, classify) = (self.clock.clone(), self.classify.clone());
        GatedFuture::when_ready(service, request, BalancedCall { at, clock, classify })
    }
}

/// A call at a backend.
#[derive(Debug)]
pub struct BalancedCall<S, C> {
    at: BalancerGuard<S>,
    clock: SharedClock,
    classify: C,
}

impl<S, C: Classify<Res>, Res> Guard<Res> for BalancedCall<S, C> {
    fn finish(self, result: &mut Result<Res, Error>) {
        let outcome = self.classify.classify(result).for_balancer();
        self.at.finish(self.clock.now(), outcome);
    }
}
