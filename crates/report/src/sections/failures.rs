//! Section 7: each loss, what users saw, for how long, and what would help.

use tenfold_architect::{KillWhat, PhaseName, Plan, Trial, TrialKind};
use tenfold_units::{Text, Unit};

use super::scaling::failures;
use crate::chart::{Axis, LineChart, Series};
use crate::document::{Document, plain};

pub(super) fn write(plan: &Plan, document: &mut Document<'_>) {
    document.explain(&Text::new(
        "Each part was killed at peak and brought back. Onset lasts until the loss is noticed and \
         traffic goes around it; degraded until it is replaced; recovery while caches are cold.",
        "각 구성 요소를 peak 부하에서 죽였다가 되살렸다. onset은 장애를 감지해 traffic을 우회할 \
         때까지, degraded는 교체가 끝날 때까지, recovery는 cache가 다시 찰 때까지이다.",
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
        phases(trial, document);
        timeline(trial, document);
        for mitigation in &trial.mitigations {
            document.explain(&mitigation.text);
        }
    }
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
            worst.map_or_else(String::new, |(operation, id)| {
                format!("{}: {}", plain(operation), document.print(Some(id)))
            }),
            if trial.breaks.is_empty() {
                "survived".to_owned()
            } else {
                let broken: Vec<String> = trial.breaks.iter().map(|id| plain(id)).collect();
                format!("**breaks {}**", broken.join(", "))
            },
            if single { "**single point of failure**".to_owned() } else { String::new() },
        ]);
    }
    let head = ["Loss", "Error budget spent, worst operation", "Objectives after failover", ""];
    document.table(&head, rows);
}

fn phases(trial: &Trial, document: &mut Document<'_>) {
    let mut rows = Vec::new();
    for phase in &trial.phases {
        let name = match phase.name {
            PhaseName::Steady => "steady",
            PhaseName::Onset => "onset",
            PhaseName::Degraded => "degraded",
            PhaseName::Recovery => "recovery",
        };
        for seen in &phase.operations {
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

fn timeline(trial: &Trial, document: &mut Document<'_>) {
    // A flat line says nothing that the table does not say.
    let moves = trial.timeline.iter().any(|point| point.good_ratio.values().any(|r| *r < 0.999));
    if !moves {
        return;
    }
    let mut series: Vec<Series> = Vec::new();
    for point in &trial.timeline {
        for (operation, ratio) in &point.good_ratio {
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
        spans: Vec::new(),
    };
    let alt = "Good answers over time; long phases are shortened";
    document.picture(&format!("{}.svg", trial.id), alt, chart.draw().finish());
}
