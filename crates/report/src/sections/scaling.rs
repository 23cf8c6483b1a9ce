//! Section 6: the same sizes under ten and a hundred times the load, and the design made anew.

use tenfold_architect::{Plan, Trial, TrialKind};
use tenfold_units::{Text, Unit};

use crate::chart::{Axis, BarChart, LineChart, Series};
use crate::document::{Document, code, plain};
use crate::words;

pub(super) fn write(plan: &Plan, document: &mut Document<'_>) {
    document.heading(3, "Stress: more load, the same sizes");
    let loads: Vec<&Trial> =
        plan.trials.iter().filter(|trial| matches!(trial.kind, TrialKind::Load(_))).collect();
    stress(&loads, document);
    charts(plan, &loads, document);
    document.heading(3, "Where each part gives out");
    gives_out(plan, document);
    document.heading(3, "Redesign");
    redesigns(plan, document);
}

fn stress(loads: &[&Trial], document: &mut Document<'_>) {
    let mut rows = Vec::new();
    for trial in loads {
        for seen in trial.phases.iter().flat_map(|phase| &phase.operations) {
            let cells = document.ledger.get(&format!("sim.{}.cells", trial.id));
            rows.push(vec![
                plain(&trial.id),
                cells.map_or_else(|| "all".to_owned(), |cells| format!("1 of {}", cells.print())),
                plain(&seen.operation),
                document.print(Some(&seen.arriving)),
                document.print(Some(&seen.goodput)),
                document.print(Some(&seen.availability)),
                document.print(seen.p99.as_ref()),
                failures(&seen.failures, document),
            ]);
        }
    }
    let head = [
        "Load",
        "#Cells",
        "Operation",
        "#Arriving",
        "#Goodput",
        "#Availability",
        "#P99",
        "Failed by",
    ];
    document.table(&head, rows);
    let mut told: Vec<&Text> = Vec::new();
    for approximation in loads.iter().flat_map(|trial| &trial.approximations) {
        if !told.contains(&&approximation.text) {
            told.push(&approximation.text);
            document.explain(&approximation.text);
        }
    }
}

pub(super) fn failures(failures: &[(String, String)], document: &Document<'_>) -> String {
    let failures: Vec<String> = failures
        .iter()
        .take(3)
        .map(|(cause, id)| format!("{} {}", plain(cause), document.print(Some(id))))
        .collect();
    failures.join(", ")
}

fn charts(plan: &Plan, loads: &[&Trial], document: &mut Document<'_>) {
    let value = |id: &String| plan.ledger.value(id);
    let mut series: Vec<Series> = Vec::new();
    for trial in loads {
        for seen in trial.phases.iter().flat_map(|phase| &phase.operations) {
            let Some(p99) = &seen.p99 else { continue };
            let interval = plan.ledger[p99.as_str()].interval;
            let point = (value(&seen.arriving), interval.mid);
            let name = format!("{} p99", seen.operation);
            let index = series.iter().position(|s| s.name == name).unwrap_or_else(|| {
                series.push(Series { name, points: Vec::new(), band: Vec::new() });
                series.len() - 1
            });
            series[index].points.push(point);
            series[index].band.push((interval.low, interval.high));
        }
    }
    series.truncate(8);
    if !series.is_empty() {
        for line in &mut series {
            let mut points: Vec<_> = line.points.iter().copied().zip(line.band.clone()).collect();
            points.sort_by(|a, b| a.0.0.total_cmp(&b.0.0));
            (line.points, line.band) = points.into_iter().unzip();
        }
        let limits = limits(plan);
        let chart = LineChart {
            title: "Latency over load".to_owned(),
            x: axis("requests arriving", Unit::PerSecondSimulated),
            y: axis("latency at the edge", Unit::Seconds),
            series,
            limits,
            spans: Vec::new(),
        };
        let alt = "Latency over load, with 95 % intervals";
        document.picture("latency.svg", alt, chart.draw().finish());
    }
    for trial in loads {
        let mut bars: Vec<(String, f64, String)> = Vec::new();
        for part in trial.phases.iter().flat_map(|phase| &phase.components) {
            let Some(id) = &part.utilization else { continue };
            bars.push((part.component.clone(), value(id), document.print(Some(id))));
        }
        if bars.is_empty() || !matches!(trial.id.as_str(), "peak" | "10x") {
            continue;
        }
        let title = format!("Utilization of the servers, {}", trial.id);
        let chart = BarChart { title: title.clone(), bars, limit: None };
        let file = format!("utilization-{}.svg", trial.id);
        document.picture(&file, &title, chart.draw().finish());
    }
}

/// The limits of objectives at the 99th percentile; those of the same value share a line.
fn limits(plan: &Plan) -> Vec<(f64, String)> {
    let mut limits: Vec<(f64, String)> = Vec::new();
    let at_p99 = |sli: tenfold_estimate::Sli| sli.quantile() == Some(0.99);
    for objective in plan.estimate.objectives.iter().filter(|o| at_p99(o.sli)) {
        let value = plan.ledger.value(&objective.limit);
        match limits.iter_mut().find(|(other, _)| *other == value) {
            Some((_, names)) => names.push_str(&format!(", {}", objective.id)),
            None => limits.push((value, format!("limit of {}", objective.id))),
        }
    }
    limits.truncate(3);
    limits
}

fn axis(label: &str, unit: Unit) -> Axis {
    Axis { label: label.to_owned(), unit, logarithmic: true }
}

/// The factor of today's peak at which each component, key space or limit gives out.
fn gives_out(plan: &Plan, document: &mut Document<'_>) {
    let mut parts: Vec<(&str, f64)> = plan
        .ledger
        .iter()
        .filter(|(id, _)| id.starts_with("gives_out."))
        .map(|(id, figure)| (id, figure.mid()))
        .collect();
    parts.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(b.0)));
    let rows = parts
        .into_iter()
        .map(|(id, _)| {
            let figure = &plan.ledger[id];
            vec![
                plain(&figure.label),
                figure.print(),
                document.range(id),
                super::working::working(&plan.ledger, id),
            ]
        })
        .collect();
    document.explain(&Text::new(
        "The load, as a factor of today's peak, at which each part reaches the end of what it has.",
        "각 구성 요소가 한계에 도달하는 부하이며, 현재 peak 대비 배수로 표시한다.",
    ));
    document.table(&["Part", "#Gives out at", "#Likely range", "Working"], rows);
}

fn redesigns(plan: &Plan, document: &mut Document<'_>) {
    for redesign in &plan.redesigns {
        document.heading(4, &format!("Designed anew for {}", redesign.id));
        let rows = redesign.changes.iter().map(|change| {
            vec![
                plain(&change.component),
                runs(change.now.as_deref(), document),
                runs(change.then.as_deref(), document),
            ]
        });
        let rows = rows.collect();
        document.table(&["Component", "Today", "Then"], rows);
        let choices: Vec<String> = redesign
            .choices
            .iter()
            .map(|(id, now, then)| format!("{}: {} becomes {}", code(id), plain(now), plain(then)))
            .collect();
        document.list(choices);
        for note in &redesign.notes {
            document.explain(note);
        }
    }
}

/// What a component runs on, with the printed number of instances.
fn runs(template: Option<&str>, document: &Document<'_>) -> String {
    template.map_or_else(
        || "not there".to_owned(),
        |template| plain(&words::fill_with(template, &|id| words::print(document.ledger, id))),
    )
}
