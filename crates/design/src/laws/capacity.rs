//! Peak capacity holds with one zone gone.

use tenfold_units::Unit;

use super::{broken, warning};
use crate::analysis::Analysis;
use crate::book::Book;
use crate::draft::t;
use crate::types::{Design, Finding, ReplicationMode};

pub(super) fn law(book: &mut Book<'_>, design: &Design, analysis: &Analysis) -> Vec<Finding> {
    let zones = f64::from(design.zones().max(1));
    let mut findings = Vec::new();
    for (name, component) in &design.components {
        let Some(figure) = analysis.utilization.get(name) else { continue };
        // Of a group with a primary one always works: what a lost zone takes is the failover.
        let one_works =
            component.replication.as_ref().is_some_and(|r| r.mode != ReplicationMode::Quorum);
        let limit = format!("limit.{name}.utilization");
        let (formula, why_en, why_ko) = if one_works || zones < 2.0 {
            (
                "0.8".to_owned(),
                "a single server queues beyond it",
                "서버 한 대는 그 위에서 줄이 생긴다",
            )
        } else {
            let share = format!("{} / {zones}", zones - 1.0);
            (
                share,
                "with a zone gone the others carry its share",
                "zone 하나를 잃으면 나머지가 그 몫을 나눠 진다",
            )
        };
        let label = format!("{name}: utilization that leaves room for a lost zone");
        book.derive(&limit, &label, Unit::Ratio, &formula);
        let used = book.value(figure);
        let most = book.value(&limit);
        let path = format!("components.{name}.runs");
        if used > most * 1.000_001 {
            findings.push(broken(
                &[name],
                path,
                t(
                    format!("{name} is {{{figure}}} busy at peak, at most {{{limit}}}: {why_en}."),
                    format!("{name} utilization이 최대 부하에서 {{{figure}}}인데 한도는 {{{limit}:이다}}. {why_ko}."),
                ),
            ));
        } else if book.ledger[figure.as_str()].interval.high > 1.0 {
            findings.push(warning(
                &[name],
                path,
                t(
                    format!(
                        "{name} is {{{figure}}} busy at peak, and would be over its limit of \
                         {{{limit}}} at the high end of its inputs."
                    ),
                    format!(
                        "{name} utilization은 {{{figure}}}이지만, 입력값이 높은 쪽이면 한도 \
                         {{{limit}:을}} 넘는다."
                    ),
                ),
            ));
        }
    }
    findings
}
