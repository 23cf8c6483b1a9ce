//! A callee's time-out × attempts + backoff is less than its caller's; the sum fits the objective.

use core::time::Duration;

use tenfold_units::{Interval, Provenance, Quality, Unit};

use super::{broken, paths};
use crate::analysis::Analysis;
use crate::book::Book;
use crate::draft::t;
use crate::types::{Design, Finding, Link, Step};

pub(super) fn law(book: &mut Book<'_>, design: &Design, _: &Analysis) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, flow) in &design.flows {
        findings.extend(flow_law(book, design, name, flow));
    }
    findings
}

/// Returns the longest that a link keeps its caller waiting.
fn longest(link: &Link) -> Duration {
    let Some(timeout) = link.timeout else { return Duration::ZERO };
    let Some(retry) = &link.retry else { return timeout };
    let mut total = timeout * retry.options.max_attempts;
    let mut wait = retry.options.base;
    for _ in 1..retry.options.max_attempts {
        total += wait.min(retry.options.cap);
        wait = wait.mul_f64(retry.options.multiplier.clamp(1.0, 100.0)).min(retry.options.cap);
    }
    total
}

fn flow_law(book: &mut Book<'_>, design: &Design, name: &str, flow: &[Step]) -> Vec<Finding> {
    // The time that each caller on the way may spend on those it waits for.
    let mut spent: Vec<(String, Duration, Duration)> = Vec::new();
    paths::calls(flow, &mut |waiting, call| {
        let Some((id, link)) = paths::link(design, waiting, call) else { return };
        if !call.waits() {
            return;
        }
        let own = longest(link);
        if let Some(entry) = spent.iter_mut().find(|entry| entry.0 == id.from) {
            entry.2 += own;
        }
        if let paths::Call::Visit(to) = call {
            spent.push(((*to).to_owned(), link.timeout.unwrap_or(Duration::MAX), Duration::ZERO));
        }
    });
    let mut findings = Vec::new();
    for (caller, given, needed) in spent {
        if given == Duration::MAX || needed < given {
            continue;
        }
        let id = |what: &str| format!("timeout.{name}.{caller}.{what}");
        let mut note = |what: &str, words: &str, span: Duration| {
            let source = "the time-outs of the design file".to_owned();
            let provenance = Provenance::Assumed { source, quality: Quality::Derived };
            let label = format!("{name}: time that {caller} {words}");
            let interval = Interval::exact(span.as_secs_f64());
            book.insert(&id(what), &label, Unit::Seconds, interval, provenance);
            id(what)
        };
        let (needs, given) =
            (note("needed", "may spend", needed), note("given", "is given", given));
        let (needs, given) = (needs.as_str(), given.as_str());
        findings.push(broken(
            &[name, &caller],
            "links".to_owned(),
            t(
                format!(
                    "In {name} those that {caller} waits for may take {{{needs}}} with all \
                     attempts, while its own caller gives up after {{{given}}}: the work goes on \
                     for nobody."
                ),
                format!(
                    "{name} 경로에서 {caller}의 하위 호출은 재시도까지 {{{needs}:이}} 걸릴 수 \
                     있는데, 호출자는 {{{given}}} 뒤에 포기한다. 아무도 기다리지 않는 일을 계속하게 \
                     된다."
                ),
            ),
        ));
    }
    findings.extend(objective(design, name, flow));
    findings
}

/// The first time-out of a flow is within the time for which the users of its slowest route wait.
fn objective(design: &Design, name: &str, flow: &[Step]) -> Option<Finding> {
    let mut first = None;
    paths::calls(flow, &mut |waiting, call| {
        if waiting.len() == 1
            && first.is_none()
            && let Some((id, link)) = paths::link(design, waiting, call)
        {
            first = link.timeout.map(|timeout| (id, timeout.as_secs_f64()));
        }
    });
    let (id, timeout) = first?;
    let routes = design.flows.iter().filter(|(_, flow)| {
        let mut uses = false;
        paths::calls(flow, &mut |waiting, call| {
            uses |= paths::link(design, waiting, call).is_some_and(|(other, _)| other == id);
        });
        uses
    });
    let waits = routes.map(|(route, _)| patience(design, route)).fold(0.0, f64::max);
    if timeout <= waits {
        return None;
    }
    Some(broken(
        &[name, &id.from],
        format!("links.{id}.timeout"),
        t(
            format!("{id} waits longer than the users of {name} do, by what they are promised."),
            format!("{id}의 time-out이 {name} 사용자가 기다리는 시간(응답 약속 기준)보다 길다."),
        ),
    ))
}

/// The time after which nobody waits for an operation, s.
fn patience(design: &Design, operation: &str) -> f64 {
    design
        .objectives
        .iter()
        .filter(|o| o.of == operation || o.of == "all")
        .filter_map(|o| Some(o.limit.value * o.sli.patience()?))
        .fold(f64::INFINITY, f64::min)
}
