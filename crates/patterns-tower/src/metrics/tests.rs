use core::time::Duration;

use tenfold_patterns::CircuitBreakerOptions;
use tokio::time::sleep;
use tower::{Service, ServiceExt, service_fn};

use super::*;
use crate::circuit_breaker::CircuitBreakerLayer;
use crate::error::BoxError;
use crate::shared::registry::MAX_SERIES;

const MS: fn(u64) -> Duration = Duration::from_millis;

type Request = http::Request<u64>;

fn route(request: &Request) -> Option<String> {
    request.uri().path().starts_with("/links/").then(|| "/links/{code}".to_owned())
}

fn request(method: &str, path: &str, millis: u64) -> Request {
    http::Request::builder().method(method).uri(path).body(millis).unwrap()
}

async fn work(request: Request) -> Result<Response<()>, BoxError> {
    sleep(MS(*request.body())).await;
    Ok(Response::new(()))
}

fn labels(method: &str, route: &str, status: &str) -> String {
    format!(
        "http_request_method=\"{method}\",http_route=\"{route}\",\
         http_response_status_code=\"{status}\""
    )
}

#[tokio::test(start_paused = true)]
async fn calls_count_by_route_template_and_latency() {
    let metrics = Metrics::new("http_server");
    let service = MetricsLayer::new(&metrics, HttpLabels(route)).layer(service_fn(work));
    for (i, millis) in [3, 30, 300, 30_000].into_iter().enumerate() {
        service.clone().oneshot(request("GET", &format!("/links/{i}"), millis)).await.unwrap();
    }
    let text = metrics.render();
    let name = "http_server_request_duration_seconds";
    let labels = labels("GET", "/links/{code}", "200");
    for (edge, count) in [("0.005", 1), ("0.05", 2), ("0.5", 3), ("10", 3), ("+Inf", 4)] {
        let line = format!("{name}_bucket{{{labels},le=\"{edge}\"}} {count}\n");
        assert!(text.contains(&line), "{line}{text}");
    }
    assert!(text.contains(&format!("{name}_count{{{labels}}} 4\n")), "{text}");
    let sum = text.lines().find_map(|line| line.strip_prefix(&format!("{name}_sum{{{labels}}} ")));
    let sum: f64 = sum.unwrap().parse().unwrap();
    assert!((sum - 30.333).abs() < 0.01, "{sum}");
}

#[tokio::test(start_paused = true)]
async fn what_scanners_send_makes_no_series() {
    let metrics = Metrics::new("http_server");
    let service = MetricsLayer::new(&metrics, HttpLabels(route)).layer(service_fn(work));
    for i in 0..50 {
        let method = format!("SCAN{i}");
        service.clone().oneshot(request(&method, &format!("/wp-{i}.php"), 0)).await.unwrap();
    }
    let count = format!("_count{{{}}} 50\n", labels("OTHER", "unmatched", "200"));
    assert!(metrics.render().contains(&count), "{}", metrics.render());
}

#[tokio::test(start_paused = true)]
async fn series_are_bounded_and_labels_escaped() {
    let metrics = Metrics::new("http_server");
    let by_path = HttpLabels(|request: &Request| Some(format!("\"{}\\", request.uri().path())));
    let service = MetricsLayer::new(&metrics, by_path).layer(service_fn(work));
    for i in 0..MAX_SERIES + 7 {
        service.clone().oneshot(request("GET", &format!("/{i}"), 0)).await.unwrap();
    }
    let text = metrics.render();
    assert_eq!(text.matches("_count{").count(), MAX_SERIES + 1);
    assert!(text.contains(&format!("_count{{{}}} 7\n", labels("GET", "overflow", "200"))));
    assert!(text.contains(r#"http_route="\"/5\\""#), "escaped");
}

#[tokio::test(start_paused = true)]
async fn calls_in_flight_are_counted_and_cancelled_ones_are_not_lost() {
    let metrics = Metrics::new("http_server");
    let mut service = MetricsLayer::new(&metrics, HttpLabels(route)).layer(service_fn(work));
    let call = service.ready().await.unwrap().call(request("GET", "/links/a", 10_000));
    assert!(metrics.render().contains("http_server_active_requests 1\n"));
    assert!(tokio::time::timeout(MS(5), call).await.is_err());
    let text = metrics.render();
    assert!(text.contains("http_server_active_requests 0\n"));
    let count = format!("_count{{{}}} 1\n", labels("GET", "/links/{code}", "cancelled"));
    assert!(text.contains(&count), "{text}");
}

#[tokio::test]
async fn errors_count_by_the_status_that_the_client_gets_and_machines_by_their_events() {
    let metrics = Metrics::new("http_server");
    let breaker = CircuitBreakerLayer::new(CircuitBreakerOptions::gobreaker())
        .unwrap()
        .observe(metrics.observer("links"));
    let down = service_fn(async |_: Request| Err::<Response<()>, BoxError>("down".into()));
    let service = MetricsLayer::new(&metrics, HttpLabels(route)).layer(breaker.layer(down));
    for _ in 0..9 {
        service.clone().oneshot(request("GET", "/links/a", 0)).await.unwrap_err();
    }
    let text = metrics.render();
    for (status, count) in [("500", 6), ("503", 3)] {
        let line = format!("_count{{{}}} {count}\n", labels("GET", "/links/{code}", status));
        assert!(text.contains(&line), "{text}");
    }
    for (event, reason, count) in
        [("admitted", "", 6), ("refused", "open", 3), ("state-changed", "closed-to-open", 1)]
    {
        let labels = format!("pattern=\"links\",event=\"{event}\",reason=\"{reason}\"");
        assert!(text.contains(&format!("pattern_events_total{{{labels}}} {count}\n")), "{text}");
    }
}
