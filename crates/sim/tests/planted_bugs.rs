//! Each bug that is planted makes the check fail that is named beside it.
//!
//! `cargo test -p tenfold-sim --features planted-bugs --test planted_bugs`

#![cfg(feature = "planted-bugs")]

#[path = "support/case.rs"]
#[expect(dead_code, reason = "some cases only")]
mod case;
#[path = "support/cases.rs"]
#[expect(dead_code, reason = "some cases only")]
mod cases;
#[path = "support/designs.rs"]
#[expect(dead_code, reason = "some cases only")]
mod designs;

#[path = "support/rare.rs"]
#[expect(dead_code, reason = "some events only")]
mod rare;

#[path = "support/signature.rs"]
#[expect(dead_code, reason = "runs and judgements only")]
mod signature;

use case::Case;
use tenfold_sim::keys::WarmOptions;
use tenfold_sim::planted::{Bug, plant};
use tenfold_sim::{Caches, Model, Outcome, Scenario, simulate_scenario};
use tenfold_units::Seed;

/// Asserts that `case` passes without the bug and fails with it.
fn catches(bug: Bug, case: &Case) {
    plant(None);
    assert_eq!(case.failures(), Vec::<String>::new(), "{} without a bug", case.name);
    plant(Some(bug));
    let failures = case.failures();
    plant(None);
    assert!(!failures.is_empty(), "{} does not notice {bug:?}", case.name);
}

#[test]
fn faster_service_is_noticed() {
    catches(Bug::ServiceTooFast, &cases::m_m_1(0.5));
}

#[test]
fn a_missing_server_is_noticed() {
    catches(Bug::OneServerFewer, &cases::m_m_c(8, 6.0));
}

#[test]
fn last_come_first_served_is_noticed() {
    catches(Bug::LifoForFifo, &cases::m_m_1(0.5));
}

#[test]
fn one_place_more_is_noticed() {
    catches(Bug::QueueBoundOffByOne, &cases::m_m_c_k(1, 4, 0.9));
}

#[test]
fn endless_patience_is_noticed() {
    catches(Bug::PatienceIgnored, &cases::erlang_a(5, 6.0, 1.0));
}

#[test]
fn restarted_service_is_noticed() {
    catches(Bug::PreemptionRestarts, &cases::preemptive_priorities());
}

#[test]
fn reversed_priorities_are_noticed() {
    catches(Bug::PriorityReversed, &cases::nonpreemptive_priorities());
}

#[test]
fn waits_without_zeros_are_noticed() {
    catches(Bug::WaitWithoutZeros, &cases::m_m_1(0.5));
}

#[test]
fn a_latency_of_the_last_station_is_noticed() {
    catches(Bug::LatencyOfLastStation, &cases::tandem());
}

#[test]
fn sharing_without_shares_is_noticed() {
    catches(Bug::SharingWithoutShares, &cases::processor_sharing()[0]);
}

#[test]
fn a_slow_recursion_is_noticed() {
    catches(Bug::RecursionTooSlow, &cases::m_m_1(0.5));
}

#[test]
fn customers_who_do_not_think_are_noticed() {
    catches(Bug::ThinkTimeSkipped, &cases::machine_repair(1, 6));
}

#[test]
fn even_routing_is_noticed() {
    catches(Bug::RoutingEven, &cases::jackson());
}

#[test]
fn endless_calls_are_noticed() {
    catches(Bug::TimeoutIgnored, &designs::timeout());
}

#[test]
fn dropped_zombie_work_is_noticed() {
    catches(Bug::ZombieWorkDropped, &designs::zombies());
}

#[test]
fn uncounted_retries_are_noticed() {
    catches(Bug::RetryNotCounted, &designs::retries());
}

#[test]
fn a_quorum_of_one_is_noticed() {
    catches(Bug::QuorumOfOne, &designs::quorum());
}

#[test]
fn a_pool_without_bound_is_noticed() {
    catches(Bug::PoolUnbounded, &designs::pool());
}

/// Runs a design through a scenario with and without `bug`, and returns what `figure` sees.
fn with_and_without(
    bug: Bug,
    design: &str,
    scenario: &str,
    figure: fn(&Outcome) -> f64,
) -> (f64, f64) {
    let model =
        Model::from_yaml(&format!("model: bug\nzones: [a]\n{design}")).expect("the model is valid");
    let scenario = Scenario::from_yaml(&format!("{{scenario: bug, {scenario}}}"))
        .expect("the scenario is valid");
    let run = |planted| {
        plant(planted);
        let options = WarmOptions { budget: 500_000, tolerance: 0.01 };
        let caches = Caches::warm(&model, scenario.load, Seed(1), options);
        let seen = figure(&simulate_scenario(&model, &scenario, &caches, Seed(1)));
        plant(None);
        seen
    };
    (run(Some(bug)), run(None))
}

/// Fifty customers at one server: when it dies, the forty-nine who wait fail with the one served.
#[test]
fn waiting_requests_that_survive_a_death_are_noticed() {
    let (with, without) = with_and_without(
        Bug::DeathKeepsQueue,
        "components:
  desk: {replicas: {a: 1}, servers: 1, service_time: {any: {deterministic: 1s}}}
operations:
  op:
    load: {closed: {population: 50, think_time: {deterministic: 1s}}}
    flow: [{call: {to: desk}}]
",
        "horizon: 10900ms, faults: [{at: 10500ms, target: {component: desk}, effect: {kill: {}}}]",
        |outcome| outcome.operations["op"].failures.total() as f64,
    );
    assert!(without >= 45.0, "{without}");
    assert!(with <= 5.0, "{with}");
}

/// The second after a flush misses far more than the second before.
#[test]
fn a_flush_without_effect_is_noticed() {
    let (with, without) = with_and_without(
        Bug::FlushIgnored,
        "keys: {items: {zipf: {exponent: 1.1, count: 10_000}}}
components:
  cache: {replicas: {a: 1}, servers: infinite, service_time: {any: {deterministic: 50us}}, data: {shards: 1, copies: 1, read: primary, write: primary}, cache: {keys: items, options: {policy: lru, capacity: 1000}}}
  store: {replicas: {a: 1}, servers: infinite, service_time: {any: {deterministic: 1us}}}
operations:
  op:
    load: {open: {rate: 2000/s}}
    keys: items
    flow: [{lookup: {cache: cache, on_miss: [{call: {to: store}}, {fill: cache}]}}]
",
        "horizon: 6s, window: 1s, faults: [{at: 5s, target: {component: cache}, effect: flush-cache}]",
        |outcome| {
            let hits = |window: usize| outcome.series[window].components["cache"].hit_ratio;
            hits(4).unwrap() - hits(5).unwrap()
        },
    );
    assert!(without > 0.1, "{without}");
    assert!(with < 0.05, "{with}");
}

/// For the four seconds until a dead replica of three is noticed it fails a third of the requests.
#[test]
fn a_death_noticed_at_once_is_noticed() {
    let (with, without) = with_and_without(
        Bug::DetectionAtOnce,
        "components:
  web: {replicas: {a: 3}, servers: infinite, service_time: {any: {deterministic: 1ms}}, detection: 4s}
links: {client -> web: {timeout: 20ms, balance: {policy: random}}}
operations:
  op:
    load: {open: {rate: 600/s}}
    flow: [{call: {to: web}}]
",
        "horizon: 4s, faults: [{at: 0s, target: {component: web, replica: 0}, effect: {kill: {silent: true}}}]",
        |outcome| outcome.operations["op"].failures.total() as f64,
    );
    assert!((without - 800.0).abs() < 120.0, "{without}");
    assert!(with < 80.0, "{with}");
}

/// One connection at ρ = 0.5: half of the calls wait, and time out where nobody lets them in.
#[test]
fn a_place_in_a_pool_that_is_lost_is_noticed() {
    let (with, without) = with_and_without(
        Bug::PoolPlaceLost,
        "components:
  store: {replicas: {a: 1}, servers: 8, service_time: {any: {deterministic: 10ms}}}
links:
  client -> store: {pool: 1, pool_waits: true, timeout: 1s}
operations:
  op: {load: {open: {rate: 50/s}}, flow: [{call: {to: store}}]}
",
        "horizon: 100s",
        |outcome| outcome.operations["op"].failures.pool as f64,
    );
    assert!(without < 1.0, "{without}");
    assert!(with > 1_000.0, "{with}");
}

/// A batch of 50 records at one shard: that shard is busier than the others, for as long as it lasts.
#[test]
fn records_with_the_key_of_their_batch_are_noticed() {
    let (with, without) = with_and_without(
        Bug::RecordsShareKey,
        "components:
  web: {replicas: {a: 1}, servers: 4, service_time: {any: {deterministic: 1ms}}}
  log: {replicas: {a: 1}, servers: 4, service_time: {any: {deterministic: 100us}}, topic: {partitions: 2, limit: 100_000}}
  worker: {replicas: {a: 1}, servers: 8, service_time: {any: {deterministic: 5ms}}}
  store: {replicas: {a: 4}, servers: 1, service_time: {any: {deterministic: 2ms}}, data: {shards: 4, copies: 1, read: primary, write: primary}}
operations:
  send:
    load: {open: {rate: 500/s}}
    flow: [{call: {to: web, steps: [{emit: log}]}}]
  work:
    load: {consume: {topic: log, consumers: 2, batch: 50, wait: 100ms}}
    flow: [{call: {to: worker, steps: [{each: {steps: [{call: {to: store, access: write}}]}}]}}]
",
        "horizon: 60s",
        |outcome| outcome.operations["work"].latency_seconds.expect("batches end").mean.value,
    );
    // 50 writes of 2 ms take 100 ms on one shard, some 34 ms over four.
    assert!(with - without > 0.05, "{with} with, {without} without");
}

/// Asserts that the signature with this title is seen without the bug and not with it.
fn signature_catches(title: &str, bug: Bug) {
    let all = signature::groups().into_iter().flat_map(|group| group.signatures);
    let signature = all.into_iter().find(|it| it.title == title).expect("there is this signature");
    let problems = |bug| {
        plant(bug);
        let findings = signature.judge(&signature.run());
        plant(None);
        findings.into_iter().filter_map(|it| it.problem).collect::<Vec<_>>()
    };
    assert_eq!(problems(None), Vec::<String>::new(), "{title} without a bug");
    assert!(!problems(Some(bug)).is_empty(), "{title} does not notice {bug:?}");
}

#[test]
fn parts_of_the_caller_that_do_nothing_are_noticed() {
    for (title, bug) in [
        ("Hedging at p95 adds five percent load and cuts the tail", Bug::HedgeNeverSent),
        ("Cancelled calls leave no zombie work", Bug::CancelIgnored),
        ("An open breaker spares a failing callee", Bug::BreakerSeesSuccess),
        ("Naive retries stay collapsed and a budget recovers", Bug::RetryBudgetIgnored),
        ("One flight for a key that everybody misses", Bug::FlightNotShared),
        ("A concurrency limit finds what the callee bears", Bug::LimitSeesNoDrops),
    ] {
        signature_catches(title, bug);
    }
}

#[test]
fn queues_of_replicas_that_ignore_their_options_are_noticed() {
    for (title, bug) in [
        ("Shedding the oldest keeps answers young", Bug::NewestAlwaysShed),
        (
            "A controlled delay lets a burst pass and stops a standing queue",
            Bug::ControlledDelayIgnored,
        ),
        ("Last come first served keeps goodput in overload", Bug::AdaptiveStaysInOrder),
    ] {
        signature_catches(title, bug);
    }
}

#[test]
fn faults_without_effect_are_noticed() {
    for (title, bug) in [
        ("Retries win back what fails by chance", Bug::ErrorsIgnored),
        ("A pause makes everybody late and loses nobody", Bug::PauseIgnored),
        ("A slow spell leaves a queue that outlives it", Bug::SlowForEver),
        ("A dead process refuses at once and a dead machine is silent", Bug::SilenceRefuses),
    ] {
        signature_catches(title, bug);
    }
}

#[test]
fn a_network_that_does_nothing_is_noticed() {
    for (title, bug) in [
        ("A one-way partition splits what a full one does not", Bug::OneWayCutsBoth),
        ("A lost message costs its time-out", Bug::LossIgnored),
        ("A line that all answers share is a queue", Bug::BodiesWeighNothing),
    ] {
        signature_catches(title, bug);
    }
}

#[test]
fn replicas_that_come_and_go_at_once_are_noticed() {
    for (title, bug) in [
        ("The autoscaler arrives late", Bug::ProvisioningInstant),
        ("Replicas are kept until the stabilization is over", Bug::ScaleInAtOnce),
        ("A collection of garbage is seen by who comes within it", Bug::PauseIgnored),
        ("A replica that comes back cold is not yet a replica", Bug::SlowStartIgnored),
        ("Replaced one at a time or all together", Bug::RollOutAllAtOnce),
    ] {
        signature_catches(title, bug);
    }
}

#[test]
fn clocks_and_disks_that_do_nothing_are_noticed() {
    for (title, bug) in [
        ("A clock that jumps ahead ends all lifetimes at once", Bug::ClockStepIgnored),
        ("A full disk stops writes and leaves reads", Bug::DiskFullIgnored),
    ] {
        signature_catches(title, bug);
    }
}

/// Asserts that splitting is right without the bug and wrong with it.
fn splitting_catches(bug: Bug) {
    let case = rare::m_m_1(0.5, 20);
    plant(None);
    assert_eq!(case.wrong(4_000_000), None);
    plant(Some(bug));
    let wrong = case.wrong(4_000_000);
    plant(None);
    assert!(wrong.is_some(), "{} does not notice {bug:?}", case.name);
}

#[test]
fn copies_with_the_same_future_are_noticed() {
    splitting_catches(Bug::BranchesShareFuture);
}

#[test]
fn copies_that_count_too_much_are_noticed() {
    splitting_catches(Bug::BranchWeightOfBirth);
}
