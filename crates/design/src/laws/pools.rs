//! Replicas at their most plus a rollout's surge, times the pool, stay under the store's connections.

use tenfold_units::Unit;

use super::broken;
use crate::analysis::Analysis;
use crate::book::Book;
use crate::draft::t;
use crate::types::{Design, Finding};

pub(super) fn law(book: &mut Book<'_>, design: &Design, _: &Analysis) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, component) in &design.components {
        let limit = match component.runs.technology.as_str() {
            "postgresql" => book.assume("pg.max_connections"),
            "redis" => book.fact("aws.elasticache.maxconn"),
            _ => continue,
        };
        let mut terms = Vec::new();
        for (id, link) in design.links.iter().filter(|(id, _)| id.to == *name) {
            let (Some(pool), Some(caller)) = (link.pool, design.components.get(&id.from)) else {
                continue;
            };
            let most = match (&caller.autoscale, caller.runs.per_zone) {
                (Some(scale), _) => (scale.per_zone_max + scale.surge) * design.zones(),
                (None, Some(per_zone)) => per_zone * design.zones(),
                (None, None) => design.instances(caller),
            };
            terms.push(format!("{most} * {pool}"));
        }
        if terms.is_empty() {
            continue;
        }
        let id = format!("connections.{name}");
        let label = format!("{name}: connections when all callers are at their most");
        if book.derive(&id, &label, Unit::Count, &terms.join(" + ")) > book.value(&limit) {
            findings.push(broken(
                &[name],
                format!("components.{name}"),
                t(
                    format!("Callers at their most open {{{id}}} connections to {name}, which takes {{{limit}}}: smaller pools, or a pooler between."),
                    format!("호출자가 최대일 때 {name} 연결이 {{{id}}}개인데 한도는 {{{limit}}}개다. pool을 줄이거나 pooler를 두어야 한다."),
                ),
            ));
        }
    }
    findings
}
