//! Data from known distributions, fitted again.

use tenfold_sim::Distribution;
use tenfold_units::{Seed, math};

use crate::{Buckets, Family, Fit, Measured, Quantity, Test, Values, fit};

fn drawn(text: &str, count: usize, seed: u64) -> Vec<f64> {
    let distribution: Distribution = serde_json::from_str(text).unwrap();
    let sampler = distribution.sampler();
    let mut stream = Seed(seed).stream("data");
    (0..count).map(|_| sampler.draw(&mut stream)).collect()
}

fn measured(values: Values) -> Measured {
    Measured {
        name: "x".to_owned(),
        quantity: Quantity::Seconds,
        values,
        dropped: Vec::new(),
        notes: Vec::new(),
    }
}

fn of_samples(text: &str, count: usize, seed: u64) -> Fit {
    fit(&measured(Values::Samples(drawn(text, count, seed))), Seed(1))
}

/// Counts values into buckets that grow by `factor` from `first`.
fn counted(values: &[f64], first: f64, factor: f64, buckets: u32) -> Buckets {
    let bounds: Vec<f64> = (0..buckets).map(|i| first * math::powi(factor, i)).collect();
    let up_to = |bound: f64| values.iter().filter(|x| **x <= bound).count() as f64;
    let mut below = 0.0;
    let bounded = bounds
        .iter()
        .map(|bound| {
            let count = up_to(*bound) - below;
            below += count;
            (*bound, count)
        })
        .collect();
    let sum = Some(values.iter().sum());
    Buckets { bounded, beyond: values.len() as f64 - below, sum }
}

/// Each family with its parameters, and their standard errors for 10,000 samples, times 100: the
/// inverse Fisher information where it is in closed form.
const KNOWN: [(&str, Family, [f64; 2], [f64; 2]); 9] = [
    // mean ÷ √n
    (r#"{"exponential":{"mean":"200ms"}}"#, Family::Exponential, [0.2, 0.0], [0.2, 0.0]),
    // mean ÷ √(k n)
    (r#"{"erlang":{"mean":"1s","stages":4}}"#, Family::Erlang, [1.0, 4.0], [0.5, 0.0]),
    // var(ln mean) = σ² + σ⁴ / 2, var(cv) = (dcv/dσ)² σ² / 2, with σ² = ln 2
    (
        r#"{"lognormal":{"mean":"50ms","cv":1}}"#,
        Family::Lognormal,
        [0.05, 1.0],
        [0.048_31, 0.980_3],
    ),
    // mean · cv; cv³ / 2 · √(1 / (ψ'(k) - 1/k)) with k = 1 / 0.64
    (r#"{"gamma":{"mean":"3s","cv":0.8}}"#, Family::Gamma, [3.0, 0.8], [2.4, 0.516_5]),
    // Inverse of the information of (ln scale, shape), and 0.7797 · shape
    (r#"{"weibull":{"mean":"1s","shape":0.6}}"#, Family::Weibull, [1.0, 0.6], [1.731, 0.467_8]),
    (r#"{"weibull":{"mean":"1s","shape":2}}"#, Family::Weibull, [1.0, 2.0], [0.522_2, 1.559]),
    // The information by quadrature of the density's derivatives.
    (
        r#"{"hyperexponential":{"mean":"1s","cv":3}}"#,
        Family::Hyperexponential,
        [1.0, 3.0],
        [1.168, 6.560],
    ),
    // shape; minimum ÷ (shape - 1)² · shape
    (r#"{"pareto":{"mean":"1s","shape":2.5}}"#, Family::Pareto, [1.0, 2.5], [0.667, 2.5]),
    (r#"{"uniform":{"low":"1s","high":"3s"}}"#, Family::Uniform, [1.0, 3.0], [0.02, 0.02]),
];

#[test]
fn samples_of_a_family_are_found_to_be_of_it() {
    for (text, family, known, errors) in KNOWN {
        let found = of_samples(text, 10_000, 3);
        assert_eq!(found.best, Some(family), "{text}: {:#?}", found.families);
        let best = found.families.iter().find(|fit| fit.family == family).unwrap();
        for (index, estimate) in best.parameters.values().enumerate() {
            let error = errors[index] / 100.0;
            let off = (estimate.value - known[index]).abs();
            assert!(off <= 4.0 * error, "{text}: {estimate:?} is {off} off, error {error}");
            // The printed interval is 3.92 standard errors wide.
            if let Some((low, high)) = estimate.interval() {
                let wide = (high - low) / (3.92 * error);
                assert!((0.85..1.15).contains(&wide), "{text}: {wide} {estimate:?}");
            }
        }
        let goodness = found.goodness.unwrap();
        assert_eq!(goodness.test, Test::KolmogorovSmirnov);
        assert!(goodness.p_value > 0.01, "{text}: {goodness:?}");
        assert_eq!(found.block, best.block);
        assert_eq!(
            serde_json::from_value::<Distribution>(found.block).unwrap().checked().err(),
            None
        );
        serde_json::from_value::<Distribution>(found.empirical).unwrap().checked().unwrap();
    }
}

#[test]
fn histograms_of_a_family_are_found_to_be_of_it() {
    for (text, family, known, errors) in KNOWN {
        if matches!(family, Family::Pareto | Family::Uniform) {
            // Where the support begins or ends inside a bucket cannot be told to a spacing.
            continue;
        }
        let values = drawn(text, 10_000, 4);
        let buckets = counted(&values, known[0] / 64.0, core::f64::consts::SQRT_2, 24);
        let found = fit(&measured(Values::Buckets(buckets)), Seed(1));
        assert_eq!(found.best, Some(family), "{text}: {:#?}", found.families);
        let best = found.families.iter().find(|fit| fit.family == family).unwrap();
        for (index, estimate) in best.parameters.values().enumerate() {
            // Counting into buckets loses a little information.
            let error = 1.2 * errors[index] / 100.0;
            let off = (estimate.value - known[index]).abs();
            assert!(off <= 4.0 * error, "{text}: {estimate:?} is {off} off, error {error}");
        }
        let goodness = found.goodness.unwrap();
        assert_eq!(goodness.test, Test::ChiSquare);
        assert!(goodness.p_value > 0.01, "{text}: {goodness:?}");
    }
}

/// Under the law itself p-values are spread evenly, also with fitted parameters.
#[test]
fn tests_of_fit_refuse_the_truth_as_rarely_as_they_say() {
    let runs = 200;
    let samples = (0..runs).filter(|seed| {
        let text = r#"{"lognormal":{"mean":"1s","cv":0.8}}"#;
        let values = measured(Values::Samples(drawn(text, 120, 100 + seed)));
        let found = fit(&values, Seed(*seed));
        found.best == Some(Family::Lognormal) && found.goodness.unwrap().p_value <= 0.1
    });
    // 10 % of 200 within four standard errors; those that another family explains better are gone.
    let refused = samples.count();
    assert!((3..=37).contains(&refused), "{refused}");
    let histograms = (0..runs).filter(|seed| {
        let values = drawn(r#"{"exponential":{"mean":"1s"}}"#, 2_000, 900 + seed);
        let buckets = counted(&values, 0.05, 1.6, 10);
        let found = crate::goodness::of_buckets(
            &buckets,
            Family::Exponential,
            buckets.likeliest(Family::Exponential).unwrap(),
        );
        found.unwrap().p_value <= 0.1
    });
    let refused = histograms.count();
    assert!((3..=37).contains(&refused), "{refused}");
}

#[test]
fn a_mixture_that_no_family_has_gets_the_empirical_block() {
    let mut values = drawn(r#"{"lognormal":{"mean":"10ms","cv":0.2}}"#, 3_000, 1);
    values.extend(drawn(r#"{"lognormal":{"mean":"1s","cv":0.2}}"#, 3_000, 2));
    let buckets = counted(&values, 0.001, 1.5, 20);
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    // In a fixed but shuffled order, or each value would tell of the next.
    let order: Vec<f64> = (0..values.len()).map(|i| values[i * 7_919 % values.len()]).collect();
    // The middles of buckets that are half as wide as they are high are a little off.
    for (values, off) in [(Values::Samples(order), 1e-3), (Values::Buckets(buckets), 0.04)] {
        let found = fit(&measured(values), Seed(1));
        assert!(found.goodness.as_ref().unwrap().p_value < 0.01);
        assert!(found.cautions.iter().any(|text| text.starts_with("no family fits")), "{found:?}");
        assert_eq!(found.block, found.empirical);
        let block: Distribution = serde_json::from_value(found.block).unwrap();
        assert!((block.mean() / mean - 1.0).abs() < off, "{} {mean}", block.mean());
    }
}

#[test]
fn what_cannot_be_known_is_said() {
    let few = of_samples(r#"{"exponential":{"mean":"1s"}}"#, 40, 1);
    assert!(few.cautions[0].starts_with("40 measurements"), "{:?}", few.cautions);
    let values = drawn(r#"{"exponential":{"mean":"1s"}}"#, 5_000, 1);
    let cut = fit(&measured(Values::Buckets(counted(&values, 0.1, 1.7, 6))), Seed(1));
    assert!(cut.cautions.iter().any(|text| text.contains("lie above the last bound")), "{cut:?}");
    let coarse = values.iter().map(|x| (x * 10.0).round() / 10.0).collect();
    let coarse = fit(&measured(Values::Samples(coarse)), Seed(1));
    assert!(coarse.cautions.iter().any(|text| text.contains("are 0")), "{:?}", coarse.cautions);
    assert!(coarse.cautions.iter().any(|text| text.contains("different values")));
    let walk: Vec<f64> = values.windows(5).map(|five| five.iter().sum()).collect();
    let walk = fit(&measured(Values::Samples(walk)), Seed(1));
    assert!(
        walk.cautions.iter().any(|text| text.contains("correlation 0.")),
        "{:?}",
        walk.cautions
    );
    let same = fit(&measured(Values::Samples(vec![0.25; 500])), Seed(1));
    assert_eq!(
        (same.best, same.block.to_string()),
        (None, r#"{"deterministic":"250ms"}"#.to_owned())
    );
    let heavy = of_samples(r#"{"pareto":{"mean":"1s","shape":1.6}}"#, 5_000, 1);
    assert!(heavy.cautions.iter().any(|text| text.contains("no finite variance")), "{heavy:?}");
}

#[test]
fn the_unit_does_not_matter() {
    let values = drawn(r#"{"gamma":{"mean":"1s","cv":0.7}}"#, 4_000, 8);
    let small: Vec<f64> = values.iter().map(|x| x * 1e-4).collect();
    let found = [values, small].map(|values| fit(&measured(Values::Samples(values)), Seed(1)));
    let parameters = found.each_ref().map(|fit| {
        let best = fit.families.iter().find(|one| Some(one.family) == fit.best).unwrap();
        (best.parameters["mean"], best.parameters["cv"])
    });
    assert_eq!(found[0].best, found[1].best);
    assert!((parameters[0].0.value * 1e-4 / parameters[1].0.value - 1.0).abs() < 1e-9);
    assert!((parameters[0].1.value / parameters[1].1.value - 1.0).abs() < 1e-6);
}
