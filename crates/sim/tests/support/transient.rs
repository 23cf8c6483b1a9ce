//! The M/M/1 queue from empty over a fixed time, exactly, and as the simulator sees it.

use tenfold_sim::keys::WarmOptions;
use tenfold_sim::stats::{DistributionEstimate, replications};
use tenfold_sim::{Caches, Model, Outcome, Scenario, simulate_scenario};
use tenfold_units::{Seed, math};

use crate::coverage::{Coverage, spread};

/// States of the chain: far more customers than ever come together.
const STATES: usize = 600;

/// A queue with one server and a mean service of 1 s, empty at first, to which customers come for a
/// while.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FromEmpty {
    /// Customers per second.
    pub(crate) rate: f64,
    /// For how long they come, in seconds.
    pub(crate) span: f64,
}

impl FromEmpty {
    /// Returns the share of the time at which n are there, by n, over the span: uniformization (Jensen,
    /// 1953; Grassmann, *Transient solutions in Markovian queueing systems*, 1977).
    ///
    /// With Λ = λ + μ the chain jumps at the instants of a Poisson stream, and the mean time before
    /// jump k + 1 within the span is P(more than k jumps) ÷ Λ.
    fn occupancy(self) -> Vec<f64> {
        let jumps = self.rate + 1.0;
        let (up, down) = (self.rate / jumps, 1.0 / jumps);
        let mean = jumps * self.span;
        let last = (mean + 12.0 * mean.sqrt() + 50.0) as usize;
        // P(more than k jumps), from the probabilities of exactly k.
        let exactly: Vec<f64> = (0..=last)
            .map(|k| {
                let k = k as f64;
                math::exp(k * math::ln(mean) - mean - math::ln_gamma(k + 1.0))
            })
            .collect();
        let mut more: f64 = 1.0;
        let mut state = vec![0.0; STATES];
        state[0] = 1.0;
        let mut occupancy = vec![0.0; STATES];
        for exactly in exactly {
            more = (more - exactly).max(0.0);
            for (sum, state) in occupancy.iter_mut().zip(&state) {
                *sum += more * state / mean;
            }
            let mut next = vec![0.0; STATES];
            for n in 0..STATES - 1 {
                next[n + 1] += up * state[n];
                next[n.saturating_sub(1)] += down * state[n];
            }
            state = next;
        }
        occupancy
    }

    /// Returns the mean and the p99 of the response times of all who come: who finds n there stays for
    /// n + 1 exponential services, and arrivals of a Poisson stream find what time sees (PASTA).
    pub(crate) fn mean_and_p99(self) -> (f64, f64) {
        let occupancy = self.occupancy();
        let mean = occupancy.iter().enumerate().map(|(n, share)| share * (n as f64 + 1.0)).sum();
        let longer = |x: f64| {
            // P(n + 1 services take longer than x) = P(at most n of them end within x).
            let (mut term, mut at_most) = (math::exp(-x), 0.0);
            let mut sum = 0.0;
            for (n, share) in occupancy.iter().enumerate() {
                at_most += term;
                sum += share * at_most;
                term *= x / (n as f64 + 1.0);
            }
            sum
        };
        let (mut low, mut high) = (0.0, 200.0);
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if longer(middle) > 0.01 { low = middle } else { high = middle }
        }
        (mean, low)
    }

    /// Returns what `runs` replications say: everybody who came within the span is answered.
    pub(crate) fn simulated(self, seed: Seed, runs: u64) -> DistributionEstimate {
        let yaml = format!(
            "{{model: from-empty, zones: [a], components: {{desk: {{replicas: {{a: 1}}, servers: 1, \
             service_time: {{any: {{exponential: {{mean: 1s}}}}}}}}}}, operations: {{visit: {{load: \
             {{open: {{rate: {}/s}}}}, flow: [{{call: {{to: desk}}}}]}}}}}}",
            self.rate
        );
        let scenario = format!(
            "{{scenario: from-empty, horizon: {}s, profile: [{{at: {}s, factor: 1}}, {{at: {}s, factor: 0}}]}}",
            self.span + 2_000.0,
            self.span,
            self.span + 1e-6
        );
        let model = Model::from_yaml(&yaml).expect("a valid model");
        let scenario = Scenario::from_yaml(&scenario).expect("a valid scenario");
        let caches = Caches::warm(&model, 1.0, seed, WarmOptions::USUAL);
        let run = |run| simulate_scenario(&model, &scenario, &caches, seed.replication(run));
        let outcomes: Vec<Outcome> = (0..runs).map(run).collect();
        let all = Outcome::combine(&outcomes);
        all.operations["visit"].latency_seconds.expect("somebody came")
    }
}

/// Returns how often the intervals of the mean and of the p99 hold the truth, over many seeds.
pub(crate) fn measure(queue: FromEmpty, seeds: core::ops::Range<u64>) -> Vec<Coverage> {
    let (mean, p99) = queue.mean_and_p99();
    spread(seeds, 2, |seed, coverage| {
        let seen = queue.simulated(Seed(seed), RUNS);
        coverage[0].add(&seen.mean, mean);
        coverage[1].add(&seen.p99, p99);
    })
}

/// As many runs as a scenario has, and the fewest that give an interval.
const RUNS: u64 = replications::MIN_REPLICATIONS as u64;
