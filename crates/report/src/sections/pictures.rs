//! Diagrams of a design.

use std::collections::BTreeSet;

use tenfold_architect::Plan;
use tenfold_design::{Action, Component, Kind, Step};

use crate::diagram::{BOXES_MAX, Diagram, Edge, Node};
use crate::document::plain;
use crate::words;

/// Who asks from outside.
const CLIENT: &str = "clients";

/// An arrow that a flow walks: from, to, label, whether nobody waits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Walk {
    from: String,
    to: String,
    label: String,
    asynchronous: bool,
}

/// Returns the diagram of all components and how they ask each other.
#[must_use]
pub fn overview(plan: &Plan) -> Diagram {
    let walks: Vec<Walk> =
        plan.design.flows.keys().flat_map(|name| walk_flow(plan, name)).collect();
    let mut whole = diagram(plan, "The whole system", &walks);
    // What others ask too has no figure for clients alone.
    let from_others: BTreeSet<String> =
        whole.edges.iter().filter(|e| e.from != CLIENT).map(|e| e.to.clone()).collect();
    for edge in &mut whole.edges {
        let rate = if edge.from == CLIENT {
            edge.label.clear();
            let alone = !from_others.contains(&edge.to);
            plan.ledger.get(&format!("calls.{}.any.avg", edge.to)).filter(|_| alone)
        } else {
            plan.ledger.get(&format!("link.{}.{}.calls", edge.from, edge.to))
        };
        // What a topic hands on is labeled with its rate already.
        let topic = plan.design.components.get(&edge.from).is_some_and(|c| c.topic.is_some());
        if let (Some(rate), false) = (rate, topic) {
            edge.label = format!("{} {}", edge.label, rate.print()).trim().to_owned();
        }
    }
    whole
}

/// Returns one diagram per operation that has a flow.
#[must_use]
pub fn per_operation(plan: &Plan) -> Vec<(String, Diagram)> {
    plan.design
        .flows
        .keys()
        .map(|name| {
            let title = format!("Flow of {name}");
            (name.clone(), diagram(plan, &title, &walk_flow(plan, name)))
        })
        .collect()
}

/// Returns how many instances of what a component runs on, in words.
pub(super) fn count(plan: &Plan, name: &str, component: &Component) -> String {
    let instances = words::print(&plan.ledger, &format!("design.components.{name}.instances"));
    match &component.runs.instance {
        Some(instance) => format!("{instances} × {}", plain(instance)),
        None if component.kind == Kind::External => "run by others".to_owned(),
        None if component.runs.managed => "managed, billed by use".to_owned(),
        None => "on the others' instances".to_owned(),
    }
}

fn walk_flow(plan: &Plan, name: &str) -> Vec<Walk> {
    let mut walks = Vec::new();
    let operation = plan.estimate.operations.iter().find(|operation| operation.name == name);
    let rate = operation.and_then(|operation| plan.ledger.get(&operation.qps_avg));
    let rate = rate.map(tenfold_units::Figure::print);
    walk(&plan.design.flows[name], CLIENT, &rate.unwrap_or_default(), &mut walks);
    walks
}

/// Walks the steps; a visit makes its component the one that asks next.
fn walk(steps: &[Step], asking: &str, label: &str, walks: &mut Vec<Walk>) {
    let mut at = asking.to_owned();
    let mut label = label.to_owned();
    let add = |walks: &mut Vec<Walk>, from: &str, to: &str, label: &str, asynchronous| {
        let walk = Walk {
            from: from.to_owned(),
            to: to.to_owned(),
            label: label.to_owned(),
            asynchronous,
        };
        walks.push(walk);
    };
    for step in steps {
        match step {
            Step::Visit(component) => {
                add(walks, &at, component, &label, false);
                at.clone_from(component);
                label = String::new();
            }
            Step::Action(action) => match action {
                Action::Lookup(lookup) => {
                    add(walks, &at, &lookup.cache, "look up", false);
                    walk(&lookup.on_miss, &at, "", walks);
                }
                Action::Read(access) => add(walks, &at, &access.at, "read", false),
                Action::Write(access) => add(walks, &at, &access.at, "write", false),
                Action::Fill(_) => {}
                Action::Invalidate(target) => add(walks, &at, &target.at, "invalidate", true),
                Action::Emit(emit) => add(walks, &at, &emit.to, "emit", !emit.awaited),
                Action::Consume(target) => at.clone_from(&target.at),
                Action::Call(called) => {
                    add(walks, &at, &called.to, "", false);
                    walk(&called.steps, &called.to, "", walks);
                }
                Action::Parallel(branches) => {
                    for branch in branches {
                        walk(branch, &at, "", walks);
                    }
                }
                Action::Sometimes(some) => walk(&some.steps, &at, "", walks),
                Action::Repeat(repeat) => walk(&repeat.steps, &at, "", walks),
            },
        }
    }
}

fn diagram(plan: &Plan, title: &str, walks: &[Walk]) -> Diagram {
    let mut edges: Vec<Edge> = Vec::new();
    for walk in walks {
        let known = edges.iter_mut().find(|edge| edge.from == walk.from && edge.to == walk.to);
        match known {
            Some(edge) => {
                if !walk.label.is_empty() && !edge.label.contains(&walk.label) {
                    let joint = if edge.label.is_empty() { "" } else { ", " };
                    edge.label.push_str(&format!("{joint}{}", walk.label));
                }
            }
            None => edges.push(Edge {
                from: walk.from.clone(),
                to: walk.to.clone(),
                label: walk.label.clone(),
                asynchronous: walk.asynchronous,
            }),
        }
    }
    let named: BTreeSet<&str> =
        edges.iter().flat_map(|edge| [edge.from.as_str(), edge.to.as_str()]).collect();
    let mut nodes = Vec::new();
    if named.contains(CLIENT) {
        let lines = vec![CLIENT.to_owned()];
        nodes.push(Node { id: CLIENT.to_owned(), kind: "external", lines });
    }
    for (name, component) in &plan.design.components {
        if named.contains(name.as_str()) {
            nodes.push(node(plan, name, component));
        }
    }
    nodes.truncate(BOXES_MAX);
    let drawn: BTreeSet<String> = nodes.iter().map(|node| node.id.clone()).collect();
    edges.retain(|edge| drawn.contains(&edge.from) && drawn.contains(&edge.to));
    Diagram { title: title.to_owned(), nodes, edges }
}

fn node(plan: &Plan, name: &str, component: &Component) -> Node {
    let runs = &component.runs;
    let technology = format!("{} {}", runs.technology, runs.version.as_deref().unwrap_or_default());
    let mut lines = vec![name.to_owned()];
    if runs.technology != name {
        lines.push(technology.trim().to_owned());
    }
    if let Some(instance) = &runs.instance {
        let instances = words::print(&plan.ledger, &format!("design.components.{name}.instances"));
        lines.push(format!("{instances} × {instance}"));
    } else if component.kind == Kind::External {
        lines.push("run by others".to_owned());
    } else if runs.managed {
        lines.push("managed".to_owned());
    }
    Node { id: name.to_owned(), kind: class(component.kind), lines }
}

fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Gateway | Kind::Cdn => "gateway",
        Kind::Service => "service",
        Kind::Cache => "cache",
        Kind::Store | Kind::ObjectStore | Kind::Search => "store",
        Kind::Topic => "topic",
        Kind::Consumer | Kind::Farm => "consumer",
        Kind::External => "external",
    }
}
