//! Every queue is bounded.

use super::broken;
use crate::analysis::Analysis;
use crate::book::Book;
use crate::draft::t;
use crate::types::{Design, Finding};

pub(super) fn law(_: &mut Book<'_>, design: &Design, _: &Analysis) -> Vec<Finding> {
    let unbounded = design.components.iter().filter(|(_, component)| {
        component.station.as_ref().is_some_and(|s| s.servers > 0 && s.queue.is_none())
    });
    unbounded
        .map(|(name, _)| {
            broken(
                &[name],
                format!("components.{name}.station"),
                t(
                    format!("The queue of {name} has no end: under overload everybody waits and nobody is served in time."),
                    format!("{name} queue에 끝이 없다. 과부하가 오면 모두가 기다리기만 하고 아무도 제때 답을 받지 못한다."),
                ),
            )
        })
        .collect()
}
