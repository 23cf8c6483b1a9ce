//! What can be said of a design within two seconds: its parts, and average and peak by few events.

use tenfold_catalog::Catalog;
use tenfold_design::Proposal;
use tenfold_estimate::{Estimate, Sli};

use crate::plan::{Plan, VerdictKind};
use crate::stages::{PlanOptions, whole};
use crate::trial::{HitRatios, TrialOptions, try_design};
use crate::verdict;

/// Events of a first look.
const BUDGET: u64 = 1_500_000;

/// Returns a plan of which only average and peak were simulated, briefly; what that cannot decide is
/// undecided, and nothing is said about losses.
pub(crate) fn take(
    estimate: &Estimate,
    proposal: &Proposal,
    catalog: &Catalog,
    hits: &HitRatios,
    options: &PlanOptions<'_>,
) -> Plan {
    let mut proposal = proposal.clone();
    let (design, ledger) = (&proposal.design, &mut proposal.ledger);
    let only = |id: &str| matches!(id, "average" | "peak");
    let budget = BUDGET.min(options.budget);
    let trial_options =
        TrialOptions { seed: options.seed, budget, kill_load: 1.0, progress: &|_| {}, only: &only };
    let trials = try_design(design, ledger, catalog, hits, &trial_options);
    let mut verdicts = verdict::judge(design, ledger, catalog, hits, &trials);
    for verdict in &mut verdicts {
        let objective = design.objectives.iter().find(|o| o.id == verdict.objective);
        if objective.is_none_or(|objective| objective.sli == Sli::AvailabilityRatio) {
            verdict.verdict = VerdictKind::Undecided;
        }
    }
    whole(estimate.clone(), proposal, trials, verdicts, options.seed)
}
