//! The event loops: one for plain queues, one for designs, over the same agenda of pending events.

mod agenda;
mod design;
mod heap;
mod list;
mod plain;
mod ticks;
mod traffic;

use tenfold_units::Seed;

pub use self::design::Caches;
pub(crate) use self::plain::{Branches, Ladder, Level, Target, Walk, What};
pub(crate) use self::traffic::Traffic;
use crate::{Model, Outcome, Scenario};

/// Runs plain queues from empty until `budget` events have happened.
///
/// An event is an arrival, an end of service, an abandonment or an end of thinking. The same model
/// and seed give the same outcome, byte for byte.
///
/// # Panics
/// Panics when the model is not valid (see [`Model::validate`]) or is a design.
///
/// ```
/// let model = tenfold_sim::Model::from_yaml("
/// model: m-m-1
/// stations:
///   desk: {servers: 1, service_time: {exponential: {mean: 1s}}}
/// arrivals:
///   visitors: {to: desk, poisson: {rate: 0.5/s}}
/// ").expect("the model is valid");
/// let outcome = tenfold_sim::simulate(&model, tenfold_units::Seed(1), 200_000);
/// let response = outcome.stations["desk"].response_time_seconds.expect("somebody was served");
/// assert!((response.mean.value - 2.0).abs() < 0.1);
/// ```
#[must_use]
pub fn simulate(model: &Model, seed: Seed, budget: u64) -> Outcome {
    assert!(model.is_plain(), "a design runs in a scenario");
    model.validate().expect("the caller validates the model");
    plain::run(model, seed, budget)
}

/// Runs a design through a scenario, from idle components and the caches that [`Caches::warm`] made
/// for this model.
///
/// The same model, scenario, caches and seed give the same outcome, byte for byte. Other seeds are
/// independent replications; they may share the caches.
///
/// # Panics
/// Panics when the model or the scenario is not valid (see [`Model::validate`] and
/// [`Scenario::validate`]), or when the model is made of plain queues.
#[must_use]
pub fn simulate_scenario(
    model: &Model,
    scenario: &Scenario,
    caches: &Caches,
    seed: Seed,
) -> Outcome {
    assert!(!model.is_plain(), "plain queues run for a budget of events");
    model.validate().expect("the caller validates the model");
    scenario.validate(model).expect("the caller validates the scenario");
    design::run(model, scenario, caches, seed)
}
