use http::Request;
use tenfold_patterns::{PriorityShed, WaitShed};
use tenfold_units::Seed;
use tokio::time::advance;
use tower::{ServiceExt, service_fn};

use super::*;
use crate::clock::{Clock, ManualClock};
use crate::error::BoxError;

const MS: fn(u64) -> Duration = Duration::from_millis;

fn arrived(at: Instant, priority: Option<Priority>) -> Request<()> {
    let mut request = Request::new(());
    request.carry(Arrived(at));
    if let Some(priority) = priority {
        request.carry(priority);
    }
    request
}

async fn serve(_: Request<()>) -> Result<(), BoxError> {
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_exit_decides_as_the_machine_by_hand() {
    let options = WaitShedOptions::facebook();
    let mut machine = WaitShed::new(options).unwrap();
    let service = LoadShed::new(Some(options), None).unwrap().exit().layer(service_fn(serve));
    let mut script = Seed(5).stream("script");
    let mut shed = 0;
    for round in 0..3_000 {
        advance(MS(script.below(4))).await;
        // Calm and overload by turns of 300 requests.
        let waited = MS(script.below(20) + if round / 300 % 2 == 1 { 6 } else { 0 });
        let now = TokioClock.now();
        let by_hand = !machine.decide(now, waited).is_admitted();
        let result = service.clone().oneshot(arrived(now - waited, None)).await;
        assert_eq!(result.is_err(), by_hand, "round {round}");
        shed += u32::from(by_hand);
    }
    assert!((100..2_900).contains(&shed), "{shed}");
}

#[tokio::test(start_paused = true)]
async fn the_entry_decides_as_the_machine_by_hand() {
    let options = PriorityShedOptions { window_requests: 100, ..PriorityShedOptions::dagor() };
    let mut machine = PriorityShed::new(options).unwrap();
    let shed = LoadShed::new(None, Some(options)).unwrap();
    let entry = shed.entry().layer(service_fn(serve));
    let exit = shed.exit().layer(service_fn(serve));
    let mut script = Seed(6).stream("script");
    let mut refused = 0;
    for round in 0..5_000 {
        advance(MS(script.below(3))).await;
        let (now, priority) = (TokioClock.now(), script.below(128) as u8);
        let by_hand = machine.admit(now, priority).is_admitted();
        let request = arrived(now, Some(Priority(priority)));
        let result = entry.clone().oneshot(request).await;
        assert_eq!(result.is_ok(), by_hand || priority == 0, "round {round}");
        if by_hand {
            let waited = MS(if round < 3_000 { 30 } else { 1 });
            machine.waited(waited);
            exit.clone().oneshot(arrived(now - waited, None)).await.unwrap();
        }
        refused += u32::from(!by_hand);
        assert_eq!(shed.level().0, machine.level(), "round {round}");
    }
    assert!(refused > 500, "{refused}");
}

#[tokio::test]
async fn what_matters_most_is_never_shed() {
    let clock = ManualClock::new();
    clock.advance(MS(10_000));
    let options = WaitShedOptions::facebook();
    let shed = LoadShed::new(Some(options), None).unwrap().clock(clock.shared());
    let exit = shed.exit().layer(service_fn(serve));
    let old = |priority| arrived(clock.now() - MS(1_000), Some(Priority(priority)));
    for _ in 0..50 {
        let _ = exit.clone().oneshot(old(1)).await;
        clock.advance(MS(5));
    }
    let error = exit.clone().oneshot(old(1)).await.unwrap_err();
    assert!(matches!(error, Error::Shed { reason: "waited-too-long" }), "{error:?}");
    exit.oneshot(old(0)).await.unwrap();
}

#[tokio::test]
async fn a_request_that_skipped_the_entry_has_not_waited() {
    let shed = LoadShed::new(Some(WaitShedOptions::facebook()), None).unwrap();
    shed.exit().layer(service_fn(serve)).oneshot(Request::new(())).await.unwrap();
}

#[test]
fn wrong_options_are_refused() {
    let wait = WaitShedOptions { target: Duration::ZERO, interval: Duration::ZERO };
    assert_eq!(LoadShed::new(Some(wait), None).unwrap_err().problems().len(), 2);
}
