//! No allocation on hot paths: a counting allocator watches.
//!
//! One test only, as other tests' threads would be counted too.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use core::time::Duration;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

use tenfold_patterns::base62::MAX_LENGTH;
use tenfold_patterns::envoy_ring::{EnvoyRing, EnvoyRingOptions};
use tenfold_patterns::hash_slots::{
    SlotMap, cassandra_token, kafka_partition, murmur3_x64_128, redis_slot,
};
use tenfold_patterns::jump::jump;
use tenfold_patterns::ketama::Ketama;
use tenfold_patterns::maglev::Maglev;
use tenfold_patterns::nginx_hash::NginxRing;
use tenfold_patterns::rendezvous::Rendezvous;
use tenfold_patterns::uuid7::TEXT_LENGTH;
use tenfold_patterns::{
    AdaptiveThrottle, AdaptiveThrottleOptions, BackendOptions, Balancer, BalancerOptions,
    BalancerOutcome, BalancerPolicy, Base62, Base62Options, Bulkhead, BulkheadDecision,
    BulkheadOptions, Cache, CacheOptions, CircuitBreaker, CircuitBreakerDecision,
    CircuitBreakerOptions, CircuitBreakerOutcome, ConcurrencyLimit, ConcurrencyLimitOptions,
    ConcurrencyOutcome, FixedWindow, Gcra, GcraOptions, HashRing, HashRingOptions, Hedge,
    HedgeOptions, IdRanges, KeyedLimiter, KeyedRule, LimitReq, LimitReqOptions, PriorityShed,
    PriorityShedOptions, RangeShards, Retry, RetryBudget, RetryBudgetOptions, RetryCause,
    RetryFailure, RetryOptions, Snowflake, SnowflakeDecision, SnowflakeOptions, TokenBucket,
    TokenBucketOptions, Uuid, Uuid7, WaitShed, WaitShedOptions, WindowCounter, WindowLimitOptions,
    WindowLog,
};
use tenfold_units::{Instant, Seed};

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

#[expect(unsafe_code, reason = "an allocator is unsafe by its trait; it only counts and passes on")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on unchanged.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Runs `step` 3,000 times for warmth, then 1,000 times without a single allocation.
fn quiet(name: &str, mut step: impl FnMut(Instant, u64)) {
    let at = |i: u64| Instant::from_nanos(i * 700_000);
    (0..3_000).for_each(|i| step(at(i), i));
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    (3_000..4_000).for_each(|i| step(at(i), i));
    let made = ALLOCATIONS.load(Ordering::Relaxed) - before;
    assert_eq!(made, 0, "{name} allocates on its hot path");
}

const MS: Duration = Duration::from_millis(1);

fn limiters() {
    let mut bucket = TokenBucket::new(TokenBucketOptions::per_second(1_000, 10)).unwrap();
    quiet("token bucket", |now, _| drop_decision(bucket.admit(now)));
    let mut gcra = Gcra::new(GcraOptions::per_second(1_000, 10)).unwrap();
    quiet("gcra", |now, _| drop_decision(gcra.admit(now)));
    let mut limit = LimitReq::new(LimitReqOptions::nodelay(1_000, 5)).unwrap();
    quiet("limit_req", |now, _| drop_decision(limit.admit(now)));
    let window = WindowLimitOptions { limit: 100, window: 100 * MS };
    let mut log = WindowLog::new(window).unwrap();
    quiet("window log", |now, _| drop_decision(log.admit(now)));
    let mut counter = WindowCounter::new(window).unwrap();
    quiet("window counter", |now, _| drop_decision(counter.admit(now)));
    let mut fixed = FixedWindow::new(window).unwrap();
    quiet("fixed window", |now, _| drop_decision(fixed.admit(now)));
    fn keyed(name: &str, rule: impl KeyedRule) {
        let mut keyed = KeyedLimiter::new(rule, 1_000).unwrap();
        quiet(name, |now, i| drop_decision(keyed.admit(now, i * 31 % 5_000, 1)));
    }
    keyed("keyed token bucket", TokenBucketOptions::per_second(10, 10).rule().unwrap());
    keyed("keyed gcra", GcraOptions::per_second(10, 10).rule().unwrap());
    keyed("keyed counter", window.counter_rule().unwrap());
    keyed("keyed fixed window", window.fixed_rule().unwrap());
    keyed("keyed limit_req", LimitReqOptions::nodelay(10, 5).rule().unwrap());
}

fn drop_decision<T>(_: T) {}

fn caches_and_rings() {
    let mut stream = Seed(1).stream("allocation");
    for options in [CacheOptions::lru(100), CacheOptions::s3_fifo(100), CacheOptions::caffeine(100)]
    {
        let mut cache: Cache<u64, u64> = Cache::new(options).unwrap();
        quiet("cache", |now, i| {
            let key = i * i % 257;
            if !cache.lookup(now, &key).is_hit() {
                cache.insert(now, key, i, 1, &mut stream);
            }
        });
    }
    let mut ring = HashRing::new(HashRingOptions::tenfold()).unwrap();
    for node in ["a", "b", "c", "d"] {
        ring.add(node, 1).unwrap();
    }
    quiet("hash ring", |_, i| {
        let hash = ring.hash(&i.to_le_bytes());
        let mut owners = [0; 3];
        assert_eq!(ring.owners(hash, &mut owners), 3);
        assert_eq!(ring.owner(hash), Some(owners[0]));
    });
}

fn placements() {
    let hosts = [("a:1", 1), ("b:1", 2), ("c:1", 3)];
    let maglev = Maglev::new(65_537, &hosts).unwrap();
    quiet("maglev", |_, i| assert!(maglev.owner(i * 31) < 3));
    quiet("jump", |_, i| assert!(jump(i, 1_000) < 1_000));
    let rendezvous = Rendezvous::new(&hosts.map(|(name, weight)| (name, f64::from(weight))));
    quiet("rendezvous", |_, i| {
        let mut owners = [0; 2];
        assert_eq!(rendezvous.owners(i, &mut owners), 2);
        assert_eq!(rendezvous.owner(i), Some(owners[0]));
    });
    let envoy = EnvoyRing::new(EnvoyRingOptions::envoy(), &hosts).unwrap();
    quiet("envoy ring", |_, i| assert!(envoy.owner(i).is_some()));
    let ketama = Ketama::new(&[("a", 11_211, 1), ("b", 11_211, 1)]);
    let nginx = NginxRing::new(&hosts);
    const SLOTS: u32 = 16_384;
    let slots = SlotMap::new(SLOTS, 3);
    quiet("rings and slots by key", |_, i| {
        let key = i.to_le_bytes();
        assert!(ketama.owner(&key).is_some() && nginx.owner(&key).is_some());
        assert!(slots.owner(u32::from(redis_slot(&key))) < 3);
        assert!(kafka_partition(&key, 12) < 12);
        drop_decision((cassandra_token(&key), murmur3_x64_128(&key)));
    });
    let mut ranges = RangeShards::new();
    (1..8_u64).for_each(|i| drop_decision(ranges.split(&(i * 500))));
    quiet("range shards", |now, i| {
        let key = i * 31 % 4_000;
        assert_eq!(ranges.access(now, &key), ranges.shard(&key));
    });
}

fn ids() {
    let mut snowflake = Snowflake::new(SnowflakeOptions::twitter(7)).unwrap();
    quiet("snowflake", |_, i| {
        let decision = snowflake.next_id(1_700_000_000_000 + i);
        assert!(matches!(decision, SnowflakeDecision::Id(_)));
    });
    let mut uuids = Uuid7::new(Seed(1).stream("uuid"));
    quiet("uuid7", |_, i| drop_decision(uuids.next_id(1_700_000_000_000 + i)));
    quiet("uuid7 as text", |_, i| {
        let (id, mut buffer) = (uuids.next_id(1_700_000_000_000 + i), [0; TEXT_LENGTH]);
        assert_eq!(Uuid::parse(id.encode_into(&mut buffer)), Some(id));
    });
    let codes = Base62::new(Base62Options { length: 7, key: Some(3) }).unwrap();
    quiet("base62", |_, i| {
        let mut buffer = [0; MAX_LENGTH];
        assert_eq!(codes.decode(codes.encode_into(i, &mut buffer).unwrap()), Some(i));
    });
    let mut leased = IdRanges::new(10).unwrap();
    assert!(leased.add_block(0, 10_000));
    quiet("id ranges", |_, _| drop_decision(leased.next_id()));
}

fn balancers() {
    let backends = ["a:1", "b:1", "c:1", "d:1"].map(BackendOptions::named);
    let ring = BalancerPolicy::ConsistentHash { virtual_nodes: 100, bounded_load: 1.25 };
    for policy in [
        BalancerPolicy::RoundRobin,
        BalancerPolicy::LeastConnections,
        BalancerPolicy::PowerOfTwo,
        BalancerPolicy::IpHash,
        BalancerPolicy::NginxHash,
        BalancerPolicy::NginxConsistentHash,
        ring,
        BalancerPolicy::PeakEwma { decay: MS * 100, initial: MS },
    ] {
        let mut stream = Seed(1).stream("allocation");
        let options = BalancerOptions { policy, ..BalancerOptions::envoy() };
        let mut balancer = Balancer::new(options, &backends).unwrap();
        quiet("balancer", |now, i| {
            let backend = balancer.pick(now, &i.to_le_bytes(), &mut stream).unwrap();
            balancer.started(now, backend);
            let failed = i % 7 == 0;
            let outcome = if failed { BalancerOutcome::Failure } else { BalancerOutcome::Success };
            balancer.finished(now, backend, outcome, MS);
        });
    }
}

fn protections() {
    let mut stream = Seed(1).stream("allocation");
    let options = CircuitBreakerOptions { open_wait: MS, ..CircuitBreakerOptions::tenfold() };
    let mut breaker = CircuitBreaker::new(options, Seed(1).stream("breaker")).unwrap();
    quiet("circuit breaker", |now, i| {
        if let CircuitBreakerDecision::Admitted { permit, .. } = breaker.try_acquire(now) {
            let failed = i / 100 % 2 == 0;
            let outcome = if failed {
                CircuitBreakerOutcome::Failure
            } else {
                CircuitBreakerOutcome::Success
            };
            breaker.record(now, permit, outcome, MS);
        }
    });
    let waiting =
        BulkheadOptions { max_waiting: 4, max_wait: MS, ..BulkheadOptions::resilience4j() };
    let mut bulkhead = Bulkhead::new(BulkheadOptions { max_concurrent: 2, ..waiting }).unwrap();
    let mut held = Vec::with_capacity(8);
    quiet("bulkhead", |now, i| {
        if let BulkheadDecision::Admitted(permit) = bulkhead.acquire(now) {
            held.push(permit);
        }
        if i % 2 == 0
            && let Some(permit) = held.pop()
        {
            held.extend(bulkhead.release(now, permit).map(|next| next.1));
        }
        while bulkhead.poll_expired(now).is_some() {}
    });
    for options in
        [ConcurrencyLimitOptions::netflix_gradient2(), ConcurrencyLimitOptions::netflix_aimd()]
    {
        let mut limit = ConcurrencyLimit::new(options).unwrap();
        quiet("concurrency limit", |_, i| {
            let permit = limit.try_acquire().unwrap();
            limit.release(permit, ConcurrencyOutcome::Success, MS * (i % 9) as u32);
        });
    }
    let mut shed = WaitShed::new(WaitShedOptions::facebook()).unwrap();
    quiet("shedding by wait", |now, i| drop_decision(shed.decide(now, MS * (i % 30) as u32)));
    let mut shed = PriorityShed::new(PriorityShedOptions::dagor()).unwrap();
    quiet("shedding by priority", |now, i| drop_decision(shed.admit(now, i as u8)));
    let mut throttle = AdaptiveThrottle::new(AdaptiveThrottleOptions::sre_book()).unwrap();
    quiet("adaptive throttle", |now, _| drop_decision(throttle.admit(now, &mut stream)));
    let retry = Retry::new(RetryOptions::aws_standard()).unwrap();
    quiet("retry", |now, _| {
        let mut call = retry.start(now);
        drop_decision(retry.decide(now, &mut call, RetryFailure::Transient, &mut stream));
    });
    let mut budget = RetryBudget::new(RetryBudgetOptions::finagle(), Instant::ZERO).unwrap();
    quiet("retry budget", |now, _| {
        budget.request(now);
        drop_decision(budget.withdraw(now, RetryCause::Failure));
    });
    let mut hedge = Hedge::new(HedgeOptions::tail_at_scale()).unwrap();
    quiet("hedge", |now, i| {
        hedge.request();
        hedge.answered(MS * (i % 50) as u32);
        drop_decision(hedge.decide(now, now - MS * 45, 1));
    });
}

#[test]
fn hot_paths_do_not_allocate() {
    limiters();
    caches_and_rings();
    placements();
    ids();
    balancers();
    protections();
}
