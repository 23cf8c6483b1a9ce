//! What the brief limits from outside, and what the design does not carry.

use tenfold_estimate::Estimate;
use tenfold_units::{Interval, Provenance, Quality, Text, Unit, math};

use crate::book::Book;
use crate::draft::{quoted, t};
use crate::types::{Choice, Design, Finding, Kind, PinVerdict, Severity};

/// Returns what the budget says, and the operations without a flow.
pub(super) fn all(
    book: &mut Book<'_>,
    estimate: &Estimate,
    design: &Design,
    choices: &[Choice],
    answers: &[PinVerdict],
) -> Vec<Finding> {
    let mut findings = pins(estimate, design, choices, answers);
    findings.extend(outside(book, design));
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

/// What systems of others are given, and the share of their answers that comes later.
fn outside(book: &mut Book<'_>, design: &Design) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, link) in &design.links {
        let Some(callee) = design.components.get(&id.to) else { continue };
        let time = callee.station.as_ref().and_then(|station| station.service_time.get("any"));
        let (Kind::External, Some(time), Some(timeout)) = (callee.kind, time, link.timeout) else {
            continue;
        };
        // The tail of a lognormal distribution of this mean and spread.
        let sigma = math::ln_1p(time.cv * time.cv).sqrt();
        let location = math::ln(time.mean.as_secs_f64()) - sigma * sigma / 2.0;
        let z = (math::ln(timeout.as_secs_f64()) - location) / sigma;
        let late = 0.5 * math::erfc(z / core::f64::consts::SQRT_2);
        let figure = |what: &str| format!("outside.{}.{what}", id.to);
        let (given, share) = (figure("timeout"), figure("late"));
        let source = "the time-outs of the design file".to_owned();
        let provenance = Provenance::Assumed { source, quality: Quality::Derived };
        let label = format!("{}: time that it is given", id.to);
        let interval = Interval::exact(timeout.as_secs_f64());
        book.insert(&given, &label, Unit::Seconds, interval, provenance);
        let label = format!("{}: share of its answers that comes later", id.to);
        let words = "tail of a lognormal distribution";
        let late = Interval::exact(late);
        book.ledger.computed(&share, &label, Unit::Ratio, late, words, &[&given]);
        let text = t(
            format!(
                "{} has {{{given}}} to answer {}, and {{{share}}} of its answers come later: the \
                 outcome is then unknown, not failed; the request goes on as pending and the \
                 outcome is asked for until it is known.",
                id.to, id.from
            ),
            format!(
                "{}의 응답을 {}에서 {{{given}}}까지 기다리며, 응답의 {{{share}:은}} 그보다 늦다. 그때 \
                 결과는 실패가 아니라 미확인이다. 요청은 대기 상태로 진행하고 결과가 확인될 때까지 다시 \
                 묻는다.",
                id.to, id.from
            ),
        );
        findings.push(finding("outside", Severity::Warning, vec![id.to.clone()], text));
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
fn pins(
    estimate: &Estimate,
    design: &Design,
    choices: &[Choice],
    answers: &[PinVerdict],
) -> Vec<Finding> {
    let answered = |pin: &tenfold_estimate::Pin| {
        let runs = design.components.values().any(|c| c.runs.technology == pin.keyword);
        let at = |v: &PinVerdict| (v.line, v.column) == (pin.line, pin.column);
        runs || answers.iter().any(at)
            || choices.iter().any(|choice| {
                choice.pin.as_ref().is_some_and(|v| (v.line, v.column) == (pin.line, pin.column))
                    || ANSWERED.iter().any(|(id, words)| {
                        choice.id.starts_with(id) && words.contains(&pin.keyword.as_str())
                    })
            })
    };
    let open = estimate.pins.iter().filter(|pin| !pin.negated && !answered(pin));
    let idle = answers.iter().filter(|answer| !answer.holds).map(|answer| {
        let text = quoted(&answer.text, &answer.verdict);
        finding("pin", Severity::Warning, vec![answer.text.clone()], text)
    });
    let unanswered = open.map(|pin| {
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
    });
    unanswered.chain(idle).collect()
}

fn finding(law: &str, severity: Severity, about: Vec<String>, text: Text) -> Finding {
    let figures = Text::figure_ids(&text.en).into_iter().map(str::to_owned).collect();
    Finding { law: law.to_owned(), severity, about, path: None, line: None, figures, text }
}
