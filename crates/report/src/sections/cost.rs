//! Section 8: what is paid, now and for more load, and what would make it cheaper.

use tenfold_architect::Plan;

use super::working::working;
use crate::document::{Document, plain};

pub(super) fn write(plan: &Plan, document: &mut Document<'_>) {
    document.heading(3, "Per component and month");
    let mut head = vec!["Component", "#Now"];
    head.extend(plan.redesigns.iter().map(|redesign| match redesign.id.as_str() {
        "10x" => "#10x, redesigned",
        _ => "#100x, redesigned",
    }));
    let then = |component: &str, document: &Document<'_>| {
        plan.redesigns
            .iter()
            .map(|redesign| {
                let line = redesign.components.iter().find(|(name, _)| name == component);
                line.map_or_else(String::new, |(_, id)| document.print(Some(id)))
            })
            .collect::<Vec<String>>()
    };
    let mut rows = Vec::new();
    for (component, id) in &plan.cost.components {
        let mut row = vec![plain(component), document.print(Some(id))];
        row.extend(then(component, document));
        rows.push(row);
    }
    for name in new_components(plan) {
        let mut row = vec![plain(&name), String::new()];
        row.extend(then(&name, document));
        rows.push(row);
    }
    let mut total = vec!["**total**".to_owned(), document.print(Some(&plan.cost.total))];
    total.extend(plan.redesigns.iter().map(|redesign| document.print(Some(&redesign.cost))));
    rows.push(total);
    document.table(&head, rows);
    let range = document.range(&plan.cost.total);
    if !range.is_empty() {
        document.paragraph(format!("Likely range of the total now: {range}."));
    }
    document.heading(3, "Line by line");
    lines(plan, document);
    document.heading(3, "Savings");
    for saving in &plan.cost.savings {
        document.explain(&saving.text);
    }
}

/// Components that only a redesign has.
fn new_components(plan: &Plan) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (name, _) in plan.redesigns.iter().flat_map(|redesign| &redesign.components) {
        let known = plan.cost.components.iter().any(|(component, _)| component == name);
        if !known && !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

fn lines(plan: &Plan, document: &mut Document<'_>) {
    let rows = plan.cost.lines.iter().map(|line| {
        vec![
            plain(&line.component),
            plain(&line.item),
            document.print(Some(&line.figure)),
            document.range(&line.figure),
            working(&plan.ledger, &line.figure),
        ]
    });
    let rows = rows.collect();
    document.table(&["Component", "What", "#Cost", "#Likely range", "Working"], rows);
}
