//! A cache in front of a store: none, in the process, or shared; the size at which cache and store
//! together cost least.

use tenfold_units::{Interval, Unit};

use super::{Technology, size};
use crate::demand::Demand;
use crate::draft::{CachePlan, Draft};
use crate::keys::{HitCurve, Keys, zipf_share};
use crate::sizing::cache::{self as sizing, KeyFigures, NODES};

/// Keywords that pin a cache.
const PINS: [&str; 3] = ["cache", "redis", "memcached"];

/// Returns the keys of a dataset as figures; absent where nothing is known of its popularity.
pub(crate) fn keys(draft: &mut Draft<'_>, dataset: &str) -> Option<KeyFigures> {
    let popularity = draft.dataset(dataset).popularity.clone()?;
    let book = &mut draft.book;
    let rate = format!("data.{dataset}.point_reads_avg");
    let count = format!("keys.{dataset}.count");
    let label = format!("{dataset}: keys that are asked for");
    let formula = format!("{} * load_factor", popularity.active_keys);
    book.derive(&count, &label, Unit::Count, &formula);
    let born = popularity.new_keys_per_second.as_ref().map(|figure| {
        let id = format!("keys.{dataset}.born");
        let label = format!("{dataset}: new keys");
        book.derive(&id, &label, Unit::PerSecond, &format!("{figure} * load_factor"));
        id
    });
    let mut interest = Vec::new();
    if let (Some(half_life), Some(_)) = (&popularity.half_life, &born) {
        let fading = format!("keys.{dataset}.fading_ratio");
        let label = format!("{dataset}: share of requests that fades with age");
        match &popularity.ageless_ratio {
            Some(ageless) => {
                book.derive(&fading, &label, Unit::Ratio, &format!("1 - {ageless}"));
                let slow = book.assume("cache.age_term_half_life");
                interest.push((fading, half_life.clone()));
                interest.push((ageless.clone(), slow));
            }
            None => {
                book.derive(&fading, &label, Unit::Ratio, "1");
                interest.push((fading, half_life.clone()));
            }
        }
    }
    let born = if interest.is_empty() { None } else { born };
    Some(KeyFigures { rate, born, count, exponent: popularity.zipf_exponent, interest })
}

/// Returns the cache in the process that a pin asks for where no cache is needed: its smallest form.
pub(crate) fn pinned_in_process(draft: &mut Draft<'_>, demand: &Demand) -> Option<CachePlan> {
    draft.pin(&PINS, &demand.name)?;
    let keys = keys(draft, &demand.name)?;
    let curve = keys.curve(&draft.book);
    in_process_entries(draft, demand);
    let entries = format!("cache.{}.entries", demand.name);
    let id = format!("cache.{}.hit_ratio", demand.name);
    sizing::hit_ratio(&mut draft.book, &id, &keys, &entries, &curve);
    let component = format!("hot-{}", super::words::plural(&demand.name));
    Some(CachePlan {
        component,
        dataset: demand.name.clone(),
        capacity: draft.book.value("assumed.cache.process_bytes"),
        entry: draft.book.value(&format!("cache.{}.entry", demand.name)),
        shared: None,
    })
}

/// Makes the entries of a cache in the process stand.
pub(crate) fn in_process_entries(draft: &mut Draft<'_>, demand: &Demand) {
    let memory = draft.book.assume("cache.process_bytes");
    let overhead = draft.book.assume("cache.row_overhead");
    let entry = format!("cache.{}.entry", demand.name);
    let formula = format!("{} + {overhead}", demand.item);
    draft.book.derive(&entry, "memory of one entry", Unit::Bytes, &formula);
    let id = format!("cache.{}.entries", demand.name);
    let formula = format!("floor({memory} / {entry})");
    draft.book.derive(&id, "entries in one process", Unit::Count, &formula);
}

/// Returns the shared cache with which the dataset is cheapest to keep, or none where it is cheaper
/// without, unless the brief pins a cache.
pub(crate) fn best(
    draft: &mut Draft<'_>,
    demand: &Demand,
    pinned: Option<Technology>,
) -> Option<CachePlan> {
    let keys = keys(draft, &demand.name)?;
    let reads = draft.book.value(&demand.point_reads);
    if reads <= 0.0 {
        return None;
    }
    let curve = keys.curve(&draft.book);
    let without = store_cost(draft, demand, pinned);
    let minimum = sizing::minimum_shards(&mut draft.book, &demand.name, &demand.point_reads);
    let minimum = draft.book.value(&minimum) as u32;
    let mut best: Option<(f64, (&str, u32))> = None;
    for candidate in candidates(minimum) {
        let mut scratch = scratch(draft);
        let size = sizing::size(
            &mut scratch.book,
            &demand.name,
            (&keys, &curve),
            (&demand.item, &demand.point_reads),
            candidate,
        );
        let hit = format!("cache.{}.hit_ratio", demand.name);
        let behind = demand.behind_cache(&mut scratch.book, &hit);
        let cost = scratch.book.value(&size.cost) + store_cost(&scratch, &behind, pinned);
        if best.is_none_or(|(least, _)| cost < least) {
            best = Some((cost, candidate));
        }
    }
    let (with, candidate) = best?;
    note(draft, demand, without, with);
    let pin = draft.pin(&PINS, &demand.name);
    let refused = draft.refusal(&PINS).is_some();
    let wanted = !refused && (with < without || pin.is_some());
    let size = wanted.then(|| {
        sizing::size(
            &mut draft.book,
            &demand.name,
            (&keys, &curve),
            (&demand.item, &demand.point_reads),
            candidate,
        )
    });
    if size.is_some() {
        static_law(draft, demand, &keys);
    }
    let choice = super::words::cache(draft, demand, size.as_ref(), with < without);
    draft.choices.push(choice);
    let size = size?;
    Some(CachePlan {
        component: format!("hot-{}", super::words::plural(&demand.name)),
        dataset: demand.name.clone(),
        capacity: size.capacity,
        entry: draft.book.value(&format!("option.{}.redis.entry", demand.name)),
        shared: Some((size.instance, size.shards)),
    })
}

/// Makes stand what the same cache would answer if keys never aged: a Zipf law over all items of a
/// year, under LRU (Che's approximation) and with the most popular items always inside.
fn static_law(draft: &mut Draft<'_>, demand: &Demand, keys: &KeyFigures) {
    let name = &demand.name;
    let (items, entries) =
        (format!("data.{name}.items_1y"), format!("option.{name}.redis.entries"));
    let book = &mut draft.book;
    if keys.born.is_none() || !book.ledger.contains(&items) {
        return;
    }
    let exponent = book.value(&keys.exponent);
    let (count, room) = (book.value(&items), book.value(&entries));
    let law =
        Keys { rate: book.value(&keys.rate), born: 0.0, count, exponent, interest: Vec::new() };
    let lru = HitCurve::new(&law).hit_ratio(room);
    let best = zipf_share(room.min(count), count, exponent);
    let inputs = [items.as_str(), &entries, &keys.exponent];
    for (what, label, words, value) in [
        ("lru", "an LRU over keys that never age", "Che's approximation", lru),
        ("ideal", "the most popular keys that fit", "their share of a Zipf law", best),
    ] {
        let id = format!("cache.{name}.static_{what}");
        let label = format!("hit ratio of {label}");
        book.ledger.computed(&id, &label, Unit::Ratio, Interval::exact(value), words, &inputs);
    }
}

/// Sizes that are tried: shards of the smallest node first, larger nodes where there would be many.
fn candidates(minimum: u32) -> Vec<(&'static str, u32)> {
    let mut sizes = Vec::new();
    for (index, node) in NODES.iter().enumerate() {
        let steps: &[u32] = if index == 0 { &[1, 2, 3, 4, 6, 8, 12] } else { &[8, 12] };
        for shards in steps.iter().filter(|shards| **shards >= minimum) {
            sizes.push((*node, *shards));
        }
    }
    if sizes.is_empty() {
        sizes.extend([1, 2, 4].map(|times| (NODES[1], minimum * times)));
    }
    sizes
}

/// Returns a copy of the draft's figures to try things on.
fn scratch<'a>(draft: &Draft<'a>) -> Draft<'a> {
    let exact = crate::book::Book::new(&draft.book.ledger, draft.book.catalog, true);
    let mut copy = Draft::empty(draft.estimate, exact);
    copy.place = draft.place.clone();
    copy.book.region.clone_from(&draft.book.region);
    copy.book.skills.clone_from(&draft.book.skills);
    copy
}

/// Returns what the cheapest store that fits (or the pinned one) costs for a demand.
fn store_cost(draft: &Draft<'_>, demand: &Demand, pinned: Option<Technology>) -> f64 {
    let technologies = match pinned {
        Some(technology) => vec![technology],
        None => super::ALL.to_vec(),
    };
    let mut least = f64::INFINITY;
    for technology in technologies {
        let mut scratch = scratch(draft);
        let sized = size(&mut scratch, technology, demand);
        if sized.refused.is_none() {
            least = least.min(scratch.book.value(&sized.cost));
        }
    }
    least
}

/// Makes what the dataset costs with and without a cache stand.
fn note(draft: &mut Draft<'_>, demand: &Demand, without: f64, with: f64) {
    let words = "the cheapest store that fits";
    let unit = Unit::UsdPerMonth;
    for (id, label, value) in [
        ("without", "store without a cache", without),
        ("with", "cache and store at their cheapest", with),
    ] {
        let id = format!("cache.{}.cost_{id}", demand.name);
        let inputs = [demand.point_reads.as_str(), &demand.stored];
        let value = Interval::exact(value);
        draft.book.ledger.computed(&id, label, unit, value, words, &inputs);
    }
}
