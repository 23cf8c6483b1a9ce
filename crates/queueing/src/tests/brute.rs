//! Solutions that share nothing with the formulas.

use tenfold_units::Seed;
use tenfold_units::math;
use tenfold_units::random::Stream;

/// Mean and its standard error, from 20 batches of one run.
pub(super) struct Batches {
    sums: [f64; 20],
    counts: [f64; 20],
}

impl Batches {
    pub(super) fn new() -> Self {
        Self { sums: [0.0; 20], counts: [0.0; 20] }
    }

    pub(super) fn add(&mut self, batch: usize, value: f64) {
        self.sums[batch] += value;
        self.counts[batch] += 1.0;
    }

    /// Asserts that `expected` lies within 4 standard errors.
    pub(super) fn assert_mean(&self, expected: f64, what: &str) {
        let means: Vec<f64> = self.sums.iter().zip(&self.counts).map(|(s, n)| s / n).collect();
        let mean = means.iter().sum::<f64>() / 20.0;
        let variance = means.iter().map(|m| (m - mean) * (m - mean)).sum::<f64>() / 19.0;
        let error = (variance / 20.0).sqrt();
        assert!(
            (mean - expected).abs() <= 4.0 * error,
            "{what}: simulated {mean} +- {error}, formula {expected}"
        );
        assert!(error < 0.05 * mean.abs(), "{what}: the run says too little");
    }
}

pub(super) const CUSTOMERS: usize = 400_000;

pub(super) fn stream(purpose: &str) -> Stream {
    Seed(20_261_122).stream(purpose)
}

/// Mean number in the system of M/D/c, by iterating the chain that is seen every service time: all
/// who are served now will be gone, and Poisson(a) will have come (Crommelin 1932).
pub(super) fn mdc_mean_in_flight(servers: usize, offered_load: f64) -> f64 {
    let size = 400;
    let mut arrivals = vec![math::exp(-offered_load)];
    for k in 1..size {
        arrivals.push(arrivals[k - 1] * offered_load / k as f64);
    }
    let mut states = vec![0.0; size];
    states[0] = 1.0;
    for _ in 0..20_000 {
        let mut next = vec![0.0; size];
        for (n, p) in states.iter().enumerate().filter(|(_, p)| **p > 1e-18) {
            let left = n.saturating_sub(servers);
            for (k, arrive) in arrivals[..size - left].iter().enumerate() {
                if *arrive < 1e-18 && k > servers {
                    break;
                }
                next[left + k] += p * arrive;
            }
        }
        let moved: f64 = next.iter().zip(&states).map(|(a, b)| (a - b).abs()).sum();
        states = next;
        if moved < 1e-13 {
            break;
        }
    }
    states.iter().enumerate().map(|(n, p)| n as f64 * p).sum()
}

/// Mean response of one server under shortest remaining processing time, simulated.
pub(super) fn srpt(mut next: impl FnMut() -> (f64, f64), batches: &mut Batches) {
    // (remaining, arrived), unordered: the queue stays short.
    let mut jobs: Vec<(f64, f64)> = Vec::new();
    let mut now = 0.0;
    let mut finished = 0;
    let (mut gap, mut size) = next();
    let mut arrival = gap;
    while finished < CUSTOMERS {
        let shortest = (0..jobs.len()).min_by(|a, b| jobs[*a].0.total_cmp(&jobs[*b].0));
        match shortest {
            Some(i) if now + jobs[i].0 <= arrival => {
                now += jobs[i].0;
                let (_, arrived) = jobs.swap_remove(i);
                batches.add(finished * 20 / CUSTOMERS, now - arrived);
                finished += 1;
            }
            other => {
                if let Some(i) = other {
                    jobs[i].0 -= arrival - now;
                }
                now = arrival;
                jobs.push((size, now));
                (gap, size) = next();
                arrival = now + gap;
            }
        }
    }
}
