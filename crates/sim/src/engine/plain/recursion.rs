//! Stations without events: Lindley's recursion where it is exact.
//!
//! One open stream into a tree of stations with one server each, first come, first served, without
//! bounds, patience or loops: nobody overtakes, so that customer n begins when it has arrived and
//! n − 1 is gone (Lindley, *The theory of queues with a single server*, 1952). Customers go through
//! the tree in blocks. Every random stream is used as the event loop uses it, so that customer n is
//! the same customer in both, and waits as long.

mod areas;

use indexmap::IndexMap;
use tenfold_units::Seed;
use tenfold_units::random::Stream;

use self::areas::{Exits, Server};
use super::Routes;
use super::build::{routes, run_seconds, tails};
use super::gap::Gap;
use super::record::{Tails, counted};
use crate::engine::traffic::Traffic;
use crate::model::EXIT;
use crate::planted::{self, Bug};
use crate::stats::{Estimate, Tally};
use crate::{
    ArrivalsOutcome, Discipline, Model, OUTCOME_SCHEMA, Outcome, Sampler, Servers, Station,
    StationOutcome,
};

/// Customers of a block: their times stay in the first-level cache.
const BLOCK: usize = 512;

/// A station of the tree.
#[derive(Debug)]
struct Node {
    service: Sampler,
    service_stream: Stream,
    routes: Routes,
    /// Its customers that have come last, and when the server is free.
    server: Server,
    wait: Tally,
    response: Tally,
}

/// Customers on their way to a station: when they come, and which of their block they are.
#[derive(Clone, Debug, Default)]
struct Crowd {
    times: Vec<f64>,
    numbers: Vec<u32>,
}

/// The tree at work.
#[derive(Debug)]
struct Tree {
    nodes: Vec<Node>,
    root: usize,
    gap: Gap,
    gap_stream: Stream,
    /// Arrival of the latest customer.
    now: f64,
    latency: Tally,
    exits: Exits,
    events: u64,
}

/// Runs `model` for about `budget` events, or returns `None` where the recursion is not exact.
pub(super) fn run(model: &Model, seed: Seed, budget: u64) -> Option<Outcome> {
    if !holds(model) || !planted::keeps_recursion() {
        return None;
    }
    let traffic = Traffic::of(model, &vec![1.0; model.stations.len()]);
    if traffic.unstable.contains(&true) {
        return None;
    }
    let visits: f64 = traffic.visits[0].iter().sum();
    let rate = traffic.visits[0][model.stations.get_index_of(&model.arrivals[0].to)?];
    // An arrival, and an end of service for each visit.
    let per_customer = 1.0 + visits / rate;
    let mut tree = Tree::new(model, seed, budget);
    while tree.events < budget {
        let left = (budget - tree.events) as f64 / per_customer;
        tree.block((left as usize).clamp(1, BLOCK));
    }
    Some(tree.outcome(model, seed))
}

/// Returns whether nobody can overtake: see the head of the module.
fn holds(model: &Model) -> bool {
    let Some((_, arrivals)) = model.arrivals.first().filter(|_| model.arrivals.len() == 1) else {
        return false;
    };
    let plain = |station: &Station| {
        station.servers == Servers::Finite(1)
            && station.discipline == Discipline::Fifo
            && station.queue.is_none()
            && station.patience.is_none()
    };
    // Without a rate the stream is closed, or ends.
    if arrivals.rate().is_none() || arrivals.batch.is_some() || !model.stations.values().all(plain)
    {
        return false;
    }
    // One way into each station, and none into the root: then what is reached is a tree.
    let ways = |to: &str| -> usize {
        let routes = model.routing.values();
        routes.filter(|targets| targets.get(to).is_some_and(|p| *p > 0.0)).count()
    };
    let root = arrivals.to.as_str();
    model.stations.keys().all(|name| ways(name) == usize::from(name != root))
        && reached(model, root) == model.stations.len()
}

/// Returns the number of stations of the tree below `name`, itself included.
fn reached(model: &Model, name: &str) -> usize {
    let mut open = vec![name];
    let mut count = 0;
    while let Some(name) = open.pop() {
        count += 1;
        let targets = model.routing.get(name).into_iter().flatten();
        open.extend(targets.filter(|(to, p)| *to != EXIT && **p > 0.0).map(|(to, _)| to.as_str()));
    }
    count
}

impl Tree {
    fn new(model: &Model, seed: Seed, budget: u64) -> Self {
        let seconds = run_seconds(model, budget);
        let (stream_name, arrivals) = model.arrivals.first().expect("one stream");
        let stream = |kind: &str, name: &str, purpose: &str| {
            seed.stream(&format!("{kind}/{name}/{purpose}"))
        };
        let nodes = model.stations.iter().map(|(name, station)| {
            let own = arrivals.service_time.as_ref().filter(|_| *name == arrivals.to);
            let (service, service_stream) = match own {
                Some(own) => (own, stream("arrivals", stream_name, "service")),
                None => (&station.service_time, stream("station", name, "service")),
            };
            Node {
                service: service.sampler(),
                service_stream,
                routes: routes(model, name, stream("station", name, "routing")),
                server: Server::new(seconds),
                wait: Tally::default(),
                response: Tally::default(),
            }
        });
        let mut gap_stream = stream("arrivals", stream_name, "gap");
        Self {
            nodes: nodes.collect(),
            root: model.stations.get_index_of(&arrivals.to).expect("a valid model"),
            gap: Gap::of(arrivals, &mut gap_stream),
            gap_stream,
            now: 0.0,
            latency: Tally::default(),
            exits: Exits::new(seconds),
            events: 0,
        }
    }

    /// Takes the next `count` customers through the tree.
    fn block(&mut self, count: usize) {
        let mut born = vec![0.0; count];
        self.gap.fill(&mut self.gap_stream, &mut born);
        for time in &mut born {
            self.now += *time;
            *time = self.now;
        }
        self.events += count as u64;
        let mut latency = vec![0.0; count];
        let all = Crowd { times: born.clone(), numbers: (0..count as u32).collect() };
        let mut open = vec![(self.root, all)];
        let mut left = Vec::with_capacity(count);
        while let Some((index, mut crowd)) = open.pop() {
            self.events += crowd.times.len() as u64;
            self.nodes[index].serve(&mut crowd.times);
            let way = self.nodes[index].split(crowd, &mut open);
            for (time, number) in way.times.iter().zip(&way.numbers) {
                latency[*number as usize] = time - born[*number as usize];
            }
            left.extend_from_slice(&way.times);
        }
        // At a single station the latency is its response time.
        if self.nodes.len() > 1 {
            self.latency.record_all(&latency);
        }
        self.exits.add(&left);
    }

    fn outcome(self, model: &Model, seed: Seed) -> Outcome {
        let now = self.now;
        let tails = tails(model);
        let latency = if self.nodes.len() > 1 { &self.latency } else { &self.nodes[0].response };
        let latency_seconds = latency.summary(tails.streams[0].delay);
        let stations = model.stations.keys().zip(self.nodes).zip(&tails.stations);
        let stations = stations
            .map(|((name, node), tails)| (name.clone(), node.outcome(now, *tails)))
            .collect();
        let counts = counted(self.exits.estimate(now), tails.streams[0].counts);
        let stream = ArrivalsOutcome {
            latency_seconds,
            throughput_rps: counts,
            dropped_ratio: Estimate::between(0.0, 0.0, 0.0),
            unstable: false,
        };
        Outcome {
            schema: OUTCOME_SCHEMA.to_owned(),
            seed: seed.0,
            runs: 1,
            events: self.events,
            simulated_seconds: now,
            unstable: false,
            stations,
            arrivals: model.arrivals.keys().cloned().zip([stream]).collect(),
            operations: IndexMap::new(),
            components: IndexMap::new(),
            series: Vec::new(),
            budget_exhausted: false,
        }
    }
}

impl Node {
    /// Serves those who arrive at `times`, which become the times at which they leave.
    fn serve(&mut self, times: &mut [f64]) {
        let mut service = [0.0; BLOCK];
        let service = &mut service[..times.len()];
        self.service.fill(&mut self.service_stream, service);
        if planted::is(Bug::RecursionTooSlow) {
            service.iter_mut().for_each(|span| *span *= 1.02);
        }
        let mut wait = [0.0; BLOCK];
        let wait = &mut wait[..times.len()];
        let mut response = [0.0; BLOCK];
        let response = &mut response[..times.len()];
        self.server.serve(times, service, wait, response);
        self.wait.record_all(wait);
        self.response.record_all(response);
    }

    /// Sends those who have been served on their ways; who exits is returned.
    fn split(&mut self, crowd: Crowd, open: &mut Vec<(usize, Crowd)>) -> Crowd {
        if let [(_, only)] = self.routes.ways[..] {
            let Some(to) = only else { return crowd };
            open.push((to as usize, crowd));
            return Crowd::default();
        }
        let begin = open.len();
        let mut out = Crowd::default();
        for (time, number) in crowd.times.iter().zip(&crowd.numbers) {
            let way = match self.routes.draw() {
                None => &mut out,
                Some(to) => {
                    let to = to as usize;
                    let known = open[begin..].iter().position(|(station, _)| *station == to);
                    let place = begin + known.unwrap_or(open.len() - begin);
                    if place == open.len() {
                        open.push((to, Crowd::default()));
                    }
                    &mut open[place].1
                }
            };
            way.times.push(*time);
            way.numbers.push(*number);
        }
        out
    }

    fn outcome(self, now: f64, tails: Tails) -> StationOutcome {
        let seen = self.server.estimates(now, tails.work, tails.delay);
        StationOutcome {
            utilization: seen.busy.map(|busy| busy.clamped(0.0, 1.0)),
            wait_time_seconds: self.wait.summary(tails.delay),
            response_time_seconds: self.response.summary(tails.delay),
            queue_length: seen.waiting,
            in_flight: seen.in_flight,
            throughput_rps: counted(seen.throughput, tails.counts),
            dropped_ratio: Estimate::between(0.0, 0.0, 0.0),
            abandoned_ratio: Estimate::between(0.0, 0.0, 0.0),
            unstable: false,
            goodput_rps: None,
            queue_growth_per_second: None,
        }
    }
}
