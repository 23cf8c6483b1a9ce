//! What the brief limits from outside, and what the design does not carry.

use tenfold_estimate::Estimate;
use tenfold_units::Text;

use crate::book::Book;
use crate::draft::t;
use crate::types::{Choice, Design, Finding, Severity};

/// Returns what the budget says, and the operations without a flow.
pub(super) fn all(
    book: &Book<'_>,
    estimate: &Estimate,
    design: &Design,
    choices: &[Choice],
) -> Vec<Finding> {
    let mut findings = pins(estimate, design, choices);
    if let Some(budget) = &estimate.constraints.budget
        && book.value("cost_usd_per_month") > book.value(budget)
    {
        let text = t(
            format!(
                "The cheapest design that carries this load costs {{cost_usd_per_month}}, more \
                 than {{{budget}}}."
            ),
            format!(
                "이 부하를 감당하는 가장 싼 설계가 {{cost_usd_per_month}}로 예산 {{{budget}:을}} \
                 넘는다."
            ),
        );
        findings.push(finding("budget", Severity::Broken, vec!["cost".to_owned()], text));
    }
    for operation in &estimate.operations {
        if !design.flows.contains_key(&operation.name) {
            let name = &operation.name;
            let text = t(
                format!(
                    "{name} is estimated ({{{}}} at peak) but has no part in this design: it runs beside it.",
                    operation.qps_peak
                ),
                format!(
                    "{name} 부하는 추정했지만(최대 {{{}}}) 이 설계에 담당 부분이 없다. 별도로 실행해야 한다.",
                    operation.qps_peak
                ),
            );
            findings.push(finding("not-carried", Severity::Warning, vec![name.clone()], text));
        }
    }
    findings
}

/// Keywords of pins that a choice answers, by the beginning of its id.
const ANSWERED: [(&str, &[&str]); 6] = [
    ("ids", &["base62", "counter-id"]),
    ("cache.", &["cache", "redis", "memcached"]),
    ("async.", &["async-pipeline", "kafka", "message-queue", "stream-processing"]),
    ("edge", &["load-balancer", "api-gateway", "nginx"]),
    ("delivery", &["cdn"]),
    ("sessions", &["websocket", "mqtt"]),
];

/// Pins that no choice takes up: kept in mind, and said.
fn pins(estimate: &Estimate, design: &Design, choices: &[Choice]) -> Vec<Finding> {
    let answered = |pin: &tenfold_estimate::Pin| {
        let runs = design.components.values().any(|c| c.runs.technology == pin.keyword);
        runs || choices.iter().any(|choice| {
            choice.pin.as_ref().is_some_and(|v| (v.line, v.column) == (pin.line, pin.column))
                || ANSWERED.iter().any(|(id, words)| {
                    choice.id.starts_with(id) && words.contains(&pin.keyword.as_str())
                })
        })
    };
    let open = estimate.pins.iter().filter(|pin| !pin.negated && !answered(pin));
    open.map(|pin| {
        let text = t(
            format!(
                "\"{}\" (line {}) is not taken up: it is neither sized nor priced here.",
                pin.text, pin.line
            ),
            format!(
                "\"{}\"({}행)은 이 설계에 반영되지 않았다. 크기와 비용 어디에도 들어 있지 않다.",
                pin.text, pin.line
            ),
        );
        finding("pin", Severity::Warning, vec![pin.text.clone()], text)
    })
    .collect()
}

fn finding(law: &str, severity: Severity, about: Vec<String>, text: Text) -> Finding {
    let figures = Text::figure_ids(&text.en).into_iter().map(str::to_owned).collect();
    Finding { law: law.to_owned(), severity, about, path: None, line: None, figures, text }
}
