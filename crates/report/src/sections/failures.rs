//! Section 7: each loss, what users saw, for how long, and what would help.

use tenfold_architect::{KillWhat, PhaseName, Plan, Trial, TrialKind};
use tenfold_units::{Text, Unit};

use super::scaling::failures;
use crate::chart::{Axis, LineChart, Series};
use crate::document::{Document, plain};

pub(super) fn write(plan: &Plan, document: &mut Document<'_>) {
    document.explain(&Text::new(
        "Each part was killed at peak and brought back. Onset lasts until the loss is noticed and \
         traffic goes around it; degraded until it is replaced; recovery while caches are cold. A \
         single point of failure (SPOF) is an instance whose loss breaks an objective after \
         failover.",
        "각 구성 요소를 peak 부하에서 죽였다가 되살렸다. onset은 장애를 감지해 traffic을 우회할 \
         때까지, degraded는 교체가 끝날 때까지, recovery는 cache가 다시 찰 \
         때까지이다. SPOF는 잃었을 때 failover 뒤에도 목표를 깨는 인스턴스다.",
    ));
    let kills: Vec<(&Trial, KillWhat, &str)> = plan
        .trials
        .iter()
        .filter_map(|trial| match &trial.kind {
            TrialKind::Kill(fault) => Some((trial, fault.what, fault.target.as_str())),
            TrialKind::Load(_) => None,
        })
        .collect();
    overview(&kills, document);
    for (trial, what, target) in &kills {
        document.heading(3, &title(*what, target));
        let hurt = hurt(trial, document);
        told(trial, &hurt, document);
        if !hurt.is_empty() {
            phases(trial, &hurt, document);
            timeline(trial, &hurt, document);
        }
        for mitigation in &trial.mitigations {
            document.explain(&mitigation.text);
        }
    }
}

/// A share of good answers below this is noticed.
const NOTICED: f64 = 0.9995;

/// The operations that answered worse in some phase.
fn hurt<'a>(trial: &'a Trial, document: &Document<'_>) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for seen in trial.phases.iter().flat_map(|phase| &phase.operations) {
        let bad = document.ledger.value(&seen.availability) < NOTICED;
        if bad && !names.contains(&seen.operation.as_str()) {
            names.push(&seen.operation);
        }
    }
    names
}

/// What users saw, for how long, and what it took of the error budget.
fn told(trial: &Trial, hurt: &[&str], document: &mut Document<'_>) {
    for name in hurt {
        let (mut english, mut korean) = (Vec::new(), Vec::new());
        for phase in &trial.phases {
            let seen = phase.operations.iter().find(|seen| seen.operation == *name);
            let (Some(seen), Some(lasts)) = (seen, &phase.lasts) else { continue };
            let good = &seen.availability;
            if document.ledger.value(good) < NOTICED {
                english.push(format!("{{{good}}} good answers for {{{lasts}}}"));
                korean.push(format!("{{{lasts}}} 동안 정상 응답 {{{good}}}"));
            }
        }
        let (english, korean) = (english.join(", then "), korean.join(", 이어서 "));
        let (spent_en, spent_ko) = match trial.budget_minutes.get(*name) {
            Some(id) => (
                format!(" It takes {{{id}}} of the error budget."),
                format!(" error budget {{{id}:을}} 쓴다."),
            ),
            None => (String::new(), String::new()),
        };
        document.explain(&Text::new(
            format!("Users of {name} saw {english}.{spent_en}"),
            format!("{name} 사용자가 본 것: {korean}.{spent_ko}"),
        ));
    }
    let others: Vec<_> = trial
        .phases
        .iter()
        .flat_map(|phase| &phase.operations)
        .filter(|seen| !hurt.contains(&seen.operation.as_str()))
        .collect();
    let least = others
        .iter()
        .map(|seen| &seen.availability)
        .min_by(|a, b| document.ledger.value(a).total_cmp(&document.ledger.value(b)));
    let Some(least) = least else { return };
    let mut names: Vec<&str> = others.iter().map(|seen| seen.operation.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let names = names.join(", ");
    let all_good = document.ledger.value(least) >= 1.0;
    document.explain(&if hurt.is_empty() && all_good {
        Text::new(
            format!("Users noticed nothing: every simulated request of {names} had a good answer."),
            format!(
                "사용자는 알아채지 못했다. 시뮬레이션한 {names} 요청이 모두 정상 응답을 받았다."
            ),
        )
    } else if all_good {
        Text::new(
            format!("Every simulated request of {names} had a good answer."),
            format!("시뮬레이션한 {names} 요청은 모두 정상 응답을 받았다."),
        )
    } else if hurt.is_empty() {
        Text::new(
            format!("Users noticed nothing: {names} kept at least {{{least}}} good answers."),
            format!(
                "사용자는 알아채지 못했다. {names} 모두 정상 응답 {{{least}}} 이상을 유지했다."
            ),
        )
    } else {
        Text::new(
            format!("Good answers of {names} did not fall below {{{least}}}."),
            format!("{names}의 정상 응답은 {{{least}}} 아래로 내려가지 않았다."),
        )
    });
}

fn title(what: KillWhat, target: &str) -> String {
    match what {
        KillWhat::Instance => format!("One instance of {} is lost", plain(target)),
        KillWhat::Component => format!("All of {} is lost", plain(target)),
        KillWhat::Zone => format!("Zone {} is lost", plain(target)),
    }
}

fn overview(kills: &[(&Trial, KillWhat, &str)], document: &mut Document<'_>) {
    let mut rows = Vec::new();
    for (trial, what, target) in kills {
        let worst = trial
            .budget_minutes
            .iter()
            .max_by(|a, b| document.ledger.value(a.1).total_cmp(&document.ledger.value(b.1)));
        let single = *what == KillWhat::Instance && !trial.breaks.is_empty();
        rows.push(vec![
            title(*what, target),
            match worst {
                Some((operation, id)) if document.ledger.value(id) > 0.0 => {
                    format!("{}: {}", plain(operation), document.print(Some(id)))
                }
                Some(_) | None => "none".to_owned(),
            },
            if trial.breaks.is_empty() {
                "survived".to_owned()
            } else {
                let broken: Vec<String> = trial.breaks.iter().map(|id| plain(id)).collect();
                format!("**breaks {}**", broken.join(", "))
            },
            if single { "**yes**".to_owned() } else { "no".to_owned() },
        ]);
    }
    let head = ["Loss", "Error budget spent, worst operation", "Objectives after failover", "SPOF"];
    document.table(&head, rows);
}

fn phases(trial: &Trial, hurt: &[&str], document: &mut Document<'_>) {
    let mut rows = Vec::new();
    for phase in &trial.phases {
        let name = match phase.name {
            PhaseName::Steady => "steady",
            PhaseName::Onset => "onset",
            PhaseName::Degraded => "degraded",
            PhaseName::Recovery => "recovery",
        };
        for seen in phase.operations.iter().filter(|seen| hurt.contains(&seen.operation.as_str())) {
            rows.push(vec![
                name.to_owned(),
                phase.lasts.as_ref().map_or_else(String::new, |id| document.print(Some(id))),
                plain(&seen.operation),
                document.print(Some(&seen.availability)),
                document.print(seen.p99.as_ref()),
                failures(&seen.failures, document),
            ]);
        }
    }
    let head = ["Phase", "#Lasts", "Operation", "#Good answers", "#P99", "Failed by"];
    document.table(&head, rows);
}

/// From the loss to the return.
fn dead(trial: &Trial) -> Option<(f64, f64, String)> {
    let of = |name: PhaseName| trial.phases.iter().find(|phase| phase.name == name)?.simulated;
    let (from, _) = of(PhaseName::Onset)?;
    let (_, to) = of(PhaseName::Degraded)?;
    Some((from, to, "lost, until it is back".to_owned()))
}

fn timeline(trial: &Trial, hurt: &[&str], document: &mut Document<'_>) {
    // A flat line says nothing that the table does not say.
    let moves = trial.timeline.iter().any(|point| point.good_ratio.values().any(|r| *r < 0.999));
    if !moves {
        return;
    }
    let mut series: Vec<Series> = Vec::new();
    for point in &trial.timeline {
        let shown = point.good_ratio.iter().filter(|(name, _)| hurt.contains(&name.as_str()));
        for (operation, ratio) in shown {
            let index = series.iter().position(|s| s.name == *operation).unwrap_or_else(|| {
                series.push(Series {
                    name: operation.clone(),
                    points: Vec::new(),
                    band: Vec::new(),
                });
                series.len() - 1
            });
            series[index].points.push((point.seconds, *ratio));
        }
    }
    series.truncate(8);
    let chart = LineChart {
        title: "Good answers over simulated time".to_owned(),
        x: Axis { label: "time".to_owned(), unit: Unit::Seconds, logarithmic: false },
        y: Axis { label: "good / requests".to_owned(), unit: Unit::Ratio, logarithmic: false },
        series,
        limits: Vec::new(),
        spans: dead(trial).into_iter().collect(),
    };
    let alt = "Good answers over time; long phases are shortened";
    document.picture(&format!("{}.svg", trial.id), alt, chart.draw().finish());
}
