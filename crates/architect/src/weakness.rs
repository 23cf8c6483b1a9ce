//! The three weakest points: the smallest margin, the largest share of unavailability, and what
//! gives out first.

use tenfold_design::Design;
use tenfold_estimate::OperationKind;
use tenfold_units::{Interval, Ledger, Text, Unit};

use crate::plan::{KillWhat, Trial, TrialKind, Verdict, Weakness};

/// Adds `gives_out.<component>`: the factor of today's peak at which it has no server left.
pub(crate) fn gives_out(design: &Design, ledger: &mut Ledger) {
    for name in design.components.keys() {
        let utilization = format!("utilization.{name}");
        let Some(figure) = ledger.get(&utilization) else { continue };
        if figure.mid() > 0.0 {
            let id = format!("gives_out.{name}");
            ledger.derive(&id, name, Unit::Factor, &format!("1 / {utilization}"));
        }
    }
}

/// Returns the three weakest points; figures that they name go into the ledger.
pub(crate) fn find(
    design: &Design,
    ledger: &mut Ledger,
    trials: &[Trial],
    verdicts: &[Verdict],
) -> Vec<Weakness> {
    let mut found = Vec::new();
    found.extend(margin(ledger, verdicts));
    found.extend(unavailability(design, ledger, trials));
    found.extend(first(ledger));
    found
}

/// The objective whose simulated value is nearest to its limit, as a share of the limit.
fn margin(ledger: &mut Ledger, verdicts: &[Verdict]) -> Option<Weakness> {
    let mut nearest: Option<(f64, &Verdict)> = None;
    for verdict in verdicts {
        let Some(simulated) = &verdict.simulated else { continue };
        let (limit, seen) = (ledger.value(&verdict.limit), ledger.value(simulated));
        // Ratios near 1 are compared by what is missing to 1.
        let used = if ledger[verdict.limit.as_str()].unit == Unit::Ratio {
            (1.0 - seen) / (1.0 - limit).max(1e-12)
        } else {
            seen / limit
        };
        if nearest.is_none_or(|(most, _)| used > most) {
            nearest = Some((used, verdict));
        }
    }
    let (used, verdict) = nearest?;
    let id = format!("margin.{}", verdict.objective);
    let simulated = verdict.simulated.clone()?;
    ledger.computed(
        &id,
        &format!("share of what {} allows that is used", verdict.objective),
        Unit::Ratio,
        Interval::exact(used),
        "simulated over limit; for availability, what is missing to 1 over what may be",
        &[&verdict.limit, &simulated],
    );
    let (objective, limit) = (&verdict.objective, &verdict.limit);
    Some(Weakness {
        kind: "margin".to_owned(),
        text: Text::new(
            format!(
                "Smallest margin: {objective} uses {{{id}}} of what it may ({{{simulated}}} against \
                 {{{limit}}})."
            ),
            format!(
                "여유가 가장 적은 목표: {objective}. 한계 {{{limit}}} 대비 {{{simulated}}}, 즉 \
                 허용치의 {{{id}:을}} 쓴다."
            ),
        ),
    })
}

/// The kind of loss that takes the largest share of the unavailability of a year.
fn unavailability(design: &Design, ledger: &mut Ledger, trials: &[Trial]) -> Option<Weakness> {
    // Nobody waits for a job.
    let awaited = |name: &String| {
        design.workload.get(name).is_none_or(|operation| operation.kind != OperationKind::Job)
    };
    let rate = |ledger: &Ledger, trial: &Trial| match &trial.kind {
        TrialKind::Kill(fault) => match fault.what {
            KillWhat::Instance => ledger.get("rate.instance_per_second").map(|f| f.mid()),
            KillWhat::Zone => ledger.get("rate.zone_per_second").map(|f| f.mid()),
            KillWhat::Component => None,
        },
        TrialKind::Load(_) => None,
    };
    let mut worst: Option<(f64, &Trial, String, String)> = None;
    for trial in trials {
        let Some(rate) = rate(ledger, trial) else { continue };
        for (operation, id) in trial.budget_minutes.iter().filter(|(name, _)| awaited(name)) {
            let year = rate * ledger.value(id);
            if worst.as_ref().is_none_or(|(most, ..)| year > *most) {
                worst = Some((year, trial, operation.clone(), id.clone()));
            }
        }
    }
    let (year, trial, operation, id) = worst?;
    if year <= 0.0 && ledger.contains("region.availability") {
        return Some(Weakness {
            kind: "unavailability".to_owned(),
            text: Text::new(
                "No loss of one instance or zone takes an answer from anybody: what is left is the \
                 region itself, there for {region.availability} of a year.",
                "instance나 zone 하나를 잃어도 실패하는 요청이 없다. 남는 것은 region 자체의 장애로, 한 해의 \
                 {region.availability} 동안 살아 있다.",
            ),
        });
    }
    let TrialKind::Kill(fault) = &trial.kind else { return None };
    let (en, ko) = match fault.what {
        KillWhat::Zone => (format!("zone {}", fault.target), format!("zone {}", fault.target)),
        KillWhat::Instance | KillWhat::Component => {
            (format!("an instance of {}", fault.target), format!("{} instance 하나", fault.target))
        }
    };
    Some(Weakness {
        kind: "unavailability".to_owned(),
        text: Text::new(
            format!(
                "Largest share of unavailability: losing {en} costs {operation} {{{id}}} of its \
                 error budget each time."
            ),
            format!(
                "가용성을 가장 많이 깎는 장애: {ko} 손실. 한 번에 {operation}의 error budget \
                 {{{id}:을}} 쓴다."
            ),
        ),
    })
}

/// The part that gives out first as the load grows, and the next.
fn first(ledger: &Ledger) -> Option<Weakness> {
    let mut parts: Vec<(&str, f64)> = ledger
        .iter()
        .filter(|(id, _)| id.starts_with("gives_out."))
        .map(|(id, figure)| (id, figure.mid()))
        .collect();
    parts.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(b.0)));
    let (id, _) = parts.first()?;
    let name = id.trim_start_matches("gives_out.");
    let mut en =
        format!("First to give out: {name} has no server left at {{{id}}} of today's peak");
    let mut ko =
        format!("가장 먼저 한계에 닿는 곳: {name}. 현재 peak의 {{{id}}}에서 서버가 소진된다");
    if let Some((next, _)) = parts.get(1) {
        let name = next.trim_start_matches("gives_out.");
        en.push_str(&format!(", then {name} at {{{next}}}"));
        ko.push_str(&format!(". 그다음은 {name}, {{{next}}}"));
    }
    en.push('.');
    ko.push('.');
    Some(Weakness { kind: "first-to-give-out".to_owned(), text: Text::new(en, ko) })
}
