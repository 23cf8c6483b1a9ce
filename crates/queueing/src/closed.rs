use tenfold_units::math;

use crate::error::{Error, require, require_servers};

/// A station of a closed network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClosedStation {
    /// Servers behind one queue; `None` = infinitely many (thinking, a network).
    pub servers: Option<u32>,
    /// Mean service time of one visit in seconds. Exponential where customers queue first come
    /// first served; any distribution under processor sharing or with infinitely many servers.
    pub mean_service: f64,
    /// Mean visits for each pass through the network.
    pub visits: f64,
}

/// A closed network in its steady state.
#[derive(Clone, Debug, PartialEq)]
pub struct ClosedNetwork {
    /// Passes through the network per second.
    pub throughput: f64,
    /// Mean number at each station.
    pub in_flight: Vec<f64>,
    /// Mean response time of one visit at each station, in seconds.
    pub response: Vec<f64>,
    /// Busy share of a server at each station; `None` where they are infinitely many.
    pub utilization: Vec<Option<f64>>,
}

/// Population × stations that are worth solving.
const POPULATION_MAX: u32 = 20_000;

/// Solves a closed network with one class of customers exactly: product form (Gordon and Newell
/// 1967; BCMP 1975) by convolution (Buzen 1973).
///
/// The results are those of exact mean value analysis (Reiser and Lavenberg 1980). Convolution adds
/// positive terms only, where the recursion for several servers subtracts probabilities and loses
/// its digits. Takes time proportional to stations × population².
///
/// # Errors
/// [`Error::OutOfRange`] for impossible arguments, no station, or more than 20,000 customers.
pub fn closed_network(stations: &[ClosedStation], population: u32) -> Result<ClosedNetwork, Error> {
    require((1..=POPULATION_MAX).contains(&population), "population: 1 to 20,000")?;
    require(!stations.is_empty(), "stations: at least one")?;
    for station in stations {
        let fit = |x: f64| x.is_finite() && x > 0.0;
        require(fit(station.mean_service) && fit(station.visits), "service and visits: above 0")?;
        if let Some(servers) = station.servers {
            require_servers(servers)?;
        }
    }
    // Weights are scaled by rate^n; the rate is near the throughput, so that they stay near 1.
    let rate = asymptotic_throughput(stations, population);
    let n = population as usize;
    let weights: Vec<Vec<f64>> = stations.iter().map(|s| weights(s, rate, n)).collect();
    let (before, after) = (running(weights.iter(), n), running(weights.iter().rev(), n));
    let total = &before[stations.len()];
    let throughput = rate * total[n - 1] / total[n];
    let mut result = ClosedNetwork {
        throughput,
        in_flight: Vec::new(),
        response: Vec::new(),
        utilization: Vec::new(),
    };
    for (i, station) in stations.iter().enumerate() {
        let others = convolve(&before[i], &after[stations.len() - 1 - i], n);
        let (mut mean, mut all) = (0.0, 0.0);
        for (k, weight) in weights[i].iter().enumerate() {
            let probability = weight * others[n - k];
            mean += k as f64 * probability;
            all += probability;
        }
        let mean = mean / all;
        result.in_flight.push(mean);
        result.response.push(mean / (throughput * station.visits));
        let demand = throughput * station.visits * station.mean_service;
        result.utilization.push(station.servers.map(|servers| demand / f64::from(servers)));
    }
    Ok(result)
}

/// The smaller of the two asymptotes: the bottleneck's rate and population ÷ total demand.
fn asymptotic_throughput(stations: &[ClosedStation], population: u32) -> f64 {
    let demand = |s: &ClosedStation| s.visits * s.mean_service;
    let unloaded = f64::from(population) / stations.iter().map(demand).sum::<f64>();
    stations.iter().filter_map(|s| Some(f64::from(s.servers?) / demand(s))).fold(unloaded, f64::min)
}

/// The weight of k customers at a station: Π over j <= k of rate × demand / min(j, servers), scaled
/// so that the largest is 1.
fn weights(station: &ClosedStation, rate: f64, population: usize) -> Vec<f64> {
    let demand = math::ln(rate * station.visits * station.mean_service);
    let mut logarithms = vec![0.0];
    for k in 1..=population {
        let busy = station.servers.map_or(k as f64, |c| f64::from(c).min(k as f64));
        logarithms.push(logarithms[k - 1] + demand - math::ln(busy));
    }
    let largest = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    logarithms.into_iter().map(|x| math::exp(x - largest)).collect()
}

/// The convolutions of the first 0, 1, 2, … stations, each scaled so that the largest is 1.
fn running<'a>(weights: impl Iterator<Item = &'a Vec<f64>>, population: usize) -> Vec<Vec<f64>> {
    let mut nothing = vec![0.0; population + 1];
    nothing[0] = 1.0;
    let mut all = vec![nothing];
    for station in weights {
        let next = convolve(&all[all.len() - 1], station, population);
        all.push(next);
    }
    all
}

fn convolve(a: &[f64], b: &[f64], population: usize) -> Vec<f64> {
    let mut sums: Vec<f64> =
        (0..=population).map(|n| (0..=n).map(|k| a[k] * b[n - k]).sum()).collect();
    let largest = sums.iter().copied().fold(0.0, f64::max);
    for sum in &mut sums {
        *sum /= largest;
    }
    sums
}
