//! R + W > N wherever more than an eventual answer is promised.

use tenfold_estimate::{Consistency, OperationKind};

use super::{broken, paths};
use crate::analysis::Analysis;
use crate::book::Book;
use crate::draft::t;
use crate::types::{Design, Finding, ReplicationMode};

pub(super) fn law(_: &mut Book<'_>, design: &Design, _: &Analysis) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, component) in &design.components {
        let Some(r) = &component.replication else { continue };
        if r.mode != ReplicationMode::Quorum {
            continue;
        }
        for (data, dataset) in &component.data {
            // A row that never changes is right wherever it is found, and only "not there" must be
            // sure; a page of rows may lack the newest, and nobody notices.
            let reads = match (dataset.immutable, r.absent_read_quorum) {
                (true, Some(absent)) if !read_by_page(design, name, data) => {
                    absent.max(r.read_quorum)
                }
                _ => r.read_quorum,
            };
            if dataset.consistency != Consistency::Eventual && reads + r.write_quorum <= r.factor {
                let (w, n) = (r.write_quorum, r.factor);
                findings.push(broken(
                    &[name, data],
                    format!("components.{name}.replication"),
                    t(
                        format!(
                            "{data} promises readers the latest row, but a read of {reads} and a \
                             write of {w} of {n} copies may miss each other: R + W must be more \
                             than N."
                        ),
                        format!(
                            "{data} 데이터는 최신 행을 약속하지만, 복제본 {n}개 중 읽기 {reads}개와 \
                             쓰기 {w}개는 겹치지 않을 수 있다. R + W > N이어야 한다."
                        ),
                    ),
                ));
            }
        }
    }
    findings
}

/// Returns whether a request reads several rows of the dataset at a time.
fn read_by_page(design: &Design, store: &str, data: &str) -> bool {
    let mut found = false;
    for (name, flow) in &design.flows {
        let job = design.workload.get(name).is_some_and(|o| o.kind == OperationKind::Job);
        paths::calls(flow, &mut |_, call| {
            if let paths::Call::Read(access) = call {
                let page = matches!(access.class.as_deref(), Some("range" | "scan"));
                found |= !job && page && access.at == store && access.data == data;
            }
        });
    }
    found
}
