//! Several runs of one scenario as one outcome.

use indexmap::IndexMap;

use super::{
    ArrivalsOutcome, ComponentOutcome, ComponentWindow, Failures, OperationOutcome,
    OperationWindow, Outcome, StationOutcome, Window,
};
use crate::stats::{DistributionEstimate, Estimate, Histogram, replications};

impl Outcome {
    /// Returns the outcome of independent replications: runs of the same model and scenario with
    /// other seeds, in any number from 1.
    ///
    /// Every estimate is the mean over the runs with its t-interval (no interval below
    /// [`replications::MIN_REPLICATIONS`] runs), whatever each run could say of its own. Latencies and
    /// waits of transients are those of all runs together ([`replications::percentile`]): the mean of
    /// percentiles of short runs is no percentile. Counts and events are sums over the runs; `seed` is
    /// that of the first one.
    ///
    /// # Panics
    /// Panics where there is no run, or the runs are not of one model and scenario.
    #[must_use]
    pub fn combine(runs: &[Self]) -> Self {
        let first = runs.first().expect("a combination needs a run");
        Self {
            schema: first.schema.clone(),
            seed: first.seed,
            runs: runs.iter().map(|run| run.runs).sum(),
            events: runs.iter().map(|run| run.events).sum(),
            simulated_seconds: runs.iter().map(|run| run.simulated_seconds).sum(),
            unstable: runs.iter().any(|run| run.unstable),
            stations: by_name(runs, |run| &run.stations, station),
            arrivals: by_name(runs, |run| &run.arrivals, arrivals),
            operations: by_name(runs, |run| &run.operations, operation),
            components: by_name(runs, |run| &run.components, component),
            series: series(runs),
            budget_exhausted: runs.iter().any(|run| run.budget_exhausted),
        }
    }
}

/// Combines what the runs say under each name.
fn by_name<'a, W, T: 'a>(
    runs: &'a [W],
    map: impl Fn(&'a W) -> &'a IndexMap<String, T>,
    combine: impl Fn(&[&'a T]) -> T,
) -> IndexMap<String, T> {
    map(&runs[0])
        .keys()
        .map(|name| {
            let all: Vec<&T> = runs.iter().map(|run| &map(run)[name]).collect();
            (name.clone(), combine(&all))
        })
        .collect()
}

fn estimate<T>(runs: &[&T], figure: impl Fn(&T) -> Estimate) -> Estimate {
    let values: Vec<f64> = runs.iter().map(|run| figure(run).value).collect();
    replications::mean(&values).expect("there is a run")
}

/// The mean over the runs that have the figure; an interval only where all have it.
fn optional<T>(runs: &[&T], figure: impl Fn(&T) -> Option<Estimate>) -> Option<Estimate> {
    let values: Vec<f64> = runs.iter().filter_map(|run| figure(run)).map(|e| e.value).collect();
    let mean = replications::mean(&values)?;
    let complete = values.len() == runs.len();
    Some(if complete { mean } else { Estimate::without_interval(mean.value) })
}

fn percentiles<T>(
    runs: &[&T],
    figure: impl Fn(&T) -> Option<DistributionEstimate>,
) -> Option<DistributionEstimate> {
    let one = |pick: fn(&DistributionEstimate) -> Estimate| {
        optional(runs, |run| figure(run).map(|all| pick(&all)))
    };
    Some(DistributionEstimate {
        mean: one(|all| all.mean)?,
        p50: one(|all| all.p50)?,
        p90: one(|all| all.p90)?,
        p95: one(|all| all.p95)?,
        p99: one(|all| all.p99)?,
        p999: one(|all| all.p999)?,
    })
}

/// The same where every sample of every run is known.
fn transient<T>(
    runs: &[&T],
    figure: impl Fn(&T) -> Option<DistributionEstimate>,
    samples: impl Fn(&T) -> &Histogram,
) -> Option<DistributionEstimate> {
    let each: Vec<&Histogram> = runs.iter().map(|run| samples(run)).collect();
    if each.iter().all(|samples| samples.count() == 0) {
        return percentiles(runs, figure);
    }
    let sums: Vec<(f64, f64)> = runs
        .iter()
        .zip(&each)
        .map(|(run, samples)| {
            let count = samples.count() as f64;
            (figure(run).map_or(0.0, |all| all.mean.value) * count, count)
        })
        .collect();
    let at = |share| replications::percentile(&each, share);
    Some(DistributionEstimate {
        mean: replications::ratio(&sums)?,
        p50: at(0.5)?,
        p90: at(0.9)?,
        p95: at(0.95)?,
        p99: at(0.99)?,
        p999: at(0.999)?,
    })
}

fn merged<T>(runs: &[&T], samples: impl Fn(&T) -> &Histogram) -> Histogram {
    let mut all = Histogram::default();
    runs.iter().for_each(|run| all.merge(samples(run)));
    all
}

fn mean<T>(runs: &[&T], figure: impl Fn(&T) -> f64) -> f64 {
    runs.iter().map(|run| figure(run)).sum::<f64>() / runs.len() as f64
}

/// The mean over the runs that have the figure.
fn optional_mean<T>(runs: &[&T], figure: impl Fn(&T) -> Option<f64>) -> Option<f64> {
    let values: Vec<f64> = runs.iter().filter_map(|run| figure(run)).collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn total<T>(runs: &[&T], figure: impl Fn(&T) -> u64) -> u64 {
    runs.iter().map(|run| figure(run)).sum()
}

fn failures<T>(runs: &[&T], figure: impl Fn(&T) -> Failures) -> Failures {
    let sum = |pick: fn(&Failures) -> u64| total(runs, |run| pick(&figure(run)));
    Failures {
        timeout: sum(|f| f.timeout),
        refused: sum(|f| f.refused),
        shed: sum(|f| f.shed),
        pool: sum(|f| f.pool),
        breaker: sum(|f| f.breaker),
        limited: sum(|f| f.limited),
        error: sum(|f| f.error),
        unavailable: sum(|f| f.unavailable),
    }
}

fn station(runs: &[&StationOutcome]) -> StationOutcome {
    StationOutcome {
        utilization: optional(runs, |run| run.utilization),
        wait_time_seconds: percentiles(runs, |run| run.wait_time_seconds),
        response_time_seconds: percentiles(runs, |run| run.response_time_seconds),
        queue_length: optional(runs, |run| run.queue_length),
        in_flight: optional(runs, |run| run.in_flight),
        throughput_rps: estimate(runs, |run| run.throughput_rps),
        dropped_ratio: estimate(runs, |run| run.dropped_ratio),
        abandoned_ratio: estimate(runs, |run| run.abandoned_ratio),
        unstable: runs.iter().any(|run| run.unstable),
        goodput_rps: optional(runs, |run| run.goodput_rps),
        queue_growth_per_second: optional_mean(runs, |run| run.queue_growth_per_second),
    }
}

fn arrivals(runs: &[&ArrivalsOutcome]) -> ArrivalsOutcome {
    ArrivalsOutcome {
        latency_seconds: percentiles(runs, |run| run.latency_seconds),
        throughput_rps: estimate(runs, |run| run.throughput_rps),
        dropped_ratio: estimate(runs, |run| run.dropped_ratio),
        unstable: runs.iter().any(|run| run.unstable),
    }
}

fn operation(runs: &[&OperationOutcome]) -> OperationOutcome {
    OperationOutcome {
        requests: total(runs, |run| run.requests),
        good: total(runs, |run| run.good),
        latency_seconds: transient(runs, |run| run.latency_seconds, |run| &run.latencies),
        throughput_rps: estimate(runs, |run| run.throughput_rps),
        goodput_rps: estimate(runs, |run| run.goodput_rps),
        availability_ratio: optional(runs, |run| run.availability_ratio)
            .map(|ratio| ratio.clamped(0.0, 1.0)),
        failures: failures(runs, |run| run.failures),
        unstable: runs.iter().any(|run| run.unstable),
        latencies: merged(runs, |run| &run.latencies),
    }
}

fn component(runs: &[&ComponentOutcome]) -> ComponentOutcome {
    ComponentOutcome {
        utilization: optional(runs, |run| run.utilization).map(|u| u.clamped(0.0, 1.0)),
        queue_length: estimate(runs, |run| run.queue_length),
        wait_time_seconds: transient(runs, |run| run.wait_time_seconds, |run| &run.waits),
        unstable: runs.iter().any(|run| run.unstable),
        queue_growth_per_second: optional_mean(runs, |run| run.queue_growth_per_second),
        throughput_rps: estimate(runs, |run| run.throughput_rps),
        attempts_per_call: mean(runs, |run| run.attempts_per_call),
        zombie_ratio: mean(runs, |run| run.zombie_ratio),
        lost_calls: total(runs, |run| run.lost_calls),
        lost_answers: total(runs, |run| run.lost_answers),
        failures: failures(runs, |run| run.failures),
        hit_ratio: optional(runs, |run| run.hit_ratio).map(|ratio| ratio.clamped(0.0, 1.0)),
        backlog: runs[0].backlog.map(|_| total(runs, |run| run.backlog.unwrap_or(0))),
        zone_utilization: runs[0]
            .zone_utilization
            .keys()
            .map(|zone| (zone.clone(), mean(runs, |run| run.zone_utilization[zone])))
            .collect(),
        hottest_utilization: optional_mean(runs, |run| run.hottest_utilization),
        replica_seconds: optional_mean(runs, |run| run.replica_seconds),
        waits: merged(runs, |run| &run.waits),
    }
}

/// The windows that every run has.
fn series(runs: &[Outcome]) -> Vec<Window> {
    let count = runs.iter().map(|run| run.series.len()).min().unwrap_or(0);
    (0..count)
        .map(|index| {
            let windows: Vec<&Window> = runs.iter().map(|run| &run.series[index]).collect();
            Window {
                start_seconds: windows[0].start_seconds,
                operations: by_name(&windows, |window| &window.operations, operation_window),
                components: by_name(&windows, |window| &window.components, component_window),
            }
        })
        .collect()
}

fn operation_window(runs: &[&OperationWindow]) -> OperationWindow {
    OperationWindow {
        requests: total(runs, |run| run.requests),
        good: total(runs, |run| run.good),
        bad: total(runs, |run| run.bad),
        latency_seconds_p99: optional_mean(runs, |run| run.latency_seconds_p99),
        failures: failures(runs, |run| run.failures),
        latencies: runs.iter().fold(Histogram::default(), |mut sum, run| {
            sum.merge(&run.latencies);
            sum
        }),
    }
}

fn component_window(runs: &[&ComponentWindow]) -> ComponentWindow {
    ComponentWindow {
        utilization: optional_mean(runs, |run| run.utilization),
        queue_length: mean(runs, |run| run.queue_length),
        failed: total(runs, |run| run.failed),
        hit_ratio: optional_mean(runs, |run| run.hit_ratio),
        replicas: optional_mean(runs, |run| run.replicas),
    }
}
