//! A store for each dataset: what a flow reads or writes is held where it asks.

use super::{broken, paths};
use crate::analysis::Analysis;
use crate::book::Book;
use crate::draft::t;
use crate::types::{Design, Finding};

pub(super) fn law(_: &mut Book<'_>, design: &Design, _: &Analysis) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for (name, flow) in &design.flows {
        paths::calls(flow, &mut |_, call| {
            let (paths::Call::Read(access) | paths::Call::Write(access)) = call else { return };
            let holds = design
                .components
                .get(&access.at)
                .is_some_and(|component| component.data.contains_key(&access.data));
            if !holds {
                let (at, data) = (&access.at, &access.data);
                findings.push(broken(
                    &[name, at],
                    format!("flows.{name}"),
                    t(
                        format!("{name} asks {at} for {data}, which it does not hold."),
                        format!("{name} 경로가 {at}에 {data} 데이터를 요청하지만 거기에 없다."),
                    ),
                ));
            }
        });
    }
    findings
}
