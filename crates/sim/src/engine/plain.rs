//! The event loop of plain queues.

mod branches;
mod build;
mod gap;
mod record;
mod recursion;
mod station;
mod watch;

pub(crate) use self::branches::{Branches, Ladder, Level, Walk};
pub(super) use self::build::is_patient;
pub(crate) use self::watch::{Target, What};

#[cfg(test)]
mod tests;

use tenfold_units::Seed;
use tenfold_units::random::Stream;

use self::gap::{BatchSampler, Gap};
use self::record::StreamRecord;
use self::station::{Effect, Job, Station};
use self::watch::Watch;
use super::agenda::Agenda;
use super::list::Links;
use crate::planted::{self, Bug};
use crate::{Model, Outcome, Sampler};

/// What happens.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// The next customer of an open stream arrives.
    Arrival { stream: u32 },
    /// A customer of a closed stream has thought.
    Thought { stream: u32 },
    /// A service ends.
    Completion { job: u32, epoch: u32 },
    /// The next shared service of a station ends.
    Share { station: u32, epoch: u32 },
    /// A patience ends.
    Patience { job: u32, epoch: u32 },
}

/// Where customers go after a station.
#[derive(Clone, Debug)]
struct Routes {
    /// Cumulated probabilities and their targets; the last one is 1.
    ways: Vec<(f64, Option<u32>)>,
    stream: Stream,
}

impl Routes {
    fn draw(&mut self) -> Option<u32> {
        if let [(_, only)] = self.ways[..] {
            return only;
        }
        let point = self.stream.uniform();
        if planted::is(Bug::RoutingEven) {
            return self.ways[(point * self.ways.len() as f64) as usize].1;
        }
        self.ways.iter().find(|(sum, _)| point < *sum).or(self.ways.last()).and_then(|way| way.1)
    }
}

/// Where the customers of a stream come from.
#[derive(Clone, Debug)]
struct Source {
    to: u32,
    class: u32,
    /// Between two arrivals, or thinking.
    gap: Gap,
    gap_stream: Stream,
    /// The latest arrival of an open stream.
    since: f64,
    /// How many come together, where it is not one.
    batch: Option<(BatchSampler, Stream)>,
    closed: bool,
    /// Service at `to`, where it is the stream's own.
    service: Option<(Sampler, Stream)>,
    record: StreamRecord,
}

impl Source {
    fn draw_gap(&mut self) -> f64 {
        if self.closed && planted::is(Bug::ThinkTimeSkipped) {
            return 0.0;
        }
        self.gap.draw(&mut self.gap_stream)
    }

    /// Returns how many customers come together.
    fn draw_batch(&mut self) -> u32 {
        self.batch.as_mut().map_or(1, |(sampler, stream)| sampler.draw(stream))
    }
}

/// Plain queues at work.
#[derive(Clone, Debug)]
struct Network {
    agenda: Agenda<Event>,
    jobs: Vec<Job>,
    free: Vec<u32>,
    sources: Vec<Source>,
    stations: Vec<Station>,
    routes: Vec<Routes>,
    now: f64,
    /// What is counted of a rare event, where one is looked for.
    watch: Option<Watch>,
}

/// Runs `model` from empty for `budget` events, without events where that is exact.
pub(super) fn run(model: &Model, seed: Seed, budget: u64) -> Outcome {
    recursion::run(model, seed, budget).unwrap_or_else(|| run_events(model, seed, budget))
}

/// Runs `model` through the event loop.
fn run_events(model: &Model, seed: Seed, budget: u64) -> Outcome {
    let mut network = Network::new(model, seed, budget);
    let events = network.run(budget);
    network.outcome(model, seed, events)
}

impl Network {
    fn run(&mut self, budget: u64) -> u64 {
        let mut events = 0;
        while events < budget {
            let Some(count) = self.step() else { break };
            events += count;
        }
        events
    }

    /// Lets the next thing happen and returns how many events it was, `None` where nothing is to
    /// come.
    #[inline]
    fn step(&mut self) -> Option<u64> {
        let (now, event) = self.agenda.pop()?;
        self.now = now;
        Some(match event {
            Event::Arrival { stream } => self.arrival(stream),
            Event::Thought { stream } => self.arrive(stream),
            Event::Completion { job, epoch } => u64::from(self.completion(job, epoch)),
            Event::Share { station, epoch } => u64::from(self.share(station, epoch)),
            Event::Patience { job, epoch } => u64::from(self.patience(job, epoch)),
        })
    }

    /// Returns how many arrived.
    fn arrival(&mut self, stream: u32) -> u64 {
        let source = &mut self.sources[stream as usize];
        source.since = self.now;
        let gap = source.draw_gap();
        let count = source.draw_batch();
        if gap.is_finite() {
            // Whose service ends at the same instant has gone: who comes then finds its place free.
            self.agenda.push_last(self.now + gap, Event::Arrival { stream });
        }
        (0..count).map(|_| self.arrive(stream)).sum()
    }

    fn arrive(&mut self, stream: u32) -> u64 {
        let source = &self.sources[stream as usize];
        let (to, class) = (source.to, source.class);
        if let Some(watch) = &mut self.watch {
            watch.came(stream);
        }
        let job = Job {
            stream,
            station: to,
            class,
            epoch: 0,
            born: self.now,
            arrived: self.now,
            since: self.now,
            waited: 0.0,
            remaining: 0.0,
            service: 0.0,
            begun: false,
            links: Links::NEW,
        };
        let index = match self.free.pop() {
            Some(index) => {
                let epoch = self.jobs[index as usize].epoch;
                self.jobs[index as usize] = Job { epoch, ..job };
                index
            }
            None => {
                self.jobs.push(job);
                u32::try_from(self.jobs.len() - 1).expect("a limit of the number of customers")
            }
        };
        self.visit(index, to);
        1
    }

    /// A customer comes to a station.
    fn visit(&mut self, index: u32, to: u32) {
        let station = &mut self.stations[to as usize];
        let full = station.is_full();
        station.record.dropped(full);
        if let Some(watch) = &mut self.watch {
            watch.visit(to, self.jobs[index as usize].stream, full);
        }
        if full {
            station.record.abandoned(false);
            self.lose(index);
            return;
        }
        let job = &mut self.jobs[index as usize];
        let source = &mut self.sources[job.stream as usize];
        let service = match &mut source.service {
            Some((sampler, stream)) if source.to == to => sampler.draw(stream),
            _ => station.service.draw(&mut station.service_stream),
        };
        let service = if planted::is(Bug::ServiceTooFast) { service * 0.98 } else { service };
        job.station = to;
        job.arrived = self.now;
        job.since = self.now;
        job.waited = 0.0;
        job.begun = false;
        job.service = service;
        job.remaining = service;
        if let Some(watch) = &mut self.watch {
            watch.accepted(to, self.now, service);
        }
        let effect = station.enter(&mut self.jobs, index, self.now);
        if let Effect::Waits = effect
            && let Some((sampler, stream)) = &mut station.patience
        {
            let end = self.now + sampler.draw(stream);
            let epoch = self.jobs[index as usize].epoch;
            self.agenda.push(end, Event::Patience { job: index, epoch });
        }
        self.schedule(to, effect);
    }

    /// Schedules what follows from a change of a station.
    #[inline]
    fn schedule(&mut self, at: u32, effect: Effect) {
        let station = &mut self.stations[at as usize];
        match effect {
            Effect::Began(index) => {
                let job = &mut self.jobs[index as usize];
                if !job.begun {
                    job.begun = true;
                    station.record.abandoned(false);
                }
                let event = Event::Completion { job: index, epoch: job.epoch };
                self.agenda.push(self.now + job.remaining, event);
            }
            Effect::Shares(next) => {
                let event = Event::Share { station: at, epoch: station.epoch };
                self.agenda.push(self.now + next, event);
            }
            Effect::Waits | Effect::Nothing => {}
        }
    }

    fn completion(&mut self, index: u32, epoch: u32) -> bool {
        let job = self.jobs[index as usize];
        if job.epoch != epoch {
            return false;
        }
        let station = &mut self.stations[job.station as usize];
        station.record.completed(self.now, job.waited, self.now - job.arrived);
        let effect = station.complete(&mut self.jobs, index, self.now);
        self.schedule(job.station, effect);
        self.depart(index, job.station);
        true
    }

    fn share(&mut self, at: u32, epoch: u32) -> bool {
        let station = &mut self.stations[at as usize];
        if station.epoch != epoch {
            return false;
        }
        let (index, effect) = station.leave_shares(self.now);
        let response = self.now - self.jobs[index as usize].arrived;
        station.record.completed(self.now, 0.0, response);
        self.schedule(at, effect);
        self.depart(index, at);
        true
    }

    fn patience(&mut self, index: u32, epoch: u32) -> bool {
        let job = self.jobs[index as usize];
        if job.epoch != epoch {
            return false;
        }
        let station = &mut self.stations[job.station as usize];
        station.abandon(&mut self.jobs, index, self.now);
        station.record.abandoned(true);
        self.lose(index);
        true
    }

    /// A customer has been served at a station.
    fn depart(&mut self, index: u32, from: u32) {
        match self.routes[from as usize].draw() {
            Some(to) => {
                // A scheduled event of the last visit no longer holds.
                let job = &mut self.jobs[index as usize];
                job.epoch = job.epoch.wrapping_add(1);
                self.visit(index, to);
            }
            None => {
                let job = self.jobs[index as usize];
                let since =
                    if planted::is(Bug::LatencyOfLastStation) { job.arrived } else { job.born };
                self.sources[job.stream as usize].record.left(self.now, self.now - since);
                self.release(index);
            }
        }
    }

    /// A customer leaves unserved.
    fn lose(&mut self, index: u32) {
        let stream = self.jobs[index as usize].stream;
        self.sources[stream as usize].record.lost();
        self.release(index);
    }

    fn release(&mut self, index: u32) {
        let job = &mut self.jobs[index as usize];
        job.epoch = job.epoch.wrapping_add(1);
        let stream = job.stream;
        self.free.push(index);
        let source = &mut self.sources[stream as usize];
        if source.closed {
            let thought = self.now + source.draw_gap();
            self.agenda.push_last(thought, Event::Thought { stream });
        }
    }
}
