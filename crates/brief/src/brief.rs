use serde::{Deserialize, Serialize};

use crate::{Amount, Bound, Demand, NounPhrase, Per, Span};

/// What was written, with the place of everything. Nothing in it is interpreted or computed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Brief {
    /// The first heading, or what stands for one.
    pub title: Option<Title>,
    /// The headings after the title, in order.
    pub sections: Vec<Section>,
    /// Every bullet, table row, sentence and fenced line, in order.
    pub items: Vec<Item>,
    /// `As a … I want …`.
    pub stories: Vec<Story>,
    /// `GET /path → shape`.
    pub contracts: Vec<Contract>,
    /// Every amount outside Design and constraints.
    pub demands: Vec<Demand>,
    /// The items under a Design heading.
    pub choices: Vec<Choice>,
    /// What the system shall do or be, in words.
    pub features: Vec<Feature>,
    /// What the design must keep to.
    pub constraints: Vec<Constraint>,
    /// Items under a heading such as `Out of scope`.
    pub excluded: Vec<Item>,
    /// What was not understood, with its place.
    pub not_understood: Vec<NotUnderstood>,
}

/// The title of a brief.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Title {
    /// The words.
    pub text: String,
    /// Its words in normal form; kinds of systems are recognized by them.
    pub words: Vec<String>,
    /// Where it stands.
    pub span: Span,
}

/// A heading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Section {
    /// The words.
    pub title: String,
    /// 1 to 6 for `#` to `######`; 7 and 8 for `Name:` and `**Name**`.
    pub level: u8,
    /// What stands under it.
    pub kind: SectionKind,
    /// Where the heading stands.
    pub span: Span,
}

/// What stands under a heading.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum SectionKind {
    /// Requirements of any kind, or a heading that the lexicon does not know.
    #[default]
    Requirements,
    /// What the system does.
    Functional,
    /// Load, latency, availability, security …
    NonFunctional,
    /// What the design must keep to.
    Constraints,
    /// Design choices.
    Design,
    /// API contract.
    Api,
    /// What is explicitly not asked for.
    OutOfScope,
    /// Prose about the system: overview, background.
    Background,
}

/// One bullet, table row, sentence or fenced line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Item {
    /// The words, without markup.
    pub text: String,
    /// Index of the section; none before the first heading.
    pub section: Option<usize>,
    /// What the section holds.
    pub kind: SectionKind,
    /// Whether everything in it was understood.
    pub understood: bool,
    /// Where it stands.
    pub span: Span,
}

/// A user story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Story {
    /// Who: `customer`.
    pub role: String,
    /// What they want.
    pub goal: String,
    /// What for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Keywords of the registry found in it (see [`Feature::keywords`]).
    pub keywords: Vec<String>,
    /// The goal's words in normal form.
    pub words: Vec<String>,
    /// Where it stands.
    pub span: Span,
    /// Index of the item.
    pub item: usize,
}

/// One line of an API contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Contract {
    /// HTTP method, upper case.
    pub method: String,
    /// Path.
    pub path: String,
    /// What follows the arrow, verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<String>,
    /// Where it stands.
    pub span: Span,
    /// Index of the item.
    pub item: usize,
}

/// An item under a Design heading.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Choice {
    /// The item, verbatim without markup.
    pub text: String,
    /// Technologies and techniques of the registry that it names: `cassandra`, `cdn`,
    /// `counter-id`, `base62`.
    pub keywords: Vec<String>,
    /// All its words in normal form.
    pub words: Vec<String>,
    /// What it is for: *message storage* of `Cassandra for message storage`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<NounPhrase>,
    /// Whether it rules something out: `no Kafka`, `without a CDN`.
    pub negated: bool,
    /// Its amounts (`replication factor 3`), by the same grammar; their `of` links and
    /// `demand` links are not set.
    pub amounts: Vec<Demand>,
    /// Where it stands.
    pub span: Span,
    /// Index of the item.
    pub item: usize,
}

/// Something the system shall do or be, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Feature {
    /// The item or the part of it that holds no amount, without markup.
    pub text: String,
    /// Keywords of the registry: `real-time`, `global`, `4k`, `exactly-once`, `analytics` …
    pub keywords: Vec<String>,
    /// Its content words in normal form.
    pub words: Vec<String>,
    /// Whether it rules something out: `no analytics`.
    pub negated: bool,
    /// Where it stands.
    pub span: Span,
    /// Index of the item.
    pub item: usize,
}

/// What the design must keep to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Constraint {
    /// What it says.
    #[serde(flatten)]
    pub kind: ConstraintKind,
    /// The words that were read.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Index of the item.
    pub item: usize,
}

/// What a [`Constraint`] says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "constraint", rename_all = "kebab-case")]
pub enum ConstraintKind {
    /// A cloud or `on-premises`: `aws`, `gcp`, `azure`, `ncp`, …
    Provider {
        /// Its short name.
        name: String,
    },
    /// A region by name: `eu-central-1`, `Seoul`.
    Region {
        /// As written, lower case.
        name: String,
    },
    /// How many regions.
    Regions {
        /// The count.
        amount: Amount,
        /// How it bounds.
        bound: Bound,
    },
    /// How many zones.
    Zones {
        /// The count.
        amount: Amount,
        /// How it bounds.
        bound: Bound,
    },
    /// Data must stay there: `eu`, `kr`, `us`, or the words.
    Residency {
        /// Where.
        place: String,
        /// Which data, where said: *personal data*.
        subject: NounPhrase,
    },
    /// How many people build and run it.
    TeamSize {
        /// The count.
        amount: Amount,
    },
    /// Something the team knows.
    Skill {
        /// Keyword of the technology registry, or the word.
        name: String,
    },
    /// When it must run.
    Deadline {
        /// From now, in seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Amount>,
        /// A date or quarter, verbatim.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        date: Option<String>,
    },
    /// What it may cost.
    Budget {
        /// The money.
        amount: Amount,
        /// How it bounds; `Exactly` means "no more than" here.
        bound: Bound,
        /// Per month, per year, or nothing (once).
        per: Vec<Per>,
    },
    /// A rule to comply with: `gdpr`, `pci-dss`, `hipaa`, `isms-p`.
    Compliance {
        /// Its short name.
        name: String,
    },
    /// A technology that must (`PostgreSQL only`) or must not (`no Kafka`) be used.
    Technology {
        /// Keyword of the technology registry.
        name: String,
        /// Whether it must be used.
        allowed: bool,
    },
}

/// A part of the text that was not understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct NotUnderstood {
    /// The words.
    pub text: String,
    /// Why, as a short sentence.
    pub why: String,
    /// Where it stands.
    pub span: Span,
}
