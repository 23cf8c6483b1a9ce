//! Metrics: counts and latencies of calls by route template, and what the machines of other layers
//! did, as Prometheus text.
//!
//! **Use it** outermost, so that refusals of the layers further in are counted. **Not** with paths as
//! routes: the label is the template (`/links/{code}`), `unmatched` where none fits, so that a
//! scanner does not make a series of each path; past 2,000 series the rest counts as `overflow`.
//!
//! ```
//! use http::{Request, Response};
//! use tenfold_patterns::TokenBucketOptions;
//! use tenfold_patterns_tower::{Error, HttpLabels, Metrics, MetricsLayer, RateLimitLayer};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let metrics = Metrics::new("http_server");
//! let rule = TokenBucketOptions::per_second(1, 1).rule().unwrap();
//! let service = ServiceBuilder::new()
//!     .layer(MetricsLayer::new(&metrics, HttpLabels(|_: &Request<()>| Some("/links/{code}".into()))))
//!     .layer(RateLimitLayer::new(rule).observe(metrics.observer("edge-limit")))
//!     .service(service_fn(|_| async { Ok::<_, Error>(Response::new(())) }));
//! service.oneshot(Request::new(())).await.unwrap();
//! let text = metrics.render();
//! assert!(text.contains(r#"pattern="edge-limit",event="admitted",reason="""#), "{text}");
//! # }
//! ```

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;

use http::{Method, Request, Response};
use tenfold_units::Instant;
use tower::Layer;

use crate::clock::{SharedClock, TokioClock};
use crate::error::Error;
use crate::gate::{Admission, Gate, Gated, Guard, NoWait};
use crate::observe::Observer;
use crate::shared::registry::{Labels, SharedRegistry};

/// Counts and latencies; clones are the same.
#[derive(Clone, Debug)]
pub struct Metrics {
    prefix: Arc<str>,
    registry: SharedRegistry,
}

impl Metrics {
    /// Returns empty metrics whose names begin with `prefix`, for example `http_server`.
    #[must_use]
    pub fn new(prefix: &str) -> Self {
        Self { prefix: prefix.into(), registry: SharedRegistry::default() }
    }

    /// Returns an observer that counts the events of one machine under this name.
    #[must_use]
    pub fn observer(&self, pattern: &'static str) -> Observer {
        let registry = self.registry.clone();
        Observer::new(move |event| registry.note(pattern, event))
    }

    /// Returns all of it in the Prometheus text format.
    #[must_use]
    pub fn render(&self) -> String {
        self.registry.render(&self.prefix)
    }
}

/// Says under which labels a request counts.
pub trait Describe<Req> {
    /// Returns the method, one of few.
    fn method(&self, request: &Req) -> &'static str;

    /// Returns the route template; `None` where none fits.
    fn route(&self, request: &Req) -> Option<String>;
}

/// Says under which label an answer counts.
pub trait DescribeAnswer<Res> {
    /// Returns what became of a call, one of few.
    fn status(&self, result: &Result<Res, Error>) -> Cow<'static, str>;
}

/// Labels of HTTP calls; the closure finds the route template, for axum that of `MatchedPath`.
#[derive(Clone, Copy, Debug)]
pub struct HttpLabels<F>(pub F);

impl<F: Fn(&Request<B>) -> Option<String>, B> Describe<Request<B>> for HttpLabels<F> {
    fn method(&self, request: &Request<B>) -> &'static str {
        match *request.method() {
            Method::GET => "GET",
            Method::HEAD => "HEAD",
            Method::POST => "POST",
            Method::PUT => "PUT",
            Method::PATCH => "PATCH",
            Method::DELETE => "DELETE",
            Method::OPTIONS => "OPTIONS",
            Method::CONNECT => "CONNECT",
            Method::TRACE => "TRACE",
            _ => "OTHER",
        }
    }

    fn route(&self, request: &Request<B>) -> Option<String> {
        (self.0)(request)
    }
}

impl<F, B> DescribeAnswer<Response<B>> for HttpLabels<F> {
    fn status(&self, result: &Result<Response<B>, Error>) -> Cow<'static, str> {
        let status = match result {
            Ok(response) => response.status(),
            Err(error) => error.status(),
        };
        status.as_str().to_owned().into()
    }
}

/// Puts metrics around services.
#[derive(Clone, Debug)]
pub struct MetricsLayer<D> {
    metrics: Metrics,
    describe: D,
    clock: SharedClock,
}

impl<D> MetricsLayer<D> {
    /// Returns the layer that counts into `metrics`, with labels from `describe`.
    #[must_use]
    pub fn new(metrics: &Metrics, describe: D) -> Self {
        Self { metrics: metrics.clone(), describe, clock: TokioClock::shared() }
    }

    /// Takes time from `clock`.
    #[must_use]
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }
}

impl<S, D: Clone> Layer<S> for MetricsLayer<D> {
    type Service = Measured<S, D>;

    fn layer(&self, inner: S) -> Self::Service {
        Gated::new(inner, self.clone())
    }
}

/// A service whose calls are counted.
pub type Measured<S, D> = Gated<S, MetricsLayer<D>>;

impl<D, Req, Res> Gate<Req, Res> for MetricsLayer<D>
where
    D: Describe<Req> + DescribeAnswer<Res> + Clone,
{
    type Guard = MeasuredCall<D>;
    type Wait = NoWait<Self::Guard>;

    fn admit(&self, request: &mut Req) -> Admission<Self::Guard, Self::Wait> {
        let route = self.describe.route(request).map_or("unmatched".into(), Cow::Owned);
        let method = self.describe.method(request);
        self.metrics.registry.begin();
        // A call without an answer is one that was cancelled.
        let labels = Some(Labels { method, route, status: "cancelled".into() });
        let started = self.clock.now();
        Admission::Now(MeasuredCall { labels, started, layer: self.clone() })
    }
}

/// A call that is counted at its end.
#[derive(Debug)]
pub struct MeasuredCall<D> {
    labels: Option<Labels>,
    started: Instant,
    layer: MetricsLayer<D>,
}

impl<D> MeasuredCall<D> {
    fn end(&mut self, status: Option<Cow<'static, str>>) {
        let Some(mut labels) = self.labels.take() else { return };
        if let Some(status) = status {
            labels.status = status;
        }
        let took = self.layer.clock.now().saturating_since(self.started);
        self.layer.metrics.registry.end(labels, took);
    }
}

impl<D: DescribeAnswer<Res>, Res> Guard<Res> for MeasuredCall<D> {
    fn finish(mut self, result: &mut Result<Res, Error>) {
        let status = self.layer.describe.status(result);
        self.end(Some(status));
    }
}

impl<D> Drop for MeasuredCall<D> {
    fn drop(&mut self) {
        self.end(None);
    }
}
