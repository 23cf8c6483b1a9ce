use core::time::Duration;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tenfold_patterns::AdaptiveThrottle as Machine;
use tokio::time::advance;
use tower::{ServiceExt, service_fn};

use super::*;
use crate::clock::Clock;

#[tokio::test(start_paused = true)]
async fn the_layer_decides_as_the_machine_by_hand() {
    let options = AdaptiveThrottleOptions::sre_book();
    let mut machine = Machine::new(options).unwrap();
    let mut chance = Seed(5).stream("adaptive-throttle");
    let layer = AdaptiveThrottleLayer::seeded(options, Seed(5)).unwrap();
    let service = layer.layer(service_fn(|works: bool| async move {
        if works { Ok(()) } else { Err(Error::ConcurrencyLimited) }
    }));
    let mut script = Seed(6).stream("script");
    let mut refused = 0;
    for round in 0..6_000 {
        advance(Duration::from_millis(script.below(100))).await;
        let works = script.chance(if round / 3_000 % 2 == 0 { 0.98 } else { 0.02 });
        let now = TokioClock.now();
        let sent = machine.admit(now, &mut chance).is_admitted();
        if sent && works {
            machine.accepted(now);
        }
        let result = service.clone().oneshot(works).await;
        let throttled = matches!(result, Err(Error::Shed { reason: "throttled" }));
        assert_eq!(throttled, !sent, "round {round}");
        refused += u32::from(throttled);
    }
    assert!((200..3_000).contains(&refused), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_says_nothing_of_the_load() {
    let layer = AdaptiveThrottleLayer::new(AdaptiveThrottleOptions::sre_book()).unwrap();
    let service = layer.layer(service_fn(|()| core::future::pending::<Result<(), Error>>()));
    for _ in 0..100 {
        let call = service.clone().oneshot(());
        assert!(tokio::time::timeout(Duration::from_millis(1), call).await.is_err());
    }
    assert_eq!(layer.throttle().refusal_probability(TokioClock.now()), 0.0);
}

#[tokio::test(start_paused = true)]
async fn time_outs_and_overload_count_and_other_failures_do_not() {
    let cases: [(fn() -> Error, bool); 4] = [
        (|| Error::TimedOut { after: Duration::from_secs(1) }, true),
        (|| Error::BulkheadFull, true),
        (|| Error::Inner("broken".into()), false),
        (|| Error::RateLimited { retry_after: Some(Duration::ZERO), quota: None }, true),
    ];
    for (error, counts) in cases {
        let layer = AdaptiveThrottleLayer::new(AdaptiveThrottleOptions::sre_book()).unwrap();
        let service = layer.layer(service_fn(move |()| async move { Err::<(), _>(error()) }));
        for _ in 0..100 {
            assert!(service.clone().oneshot(()).await.is_err());
        }
        let p = layer.throttle().refusal_probability(TokioClock.now());
        assert_eq!(p > 0.0, counts, "{}", error().reason());
    }
}

#[tokio::test(start_paused = true)]
async fn observers_are_told() {
    let (sent, refused) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let counts = (Arc::clone(&sent), Arc::clone(&refused));
    let observer = Observer::new(move |event| {
        let counter = if event == Event::Admitted { &counts.0 } else { &counts.1 };
        counter.fetch_add(1, Ordering::Relaxed);
    });
    let layer = AdaptiveThrottleLayer::new(AdaptiveThrottleOptions::sre_book()).unwrap();
    let layer = layer.observe(observer);
    let service = layer.layer(service_fn(|()| async { Err::<(), _>(Error::BulkheadFull) }));
    for _ in 0..500 {
        assert!(service.clone().oneshot(()).await.is_err());
    }
    let (sent, refused) = (sent.load(Ordering::Relaxed), refused.load(Ordering::Relaxed));
    assert_eq!(sent + refused, 500);
    assert!(refused > 300, "{refused}");
}
