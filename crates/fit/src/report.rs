//! What a series says, as a block for a model file.

use core::time::Duration;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tenfold_sim::stats::Estimate;
use tenfold_units::{Seed, duration, math};

use crate::family::{Family, Law};
use crate::goodness::{self, Goodness};
use crate::likelihood::standard_errors;
use crate::measured::{Buckets, Dropped, Measured, Quantity, Values};
use crate::{empirical, samples::Samples};

/// The schema name that every fit carries.
pub const FIT_SCHEMA: &str = "tenfold/fit/1";

/// Two families whose criteria differ by less explain the measurements equally well (Burnham and
/// Anderson, *Model Selection and Multimodel Inference*, 2nd ed., section 2.6).
const AS_GOOD: f64 = 2.0;
/// A p-value below which no family is said to fit.
const REFUSED: f64 = 0.01;
/// Fewer measurements tell little of a tail.
const FEW: f64 = 100.0;
/// A fitted mean this far from the measured one, as a share of it, is notable.
const OFF: f64 = 0.1;
/// Fewer different values than this, and each is seen ten times: a clock was coarse.
const COARSE: usize = 1_000;
/// Share above the last bound, and of zeros, that is notable.
const NOTABLE: f64 = 0.01;

/// What is known of a series of measurements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fit {
    /// The series.
    pub name: String,
    /// What it counts in: seconds or bytes.
    pub quantity: Quantity,
    /// How many measurements were used.
    pub samples: f64,
    /// Their mean, in seconds or bytes; from the middles of buckets where no sum is known.
    pub mean: f64,
    /// Standard deviation ÷ mean of measurements that are known one by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cv: Option<f64>,
    /// What was left out.
    pub dropped: Vec<Dropped>,
    /// The block to paste where a model file wants a distribution: the family's, or the empirical one
    /// where no family fits.
    pub block: Value,
    /// The family with the best criterion; `None` where the measurements are all the same or none has
    /// a likeliest law.
    pub best: Option<Family>,
    /// The test of that family.
    pub goodness: Option<Goodness>,
    /// All families, best criterion first.
    pub families: Vec<FamilyFit>,
    /// The measurements as an empirical distribution.
    pub empirical: Value,
    /// How the file was understood.
    pub notes: Vec<String>,
    /// What speaks against the block.
    pub cautions: Vec<String>,
}

/// The likeliest law of a family.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FamilyFit {
    /// The family.
    pub family: Family,
    /// The law as a block for a model file.
    pub block: Value,
    /// Its parameters with 95 % intervals, in seconds or bytes where they have a unit.
    pub parameters: IndexMap<String, Estimate>,
    /// Logarithm of the likelihood; of a histogram without the constant.
    pub log_likelihood: f64,
    /// Akaike's criterion: 2 × parameters - 2 × `log_likelihood`; smaller is better.
    pub aic: f64,
}

/// Measurements with a mean of 1, so that no likelihood depends on the unit.
enum Scaled {
    Samples(Samples),
    Buckets(Buckets),
}

impl Scaled {
    fn likeliest(&self, family: Family) -> Option<Law> {
        match self {
            Self::Samples(samples) => samples.likeliest(family),
            Self::Buckets(buckets) => buckets.likeliest(family),
        }
    }

    fn log_likelihood(&self, law: Law) -> f64 {
        match self {
            Self::Samples(samples) => samples.log_likelihood(law),
            Self::Buckets(buckets) => buckets.log_likelihood(law),
        }
    }

    fn standard_errors(&self, family: Family, law: Law) -> Option<[f64; 2]> {
        match self {
            Self::Samples(samples) => samples.standard_errors(law),
            Self::Buckets(buckets) => {
                standard_errors(law, family.climbed(), |law| buckets.log_likelihood(law))
            }
        }
    }

    fn goodness(&self, family: Family, law: Law, seed: Seed) -> Option<Goodness> {
        match self {
            Self::Samples(samples) => Some(goodness::of_samples(samples, family, law, seed)),
            Self::Buckets(buckets) => goodness::of_buckets(buckets, family, law),
        }
    }
}

/// Returns what a series of measurements says. `seed` is for the test of fit.
///
/// ```
/// use tenfold_fit::{Family, ReadOptions, fit, read};
/// let text: String = (1..=400).map(|i| format!("{}\n", 0.1 * -(f64::from(i) / 401.0).ln())).collect();
/// let series = read(&text, &ReadOptions::default()).unwrap();
/// let found = fit(&series[0], tenfold_units::Seed(1));
/// assert_eq!(found.best, Some(Family::Exponential));
/// ```
#[must_use]
pub fn fit(measured: &Measured, seed: Seed) -> Fit {
    let mut out = described(measured);
    let (scaled, scale) = scaled(measured);
    if let Some(scaled) = &scaled {
        let mut laws: Vec<(Law, FamilyFit)> = Family::ALL
            .iter()
            .filter_map(|family| family_fit(scaled, *family, scale, measured.quantity))
            .collect();
        laws.sort_by(|a, b| a.1.aic.total_cmp(&b.1.aic));
        // `Family` is ordered by simplicity.
        let best = laws
            .iter()
            .filter(|(_, fit)| fit.aic <= laws[0].1.aic + AS_GOOD)
            .min_by_key(|(_, fit)| fit.family);
        if let Some((law, fit)) = best {
            out.best = Some(fit.family);
            out.goodness = scaled.goodness(fit.family, *law, seed);
            out.block = fit.block.clone();
            caution_of_law(&mut out, fit, scale * law.mean());
        }
        out.families = laws.into_iter().map(|(_, fit)| fit).collect();
    }
    if out.goodness.as_ref().is_some_and(|goodness| goodness.p_value < REFUSED) {
        out.block = out.empirical.clone();
    }
    out
}

/// Everything but families.
fn described(measured: &Measured) -> Fit {
    let (samples, mean, cv, points) = match &measured.values {
        Values::Samples(values) => {
            let count = values.len() as f64;
            let mean = values.iter().sum::<f64>() / count;
            let square = |value: &f64| (value - mean) * (value - mean);
            let deviation = (values.iter().map(square).sum::<f64>() / (count - 1.0)).sqrt();
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let cv = (count > 1.0 && mean > 0.0).then_some(deviation / mean);
            (count, mean, cv, empirical::of_samples(&sorted))
        }
        Values::Buckets(buckets) => {
            let count = buckets.count();
            let mean = buckets.sum.map_or_else(|| buckets.rough_mean(), |sum| sum / count);
            (count, mean, None, empirical::of_buckets(buckets))
        }
    };
    let row =
        |(value, weight): &(f64, f64)| json!([amount(*value, measured.quantity), number(*weight)]);
    let points = match points.as_slice() {
        [(only, _)] => json!({ "deterministic": amount(*only, measured.quantity) }),
        points => json!({ "empirical": points.iter().map(row).collect::<Vec<_>>() }),
    };
    let mut out = Fit {
        name: measured.name.clone(),
        quantity: measured.quantity,
        samples,
        mean,
        cv,
        dropped: measured.dropped.clone(),
        block: points.clone(),
        best: None,
        goodness: None,
        families: Vec::new(),
        empirical: points,
        notes: measured.notes.clone(),
        cautions: Vec::new(),
    };
    caution_of_values(&mut out, &measured.values);
    out
}

/// Returns the measurements above 0 with a mean of about 1, and what they were divided by; `None`
/// where all are 0 or the same.
fn scaled(measured: &Measured) -> (Option<Scaled>, f64) {
    match &measured.values {
        Values::Samples(values) => {
            let above: Vec<f64> = values.iter().copied().filter(|value| *value > 0.0).collect();
            let mean = above.iter().sum::<f64>() / above.len() as f64;
            let differ = above.iter().any(|value| *value != above[0]);
            let values = above.iter().map(|value| value / mean).collect();
            (differ.then(|| Scaled::Samples(Samples::new(values))), mean)
        }
        Values::Buckets(buckets) => {
            let mean = buckets.rough_mean();
            let bounded = buckets.bounded.iter().map(|(bound, n)| (bound / mean, *n)).collect();
            let sum = buckets.sum.map(|sum| sum / mean);
            let several = buckets.cells().filter(|(.., count)| *count > 0.0).count() > 1;
            let scaled = Buckets { bounded, sum, ..buckets.clone() };
            (several.then_some(Scaled::Buckets(scaled)), mean)
        }
    }
}

fn family_fit(
    scaled: &Scaled,
    family: Family,
    scale: f64,
    quantity: Quantity,
) -> Option<(Law, FamilyFit)> {
    let law = scaled.likeliest(family)?;
    let log_likelihood = scaled.log_likelihood(law);
    let usable = law.parameters().iter().all(|value| value.is_finite() && *value < 1e9);
    if !(log_likelihood.is_finite() && usable) || is_exponential(law) {
        return None;
    }
    let errors = scaled.standard_errors(family, law);
    let mut parameters = IndexMap::new();
    let mut block = serde_json::Map::new();
    for (index, name) in family.names().iter().enumerate() {
        // What has a unit is scaled back; shapes, cvs and stages have none.
        let unit = matches!(*name, "mean" | "low" | "high");
        let factor = if unit { scale } else { 1.0 };
        let value = law.parameters()[index];
        let floor = match (family, *name) {
            (Family::Hyperexponential, "cv") | (Family::Pareto, "shape") => 1.0,
            _ => 0.0,
        };
        let estimate = match errors.map(|errors| 1.96 * errors[index]) {
            Some(half) if half.is_finite() && *name != "stages" => {
                Estimate::between(value, value - half, value + half).clamped(floor, f64::INFINITY)
            }
            _ => Estimate::without_interval(value),
        };
        parameters.insert((*name).to_owned(), estimate.scaled(factor));
        let shown = match *name {
            "stages" => json!(value as u32),
            _ if unit => amount(value * factor, quantity),
            _ => number(value),
        };
        block.insert((*name).to_owned(), shown);
    }
    let aic = 2.0 * family.parameters() as f64 - 2.0 * log_likelihood;
    let block = json!({ family.name(): block });
    Some((law, FamilyFit { family, block, parameters, log_likelihood, aic }))
}

/// Whether a law of a larger family is the exponential at its edge, which stands for itself.
fn is_exponential(law: Law) -> bool {
    match law {
        Law::Erlang { stages, .. } => stages == 1.0,
        // Beyond, one phase holds next to nothing.
        Law::Hyperexponential { cv, .. } => !(1.001..=100.0).contains(&cv),
        Law::Exponential { .. }
        | Law::Lognormal { .. }
        | Law::Gamma { .. }
        | Law::Weibull { .. }
        | Law::Pareto { .. }
        | Law::Uniform { .. } => false,
    }
}

fn caution_of_values(out: &mut Fit, values: &Values) {
    if out.samples < FEW {
        let text = format!("{} measurements: too few to tell a family or a tail", out.samples);
        out.cautions.push(text);
    }
    match values {
        Values::Buckets(buckets) => {
            let share = buckets.beyond / out.samples;
            if share > NOTABLE {
                let bound = buckets.bounded.last().map_or(0.0, |(bound, _)| *bound);
                out.cautions.push(format!(
                    "{:.1} % lie above the last bound, {bound}: what is beyond it is a guess; add \
                     buckets",
                    100.0 * share
                ));
            }
            if buckets.bounded.iter().any(|(_, count)| count.fract().abs() > 1e-9) {
                out.cautions.push(
                    "the counts are not whole numbers: if they come from rate(), intervals and \
                     tests mean nothing; ask for increase() over the window"
                        .to_owned(),
                );
            }
        }
        Values::Samples(values) => caution_of_samples(out, values),
    }
}

fn caution_of_samples(out: &mut Fit, values: &[f64]) {
    let zeros = values.iter().filter(|value| **value == 0.0).count() as f64 / out.samples;
    if zeros > 0.0 {
        let text = format!(
            "{:.2} % are 0: the families are fitted to the others, the empirical block keeps them",
            100.0 * zeros
        );
        if zeros > NOTABLE { out.cautions.push(text) } else { out.notes.push(text) }
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.dedup();
    let coarse = (sorted.len() as f64) < out.samples / 10.0 && sorted.len() < COARSE;
    if out.samples >= FEW && coarse && sorted.len() > 1 {
        out.cautions.push(format!(
            "only {} different values: rounded by a coarse clock, which a test of fit refuses",
            sorted.len()
        ));
    }
    if let Some(correlation) = correlation(values) {
        out.cautions.push(format!(
            "each value tells of the next (correlation {correlation:.2}): independent draws lose \
             this; bursts of arrivals are kept by `trace` or `markov_modulated`"
        ));
    }
}

/// Returns the correlation of the logarithms of neighbors where it is notable and beyond chance.
/// Logarithms, since a variance may be infinite.
fn correlation(values: &[f64]) -> Option<f64> {
    let above = values.iter().filter(|value| **value > 0.0);
    let logs: Vec<f64> = above.map(|value| math::ln(*value)).collect();
    let count = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / count;
    let variance: f64 = logs.iter().map(|log| (log - mean) * (log - mean)).sum();
    let together: f64 = logs.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
    let found = together / variance;
    (found.abs() > 0.05 && found.abs() > 4.0 / count.sqrt()).then_some(found)
}

fn caution_of_law(out: &mut Fit, best: &FamilyFit, mean: f64) {
    match &out.goodness {
        None => out.cautions.push("too few buckets to test the fit".to_owned()),
        Some(goodness) if goodness.p_value < REFUSED => out.cautions.push(format!(
            "no family fits: the best, {}, is refused (p = {:.3}); the block is empirical",
            best.family.name(),
            goodness.p_value
        )),
        Some(_) if (mean / out.mean - 1.0).abs() > OFF => out.cautions.push(format!(
            "the mean of this {} is {} % of the measured one",
            best.family.name(),
            (100.0 * mean / out.mean).round()
        )),
        Some(_) => {}
    }
    if best.family == Family::Pareto && best.parameters["shape"].value < 3.0 {
        let moment =
            if best.parameters["shape"].value <= 2.0 { "variance" } else { "third moment" };
        out.cautions
            .push(format!("this tail has no finite {moment}: means of waits settle slowly"));
    }
}

/// An amount as a model file has it: a span with its unit, or a plain number of bytes.
fn amount(value: f64, quantity: Quantity) -> Value {
    match quantity {
        Quantity::Seconds if value == 0.0 || value >= 1e-5 => {
            json!(duration::format(Duration::from_secs_f64(rounded(value))))
        }
        Quantity::Seconds | Quantity::Bytes => number(value),
    }
}

fn number(value: f64) -> Value {
    let value = rounded(value);
    if value.fract() == 0.0 && value.abs() < 1e15 { json!(value as i64) } else { json!(value) }
}

/// Returns the value with five significant digits.
fn rounded(value: f64) -> f64 {
    format!("{value:.4e}").parse().expect("a number that was printed is read back")
}
