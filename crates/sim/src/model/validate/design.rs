//! Checks of components, links and flows.

use tenfold_patterns::{
    Balancer, CircuitBreaker, ConcurrencyLimit, Retry, RetryBudget, TokenBucket,
};
use tenfold_units::{Instant, Seed};

use super::super::calls::CLIENT;
use super::super::component::Link;
use super::super::operation::{Call, Load, Step};
use super::{Diagnostic, Model, machine};
use crate::keys::Keys;

/// Flows are not nested deeper than this.
const LIMIT_DEPTH: usize = 32;

pub(super) fn check(model: &Model, out: &mut Vec<Diagnostic>) {
    if !model.stations.is_empty() || !model.arrivals.is_empty() || !model.routing.is_empty() {
        out.push(Diagnostic::new(
            &[],
            "the model has both plain queues and components".to_owned(),
            "keep `stations`, `arrivals`, `routing` or `components`, `links`, `operations`",
        ));
    }
    if model.zones.is_empty() {
        out.push(Diagnostic::new(&["zones"], "there is no zone".to_owned(), "write `zones: [a]`"));
    }
    for (name, keys) in &model.keys {
        if let Err(error) = Keys::new(keys) {
            out.push(Diagnostic::new(&["keys", name], error.problems.join("; "), ""));
        }
    }
    check_components(model, out);
    machine::check_network(model, out);
    check_links(model, out);
    for (name, operation) in &model.operations {
        for zone in operation.zones.keys().filter(|zone| !model.zones.contains(zone)) {
            let path = ["operations", name, "zones", zone];
            out.push(Diagnostic::new(&path, format!("`{zone}` is not a zone"), ""));
        }
        let sum: f64 = operation.zones.values().sum();
        if !operation.zones.is_empty() && (sum - 1.0).abs() > 1e-9 {
            let message = format!("the shares sum to {sum}");
            out.push(Diagnostic::new(&["operations", name, "zones"], message, "sum to 1"));
        }
        if let Some(keys) = operation.keys.as_ref().filter(|keys| !model.keys.contains_key(*keys)) {
            let path = ["operations", name, "keys"];
            out.push(Diagnostic::new(&path, format!("`{keys}` is not a key population"), ""));
        }
        if let Some(Err(error)) = operation.limit.map(TokenBucket::new) {
            let path = ["operations", name, "limit"];
            out.push(Diagnostic::new(&path, error.to_string(), ""));
        }
        if let Load::Consume(consume) = &operation.load {
            let path = ["operations", name, "load", "consume", "topic"];
            check_topic(model, &path, &consume.topic, out);
        }
        let mut walk = Walk { model, operation: name, out: &mut *out };
        walk.steps(&operation.flow, CLIENT, 0);
    }
}

fn check_components(model: &Model, out: &mut Vec<Diagnostic>) {
    for (name, component) in &model.components {
        machine::check_component(name, component, out);
        if name == CLIENT {
            let path = ["components", name];
            out.push(Diagnostic::new(&path, "`client` is the caller".to_owned(), "rename it"));
        }
        if component.replicas.values().sum::<u32>() == 0 {
            let path = ["components", name, "replicas"];
            let help = "write for example `replicas: {a: 1}`";
            out.push(Diagnostic::new(&path, "there is no replica".to_owned(), help));
        }
        for zone in component.replicas.keys().filter(|zone| !model.zones.contains(zone)) {
            let path = ["components", name, "replicas", zone];
            out.push(Diagnostic::new(&path, format!("`{zone}` is not a zone"), ""));
        }
        if component.service_time.is_empty() {
            let path = ["components", name, "service_time"];
            let help = "write for example `service_time: {any: {exponential: {mean: 1ms}}}`";
            out.push(Diagnostic::new(&path, "there is no service time".to_owned(), help));
        }
        for access in component.wait_after.keys() {
            if access != "any" && !component.service_time.contains_key(access) {
                let path = ["components", name, "wait_after", access];
                let message = format!("`{access}` is no access kind of its `service_time`");
                out.push(Diagnostic::new(&path, message, "name a kind that is listed there"));
            }
        }
        if let Some(cache) = &component.cache {
            let path = ["components", name, "cache"];
            if !model.keys.contains_key(&cache.keys) {
                let message = format!("`{}` is not a key population", cache.keys);
                out.push(Diagnostic::new(&path, message, "add it under `keys`"));
            }
            if component.data.is_none() {
                let message = "the cache does not say where a key lies".to_owned();
                out.push(Diagnostic::new(&path, message, "add a `data` block"));
            }
        }
        if let Some(data) = &component.data {
            let replicas = component.replicas.values().sum::<u32>();
            if data.shards == 0 || data.copies == 0 || data.copies > replicas {
                let message = format!(
                    "{} shards with {} copies on {replicas} replicas",
                    data.shards, data.copies
                );
                let help = "at least 1 shard and 1 copy, and no more copies than replicas";
                out.push(Diagnostic::new(&["components", name, "data"], message, help));
            }
        }
    }
}

fn check_links(model: &Model, out: &mut Vec<Diagnostic>) {
    for (name, link) in &model.links {
        check_options(name, link, out);
        let ends = name.split_once("->").map(|(from, to)| (from.trim(), to.trim()));
        let known = ends.is_some_and(|(from, to)| {
            (from == CLIENT || model.components.contains_key(from))
                && model.components.contains_key(to)
        });
        if !known {
            let message = format!("`{name}` does not name two components");
            let help = "write `caller -> callee`; the first caller is `client`";
            out.push(Diagnostic::new(&["links", name], message, help));
        }
    }
}

/// The options of the pattern machines, by the machines themselves.
fn check_options(name: &str, link: &Link, out: &mut Vec<Diagnostic>) {
    let stream = Seed(0).stream("check");
    let results = [
        ("retry", link.retry.map(|options| Retry::new(options).map(|_| ()))),
        (
            "retry_budget",
            link.retry_budget.map(|options| RetryBudget::new(options, Instant::ZERO).map(|_| ())),
        ),
        ("admission", link.admission.map(|options| TokenBucket::new(options).map(|_| ()))),
        ("concurrency", link.concurrency.map(|options| ConcurrencyLimit::new(options).map(|_| ()))),
        ("breaker", link.breaker.map(|options| CircuitBreaker::new(options, stream).map(|_| ()))),
        ("balance", link.balance.map(|options| Balancer::new(options, &[]).map(|_| ()))),
    ];
    for (field, result) in results {
        if let Some(Err(error)) = result {
            out.push(Diagnostic::new(&["links", name, field], error.to_string(), ""));
        }
    }
}

fn check_topic(model: &Model, path: &[&str], topic: &str, out: &mut Vec<Diagnostic>) {
    if model.components.get(topic).is_none_or(|component| component.topic.is_none()) {
        let message = format!("`{topic}` is not a topic");
        out.push(Diagnostic::new(path, message, "give the component a `topic` block"));
    }
}

struct Walk<'a> {
    model: &'a Model,
    operation: &'a str,
    out: &'a mut Vec<Diagnostic>,
}

impl Walk<'_> {
    fn say(&mut self, message: String, help: &str) {
        let path = ["operations", self.operation, "flow"];
        self.out.push(Diagnostic::new(&path, message, help));
    }

    fn component(&mut self, name: &str) -> bool {
        let known = self.model.components.contains_key(name);
        if !known {
            self.say(format!("`{name}` is not a component"), "");
        }
        known
    }

    fn steps(&mut self, steps: &[Step], caller: &str, depth: usize) {
        if depth > LIMIT_DEPTH {
            self.say("the flow is nested too deeply".to_owned(), "at most 32 levels");
            return;
        }
        for step in steps {
            match step {
                Step::Call(call) => self.call(call, caller, depth),
                Step::Lookup(lookup) => {
                    self.component(&lookup.cache);
                    self.steps(&lookup.on_hit, caller, depth + 1);
                    self.steps(&lookup.on_miss, caller, depth + 1);
                    self.steps(lookup.on_error.as_deref().unwrap_or_default(), caller, depth + 1);
                }
                Step::Fill(cache) => {
                    self.component(cache);
                }
                Step::Parallel(parallel) => {
                    for branch in &parallel.branches {
                        self.steps(branch, caller, depth + 1);
                    }
                }
                Step::Choice(alternatives) => {
                    let sum: f64 = alternatives.iter().map(|a| a.probability).sum();
                    if (sum - 1.0).abs() > 1e-9 {
                        self.say(format!("the probabilities of a choice sum to {sum}"), "to 1");
                    }
                    for alternative in alternatives {
                        self.steps(&alternative.steps, caller, depth + 1);
                    }
                }
                Step::Each(each) => {
                    if each.at_once == Some(0) {
                        let message = "`each` runs no record at a time".to_owned();
                        self.say(message, "`at_once` from 1");
                    }
                    self.steps(&each.steps, caller, depth + 1);
                }
                Step::Emit(topic) | Step::Append(topic) => {
                    let path = ["operations", self.operation, "flow"];
                    check_topic(self.model, &path, topic, self.out);
                }
            }
        }
    }

    fn call(&mut self, call: &Call, caller: &str, depth: usize) {
        if self.component(&call.to) {
            let times = &self.model.components[&call.to].service_time;
            if !times.contains_key(&call.access) && !times.contains_key("any") {
                let message = format!("`{}` has no service time for `{}`", call.to, call.access);
                self.say(message, "add it, or one for `any`");
            }
        }
        self.steps(&call.steps, &call.to, depth + 1);
        self.steps(call.on_error.as_deref().unwrap_or_default(), caller, depth + 1);
    }
}
