//! Rate limit: calls beyond the rate are refused, or wait their turn for a while.
//!
//! **Use it** at the edge, a limit for each caller, and in front of a service that counts your
//! calls (one limit for all). **Not** to protect a service from its own slowness: a rate is not a
//! bound on work in progress ([`bulkhead`](crate::bulkhead),
//! [`concurrency_limit`](crate::concurrency_limit)).
//!
//! One process counts only its own calls: N processes admit N times the limit.
//!
//! | limit | of all calls | of each caller |
//! |---|---|---|
//! | [token bucket](tenfold_patterns::token_bucket), [GCRA](tenfold_patterns::gcra) | [`RateLimitLayer::new`] with the rule | [`RateLimitLayer::keyed`] with the rule |
//! | [sliding counter, fixed window](tenfold_patterns::window_limit) | [`RateLimitLayer::window`] with the machine | [`RateLimitLayer::keyed`] with the rule |
//! | [sliding log](tenfold_patterns::window_limit) | [`RateLimitLayer::window`] | –: a log for each caller has no small state |
//! | [leaky bucket](tenfold_patterns::limit_req) | [`LimitReqLayer`](crate::LimitReqLayer), as it makes calls wait | its `keyed` |
//!
//! ```
//! use tenfold_patterns::TokenBucketOptions;
//! use tenfold_patterns_tower::{Error, RateLimitLayer};
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let rule = TokenBucketOptions::per_second(1, 1).rule().unwrap();
//! let mut service = ServiceBuilder::new()
//!     .layer(RateLimitLayer::new(rule))
//!     .service(service_fn(|name: String| async move { Ok::<_, Error>(name) }));
//! assert!(service.ready().await.unwrap().call("a".into()).await.is_ok());
//! let refused = service.ready().await.unwrap().call("b".into()).await.unwrap_err();
//! assert_eq!(refused.status(), 429);
//! assert!(refused.retry_after().is_some());
//! # }
//! ```

#[cfg(test)]
mod tests;

use core::fmt;
use core::future::Future;
use core::hash::Hash;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::sync::Arc;

use tenfold_patterns::{
    Events, FixedWindowRule, GcraDecision, GcraRule, InvalidOptions, KeyedRule,
    TokenBucketDecision, TokenBucketRule, WindowCounterRule, WindowLimitDecision,
    WindowLimitOptions,
};
use tenfold_units::Instant;
use tower::Layer;

use crate::clock::{SharedClock, Sleep, TokioClock};
use crate::error::{Error, Quota};
use crate::gate::{Admission, Gate, Gated, Guard};
use crate::observe::Observer;
use crate::shared::limiter::{SharedKeyedLimiter, SharedLimiter, SharedWindow, WindowLimit};

/// What a limit decided on one call, in the same words for every rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Verdict {
    /// Whether the call passes.
    pub admitted: bool,
    /// When it does not, the time after which it would; `None`: never.
    pub retry_after: Option<Duration>,
    /// What the limit says of itself.
    pub quota: Quota,
}

/// A rule that can be a layer: its state is small, and its decisions read as a [`Verdict`].
pub trait LimitRule:
    KeyedRule<State: Send, Decision: Events> + Clone + Send + Sync + 'static
{
    /// Returns what `decision` means.
    fn verdict(&self, decision: &Self::Decision) -> Verdict;
}

impl LimitRule for TokenBucketRule {
    fn verdict(&self, decision: &TokenBucketDecision) -> Verdict {
        let (limit, one) = (self.options().burst, self.per_token());
        let span = |tokens: u64| one.saturating_mul(u32::try_from(tokens).unwrap_or(u32::MAX));
        let (admitted, remaining, retry_after) = match *decision {
            TokenBucketDecision::Admitted { remaining } => (true, remaining, None),
            TokenBucketDecision::Refused { retry_after } => (false, 0, Some(retry_after)),
            TokenBucketDecision::Impossible => (false, limit, None),
        };
        let reset_after = span(limit - remaining);
        let quota = Quota { limit, window: span(limit), remaining, reset_after };
        Verdict { admitted, retry_after, quota }
    }
}

impl LimitRule for GcraRule {
    fn verdict(&self, decision: &GcraDecision) -> Verdict {
        let GcraDecision { limited, limit, remaining, retry_after, reset_after } = *decision;
        let window = self.interval().saturating_mul(u32::try_from(limit).unwrap_or(u32::MAX));
        let quota = Quota { limit, window, remaining, reset_after };
        Verdict { admitted: !limited, retry_after, quota }
    }
}

impl LimitRule for WindowCounterRule {
    fn verdict(&self, decision: &WindowLimitDecision) -> Verdict {
        of_window(self.options(), decision)
    }
}

impl LimitRule for FixedWindowRule {
    fn verdict(&self, decision: &WindowLimitDecision) -> Verdict {
        of_window(self.options(), decision)
    }
}

/// A window is whole again after its length at the latest; it does not say when.
fn of_window(options: &WindowLimitOptions, decision: &WindowLimitDecision) -> Verdict {
    let WindowLimitOptions { limit, window } = *options;
    let (admitted, remaining, retry_after) = match *decision {
        WindowLimitDecision::Admitted { remaining } => (true, remaining, None),
        WindowLimitDecision::Refused { retry_after } => (false, 0, Some(retry_after)),
        WindowLimitDecision::Impossible => (false, limit, None),
    };
    let reset_after = if remaining == limit { Duration::ZERO } else { window };
    let (limit, remaining) = (u64::from(limit), u64::from(remaining));
    Verdict { admitted, retry_after, quota: Quota { limit, window, remaining, reset_after } }
}

/// A limit, or one for each key.
pub trait Limiter: Clone + Send + Sync + Unpin {
    /// Takes one call's worth for `key`, if it is there.
    fn admit(&self, now: Instant, key: u128, observer: &Observer) -> Verdict;
}

/// Whose limit a call counts against.
pub trait KeyOf<Req>: Limiter {
    /// Returns what the caller is known by.
    fn key(&self, request: &Req) -> u128;
}

/// One limit for all calls.
#[derive(Debug)]
pub struct Global<R>(Arc<SharedLimiter<R>>);

impl<R> Clone for Global<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R: LimitRule<State = u64>> Limiter for Global<R> {
    fn admit(&self, now: Instant, _key: u128, observer: &Observer) -> Verdict {
        let decision = self.0.admit(now, 1);
        observer.note(&decision);
        self.0.rule().verdict(&decision)
    }
}

impl<R: LimitRule<State = u64>, Req> KeyOf<Req> for Global<R> {
    fn key(&self, _request: &Req) -> u128 {
        0
    }
}

/// One limit by window for all calls.
#[derive(Debug)]
pub struct Windowed<M>(Arc<SharedWindow<M>>);

impl<M> Clone for Windowed<M> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<M: WindowLimit> Limiter for Windowed<M> {
    fn admit(&self, now: Instant, _key: u128, observer: &Observer) -> Verdict {
        let (decision, options) = self.0.decide(now, 1);
        observer.note(&decision);
        of_window(&options, &decision)
    }
}

impl<M: WindowLimit, Req> KeyOf<Req> for Windowed<M> {
    fn key(&self, _request: &Req) -> u128 {
        0
    }
}

/// A limit for each key that `F` finds in a request.
pub struct Keyed<R: KeyedRule, F> {
    limiter: Arc<SharedKeyedLimiter<R>>,
    find: F,
}

impl<R: KeyedRule, F: Clone> Clone for Keyed<R, F> {
    fn clone(&self) -> Self {
        Self { limiter: Arc::clone(&self.limiter), find: self.find.clone() }
    }
}

impl<R: KeyedRule + fmt::Debug, F> fmt::Debug for Keyed<R, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyed").field("limiter", &self.limiter).finish_non_exhaustive()
    }
}

impl<R: LimitRule, F: Clone + Send + Sync + Unpin> Limiter for Keyed<R, F> {
    fn admit(&self, now: Instant, key: u128, observer: &Observer) -> Verdict {
        let decision = self.limiter.admit_hashed(now, key, 1);
        observer.note(&decision);
        self.limiter.rule().verdict(&decision)
    }
}

impl<R, F, K, Req> KeyOf<Req> for Keyed<R, F>
where
    R: LimitRule,
    F: Fn(&Req) -> K + Clone + Send + Sync + Unpin,
    K: Hash,
{
    fn key(&self, request: &Req) -> u128 {
        self.limiter.hash(&(self.find)(request))
    }
}

/// Puts a rate limit around services; all services of one layer share the limit.
#[derive(Clone, Debug)]
pub struct RateLimitLayer<L, A = Silent> {
    gate: RateLimitGate<L, A>,
}

impl<R: LimitRule<State = u64>> RateLimitLayer<Global<R>> {
    /// Returns the layer with one limit for all calls.
    #[must_use]
    pub fn new(rule: R) -> Self {
        Self::shared(Arc::new(SharedLimiter::new(rule)))
    }

    /// Returns the layer over a limit that others use too.
    #[must_use]
    pub fn shared(limiter: Arc<SharedLimiter<R>>) -> Self {
        Self::over(Global(limiter))
    }
}

impl<M: WindowLimit> RateLimitLayer<Windowed<M>> {
    /// Returns the layer with one limit by window for all calls: over a
    /// [`WindowLog`](tenfold_patterns::WindowLog), a
    /// [`WindowCounter`](tenfold_patterns::WindowCounter) or a
    /// [`FixedWindow`](tenfold_patterns::FixedWindow).
    #[must_use]
    pub fn window(machine: M) -> Self {
        Self::shared_window(Arc::new(SharedWindow::new(machine)))
    }

    /// Returns the layer over a limit by window that others use too.
    #[must_use]
    pub fn shared_window(limiter: Arc<SharedWindow<M>>) -> Self {
        Self::over(Windowed(limiter))
    }
}

impl<R: LimitRule, F> RateLimitLayer<Keyed<R, F>> {
    /// Returns the layer with a limit for each key (client address, user, API key) and places for
    /// `keys` of them.
    ///
    /// # Errors
    /// `keys` is 0 or above 2^30.
    pub fn keyed<Req, K: Hash>(rule: R, keys: usize, find: F) -> Result<Self, InvalidOptions>
    where
        F: Fn(&Req) -> K + Send + Sync,
    {
        let limiter = Arc::new(SharedKeyedLimiter::new(rule, keys)?);
        Ok(Self::over(Keyed { limiter, find }))
    }
}

impl<L> RateLimitLayer<L> {
    /// Returns the layer over any other limiter.
    #[must_use]
    pub fn over(limiter: L) -> Self {
        let clock = TokioClock::shared();
        let (observer, max_wait, announce) = (Observer::default(), Duration::ZERO, Silent);
        Self { gate: RateLimitGate { limiter, clock, observer, max_wait, announce } }
    }
}

impl<L, A> RateLimitLayer<L, A> {
    /// Tells the limit in answers too: [`InHeaders`].
    #[must_use]
    pub fn announce<N>(self, announce: N) -> RateLimitLayer<L, N> {
        let RateLimitGate { limiter, clock, observer, max_wait, .. } = self.gate;
        RateLimitLayer { gate: RateLimitGate { limiter, clock, observer, max_wait, announce } }
    }

    /// Lets calls wait for their turn up to `span`, instead of being refused at once. A call whose
    /// turn would come later is refused without a wait.
    #[must_use]
    pub fn wait_up_to(mut self, span: Duration) -> Self {
        self.gate.max_wait = span;
        self
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

impl<S, L: Clone, A: Clone> Layer<S> for RateLimitLayer<L, A> {
    type Service = RateLimit<S, L, A>;

    fn layer(&self, inner: S) -> Self::Service {
        Gated::new(inner, self.gate.clone())
    }
}

/// A service behind a rate limit.
pub type RateLimit<S, L, A = Silent> = Gated<S, RateLimitGate<L, A>>;

/// How an answer tells of the limit.
pub trait Announce<Res> {
    /// Writes to the answer of an admitted call.
    fn announce(&self, response: &mut Res, quota: &Quota);
}

/// Answers say nothing of the limit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl<Res> Announce<Res> for Silent {
    fn announce(&self, _response: &mut Res, _quota: &Quota) {}
}

/// HTTP answers carry `RateLimit` and `RateLimit-Policy`.
#[derive(Clone, Copy, Debug, Default)]
pub struct InHeaders;

impl<B> Announce<http::Response<B>> for InHeaders {
    fn announce(&self, response: &mut http::Response<B>, quota: &Quota) {
        quota.write(response.headers_mut());
    }
}

/// The gate of a [`RateLimit`].
#[derive(Clone, Debug)]
pub struct RateLimitGate<L, A = Silent> {
    limiter: L,
    clock: SharedClock,
    observer: Observer,
    max_wait: Duration,
    announce: A,
}

/// A call within the rate.
#[derive(Clone, Copy, Debug)]
pub struct RateLimitCall<A> {
    quota: Quota,
    announce: A,
}

impl<A> RateLimitCall<A> {
    /// Returns the call if the limit admits it.
    pub(crate) fn of(verdict: Verdict, announce: A) -> Result<Self, Error> {
        let Verdict { admitted, retry_after, quota } = verdict;
        let refused = Error::RateLimited { retry_after, quota: Some(quota) };
        if admitted { Ok(Self { quota, announce }) } else { Err(refused) }
    }
}

impl<A: Announce<Res>, Res> Guard<Res> for RateLimitCall<A> {
    fn finish(self, result: &mut Result<Res, Error>) {
        if let Ok(response) = result {
            self.announce.announce(response, &self.quota);
        }
    }
}

impl<L: Limiter, A: Clone> RateLimitGate<L, A> {
    /// Admits a call, or says until when it has to wait, or that it is refused.
    fn ask(
        &self,
        now: Instant,
        key: u128,
        give_up: Instant,
    ) -> Result<RateLimitCall<A>, Result<Instant, Error>> {
        let verdict = self.limiter.admit(now, key, &self.observer);
        let turn = verdict.retry_after.map(|wait| now + wait);
        let waits = turn.filter(|turn| *turn <= give_up && give_up > now);
        let call = RateLimitCall::of(verdict, self.announce.clone());
        call.map_err(|error| waits.ok_or(error))
    }
}

impl<L: KeyOf<Req>, A: Announce<Res> + Clone + Unpin, Req, Res> Gate<Req, Res>
    for RateLimitGate<L, A>
{
    type Guard = RateLimitCall<A>;
    type Wait = RateLimitWait<L, A>;

    fn admit(&self, request: &mut Req) -> Admission<Self::Guard, Self::Wait> {
        let key = self.limiter.key(request);
        let now = self.clock.now();
        let give_up = now + self.max_wait;
        match self.ask(now, key, give_up) {
            Ok(call) => Admission::Now(call),
            Err(Ok(turn)) => {
                let sleep = self.clock.sleep_until(turn);
                Admission::Wait(RateLimitWait { gate: self.clone(), key, give_up, sleep })
            }
            Err(Err(error)) => Admission::Refused(error),
        }
    }
}

/// A call that waits for its turn.
#[derive(Debug)]
pub struct RateLimitWait<L, A> {
    gate: RateLimitGate<L, A>,
    key: u128,
    give_up: Instant,
    sleep: Sleep,
}

impl<L: Limiter, A: Clone + Unpin> Future for RateLimitWait<L, A> {
    type Output = Result<RateLimitCall<A>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            ready!(Pin::new(&mut self.sleep).poll(cx));
            match self.gate.ask(self.gate.clock.now(), self.key, self.give_up) {
                Ok(call) => return Poll::Ready(Ok(call)),
                // Somebody else was quicker: the next turn.
                Err(Ok(turn)) => self.sleep = self.gate.clock.sleep_until(turn),
                Err(Err(error)) => return Poll::Ready(Err(error)),
            }
        }
    }
}
