//! The event loop of designs: flows over replicas.

mod answer;
mod autoscale;
mod caches;
mod call;
mod caller;
mod fault;
mod flight;
mod frame;
mod life;
mod network;
mod outcome;
mod parts;
mod pause;
mod placement;
mod program;
mod record;
mod replica;
mod roll_out;
mod serve;
mod target;
mod timeout;
mod topic;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use tenfold_units::random::Stream;
use tenfold_units::{Instant, Seed};

use self::autoscale::Scaler;
pub use self::caches::Caches;
use self::fault::Planned;
use self::frame::{Answer, Asked, Cause, Frames, Kind};
use self::network::Network;
use self::parts::Parts;
use self::pause::Collections;
use self::program::{END, Place, Program};
use self::record::Record;
use self::topic::{Consumers, Source, Topics};
use super::agenda::Agenda;
use super::ticks::Ticks;
use crate::keys::{CacheWorld, Keys};
use crate::{Model, Outcome, Scenario};

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
    /// Callers learn which replicas of a component they can reach.
    Reached { part: u32 },
    /// A replica has run for a while since its start.
    Warmed { place: u32, life: u32 },
    /// A replica begins to collect garbage, or has done so.
    Collect { place: u32, begins: bool },
    /// A replica has been replaced in a roll-out.
    Restarted { fault: u32, place: u32 },
    /// An autoscaler looks at its replicas.
    Look { scaler: u32 },
    /// A replica that an autoscaler asked for is there.
    Provisioned { place: u32, life: u32 },
    /// A replica that an autoscaler took away has had its time.
    Drained { place: u32 },
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
    network: Network,
    faults: Vec<Planned<'m>>,
    /// By how much the clock of each place is ahead; empty while all are right.
    clocks: Vec<f64>,
    /// Replicas that wait to be replaced, by roll-out.
    roll_outs: BTreeMap<u32, VecDeque<u32>>,
    collections: Vec<Option<Collections>>,
    scalers: Vec<Scaler<'m>>,
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
            network: Network::new(model, seed),
            faults: Planned::all(scenario, &parts, seed),
            clocks: Vec::new(),
            roll_outs: BTreeMap::new(),
            collections: Collections::all(model, seed),
            scalers: Self::scalers(model, &parts),
            chance: seed.stream("chance"),
            record,
            parts,
        }
    }

    fn run(&mut self) -> (u64, bool) {
        self.refresh_servers();
        self.schedule_faults();
        self.schedule_collections();
        self.schedule_scalers();
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
            Event::BatchDue { operation, turn } => self.batch_due(operation, turn),
            Event::Fault { .. }
            | Event::Detected { .. }
            | Event::Reached { .. }
            | Event::Warmed { .. }
            | Event::Collect { .. }
            | Event::Restarted { .. }
            | Event::Look { .. }
            | Event::Provisioned { .. }
            | Event::Drained { .. }
            | Event::WarmedUp
            | Event::WindowOver
            | Event::Over => self.happen_rarely(event),
        }
        true
    }

    /// Lets an event happen that is not of a request: there are few of them, and they stay out of the
    /// way of the many.
    #[cold]
    fn happen_rarely(&mut self, event: Event) {
        match event {
            Event::Fault { fault, begins } => self.fault(fault, begins),
            Event::Detected { replica, life } => self.detected(replica, life),
            Event::Reached { part } => self.reached(part),
            Event::Warmed { place, life } => self.warmed(place, life),
            Event::Collect { place, begins } => self.collect(place, begins),
            Event::Restarted { fault, place } => self.restarted(fault, place),
            Event::Look { scaler } => self.look(scaler),
            Event::Provisioned { place, life } => self.provisioned(place, life),
            Event::Drained { place } => self.drained(place),
            Event::WarmedUp => self.warmed_up(),
            Event::WindowOver => self.window_over(),
            Event::Over => {}
            Event::Request { .. }
            | Event::Arrive { .. }
            | Event::Served { .. }
            | Event::Worked { .. }
            | Event::Answer { .. }
            | Event::Timeouts { .. }
            | Event::Retry { .. }
            | Event::Hedge { .. }
            | Event::BatchDue { .. } => unreachable!("events of requests are not rare"),
        }
    }

    /// Lets `event` happen after `delay`.
    fn post(&mut self, delay: f64, event: Event) {
        // Shuffled, events of this very instant are ties like any others.
        if delay > 0.0 || self.scenario.shuffle_ties {
            self.agenda.push(self.now + delay, event);
        } else {
            self.immediate.push_back(event);
        }
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
        let now = self.now;
        self.parts.replicas.iter_mut().for_each(|replica| replica.forget_work(now));
        for scaler in &mut self.scalers {
            (scaler.replica_seconds, scaler.counted) = (0.0, now);
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
}
