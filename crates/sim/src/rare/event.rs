use std::fmt;
use std::str::FromStr;

use tenfold_units::duration;

use crate::engine::Traffic;
use crate::model::EXIT;
use crate::{Discipline, Model, Servers, Station};

/// More customers than this are not looked for.
const CUSTOMERS_MAX: u32 = 1_000_000;
/// More servers than this have no splitting of waits: each arrival looks at all of them.
const WAIT_SERVERS_MAX: u32 = 10_000;

/// What of a station or stream an event is about.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Figure {
    Queue(u32),
    InFlight(u32),
    Dropped,
    /// Seconds.
    Wait(f64),
}

/// An event that plain queues are asked for: `STATION.queue>=N`, `STATION.in_flight>=N`,
/// `STATION.dropped`, `STREAM.dropped` or `STATION.wait>T`.
///
/// ```
/// use tenfold_sim::RareEvent;
/// let event: RareEvent = "desk.in_flight >= 40".parse().unwrap();
/// assert_eq!(event.to_string(), "desk.in_flight>=40");
/// assert!("desk.speed>1".parse::<RareEvent>().unwrap_err().contains("in_flight"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RareEvent {
    text: String,
    name: String,
    figure: Figure,
}

impl FromStr for RareEvent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const FORMS: &str = "write STATION.queue>=N, STATION.in_flight>=N, STATION.wait>T, \
                             STATION.dropped or STREAM.dropped";
        let text: String = text.split_whitespace().collect();
        let wrong = || format!("`{text}`: {FORMS}");
        let (what, bound) = match text.split_once('>') {
            Some((what, bound)) => (what, Some(bound)),
            None => (text.as_str(), None),
        };
        let (name, figure) = what.rsplit_once('.').ok_or_else(wrong)?;
        let customers = |bound: Option<&str>| {
            let number = bound.and_then(|bound| bound.strip_prefix('=')).ok_or_else(wrong)?;
            let number = number.parse::<u32>().ok();
            number.filter(|number| (1..=CUSTOMERS_MAX).contains(number)).ok_or_else(|| {
                format!("`{text}`: after >= comes a number of customers, 1 to {CUSTOMERS_MAX}")
            })
        };
        let figure = match (figure, bound) {
            ("queue", bound) => Figure::Queue(customers(bound)?),
            ("in_flight", bound) => Figure::InFlight(customers(bound)?),
            ("dropped", None) => Figure::Dropped,
            ("dropped", Some(_)) => {
                return Err(format!("`{text}`: `dropped` is a share already; write {what} alone"));
            }
            ("wait", Some(bound)) => {
                let span = duration::parse(bound).map_err(|error| format!("`{text}`: {error}"))?;
                if span.is_zero() {
                    return Err(format!("`{text}`: the wait is longer than 0"));
                }
                Figure::Wait(span.as_secs_f64())
            }
            _ => return Err(wrong()),
        };
        Ok(Self { name: name.to_owned(), figure, text })
    }
}

impl fmt::Display for RareEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What happens where.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RareWhat {
    /// At least so many customers are at the station, waiting or in service; a share of the time.
    InFlight {
        /// How many, at least 1.
        at_least: u32,
    },
    /// A customer finds the station full; a share of those who come to it, or of the stream's.
    Dropped,
    /// A customer waits longer; a share of those whom the station lets in.
    Wait {
        /// Than so many seconds.
        longer_than: f64,
    },
}

/// A rare event in a model.
#[derive(Clone, Debug, PartialEq)]
pub struct RarePlace {
    /// The station at which it happens.
    pub station: String,
    /// The stream of whose customers it is a share, where it is one's.
    pub stream: Option<String>,
    /// What happens.
    pub what: RareWhat,
    /// Customers that can be at the station at most, where the model bounds them.
    pub most: Option<u32>,
}

impl RareEvent {
    /// Returns where in `model` the event is.
    ///
    /// # Errors
    /// Says why the model has no such event, and what it has: no such name, nobody who waits, no
    /// bound, a queue without a steady state.
    pub fn locate(&self, model: &Model) -> Result<RarePlace, String> {
        self.place(model).map_err(|error| format!("`{self}`: {error}"))
    }

    fn place(&self, model: &Model) -> Result<RarePlace, String> {
        if !model.is_plain() {
            return Err("rare events are looked for in plain queues (stations)".to_owned());
        }
        steady(model)?;
        let names = |names: Vec<&String>| {
            names.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ")
        };
        let Some(station) = model.stations.get(&self.name) else {
            if self.figure == Figure::Dropped && model.arrivals.contains_key(&self.name) {
                return self.of_stream(model);
            }
            let known = names(model.stations.keys().collect());
            return Err(match (self.figure, model.arrivals.contains_key(&self.name)) {
                (Figure::Dropped, _) => {
                    let streams = names(model.arrivals.keys().collect());
                    format!("no station or stream `{}`: {known}; {streams}", self.name)
                }
                (_, true) => format!(
                    "`{}` is a stream, of which only `dropped` can be asked; stations are {known}",
                    self.name
                ),
                (_, false) => format!("no station `{}`; there are {known}", self.name),
            });
        };
        let servers = match station.servers {
            Servers::Finite(servers) => Some(servers),
            Servers::Infinite => None,
        };
        let what = match self.figure {
            Figure::InFlight(at_least) => RareWhat::InFlight { at_least },
            Figure::Queue(waiting) => {
                let servers = servers.filter(|_| waits(station)).ok_or_else(|| {
                    format!("nobody waits there; write {}.in_flight>={waiting}", self.name)
                })?;
                RareWhat::InFlight { at_least: servers.saturating_add(waiting) }
            }
            Figure::Dropped => {
                if station.queue.is_none() {
                    return Err("its queue has no bound, so that nobody is dropped".to_owned());
                }
                RareWhat::Dropped
            }
            Figure::Wait(longer_than) => {
                wait_follows(station, servers)?;
                RareWhat::Wait { longer_than }
            }
        };
        let most = most(model, station, servers);
        Ok(RarePlace { station: self.name.clone(), stream: None, what, most })
    }

    /// A stream that can be dropped at one station.
    fn of_stream(&self, model: &Model) -> Result<RarePlace, String> {
        let mut open = vec![model.arrivals[&self.name].to.as_str()];
        let mut seen: Vec<&str> = Vec::new();
        while let Some(name) = open.pop() {
            if seen.contains(&name) {
                continue;
            }
            seen.push(name);
            let targets = model.routing.get(name).into_iter().flatten();
            let next = targets.filter(|(to, p)| *to != EXIT && **p > 0.0);
            open.extend(next.map(|(to, _)| to.as_str()));
        }
        let bounded: Vec<&&str> =
            seen.iter().filter(|name| model.stations[**name].queue.is_some()).collect();
        match bounded[..] {
            [] => Err("no station on its way has a bound, so that nobody is dropped".to_owned()),
            [station] => {
                let station = &model.stations[*station];
                let name = bounded[0].to_string();
                let servers = match station.servers {
                    Servers::Finite(servers) => Some(servers),
                    Servers::Infinite => None,
                };
                let most = most(model, station, servers);
                let stream = Some(self.name.clone());
                Ok(RarePlace { station: name, stream, what: RareWhat::Dropped, most })
            }
            _ => {
                let known: Vec<String> =
                    bounded.iter().map(|station| format!("{station}.dropped")).collect();
                Err(format!(
                    "several stations on its way can drop; ask for each: {}",
                    known.join(", ")
                ))
            }
        }
    }
}

/// Says why a model has no steady state, where it has none.
fn steady(model: &Model) -> Result<(), String> {
    for (name, arrivals) in &model.arrivals {
        if arrivals.trace.as_ref().is_some_and(|trace| !trace.repeat) {
            return Err(format!(
                "the trace of `{name}` ends, and a probability is that of a steady state; \
                 add `repeat: true`"
            ));
        }
    }
    let traffic = Traffic::of(model, &vec![1.0; model.stations.len()]);
    let unstable = model.stations.keys().zip(&traffic.unstable).find(|(_, unstable)| **unstable);
    match unstable {
        Some((name, _)) => Err(format!(
            "more work comes to `{name}` than it can do: its queue grows for ever, and there is \
             no steady state"
        )),
        None => Ok(()),
    }
}

/// Nobody waits where all share the servers.
fn waits(station: &Station) -> bool {
    station.discipline != Discipline::ProcessorSharing
}

/// Says why waits cannot be followed at a station, where they cannot.
fn wait_follows(station: &Station, servers: Option<u32>) -> Result<(), String> {
    if servers.is_none() || !waits(station) {
        return Err("nobody waits there".to_owned());
    }
    if station.discipline != Discipline::Fifo || station.patience.is_some() {
        return Err("waits are followed first come, first served, without patience; ask for \
                    queue>=N or in_flight>=N"
            .to_owned());
    }
    if servers.is_some_and(|servers| servers > WAIT_SERVERS_MAX) {
        return Err(format!("waits are followed up to {WAIT_SERVERS_MAX} servers"));
    }
    Ok(())
}

/// Customers that can be at a station at most.
fn most(model: &Model, station: &Station, servers: Option<u32>) -> Option<u32> {
    let room = station.queue.zip(servers).map(|(queue, c)| c.saturating_add(queue.length));
    let mut population = Some(0_u32);
    for arrivals in model.arrivals.values() {
        let closed = arrivals.closed.as_ref().map(|closed| closed.population);
        population = population.zip(closed).map(|(sum, closed)| sum.saturating_add(closed));
    }
    match (room, population) {
        (Some(room), Some(population)) => Some(room.min(population)),
        (room, population) => room.or(population),
    }
}
