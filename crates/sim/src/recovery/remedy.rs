//! What may keep a system from staying collapsed, applied to a model everywhere at once.

use std::time::Duration;

use tenfold_patterns::RetryBudgetOptions;

use crate::{Model, Queue, QueueOrder, Servers};

/// How many remedies there are at most.
pub const REMEDIES: u64 = 6;
/// Retries that a budget allows for each request.
const BUDGET: f64 = 0.1;
/// Where nothing says how long a caller waits.
const PATIENCE: Duration = Duration::from_millis(200);

/// A model that was changed in one way.
#[derive(Clone, Debug, PartialEq)]
pub struct Remedy {
    /// What was changed, in words.
    pub name: &'static str,
    /// The model with it.
    pub model: Model,
}

/// Returns the remedies that change something in a model of components.
///
/// A queue is bounded to what is served in half the time that its callers wait: the shortest time-out of
/// a link to the component, else the shortest `good_within` of an operation, else 200 ms. The other half
/// is left for what comes after.
#[must_use]
pub fn remedies(model: &Model) -> Vec<Remedy> {
    type Change = fn(&mut Model);
    let changes: [(&str, Change); REMEDIES as usize] = [
        ("without retries", without_retries),
        ("retry budget of 10 %", retry_budget),
        ("bounded queues", bounded_queues),
        ("shedding by time in queue", shedding_by_time),
        ("adaptive LIFO", adaptive_lifo),
        ("time-outs that cancel", cancelling),
    ];
    let changed = changes.into_iter().map(|(name, change)| {
        let mut changed = model.clone();
        change(&mut changed);
        Remedy { name, model: changed }
    });
    changed.filter(|remedy| remedy.model != *model).collect()
}

fn without_retries(model: &mut Model) {
    for link in model.links.values_mut() {
        link.retry = None;
        link.retry_budget = None;
    }
}

fn retry_budget(model: &mut Model) {
    let budget = RetryBudgetOptions::Ratio {
        retry_ratio: BUDGET,
        ttl: Duration::from_secs(10),
        min_retries_per_second: 1,
    };
    let retrying = model.links.values_mut().filter(|link| link.retry.is_some());
    for link in retrying.filter(|link| link.retry_budget.is_none()) {
        link.retry_budget = Some(budget);
    }
}

fn cancelling(model: &mut Model) {
    let impatient = model.links.values_mut().filter(|link| link.timeout.is_some());
    impatient.for_each(|link| link.cancel = true);
}

fn bounded_queues(model: &mut Model) {
    each_queue(model, |queue, half, per_second| {
        let places = (half.as_secs_f64() * per_second).floor().clamp(1.0, 1e9) as u32;
        queue.length = Some(queue.length.map_or(places, |length| length.min(places)));
    });
}

fn shedding_by_time(model: &mut Model) {
    each_queue(model, |queue, half, _| {
        queue.wait = Some(queue.wait.map_or(half, |wait| wait.min(half)));
    });
}

fn adaptive_lifo(model: &mut Model) {
    each_queue(model, |queue, _, _| {
        if queue.order == QueueOrder::Fifo {
            queue.order = QueueOrder::AdaptiveLifo;
        }
    });
}

/// Changes the queue of every component whose servers are counted: given half of its callers' patience,
/// and how many its servers serve a second at most.
fn each_queue(model: &mut Model, change: impl Fn(&mut Queue, Duration, f64)) {
    let good_within = model.operations.values().filter_map(|operation| operation.good_within).min();
    let links = &model.links;
    let patience = |name: &str| {
        let to = links.iter().filter(|(link, _)| {
            link.split_once("->").is_some_and(|(_, callee)| callee.trim() == name)
        });
        to.filter_map(|(_, link)| link.timeout).min().or(good_within).unwrap_or(PATIENCE)
    };
    for (name, component) in &mut model.components {
        let Servers::Finite(servers) = component.servers else { continue };
        // The slowest kind of access: a bound that holds for all of them.
        let service = component.service_time.values().map(|time| time.mean()).fold(0.0, f64::max);
        if service > 0.0 && component.topic.is_none() {
            let queue = component.queue.get_or_insert_with(Queue::default);
            change(queue, patience(name) / 2, f64::from(servers) / service);
        }
    }
}
