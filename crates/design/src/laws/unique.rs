//! Uniqueness, stock and money are decided on the primary.

use super::{broken, paths};
use crate::analysis::Analysis;
use crate::book::Book;
use crate::draft::t;
use crate::types::{Copy, Design, Finding, Kind};

pub(super) fn law(_: &mut Book<'_>, design: &Design, _: &Analysis) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for (name, flow) in &design.flows {
        paths::calls(flow, &mut |_, call| {
            let paths::Call::Write(access) = call else { return };
            let Some(component) = design.components.get(&access.at) else { return };
            let dataset = component.data.get(&access.data);
            let decides = access.unique.is_some() || dataset.is_some_and(|d| d.exact);
            let wrong = access.from == Copy::Any || component.kind == Kind::Cache;
            if decides && wrong {
                let (data, at) = (&access.data, &access.at);
                findings.push(broken(
                    &[name, at],
                    format!("flows.{name}"),
                    t(
                        format!("{name} decides {data} on a copy or a cache ({at}): two of them can both say yes."),
                        format!("{name} 경로가 {data} 데이터를 복제본이나 cache({at})에서 결정한다. 두 곳이 동시에 승낙할 수 있다."),
                    ),
                ));
            }
        });
    }
    findings
}
