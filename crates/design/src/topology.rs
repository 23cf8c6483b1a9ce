//! Components, flows and links of what was decided.

mod batches;
mod components;
mod flows;
mod links;
mod special;
mod waits;

use crate::draft::Draft;
use crate::types::Ids;

/// Lays the decided parts out.
pub(crate) fn lay_out(draft: &mut Draft<'_>, ids: Option<Ids>) {
    components::edge(draft);
    components::services(draft, ids);
    components::caches(draft);
    components::stores(draft);
    components::logs(draft);
    special::all(draft);
    flows::all(draft);
    batches::all(draft);
    links::all(draft);
    waits::bound(draft);
}
