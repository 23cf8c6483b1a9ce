use tenfold_units::math;

use super::close;
use crate::{Mm1, Mmc, PathLatency, quorum_mean};

const STEP: f64 = 0.01;
const CELLS: usize = 4_000;

fn exponential(mean: f64) -> PathLatency {
    PathLatency::from_tail(STEP, CELLS, |t| math::exp(-t / mean)).unwrap()
}

#[test]
fn a_line_of_stations_has_its_closed_form() {
    // Two M/M/1 stations with mean responses 2 and 1: P(sum > t) = 2 e^(-t/2) - e^-t.
    let (front, back) = (Mm1::new(0.5, 1.0).unwrap(), Mm1::new(0.5, 2.0 / 3.0).unwrap());
    let sum = exponential(front.mean_response()).then(&exponential(back.mean_response()));
    close(sum.mean(), 3.0, 1e-5);
    for p in [0.5, 0.9, 0.99, 0.999] {
        let t = sum.percentile(p).unwrap();
        close(2.0 * math::exp(-t / 2.0) - math::exp(-t), 1.0 - p, 1e-3);
    }
    // A hundred equal stations of mean 0.1 make an Erlang with mean 10 and deviation 1.
    let one = exponential(0.1);
    let many = (1..100).fold(one.clone(), |sum, _| sum.then(&one));
    close(many.mean(), 10.0, 1e-3);
    close(many.percentile(0.5).unwrap(), 9.966_9, 1e-3);
    close(many.percentile(0.99).unwrap(), 12.472_2, 1e-3);
}

#[test]
fn constants_shift_and_hits_mix() {
    let served = exponential(1.0);
    let network = served.constant_like(0.123_4);
    close(network.mean(), 0.123_4, 1e-9);
    let answer = network.then(&served);
    close(answer.mean(), 1.123_4, 1e-4);
    close(answer.percentile(0.99).unwrap(), 0.123_4 + math::ln(100.0), 1e-3);
    // 90 % hits of 10 ms, misses exponential: p99 is the miss's p90.
    let mixed = served.constant_like(0.01).or(0.9, &served);
    close(mixed.percentile(0.99).unwrap(), math::ln(10.0), 1e-3);
    assert!(mixed.percentile(0.5).unwrap() < 0.02);
    close(mixed.mean(), 0.9 * 0.01 + 0.1, 1e-3);
}

#[test]
fn quorums_on_a_grid_are_order_statistics() {
    let answer = exponential(1.0);
    for (k, n) in [(1, 3), (2, 3), (3, 3), (2, 2)] {
        let quorum = answer.quorum(k, n).unwrap();
        close(quorum.mean(), quorum_mean(k, n, 1.0).unwrap(), 1e-3);
    }
    let all = answer.quorum(100, 100).unwrap();
    close(all.percentile(0.5).unwrap(), -math::ln(1.0 - math::powf(0.5, 0.01)), 1e-3);
    assert!(answer.quorum(4, 3).is_err());
}

#[test]
fn a_shared_queue_keeps_its_percentiles() {
    let queue = Mmc::new(3.5, 1.0, 4).unwrap();
    let grid = PathLatency::from_tail(0.02, 4_000, |t| queue.response_tail(t)).unwrap();
    close(grid.percentile(0.99).unwrap(), queue.response_percentile(0.99), 1e-4);
    close(grid.mean(), queue.mean_response(), 1e-4);
}

#[test]
fn what_the_grid_cannot_hold_is_said() {
    let short = PathLatency::from_tail(0.01, 100, |t| math::exp(-t)).unwrap();
    close(short.beyond(), math::exp(-0.995), 1e-12);
    assert_eq!(short.percentile(0.99), None);
    assert_eq!(short.constant_like(5.0).beyond(), 1.0);
    assert!(short.then(&short).beyond() > short.beyond());
    assert!(PathLatency::from_tail(0.01, 100, |t| t).is_err());
    assert!(PathLatency::from_tail(0.0, 100, |_| 0.0).is_err());
}
