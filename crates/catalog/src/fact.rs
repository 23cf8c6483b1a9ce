use serde::Deserialize;
use tenfold_units::{Interval, Ledger, Provenance, Quality, Unit};

use crate::price::Per;

/// The file that a fact stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// SLAs, failure rates, recovery and failover times.
    Availability,
    /// What one box, core or broker can do.
    Capacity,
    /// Round trips, storage and memory latencies.
    Latency,
    /// Prices of managed services, discounts, price multipliers of regions.
    Managed,
    /// Prices of transfer, CDN and load balancers.
    Network,
    /// Prices and limits of disks and object stores.
    Storage,
    /// How people use systems: peak factors, sizes, popularity, conventions.
    Workload,
}

/// What the two ends of a fact's range are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RangeKind {
    /// A list price, limit or definition: no width.
    Exact,
    /// One figure whose spread is not known: no width.
    Point,
    /// 10 % and 90 % quantiles.
    Quantile,
    /// Observed or published extremes.
    Bound,
}

/// How sure the catalogue is of a fact, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// The publisher's own words, or arithmetic.
    High,
    /// One step removed from the publisher, or measured on one machine.
    Medium,
    /// Not looked up.
    Low,
}

/// One number of the catalogue.
///
/// `value`, `low` and `high` are in the base unit of `unit`: seconds, bytes, bytes per second, bits
/// per second, events per second, shares (0 to 1). Prices are US dollars for one of `per`: an hour,
/// 10^9 bytes, one request, … ([`Per`]). A rate that was stated per day, month (30 d) or year
/// (365 d) is per second here; `stated_value` has it as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Unique over the whole catalogue, for example `net.cross_az.rtt`.
    pub id: String,
    /// The file it stands in.
    pub table: Table,
    /// Group within the file, for example `failover`.
    pub category: String,
    /// `aws`, `azure`, `gcp`, `generic`, ….
    pub provider: String,
    /// Region name of the provider; `*` = any.
    pub region: String,
    /// What is described.
    pub item: String,
    /// What of it is given.
    pub metric: String,
    /// The value to work with, in the base unit.
    pub value: f64,
    /// Lower end of the range, in the base unit.
    pub low: f64,
    /// Upper end of the range, in the base unit.
    pub high: f64,
    /// The unit of the three; `None` for prices in euro, which no conventions convert.
    pub unit: Option<Unit>,
    /// For a price: what is bought for it.
    pub per: Option<Per>,
    /// The value as the source states it, in `stated_unit`.
    pub stated_value: f64,
    /// The unit of the source, for example `USD/10k req`.
    pub stated_unit: String,
    /// What `low` and `high` are.
    pub range_kind: RangeKind,
    /// Document, repository file or measurement.
    pub source: String,
    /// Date of the data (ISO), or `unknown`.
    pub as_of: String,
    /// How sure the catalogue is.
    pub confidence: Confidence,
    /// How the number got here.
    pub quality: Quality,
    /// Remarks, not separately sourced.
    pub notes: String,
}

impl Fact {
    /// Returns low, value and high as quantiles, or as bounds where the catalogue says so; without
    /// width for exact and single figures.
    #[must_use]
    pub fn interval(&self) -> Interval {
        match self.range_kind {
            RangeKind::Exact | RangeKind::Point => Interval::exact(self.value),
            RangeKind::Quantile => Interval::quantiles(self.low, self.value, self.high),
            RangeKind::Bound => Interval::quantiles(self.low, self.value, self.high).as_bound(),
        }
    }

    /// Returns where the number comes from.
    #[must_use]
    pub fn provenance(&self) -> Provenance {
        Provenance::Fact {
            id: self.id.clone(),
            source: self.source.clone(),
            as_of: self.as_of.clone(),
            quality: self.quality,
        }
    }

    /// Adds the fact to a ledger as figure `figure_id`.
    ///
    /// # Panics
    /// Panics when the fact is in euro, or when the figure already stands with another value.
    pub fn insert_into(&self, ledger: &mut Ledger, figure_id: &str, label: &str) {
        let unit = self.unit.unwrap_or_else(|| panic!("fact `{}` is not in US dollars", self.id));
        ledger.insert(figure_id, label, unit, self.interval(), self.provenance());
    }
}
