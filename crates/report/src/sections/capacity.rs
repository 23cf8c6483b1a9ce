//! Section 2: load, storage, bandwidth and memory, each with its working.

use tenfold_architect::Plan;
use tenfold_units::{Figure, Text, Unit};

use super::working::working;
use crate::document::{Document, code, plain};

/// Heading, and whether a figure belongs under it.
type Group = (&'static str, fn(&str, &Figure) -> bool);

const GROUPS: [Group; 4] = [
    ("Traffic", |id, figure| {
        (id.ends_with("_qps_avg") || id.ends_with("_qps_peak") || id.starts_with("op."))
            && figure.unit == Unit::PerSecond
            || matches!(id, "read_write_ratio" | "peak_factor" | "fan_out" | "dau" | "users")
            || id == "concurrent_users"
    }),
    ("Bandwidth", |id, _| id.starts_with("bandwidth_")),
    ("Memory", |id, _| id == "memory_total_bytes" || id.ends_with("working_set_bytes")),
    ("Keys and objects", |id, _| {
        id.starts_with("objects_") || id.starts_with("key_") || id.ends_with(".items_1y")
    }),
];

pub(super) fn write(plan: &Plan, document: &mut Document<'_>) {
    document.explain(&Text::new(
        "Every figure is one logical copy and payload at the edge unless it says otherwise. A \
         load month has {convention.load_month}, a year {convention.year}. Ranges are the \
         {convention.range_low} and {convention.range_high} quantiles of what the assumptions \
         allow.",
        "별도 표기가 없으면 모든 수치는 논리적 사본 하나와 edge의 payload 기준이다. 부하 계산의 한 \
         달은 {convention.load_month}, 1년은 {convention.year}이다. 범위는 가정이 허용하는 값의 \
         {convention.range_low}와 {convention.range_high} 분위수이다.",
    ));
    for (index, (heading, belongs)) in GROUPS.iter().enumerate() {
        // Storage follows from traffic.
        if index == 1 {
            storage(plan, document);
        }
        let figures = plan.ledger.iter();
        let ids: Vec<&str> = figures
            .filter(|(id, figure)| belongs(id, figure) && !id.starts_with("sim."))
            .map(|(id, _)| id)
            .collect();
        if !ids.is_empty() {
            document.heading(3, heading);
            worked(&ids, document);
        }
    }
}

/// A table of figures with their working.
fn worked(ids: &[&str], document: &mut Document<'_>) {
    let rows = ids
        .iter()
        .map(|id| {
            let figure = &document.ledger[*id];
            vec![
                format!("{} {}", plain(&figure.label), code(id)),
                figure.print(),
                document.range(id),
                working(document.ledger, id),
            ]
        })
        .collect();
    document.table(&["Figure", "#Value", "#Likely range", "Working"], rows);
}

/// Bytes of each dataset over the years, then how the first year comes about.
fn storage(plan: &Plan, document: &mut Document<'_>) {
    document.heading(3, "Storage with growth");
    let mut datasets: Vec<(String, String)> = plan
        .estimate
        .datasets
        .iter()
        .map(|dataset| (plain(&dataset.label), format!("data.{}.storage_", dataset.name)))
        .collect();
    let total = "**total, without events and what follows from other data**";
    datasets.push((total.to_owned(), "storage_".to_owned()));
    const SPANS: [&str; 8] = [
        "per_day_bytes",
        "per_month_bytes",
        "1y_bytes",
        "3y_bytes",
        "5y_bytes",
        "10y_bytes",
        "1y_replicated_bytes",
        "5y_replicated_bytes",
    ];
    let print = |base: &str, span: &str| {
        let figure = plan.ledger.get(&format!("{base}{span}"));
        figure.map(tenfold_units::Figure::print).unwrap_or_default()
    };
    let rows: Vec<Vec<String>> = datasets
        .iter()
        .map(|(label, base)| {
            let cells = SPANS.iter().map(|span| print(base, span));
            std::iter::once(label.clone()).chain(cells).collect()
        })
        .filter(|row: &Vec<String>| row[1..].iter().any(|cell| !cell.is_empty()))
        .collect();
    let head = [
        "Data",
        "#A day",
        "#A month",
        "#1 y",
        "#3 y",
        "#5 y",
        "#10 y",
        "#1 y, all copies",
        "#5 y, all copies",
    ];
    document.table(&head, rows);
    for dataset in &plan.estimate.datasets {
        let (growth, kept) = (
            format!("growth.{}", dataset.name),
            format!("data.{}.retention_seconds", dataset.name),
        );
        let grows = plan.ledger.get(&growth).filter(|figure| figure.mid() >= 2.0);
        if let Some((_, against)) = grows.and_then(|figure| figure.label.split_once(" against "))
            && plan.ledger.contains(&kept)
        {
            let label = plain(&dataset.label);
            document.explain(&Text::new(
                format!(
                    "{label}: {{{growth}}} the bytes a day of {against}, the most of what is kept \
                     for good. They are dropped after {{{kept}}}."
                ),
                format!(
                    "{label}: 영구 보관 데이터 가운데 가장 큰 {against}보다 하루에 {{{growth}:이}} 쌓인다. \
                     {{{kept}}} 후에 지운다."
                ),
            ));
        }
    }
    let ids: Vec<&str> = plan
        .ledger
        .iter()
        .map(|(id, _)| id)
        .filter(|id| id.starts_with("data.") || id.starts_with("storage_"))
        .filter(|id| {
            let shown =
                ["storage_per_day_bytes", "storage_1y_bytes", "storage_1y_replicated_bytes"];
            shown.iter().any(|end| id.ends_with(end)) || id.ends_with("_growth_bytes")
        })
        .collect();
    worked(&ids, document);
}
