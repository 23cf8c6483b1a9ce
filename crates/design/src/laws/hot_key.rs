//! The hottest key stays under what one shard can answer.

use tenfold_units::{Unit, math};

use super::broken;
use crate::analysis::Analysis;
use crate::book::Book;
use crate::draft::t;
use crate::keys;
use crate::types::{Design, Finding};

pub(super) fn law(book: &mut Book<'_>, design: &Design, analysis: &Analysis) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, component) in &design.components {
        let Some(station) = &component.station else { continue };
        let (Some(cache), Some(shards)) = (&component.cache, &component.shards) else { continue };
        let (Some(space), Some(_)) = (design.keys.get(&cache.of), shards.count) else { continue };
        let Some(rate) = analysis.calls_peak.get(&(name.clone(), "any".to_owned())) else {
            continue;
        };
        let value = |formula: &crate::types::Formula| evaluate(book, &formula.0);
        let born = space.born.as_ref().map_or(0.0, value);
        let count = value(&space.count);
        let exponent = value(&space.exponent);
        let interest: Vec<(f64, f64)> =
            space.interest.iter().map(|i| (value(&i.share), value(&i.half_life))).collect();
        let share = keys::hottest_share(born, count, exponent, &interest);
        let id = format!("hottest.{name}");
        let label = format!("{name}: requests for the hottest key at peak");
        let words = "peak look-ups times the hottest key's share under the key space's law";
        let inputs = [rate.as_str()];
        let compute = |values: &[f64]| values[0] * share;
        book.ledger.compute((&id, &label, Unit::PerSecond), words, &inputs, &compute);
        let Some(time) = station.service_time.get("any") else { continue };
        let limit = format!("limit.{name}.shard");
        let label = format!("{name}: requests that one shard answers");
        let formula = format!("{} / {}", station.servers, time.mean.as_secs_f64());
        book.derive(&limit, &label, Unit::PerSecond, &formula);
        if book.value(&id) > book.value(&limit) {
            findings.push(broken(
                &[name],
                format!("components.{name}.shards"),
                t(
                    format!("The hottest key asks {{{id}}} of one shard of {name}, which answers {{{limit}}}: keep it in the process of the caller, or split it."),
                    format!("가장 인기 있는 key 하나가 {name} shard 하나에 {{{id}:을}} 요청하는데 한도는 {{{limit}:이다}}. 호출자의 process에 두거나 key를 나눠야 한다."),
                ),
            ));
        }
    }
    findings
}

fn evaluate(book: &Book<'_>, formula: &str) -> f64 {
    tenfold_units::Expression::parse(formula)
        .ok()
        .and_then(|e| e.evaluate(&mut |id| book.ledger.get(id).map(|f| f.mid())).ok())
        .unwrap_or(0.0)
        .max(math::exp(-700.0))
}
