//! What is to be held in memory.

use tenfold_brief::{Demand, Dimension, Metric, NounPhrase};

use crate::draft::Draft;

/// Adds what is to be held in memory: so many items of a stated size, in all copies that the same
/// item asks for.
pub(super) fn held_in_memory(draft: &mut Draft<'_>) {
    let brief = draft.brief;
    let memory = |demand: &Demand| {
        let text = brief.items[demand.item].text.to_lowercase();
        ["in memory", "in ram", "메모리"].iter().any(|word| text.contains(word))
    };
    let mut terms = Vec::new();
    for (index, size) in brief.demands.iter().enumerate() {
        let bytes = draft.figure_of[index]
            .clone()
            .filter(|id| id.ends_with("item_bytes") || id.ends_with("per_actor_bytes"));
        let Some(bytes) = bytes.filter(|_| size.metric == Some(Metric::Size) && memory(size))
        else {
            continue;
        };
        let each = size.per_each().or_else(|| size.subject()).map_or("", NounPhrase::head);
        let same = |other: &Demand| other.item == size.item;
        let count = brief.demands.iter().position(|other| {
            same(other)
                && other.amount.dimension == Dimension::Count
                && matches!(other.metric, None | Some(Metric::Concurrency))
                && other.per.is_empty()
                && other.subject().is_some_and(|noun| noun.head() == each)
        });
        let copies = brief
            .demands
            .iter()
            .position(|other| same(other) && other.metric == Some(Metric::Copies));
        let figure = |at: Option<usize>| at.and_then(|at| draft.figure_of[at].clone());
        let Some(count) = figure(count) else { continue };
        let copies = figure(copies).map_or_else(String::new, |copies| format!(" * {copies}"));
        terms.push(format!("{count} * {bytes}{copies}"));
    }
    if !terms.is_empty() {
        draft.formula("memory_total_bytes", "held in memory", &terms.join(" + "));
        draft.reported.push("memory_total_bytes".to_owned());
    }
}
