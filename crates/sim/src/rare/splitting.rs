use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::Seed;

use super::{RareEvent, RarePlace, RareWhat};
use crate::engine::{Branches, Ladder, Level, Target, Walk, What};
use crate::stats::{Estimate, replications};
use crate::{Distribution, Model};

/// Independent runs that an interval comes from.
const RUNS: u64 = 20;
/// A new level has at most this share of what is above the one below it.
const SHARE_MAX: f64 = 0.5;
/// Events of a pilot run that a level is chosen by, at least.
const SEEN_MIN: u64 = 200;
/// Most copies that a level makes.
const COPIES_MAX: f64 = 100_000.0;
/// Rounds of pilot runs.
const ROUNDS: u32 = 60;
/// Cells that importance is sorted into, at most.
const CELLS: usize = 4_096;
/// A share of the budget that pilot runs may take, as 1 ÷ this.
const PILOT_SHARE: u64 = 3;
/// A run that takes more events than this times what it should is given up.
const OVERRUN: u64 = 20;
/// Climbs that have to carry the result: (Σ hits)² ÷ Σ hits².
const CLIMBS_MIN: f64 = 100.0;

/// A level of importance: customers at the station, or seconds that the next one would wait.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RareLevel {
    /// Importance from which on one is above it.
    pub at: f64,
    /// Runs that go on above it for each that climbs past it.
    pub copies: u32,
}

/// What splitting found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RareEstimate {
    /// The probability with its 95 % interval; `null` where the event was never seen.
    pub probability: Option<Estimate>,
    /// Why there is no interval, where there is none.
    pub why: Option<String>,
    /// The levels, from the lowest.
    pub levels: Vec<RareLevel>,
    /// Independent runs.
    pub runs: u64,
    /// Events of all runs and their copies, pilot runs included.
    pub events: u64,
    /// Climbs past the lowest level that carry the result: (Σ hits)² ÷ Σ hits².
    pub climbs: f64,
}

/// What one run saw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RareRun {
    /// Seconds in which the event held, or customers to whom it happened, weighted.
    pub hits: f64,
    /// Seconds, or customers, of which it is a share.
    pub base: f64,
    /// Σ hits² over climbs past the lowest level.
    pub squares: f64,
    /// Events of the run and its copies.
    pub events: u64,
    /// Whether it came to its end.
    pub complete: bool,
}

/// Levels that are chosen, and how long runs are.
#[derive(Clone, Debug)]
pub struct Splitting<'a> {
    model: &'a Model,
    target: Target,
    ladder: Ladder,
    seed: Seed,
    /// Events of pilot runs.
    spent: u64,
    /// Events before the window of a run.
    warm_up: u64,
    /// Length of the window.
    seconds: f64,
    /// Events at which a run is given up.
    limit: u64,
    /// Why no interval can be trusted, where none can.
    heavy: Option<String>,
}

/// Returns how often `event` happens in `model`, by splitting with about `budget` events.
///
/// # Errors
/// As [`RareEvent::locate`].
pub fn split(
    model: &Model,
    event: &RareEvent,
    seed: Seed,
    budget: u64,
) -> Result<RareEstimate, String> {
    let place = event.locate(model)?;
    Ok(match Splitting::prepare(model, &place, seed, budget) {
        Ok(splitting) => {
            let runs: Vec<RareRun> =
                (0..splitting.runs()).map(|index| splitting.run(index)).collect();
            splitting.conclude(&runs)
        }
        Err(found) => found,
    })
}

impl<'a> Splitting<'a> {
    /// Chooses levels by pilot runs, for runs of about `budget` events together.
    ///
    /// # Errors
    /// Returns what was found where the pilot runs cannot climb to the event.
    ///
    /// # Panics
    /// Panics when `place` is not one of `model`.
    pub fn prepare(
        model: &'a Model,
        place: &RarePlace,
        seed: Seed,
        budget: u64,
    ) -> Result<Self, RareEstimate> {
        let target = target(model, place);
        let pilot_seed = Seed(seed.stream("rare/pilot").next_u64());
        let mut pilot = Pilot::new(model, target, pilot_seed, budget);
        let climbed = pilot.climb(budget / PILOT_SHARE);
        let Some(walk) = climbed else {
            return Err(RareEstimate {
                probability: None,
                why: Some(pilot.stuck()),
                levels: levels(&pilot.ladder),
                runs: 0,
                events: pilot.spent,
                climbs: 0.0,
            });
        };
        let each = (budget.saturating_sub(pilot.spent) / RUNS).max(1);
        let warm_up = each / 4;
        let seconds = (each - warm_up) as f64 * walk.seconds / walk.events.max(1) as f64;
        Ok(Self {
            model,
            target,
            ladder: pilot.ladder,
            seed,
            spent: pilot.spent,
            warm_up,
            seconds,
            limit: each.saturating_mul(OVERRUN),
            heavy: heavy(model, &place.station),
        })
    }

    /// Returns the number of independent runs.
    #[must_use]
    pub fn runs(&self) -> u64 {
        RUNS
    }

    /// Makes run `index`, from 0; runs do not depend on each other.
    #[must_use]
    pub fn run(&self, index: u64) -> RareRun {
        let seed = self.seed.replication(index);
        let mut branches = Branches::new(self.model, self.target, seed);
        branches.warm_up(self.warm_up);
        let Walk { hits, base, squares, events, complete, .. } =
            branches.walk(&self.ladder, self.seconds, self.limit, 1);
        RareRun { hits, base, squares, events: events + self.warm_up, complete }
    }

    /// Returns what all `runs` say together.
    #[must_use]
    pub fn conclude(&self, runs: &[RareRun]) -> RareEstimate {
        let hits: f64 = runs.iter().map(|run| run.hits).sum();
        let squares: f64 = runs.iter().map(|run| run.squares).sum();
        let climbs = if squares > 0.0 { hits * hits / squares } else { 0.0 };
        let pairs: Vec<(f64, f64)> = runs.iter().map(|run| (run.hits, run.base)).collect();
        let complete = runs.iter().all(|run| run.complete);
        let ratio = replications::ratio(&pairs).filter(|_| complete && hits > 0.0);
        let ratio = ratio.map(|ratio| ratio.clamped(0.0, 1.0));
        let why = if !complete {
            Some("the copies became too many: the levels say little about the event".to_owned())
        } else if ratio.is_none() {
            Some("the event was not seen; raise --budget".to_owned())
        } else if self.heavy.is_some() {
            self.heavy.clone()
        } else if !self.ladder.levels.is_empty() && climbs < CLIMBS_MIN {
            Some(format!("{climbs:.0} climbs carry the result; raise --budget"))
        } else if ratio.is_some_and(|ratio| ratio.interval().is_none()) {
            Some("the runs differ too much; raise --budget".to_owned())
        } else {
            None
        };
        let probability = match why {
            Some(_) => ratio.map(|ratio| Estimate::without_interval(ratio.value)),
            None => ratio,
        };
        RareEstimate {
            probability,
            why,
            levels: levels(&self.ladder),
            runs: runs.len() as u64,
            events: self.spent + runs.iter().map(|run| run.events).sum::<u64>(),
            climbs,
        }
    }
}

fn levels(ladder: &Ladder) -> Vec<RareLevel> {
    ladder.levels.iter().map(|level| RareLevel { at: level.at, copies: level.copies }).collect()
}

/// The event as the event loop knows it.
fn target(model: &Model, place: &RarePlace) -> Target {
    let station = model.stations.get_index_of(&place.station).expect("a place in the model");
    let stream = place
        .stream
        .as_ref()
        .map(|name| model.arrivals.get_index_of(name).expect("a place in the model") as u32);
    let what = match place.what {
        RareWhat::InFlight { at_least } => What::InFlight(at_least),
        RareWhat::Dropped => What::Dropped { stream },
        RareWhat::Wait { longer_than } => What::Wait(longer_than),
    };
    Target { station: station as u32, what }
}

/// Says which service on the way to the event decides it by a single long one, which importance does
/// not see come.
fn heavy(model: &Model, station: &str) -> Option<String> {
    if model.arrivals.values().all(|arrivals| arrivals.closed.is_some()) {
        // A long service of a few customers brings about no more than all of them.
        return None;
    }
    let on_way = upstream(model, station);
    let services = on_way.iter().flat_map(|name| {
        let streams = model.arrivals.iter().filter(|(_, arrivals)| arrivals.to == *name);
        let own = streams.filter_map(|(name, a)| Some((name.as_str(), a.service_time.as_ref()?)));
        [(*name, &model.stations[*name].service_time)].into_iter().chain(own)
    });
    let name = services.into_iter().find(|(_, service)| subexponential(service))?.0;
    Some(format!(
        "the service time of `{name}` has a tail heavier than exponential: one long service can \
         bring the event about at once, which levels do not see come"
    ))
}

/// Whether the largest of several times makes up most of their sum where that is very large (Foss,
/// Korshunov and Zachary, *An Introduction to Heavy-Tailed and Subexponential Distributions*, 2013).
fn subexponential(distribution: &Distribution) -> bool {
    match distribution {
        Distribution::Lognormal { .. } | Distribution::Pareto { .. } => true,
        Distribution::Weibull { shape, .. } => *shape < 1.0,
        Distribution::Deterministic(_)
        | Distribution::Exponential { .. }
        | Distribution::Erlang { .. }
        | Distribution::Hyperexponential { .. }
        | Distribution::Gamma { .. }
        | Distribution::Uniform { .. }
        | Distribution::Empirical(_) => false,
    }
}

/// The stations from which customers can get to `station`, and itself.
fn upstream<'a>(model: &'a Model, station: &'a str) -> Vec<&'a str> {
    let mut found = vec![station];
    let mut next = 0;
    while next < found.len() {
        for (from, targets) in &model.routing {
            let feeds = targets.get(found[next]).is_some_and(|p| *p > 0.0);
            if feeds && !found.contains(&from.as_str()) {
                found.push(from);
            }
        }
        next += 1;
    }
    found
}

/// Runs that find levels.
struct Pilot {
    branches: Branches,
    ladder: Ladder,
    cells: usize,
    /// Events of a round.
    length: u64,
    /// Seconds that an event takes without branches.
    per_event: f64,
    spent: u64,
    /// The highest cell seen.
    highest: usize,
}

impl Pilot {
    fn new(model: &Model, target: Target, seed: Seed, budget: u64) -> Self {
        let mut branches = Branches::new(model, target, seed);
        let length = (budget / 60).clamp(2_000, 500_000);
        let seconds = branches.warm_up(length);
        let cells = match target.what {
            What::Wait(_) => CELLS,
            What::InFlight(_) | What::Dropped { .. } => (branches.goal() as usize).min(CELLS),
        };
        Self {
            branches,
            ladder: Ladder::default(),
            cells,
            length,
            per_event: seconds / length as f64,
            spent: length,
            highest: 0,
        }
    }

    /// Adds levels until the event is seen often enough; returns the last walk, which used all of
    /// them, or nothing where `budget` events do not suffice.
    fn climb(&mut self, budget: u64) -> Option<Walk> {
        let mut refined = false;
        for _ in 0..ROUNDS {
            if self.spent >= budget {
                return None;
            }
            // Each level sees about as many events as the run without copies.
            let seconds =
                self.length as f64 * self.per_event / (self.ladder.levels.len() as f64 + 1.0);
            let limit = (OVERRUN * self.length).min(budget);
            let walk = self.branches.walk(&self.ladder, seconds, limit, self.cells);
            self.spent += walk.events;
            let seen = walk.complete && walk.cells[self.cells].1 >= SEEN_MIN;
            if seen && refined {
                return Some(walk);
            }
            if seen {
                // The last walk knows all levels better than the walks that they were chosen by.
                self.ladder.levels.clear();
                refined = true;
            }
            let added = walk.complete && self.extend(&walk);
            if !added && !seen {
                self.length *= 2;
            }
        }
        None
    }

    /// Adds the levels that a walk knows enough about; returns whether there were any.
    fn extend(&mut self, walk: &Walk) -> bool {
        let goal = self.branches.goal();
        let mut above = (0.0, 0);
        let mut tails: Vec<(f64, u64)> = walk
            .cells
            .iter()
            .rev()
            .map(|cell| {
                above = (above.0 + cell.0, above.1 + cell.1);
                above
            })
            .collect();
        tails.reverse();
        self.highest = tails.iter().rposition(|tail| tail.1 > 0).unwrap_or(0).max(self.highest);
        let at = |cell: usize| goal * cell as f64 / self.cells as f64;
        let below = self.ladder.levels.last().map_or(0.0, |level| level.at);
        let mut copies: f64 = self.ladder.levels.iter().map(|l| f64::from(l.copies)).product();
        let first = (0..=self.cells).find(|cell| at(*cell) >= below).unwrap_or(self.cells);
        let mut last = if self.ladder.levels.is_empty() { tails[0].0 } else { tails[first].0 };
        let before = self.ladder.levels.len();
        for cell in first.max(1)..=self.cells {
            if tails[cell].1 < SEEN_MIN {
                break;
            }
            if at(cell) <= below || tails[cell].0 > SHARE_MAX * last {
                continue;
            }
            let wanted = (tails[0].0 / tails[cell].0 / copies).round().min(COPIES_MAX);
            if wanted >= 2.0 {
                self.ladder.levels.push(Level { at: at(cell), copies: wanted as u32 });
                copies *= wanted;
                last = tails[cell].0;
            }
        }
        self.ladder.levels.len() > before
    }

    /// Says how far the runs came.
    fn stuck(&self) -> String {
        let reached = self.branches.goal() * self.highest as f64 / self.cells as f64;
        format!(
            "pilot runs of {} events climbed to {reached} of {}; raise --budget, or the event \
             cannot happen",
            self.spent,
            self.branches.goal()
        )
    }
}
