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

use case::Case;
use tenfold_sim::planted::{Bug, plant};

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
fn customers_who_do_not_think_are_noticed() {
    catches(Bug::ThinkTimeSkipped, &cases::machine_repair(1, 6));
}

#[test]
fn even_routing_is_noticed() {
    catches(Bug::RoutingEven, &cases::jackson());
}
