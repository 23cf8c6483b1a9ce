//! Whether a system comes back from a scenario, and what saves it where it does not.

use indexmap::IndexMap;
use rayon::prelude::*;
use serde::Serialize;
use tenfold_sim::{Alert, Fate, OperationRecovery, Outcome, Trigger, alerts, judge, remedies};
use tenfold_units::Seed;

use super::scenario::{RUNS, Staged};

/// What becomes of a system after the trigger of a scenario.
#[derive(Clone, Debug, Serialize)]
pub struct Recovery {
    /// `tenfold/recovery/1`.
    pub schema: String,
    /// Name of the scenario.
    pub scenario: String,
    /// The seed that repeats it.
    pub seed: Seed,
    /// Independent runs of the system and of each remedy.
    pub runs: u64,
    /// Events of all of them.
    pub events: u64,
    /// What was simulated is this many times smaller than the whole.
    pub cells: f64,
    /// What upsets it, and when.
    pub trigger: Trigger,
    /// Seconds for which it is watched after the trigger.
    pub watched_seconds: f64,
    /// The share of good answers that the alerts hold it to.
    pub objective_ratio: f64,
    /// Whether every operation is back in every run.
    pub recovers: bool,
    /// Each operation.
    pub operations: IndexMap<String, OperationRecovery>,
    /// When somebody is paged, by operation.
    pub alerts: IndexMap<String, Vec<Alert>>,
    /// Each remedy, where an operation is not back in every run: what becomes of the operations.
    pub remedies: IndexMap<String, IndexMap<String, OperationRecovery>>,
}

impl Staged {
    /// Runs the scenario and, where an operation is not back in every run, once more with each remedy;
    /// all see the same requests. `objective` is the share of good answers that is promised.
    ///
    /// # Errors
    /// Says what the scenario lacks: a trigger that ends, time before or after it.
    pub fn recover(&self, seed: Seed, objective: f64) -> Result<Recovery, String> {
        let mut own = self.clone();
        own.scenario.window.get_or_insert(core::time::Duration::from_secs(1));
        let trigger = Trigger::of(&own.scenario)?;
        let warm_up = own.scenario.warm_up.as_secs_f64();
        let mut events = 0;
        let mut ran = |staged: &Self| {
            let runs: Vec<Outcome> =
                (0..RUNS).into_par_iter().map(|run| staged.run(seed.replication(run))).collect();
            events += runs.iter().map(|run| run.events).sum::<u64>();
            let short = runs.iter().any(|run| run.budget_exhausted);
            if short {
                Err("the budget of events ended a run: raise it".to_owned())
            } else {
                Ok(runs)
            }
        };
        let runs = ran(&own)?;
        let operations: IndexMap<_, _> = judge(&runs, trigger, warm_up).into_iter().collect();
        let paged = operations
            .keys()
            .map(|name| (name.clone(), alerts(&runs, name, objective, trigger, warm_up)));
        let alerts = paged.collect();
        let recovers = operations.values().all(|one| one.fate == Fate::Recovers);
        let mut tried = IndexMap::new();
        if !recovers {
            for remedy in remedies(&own.model) {
                let changed = Self { model: remedy.model, ..own.clone() };
                let judged = judge(&ran(&changed)?, trigger, warm_up);
                tried.insert(remedy.name.to_owned(), judged.into_iter().collect());
            }
        }
        let over = (own.scenario.warm_up + own.scenario.horizon).as_secs_f64();
        Ok(Recovery {
            schema: "tenfold/recovery/1".to_owned(),
            scenario: own.scenario.scenario.clone(),
            seed,
            runs: RUNS,
            events,
            cells: own.cells,
            trigger,
            watched_seconds: over - trigger.ends_seconds,
            objective_ratio: objective,
            recovers,
            operations,
            alerts,
            remedies: tried,
        })
    }
}
