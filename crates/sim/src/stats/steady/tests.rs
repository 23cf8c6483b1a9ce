use tenfold_units::random::Stream;
use tenfold_units::{Instant, Seed, math};

use super::super::{RatioTally, Tally, Throughput, TimeAverage};
use super::*;

fn stream(seed: u64) -> Stream {
    Seed(seed).stream("stats")
}

/// Records `count` samples of a first-order autoregressive series around 10, whose correlation
/// length is (1 + `memory`) ÷ (1 − `memory`).
fn autoregressive(seed: u64, count: u64, memory: f64) -> Tally {
    let mut stream = stream(seed);
    let mut tally = Tally::default();
    let mut state = 0.0;
    for _ in 0..count {
        state = memory * state + (1.0 - memory * memory).sqrt() * stream.normal();
        tally.record(10.0 + state);
    }
    tally
}

fn held(estimate: &Estimate, truth: f64) -> bool {
    estimate.interval().is_some_and(|(low, high)| low <= truth && truth <= high)
}

#[test]
fn intervals_of_correlated_samples_hold_the_truth() {
    let runs = 300;
    let z99 = 2.326_347_874;
    let mut counts = [0; 3];
    for seed in 0..runs {
        let summary = autoregressive(seed, 130_000, 0.8).summary(Tail::Light).unwrap();
        let figures = [(summary.mean, 10.0), (summary.p50, 10.0), (summary.p99, 10.0 + z99)];
        for (count, (estimate, truth)) in counts.iter_mut().zip(figures) {
            *count += u32::from(held(&estimate, truth));
        }
    }
    // 95 % of 300 are 285, four standard errors are 15.
    assert!(counts.iter().all(|count| (270..=300).contains(count)), "{counts:?}");
}

#[test]
fn the_correlation_length_is_found() {
    let tally = autoregressive(1, 1_000_000, 0.9);
    let mut batches = SampleBatches::default();
    let mut stream = stream(1);
    let mut state = 0.0;
    for _ in 0..1_000_000 {
        state = 0.9 * state + (1.0_f64 - 0.81).sqrt() * stream.normal();
        if batches.record(10.0 + state) {
            batches.next_batch();
        }
    }
    let steady = Steady::of(batches.sums()).unwrap();
    let length = steady.correlation_length(batches.size() as f64, tally.histogram().variance());
    assert!((length / 19.0 - 1.0).abs() < 0.15, "{length}");
}

#[test]
fn too_little_data_has_a_value_and_no_interval() {
    let summary = autoregressive(1, 1_000, 0.0).summary(Tail::Light).unwrap();
    assert!((summary.mean.value - 10.0).abs() < 0.2);
    assert_eq!(summary.mean.interval(), None);
    // Enough for the mean, not for what is rare.
    let summary = autoregressive(1, 20_000, 0.0).summary(Tail::Light).unwrap();
    assert!(summary.mean.interval().is_some() && summary.p99.interval().is_some());
    assert_eq!(summary.p999.interval(), None);
    // As many, but each says the same as its neighbors.
    let summary = autoregressive(1, 20_000, 0.999).summary(Tail::Light).unwrap();
    assert_eq!(summary.mean.interval(), None);
    assert_eq!(summary.p50.interval(), None);
    assert!(Tally::default().summary(Tail::Light).is_none());
}

#[test]
fn a_heavy_tail_has_no_interval() {
    let summary = autoregressive(1, 100_000, 0.0).summary(Tail::Heavy).unwrap();
    assert_eq!(summary.mean.interval(), None);
    assert_eq!(summary.p50.interval(), None);
    assert!((summary.p50.value - 10.0).abs() < 0.1);
}

#[test]
fn a_mean_of_rare_giants_has_no_interval() {
    let mut stream = stream(3);
    let mut tally = Tally::default();
    (0..200_000).for_each(|_| tally.record(if stream.chance(2e-5) { 1e4 } else { 1.0 }));
    let summary = tally.summary(Tail::Light).unwrap();
    assert_eq!(summary.mean.interval(), None);
    assert!(summary.p99.interval().is_some());
}

#[test]
fn the_warm_up_is_cut_off() {
    let mut stream = stream(4);
    let mut tally = Tally::default();
    for index in 0..200_000 {
        // A start at 30 that fades over a tenth of the run.
        let start = 20.0 * math::exp(-f64::from(index) / 10_000.0);
        tally.record(10.0 + start + stream.normal().abs());
    }
    let truth = 10.0 + (2.0 / core::f64::consts::PI).sqrt();
    let mean = tally.summary(Tail::Light).unwrap().mean;
    assert!((mean.value - truth).abs() < 0.05, "{mean:?}");
    assert!((tally.mean() - truth).abs() > 0.5);
}

#[test]
fn a_drift_has_no_interval() {
    let mut stream = stream(5);
    let mut tally = Tally::default();
    for index in 0..200_000 {
        tally.record(f64::from(index) / 1e4 + stream.exponential());
    }
    let summary = tally.summary(Tail::Light).unwrap();
    assert_eq!(summary.mean.interval(), None);
    assert_eq!(summary.p50.interval(), None);
}

#[test]
fn a_constant_is_known_exactly() {
    let mut tally = Tally::default();
    (0..20_000).for_each(|_| tally.record(0.3));
    let summary = tally.summary(Tail::Light).unwrap();
    assert_eq!(summary.p99.interval(), Some((0.3, 0.3)));
    let (low, high) = summary.mean.interval().unwrap();
    assert!((low - 0.3).abs() < 1e-9 && (high - 0.3).abs() < 1e-9);
}

#[test]
fn ratios_hold_the_truth_and_rare_ones_wait() {
    let mut held_count = 0;
    for seed in 0..300 {
        let mut stream = stream(seed);
        let mut tally = RatioTally::default();
        (0..20_000).for_each(|_| tally.record(stream.chance(0.02)));
        held_count += u32::from(held(&tally.estimate().unwrap(), 0.02));
    }
    assert!((270..=300).contains(&held_count), "{held_count}");
    let mut tally = RatioTally::default();
    let mut stream = stream(1);
    (0..20_000).for_each(|_| tally.record(stream.chance(0.001)));
    assert_eq!(tally.estimate().unwrap().interval(), None);
    assert!(RatioTally::default().estimate().is_none());
}

/// A server that is busy and idle for exponential times, 30 % of the time busy.
#[test]
fn time_averages_and_throughputs_hold_the_truth() {
    let (mut busy_held, mut rate_held) = (0, 0);
    for seed in 0..200 {
        let mut stream = stream(seed);
        let mut now = 0.0;
        let mut busy = TimeAverage::new(Instant::ZERO);
        let mut rate = Throughput::new(Instant::ZERO);
        for _ in 0..10_000 {
            now += 0.7 * stream.exponential();
            busy.set(Instant::from_secs_f64(now), 1.0);
            now += 0.3 * stream.exponential();
            busy.add(Instant::from_secs_f64(now), -1.0);
            rate.record(Instant::from_secs_f64(now));
        }
        assert_eq!(busy.level(), 0.0);
        assert_eq!(rate.count(), 10_000);
        busy_held += u32::from(held(&busy.estimate(Tail::Light).unwrap(), 0.3));
        rate_held += u32::from(held(&rate.estimate().unwrap(), 1.0));
    }
    // 95 % of 200 are 190, four standard errors are 12.
    assert!((178..=200).contains(&busy_held), "{busy_held}");
    assert!((178..=200).contains(&rate_held), "{rate_held}");
}

#[test]
fn a_level_that_never_changes_is_known_exactly() {
    let mut level = TimeAverage::new(Instant::from_secs_f64(5.0));
    level.set(Instant::from_secs_f64(5.0), 3.0);
    level.advance(Instant::from_secs_f64(500.0));
    assert_eq!(level.estimate(Tail::Light).unwrap().interval(), Some((3.0, 3.0)));
    assert!(TimeAverage::new(Instant::ZERO).estimate(Tail::Light).is_none());
    level.reset(Instant::from_secs_f64(600.0));
    level.advance(Instant::from_secs_f64(601.0));
    assert_eq!(level.average(), 3.0);
}
