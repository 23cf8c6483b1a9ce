//! Choices with their options, and the excuses of those that were not chosen.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::Text;

/// One decision of the design with all its options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// What is decided: `store.link`, `cache.link`, `ids.link`, `async.clicks`, `edge`, …
    pub id: String,
    /// The question in words.
    pub question: Text,
    /// All options that were considered, cheapest first to operate.
    pub options: Vec<ChoiceOption>,
    /// Id of the option that was chosen.
    pub chosen: String,
    /// Why it was chosen.
    pub reason: Text,
    /// Figures that forced it: requirements or limits.
    pub forced_by: Vec<String>,
    /// The load at which the choice changes, where one was found.
    pub changes_at: Option<Threshold>,
    /// The words of the brief that make this choice, and whether it holds.
    pub pin: Option<PinVerdict>,
}

/// One option of a choice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChoiceOption {
    /// Its id, unique in the choice: `one-postgresql`.
    pub id: String,
    /// Its name in words.
    pub name: Text,
    /// What speaks for it.
    pub advantages: Vec<Text>,
    /// What speaks against it.
    pub disadvantages: Vec<Text>,
    /// What it costs in a month, operation included: figure id, where it could be sized.
    pub cost: Option<String>,
    /// Why it was not chosen; absent for the chosen one.
    pub excuse: Option<Excuse>,
}

/// Why an option was not chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Excuse {
    /// The resource that binds first.
    pub bottleneck: Bottleneck,
    /// The figures behind it: the computed one, then the limit.
    pub figures: Vec<String>,
    /// The sentence.
    pub text: Text,
}

/// The resource or the rule that refuses an option.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Bottleneck {
    /// Processor time.
    Cpu,
    /// Memory.
    Memory,
    /// Room on disk.
    DiskSpace,
    /// Operations of the disk per second.
    DiskIops,
    /// Bandwidth.
    Network,
    /// Writes that one primary can take.
    WriteRate,
    /// Open connections.
    Connections,
    /// Time of the slowest part of the path.
    Latency,
    /// A promise about what a reader sees, or about uniqueness.
    Consistency,
    /// A promise about what is lost.
    Durability,
    /// Share of the time in which it answers.
    Availability,
    /// Money.
    Cost,
    /// Work of people: one more thing to run.
    Operation,
    /// A rule of law or of the brief: residency, provider, skills.
    Rule,
    /// Names that can be given.
    KeySpace,
    /// Nothing asks for it.
    NotNeeded,
}

/// The load at which a choice changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// The load as a factor of today's: figure id.
    pub factor: String,
    /// The option that fits on the other side.
    pub to: String,
    /// The sentence.
    pub text: Text,
}

/// A choice that the brief makes itself, judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PinVerdict {
    /// Line of the brief, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// Its words.
    pub text: String,
    /// Whether the figures agree.
    pub holds: bool,
    /// Why, in a sentence.
    pub verdict: Text,
}
