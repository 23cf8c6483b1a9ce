//! Every queue is bounded, and nobody's work is begun when who asked for it has gone.

use core::time::Duration;

use tenfold_units::{Interval, Provenance, Quality, Unit};

use super::broken;
use crate::analysis::Analysis;
use crate::book::Book;
use crate::draft::t;
use crate::types::{Design, Finding};

pub(super) fn law(book: &mut Book<'_>, design: &Design, _: &Analysis) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, component) in &design.components {
        let Some(station) = component.station.as_ref().filter(|s| s.servers > 0) else { continue };
        match &station.queue {
            None => findings.push(endless(name)),
            Some(queue) => {
                findings.extend(queue.wait.and_then(|wait| outlived(book, design, name, wait)));
            }
        }
    }
    findings
}

fn endless(name: &str) -> Finding {
    broken(
        &[name],
        format!("components.{name}.station"),
        t(
            format!(
                "The queue of {name} has no end: under overload everybody waits and nobody is served in time."
            ),
            format!(
                "{name} queue에 끝이 없다. 과부하가 오면 모두가 기다리기만 하고 아무도 제때 답을 받지 못한다."
            ),
        ),
    )
}

/// Who waits in the queue for as long as its caller waits for the answer is served for nobody.
fn outlived(book: &mut Book<'_>, design: &Design, name: &str, wait: Duration) -> Option<Finding> {
    let callers = design.links.iter().filter(|(id, _)| id.to == name);
    let (caller, timeout) =
        callers.filter_map(|(id, link)| Some((id, link.timeout?))).min_by_key(|(_, t)| *t)?;
    if wait < timeout {
        return None;
    }
    let mut note = |what: &str, label: String, span: Duration| {
        let source = "the waits of the design file".to_owned();
        let provenance = Provenance::Assumed { source, quality: Quality::Derived };
        let id = format!("queue.{name}.{what}");
        let interval = Interval::exact(span.as_secs_f64());
        book.insert(&id, &label, Unit::Seconds, interval, provenance);
        id
    };
    let waits = note("wait", format!("{name}: longest wait in the queue"), wait);
    let gone = note("patience", format!("{name}: shortest time-out of a caller"), timeout);
    Some(broken(
        &[name, &caller.from],
        format!("components.{name}.station"),
        t(
            format!(
                "Work may wait {{{waits}}} in the queue of {name}, while {} gives up after \
                 {{{gone}}}: under overload {name} works for those who have gone.",
                caller.from
            ),
            format!(
                "{name} queue에서는 {{{waits}}}까지 기다릴 수 있는데 {}의 time-out은 {{{gone}}}이다. \
                 과부하 때 {name}의 처리는 이미 떠난 호출자의 일이 된다.",
                caller.from
            ),
        ),
    ))
}
