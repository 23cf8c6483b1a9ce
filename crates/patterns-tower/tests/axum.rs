//! The example, over HTTP messages in memory.

#[path = "../examples/axum.rs"]
#[expect(dead_code, reason = "its main is not called")]
mod example;

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response};
use example::{Store, app};
use tenfold_patterns_tower::ManualClock;
use tower::ServiceExt;

async fn ask(app: &Router, path: &str, key: &str) -> Response<Body> {
    let request = Request::builder().uri(path).header("x-api-key", key).body(Body::empty());
    app.clone().oneshot(request.expect("well formed")).await.expect("it never fails")
}

fn header<'a>(response: &'a Response<Body>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().expect("text"))
}

fn start() -> (ManualClock, Store, Router) {
    let (clock, store) = (ManualClock::new(), Store::default());
    let app = app(clock.shared(), store.clone()).expect("its options are right");
    (clock, store, app)
}

#[tokio::test]
async fn a_caller_that_is_too_fast_gets_429_and_is_told_when_to_come_again() {
    let (clock, _, app) = start();
    for left in ["2", "1", "0"] {
        let response = ask(&app, "/links/a", "k1").await;
        assert_eq!(response.status(), 200);
        let spent = 3 - left.parse::<u32>().unwrap();
        assert_eq!(header(&response, "ratelimit"), format!("\"default\";r={left};t={spent}"));
    }
    clock.advance(Duration::from_millis(100));
    let refused = ask(&app, "/links/a", "k1").await;
    assert_eq!(refused.status(), 429);
    assert_eq!(header(&refused, "retry-after"), "1");
    assert_eq!(header(&refused, "ratelimit-policy"), "\"default\";q=3;w=3");
    assert!(header(&refused, "ratelimit").starts_with("\"default\";r=0;t="));
    let body = to_bytes(refused.into_body(), 1_000).await.unwrap();
    assert_eq!(body, "rate-limited");
    assert_eq!(ask(&app, "/links/a", "k2").await.status(), 200, "another caller");
    clock.advance(Duration::from_secs(1));
    assert_eq!(ask(&app, "/links/a", "k1").await.status(), 200, "came when told");
}

#[tokio::test]
async fn while_the_store_is_down_callers_get_503_and_are_told_when_to_come_again() {
    let (clock, store, app) = start();
    store.0.store(true, Ordering::SeqCst);
    for caller in 0..6 {
        assert_eq!(ask(&app, "/links/a", &caller.to_string()).await.status(), 502);
    }
    clock.advance(Duration::from_secs(20));
    let refused = ask(&app, "/links/a", "other").await;
    assert_eq!(refused.status(), 503);
    let wait: u64 = header(&refused, "retry-after").parse().unwrap();
    assert!((40..=41).contains(&wait), "{wait}");
    store.0.store(false, Ordering::SeqCst);
    clock.advance(Duration::from_secs(wait));
    assert_eq!(ask(&app, "/links/a", "other").await.status(), 200);
}

#[tokio::test]
async fn health_and_metrics_are_not_limited_and_count_by_template() {
    let (_, _, app) = start();
    for i in 0..10 {
        ask(&app, &format!("/links/{i}"), "k").await;
        assert_eq!(ask(&app, "/health", "k").await.status(), 200);
    }
    let response = ask(&app, "/metrics", "k").await;
    let body = to_bytes(response.into_body(), 100_000).await.unwrap();
    let text = String::from_utf8(body.to_vec()).unwrap();
    for (status, count) in [("200", 3), ("429", 7)] {
        let line = format!(
            "_count{{http_request_method=\"GET\",http_route=\"/links/{{code}}\",\
             http_response_status_code=\"{status}\"}} {count}\n"
        );
        assert!(text.contains(&line), "{line}{text}");
    }
    assert!(text.contains(
        "pattern_events_total{pattern=\"caller-limit\",event=\"refused\",reason=\"rate\"} 7\n"
    ));
}
