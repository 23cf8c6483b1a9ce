//! What a design costs in a month.

use serde::{Deserialize, Serialize};
use tenfold_units::Text;

/// The cost of a design, line by line. All amounts are figures of the ledger it was computed with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CostSheet {
    /// One line for each thing that is paid.
    pub lines: Vec<CostLine>,
    /// Cost per component: component (or `network`, `operation`) and figure id, dearest first.
    pub components: Vec<(String, String)>,
    /// The sum: `cost_usd_per_month`.
    pub total: String,
    /// The work of people on what is run, not part of the sum: `operation_usd_per_month`.
    pub operation: String,
    /// What would make it cheaper, each computed, largest first.
    pub savings: Vec<Saving>,
}

/// One thing that is paid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostLine {
    /// The component, or `network`.
    pub component: String,
    /// What is paid: `instances`, `disk`, `egress`, `cross-zone`, `load-balancer`, `requests`,
    /// `logs`, `backup`.
    pub item: String,
    /// The amount per month: figure id.
    pub figure: String,
}

/// Something that would make the design cheaper.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saving {
    /// `reserved-1y`, `reserved-3y`, `spot`, `storage-classes`, `cdn`, `autoscaling`, …
    pub id: String,
    /// What it saves per month: figure id.
    pub figure: String,
    /// What it takes and what it risks.
    pub text: Text,
}
