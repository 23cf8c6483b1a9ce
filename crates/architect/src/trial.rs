//! What is tried on a design: loads with the same sizes, and each part killed at peak.

mod budget;
mod caches;
mod carry;
mod mitigate;
mod observe;
mod recovery;
mod sample;
mod scenario;
mod schedule;

use rayon::prelude::*;
use tenfold_catalog::Catalog;
use tenfold_design::{Design, KillTarget, Kind};
use tenfold_sim::{Caches, Outcome};
use tenfold_units::{Ledger, Seed};

pub use caches::HitRatios;
pub use carry::{Carried, GivesOut, carry, compare_designs};
pub use recovery::Recovery;
pub use scenario::{CannotRehearse, RUNS, Rehearsal, Staged, stage, stage_model};
use schedule::Experiment;

use crate::lower;
use crate::plan::{Fault, KillWhat, Trial, TrialKind};

/// Replications of a kill: a t-interval over fewer is wide.
const REPLICATIONS: u64 = 10;

/// How the trials are run.
pub struct TrialOptions<'a> {
    /// The seed that repeats every figure.
    pub seed: Seed,
    /// Events that all runs together may take.
    pub budget: u64,
    /// Factor on the load under which something is killed; 1: at peak.
    pub kill_load: f64,
    /// Called with the share of the work that is done, 0 to 1, from any thread.
    pub progress: &'a (dyn Fn(f64) + Sync),
    /// Only trials whose id this accepts.
    pub only: &'a (dyn Fn(&str) -> bool + Sync),
}

impl core::fmt::Debug for TrialOptions<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("TrialOptions")
            .field("seed", &self.seed)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}

/// Tries a design and returns what was seen; its figures go into the ledger, which holds the
/// design's inputs under their names.
///
/// Runs are spread over the threads of the present rayon pool; the result does not depend on how
/// many there are.
///
/// # Panics
/// Panics when the model of the design is not valid: lowering makes only valid ones.
#[must_use]
pub fn try_design(
    design: &Design,
    ledger: &mut Ledger,
    catalog: &Catalog,
    hits: &HitRatios,
    options: &TrialOptions<'_>,
) -> Vec<Trial> {
    let ledger_before = &ledger.clone();
    let names: Vec<(String, TrialKind)> =
        kinds(design).into_iter().filter(|(id, _)| (options.only)(id)).collect();
    let experiment = |(id, kind): &(String, TrialKind), overrun: bool| {
        Experiment::new(design, ledger_before, catalog, hits, id, kind, &names, options, overrun)
    };
    let mut experiments: Vec<Experiment> =
        names.iter().map(|name| experiment(name, false)).collect();
    let mut outcomes = run(&experiments, hits, options.seed, options.progress);
    // What seems to break in runs that are cut short is tried again in longer ones.
    let seem = judged(
        design,
        &mut ledger_before.clone(),
        catalog,
        hits,
        &experiments,
        &outcomes,
        options.seed,
    );
    let doubtful: Vec<usize> = (0..seem.len())
        .filter(|index| experiments[*index].is_doubtful() && !seem[*index].breaks.is_empty())
        .collect();
    let again: Vec<Experiment> =
        doubtful.iter().map(|index| experiment(&names[*index], true)).collect();
    let longer = run(&again, hits, options.seed, &|_| {});
    for ((index, experiment), outcome) in doubtful.into_iter().zip(again).zip(longer) {
        experiments[index] = experiment;
        outcomes[index] = outcome;
    }
    let mut trials = judged(design, ledger, catalog, hits, &experiments, &outcomes, options.seed);
    mitigate::add(design, ledger, catalog, hits, &names, &mut trials, options);
    trials
}

/// Returns what was seen of each experiment; its figures go into the ledger.
fn judged(
    design: &Design,
    ledger: &mut Ledger,
    catalog: &Catalog,
    hits: &HitRatios,
    experiments: &[Experiment],
    outcomes: &[Vec<Outcome>],
    seed: Seed,
) -> Vec<Trial> {
    let mut trials = Vec::new();
    for (experiment, seen) in experiments.iter().zip(outcomes) {
        let seen: Vec<&Outcome> = seen.iter().collect();
        trials.push(observe::trial(design, ledger, catalog, hits, experiment, &seen, seed));
    }
    budget::spend(design, ledger, &mut trials);
    trials
}

/// Runs all replications of all experiments over the threads of the pool; the outcomes stand in the
/// order of the experiments and of their seeds.
fn run(
    experiments: &[Experiment],
    hits: &HitRatios,
    seed: Seed,
    progress: &(dyn Fn(f64) + Sync),
) -> Vec<Vec<Outcome>> {
    let caches: Vec<Caches> = experiments
        .par_iter()
        .map(|experiment| hits.caches(&experiment.lowered.model, experiment.load()))
        .collect();
    let runs: Vec<(usize, u64)> = experiments
        .iter()
        .enumerate()
        .flat_map(|(index, experiment)| (0..experiment.replications).map(move |r| (index, r)))
        .collect();
    let done = core::sync::atomic::AtomicUsize::new(0);
    let outcomes: Vec<(usize, Outcome)> = runs
        .par_iter()
        .map(|(index, replication)| {
            let experiment = &experiments[*index];
            let outcome = tenfold_sim::simulate_scenario(
                &experiment.lowered.model,
                &experiment.scenario,
                &caches[*index],
                seed.replication(*replication),
            );
            let finished = done.fetch_add(1, core::sync::atomic::Ordering::Relaxed) + 1;
            progress(finished as f64 / runs.len() as f64);
            (*index, outcome)
        })
        .collect();
    let mut sorted: Vec<Vec<Outcome>> = experiments.iter().map(|_| Vec::new()).collect();
    for (index, outcome) in outcomes {
        sorted[index].push(outcome);
    }
    sorted
}

/// Every trial that the design asks for: id and kind, loads first.
fn kinds(design: &Design) -> Vec<(String, TrialKind)> {
    let mut kinds: Vec<(String, TrialKind)> = design
        .scenarios
        .load
        .iter()
        .map(|load| (load.clone(), TrialKind::Load(format!("load.{load}"))))
        .collect();
    let mut kill = |what: KillWhat, target: &str| {
        let name = match what {
            KillWhat::Instance => "instance",
            KillWhat::Component => "component",
            KillWhat::Zone => "zone",
        };
        let fault = Fault { what, target: target.to_owned() };
        kinds.push((format!("kill-{name}-{target}"), TrialKind::Kill(fault)));
    };
    let own: Vec<&String> = design
        .components
        .iter()
        // Work that takes minutes is not simulated, so that its loss would show nothing.
        .filter(|(_, component)| component.kind != Kind::Farm && design.instances(component) > 0)
        .map(|(name, _)| name)
        .collect();
    for target in &design.scenarios.kill {
        match target {
            KillTarget::Instance => {
                own.iter().for_each(|name| kill(KillWhat::Instance, name));
            }
            KillTarget::Component => {
                own.iter().for_each(|name| kill(KillWhat::Component, name));
            }
            KillTarget::Zone => {
                let zones = &design.place.zones;
                let tried = if lower::zones_are_alike(design) { 1 } else { zones.len() };
                zones.iter().take(tried).for_each(|zone| kill(KillWhat::Zone, zone));
            }
        }
    }
    kinds
}
