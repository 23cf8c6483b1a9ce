//! Exact answers, where the model is one that has them.

use tenfold_queueing::{JacksonNetwork, JacksonStation, Mg1Tail, birth_death};
use tenfold_sim::{
    Arrivals, Discipline, Distribution, Model, RarePlace, RareWhat, Servers, Station,
};
use tenfold_units::math;

use super::ExactRare;

/// The station's name in routing for leaving.
const EXIT: &str = "exit";
/// States of a chain that are worth solving one by one.
const STATES_MAX: usize = 5_000_000;
/// What is left out beyond the last state, as a share of the probability.
const LEFT_OUT: f64 = 1e-17;

/// Returns whether the event cannot happen: more customers than there can be.
pub(super) fn impossible(place: &RarePlace) -> bool {
    match (place.what, place.most) {
        (RareWhat::InFlight { at_least }, Some(most)) => at_least > most,
        (RareWhat::InFlight { .. } | RareWhat::Dropped | RareWhat::Wait { .. }, _) => false,
    }
}

/// Returns the exact probability of the event, where the model has one.
pub(super) fn probability(model: &Model, place: &RarePlace) -> Option<ExactRare> {
    if impossible(place) {
        let most = place.most?;
        let formula = format!("no more than {most} customers can be there");
        return Some(ExactRare { probability: 0.0, formula });
    }
    alone(model, place).or_else(|| jackson(model, place)).or_else(|| any_service(model, place))
}

/// The mean of an exponential distribution, in seconds.
fn exponential(distribution: &Distribution) -> Option<f64> {
    match distribution {
        Distribution::Exponential { mean } => Some(mean.as_secs_f64()),
        Distribution::Deterministic(_)
        | Distribution::Erlang { .. }
        | Distribution::Hyperexponential { .. }
        | Distribution::Lognormal { .. }
        | Distribution::Gamma { .. }
        | Distribution::Weibull { .. }
        | Distribution::Pareto { .. }
        | Distribution::Uniform { .. }
        | Distribution::Empirical(_) => None,
    }
}

/// Where customers go from a station.
fn targets<'a>(model: &'a Model, name: &str) -> impl Iterator<Item = &'a str> {
    let targets = model.routing.get(name).into_iter().flatten();
    targets.filter(|(to, p)| *to != EXIT && **p > 0.0).map(|(to, _)| to.as_str())
}

/// The mean service time at a station where all customers have the same exponential one, and who is
/// next does not depend on it.
fn service(model: &Model, name: &str) -> Option<f64> {
    let station = &model.stations[name];
    if station.discipline == Discipline::Srpt {
        return None;
    }
    let mean = exponential(&station.service_time)?;
    let mut own = model.arrivals.values().filter(|arrivals| arrivals.to == name);
    let same = own.all(|arrivals| {
        arrivals.service_time.as_ref().is_none_or(|own| exponential(own) == Some(mean))
    });
    same.then_some(mean)
}

/// Whether all customers are in service at once, or share the servers: then the mean service time
/// alone decides how many are there (Baskett, Chandy, Muntz and Palacios 1975), with a bound too
/// (Sevastyanov 1957).
fn nobody_waits(station: &Station, streams: &[&Arrivals]) -> bool {
    let servers = match station.servers {
        Servers::Finite(servers) => servers,
        Servers::Infinite => u32::MAX,
    };
    let few = match streams {
        [one] => one.closed.as_ref().is_some_and(|closed| closed.population <= servers),
        _ => false,
    };
    station.discipline == Discipline::ProcessorSharing
        || servers == u32::MAX
        || station.queue.is_some_and(|queue| queue.length == 0)
        || few
}

/// The mean service time over all customers of a station.
fn mean_service(station: &Station, streams: &[&Arrivals]) -> Option<f64> {
    let of = |arrivals: &Arrivals| {
        arrivals.service_time.as_ref().unwrap_or(&station.service_time).mean()
    };
    let mean = match streams {
        [one] => of(one),
        _ => {
            let rates = streams.iter().map(|stream| poisson(stream)).collect::<Option<Vec<_>>>()?;
            let work: f64 =
                streams.iter().zip(&rates).map(|(stream, rate)| of(stream) * rate).sum();
            work / rates.iter().sum::<f64>()
        }
    };
    (mean > 0.0).then_some(mean)
}

/// The rate of a Poisson stream.
fn poisson(arrivals: &Arrivals) -> Option<f64> {
    arrivals.poisson.filter(|_| arrivals.batch.is_none()).map(|poisson| poisson.rate)
}

/// A birth-death chain of the customers at a station.
struct Chain {
    name: String,
    /// Customers who come per second in each state, those who are dropped included.
    coming: Vec<f64>,
    /// Customers who leave per second in the states from 1.
    leaving: Vec<f64>,
    /// Whether the last state drops who comes.
    bounded: bool,
    servers: Option<u32>,
    mean_service: f64,
}

/// A station that nobody comes to from another one.
fn alone(model: &Model, place: &RarePlace) -> Option<ExactRare> {
    let name = place.station.as_str();
    if is_fed(model, name) {
        return None;
    }
    let chain = Chain::of(model, name, place)?;
    let states = birth_death(&chain.coming[..chain.leaving.len()], &chain.leaving).ok()?;
    let probability = match place.what {
        RareWhat::InFlight { at_least } => sum(states.iter().skip(at_least as usize)),
        RareWhat::Dropped => chain.dropped(&states),
        RareWhat::Wait { longer_than } => chain.wait_tail(&states, longer_than),
    };
    Some(ExactRare { probability, formula: format!("birth-death chain of {}", chain.name) })
}

/// Whether customers come to a station from another one, or again.
fn is_fed(model: &Model, name: &str) -> bool {
    model.stations.keys().any(|from| targets(model, from).any(|to| to == name))
}

/// From the small end, so that nothing is lost.
fn sum<'a>(states: impl DoubleEndedIterator<Item = &'a f64>) -> f64 {
    states.rev().sum()
}

impl Chain {
    fn of(model: &Model, name: &str, place: &RarePlace) -> Option<Self> {
        let station = &model.stations[name];
        let streams: Vec<&Arrivals> =
            model.arrivals.values().filter(|arrivals| arrivals.to == name).collect();
        let insensitive = nobody_waits(station, &streams);
        let mean_service =
            if insensitive { mean_service(station, &streams)? } else { service(model, name)? };
        let servers = match station.servers {
            Servers::Finite(servers) => Some(servers),
            Servers::Infinite => None,
        };
        let waits = station.discipline != Discipline::ProcessorSharing && servers.is_some();
        let patience = match station.patience.as_ref().filter(|_| waits) {
            Some(_) if station.preemptive => return None,
            Some(patience) => Some(exponential(patience)?),
            None => None,
        };
        let places = station.queue.zip(servers).map(|(queue, c)| c.saturating_add(queue.length));
        let leaving = |n: usize| {
            let busy = servers.map_or(n, |c| n.min(c as usize));
            busy as f64 / mean_service + patience.map_or(0.0, |mean| (n - busy) as f64 / mean)
        };
        let label = servers.map_or("∞".to_owned(), |c| c.to_string());
        let mut chain = Self {
            name: String::new(),
            coming: Vec::new(),
            leaving: Vec::new(),
            bounded: places.is_some(),
            servers,
            mean_service,
        };
        if let [closed] = streams[..]
            && let Some(closed) = &closed.closed
        {
            // Who leaves thinks again, and comes back here.
            let think = if insensitive {
                closed.think_time.mean()
            } else {
                exponential(&closed.think_time)?
            };
            let dropped = places.is_some_and(|places| places < closed.population);
            if targets(model, name).next().is_some() || insensitive && dropped || think == 0.0 {
                return None;
            }
            let population = closed.population as usize;
            let most = places.map_or(population, |places| population.min(places as usize));
            chain.coming = (0..=most).map(|n| (population - n) as f64 / think).collect();
            chain.leaving = (1..=most).map(leaving).collect();
            chain.name = format!("{population} customers and {label} servers");
            return Some(chain);
        }
        let rate: f64 = streams.iter().map(|stream| poisson(stream)).sum::<Option<f64>>()?;
        let bound = places.map_or(String::new(), |places| format!("/{places}"));
        let impatient = if patience.is_some() { "+M" } else { "" };
        let service = if insensitive { "G" } else { "M" };
        chain.name = format!("M/{service}/{label}{bound}{impatient}");
        let most = match places {
            Some(places) => places as usize,
            None => last_state(rate, servers, leaving, place)?,
        };
        if most > STATES_MAX {
            return None;
        }
        chain.coming = vec![rate; most + 1];
        chain.leaving = (1..=most).map(leaving).collect();
        Some(chain)
    }

    /// The share of those who come that find the last state.
    fn dropped(&self, states: &[f64]) -> f64 {
        let coming = |n: usize| self.coming[n] * states[n];
        let all: f64 = (0..states.len()).map(coming).sum();
        coming(states.len() - 1) / all
    }

    /// The share of those let in who wait longer: who finds c + k there waits for k + 1 departures
    /// at rate c μ.
    fn wait_tail(&self, states: &[f64], seconds: f64) -> f64 {
        let Some(servers) = self.servers else { return 0.0 };
        let departures = f64::from(servers) / self.mean_service * seconds;
        let let_in = states.len() - usize::from(self.bounded);
        let all: f64 = (0..let_in).map(|n| self.coming[n] * states[n]).sum();
        let (mut ln_term, mut at_most, mut tail) = (-departures, 0.0, 0.0);
        for (k, n) in (servers as usize..let_in).enumerate() {
            if k > 0 {
                ln_term += math::ln(departures / k as f64);
            }
            at_most += math::exp(ln_term);
            tail += self.coming[n] * states[n] * f64::min(at_most, 1.0);
        }
        tail / all
    }
}

/// The state beyond which next to nothing is left of the event's probability.
fn last_state(
    rate: f64,
    servers: Option<u32>,
    leaving: impl Fn(usize) -> f64,
    place: &RarePlace,
) -> Option<usize> {
    let first = match place.what {
        RareWhat::InFlight { at_least } => f64::from(at_least),
        RareWhat::Dropped => 0.0,
        // Longer waits are those of who finds about that many there, or more.
        RareWhat::Wait { longer_than } => 4.0 * leaving(STATES_MAX).max(rate) * longer_than,
    };
    // Those who wait find all servers busy.
    let first = first.max(servers.map_or(0.0, f64::from));
    if first > STATES_MAX as f64 {
        return None;
    }
    let (mut n, mut ln_weight) = (first as usize, 0.0);
    while n <= STATES_MAX {
        let ratio = rate / leaving(n + 1);
        ln_weight += math::ln(ratio);
        n += 1;
        // The states above weigh at most weight ÷ (1 - ratio), as the ratios fall.
        if ratio < 1.0 && math::exp(ln_weight) < LEFT_OUT * (1.0 - ratio) {
            return Some(n);
        }
    }
    None
}

/// A station of an open network with product form.
fn jackson(model: &Model, place: &RarePlace) -> Option<ExactRare> {
    let target = model.stations.get_index_of(&place.station)?;
    let names = upstream(model, &place.station);
    let mut stations = Vec::new();
    for name in &names {
        let station: &Station = &model.stations[*name];
        let plain = station.queue.is_none() && station.patience.is_none();
        let streams = model.arrivals.values().filter(|arrivals| arrivals.to == *name);
        let external_rate = streams.map(poisson).sum::<Option<f64>>().filter(|_| plain)?;
        let routing = names.iter().map(|to| {
            model.routing.get(*name).and_then(|ways| ways.get(*to)).copied().unwrap_or(0.0)
        });
        let servers = match station.servers {
            Servers::Finite(servers) => Some(servers),
            Servers::Infinite => None,
        };
        stations.push(JacksonStation {
            servers,
            mean_service: service(model, name)?,
            external_rate,
            routing: routing.collect(),
        });
    }
    let network = JacksonNetwork::new(&stations).ok()?;
    let index = names.iter().position(|name| model.stations.get_index_of(*name) == Some(target))?;
    let rate = network.arrival_rates()[index];
    let (mean_service, servers) = (stations[index].mean_service, stations[index].servers);
    let leaving = |n: usize| servers.map_or(n, |c| n.min(c as usize)) as f64 / mean_service;
    let most = last_state(rate, servers, leaving, place)?;
    let chain = Chain {
        name: String::new(),
        coming: vec![rate; most + 1],
        leaving: (1..=most).map(leaving).collect(),
        bounded: false,
        servers,
        mean_service,
    };
    let states = birth_death(&chain.coming[..most], &chain.leaving).ok()?;
    let probability = match place.what {
        RareWhat::InFlight { at_least } => sum(states.iter().skip(at_least as usize)),
        RareWhat::Wait { longer_than } => chain.wait_tail(&states, longer_than),
        RareWhat::Dropped => return None,
    };
    let label = servers.map_or("∞".to_owned(), |c| c.to_string());
    let formula = format!("Jackson network: the station behaves like M/M/{label} at {rate:.6}/s");
    Some(ExactRare { probability, formula })
}

/// The stations from which customers can get to `name`, and itself.
fn upstream<'a>(model: &'a Model, name: &'a str) -> Vec<&'a str> {
    let mut found = vec![name];
    let mut next = 0;
    while next < found.len() {
        let to = found[next];
        for from in model.stations.keys() {
            let feeds = targets(model, from).any(|target| target == to);
            if feeds && !found.contains(&from.as_str()) {
                found.push(from);
            }
        }
        next += 1;
    }
    found
}

/// One server with Poisson arrivals and any service time: the embedded chain.
fn any_service(model: &Model, place: &RarePlace) -> Option<ExactRare> {
    let name = place.station.as_str();
    let station = &model.stations[name];
    let plain = station.servers == Servers::Finite(1)
        && matches!(station.discipline, Discipline::Fifo | Discipline::Lifo)
        && !station.preemptive
        && station.patience.is_none()
        && !is_fed(model, name);
    let streams = model.arrivals.values().filter(|arrivals| arrivals.to == name);
    let mut rate = 0.0;
    for arrivals in streams {
        let own = arrivals.service_time.as_ref();
        if own.is_some_and(|own| *own != station.service_time) {
            return None;
        }
        rate += poisson(arrivals)?;
    }
    let customers = match (place.what, station.queue) {
        (RareWhat::InFlight { at_least }, None) => at_least,
        (RareWhat::Dropped, Some(queue)) => queue.length.checked_add(1)?,
        (RareWhat::InFlight { .. } | RareWhat::Dropped | RareWhat::Wait { .. }, _) => return None,
    };
    let service = closed_form(&station.service_time);
    let tail = Mg1Tail::new(rate, &service, customers).ok().filter(|_| plain)?;
    let (probability, bound) = match place.what {
        RareWhat::Dropped => (tail.blocking(), format!("/{customers}")),
        RareWhat::InFlight { .. } | RareWhat::Wait { .. } => (tail.at_least(), String::new()),
    };
    Some(ExactRare { probability, formula: format!("embedded chain of M/G/1{bound}") })
}

/// The distribution as the formulas know it.
fn closed_form(distribution: &Distribution) -> tenfold_queueing::Distribution {
    use tenfold_queueing::Distribution as Known;
    match distribution {
        Distribution::Deterministic(value) => Known::Deterministic { value: value.as_secs_f64() },
        Distribution::Exponential { mean } => Known::Exponential { mean: mean.as_secs_f64() },
        Distribution::Erlang { mean, stages } => {
            Known::Erlang { mean: mean.as_secs_f64(), stages: *stages }
        }
        Distribution::Hyperexponential { mean, cv } => {
            Known::Hyperexponential { mean: mean.as_secs_f64(), cv: *cv }
        }
        Distribution::Lognormal { mean, cv } => {
            Known::Lognormal { mean: mean.as_secs_f64(), cv: *cv }
        }
        Distribution::Gamma { mean, cv } => Known::Gamma { mean: mean.as_secs_f64(), cv: *cv },
        Distribution::Weibull { mean, shape } => {
            Known::Weibull { mean: mean.as_secs_f64(), shape: *shape }
        }
        Distribution::Pareto { mean, shape } => {
            Known::Pareto { mean: mean.as_secs_f64(), shape: *shape }
        }
        Distribution::Uniform { low, high } if low == high => {
            Known::Deterministic { value: low.as_secs_f64() }
        }
        Distribution::Uniform { low, high } => {
            Known::Uniform { low: low.as_secs_f64(), high: high.as_secs_f64() }
        }
        Distribution::Empirical(values) => {
            let values = values.iter().filter(|(_, weight)| *weight > 0.0);
            Known::Empirical { values: values.map(|(v, w)| (v.as_secs_f64(), *w)).collect() }
        }
    }
}
