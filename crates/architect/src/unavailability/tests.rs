use super::*;

fn need(needed: u32, used: u32, per_zone: u32) -> Required {
    Required { what: "test", needed, zones: 3, used, per_zone }
}

fn failures() -> Failures {
    Failures {
        instance: TwoState::new(1_000.0, 1.0).unwrap(),
        zone: TwoState::new(10_000.0, 5.0).unwrap(),
    }
}

/// One need is the chain of its zones; of two in the same zones the loss of zones counts once.
#[test]
fn needs_share_the_zones() {
    let failures = failures();
    let (a, b) = (need(2, 3, 1), need(5, 3, 2));
    let alone = |need: &Required| need.spread(&failures).unavailability(need.needed);
    let (first, second) = (alone(&a), alone(&b));
    assert!((together(&[&a], 3, &failures) / first - 1.0).abs() < 1e-9);
    let both = together(&[&a, &b], 3, &failures);
    assert!(both > first.max(second) && both < first + second, "{both} {first} {second}");
    // By hand: two of three zones lost, or one zone or instance too few.
    let (lost, down) = (5.0 / 10_005.0, 1.0 / 1_001.0);
    let up = 1.0 - lost;
    let two_zones = 3.0 * lost * lost * up + lost * lost * lost;
    let one_zone = 3.0 * lost * up * up * (2.0 * down - down * down);
    let none = up * up * up * (3.0 * down * down * (1.0 - down) + down * down * down);
    assert!((first / (two_zones + one_zone + none) - 1.0).abs() < 1e-9);
    assert!(together(&[], 3, &failures).abs() < f64::EPSILON);
}
