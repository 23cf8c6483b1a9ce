//! What a rate is the rate of: a total or an operation, made where the brief names a new one.

use tenfold_brief::{Metric, NounPhrase};

use crate::archetype::{DatasetSpec, OperationSpec};
use crate::draft::{DatasetDraft, Draft, OperationDraft};
use crate::{Consistency, Idempotency, OperationKind, Origin, Shape, words};

/// What a rate is the rate of.
pub(super) enum Target {
    /// A total: `request`, `read`, `write`, `push`.
    Total(&'static str),
    /// An operation by name.
    Operation(String),
}

/// Returns what the rate of a demand is the rate of; makes the operation where there is none.
pub(super) fn target(draft: &mut Draft<'_>, index: usize) -> Target {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let access = demand.action.as_ref().and_then(|action| action.access);
    let subject = demand.subject().filter(|noun| !noun.is_empty());
    let Some(noun) = subject else {
        return match (&demand.action, demand.metric) {
            (Some(action), metric) if metric != Some(Metric::Throughput) => {
                let noun = NounPhrase { words: vec![action.verb.clone()], rest: false };
                let name = operation(draft, index, &noun, access);
                Target::Operation(name)
            }
            _ => Target::Total("request"),
        };
    };
    let named = |o: &OperationDraft| o.spec.words.iter().any(|word| word == noun.head());
    if words::is_request(noun) && noun.words.len() == 1 {
        let own = draft.operations.iter().find(|(_, o)| noun.head() != "request" && named(o));
        return match own.map(|(name, _)| name.clone()) {
            Some(name) => Target::Operation(name),
            None => Target::Total("request"),
        };
    }
    match (noun.words.len(), noun.head()) {
        (1, "read") => return Target::Total("read"),
        (1, "write") => return Target::Total("write"),
        _ => {}
    }
    let noun = noun.clone();
    Target::Operation(operation(draft, index, &noun, access))
}

pub(super) fn operation(
    draft: &mut Draft<'_>,
    index: usize,
    noun: &NounPhrase,
    access: Option<tenfold_brief::Access>,
) -> String {
    // "drivers notify their location every 3 s": to the system.
    let own = draft.brief.demands[index].per_each().is_some_and(words::is_actor);
    let tells = |action: &tenfold_brief::Action| ["notify", "push"].contains(&action.verb.as_str());
    let told = draft.brief.demands[index].action.as_ref().is_some_and(tells);
    let access = if own && told && !words::is_pushed(noun) {
        Some(tenfold_brief::Access::Write)
    } else {
        access
    };
    let sends = |action: &tenfold_brief::Action| ["send", "issue"].contains(&action.verb.as_str());
    let sent = draft.brief.demands[index].action.as_ref().is_some_and(sends);
    let kind = if sent && words::is_pushed(noun) {
        OperationKind::Push
    } else {
        words::kind_of(Some(noun), access)
    };
    let found = match access {
        Some(_) => draft
            .find_operation(noun, Some(kind))
            .or_else(|| draft.find_operation(noun, None).and_then(|_| draft.main_operation(kind))),
        None => draft.find_operation(noun, None),
    };
    // "users upload videos": the verb names what the noun does not.
    let by_verb = || {
        let action = draft.brief.demands[index].action.as_ref()?;
        let plain = ["write", "make", "create", "add", "send", "post", "do"];
        let adds = kind == OperationKind::Write && !plain.contains(&action.verb.as_str());
        let verb = adds.then(|| action.verb.clone())?;
        draft.find_operation(&NounPhrase { words: vec![verb], rest: false }, Some(kind))
    };
    let found = found.or_else(|| operation_of_data(draft, noun, kind)).or_else(by_verb);
    if let Some(name) = found {
        return name;
    }
    let verb = draft.brief.demands[index].action.as_ref().map(|action| action.verb.clone());
    let mut name = words::snake(noun, "request");
    // "writes 10 notes and reads 100 notes": two operations on one thing.
    if let (true, Some(verb)) = (draft.operations.contains_key(&name), &verb) {
        name = format!("{verb}_{name}");
    }
    let origin = draft.origin(index);
    let actor = draft.brief.demands[index]
        .actor
        .as_ref()
        .map_or_else(|| "user".to_owned(), NounPhrase::to_string);
    let plain = |verb: &String| words::is_request_word(verb) || noun.words.first() == Some(verb);
    let verb = verb.filter(|verb| !plain(verb));
    let (label, goal) = match verb {
        Some(verb) => (format!("{verb} {noun}"), None),
        None => (noun.to_string(), words::goal(noun, kind)),
    };
    let mut operation = generic_operation(&label, kind, origin);
    operation.spec.actor = actor;
    operation.spec.goal = goal;
    operation.spec.in_totals = kind != OperationKind::Signal;
    operation.nouns.push(noun.clone());
    draft.operations.insert(name.clone(), operation);
    name
}

/// Returns the operation that first touches the data that a phrase names: *episodes per week* are
/// files that are stored.
fn operation_of_data(draft: &Draft<'_>, noun: &NounPhrase, kind: OperationKind) -> Option<String> {
    let dataset = draft.find_dataset(noun)?;
    let about = |o: &OperationDraft| {
        o.spec.kind == kind && o.spec.touches.first().is_some_and(|t| t.dataset == dataset)
    };
    draft.operations.iter().find(|(_, o)| about(o)).map(|(name, _)| name.clone())
}

/// Returns an operation that a brief names and no archetype knows.
pub(crate) fn generic_operation(
    label: &str,
    kind: OperationKind,
    origin: Origin,
) -> OperationDraft {
    let read = kind == OperationKind::Read;
    let mut capital = label.to_owned();
    if let Some(first) = capital.get(..1) {
        capital = format!("{}{}", first.to_uppercase(), &label[1..]);
    }
    OperationDraft {
        spec: OperationSpec {
            label: capital,
            actor: "user".to_owned(),
            kind,
            when: Vec::new(),
            in_totals: true,
            main: false,
            words: Vec::new(),
            rate: Vec::new(),
            request: None,
            response: None,
            calls: Vec::new(),
            fan_out: None,
            consistency: Consistency::Eventual,
            idempotency: if read {
                Idempotency::Safe
            } else {
                Idempotency::Key("Idempotency-Key".to_owned())
            },
            touches: Vec::new(),
            p99_seconds: None,
            goal: None,
            so_that: None,
            api: None,
        },
        origin,
        nouns: Vec::new(),
        window: None,
        attachments: Vec::new(),
        own_peak_factor: false,
    }
}

/// Returns a dataset that a brief names and no archetype knows.
pub(crate) fn generic_dataset(label: &str, shape: Shape, origin: Origin) -> DatasetDraft {
    DatasetDraft {
        spec: DatasetSpec {
            label: label.to_owned(),
            shape,
            when: Vec::new(),
            words: vec![label.to_lowercase()],
            key: vec!["id".to_owned()],
            partition_columns: 1,
            columns: vec![
                "id uuid".to_owned(),
                "owner uuid".to_owned(),
                "created_at timestamp".to_owned(),
                "body bytes".to_owned(),
            ],
            in_totals: true,
            item: None,
            flow: Vec::new(),
            stock_items: Vec::new(),
            retention: None,
            copies: None,
            consistency: Consistency::ReadYourWrites,
            rpo_seconds: None,
            rto_seconds: None,
            popularity: None,
            unique: Vec::new(),
            personal: false,
            critical: false,
        },
        origin,
        residency: None,
        tiers: Vec::new(),
        stock_stated: false,
    }
}
