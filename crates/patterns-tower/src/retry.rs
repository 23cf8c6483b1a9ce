//! Retry: a call that failed is made again, after a wait, within a budget.
//!
//! **Use it** at one layer of a system, for requests that may be [repeated](crate::Repeat). **Not** at
//! several layers: three layers of four attempts are 64 calls. An error that comes out of here as
//! [`Error::Exhausted`] is not retried by another of these layers.
//!
//! The budget is a share of requests, per callee: without it an outage is answered with a flood. A
//! server's `Retry-After`, and the wait that an inner breaker or limiter names, are obeyed. An
//! answer that is a failure (a 503) goes out as it is once no attempt is left.
//!
//! ```
//! use tenfold_patterns::{RetryBudgetOptions, RetryOptions};
//! use tenfold_patterns_tower::{Error, RetryLayer};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
//! let retry = RetryLayer::new(RetryOptions::grpc(), RetryBudgetOptions::grpc()).unwrap();
//! let service = ServiceBuilder::new()
//!     .layer(retry)
//!     .service(service_fn(|()| async { Err::<(), _>(Error::Inner("reset".into())) }));
//! let error = service.oneshot(()).await.unwrap_err();
//! assert!(matches!(error, Error::Exhausted { attempts: 5, reason: "attempts", .. }), "{error:?}");
//! # }
//! ```

#[cfg(test)]
mod tests;

use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::{Arc, Mutex};

use tenfold_patterns::{
    Deadline, GiveUp, InvalidOptions, Retry as Machine, RetryBudgetOptions, RetryCause,
    RetryDecision, RetryFailure, RetryOptions,
};
use tenfold_units::Seed;
use tenfold_units::random::Stream;
use tower::{Layer, Service};

use crate::classify::{ByError, Class, Classify};
use crate::clock::{SharedClock, TokioClock};
use crate::error::{BoxError, Error};
use crate::observe::Observer;
use crate::repeat::{Always, Repeat};
use crate::seed;
use crate::shared::budget::SharedRetryBudget;
use crate::sync::lock;

/// Puts retries around services; all services of one layer share the budget.
#[derive(Clone, Debug)]
pub struct RetryLayer<C = ByError, I = Always> {
    policy: Arc<Policy>,
    classify: C,
    repeat: I,
}

#[derive(Clone, Debug)]
struct Policy {
    machine: Machine,
    budget: SharedRetryBudget,
    stream: Arc<Mutex<Stream>>,
    clock: SharedClock,
    observer: Observer,
}

impl RetryLayer {
    /// Returns the layer: every error is tried again, whatever the request.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(retry: RetryOptions, budget: RetryBudgetOptions) -> Result<Self, InvalidOptions> {
        Self::on(TokioClock::shared(), retry, budget)
    }

    /// As [`RetryLayer::new`], on `clock`.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn on(
        clock: SharedClock,
        retry: RetryOptions,
        budget: RetryBudgetOptions,
    ) -> Result<Self, InvalidOptions> {
        let budget = SharedRetryBudget::new(budget, clock.now())?;
        let (machine, observer) = (Machine::new(retry)?, Observer::default());
        let stream = Arc::new(Mutex::new(seed().stream("retry")));
        let policy = Arc::new(Policy { machine, budget, stream, clock, observer });
        Ok(Self { policy, classify: ByError, repeat: Always })
    }
}

impl<C, I> RetryLayer<C, I> {
    /// Judges answers by `classify` instead.
    #[must_use]
    pub fn classify<D>(self, classify: D) -> RetryLayer<D, I> {
        RetryLayer { policy: self.policy, classify, repeat: self.repeat }
    }

    /// Repeats only what `repeat` says: a closure over the request, or
    /// [`Idempotent`](crate::Idempotent).
    #[must_use]
    pub fn only<J>(self, repeat: J) -> RetryLayer<C, J> {
        RetryLayer { policy: self.policy, classify: self.classify, repeat }
    }

    /// Shares the budget with other layers that call the same service.
    #[must_use]
    pub fn budget(mut self, budget: SharedRetryBudget) -> Self {
        Arc::make_mut(&mut self.policy).budget = budget;
        self
    }

    /// Makes chance repeat.
    #[must_use]
    pub fn seeded(mut self, seed: Seed) -> Self {
        Arc::make_mut(&mut self.policy).stream = Arc::new(Mutex::new(seed.stream("retry")));
        self
    }

    /// Tells `observer` of every decision: a retry is an admission, giving up a refusal.
    #[must_use]
    pub fn observe(mut self, observer: Observer) -> Self {
        Arc::make_mut(&mut self.policy).observer = observer;
        self
    }
}

impl<S, C: Clone, I: Clone> Layer<S> for RetryLayer<C, I> {
    type Service = Retry<S, C, I>;

    fn layer(&self, inner: S) -> Self::Service {
        Retry { inner, layer: self.clone() }
    }
}

/// A service whose calls are tried again.
#[derive(Clone, Debug)]
pub struct Retry<S, C = ByError, I = Always> {
    inner: S,
    layer: RetryLayer<C, I>,
}

/// A call through a layer that makes more than one of it.
pub type BoxedCall<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

impl<S, C, I, Req> Service<Req> for Retry<S, C, I>
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
        // The service that was polled ready makes the first attempt; a clone stays here.
        let fresh = self.inner.clone();
        let ready = core::mem::replace(&mut self.inner, fresh);
        let may_repeat = self.layer.repeat.may_repeat(&request);
        let deadline = self.layer.repeat.deadline(&request);
        let (policy, classify) = (Arc::clone(&self.layer.policy), self.layer.classify.clone());
        Box::pin(policy.run(classify, ready, request, may_repeat, deadline))
    }
}

impl Policy {
    async fn run<S, C, Req>(
        self: Arc<Self>,
        classify: C,
        mut service: S,
        mut request: Req,
        may_repeat: bool,
        deadline: Deadline,
    ) -> Result<S::Response, Error>
    where
        S: Service<Req> + Clone,
        S::Error: Into<BoxError> + 'static,
        C: Classify<S::Response>,
        Req: Clone,
    {
        let start = self.clock.now();
        self.budget.request(start);
        let mut call = self.machine.start(start);
        let mut withdrawal = None;
        let spare = service.clone();
        let mut ready = Ok(());
        loop {
            let copy = request.clone();
            let result = match ready {
                Ok(()) => service.call(request).await.map_err(Error::from_inner),
                Err(error) => Err(error),
            };
            let class = classify.classify(&result);
            let Some(failure) = class.for_retry() else {
                self.budget.success(withdrawal);
                return result;
            };
            if !matches!(class, Class::Refused(_) | Class::Final) {
                self.budget.failure();
            }
            // What never reached the service may be repeated whatever it is.
            if !may_repeat && !matches!(class, Class::Refused(_)) {
                return result;
            }
            let attempts = call.attempts();
            let now = self.clock.now();
            let decision = self.machine.decide(now, &mut call, failure, &mut lock(&self.stream));
            self.observer.note(&decision);
            let wait = match decision {
                RetryDecision::After(wait) => wait,
                RetryDecision::GiveUp(why) => return give_up(result, why_label(why), attempts),
            };
            if deadline.has_passed(now + wait) {
                return give_up(result, "deadline", attempts);
            }
            let cause = match failure {
                RetryFailure::Throttled | RetryFailure::PushedBack(_) => RetryCause::Throttled,
                RetryFailure::Transient | RetryFailure::Permanent => RetryCause::Failure,
            };
            let Some(guard) = self.budget.withdraw(now, cause) else {
                return give_up(result, "budget", attempts);
            };
            drop(result);
            if !wait.is_zero() {
                self.clock.sleep_until(now + wait).await;
            }
            service = spare.clone();
            ready = poll_fn(|cx| service.poll_ready(cx)).await.map_err(Error::from_inner);
            withdrawal = guard.sent();
            request = copy;
        }
    }
}

const fn why_label(why: GiveUp) -> &'static str {
    match why {
        GiveUp::Permanent => "permanent",
        GiveUp::Attempts => "attempts",
        GiveUp::TotalTime => "total-time",
        GiveUp::PushedBack => "pushed-back",
    }
}

/// The last result; an error says that it was given up, unless that is what a single try is.
fn give_up<T>(result: Result<T, Error>, reason: &'static str, attempts: u32) -> Result<T, Error> {
    let single = attempts == 1 && matches!(reason, "permanent" | "attempts");
    match result {
        Err(error) if !single => {
            Err(Error::Exhausted { reason, attempts, source: Box::new(error) })
        }
        result => result,
    }
}
