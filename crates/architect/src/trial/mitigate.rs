//! What would make a loss milder, tried on the same loss with the same random numbers.

use core::time::Duration;

use tenfold_catalog::Catalog;
use tenfold_design::Design;
use tenfold_units::{Ledger, Text};

use super::schedule::Experiment;
use super::{HitRatios, TrialOptions, budget, observe, run};
use crate::plan::{Fault, KillWhat, Mitigation, Trial, TrialKind};

/// Losses on which something is tried: the costliest ones.
const TRIED_MAX: usize = 4;

/// A loss that takes less of the error budget than this is left alone, s.
const MATTERS: f64 = 1.0;

/// Something to try on a loss.
struct Remedy {
    design: Design,
    /// The cache's nodes come back with what they held.
    keeps_contents: bool,
    en: String,
    ko: String,
}

/// Adds to each costly loss what was tried against it, and what that came to.
pub(super) fn add(
    design: &Design,
    ledger: &mut Ledger,
    catalog: &Catalog,
    hits: &HitRatios,
    names: &[(String, TrialKind)],
    trials: &mut [Trial],
    options: &TrialOptions<'_>,
) {
    let mut costly: Vec<(usize, f64)> = (0..trials.len())
        .filter_map(|index| Some((index, worst(ledger, &trials[index])?.1)))
        .filter(|(_, seconds)| *seconds >= MATTERS)
        .collect();
    costly.sort_by(|a, b| b.1.total_cmp(&a.1));
    let remedies: Vec<(usize, Remedy)> = costly
        .iter()
        .filter_map(|(index, _)| Some((*index, remedy(design, hits, &trials[*index])?)))
        .take(TRIED_MAX)
        .collect();
    let experiments: Vec<Experiment> = remedies
        .iter()
        .map(|(index, remedy)| {
            let (id, kind) = (&trials[*index].id, &trials[*index].kind);
            Experiment::new(&remedy.design, ledger, catalog, hits, id, kind, names, options, false)
                .mitigated(remedy.keeps_contents)
        })
        .collect();
    let outcomes = run(&experiments, hits, options.seed, &|_| {});
    for (((index, remedy), experiment), seen) in remedies.iter().zip(&experiments).zip(&outcomes) {
        let seen: Vec<_> = seen.iter().collect();
        let mut after =
            observe::trial(&remedy.design, ledger, catalog, hits, experiment, &seen, options.seed);
        budget::minutes(ledger, &mut after);
        let before = &trials[*index];
        if let Some((operation, _)) = worst(ledger, before)
            && let (Some(was), Some(is)) =
                (before.budget_minutes.get(&operation), after.budget_minutes.get(&operation))
        {
            let (en, ko) = (&remedy.en, &remedy.ko);
            let text = Text::new(
                format!(
                    "Tried: {en} {operation} then loses {{{is}}} of its error budget instead of \
                     {{{was}}}."
                ),
                format!(
                    "시도한 완화책: {ko} {operation}의 error budget 소모가 {{{was}}}에서 \
                     {{{is}:으로}} 바뀐다."
                ),
            );
            trials[*index].mitigations.push(Mitigation { text, tried: true });
        }
    }
    by_zone(ledger, trials);
}

/// The operation that loses most of its error budget, and how much of it, s.
fn worst(ledger: &Ledger, trial: &Trial) -> Option<(String, f64)> {
    let budgets = trial.budget_minutes.iter();
    budgets
        .map(|(operation, id)| (operation.clone(), ledger.value(id)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

/// Returns what is tried against a loss, `None` where nothing that a setting can change would help.
fn remedy(design: &Design, hits: &HitRatios, trial: &Trial) -> Option<Remedy> {
    let TrialKind::Kill(fault) = &trial.kind else { return None };
    match fault.what {
        KillWhat::Component => hits.refill(&fault.target).map(|_| Remedy {
            design: design.clone(),
            keeps_contents: true,
            en: format!(
                "{} writes its contents to disk and starts with them, so that it comes back warm; \
                 the price is a disk for each node and a write for each entry.",
                fault.target
            ),
            ko: format!(
                "{} 내용을 disk에 기록해 두고 그대로 다시 올라오게 한다. node마다 disk가 필요하고 \
                 entry마다 쓰기가 한 번 더 든다.",
                fault.target
            ),
        }),
        KillWhat::Instance | KillWhat::Zone => noticed_sooner(design, fault),
    }
}

/// Health checks and failovers at half the time.
fn noticed_sooner(design: &Design, fault: &Fault) -> Option<Remedy> {
    let mut sooner = design.clone();
    let mut changed: Vec<&str> = Vec::new();
    for (name, component) in &mut sooner.components {
        if fault.what == KillWhat::Instance && *name != fault.target {
            continue;
        }
        let mut sped_up = false;
        if let Some(health) = &mut component.health {
            health.every = (health.every / 2).max(Duration::from_secs(1));
            sped_up = true;
        }
        let replication = component.replication.as_mut();
        if let Some(failover) = replication.and_then(|replication| replication.failover.as_mut()) {
            failover.after /= 2;
            sped_up = true;
        }
        if sped_up {
            changed.push(name);
        }
    }
    let parts = changed.join(", ");
    (!changed.is_empty()).then_some(Remedy {
        design: sooner,
        keeps_contents: false,
        en: format!(
            "health checks and failovers of {parts} at half the time; the price is twice the \
             probes, and that a pause of half the length already counts as a loss."
        ),
        ko: format!(
            "{parts}의 health check와 failover 시간을 절반으로 줄인다. probe가 두 배로 늘고, 절반 \
             길이의 멈춤도 장애로 간주된다."
        ),
    })
}

/// All instances at once fail together by a deploy or a configuration, not by hardware: done zone by
/// zone the same mistake is the loss of one zone, which was tried too.
fn by_zone(ledger: &Ledger, trials: &mut [Trial]) {
    let is_zone = |trial: &&Trial| matches!(&trial.kind, TrialKind::Kill(fault) if fault.what == KillWhat::Zone);
    let Some(zone) = trials.iter().find(is_zone).map(|trial| trial.budget_minutes.clone()) else {
        return;
    };
    for trial in trials {
        let TrialKind::Kill(fault) = &trial.kind else { continue };
        if fault.what != KillWhat::Component || !trial.mitigations.is_empty() {
            continue;
        }
        let Some((operation, seconds)) = worst(ledger, trial) else { continue };
        let Some(after) = zone.get(&operation).filter(|id| ledger.value(id) < seconds) else {
            continue;
        };
        if seconds < MATTERS {
            continue;
        }
        let (before, part) = (&trial.budget_minutes[&operation], &fault.target);
        let text = Text::new(
            format!(
                "Tried: changes of {part} are rolled out zone by zone, so that a bad one is at worst \
                 the loss of one zone. {operation} then loses {{{after}}} of its error budget instead of \
                 {{{before}}}."
            ),
            format!(
                "시도한 완화책: {part} 변경을 zone 단위로 차례차례 배포한다. 잘못된 변경도 최악의 \
                 경우 zone 하나의 손실에 그친다. {operation}의 error budget 소모가 {{{before}}}에서 \
                 {{{after}:으로}} 바뀐다."
            ),
        );
        trial.mitigations.push(Mitigation { text, tried: true });
    }
}
