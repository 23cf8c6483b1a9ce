//! The way of each operation.

use tenfold_estimate::{Access as Asked, Consistency, Operation, OperationKind, Timing, Touch};

use super::components::holder;
use crate::choices::delivery::ORIGIN;
use crate::choices::front::HIT;
use crate::choices::recommend::RANKER;
use crate::draft::{Draft, LogPlan};
use crate::types::{
    Access, Action, BATCH, Called, Copy, Emit, Formula, Invalidation, Lookup, Repeat, STATEMENT,
    Sometimes, Step, Target,
};

/// Writes the flow of every operation.
pub(super) fn all(draft: &mut Draft<'_>) {
    for operation in &draft.estimate.operations {
        let flow = match operation.kind {
            OperationKind::Read | OperationKind::Write | OperationKind::Signal => {
                request(draft, operation)
            }
            OperationKind::Job => job(draft, operation)
                .or_else(|| farmed(draft, operation))
                .or_else(|| ranked(draft, operation)),
            OperationKind::Push => push(draft, operation),
            OperationKind::Stream => stream(draft, operation),
        };
        if let Some(flow) = flow {
            draft.flows.insert(operation.name.clone(), flow);
        }
    }
}

/// A delivery starts at the service: it finds the nodes that hold the connections, and they push.
fn push(draft: &Draft<'_>, operation: &Operation) -> Option<Vec<Step>> {
    draft.sessions.as_ref()?;
    let mut flow = Vec::new();
    if let Some(service) = draft.services.get(&operation.name) {
        flow.push(Step::Visit(service.clone()));
        for touch in &operation.touches {
            flow.extend(steps(draft, operation, touch, service));
        }
    }
    flow.push(Step::Visit("sessions".to_owned()));
    Some(flow)
}

fn request(draft: &Draft<'_>, operation: &Operation) -> Option<Vec<Step>> {
    let service = draft.services.get(&operation.name)?;
    if draft.front.contains(&operation.name) {
        return Some(behind_cdn(draft, operation, service));
    }
    let mut flow = Vec::new();
    if draft.is_held(operation) {
        flow.push(Step::Visit("sessions".to_owned()));
    } else if draft.components.contains_key("edge") {
        flow.push(Step::Visit("edge".to_owned()));
    }
    flow.push(Step::Visit(service.clone()));
    flow.extend(work(draft, operation, service));
    one_commit(draft, &mut flow);
    Some(flow)
}

/// What a CDN keeps it answers; the rest it asks as anybody would.
fn behind_cdn(draft: &Draft<'_>, operation: &Operation, service: &str) -> Vec<Step> {
    let mut asked = called(service, work(draft, operation, service), false);
    if draft.components.contains_key("edge") {
        asked = called("edge", vec![asked], false);
    }
    let ratio = Formula::new(format!("1 - {HIT}"));
    let missed = Action::Sometimes(Sometimes { ratio, steps: vec![asked] });
    vec![Step::Visit("cdn".to_owned()), Step::Action(missed)]
}

/// What a service does for a request.
fn work(draft: &Draft<'_>, operation: &Operation, service: &str) -> Vec<Step> {
    let mut flow = Vec::new();
    for touch in &operation.touches {
        // What belongs to another service is asked of that service.
        let owner = draft.owners.get(&touch.dataset).filter(|owner| owner.as_str() != service);
        let mut own = steps(draft, operation, touch, owner.map_or(service, String::as_str));
        let outside = operation.calls.iter().filter(|call| call.after == touch.dataset);
        own.extend(outside.map(|call| called(&call.system, Vec::new(), call.optional)));
        match owner {
            Some(owner) => flow.push(called(owner, own, touch.optional)),
            None => flow.extend(own),
        }
    }
    flow
}

fn called(to: &str, steps: Vec<Step>, optional: bool) -> Step {
    Step::Action(Action::Call(Called { to: to.to_owned(), steps, optional }))
}

/// What a request writes to one PostgreSQL server it writes in one transaction: all but the last write
/// are statements that wait for no disk. Across shards there is no such transaction.
fn one_commit(draft: &Draft<'_>, flow: &mut Vec<Step>) {
    let relational = |at: &str| {
        draft.components.get(at).is_some_and(|store| {
            let shards = store.shards.as_ref().and_then(|shards| shards.count).unwrap_or(1);
            store.runs.technology == "postgresql" && shards == 1
        })
    };
    let stores: Vec<String> =
        flow.iter().filter_map(written).filter(|at| relational(at)).map(str::to_owned).collect();
    let Some(last) = flow.iter().rposition(|step| written(step).is_some_and(&relational)) else {
        return;
    };
    if stores.len() == 1 && !matches!(flow[last], Step::Action(Action::Repeat(_))) {
        return;
    }
    let at = written(&flow[last]).expect("the last write was just found").to_owned();
    // Of a repeated write the last one commits.
    if let Step::Action(Action::Repeat(repeat)) = &flow[last] {
        let times = repeat.times.0.parse::<f64>().unwrap_or(1.0);
        let commit = repeat.steps.clone();
        let rest = Repeat { times: Formula::number(times - 1.0), steps: repeat.steps.clone() };
        flow.splice(last..=last, [Step::Action(Action::Repeat(rest))].into_iter().chain(commit));
    }
    let last = flow.iter().rposition(|step| written(step) == Some(&at)).unwrap_or(last);
    for step in &mut flow[..last] {
        let access = match step {
            Step::Action(Action::Write(access)) => Some(access),
            Step::Action(Action::Repeat(repeat)) => match &mut repeat.steps[..] {
                [Step::Action(Action::Write(access)), ..] => Some(access),
                _ => None,
            },
            Step::Visit(_) | Step::Action(_) => None,
        };
        if let Some(access) = access.filter(|access| access.at == at) {
            access.class = Some(STATEMENT.to_owned());
        }
    }
}

/// The store that a step always writes to.
fn written(step: &Step) -> Option<&str> {
    match step {
        Step::Action(Action::Write(access)) => Some(&access.at),
        Step::Action(Action::Repeat(repeat)) => repeat.steps.first().and_then(written),
        Step::Visit(_) | Step::Action(_) => None,
    }
}

/// A stream comes from the edges; what they do not have they read from the objects.
fn stream(draft: &Draft<'_>, operation: &Operation) -> Option<Vec<Step>> {
    draft.delivery.as_ref()?;
    let mut flow = vec![Step::Visit("delivery".to_owned())];
    for touch in &operation.touches {
        let once = once(draft, operation, touch, "delivery");
        if !once.is_empty() {
            let ratio = Formula::new(ORIGIN);
            flow.push(Step::Action(Action::Sometimes(Sometimes { ratio, steps: once })));
        }
    }
    Some(flow)
}

/// A job that takes minutes runs on its farm.
fn farmed(draft: &Draft<'_>, operation: &Operation) -> Option<Vec<Step>> {
    let own = draft.farm.as_ref().is_some_and(|farm| farm.job == operation.name);
    own.then(|| vec![Step::Visit("encoders".to_owned())])
}

/// Recommendations are worked out one by one, and written.
fn ranked(draft: &Draft<'_>, operation: &Operation) -> Option<Vec<Step>> {
    draft.ranker.as_ref().filter(|(job, _)| *job == operation.name)?;
    let mut flow = vec![Step::Visit(RANKER.to_owned())];
    for touch in &operation.touches {
        flow.extend(steps(draft, operation, touch, RANKER));
    }
    Some(flow)
}

/// A job that reads a log consumes it; the rest of its touches follow.
fn job(draft: &Draft<'_>, operation: &Operation) -> Option<Vec<Step>> {
    let log = operation
        .touches
        .iter()
        .find_map(|touch| draft.logs.iter().find(|plan| plan.dataset == touch.dataset))?;
    let (worker, mut flow) = if log.kafka.is_some() {
        let worker = format!("{}-worker", log.dataset.replace('_', "-"));
        let source = Target { at: log.component.clone() };
        (worker.clone(), vec![Step::Action(Action::Consume(source)), Step::Visit(worker)])
    } else {
        // A service takes the rows of a table one by one; the commit that does so ends the work.
        let worker = draft.fleets.keys().last()?.clone();
        (worker.clone(), vec![Step::Visit(worker), queued(log)])
    };
    for touch in operation.touches.iter().filter(|touch| touch.dataset != log.dataset) {
        let own = steps(draft, operation, touch, &worker);
        flow.extend(together(draft, touch, &worker, own));
    }
    Some(flow)
}

/// What a worker writes to PostgreSQL for a batch of records it writes in one transaction for each
/// shard, where a batch brings a shard several rows.
fn together(draft: &Draft<'_>, touch: &Touch, worker: &str, own: Vec<Step>) -> Vec<Step> {
    let at = holder(draft, &touch.dataset);
    let station = draft.components.get(worker).and_then(|worker| worker.station.as_ref());
    let batch = station.and_then(|station| station.batch.as_ref());
    let (Some(at), Some(batch)) = (at, batch) else { return own };
    let Some(store) = draft.components.get(&at) else { return own };
    let [Step::Action(action)] = &own[..] else { return own };
    let write = match action {
        Action::Write(access) => access,
        Action::Sometimes(Sometimes { steps, .. }) | Action::Repeat(Repeat { steps, .. }) => {
            let [Step::Action(Action::Write(access))] = &steps[..] else { return own };
            access
        }
        Action::Lookup(_)
        | Action::Read(_)
        | Action::Fill(_)
        | Action::Invalidate(_)
        | Action::Emit(_)
        | Action::Consume(_)
        | Action::Call(_)
        | Action::Parallel(_) => return own,
    };
    let size = f64::from(batch.size);
    let shards = store.shards.as_ref().and_then(|shards| shards.count).unwrap_or(1);
    let rows = size * touch.times / f64::from(shards);
    if store.runs.technology != "postgresql" || write.unique.is_some() || rows < 2.0 {
        return own;
    }
    let access = Access { class: Some(BATCH.to_owned()), rows, ..write.clone() };
    let ratio = Formula::new(format!("{shards} / {}", batch.size));
    let steps = vec![Step::Action(Action::Write(access))];
    vec![Step::Action(Action::Sometimes(Sometimes { ratio, steps }))]
}

/// A row of a table that serves as queue, put in or taken out.
fn queued(log: &LogPlan) -> Step {
    Step::Action(Action::Write(Access {
        at: log.component.clone(),
        data: log.dataset.clone(),
        class: None,
        key: None,
        unique: None,
        from: Copy::Primary,
        optional: false,
        rows: 1.0,
    }))
}

/// Returns the steps of one touch, as often as it happens.
fn steps(draft: &Draft<'_>, operation: &Operation, touch: &Touch, caller: &str) -> Vec<Step> {
    let once = once(draft, operation, touch, caller);
    if once.is_empty() || (touch.times - 1.0).abs() < 1e-12 {
        return once;
    }
    if touch.times < 1.0 {
        let ratio = Formula::number(touch.times);
        return vec![Step::Action(Action::Sometimes(Sometimes { ratio, steps: once }))];
    }
    vec![Step::Action(Action::Repeat(Repeat { times: Formula::number(touch.times), steps: once }))]
}

fn once(draft: &Draft<'_>, operation: &Operation, touch: &Touch, caller: &str) -> Vec<Step> {
    if let Some(log) = draft.logs.iter().find(|plan| plan.dataset == touch.dataset) {
        // What must not be lost is committed with the rest; what may be lost is not waited for.
        if log.kafka.is_none() && !touch.optional {
            return vec![queued(log)];
        }
        let awaited = touch.timing == Timing::Sync;
        let emit = Emit { to: log.component.clone(), data: touch.dataset.clone(), awaited };
        return vec![Step::Action(Action::Emit(emit))];
    }
    let Some(store) = holder(draft, &touch.dataset) else { return Vec::new() };
    let class = if touch.access == Asked::RangeRead {
        Some("range")
    } else if matches!(touch.access, Asked::Aggregate | Asked::Search | Asked::Nearby) {
        Some("scan")
    } else {
        None
    };
    let keyed =
        draft.estimate.datasets.iter().any(|d| d.name == touch.dataset && d.popularity.is_some());
    let access = |unique: Option<String>| Access {
        at: store.clone(),
        data: touch.dataset.clone(),
        class: class.map(str::to_owned),
        key: keyed.then(|| touch.dataset.clone()),
        unique,
        from: Copy::Primary,
        optional: touch.optional,
        rows: 1.0,
    };
    let read = Step::Action(Action::Read(access(None)));
    match touch.access {
        Asked::PointRead => match cache_of(draft, &touch.dataset, caller) {
            Some(cache) => {
                let fill = Step::Action(Action::Fill(Target { at: cache.clone() }));
                let lookup = Lookup {
                    cache,
                    key: touch.dataset.clone(),
                    on_miss: vec![read.clone(), fill],
                    on_error: vec![read],
                };
                vec![Step::Action(Action::Lookup(lookup))]
            }
            None => vec![read],
        },
        Asked::RangeRead | Asked::Aggregate | Asked::Search | Asked::Nearby | Asked::BlobRead => {
            vec![read]
        }
        Asked::PointWrite
        | Asked::Append
        | Asked::UniqueClaim
        | Asked::ConditionalUpdate
        | Asked::Increment
        | Asked::BlobWrite
        | Asked::Delete => {
            let key = &draft.dataset(&touch.dataset).key;
            let column = (touch.access == Asked::UniqueClaim)
                .then(|| key.first().cloned().unwrap_or_default());
            let mut steps = vec![Step::Action(Action::Write(access(column)))];
            steps.extend(freshen(draft, operation, &touch.dataset));
            steps
        }
    }
}

/// After a write the cache forgets the row, or is given the new one where the writer must see it.
fn freshen(draft: &Draft<'_>, operation: &Operation, dataset: &str) -> Option<Step> {
    let plan = draft.caches.iter().find(|plan| plan.dataset == dataset && plan.shared.is_some())?;
    let cache = draft.components.get(&plan.component)?.cache.as_ref()?;
    let at = plan.component.clone();
    match cache.invalidation {
        Invalidation::DeleteOnWrite => Some(Step::Action(Action::Invalidate(Target { at }))),
        // A remembered "not there" must not outlive the row's birth.
        Invalidation::Immutable if operation.consistency != Consistency::Eventual => {
            Some(Step::Action(Action::Invalidate(Target { at })))
        }
        Invalidation::Immutable | Invalidation::TimeToLive | Invalidation::None => None,
    }
}

/// Returns the cache that the caller asks for a dataset.
fn cache_of(draft: &Draft<'_>, dataset: &str, caller: &str) -> Option<String> {
    let plan = draft.caches.iter().find(|plan| plan.dataset == dataset)?;
    match &plan.shared {
        Some(_) => Some(plan.component.clone()),
        None => {
            let own = draft.components.get(caller)?.cache.as_ref()?;
            (own.of == dataset).then(|| caller.to_owned())
        }
    }
}
