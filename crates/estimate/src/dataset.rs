use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Consistency, FigureId, Origin};

/// Data that outlives a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Dataset {
    /// Short name in snake case, unique in the estimate: `link`, `message`.
    pub name: String,
    /// The same in words, for headings.
    pub label: String,
    /// What its items are.
    pub shape: Shape,
    /// Columns that identify an item; the first `partition_columns` of them choose its place.
    pub key: Vec<String>,
    /// How many leading key columns stay together (at least 1).
    pub partition_columns: usize,
    /// All columns, the key's first.
    pub columns: Vec<Column>,
    /// Whether it counts in the `storage_…` totals. What follows from other data (an index, a
    /// roll-up, an event log) stands apart, so that a stated total stays what was stated.
    pub in_totals: bool,
    /// Bytes of one item: `data.<name>.item_bytes`.
    pub item_bytes: FigureId,
    /// New items per second on average: `data.<name>.new_items_per_second` (a flow), or absent for
    /// a stock.
    pub new_items_per_second: Option<FigureId>,
    /// Bytes that stand today (a stock): `data.<name>.stock_bytes`.
    pub stock_bytes: Option<FigureId>,
    /// How long an item is kept, s; absent: for ever.
    pub retention: Option<FigureId>,
    /// Copies that are kept: `data.<name>.copies`.
    pub copies: FigureId,
    /// Growth per year as a ratio, where one is stated.
    pub growth: Option<FigureId>,
    /// Bytes after one year, one copy: `data.<name>.storage_1y_bytes`.
    pub storage_1y: FigureId,
    /// Items after one year: `data.<name>.items_1y`.
    pub items_1y: FigureId,
    /// Temperature tiers, hottest first, where the brief names them.
    pub tiers: Vec<Tier>,
    /// What its readers may see.
    pub consistency: Consistency,
    /// What a disaster may cost.
    pub durability: Durability,
    /// Where it must stay (`eu`, `kr`), as written.
    pub residency: Option<String>,
    /// How reads spread over its items.
    pub popularity: Option<Popularity>,
    /// Columns whose values must be unique together.
    pub unique: Vec<Vec<String>>,
    /// Whether it is personal data.
    pub personal: bool,
    /// Whether it is money, stock or an entitlement: decided on the primary, never lost.
    pub critical: bool,
    /// Whether the brief names it or it is proposed.
    pub origin: Origin,
}

/// What the items of a dataset are.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// Small records reached by key.
    Record,
    /// Events in order of arrival.
    Log,
    /// Numbers over time, by series.
    TimeSeries,
    /// Counters.
    Counter,
    /// Objects of kilobytes and more, written once.
    Blob,
    /// State that may vanish and comes back by itself (presence, sessions).
    Ephemeral,
    /// Words or attributes to items.
    SearchIndex,
    /// Places to items.
    GeoIndex,
}

/// A column of a dataset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Column {
    /// Name in snake case.
    pub name: String,
    /// `text`, `uuid`, `bigint`, `timestamp`, `boolean`, `decimal`, `bytes`, `json`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// A part of a dataset that is kept at one temperature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tier {
    /// `hot`, `warm`, `cold`.
    pub name: String,
    /// Until what age, s: figure id.
    pub until: FigureId,
    /// Bytes in it after one year, one copy: figure id.
    pub bytes: FigureId,
}

/// What a disaster may cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Durability {
    /// The most data that may be lost, s of writes: `data.<name>.rpo_seconds`.
    pub rpo: FigureId,
    /// The longest that recovery may take, s: `data.<name>.rto_seconds`.
    pub rto: FigureId,
}

/// How reads spread over keys that are born, are wanted, and fade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Popularity {
    /// Exponent of the Zipf law over the keys of one age: `data.<name>.zipf_exponent`.
    pub zipf_exponent: FigureId,
    /// New keys per second.
    pub new_keys_per_second: Option<FigureId>,
    /// Age after which interest in a key has halved, s: `data.<name>.half_life_seconds`; absent:
    /// interest does not fade.
    pub half_life: Option<FigureId>,
    /// Share of the reads that go to keys regardless of age (0 to 1), where known.
    pub ageless_ratio: Option<FigureId>,
    /// Number of keys that are read at all: `data.<name>.active_keys`.
    pub active_keys: FigureId,
}
