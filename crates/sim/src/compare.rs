//! Two models under the same customers: what differs, with the interval of the difference.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::Seed;

use crate::stats::{DistributionEstimate, Estimate, replications};
use crate::{Model, Outcome, simulate};

/// The schema name that every comparison carries.
pub const COMPARISON_SCHEMA: &str = "tenfold/comparison/1";

/// Pairs of runs: twice what an interval needs.
const PAIRS: u64 = 20;

/// What two models do under common random numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// `tenfold/comparison/1`.
    pub schema: String,
    /// The seed; the pairs take replications of it.
    pub seed: u64,
    /// Pairs of runs. Both runs of a pair see the same draws for each stream and station of the same
    /// name, so that what both models share cancels.
    pub pairs: u64,
    /// Figures of what both models have: of streams and stations, or of operations and components.
    pub figures: IndexMap<String, Difference>,
    /// What only one of the models has.
    pub only_in_one: Vec<String>,
}

/// One figure in both models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// Mean over the runs of the first model: seconds, a share, or a rate per second.
    pub first: f64,
    /// The same of the second model.
    pub second: f64,
    /// Second minus first, with the 95 % t-interval of the pairs.
    pub difference: Estimate,
    /// What the interval shows.
    pub shown: Shown,
}

/// What the interval of a difference shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// The second is higher: the whole interval lies above zero.
    Higher,
    /// The second is lower: the whole interval lies below zero.
    Lower,
    /// The two are the same in every pair.
    Same,
    /// The interval holds zero: no difference is shown at this budget.
    Nothing,
}

/// Runs two models in pairs of equal seeds and returns the differences of their figures.
///
/// Common random numbers: Law, *Simulation Modeling and Analysis*, 5th ed., section 11.2. Figures
/// that a run has not enough data for, or that do not exist because something is unstable, are left
/// out. `budget` is the number of events of all runs together.
///
/// # Panics
/// Panics when a model is not valid or is a design.
///
/// ```
/// let model = |mean: &str| tenfold_sim::Model::from_yaml(&format!("
/// model: m-m-1
/// stations: {{desk: {{servers: 1, service_time: {{exponential: {{mean: {mean}}}}}}}}}
/// arrivals: {{visitors: {{to: desk, poisson: {{rate: 0.5/s}}}}}}
/// ")).expect("the model is valid");
/// let found = tenfold_sim::compare(&model("1s"), &model("900ms"), tenfold_units::Seed(1), 2_000_000);
/// let mean = &found.figures["visitors.latency.mean"];
/// // 0.9 ÷ 0.55 - 1 ÷ 0.5 = -0.364 s.
/// let (low, high) = mean.difference.interval().unwrap();
/// assert!(low < -0.3636 && -0.3636 < high, "{low} {high}");
/// assert_eq!(mean.shown, tenfold_sim::Shown::Lower);
/// ```
#[must_use]
pub fn compare(first: &Model, second: &Model, seed: Seed, budget: u64) -> Comparison {
    let each = budget / (2 * PAIRS);
    let run = |model: &Model, pair: u64| figures(&simulate(model, seed.replication(pair), each));
    let pairs: Vec<_> = (0..PAIRS).map(|pair| (run(first, pair), run(second, pair))).collect();
    compared(seed, &pairs, only_in_one(&names(first), &names(second)))
}

/// Returns the differences between runs of two designs, pair by pair of equal seeds, as [`compare`]
/// does: second minus first.
///
/// # Panics
/// Panics without a run, or where one has more runs than the other.
#[must_use]
pub fn compare_runs(seed: Seed, first: &[Outcome], second: &[Outcome]) -> Comparison {
    assert_eq!(first.len(), second.len(), "a pair has two runs");
    let pairs: Vec<_> = first.iter().zip(second).map(|(a, b)| (figures(a), figures(b))).collect();
    let of = |outcome: &Outcome| -> Vec<String> {
        outcome.operations.keys().chain(outcome.components.keys()).cloned().collect()
    };
    compared(seed, &pairs, only_in_one(&of(&first[0]), &of(&second[0])))
}

type Figures = IndexMap<String, f64>;

fn compared(seed: Seed, pairs: &[(Figures, Figures)], only_in_one: Vec<String>) -> Comparison {
    let mut out = Comparison {
        schema: COMPARISON_SCHEMA.to_owned(),
        seed: seed.0,
        pairs: pairs.len() as u64,
        figures: IndexMap::new(),
        only_in_one,
    };
    for name in pairs[0].0.keys() {
        let both: Option<Vec<(f64, f64)>> =
            pairs.iter().map(|(a, b)| Some((*a.get(name)?, *b.get(name)?))).collect();
        let Some(both) = both else { continue };
        let (a, b): (Vec<f64>, Vec<f64>) = both.into_iter().unzip();
        let Some(difference) = replications::difference(&a, &b) else { continue };
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let shown = shown(&difference);
        let found = Difference { first: mean(&a), second: mean(&b), difference, shown };
        out.figures.insert(name.clone(), found);
    }
    out
}

fn shown(difference: &Estimate) -> Shown {
    match difference.interval() {
        Some((low, high)) if low == 0.0 && high == 0.0 => Shown::Same,
        Some((low, _)) if low > 0.0 => Shown::Higher,
        Some((_, high)) if high < 0.0 => Shown::Lower,
        Some(_) | None => Shown::Nothing,
    }
}

/// Returns the values of a run that are compared.
fn figures(outcome: &Outcome) -> Figures {
    let mut out = IndexMap::new();
    for (name, stream) in &outcome.arrivals {
        latencies(&mut out, name, stream.latency_seconds.as_ref());
        out.insert(format!("{name}.throughput"), stream.throughput_rps.value);
        out.insert(format!("{name}.dropped"), stream.dropped_ratio.value);
    }
    for (name, station) in &outcome.stations {
        if let Some(utilization) = &station.utilization {
            out.insert(format!("{name}.utilization"), utilization.value);
        }
        if let Some(length) = &station.queue_length {
            out.insert(format!("{name}.queue_length"), length.value);
        }
    }
    for (name, operation) in &outcome.operations {
        latencies(&mut out, name, operation.latency_seconds.as_ref());
        out.insert(format!("{name}.goodput"), operation.goodput_rps.value);
        if let Some(good) = &operation.availability_ratio {
            out.insert(format!("{name}.availability"), good.value);
        }
    }
    for (name, component) in &outcome.components {
        if let Some(utilization) = &component.utilization {
            out.insert(format!("{name}.utilization"), utilization.value);
        }
        if let Some(hits) = &component.hit_ratio {
            out.insert(format!("{name}.hit_ratio"), hits.value);
        }
    }
    out
}

fn latencies(out: &mut Figures, name: &str, latency: Option<&DistributionEstimate>) {
    let Some(latency) = latency else { return };
    let all =
        [("mean", latency.mean), ("p50", latency.p50), ("p95", latency.p95), ("p99", latency.p99)];
    for (figure, estimate) in all {
        out.insert(format!("{name}.latency.{figure}"), estimate.value);
    }
}

fn names(model: &Model) -> Vec<String> {
    model.arrivals.keys().chain(model.stations.keys()).cloned().collect()
}

fn only_in_one(first: &[String], second: &[String]) -> Vec<String> {
    let missing = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|name| !those.contains(name)).cloned().collect()
    };
    [missing(first, second), missing(second, first)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(stations: &str, rate: &str) -> Model {
        let text = format!(
            "{{model: x, stations: {stations}, arrivals: {{a: {{to: s, poisson: {{rate: {rate}}}}}}}}}"
        );
        Model::from_yaml(&text).unwrap()
    }

    fn one(mean: &str) -> Model {
        model(
            &format!("{{s: {{servers: 1, service_time: {{exponential: {{mean: {mean}}}}}}}}}"),
            "0.5/s",
        )
    }

    #[test]
    fn a_model_does_not_differ_from_itself() {
        let found = compare(&one("1s"), &one("1s"), Seed(7), 400_000);
        assert!(found.figures.len() >= 8);
        for (name, figure) in &found.figures {
            assert_eq!(figure.shown, Shown::Same, "{name}");
            assert_eq!(figure.first, figure.second, "{name}");
        }
    }

    #[test]
    fn common_numbers_show_what_independent_ones_do_not() {
        // 1 ÷ 0.5 = 2 s and 0.99 ÷ 0.505 = 1.9604 s.
        let (first, second) = (one("1s"), one("990ms"));
        let found = compare(&first, &second, Seed(3), 800_000);
        let mean = &found.figures["a.latency.mean"];
        let (low, high) = mean.difference.interval().unwrap();
        assert!(low < -0.0396 && -0.0396 < high, "{low} {high}");
        assert_eq!(mean.shown, Shown::Lower);
        let alone = |model: &Model, base: u64| -> Vec<f64> {
            let run = |pair| simulate(model, Seed(base).replication(pair), 20_000);
            (0..PAIRS).map(|pair| figures(&run(pair))["a.latency.mean"]).collect()
        };
        let apart = replications::difference(&alone(&first, 3), &alone(&second, 99)).unwrap();
        let (left, right) = apart.interval().unwrap();
        assert!(right - left > 5.0 * (high - low), "{left} {right}");
    }

    #[test]
    fn discipline_alone_does_not_change_the_load() {
        let station = |servers: u32, mean: &str| {
            format!(
                "{{s: {{servers: {servers}, service_time: {{exponential: {{mean: {mean}}}}}}}}}"
            )
        };
        let found = compare(
            &model(&station(1, "1s"), "0.8/s"),
            &model(&station(2, "2s"), "0.8/s"),
            Seed(5),
            2_000_000,
        );
        // One fast server or two slow ones: as busy, and the visit takes longer: 5 s and 5.556 s.
        let mean = found.figures["a.latency.mean"].difference.interval().unwrap();
        assert!(mean.0 < 0.5556 && 0.5556 < mean.1, "{mean:?}");
        assert_eq!(found.figures["a.latency.mean"].shown, Shown::Higher);
        let busy = found.figures["s.utilization"].difference.interval().unwrap();
        assert!(busy.0.abs() < 0.02 && busy.1.abs() < 0.02, "{busy:?}");
        assert_eq!(found.only_in_one, Vec::<String>::new());
    }
}
