//! The assumptions that matter most, and the value at which each breaks the design.

use tenfold_design::Design;
use tenfold_units::{Interval, Ledger, Provenance, Text, Unit, math};

use crate::plan::Sensitivity;

/// How many are shown.
const SHOWN: usize = 5;

/// Assumptions whose breaking value is searched: those that move some part most.
const SEARCHED: usize = 14;

/// A value that has not broken the design by this factor does not.
const FACTOR_MAX: f64 = 100.0;

/// Halvings of the bracket: the value is then known to less than a percent.
const STEPS: u32 = 14;

/// An assumption with what it does to the busiest part.
struct Candidate {
    leaf: String,
    /// The utilization that it moves most.
    moves: String,
    /// Spread of that utilization in ln between the ends of the assumption.
    spread: f64,
    /// The value at which a part has no server left, and the part.
    breaks: Option<(f64, String)>,
}

/// Returns the assumptions that matter most, the one that breaks the design soonest first; the
/// figures that it names go into the ledger.
pub(crate) fn find(design: &Design, ledger: &mut Ledger) -> Vec<Sensitivity> {
    let parts: Vec<String> = design
        .components
        .keys()
        .map(|name| format!("utilization.{name}"))
        .filter(|id| ledger.contains(id))
        .collect();
    let mut candidates = candidates(ledger, &parts);
    candidates.truncate(SEARCHED);
    for candidate in &mut candidates {
        candidate.breaks = breaking(ledger, &candidate.leaf, &parts);
    }
    candidates.sort_by(|a, b| urgency(ledger, a).total_cmp(&urgency(ledger, b)));
    candidates.truncate(SHOWN);
    candidates.into_iter().map(|candidate| record(ledger, candidate)).collect()
}

/// Uncertain inputs by how far they move some part, farthest first.
fn candidates(ledger: &Ledger, parts: &[String]) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    for id in parts {
        for (leaf, swing) in &ledger[id.as_str()].swings {
            let assumed = matches!(
                ledger.get(leaf).map(|figure| &figure.provenance),
                Some(Provenance::Assumed { .. } | Provenance::Fact { .. })
            );
            let (low, high) = (swing.at_low.min(swing.at_high), swing.at_low.max(swing.at_high));
            if !assumed || low <= 0.0 {
                continue;
            }
            let spread = math::ln(high / low);
            match found.iter_mut().find(|candidate| candidate.leaf == *leaf) {
                Some(known) if known.spread >= spread => {}
                Some(known) => (known.moves, known.spread) = (id.clone(), spread),
                None => found.push(Candidate {
                    leaf: leaf.clone(),
                    moves: id.clone(),
                    spread,
                    breaks: None,
                }),
            }
        }
    }
    found.sort_by(|a, b| b.spread.total_cmp(&a.spread).then_with(|| a.leaf.cmp(&b.leaf)));
    found
}

/// How far the breaking value lies, in widths of the assumption's own range; never: infinite.
fn urgency(ledger: &Ledger, candidate: &Candidate) -> f64 {
    let interval = ledger[candidate.leaf.as_str()].interval;
    let Some((value, _)) = &candidate.breaks else { return 1e6 - candidate.spread };
    let distance = math::ln(value / interval.mid).abs();
    let toward = if *value > interval.mid {
        math::ln(interval.high / interval.mid)
    } else {
        math::ln(interval.mid / interval.low)
    };
    distance / toward.max(1e-9)
}

/// Returns the value nearest to today's at which a part has no server left.
fn breaking(ledger: &Ledger, leaf: &str, parts: &[String]) -> Option<(f64, String)> {
    let mid = ledger.value(leaf);
    if mid <= 0.0 {
        return None;
    }
    let wanted: Vec<&str> = parts.iter().map(String::as_str).collect();
    let worst = |value: f64| {
        let values = ledger.values_with(leaf, value, &wanted);
        let most = values.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        most.map(|(index, value)| (*value, parts[index].clone()))
    };
    let ratio_max = if ledger[leaf].unit == Unit::Ratio { 1.0 / mid } else { FACTOR_MAX };
    let mut found: Option<(f64, String)> = None;
    for limit in [ratio_max, 1.0 / FACTOR_MAX] {
        if worst(mid * limit)?.0 <= 1.0 {
            continue;
        }
        let (mut fine, mut broken) = (mid, mid * limit);
        for _ in 0..STEPS {
            let middle = (fine * broken).sqrt();
            if worst(middle)?.0 > 1.0 { broken = middle } else { fine = middle }
        }
        let part = worst(broken)?.1;
        let nearer = found
            .as_ref()
            .is_none_or(|(value, _)| math::ln(broken / mid).abs() < math::ln(value / mid).abs());
        if nearer {
            found = Some((broken, part));
        }
    }
    found
}

fn record(ledger: &mut Ledger, candidate: Candidate) -> Sensitivity {
    let Candidate { leaf, moves, breaks, .. } = candidate;
    let swing = ledger[moves.as_str()].swings[&leaf];
    let moved = ledger[moves.as_str()].clone();
    let mut end = |name: &str, value: f64| {
        let id = format!("sensitivity.{leaf}.{name}");
        let label = format!("{} with {leaf} at its {name} end", moved.label);
        let formula = format!("{moves} with {leaf} at its {name} end");
        let interval = Interval::exact(value);
        ledger.computed(&id, &label, moved.unit, interval, &formula, &[&moves, &leaf]);
        id
    };
    let (at_low, at_high) = (end("low", swing.at_low), end("high", swing.at_high));
    let (breaks_at, broken) = match breaks {
        None => (None, None),
        Some((value, part)) => {
            let id = format!("sensitivity.{leaf}.breaks_at");
            let name = part.trim_start_matches("utilization.").to_owned();
            let (unit, label) = (ledger[leaf.as_str()].unit, ledger[leaf.as_str()].label.clone());
            let label = format!("{label}: value at which {name} has no server left");
            let formula = format!("the value of {leaf} at which {part} is 1");
            let interval = Interval::exact(value);
            ledger.computed(&id, &label, unit, interval, &formula, &[&leaf, &part]);
            let text = Text::new(
                format!("{name} has no server left at peak"),
                format!("peak에서 {name}의 서버가 모두 소진된다"),
            );
            (Some(id), Some(text))
        }
    };
    Sensitivity { figure: leaf, moves, at_low, at_high, breaks_at, broken }
}
