use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::Quality;

use crate::FigureId;

/// Whether something was written or supplied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Origin {
    /// Written in the brief.
    Stated {
        /// Line, from 1.
        line: u32,
        /// Column in characters, from 1.
        column: u32,
        /// The words that were read.
        text: String,
    },
    /// Supplied by us.
    Proposed {
        /// Why.
        reason: String,
    },
}

impl Origin {
    /// Returns whether the brief says it.
    #[must_use]
    pub fn is_stated(&self) -> bool {
        matches!(self, Self::Stated { .. })
    }
}

/// People, devices or sessions that cause load.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Population {
    /// Name in snake case: `users`, `mau`, `dau`, `concurrent_users`, `drivers`.
    pub name: String,
    /// How many: figure id (equal to the name for the four well-known ones).
    pub figure: FigureId,
    /// The population that it is a fraction of.
    pub parent: Option<String>,
    /// Whether the brief names it or it is derived.
    pub origin: Origin,
}

/// A target for an indicator over a window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Objective {
    /// Unique name: `redirect-p99`, `availability`.
    pub id: String,
    /// The operation that it binds; absent: every one.
    pub operation: Option<String>,
    /// What is measured.
    pub sli: Sli,
    /// On which side of the limit the promise lies.
    pub bound: Bound,
    /// The limit: figure id `objective.<id>` (s for latencies, ratio otherwise).
    pub limit: FigureId,
    /// Where it is measured.
    pub at: Place,
    /// Under which load it must hold.
    pub during: During,
    /// Whether the brief names it or it is assumed.
    pub origin: Origin,
}

/// What an objective measures.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Sli {
    /// Median latency, s.
    LatencyP50,
    /// 90 % quantile of latency, s.
    LatencyP90,
    /// 95 % quantile of latency, s.
    LatencyP95,
    /// 99 % quantile of latency, s.
    LatencyP99,
    /// 99.9 % quantile of latency, s.
    LatencyP999,
    /// Mean latency, s.
    LatencyMean,
    /// Good requests / valid requests.
    AvailabilityRatio,
    /// Failed requests / requests.
    ErrorRatio,
    /// Requests per second that must be carried.
    ThroughputRps,
    /// Age of what a reader sees, s.
    StalenessSeconds,
    /// Playing time lost to buffering / playing time.
    RebufferRatio,
    /// Items that survive a year / items.
    DurabilityRatio,
}

impl Sli {
    /// Returns the quantile of a latency indicator (0.99), `None` for all others.
    #[must_use]
    pub fn quantile(self) -> Option<f64> {
        match self {
            Self::LatencyP50 => Some(0.5),
            Self::LatencyP90 => Some(0.9),
            Self::LatencyP95 => Some(0.95),
            Self::LatencyP99 => Some(0.99),
            Self::LatencyP999 => Some(0.999),
            Self::LatencyMean
            | Self::AvailabilityRatio
            | Self::ErrorRatio
            | Self::ThroughputRps
            | Self::StalenessSeconds
            | Self::RebufferRatio
            | Self::DurabilityRatio => None,
        }
    }
}

impl Sli {
    /// Returns the multiple of a promised latency after which nobody waits any more, `None` where no
    /// latency is promised.
    ///
    /// A promise for all but 1 % or fewer is the time-out too. A promise for fewer requests allows
    /// the others more: of a lognormal latency with a coefficient of variation of 1 the 99.9 %
    /// quantile is 3.3 times the 95 %, 4.5 times the 90 % and 13 times the 50 % quantile.
    #[must_use]
    pub fn patience(self) -> Option<f64> {
        match self {
            Self::LatencyP99 | Self::LatencyP999 => Some(1.0),
            Self::LatencyP95 => Some(3.0),
            Self::LatencyP90 => Some(4.0),
            Self::LatencyP50 | Self::LatencyMean => Some(10.0),
            Self::AvailabilityRatio
            | Self::ErrorRatio
            | Self::ThroughputRps
            | Self::StalenessSeconds
            | Self::RebufferRatio
            | Self::DurabilityRatio => None,
        }
    }
}

/// The side on which a promise lies.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// Below the limit.
    Below,
    /// The limit or less.
    AtMost,
    /// The limit or more.
    AtLeast,
}

/// Where an objective is measured.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Where the request enters the region, without the last mile.
    Edge,
    /// At the client, network included.
    Client,
}

/// The load under which an objective must hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum During {
    /// At the peak load.
    Peak,
    /// Over a window of this length, s: figure id.
    Window(FigureId),
}

/// What limits the design from outside. Each is absent when the brief does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Constraints {
    /// Cloud provider: `aws`, `gcp`, `azure`, `on-premises`, …
    pub provider: Option<Stated<String>>,
    /// Regions by the provider's name, or a country or continent as written.
    pub regions: Vec<Stated<String>>,
    /// Zones per region: figure id `zones`.
    pub zones: Option<FigureId>,
    /// Number of regions: figure id `regions`.
    pub region_count: Option<FigureId>,
    /// Where data must stay: `eu`, `kr`, …
    pub residency: Vec<Stated<String>>,
    /// The most that may be spent per month: figure id `budget_usd_per_month`.
    pub budget: Option<FigureId>,
    /// People who build and run it: figure id `team_size`.
    pub team_size: Option<FigureId>,
    /// Technologies that the team knows, normalized as in [`Pin::keyword`].
    pub skills: Vec<Stated<String>>,
    /// Time until launch, s: figure id `deadline_seconds`.
    pub deadline: Option<FigureId>,
    /// The date or quarter of the launch, where one is written instead.
    pub deadline_date: Option<Stated<String>>,
    /// Rules to comply with: `gdpr`, `pci-dss`, …
    pub compliance: Vec<Stated<String>>,
    /// Whether the users are all over the world: latency and placement follow.
    pub global: Option<Stated<String>>,
}

/// A value with the place where it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stated<T> {
    /// The value, normalized.
    pub value: T,
    /// Where it comes from.
    pub origin: Origin,
}

/// A choice that the brief makes itself: it is kept, and judged. A choice that names several
/// technologies gives one pin for each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pin {
    /// What it pins: a keyword of the brief's registry (`base62`, `counter-id`, `cache`, `kafka`,
    /// `cdn`); `other` when no known technology or pattern was found in it.
    pub keyword: String,
    /// Whether it rules the keyword out (`no Kafka`).
    pub negated: bool,
    /// The words of the brief.
    pub text: String,
    /// What it is for, in the words of the brief: *message storage*.
    pub purpose: Option<String>,
    /// Operations and datasets that the purpose names.
    pub about: Vec<String>,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// Something that the system must be able to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Feature {
    /// Normalized name where it is known (`analytics`, `custom-alias`), else made of its words.
    pub name: String,
    /// The words of the brief, or of the proposal.
    pub text: String,
    /// Operations that realize it.
    pub operations: Vec<String>,
    /// Datasets that it needs.
    pub datasets: Vec<String>,
    /// Whether it must be there at launch.
    pub priority: Priority,
    /// Whether the brief names it or it is proposed.
    pub origin: Origin,
}

/// Whether something must be there at launch.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Priority {
    /// Without it there is no product.
    Core,
    /// May come later.
    NiceToHave,
}

/// What the system does for people, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FunctionalRequirements {
    /// User stories, one per operation that a person starts, and those of the brief.
    pub stories: Vec<Story>,
    /// Use cases: numbered steps with what can go wrong.
    pub use_cases: Vec<UseCase>,
    /// Journeys: what one person does in one visit, as operation names.
    pub journeys: Vec<Journey>,
}

/// A user story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Story {
    /// The role: `reader`.
    pub role: String,
    /// What they want.
    pub goal: String,
    /// Why, where it is said.
    pub why: Option<String>,
    /// Operations that serve it.
    pub operations: Vec<String>,
    /// Whether the brief tells it or it is proposed.
    pub origin: Origin,
}

/// A use case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UseCase {
    /// Its name.
    pub name: String,
    /// The steps of the good case.
    pub steps: Vec<String>,
    /// What can go wrong, and what happens then.
    pub exceptions: Vec<String>,
    /// Operations that take part.
    pub operations: Vec<String>,
}

/// What one person does in one visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Journey {
    /// Its name.
    pub name: String,
    /// The steps in words, in order.
    pub steps: Vec<String>,
    /// Operations of the steps, in order.
    pub operations: Vec<String>,
}

/// The interface of one operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApiContract {
    /// The operation.
    pub operation: String,
    /// `GET`, `POST`, …; `SEND`, `PUSH` for frames of a connection; `EMIT` for events.
    pub method: String,
    /// Path with parameters in braces, or the frame's or topic's name.
    pub path: String,
    /// Fields of the request: `url: text`, `alias?: text`.
    pub request: Vec<String>,
    /// Fields of the answer.
    pub response: Vec<String>,
    /// Status of the good answer.
    pub status: u16,
    /// Error answers.
    pub errors: Vec<ApiError>,
    /// What makes a repeat harmless, in words.
    pub idempotency: String,
    /// How long lists are cut, in words.
    pub paging: Option<String>,
    /// Whether the brief gives it or it is proposed.
    pub origin: Origin,
}

/// An error answer of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// When it is given.
    pub when: String,
}

/// A value that the brief does not give and that was filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Assumption {
    /// The figure.
    pub figure: FigureId,
    /// What it fills, in words.
    pub fills: String,
    /// Why this value.
    pub why: String,
    /// `fact <id>` of the catalogue, or `assumed` with the reason alone.
    pub source: String,
    /// How far the source can be trusted.
    pub quality: Quality,
}

/// How something ambiguous was read, and how to say the other thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reading {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The words of the brief.
    pub text: String,
    /// How they were read.
    pub read_as: String,
    /// What to write for the other meaning.
    pub help: String,
    /// The figure that follows from it.
    pub figure: Option<FigureId>,
}

/// Words of the brief from which nothing follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotUnderstood {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The words.
    pub text: String,
    /// Why nothing follows.
    pub why: String,
}
