//! Checks of what runs replicas and of the network between them.

#[cfg(test)]
mod tests;

use super::super::calls::{awaited_calls, has_timeout};
use super::{Diagnostic, Model};
use crate::{Autoscaler, Component, Servers};

pub(super) fn check_component(name: &str, component: &Component, out: &mut Vec<Diagnostic>) {
    let mut say = |field: &str, message: String, help: &str| {
        out.push(Diagnostic::new(&["components", name, field], message, help));
    };
    if let Some(collection) = &component.garbage_collection
        && collection.interval.mean() <= 0.0
    {
        let message = "there is no time between two collections".to_owned();
        say("garbage_collection", message, "give `interval` a mean above 0");
    }
    if let Some(start) = component.slow_start
        && !(start.factor > 0.0 && start.factor.is_finite())
    {
        let message = format!("the factor is {}", start.factor);
        say("slow_start", message, "give a `factor` above 0, for example 3");
    }
    let Some(scaler) = &component.autoscaler else { return };
    for (message, help) in autoscaler_problems(component, scaler) {
        say("autoscaler", message, help);
    }
}

fn autoscaler_problems(component: &Component, scaler: &Autoscaler) -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    let mut wrong = |holds: bool, message: String, help: &'static str| {
        if !holds {
            found.push((message, help));
        }
    };
    let target = scaler.target_utilization;
    let message = format!("`target_utilization` is {target}");
    wrong(target > 0.0 && target <= 1.0, message, "give a share above 0, up to 1");
    let (min, max) = (scaler.min_replicas, scaler.max_replicas);
    let message = format!("from {min} to {max} replicas");
    wrong(min >= 1 && min <= max, message, "`min_replicas` from 1, `max_replicas` not below it");
    for (zone, count) in component.replicas.iter().filter(|(_, count)| **count > 0) {
        let message = format!("`{zone}` begins with {count} replicas, outside {min} to {max}");
        wrong((min..=max).contains(count), message, "let `replicas` be in that range");
    }
    let message = "it never looks".to_owned();
    wrong(!scaler.interval.is_zero(), message, "give an `interval` above 0s");
    let tolerance = scaler.tolerance;
    let message = format!("`tolerance` is {tolerance}");
    wrong((0.0..1.0).contains(&tolerance), message, "give 0 or more, below 1");
    let message = "what is found by key does not move to new replicas".to_owned();
    wrong(component.data.is_none(), message, "leave out `autoscaler` or `data`");
    let message = "infinite servers have no utilization".to_owned();
    wrong(component.servers != Servers::Infinite, message, "give a number of `servers`");
    found
}

/// Shares of loss in their range, and nobody who waits for ever for what was lost.
pub(super) fn check_network(model: &Model, out: &mut Vec<Diagnostic>) {
    let Some(loss) = model.network.as_ref().and_then(|network| network.loss_ratio) else { return };
    for (field, share) in [("same_zone", loss.same_zone), ("cross_zone", loss.cross_zone)] {
        if !(0.0..=1.0).contains(&share) {
            let message = format!("{share} is not a share");
            let path = ["network", "loss_ratio", field];
            out.push(Diagnostic::new(&path, message, "give 0 to 1"));
        }
    }
    if loss.same_zone <= 0.0 && (loss.cross_zone <= 0.0 || model.zones.len() < 2) {
        return;
    }
    for (caller, callee) in awaited_calls(model) {
        if !has_timeout(model, caller, callee) {
            let message = format!(
                "messages are lost, and `{caller}` waits for answers of `{callee}` without time-out"
            );
            let help = format!("give the link `{caller} -> {callee}` a `timeout`");
            out.push(Diagnostic::new(&["network", "loss_ratio"], message, &help));
        }
    }
}
