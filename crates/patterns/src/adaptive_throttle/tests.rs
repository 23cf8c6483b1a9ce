use tenfold_units::Seed;

use super::*;

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

fn throttle() -> AdaptiveThrottle {
    AdaptiveThrottle::new(AdaptiveThrottleOptions::sre_book()).unwrap()
}

#[test]
fn holds_nothing_back_while_half_is_accepted() {
    let (mut throttle, mut stream) = (throttle(), Seed(1).stream("t"));
    for i in 0..1_000 {
        assert!(throttle.admit(at(i), &mut stream).is_admitted());
        if i % 2 == 0 {
            throttle.accepted(at(i));
        }
    }
}

#[test]
fn an_overloaded_server_gets_about_k_times_what_it_accepts() {
    let (mut throttle, mut stream) = (throttle(), Seed(1).stream("t"));
    let mut sent = 0;
    for i in 0..200_000_u64 {
        // It accepts 100 a second of 1,000.
        if throttle.admit(at(i), &mut stream).is_admitted() && i >= 120_000 {
            sent += 1;
        }
        if i % 10 == 0 {
            throttle.accepted(at(i));
        }
    }
    let rate = f64::from(sent) / 80.0;
    assert!((rate - 200.0).abs() < 15.0, "{rate}");
}

#[test]
fn the_floor_lets_it_find_out_that_the_server_is_back() {
    let (mut throttle, mut stream) = (throttle(), Seed(1).stream("t"));
    let mut sent = 0;
    for i in 0..1_200_000_u64 {
        sent += u32::from(throttle.admit(at(i), &mut stream).is_admitted() && i >= 600_000);
    }
    assert!(sent >= 2, "with nothing accepted for ten minutes: {sent}");
    // Each accepted request lets two more through: about window / 2 × ln(requests a window).
    for i in 0..1_200_000_u64 {
        let now = at(1_200_000 + i);
        if throttle.admit(now, &mut stream).is_admitted() {
            throttle.accepted(now);
        }
    }
    assert_eq!(throttle.refusal_probability(at(2_400_000)), 0.0);
}

#[test]
fn the_window_forgets() {
    let (mut throttle, mut stream) = (throttle(), Seed(1).stream("t"));
    for _ in 0..100 {
        let _ = throttle.admit(at(0), &mut stream);
    }
    let p = throttle.refusal_probability(at(0));
    assert!((p - 99.0 / 101.0).abs() < 1e-12, "{p}");
    assert_eq!(throttle.refusal_probability(at(119_999)), p);
    assert_eq!(throttle.refusal_probability(at(120_000)), 0.0);
}

#[test]
fn options_are_checked_and_replaced() {
    let bad = AdaptiveThrottleOptions { k: 0.5, window: Duration::ZERO, floor: 0 };
    assert_eq!(AdaptiveThrottle::new(bad).unwrap_err().problems().len(), 3);
    let (mut throttle, mut stream) = (throttle(), Seed(1).stream("t"));
    for _ in 0..100 {
        let _ = throttle.admit(at(0), &mut stream);
    }
    let shorter = AdaptiveThrottleOptions { window: Duration::from_secs(10), ..throttle.options };
    throttle.set_options(at(0), shorter).unwrap();
    assert!(throttle.refusal_probability(at(9_999)) > 0.9);
    assert_eq!(throttle.refusal_probability(at(10_000)), 0.0);
}
