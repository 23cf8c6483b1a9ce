//! Rare events with exact answers.

use tenfold_queueing::{Mmc, MmcK, birth_death, k_of_n};
use tenfold_sim::{Model, RareEstimate, RareEvent, split};
use tenfold_units::{Seed, math};

/// The half width of an interval over twenty runs is at least 2.09 standard errors.
const HALF_WIDTH_TO_ERROR: f64 = 1.0 / 2.09;
/// What an answer may be off by, in standard errors.
const ERRORS: f64 = 4.0;

/// A model, an event, and how probable it is.
#[derive(Clone, Debug)]
pub(crate) struct Rare {
    pub(crate) name: String,
    pub(crate) model: Model,
    pub(crate) event: RareEvent,
    pub(crate) exact: f64,
}

impl Rare {
    fn new(name: &str, exact: f64, event: &str, yaml: &str) -> Self {
        let model = Model::from_yaml(&format!("model: rare\n{yaml}"))
            .unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let event = event.parse().unwrap_or_else(|error| panic!("{name}: {error}"));
        Self { name: name.to_owned(), model, event, exact }
    }

    /// One station `s`.
    fn queue(name: &str, exact: f64, event: &str, station: &str, arrivals: &str) -> Self {
        let yaml =
            format!("stations:\n  s: {{{station}}}\narrivals:\n  a: {{to: s, {arrivals}}}\n");
        Self::new(name, exact, event, &yaml)
    }

    /// Looks for the event.
    pub(crate) fn found(&self, seed: u64, budget: u64) -> RareEstimate {
        split(&self.model, &self.event, Seed(seed), budget)
            .unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    /// Returns what is wrong with what is found, if anything is.
    pub(crate) fn wrong(&self, budget: u64) -> Option<String> {
        let found = self.found(11, budget);
        let Some((value, (low, _))) =
            found.probability.and_then(|p| Some((p.value, p.interval()?)))
        else {
            return Some(format!("{}: no interval: {found:?}", self.name));
        };
        let error = (value - low) * HALF_WIDTH_TO_ERROR;
        let off = (value - self.exact) / error;
        (off.abs() > ERRORS).then(|| {
            format!("{}: {value:e} is {off:.1} standard errors from {:e}", self.name, self.exact)
        })
    }
}

/// P(at least `customers` at M/M/1) = ρ^n.
pub(crate) fn m_m_1(rate: f64, customers: u32) -> Rare {
    let exact = math::powf(rate, f64::from(customers));
    Rare::queue(
        &format!("M/M/1 at {rate}, {customers} there"),
        exact,
        &format!("s.in_flight>={customers}"),
        "servers: 1, service_time: {exponential: {mean: 1s}}",
        &format!("poisson: {{rate: {rate}/s}}"),
    )
}

/// The share that M/M/c/K loses.
pub(crate) fn loss(servers: u32, places: u32, rate: f64) -> Rare {
    let exact = MmcK::new(rate, 1.0, servers, places).expect("a queue").blocking();
    Rare::queue(
        &format!("M/M/{servers} with {places} places at {rate}, dropped"),
        exact,
        "a.dropped",
        &format!(
            "servers: {servers}, service_time: {{exponential: {{mean: 1s}}}}, queue: {{length: {places}}}"
        ),
        &format!("poisson: {{rate: {rate}/s}}"),
    )
}

/// P(at least n wait at M/M/c) = C ρ^n.
pub(crate) fn m_m_c(servers: u32, rate: f64, waiting: u32) -> Rare {
    let queue = Mmc::new(rate, 1.0, servers).expect("a queue");
    let exact = queue.wait_probability() * math::powf(queue.utilization(), f64::from(waiting));
    Rare::queue(
        &format!("M/M/{servers} at {rate}, {waiting} wait"),
        exact,
        &format!("s.queue>={waiting}"),
        &format!("servers: {servers}, service_time: {{exponential: {{mean: 1s}}}}"),
        &format!("poisson: {{rate: {rate}/s}}"),
    )
}

/// P(wait > t at M/M/c).
pub(crate) fn wait(servers: u32, rate: f64, seconds: f64) -> Rare {
    let exact = Mmc::new(rate, 1.0, servers).expect("a queue").wait_tail(seconds);
    Rare::queue(
        &format!("M/M/{servers} at {rate}, wait above {seconds} s"),
        exact,
        &format!("s.wait>{seconds}s"),
        &format!("servers: {servers}, service_time: {{exponential: {{mean: 1s}}}}"),
        &format!("poisson: {{rate: {rate}/s}}"),
    )
}

/// P(at least n at the second of two queues in tandem) = ρ₂^n (Jackson).
pub(crate) fn tandem(first: f64, second: f64, customers: u32) -> Rare {
    let exact = math::powf(second, f64::from(customers));
    Rare::new(
        &format!("tandem at {first} and {second}, {customers} at the second"),
        exact,
        &format!("back.in_flight>={customers}"),
        &format!(
            "stations:
  front: {{servers: 1, service_time: {{exponential: {{mean: {first}s}}}}}}
  back: {{servers: 1, service_time: {{exponential: {{mean: {second}s}}}}}}
arrivals:
  a: {{to: front, poisson: {{rate: 1/s}}}}
routing: {{front: {{back: 1}}}}
"
        ),
    )
}

/// P(at least k of n parts are down) with so many crews: parts are closed customers who are up while
/// they think.
pub(crate) fn parts(n: u32, crews: u32, mean_up: f64, down: u32) -> Rare {
    let births: Vec<f64> = (0..n).map(|down| f64::from(n - down) / mean_up).collect();
    let deaths: Vec<f64> = (1..=n).map(|down| f64::from(down.min(crews))).collect();
    let chain = birth_death(&births, &deaths).expect("a chain");
    let exact = chain[down as usize..].iter().sum();
    Rare::queue(
        &format!("{down} of {n} parts down, {crews} crews, up {mean_up}"),
        exact,
        &format!("s.in_flight>={down}"),
        &format!("servers: {crews}, service_time: {{exponential: {{mean: 1s}}}}"),
        &format!("closed: {{population: {n}, think_time: {{exponential: {{mean: {mean_up}s}}}}}}"),
    )
}

/// P(at least k of n parts are down) with a crew for each: binomial, whatever the repairs are like.
pub(crate) fn repairs(n: u32, repair: &str, mean_up: f64, down: u32) -> Rare {
    let exact = k_of_n(down, n, 1.0 / (1.0 + mean_up)).expect("parts");
    Rare::queue(
        &format!("{down} of {n} parts down, repair {repair}, up {mean_up}"),
        exact,
        &format!("s.in_flight>={down}"),
        &format!("servers: {n}, service_time: {repair}"),
        &format!("closed: {{population: {n}, think_time: {{exponential: {{mean: {mean_up}s}}}}}}"),
    )
}

/// P(at least n at M/G/1) by the embedded chain: `arrivals[k]` is the probability of k arrivals in a
/// service. Crossings of a level: π(j+1) a(0) = π(0) A(j+1) + Σ π(i) A(j-i+2), A(k) of at least k.
pub(crate) fn m_g_1_tail(arrivals: &[f64], customers: usize) -> f64 {
    let mut at_least = vec![0.0; arrivals.len() + 1];
    for k in (0..arrivals.len()).rev() {
        at_least[k] = at_least[k + 1] + arrivals[k];
    }
    let of = |k: usize| at_least.get(k).copied().unwrap_or(0.0);
    let load: f64 = arrivals.iter().enumerate().map(|(k, p)| k as f64 * p).sum();
    let mut states = vec![1.0 - load];
    for j in 0..customers + 2_000 {
        let inner: f64 = (1..=j).map(|i| states[i] * of(j - i + 2)).sum();
        let next = (states[0] * of(j + 1) + inner) / arrivals[0];
        states.push(next);
    }
    states[customers..].iter().rev().sum()
}

/// M/D/1.
pub(crate) fn m_d_1(rate: f64, customers: u32) -> Rare {
    let mut arrivals = vec![math::exp(-rate)];
    for k in 1..200 {
        arrivals.push(arrivals[k - 1] * rate / k as f64);
    }
    Rare::queue(
        &format!("M/D/1 at {rate}, {customers} there"),
        m_g_1_tail(&arrivals, customers as usize),
        &format!("s.in_flight>={customers}"),
        "servers: 1, service_time: {deterministic: 1s}",
        &format!("poisson: {{rate: {rate}/s}}"),
    )
}

/// M/H2/1 with balanced means: a service of either phase sees a geometric number of arrivals.
pub(crate) fn m_h2_1(rate: f64, cv: f64, customers: u32) -> Rare {
    let lean = ((cv * cv - 1.0) / (cv * cv + 1.0)).sqrt();
    let phases = [0.5 * (1.0 + lean), 0.5 * (1.0 - lean)].map(|p| (p, 0.5 / p));
    let of = |k: i32| -> f64 {
        let one = |(p, mean): &(f64, f64)| {
            let q = rate * mean / (1.0 + rate * mean);
            p * (1.0 - q) * math::powf(q, f64::from(k))
        };
        phases.iter().map(one).sum()
    };
    let arrivals: Vec<f64> = (0..3_000).map(of).collect();
    Rare::queue(
        &format!("M/H2/1 with cv {cv} at {rate}, {customers} there"),
        m_g_1_tail(&arrivals, customers as usize),
        &format!("s.in_flight>={customers}"),
        &format!("servers: 1, service_time: {{hyperexponential: {{mean: 1s, cv: {cv}}}}}"),
        &format!("poisson: {{rate: {rate}/s}}"),
    )
}
