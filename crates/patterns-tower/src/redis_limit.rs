//! Rate limit over many processes, kept in Redis (feature `redis`).
//!
//! **Use it** where callers have a limit over all instances of a service. **Not** to protect an
//! instance from overload ([`rate_limit`](crate::rate_limit) needs no round trip).
//!
//! A call is one step of a script on the server, by the server's clock, so that processes neither
//! race nor have to agree on the time. What the limit decides is the machine's
//! ([`DistributedLimit`]): the script only keeps the state. Keys expire ten seconds after they cease to say anything.
//! With Redis away, or slower than the options allow, calls pass or are refused as the options say;
//! [`RedisLimiter::unavailable`] counts them. Redis 5 or later.
//!
//! ```no_run
//! use tenfold_patterns::{DistributedLimitOptions, TokenBucketOptions};
//! use tenfold_patterns_tower::{Error, RedisLimiter, RedisRateLimitLayer};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let client = redis::Client::open("redis://127.0.0.1/").unwrap();
//! let connection = client.get_connection_manager_lazy(Default::default()).unwrap();
//! let rule = TokenBucketOptions::per_second(10, 20).rule().unwrap();
//! let options = DistributedLimitOptions::fail_open();
//! let limiter = RedisLimiter::new(rule, options, connection, "limit:").unwrap();
//! let service = ServiceBuilder::new()
//!     .layer(RedisRateLimitLayer::new(limiter, |user: &String| user.clone()))
//!     .service(service_fn(|user: String| async move { Ok::<_, Error>(user) }));
//! service.oneshot("ann".to_owned()).await.unwrap();
//! # }
//! ```

#[cfg(test)]
mod tests;

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use redis::Script;
use redis::aio::ConnectionLike;
use tenfold_patterns::{
    DistributedDecision, DistributedLimit, DistributedLimitOptions, DistributedRule, InvalidOptions,
};
use tower::Layer;

use crate::error::Error;
use crate::gate::{Admission, Gate, Gated, Guard};
use crate::observe::Observer;
use crate::rate_limit::{Announce, LimitRule, RateLimitCall, Silent};

/// What the server runs.
const TAKE: &str = include_str!("redis_limit/take.lua");

/// A limit for each key, shared by all processes that use the same server and prefix; clones are
/// the same limit.
///
/// `C` is a connection that can be cloned: `redis::aio::ConnectionManager`, which connects again by
/// itself, or `MultiplexedConnection`.
pub struct RedisLimiter<R, C> {
    shared: Arc<Shared<R>>,
    connection: C,
}

struct Shared<R> {
    limit: DistributedLimit<R>,
    prefix: String,
    script: Script,
    unavailable: AtomicU64,
}

impl<R, C: Clone> Clone for RedisLimiter<R, C> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), connection: self.connection.clone() }
    }
}

impl<R: fmt::Debug, C> fmt::Debug for RedisLimiter<R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLimiter")
            .field("limit", &self.shared.limit)
            .field("prefix", &self.shared.prefix)
            .finish_non_exhaustive()
    }
}

impl<R: DistributedRule, C: ConnectionLike + Clone> RedisLimiter<R, C> {
    /// Returns the limit; the state of `key` lies at `prefix` followed by `key`.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(
        rule: R,
        options: DistributedLimitOptions,
        connection: C,
        prefix: &str,
    ) -> Result<Self, InvalidOptions> {
        let limit = DistributedLimit::new(rule, options)?;
        let (script, unavailable) = (Script::new(TAKE), AtomicU64::new(0));
        let shared = Shared { limit, prefix: prefix.to_owned(), script, unavailable };
        Ok(Self { shared: Arc::new(shared), connection })
    }

    /// Takes `amount` for `key`, if it is there; 0 only looks. Dropped before its end, it may have
    /// taken it or not.
    pub async fn admit(&self, key: &str, amount: u64) -> DistributedDecision<R::Decision> {
        self.decide(amount, self.take(key, amount, None)).await
    }

    /// As [`RedisLimiter::admit`], at a given time since the Unix epoch instead of the server's: for
    /// tests in virtual time.
    pub async fn admit_at(
        &self,
        key: &str,
        amount: u64,
        seconds: u64,
        micros: u64,
    ) -> DistributedDecision<R::Decision> {
        self.decide(amount, self.take(key, amount, Some((seconds, micros)))).await
    }

    async fn decide(
        &self,
        amount: u64,
        answer: impl Future<Output = redis::RedisResult<u64>>,
    ) -> DistributedDecision<R::Decision> {
        let limit = &self.shared.limit;
        match tokio::time::timeout(limit.options().timeout, answer).await {
            Ok(Ok(missing)) => limit.decide(missing, amount),
            Ok(Err(_)) | Err(_) => {
                self.shared.unavailable.fetch_add(1, Ordering::Relaxed);
                limit.decide_alone()
            }
        }
    }

    /// Returns how many calls of this process the server did not decide on.
    #[must_use]
    pub fn unavailable(&self) -> u64 {
        self.shared.unavailable.load(Ordering::Relaxed)
    }

    /// Returns the limit.
    #[must_use]
    pub fn limit(&self) -> &DistributedLimit<R> {
        &self.shared.limit
    }

    /// Runs the script; `time` (seconds, microseconds) stands in for the server's.
    async fn take(
        &self,
        key: &str,
        amount: u64,
        time: Option<(u64, u64)>,
    ) -> redis::RedisResult<u64> {
        let tariff = self.shared.limit.tariff();
        let mut call = self.shared.script.key(format!("{}{key}", self.shared.prefix));
        call.arg(tariff.scale).arg(tariff.cost).arg(tariff.capacity).arg(amount);
        if let Some((seconds, micros)) = time {
            call.arg(seconds).arg(micros);
        }
        call.invoke_async(&mut self.connection.clone()).await
    }
}

/// Puts a limit that many processes share around services.
#[derive(Clone, Debug)]
pub struct RedisRateLimitLayer<R, C, F, A = Silent> {
    gate: RedisRateLimitGate<R, C, F, A>,
}

impl<R, C, F> RedisRateLimitLayer<R, C, F> {
    /// Returns the layer; `find` says whose limit a call counts against.
    #[must_use]
    pub fn new<Req>(limiter: RedisLimiter<R, C>, find: F) -> Self
    where
        F: Fn(&Req) -> String,
    {
        let observer = Observer::default();
        Self { gate: RedisRateLimitGate { limiter, find, observer, announce: Silent } }
    }
}

impl<R, C, F, A> RedisRateLimitLayer<R, C, F, A> {
    /// Tells the limit in answers too: [`InHeaders`](crate::InHeaders).
    #[must_use]
    pub fn announce<N>(self, announce: N) -> RedisRateLimitLayer<R, C, F, N> {
        let RedisRateLimitGate { limiter, find, observer, .. } = self.gate;
        RedisRateLimitLayer { gate: RedisRateLimitGate { limiter, find, observer, announce } }
    }

    /// Tells `observer` of every decision.
    #[must_use]
    pub fn observe(mut self, observer: Observer) -> Self {
        self.gate.observer = observer;
        self
    }
}

impl<S, R: Clone, C: Clone, F: Clone, A: Clone> Layer<S> for RedisRateLimitLayer<R, C, F, A> {
    type Service = RedisRateLimit<S, R, C, F, A>;

    fn layer(&self, inner: S) -> Self::Service {
        Gated::new(inner, self.gate.clone())
    }
}

/// A service behind a limit that many processes share.
pub type RedisRateLimit<S, R, C, F, A = Silent> = Gated<S, RedisRateLimitGate<R, C, F, A>>;

/// The gate of a [`RedisRateLimit`].
#[derive(Clone)]
pub struct RedisRateLimitGate<R, C, F, A = Silent> {
    limiter: RedisLimiter<R, C>,
    find: F,
    observer: Observer,
    announce: A,
}

impl<R: fmt::Debug, C, F, A> fmt::Debug for RedisRateLimitGate<R, C, F, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisRateLimitGate").field("limiter", &self.limiter).finish_non_exhaustive()
    }
}

/// The wait for the server's answer.
pub type RedisWait<G> = Pin<Box<dyn Future<Output = Result<G, Error>> + Send>>;

impl<R, C, F, A, Req, Res> Gate<Req, Res> for RedisRateLimitGate<R, C, F, A>
where
    R: DistributedRule + LimitRule,
    R::Decision: Send,
    C: ConnectionLike + Clone + Send + Sync + 'static,
    F: Fn(&Req) -> String,
    A: Announce<Res> + Clone + Send + 'static,
{
    /// `None`: the server said nothing, and the call passes.
    type Guard = Option<RateLimitCall<A>>;
    type Wait = RedisWait<Self::Guard>;

    fn admit(&self, request: &mut Req) -> Admission<Self::Guard, Self::Wait> {
        let key = (self.find)(request);
        let (limiter, observer) = (self.limiter.clone(), self.observer.clone());
        let announce = self.announce.clone();
        Admission::Wait(Box::pin(async move {
            let decision = limiter.admit(&key, 1).await;
            observer.note(&decision);
            match decision {
                DistributedDecision::Decided(decision) => {
                    let verdict = limiter.limit().rule().verdict(&decision);
                    RateLimitCall::of(verdict, announce).map(Some)
                }
                DistributedDecision::Unavailable { admitted: true } => Ok(None),
                DistributedDecision::Unavailable { admitted: false } => {
                    Err(Error::Shed { reason: "limit-unavailable" })
                }
            }
        }))
    }
}

impl<G: Guard<Res>, Res> Guard<Res> for Option<G> {
    fn finish(self, result: &mut Result<Res, Error>) {
        if let Some(guard) = self {
            guard.finish(result);
        }
    }
}
