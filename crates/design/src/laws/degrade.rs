//! A failing optional dependency degrades, never fails, the operation.

use super::{broken, paths};
use crate::analysis::Analysis;
use crate::book::Book;
use crate::draft::t;
use crate::types::{Design, Finding};

pub(super) fn law(_: &mut Book<'_>, design: &Design, _: &Analysis) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for (name, flow) in &design.flows {
        paths::calls(flow, &mut |waiting, call| match call {
            paths::Call::Lookup(lookup)
                if lookup.on_error.is_empty()
                    && lookup.on_miss.is_empty()
                    && waiting.last() != Some(&lookup.cache.as_str()) =>
            {
                let cache = &lookup.cache;
                findings.push(broken(
                    &[name, cache],
                    format!("flows.{name}"),
                    t(
                        format!("{name} has no way on when {cache} does not answer: a cache may be slow to lose, never fatal."),
                        format!("{cache} 응답이 없을 때 {name} 경로에 대안이 없다. cache를 잃어 느려질 수는 있어도 실패해서는 안 된다."),
                    ),
                ));
            }
            paths::Call::Emit(emit) => {
                let optional = paths::link(design, waiting, call).is_some_and(|(_, l)| l.optional);
                if optional && emit.awaited {
                    findings.push(broken(
                        &[name, &emit.to],
                        format!("flows.{name}"),
                        t(
                            format!("{name} waits for {} although the link calls it optional.", emit.to),
                            format!("{} 링크는 선택적이라고 되어 있는데 {name} 경로가 그 응답을 기다린다.", emit.to),
                        ),
                    ));
                }
            }
            paths::Call::Visit(_)
            | paths::Call::Lookup(_)
            | paths::Call::Read(_)
            | paths::Call::Write(_)
            | paths::Call::Fill(_) => {}
        });
    }
    findings
}
