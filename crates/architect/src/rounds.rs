//! Propose, simulate, and propose again with more room where the simulation found too little.

use tenfold_design::Design;
use tenfold_units::{Interval, Ledger, Provenance, Seed, Unit};

use crate::plan::{KillWhat, Phase, PhaseName, Trial, TrialKind, Verdict, VerdictKind};

/// Designs that are proposed at most for one brief.
pub(crate) const ROUNDS: u32 = 2;

/// Factor on the size of a part that had too little room.
const MORE: f64 = 1.25;

/// A part that is less busy than this is not what a design fails by: sizes leave three quarters of a
/// fleet busy when a zone of three is lost, and more of it would not help.
const BUSY: f64 = 0.8;

/// Returns figures that ask for more room where an objective is missed under load, or broken by the
/// loss of an instance or a zone; none where all holds or size is not the cause.
///
/// The part with the highest utilization in the failing phase gets a quarter more than before.
pub(crate) fn more_room(
    design: &Design,
    ledger: &Ledger,
    trials: &[Trial],
    verdicts: &[Verdict],
) -> Vec<(String, f64)> {
    let missed = verdicts.iter().any(|verdict| verdict.verdict == VerdictKind::Missed);
    let mut found: Vec<(String, f64)> = Vec::new();
    for trial in trials {
        let fails = match &trial.kind {
            TrialKind::Load(_) => missed && trial.id == "peak",
            TrialKind::Kill(fault) => fault.what != KillWhat::Component && !trial.breaks.is_empty(),
        };
        if !fails {
            continue;
        }
        let Some(part) = trial.phases.iter().filter(|p| is_judged(p)).find_map(|p| {
            busiest(ledger, p).filter(|(_, busy)| *busy >= BUSY).map(|(part, _)| part)
        }) else {
            continue;
        };
        for name in sized_as(design, &part) {
            let factor = ledger.get(&figure(&name)).map_or(1.0, |had| had.mid()) * MORE;
            if !found.iter().any(|(known, _)| *known == name) {
                found.push((name, factor));
            }
        }
    }
    found
}

/// Writes the room that a round asks for into the figures from which the next one sizes.
pub(crate) fn ask(ledger: &mut Ledger, room: &[(String, f64)], seed: Seed) {
    for (name, factor) in room {
        ledger.insert(
            &figure(name),
            &format!("{name}: room that the simulation asked for beyond the formulas"),
            Unit::Factor,
            Interval::exact(*factor),
            Provenance::Simulated { scenario: "rounds of proposing".to_owned(), seed: seed.0 },
        );
    }
}

fn figure(name: &str) -> String {
    format!("headroom.{name}")
}

fn is_judged(phase: &Phase) -> bool {
    matches!(phase.name, PhaseName::Steady | PhaseName::Degraded)
}

fn busiest(ledger: &Ledger, phase: &Phase) -> Option<(String, f64)> {
    phase
        .components
        .iter()
        .filter_map(|seen| Some((seen.component.clone(), ledger.value(seen.utilization.as_ref()?))))
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

/// The names under which a part is sized: its own, and those of the data in it.
fn sized_as(design: &Design, part: &str) -> Vec<String> {
    let mut names = vec![part.to_owned()];
    if let Some(component) = design.components.get(part) {
        names.push(component.role.clone());
        names.extend(component.data.keys().cloned());
    }
    names.retain(|name| !name.is_empty() && !name.contains(' '));
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use tenfold_brief::Format;
    use tenfold_catalog::Catalog;
    use tenfold_design::propose;

    use super::*;
    use crate::review::tried;
    use crate::stages::{PlanOptions, read};
    use crate::trial::HitRatios;

    #[test]
    fn a_fleet_that_is_too_small_is_proposed_larger_in_the_next_round() {
        let brief = include_bytes!("../../../examples/url-shortener.md");
        let catalog = Catalog::builtin();
        let mut estimate = read(brief, Format::Markdown, &catalog);
        let mut proposal = propose(&estimate, &catalog);
        let nodes = |design: &Design| design.components["redirect"].runs.per_zone.unwrap();
        let before = nodes(&proposal.design);
        let fleet = proposal.design.components.get_mut("redirect").unwrap();
        fleet.runs.per_zone = Some(before / 2);
        let options = PlanOptions {
            seed: Seed(1),
            budget: 6_000_000,
            progress: &|_, _| {},
            first_look: None,
        };
        let (design, ledger) = (&proposal.design, &mut proposal.ledger);
        let only = |id: &str| id == "kill-zone-a";
        let hits = HitRatios::new(design, ledger, options.seed);
        let trials = tried(design, ledger, &catalog, &hits, &options, 1.0, &only);
        assert!(!trials[0].breaks.is_empty(), "half the fleet does not survive a zone");
        let room = more_room(design, ledger, &trials, &[]);
        assert!(room.iter().any(|(name, factor)| name == "redirect" && *factor == MORE));
        ask(&mut estimate.ledger, &room, options.seed);
        assert!(nodes(&propose(&estimate, &catalog).design) > before);
    }
}
