//! JSON Schemas of the formats that other programs read and write.

use schemars::{Schema, schema_for};

/// Returns the schema of a brief as YAML.
#[must_use]
pub fn brief() -> Schema {
    schema_for!(tenfold_brief::YamlBrief)
}

/// Returns the schema of an estimate as JSON.
#[must_use]
pub fn estimate() -> Schema {
    schema_for!(tenfold_estimate::EstimateDocument)
}

/// Returns the schema of a design file.
#[must_use]
pub fn design() -> Schema {
    schema_for!(tenfold_design::Design)
}

/// Returns the schema of a model file.
#[must_use]
pub fn model() -> Schema {
    tenfold_sim::Model::schema()
}

/// Returns the schema of a scenario file.
#[must_use]
pub fn scenario() -> Schema {
    tenfold_sim::Scenario::schema()
}

/// Returns the schema of a simulation's outcome.
#[must_use]
pub fn outcome() -> Schema {
    schema_for!(tenfold_sim::Outcome)
}
