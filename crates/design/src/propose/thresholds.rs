//! The load at which each choice falls otherwise: the whole proposal, tried at other loads.

use std::collections::BTreeMap;

use tenfold_catalog::Catalog;
use tenfold_estimate::Estimate;
use tenfold_units::{Interval, Unit, math};

use super::{Proposal, at};
use crate::draft::t;
use crate::types::Threshold;

/// Loads that are tried on each side, as factors.
const UP: [f64; 6] = [2.0, 5.0, 10.0, 30.0, 100.0, 1_000.0];
const DOWN: [f64; 5] = [0.5, 0.2, 0.1, 0.01, 0.001];
/// Halvings of a bracket: the factor is then known to 5 %.
const STEPS: u32 = 4;

/// Adds to each choice the nearest load at which it falls otherwise, above today's if there is one.
pub(super) fn note(proposal: &mut Proposal, estimate: &Estimate, catalog: &Catalog) {
    let mut seen: BTreeMap<u64, BTreeMap<String, String>> = BTreeMap::new();
    let mut chosen_at = |factor: f64| {
        seen.entry(factor.to_bits())
            .or_insert_with(|| chosen(&at(estimate, catalog, factor, true)))
            .clone()
    };
    let today = chosen(proposal);
    for index in 0..proposal.choices.len() {
        let id = proposal.choices[index].id.clone();
        let other = |choices: &BTreeMap<String, String>| {
            choices.get(&id).filter(|option| **option != today[&id]).cloned()
        };
        for steps in [&UP[..], &DOWN[..]] {
            let mut near = 1.0;
            let mut found = None;
            for factor in steps {
                if let Some(option) = other(&chosen_at(*factor)) {
                    found = Some((*factor, option));
                    break;
                }
                near = *factor;
            }
            let Some((mut far, mut option)) = found else { continue };
            for _ in 0..STEPS {
                let middle = (near * far).sqrt();
                match other(&chosen_at(middle)) {
                    Some(there) => (far, option) = (middle, there),
                    None => near = middle,
                }
            }
            threshold(proposal, index, far, &option);
            break;
        }
    }
}

fn chosen(proposal: &Proposal) -> BTreeMap<String, String> {
    proposal.choices.iter().map(|c| (c.id.clone(), c.chosen.clone())).collect()
}

fn threshold(proposal: &mut Proposal, index: usize, factor: f64, option: &str) {
    let choice = &mut proposal.choices[index];
    let figure = format!("changes.{}", choice.id);
    let words = "the whole design, made anew at other loads until this choice falls otherwise";
    let rounded = round(factor);
    let (label, value) = ("load at which the choice changes", Interval::exact(rounded));
    proposal.ledger.computed(&figure, label, Unit::Factor, value, words, &["load_factor"]);
    let name = choice.options.iter().find(|o| o.id == option).map(|o| o.name.clone());
    let name = name.unwrap_or_else(|| t(option, option));
    let text = if factor > 1.0 {
        t(
            format!("From {{{figure}}} of this load: {}.", name.en),
            format!("부하가 지금의 {{{figure}}} 이상이면 선택이 바뀐다: {}.", name.ko),
        )
    } else {
        t(
            format!("Below {{{figure}}} of this load: {}.", name.en),
            format!("부하가 지금의 {{{figure}}} 미만이면 선택이 바뀐다: {}.", name.ko),
        )
    };
    choice.changes_at = Some(Threshold { factor: figure, to: option.to_owned(), text });
}

/// Two significant digits: the search is no finer.
fn round(factor: f64) -> f64 {
    let scale = math::powf(10.0, math::log10(factor).floor() - 1.0);
    (factor / scale).round() * scale
}
