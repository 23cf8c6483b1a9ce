//! The design as a whole: the file `design.yaml`.

use core::time::Duration;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::duration;

use super::{Component, Input, KeySpace, Link, LinkId, Objective, Operation, Step};

/// A design: what it rests on, what it must carry, its parts, how they talk, and why.
///
/// Results are not part of it: they follow from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Design {
    /// `tenfold/design/1`.
    pub schema: Schema,
    /// Name of the system.
    pub name: String,
    /// Where it runs.
    pub place: Place,
    /// The stores are sized for this span.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub horizon: Duration,
    /// The numbers that the choices rest on.
    pub inputs: IndexMap<String, Input>,
    /// Key spaces of the workload.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub keys: IndexMap<String, KeySpace>,
    /// The operations at the edge.
    pub workload: IndexMap<String, Operation>,
    /// What is promised.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objectives: Vec<Objective>,
    /// The parts.
    pub components: IndexMap<String, Component>,
    /// How the parts ask each other.
    pub links: IndexMap<LinkId, Link>,
    /// The way of each operation, and of work behind the scenes.
    pub flows: IndexMap<String, Vec<Step>>,
    /// What is tried.
    #[serde(default)]
    pub scenarios: Scenarios,
    /// What was chosen and why not the others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<Decision>,
    /// Marks of the values as they were proposed: a value without its mark was changed by hand.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub proposed: IndexMap<String, String>,
}

/// The version of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Schema {
    /// The first version.
    #[serde(rename = "tenfold/design/1")]
    V1,
}

/// Where the system runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The provider.
    pub provider: String,
    /// The home region.
    pub region: String,
    /// Zones of the home region that are used.
    pub zones: Vec<String>,
    /// Further regions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<FurtherRegion>,
}

/// A further region and what it is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FurtherRegion {
    /// Its name at the provider.
    pub region: String,
    /// What it does.
    pub mode: RegionMode,
}

/// What a further region does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RegionMode {
    /// Serves users near it.
    Active,
    /// Takes over when the home region is lost.
    Standby,
    /// Holds backups only.
    Backup,
}

/// What is tried on the design.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenarios {
    /// Loads: `average`, `peak`, `10x`, `100x` (factors of peak).
    pub load: Vec<String>,
    /// What is killed at peak, each alone: `instance`, `component`, `zone`.
    pub kill: Vec<KillTarget>,
}

impl Default for Scenarios {
    fn default() -> Self {
        Self {
            load: ["average", "peak", "10x", "100x"].map(str::to_owned).to_vec(),
            kill: vec![KillTarget::Instance, KillTarget::Component, KillTarget::Zone],
        }
    }
}

/// What is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KillTarget {
    /// Each instance.
    Instance,
    /// Each component as a whole.
    Component,
    /// Each zone.
    Zone,
}

/// What was chosen, in short; [`crate::Choice`] holds the whole argument.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// What was decided: `store.link`, `cache`, `ids`.
    pub id: String,
    /// The chosen option.
    pub chosen: String,
    /// Figures that forced it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forced_by: Vec<String>,
    /// The words of the brief that pin it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<String>,
    /// The others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<Rejected>,
}

/// An option that was not chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rejected {
    /// The option.
    pub option: String,
    /// The resource that refuses it.
    pub bottleneck: crate::Bottleneck,
    /// The figures behind it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<String>,
}

impl Design {
    /// Returns the number of zones in use.
    #[must_use]
    pub fn zones(&self) -> u32 {
        self.place.zones.len() as u32
    }

    /// Returns the number of instances of a component: 0 for what is billed by use.
    #[must_use]
    pub fn instances(&self, component: &Component) -> u32 {
        if component.runs.instance.is_none() {
            return 0;
        }
        if let Some(per_zone) = component.runs.per_zone {
            return per_zone * self.zones();
        }
        let shards = component.shards.as_ref().and_then(|shards| shards.count).unwrap_or(1);
        let copies = component.replication.as_ref().map_or(1, |replication| replication.factor);
        shards * copies
    }
}
