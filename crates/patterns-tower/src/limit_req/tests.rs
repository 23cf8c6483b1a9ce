use core::time::Duration;

use tenfold_patterns::LimitReq as Machine;
use tenfold_units::Seed;
use tokio::time::advance;
use tower::{ServiceExt, service_fn};

use super::*;
use crate::clock::Clock;

const MS: fn(u64) -> Duration = Duration::from_millis;

#[tokio::test(start_paused = true)]
async fn the_layer_decides_as_the_machine_by_hand() {
    for options in [LimitReqOptions::delayed(20, 4), LimitReqOptions::nodelay(20, 4)] {
        let mut machine = Machine::new(options).unwrap();
        let layer = LimitReqLayer::new(options).unwrap();
        let service = layer.layer(service_fn(|()| async { Ok::<_, Error>(TokioClock.now()) }));
        let mut script = Seed(3).stream("script");
        let mut calls = Vec::new();
        for _ in 0..600 {
            advance(MS(script.below(98))).await;
            let now = TokioClock.now();
            let by_hand = machine.admit(now);
            // The gate decides when the call is made; its wait is another task's.
            let mut service = service.clone();
            let call = tower::Service::call(&mut service, ());
            calls.push((now, by_hand, tokio::spawn(call)));
            tokio::task::yield_now().await;
        }
        let mut seen = [0; 3];
        for (now, by_hand, call) in calls {
            let result = call.await.unwrap();
            match by_hand {
                LimitReqDecision::Admitted => {
                    assert_eq!(result.unwrap(), now);
                    seen[0] += 1;
                }
                LimitReqDecision::Delayed(wait) => {
                    assert!(result.unwrap() >= now + wait);
                    seen[1] += 1;
                }
                LimitReqDecision::Refused => {
                    assert_eq!(result.unwrap_err().status().as_u16(), 503);
                    seen[2] += 1;
                }
            }
        }
        let delays = options.delay < options.burst;
        assert!(seen[0] > 20 && (seen[1] > 20) == delays && seen[2] > 5, "{seen:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_goes_away_has_had_its_turn() {
    let layer = LimitReqLayer::new(LimitReqOptions::delayed(10, 2)).unwrap();
    let service = layer.layer(service_fn(|()| async { Ok::<_, Error>(()) }));
    service.clone().oneshot(()).await.unwrap();
    let gone = service.clone().oneshot(());
    assert!(tokio::time::timeout(MS(10), gone).await.is_err());
    let start = tokio::time::Instant::now();
    service.clone().oneshot(()).await.unwrap();
    assert_eq!(start.elapsed(), MS(190), "behind the one that went away");
    layer.set_options(LimitReqOptions::nodelay(10, 100)).unwrap();
    let start = tokio::time::Instant::now();
    service.oneshot(()).await.unwrap();
    assert_eq!(start.elapsed(), MS(0), "new options hold at once");
}

#[tokio::test(start_paused = true)]
async fn each_caller_has_a_bucket_as_by_hand() {
    let options = LimitReqOptions::nodelay(20, 2);
    let layer = LimitReqLayer::keyed(options, 1_000, |caller: &usize| *caller).unwrap();
    let service = layer.layer(service_fn(|_: usize| async { Ok::<_, Error>(()) }));
    let mut machines = [(); 3].map(|()| Machine::new(options).unwrap());
    let mut script = Seed(4).stream("script");
    let mut refused = 0;
    for _ in 0..900 {
        advance(MS(script.below(30))).await;
        let caller = script.below(3) as usize;
        let by_hand = machines[caller].admit(TokioClock.now());
        let result = service.clone().oneshot(caller).await;
        assert_eq!(result.is_ok(), by_hand == LimitReqDecision::Admitted);
        refused += u32::from(result.is_err());
    }
    assert!((50..600).contains(&refused), "{refused}");
    assert!(LimitReqLayer::keyed(options, 0, |caller: &usize| *caller).is_err());
}
