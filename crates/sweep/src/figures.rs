//! An outcome as a flat list of figures.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenfold_sim::Outcome;

/// One figure of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What it is about: `run`, `stations`, `arrivals`, `operations` or `components`.
    pub kind: String,
    /// Which one; empty for the run.
    pub name: String,
    /// The figure: `latency_seconds.p99`.
    pub figure: String,
    /// Its value; 1 for what is so.
    pub value: f64,
    /// The lower end of the 95 % interval within the run.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
}

/// Returns every figure of an outcome but its time series, in the order of the names.
pub(crate) fn figures(outcome: &Outcome) -> Vec<Figure> {
    let Ok(Value::Object(all)) = serde_json::to_value(outcome) else {
        unreachable!("an outcome is an object");
    };
    let mut out = Vec::new();
    for (kind, value) in all {
        match (kind.as_str(), value) {
            ("schema" | "seed" | "runs" | "series", _) => {}
            (_, Value::Object(named)) => {
                for (name, value) in named {
                    walk(&kind, &name, String::new(), &value, &mut out);
                }
            }
            (_, value) => walk("run", "", kind, &value, &mut out),
        }
    }
    out
}

fn walk(kind: &str, name: &str, figure: String, value: &Value, out: &mut Vec<Figure>) {
    let mut add = |value: f64, low: Option<f64>, high: Option<f64>| {
        let (kind, name) = (kind.to_owned(), name.to_owned());
        out.push(Figure { kind, name, figure: figure.clone(), value, low, high });
    };
    match value {
        Value::Number(number) => add(number.as_f64().unwrap_or(f64::NAN), None, None),
        Value::Bool(yes) => add(f64::from(u8::from(*yes)), None, None),
        Value::Object(parts) => {
            if let (Some(Value::Number(middle)), Some(low), Some(high)) =
                (parts.get("value"), parts.get("low"), parts.get("high"))
            {
                add(middle.as_f64().unwrap_or(f64::NAN), low.as_f64(), high.as_f64());
                return;
            }
            for (part, value) in parts {
                let path =
                    if figure.is_empty() { part.clone() } else { format!("{figure}.{part}") };
                walk(kind, name, path, value, out);
            }
        }
        Value::Null | Value::String(_) | Value::Array(_) => {}
    }
}
