use core::time::Duration;

use proptest::prelude::*;

use super::*;

const MILLI: Duration = Duration::from_millis(1);

#[test]
fn wrong_options_are_listed() {
    let options = RemoteCacheOptions {
        ttl: Duration::ZERO,
        ttl_jitter: 1.5,
        negative_ttl: Some(Duration::ZERO),
        lease: Duration::ZERO,
        timeout: Duration::from_secs(61),
    };
    let error = RemoteCache::new(options).unwrap_err();
    let named: Vec<&str> = error.problems().iter().map(|problem| problem.option).collect();
    assert_eq!(named, ["ttl", "ttl_jitter", "negative_ttl", "lease", "timeout"]);
}

#[test]
fn an_absence_is_kept_only_where_the_options_say() {
    let options = RemoteCacheOptions::for_values(Duration::from_secs(60));
    let without = RemoteCache::new(options).unwrap();
    assert_eq!(without.lifetime(true, 0.5), Duration::ZERO);
    let with = RemoteCache::new(options.negative(Duration::from_secs(5))).unwrap();
    assert_eq!(with.lifetime(true, 0.0), Duration::from_secs(5));
    assert_eq!(with.options().negative_ttl, Some(Duration::from_secs(5)));
}

proptest! {
    #[test]
    fn lifetimes_stay_within_their_jitter(
        millis in 1_u64..100_000_000, jitter in 0.0..=1.0, uniform in 0.0..=1.0,
    ) {
        let ttl = Duration::from_millis(millis);
        let options = RemoteCacheOptions { ttl_jitter: jitter, ..RemoteCacheOptions::for_values(ttl) };
        let lifetime = RemoteCache::new(options).unwrap().lifetime(false, uniform);
        prop_assert!(lifetime >= MILLI && lifetime <= ttl.max(MILLI));
        let least = ttl.mul_f64((1.0 - jitter) * 0.999_999);
        prop_assert!(lifetime >= least);
    }
}
