//! The event loop of designs: flows over replicas.

mod answer;
mod caches;
mod call;
mod fault;
mod flight;
mod frame;
mod parts;
mod program;
mod record;
mod replica;
mod serve;
mod target;
mod timeout;
mod topic;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use tenfold_units::random::Stream;
use tenfold_units::{Instant, Seed};

pub use self::caches::Caches;
use self::frame::{Answer, Asked, Cause, Frames, Kind};
use self::parts::Parts;
use self::program::{END, Place, Program};
use self::record::Record;
use self::topic::{Consumers, Source, Topics};
use super::agenda::Agenda;
use super::ticks::Ticks;
use crate::keys::{CacheWorld, Keys};
use crate::{Model, OUTCOME_SCHEMA, Outcome, Sampler, Scenario, Step};

/// What happens.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// The next request of an operation arrives.
    Request { operation: u32 },
    /// An attempt reaches its replica.
    Arrive { frame: u32, epoch: u32 },
    /// A service ends.
    Served { frame: u32, epoch: u32 },
    /// The wait after a service is over.
    Worked { frame: u32, epoch: u32 },
    /// An answer reaches its caller.
    Answer { frame: u32, generation: u32, answer: Answer },
    /// The next time-out of a link.
    Timeouts { link: u32 },
    /// The wait before another attempt is over.
    Retry { frame: u32, generation: u32 },
    /// An attempt has had no answer for long.
    Hedge { frame: u32, generation: u32 },
    /// A fault begins, or is repaired.
    Fault { fault: u32, begins: bool },
    /// Callers learn whether a replica lives.
    Detected { replica: u32, life: u32 },
    /// A batch of records has waited long enough.
    BatchDue { operation: u32, turn: u32 },
    /// The warm-up is over.
    WarmedUp,
    /// A window of the series is over.
    WindowOver,
    /// The run is over.
    Over,
}

/// The instant of the pattern machines.
fn instant(now: f64) -> Instant {
    Instant::from_secs_f64(now)
}

/// A design at work.
#[derive(Debug)]
struct Design<'m> {
    model: &'m Model,
    scenario: &'m Scenario,
    agenda: Agenda<Event>,
    /// Events of this very instant, before all others.
    immediate: VecDeque<Event>,
    /// Frames that go on in their programs.
    ready: VecDeque<u32>,
    now: f64,
    /// By how much the caches' clock is ahead.
    ahead: f64,
    program: Program,
    starts: Vec<Place>,
    parts: Parts<'m>,
    frames: Frames,
    sources: Vec<Source>,
    topics: Topics,
    consumers: Vec<Consumers>,
    worlds: Vec<CacheWorld>,
    keys: Vec<Keys>,
    same_zone: Option<Sampler>,
    cross_zone: Option<Sampler>,
    network: Stream,
    chance: Stream,
    record: Record,
}

/// Runs a design through a scenario, from idle components and warm caches.
pub(super) fn run(model: &Model, scenario: &Scenario, caches: &Caches, seed: Seed) -> Outcome {
    let worlds = caches.at_load(model, scenario.load);
    let mut design = Design::new(model, scenario, worlds, seed);
    let (events, finished) = design.run();
    design.outcome(seed, events, finished)
}

impl<'m> Design<'m> {
    fn new(model: &'m Model, scenario: &'m Scenario, worlds: Vec<CacheWorld>, seed: Seed) -> Self {
        let mut parts = Parts::new(model, seed);
        let mut program = Program::new();
        let starts = model
            .operations
            .values()
            .map(|operation| program.flow(&mut parts, &operation.flow, None, END))
            .collect();
        let run = scenario.warm_up + scenario.horizon;
        let ticks = Ticks::for_run(run.as_secs_f64());
        let record = Record::new(model, scenario, &parts, ticks);
        let shuffle = scenario.shuffle_ties.then(|| seed.stream("ties"));
        let network = model.network.as_ref();
        let keys = model.keys.values().map(|keys| Keys::new(keys).expect("a valid model"));
        Self {
            model,
            scenario,
            agenda: Agenda::new(shuffle),
            immediate: VecDeque::new(),
            ready: VecDeque::new(),
            now: 0.0,
            ahead: 0.0,
            program,
            starts,
            frames: Frames::default(),
            sources: Source::all(model, seed),
            topics: Topics::new(model),
            consumers: Consumers::all(model),
            worlds,
            keys: keys.collect(),
            same_zone: network.map(|network| network.same_zone.sampler()),
            cross_zone: network.map(|network| network.cross_zone.sampler()),
            network: seed.stream("network"),
            chance: seed.stream("chance"),
            record,
            parts,
        }
    }

    fn run(&mut self) -> (u64, bool) {
        self.refresh_servers();
        self.schedule_faults();
        self.fast_forward();
        self.begin();
        let mut events = 0;
        loop {
            while let Some(index) = self.ready.pop_front() {
                self.go_on(index);
            }
            let event = match self.immediate.pop_front() {
                Some(event) => event,
                None => match self.agenda.pop() {
                    Some((now, event)) => {
                        self.now = now;
                        event
                    }
                    None => return (events, true),
                },
            };
            if matches!(event, Event::Over) {
                return (events, true);
            }
            if events == self.scenario.budget {
                return (events, false);
            }
            events += u64::from(self.happen(event));
        }
    }

    /// Lets an event happen; returns whether it still held.
    fn happen(&mut self, event: Event) -> bool {
        match event {
            Event::Request { operation } => self.request(operation),
            Event::Arrive { frame, epoch } => {
                if self.frames.get(frame).epoch != epoch {
                    return false;
                }
                self.arrive(frame);
            }
            Event::Served { frame, epoch } => {
                let it = self.frames.get(frame);
                if it.epoch != epoch {
                    return false;
                }
                self.served(frame);
            }
            Event::Worked { frame, epoch } => {
                if self.frames.get(frame).epoch != epoch {
                    return false;
                }
                self.worked(frame);
            }
            Event::Answer { frame, generation, answer } => self.answered(frame, generation, answer),
            Event::Timeouts { link } => self.timeouts(link),
            Event::Retry { frame, generation } => self.retry(frame, generation),
            Event::Hedge { frame, generation } => self.hedge(frame, generation),
            Event::Fault { fault, begins } => self.fault(fault, begins),
            Event::Detected { replica, life } => self.detected(replica, life),
            Event::BatchDue { operation, turn } => self.batch_due(operation, turn),
            Event::WarmedUp => self.warmed_up(),
            Event::WindowOver => self.window_over(),
            Event::Over => {}
        }
        true
    }

    /// Lets `event` happen after `delay`.
    fn post(&mut self, delay: f64, event: Event) {
        if delay > 0.0 {
            self.agenda.push(self.now + delay, event);
        } else {
            self.immediate.push_back(event);
        }
    }

    /// The one-way delay between two places.
    fn delay(&mut self, from: u32, to: u32) -> f64 {
        if from == to {
            return 0.0;
        }
        let same = self.parts.zone(from) == self.parts.zone(to);
        let sampler = if same { &self.same_zone } else { &self.cross_zone };
        sampler.as_ref().map_or(0.0, |sampler| sampler.draw(&mut self.network))
    }

    /// Tells the record how many servers live and work.
    fn refresh_servers(&mut self) {
        for (index, part) in self.parts.parts.iter().enumerate() {
            let own = &self.parts.replicas[part.first as usize..(part.first + part.count) as usize];
            let alive = own.iter().filter(|replica| replica.is_alive()).count() as f64;
            let busy: f64 = own.iter().map(|replica| f64::from(replica.busy)).sum();
            self.record.servers(index as u32, self.now, alive * f64::from(part.servers), busy);
        }
    }

    fn warmed_up(&mut self) {
        self.record.reset(self.now);
        for replica in &mut self.parts.replicas {
            replica.account(self.now);
            replica.worked = 0.0;
        }
    }

    fn window_over(&mut self) {
        self.record.end_window(self.now);
        if let Some(window) = self.scenario.window {
            self.agenda.push(self.now + window.as_secs_f64(), Event::WindowOver);
        }
    }

    fn request_over(&mut self, index: u32, answer: Answer) {
        let frame = self.frames.get(index);
        let (operation, born, records) = (frame.operation, frame.born, frame.records);
        let cause = match answer {
            Answer::Failed(cause) => Some(cause),
            Answer::Done | Answer::Miss => None,
        };
        self.frames.release(index);
        self.record.over(operation, self.now, self.now - born, cause, records);
        self.source_answered(operation);
    }

    /// A request is refused before it costs anything.
    fn refuse_request(&mut self, operation: u32) {
        self.record.over(operation, self.now, 0.0, Some(Cause::Limited), 1);
        self.source_answered(operation);
    }

    /// Starts the flow of an operation.
    fn start(&mut self, operation: u32, zone: u32, key: Asked, born: f64, records: u32) {
        let place = self.parts.client(zone);
        let at = self.starts[operation as usize];
        let index = self.frames.add(Kind::Root, operation, place, at, born, key);
        self.frames.at(index).records = records;
        self.ready.push_back(index);
    }

    fn outcome(mut self, seed: Seed, events: u64, finished: bool) -> Outcome {
        let warm_up = self.scenario.warm_up.as_secs_f64();
        let simulated = (self.now - warm_up).max(0.0);
        let mut operations = self.record.operations(self.now);
        let mut components = self.record.components(self.now);
        for (index, part) in self.parts.parts.iter().enumerate() {
            let Some(outcome) = components.get_mut(&part.name) else { continue };
            outcome.backlog = self.topics.backlog(index as u32);
            if part.servers == u32::MAX || simulated <= 0.0 {
                continue;
            }
            let range = part.first as usize..(part.first + part.count) as usize;
            let mut zones: Vec<(f64, f64)> = vec![(0.0, 0.0); self.model.zones.len()];
            let mut hottest: f64 = 0.0;
            for replica in &mut self.parts.replicas[range] {
                replica.account(self.now);
                let used = replica.worked / simulated / f64::from(part.servers);
                hottest = hottest.max(used);
                let zone = &mut zones[replica.zone as usize];
                *zone = (zone.0 + used, zone.1 + 1.0);
            }
            outcome.hottest_utilization = Some(hottest);
            outcome.zone_utilization = self
                .model
                .zones
                .iter()
                .zip(&zones)
                .filter(|(_, (_, count))| *count > 0.0)
                .map(|(name, (used, count))| (name.clone(), used / count))
                .collect();
        }
        self.record.end_window(self.now);
        let unstable: Vec<&String> =
            components.iter().filter(|(_, part)| part.unstable).map(|(name, _)| name).collect();
        for (name, operation) in &mut operations {
            let flow = &self.model.operations[name].flow;
            if unstable.iter().any(|component| calls(flow, component)) {
                operation.unstable = true;
                operation.latency_seconds = None;
            }
        }
        Outcome {
            schema: OUTCOME_SCHEMA.to_owned(),
            seed: seed.0,
            runs: 1,
            events,
            simulated_seconds: simulated,
            unstable: !unstable.is_empty(),
            stations: indexmap::IndexMap::new(),
            arrivals: indexmap::IndexMap::new(),
            operations,
            components,
            series: self.record.take_series(),
            budget_exhausted: !finished,
        }
    }
}

/// Returns whether a flow waits for a component.
fn calls(steps: &[Step], component: &str) -> bool {
    let of = |steps: &[Step]| calls(steps, component);
    let error = |steps: &Option<Vec<Step>>| steps.as_deref().is_some_and(of);
    steps.iter().any(|step| match step {
        Step::Call(call) => call.to == component || of(&call.steps) || error(&call.on_error),
        Step::Lookup(lookup) => {
            lookup.cache == component
                || of(&lookup.on_hit)
                || of(&lookup.on_miss)
                || error(&lookup.on_error)
        }
        Step::Parallel(parallel) => parallel.branches.iter().any(|branch| of(branch)),
        Step::Choice(ways) => ways.iter().any(|way| of(&way.steps)),
        Step::Each(each) => of(&each.steps),
        Step::Append(topic) => topic == component,
        Step::Fill(_) | Step::Emit(_) => false,
    })
}
