use core::time::Duration;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tenfold_patterns::{Bulkhead as Machine, BulkheadDecision};
use tenfold_units::{Instant, Seed};
use tokio::time::sleep;
use tower::limit::ConcurrencyLimitLayer;
use tower::{Service, ServiceExt, service_fn};

use super::*;
use crate::clock::Clock;
use crate::error::BoxError;

const MS: fn(u64) -> Duration = Duration::from_millis;

const fn options(max_concurrent: u32, max_waiting: u32, max_wait: Duration) -> BulkheadOptions {
    BulkheadOptions { max_concurrent, max_waiting, max_wait, newest_first_when_busy: false }
}

async fn work(millis: u64) -> Result<u64, BoxError> {
    sleep(MS(millis)).await;
    Ok(millis)
}

#[tokio::test(start_paused = true)]
async fn no_more_run_at_a_time_than_there_are_places() {
    let (now, most) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (running, peak) = (Arc::clone(&now), Arc::clone(&most));
    let layer = BulkheadLayer::new(options(3, 100, MS(10_000))).unwrap();
    let service = layer.layer(service_fn(move |millis: u64| {
        let (running, peak) = (Arc::clone(&running), Arc::clone(&peak));
        async move {
            peak.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            sleep(MS(millis)).await;
            running.fetch_sub(1, Ordering::SeqCst);
            Ok::<_, BoxError>(())
        }
    }));
    let calls: Vec<_> =
        (0..50).map(|i| tokio::spawn(service.clone().oneshot(10 + i % 7))).collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(most.load(Ordering::SeqCst), 3);
    assert_eq!((layer.bulkhead().in_flight(), layer.bulkhead().queue_length()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn waiting_calls_are_served_in_order_and_the_surplus_is_refused() {
    let layer = BulkheadLayer::new(options(1, 2, MS(1_000))).unwrap();
    let service = layer.layer(service_fn(work));
    let start = TokioClock.now();
    let calls: Vec<_> = (0..4)
        .map(|_| {
            let call = service.clone().oneshot(100);
            tokio::spawn(async move { (call.await.is_ok(), TokioClock.now()) })
        })
        .collect();
    let mut results = Vec::new();
    for call in calls {
        let (ok, at) = call.await.unwrap();
        results.push((ok, at.saturating_since(start).as_millis() / 10 * 10));
    }
    assert_eq!(results, [(true, 100), (true, 200), (true, 300), (false, 0)]);
}

#[tokio::test(start_paused = true)]
async fn who_waits_too_long_is_refused_then_and_not_later() {
    let layer = BulkheadLayer::new(options(1, 5, MS(50))).unwrap();
    let service = layer.layer(service_fn(work));
    let first = tokio::spawn(service.clone().oneshot(1_000));
    tokio::task::yield_now().await;
    let start = TokioClock.now();
    assert_eq!(service.oneshot(1).await.unwrap_err().reason(), "bulkhead-full");
    let waited = TokioClock.now().saturating_since(start);
    assert!((50..=52).contains(&waited.as_millis()), "{waited:?}");
    assert_eq!(layer.bulkhead().queue_length(), 0);
    first.await.unwrap().unwrap();
    assert_eq!(layer.bulkhead().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_call_makes_room_whether_it_ran_or_waited() {
    let layer = BulkheadLayer::new(options(1, 1, MS(60_000))).unwrap();
    let service = layer.layer(service_fn(work));
    let runs = tokio::spawn(service.clone().oneshot(10_000));
    tokio::task::yield_now().await;
    let waits = tokio::spawn(service.clone().oneshot(10_000));
    tokio::task::yield_now().await;
    let bulkhead = layer.bulkhead();
    assert_eq!((bulkhead.in_flight(), bulkhead.queue_length()), (1, 1));
    waits.abort();
    assert!(waits.await.is_err());
    assert_eq!((bulkhead.in_flight(), bulkhead.queue_length()), (1, 0));
    runs.abort();
    assert!(runs.await.is_err());
    assert_eq!(bulkhead.in_flight(), 0);
    service.oneshot(1).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_permit_handed_to_a_call_that_is_gone_goes_to_the_next() {
    let bulkhead = SharedBulkhead::new(options(1, 2, MS(1_000)), TokioClock::shared()).unwrap();
    let BulkheadEntry::Admitted(first) = bulkhead.enter() else { panic!("free") };
    let BulkheadEntry::Waiting(second) = bulkhead.enter() else { panic!("queue") };
    let BulkheadEntry::Waiting(mut third) = bulkhead.enter() else { panic!("queue") };
    drop(first);
    // The permit is the second's, which never looks.
    drop(second);
    let served = core::future::poll_fn(|cx| third.poll(cx)).await;
    assert!(served.is_some());
    assert_eq!(bulkhead.in_flight(), 1);
    drop(served);
    assert_eq!(bulkhead.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_panic_gives_the_place_back() {
    let layer = BulkheadLayer::new(options(1, 0, MS(0))).unwrap();
    let panics = layer.layer(service_fn(async |()| -> Result<(), BoxError> { panic!("planned") }));
    assert!(tokio::spawn(panics.oneshot(())).await.unwrap_err().is_panic());
    assert_eq!(layer.bulkhead().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_waiting_call_holds_nothing_of_the_inner_service() {
    let inner = ConcurrencyLimitLayer::new(2).layer(service_fn(work));
    let layer = BulkheadLayer::new(options(1, 5, MS(60_000))).unwrap();
    let mut service = layer.layer(inner.clone());
    let first = tokio::spawn(service.ready().await.unwrap().call(500));
    let second = tokio::spawn(service.ready().await.unwrap().call(1));
    tokio::task::yield_now().await;
    assert_eq!(layer.bulkhead().queue_length(), 1);
    // The inner service has two places; one runs, and the waiting call must not hold the other.
    let mut beside = inner;
    let start = TokioClock.now();
    beside.ready().await.unwrap().call(1).await.unwrap();
    assert!(TokioClock.now().saturating_since(start) < MS(10), "had to wait for a place");
    first.await.unwrap().unwrap();
    second.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn decisions_are_observed_once_each() {
    let counts = Arc::new([AtomicU32::new(0), AtomicU32::new(0), AtomicU32::new(0)]);
    let sink = Arc::clone(&counts);
    let observer = Observer::new(move |event| {
        let which = match event {
            Event::Admitted => 0,
            Event::Refused { reason: "full" } => 1,
            Event::Refused { reason: "waited-too-long" } => 2,
            Event::Refused { .. } | Event::StateChanged { .. } => panic!("{event:?}"),
        };
        sink[which].fetch_add(1, Ordering::SeqCst);
    });
    let layer = BulkheadLayer::new(options(1, 2, MS(150))).unwrap().observe(observer);
    let service = layer.layer(service_fn(work));
    let calls: Vec<_> = (0..4).map(|_| tokio::spawn(service.clone().oneshot(100))).collect();
    for call in calls {
        let _ = call.await.unwrap();
    }
    // One at once and one after 100 ms; one waits for 150 ms in vain; one is refused.
    assert_eq!([0, 1, 2].map(|i| counts[i].load(Ordering::SeqCst)), [2, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn who_waits_gives_up_by_the_options_of_when_it_came() {
    let layer = BulkheadLayer::new(options(1, 10, MS(100))).unwrap();
    let service = layer.layer(service_fn(work));
    let busy = tokio::spawn(service.clone().oneshot(5_000));
    tokio::task::yield_now().await;
    for wait in [100, 700, 50] {
        layer.bulkhead().set_options(options(1, 10, MS(wait))).unwrap();
        let start = TokioClock.now();
        let error = service.clone().oneshot(1).await.unwrap_err();
        assert!(matches!(error, Error::BulkheadFull), "{error}");
        let waited = TokioClock.now().saturating_since(start);
        assert!(waited >= MS(wait) && waited <= MS(wait + 2), "{waited:?} instead of {wait} ms");
    }
    busy.await.unwrap().unwrap();
}

/// A call: when it came, how long its work takes.
type Call = (u64, u64);

/// What the machine by hand makes of calls, in ms: when each began to work, or when it was refused.
/// Nothing happens at the same time as something else; where work would end then, it takes longer,
/// which is written to the script.
fn by_hand(options: BulkheadOptions, script: &mut [Call]) -> Vec<Result<u64, u64>> {
    let at = |millis: u64| Instant::ZERO + MS(millis);
    let mut machine = Machine::new(options).unwrap();
    let mut results = vec![Err(0); script.len()];
    let (mut running, mut tickets) = (std::collections::BTreeMap::new(), Vec::new());
    let wait = options.max_wait.as_millis() as u64;
    let mut taken: std::collections::BTreeSet<u64> =
        script.iter().flat_map(|call| [call.0, call.0 + wait]).collect();
    let (mut next, mut now) = (0, 0);
    let mut begins = Vec::new();
    while next < script.len() || !running.is_empty() || machine.queue_length() > 0 {
        let arrival = script.get(next).map(|call| call.0);
        let end = running.first_key_value().map(|(end, _)| *end);
        let expiry = machine.poll_timeout().map(|it| it.0.as_nanos() / 1_000_000);
        now = [arrival, end, expiry].into_iter().flatten().min().unwrap_or(now);
        while let Some(ticket) = machine.poll_expired(at(now)) {
            let (_, call) = tickets.iter().find(|(other, _)| *other == ticket).unwrap();
            results[*call] = Err(now);
        }
        if end == Some(now) {
            let permit = running.remove(&now).unwrap();
            if let Some((ticket, permit)) = machine.release(at(now), permit) {
                let (_, call) = tickets.iter().find(|(other, _)| *other == ticket).unwrap();
                begins.push((*call, permit));
            }
        }
        if arrival == Some(now) {
            match machine.acquire(at(now)) {
                BulkheadDecision::Admitted(permit) => begins.push((next, permit)),
                BulkheadDecision::Waiting(ticket) => tickets.push((ticket, next)),
                BulkheadDecision::Refused => results[next] = Err(now),
            }
            next += 1;
        }
        for (call, permit) in begins.drain(..) {
            results[call] = Ok(now);
            let work = &mut script[call].1;
            while !taken.insert(now + *work) {
                *work += 1;
            }
            running.insert(now + *work, permit);
        }
    }
    results
}

/// Works for so many ms, and says when it began.
async fn beginning(work: u64) -> Result<Instant, BoxError> {
    let began = TokioClock.now();
    sleep(MS(work)).await;
    Ok(began)
}

#[tokio::test(start_paused = true)]
async fn the_layer_decides_as_the_machine_by_hand() {
    for newest_first_when_busy in [false, true] {
        let options = BulkheadOptions { newest_first_when_busy, ..options(3, 6, MS(61)) };
        let mut random = Seed(3).stream("script");
        let mut arrival = 0;
        let mut script: Vec<Call> = (0..800)
            .map(|_| {
                arrival += 2 + 2 * random.below(12);
                (arrival, 5 + random.below(100))
            })
            .collect();
        let expected = by_hand(options, &mut script);
        let layer = BulkheadLayer::new(options).unwrap();
        let service = layer.layer(service_fn(beginning));
        let start = TokioClock.now();
        let calls: Vec<_> = script
            .into_iter()
            .map(|(arrival, work)| {
                let call = service.clone().oneshot(work);
                tokio::spawn(async move {
                    sleep(MS(arrival)).await;
                    call.await.map_err(|_| TokioClock.now())
                })
            })
            .collect();
        let (mut refused, mut waited) = (0, 0);
        for (index, (call, by_hand)) in calls.into_iter().zip(expected).enumerate() {
            let millis = |now: Instant| now.saturating_since(start).as_millis() as u64;
            let layer = call.await.unwrap().map(millis).map_err(millis);
            assert_eq!(layer, by_hand, "call {index}");
            refused += u32::from(layer.is_err());
            waited += u32::from(layer.is_err_and(|at| at % 2 == 1));
        }
        assert!((100..700).contains(&refused) && waited > 20, "{refused} {waited}");
    }
}
