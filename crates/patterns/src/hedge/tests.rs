use super::*;

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn the_delay_is_the_quantile() {
    let mut hedge = Hedge::new(HedgeOptions::tail_at_scale()).unwrap();
    for i in 0..1_000 {
        assert_eq!(hedge.delay().is_some(), i >= 100);
        hedge.answered(ms(1 + i % 100));
    }
    let delay = hedge.delay().unwrap();
    assert!(delay >= ms(95) && delay <= ms(100), "{delay:?}");
    // Everything becomes ten times slower: the delay follows.
    for i in 0..20_000 {
        hedge.answered(ms(10 + i % 100 * 10));
    }
    assert!(hedge.delay().unwrap() >= ms(900), "{:?}", hedge.delay());
}

#[test]
fn hedges_only_after_the_delay_and_within_the_attempts() {
    let delay = HedgeDelay::Fixed(ms(50));
    let options = HedgeOptions { delay, budget_ratio: 1.0, max_attempts: 3 };
    let mut hedge = Hedge::new(options).unwrap();
    (0..5).for_each(|_| hedge.request());
    assert_eq!(hedge.decide(at(130), at(100), 1), HedgeDecision::Wait(ms(20)));
    assert_eq!(hedge.decide(at(150), at(100), 1), HedgeDecision::Send);
    assert_eq!(hedge.failed(2), HedgeDecision::Send, "a failure sends the next at once");
    assert_eq!(hedge.decide(at(999), at(100), 3), HedgeDecision::No);
    assert_eq!(hedge.failed(3), HedgeDecision::No);
}

#[test]
fn the_budget_bounds_the_extra_load() {
    let delay = HedgeDelay::Fixed(ms(1));
    let options = HedgeOptions { delay, ..HedgeOptions::tail_at_scale() };
    let mut hedge = Hedge::new(options).unwrap();
    let mut sent = 0;
    for _ in 0..10_000 {
        hedge.request();
        // Everything is slow: every call asks for a hedge.
        sent += u32::from(hedge.decide(at(100), at(0), 1) == HedgeDecision::Send);
    }
    assert!((499..=500).contains(&sent), "{sent}");
}

#[test]
fn a_quiet_time_saves_a_few_hedges_only() {
    let delay = HedgeDelay::Fixed(ms(1));
    let mut hedge = Hedge::new(HedgeOptions { delay, ..HedgeOptions::tail_at_scale() }).unwrap();
    (0..100_000).for_each(|_| hedge.request());
    let sent = (0..100).filter(|_| hedge.failed(1) == HedgeDecision::Send).count();
    assert_eq!(sent, 10);
}

#[test]
fn extreme_latencies_fit_the_histogram() {
    for latency in [Duration::ZERO, Duration::from_nanos(1), ms(1), Duration::MAX] {
        assert!(cell(latency) < CELLS);
    }
    for place in 0..CELLS - 1 {
        assert!(cell(upper_edge(place)).abs_diff(place + 1) <= 1);
    }
}

#[test]
fn options_are_checked_and_replaced() {
    let bad = HedgeOptions { max_attempts: 1, delay: HedgeDelay::Quantile(1.0), budget_ratio: 0.0 };
    assert_eq!(Hedge::new(bad).unwrap_err().problems().len(), 3);
    let mut hedge = Hedge::new(HedgeOptions::tail_at_scale()).unwrap();
    (0..200).for_each(|_| hedge.answered(ms(10)));
    let p50 = HedgeOptions { delay: HedgeDelay::Quantile(0.5), ..HedgeOptions::tail_at_scale() };
    hedge.set_options(p50).unwrap();
    assert!(hedge.delay().is_some(), "what was seen stays");
    let text = "{max_attempts: 2, delay: {fixed: 20ms}, budget_ratio: 0.05}";
    let read: HedgeOptions = serde_saphyr::from_str(text).unwrap();
    assert_eq!(read.delay, HedgeDelay::Fixed(ms(20)));
}
