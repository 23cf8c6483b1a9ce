//! Archetypes: what a kind of system customarily is. Each is one file of `archetypes/`; it only
//! fills gaps of a brief, and every value that it fills in is listed as an assumption.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Deserialize;
use tenfold_units::Unit;

use crate::{Access, Consistency, Idempotency, OperationKind, Shape, Timing};

/// The name of the archetype that carries whatever no other one recognizes.
pub(crate) const GENERIC: &str = "generic";

macro_rules! archetypes {
    ($($name:literal),* $(,)?) => {
        /// Every archetype file: name and text.
        const FILES: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../archetypes/", $name, ".yaml")))),*];
    };
}

archetypes![
    "url-shortener",
    "chat",
    "video-streaming",
    "shop",
    "feed",
    "file-store",
    "metrics",
    "search",
    "notification",
    "booking",
    "payment",
    "ride-hailing",
    "generic",
];

/// One archetype file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Archetype {
    /// The kind of system in words.
    pub(crate) label: String,
    /// Lines of load for a brief to start from; empty: daily users are enough.
    #[serde(default)]
    pub(crate) starter: Vec<String>,
    /// Words and phrases (normal form) that point to it, with their weight.
    #[serde(default)]
    pub(crate) recognize: BTreeMap<String, f64>,
    /// Figures besides those of operations and datasets, by id.
    #[serde(default)]
    pub(crate) figures: IndexMap<String, FigureSpec>,
    /// Operations by name.
    #[serde(default)]
    pub(crate) operations: IndexMap<String, OperationSpec>,
    /// Datasets by name.
    #[serde(default)]
    pub(crate) datasets: IndexMap<String, DatasetSpec>,
    /// Features by name.
    #[serde(default)]
    pub(crate) features: IndexMap<String, FeatureSpec>,
    /// Use cases.
    #[serde(default)]
    pub(crate) use_cases: Vec<UseCaseSpec>,
    /// Journeys.
    #[serde(default)]
    pub(crate) journeys: Vec<JourneySpec>,
}

/// How a figure is filled in: a fact, a value with a reason, or formulas.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FigureSpec {
    /// What it is, where the id does not say.
    pub(crate) label: Option<String>,
    /// Its unit, where the id does not say.
    pub(crate) unit: Option<Unit>,
    /// Id of a fact of the catalogue.
    pub(crate) fact: Option<String>,
    /// Factor from the fact's unit to the base unit.
    pub(crate) times: Option<f64>,
    /// One value, or low, mid and high, in the base unit.
    pub(crate) value: Option<ValueSpec>,
    /// Why this value, or why this fact fits.
    pub(crate) why: Option<String>,
    /// Formulas over figure ids; the one that needs the fewest assumptions is taken.
    #[serde(default)]
    pub(crate) formulas: Vec<String>,
    /// Nouns (normal form) by which a brief states it.
    #[serde(default)]
    pub(crate) words: Vec<String>,
    /// Whether it is listed among the metrics even if nothing else needs it.
    #[serde(default)]
    pub(crate) report: bool,
    /// Features of which one must be asked for.
    #[serde(default)]
    pub(crate) when: Vec<String>,
}

/// One value, or low, mid and high.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum ValueSpec {
    /// Without width.
    Exact(f64),
    /// 10 % quantile, value, 90 % quantile.
    Interval([f64; 3]),
}

/// An operation that the archetype adds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OperationSpec {
    /// In words.
    pub(crate) label: String,
    /// Who starts it.
    #[serde(default = "user")]
    pub(crate) actor: String,
    /// Class of load.
    pub(crate) kind: OperationKind,
    /// Features of which one must be asked for.
    #[serde(default)]
    pub(crate) when: Vec<String>,
    /// Whether it counts in the totals.
    #[serde(default = "yes")]
    pub(crate) in_totals: bool,
    /// Whether a stated total of its class is this operation.
    #[serde(default)]
    pub(crate) main: bool,
    /// Nouns (normal form) whose number per time is its rate.
    #[serde(default)]
    pub(crate) words: Vec<String>,
    /// Formulas of its average rate, besides the total of its class.
    #[serde(default)]
    pub(crate) rate: Vec<String>,
    /// Bytes in.
    #[serde(default)]
    pub(crate) request: Option<FigureSpec>,
    /// Bytes out.
    #[serde(default)]
    pub(crate) response: Option<FigureSpec>,
    /// Figure of recipients per request.
    #[serde(default)]
    pub(crate) fan_out: Option<String>,
    /// What a reader may see.
    #[serde(default = "eventual")]
    pub(crate) consistency: Consistency,
    /// What makes a repeat harmless.
    #[serde(default = "natural")]
    pub(crate) idempotency: Idempotency,
    /// What it does to datasets.
    #[serde(default)]
    pub(crate) touches: Vec<TouchSpec>,
    /// What it asks of systems of others.
    #[serde(default)]
    pub(crate) calls: Vec<CallSpec>,
    /// Assumed p99 at the edge, s, where the brief states no latency.
    #[serde(default)]
    pub(crate) p99_seconds: Option<f64>,
    /// What the actor wants.
    #[serde(default)]
    pub(crate) goal: Option<String>,
    /// Why they want it.
    #[serde(default)]
    pub(crate) so_that: Option<String>,
    /// Its interface.
    #[serde(default)]
    pub(crate) api: Option<ApiSpec>,
}

/// What an operation does to a dataset.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TouchSpec {
    pub(crate) dataset: String,
    pub(crate) access: Access,
    #[serde(default = "sync")]
    pub(crate) timing: Timing,
    #[serde(default = "one")]
    pub(crate) times: f64,
    #[serde(default)]
    pub(crate) optional: bool,
    #[serde(default)]
    pub(crate) when: Vec<String>,
}

/// What an operation asks of a system of somebody else.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallSpec {
    /// The system, in kebab case.
    pub(crate) system: String,
    /// Figure of its mean time to answer, s.
    pub(crate) seconds: String,
    /// The dataset after whose touch it is asked.
    pub(crate) after: String,
    /// Whether the operation may go on without its answer.
    #[serde(default)]
    pub(crate) optional: bool,
}

/// The interface of an operation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiSpec {
    pub(crate) method: String,
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) request: Vec<String>,
    #[serde(default)]
    pub(crate) response: Vec<String>,
    #[serde(default = "ok_status")]
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) errors: BTreeMap<u16, String>,
    pub(crate) idempotency: String,
    #[serde(default)]
    pub(crate) paging: Option<String>,
}

/// A dataset that the archetype adds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DatasetSpec {
    /// In words.
    pub(crate) label: String,
    /// What its items are.
    pub(crate) shape: Shape,
    /// Features of which one must be asked for.
    #[serde(default)]
    pub(crate) when: Vec<String>,
    /// Nouns (normal form) by which a brief speaks of it.
    #[serde(default)]
    pub(crate) words: Vec<String>,
    /// Columns of the key.
    #[serde(default)]
    pub(crate) key: Vec<String>,
    /// How many of them stay together.
    #[serde(default = "one_column")]
    pub(crate) partition_columns: usize,
    /// `name type` of each column.
    #[serde(default)]
    pub(crate) columns: Vec<String>,
    /// Whether it counts in the `storage_…` totals.
    #[serde(default = "yes")]
    pub(crate) in_totals: bool,
    /// Bytes of one item.
    #[serde(default)]
    pub(crate) item: Option<FigureSpec>,
    /// Formulas of new items per second, mean over 24 h.
    #[serde(default)]
    pub(crate) flow: Vec<String>,
    /// Formulas of the items that stand today.
    #[serde(default)]
    pub(crate) stock_items: Vec<String>,
    /// How long items are kept, s; absent: for ever.
    #[serde(default)]
    pub(crate) retention: Option<FigureSpec>,
    /// Copies; absent: three.
    #[serde(default)]
    pub(crate) copies: Option<FigureSpec>,
    /// What its readers may see.
    #[serde(default = "eventual")]
    pub(crate) consistency: Consistency,
    /// Data that may be lost, s.
    #[serde(default)]
    pub(crate) rpo_seconds: Option<f64>,
    /// Time until it is back, s.
    #[serde(default)]
    pub(crate) rto_seconds: Option<f64>,
    /// How reads spread over its items.
    #[serde(default)]
    pub(crate) popularity: Option<PopularitySpec>,
    /// Columns that are unique together.
    #[serde(default)]
    pub(crate) unique: Vec<Vec<String>>,
    /// Whether it is personal data.
    #[serde(default)]
    pub(crate) personal: bool,
    /// Whether it is money, stock or an entitlement.
    #[serde(default)]
    pub(crate) critical: bool,
}

/// How reads spread over the items of a dataset.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PopularitySpec {
    pub(crate) zipf: FigureSpec,
    #[serde(default)]
    pub(crate) half_life: Option<FigureSpec>,
    #[serde(default)]
    pub(crate) ageless: Option<FigureSpec>,
    /// Formulas of the number of keys that are read at all.
    pub(crate) active_keys: Vec<String>,
}

/// A feature that a brief may ask for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FeatureSpec {
    /// In words.
    pub(crate) label: String,
    /// Keywords and words (normal form) that ask for it.
    #[serde(default)]
    pub(crate) words: Vec<String>,
    /// Whether it is there without being asked for.
    #[serde(default)]
    pub(crate) always: bool,
    /// Whether it is offered as nice to have when nobody asks.
    #[serde(default)]
    pub(crate) offer: bool,
    /// Operations that it is a part of and that are there without it.
    #[serde(default)]
    pub(crate) part_of: Vec<String>,
}

/// A use case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UseCaseSpec {
    pub(crate) name: String,
    pub(crate) steps: Vec<String>,
    #[serde(default)]
    pub(crate) exceptions: Vec<String>,
    #[serde(default)]
    pub(crate) operations: Vec<String>,
}

/// A journey.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JourneySpec {
    pub(crate) name: String,
    /// `operation: what happens` of each step.
    pub(crate) steps: Vec<String>,
    #[serde(default)]
    pub(crate) operations: Vec<String>,
}

/// Returns the names of all archetypes, in the order of the files.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

/// Returns the archetype of this name.
///
/// # Panics
/// Panics when there is none or its file cannot be read; a test reads every file.
pub(crate) fn load(name: &str) -> Archetype {
    let (_, text) =
        FILES.iter().find(|(known, _)| *known == name).expect("archetypes are named by `names`");
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("archetypes/{name}.yaml: {error}"))
}

fn user() -> String {
    "user".to_owned()
}

fn yes() -> bool {
    true
}

fn one() -> f64 {
    1.0
}

fn one_column() -> usize {
    1
}

fn ok_status() -> u16 {
    200
}

fn eventual() -> Consistency {
    Consistency::Eventual
}

fn natural() -> Idempotency {
    Idempotency::Natural
}

fn sync() -> Timing {
    Timing::Sync
}
