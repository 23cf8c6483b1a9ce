use proptest::prelude::*;

use super::*;
use crate::vectors::{each_file, float, list, number, text};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn limits_are_netflixs() {
    each_file("concurrency", |_, file| {
        let traces = list(&file["traces"]);
        let mut ran = 0;
        for trace in traces {
            let config = &trace["config"];
            let whole = |name: &str| number(&config[name]) as u32;
            let algorithm = match text(&config["algo"]) {
                "aimd" => ConcurrencyAlgorithm::Aimd {
                    backoff: float(&config["backoff_ratio"]),
                    timeout: Duration::from_micros(number(&config["timeout_us"])),
                },
                "gradient2" => ConcurrencyAlgorithm::Gradient2 {
                    smoothing: float(&config["smoothing"]),
                    tolerance: float(&config["rtt_tolerance"]),
                    long_window: whole("long_window"),
                    queue: float(&config["queue_size"]),
                    backoff_on_drop: 1.0,
                },
                other => panic!("unknown algorithm {other}"),
            };
            let (initial, min, max) = (whole("initial"), whole("min"), whole("max"));
            let options = ConcurrencyLimitOptions { initial, min, max, algorithm };
            let mut limit = ConcurrencyLimit::new(options).unwrap();
            for (i, row) in list(&trace["rows"]).iter().enumerate() {
                let latency = Duration::from_micros(number(&row[0]));
                limit.sample(latency, number(&row[1]) as u32, row[2].as_bool().unwrap());
                assert_eq!(u64::from(limit.limit()), number(&row[3]), "{config} {i} {row}");
                ran += 1;
            }
        }
        assert_eq!(ran, traces.iter().map(|t| list(&t["rows"]).len()).sum::<usize>());
        Some(ran)
    });
}

#[test]
fn aimd_falls_on_drops_and_timeouts_and_grows_when_used() {
    let mut options = ConcurrencyLimitOptions::netflix_aimd();
    options.initial = 100;
    let mut limit = ConcurrencyLimit::new(options).unwrap();
    limit.sample(ms(1), 50, false);
    assert_eq!(limit.limit(), 101, "half is in use");
    limit.sample(ms(1), 50, false);
    assert_eq!(limit.limit(), 101, "less than half");
    limit.sample(ms(1), 90, true);
    assert_eq!(limit.limit(), 90);
    limit.sample(ms(5_000), 90, false);
    assert_eq!(limit.limit(), 91, "not longer than the time-out");
    limit.sample(ms(5_001), 90, false);
    assert_eq!(limit.limit(), 81);
    (0..100).for_each(|_| limit.sample(ms(1), 90, true));
    assert_eq!(limit.limit(), 20);
}

#[test]
fn gradient_sees_drops_if_told_so() {
    let mut options = ConcurrencyLimitOptions::netflix_gradient2();
    options.initial = 100;
    let drops = |options| {
        let mut limit = ConcurrencyLimit::new(options).unwrap();
        (0..50).for_each(|_| limit.sample(ms(1), 100, true));
        limit.limit()
    };
    assert!(drops(options) >= 100, "Netflix's ignores them");
    let ConcurrencyAlgorithm::Gradient2 { backoff_on_drop, .. } = &mut options.algorithm else {
        panic!("it is one")
    };
    *backoff_on_drop = 0.9;
    assert_eq!(drops(options), 20);
}

#[test]
fn no_more_than_the_limit_is_in_flight() {
    let mut limit = ConcurrencyLimit::new(ConcurrencyLimitOptions::netflix_aimd()).unwrap();
    let permits: Vec<_> = core::iter::from_fn(|| limit.try_acquire()).collect();
    assert_eq!((permits.len(), limit.in_flight()), (20, 20));
    for permit in permits {
        limit.release(permit, ConcurrencyOutcome::Ignored, ms(9_999));
    }
    assert_eq!((limit.limit(), limit.in_flight()), (20, 0), "what is ignored is no sample");
}

#[test]
fn options_are_checked_and_replaced() {
    let mut bad = ConcurrencyLimitOptions::netflix_aimd();
    (bad.min, bad.max, bad.initial) = (0, 5, 9);
    assert_eq!(ConcurrencyLimit::new(bad).unwrap_err().problems().len(), 2);
    let mut limit = ConcurrencyLimit::new(ConcurrencyLimitOptions::netflix_aimd()).unwrap();
    (0..30).for_each(|_| limit.sample(ms(1), 100, false));
    assert_eq!(limit.limit(), 50);
    let lower = ConcurrencyLimitOptions { max: 40, ..ConcurrencyLimitOptions::netflix_gradient2() };
    limit.set_options(lower).unwrap();
    assert_eq!(limit.limit(), 40);
    let text = serde_saphyr::to_string(&lower).unwrap();
    assert_eq!(serde_saphyr::from_str::<ConcurrencyLimitOptions>(&text).unwrap(), lower);
}

proptest! {
    #[test]
    fn the_limit_stays_in_its_bounds(
        gradient in any::<bool>(),
        samples in proptest::collection::vec((0_u64..2_000, 0_u32..300, any::<bool>()), 1..200),
    ) {
        let options = if gradient {
            ConcurrencyLimitOptions::netflix_gradient2()
        } else {
            ConcurrencyLimitOptions::netflix_aimd()
        };
        let mut limit = ConcurrencyLimit::new(options).unwrap();
        for (latency, in_flight, dropped) in samples {
            limit.sample(Duration::from_micros(latency), in_flight, dropped);
            prop_assert!((20..=200).contains(&limit.limit()));
        }
    }
}
