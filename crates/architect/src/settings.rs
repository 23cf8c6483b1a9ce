//! The numbers of a design as figures, so that a report prints them with their origin.
//!
//! A design is a file of settings: instances, time-outs, lengths of queues, quorums. Each becomes
//! the figure `design.` and its path in the file.

use serde_json::Value;
use tenfold_design::{Amount, Design, Dimension};
use tenfold_units::{Interval, Ledger, Unit};

/// What is meant everywhere: id, label, unit, value.
const CONVENTIONS: [(&str, &str, Unit, f64); 11] = [
    ("confidence", "how often an interval of a simulated figure holds", Unit::Ratio, 0.95),
    ("range_low", "quantile at the low end of a range", Unit::Ratio, 0.1),
    ("range_high", "quantile at the high end of a range", Unit::Ratio, 0.9),
    ("load_month", "month of loads and traffic", Unit::Seconds, 2_592_000.0),
    ("year", "year without leap days", Unit::Seconds, 31_536_000.0),
    ("years_1", "first horizon of storage, years", Unit::Count, 1.0),
    ("years_3", "second horizon of storage, years", Unit::Count, 3.0),
    ("years_5", "third horizon of storage, years", Unit::Count, 5.0),
    ("years_10", "last horizon of storage, years", Unit::Count, 10.0),
    ("stress_10x", "first stress, of today's peak", Unit::Factor, 10.0),
    ("stress_100x", "second stress, of today's peak", Unit::Factor, 100.0),
];

/// Where a convention comes from.
const CUSTOM: &str = "a convention of every plan";

/// Makes the conventions and every number of the components and links stand in the ledger.
pub(crate) fn record(design: &Design, ledger: &mut Ledger) {
    for (name, label, unit, value) in CONVENTIONS {
        let id = format!("convention.{name}");
        ledger.computed(&id, label, unit, Interval::exact(value), CUSTOM, &[]);
    }
    let file = serde_json::to_value(design).expect("a design has only string keys");
    for kind in ["components", "links"] {
        let parts = file[kind].as_object().into_iter().flatten();
        for (name, part) in parts {
            let id = format!("design.{kind}.{}", name.replace(" -> ", "."));
            walk(&id, part, RULE, ledger);
        }
    }
    for (name, component) in &design.components {
        let id = format!("design.components.{name}.instances");
        let size = format!("size.{name}.per_zone");
        let inputs = if ledger.contains(&size) { vec![size.as_str()] } else { Vec::new() };
        let count = Interval::exact(f64::from(design.instances(component)));
        let words = "zones, shards and copies of the design, each with its instances";
        ledger.computed(&id, &format!("{name}: instances"), Unit::Count, count, words, &inputs);
    }
}

/// Where a setting comes from whose source does not stand beside it.
const RULE: &str = "set by a rule of the design";

/// Records what is a number below `id`; text without a unit is no number.
fn walk(id: &str, value: &Value, from: &str, ledger: &mut Ledger) {
    match value {
        Value::Object(fields) => {
            let from = fields.get("from").and_then(Value::as_str).unwrap_or(from);
            for (key, value) in fields {
                walk(&format!("{id}.{key}"), value, from, ledger);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                walk(&format!("{id}.{index}"), value, from, ledger);
            }
        }
        Value::Number(number) => {
            let value = number.as_f64().expect("numbers of a design are finite");
            add(id, unit_of_number(id), value, from, ledger);
        }
        Value::String(text) => {
            let amount = Amount::parse(text).ok().filter(|a| a.dimension != Dimension::Number);
            if let Some(amount) = amount {
                add(id, amount.dimension.unit(), amount.value, from, ledger);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

fn add(id: &str, unit: Unit, value: f64, from: &str, ledger: &mut Ledger) {
    let label = id.trim_start_matches("design.components.").trim_start_matches("design.links.");
    ledger.computed(id, label, unit, Interval::exact(value), from, &[]);
}

/// Fields whose numbers are not counts.
fn unit_of_number(id: &str) -> Unit {
    let field = id.rsplit('.').next().unwrap_or(id);
    match field {
        "failure_ratio" | "retry_ratio" | "ttl_jitter" | "open_jitter" | "utilization_target" => {
            Unit::Ratio
        }
        "capacity" => Unit::Bytes,
        "multiplier" | "open_growth" => Unit::Factor,
        _ => Unit::Count,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tenfold_units::Ledger;

    use super::{RULE, walk};

    #[test]
    fn numbers_and_amounts_stand_under_their_path() {
        let part = json!({
            "station": {"servers": 4, "service_time": {"any": {"mean": "40us", "from": "fact f"}}},
            "runs": {"version": "7.2", "instance": "c7g.xlarge"},
            "cache": {"options": {"capacity": 1_000_000, "ttl_jitter": 0.1}},
        });
        let mut ledger = Ledger::default();
        walk("design.components.edge", &part, RULE, &mut ledger);
        let printed: Vec<(&str, String)> = ledger.iter().map(|(id, f)| (id, f.print())).collect();
        let expected = [
            ("design.components.edge.cache.options.capacity", "1 MB"),
            ("design.components.edge.cache.options.ttl_jitter", "10 %"),
            ("design.components.edge.station.servers", "4"),
            ("design.components.edge.station.service_time.any.mean", "40 us"),
        ];
        assert_eq!(printed, expected.map(|(id, text)| (id, text.to_owned())));
    }
}
