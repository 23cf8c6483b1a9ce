//! The way from a brief to an estimate.

use indexmap::IndexMap;
use tenfold_brief::Brief;
use tenfold_catalog::Catalog;

use crate::archetype::Archetype;
use crate::draft::{DatasetDraft, Draft, OperationDraft};
use crate::network::Network;
use crate::recognize::{self, Features};
use crate::{Estimate, Origin, assemble, bind, check, complete, rules, words};

/// Returns what a brief means and the load that follows from it.
///
/// Never fails: what is missing, contradictory or impossible is in [`Estimate::outcome`] and
/// [`Estimate::diagnostics`], beside everything that could be had.
#[must_use]
pub fn estimate(brief: &Brief, catalog: &Catalog) -> Estimate {
    let (recognition, archetype) = recognize::recognize(brief);
    let features = recognize::features(brief, &archetype);
    let mut draft = offer(brief, catalog, archetype, features);
    bind::bind(&mut draft);
    complete::complete(&mut draft);
    fill_figures(&mut draft);
    rules::apply(&mut draft);
    bind::promises(&mut draft);
    check::check(&mut draft);
    assemble::assemble(draft, recognition)
}

/// Returns a draft with what the archetype offers for the features that are asked for.
fn offer<'a>(
    brief: &'a Brief,
    catalog: &'a Catalog,
    archetype: Archetype,
    features: Features,
) -> Draft<'a> {
    let mut operations = IndexMap::new();
    let reason = words::customary;
    for (name, spec) in archetype.operations.iter().filter(|(_, o)| features.allow(&o.when)) {
        let mut spec = spec.clone();
        spec.touches.retain(|touch| {
            let there = archetype.datasets.get(&touch.dataset);
            features.allow(&touch.when) && there.is_some_and(|d| features.allow(&d.when))
        });
        let operation = OperationDraft {
            spec,
            origin: Origin::Proposed { reason: reason(&archetype.label) },
            nouns: Vec::new(),
            window: None,
            attachments: Vec::new(),
            own_peak_factor: false,
        };
        operations.insert(name.clone(), operation);
    }
    let mut datasets = IndexMap::new();
    for (name, spec) in archetype.datasets.iter().filter(|(_, d)| features.allow(&d.when)) {
        let dataset = DatasetDraft {
            spec: spec.clone(),
            origin: Origin::Proposed { reason: reason(&archetype.label) },
            residency: None,
            tiers: Vec::new(),
            stock_stated: false,
        };
        datasets.insert(name.clone(), dataset);
    }
    let count = brief.demands.len();
    Draft {
        brief,
        catalog,
        archetype,
        features,
        network: Network::default(),
        operations,
        datasets,
        populations: Vec::new(),
        promises: Vec::new(),
        readings: Vec::new(),
        diagnostics: Vec::new(),
        figure_of: vec![None; count],
        tiers: Vec::new(),
        parts: Vec::new(),
        paced: Vec::new(),
        bursts: Vec::new(),
        carried: Vec::new(),
        used: vec![false; count],
        reported: Vec::new(),
    }
}

/// Fills what the archetype knows of figures that belong to no operation or dataset.
fn fill_figures(draft: &mut Draft<'_>) {
    let specs: Vec<_> =
        draft.archetype.figures.iter().map(|(id, spec)| (id.clone(), spec.clone())).collect();
    for (id, spec) in specs {
        if draft.features.allow(&spec.when) {
            draft.fill(&id, &id.replace('_', " "), &spec);
        }
    }
}
