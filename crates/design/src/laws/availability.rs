//! Availability is the product of what the path needs; one region never promises more than its SLA.

use tenfold_estimate::Sli;
use tenfold_units::{Interval, Unit};

use super::{broken, paths, warning};
use crate::analysis::Analysis;
use crate::book::Book;
use crate::draft::t;
use crate::types::{Component, Design, Finding, Kind, RegionMode, ReplicationMode};

/// Makes `region.availability` stand: what a year with so many major events of a region leaves, with
/// another region that takes over or without one. Unlike what the provider promises, which is a price
/// for breaking it, this is what is to be expected.
fn expected(book: &mut Book<'_>, design: &Design) {
    let rate = book.fact("rate.region");
    let (outage, takeover) = (book.assume("region.outage"), book.assume("region.takeover"));
    let several = design.place.further.iter().any(|f| f.mode != RegionMode::Backup);
    let lost = if several { format!("min({outage}, {takeover})") } else { outage };
    let per_year = if book.ledger[&rate].unit == Unit::PerSecond { "1" } else { "31536000" };
    let label = "what major events leave of a year with the region";
    let formula = format!("1 - {rate} * {lost} / {per_year}");
    let there = book.derive("region.there", label, Unit::Ratio, &formula);
    // How often such events come is known within a factor of ten: a promise is judged by the middle.
    let label = "share of a year in which the region is there";
    let words = "the middle of what is likely";
    let value = Interval::exact(there);

    book.ledger.computed(
        "region.availability",
        label,
        Unit::Ratio,
        value,
        words,
        &["region.there"],
    );
}

pub(super) fn law(book: &mut Book<'_>, design: &Design, _: &Analysis) -> Vec<Finding> {
    let region = book.fact("sla.aws.ec2.multiaz");
    expected(book, design);
    let mut findings = Vec::new();
    let names: Vec<String> = design.flows.keys().cloned().collect();
    for name in &names {
        let path = needed(design, name);
        let mut factors = vec![region.clone()];
        for component in &path {
            factors.push(of(book, design, component));
        }
        let id = format!("availability.{name}");
        let label = format!("{name}: product of what its path needs");
        book.derive(&id, &label, Unit::Ratio, &factors.join(" * "));
    }
    let several = design.place.further.iter().any(|f| f.mode != RegionMode::Backup);
    for objective in design.objectives.iter().filter(|o| o.sli == Sli::AvailabilityRatio) {
        let limit = objective.limit.value;
        if !several && limit > book.value(&region) {
            findings.push(broken(
                &[&objective.id],
                "objectives".to_owned(),
                t(
                    format!("`{}` promises more than one region does ({{{region}}}): a second region is needed, or a smaller promise.", objective.id),
                    format!("`{}` 약속은 한 region의 SLA({{{region}}})보다 높다. region을 하나 더 두거나 약속을 낮춰야 한다.", objective.id),
                ),
            ));
            continue;
        }
        for name in names.iter().filter(|n| objective.of == "all" || objective.of == **n) {
            let id = format!("availability.{name}");
            if !several && book.value(&id) < limit && !is_job(design, name) {
                // Below the promises of the provider alone nothing that is run here would help.
                let ours: f64 = needed(design, name)
                    .iter()
                    .filter_map(|part| book.ledger.get(&format!("available.{part}")))
                    .map(|figure| figure.mid())
                    .product();
                let say = if ours < limit { broken } else { warning };
                findings.push(say(
                    &[name, &objective.id],
                    "objectives".to_owned(),
                    if ours < limit {
                        t(
                            format!("What {name} needs is there {{{id}}} of the time, less than `{}` promises.", objective.id),
                            format!("{name} 경로에 필요한 것의 가용성은 {{{id}}}로 `{}` 약속보다 낮다.", objective.id),
                        )
                    } else {
                        t(
                            format!("The provider answers for {{{id}}} of what {name} needs, less than `{}` promises: the verdict counts on how often things fail, not on what is paid back when they do.", objective.id),
                            format!("{name} 경로에서 provider가 SLA로 보증하는 값을 모두 곱하면 {{{id}}}로 `{}` 목표보다 낮다. 판정은 보상 기준인 SLA가 아니라 실제 장애 빈도로 계산했다.", objective.id),
                        )
                    },
                ));
            }
        }
    }
    findings
}

fn is_job(design: &Design, name: &str) -> bool {
    design.workload.get(name).is_some_and(|o| o.kind == tenfold_estimate::OperationKind::Job)
}

/// Returns the components without which an operation fails.
fn needed<'d>(design: &'d Design, name: &str) -> Vec<&'d str> {
    let mut path: Vec<&str> = Vec::new();
    paths::calls(&design.flows[name], &mut |waiting, call| {
        let optional = paths::link(design, waiting, call).is_some_and(|(_, link)| link.optional);
        if call.waits() && !optional && !call.is_optional() && !path.contains(&call.to()) {
            path.push(call.to());
        }
    });
    path
}

/// Makes the availability of a component stand: a promise of its provider, or failures × the time
/// that each lasts.
fn of(book: &mut Book<'_>, design: &Design, name: &str) -> String {
    let component = &design.components[name];
    if component.runs.managed || component.runs.instance.is_none() {
        let fact = match component.runs.technology.as_str() {
            "postgresql" => "sla.aws.rds.multiaz",
            "dynamodb" => "sla.aws.dynamodb",
            "s3" => "sla.aws.s3.standard",
            "cloudfront" => "sla.aws.cloudfront",
            _ => "sla.aws.elb",
        };
        return book.fact(fact);
    }
    let id = format!("available.{name}");
    if !book.ledger.contains(&id) {
        let year = book.fact("secs.year");
        let lost = book.fact("rate.ec2.retire");
        let (failures, outage) = outage(book, design, component);
        let formula = format!("1 - {failures} * {lost} * {outage} / {year}");
        let label = format!("{name}: availability by failures and failover");
        book.derive(&id, &label, Unit::Ratio, &formula);
    }
    id
}

/// Returns how many instances' failures are felt, and for how long, weighed by the share of requests
/// that feel them.
fn outage(book: &mut Book<'_>, design: &Design, component: &Component) -> (String, String) {
    let count = design.instances(component).max(1);
    match &component.replication {
        Some(replication) => {
            let after = replication.failover.as_ref().map_or(60.0, |f| f.after.as_secs_f64());
            let groups = match replication.mode {
                // A quorum goes on: only the calls in flight are felt, as detection of one of many.
                ReplicationMode::Quorum => {
                    return (count.to_string(), format!("{after} / {count}"));
                }
                ReplicationMode::PrimarySync | ReplicationMode::PrimaryAsync => {
                    (count / replication.factor.max(1)).max(1)
                }
            };
            // One primary of so many: its share of the keys waits.
            (groups.to_string(), format!("{after} / {groups}"))
        }
        None if matches!(component.kind, Kind::Store) => {
            let replace = book.fact("mttr.vm_replace");
            (count.to_string(), replace)
        }
        None => {
            let detect = component
                .health
                .as_ref()
                .map_or(60.0, |health| health.every.as_secs_f64() * f64::from(health.fail_after));
            (count.to_string(), format!("{detect} / {count}"))
        }
    }
}
