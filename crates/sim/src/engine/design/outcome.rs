//! What a run comes to.

use tenfold_units::Seed;

use super::Design;
use crate::{OUTCOME_SCHEMA, Outcome, Step};

impl Design<'_> {
    /// Returns the figures of the run.
    pub(super) fn outcome(mut self, seed: Seed, events: u64, finished: bool) -> Outcome {
        let warm_up = self.scenario.warm_up.as_secs_f64();
        let simulated = (self.now - warm_up).max(0.0);
        (0..self.scalers.len()).for_each(|scaler| self.account_replicas(scaler as u32));
        let mut operations = self.record.operations(self.now);
        let mut components = self.record.components(self.now);
        for (index, part) in self.parts.parts.iter().enumerate() {
            let Some(outcome) = components.get_mut(&part.name) else { continue };
            outcome.backlog = self.topics.backlog(index as u32);
            if part.servers == u32::MAX || simulated <= 0.0 {
                continue;
            }
            let range = part.first as usize..(part.first + part.count) as usize;
            let scalers = || self.scalers.iter().filter(|scaler| scaler.part == index as u32);
            if scalers().count() > 0 {
                outcome.replica_seconds = Some(scalers().map(|it| it.replica_seconds).sum());
            }
            let mut zones: Vec<(f64, f64)> = vec![(0.0, 0.0); self.model.zones.len()];
            let mut hottest: f64 = 0.0;
            for replica in &mut self.parts.replicas[range] {
                replica.account(self.now);
                let used = replica.worked / simulated / f64::from(part.servers);
                hottest = hottest.max(used);
                let zone = &mut zones[replica.zone as usize];
                *zone = (zone.0 + used, zone.1 + 1.0);
            }
            // Of replicas that come and go, those that were there on average.
            for scaler in scalers() {
                zones[scaler.zone as usize].1 = scaler.replica_seconds / simulated;
            }
            outcome.hottest_utilization = Some(hottest);
            outcome.zone_utilization = self
                .model
                .zones
                .iter()
                .zip(&zones)
                .filter(|(_, (_, count))| *count > 0.0)
                .map(|(name, (used, count))| (name.clone(), used / count))
                .collect();
        }
        self.record.end_window(self.now);
        let unstable: Vec<&String> =
            components.iter().filter(|(_, part)| part.unstable).map(|(name, _)| name).collect();
        for (name, operation) in &mut operations {
            let flow = &self.model.operations[name].flow;
            if unstable.iter().any(|component| calls(flow, component)) {
                operation.unstable = true;
                operation.latency_seconds = None;
            }
        }
        Outcome {
            schema: OUTCOME_SCHEMA.to_owned(),
            seed: seed.0,
            runs: 1,
            events,
            simulated_seconds: simulated,
            unstable: !unstable.is_empty(),
            stations: indexmap::IndexMap::new(),
            arrivals: indexmap::IndexMap::new(),
            operations,
            components,
            series: self.record.take_series(),
            budget_exhausted: !finished,
        }
    }
}

/// Returns whether a flow waits for a component.
fn calls(steps: &[Step], component: &str) -> bool {
    let of = |steps: &[Step]| calls(steps, component);
    let error = |steps: &Option<Vec<Step>>| steps.as_deref().is_some_and(of);
    steps.iter().any(|step| match step {
        Step::Call(call) => call.to == component || of(&call.steps) || error(&call.on_error),
        Step::Lookup(lookup) => {
            lookup.cache == component
                || of(&lookup.on_hit)
                || of(&lookup.on_miss)
                || error(&lookup.on_error)
        }
        Step::Parallel(parallel) => parallel.branches.iter().any(|branch| of(branch)),
        Step::Choice(ways) => ways.iter().any(|way| of(&way.steps)),
        Step::Each(each) => of(&each.steps),
        Step::Append(topic) => topic == component,
        Step::Fill(_) | Step::Emit(_) => false,
    })
}
