//! The page to sign and the eight sections.

mod capacity;
mod cost;
mod detail;
mod failures;
mod high_level;
mod pictures;
mod requirements;
mod scaling;
mod summary;
mod trade_offs;
mod working;

use tenfold_architect::Plan;

use crate::document::{Block, Document, Languages, plain};

pub use pictures::{overview, per_operation};

/// Returns the whole report as blocks.
#[must_use]
pub fn blocks(plan: &Plan, languages: Languages) -> Vec<Block> {
    let mut document = Document::new(&plan.ledger, languages);
    document.heading(1, &plain(&plan.estimate.name));
    summary::write(plan, &mut document);
    document.heading(2, "1. Requirements Analysis");
    requirements::write(plan, &mut document);
    document.heading(2, "2. Capacity Planning");
    capacity::write(plan, &mut document);
    document.heading(2, "3. High-Level Design");
    high_level::write(plan, &mut document);
    document.heading(2, "4. Detailed Design");
    detail::write(plan, &mut document);
    document.heading(2, "5. Trade-offs");
    trade_offs::write(plan, &mut document);
    document.heading(2, "6. Scaling Strategy");
    scaling::write(plan, &mut document);
    document.heading(2, "7. Failure Scenarios");
    failures::write(plan, &mut document);
    document.heading(2, "8. Cost Analysis");
    cost::write(plan, &mut document);
    document.into_blocks()
}
