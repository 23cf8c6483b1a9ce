//! What is kept, and what is written later.

use std::collections::BTreeSet;

use tenfold_patterns::{
    Cache, CacheDecision, CacheOptions, Refresh, RefreshDecision, RefreshOptions, SingleFlight,
    SingleFlightDecision, SingleFlightOptions, SingleFlightPermit, WriteBehind, WriteBehindOptions,
    WriteBehindOutput,
};
use tenfold_report::svg::Svg;
use tenfold_units::random::Stream;
use tenfold_units::{Instant, Unit, math};

use crate::draw::{Lines, Points, SEED, at, bars, ms};

/// Ranks with the popularity of a Zipf law, from its table of sums.
struct Zipf(Vec<f64>);

impl Zipf {
    fn new(keys: u32, exponent: f64) -> Self {
        let mut sum = 0.0;
        let sums = (1..=keys).map(|rank| {
            sum += math::powf(f64::from(rank), -exponent);
            sum
        });
        Self(sums.collect())
    }

    fn draw(&self, stream: &mut Stream) -> u64 {
        let wanted = stream.uniform() * self.0.last().unwrap();
        self.0.partition_point(|sum| *sum <= wanted) as u64
    }
}

/// Hit ratio by size, where every tenth request is for a key that nobody asks for again.
pub(crate) fn policies() -> Svg {
    let zipf = Zipf::new(20_000, 0.9);
    let run = |options: fn(u64) -> CacheOptions| -> Points {
        [100, 200, 500, 1_000, 2_000, 5_000, 10_000]
            .map(|capacity| {
                let mut cache = Cache::<u64>::new(options(capacity)).unwrap();
                let (mut keys, mut chance) = (SEED.stream("keys"), SEED.stream("cache"));
                let mut hits = 0;
                for i in 0..200_000_u64 {
                    let once = i % 10 == 0;
                    let key = if once { 1_000_000 + i } else { zipf.draw(&mut keys) };
                    let hit = matches!(cache.lookup(at(i), &key), CacheDecision::Hit(()));
                    if !hit {
                        let _ = cache.insert(at(i), key, (), 1, &mut chance);
                    }
                    hits += u32::from(hit && i >= 100_000);
                }
                (capacity as f64, f64::from(hits) / 100_000.0)
            })
            .to_vec()
    };
    Lines::new(
        "20,000 keys by Zipf 0.9, and every tenth request for a key that never comes again",
        ("entries that fit", Unit::Count),
        ("hit ratio", Unit::Ratio),
    )
    .logarithmic_x()
    .line("LRU", run(CacheOptions::lru))
    .line("S3-FIFO", run(CacheOptions::s3_fifo))
    .line("TinyLFU", run(CacheOptions::caffeine))
    .draw()
}

/// How a value is fetched when it has expired.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fetch {
    Each,
    One,
    Ahead,
}

/// Loads and waits of a hot key: 200 requests a second, a load takes 300 ms, the value 10 s.
fn hot_key(how: Fetch) -> (f64, f64) {
    let refresh = Refresh::new(RefreshOptions::xfetch()).unwrap();
    let mut flights = SingleFlight::<u8>::new(SingleFlightOptions::tenfold()).unwrap();
    let mut stream = SEED.stream("refresh");
    let mut loading: Vec<(u64, Option<SingleFlightPermit<u8>>)> = Vec::new();
    let mut expires = Instant::ZERO;
    let (mut loads, mut waits) = (0.0, 0.0);
    for now in (0..600_000_u64).step_by(5) {
        let (done, rest) = loading.drain(..).partition(|(end, _)| *end <= now);
        loading = rest;
        let done: Vec<(u64, Option<SingleFlightPermit<u8>>)> = done;
        for (_, permit) in done {
            expires = at(now) + ms(10_000);
            permit.into_iter().for_each(|permit| _ = flights.finish(permit));
        }
        let fresh = at(now) < expires;
        let renew = match how {
            Fetch::Each | Fetch::One => !fresh,
            Fetch::Ahead => {
                let decision = refresh.decide(at(now), expires, ms(300), &mut stream);
                decision != RefreshDecision::Fresh
            }
        };
        waits += f64::from(u8::from(!fresh));
        if !renew {
            continue;
        }
        let permit = match how {
            Fetch::Each => None,
            Fetch::One | Fetch::Ahead => match flights.join(at(now), 1) {
                SingleFlightDecision::Lead(permit) => Some(permit),
                SingleFlightDecision::Wait(_) | SingleFlightDecision::Refused => continue,
            },
        };
        loads += 1.0;
        loading.push((now + 300, permit));
    }
    (loads / 60.0, waits / 60.0)
}

/// A hot key expires.
pub(crate) fn stampede() -> Svg {
    let [each, one, ahead] = [Fetch::Each, Fetch::One, Fetch::Ahead].map(hot_key);
    bars(
        "A key with 200 requests a second expires; loading it takes 300 ms. In 10 s:",
        Unit::Count,
        &[
            ("loads, each request for itself", each.0),
            ("loads, single flight", one.0),
            ("loads, single flight and early refresh", ahead.0),
            ("requests that wait, each for itself", each.1),
            ("requests that wait, single flight", one.1),
            ("requests that wait, early refresh", ahead.1),
        ],
    )
}

/// Rows that reach the store, by how long values wait.
pub(crate) fn coalesced_writes() -> Svg {
    let zipf = Zipf::new(10_000, 1.1);
    let run = |rate: u64| -> Points {
        [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000]
            .map(|wait| {
                let options = WriteBehindOptions {
                    flush_after: ms(wait),
                    max_pending: 100_000,
                    batch: 100_000,
                    ..WriteBehindOptions::tenfold()
                };
                let mut node = WriteBehind::new(options).unwrap();
                let mut keys = SEED.stream("keys");
                let (mut rows, mut seen) = (0.0, BTreeSet::new());
                for now in 0..20_000_u64 {
                    for _ in 0..rate / 1_000 {
                        let key = zipf.draw(&mut keys);
                        seen.insert(key);
                        let taken = node.handle_write(at(now), key, now);
                        node.handle_logged(at(now), taken.sequence().unwrap());
                    }
                    node.handle_timeout(at(now));
                    while let Some(output) = node.poll_output() {
                        if let WriteBehindOutput::Flush { flush, entries } = output {
                            rows += entries.len() as f64;
                            node.handle_flushed(at(now), flush, true);
                        }
                    }
                }
                (wait as f64 / 1_000.0, rows / (20.0 * rate as f64))
            })
            .to_vec()
    };
    Lines::new(
        "Writes to 10,000 keys by Zipf 1.1: what reaches the store, by how long values wait",
        ("flush_after", Unit::Seconds),
        ("rows written / writes acknowledged", Unit::Ratio),
    )
    .logarithmic_x()
    .line("1,000 writes a second", run(1_000))
    .line("10,000 writes a second", run(10_000))
    .draw()
}
