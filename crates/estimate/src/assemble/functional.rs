//! Functional requirements: stories, use cases, journeys, features and interfaces.

use crate::draft::{Draft, OperationDraft};
use crate::{
    ApiContract, ApiError, Feature, FunctionalRequirements, Idempotency, Journey, Operation,
    OperationKind, Origin, Priority, Story, UseCase, words,
};

mod served;

use served::served_by;

/// Returns a story as a sentence.
pub(super) fn story_text(role: &str, goal: &str, why: Option<&str>) -> String {
    let article = words::article(role);
    match why {
        Some(why) => format!("As {article} {role} I want to {goal} so that {why}"),
        None => format!("As {article} {role} I want to {goal}"),
    }
}

/// Returns what the actor of an operation wants.
pub(super) fn goal(operation: &OperationDraft) -> String {
    operation.spec.goal.clone().unwrap_or_else(|| operation.spec.label.to_lowercase())
}

fn is_personal(operation: &OperationDraft) -> bool {
    operation.spec.actor != "system"
}

/// Returns the features that the brief asks for, those that belong to the kind of system, and those
/// that are offered.
pub(super) fn features(draft: &Draft<'_>) -> Vec<Feature> {
    let mut features = Vec::new();
    let brief = &draft.brief.features;
    let mut matched = vec![false; brief.len()];
    for (name, spec) in &draft.archetype.features {
        let active = draft.features.has(name);
        let stated = brief.iter().position(|feature| {
            let own = [feature.keywords.join(" "), feature.words.join(" ")].join(" ");
            let text = format!(" {own} {} ", feature.text.to_lowercase());
            spec.words.iter().any(|word| text.contains(word.as_str()))
        });
        if !active && !spec.offer {
            continue;
        }
        let origin = match stated {
            Some(index) => {
                matched[index] = true;
                stated_origin(brief[index].span, &brief[index].text)
            }
            None => Origin::Proposed { reason: words::customary(&draft.archetype.label) },
        };
        let needs = |when: &[String]| when.iter().any(|own| own == name);
        let carried = |(operation, o): &(&String, &OperationDraft)| {
            let carries = if spec.always { o.spec.when.is_empty() } else { needs(&o.spec.when) };
            carries || spec.part_of.contains(*operation)
        };
        let mut operations: Vec<String> =
            draft.operations.iter().filter(carried).map(|(name, _)| name.clone()).collect();
        if let (true, Some(index)) = (operations.is_empty(), stated) {
            operations = served_by(draft, &brief[index].text, &brief[index].words);
        }
        features.push(Feature {
            name: name.clone(),
            text: stated.map_or_else(|| spec.label.clone(), |index| brief[index].text.clone()),
            operations,
            datasets: draft
                .datasets
                .iter()
                .filter(
                    |(_, d)| if spec.always { d.spec.when.is_empty() } else { needs(&d.spec.when) },
                )
                .map(|(name, _)| name.clone())
                .collect(),
            priority: if active { Priority::Core } else { Priority::NiceToHave },
            origin,
        });
    }
    for (feature, matched) in brief.iter().zip(matched) {
        if matched || feature.negated {
            continue;
        }
        features.push(own_feature(draft, feature));
    }
    features
}

fn stated_origin(span: tenfold_brief::Span, text: &str) -> Origin {
    Origin::Stated { line: span.line, column: span.column, text: text.to_owned() }
}

/// Returns a feature that no archetype knows, tied to operations and datasets by its words.
fn own_feature(draft: &Draft<'_>, feature: &tenfold_brief::Feature) -> Feature {
    let nouns: Vec<_> = feature
        .words
        .iter()
        .map(|word| tenfold_brief::NounPhrase { words: vec![word.clone()], rest: false })
        .collect();
    let operations = served_by(draft, &feature.text, &feature.words);
    let mut datasets: Vec<String> =
        nouns.iter().filter_map(|noun| draft.find_dataset(noun)).collect();
    datasets.sort();
    datasets.dedup();
    let name = feature.keywords.first().cloned().unwrap_or_else(|| feature.words.join("-"));
    let origin = stated_origin(feature.span, &feature.text);
    let (text, priority) = (feature.text.clone(), Priority::Core);
    Feature { name, text, operations, datasets, priority, origin }
}

/// Returns stories, use cases and journeys.
pub(super) fn functional(draft: &Draft<'_>, operations: &[Operation]) -> FunctionalRequirements {
    let mut stories: Vec<Story> = Vec::new();
    for story in &draft.brief.stories {
        stories.push(Story {
            role: story.role.clone(),
            goal: story.goal.clone(),
            why: story.why.clone(),
            operations: served_by(draft, &story.goal, &story.words),
            origin: stated_origin(story.span, &story.goal),
        });
    }
    for (name, operation) in draft.operations.iter().filter(|(_, o)| is_personal(o)) {
        if stories.iter().any(|story| story.operations.contains(name)) {
            continue;
        }
        stories.push(Story {
            role: operation.spec.actor.clone(),
            goal: goal(operation),
            why: operation.spec.so_that.clone(),
            operations: vec![name.clone()],
            origin: operation.origin.clone(),
        });
    }
    let use_cases = use_cases(draft, operations);
    let journeys = journeys(draft, operations);
    FunctionalRequirements { stories, use_cases, journeys }
}

fn use_cases(draft: &Draft<'_>, operations: &[Operation]) -> Vec<UseCase> {
    let there = |name: &String| operations.iter().any(|operation| operation.name == *name);
    let mut use_cases: Vec<UseCase> = draft
        .archetype
        .use_cases
        .iter()
        .filter(|case| case.operations.iter().all(there))
        .map(|case| UseCase {
            name: case.name.clone(),
            steps: case.steps.clone(),
            exceptions: case.exceptions.clone(),
            operations: case.operations.clone(),
        })
        .collect();
    for operation in operations.iter().filter(|o| o.actor != "system") {
        if use_cases.iter().all(|case| !case.operations.contains(&operation.name)) {
            use_cases.push(plain_use_case(operation));
        }
    }
    use_cases
}

fn journeys(draft: &Draft<'_>, operations: &[Operation]) -> Vec<Journey> {
    let there = |name: &String| operations.iter().any(|operation| operation.name == *name);
    let mut journeys: Vec<Journey> = draft
        .archetype
        .journeys
        .iter()
        .filter(|journey| journey.operations.iter().all(there))
        .map(|journey| Journey {
            name: journey.name.clone(),
            steps: journey.steps.clone(),
            operations: journey.operations.clone(),
        })
        .collect();
    if journeys.is_empty() {
        let visit: Vec<&Operation> = operations.iter().filter(|o| o.actor != "system").collect();
        if !visit.is_empty() {
            journeys.push(Journey {
                name: "One visit".to_owned(),
                steps: visit.iter().map(|operation| operation.label.clone()).collect(),
                operations: visit.iter().map(|operation| operation.name.clone()).collect(),
            });
        }
    }
    journeys
}

/// Returns the use case that the shape of an operation tells.
fn plain_use_case(operation: &Operation) -> UseCase {
    let data: Vec<&str> = operation.touches.iter().map(|touch| touch.dataset.as_str()).collect();
    let data: Vec<String> = data.iter().map(|name| name.replace('_', " ")).collect();
    let data = if data.is_empty() { "the data".to_owned() } else { data.join(", ") };
    let (middle, exception) = match operation.kind {
        OperationKind::Read | OperationKind::Stream => {
            (format!("{data} is looked up"), "nothing is found: 404".to_owned())
        }
        OperationKind::Write | OperationKind::Signal => (
            format!("the request is checked, then {data} is stored durably"),
            "the answer is lost: the client repeats with the same key, the effect stands once"
                .to_owned(),
        ),
        OperationKind::Push | OperationKind::Job => (
            format!("the recipients are found by {data}"),
            "a recipient is away: it is delivered later, or dropped when it is too old".to_owned(),
        ),
    };
    UseCase {
        name: operation.label.clone(),
        steps: vec![
            format!("The {} asks: {}.", operation.actor, operation.label.to_lowercase()),
            format!("{}.", capital(&middle)),
            "The answer is returned.".to_owned(),
        ],
        exceptions: vec![format!("{}.", capital(&exception))],
        operations: vec![operation.name.clone()],
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Returns one interface per operation that a client starts or receives.
pub(super) fn api(draft: &Draft<'_>, operations: &[Operation]) -> Vec<ApiContract> {
    let mut contracts = Vec::new();
    let mut taken = vec![false; draft.brief.contracts.len()];
    for operation in operations {
        if operation.kind == OperationKind::Job {
            continue;
        }
        let draft_of = &draft.operations[&operation.name];
        let mut contract = match &draft_of.spec.api {
            Some(spec) => ApiContract {
                operation: operation.name.clone(),
                method: spec.method.clone(),
                path: spec.path.clone(),
                request: spec.request.clone(),
                response: spec.response.clone(),
                status: spec.status,
                errors: spec
                    .errors
                    .iter()
                    .map(|(status, when)| ApiError { status: *status, when: when.clone() })
                    .collect(),
                idempotency: spec.idempotency.clone(),
                paging: spec.paging.clone(),
                origin: Origin::Proposed {
                    reason: "the brief gives no interface for it".to_owned(),
                },
            },
            None => plain_contract(operation),
        };
        if let Some(index) = stated_contract(draft, operation, &taken) {
            taken[index] = true;
            let stated = &draft.brief.contracts[index];
            contract.method.clone_from(&stated.method);
            contract.path.clone_from(&stated.path);
            if let Some(shape) = &stated.shape {
                contract.response = vec![shape.clone()];
                let status =
                    shape.split(|c: char| !c.is_ascii_digit()).find(|part| part.len() == 3);
                contract.status = status.and_then(|s| s.parse().ok()).unwrap_or(contract.status);
            }
            contract.origin =
                stated_origin(stated.span, &format!("{} {}", stated.method, stated.path));
        }
        contracts.push(contract);
    }
    contracts
}

/// Returns the contract of the brief that is an operation's: same direction, and a word of the path
/// that names it or its data.
fn stated_contract(draft: &Draft<'_>, operation: &Operation, taken: &[bool]) -> Option<usize> {
    let read = matches!(operation.kind, OperationKind::Read | OperationKind::Stream);
    draft.brief.contracts.iter().enumerate().position(|(index, contract)| {
        if taken[index] || (contract.method == "GET") != read {
            return false;
        }
        contract.path.split(['/', '-', '_', '?']).any(|part| {
            let word = part.trim_matches(['{', '}', ':']).to_lowercase();
            let word = word.strip_suffix('s').unwrap_or(&word).to_owned();
            let noun = tenfold_brief::NounPhrase { words: vec![word], rest: false };
            if noun.head().len() < 2 {
                return false;
            }
            draft.find_operation(&noun, Some(operation.kind)).as_deref() == Some(&operation.name)
                || draft.find_dataset(&noun).is_some_and(|dataset| {
                    operation.touches.first().is_some_and(|touch| touch.dataset == dataset)
                })
        })
    })
}

/// Returns the interface that the shape of an operation tells.
fn plain_contract(operation: &Operation) -> ApiContract {
    let noun = tenfold_brief::NounPhrase { words: vec![operation.name.clone()], rest: false };
    let data = operation.touches.first().map_or(operation.name.as_str(), |t| t.dataset.as_str());
    let thing = words::snake(&words::thing(&noun), data).replace('_', "-");
    let data = data.replace('_', "-");
    let error = |status, when: &str| ApiError { status, when: when.to_owned() };
    let mut errors = vec![
        error(401, "the token is missing or not valid"),
        error(429, "more requests than the client may make; Retry-After says when"),
        error(503, "the store does not answer in time; Retry-After says when"),
    ];
    let (method, path, status, idempotency) = match operation.kind {
        OperationKind::Read | OperationKind::Stream => {
            errors.insert(1, error(404, "there is no such item"));
            ("GET", format!("/v1/{data}s/{{id}}"), 200, "safe")
        }
        OperationKind::Write => {
            errors.insert(0, error(400, "a field is missing or out of range"));
            errors.insert(2, error(409, "the same key came with another body"));
            ("POST", format!("/v1/{thing}s"), 201, "Idempotency-Key, kept for a day")
        }
        OperationKind::Push | OperationKind::Signal => {
            ("PUSH", thing.clone(), 200, "by the id of the event: a repeat is dropped")
        }
        OperationKind::Job => ("EMIT", thing.clone(), 200, "by the id of the event"),
    };
    let repeat = match &operation.idempotency {
        Idempotency::Key(key) => {
            format!("{key}, kept for a day: a repeat returns the first answer")
        }
        Idempotency::Safe | Idempotency::Natural | Idempotency::None => idempotency.to_owned(),
    };
    ApiContract {
        operation: operation.name.clone(),
        method: method.to_owned(),
        path,
        request: if operation.kind == OperationKind::Write {
            vec!["body: json".to_owned()]
        } else {
            Vec::new()
        },
        response: vec!["id: uuid".to_owned(), "body: json".to_owned()],
        status,
        errors,
        idempotency: repeat,
        paging: (operation.kind == OperationKind::Read)
            .then(|| "lists come in pages, `next` is the cursor".to_owned()),
        origin: Origin::Proposed { reason: "the brief gives no interface for it".to_owned() },
    }
}
