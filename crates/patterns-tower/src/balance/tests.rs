use core::time::Duration;

use http::Response;
use tenfold_patterns::{
    BackendState, Balancer as Machine, BalancerOutcome, BalancerPolicy, MaxFailsOptions,
};
use tokio::time::{advance, sleep};
use tower::util::BoxCloneSyncService;
use tower::{ServiceExt, service_fn};

use super::*;
use crate::classify::ByStatus;
use crate::clock::Clock;

const MS: fn(u64) -> Duration = Duration::from_millis;
const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// (millis, ok) → the name of who answered.
type Replica = BoxCloneSyncService<(u64, bool), usize, BoxError>;

fn replica(number: usize) -> Replica {
    BoxCloneSyncService::new(service_fn(move |(millis, ok): (u64, bool)| async move {
        sleep(MS(millis)).await;
        if ok { Ok(number) } else { Err("down".into()) }
    }))
}

fn backends(n: usize) -> Vec<(BackendOptions, Replica)> {
    (0..n).map(|i| (BackendOptions::named(NAMES[i]), replica(i))).collect()
}

#[tokio::test(start_paused = true)]
async fn the_layer_picks_as_the_machine_by_hand() {
    for options in [
        BalancerOptions::nginx(),
        BalancerOptions::power_of_two(),
        BalancerOptions::peak_ewma(),
        BalancerOptions::envoy(),
        BalancerOptions::plain(BalancerPolicy::LeastConnections),
    ] {
        let known: Vec<_> = NAMES.map(BackendOptions::named).into();
        let mut machine = Machine::new(options, &known).unwrap();
        let mut stream = Seed(2).stream("balancer");
        let mut balance = Balance::seeded(options, backends(4), Seed(2)).unwrap();
        let mut script = Seed(9).stream("script");
        for round in 0..400 {
            advance(MS(script.below(50))).await;
            let start = TokioClock.now();
            let (millis, ok) = (script.below(30), script.chance(0.8));
            let by_hand = machine.pick(start, b"", &mut stream);
            let result = balance.call((millis, ok)).await;
            let Some(backend) = by_hand else {
                assert_eq!(result.unwrap_err().reason(), "no-backend", "round {round}");
                continue;
            };
            machine.started(start, backend);
            let (now, outcome) = match &result {
                Ok(number) => {
                    assert_eq!(*number, backend, "round {round} of {options:?}");
                    (TokioClock.now(), BalancerOutcome::Success)
                }
                Err(error) => {
                    assert_eq!(error.reason(), "inner", "round {round} of {options:?}");
                    (TokioClock.now(), BalancerOutcome::Failure)
                }
            };
            machine.finished(now, backend, outcome, now.saturating_since(start));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn least_connections_spreads_calls_in_flight() {
    let options = BalancerOptions::plain(BalancerPolicy::LeastConnections);
    let balance = Balance::new(options, backends(4)).unwrap();
    let calls: Vec<_> =
        (0..20).map(|_| tokio::spawn(balance.clone().oneshot((100, true)))).collect();
    sleep(MS(10)).await;
    for name in NAMES {
        assert_eq!(balance.balancer().in_flight(name), Some(5), "{name}");
    }
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert!(NAMES.iter().all(|name| balance.balancer().in_flight(name) == Some(0)));
}

#[tokio::test(start_paused = true)]
async fn cancelled_and_panicking_calls_are_no_longer_in_flight() {
    let options = BalancerOptions::nginx();
    let balance = Balance::new(options, backends(2)).unwrap();
    for _ in 0..10 {
        let call = balance.clone().oneshot((10_000, true));
        assert!(tokio::time::timeout(MS(5), call).await.is_err());
    }
    let now = TokioClock.now();
    for name in &NAMES[..2] {
        assert_eq!(balance.balancer().in_flight(name), Some(0));
        assert_eq!(balance.balancer().state(now, name), Some(BackendState::Up));
    }
    let panics = service_fn(async |()| -> Result<(), BoxError> { panic!("planned") });
    let one = vec![(BackendOptions::named("p"), panics)];
    let balance = Balance::new(options, one).unwrap();
    assert!(tokio::spawn(balance.clone().oneshot(())).await.unwrap_err().is_panic());
    assert_eq!(balance.balancer().in_flight("p"), Some(0));
}

#[tokio::test]
async fn the_same_key_goes_to_the_same_backend() {
    let policy = BalancerPolicy::ConsistentHash { virtual_nodes: 100, bounded_load: 0.0 };
    let balance = Balance::new(BalancerOptions::plain(policy), backends(4)).unwrap();
    let mut balance = balance.by_key(|(key, _): &(u64, bool)| key.to_be_bytes().to_vec());
    let mut seen = [0; 4];
    for key in 0..40 {
        let first = balance.call((key, true)).await.unwrap();
        assert_eq!(balance.call((key, true)).await.unwrap(), first);
        seen[first] += 1;
    }
    assert!(seen.iter().all(|count| *count > 0), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn backends_come_and_go() {
    let mut balance = Balance::new(BalancerOptions::nginx(), backends(1)).unwrap();
    let shared = balance.balancer().clone();
    let now = TokioClock.now();
    assert_eq!(shared.add(now, &BackendOptions::named("b"), replica(1)).unwrap(), 1);
    assert!(shared.add(now, &BackendOptions::named("b"), replica(1)).is_err(), "taken");
    let under_way = tokio::spawn(balance.call((50, true)));
    tokio::task::yield_now().await;
    assert!(shared.remove(now, "a"));
    assert!(!shared.remove(now, "a"));
    for _ in 0..5 {
        assert_eq!(balance.call((0, true)).await.unwrap(), 1);
    }
    assert_eq!(under_way.await.unwrap().unwrap(), 0, "went on");
    assert!(shared.remove(now, "b"));
    let error = balance.call((0, true)).await.unwrap_err();
    assert_eq!((error.reason(), error.status().as_u16()), ("no-backend", 503));
}

#[tokio::test(start_paused = true)]
async fn failures_by_status_take_a_backend_out() {
    let answers = |status: u16| {
        BoxCloneSyncService::new(service_fn(move |()| async move {
            Ok::<_, BoxError>(Response::builder().status(status).body(()).unwrap())
        }))
    };
    let options = BalancerOptions {
        max_fails: Some(MaxFailsOptions { max_fails: 2, fail_timeout: MS(10_000) }),
        ..BalancerOptions::nginx()
    };
    let both: Vec<(_, BoxCloneSyncService<(), Response<()>, BoxError>)> = vec![
        (BackendOptions::named("good"), answers(404)),
        (BackendOptions::named("bad"), answers(500)),
    ];
    let mut balance = Balance::new(options, both).unwrap().classify(ByStatus);
    let mut bad = 0;
    for _ in 0..20 {
        bad += u32::from(balance.call(()).await.unwrap().status() == 500);
    }
    assert_eq!(bad, 2);
    let state = balance.balancer().state(TokioClock.now(), "bad");
    assert_eq!(state, Some(BackendState::Failing));
}

#[tokio::test]
async fn an_active_check_takes_a_backend_out_and_in() {
    let mut balance = Balance::new(BalancerOptions::power_of_two(), backends(2)).unwrap();
    let now = TokioClock.now();
    assert!(balance.balancer().set_up(now, "a", false));
    assert!(!balance.balancer().set_up(now, "z", false));
    for _ in 0..10 {
        assert_eq!(balance.call((0, true)).await.unwrap(), 1);
    }
    assert!(balance.balancer().set_up(now, "a", true));
    let mut seen = [0; 2];
    for _ in 0..50 {
        seen[balance.call((0, true)).await.unwrap()] += 1;
    }
    assert!(seen.iter().all(|count| *count > 5), "{seen:?}");
}
