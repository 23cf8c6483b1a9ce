//! How much load a design carries, and how two designs differ.

use core::time::Duration;

use rayon::prelude::*;
use serde::Serialize;
use tenfold_catalog::Catalog;
use tenfold_design::{Design, Objective};
use tenfold_estimate::{Bound, Sli};
use tenfold_sim::stats::{Estimate, Verdict};
use tenfold_sim::{
    Comparison, Failures, LoadBorders, OperationOutcome, Outcome, Scenario, compare_runs,
};
use tenfold_units::{Ledger, Seed};

use super::scenario::{CannotRehearse, RUNS, Staged, stage};
use crate::verdict::binds;

/// Runs that a search over loads takes at most: three borders, by doubling and by bisection to 1 %.
const SEARCH_RUNS: u64 = 32;

/// Simulated seconds of a run at least, and at most.
const SECONDS: (f64, f64) = (1.0, 3_600.0);

/// How much load a design carries within its objectives, as factors of its peak.
#[derive(Clone, Debug, Serialize)]
pub struct Carried {
    /// `tenfold/carried/1`.
    pub schema: String,
    /// The seed of every run: all loads see the same requests.
    pub seed: Seed,
    /// Runs that the search took.
    pub runs: u64,
    /// Events of all of them.
    pub events: u64,
    /// What was simulated is this many times smaller than the whole.
    pub cells: f64,
    /// The objectives that were judged, by id: latencies, and shares of good and of failed answers.
    pub judged: Vec<String>,
    /// The highest factor found at which every interval is within its limit.
    pub met_up_to: Option<f64>,
    /// The factor at which the values themselves pass a limit, to 1 %.
    pub about: Option<f64>,
    /// The lowest factor found at which an objective is missed with its whole interval.
    pub missed_from: Option<f64>,
    /// The objectives whose limits are passed just above `about`.
    pub missed: Vec<String>,
    /// Failed requests there by cause, over all operations.
    pub failures: Failures,
    /// Components in the order in which they give out.
    pub gives_out: Vec<GivesOut>,
}

/// When a component gives out.
#[derive(Clone, Debug, Serialize)]
pub struct GivesOut {
    /// The component.
    pub component: String,
    /// Busy fraction of its busiest replica at the load `about`.
    pub utilization: f64,
    /// The factor at which that replica has no time left, if its work grows with the load.
    pub full_at: f64,
}

/// Searches for the highest load, as a factor of the peak, at which a design keeps its objectives.
///
/// # Errors
/// Says how many events one second of it takes, where that is beyond the budget.
pub fn carry(
    design: &Design,
    ledger: &mut Ledger,
    catalog: &Catalog,
    seed: Seed,
    budget: u64,
) -> Result<Carried, CannotRehearse> {
    let staged = steady(design, ledger, catalog, seed, (SEARCH_RUNS, budget))?;
    let seconds = staged.seconds(budget / SEARCH_RUNS, seed);
    let judged: Vec<&Objective> =
        design.objectives.iter().filter(|objective| is_judged(objective)).collect();
    let (mut runs, mut events) = (0, 0);
    let mut run = |factor: f64| {
        // As many events at each load.
        let span = (seconds / factor).clamp(SECONDS.0 / 10.0, SECONDS.1);
        let outcome = staged.for_seconds(span, factor).run(seed);
        runs += 1;
        events += outcome.events;
        outcome
    };
    let borders = LoadBorders::search(|factor| {
        // Without an objective there is nothing to search for.
        if judged.is_empty() {
            return (Verdict::Undecided, false);
        }
        let outcome = run(factor);
        all(judged.iter().map(|objective| judge(design, objective, &outcome)))
    });
    let above = borders.above.filter(|_| !judged.is_empty()).map(&mut run);
    let within = borders.about.filter(|_| above.is_some());
    let gives_out = within.map_or_else(Vec::new, |factor| {
        let half = factor / 2.0;
        gives_out(&run(factor), &run(half), half)
    });
    let missed = judged.iter().filter(|objective| {
        above.as_ref().is_some_and(|outcome| !judge(design, objective, outcome).1)
    });
    let missed = missed.map(|objective| objective.id.clone()).collect();
    let mut failures = Failures::default();
    let seen = above.iter().flat_map(|outcome| outcome.operations.values());
    seen.for_each(|operation| failures.add(&operation.failures));
    Ok(Carried {
        schema: "tenfold/carried/1".to_owned(),
        seed,
        runs,
        events,
        cells: staged.cells,
        judged: judged.iter().map(|objective| objective.id.clone()).collect(),
        met_up_to: borders.met_up_to,
        about: within,
        missed_from: borders.missed_from,
        missed,
        failures,
        gives_out,
    })
}

/// Runs two designs at their peak with the same requests and returns what differs, second minus first.
///
/// # Errors
/// Says how many events one second of a design takes, where that is beyond the budget.
pub fn compare_designs(
    (first, first_ledger): (&Design, &mut Ledger),
    (second, second_ledger): (&Design, &mut Ledger),
    catalog: &Catalog,
    seed: Seed,
    budget: u64,
) -> Result<Comparison, CannotRehearse> {
    let (runs, half) = (2 * RUNS, budget / 2);
    let first = steady(first, first_ledger, catalog, seed, (runs, half))?;
    let second = steady(second, second_ledger, catalog, seed, (runs, half))?;
    // Both for the same time, so that each pair sees the same requests.
    let seconds = first.seconds(half / runs, seed).min(second.seconds(half / runs, seed));
    let outcomes = |staged: &Staged| -> Vec<Outcome> {
        let one = |run| staged.for_seconds(seconds, 1.0).run(seed.replication(run));
        (0..runs).into_par_iter().map(one).collect()
    };
    Ok(compare_runs(seed, &outcomes(&first), &outcomes(&second)))
}

fn steady(
    design: &Design,
    ledger: &mut Ledger,
    catalog: &Catalog,
    seed: Seed,
    budget: (u64, u64),
) -> Result<Staged, CannotRehearse> {
    let least = Duration::from_secs_f64(SECONDS.0);
    let scenario = Scenario::steady("load", 1.0, Duration::ZERO, least);
    stage(design, ledger, catalog, &scenario, seed, budget)
}

impl Staged {
    /// The same for `seconds` at a load, of which a tenth warms up.
    fn for_seconds(&self, seconds: f64, load: f64) -> Self {
        let span = |share: f64| Duration::from_secs_f64(seconds * share);
        let scenario =
            Scenario { budget: u64::MAX, ..Scenario::steady("load", load, span(0.1), span(0.9)) };
        Self { scenario, ..self.clone() }
    }

    /// Simulated seconds that take about so many events at load 1, by a look at a second.
    fn seconds(&self, events: u64, seed: Seed) -> f64 {
        let look = self.for_seconds(SECONDS.0, 1.0).run(seed);
        (events as f64 / look.events.max(1) as f64 * SECONDS.0).clamp(SECONDS.0, SECONDS.1)
    }
}

fn is_judged(objective: &Objective) -> bool {
    match objective.sli {
        Sli::LatencyP50
        | Sli::LatencyP90
        | Sli::LatencyP95
        | Sli::LatencyP99
        | Sli::LatencyP999
        | Sli::LatencyMean
        | Sli::AvailabilityRatio
        | Sli::ErrorRatio => true,
        Sli::ThroughputRps | Sli::StalenessSeconds | Sli::RebufferRatio | Sli::DurabilityRatio => {
            false
        }
    }
}

/// Returns the verdict on an objective, and whether the values alone are within its limit.
fn judge(design: &Design, objective: &Objective, outcome: &Outcome) -> (Verdict, bool) {
    let limit = objective.limit.value;
    let bound = outcome.operations.iter().filter(|(name, _)| binds(design, objective, name));
    all(bound.map(|(_, seen)| match figure(objective.sli, seen) {
        _ if seen.unstable => (Verdict::Missed, false),
        Some(estimate) => match objective.bound {
            Bound::Below | Bound::AtMost => (estimate.at_most(limit), estimate.value <= limit),
            Bound::AtLeast => (estimate.at_least(limit), estimate.value >= limit),
        },
        // Nobody asked, or nobody was answered.
        None if seen.requests > 0 && seen.good == 0 => (Verdict::Missed, false),
        None => (Verdict::Undecided, true),
    }))
}

fn figure(sli: Sli, seen: &OperationOutcome) -> Option<Estimate> {
    let latency = seen.latency_seconds.as_ref();
    match sli {
        Sli::LatencyP50 => latency.map(|all| all.p50),
        Sli::LatencyP90 => latency.map(|all| all.p90),
        Sli::LatencyP95 => latency.map(|all| all.p95),
        Sli::LatencyP99 => latency.map(|all| all.p99),
        Sli::LatencyP999 => latency.map(|all| all.p999),
        Sli::LatencyMean => latency.map(|all| all.mean),
        Sli::AvailabilityRatio => seen.availability_ratio,
        Sli::ErrorRatio => seen.availability_ratio.map(|good| Estimate {
            value: 1.0 - good.value,
            low: good.high.map(|high| 1.0 - high),
            high: good.low.map(|low| 1.0 - low),
        }),
        Sli::ThroughputRps | Sli::StalenessSeconds | Sli::RebufferRatio | Sli::DurabilityRatio => {
            None
        }
    }
}

/// Met where each is, missed where one is.
fn all(judged: impl Iterator<Item = (Verdict, bool)>) -> (Verdict, bool) {
    judged.fold((Verdict::Met, true), |(verdict, within), (next, also)| {
        let verdict = match (verdict, next) {
            (Verdict::Missed, _) | (_, Verdict::Missed) => Verdict::Missed,
            (Verdict::Undecided, _) | (_, Verdict::Undecided) => Verdict::Undecided,
            (Verdict::Met, Verdict::Met) => Verdict::Met,
        };
        (verdict, within && also)
    })
}

/// Components with servers, those that are full at the lowest load in front: by a run at half of what
/// is carried, since a replica that is full already tells nothing of how far beyond it is.
fn gives_out(carried: &Outcome, half: &Outcome, factor: f64) -> Vec<GivesOut> {
    let busy = half.components.iter().filter_map(|(name, seen)| {
        let full_at = factor / seen.hottest_utilization.filter(|busy| *busy > 0.0)?;
        let utilization = carried.components.get(name)?.hottest_utilization?;
        Some(GivesOut { component: name.clone(), utilization, full_at })
    });
    let mut all: Vec<GivesOut> = busy.collect();
    all.sort_by(|a, b| a.full_at.total_cmp(&b.full_at));
    all
}
