//! Caches.

use core::hint::black_box;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::sync::Arc;

use tenfold_patterns::{Cache, CacheOptions};
use tenfold_patterns_tower::{CacheBuilder, Error, Loaded, SharedCache, SharedClock, TokioClock};
use tenfold_units::{Instant, Seed};

use super::{NOW, now, scatter, still};
use crate::harness::{alone, shared};
use crate::table::{Contender, Row, ours, peer};

const KEYS: u64 = 1 << 20;
const CAPACITY: u64 = 100_000;
const SHARDS: u32 = 16;
const MINUTE: Duration = Duration::from_secs(60);

pub(super) fn rows() -> Vec<Row> {
    let trace = trace();
    let lock = "Slower than quick_cache, which has no time-to-live: a look-up here also decides, as \
                one step under the lock of its shard, whether the value is fresh, to be renewed \
                early, or already being loaded by another, and keys are hashed to 128 bits with a \
                secret of the process.";
    vec![
        Row {
            name: "cache, hits that one thread owns",
            work: "`get` of a 64-bit key that is there, of 65,536, Zipf 0.99; no time-to-live.",
            contenders: hits_alone(&trace),
            why: "Ours looks at the lifetime and the queue of an entry on every hit; quick_cache \
                  has neither.",
        },
        Row {
            name: "cache, hits that threads share",
            work: "As above, through the cache for many threads; with a time-to-live where there \
                   is one.",
            contenders: hits_shared(&trace),
            why: lock,
        },
        Row {
            name: "cache-aside",
            work: "`get`, and `insert` on a miss: 100,000 entries of 1,048,576 keys, Zipf 0.99.",
            contenders: aside(&trace),
            why: "Ours weighs entries, gives each a lifetime, and follows the published S3-FIFO \
                  exactly, with a queue of keys whose values are gone; quick_cache approximates it \
                  with clocks over a slab of bare entries.",
        },
    ]
}

/// Keys in the order in which they are asked for, the popular ones scattered.
type Trace = Arc<[u64]>;

fn trace() -> Trace {
    let mut sums = Vec::with_capacity(KEYS as usize);
    let mut sum = 0.0;
    for rank in 1..=KEYS {
        sum += (rank as f64).powf(-0.99);
        sums.push(sum);
    }
    let mut stream = Seed(1).stream("trace");
    let draw = |_| {
        let at = stream.uniform() * sum;
        scatter(sums.partition_point(|sum| *sum < at) as u64)
    };
    (0..KEYS).map(draw).collect()
}

fn at(trace: &Trace, i: u64) -> u64 {
    trace[(i & (KEYS - 1)) as usize]
}

/// The trace without the keys beyond the first 65,536 that it asks for.
fn resident(trace: &Trace) -> (Trace, Vec<u64>) {
    let mut known = std::collections::BTreeSet::new();
    for key in trace.iter() {
        if known.len() < 1 << 16 {
            known.insert(*key);
        }
    }
    let keys: Vec<u64> = known.iter().copied().collect();
    let inside = trace.iter().map(|key| {
        if known.contains(key) { *key } else { keys[(*key & 0xffff) as usize % keys.len()] }
    });
    (inside.collect(), keys)
}

fn machine(options: CacheOptions, keys: &[u64]) -> Cache<u64, u64> {
    let mut cache = Cache::new(options).expect("the options are in range");
    let mut stream = Seed(1).stream("cache");
    for key in keys {
        cache.insert(NOW, *key, *key, 1, &mut stream);
    }
    cache
}

fn hits_alone(trace: &Trace) -> Vec<Contender> {
    let (trace, keys) = resident(trace);
    let look = |cache: &mut Cache<u64, u64>, now: Instant, key: u64| {
        assert!(black_box(cache.lookup(now, &key)).is_hit());
    };
    let mine = |name, options: CacheOptions| {
        let (mut given, mut read) = (machine(options, &keys), machine(options, &keys));
        let (a, b) = (Arc::clone(&trace), Arc::clone(&trace));
        ours(
            name,
            Some(alone(move |i| look(&mut given, NOW, at(&a, i)))),
            Some(alone(move |i| look(&mut read, now(), at(&b, i)))),
        )
    };
    let mut theirs = quick_cache::unsync::Cache::new(CAPACITY as usize);
    for key in &keys {
        theirs.insert(*key, *key);
    }
    vec![
        mine("`Cache`, S3-FIFO", CacheOptions::s3_fifo(CAPACITY)),
        mine("`Cache`, TinyLFU", CacheOptions::caffeine(CAPACITY)),
        mine("`Cache`, LRU", CacheOptions::lru(CAPACITY)),
        peer(
            "quick_cache 0.7.0, unsync",
            Some(alone(move |i| {
                black_box(theirs.get(&at(&trace, i))).expect("it is there");
            })),
            None,
        ),
    ]
}

fn built(clock: SharedClock, options: CacheOptions) -> SharedCache<u64> {
    let cache = CacheBuilder::new(options).shards(SHARDS).clock(clock).seeded(Seed(1)).build();
    cache.expect("the options are in range")
}

/// A look-up that loads at once what is not there.
fn get(cache: &SharedCache<u64>, key: u64) -> Option<u64> {
    let load = || core::future::ready(Ok::<_, Error>(Loaded::Value(key)));
    let mut answer = pin!(cache.get(&key, load));
    match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value.expect("it does not fail"),
        Poll::Pending => panic!("a load is there at once"),
    }
}

fn hits_shared(trace: &Trace) -> Vec<Contender> {
    let (trace, keys) = resident(trace);
    let options = CacheOptions { ttl: Some(60 * MINUTE), ..CacheOptions::s3_fifo(CAPACITY) };
    let (given, read) = (built(still(), options), built(TokioClock::shared(), options));
    let quick = quick_cache::sync::Cache::new(CAPACITY as usize);
    let plain = moka::sync::Cache::new(CAPACITY);
    let timed = moka::sync::Cache::builder();
    let timed = timed.max_capacity(CAPACITY).time_to_live(60 * MINUTE).build();
    for key in &keys {
        get(&given, *key);
        get(&read, *key);
        quick.insert(*key, *key);
        plain.insert(*key, *key);
        timed.insert(*key, *key);
    }
    let traces = [0; 5].map(|_| Arc::clone(&trace));
    let [a, b, c, d, e] = traces;
    vec![
        ours(
            "`SharedCache`, S3-FIFO, time-to-live",
            Some(shared(move |i| get(&given, at(&a, i)))),
            Some(shared(move |i| get(&read, at(&b, i)))),
        ),
        peer(
            "quick_cache 0.7.0 (no time-to-live)",
            Some(shared(move |i| quick.get(&at(&c, i)))),
            None,
        ),
        peer(
            "moka 0.12.16 (time-to-live where the clock is read)",
            Some(shared(move |i| plain.get(&at(&d, i)))),
            Some(shared(move |i| timed.get(&at(&e, i)))),
        ),
    ]
}

fn aside(trace: &Trace) -> Vec<Contender> {
    let mut cache = machine(CacheOptions::s3_fifo(CAPACITY), &[]);
    let mut stream = Seed(2).stream("cache");
    let ttl = CacheOptions { ttl: Some(60 * MINUTE), ..CacheOptions::s3_fifo(CAPACITY) };
    let (given, read) = (built(still(), ttl), built(TokioClock::shared(), ttl));
    let alone_quick = quick_cache::unsync::Cache::new(CAPACITY as usize);
    let quick = quick_cache::sync::Cache::new(CAPACITY as usize);
    let plain = moka::sync::Cache::new(CAPACITY);
    let traces = [0; 6].map(|_| Arc::clone(trace));
    let [a, b, c, d, e, f] = traces;
    let mut alone_quick = alone_quick;
    vec![
        ours(
            "`Cache`, S3-FIFO",
            Some(alone(move |i| {
                let key = at(&a, i);
                if !cache.lookup(NOW, &key).is_hit() {
                    cache.insert(NOW, key, key, 1, &mut stream);
                }
            })),
            None,
        ),
        ours(
            "`SharedCache`, S3-FIFO, time-to-live, one load a key",
            Some(shared(move |i| get(&given, at(&b, i)))),
            Some(shared(move |i| get(&read, at(&c, i)))),
        ),
        peer(
            "quick_cache 0.7.0, unsync",
            Some(alone(move |i| {
                let key = at(&d, i);
                if alone_quick.get(&key).is_none() {
                    alone_quick.insert(key, key);
                }
            })),
            None,
        ),
        peer(
            "quick_cache 0.7.0, sync",
            Some(shared(move |i| {
                let key = at(&e, i);
                if quick.get(&key).is_none() {
                    quick.insert(key, key);
                }
            })),
            None,
        ),
        peer(
            "moka 0.12.16",
            Some(shared(move |i| {
                let key = at(&f, i);
                if plain.get(&key).is_none() {
                    plain.insert(key, key);
                }
            })),
            None,
        ),
    ]
}
