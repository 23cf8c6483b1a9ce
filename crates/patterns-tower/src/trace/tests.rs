use core::time::Duration;

use http::Response;
use tokio::time::sleep;
use tower::{ServiceBuilder, ServiceExt, service_fn};

use super::*;
use crate::classify::ByStatus;
use crate::error::BoxError;

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn sink() -> (Arc<Mutex<Vec<Span>>>, impl Fn(Span) + Send + Sync + Clone + 'static) {
    let spans = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&spans);
    (spans, move |span| told.lock().unwrap().push(span))
}

fn request(headers: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::builder();
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap()
}

/// The headers that a callee two hops on sees.
async fn through(
    sink: impl Fn(Span) + Send + Sync + Clone + 'static,
    request: Request<()>,
) -> http::HeaderMap {
    let service = ServiceBuilder::new()
        .layer(TraceLayer::server(sink.clone()).seeded(Seed(1)))
        .layer(TraceLayer::client(sink).seeded(Seed(2)))
        .service(service_fn(async |request: Request<()>| {
            Ok::<_, BoxError>(request.headers().clone())
        }));
    service.oneshot(request).await.unwrap()
}

#[tokio::test]
async fn a_trace_goes_through_with_new_parents() {
    let (spans, sink) = sink();
    let headers = [("traceparent", PARENT), ("tracestate", "a=1"), ("tracestate", "b=2")];
    let seen = through(sink, request(&headers)).await;
    let spans = spans.lock().unwrap();
    let [client, server] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!(server.parent_id, Some(0x00f0_67aa_0ba9_02b7));
    assert_eq!(client.parent_id, Some(server.context.parent_id()));
    assert_eq!(server.context.trace_id(), 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
    assert_eq!(seen["traceparent"], client.context.traceparent());
    let states: Vec<_> = seen.get_all("tracestate").iter().collect();
    assert_eq!(states, ["a=1,b=2"], "as one header");
}

#[tokio::test]
async fn a_missing_or_broken_parent_starts_a_trace() {
    for headers in [&[][..], &[("traceparent", "00-zz-zz-01")], &[("traceparent", PARENT); 2]] {
        let (spans, sink) = sink();
        let seen = through(sink, request(headers)).await;
        let spans = spans.lock().unwrap();
        assert_eq!(spans[1].parent_id, None, "{headers:?}");
        assert_ne!(spans[1].context.trace_id(), 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
        assert_eq!(seen.get_all("traceparent").iter().count(), 1);
    }
}

#[tokio::test]
async fn what_the_caller_does_not_sample_is_not_told_but_goes_through() {
    let (spans, sink) = sink();
    let unsampled = PARENT.replace("-01", "-00");
    let seen = through(sink, request(&[("traceparent", &unsampled)])).await;
    assert!(spans.lock().unwrap().is_empty());
    assert!(seen["traceparent"].to_str().unwrap().ends_with("-00"));
}

#[tokio::test]
async fn a_share_of_the_traces_that_begin_here_is_sampled() {
    let (spans, sink) = sink();
    let layer = TraceLayer::server(sink).seeded(Seed(3)).sample(0.25);
    let service = layer.layer(service_fn(async |_: Request<()>| Ok::<_, BoxError>(())));
    for _ in 0..1_000 {
        service.clone().oneshot(request(&[])).await.unwrap();
    }
    let sampled = spans.lock().unwrap().len();
    assert!((200..300).contains(&sampled), "{sampled}");
}

#[tokio::test(start_paused = true)]
async fn a_span_tells_how_long_and_how_it_went() {
    let (spans, sink) = sink();
    let layer = TraceLayer::server(sink).classify(ByStatus);
    let service = layer.layer(service_fn(async |_: Request<()>| {
        sleep(Duration::from_millis(30)).await;
        Ok::<_, BoxError>(Response::builder().status(500).body(()).unwrap())
    }));
    service.oneshot(request(&[])).await.unwrap();
    let span = spans.lock().unwrap().pop().unwrap();
    assert_eq!(span.class, Some(Class::Transient));
    let took = span.ended.saturating_since(span.started).as_millis();
    assert!((30..=31).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_call_is_told_without_a_class() {
    let (spans, sink) = sink();
    let hangs = service_fn(|_: Request<()>| core::future::pending::<Result<(), BoxError>>());
    let call = TraceLayer::server(sink).layer(hangs).oneshot(request(&[]));
    assert!(tokio::time::timeout(Duration::from_millis(5), call).await.is_err());
    assert_eq!(spans.lock().unwrap()[0].class, None);
}
