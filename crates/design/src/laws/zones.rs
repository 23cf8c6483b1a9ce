//! One copy per zone: nothing is lost with a zone, and majorities remain.

use super::broken;
use crate::analysis::Analysis;
use crate::book::Book;
use crate::draft::t;
use crate::types::{Component, Design, Finding, Kind, ReplicationMode};

pub(super) fn law(_: &mut Book<'_>, design: &Design, _: &Analysis) -> Vec<Finding> {
    let zones = design.zones();
    let mut findings = Vec::new();
    if zones < 2 {
        findings.push(broken(
            &["place"],
            "place.zones".to_owned(),
            t(
                "Everything stands in one zone: its loss is the loss of the system. Two zones \
                 survive it, three keep a majority.",
                "모든 것이 zone 하나에 있어 그 zone을 잃으면 전체가 멈춘다. 둘이면 버티고, 셋이면 \
                 과반도 유지된다.",
            ),
        ));
    }
    for (name, component) in &design.components {
        if let Some(finding) = copies(design, name, component) {
            findings.push(finding);
        }
    }
    findings
}

fn copies(design: &Design, name: &str, component: &Component) -> Option<Finding> {
    component.runs.instance.as_ref()?;
    let zones = design.zones().max(1);
    let path = format!("components.{name}.replication");
    let Some(replication) = &component.replication else {
        // A fleet stands in every zone; a store without copies stands in one.
        let alone = component.runs.per_zone.is_none()
            || (component.kind == Kind::Store && design.instances(component) < 2);
        return alone.then(|| {
            broken(
                &[name],
                path,
                t(
                    format!("{name} has no second copy: the loss of its zone is its loss."),
                    format!("{name}의 복제본이 없어 zone을 잃으면 함께 사라진다."),
                ),
            )
        });
    };
    let used = if replication.zones.is_empty() {
        zones
    } else {
        let mut distinct = replication.zones.clone();
        distinct.sort();
        distinct.dedup();
        distinct.retain(|zone| design.place.zones.contains(zone));
        distinct.len() as u32
    };
    let worst = replication.factor.div_ceil(used.max(1));
    let left = replication.factor.saturating_sub(worst);
    let quorum = match (replication.mode, &component.topic) {
        (ReplicationMode::Quorum, _) => replication.read_quorum.max(replication.write_quorum),
        (_, Some(topic)) => topic.min_insync_replicas,
        // A primary goes on alone until its secondary is replaced.
        (ReplicationMode::PrimarySync | ReplicationMode::PrimaryAsync, None) => 1,
    };
    (left < quorum).then(|| {
        broken(
            &[name],
            path,
            t(
                format!(
                    "With a zone gone {name} keeps {left} of {} copies, but needs {quorum}: put \
                     them in more zones, or ask fewer.",
                    replication.factor
                ),
                format!(
                    "zone 하나를 잃으면 {name}에는 복제본 {}개 중 {left}개만 남는데 {quorum}개가 \
                     필요하다. 더 많은 zone에 두거나 quorum을 줄여야 한다.",
                    replication.factor
                ),
            ),
        )
    })
}
