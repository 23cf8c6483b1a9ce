//! Section 2: load, storage, bandwidth and memory, each with its working.

use tenfold_architect::Plan;
use tenfold_units::{Figure, Text, Unit};

use super::working::working;
use crate::document::{Document, code, plain};

/// Heading, and whether a figure belongs under it.
type Group = (&'static str, fn(&str, &Figure) -> bool);

const GROUPS: [Group; 5] = [
    ("Traffic", |id, figure| {
        (id.ends_with("_qps_avg") || id.ends_with("_qps_peak") || id.starts_with("op."))
            && figure.unit == Unit::PerSecond
            || matches!(id, "read_write_ratio" | "peak_factor" | "fan_out" | "dau" | "users")
            || id == "concurrent_users"
    }),
    ("Storage with growth", |id, _| {
        id.starts_with("storage_") || (id.starts_with("data.") && id.contains("storage_"))
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
    for (heading, belongs) in GROUPS {
        let rows: Vec<Vec<String>> = plan
            .ledger
            .iter()
            .filter(|(id, figure)| belongs(id, figure) && !id.starts_with("sim."))
            .map(|(id, figure)| {
                vec![
                    format!("{} {}", plain(&figure.label), code(id)),
                    figure.print(),
                    document.range(id),
                    working(&plan.ledger, id),
                ]
            })
            .collect();
        if !rows.is_empty() {
            document.heading(3, heading);
            document.table(&["Figure", "#Value", "#Likely range", "Working"], rows);
        }
    }
}
