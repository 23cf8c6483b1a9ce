//! A design that somebody edited: the same laws, trials and verdicts as for a proposed one.

use serde::Serialize;
use tenfold_catalog::Catalog;
use tenfold_design::{Design, Finding, Loaded, Severity, review};
use tenfold_units::Ledger;

use crate::plan::{Trial, TrialKind, Verdict, VerdictKind};
use crate::stages::PlanOptions;
use crate::trial::{HitRatios, TrialOptions, try_design};
use crate::{agreement, availability, verdict, weakness};

/// A design as it stands, judged.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Checked {
    /// `tenfold/check/1`.
    pub schema: String,
    /// Whether every law and every objective holds, also with an instance or a zone lost.
    pub holds: bool,
    /// What the laws say.
    pub findings: Vec<Finding>,
    /// Each objective judged.
    pub verdicts: Vec<Verdict>,
    /// Losses of an instance or of a zone that break an objective after failover: trial ids.
    pub breaking: Vec<String>,
    /// What was tried.
    pub trials: Vec<Trial>,
    /// Every figure.
    pub ledger: Ledger,
}

/// Judges a design file.
///
/// # Errors
/// Says what in the file cannot be computed, with its place.
pub fn check(
    loaded: &Loaded,
    catalog: &Catalog,
    options: &PlanOptions<'_>,
) -> Result<Checked, Vec<tenfold_design::Diagnostic>> {
    let review = review(loaded, catalog)?;
    let mut ledger = review.ledger;
    let design = &loaded.design;
    (options.progress)("caches", 0.0);
    let hits = HitRatios::new(design, &mut ledger, options.seed);
    let trials = tried(design, &mut ledger, catalog, &hits, options, 1.0, &|_| true);
    availability::add(design, &mut ledger, catalog, &trials);
    weakness::gives_out(design, &mut ledger);
    let verdicts = verdict::judge(design, &mut ledger, catalog, &hits, &trials);
    let mut findings = review.findings;
    findings.extend(agreement::find(design, &ledger));
    let breaking: Vec<String> = trials
        .iter()
        .filter(|trial| match &trial.kind {
            // All instances of a component at once is shown, not forbidden.
            TrialKind::Kill(fault) => fault.what != crate::KillWhat::Component,
            TrialKind::Load(_) => false,
        })
        .filter(|trial| !trial.breaks.is_empty())
        .map(|trial| trial.id.clone())
        .collect();
    let holds = breaking.is_empty()
        && verdicts.iter().all(|verdict| verdict.verdict == VerdictKind::Met)
        && findings.iter().all(|finding| finding.severity != Severity::Broken);
    Ok(Checked {
        schema: "tenfold/check/1".to_owned(),
        holds,
        findings,
        verdicts,
        breaking,
        trials,
        ledger,
    })
}

/// One trial of a design.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Simulated {
    /// `tenfold/trial/1`.
    pub schema: String,
    /// What was seen.
    pub trial: Trial,
    /// The figures that it names, and those of the design.
    pub ledger: Ledger,
}

/// Tries one thing on a design: a load (`average`, `peak`, `10x`) or a loss (`kill-zone-a`) at
/// `kill_load` times the peak.
///
/// # Errors
/// Says what in the file cannot be computed.
pub fn simulate_design(
    loaded: &Loaded,
    what: &str,
    kill_load: f64,
    catalog: &Catalog,
    options: &PlanOptions<'_>,
) -> Result<Option<Simulated>, Vec<tenfold_design::Diagnostic>> {
    let mut ledger = review(loaded, catalog)?.ledger;
    let mut design = loaded.design.clone();
    if !what.starts_with("kill-") {
        design.scenarios.load = vec![what.to_owned()];
    }
    (options.progress)("caches", 0.0);
    let hits = HitRatios::new(&design, &mut ledger, options.seed);
    let only = |id: &str| id == what;
    let trials = tried(&design, &mut ledger, catalog, &hits, options, kill_load, &only);
    let schema = "tenfold/trial/1".to_owned();
    Ok(trials.into_iter().next().map(|trial| Simulated { schema, trial, ledger }))
}

/// Runs the trials that `only` accepts.
pub(crate) fn tried(
    design: &Design,
    ledger: &mut Ledger,
    catalog: &Catalog,
    hits: &HitRatios,
    options: &PlanOptions<'_>,
    kill_load: f64,
    only: &(dyn Fn(&str) -> bool + Sync),
) -> Vec<Trial> {
    try_design(
        design,
        ledger,
        catalog,
        hits,
        &TrialOptions {
            seed: options.seed,
            budget: options.budget,
            kill_load,
            progress: &|share| (options.progress)("simulation", share),
            only,
        },
    )
}
