//! When the next customers come, and how many.

use tenfold_units::math;
use tenfold_units::random::Stream;

use crate::model::{shares, steps};
use crate::{Arrivals, Batch, Sampler};

/// Time between two arrivals of a stream, or of thinking.
#[derive(Clone, Debug)]
pub(super) enum Gap {
    /// Exponential; the mean in seconds is not rounded to a `Duration`.
    Poisson {
        mean: f64,
    },
    Renewal(Sampler),
    Modulated(Modulated),
    Trace(Replay),
}

impl Gap {
    /// Returns the gaps of a stream that begins in its steady state.
    pub(super) fn of(arrivals: &Arrivals, stream: &mut Stream) -> Self {
        if let Some(poisson) = arrivals.poisson {
            Self::Poisson { mean: 1.0 / poisson.rate }
        } else if let Some(renewal) = &arrivals.renewal {
            Self::Renewal(renewal.interarrival.sampler())
        } else if let Some(closed) = &arrivals.closed {
            Self::Renewal(closed.think_time.sampler())
        } else if let Some(trace) = &arrivals.trace {
            let (gaps, again) = trace.seconds();
            Self::Trace(Replay { gaps, again: trace.repeat.then_some(again), next: 0 })
        } else {
            Self::Modulated(Modulated::new(arrivals, stream))
        }
    }

    /// Returns the next gap in seconds; infinite when nobody comes any more.
    #[inline]
    pub(super) fn draw(&mut self, stream: &mut Stream) -> f64 {
        match self {
            Self::Poisson { mean } => *mean * stream.exponential(),
            Self::Renewal(sampler) => sampler.draw(stream),
            Self::Modulated(phases) => phases.draw(stream),
            Self::Trace(replay) => replay.draw(),
        }
    }

    /// Returns another length of a gap that has lasted for `age` seconds already, from its law given
    /// that, where that law needs no more than the age.
    pub(super) fn redraw(&self, age: f64, stream: &mut Stream) -> Option<f64> {
        match self {
            Self::Poisson { mean } => Some(age + *mean * stream.exponential()),
            Self::Renewal(sampler) => sampler.redraw(age, stream),
            Self::Modulated(_) | Self::Trace(_) => None,
        }
    }

    /// Returns what is left of an exponential gap, however long it has lasted.
    pub(super) fn redraw_memoryless(&self, stream: &mut Stream) -> Option<f64> {
        match self {
            Self::Poisson { mean } => Some(*mean * stream.exponential()),
            Self::Renewal(sampler) if sampler.is_memoryless() => sampler.redraw(0.0, stream),
            Self::Renewal(_) | Self::Modulated(_) | Self::Trace(_) => None,
        }
    }

    /// Draws one gap into each place of `out`, in order, as [`Self::draw`] does.
    pub(super) fn fill(&mut self, stream: &mut Stream, out: &mut [f64]) {
        match self {
            Self::Poisson { mean } => {
                stream.fill_exponential(out);
                out.iter_mut().for_each(|gap| *gap *= *mean);
            }
            Self::Renewal(sampler) => sampler.fill(stream, out),
            Self::Modulated(_) | Self::Trace(_) => {
                out.iter_mut().for_each(|gap| *gap = self.draw(stream));
            }
        }
    }
}

/// A Poisson stream whose rate changes from phase to phase.
#[derive(Clone, Debug)]
pub(super) struct Modulated {
    phases: Vec<PhaseSampler>,
    now: usize,
    /// What is left of the phase.
    left: f64,
}

#[derive(Clone, Debug)]
struct PhaseSampler {
    /// Mean time between arrivals, infinite in silence.
    gap: f64,
    stay: f64,
    /// Cumulated probabilities of the next phase.
    next: Vec<f64>,
}

impl Modulated {
    fn new(arrivals: &Arrivals, stream: &mut Stream) -> Self {
        let phases = &arrivals.markov_modulated;
        let now = pick(&cumulated(&shares(phases)), stream);
        let samplers: Vec<PhaseSampler> = phases
            .values()
            .zip(steps(phases))
            .map(|(phase, next)| PhaseSampler {
                gap: 1.0 / phase.rate,
                stay: phase.mean_stay.as_secs_f64(),
                next: cumulated(&next),
            })
            .collect();
        let left = samplers[now].stay * stream.exponential();
        Self { phases: samplers, now, left }
    }

    fn draw(&mut self, stream: &mut Stream) -> f64 {
        let mut passed = 0.0;
        loop {
            let phase = &self.phases[self.now];
            if phase.gap.is_finite() {
                let gap = phase.gap * stream.exponential();
                if gap < self.left {
                    self.left -= gap;
                    return passed + gap;
                }
            }
            // An exponential gap has no memory: the next phase draws its own.
            passed += self.left;
            self.now = pick(&phase.next, stream);
            self.left = self.phases[self.now].stay * stream.exponential();
        }
    }
}

fn cumulated(weights: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    let sums = weights.iter().map(|weight| {
        sum += weight;
        sum
    });
    sums.collect()
}

/// Returns an index with its probability, from cumulated ones.
fn pick(sums: &[f64], stream: &mut Stream) -> usize {
    let total = sums.last().copied().unwrap_or(1.0);
    let point = stream.uniform() * total;
    sums.partition_point(|sum| *sum <= point).min(sums.len() - 1)
}

/// Recorded gaps.
#[derive(Clone, Debug)]
pub(super) struct Replay {
    gaps: Vec<f64>,
    /// The gap before the first arrival of a repetition; `None`: there is none.
    again: Option<f64>,
    next: usize,
}

impl Replay {
    fn draw(&mut self) -> f64 {
        if self.next == self.gaps.len() {
            let Some(again) = self.again else { return f64::INFINITY };
            self.next = 1;
            return again;
        }
        self.next += 1;
        self.gaps[self.next - 1]
    }
}

/// Numbers of customers who come together.
#[derive(Clone, Debug)]
pub(super) enum BatchSampler {
    Fixed(u32),
    /// The logarithm of the probability that another one follows, negated.
    Geometric(f64),
    /// Cumulated weights, and the sizes.
    Listed(Vec<f64>, Vec<u32>),
}

impl BatchSampler {
    pub(super) fn new(batch: &Batch) -> Self {
        match batch {
            Batch::Deterministic(size) => Self::Fixed(*size),
            Batch::Geometric { mean } if *mean <= 1.0 => Self::Fixed(1),
            Batch::Geometric { mean } => Self::Geometric(-math::ln_1p(-1.0 / mean)),
            Batch::Empirical(sizes) => {
                let weights: Vec<f64> = sizes.iter().map(|(_, weight)| *weight).collect();
                let sizes = sizes.iter().map(|(size, _)| *size).collect();
                Self::Listed(cumulated(&weights), sizes)
            }
        }
    }

    pub(super) fn draw(&self, stream: &mut Stream) -> u32 {
        match self {
            Self::Fixed(size) => *size,
            // Whole numbers below an exponential variate are geometric.
            Self::Geometric(decay) => 1 + (stream.exponential() / decay) as u32,
            Self::Listed(sums, sizes) => sizes[pick(sums, stream)],
        }
    }
}
