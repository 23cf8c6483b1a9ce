//! Section 1: what the system must do and how well.

use std::collections::BTreeSet;

use tenfold_architect::Plan;
use tenfold_estimate::{
    ApiContract, Bound, Consistency, Idempotency, Operation, OperationKind, Origin, Priority, Sli,
};
use tenfold_units::{Provenance, Quality, Text};

use super::working::{origin, working};
use crate::document::{Document, code, plain};
use crate::words;

pub(super) fn write(plan: &Plan, document: &mut Document<'_>) {
    document.heading(3, "Functional requirements");
    stories(plan, document);
    features(plan, document);
    use_cases(plan, document);
    document.heading(4, "API contract");
    contract(plan, document);
    document.heading(3, "Non-functional requirements");
    non_functional(plan, document);
    security(plan, document);
    document.heading(3, "Assumptions");
    assumptions(plan, document);
}

fn stories(plan: &Plan, document: &mut Document<'_>) {
    document.heading(4, "User stories");
    let rows = plan.estimate.functional.stories.iter().map(|story| {
        vec![
            plain(&story.role),
            plain(&story.goal),
            story.why.as_deref().map(plain).unwrap_or_default(),
            names(&story.operations),
            origin(&story.origin),
        ]
    });
    let rows = rows.collect();
    document.table(&["As a", "I want", "so that", "Operations", "From"], rows);
}

fn features(plan: &Plan, document: &mut Document<'_>) {
    document.heading(4, "Core and nice-to-have");
    let rows = plan.estimate.features.iter().map(|feature| {
        let priority = match feature.priority {
            Priority::Core => "core",
            Priority::NiceToHave => "nice-to-have",
        };
        vec![
            plain(&feature.text),
            priority.to_owned(),
            names(&feature.operations),
            origin(&feature.origin),
        ]
    });
    let rows = rows.collect();
    document.table(&["Feature", "Priority", "Operations", "From"], rows);
}

fn use_cases(plan: &Plan, document: &mut Document<'_>) {
    document.heading(4, "Use cases");
    for case in &plan.estimate.functional.use_cases {
        document.paragraph(format!("**{}**", plain(&case.name)));
        let steps = case.steps.iter().map(|step| plain(step));
        let exceptions = case.exceptions.iter().map(|text| format!("otherwise: {}", plain(text)));
        document.list(steps.chain(exceptions).collect());
    }
    let journeys: Vec<String> = plan
        .estimate
        .functional
        .journeys
        .iter()
        .map(|journey| {
            let steps: Vec<String> = journey.steps.iter().map(|step| plain(step)).collect();
            format!("**{}**: {}", plain(&journey.name), steps.join(" → "))
        })
        .collect();
    if !journeys.is_empty() {
        document.heading(4, "Journeys");
        document.list(journeys);
    }
}

fn contract(plan: &Plan, document: &mut Document<'_>) {
    let rows = plan.estimate.api.iter().map(|api| row_of_contract(api, document)).collect();
    let head = ["Call", "Request", "Answer", "Error answers", "Repeats and paging", "From"];
    document.table(&head, rows);
}

fn row_of_contract(api: &ApiContract, document: &Document<'_>) -> Vec<String> {
    // What is proposed may name figures; what the brief says is shown as it is.
    let text = |text: &str| match api.origin {
        Origin::Proposed { .. } => plain(&with_figures(text, document)),
        Origin::Stated { .. } => plain(text),
    };
    let errors: Vec<String> =
        api.errors.iter().map(|error| format!("{} {}", error.status, text(&error.when))).collect();
    let mut repeats = text(&api.idempotency);
    if let Some(paging) = &api.paging {
        repeats.push_str(&format!("; paging: {}", text(paging)));
    }
    vec![
        code(&format!("{} {}", api.method, api.path)),
        fields(&api.request),
        format!("{} {}", api.status, fields(&api.response)).trim().to_owned(),
        errors.join("; "),
        repeats,
        origin(&api.origin),
    ]
}

/// Fills in the figures that stand in the ledger; other braces stay.
fn with_figures(text: &str, document: &Document<'_>) -> String {
    words::fill_with(text, &|id| match document.ledger.get(id) {
        Some(figure) => figure.print(),
        None => format!("{{{id}}}"),
    })
}

fn fields(fields: &[String]) -> String {
    let fields: Vec<String> = fields.iter().map(|field| code(field)).collect();
    fields.join(", ")
}

fn names(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| plain(name)).collect();
    names.join(", ")
}

/// Average and peak; of what happens in a part of the day, also the mean over all of it.
fn rate(operation: &Operation, document: &mut Document<'_>) -> String {
    let (average, peak) = (&operation.qps_avg, &operation.qps_peak);
    let (average, peak) = (document.print(Some(average)), document.print(Some(peak)));
    if operation.window.active_ratio.is_none() {
        return format!("{average} on average, {peak} at peak");
    }
    let daily = document.print(Some(&format!("op.{}.daily_mean_qps", operation.name)));
    let when = plain(&operation.window.label);
    format!("{average} on average while it happens ({when}), {peak} at peak, {daily} over the day")
}

/// Where a rate comes from: the places of the brief that its formula reads, else why it is supplied.
fn rate_origin(of_operation: &Origin, rate: &str, document: &Document<'_>) -> String {
    let mut stated = BTreeSet::new();
    let mut open = vec![rate.to_owned()];
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        match document.ledger.get(&id).map(|figure| &figure.provenance) {
            Some(Provenance::Stated { line, column, text }) => {
                stated.insert((*line, *column, text.clone()));
            }
            Some(Provenance::Derived { inputs, .. }) => open.extend(inputs.iter().cloned()),
            Some(_) | None => {}
        }
    }
    let places: Vec<String> = stated
        .iter()
        .map(|(line, column, text)| {
            let (line, column, text) = (*line, *column, text.clone());
            origin(&Origin::Stated { line, column, text })
        })
        .collect();
    if places.is_empty() { origin(of_operation) } else { places.join("; ") }
}

fn non_functional(plan: &Plan, document: &mut Document<'_>) {
    let mut rows = Vec::new();
    for operation in &plan.estimate.operations {
        rows.push(vec![
            "scalability".to_owned(),
            plain(&operation.label),
            rate(operation, document),
            rate_origin(&operation.origin, &operation.qps_avg, document),
        ]);
    }
    for objective in &plan.estimate.objectives {
        let side = match objective.bound {
            Bound::Below => "below",
            Bound::AtMost => "at most",
            Bound::AtLeast => "at least",
        };
        rows.push(vec![
            indicator(objective.sli).to_owned(),
            objective.operation.as_deref().map_or_else(|| "every operation".to_owned(), plain),
            format!("{side} {}", document.print(Some(&objective.limit))),
            origin(&objective.origin),
        ]);
    }
    for dataset in &plan.estimate.datasets {
        rows.push(vec![
            "consistency".to_owned(),
            plain(&dataset.label),
            consistency(dataset.consistency).to_owned(),
            origin(&dataset.origin),
        ]);
        rows.push(vec![
            "durability".to_owned(),
            plain(&dataset.label),
            format!(
                "at most {} of writes lost, back within {}",
                document.print(Some(&dataset.durability.rpo)),
                document.print(Some(&dataset.durability.rto))
            ),
            working(&plan.ledger, &dataset.durability.rpo),
        ]);
    }
    document.table(&["Quality", "Of", "Requirement", "From"], rows);
    percentiles(plan, document);
}

/// P50, P95 and P99 as the simulation at peak saw them, for every operation.
fn percentiles(plan: &Plan, document: &mut Document<'_>) {
    let Some(peak) = plan.trials.iter().find(|trial| trial.id == "peak") else { return };
    let Some(phase) = peak.phases.first() else { return };
    let rows = phase.operations.iter().map(|seen| {
        vec![
            plain(&seen.operation),
            document.print(seen.p50.as_ref()),
            document.print(seen.p95.as_ref()),
            document.print(seen.p99.as_ref()),
        ]
    });
    let rows = rows.collect();
    document.explain(&Text::new(
        "Latency at the edge of the region as simulated at peak; the last mile to the client is \
         not part of it.",
        "peak 부하에서 시뮬레이션한 region edge 기준 latency이다. 클라이언트까지의 last mile은 \
         포함하지 않는다.",
    ));
    document.table(&["Operation", "#P50", "#P95", "#P99"], rows);
    if document.ledger.contains("edge.first_visit") {
        document.explain(&Text::new(
            "A first visit pays round trips before any server works: connection, TLS 1.3 and the \
             request take {edge.first_visit} from the median user, {fact.edge.fb.minrtt.p50} from \
             the edge. That is the network's share and no part of the P99 above. The \
             {edge.connections_peak} handshakes at peak keep {edge.tls_cores} of the edge busy.",
            "첫 방문은 서버가 일하기 전에 왕복부터 치른다. edge까지 {fact.edge.fb.minrtt.p50} \
             떨어진 중간 사용자에게 연결, TLS 1.3, 요청을 합쳐 {edge.first_visit:이} 걸린다. \
             네트워크의 몫이므로 위의 P99에는 들어 있지 않다. 최대 {edge.connections_peak}의 \
             handshake가 edge의 core를 {edge.tls_cores}만큼 쓴다.",
        ));
    }
}

fn indicator(sli: Sli) -> &'static str {
    match sli {
        Sli::LatencyP50 => "latency P50",
        Sli::LatencyP90 => "latency P90",
        Sli::LatencyP95 => "latency P95",
        Sli::LatencyP99 => "latency P99",
        Sli::LatencyP999 => "latency P99.9",
        Sli::LatencyMean => "latency, mean",
        Sli::AvailabilityRatio => "availability",
        Sli::ErrorRatio => "errors",
        Sli::ThroughputRps => "throughput",
        Sli::StalenessSeconds => "staleness",
        Sli::RebufferRatio => "rebuffering",
        Sli::DurabilityRatio => "durability",
    }
}

fn consistency(consistency: Consistency) -> &'static str {
    match consistency {
        Consistency::Eventual => "eventual: a reader may see an earlier state for a bounded time",
        Consistency::ReadYourWrites => "read-your-writes: a client sees its own writes",
        Consistency::Linearizable => "linearizable: a reader sees the latest state",
    }
}

/// What an attacker would try on these very operations and datasets.
fn security(plan: &Plan, document: &mut Document<'_>) {
    document.heading(4, "Security");
    let estimate = &plan.estimate;
    let writes: Vec<&str> = estimate
        .operations
        .iter()
        .filter(|operation| operation.kind == OperationKind::Write)
        .map(|operation| operation.name.as_str())
        .collect();
    let mut items = vec![
        "TLS 1.3 at the edge; nothing listens on plain HTTP but a redirect to HTTPS".to_owned(),
    ];
    if !writes.is_empty() {
        items.push(format!(
            "writes ({}) need an authenticated caller and a rate limit per caller, answered with \
             429 and `Retry-After`",
            plain(&writes.join(", "))
        ));
    }
    for dataset in &estimate.datasets {
        for column in dataset.columns.iter().filter(|column| column.name.contains("url")) {
            items.push(format!(
                "{} of {}: only http and https targets without user info and control characters, \
                 checked when stored and again when used; private, link-local and metadata \
                 addresses are refused after DNS resolution wherever the service itself fetches it",
                code(&column.name),
                plain(&dataset.label)
            ));
        }
        if dataset.personal {
            items.push(format!(
                "{} is personal data: encrypted at rest, access is logged, deleted on request",
                plain(&dataset.label)
            ));
        }
        if dataset.critical {
            items.push(format!(
                "{} decides money or stock: changed only by a conditional write on the primary, \
                 with an audit record",
                plain(&dataset.label)
            ));
        }
    }
    for operation in &estimate.operations {
        if let Idempotency::Key(key) = &operation.idempotency {
            items.push(format!(
                "{}: a repeat with the same {} is answered from the stored result; another body \
                 under the same key is refused with 422",
                plain(&operation.label),
                code(key)
            ));
        }
    }
    document.list(items);
}

fn assumptions(plan: &Plan, document: &mut Document<'_>) {
    let rows = plan.estimate.assumptions.iter().map(|assumption| {
        let figure = plan.ledger.get(&assumption.figure);
        let verified = if assumption.quality == Quality::Recall { "unverified" } else { "sourced" };
        vec![
            plain(&assumption.fills),
            figure.map(tenfold_units::Figure::print).unwrap_or_default(),
            figure.map(|_| document.range(&assumption.figure)).unwrap_or_default(),
            plain(&assumption.why),
            match assumption.source.strip_prefix("fact ") {
                Some(fact) => format!("fact {}, {verified}", code(fact)),
                None => verified.to_owned(),
            },
        ]
    });
    let rows = rows.collect();
    document.table(&["Assumption", "#Value", "#Likely range", "Why", "Source"], rows);
}
