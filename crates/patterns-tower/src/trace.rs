//! Trace: the W3C trace context of a request, read at the door, carried along, and sent on.
//!
//! ```text
//!  server:  traceparent ─► TraceLayer::server ─► request carries TraceContext
//!  client:  request carries TraceContext ─► TraceLayer::client ─► traceparent
//!           each tells its span to a sink, which may export it
//! ```
//!
//! **Use it** at every edge of a service. **Not** as proof of who the caller is.
//!
//! A span is told also when the call is cancelled or panics.
//!
//! ```
//! use http::Request;
//! use tenfold_patterns::TraceContext;
//! use tenfold_patterns_tower::{Error, TraceLayer};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let service = ServiceBuilder::new()
//!     .layer(TraceLayer::server(|span| assert!(span.parent_id.is_none())))
//!     .service(service_fn(|request: Request<()>| async move {
//!         Ok::<_, Error>(request.extensions().get::<TraceContext>().is_some())
//!     }));
//! assert!(service.oneshot(Request::new(())).await.unwrap());
//! # }
//! ```

#[cfg(test)]
mod tests;

use core::fmt;
use std::sync::{Arc, Mutex};

use http::{HeaderName, HeaderValue, Request};
use tenfold_patterns::TraceContext;
use tenfold_units::random::Stream;
use tenfold_units::{Instant, Seed};
use tower::Layer;

use crate::carry::Carry;
use crate::classify::{ByError, Class, Classify};
use crate::clock::{SharedClock, TokioClock};
use crate::error::Error;
use crate::gate::{Admission, Gate, Gated, Guard, NoWait};
use crate::seed;
use crate::sync::lock;

/// A call, as it is told to the sink at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The trace, and this call's own id as its parent id: what callees see.
    pub context: TraceContext,
    /// The caller's part; `None` where the trace began here.
    pub parent_id: Option<u64>,
    /// When it began, on the layer's clock.
    pub started: Instant,
    /// When it ended.
    pub ended: Instant,
    /// What the answer says of the service; `None`: cancelled, or a panic.
    pub class: Option<Class>,
}

type Sink = Arc<dyn Fn(Span) + Send + Sync>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Server,
    Client,
}

/// Puts tracing around services that take `http::Request`.
#[derive(Clone)]
pub struct TraceLayer<C = ByError> {
    side: Side,
    sample_ratio: f64,
    stream: Arc<Mutex<Stream>>,
    clock: SharedClock,
    sink: Sink,
    classify: C,
}

impl<C> fmt::Debug for TraceLayer<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceLayer").field("side", &self.side).finish_non_exhaustive()
    }
}

impl TraceLayer {
    /// Returns the layer for a server: reads the headers, or starts a trace where there are none.
    /// Sampled spans go to `sink`.
    #[must_use]
    pub fn server(sink: impl Fn(Span) + Send + Sync + 'static) -> Self {
        Self::on(Side::Server, Arc::new(sink))
    }

    /// Returns the layer for a client: writes the headers of a child of the context that the request
    /// carries. Sampled spans go to `sink`.
    #[must_use]
    pub fn client(sink: impl Fn(Span) + Send + Sync + 'static) -> Self {
        Self::on(Side::Client, Arc::new(sink))
    }

    fn on(side: Side, sink: Sink) -> Self {
        let stream = Arc::new(Mutex::new(seed().stream("trace")));
        let clock = TokioClock::shared();
        Self { side, sample_ratio: 1.0, stream, clock, sink, classify: ByError }
    }
}

impl<C> TraceLayer<C> {
    /// Samples this share of the traces that begin here, 0 to 1; one that began elsewhere is sampled
    /// as its caller says.
    #[must_use]
    pub fn sample(mut self, ratio: f64) -> Self {
        self.sample_ratio = ratio;
        self
    }

    /// Judges answers by `classify` instead.
    #[must_use]
    pub fn classify<D>(self, classify: D) -> TraceLayer<D> {
        let Self { side, sample_ratio, stream, clock, sink, .. } = self;
        TraceLayer { side, sample_ratio, stream, clock, sink, classify }
    }

    /// Takes time from `clock`.
    #[must_use]
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    /// Makes ids repeat.
    #[must_use]
    pub fn seeded(mut self, seed: Seed) -> Self {
        self.stream = Arc::new(Mutex::new(seed.stream("trace")));
        self
    }
}

impl<S, C: Clone> Layer<S> for TraceLayer<C> {
    type Service = Trace<S, C>;

    fn layer(&self, inner: S) -> Self::Service {
        Gated::new(inner, self.clone())
    }
}

/// A service whose calls are traced.
pub type Trace<S, C = ByError> = Gated<S, TraceLayer<C>>;

impl<C: Classify<Res> + Clone, B, Res> Gate<Request<B>, Res> for TraceLayer<C> {
    type Guard = TracedCall<C>;
    type Wait = NoWait<Self::Guard>;

    fn admit(&self, request: &mut Request<B>) -> Admission<Self::Guard, Self::Wait> {
        let parent = match self.side {
            Side::Server => parse(request),
            Side::Client => request.carried().cloned(),
        };
        let context = {
            let stream = &mut *lock(&self.stream);
            match &parent {
                Some(parent) => parent.child(stream),
                None => TraceContext::start(stream.chance(self.sample_ratio), stream),
            }
        };
        if self.side == Side::Client {
            write(&context, request);
        }
        request.carry(context.clone());
        let (parent_id, started) = (parent.map(|it| it.parent_id()), self.clock.now());
        let span = Span { context, parent_id, started, ended: started, class: None };
        Admission::Now(TracedCall { span: Some(span), layer: self.clone() })
    }
}

fn parse<B>(request: &Request<B>) -> Option<TraceContext> {
    let text = |(name, value): (&'_ HeaderName, &'_ HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let names = ["traceparent", "tracestate"];
    let ours = request.headers().iter().filter(|(name, _)| names.contains(&name.as_str()));
    let headers: Vec<(String, String)> = ours.filter_map(text).collect();
    TraceContext::parse(headers.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

fn write<B>(context: &TraceContext, request: &mut Request<B>) {
    let headers = request.headers_mut();
    headers.remove("tracestate");
    let both = [("traceparent", Some(context.traceparent())), ("tracestate", context.tracestate())];
    for (name, text) in both {
        if let Some(value) = text.and_then(|text| HeaderValue::try_from(text).ok()) {
            headers.insert(name, value);
        }
    }
}

/// A call that is traced.
#[derive(Debug)]
pub struct TracedCall<C> {
    span: Option<Span>,
    layer: TraceLayer<C>,
}

impl<C> TracedCall<C> {
    fn end(&mut self, class: Option<Class>) {
        let Some(mut span) = self.span.take() else { return };
        if span.context.is_sampled() {
            (span.ended, span.class) = (self.layer.clock.now(), class);
            (self.layer.sink)(span);
        }
    }
}

impl<C: Classify<Res>, Res> Guard<Res> for TracedCall<C> {
    fn finish(mut self, result: &mut Result<Res, Error>) {
        let class = self.layer.classify.classify(result);
        self.end(Some(class));
    }
}

impl<C> Drop for TracedCall<C> {
    fn drop(&mut self) {
        self.end(None);
    }
}
