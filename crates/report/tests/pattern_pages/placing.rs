//! Where keys go.

use std::collections::BTreeSet;

use tenfold_patterns::geo::{GeoBox, GeoShards, Point};
use tenfold_patterns::hash_slots::{SlotMap, kafka_partition};
use tenfold_patterns::jump::jump;
use tenfold_patterns::maglev::Maglev;
use tenfold_patterns::rendezvous::Rendezvous;
use tenfold_patterns::{HashRing, HashRingOptions, RangeShards};
use tenfold_report::svg::Svg;
use tenfold_units::Unit;

use crate::draw::{Lines, SEED, at, bars};

const KEYS: u32 = 100_000;

fn names(count: usize) -> Vec<String> {
    (0..count).map(|i| format!("node-{i}")).collect()
}

fn ring(names: &[String], virtual_nodes: u32) -> HashRing {
    let mut ring = HashRing::new(HashRingOptions { virtual_nodes }).unwrap();
    names.iter().for_each(|name| _ = ring.add(name, 1).unwrap());
    ring
}

fn hashes() -> Vec<u64> {
    let ring = HashRing::new(HashRingOptions::tenfold()).unwrap();
    (0..KEYS).map(|key| ring.hash(&key.to_le_bytes())).collect()
}

/// Owners of all keys, by name, for a way to place them.
type Place<'p> = &'p dyn Fn(&[String], u64) -> String;

fn by_ring(names: &[String], hashes: &[u64]) -> Vec<String> {
    let ring = ring(names, 160);
    hashes.iter().map(|h| ring.name(ring.owner(*h).unwrap()).unwrap().to_owned()).collect()
}

fn by_maglev(names: &[String], hashes: &[u64]) -> Vec<String> {
    let hosts: Vec<(&str, u32)> = names.iter().map(|name| (name.as_str(), 1)).collect();
    let maglev = Maglev::new(65_537, &hosts).unwrap();
    hashes.iter().map(|h| names[maglev.owner(*h)].clone()).collect()
}

fn by_rendezvous(names: &[String], hashes: &[u64]) -> Vec<String> {
    let nodes: Vec<(&str, f64)> = names.iter().map(|name| (name.as_str(), 1.0)).collect();
    let rendezvous = Rendezvous::new(&nodes);
    hashes.iter().map(|h| names[rendezvous.owner(*h).unwrap()].clone()).collect()
}

/// Keys that change their node although it stayed, when one of ten leaves.
pub(crate) fn moved_without_cause() -> Svg {
    let before = names(10);
    let mut after = before.clone();
    let gone = after.remove(3);
    let hashes = hashes();
    let moved = |old: Vec<String>, new: Vec<String>| {
        let pairs = old.iter().zip(&new).filter(|(old, _)| **old != gone);
        let (all, moved) = (pairs.clone().count(), pairs.filter(|(old, new)| old != new).count());
        moved as f64 / all as f64
    };
    let each = |place: Place<'_>| {
        let owners = |names: &[String]| hashes.iter().map(|h| place(names, *h)).collect();
        moved(owners(&before), owners(&after))
    };
    let modulo = |names: &[String], h: u64| names[(h % names.len() as u64) as usize].clone();
    let jumped = |names: &[String], h: u64| names[jump(h, names.len() as u32) as usize].clone();
    bars(
        "One of ten nodes leaves: keys of the other nine that move all the same",
        Unit::Ratio,
        &[
            ("hash modulo nodes", each(&modulo)),
            ("jump, by place in a list", each(&jumped)),
            (
                "Maglev, 65,537 slots",
                moved(by_maglev(&before, &hashes), by_maglev(&after, &hashes)),
            ),
            ("ring, 160 points a node", moved(by_ring(&before, &hashes), by_ring(&after, &hashes))),
            ("rendezvous", moved(by_rendezvous(&before, &hashes), by_rendezvous(&after, &hashes))),
        ],
    )
}

/// The busiest node's load over the mean, by virtual nodes.
pub(crate) fn balance_of_placements() -> Svg {
    let hashes = hashes();
    let names = names(10);
    let worst = |owners: &mut dyn Iterator<Item = usize>| {
        let mut load = [0_u32; 10];
        owners.for_each(|owner| load[owner] += 1);
        f64::from(*load.iter().max().unwrap()) / (f64::from(KEYS) / 10.0)
    };
    let points = [1, 2, 5, 10, 20, 50, 100, 160, 200, 500, 1_000].map(|virtual_nodes| {
        let ring = ring(&names, virtual_nodes);
        let owners = &mut hashes.iter().map(|h| ring.owner(*h).unwrap() as usize);
        (f64::from(virtual_nodes), worst(owners))
    });
    let hosts: Vec<(&str, u32)> = names.iter().map(|name| (name.as_str(), 1)).collect();
    let maglev = Maglev::new(65_537, &hosts).unwrap();
    let by_maglev = worst(&mut hashes.iter().map(|h| maglev.owner(*h)));
    let nodes: Vec<(&str, f64)> = names.iter().map(|name| (name.as_str(), 1.0)).collect();
    let rendezvous = Rendezvous::new(&nodes);
    let by_rendezvous = worst(&mut hashes.iter().map(|h| rendezvous.owner(*h).unwrap()));
    let flat = |value: f64| vec![(1.0, value), (1_000.0, value)];
    Lines::new(
        "How even is it? The busiest of ten nodes, 100,000 keys",
        ("virtual nodes a node", Unit::Count),
        ("load of the busiest node / mean", Unit::Factor),
    )
    .logarithmic_x()
    .line("ring", points.to_vec())
    .line("Maglev", flat(by_maglev))
    .line("rendezvous", flat(by_rendezvous))
    .draw()
}

/// A key for the n-th access, from a random number.
type NextKey<'k> = &'k mut dyn FnMut(u64) -> u64;

/// The busiest range's share of the load, each second, where hot ranges are split.
pub(crate) fn hot_last_range() -> Svg {
    let shares = |key: NextKey<'_>| {
        let mut shards = RangeShards::new();
        let (mut count, mut points) = (0, Vec::new());
        for second in 0..300_u64 {
            let mut load = std::collections::BTreeMap::new();
            for i in 0..500 {
                let owner = shards.access(at(second * 1_000 + i * 2), &key(count));
                *load.entry(owner).or_insert(0.0) += 1.0 / 500.0;
                count += 1;
            }
            points.push((second as f64, load.values().copied().fold(0.0, f64::max)));
            let now = at(second * 1_000 + 999);
            if second % 10 == 9
                && let Some(hot) = shards.hot(now, 60.0)
                && let Some(key) = hot.split_at
            {
                shards.split(&key);
            }
        }
        points
    };
    let mut stream = SEED.stream("keys");
    let random = shares(&mut |_| stream.next_u64());
    let growing = shares(&mut |count| count);
    Lines::new(
        "The hottest range is split every 10 s: it helps only where keys are spread",
        ("time", Unit::Seconds),
        ("share of all writes that the busiest range takes", Unit::Ratio),
    )
    .line("keys that only grow (counters, times)", growing)
    .line("random keys", random)
    .draw()
}

/// Keys that move when a cluster or a topic grows.
pub(crate) fn slots_that_move() -> Svg {
    let mut slots = SlotMap::new(16_384, 3);
    let before: Vec<u32> = (0..16_384).map(|slot| slots.owner(slot)).collect();
    slots.rebalance(&[0, 1, 2, 3]);
    let moved = (0..16_384).filter(|slot| before[*slot as usize] != slots.owner(*slot)).count();
    let partition = |key: u32, count| kafka_partition(&key.to_le_bytes(), count);
    let topic = (0..KEYS).filter(|key| partition(*key, 8) != partition(*key, 9)).count();
    let modulo = hashes().iter().filter(|h| *h % 3 != *h % 4).count();
    bars(
        "Keys that change their place when one is added",
        Unit::Ratio,
        &[
            ("hash modulo nodes, 3 → 4", modulo as f64 / f64::from(KEYS)),
            ("slots, 3 → 4 nodes", moved as f64 / 16_384.0),
            ("topic, 8 → 9 partitions", topic as f64 / f64::from(KEYS)),
        ],
    )
}

/// Large cities, as latitude and longitude to a degree.
const CITIES: [(i16, i16); 24] = [
    (36, 140),
    (29, 77),
    (31, 121),
    (24, 90),
    (-24, -47),
    (19, -99),
    (30, 31),
    (40, 116),
    (19, 73),
    (35, 136),
    (25, 67),
    (41, -74),
    (-35, -58),
    (41, 29),
    (23, 88),
    (7, 3),
    (-4, 15),
    (34, -118),
    (52, 0),
    (49, 2),
    (56, 38),
    (37, 127),
    (-34, 151),
    (-18, 178),
];

/// What becomes of cities between boxes, and in two of them.
pub(crate) fn cities_without_region() -> Svg {
    let regions = [
        ("us-west", GeoBox::new(-125.0, 25.0, -100.0, 49.0).unwrap()),
        ("us-east", GeoBox::new(-100.0, 25.0, -66.0, 49.0).unwrap()),
        ("europe", GeoBox::new(-10.0, 36.0, 30.0, 60.0).unwrap()),
        ("pacific", GeoBox::new(120.0, -40.0, -170.0, 45.0).unwrap()),
    ];
    let boxes: Vec<(&str, [GeoBox; 1])> = regions.map(|(name, it)| (name, [it])).to_vec();
    let boxes: Vec<(&str, &[GeoBox])> = boxes.iter().map(|(name, it)| (*name, &it[..])).collect();
    let shards = GeoShards::new(&boxes).unwrap();
    let points = CITIES.map(|(lat, lon)| Point::new(lat.into(), lon.into()).unwrap());
    // The textbook compares numbers: its box from 120 to −170 holds nothing.
    let plain = |point: &Point| {
        let (lat, lon) = (point.latitude(), point.longitude());
        let sides =
            [(-125, 25, -100, 49), (-100, 25, -66, 49), (-10, 36, 30, 60), (120, -40, -170, 45)];
        let sides =
            sides.map(|(w, s, e, n)| (f64::from(w), f64::from(s), f64::from(e), f64::from(n)));
        sides.iter().any(|(w, s, e, n)| *w <= lon && lon <= *e && *s <= lat && lat <= *n)
    };
    let boxed = points.iter().filter(|p| regions.iter().any(|(_, it)| it.contains(**p))).count();
    let served: BTreeSet<usize> = points.iter().map(|point| shards.region(*point)).collect();
    assert_eq!(served.len(), regions.len(), "every region is somebody's nearest");
    bars(
        "24 large cities, four regional boxes: cities that get a region",
        Unit::Count,
        &[
            ("compare the numbers", points.iter().filter(|p| plain(p)).count() as f64),
            ("boxes that may cross the antimeridian", boxed as f64),
            ("and the nearest region for the rest", points.len() as f64),
        ],
    )
}
