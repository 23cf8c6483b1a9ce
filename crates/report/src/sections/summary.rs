//! The page to sign: verdicts, the assumptions that matter, what was not understood, weak points.

use tenfold_architect::{Plan, VerdictKind};
use tenfold_units::Text;

use crate::document::{Document, code, plain};

pub(super) fn write(plan: &Plan, document: &mut Document<'_>) {
    let place = &plan.design.place;
    document.paragraph(format!(
        "tenfold {}, seed {}, catalogue {}; {} {}, zones {}.",
        plan.version,
        plan.seed.0,
        plan.catalogue,
        plain(&place.provider),
        plain(&place.region),
        plain(&place.zones.join(" "))
    ));
    document.heading(2, "To sign");
    let limits = plan.binding_limits();
    if !limits.is_empty() {
        document.heading(3, "Infeasible as stated");
        for limit in &limits {
            document.explain(limit);
        }
    }
    verdicts(plan, document);
    assumptions(plan, document);
    not_understood(plan, document);
    document.heading(3, "Weakest points");
    for weakness in &plan.weaknesses {
        document.explain(&weakness.text);
    }
    let broken: Vec<_> = plan.findings.iter().collect();
    if !broken.is_empty() {
        document.heading(3, "Findings");
        for finding in broken {
            document.explain(&finding.text);
        }
    }
}

fn verdicts(plan: &Plan, document: &mut Document<'_>) {
    let mut rows = Vec::new();
    for verdict in &plan.verdicts {
        let word = match verdict.verdict {
            VerdictKind::Met => "met",
            VerdictKind::Undecided => "**undecided**",
            VerdictKind::Missed => "**missed**",
        };
        let objective = plan.estimate.objectives.iter().find(|o| o.id == verdict.objective);
        let stated = objective.is_some_and(|objective| objective.origin.is_stated());
        let simulated = verdict.simulated.as_ref().map_or_else(
            || "not enough data".to_owned(),
            |id| {
                let range = document.range(id);
                let mid = document.print(Some(id));
                if range.is_empty() { mid } else { format!("{mid} ({range})") }
            },
        );
        let analytic = verdict.analytic.as_ref();
        rows.push(vec![
            format!("{}{}", plain(&verdict.objective), if stated { "" } else { " (assumed)" }),
            document.print(Some(&verdict.limit)),
            analytic.map_or_else(|| "no closed form".to_owned(), |id| document.print(Some(id))),
            simulated,
            match &verdict.reason {
                Some(reason) => format!("{word}: {}", document.once(reason)),
                None => word.to_owned(),
            },
        ]);
    }
    document.table(&["Objective", "#Limit", "#Analytic", "#Simulated (95 %)", "Verdict"], rows);
}

fn assumptions(plan: &Plan, document: &mut Document<'_>) {
    document.heading(3, "Assumptions that matter most");
    let mut rows = Vec::new();
    for sensitivity in &plan.sensitivities {
        let figure = &plan.ledger[sensitivity.figure.as_str()];
        let moved = &plan.ledger[sensitivity.moves.as_str()];
        let breaks = match (&sensitivity.breaks_at, &sensitivity.broken) {
            (Some(id), Some(text)) => {
                format!("{}: {}", document.print(Some(id)), document.once(text))
            }
            _ => "not within a factor of 100".to_owned(),
        };
        rows.push(vec![
            plain(&figure.label),
            figure.print(),
            document.range(&sensitivity.figure),
            format!(
                "{}: {} to {}",
                plain(&moved.label),
                document.print(Some(&sensitivity.at_low)),
                document.print(Some(&sensitivity.at_high))
            ),
            breaks,
        ]);
    }
    let head = ["Assumption", "#Value", "#Likely range", "What it moves", "The design breaks at"];
    document.table(&head, rows);
}

fn not_understood(plan: &Plan, document: &mut Document<'_>) {
    document.heading(3, "Not understood");
    let items: Vec<String> = plan
        .estimate
        .not_understood
        .iter()
        .map(|item| {
            let place = format!("{}:{}", item.line, item.column);
            format!("brief {place} \"{}\": {}", plain(&item.text), plain(&item.why))
        })
        .collect();
    if items.is_empty() {
        document.explain(&Text::new(
            "Every statement of the brief was understood; how ambiguous ones were read stands in \
             section 1.",
            "brief의 모든 문장을 이해했다. 모호한 문장을 어떻게 읽었는지는 1절에 있다.",
        ));
    }
    document.list(items);
    let readings: Vec<String> = plan
        .estimate
        .readings
        .iter()
        .map(|reading| {
            format!(
                "brief {}:{} \"{}\": {}; {}",
                reading.line,
                reading.column,
                plain(&reading.text),
                plain(&reading.read_as),
                plain(&reading.help)
            )
        })
        .collect();
    if !readings.is_empty() {
        document.paragraph(format!("Readings to confirm, see also {}:", code("tenfold explain")));
        document.list(readings);
    }
}
