use crate::{Fact, InstanceType};

/// What is bought for a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// One hour of one machine, broker, vCPU or capacity unit.
    Hour,
    /// One price month (730 h) of one thing.
    Month,
    /// 10^9 bytes moved or scanned.
    Gigabyte,
    /// 10^9 bytes kept for a price month.
    GigabyteMonth,
    /// 10^9 bytes of memory for an hour.
    GigabyteHour,
    /// 10^9 bytes of memory for a second.
    GigabyteSecond,
    /// One request, message, unit or log line.
    Each,
    /// One I/O operation per second, provisioned for a price month.
    IopsMonth,
    /// 10^6 bytes per second, provisioned for a price month.
    MegabytePerSecondMonth,
}

/// One step of a price that falls with the volume of a month.
#[derive(Clone, Copy, Debug)]
pub struct Tier<'a> {
    /// Bytes of the month at which this price begins.
    pub from_bytes: f64,
    /// Bytes of the month at which the next one begins; infinite in the last step.
    pub to_bytes: f64,
    /// The price for 10^9 bytes.
    pub price: &'a Fact,
}

/// Returns the US dollars that `bytes` in one month cost under `tiers` (in order, without gaps).
///
/// A provider counts 1 TB of a tier as 1,024 GB; a GB is 10^9 bytes.
#[must_use]
pub fn tiered_cost(tiers: &[Tier<'_>], bytes: f64) -> f64 {
    tiers
        .iter()
        .map(|tier| (bytes.min(tier.to_bytes) - tier.from_bytes).max(0.0) / 1e9 * tier.price.value)
        .sum()
}

/// Orders priced facts whose text says `first 10TB`, `next 40TB`, `over 150TB` into tiers.
///
/// # Panics
/// Panics when a text does not say its size: the data are part of this crate.
pub(crate) fn tiers_of<'a>(facts: &[&'a Fact]) -> Vec<Tier<'a>> {
    let mut tiers = Vec::with_capacity(facts.len());
    let mut from_bytes = 0.0;
    for (index, fact) in facts.iter().enumerate() {
        let width = tier_width(&fact.metric).or_else(|| tier_width(&fact.item));
        let last = index + 1 == facts.len();
        let to_bytes = match width {
            _ if last => f64::INFINITY,
            Some(width) => from_bytes + width,
            None => panic!("fact `{}` does not say the size of its tier", fact.id),
        };
        tiers.push(Tier { from_bytes, to_bytes, price: fact });
        from_bytes = to_bytes;
    }
    tiers
}

/// Returns the bytes that a tier's text names after `first` or `next`.
fn tier_width(text: &str) -> Option<f64> {
    let at =
        text.find("first ").map(|at| at + 6).or_else(|| text.find("next ").map(|at| at + 5))?;
    let rest = &text[at..];
    let digits = rest.find(|c: char| !c.is_ascii_digit())?;
    let number: f64 = rest[..digits].parse().ok()?;
    let unit = if rest[digits..].starts_with("TB") {
        1_024.0 * 1e9
    } else if rest[digits..].starts_with("PB") {
        1_024.0 * 1_024.0 * 1e9
    } else {
        return None;
    };
    Some(number * unit)
}

/// A family of managed nodes that are rented by the hour (AWS).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ManagedService {
    /// RDS for PostgreSQL, one zone; a standby doubles it (`aws.rds.multiaz_factor`).
    RdsPostgres,
    /// Aurora (Standard), per instance.
    Aurora,
    /// ElastiCache for Redis OSS, per node.
    ElastiCacheRedis,
    /// ElastiCache for Valkey, per node; the Redis classes cost 0.8 times as much
    /// (`aws.elasticache.valkey_factor`).
    ElastiCacheValkey,
    /// MSK Standard, per broker.
    MskStandard,
    /// MSK Express, per broker.
    MskExpress,
    /// OpenSearch Service, per data node.
    OpenSearch,
}

impl ManagedService {
    /// All families.
    pub const ALL: [Self; 7] = [
        Self::RdsPostgres,
        Self::Aurora,
        Self::ElastiCacheRedis,
        Self::ElastiCacheValkey,
        Self::MskStandard,
        Self::MskExpress,
        Self::OpenSearch,
    ];

    /// Returns the beginnings of the ids of the family's hourly prices.
    pub(crate) fn prefixes(self) -> &'static [&'static str] {
        match self {
            Self::RdsPostgres => &["aws.rds.db.", "aws.rds.pg.db."],
            Self::Aurora => &["aws.aurora.db."],
            Self::ElastiCacheRedis => &["aws.elasticache.redis."],
            Self::ElastiCacheValkey => &["aws.elasticache.valkey."],
            Self::MskStandard => &["aws.msk.kafka."],
            Self::MskExpress => &["aws.msk.express."],
            Self::OpenSearch => &["aws.opensearch."],
        }
    }
}

/// A node class of a managed service.
#[derive(Clone, Copy, Debug)]
pub struct ManagedNode<'a> {
    /// The class, for example `r7g.large`.
    pub class: &'a str,
    /// US dollars per hour.
    pub price: &'a Fact,
    /// The machine of the same name; `None` where the catalogue does not have its shape.
    pub shape: Option<&'a InstanceType>,
}
