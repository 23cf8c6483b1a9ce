//! Whole layers, beside tower's own.

use core::future::{Ready, ready};
use core::time::Duration;

use tenfold_patterns::{BulkheadOptions, RetryBudgetOptions, RetryOptions, TokenBucketOptions};
use tenfold_patterns_tower::{BulkheadLayer, Error, RateLimitLayer, RetryLayer, TokioClock};
use tower::{BoxError, Layer as _, Service, service_fn};

use super::{call, still};
use crate::harness::alone;
use crate::table::{Row, ours, peer};

pub(super) fn rows() -> Vec<Row> {
    vec![rate(), concurrency(), retry()]
}

fn inner() -> impl Service<u64, Response = u64, Error = Error, Future = Ready<Result<u64, Error>>>
+ Clone
+ Send
+ Sync
+ 'static {
    service_fn(|i: u64| ready(Ok::<_, Error>(i)))
}

fn rate() -> Row {
    let options = TokenBucketOptions {
        rate: 4_000_000_000,
        per: Duration::from_secs(1),
        burst: 4_000_000_000,
    };
    let layer = || RateLimitLayer::new(options.rule().expect("in range"));
    let mut given = layer().clock(still()).layer(inner());
    let mut read = layer().clock(TokioClock::shared()).layer(inner());
    let mut theirs =
        tower::limit::RateLimitLayer::new(u64::MAX, Duration::from_secs(86_400)).layer(inner());
    Row {
        name: "layer: rate limit",
        work: "A call through the layer that admits it, to a service that answers at once.",
        contenders: vec![
            ours(
                "`RateLimitLayer`",
                Some(alone(move |i| call(&mut given, i))),
                Some(alone(move |i| call(&mut read, i))),
            ),
            peer("tower 0.5.3, `RateLimit`", None, Some(alone(move |i| call(&mut theirs, i)))),
        ],
        why: "tower's cannot be cloned, so it needs no atomic and no clock that tests may move; all \
              clones of ours share one limit.",
    }
}

fn concurrency() -> Row {
    let options = BulkheadOptions { max_concurrent: 64, ..BulkheadOptions::resilience4j() };
    let layer = |clock| BulkheadLayer::on(clock, options).expect("the options are in range");
    let mut given = layer(still()).layer(inner());
    let mut read = layer(TokioClock::shared()).layer(inner());
    let mut theirs = tower::limit::ConcurrencyLimitLayer::new(64).layer(inner());
    Row {
        name: "layer: bulkhead",
        work: "A call through the layer that has a place for it.",
        contenders: vec![
            ours(
                "`BulkheadLayer`",
                Some(alone(move |i| call(&mut given, i))),
                Some(alone(move |i| call(&mut read, i))),
            ),
            peer(
                "tower 0.5.3, `ConcurrencyLimit`",
                Some(alone(move |i| call(&mut theirs, i))),
                None,
            ),
        ],
        why: "Places are given in an order, to callers who give up after a time, or to the newest \
              first where it is busy: two steps under a lock, where tower's semaphore needs two \
              atomic ones.",
    }
}

#[derive(Clone)]
struct Never;

impl<Req: Clone, Res> tower::retry::Policy<Req, Res, Error> for Never {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut Req, result: &mut Result<Res, Error>) -> Option<Ready<()>> {
        result.is_err().then(|| ready(()))
    }

    fn clone_request(&mut self, request: &Req) -> Option<Req> {
        Some(request.clone())
    }
}

fn retry() -> Row {
    let on = |clock| {
        let (retry, budget) = (RetryOptions::aws_standard(), RetryBudgetOptions::finagle());
        RetryLayer::on(clock, retry, budget).expect("the options are in range").layer(inner())
    };
    let (mut given, mut read) = (on(still()), on(TokioClock::shared()));
    let mut theirs = tower::retry::RetryLayer::new(Never).layer(inner());
    let _: Option<BoxError> = None;
    Row {
        name: "layer: retry",
        work: "A call through the layer whose first attempt succeeds.",
        contenders: vec![
            ours(
                "`RetryLayer` with a budget",
                Some(alone(move |i| call(&mut given, i))),
                Some(alone(move |i| call(&mut read, i))),
            ),
            peer(
                "tower 0.5.3, `Retry` (no budget)",
                Some(alone(move |i| call(&mut theirs, i))),
                None,
            ),
        ],
        why: "Ours boxes the call, which lets it be retried without naming the future of the \
              layers within, counts the request in the budget of all callers, and remembers when \
              the call began; of tower's around a service that is ready at once the compiler leaves \
              next to nothing.",
    }
}
