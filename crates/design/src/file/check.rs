//! What the types cannot say: names that lead nowhere, formulas over unknown inputs, options that a
//! machine refuses.

use tenfold_patterns::{Cache, CircuitBreaker, Retry};
use tenfold_units::{Expression, Seed};

use super::{Diagnostic, Loaded};
use crate::types::{Action, Component, Design, Step};

/// Returns every problem, in the order of the file.
pub(super) fn all(loaded: &Loaded) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let design = &loaded.design;
    formulas(design, &mut found);
    names(design, &mut found);
    options(design, &mut found);
    let mut problems: Vec<Diagnostic> = found
        .into_iter()
        .map(|(path, message)| {
            let mut at = path.as_str();
            let place = loop {
                match (loaded.places.get(at), at.rfind('.')) {
                    (Some(place), _) => break *place,
                    (None, Some(dot)) => at = &at[..dot],
                    (None, None) => break (0, 0),
                }
            };
            Diagnostic { line: place.0, column: place.1, path, message }
        })
        .collect();
    problems.sort();
    problems.dedup();
    problems
}

type Found = Vec<(String, String)>;

fn formulas(design: &Design, found: &mut Found) {
    let mut check = |path: String, formula: &str| {
        let inputs = match Expression::parse(formula) {
            Ok(expression) => expression.inputs().to_vec(),
            Err(error) => return found.push((path, error.to_string())),
        };
        for input in inputs.iter().filter(|input| !design.inputs.contains_key(*input)) {
            let near = nearest(input, design.inputs.keys());
            found.push((path.clone(), format!("there is no input `{input}`{near}")));
        }
    };
    for (name, input) in &design.inputs {
        if let Some(formula) = &input.formula {
            check(format!("inputs.{name}.formula"), &formula.0);
        }
    }
    for (name, operation) in &design.workload {
        for (field, formula) in [
            ("rate", &operation.rate),
            ("peak", &operation.peak),
            ("request", &operation.request),
            ("response", &operation.response),
        ] {
            check(format!("workload.{name}.{field}"), &formula.0);
        }
    }
    for (name, space) in &design.keys {
        check(format!("keys.{name}.count"), &space.count.0);
        check(format!("keys.{name}.exponent"), &space.exponent.0);
    }
    for (name, component) in &design.components {
        for (data, dataset) in &component.data {
            check(format!("components.{name}.data.{data}.bytes"), &dataset.bytes.0);
            check(format!("components.{name}.data.{data}.stored"), &dataset.stored.0);
        }
    }
}

/// Returns `; did you mean …` for a name that is close.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a String>) -> String {
    let distance = |other: &str| {
        let (a, b): (Vec<char>, Vec<char>) = (name.chars().collect(), other.chars().collect());
        let mut row: Vec<usize> = (0..=b.len()).collect();
        for (i, x) in a.iter().enumerate() {
            let mut diagonal = row[0];
            row[0] = i + 1;
            for (j, y) in b.iter().enumerate() {
                let cost = diagonal + usize::from(x != y);
                diagonal = row[j + 1];
                row[j + 1] = cost.min(row[j] + 1).min(diagonal + 1);
            }
        }
        row[b.len()]
    };
    known
        .map(|other| (distance(other), other))
        .min()
        .filter(|(distance, _)| *distance <= name.len() / 3)
        .map_or(String::new(), |(_, other)| format!("; did you mean `{other}`?"))
}

fn names(design: &Design, found: &mut Found) {
    let mut component = |path: String, name: &str| {
        if !design.components.contains_key(name) {
            let near = nearest(name, design.components.keys());
            found.push((path, format!("there is no component `{name}`{near}")));
        }
    };
    for id in design.links.keys() {
        component(format!("links.{id}"), &id.from);
        component(format!("links.{id}"), &id.to);
    }
    for (name, flow) in &design.flows {
        let path = format!("flows.{name}");
        let mut targets = Vec::new();
        collect(flow, &mut targets);
        for target in targets {
            component(path.clone(), target);
        }
    }
    for name in design.flows.keys().filter(|name| !design.workload.contains_key(*name)) {
        let near = nearest(name, design.workload.keys());
        let message = format!("the flow has no operation of its name in `workload`{near}");
        found.push((format!("flows.{name}"), message));
    }
    for objective in &design.objectives {
        if objective.of != "all" && !design.workload.contains_key(&objective.of) {
            let near = nearest(&objective.of, design.workload.keys());
            let message = format!("there is no operation `{}`{near}", objective.of);
            found.push(("objectives".to_owned(), message));
        }
    }
    if design.place.zones.is_empty() {
        found.push(("place.zones".to_owned(), "at least one zone is needed".to_owned()));
    }
}

/// Collects the components that a flow names.
pub(crate) fn collect<'a>(steps: &'a [Step], targets: &mut Vec<&'a str>) {
    for step in steps {
        match step {
            Step::Visit(name) => targets.push(name),
            Step::Action(Action::Lookup(lookup)) => {
                targets.push(&lookup.cache);
                collect(&lookup.on_miss, targets);
                collect(&lookup.on_error, targets);
            }
            Step::Action(Action::Read(access) | Action::Write(access)) => targets.push(&access.at),
            Step::Action(
                Action::Fill(target) | Action::Invalidate(target) | Action::Consume(target),
            ) => targets.push(&target.at),
            Step::Action(Action::Emit(emit)) => targets.push(&emit.to),
            Step::Action(Action::Call(called)) => {
                targets.push(&called.to);
                collect(&called.steps, targets);
            }
            Step::Action(Action::Parallel(branches)) => {
                branches.iter().for_each(|branch| collect(branch, targets));
            }
            Step::Action(Action::Sometimes(some)) => collect(&some.steps, targets),
            Step::Action(Action::Repeat(repeat)) => collect(&repeat.steps, targets),
        }
    }
}

fn options(design: &Design, found: &mut Found) {
    for (name, component) in &design.components {
        component_options(name, component, found);
    }
    for (id, link) in &design.links {
        if let Some(bucket) = &link.admission
            && let Err(error) = bucket.rule()
        {
            found.push((format!("links.{id}.admission"), error.to_string()));
        }
        if let Some(retry) = &link.retry
            && let Err(error) = Retry::new(retry.options)
        {
            found.push((format!("links.{id}.retry"), error.to_string()));
        }
        if let Some(breaker) = &link.breaker
            && let Err(error) = CircuitBreaker::new(*breaker, Seed(0).stream("check"))
        {
            found.push((format!("links.{id}.breaker"), error.to_string()));
        }
    }
}

fn component_options(name: &str, component: &Component, found: &mut Found) {
    let path = format!("components.{name}");
    for (operation, limit) in &component.limits {
        if let Err(error) = limit.token_bucket.rule() {
            found.push((format!("{path}.limits.{operation}"), error.to_string()));
        }
    }
    if let Some(cache) = &component.cache
        && let Err(error) = Cache::<u64>::new(cache.options)
    {
        found.push((format!("{path}.cache.options"), error.to_string()));
    }
    let runs = &component.runs;
    if let Some(replication) = &component.replication {
        let quorums = [replication.read_quorum, replication.write_quorum];
        if replication.factor == 0 || quorums.iter().any(|q| *q == 0 || *q > replication.factor) {
            let message = "copies are at least 1, and no quorum is larger".to_owned();
            found.push((format!("{path}.replication"), message));
        }
    }
    if runs.instance.is_some() && runs.per_zone == Some(0) {
        found.push((format!("{path}.runs.per_zone"), "at least 1".to_owned()));
    }
}
