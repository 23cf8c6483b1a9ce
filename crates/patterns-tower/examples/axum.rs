//! An axum service that refuses politely: 429 with `Retry-After` and `RateLimit` fields where a
//! client is too fast, 503 with `Retry-After` while the store behind it is down.
//!
//! `cargo run -p tenfold-patterns-tower --example axum`, then
//! `for i in 1 2 3 4; do curl -i http://127.0.0.1:3000/links/a; done`

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Body;
use axum::error_handling::HandleErrorLayer;
use axum::extract::{MatchedPath, Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use tenfold_patterns::{CircuitBreakerOptions, InvalidOptions, TokenBucketOptions};
use tenfold_patterns_tower::{
    ByStatus, CircuitBreakerLayer, Error, HttpLabels, InHeaders, Metrics, MetricsLayer,
    RateLimitLayer, SharedClock, TokioClock,
};
use tower::ServiceBuilder;

/// Stands for a store that may be down.
#[derive(Clone, Default)]
pub(crate) struct Store(pub(crate) Arc<AtomicBool>);

async fn link(State(store): State<Store>, Path(code): Path<String>) -> Result<String, StatusCode> {
    if store.0.load(Ordering::SeqCst) { Err(StatusCode::BAD_GATEWAY) } else { Ok(code) }
}

async fn refuse(error: Error) -> Response {
    error.to_response::<Body>()
}

/// Who calls: its API key. Without one, all who have none share a limit.
fn caller(request: &Request) -> Option<Vec<u8>> {
    request.headers().get("x-api-key").map(|key| key.as_bytes().to_vec())
}

fn route(request: &Request) -> Option<String> {
    request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned())
}

/// Returns the service: 1 request a second for each caller, 3 at once; the store behind a breaker.
///
/// # Errors
/// None with these options.
pub(crate) fn app(clock: SharedClock, store: Store) -> Result<Router, InvalidOptions> {
    let metrics = Metrics::new("http_server");
    let rule = TokenBucketOptions::per_second(1, 3).rule()?;
    let limit = RateLimitLayer::keyed(rule, 100_000, caller)?
        .clock(clock.clone())
        .observe(metrics.observer("caller-limit"))
        .announce(InHeaders);
    let breaker = CircuitBreakerLayer::new(CircuitBreakerOptions::gobreaker())?
        .classify(ByStatus)
        .clock(clock.clone())
        .observe(metrics.observer("store-breaker"));
    let layers = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(refuse))
        .layer(MetricsLayer::new(&metrics, HttpLabels(route)).clock(clock))
        .layer(limit)
        .layer(breaker);
    let measured = Router::new().route("/links/{code}", get(link)).route_layer(layers);
    // Neither the health check nor the metrics are limited.
    let watched = Router::new()
        .route("/health", get(|| async { "ok" }))
        .route("/metrics", get(move || async move { metrics.render() }));
    Ok(measured.with_state(store).merge(watched))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, app(TokioClock::shared(), Store::default())?).await?;
    Ok(())
}
