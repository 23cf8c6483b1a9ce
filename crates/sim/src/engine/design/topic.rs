//! Where requests come from: clients, and records of topics.

use std::collections::VecDeque;

use tenfold_patterns::TokenBucket;
use tenfold_units::Seed;
use tenfold_units::random::Stream;

use super::frame::Asked;
use super::{Design, Event, instant};
use crate::planted::{self, Bug};
use crate::{Load, LoadPoint, Model, Sampler};

/// Where the requests of an operation come from.
#[derive(Debug)]
pub(super) struct Source {
    kind: Kind,
    gap: Stream,
    /// Cumulated shares of the zones.
    zones: Vec<f64>,
    zone: Stream,
    keys: Option<u32>,
    key: Stream,
    /// A share of the requests that ask for the same key.
    hot: Option<(f64, Asked)>,
    limit: Option<TokenBucket>,
}

#[derive(Debug)]
enum Kind {
    /// Requests per second at load 1.
    Open {
        rate: f64,
    },
    Closed {
        population: u32,
        think: Sampler,
    },
    /// Index of the consumers.
    Consume(u32),
}

impl Source {
    pub(super) fn all(model: &Model, seed: Seed) -> Vec<Self> {
        let mut consumers = 0;
        model
            .operations
            .iter()
            .map(|(name, operation)| {
                let kind = match &operation.load {
                    Load::Open(poisson) => Kind::Open { rate: poisson.rate },
                    Load::Closed(closed) => Kind::Closed {
                        population: closed.population,
                        think: closed.think_time.sampler(),
                    },
                    Load::Consume(_) => {
                        consumers += 1;
                        Kind::Consume(consumers - 1)
                    }
                };
                let even = 1.0 / model.zones.len() as f64;
                let mut sum = 0.0;
                let zones = model.zones.iter().map(|zone| {
                    sum += if operation.zones.is_empty() {
                        even
                    } else {
                        operation.zones.get(zone).copied().unwrap_or(0.0)
                    };
                    sum
                });
                let stream = |purpose: &str| seed.stream(&format!("operation/{name}/{purpose}"));
                Self {
                    kind,
                    gap: stream("gap"),
                    zones: zones.collect(),
                    zone: stream("zone"),
                    keys: operation
                        .keys
                        .as_ref()
                        .map(|keys| model.keys.get_index_of(keys).expect("a valid model") as u32),
                    key: stream("key"),
                    hot: None,
                    limit: operation
                        .limit
                        .map(|options| TokenBucket::new(options).expect("a valid model")),
                }
            })
            .collect()
    }

    /// Lets a share of the requests ask for one key, or none of them.
    pub(super) fn set_hot(&mut self, hot: Option<(f64, Asked)>) {
        self.hot = hot;
    }

    fn draw_zone(&mut self) -> u32 {
        if self.zones.len() == 1 {
            return 0;
        }
        let point = self.zone.uniform();
        let last = self.zones.len() - 1;
        self.zones.iter().position(|sum| point < *sum).unwrap_or(last) as u32
    }
}

/// Records that topics dropped.
#[derive(Debug)]
pub(super) struct Topics {
    /// For each component whether it is a topic, and the most records that wait there.
    limits: Vec<Option<u32>>,
    backlogs: Vec<u64>,
}

impl Topics {
    pub(super) fn new(model: &Model) -> Self {
        let limits: Vec<Option<u32>> = model
            .components
            .values()
            .map(|component| component.topic.as_ref().map(|topic| topic.limit))
            .collect();
        Self { backlogs: vec![0; limits.len()], limits }
    }

    /// Returns the records that wait for the slowest of a topic's consumers.
    pub(super) fn backlog(&self, part: u32) -> Option<u64> {
        self.limits[part as usize].map(|_| self.backlogs[part as usize])
    }
}

/// The consumers of a topic that share its records.
#[derive(Debug)]
pub(super) struct Consumers {
    operation: u32,
    topic: u32,
    idle: u32,
    batch: u32,
    wait: f64,
    /// When each record that waits was appended.
    backlog: VecDeque<f64>,
    /// Grows with every batch, so that a wait to fill an earlier one is void.
    turn: u32,
    is_due_scheduled: bool,
}

impl Consumers {
    pub(super) fn all(model: &Model) -> Vec<Self> {
        let mut all = Vec::new();
        for (index, operation) in model.operations.values().enumerate() {
            let Load::Consume(consume) = &operation.load else { continue };
            let (topic, _, component) =
                model.components.get_full(&consume.topic).expect("a valid model");
            let partitions = component.topic.as_ref().map_or(1, |topic| topic.partitions);
            all.push(Self {
                operation: index as u32,
                topic: topic as u32,
                idle: consume.consumers.min(partitions),
                batch: consume.batch,
                wait: consume.wait.as_secs_f64(),
                backlog: VecDeque::new(),
                turn: 0,
                is_due_scheduled: false,
            });
        }
        all
    }
}

impl Design<'_> {
    /// Schedules the first events.
    pub(super) fn begin(&mut self) {
        let scenario = self.scenario;
        let warm_up = scenario.warm_up.as_secs_f64();
        if warm_up > 0.0 {
            self.agenda.push(warm_up, Event::WarmedUp);
        }
        self.agenda.push((scenario.warm_up + scenario.horizon).as_secs_f64(), Event::Over);
        if let Some(window) = scenario.window {
            self.agenda.push(window.as_secs_f64(), Event::WindowOver);
        }
        let peak = self.peak_factor();
        for (index, source) in self.sources.iter_mut().enumerate() {
            let event = Event::Request { operation: index as u32 };
            match &source.kind {
                Kind::Open { rate } => {
                    let rate = rate * peak;
                    if rate > 0.0 {
                        self.agenda.push(source.gap.exponential() / rate, event);
                    }
                }
                Kind::Closed { population, think } => {
                    for _ in 0..*population {
                        self.agenda.push(think.draw(&mut source.gap), event);
                    }
                }
                Kind::Consume(_) => {}
            }
        }
    }

    /// The largest factor on the arrival rates of the whole run.
    fn peak_factor(&self) -> f64 {
        let points = self.scenario.profile.iter().map(|point| point.factor);
        let most = points.fold(f64::NEG_INFINITY, f64::max);
        self.scenario.load * if most.is_finite() { most } else { 1.0 }
    }

    /// A request of a client arrives; returns whether it does.
    pub(super) fn request(&mut self, operation: u32) {
        let (now, peak) = (self.now, self.peak_factor());
        let source = &mut self.sources[operation as usize];
        if let Kind::Open { rate } = &source.kind {
            let gap = source.gap.exponential() / (rate * peak);
            self.agenda.push(now + gap, Event::Request { operation });
            // Thinning: arrivals at the highest rate, of which the profile keeps its share.
            if !self.scenario.profile.is_empty() {
                let factor = self.scenario.load * factor_at(&self.scenario.profile, now);
                if !source.gap.chance(factor / peak) {
                    return;
                }
            }
        }
        let zone = source.draw_zone();
        let key = self.draw_key(operation);
        self.record.request(operation, 1);
        let source = &mut self.sources[operation as usize];
        let admitted =
            source.limit.as_mut().is_none_or(|limit| limit.admit(instant(now)).is_admitted());
        if admitted {
            self.start(operation, zone, key, now, 1);
        } else {
            self.refuse_request(operation);
        }
    }

    /// Draws the key of a request, or of one record.
    pub(super) fn draw_key(&mut self, operation: u32) -> Asked {
        let source = &mut self.sources[operation as usize];
        if let Some((share, key)) = source.hot
            && source.key.chance(share)
        {
            return key;
        }
        match source.keys {
            Some(keys) => {
                let at = instant(self.now + self.ahead);
                Asked::Known(self.keys[keys as usize].draw(at, &mut source.key))
            }
            None => Asked::Own(source.key.next_u64()),
        }
    }

    /// A request was answered: its client goes on, or the consumer takes the next batch.
    pub(super) fn source_answered(&mut self, operation: u32) {
        let source = &mut self.sources[operation as usize];
        match &source.kind {
            Kind::Open { .. } => {}
            Kind::Closed { think, .. } => {
                let thought = if planted::is(Bug::ThinkTimeSkipped) {
                    0.0
                } else {
                    think.draw(&mut source.gap)
                };
                self.agenda.push(self.now + thought, Event::Request { operation });
            }
            Kind::Consume(consumers) => {
                let consumers = *consumers;
                self.consumers[consumers as usize].idle += 1;
                self.consume(consumers);
            }
        }
    }

    /// Appends a record to a topic; returns whether there was room.
    pub(super) fn append(&mut self, part: u32) -> bool {
        let Some(limit) = self.topics.limits[part as usize] else { return false };
        let mut kept = true;
        for index in 0..self.consumers.len() {
            let consumers = &mut self.consumers[index];
            if consumers.topic != part {
                continue;
            }
            if consumers.backlog.len() >= limit as usize {
                kept = false;
                continue;
            }
            consumers.backlog.push_back(self.now);
            self.consume(index as u32);
        }
        kept
    }

    /// Gives batches to idle consumers.
    fn consume(&mut self, index: u32) {
        loop {
            let consumers = &mut self.consumers[index as usize];
            self.topics.backlogs[consumers.topic as usize] = consumers.backlog.len() as u64;
            let Some(oldest) = consumers.backlog.front().copied() else { return };
            if consumers.idle == 0 {
                return;
            }
            let full = consumers.backlog.len() >= consumers.batch as usize;
            if !full && self.now < oldest + consumers.wait {
                if !consumers.is_due_scheduled {
                    consumers.is_due_scheduled = true;
                    let event = Event::BatchDue { operation: index, turn: consumers.turn };
                    self.agenda.push(oldest + consumers.wait, event);
                }
                return;
            }
            let records = consumers.backlog.len().min(consumers.batch as usize);
            consumers.backlog.drain(..records);
            consumers.idle -= 1;
            consumers.turn = consumers.turn.wrapping_add(1);
            consumers.is_due_scheduled = false;
            let (operation, records) = (consumers.operation, records as u32);
            let source = &mut self.sources[operation as usize];
            let zone = source.draw_zone();
            let key = self.draw_key(operation);
            self.record.request(operation, records);
            self.start(operation, zone, key, oldest, records);
        }
    }

    pub(super) fn batch_due(&mut self, index: u32, turn: u32) {
        if self.consumers[index as usize].turn == turn {
            self.consumers[index as usize].is_due_scheduled = false;
            self.consume(index);
        }
    }
}

/// The load profile at a point in time.
fn factor_at(profile: &[LoadPoint], now: f64) -> f64 {
    let after = profile.iter().position(|point| point.at.as_secs_f64() > now);
    match after {
        None => profile.last().map_or(1.0, |point| point.factor),
        Some(0) => profile[0].factor,
        Some(next) => {
            let (a, b) = (&profile[next - 1], &profile[next]);
            let (from, to) = (a.at.as_secs_f64(), b.at.as_secs_f64());
            a.factor + (b.factor - a.factor) * (now - from) / (to - from)
        }
    }
}
