//! Partitions ≥ consumers; the time in which a backlog is worked off is stated.

use tenfold_units::Unit;

use super::{broken, warning};
use crate::analysis::Analysis;
use crate::book::Book;
use crate::draft::t;
use crate::types::{Action, Design, Finding, Kind, Step};

pub(super) fn law(book: &mut Book<'_>, design: &Design, analysis: &Analysis) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, component) in &design.components {
        let Some(topic) = &component.topic else { continue };
        for consumer in consumers(design, name) {
            let Some(reader) = design.components.get(consumer) else { continue };
            let instances = design.instances(reader);
            if instances > topic.partitions {
                findings.push(broken(
                    &[name, consumer],
                    format!("components.{name}.topic.partitions"),
                    t(
                        format!("{consumer} runs {instances} instances for {} partitions of {name}: the rest has nothing to read.", topic.partitions),
                        format!("{consumer} 인스턴스는 {instances}개인데 {name} partition은 {}개뿐이어서, 나머지는 읽을 것이 없다.", topic.partitions),
                    ),
                ));
            }
            let Some(busy) = analysis.utilization.get(consumer) else { continue };
            let id = format!("drain.{name}");
            let label = format!("{name}: time to work off an hour's backlog at peak");
            let formula = format!("3600 * {busy} / max(0.000001, 1 - {busy})");
            let drain = book.derive(&id, &label, Unit::Seconds, &formula);
            if drain > topic.retention.as_secs_f64() {
                findings.push(broken(
                    &[name, consumer],
                    format!("components.{consumer}.runs"),
                    t(
                        format!("{consumer} needs {{{id}}} to work off an hour's backlog of {name}, longer than records are kept."),
                        format!("{consumer} 처리로는 {name}의 한 시간 밀린 양을 비우는 데 {{{id}:이}} 걸려 보존 기간보다 길다."),
                    ),
                ));
            }
        }
        if component.kind == Kind::Topic && !topic.dead_letter {
            findings.push(warning(
                &[name],
                format!("components.{name}.topic.dead_letter"),
                t(
                    format!("A record of {name} that always fails stops its partition: dead letters let the rest go on."),
                    format!("계속 실패하는 {name} 레코드 하나가 partition을 막는다. dead letter가 있으면 나머지는 진행된다."),
                ),
            ));
        }
    }
    findings
}

/// Returns the components that consume a topic.
fn consumers<'d>(design: &'d Design, topic: &str) -> Vec<&'d str> {
    let mut found: Vec<&str> = Vec::new();
    for flow in design.flows.values() {
        let consumes = matches!(
            flow.first(),
            Some(Step::Action(Action::Consume(source))) if source.at == topic
        );
        if let (true, Some(Step::Visit(name))) = (consumes, flow.get(1)) {
            found.push(name);
        }
    }
    found.dedup();
    found
}
