use core::time::Duration;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tenfold_patterns::{BulkheadOptions, Hedge as Machine, HedgeDelay};
use tenfold_units::Seed;
use tokio::time::sleep;
use tower::{ServiceExt, service_fn};

use super::*;
use crate::bulkhead::BulkheadLayer;
use crate::clock::Clock;

const MS: fn(u64) -> Duration = Duration::from_millis;

fn options(budget_ratio: f64) -> HedgeOptions {
    HedgeOptions { max_attempts: 2, delay: HedgeDelay::Fixed(MS(20)), budget_ratio }
}

/// A service whose call number n takes so many ms, or fails after them where negative.
fn script(
    times: &'static [i64],
) -> (
    Arc<AtomicU32>,
    impl Service<(), Response = u32, Error = BoxError, Future: Send> + Clone + Send + 'static,
) {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let service = service_fn(move |()| {
        let call = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            let time = times[call as usize];
            sleep(MS(time.unsigned_abs())).await;
            if time < 0 { Err::<u32, BoxError>("down".into()) } else { Ok(call) }
        }
    });
    (calls, service)
}

async fn timed<T>(call: impl Future<Output = T>) -> (T, u128) {
    let start = TokioClock.now();
    let result = call.await;
    (result, TokioClock.now().saturating_since(start).as_millis())
}

#[tokio::test(start_paused = true)]
async fn a_slow_call_is_hedged_and_the_first_answer_wins() {
    let (calls, service) = script(&[500, 30]);
    let layer = HedgeLayer::new(options(1.0)).unwrap();
    let (answer, took) = timed(layer.layer(service).oneshot(())).await;
    assert_eq!(answer.unwrap(), 1, "the hedge");
    assert!((50..=53).contains(&took), "{took}");
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_first_answer_that_comes_during_the_hedge_wins() {
    let (calls, service) = script(&[30, 500]);
    let layer = HedgeLayer::new(options(1.0)).unwrap();
    let (answer, took) = timed(layer.layer(service).oneshot(())).await;
    assert_eq!(answer.unwrap(), 0);
    assert!((30..=32).contains(&took), "{took}");
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_fast_call_is_not_hedged() {
    let (calls, service) = script(&[10, 10]);
    let layer = HedgeLayer::new(options(1.0)).unwrap();
    layer.layer(service).oneshot(()).await.unwrap();
    sleep(MS(100)).await;
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn the_loser_is_cancelled_and_gives_its_place_back() {
    let (_, service) = script(&[500, 1]);
    let bulkhead = BulkheadLayer::new(BulkheadOptions::resilience4j()).unwrap();
    let layer = HedgeLayer::new(options(1.0)).unwrap();
    layer.layer(bulkhead.layer(service)).oneshot(()).await.unwrap();
    assert_eq!(bulkhead.bulkhead().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn hedges_are_the_budgets_share_of_calls() {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let service = service_fn(move |()| {
        counted.fetch_add(1, Ordering::SeqCst);
        async {
            sleep(MS(100)).await;
            Ok::<_, BoxError>(())
        }
    });
    let service = HedgeLayer::new(options(0.1)).unwrap().layer(service);
    for _ in 0..200 {
        service.clone().oneshot(()).await.unwrap();
    }
    assert_eq!(calls.load(Ordering::SeqCst), 220, "all of them are slow");
}

#[tokio::test(start_paused = true)]
async fn a_failure_sends_the_next_at_once_and_the_last_failure_comes_out() {
    let (calls, service) = script(&[-5, 7]);
    let layer = HedgeLayer::new(options(1.0)).unwrap();
    let (answer, took) = timed(layer.layer(service).oneshot(())).await;
    assert_eq!(answer.unwrap(), 1);
    assert!((12..=16).contains(&took), "{took}");
    let (_, service) = script(&[-5, -5]);
    let (answer, took) = timed(layer.layer(service).oneshot(())).await;
    assert!(answer.is_err());
    assert!((10..=13).contains(&took), "{took}");
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failed_first_does_not_hide_the_hedge_under_way() {
    let (_, service) = script(&[-40, 50]);
    let layer = HedgeLayer::new(options(1.0)).unwrap();
    let (answer, took) = timed(layer.layer(service).oneshot(())).await;
    assert_eq!(answer.unwrap(), 1);
    assert!((70..=73).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_repeated_is_sent_once() {
    let (calls, service) = script(&[500, 1]);
    let layer = HedgeLayer::new(options(1.0)).unwrap().only(|_: &()| false);
    let (_, took) = timed(layer.layer(service).oneshot(())).await;
    assert!(took >= 500);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

/// When an answer comes that takes so many ms the first time and so many the second, and how many
/// requests go out.
fn by_hand(machine: &mut Machine, start: Instant, takes: [u64; 2]) -> (Instant, u32) {
    let mut answers = vec![start + MS(takes[0])];
    let mut last = start;
    machine.request();
    let first = |answers: &[Instant]| answers.iter().copied().min().unwrap();
    let mut now = start;
    // Who answers when the wait ends was in time.
    while now == start || first(&answers) > now {
        match machine.decide(now, last, answers.len() as u32) {
            HedgeDecision::Wait(span) => {
                // tokio's timers go off at whole milliseconds.
                let nanos = (now + span).saturating_since(start).as_nanos() as u64;
                now = start + MS(nanos.div_ceil(1_000_000));
            }
            HedgeDecision::Send => {
                last = now;
                answers.push(now + MS(takes[1]));
            }
            HedgeDecision::No => break,
        }
    }
    let end = first(&answers);
    let winner = answers.iter().position(|answer| *answer == end).unwrap();
    let began = if winner == 0 { start } else { last };
    machine.answered(end.saturating_since(began));
    (end, answers.len() as u32)
}

#[tokio::test(start_paused = true)]
async fn the_layer_decides_as_the_machine_by_hand() {
    for delay in [HedgeDelay::Fixed(MS(40)), HedgeDelay::Quantile(0.9)] {
        let options = HedgeOptions { max_attempts: 2, delay, budget_ratio: 0.2 };
        let mut machine = Machine::new(options).unwrap();
        let sent = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&sent);
        // The request says how long each of its attempts takes.
        let service = service_fn(move |(first, takes): (u32, [u64; 2])| {
            let attempt = counted.fetch_add(1, Ordering::SeqCst) - first;
            async move {
                sleep(MS(takes[attempt as usize])).await;
                Ok::<_, BoxError>(())
            }
        });
        let service = HedgeLayer::new(options).unwrap().layer(service);
        let mut script = Seed(3).stream("script");
        let mut hedged = 0;
        for call in 0..900 {
            let mut takes =
                || if script.chance(0.2) { 60 + script.below(90) } else { 1 + script.below(30) };
            let takes = [takes(), takes()];
            let (start, before) = (TokioClock.now(), sent.load(Ordering::SeqCst));
            let expected = by_hand(&mut machine, start, takes);
            service.clone().oneshot((before, takes)).await.unwrap();
            let made = sent.load(Ordering::SeqCst) - before;
            assert_eq!((TokioClock.now(), made), expected, "call {call}: {takes:?}");
            hedged += made - 1;
        }
        assert!((50..=181).contains(&hedged), "{delay:?}: {hedged}");
    }
}
