//! What the operations ask of each dataset, as figures.

use tenfold_estimate::{Access, Consistency, Dataset, Estimate, Operation, OperationKind, Timing};
use tenfold_units::Unit;

use crate::book::Book;
use crate::choices::front::HIT;

/// What is asked of a dataset, or of several together: ids of figures.
#[derive(Clone, Debug)]
pub(crate) struct Demand {
    /// The dataset, or the group.
    pub(crate) name: String,
    /// Reads of one row by its key, per second at peak, behind caches.
    pub(crate) point_reads: String,
    /// The same on average.
    pub(crate) point_reads_avg: String,
    /// Reads of neighboring rows, per second at peak.
    pub(crate) range_reads: String,
    /// Sums and searches over many rows, per second at peak.
    pub(crate) scans: String,
    /// Plain writes, per second at peak.
    pub(crate) writes: String,
    /// Plain writes on average.
    pub(crate) writes_avg: String,
    /// Claims of a unique key and changes that depend on the present value, per second at peak.
    pub(crate) conditional: String,
    /// Bytes of one row.
    pub(crate) item: String,
    /// Bytes of one copy at the horizon.
    pub(crate) stored: String,
    /// The strictest promise to readers.
    pub(crate) consistency: Consistency,
    /// Rows are written once and never change.
    pub(crate) immutable: bool,
    /// Some are read many at a time: what is missing among them nobody notices.
    pub(crate) ranged: bool,
    /// Whether a cache stands in front.
    pub(crate) cached: bool,
}

/// Kinds of access, as [`Demand`] counts them.
const CLASSES: [(&str, &str, &[Access]); 5] = [
    ("point_reads", "reads by key", &[Access::PointRead, Access::BlobRead]),
    ("range_reads", "reads of neighboring rows", &[Access::RangeRead]),
    ("scans", "sums and searches", &[Access::Aggregate, Access::Search, Access::Nearby]),
    (
        "writes",
        "plain writes",
        &[Access::PointWrite, Access::Append, Access::Increment, Access::BlobWrite, Access::Delete],
    ),
    (
        "conditional",
        "claims and conditional changes",
        &[Access::UniqueClaim, Access::ConditionalUpdate],
    ),
];

/// The rate of an operation over all hours, also those in which it does not happen: what a month
/// brings follows from it.
pub(crate) fn mean_rate(operation: &Operation) -> String {
    match &operation.window.active_ratio {
        Some(_) => format!("op.{}.daily_mean_qps", operation.name),
        None => operation.qps_avg.clone(),
    }
}

/// Makes loads at the design's factor stand: `load.<operation>.avg` and `.peak`, `stored.<dataset>`
/// and `born.<dataset>`.
pub(crate) fn loads(book: &mut Book<'_>, estimate: &Estimate, front: &[String]) {
    for operation in &estimate.operations {
        let average = mean_rate(operation);
        // Of what a CDN keeps only the misses come.
        let kept = front.contains(&operation.name);
        let misses = if kept { format!(" * (1 - {HIT})") } else { String::new() };
        let behind = if kept { " behind the CDN" } else { "" };
        for (suffix, words, figure) in
            [("avg", "average", &average), ("peak", "peak", &operation.qps_peak)]
        {
            let label = format!("{}{behind}, {words}", operation.label);
            let id = format!("load.{}.{suffix}", operation.name);
            book.derive(&id, &label, Unit::PerSecond, &format!("{figure} * load_factor{misses}"));
        }
    }
    for dataset in &estimate.datasets {
        let label = format!("{}: bytes after a year, one copy", dataset.label);
        let formula = format!("{} * load_factor", dataset.storage_1y);
        book.derive(&format!("stored.{}", dataset.name), &label, Unit::Bytes, &formula);
        if let Some(flow) = &dataset.new_items_per_second {
            let label = format!("{}: new items", dataset.label);
            let formula = format!("{flow} * load_factor");
            book.derive(&format!("born.{}", dataset.name), &label, Unit::PerSecond, &formula);
        }
    }
}

/// Makes the demand on a dataset stand, before any cache.
pub(crate) fn of(book: &mut Book<'_>, estimate: &Estimate, dataset: &Dataset) -> Demand {
    let name = &dataset.name;
    let mut ids = Vec::new();
    for (class, words, accesses) in CLASSES {
        for suffix in ["peak", "avg"] {
            let mut terms = Vec::new();
            for operation in &estimate.operations {
                for touch in operation
                    .touches
                    .iter()
                    .filter(|touch| touch.dataset == *name && accesses.contains(&touch.access))
                {
                    terms.push(format!("load.{}.{suffix} * {}", operation.name, touch.times));
                }
            }
            let formula = if terms.is_empty() { "0".to_owned() } else { terms.join(" + ") };
            let id = format!("data.{name}.{class}_{suffix}");
            let label = format!("{}: {words}, {suffix}", dataset.label);
            book.derive(&id, &label, Unit::PerSecond, &formula);
            ids.push(id);
        }
    }
    let id = |class: &str, suffix: &str| format!("data.{name}.{class}_{suffix}");
    Demand {
        name: name.clone(),
        point_reads: id("point_reads", "peak"),
        point_reads_avg: id("point_reads", "avg"),
        range_reads: id("range_reads", "peak"),
        scans: id("scans", "peak"),
        writes: id("writes", "peak"),
        writes_avg: id("writes", "avg"),
        conditional: id("conditional", "peak"),
        item: dataset.item_bytes.clone(),
        stored: format!("stored.{name}"),
        consistency: consistency(estimate, dataset),
        immutable: is_immutable(book, estimate, dataset),
        ranged: is_ranged(estimate, dataset),
        cached: false,
    }
}

/// Returns the strictest promise that the dataset or a reader of it makes.
fn consistency(estimate: &Estimate, dataset: &Dataset) -> Consistency {
    let readers = estimate.operations.iter().filter(|operation| {
        operation.touches.iter().any(|t| t.dataset == dataset.name && t.timing == Timing::Sync)
            && operation.kind != OperationKind::Job
    });
    readers.map(|operation| operation.consistency).fold(dataset.consistency, Ord::max)
}

/// Rows never change when all that is written are new rows.
fn is_immutable(book: &Book<'_>, estimate: &Estimate, dataset: &Dataset) -> bool {
    let changes = estimate.operations.iter().flat_map(|o| &o.touches).any(|touch| {
        touch.dataset == dataset.name
            && matches!(
                touch.access,
                Access::ConditionalUpdate | Access::Increment | Access::Delete
            )
    });
    let Some(flow) = &dataset.new_items_per_second else { return false };
    let written = book.value(&format!("data.{}.writes_avg", dataset.name));
    let born = book.value(flow) * book.value("load_factor");
    !changes && written <= born * 1.001
}

/// Returns whether requests read several rows at a time.
fn is_ranged(estimate: &Estimate, dataset: &Dataset) -> bool {
    let requests = estimate.operations.iter().filter(|o| o.kind != OperationKind::Job);
    requests.flat_map(|o| &o.touches).any(|touch| {
        touch.dataset == dataset.name
            && matches!(
                touch.access,
                Access::RangeRead | Access::Aggregate | Access::Search | Access::Nearby
            )
    })
}

impl Demand {
    /// Makes the sum of several demands stand as one, in a store that they share.
    pub(crate) fn sum(book: &mut Book<'_>, name: &str, parts: &[Demand]) -> Demand {
        if let [only] = parts {
            return only.clone();
        }
        let mut add = |field: &str, unit: Unit, id: &dyn Fn(&Demand) -> &String| {
            let formula =
                parts.iter().map(|part| id(part).as_str()).collect::<Vec<_>>().join(" + ");
            let sum = format!("group.{name}.{field}");
            book.derive(&sum, &format!("{name}: {field}, together"), unit, &formula);
            sum
        };
        let rate = Unit::PerSecond;
        Demand {
            point_reads: add("point_reads", rate, &|d| &d.point_reads),
            point_reads_avg: add("point_reads_avg", rate, &|d| &d.point_reads_avg),
            range_reads: add("range_reads", rate, &|d| &d.range_reads),
            scans: add("scans", rate, &|d| &d.scans),
            writes: add("writes", rate, &|d| &d.writes),
            writes_avg: add("writes_avg", rate, &|d| &d.writes_avg),
            conditional: add("conditional", rate, &|d| &d.conditional),
            stored: add("stored", Unit::Bytes, &|d| &d.stored),
            item: parts[0].item.clone(),
            consistency: parts.iter().map(|p| p.consistency).fold(Consistency::Eventual, Ord::max),
            immutable: parts.iter().all(|part| part.immutable),
            ranged: parts.iter().any(|part| part.ranged),
            cached: parts.iter().any(|part| part.cached),
            name: name.to_owned(),
        }
    }

    /// Returns the demand that is left behind a cache of this hit ratio (figure id).
    pub(crate) fn behind_cache(&self, book: &mut Book<'_>, hit_ratio: &str) -> Demand {
        let mut left = |id: &str, suffix: &str| {
            let new = format!("store.{}.point_reads_{suffix}", self.name);
            let label = format!("{}: reads by key behind the cache, {suffix}", self.name);
            book.derive(&new, &label, Unit::PerSecond, &format!("{id} * (1 - {hit_ratio})"));
            new
        };
        Demand {
            point_reads: left(&self.point_reads, "peak"),
            point_reads_avg: left(&self.point_reads_avg, "avg"),
            cached: true,
            ..self.clone()
        }
    }
}
