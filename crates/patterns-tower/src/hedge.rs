//! Hedge: a second request when the first takes longer than nearly all do; the first answer wins.
//!
//! **Use it** for idempotent reads with a long tail, over a [balancer](crate::balance) that sends the
//! second elsewhere. **Not** for writes, not together with [`retry`](crate::retry) on the same call.
//!
//! Losers are dropped, which cancels them and gives back what inner layers hold for them.
//!
//! ```
//! use tenfold_patterns::HedgeOptions;
//! use tenfold_patterns_tower::{Error, HedgeLayer};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let service = ServiceBuilder::new()
//!     .layer(HedgeLayer::new(HedgeOptions::tail_at_scale()).unwrap())
//!     .service(service_fn(|x: u32| async move { Ok::<_, Error>(x) }));
//! assert_eq!(service.oneshot(5).await.unwrap(), 5);
//! # }
//! ```

#[cfg(test)]
mod tests;

use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll};

use tenfold_patterns::{HedgeDecision, HedgeOptions, InvalidOptions};
use tenfold_units::Instant;
use tower::{Layer, Service};

use crate::classify::{ByError, Class, Classify};
use crate::clock::{SharedClock, Sleep, TokioClock};
use crate::error::{BoxError, Error};
use crate::observe::Observer;
use crate::repeat::{Always, Repeat};
use crate::retry::BoxedCall;
use crate::shared::hedge::SharedHedge;

/// Puts hedging around services; all services of one layer share what is known of the latency, and
/// the budget.
#[derive(Clone, Debug)]
pub struct HedgeLayer<C = ByError, I = Always> {
    policy: Policy,
    classify: C,
    repeat: I,
}

#[derive(Clone, Debug)]
struct Policy {
    hedge: SharedHedge,
    clock: SharedClock,
    observer: Observer,
}

impl HedgeLayer {
    /// Returns the layer: every request may be sent twice.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: HedgeOptions) -> Result<Self, InvalidOptions> {
        let hedge = SharedHedge::new(options)?;
        let (clock, observer) = (TokioClock::shared(), Observer::default());
        let policy = Policy { hedge, clock, observer };
        Ok(Self { policy, classify: ByError, repeat: Always })
    }
}

impl<C, I> HedgeLayer<C, I> {
    /// Judges answers by `classify` instead.
    #[must_use]
    pub fn classify<D>(self, classify: D) -> HedgeLayer<D, I> {
        HedgeLayer { policy: self.policy, classify, repeat: self.repeat }
    }

    /// Hedges only what `repeat` says may be repeated.
    #[must_use]
    pub fn only<J>(self, repeat: J) -> HedgeLayer<C, J> {
        HedgeLayer { policy: self.policy, classify: self.classify, repeat }
    }

    /// Shares the budget, and what is known of the latency, with other layers.
    #[must_use]
    pub fn shared(mut self, hedge: SharedHedge) -> Self {
        self.policy.hedge = hedge;
        self
    }

    /// Takes time from `clock`.
    #[must_use]
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.policy.clock = clock;
        self
    }

    /// Tells `observer` of every decision: a hedge is an admission.
    #[must_use]
    pub fn observe(mut self, observer: Observer) -> Self {
        self.policy.observer = observer;
        self
    }
}

impl<S, C: Clone, I: Clone> Layer<S> for HedgeLayer<C, I> {
    type Service = Hedge<S, C, I>;

    fn layer(&self, inner: S) -> Self::Service {
        Hedge { inner, layer: self.clone() }
    }
}

/// A service whose slow calls are hedged.
#[derive(Clone, Debug)]
pub struct Hedge<S, C = ByError, I = Always> {
    inner: S,
    layer: HedgeLayer<C, I>,
}

impl<S, C, I, Req> Service<Req> for Hedge<S, C, I>
where
    S: Service<Req, Response: Send, Future: Send> + Clone + Send + 'static,
    S::Error: Into<BoxError> + 'static,
    C: Classify<S::Response> + Clone + Send + 'static,
    I: Repeat<Req>,
    Req: Clone + Send + 'static,
{
    type Response = S::Response;
    type Error = Error;
    type Future = BoxedCall<S::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx).map_err(Error::from_inner)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let spare = self.inner.clone();
        if !self.layer.repeat.may_repeat(&request) {
            let only = self.inner.call(request);
            return Box::pin(async move { only.await.map_err(Error::from_inner) });
        }
        let first = self.inner.call(request.clone());
        let first = Box::pin(async move { first.await.map_err(Error::from_inner) });
        let policy = self.layer.policy.clone();
        let again = move || -> BoxedCall<S::Response> {
            let (mut service, request) = (spare.clone(), request.clone());
            Box::pin(async move {
                poll_fn(|cx| service.poll_ready(cx)).await.map_err(Error::from_inner)?;
                service.call(request).await.map_err(Error::from_inner)
            })
        };
        policy.hedge.request();
        let now = policy.clock.now();
        let mut race = Race {
            attempts: vec![Some((now, first))],
            last: now,
            sleep: None,
            settled: false,
            failed: None,
            policy,
            classify: self.layer.classify.clone(),
            again,
        };
        Box::pin(poll_fn(move |cx| race.poll(cx)))
    }
}

/// The requests of one call.
struct Race<T, C, F> {
    attempts: Vec<Option<(Instant, BoxedCall<T>)>>,
    /// When the last of them went out.
    last: Instant,
    sleep: Option<Sleep>,
    /// Whether no more will be sent.
    settled: bool,
    /// What comes out if none succeeds.
    failed: Option<Result<T, Error>>,
    policy: Policy,
    classify: C,
    again: F,
}

impl<T, C: Classify<T>, F: Fn() -> BoxedCall<T>> Race<T, C, F> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, Error>> {
        loop {
            if let Some(answer) = self.poll_attempts(cx) {
                return Poll::Ready(answer);
            }
            if self.attempts.iter().all(Option::is_none) {
                let failed = self.failed.take().expect("one attempt at least was made and failed");
                return Poll::Ready(failed);
            }
            if self.settled {
                return Poll::Pending;
            }
            if let Some(sleep) = &mut self.sleep
                && Pin::new(sleep).poll(cx).is_pending()
            {
                return Poll::Pending;
            }
            let now = self.policy.clock.now();
            let sent = self.attempts.len() as u32;
            let decision = self.policy.hedge.decide(now, self.last, sent);
            self.apply(now, decision);
        }
    }

    /// Polls what is under way; returns the answer if one came that wins.
    fn poll_attempts(&mut self, cx: &mut Context<'_>) -> Option<Result<T, Error>> {
        let mut place = 0;
        while place < self.attempts.len() {
            if let Some((started, attempt)) = &mut self.attempts[place]
                && let Poll::Ready(result) = attempt.as_mut().poll(cx)
            {
                let now = self.policy.clock.now();
                let latency = now.saturating_since(*started);
                self.attempts[place] = None;
                match self.classify.classify(&result) {
                    Class::Success | Class::ClientError => {
                        self.policy.hedge.answered(latency);
                        return Some(result);
                    }
                    Class::Permanent | Class::Final => return Some(result),
                    Class::Transient | Class::Throttled(_) | Class::Refused(_) => {}
                }
                self.failed = Some(result);
                if !self.settled {
                    let sent = self.attempts.len() as u32;
                    let decision = self.policy.hedge.failed(sent);
                    self.apply(now, decision);
                }
            }
            place += 1;
        }
        None
    }

    fn apply(&mut self, now: Instant, decision: HedgeDecision) {
        self.policy.observer.note(&decision);
        self.sleep = None;
        match decision {
            HedgeDecision::Send => {
                self.last = now;
                self.attempts.push(Some((now, (self.again)())));
            }
            HedgeDecision::Wait(span) => {
                self.sleep = Some(self.policy.clock.sleep_until(now + span));
            }
            HedgeDecision::No => self.settled = true,
        }
    }
}
