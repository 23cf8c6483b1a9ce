//! Who must see their own write never reads a copy that may lag, nor a cache that nobody clears.

use tenfold_estimate::Consistency;

use super::{broken, paths};
use crate::analysis::Analysis;
use crate::book::Book;
use crate::draft::t;
use crate::types::{Copy, Design, Finding, Invalidation};

pub(super) fn law(_: &mut Book<'_>, design: &Design, _: &Analysis) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for (name, flow) in &design.flows {
        paths::calls(flow, &mut |_, call| {
            let paths::Call::Read(access) = call else { return };
            let dataset = design.components.get(&access.at).and_then(|c| c.data.get(&access.data));
            let asked = design.workload.get(name).and_then(|o| o.consistency);
            let strong = dataset.is_some_and(|d| d.consistency != Consistency::Eventual)
                && asked.is_none_or(|asked| asked != Consistency::Eventual);
            if access.from == Copy::Any && strong {
                let data = &access.data;
                findings.push(broken(
                    &[name, &access.at],
                    format!("flows.{name}"),
                    t(
                        format!(
                            "{name} reads {data} from any copy, which may lag behind the reader's \
                             own write: read from the primary, or promise less."
                        ),
                        format!(
                            "{name} 경로는 아무 복제본에서나 {data} 데이터를 읽어, 방금 쓴 값을 못 \
                             볼 수 있다. primary에서 읽거나 약속을 낮춰야 한다."
                        ),
                    ),
                ));
            }
        });
    }
    for (name, component) in &design.components {
        let Some(cache) = &component.cache else { continue };
        let dataset = design.components.values().find_map(|c| c.data.get(&cache.of));
        let strong =
            dataset.is_some_and(|d| d.consistency != Consistency::Eventual && !d.immutable);
        let lags = matches!(cache.invalidation, Invalidation::TimeToLive | Invalidation::None);
        if strong && lags {
            let of = &cache.of;
            findings.push(broken(
                &[name],
                format!("components.{name}.cache.invalidation"),
                t(
                    format!("{of} promises readers their own writes, but {name} keeps an old row until it expires."),
                    format!("{of} 데이터는 자기 쓰기를 보장하지만, {name}에는 만료될 때까지 옛 행이 남는다."),
                ),
            ));
        }
    }
    findings
}
