//! How customers come to plain queues.

mod trace;

use core::time::Duration;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use self::trace::LIMIT_ARRIVALS;
pub use self::trace::{Trace, TraceFile};
use crate::distribution::{Distribution, Span, span};

/// A Poisson stream.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Poisson {
    /// Mean arrivals per second, as text: `1.5/s`.
    #[serde(with = "super::rate")]
    #[schemars(with = "String")]
    pub rate: f64,
}

/// Independent times between arrivals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Renewal {
    /// Time between two arrivals.
    pub interarrival: Distribution,
}

/// A fixed number of customers, each thinking, then visiting the stations, then thinking again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Closed {
    /// Number of customers.
    pub population: u32,
    /// Time between leaving the stations and arriving again.
    pub think_time: Distribution,
}

/// One phase of Markov-modulated arrivals: a Poisson stream for as long as it lasts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// Mean arrivals per second in this phase, as text: `1.5/s`; `0/s` is silence.
    #[serde(with = "super::rate")]
    #[schemars(with = "String")]
    pub rate: f64,
    /// Mean of its exponentially distributed length, above 0.
    #[serde(with = "span")]
    #[schemars(with = "Span")]
    pub mean_stay: Duration,
    /// The phase after it: phase → probability, summing to 1. Absent: the one written below it, and
    /// after the last one the first.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub next: IndexMap<String, f64>,
}

/// Customers who come together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Batch {
    /// Always so many, at least 1.
    Deterministic(u32),
    /// Each one is followed by another with the same probability.
    Geometric {
        /// The mean, at least 1.
        mean: f64,
    },
    /// Numbers of customers, each at least 1, with weights; these need not sum to 1.
    Empirical(Vec<(u32, f64)>),
}

impl Batch {
    /// Returns the mean number of customers.
    #[must_use]
    pub fn mean(&self) -> f64 {
        match self {
            Self::Deterministic(size) => f64::from(*size),
            Self::Geometric { mean } => *mean,
            Self::Empirical(sizes) => {
                let total: f64 = sizes.iter().map(|(_, weight)| weight).sum();
                sizes.iter().map(|(size, weight)| f64::from(*size) * weight).sum::<f64>() / total
            }
        }
    }
}

/// A stream of customers: `to` and exactly one of `poisson`, `renewal`, `markov_modulated`, `trace`
/// and `closed`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arrivals {
    /// The station that they arrive at.
    pub to: String,
    /// A Poisson stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poisson: Option<Poisson>,
    /// Independent times between arrivals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal: Option<Renewal>,
    /// A Poisson stream whose rate changes from phase to phase.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub markov_modulated: IndexMap<String, Phase>,
    /// Recorded arrivals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Trace>,
    /// A fixed population that thinks between visits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
    /// How many customers each arrival of an open stream is; 1 where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<Batch>,
    /// Lower goes first at stations with `discipline: priority`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: i32,
    /// Service time of these customers at `to`, instead of the station's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_time: Option<Distribution>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_zero(value: &i32) -> bool {
    *value == 0
}

impl Arrivals {
    /// Returns the mean number of customers per second of a stream that never ends; `None` for a
    /// closed stream and for a trace that is played once.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        let arrivals = match (&self.poisson, &self.renewal, &self.trace) {
            (Some(poisson), _, _) => poisson.rate,
            (_, Some(renewal), _) => 1.0 / renewal.interarrival.mean(),
            (_, _, Some(trace)) if trace.repeat => trace.rate(),
            _ if !self.markov_modulated.is_empty() => {
                let phases = self.markov_modulated.values();
                phases.zip(shares(&self.markov_modulated)).map(|(p, share)| p.rate * share).sum()
            }
            _ => return None,
        };
        Some(arrivals * self.batch.as_ref().map_or(1.0, Batch::mean))
    }
}

impl Arrivals {
    /// Lets the customers of an open stream come `factor` times as fast, one after the other as they
    /// were; phases last as long as before.
    pub(crate) fn speed_up(&mut self, factor: f64) {
        if let Some(poisson) = &mut self.poisson {
            poisson.rate *= factor;
        }
        if let Some(renewal) = &mut self.renewal {
            renewal.interarrival = renewal.interarrival.scaled(1.0 / factor);
        }
        self.markov_modulated.values_mut().for_each(|phase| phase.rate *= factor);
        if let Some(trace) = &mut self.trace {
            trace.speed_up(factor);
        }
    }
}

/// Returns the probabilities of going from phase to phase: `[from][to]`.
pub(crate) fn steps(phases: &IndexMap<String, Phase>) -> Vec<Vec<f64>> {
    let count = phases.len();
    let row = |(index, phase): (usize, &Phase)| {
        let mut row = vec![0.0; count];
        if phase.next.is_empty() {
            row[(index + 1) % count] = 1.0;
        }
        for (name, probability) in &phase.next {
            if let Some(to) = phases.get_index_of(name) {
                row[to] += probability;
            }
        }
        row
    };
    phases.values().enumerate().map(row).collect()
}

/// Returns the share of the time that is spent in each phase, where each can be reached from each
/// other: the stationary probabilities of the steps (Grassmann, Taksar and Heyman, *Regenerative
/// analysis and steady state distributions for Markov chains*, 1985) times the mean stays.
pub(crate) fn shares(phases: &IndexMap<String, Phase>) -> Vec<f64> {
    let mut steps = steps(phases);
    let count = steps.len();
    for last in (1..count).rev() {
        let out: f64 = steps[last][..last].iter().sum();
        for from in 0..last {
            steps[from][last] /= out;
            for to in 0..last {
                steps[from][to] += steps[from][last] * steps[last][to];
            }
        }
    }
    let mut weights = vec![1.0; count];
    for phase in 1..count {
        weights[phase] = (0..phase).map(|from| weights[from] * steps[from][phase]).sum();
    }
    for (weight, phase) in weights.iter_mut().zip(phases.values()) {
        *weight *= phase.mean_stay.as_secs_f64();
    }
    let total: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / total).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_share_the_time_by_visits_and_stays() {
        let text = "{to: s, markov_modulated: {
            quiet: {rate: 1/s, mean_stay: 3s, next: {busy: 0.5, silent: 0.5}},
            busy: {rate: 10/s, mean_stay: 2s, next: {quiet: 1}},
            silent: {rate: 0/s, mean_stay: 4s, next: {quiet: 1}}}}";
        let arrivals: Arrivals = serde_saphyr::from_str(text).unwrap();
        // A cycle from `quiet` to `quiet`: 3 s, then half of the times 2 s or 4 s.
        let found = shares(&arrivals.markov_modulated);
        for (share, expected) in found.iter().zip([0.5, 1.0 / 6.0, 2.0 / 6.0]) {
            assert!((share - expected).abs() < 1e-12, "{found:?}");
        }
        assert!((arrivals.rate().unwrap() - (0.5 + 10.0 / 6.0)).abs() < 1e-12);
        let together = text.replace("to: s", "to: s, batch: {empirical: [[1, 1], [4, 2]]}");
        let arrivals: Arrivals = serde_saphyr::from_str(&together).unwrap();
        assert!((arrivals.rate().unwrap() - 3.0 * (0.5 + 10.0 / 6.0)).abs() < 1e-12);
    }
}
