//! What a loss takes from the error budget is what it is known to take, however short the simulated
//! run had to be.

use tenfold_architect::{Catalog, PlanOptions, read, simulate_design};
use tenfold_brief::Format;
use tenfold_design::{Design, propose};
use tenfold_units::Seed;

/// Briefs with a primary that an operation cannot do without: component, operation, events.
const PRIMARIES: [(&str, &str, &str, u64); 2] = [
    (
        "# Notes\n- 2M notes written a day, 1 KB each\n- 20M reads a day\n",
        "note-store",
        "note",
        1_500_000,
    ),
    // So many places come in that a second of it takes a million events even in a small cell.
    (
        "# Ride hailing\n- 20M riders take 2 rides a day\n- 1M drivers report their location every 4 \
         seconds while online, 6 hours a day\n- matching p99 < 1 s\n",
        "driver-state-store",
        "request_ride",
        1_500_000,
    ),
];

#[test]
fn a_lost_primary_costs_the_time_of_its_failover() {
    let catalog = Catalog::builtin();
    for (brief, store, operation, budget) in PRIMARIES {
        let estimate = read(brief.as_bytes(), Format::Markdown, &catalog);
        let written = propose(&estimate, &catalog).design.to_yaml();
        let loaded = Design::from_yaml(&written).expect("what is proposed can be read");
        let what = format!("kill-instance-{store}");
        let progress = |_: &str, _: f64| {};
        let options = PlanOptions { seed: Seed(7), budget, progress: &progress, first_look: None };
        let seen = simulate_design(&loaded, &what, 1.0, &catalog, &options);
        let seen = seen.expect("its figures can be computed").expect("it has this store");
        let seconds = seen.ledger[&seen.trial.budget_minutes[operation]].interval.mid;
        let copies = loaded.design.components[store].replication.as_ref();
        let failover = copies.and_then(|copies| copies.failover.as_ref()).expect("it has one");
        let known = failover.after.as_secs_f64();
        assert!((seconds / known - 1.0).abs() < 0.05, "{store}: {seconds} s of {known} s");
    }
}
