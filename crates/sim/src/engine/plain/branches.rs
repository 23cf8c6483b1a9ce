//! RESTART over the event loop (Villén-Altamirano and Villén-Altamirano, *RESTART: a method for
//! accelerating rare event simulations*, 1991; the same, *Importance splitting for the estimation of
//! rare event probabilities*, 2002).
//!
//! A run that climbs past a level is continued by several copies, each with random numbers of its
//! own. Copies end when they fall below the level they were born at; the run itself goes on. What is
//! seen between two events counts 1 ÷ the copies that the levels below have made, which keeps every
//! average over the window what it is without copies, however the levels are chosen: they decide how
//! much is known, not what.

use tenfold_units::Seed;
use tenfold_units::random::Stream;

use super::watch::{Target, Watch, What};
use super::{Event, Network};
use crate::Model;
use crate::planted::{self, Bug};

/// A level of importance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Level {
    /// Importance from which on one is above it.
    pub(crate) at: f64,
    /// Runs that go on above it for each that climbs past it, at least 2.
    pub(crate) copies: u32,
}

/// Levels in growing order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ladder {
    pub(crate) levels: Vec<Level>,
}

impl Ladder {
    /// What a run counts above 0, 1, … levels.
    fn weights(&self) -> Vec<f64> {
        let mut weights = vec![1.0];
        for level in &self.levels {
            weights.push(weights[weights.len() - 1] / f64::from(level.copies));
        }
        weights
    }
}

/// What a run with its branches saw.
#[derive(Clone, Debug)]
pub(crate) struct Walk {
    /// Seconds in which the event held, or customers to whom it happened.
    pub(crate) hits: f64,
    /// Seconds of the window, or customers who came in it.
    pub(crate) base: f64,
    /// Σ hits² over climbs of the run past the first level, with all that came of each.
    pub(crate) squares: f64,
    /// Events of the run and of all its branches.
    pub(crate) events: u64,
    /// Seconds that the window lasted.
    pub(crate) seconds: f64,
    /// Weighted and plain number of events after which the importance was in each cell up to the
    /// goal, the last one being the goal and beyond.
    pub(crate) cells: Vec<(f64, u64)>,
    /// Whether the window was seen to its end.
    pub(crate) complete: bool,
}

/// A run that climbs by itself, and its branches.
#[derive(Debug)]
pub(crate) struct Branches {
    main: Network,
    target: Target,
    /// Importance at which the event may happen.
    goal: f64,
    /// Seeds of the copies.
    seeds: Stream,
}

/// A run, or one of its copies.
#[derive(Debug)]
struct Branch {
    network: Network,
    /// The level that it ends below; 0: the run itself.
    birth: usize,
    /// Levels that it is above.
    above: usize,
    importance: f64,
}

impl Branches {
    /// Returns `model` from empty.
    pub(crate) fn new(model: &Model, target: Target, seed: Seed) -> Self {
        let mut main = Network::new(model, seed, 1);
        main.stations.iter_mut().for_each(|station| station.record.silence());
        main.sources.iter_mut().for_each(|source| source.record.silence());
        let station = &main.stations[target.station as usize];
        let goal = match target.what {
            What::InFlight(customers) => f64::from(customers),
            What::Dropped { .. } => f64::from(station.limit()),
            What::Wait(seconds) => seconds,
        };
        main.watch = Some(Watch::new(target, station.servers()));
        Self { main, target, goal, seeds: seed.stream("rare/branches") }
    }

    /// Returns the importance at which the event may happen.
    pub(crate) fn goal(&self) -> f64 {
        self.goal
    }

    /// Lets about so many events pass without branches, and returns how many seconds they took.
    pub(crate) fn warm_up(&mut self, events: u64) -> f64 {
        let begin = self.main.now;
        self.main.run(events);
        self.main.now - begin
    }

    /// Runs on for so many seconds with the branches of `ladder`, up to `limit` events.
    pub(crate) fn walk(&mut self, ladder: &Ladder, seconds: f64, limit: u64, cells: usize) -> Walk {
        let weights = ladder.weights();
        let by_time = matches!(self.target.what, What::InFlight(_));
        let end = self.main.now + seconds;
        let per_cell = cells as f64 / self.goal;
        let offered = counted(&self.main).offered;
        let mut walk = Walk::new(seconds, cells);
        let mut family = 0.0;
        let main = self.main.clone();
        let importance = counted(&main).importance(&main);
        let mut open = vec![Branch { network: main, birth: 0, above: 0, importance }];
        'branches: while let Some(mut branch) = open.pop() {
            loop {
                if branch.climbs(ladder) {
                    if branch.birth == 0 && branch.above == 0 {
                        walk.count(std::mem::take(&mut family));
                    }
                    self.branch_off(branch, ladder, &mut open);
                    continue 'branches;
                }
                let weight = if planted::is(Bug::BranchWeightOfBirth) {
                    weights[branch.birth]
                } else {
                    weights[branch.above]
                };
                let begin = branch.network.now;
                let hits = counted(&branch.network).hits;
                let events = branch.network.step();
                walk.events += events.unwrap_or(0);
                let now = branch.network.now;
                let over = events.is_none() || now >= end;
                if by_time && branch.importance >= self.goal {
                    family += weight * (now.min(end) - begin);
                } else if !by_time && !over {
                    family += weight * (counted(&branch.network).hits - hits) as f64;
                }
                if over {
                    if branch.birth == 0 {
                        walk.complete = events.is_some();
                        self.main = branch.network;
                    }
                    break;
                }
                branch.importance = counted(&branch.network).importance(&branch.network);
                let cell = &mut walk.cells[((branch.importance * per_cell) as usize).min(cells)];
                *cell = (cell.0 + weight, cell.1 + 1);
                if walk.events >= limit {
                    break 'branches;
                }
                if !branch.stays(ladder) {
                    break;
                }
            }
        }
        walk.count(family);
        walk.base = if by_time { seconds } else { (counted(&self.main).offered - offered) as f64 };
        walk
    }

    /// Lets the copies of a branch that climbs past a level go before it.
    fn branch_off(&mut self, mut branch: Branch, ladder: &Ladder, open: &mut Vec<Branch>) {
        let copies = ladder.levels[branch.above].copies - 1;
        branch.above += 1;
        let (above, importance) = (branch.above, branch.importance);
        let place = open.len();
        open.push(branch);
        for _ in 0..copies {
            let mut network = open[place].network.clone();
            if !planted::is(Bug::BranchesShareFuture) {
                network.reseed(&mut self.seeds);
            }
            open.push(Branch { network, birth: above, above, importance });
        }
    }
}

impl Branch {
    fn climbs(&self, ladder: &Ladder) -> bool {
        ladder.levels.get(self.above).is_some_and(|level| self.importance >= level.at)
    }

    /// Notes the levels that it fell below; returns whether it goes on.
    fn stays(&mut self, ladder: &Ladder) -> bool {
        while self.above > 0 && self.importance < ladder.levels[self.above - 1].at {
            self.above -= 1;
        }
        self.above >= self.birth
    }
}

impl Walk {
    fn new(seconds: f64, cells: usize) -> Self {
        Self {
            hits: 0.0,
            base: 0.0,
            squares: 0.0,
            events: 0,
            seconds,
            cells: vec![(0.0, 0); cells + 1],
            complete: false,
        }
    }

    /// Adds what came of one climb past the first level.
    fn count(&mut self, hits: f64) {
        self.hits += hits;
        self.squares += hits * hits;
    }
}

impl Network {
    /// Makes a future of its own: random numbers that nobody else has, and other lengths of what is
    /// going on, from their laws given how long it has lasted. A copy that kept the next arrival and
    /// the next end of service would tell little more than the run it is a copy of.
    fn reseed(&mut self, seeds: &mut Stream) {
        let mut fresh = || Seed(seeds.next_u64()).stream("rare/branch");
        for station in &mut self.stations {
            station.service_stream = fresh();
            if let Some((_, stream)) = &mut station.patience {
                *stream = fresh();
            }
        }
        for routes in &mut self.routes {
            routes.stream = fresh();
        }
        for source in &mut self.sources {
            source.gap_stream = fresh();
            if let Some((_, stream)) = &mut source.batch {
                *stream = fresh();
            }
            if let Some((_, stream)) = &mut source.service {
                *stream = fresh();
            }
        }
        self.redraw_waiting();
        self.redraw_running();
    }

    /// Draws the services of those who wait anew: nothing has been seen of them.
    fn redraw_waiting(&mut self) {
        for job in &mut self.jobs {
            let at = job.station;
            if job.begun || !self.stations[at as usize].is_blind() || is_followed(&self.watch, at) {
                continue;
            }
            let source = &mut self.sources[job.stream as usize];
            let station = &mut self.stations[at as usize];
            job.service = match &mut source.service {
                Some((sampler, stream)) if source.to == at => sampler.draw(stream),
                _ => station.service.draw(&mut station.service_stream),
            };
            job.remaining = job.service;
        }
    }

    /// Draws the rest of what is going on anew.
    fn redraw_running(&mut self) {
        let Self { agenda, jobs, sources, stations, now, watch, .. } = self;
        agenda.retime(|time, event| match event {
            Event::Arrival { stream } => {
                let source = &mut sources[stream as usize];
                let gap = source.gap.redraw(*now - source.since, &mut source.gap_stream);
                gap.map_or(time, |gap| (source.since + gap).max(*now))
            }
            Event::Thought { stream } => {
                let source = &mut sources[stream as usize];
                // When it began is not known, and does not matter for exponential times.
                let gap = source.gap.redraw_memoryless(&mut source.gap_stream);
                gap.map_or(time, |gap| *now + gap)
            }
            Event::Completion { job, epoch } => {
                let job = &mut jobs[job as usize];
                let station = &mut stations[job.station as usize];
                if job.epoch != epoch || !station.is_blind() || is_followed(watch, job.station) {
                    return time;
                }
                let source = &mut sources[job.stream as usize];
                let age = *now - job.since;
                let service = match &mut source.service {
                    Some((sampler, stream)) if source.to == job.station => {
                        sampler.redraw(age, stream)
                    }
                    _ => station.service.redraw(age, &mut station.service_stream),
                };
                let Some(service) = service else { return time };
                job.service = service;
                job.remaining = service;
                (job.since + service).max(*now)
            }
            Event::Share { .. } | Event::Patience { .. } => time,
        });
    }
}

/// Whether waits at a station are followed, which rest on the services as they were drawn.
fn is_followed(watch: &Option<Watch>, station: u32) -> bool {
    watch.as_ref().is_some_and(|watch| watch.follows(station))
}

fn counted(network: &Network) -> &Watch {
    network.watch.as_ref().expect("a rare event is watched")
}
