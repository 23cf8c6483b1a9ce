//! Which objectives a loss breaks, and how much of the error budget it takes.

use tenfold_design::Design;
use tenfold_estimate::Sli;
use tenfold_units::{Interval, Ledger, Unit};

use crate::plan::{PhaseName, Trial, TrialKind};

/// Fills in what each kill breaks after failover and the minutes of error budget it takes.
pub(super) fn spend(design: &Design, ledger: &mut Ledger, trials: &mut [Trial]) {
    for trial in trials.iter_mut() {
        if matches!(trial.kind, TrialKind::Kill(_)) {
            minutes(ledger, trial);
        }
        trial.breaks = broken(design, ledger, trial);
    }
}

/// Minutes without good answers: the sum over phases of length × share of bad answers.
pub(super) fn minutes(ledger: &mut Ledger, trial: &mut Trial) {
    let names: Vec<String> = trial
        .phases
        .iter()
        .flat_map(|phase| phase.operations.iter().map(|seen| seen.operation.clone()))
        .collect();
    for name in names {
        if trial.budget_minutes.contains_key(&name) {
            continue;
        }
        let mut terms = Vec::new();
        for phase in &trial.phases {
            let seen = phase.operations.iter().find(|seen| seen.operation == name);
            if let (Some(seen), Some(lasts)) = (seen, &phase.lasts) {
                terms.push(format!("{lasts} * (1 - {})", seen.availability));
            }
        }
        let id = format!("sim.{}.{name}.budget_seconds", trial.id);
        let label = format!("{name}: error budget taken by one such loss, {}", trial.id);
        ledger.derive(&id, &label, Unit::Seconds, &terms.join(" + "));
        trial.budget_minutes.insert(name, id);
    }
}

/// The objectives that do not hold: under a steady load, or after failover.
fn broken(design: &Design, ledger: &Ledger, trial: &Trial) -> Vec<String> {
    let mut broken = Vec::new();
    let judged =
        trial.phases.iter().filter(|p| matches!(p.name, PhaseName::Steady | PhaseName::Degraded));
    for phase in judged {
        for objective in &design.objectives {
            let limit = objective.limit.value;
            let missed = phase
                .operations
                .iter()
                .filter(|seen| crate::verdict::binds(design, objective, &seen.operation))
                .any(|seen| match objective.sli {
                    Sli::LatencyP99 => {
                        seen.p99.as_ref().is_some_and(|id| ledger[id.as_str()].interval.low > limit)
                    }
                    Sli::AvailabilityRatio => {
                        surely_below(&ledger[seen.availability.as_str()].interval, limit)
                    }
                    // A phase is too short for other percentiles.
                    Sli::LatencyP50
                    | Sli::LatencyP90
                    | Sli::LatencyP95
                    | Sli::LatencyP999
                    | Sli::LatencyMean
                    | Sli::ErrorRatio
                    | Sli::ThroughputRps
                    | Sli::StalenessSeconds
                    | Sli::RebufferRatio
                    | Sli::DurabilityRatio => false,
                });
            if missed && !broken.contains(&objective.id) {
                broken.push(objective.id.clone());
            }
        }
    }
    broken
}

/// Returns whether a ratio lies below a limit beyond doubt: its whole interval, or, with too few
/// requests for one, most of them.
fn surely_below(interval: &Interval, limit: f64) -> bool {
    if interval.is_exact() { interval.mid < limit / 2.0 } else { interval.high < limit }
}
