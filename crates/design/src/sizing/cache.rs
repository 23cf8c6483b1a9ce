//! Redis in front of a store: shards by memory and by the one thread that executes commands.

use tenfold_units::Unit;

use crate::book::Book;
use crate::keys::{HitCurve, Keys};

/// Primary and secondary of each shard.
pub(crate) const COPIES: u32 = 2;
/// Nodes that are considered, smallest first.
pub(crate) const NODES: [&str; 5] =
    ["r7g.large", "r7g.xlarge", "r7g.2xlarge", "r7g.4xlarge", "r7g.8xlarge"];

/// The keys of a dataset as figures.
#[derive(Clone, Debug)]
pub(crate) struct KeyFigures {
    /// Requests per second.
    pub(crate) rate: String,
    /// Births per second; absent for a fixed set.
    pub(crate) born: Option<String>,
    /// Keys that are asked for at all.
    pub(crate) count: String,
    /// Zipf exponent.
    pub(crate) exponent: String,
    /// Share and half-life of each term.
    pub(crate) interest: Vec<(String, String)>,
}

impl KeyFigures {
    /// Returns the figures that the hit ratio is computed from, in a fixed order.
    pub(crate) fn ids(&self) -> Vec<&str> {
        let mut ids = vec![self.rate.as_str(), &self.count, &self.exponent];
        ids.extend(self.born.as_deref());
        for (share, half_life) in &self.interest {
            ids.push(share);
            ids.push(half_life);
        }
        ids
    }

    /// Returns the key space with these values, in the order of [`ids`](Self::ids).
    pub(crate) fn keys(&self, values: &[f64]) -> Keys {
        let after = if self.born.is_some() { 4 } else { 3 };
        Keys {
            rate: values[0],
            count: values[1],
            exponent: values[2],
            born: if self.born.is_some() { values[3] } else { 0.0 },
            interest: values[after..].chunks_exact(2).map(|pair| (pair[0], pair[1])).collect(),
        }
    }

    /// Returns the curve at mid values.
    pub(crate) fn curve(&self, book: &Book<'_>) -> HitCurve {
        let values: Vec<f64> = self.ids().iter().map(|id| book.value(id)).collect();
        HitCurve::new(&self.keys(&values))
    }
}

/// Makes the hit ratio of room for `entries` (a figure) stand as `id`.
pub(crate) fn hit_ratio(
    book: &mut Book<'_>,
    id: &str,
    keys: &KeyFigures,
    entries: &str,
    curve: &HitCurve,
) -> f64 {
    let mut inputs = vec![entries];
    inputs.extend(keys.ids());
    let words = "hits of an LRU of that many entries over keys that are born and fade \
                 (Che's approximation for shot noise)";
    let exact = book.is_exact();
    let compute = |values: &[f64]| {
        if exact {
            curve.hit_ratio(values[0])
        } else {
            HitCurve::new(&keys.keys(&values[1..])).hit_ratio(values[0])
        }
    };
    book.ledger.compute((id, "hit ratio", Unit::Ratio), words, &inputs, &compute)
}

/// Shards of a cache of one node type.
#[derive(Clone, Debug)]
pub(crate) struct CacheSize {
    /// Node type.
    pub(crate) instance: String,
    /// Shards.
    pub(crate) shards: u32,
    /// Bytes for entries in each shard.
    pub(crate) capacity: f64,
    /// With operation: figure id.
    pub(crate) cost: String,
}

/// Makes a cache of `shards` nodes of a type stand under `option.<name>.redis`; its hit ratio is
/// `cache.<name>.hit_ratio`.
pub(crate) fn size(
    book: &mut Book<'_>,
    name: &str,
    (keys, curve): (&KeyFigures, &HitCurve),
    (item, lookups): (&str, &str),
    (node, shards): (&str, u32),
) -> CacheSize {
    let id = |what: &str| format!("option.{name}.redis.{what}");
    let overhead = book.assume("cache.row_overhead");
    book.derive(&id("entry"), "memory of one entry", Unit::Bytes, &format!("{item} + {overhead}"));
    let reserved = book.fact("aws.elasticache.reserved_mem");
    book.shape(node);
    // What a fork for a snapshot or a resync needs stays free.
    let capacity = format!("floor(memory.{node} * (1 - {reserved}))");
    book.derive(&id("capacity"), "memory for entries in a shard", Unit::Bytes, &capacity);
    let words = "chosen where cache and store together are cheapest";
    let interval = tenfold_units::Interval::exact(f64::from(shards));
    let minimum = minimum_shards(book, name, lookups);
    book.ledger.computed(&id("shards"), "shards", Unit::Count, interval, words, &[&minimum]);
    let entries = format!("{} * {} / {}", id("shards"), id("capacity"), id("entry"));
    book.derive(&id("entries"), "entries that fit", Unit::Count, &entries);
    hit_ratio(book, &format!("cache.{name}.hit_ratio"), keys, &id("entries"), curve);
    let price = book.price(node);
    let machines = format!("{} * {COPIES} * 730 * {price}", id("shards"));
    book.derive(&id("machines"), "machines", Unit::UsdPerMonth, &machines);
    let technology = book.operate("redis", false);
    let total = format!("{} + {technology}", id("machines"));
    book.derive(&id("cost"), "cost with operation", Unit::UsdPerMonth, &total);
    CacheSize {
        instance: node.to_owned(),
        shards,
        capacity: book.value(&id("capacity")),
        cost: id("cost"),
    }
}

/// Makes the shards that the command thread alone needs stand, and returns the figure id.
pub(crate) fn minimum_shards(book: &mut Book<'_>, name: &str, lookups: &str) -> String {
    let id = format!("option.{name}.redis.shards_cpu");
    if !book.ledger.contains(&id) {
        let get = book.station("redis.get");
        let target = book.fact("sizing.cpu_target");
        let formula = format!("max(1, ceil({lookups} * {get} / {target}))");
        book.derive(&id, "shards by the command thread", Unit::Count, &formula);
    }
    id
}
