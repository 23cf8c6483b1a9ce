//! What may be lost, how long a return takes, and a backup: for each store.

use super::broken;
use crate::analysis::Analysis;
use crate::book::Book;
use crate::draft::t;
use crate::types::{Design, Finding, Kind, ReplicationMode};

pub(super) fn law(_: &mut Book<'_>, design: &Design, _: &Analysis) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, component) in &design.components {
        if component.kind != Kind::Store {
            continue;
        }
        let path = format!("components.{name}.recovery");
        let Some(recovery) = &component.recovery else {
            findings.push(broken(
                &[name],
                format!("components.{name}"),
                t(
                    format!("{name} does not say what may be lost nor how it comes back."),
                    format!("{name}의 손실 한도와 복구 방법이 정해지지 않았다."),
                ),
            ));
            continue;
        };
        if recovery.backup_every.is_none() || recovery.backup_keep.is_none() {
            findings.push(broken(
                &[name],
                path.clone(),
                t(
                    format!("{name} has no backup: copies repeat a wrong delete at once."),
                    format!("{name}에는 백업이 없다. 복제본은 잘못된 삭제까지 바로 따라 한다."),
                ),
            ));
        }
        let lags = component.replication.as_ref().is_some_and(|r| {
            r.mode == ReplicationMode::PrimaryAsync
                || (r.mode == ReplicationMode::PrimarySync && r.write_quorum < 2)
        });
        if lags && recovery.point.is_zero() {
            findings.push(broken(
                &[name],
                path,
                t(
                    format!("{name} promises to lose nothing, but acknowledges a write before a second copy has it."),
                    format!("{name}에는 무손실을 약속했지만 두 번째 복제본에 쓰기 전에 응답한다."),
                ),
            ));
        }
    }
    findings
}
