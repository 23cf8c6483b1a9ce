//! A scenario that somebody wrote, tried on a design or on a model of components.

use rayon::prelude::*;
use serde::Serialize;
use tenfold_catalog::Catalog;
use tenfold_design::{Design, Load};
use tenfold_sim::keys::WarmOptions;
use tenfold_sim::stats::Verdict;
use tenfold_sim::{Caches, Judgement, Model, Outcome, Scenario};
use tenfold_units::{Ledger, Seed};

use super::HitRatios;
use super::schedule::{CELLS, events_per_second};
use crate::lower::{self, LowerOptions};

/// Independent runs of a scenario: as many as an interval needs.
pub const RUNS: u64 = 10;

/// What became of a scenario.
#[derive(Clone, Debug, Serialize)]
pub struct Rehearsal {
    /// `tenfold/scenario/1`.
    pub schema: String,
    /// Name of the scenario.
    pub scenario: String,
    /// The seed that repeats it.
    pub seed: Seed,
    /// What was simulated is this many times smaller than the whole.
    pub cells: f64,
    /// Whether every assertion is met.
    pub holds: bool,
    /// Each assertion judged.
    pub assertions: Vec<Judgement>,
    /// What was seen, over all runs; rates are those of the simulated cell.
    pub outcome: Outcome,
}

/// Why a scenario cannot be tried.
#[derive(Clone, Debug, PartialEq)]
pub enum CannotRehearse {
    /// The scenario names what the design does not have, or is out of range.
    Scenario(tenfold_sim::ModelError),
    /// It takes more events than the budget: what it takes at least.
    Budget(u64),
}

/// A scenario ready to run, as often as one likes: everything that its runs share.
#[derive(Clone, Debug)]
pub struct Staged {
    /// What runs: the model as it was given, or a cell of the design.
    pub model: Model,
    /// What happens to it.
    pub scenario: Scenario,
    /// What its caches hold at the beginning.
    pub caches: Caches,
    /// What is simulated is this many times smaller than the whole.
    pub cells: f64,
}

/// Prepares a scenario for a design: `load` is a factor of its peak, times are real ones. The largest
/// cell is simulated of which `budget` allows `runs` runs; the whole where single replicas are faulty.
///
/// # Errors
/// Says what in the scenario does not fit the design, or how many events it takes.
pub fn stage(
    design: &Design,
    ledger: &mut Ledger,
    catalog: &Catalog,
    scenario: &Scenario,
    seed: Seed,
    (runs, budget): (u64, u64),
) -> Result<Staged, CannotRehearse> {
    let hits = HitRatios::new(design, ledger, seed);
    let mut options = LowerOptions {
        load: Load::Peak,
        factor: 1.0,
        cells: 1.0,
        keep: None,
        coarse: false,
        detection_scale: 1.0,
    };
    let seconds = (scenario.warm_up + scenario.horizon).as_secs_f64();
    let whole = scenario.faults.iter().any(|fault| fault.target.replica.is_some());
    let sizes = CELLS.map(|cells| {
        options.cells = cells;
        let per_second = events_per_second(design, ledger, &hits, &options);
        (cells, per_second * mean_load(scenario) * seconds * runs as f64)
    });
    let possible = if whole { &sizes[..1] } else { &sizes[..] };
    let Some((cells, _)) = possible.iter().find(|size| size.1 <= budget as f64) else {
        let least = possible.iter().map(|size| size.1).fold(f64::INFINITY, f64::min);
        return Err(CannotRehearse::Budget(least.ceil() as u64));
    };
    options.cells = *cells;
    let model = lower::lower(design, ledger, catalog, &|cache| hits.of(cache), &options).model;
    let scenario = Scenario { budget: u64::MAX, ..scenario.clone() };
    scenario.validate(&model).map_err(CannotRehearse::Scenario)?;
    let caches = hits.caches(&model, Load::Peak);
    Ok(Staged { model, scenario, caches, cells: *cells })
}

/// Prepares a scenario for a model of components as it stands.
///
/// # Errors
/// Says what in the scenario does not fit the model.
pub fn stage_model(
    model: &Model,
    scenario: &Scenario,
    seed: Seed,
) -> Result<Staged, CannotRehearse> {
    scenario.validate(model).map_err(CannotRehearse::Scenario)?;
    let caches = Caches::warm(model, scenario.load, seed, WarmOptions::USUAL);
    Ok(Staged { model: model.clone(), scenario: scenario.clone(), caches, cells: 1.0 })
}

impl Staged {
    /// Runs it once.
    #[must_use]
    pub fn run(&self, seed: Seed) -> Outcome {
        let mut outcome =
            tenfold_sim::simulate_scenario(&self.model, &self.scenario, &self.caches, seed);
        // What stands for the rest of the system is nobody's request.
        outcome.operations.retain(|name, _| !lower::is_background(name));
        for window in &mut outcome.series {
            window.operations.retain(|name, _| !lower::is_background(name));
        }
        outcome
    }

    /// Runs it [`RUNS`] times and judges the scenario's assertions.
    #[must_use]
    pub fn rehearse(&self, seed: Seed) -> Rehearsal {
        let runs: Vec<Outcome> =
            (0..RUNS).into_par_iter().map(|run| self.run(seed.replication(run))).collect();
        let scenario = &self.scenario;
        let judge = |assertion: &tenfold_sim::Assertion| {
            assertion.judge(&runs, scenario.warm_up, self.cells)
        };
        let assertions: Vec<Judgement> = scenario.assertions.iter().map(judge).collect();
        Rehearsal {
            schema: "tenfold/scenario/1".to_owned(),
            scenario: scenario.scenario.clone(),
            seed,
            cells: self.cells,
            holds: assertions.iter().all(|judgement| judgement.verdict == Verdict::Met),
            assertions,
            outcome: Outcome::combine(&runs),
        }
    }
}

/// The mean of the load's factor over the run: each stretch of the profile by its two ends.
fn mean_load(scenario: &Scenario) -> f64 {
    let end = (scenario.warm_up + scenario.horizon).as_secs_f64();
    let points: Vec<(f64, f64)> =
        scenario.profile.iter().map(|p| (p.at.as_secs_f64().min(end), p.factor)).collect();
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return scenario.load };
    let between = points.windows(2).map(|w| (w[1].0 - w[0].0) * (w[0].1 + w[1].1) / 2.0);
    let sum = first.0 * first.1 + between.sum::<f64>() + (end - last.0) * last.1;
    scenario.load * sum / end
}
