//! The service that most layers are: a gate that admits a call, and a guard that gives back what
//! was taken, however the call ends.

#[cfg(test)]
mod tests;

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tower::Service;

use crate::error::{BoxError, Error};

/// What a gate says to a call.
#[derive(Debug)]
pub enum Admission<G, W> {
    /// It may go on; the guard is held until it is done.
    Now(G),
    /// It has to wait for its guard.
    Wait(W),
    /// It may not.
    Refused(Error),
}

/// Decides on calls of type `Req` with answers of type `Res`.
pub trait Gate<Req, Res> {
    /// What a call holds while it runs.
    type Guard: Guard<Res>;
    /// How a call waits for its guard.
    type Wait: Future<Output = Result<Self::Guard, Error>> + Unpin;

    /// Decides on a call; may write to the request.
    fn admit(&self, request: &mut Req) -> Admission<Self::Guard, Self::Wait>;
}

/// What a running call holds. Dropped without [`Guard::finish`] — the caller went away, the
/// service panicked, an outer layer timed out — it gives back what it holds, and counts nothing.
pub trait Guard<Res> {
    /// The call is done with this result.
    fn finish(self, result: &mut Result<Res, Error>);
}

impl<Res> Guard<Res> for () {
    fn finish(self, _result: &mut Result<Res, Error>) {}
}

/// How a gate waits that never does.
pub type NoWait<G> = core::future::Ready<Result<G, Error>>;

/// A service behind a gate.
///
/// Readiness is the inner service's: the gate decides on the call itself, when the request is known.
/// A call that is refused or has to wait lets go of what the inner service reserved in `poll_ready`,
/// so that no place stays taken by a call that is not made.
#[derive(Clone, Debug)]
pub struct Gated<S, G> {
    inner: S,
    gate: G,
}

impl<S, G> Gated<S, G> {
    pub(crate) const fn new(inner: S, gate: G) -> Self {
        Self { inner, gate }
    }

    /// Returns the service behind the gate.
    #[must_use]
    pub const fn inner(&self) -> &S {
        &self.inner
    }
}

impl<S, G, Req> Service<Req> for Gated<S, G>
where
    S: Service<Req> + Clone,
    S::Error: Into<BoxError> + 'static,
    G: Gate<Req, S::Response>,
{
    type Response = S::Response;
    type Error = Error;
    type Future = GatedFuture<S, Req, S::Future, G::Guard, G::Wait>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx).map_err(Error::from_inner)
    }

    fn call(&mut self, mut request: Req) -> Self::Future {
        let stage = match self.gate.admit(&mut request) {
            Admission::Now(guard) => {
                // Should `call` panic, the guard is dropped here.
                Stage::Running { future: self.inner.call(request), guard: Some(guard) }
            }
            Admission::Wait(wait) => {
                let fresh = self.inner.clone();
                self.inner = fresh.clone();
                Stage::Waiting { wait, guard: None, call: Some((fresh, request)) }
            }
            Admission::Refused(error) => {
                self.inner = self.inner.clone();
                Stage::Refused { error: Some(error) }
            }
        };
        GatedFuture { stage }
    }
}

pin_project! {
    /// A call through a gate.
    pub struct GatedFuture<S, Req, F, G, W> {
        #[pin]
        stage: Stage<S, Req, F, G, W>,
    }
}

pin_project! {
    #[project = StageProjection]
    #[project_replace = StageReplaced]
    enum Stage<S, Req, F, G, W> {
        /// For the guard first, then for the service to be ready.
        Waiting { wait: W, guard: Option<G>, call: Option<(S, Req)> },
        Running { #[pin] future: F, guard: Option<G> },
        Refused { error: Option<Error> },
        Done,
    }
}

impl<S, Req, F, G, W> GatedFuture<S, Req, F, G, W> {
    /// Returns a call that is not made.
    pub(crate) const fn refused(error: Error) -> Self {
        Self { stage: Stage::Refused { error: Some(error) } }
    }
}

impl<S, Req, F, G> GatedFuture<S, Req, F, G, NoWait<G>> {
    /// Returns a call that is made once `service` is ready.
    pub(crate) fn when_ready(service: S, request: Req, guard: G) -> Self {
        // The guard is there already; its wait is not looked at.
        let wait = core::future::ready(Err(Error::NoBackend));
        Self { stage: Stage::Waiting { wait, guard: Some(guard), call: Some((service, request)) } }
    }
}

impl<S, Req, F, G, W> fmt::Debug for GatedFuture<S, Req, F, G, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatedFuture").finish_non_exhaustive()
    }
}

impl<S, Req, G, W> Future for GatedFuture<S, Req, S::Future, G, W>
where
    S: Service<Req>,
    S::Error: Into<BoxError> + 'static,
    G: Guard<S::Response>,
    W: Future<Output = Result<G, Error>> + Unpin,
{
    type Output = Result<S::Response, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut stage = self.project().stage;
        loop {
            let next = match stage.as_mut().project() {
                StageProjection::Waiting { wait, guard, call } => {
                    if guard.is_none() {
                        match ready!(Pin::new(wait).poll(cx)) {
                            Ok(given) => *guard = Some(given),
                            Err(error) => {
                                stage.project_replace(Stage::Done);
                                return Poll::Ready(Err(error));
                            }
                        }
                    }
                    let (service, _) = call.as_mut().expect("taken with the stage only");
                    let ready = ready!(service.poll_ready(cx));
                    let (mut service, request) = call.take().expect("looked at above");
                    let guard = guard.take().expect("filled above");
                    if let Err(error) = ready {
                        stage.project_replace(Stage::Done);
                        let mut result = Err(Error::from_inner(error));
                        guard.finish(&mut result);
                        return Poll::Ready(result);
                    }
                    Stage::Running { future: service.call(request), guard: Some(guard) }
                }
                StageProjection::Running { future, guard } => {
                    let result = ready!(future.poll(cx));
                    let guard = guard.take().expect("a future is not polled after its end");
                    let mut result = result.map_err(Error::from_inner);
                    stage.project_replace(Stage::Done);
                    guard.finish(&mut result);
                    return Poll::Ready(result);
                }
                StageProjection::Refused { error } => {
                    let error = error.take().expect("a future is not polled after its end");
                    return Poll::Ready(Err(error));
                }
                StageProjection::Done => panic!("a future is not polled after its end"),
            };
            stage.as_mut().project_replace(next);
        }
    }
}
