//! How often a rare event of plain queues happens: exactly where a formula or a finite chain holds,
//! by importance splitting where none does. Never by waiting for it in a plain run.

mod exact;

#[cfg(test)]
mod tests;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_sim::{Model, RareEstimate, RareEvent, RareRun, RareWhat, Splitting};
use tenfold_units::Seed;

/// The schema name that every answer carries.
const SCHEMA: &str = "tenfold/rare/1";

/// Events of splitting, unless told otherwise: a few seconds of a core.
pub const RARE_BUDGET: u64 = 20_000_000;

/// How often a rare event happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rare {
    /// `tenfold/rare/1`.
    pub schema: String,
    /// The event as it was asked for.
    pub event: String,
    /// What it is a share of.
    pub share_of: String,
    /// The seed that repeats the splitting.
    pub seed: Seed,
    /// The exact probability, where one is known.
    pub exact: Option<ExactRare>,
    /// What splitting found: where nothing exact is known, or a budget was given.
    pub splitting: Option<RareEstimate>,
}

/// An exact probability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExactRare {
    /// The probability, 0 to 1.
    pub probability: f64,
    /// What it comes from.
    pub formula: String,
}

/// Returns how often `event` happens in `model` in its steady state. Where an exact answer is known
/// and no `budget` of events is given, nothing is simulated. Runs are spread over the threads of the
/// present rayon pool; the result does not depend on how many there are.
///
/// # Errors
/// Says why the model has no such event, and what it has.
pub fn rare(
    model: &Model,
    event: &RareEvent,
    seed: Seed,
    budget: Option<u64>,
) -> Result<Rare, String> {
    let place = event.locate(model)?;
    let exact = exact::probability(model, &place);
    let splitting = if exact.is_some() && budget.is_none() {
        None
    } else if place.what == RareWhat::Dropped || !exact::impossible(&place) {
        Some(split(Splitting::prepare(model, &place, seed, budget.unwrap_or(RARE_BUDGET))))
    } else {
        None
    };
    let share_of = match (&place.what, &place.stream) {
        (RareWhat::InFlight { .. }, _) => "the time".to_owned(),
        (RareWhat::Dropped, Some(stream)) => format!("the customers of `{stream}`"),
        (RareWhat::Dropped, None) => format!("the customers who come to `{}`", place.station),
        (RareWhat::Wait { .. }, _) => format!("the customers whom `{}` lets in", place.station),
    };
    Ok(Rare {
        schema: SCHEMA.to_owned(),
        event: event.to_string(),
        share_of,
        seed,
        exact,
        splitting,
    })
}

/// Makes the runs of a splitting.
fn split(prepared: Result<Splitting<'_>, RareEstimate>) -> RareEstimate {
    match prepared {
        Ok(splitting) => {
            let runs: Vec<RareRun> =
                (0..splitting.runs()).into_par_iter().map(|index| splitting.run(index)).collect();
            splitting.conclude(&runs)
        }
        Err(found) => found,
    }
}
