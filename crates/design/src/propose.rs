//! From an estimate to a design with its argument.

mod assemble;
mod limits;
mod practices;
mod thresholds;

use serde::{Deserialize, Serialize};
use tenfold_catalog::Catalog;
use tenfold_estimate::Estimate;
use tenfold_units::Ledger;

use crate::book::Book;
use crate::draft::Draft;
use crate::file::{Diagnostic, Loaded};
use crate::types::{Choice, CostSheet, Design, Finding, PinVerdict};
use crate::{analysis, choices, cost, demand, laws, topology};

/// A design with everything that was worked out on the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// The design.
    pub design: Design,
    /// The estimate's figures and those of choices, sizes, loads and cost.
    pub ledger: Ledger,
    /// The choices with all their options.
    pub choices: Vec<Choice>,
    /// What the brief asks for by the name of a practice, judged.
    pub answers: Vec<PinVerdict>,
    /// What it costs.
    pub cost: CostSheet,
    /// What laws, pins and limits say against it.
    pub findings: Vec<Finding>,
}

/// Proposes the smallest design that carries the estimate's load at its objectives.
///
/// The same estimate and catalogue give the same proposal.
#[must_use]
pub fn propose(estimate: &Estimate, catalog: &Catalog) -> Proposal {
    let mut proposal = at(estimate, catalog, 1.0, false);
    thresholds::note(&mut proposal, estimate, catalog);
    proposal
}

/// Proposes the design for `factor` times the estimate's load, as if the brief had asked for it.
#[must_use]
pub fn propose_at(estimate: &Estimate, catalog: &Catalog, factor: f64) -> Proposal {
    at(estimate, catalog, factor, false)
}

/// What is said about a design that was read from a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Review {
    /// Inputs, loads, utilizations and cost.
    pub ledger: Ledger,
    /// What it costs.
    pub cost: CostSheet,
    /// What the laws say, with the lines of the file.
    pub findings: Vec<Finding>,
}

/// Judges a design as it stands: the same laws and costs as for a proposed one.
///
/// # Errors
/// Says which inputs cannot be computed.
pub fn review(loaded: &Loaded, catalog: &Catalog) -> Result<Review, Vec<Diagnostic>> {
    let design = &loaded.design;
    let ledger = design.ledger(catalog, &loaded.edited_inputs()).map_err(|errors| {
        let place = |(name, message): (String, String)| {
            let path = format!("inputs.{name}");
            let line = loaded.line(&path).unwrap_or(0);
            Diagnostic { line, column: 1, path, message }
        };
        errors.into_iter().map(place).collect::<Vec<_>>()
    })?;
    let mut book = Book::new(&ledger, catalog, false);
    book.provider.clone_from(&design.place.provider);
    book.region.clone_from(&design.place.region);
    check_instances(&book, loaded)?;
    let analysis = analysis::run(&mut book, design);
    let cost = cost::sheet(&mut book, design, &analysis);
    let mut findings = laws::all(&mut book, design, &analysis);
    for finding in &mut findings {
        finding.line = finding.path.as_deref().and_then(|path| loaded.line(path));
    }
    Ok(Review { ledger: book.ledger, cost, findings })
}

/// An instance type that the catalogue does not know cannot be priced.
fn check_instances(book: &Book<'_>, loaded: &Loaded) -> Result<(), Vec<Diagnostic>> {
    let mut unknown = Vec::new();
    for (name, component) in &loaded.design.components {
        if let Some(instance) = &component.runs.instance
            && !book.knows_instance(instance)
        {
            let path = format!("components.{name}.runs.instance");
            let line = loaded.line(&path).unwrap_or(0);
            let message = format!("the catalogue has no instance type `{instance}`");
            unknown.push(Diagnostic { line, column: 1, path, message });
        }
    }
    if unknown.is_empty() { Ok(()) } else { Err(unknown) }
}

/// Proposes at a load; `exact` leaves intervals out.
pub(crate) fn at(estimate: &Estimate, catalog: &Catalog, factor: f64, exact: bool) -> Proposal {
    let draft = decide(estimate, catalog, factor, exact, 3);
    let draft =
        if fits_two_zones(&draft) { decide(estimate, catalog, factor, exact, 2) } else { draft };
    finish(draft)
}

/// Decides everything, with this many zones.
fn decide<'a>(
    estimate: &'a Estimate,
    catalog: &'a Catalog,
    factor: f64,
    exact: bool,
    zones: u32,
) -> Draft<'a> {
    let mut draft = Draft::new(estimate, catalog, factor, exact);
    choices::place::decide(&mut draft, zones);
    choices::front::decide(&mut draft);
    demand::loads(&mut draft.book, estimate, &draft.front);
    choices::regions::decide(&mut draft);
    choices::memory::decide(&mut draft);
    choices::store::decide(&mut draft);
    choices::asynchronous::decide(&mut draft);
    choices::sessions::decide(&mut draft);
    choices::edge::decide(&mut draft);
    choices::services::decide(&mut draft);
    choices::delivery::decide(&mut draft);
    choices::hot_row::decide(&mut draft);
    choices::steps::decide(&mut draft);
    choices::offline::decide(&mut draft);
    choices::messages::decide(&mut draft);
    choices::media::decide(&mut draft);
    choices::recommend::decide(&mut draft);
    let ids = choices::ids::decide(&mut draft);
    topology::lay_out(&mut draft, ids);
    draft
}

/// Two zones do where nothing needs a majority and one smallest instance a zone is enough.
fn fits_two_zones(draft: &Draft<'_>) -> bool {
    let quorum = draft.components.values().any(|component| {
        component.replication.as_ref().is_some_and(|replication| replication.factor > 2)
    });
    let minimal = draft
        .fleets
        .values()
        .all(|fleet| fleet.per_zone == 1 && fleet.instance.ends_with(".large"));
    let stated = draft.estimate.constraints.zones.is_some();
    !quorum
        && minimal
        && !stated
        && draft.caches.iter().all(|plan| plan.shared.is_none())
        && draft.sessions.is_none()
}

fn finish(draft: Draft<'_>) -> Proposal {
    let estimate = draft.estimate;
    let (design, mut book, choices, mut findings) = assemble::design(draft);
    let analysis = analysis::run(&mut book, &design);
    let cost = cost::sheet(&mut book, &design, &analysis);
    findings.extend(laws::all(&mut book, &design, &analysis));
    let answers = practices::all(&book, estimate, &design, &choices);
    findings.extend(limits::all(&mut book, estimate, &design, &choices, &answers));
    Proposal { design, ledger: book.ledger, choices, answers, cost, findings }
}
