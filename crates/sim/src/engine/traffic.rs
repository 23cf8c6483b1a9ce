//! Traffic equations: how often each station is visited, and whether it can keep up.

use super::plain::is_patient;
use crate::model::EXIT;
use crate::{Model, Servers};

/// Rounds until the throughput of saturated stations settles.
const ROUNDS: usize = 100;
/// A load this close to 1 is 1: the traffic equations are solved in floating point.
const TOLERANCE: f64 = 1e-9;

/// Mean visits per second at each station, by stream: `visits[stream][station]`.
#[derive(Clone, Debug)]
pub(crate) struct Traffic {
    pub(crate) visits: Vec<Vec<f64>>,
    /// Whether the station gets more work than it can do, and nothing bounds its queue.
    pub(crate) unstable: Vec<bool>,
}

impl Traffic {
    /// Returns the traffic of the open streams, where a share `passing[station]` of the arrivals at
    /// a station goes on (1 without loss). A saturated station passes on what it can do.
    pub(crate) fn of(model: &Model, passing: &[f64]) -> Self {
        let count = model.stations.len();
        let mut passing = passing.to_vec();
        let mut visits = solve(model, &passing);
        for _ in 0..ROUNDS {
            let mut change: f64 = 0.0;
            for (station, passing) in passing.iter_mut().enumerate() {
                if let Some(load) = load(model, &visits, station) {
                    let ratio = (1.0 / load).min(1.0);
                    change = change.max((ratio - *passing).abs());
                    *passing = ratio;
                }
            }
            if change < 1e-12 {
                break;
            }
            visits = solve(model, &passing);
        }
        let saturated = |load: f64| load >= 1.0 - TOLERANCE;
        let unstable = (0..count).map(|i| load(model, &visits, i).is_some_and(saturated)).collect();
        Self { visits, unstable }
    }
}

/// Returns the offered load per server of a station that nothing but its speed bounds.
fn load(model: &Model, visits: &[Vec<f64>], index: usize) -> Option<f64> {
    let (name, station) = model.stations.get_index(index).expect("the index of a station");
    let Servers::Finite(servers) = station.servers else { return None };
    if station.queue.is_some() || is_patient(station) {
        return None;
    }
    let work: f64 = model
        .arrivals
        .values()
        .zip(visits)
        .map(|(arrivals, visits)| {
            let own = arrivals.service_time.as_ref().filter(|_| arrivals.to == *name);
            visits[index] * own.unwrap_or(&station.service_time).mean()
        })
        .sum();
    Some(work / f64::from(servers))
}

/// Solves λ = γ + λ·P for each stream, where row `i` of P is the routing of station `i` times its
/// `passing` share; closed streams and traces that end have no rate.
fn solve(model: &Model, passing: &[f64]) -> Vec<Vec<f64>> {
    let count = model.stations.len();
    let index = |name: &str| model.stations.get_index_of(name);
    // Column-wise: matrix[to][from] of I - Pᵀ, with one right-hand side per stream.
    let mut matrix = vec![vec![0.0; count]; count];
    for (station, row) in matrix.iter_mut().enumerate() {
        row[station] = 1.0;
    }
    for (from, targets) in &model.routing {
        let from = index(from).expect("a valid model");
        for (to, probability) in targets.iter().filter(|(to, _)| *to != EXIT) {
            matrix[index(to).expect("a valid model")][from] -= probability * passing[from];
        }
    }
    let mut sides = vec![vec![0.0; model.arrivals.len()]; count];
    for (stream, arrivals) in model.arrivals.values().enumerate() {
        let rate = arrivals.rate().unwrap_or(0.0);
        sides[index(&arrivals.to).expect("a valid model")][stream] = rate;
    }
    eliminate(&mut matrix, &mut sides);
    (0..model.arrivals.len())
        .map(|stream| sides.iter().map(|side| side[stream].max(0.0)).collect())
        .collect()
}

/// Gauss-Jordan elimination with pivoting by row. A pivot of 0 belongs to a cycle that only closed
/// customers are in: nothing flows there.
fn eliminate(matrix: &mut [Vec<f64>], sides: &mut [Vec<f64>]) {
    let count = matrix.len();
    for column in 0..count {
        let best = (column..count)
            .max_by(|a, b| matrix[*a][column].abs().total_cmp(&matrix[*b][column].abs()))
            .expect("the range holds the column");
        if matrix[best][column].abs() < 1e-12 {
            continue;
        }
        matrix.swap(column, best);
        sides.swap(column, best);
        let pivot = matrix[column][column];
        matrix[column].iter_mut().for_each(|cell| *cell /= pivot);
        sides[column].iter_mut().for_each(|cell| *cell /= pivot);
        let (row, side) = (matrix[column].clone(), sides[column].clone());
        for other in (0..count).filter(|other| *other != column) {
            let factor = matrix[other][column];
            if factor == 0.0 {
                continue;
            }
            matrix[other].iter_mut().zip(&row).for_each(|(cell, own)| *cell -= factor * own);
            sides[other].iter_mut().zip(&side).for_each(|(cell, own)| *cell -= factor * own);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(text: &str) -> Model {
        Model::from_yaml(text).unwrap()
    }

    #[test]
    fn feedback_multiplies_visits() {
        let model = model(
            "
model: feedback
stations:
  a: {servers: 1, service_time: {exponential: {mean: 100ms}}}
  b: {servers: 1, service_time: {exponential: {mean: 100ms}}}
arrivals: {jobs: {to: a, poisson: {rate: 3/s}}}
routing: {a: {b: 0.5, exit: 0.5}, b: {a: 1}}
",
        );
        let traffic = Traffic::of(&model, &[1.0, 1.0]);
        assert!((traffic.visits[0][0] - 6.0).abs() < 1e-9);
        assert!((traffic.visits[0][1] - 3.0).abs() < 1e-9);
        assert_eq!(traffic.unstable, [false, false]);
    }

    #[test]
    fn a_saturated_station_shields_the_next() {
        let model = model(
            "
model: shield
stations:
  slow: {servers: 1, service_time: {exponential: {mean: 1s}}}
  next: {servers: 1, service_time: {exponential: {mean: 0.9s}}}
arrivals: {jobs: {to: slow, poisson: {rate: 3/s}}}
routing: {slow: {next: 1}}
",
        );
        let traffic = Traffic::of(&model, &[1.0, 1.0]);
        assert_eq!(traffic.unstable, [true, false]);
        assert!((traffic.visits[0][1] - 1.0).abs() < 1e-9);
    }
}
