//! What a cache of 3e8 entries in front of 3e9 keys costs to simulate, and what it says.
#![expect(clippy::print_stdout, reason = "stdout is the result")]
#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "it measures time")]

use std::time::Instant as Clock;

use tenfold_patterns::CacheOptions;
use tenfold_sim::keys::{
    CacheWorld, CacheWorldOptions, KeyPopulation, Keys, LivingKeys, RESOLUTION, WarmOptions,
    ZipfKeys,
};
use tenfold_units::{Instant, Seed};

fn main() {
    let static_zipf = KeyPopulation::Zipf(ZipfKeys { exponent: 0.9, count: 3_000_000_000 });
    let year = KeyPopulation::Zipf(ZipfKeys { exponent: 0.9, count: 36_500_000_000 });
    let living = KeyPopulation::Living(LivingKeys::short_links(1_157.4));
    show("3e9 keys, Zipf 0.9, LRU of 3e8", &static_zipf, CacheOptions::lru(300_000_000));
    show("a year's links, Zipf 0.9, LRU of 1e8", &year, CacheOptions::lru(100_000_000));
    show("a year's links, Zipf 0.9, S3-FIFO of 1e8", &year, CacheOptions::s3_fifo(100_000_000));
    show("a year's links, Zipf 0.9, TinyLFU of 1e8", &year, CacheOptions::caffeine(100_000_000));
    show("born and fading, LRU of 1e8", &living, CacheOptions::lru(100_000_000));
    show("born and fading, LRU of 1e7", &living, CacheOptions::lru(10_000_000));
    show("born and fading, S3-FIFO of 1e7", &living, CacheOptions::s3_fifo(10_000_000));
}

fn show(name: &str, population: &KeyPopulation, cache: CacheOptions) {
    let begun = Clock::now();
    let keys = Keys::new(population).expect("the population is possible");
    let options = CacheWorldOptions {
        cache,
        entry_weight: 1,
        rate: 115_741.0,
        presented_ratio: 1.0,
        resolution: RESOLUTION,
    };
    let mut world = CacheWorld::new(keys, options, Seed(1)).expect("the options are possible");
    let warmth = world.warm(WarmOptions::USUAL);
    let warmed = begun.elapsed();
    let begun = Clock::now();
    let refill = world.refill_timeline(Instant::ZERO, (1, 1), None, 1e7);
    let refilled = begun.elapsed();
    let begun = Clock::now();
    let mut stream = Seed(2).stream("requests");
    let n = 500_000_u32;
    let mut hits = 0_u32;
    for request in 0..n {
        let now = Instant::from_secs_f64(f64::from(request) / 115_741.0);
        let key = world.keys().draw(now, &mut stream);
        match world.lookup(now, key) {
            tenfold_sim::keys::Lookup::Hit => hits += 1,
            tenfold_sim::keys::Lookup::Stale | tenfold_sim::keys::Lookup::Miss => {
                world.fill(now, key);
            }
        }
    }
    let each = begun.elapsed().as_nanos() / u128::from(n);
    println!("{name}");
    println!(
        "  hit ratio {:.4} ({:.4} to {:.4}), {}; seen by {n} requests: {:.4}",
        warmth.hit_ratio.value,
        warmth.hit_ratio.low,
        warmth.hit_ratio.high,
        if warmth.converged { "steady" } else { "not yet steady" },
        f64::from(hits) / f64::from(n),
    );
    println!(
        "  {:.1} h simulated by {} accesses in {warmed:.0?}; refill {:?} s in \
         {refilled:.0?}; {each} ns a request",
        warmth.seconds / 3_600.0,
        warmth.accesses,
        refill.within_one_point.map(f64::round),
    );
}
