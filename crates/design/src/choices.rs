//! The decisions, one module each: options, hard constraints, cost, excuses.

pub(crate) mod asynchronous;
pub(crate) mod delivery;
pub(crate) mod edge;
pub(crate) mod front;
pub(crate) mod hot_row;
pub(crate) mod ids;
pub(crate) mod media;
pub(crate) mod memory;
pub(crate) mod messages;
pub(crate) mod offline;
pub(crate) mod place;
pub(crate) mod recommend;
pub(crate) mod regions;
pub(crate) mod services;
pub(crate) mod sessions;
pub(crate) mod steps;
pub(crate) mod store;

/// Returns the name of the topic or store of a dataset.
pub(crate) fn store_name(dataset: &str) -> String {
    store::plural(dataset)
}

/// Returns an operation's name as a component's.
pub(crate) fn component_name(operation: &str) -> String {
    operation.replace('_', "-")
}

#[cfg(test)]
mod tests;
