//! Who waits for whom in the flows of a design.

use std::collections::BTreeSet;

use super::component::Link;
use super::{Model, Step};

/// The caller of an operation's first call.
pub(crate) const CLIENT: &str = "client";

/// Returns the pairs of caller and callee of which the caller waits for answers.
pub(crate) fn awaited_calls(model: &Model) -> BTreeSet<(&str, &str)> {
    let mut found = BTreeSet::new();
    for operation in model.operations.values() {
        walk(&operation.flow, CLIENT, &mut found);
    }
    found
}

fn walk<'m>(steps: &'m [Step], caller: &'m str, found: &mut BTreeSet<(&'m str, &'m str)>) {
    for step in steps {
        match step {
            Step::Call(call) => {
                found.insert((caller, &call.to));
                walk(&call.steps, &call.to, found);
                walk(call.on_error.as_deref().unwrap_or_default(), caller, found);
            }
            Step::Lookup(lookup) => {
                found.insert((caller, &lookup.cache));
                let errors = lookup.on_error.as_deref().unwrap_or_default();
                for steps in [&lookup.on_hit[..], &lookup.on_miss[..], errors] {
                    walk(steps, caller, found);
                }
            }
            Step::Append(topic) => {
                found.insert((caller, topic));
            }
            Step::Parallel(parallel) => {
                parallel.branches.iter().for_each(|branch| walk(branch, caller, found));
            }
            Step::Choice(ways) => ways.iter().for_each(|way| walk(&way.steps, caller, found)),
            Step::Each(each) => walk(&each.steps, caller, found),
            Step::Fill(_) | Step::Emit(_) => {}
        }
    }
}

/// Returns the link from `caller` to `callee`, if it is written.
pub(crate) fn written_link<'m>(model: &'m Model, caller: &str, callee: &str) -> Option<&'m Link> {
    let named = |name: &str| {
        name.split_once("->").is_some_and(|(a, b)| a.trim() == caller && b.trim() == callee)
    };
    model.links.iter().find(|(name, _)| named(name)).map(|(_, link)| link)
}

/// Returns whether a caller stops waiting for a callee some time.
pub(crate) fn has_timeout(model: &Model, caller: &str, callee: &str) -> bool {
    written_link(model, caller, callee).is_some_and(|link| link.timeout.is_some())
}
