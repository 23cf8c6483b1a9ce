//! From a model to queues at work, and from those to an outcome.

use indexmap::IndexMap;
use tenfold_units::Seed;
use tenfold_units::random::Stream;

use super::gap::{BatchSampler, Gap};
use super::record::{StationRecord, StreamRecord, Tails};
use super::station::Station;
use super::{Event, Network, Routes, Source};
use crate::engine::agenda::Agenda;
use crate::engine::ticks::Ticks;
use crate::engine::traffic::Traffic;
use crate::model::EXIT;
use crate::stats::Tail;
use crate::{
    Discipline, Distribution, Model, OUTCOME_SCHEMA, Outcome, Servers, Station as StationModel,
};

impl Network {
    pub(super) fn new(model: &Model, seed: Seed, budget: u64) -> Self {
        let ticks = Ticks::for_run(run_seconds(model, budget));
        let mut classes: Vec<i32> = model.arrivals.values().map(|a| a.priority).collect();
        classes.sort_unstable();
        classes.dedup();
        let lossy = model.stations.values().any(|s| s.queue.is_some() || is_patient(s));
        let stream = |kind: &str, name: &str, purpose: &str| {
            seed.stream(&format!("{kind}/{name}/{purpose}"))
        };
        let stations = model
            .stations
            .iter()
            .map(|(name, station)| {
                let record =
                    StationRecord::new(ticks, station.queue.is_some(), is_patient(station));
                let service = stream("station", name, "service");
                let patience = stream("station", name, "patience");
                Station::new(station, classes.len(), service, patience, record)
            })
            .collect();
        let routes = model
            .stations
            .keys()
            .map(|name| routes(model, name, stream("station", name, "routing")))
            .collect();
        let sources = model
            .arrivals
            .iter()
            .map(|(name, arrivals)| {
                let mut gap_stream = stream("arrivals", name, "gap");
                let size = |batch| (BatchSampler::new(batch), stream("arrivals", name, "batch"));
                Source {
                    to: model.stations.get_index_of(&arrivals.to).expect("a valid model") as u32,
                    class: classes.binary_search(&arrivals.priority).expect("one of them") as u32,
                    gap: Gap::of(arrivals, &mut gap_stream),
                    gap_stream,
                    since: 0.0,
                    batch: arrivals.batch.as_ref().map(size),
                    closed: arrivals.closed.is_some(),
                    service: arrivals
                        .service_time
                        .as_ref()
                        .map(|own| (own.sampler(), stream("arrivals", name, "service"))),
                    record: StreamRecord::new(ticks, lossy),
                }
            })
            .collect();
        let mut network = Self {
            agenda: Agenda::new(None),
            jobs: Vec::new(),
            free: Vec::new(),
            sources,
            stations,
            routes,
            now: 0.0,
            watch: None,
        };
        network.first_events(model);
        network
    }

    /// The first arrival of each open stream; all customers of a closed one begin by thinking.
    fn first_events(&mut self, model: &Model) {
        for (index, arrivals) in model.arrivals.values().enumerate() {
            let stream = index as u32;
            let (count, event) = match &arrivals.closed {
                Some(closed) => (closed.population, Event::Thought { stream }),
                None => (1, Event::Arrival { stream }),
            };
            for _ in 0..count {
                let gap = self.sources[index].draw_gap();
                self.agenda.push_last(gap, event);
            }
        }
    }

    pub(super) fn outcome(mut self, model: &Model, seed: Seed, events: u64) -> Outcome {
        let passing: Vec<f64> = self.stations.iter().map(|s| s.record.passing_ratio()).collect();
        let traffic = Traffic::of(model, &passing);
        let tails = tails(model);
        let mut unstable_stream = vec![false; self.sources.len()];
        for (unstable, visits) in unstable_stream.iter_mut().zip(&traffic.visits) {
            *unstable = visits.iter().zip(&traffic.unstable).any(|(v, u)| *u && *v > 0.0);
        }
        let now = self.now;
        let mut stations = IndexMap::new();
        for (index, (name, station)) in model.stations.iter().enumerate() {
            let servers = match station.servers {
                Servers::Finite(servers) => Some(servers),
                Servers::Infinite => None,
            };
            let unstable = traffic.unstable[index];
            let left = self.stations[index].in_flight();
            let record = &mut self.stations[index].record;
            let outcome = record.outcome(now, servers, tails.stations[index], unstable, left);
            stations.insert(name.clone(), outcome);
        }
        let mut arrivals = IndexMap::new();
        for (index, name) in model.arrivals.keys().enumerate() {
            let record = &mut self.sources[index].record;
            let outcome = record.outcome(now, tails.streams[index], unstable_stream[index]);
            arrivals.insert(name.clone(), outcome);
        }
        Outcome {
            schema: OUTCOME_SCHEMA.to_owned(),
            seed: seed.0,
            runs: 1,
            events,
            simulated_seconds: now,
            unstable: traffic.unstable.contains(&true),
            stations,
            arrivals,
            operations: IndexMap::new(),
            components: IndexMap::new(),
            series: Vec::new(),
            budget_exhausted: false,
        }
    }
}

/// Nobody waits, and so nobody loses patience, at a processor-sharing station.
pub(in crate::engine) fn is_patient(station: &StationModel) -> bool {
    station.patience.is_some() && station.discipline != Discipline::ProcessorSharing
}

pub(super) fn routes(model: &Model, name: &str, stream: Stream) -> Routes {
    let Some(targets) = model.routing.get(name) else {
        return Routes { ways: vec![(1.0, None)], stream };
    };
    let mut sum = 0.0;
    let ways = targets
        .iter()
        .filter(|(_, probability)| **probability > 0.0)
        .map(|(to, probability)| {
            sum += probability;
            let to = (to != EXIT)
                .then(|| model.stations.get_index_of(to).expect("a valid model") as u32);
            (sum, to)
        })
        .collect();
    Routes { ways, stream }
}

/// About how long a run of so many events is.
pub(super) fn run_seconds(model: &Model, budget: u64) -> f64 {
    let visits = Traffic::of(model, &vec![1.0; model.stations.len()]).visits;
    let mut rate: f64 = visits.iter().flatten().sum();
    for arrivals in model.arrivals.values() {
        rate += match (&arrivals.closed, &arrivals.trace) {
            (Some(closed), _) => {
                let own = arrivals.service_time.as_ref();
                let cycle = closed.think_time.mean()
                    + own.unwrap_or(&model.stations[&arrivals.to].service_time).mean();
                f64::from(closed.population) / cycle.max(1e-9)
            }
            (_, Some(trace)) => trace.rate().min(1e9),
            _ => arrivals.rate().expect("an open stream has a rate"),
        };
    }
    budget.max(1) as f64 / rate
}

/// Which figures obey the √n law.
pub(super) struct AllTails {
    pub(super) stations: Vec<Tails>,
    pub(super) streams: Vec<Tails>,
}

/// Skewness of squared services beyond which few of them decide the delays: a lognormal service passes
/// it from a cv of about 1.3.
const SKEWED: f64 = 300.0;

/// The tails of all figures: a heavy service makes the delays of its station heavy, and of every
/// stream that comes by; without a variance also the counts of all that lies behind it.
pub(super) fn tails(model: &Model) -> AllTails {
    let count = model.stations.len();
    let mut delay = vec![false; count];
    let mut skewed = vec![false; count];
    let mut work = vec![false; count];
    let mut counts = vec![false; count];
    for (index, (name, station)) in model.stations.iter().enumerate() {
        let own = model.arrivals.values().filter(|a| a.to == *name);
        let services: Vec<&Distribution> =
            own.filter_map(|a| a.service_time.as_ref()).chain([&station.service_time]).collect();
        let has = |order| services.iter().all(|service| service.has_moment(order));
        delay[index] = !has(delay_moment(station));
        skewed[index] = delay_moment(station) == 4
            && services.iter().any(|service| service.square_skewness() > SKEWED);
        work[index] = !has(2);
    }
    let reach: Vec<Vec<bool>> = model.stations.keys().map(|name| reach(model, name)).collect();
    for arrivals in model.arrivals.values() {
        let gap = arrivals
            .renewal
            .as_ref()
            .map(|renewal| &renewal.interarrival)
            .or(arrivals.closed.as_ref().map(|closed| &closed.think_time));
        if gap.is_some_and(|gap| !gap.has_moment(2)) {
            let to = model.stations.get_index_of(&arrivals.to).expect("a valid model");
            mark(&mut counts, &reach[to]);
            counts[to] = true;
        }
    }
    for index in (0..count).filter(|index| work[*index]) {
        mark(&mut counts, &reach[index]);
    }
    let tail = |heavy: bool| if heavy { Tail::Heavy } else { Tail::Light };
    let delayed = |heavy: bool, skewed: bool| match tail(heavy) {
        Tail::Light if skewed => Tail::Skewed,
        tail @ (Tail::Light | Tail::Skewed | Tail::Heavy) => tail,
    };
    let stations: Vec<Tails> = (0..count)
        .map(|i| Tails {
            delay: delayed(delay[i] || counts[i], skewed[i]),
            work: tail(work[i] || counts[i]),
            counts: tail(counts[i]),
        })
        .collect();
    let streams = model
        .arrivals
        .values()
        .map(|arrivals| {
            let to = model.stations.get_index_of(&arrivals.to).expect("a valid model");
            let on_way = |heavy: &[bool]| (0..count).any(|i| heavy[i] && (i == to || reach[to][i]));
            let counted = on_way(&counts);
            Tails {
                delay: delayed(on_way(&delay) || counted, on_way(&skewed)),
                work: tail(on_way(&work) || counted),
                counts: tail(counted || on_way(&work)),
            }
        })
        .collect();
    AllTails { stations, streams }
}

/// The moment of the service time that the delays of a station need for an interval.
fn delay_moment(station: &StationModel) -> u32 {
    let bounded =
        station.servers == Servers::Infinite || station.queue.is_some() || is_patient(station);
    match station.discipline {
        // One long service delays only itself, or nobody who came before it.
        Discipline::ProcessorSharing | Discipline::Srpt => 2,
        Discipline::Lifo if station.preemptive => 2,
        _ if bounded => 2,
        // The serial correlations of a queue's waits have a finite sum only with the fourth.
        Discipline::Fifo | Discipline::Lifo | Discipline::Priority => 4,
    }
}

fn mark(all: &mut [bool], more: &[bool]) {
    all.iter_mut().zip(more).for_each(|(all, more)| *all |= more);
}

/// The stations that customers can get to after `from`.
fn reach(model: &Model, from: &str) -> Vec<bool> {
    let mut seen = vec![false; model.stations.len()];
    let mut open = vec![from];
    while let Some(name) = open.pop() {
        let targets = model.routing.get(name).into_iter().flatten();
        for (to, _) in targets.filter(|(to, p)| *to != EXIT && **p > 0.0) {
            let index = model.stations.get_index_of(to).expect("a valid model");
            if !std::mem::replace(&mut seen[index], true) {
                open.push(to);
            }
        }
    }
    seen
}
