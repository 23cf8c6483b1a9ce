use core::time::Duration;

use tenfold_units::math;
use tenfold_units::random::Stream;

use super::Distribution;

/// Up to this many stages an Erlang variate is a sum of exponentials; beyond, a gamma variate.
const MAX_SUMMED_STAGES: u32 = 4;

/// A distribution prepared for drawing: constants computed once, no indirection for the common ones.
#[derive(Clone, Debug)]
pub struct Sampler(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Deterministic { value: f64 },
    Exponential { mean: f64 },
    Erlang { stage_mean: f64, stages: u32 },
    Hyperexponential { first_ratio: f64, first_mean: f64, second_mean: f64 },
    Lognormal { log_mean: f64, log_deviation: f64 },
    Gamma(Gamma),
    Weibull { scale: f64, inverse_shape: f64 },
    Pareto { minimum: f64, inverse_shape: f64 },
    Uniform { low: f64, width: f64 },
    Empirical { aliases: Vec<Alias> },
}

impl Sampler {
    /// Returns the sampler of `distribution`.
    #[must_use]
    pub fn new(distribution: &Distribution) -> Self {
        Self(match distribution {
            Distribution::Deterministic(value) => {
                Kind::Deterministic { value: value.as_secs_f64() }
            }
            Distribution::Exponential { mean } => Kind::Exponential { mean: mean.as_secs_f64() },
            Distribution::Erlang { mean, stages } => erlang(mean.as_secs_f64(), *stages),
            Distribution::Hyperexponential { mean, cv } => {
                hyperexponential(mean.as_secs_f64(), *cv)
            }
            Distribution::Lognormal { mean, cv } => {
                let log_variance = math::ln_1p(cv * cv);
                Kind::Lognormal {
                    log_mean: math::ln(mean.as_secs_f64()) - log_variance / 2.0,
                    log_deviation: log_variance.sqrt(),
                }
            }
            Distribution::Gamma { mean, cv } => {
                Kind::Gamma(Gamma::new(mean.as_secs_f64(), 1.0 / (cv * cv)))
            }
            Distribution::Weibull { mean, shape } => Kind::Weibull {
                scale: mean.as_secs_f64() / math::exp(math::ln_gamma(1.0 + 1.0 / shape)),
                inverse_shape: 1.0 / shape,
            },
            Distribution::Pareto { mean, shape } => Kind::Pareto {
                minimum: mean.as_secs_f64() * (shape - 1.0) / shape,
                inverse_shape: 1.0 / shape,
            },
            Distribution::Uniform { low, high } => Kind::Uniform {
                low: low.as_secs_f64(),
                width: high.as_secs_f64() - low.as_secs_f64(),
            },
            Distribution::Empirical(values) => Kind::Empirical { aliases: alias_table(values) },
        })
    }

    /// Draws one span into each place of `out`, in order, as [`Self::draw`] does.
    pub(crate) fn fill(&self, stream: &mut Stream, out: &mut [f64]) {
        if let Kind::Exponential { mean } = &self.0 {
            stream.fill_exponential(out);
            out.iter_mut().for_each(|span| *span *= mean);
        } else {
            out.iter_mut().for_each(|span| *span = self.draw(stream));
        }
    }

    /// Returns one span, in seconds.
    #[inline]
    pub fn draw(&self, stream: &mut Stream) -> f64 {
        match &self.0 {
            Kind::Deterministic { value } => *value,
            Kind::Exponential { mean } => mean * stream.exponential(),
            Kind::Erlang { stage_mean, stages } => {
                stage_mean * (0..*stages).map(|_| stream.exponential()).sum::<f64>()
            }
            Kind::Hyperexponential { first_ratio, first_mean, second_mean } => {
                let mean = if stream.chance(*first_ratio) { first_mean } else { second_mean };
                mean * stream.exponential()
            }
            Kind::Lognormal { log_mean, log_deviation } => {
                math::exp(log_mean + log_deviation * stream.normal())
            }
            Kind::Gamma(gamma) => gamma.draw(stream),
            // Inversion, with the ziggurat's exponential for -ln(u).
            Kind::Weibull { scale, inverse_shape } => {
                scale * math::powf(stream.exponential(), *inverse_shape)
            }
            Kind::Pareto { minimum, inverse_shape } => {
                minimum * math::exp(stream.exponential() * inverse_shape)
            }
            Kind::Uniform { low, width } => low + width * stream.uniform(),
            Kind::Empirical { aliases } => draw_alias(aliases, stream),
        }
    }
}

/// Draws of a span that is known to last longer than its age, until one does.
const RESIDUAL_DRAWS: u32 = 16;

impl Sampler {
    /// Returns whether what is left does not depend on what has passed.
    pub(crate) fn is_memoryless(&self) -> bool {
        matches!(self.0, Kind::Exponential { .. })
    }

    /// Returns another length of a span that has lasted for `age` seconds already, from its law given
    /// that; `None` where none was found, or all are the same: the length that was drawn is from the
    /// same law.
    pub(crate) fn redraw(&self, age: f64, stream: &mut Stream) -> Option<f64> {
        match self.0 {
            Kind::Deterministic { .. } => None,
            Kind::Exponential { mean } => Some(age + mean * stream.exponential()),
            Kind::Erlang { .. }
            | Kind::Hyperexponential { .. }
            | Kind::Lognormal { .. }
            | Kind::Gamma(_)
            | Kind::Weibull { .. }
            | Kind::Pareto { .. }
            | Kind::Uniform { .. }
            | Kind::Empirical { .. } => {
                (0..RESIDUAL_DRAWS).map(|_| self.draw(stream)).find(|span| *span > age)
            }
        }
    }
}

fn erlang(mean: f64, stages: u32) -> Kind {
    if stages <= MAX_SUMMED_STAGES {
        Kind::Erlang { stage_mean: mean / f64::from(stages), stages }
    } else {
        Kind::Gamma(Gamma::new(mean, f64::from(stages)))
    }
}

/// Balanced means: p₁·m₁ = p₂·m₂ (Whitt, *Approximating a point process by a renewal process*, 1982).
fn hyperexponential(mean: f64, cv: f64) -> Kind {
    let squared = cv * cv;
    let first_ratio = 0.5 * (1.0 + ((squared - 1.0) / (squared + 1.0)).sqrt());
    Kind::Hyperexponential {
        first_ratio,
        first_mean: mean / (2.0 * first_ratio),
        second_mean: mean / (2.0 * (1.0 - first_ratio)),
    }
}

/// Marsaglia and Tsang, *A simple method for generating gamma variables* (2000).
#[derive(Clone, Debug)]
struct Gamma {
    scale: f64,
    d: f64,
    c: f64,
    /// 1 ÷ shape where the shape is below 1: the variate of shape + 1 is then multiplied by u^(1/shape).
    boost: Option<f64>,
}

impl Gamma {
    fn new(mean: f64, shape: f64) -> Self {
        let boosted = if shape < 1.0 { shape + 1.0 } else { shape };
        let d = boosted - 1.0 / 3.0;
        Self {
            scale: mean / shape,
            d,
            c: 1.0 / (9.0 * d).sqrt(),
            boost: (shape < 1.0).then_some(1.0 / shape),
        }
    }

    fn draw(&self, stream: &mut Stream) -> f64 {
        let factor = self.boost.map_or(1.0, |inverse| math::exp(-stream.exponential() * inverse));
        loop {
            let x = stream.normal();
            let t = 1.0 + self.c * x;
            if t <= 0.0 {
                continue;
            }
            let v = t * t * t;
            let u = stream.uniform();
            // The squeeze accepts most variates without a logarithm.
            let square = x * x;
            if u < 1.0 - 0.0331 * square * square
                || math::ln(u) < 0.5 * square + self.d * (1.0 - v + math::ln(v))
            {
                return self.scale * self.d * v * factor;
            }
        }
    }
}

/// One column of Walker's alias table: `value` with probability `keep`, else `other`.
#[derive(Clone, Debug)]
struct Alias {
    keep: f64,
    value: f64,
    other: f64,
}

/// Vose, *A linear algorithm for generating random numbers with a given distribution* (1991).
fn alias_table(values: &[(Duration, f64)]) -> Vec<Alias> {
    let total: f64 = values.iter().map(|(_, weight)| weight).sum();
    let count = values.len() as f64;
    let mut columns: Vec<Alias> = values
        .iter()
        .map(|(value, weight)| {
            let value = value.as_secs_f64();
            Alias { keep: weight / total * count, value, other: value }
        })
        .collect();
    let (mut small, mut large): (Vec<usize>, Vec<usize>) =
        (0..columns.len()).partition(|i| columns[*i].keep < 1.0);
    while let (Some(poor), Some(rich)) = (small.pop(), large.pop()) {
        columns[poor].other = columns[rich].value;
        columns[rich].keep -= 1.0 - columns[poor].keep;
        if columns[rich].keep < 1.0 { small.push(rich) } else { large.push(rich) }
    }
    // What is left is 1 but for rounding.
    for index in small.into_iter().chain(large) {
        columns[index].keep = 1.0;
    }
    columns
}

/// One uniform number picks the column and decides within it.
fn draw_alias(aliases: &[Alias], stream: &mut Stream) -> f64 {
    let position = stream.uniform() * aliases.len() as f64;
    let index = (position as usize).min(aliases.len() - 1);
    let column = &aliases[index];
    if position - (index as f64) < column.keep { column.value } else { column.other }
}
