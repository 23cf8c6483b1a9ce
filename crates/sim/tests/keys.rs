//! Caches of representatives against Che's approximation and against every key simulated.

use core::time::Duration;

use tenfold_patterns::{Cache, CacheOptions};
use tenfold_sim::keys::{
    CacheWorld, CacheWorldOptions, Fade, KeyGroup, KeyPopulation, Keys, LivingKeys, Lookup,
    RESOLUTION, WarmOptions, Warmth, ZipfKeys,
};
use tenfold_units::{Instant, Seed, math};

fn zipf(exponent: f64, count: u64) -> KeyPopulation {
    KeyPopulation::Zipf(ZipfKeys { exponent, count })
}

fn world(population: &KeyPopulation, cache: CacheOptions, rate: f64) -> CacheWorld {
    sized(population, cache, rate, RESOLUTION)
}

/// All traffic in the background, so that the caller's look-ups only watch.
fn sized(
    population: &KeyPopulation,
    cache: CacheOptions,
    rate: f64,
    resolution: u32,
) -> CacheWorld {
    let keys = Keys::new(population).expect("the population is possible");
    let options =
        CacheWorldOptions { cache, entry_weight: 1, rate, presented_ratio: 0.0, resolution };
    CacheWorld::new(keys, options, Seed(1)).expect("the options are possible")
}

fn warm(world: &mut CacheWorld) -> Warmth {
    world.warm(WarmOptions::USUAL)
}

/// Share of `n` requests over `seconds` that hit.
fn watched(world: &mut CacheWorld, n: u32, seconds: f64) -> f64 {
    let mut stream = Seed(7).stream("watch");
    let mut hits = 0;
    for request in 1..=n {
        let now = Instant::from_secs_f64(f64::from(request) / f64::from(n) * seconds);
        let key = world.keys().draw(now, &mut stream);
        hits += u32::from(world.lookup(now, key) == Lookup::Hit);
    }
    f64::from(hits) / f64::from(n)
}

/// Every key, every request: hit ratio between `from` and `to` seconds after an empty start.
fn brute(population: &KeyPopulation, options: CacheOptions, rate: f64, from: f64, to: f64) -> f64 {
    let keys = Keys::new(population).expect("the population is possible");
    let mut cache: Cache<u64> = Cache::new(options).expect("the options are possible");
    let mut stream = Seed(3).stream("brute");
    let (mut time, mut hits, mut n) = (0.0, 0_u32, 0_u32);
    while time < to {
        time += stream.exponential() / rate;
        let now = Instant::from_secs_f64(time);
        let id = keys.draw(now, &mut stream).id();
        let hit = cache.lookup(now, &id).is_hit();
        if !hit {
            let _ = cache.insert(now, id, (), 1, &mut stream);
        }
        if time >= from {
            n += 1;
            hits += u32::from(hit);
        }
    }
    f64::from(hits) / f64::from(n)
}

/// Che's approximation for an LRU: (hit ratio, characteristic time in requests, hit ratio of a
/// cache that holds the most popular keys).
fn che(exponent: f64, count: f64, capacity: f64) -> (f64, f64, f64) {
    let mut strata = Vec::new();
    let mut rank = 1.0;
    while rank <= count {
        let n = (rank / 200.0_f64).floor().max(1.0).min(count - rank + 1.0);
        strata.push((n, math::powf(rank + (n - 1.0) / 2.0, -exponent)));
        rank += n;
    }
    let total: f64 = strata.iter().map(|(n, p)| n * p).sum();
    let held = |time: f64| -> f64 {
        strata.iter().map(|(n, p)| n * -math::exp_m1(-p / total * time)).sum()
    };
    let (mut low, mut high) = (0.0_f64, 80.0_f64);
    for _ in 0..100 {
        let mid = f64::midpoint(low, high);
        if held(math::exp(mid)) < capacity { low = mid } else { high = mid }
    }
    let time = math::exp(low);
    let hit = strata.iter().map(|(n, p)| n * p / total * -math::exp_m1(-p / total * time)).sum();
    let mut left = capacity;
    let mut ideal = 0.0;
    for (n, p) in strata {
        let kept = n.min(left);
        ideal += kept * p / total;
        left -= kept;
    }
    (hit, time, ideal)
}

fn close(what: &str, value: f64, expected: f64, within: f64) {
    assert!((value - expected).abs() < within, "{what}: {value:.4}, expected {expected:.4}");
}

#[test]
fn a_static_law_agrees_with_che_at_full_scale() {
    for (exponent, count, capacity) in [
        (0.9, 3_000_000_000, 300_000_000),
        (0.7, 1_000_000_000, 100_000_000),
        (0.9, 1_000_000_000, 100_000_000),
        (1.1, 1_000_000_000, 100_000_000),
        (0.9, 1_000_000_000, 1_000_000),
    ] {
        let mut world = world(&zipf(exponent, count), CacheOptions::lru(capacity), 200_000.0);
        let warmth = warm(&mut world);
        let (expected, _, _) = che(exponent, count as f64, capacity as f64);
        let name = format!("Zipf {exponent}, {capacity} of {count}");
        assert!(warmth.converged, "{name}");
        close(&name, warmth.hit_ratio.value, expected, 0.002);
        // What single requests see: within four standard errors.
        close(&name, watched(&mut world, 40_000, 10.0), expected, 4.0 * 0.0025 + 0.002);
    }
}

#[test]
fn the_links_of_a_year_under_a_static_law_give_41_percent() {
    let population = zipf(0.9, 36_500_000_000);
    let (_, _, ideal) = che(0.9, 36.5e9, 1e8);
    let lru = warm(&mut world(&population, CacheOptions::lru(100_000_000), 115_741.0));
    close("LRU", lru.hit_ratio.value, 0.411, 0.003);
    close("ideal", ideal, 0.514, 0.001);
    let s3 = warm(&mut world(&population, CacheOptions::s3_fifo(100_000_000), 115_741.0));
    assert!(lru.hit_ratio.value + 0.05 < s3.hit_ratio.value && s3.hit_ratio.value < ideal);
}

#[test]
fn a_static_law_agrees_with_every_key_simulated() {
    let population = zipf(0.9, 300_000);
    let capacity = 20_000;
    for (name, cache, within) in [
        ("LRU", CacheOptions::lru(capacity), 0.004),
        ("S3-FIFO", CacheOptions::s3_fifo(capacity), 0.006),
        ("TinyLFU", CacheOptions::caffeine(capacity), 0.01),
    ] {
        let expected = brute(&population, cache, 1_000.0, 1_000.0, 2_000.0);
        // One representative for twenty keys.
        let mut world = sized(&population, cache, 1_000.0, 1_000);
        let warmth = warm(&mut world);
        close(name, warmth.hit_ratio.value, expected, within);
    }
}

#[test]
fn lifetimes_agree_with_every_key_simulated() {
    let population = zipf(0.9, 300_000);
    let cache = CacheOptions {
        ttl: Some(Duration::from_secs(20)),
        ttl_jitter: 0.2,
        ..CacheOptions::lru(20_000)
    };
    let expected = brute(&population, cache, 1_000.0, 200.0, 600.0);
    let mut world = sized(&population, cache, 1_000.0, 1_000);
    let warmth = warm(&mut world);
    close("TTL", warmth.hit_ratio.value, expected, 0.006);
    // Hot keys expire too: without that they would all hit.
    let forever = warm(&mut sized(&population, CacheOptions::lru(20_000), 1_000.0, 1_000));
    assert!(warmth.hit_ratio.value + 0.05 < forever.hit_ratio.value);
}

fn fading() -> KeyPopulation {
    let fade = |share, seconds| Fade { share, half_life: Duration::from_secs(seconds) };
    KeyPopulation::Living(LivingKeys {
        births: 20.0,
        exponent: 0.9,
        interest: vec![fade(0.7, 900), fade(0.3, 36_000)],
        cohort: Duration::from_secs(3_600),
    })
}

#[test]
fn living_keys_agree_with_every_key_simulated() {
    for (name, cache) in
        [("LRU", CacheOptions::lru(20_000)), ("S3-FIFO", CacheOptions::s3_fifo(20_000))]
    {
        // Over whole cohorts, as their hottest keys come and go.
        let expected = brute(&fading(), cache, 400.0, 3_600.0, 7_200.0);
        let mut world = sized(&fading(), cache, 400.0, 1_000);
        let _ = warm(&mut world);
        let samples = 100;
        let sum: f64 = (1..=samples)
            .map(|step| world.hit_ratio(Instant::from_secs_f64(36.0 * f64::from(step))))
            .sum();
        close(name, sum / f64::from(samples), expected, 0.01);
        let again = sized(&fading(), cache, 400.0, 1_000);
        let mut again = again;
        let _ = warm(&mut again);
        close(name, watched(&mut again, 50_000, 3_600.0), expected, 0.012);
    }
}

#[test]
fn a_flushed_cache_refills_as_every_key_simulated_does() {
    let population = zipf(0.9, 300_000);
    let cache = CacheOptions::lru(20_000);
    let mut world = sized(&population, cache, 1_000.0, 1_000);
    let _ = warm(&mut world);
    let refill = world.refill_timeline(Instant::ZERO, (1, 1), None, 1e5);
    for point in refill.points.iter().filter(|point| point.after > 2.0).step_by(4) {
        // An empty brute-force cache, seen in a short window around the same age.
        let (from, to) = (point.after * 0.9, point.after * 1.1);
        let expected = brute(&population, cache, 1_000.0, from, to);
        close("refill", point.hit_ratio, expected, 0.03);
    }
    let whole = refill.within_one_point.expect("it refills");
    let (_, time, _) = che(0.9, 3e5, 2e4);
    assert!(whole > 0.3 * time / 1_000.0 && whole < 1.3 * time / 1_000.0, "{whole} {time}");
    // One shard of four: a quarter of the loss.
    let part = world.refill_timeline(Instant::ZERO, (1, 4), None, 1e5);
    close("first look", part.points[0].hit_ratio, 0.75 * part.steady, 0.03);
    // A store that answers a tenth of the misses stretches it.
    let slow = world.refill_timeline(Instant::ZERO, (1, 1), Some(100.0), 1e5);
    assert!(slow.within_one_point.is_none_or(|slow| slow > 1.5 * whole), "{slow:?}");
}

#[test]
fn a_lost_shard_is_cold_and_the_others_are_not() {
    let mut world = sized(&zipf(0.9, 300_000), CacheOptions::lru(20_000), 1_000.0, 1_000);
    let steady = warm(&mut world).hit_ratio.value;
    world.lose_shards(Instant::ZERO, 1, 4);
    let mut stream = Seed(9).stream("requests");
    let (mut cold, mut warm) = ((0, 0), (0, 0));
    for request in 0..20_000 {
        let now = Instant::from_nanos(request);
        let key = world.keys().draw(now, &mut stream);
        let seen = if key.shard(4) == 0 { &mut cold } else { &mut warm };
        seen.0 += u32::from(world.lookup(now, key) == Lookup::Hit);
        seen.1 += 1;
    }
    assert_eq!(cold.0, 0);
    // Which shard the hottest keys are in moves the others by a few points.
    close("the other shards", f64::from(warm.0) / f64::from(warm.1), steady, 0.04);
}

#[test]
fn presented_requests_fill_the_cache_themselves() {
    let population = KeyPopulation::Empirical(vec![
        KeyGroup { keys: 10, requests: 9.0 },
        KeyGroup { keys: 1_000_000, requests: 1.0 },
    ]);
    let keys = Keys::new(&population).unwrap();
    let options = CacheWorldOptions {
        cache: CacheOptions::lru(1_000),
        entry_weight: 1,
        rate: 1_000.0,
        presented_ratio: 1.0,
        resolution: 1_000,
    };
    let mut world = CacheWorld::new(keys, options, Seed(1)).unwrap();
    let mut stream = Seed(2).stream("requests");
    let mut hits = 0;
    for request in 0..10_000_u64 {
        let now = Instant::from_nanos(request * 1_000_000);
        let key = world.keys().draw(now, &mut stream);
        if world.lookup(now, key) == Lookup::Hit { hits += 1 } else { world.fill(now, key) }
    }
    close("hot keys hit", f64::from(hits) / 1e4, 0.9, 0.015);
}

#[test]
fn the_same_seed_gives_the_same_world() {
    let run = || {
        let mut world = sized(&fading(), CacheOptions::s3_fifo(5_000), 400.0, 500);
        let warmth = warm(&mut world);
        (warmth, watched(&mut world, 5_000, 60.0), world.hit_ratio(Instant::from_secs_f64(61.0)))
    };
    assert_eq!(run(), run());
}

#[test]
fn the_hottest_key_and_the_working_set() {
    let keys = Keys::new(&zipf(1.0, 1_000)).unwrap();
    let harmonic: f64 = (1..=1_000).map(|rank| 1.0 / f64::from(rank)).sum();
    close("hottest", keys.hottest_share(), 1.0 / harmonic, 1e-5);
    for population in [zipf(0.9, 100_000), fading()] {
        let keys = Keys::new(&population).unwrap();
        let mut stream = Seed(4).stream("set");
        let (rate, window) = (400.0, 50.0);
        let mut seen = std::collections::BTreeSet::new();
        let mut time = 0.0;
        while time < window {
            time += stream.exponential() / rate;
            seen.insert(keys.draw(Instant::from_secs_f64(time), &mut stream).id());
        }
        let expected = seen.len() as f64;
        close("working set", keys.working_set(rate, window) / expected, 1.0, 0.04);
    }
}

#[test]
fn impossible_populations_are_refused() {
    for text in [
        "zipf: {exponent: -1, count: 10}",
        "zipf: {exponent: 1, count: 0}",
        "empirical: []",
        "living: {births: 1, exponent: 1, interest: [{share: 0.5, half_life: 1h}]}",
    ] {
        let population: KeyPopulation = serde_saphyr::from_str(text).unwrap();
        assert!(Keys::new(&population).is_err(), "{text}");
    }
    assert!(serde_saphyr::from_str::<KeyPopulation>("zipf: {exponent: 1, counts: 3}").is_err());
}
