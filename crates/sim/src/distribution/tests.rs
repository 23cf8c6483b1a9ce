use std::collections::BTreeMap;

use tenfold_units::Seed;

use super::*;

/// Every kind of distribution, with parameters on both sides of every special case.
const ALL: [&str; 17] = [
    "{deterministic: 1s}",
    "{exponential: {mean: 200ms}}",
    "{erlang: {mean: 1s, stages: 1}}",
    "{erlang: {mean: 1s, stages: 4}}",
    "{erlang: {mean: 2s, stages: 20}}",
    "{hyperexponential: {mean: 1s, cv: 1}}",
    "{hyperexponential: {mean: 1s, cv: 3}}",
    "{lognormal: {mean: 500ms, cv: 0.3}}",
    "{lognormal: {mean: 1s, cv: 1}}",
    "{gamma: {mean: 1s, cv: 0.5}}",
    "{gamma: {mean: 1s, cv: 2}}",
    "{weibull: {mean: 1s, shape: 0.7}}",
    "{weibull: {mean: 1s, shape: 2}}",
    "{pareto: {mean: 1s, shape: 9}}",
    "{uniform: {low: 1s, high: 2}}",
    "{uniform: {low: 1s, high: 1s}}",
    "{empirical: [[1s, 3], [5, 1], [2s, 0], [0.1s, 0.5]]}",
];

fn read(text: &str) -> Distribution {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn samples(distribution: &Distribution, count: usize) -> Vec<f64> {
    let sampler = distribution.sampler();
    let mut stream = Seed(5).stream("samples");
    (0..count).map(|_| sampler.draw(&mut stream)).collect()
}

#[test]
fn text_and_back() {
    for text in ALL {
        let distribution = read(text);
        let json = serde_json::to_string(&distribution).unwrap();
        assert_eq!(serde_json::from_str::<Distribution>(&json).unwrap(), distribution, "{json}");
    }
}

#[test]
fn samples_have_the_moments() {
    let count = 400_000;
    for text in ALL {
        let distribution = read(text);
        let samples = samples(&distribution, count);
        let average = |f: &dyn Fn(f64) -> f64| {
            samples.iter().map(|sample| f(*sample)).sum::<f64>() / count as f64
        };
        let mean = average(&|x| x);
        let variance = average(&|x| (x - mean) * (x - mean));
        let fourth = average(&|x| (x - mean) * (x - mean) * (x - mean) * (x - mean));
        let expected = distribution.squared_cv() * distribution.mean() * distribution.mean();
        let error = 4.0 * (variance / count as f64).sqrt() + 1e-12;
        assert!((mean - distribution.mean()).abs() <= error, "{text}: mean {mean}");
        let error = 4.0 * ((fourth - variance * variance).max(0.0) / count as f64).sqrt() + 1e-12;
        assert!((variance - expected).abs() <= error, "{text}: variance {variance}, {expected}");
    }
}

/// P(X <= x), where it is continuous.
fn probability(distribution: &Distribution, x: f64) -> Option<f64> {
    let mean = distribution.mean();
    Some(match distribution {
        Distribution::Exponential { .. } => 1.0 - math::exp(-x / mean),
        Distribution::Erlang { stages, .. } => {
            let shape = f64::from(*stages);
            lower_gamma(shape, x / mean * shape)
        }
        Distribution::Hyperexponential { cv, .. } => {
            let p = 0.5 * (1.0 + ((cv * cv - 1.0) / (cv * cv + 1.0)).sqrt());
            let tail = |p: f64| p * math::exp(-2.0 * p * x / mean);
            1.0 - tail(p) - tail(1.0 - p)
        }
        Distribution::Lognormal { cv, .. } => {
            let variance = math::ln_1p(cv * cv);
            let z = (math::ln(x / mean) + variance / 2.0) / variance.sqrt();
            0.5 * math::erfc(-z / 2.0_f64.sqrt())
        }
        Distribution::Gamma { cv, .. } => {
            let shape = 1.0 / (cv * cv);
            lower_gamma(shape, x / mean * shape)
        }
        Distribution::Weibull { shape, .. } => {
            let scale = mean / math::exp(math::ln_gamma(1.0 + 1.0 / shape));
            1.0 - math::exp(-math::powf(x / scale, *shape))
        }
        Distribution::Pareto { shape, .. } => {
            1.0 - math::powf((mean * (shape - 1.0) / shape / x).min(1.0), *shape)
        }
        Distribution::Uniform { low, high } if low < high => {
            (x - low.as_secs_f64()) / (high.as_secs_f64() - low.as_secs_f64())
        }
        Distribution::Uniform { .. }
        | Distribution::Deterministic(_)
        | Distribution::Empirical(_) => return None,
    })
}

/// The regularized lower incomplete gamma function (Abramowitz and Stegun 6.5.29).
fn lower_gamma(shape: f64, x: f64) -> f64 {
    let mut term = math::exp(shape * math::ln(x) - x - math::ln_gamma(shape + 1.0));
    let mut sum = term;
    for n in 1..1_000 {
        term *= x / (shape + f64::from(n));
        sum += term;
    }
    sum
}

#[test]
fn samples_have_the_distribution() {
    // Kolmogorov and Smirnov: sqrt(n) D exceeds 1.95 in one of a thousand samples.
    let count = 50_000;
    let mut tried = 0;
    for text in ALL {
        let distribution = read(text);
        if probability(&distribution, 1.0).is_none() {
            continue;
        }
        let mut samples = samples(&distribution, count);
        samples.sort_by(f64::total_cmp);
        let farthest = samples
            .iter()
            .enumerate()
            .map(|(rank, x)| {
                let p = probability(&distribution, *x).expect("it is continuous");
                let below = rank as f64 / count as f64;
                (p - below).abs().max((below + 1.0 / count as f64 - p).abs())
            })
            .fold(0.0, f64::max);
        assert!(farthest * (count as f64).sqrt() < 1.95, "{text}: {farthest}");
        tried += 1;
    }
    assert_eq!(tried, 14);
}

#[test]
fn empirical_samples_have_the_weights() {
    let samples = samples(&read("{empirical: [[1s, 3], [5s, 1], [2s, 0]]}"), 100_000);
    let share = |x: f64| samples.iter().filter(|s| **s == x).count() as f64 / 1e5;
    assert!((share(1.0) - 0.75).abs() < 0.006 && (share(5.0) - 0.25).abs() < 0.006);
    assert_eq!(share(2.0), 0.0);
}

#[test]
fn moments_are_finite_or_not() {
    let pareto = read("{pareto: {mean: 1s, shape: 2.5}}");
    assert!(pareto.has_moment(2) && !pareto.has_moment(3));
    assert!(pareto.squared_cv().is_finite());
    assert!(read("{pareto: {mean: 1s, shape: 2}}").squared_cv().is_infinite());
    assert!(read("{lognormal: {mean: 1s, cv: 9}}").has_moment(4));
    assert_eq!(read("{uniform: {low: 0s, high: 0s}}").squared_cv(), 0.0);
}

#[test]
fn refusals_say_where_and_what_would_help() {
    for (text, help) in [
        ("{exponential: {mean: 0s}}", "`deterministic: 0s`"),
        ("{exponential: {mean: 5m}}", "`5min` or `5ms`"),
        ("{exponential: {mean: -1}}", "at least 0"),
        ("{erlang: {mean: 1s, stages: 0}}", "at least 1 stage"),
        ("{hyperexponential: {mean: 1s, cv: 0.5}}", "erlang, gamma or lognormal"),
        ("{lognormal: {mean: 1s, cv: 0}}", "`deterministic`"),
        ("{gamma: {mean: 1s, cv: .nan}}", "above 0"),
        ("{weibull: {mean: 1s, shape: 0}}", "above 0"),
        ("{pareto: {mean: 1s, shape: 1}}", "no mean"),
        ("{uniform: {low: 2s, high: 1s}}", "exchange"),
        ("{empirical: []}", "[[1s, 1]]"),
        ("{empirical: [[1s, -1]]}", "at least 0"),
        ("{exponential: {mean: 1s, cv: 2}}", "cv"),
        ("{normal: {mean: 1s}}", "exponential"),
    ] {
        let yaml = format!("# a comment\nservice_time: {text}\n");
        let error = serde_saphyr::from_str::<BTreeMap<String, Distribution>>(&yaml);
        let error = error.expect_err(text).to_string();
        assert!(error.contains(help), "{text}: {error}");
        assert!(error.contains("line 2"), "{text}: {error}");
    }
}
