use tenfold_units::Seed;

use super::*;

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn early_refresh_has_the_papers_probability() {
    let refresh = Refresh::new(RefreshOptions::xfetch()).unwrap();
    let mut stream = Seed(1).stream("refresh");
    for left in [50, 100, 300] {
        let renewed = (0..50_000)
            .filter(|_| {
                let decision = refresh.decide(at(1_000 - left), at(1_000), ms(100), &mut stream);
                decision == RefreshDecision::Renew
            })
            .count() as f64;
        // P(−δ ln u ≥ left) = exp(−left / δ).
        let due = 50_000.0 * math::exp(-(left as f64) / 100.0);
        assert!((renewed - due).abs() < 4.0 * due.sqrt(), "{left}: {renewed} {due}");
    }
}

#[test]
fn few_renew_where_a_fixed_end_lets_all_fetch() {
    let refresh = Refresh::new(RefreshOptions::xfetch()).unwrap();
    let mut renewals = Vec::new();
    for seed in 0..200 {
        let mut stream = Seed(seed).stream("refresh");
        // 1,000 requests a second; making the value takes 100 ms.
        let first = (0..10_000).find(|millis| {
            let decision = refresh.decide(at(*millis), at(10_000), ms(100), &mut stream);
            decision != RefreshDecision::Fresh
        });
        let Some(first) = first else { continue };
        let during = (first..(first + 100).min(10_000)).filter(|millis| {
            let decision = refresh.decide(at(*millis), at(10_000), ms(100), &mut stream);
            decision != RefreshDecision::Fresh
        });
        renewals.push(during.count());
    }
    assert_eq!(renewals.len(), 200, "at this rate somebody is always early");
    let mean = renewals.iter().sum::<usize>() as f64 / 200.0;
    assert!(mean < 3.0, "of 100 requests in the time of making it: {mean}");
}

#[test]
fn stale_spans_end_exactly() {
    let refresh = Refresh::new(RefreshOptions::rfc5861_example()).unwrap();
    let mut stream = Seed(1).stream("refresh");
    let mut decide = |now| refresh.decide(now, at(1_000), ms(1), &mut stream);
    assert_eq!(decide(at(999)), RefreshDecision::Fresh);
    assert_eq!(decide(at(1_000)), RefreshDecision::StaleRenew);
    assert_eq!(decide(at(30_999)), RefreshDecision::StaleRenew);
    assert_eq!(decide(at(31_000)), RefreshDecision::Fetch);
    assert!(refresh.serves_on_error(at(1_200_999), at(1_000)));
    assert!(!refresh.serves_on_error(at(1_201_000), at(1_000)));
    assert!(Refresh::new(RefreshOptions { beta: -1.0, ..RefreshOptions::xfetch() }).is_err());
}
