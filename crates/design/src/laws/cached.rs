//! The store survives a cold cache, or admission protects it; each cached dataset has an
//! invalidation and a stated staleness.

use core::time::Duration;

use tenfold_units::Unit;

use super::{broken, paths, warning};
use crate::analysis::Analysis;
use crate::book::Book;
use crate::draft::t;
use crate::types::{Design, Finding, Invalidation};

pub(super) fn law(book: &mut Book<'_>, design: &Design, analysis: &Analysis) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, component) in &design.components {
        let Some(cache) = &component.cache else { continue };
        let silent = cache.invalidation == Invalidation::None || cache.staleness == Duration::ZERO;
        if silent {
            findings.push(broken(
                &[name],
                format!("components.{name}.cache"),
                t(
                    format!("{name} does not say how a change of {} reaches it, or how old an answer may be.", cache.of),
                    format!("{} 데이터의 변경이 {name}에 어떻게 반영되는지, 답이 얼마나 오래될 수 있는지 정해지지 않았다.", cache.of),
                ),
            ));
        }
        findings.extend(cold(book, design, analysis, name));
    }
    findings
}

/// Without the cache every look-up asks the store.
fn cold(book: &mut Book<'_>, design: &Design, analysis: &Analysis, cache: &str) -> Vec<Finding> {
    let hit = analysis.hit_ratio.get(cache).map_or("0", String::as_str);
    let mut stores: Vec<(String, String)> = Vec::new();
    for flow in design.flows.values() {
        paths::calls(flow, &mut |waiting, call| {
            if let paths::Call::Lookup(lookup) = call
                && lookup.cache == cache
                && let Some(caller) = waiting.last()
            {
                let mut inside = Vec::new();
                crate::file::collect_components(&lookup.on_miss, &mut inside);
                for store in inside.into_iter().filter(|store| *store != cache) {
                    stores.push(((*caller).to_owned(), store.to_owned()));
                }
            }
        });
    }
    stores.dedup();
    let mut findings = Vec::new();
    for (caller, store) in stores {
        let Some(utilization) = analysis.utilization.get(&store) else { continue };
        let id = format!("cold.{cache}.{store}");
        // Reads by key are the misses; without the cache all look-ups are.
        let read = format!("calls.{store}.read.peak");
        let time = format!("time.{store}.read");
        if !book.ledger.contains(&read) || !book.ledger.contains(&time) {
            continue;
        }
        let Some(component) = design.components.get(&store) else { continue };
        let servers = component.station.as_ref().map_or(1, |station| station.servers);
        let active = crate::analysis::active_instances(design, component);
        let visits = component.replication.as_ref().map_or(1, |r| r.read_quorum);
        let formula = format!(
            "{utilization} + {read} * {visits} * {time} * {hit} / max(0.000001, 1 - {hit}) \
             / ({active} * {servers})"
        );
        let label = format!("{store}: utilization at peak with {cache} empty");
        let needed = book.derive(&id, &label, Unit::Ratio, &formula);
        let link = crate::types::LinkId::new(&caller, &store);
        let path = format!("links.{link}.admission");
        let protected = design.links.get(&link).is_some_and(|link| link.admission.is_some());
        if needed <= 1.0 {
            continue;
        }
        let text_en = format!("With {cache} empty at peak {store} would be {{{id}}} busy");
        let text_ko =
            format!("최대 부하에서 {cache} 내용이 비면 {store} utilization이 {{{id}:이}} 된다");
        findings.push(if protected {
            warning(
                &[cache, &store],
                path,
                t(
                    format!("{text_en}; admission sheds what it cannot carry until {cache} has refilled."),
                    format!("{text_ko}. 다시 채워질 때까지 admission이 넘치는 요청을 거절한다."),
                ),
            )
        } else {
            broken(
                &[cache, &store],
                path,
                t(
                    format!("{text_en}, and nothing protects it: bound what {caller} may ask."),
                    format!("{text_ko}. 보호 장치가 없으므로 {caller}의 요청량을 제한해야 한다."),
                ),
            )
        });
    }
    findings
}
