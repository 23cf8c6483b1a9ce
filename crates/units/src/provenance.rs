use serde::{Deserialize, Serialize};

/// How far a fact or an assumption can be trusted, best first.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Quality {
    /// Read in a file of the publisher or a package.
    File,
    /// Measured by this project.
    Measured,
    /// Read in an excerpt; the primary page was not opened.
    Excerpt,
    /// Computed from other facts.
    Derived,
    /// From memory, not looked up: verify before relying on it.
    Recall,
}

/// Where a number comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Provenance {
    /// Written in the brief.
    Stated {
        /// Line, from 1.
        line: u32,
        /// Column in characters, from 1.
        column: u32,
        /// The words that were read.
        text: String,
    },
    /// Changed by hand in a design file.
    Edited {
        /// Line of the design file, from 1.
        line: u32,
        /// The words that were read.
        text: String,
    },
    /// Supplied by us, because the brief does not say.
    Assumed {
        /// Why this value: a fact of the catalogue (`fact short.read_write`) or a reason.
        source: String,
        /// How far the source can be trusted.
        quality: Quality,
    },
    /// Computed from other figures by a formula.
    Derived {
        /// The formula over figure ids.
        formula: String,
        /// The ids of the figures that it reads.
        inputs: Vec<String>,
    },
    /// A fact of the catalogue.
    Fact {
        /// Its id there.
        id: String,
        /// Where the catalogue has it from.
        source: String,
        /// Date of the data.
        as_of: String,
        /// How far it can be trusted.
        quality: Quality,
    },
    /// Seen by the simulator.
    Simulated {
        /// Name of the scenario.
        scenario: String,
        /// The seed that repeats it.
        seed: u64,
    },
    /// Measured in a run of the real thing.
    Measured {
        /// Name of the run.
        run: String,
    },
}
