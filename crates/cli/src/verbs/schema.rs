//! `tenfold schema`

use tenfold_architect::schemas;

use crate::arguments::{Schema as Verb, SchemaName};
use crate::{Exit, output};

pub(crate) fn run(verb: &Verb) -> Exit {
    let schema = match verb.format {
        SchemaName::Brief => schemas::brief(),
        SchemaName::Estimate => schemas::estimate(),
        SchemaName::Design => schemas::design(),
        SchemaName::Model => schemas::model(),
        SchemaName::Scenario => schemas::scenario(),
        SchemaName::Outcome => schemas::outcome(),
        #[cfg(feature = "sweep")]
        SchemaName::Sweep => tenfold_sweep::Grid::schema(),
    };
    output::result(&super::json(&schema));
    Exit::Ok
}
