//! Rate limits.

use core::num::NonZeroU32;
use core::time::Duration;
use std::sync::{Arc, LazyLock};

use governor::clock::FakeRelativeClock;
use governor::{Quota, RateLimiter};
use tenfold_patterns::{KeyedLimiter, TokenBucket, TokenBucketOptions, TokenBucketRule};
use tenfold_patterns_tower::{Clock, QuantaClock, SharedKeyedLimiter, SharedLimiter};
use tenfold_units::Instant;

use super::{NOW, scatter};
use crate::harness::{Job, alone, shared};
use crate::table::{Row, ours, peer};

/// Never empty in a run.
const GENEROUS: TokenBucketOptions =
    TokenBucketOptions { rate: 4_000_000_000, per: Duration::from_secs(1), burst: 4_000_000_000 };
/// Empty after the first call.
const SPARSE: TokenBucketOptions =
    TokenBucketOptions { rate: 1, per: Duration::from_secs(86_400), burst: 1 };

/// The clock that governor reads.
static CLOCK: LazyLock<QuantaClock> = LazyLock::new(QuantaClock::new);

fn now() -> Instant {
    CLOCK.now()
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        one("rate limit, admitted", "`admit` on one token bucket that is never empty.", true),
        one("rate limit, refused", "`admit` on one token bucket that is empty.", false),
        keyed(
            "keyed rate limit, 100,000 keys",
            "`admit` for one of 100,000 64-bit keys, each as likely.",
            100_000,
        ),
        keyed(
            "keyed rate limit, 1,000,000 keys",
            "`admit` for one of 1,000,000 64-bit keys, each as likely.",
            1_000_000,
        ),
        texts(),
    ]
}

fn rule(options: TokenBucketOptions) -> TokenBucketRule {
    options.rule().expect("the options are in range")
}

fn quota(generous: bool) -> Quota {
    let day = Duration::from_secs(86_400);
    if generous {
        Quota::per_second(NonZeroU32::MAX)
    } else {
        Quota::with_period(day).expect("a day is above zero")
    }
}

fn one(name: &'static str, work: &'static str, generous: bool) -> Row {
    let options = if generous { GENEROUS } else { SPARSE };
    let machine = || TokenBucket::new(options).expect("the options are in range");
    let shell = || SharedLimiter::new(rule(options));
    let (mut given, mut read, a, b) = (machine(), machine(), shell(), shell());
    let theirs = RateLimiter::direct_with_clock(quota(generous), FakeRelativeClock::default());
    let reads = RateLimiter::direct(quota(generous));
    Row {
        name,
        work,
        contenders: vec![
            ours(
                "`TokenBucket`",
                Some(alone(move |_| given.admit(NOW))),
                Some(alone(move |_| read.admit(now()))),
            ),
            ours(
                "`SharedLimiter`",
                Some(shared(move |_| a.admit(NOW, 1))),
                Some(shared(move |_| b.admit(now(), 1))),
            ),
            peer(
                "governor 0.10.4",
                Some(shared(move |_| theirs.check())),
                Some(shared(move |_| reads.check())),
            ),
        ],
        why: "Ours says how many tokens are left or how long to wait; governor says yes or no, and \
              works the rest out when asked for it. Both read the processor's cycle counter.",
    }
}

fn keyed(name: &'static str, work: &'static str, keys: u64) -> Row {
    let options = TokenBucketOptions::per_second(1_000_000, 1_000_000);
    let key = move |i| scatter(i) % keys;
    let machine = || {
        let places = keys as usize * 2;
        KeyedLimiter::<u64, _>::new(rule(options), places).expect("the options are in range")
    };
    let shell =
        || Arc::new(SharedKeyedLimiter::new(rule(options), keys as usize * 2).expect("as above"));
    let (mut given, mut read, a, b) = (machine(), machine(), shell(), shell());
    let quota = Quota::per_second(NonZeroU32::new(1_000_000).expect("above zero"));
    let theirs = RateLimiter::dashmap_with_clock(quota, FakeRelativeClock::default());
    let reads = RateLimiter::dashmap(quota);
    Row {
        name,
        work,
        contenders: vec![
            ours(
                "`KeyedLimiter`",
                Some(alone(move |i| given.admit(NOW, key(i), 1))),
                Some(alone(move |i| read.admit(now(), key(i), 1))),
            ),
            ours(
                "`SharedKeyedLimiter`",
                Some(shared(move |i| a.admit(NOW, &key(i), 1))),
                Some(shared(move |i| b.admit(now(), &key(i), 1))),
            ),
            peer(
                "governor 0.10.4, dashmap",
                Some(shared(move |i| theirs.check_key(&key(i)))),
                Some(shared(move |i| reads.check_key(&key(i)))),
            ),
        ],
        why: "For threads: what callers are known by is hashed to 128 bits with a secret of the \
              process, as nobody may choose a name that shares another's limit, and the place is \
              found among eight under a lock, so that memory is bounded; governor's map hashes \
              to 64 bits and grows with every key that it ever saw.",
    }
}

/// Names in the row of texts.
const NAMES: u64 = 100_000;

fn by_name<T>(names: &Arc<[String]>, step: impl Fn(&String) -> T + Send + Sync + 'static) -> Job {
    let names = Arc::clone(names);
    shared(move |i| step(&names[(scatter(i) % NAMES) as usize]))
}

fn texts() -> Row {
    let options = TokenBucketOptions::per_second(1_000_000, 1_000_000);
    let names: Arc<[String]> = (0..NAMES).map(|i| format!("customer-{i:08}")).collect();
    let shell = || SharedKeyedLimiter::new(rule(options), NAMES as usize * 2).expect("in range");
    let (a, b) = (shell(), shell());
    let quota = Quota::per_second(NonZeroU32::new(1_000_000).expect("above zero"));
    let theirs = RateLimiter::dashmap_with_clock(quota, FakeRelativeClock::default());
    let reads = RateLimiter::dashmap(quota);
    Row {
        name: "keyed rate limit, texts",
        work: "`admit` for one of 100,000 keys of 17 characters, each as likely.",
        contenders: vec![
            ours(
                "`SharedKeyedLimiter`",
                Some(by_name(&names, move |key| a.admit(NOW, key, 1))),
                Some(by_name(&names, move |key| b.admit(now(), key, 1))),
            ),
            peer(
                "governor 0.10.4, dashmap",
                Some(by_name(&names, move |key| theirs.check_key(key))),
                Some(by_name(&names, move |key| reads.check_key(key))),
            ),
        ],
        why: "As above.",
    }
}
