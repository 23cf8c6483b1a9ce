//! The file from the draft.

use core::time::Duration;

use indexmap::IndexMap;
use tenfold_estimate::During;

use crate::book::Book;
use crate::choices::store::keys;
use crate::demand::mean_rate;
use crate::draft::Draft;
use crate::inputs;
use crate::types::{
    Action, Amount, Choice, Decision, Design, Dimension, Finding, Formula, Interest, KeySpace,
    Load, Objective, Operation, Rejected, Scenarios, Schema, Step,
};

/// Returns the design, the book, the choices and the findings so far.
pub(super) fn design(mut draft: Draft<'_>) -> (Design, Book<'_>, Vec<Choice>, Vec<Finding>) {
    let keys = key_spaces(&mut draft);
    let workload = workload(&mut draft);
    let objectives = objectives(&draft);
    let decisions = draft.choices.iter().map(decision).collect();
    let mut design = Design {
        schema: Schema::V1,
        name: slug(&draft.estimate.name),
        place: draft.place,
        horizon: Duration::from_secs(365 * 86_400),
        inputs: IndexMap::new(),
        keys,
        workload,
        objectives,
        components: draft.components,
        links: draft.links,
        flows: draft.flows,
        scenarios: Scenarios::default(),
        decisions,
        proposed: IndexMap::new(),
    };
    design.inputs = inputs::of(&draft.book.ledger, &formulas(&design));
    (design, draft.book, draft.choices, draft.findings)
}

/// `URL Shortener` → `url-shortener`.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// Returns every formula of a design.
pub(crate) fn formulas(design: &Design) -> Vec<Formula> {
    let mut all = Vec::new();
    for keys in design.keys.values() {
        all.extend([keys.count.clone(), keys.exponent.clone()]);
        all.extend(keys.born.clone());
        for term in &keys.interest {
            all.extend([term.share.clone(), term.half_life.clone()]);
        }
    }
    for operation in design.workload.values() {
        let Operation { rate, peak, request, response, .. } = operation;
        all.extend([rate, peak, request, response].map(Clone::clone));
        all.extend(operation.new_connection_ratio.clone());
        all.extend(operation.connections.clone());
    }
    for component in design.components.values() {
        for data in component.data.values() {
            all.extend([data.bytes.clone(), data.stored.clone()]);
        }
        all.extend(component.topic.as_ref().map(|topic| topic.record.clone()));
    }
    for flow in design.flows.values() {
        shares(flow, &mut all);
    }
    all
}

/// Collects the shares and repetitions of a flow.
fn shares(steps: &[Step], all: &mut Vec<Formula>) {
    for step in steps {
        let Step::Action(action) = step else { continue };
        match action {
            Action::Sometimes(some) => {
                all.push(some.ratio.clone());
                shares(&some.steps, all);
            }
            Action::Repeat(repeat) => {
                all.push(repeat.times.clone());
                shares(&repeat.steps, all);
            }
            Action::Call(called) => shares(&called.steps, all),
            Action::Parallel(branches) => branches.iter().for_each(|b| shares(b, all)),
            Action::Lookup(lookup) => shares(&lookup.on_miss, all),
            Action::Read(_)
            | Action::Write(_)
            | Action::Fill(_)
            | Action::Invalidate(_)
            | Action::Emit(_)
            | Action::Consume(_) => {}
        }
    }
}

fn key_spaces(draft: &mut Draft<'_>) -> IndexMap<String, KeySpace> {
    let mut spaces = IndexMap::new();
    let named: Vec<String> = draft
        .estimate
        .datasets
        .iter()
        .filter(|d| d.popularity.is_some() && Draft::is_tabular(d))
        .map(|d| d.name.clone())
        .collect();
    for name in named {
        let Some(figures) = keys(draft, &name) else { continue };
        // The file names what the brief's figures are multiplied with, so that it can be edited.
        let formula = |id: &str| {
            let provenance = &draft.book.ledger[id].provenance;
            if let tenfold_units::Provenance::Derived { formula, .. } = provenance {
                Formula::new(formula.clone())
            } else {
                Formula::new(id)
            }
        };
        let interest = figures
            .interest
            .iter()
            .map(|(share, half_life)| Interest {
                share: formula(share),
                half_life: Formula::new(half_life.clone()),
            })
            .collect();
        let space = KeySpace {
            born: figures.born.as_deref().map(&formula),
            count: formula(&figures.count),
            exponent: Formula::new(figures.exponent.clone()),
            interest,
        };
        spaces.insert(name, space);
    }
    spaces
}

/// Whether clients open connections to us for an operation: not where they hold one, nor where they
/// ask a CDN, nor for what the server begins.
fn connects(draft: &Draft<'_>, operation: &tenfold_estimate::Operation) -> bool {
    let asked = draft.requests().any(|request| request.name == operation.name);
    asked && !draft.is_held(operation) && !draft.front.contains(&operation.name)
}

fn workload(draft: &mut Draft<'_>) -> IndexMap<String, Operation> {
    let mut workload = IndexMap::new();
    let ratio = ["assumed.new_connection_ratio", "assumed.new_connection_ratio.app"]
        .into_iter()
        .find(|id| draft.book.ledger.contains(id));
    for operation in &draft.estimate.operations {
        if !draft.flows.contains_key(&operation.name) {
            continue;
        }
        let first = operation.touches.iter().find(|touch| {
            let dataset = draft.estimate.datasets.iter().find(|d| d.name == touch.dataset);
            dataset.is_some_and(|d| d.popularity.is_some() && Draft::is_tabular(d))
        });
        let entry = Operation {
            rate: Formula::new(format!("{} * load_factor", mean_rate(operation))),
            peak: Formula::new(format!("{} * load_factor", operation.qps_peak)),
            request: Formula::new(operation.request_bytes.clone()),
            response: Formula::new(operation.response_bytes.clone()),
            keys: first.map(|touch| touch.dataset.clone()),
            kind: operation.kind,
            new_connection_ratio: ratio.filter(|_| connects(draft, operation)).map(Formula::new),
            connections: (draft.sessions.is_some()
                && operation.kind == tenfold_estimate::OperationKind::Push)
                .then(|| Formula::new("concurrent_users * load_factor")),
            consistency: Some(operation.consistency),
        };
        workload.insert(operation.name.clone(), entry);
    }
    workload
}

fn objectives(draft: &Draft<'_>) -> Vec<Objective> {
    let convert = |objective: &tenfold_estimate::Objective| {
        let figure = draft.book.ledger.get(&objective.limit)?;
        let (during, window) = match &objective.during {
            During::Peak => (Load::Peak, None),
            During::Window(id) => {
                let seconds = draft.book.value(id);
                (Load::Average, Some(Duration::from_secs(seconds.round() as u64)))
            }
        };
        Some(Objective {
            id: objective.id.clone(),
            of: objective.operation.clone().unwrap_or_else(|| "all".to_owned()),
            sli: objective.sli,
            bound: objective.bound,
            limit: Amount::new(figure.mid(), Dimension::of(figure.unit)),
            at: objective.at,
            during,
            window,
            from: inputs::origin(&figure.provenance),
        })
    };
    draft.estimate.objectives.iter().filter_map(convert).collect()
}

fn decision(choice: &Choice) -> Decision {
    let rejected = choice
        .options
        .iter()
        .filter_map(|option| {
            let excuse = option.excuse.as_ref()?;
            Some(Rejected {
                option: option.id.clone(),
                bottleneck: excuse.bottleneck,
                figures: excuse.figures.clone(),
            })
        })
        .collect();
    Decision {
        id: choice.id.clone(),
        chosen: choice.chosen.clone(),
        forced_by: choice.forced_by.clone(),
        pinned: choice.pin.as_ref().map(|pin| format!("line {}: {}", pin.line, pin.text)),
        rejected,
    }
}
