//! The JSON answer of Prometheus's `/api/v1/query`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::histogram::{Histograms, Sample};
use super::{Problem, ReadOptions};
use crate::measured::Measured;

#[derive(Deserialize)]
struct Answer {
    status: String,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    data: Option<Data>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    result_type: String,
    result: serde_json::Value,
}

#[derive(Deserialize)]
struct Row {
    metric: BTreeMap<String, String>,
    #[serde(default)]
    value: Option<(f64, String)>,
    #[serde(default)]
    histogram: Option<serde_json::Value>,
}

pub(super) fn read(text: &str, options: &ReadOptions) -> Result<Vec<Measured>, Vec<Problem>> {
    rows(text).map_err(|problem| vec![problem]).and_then(|rows| taken(rows, options))
}

fn rows(text: &str) -> Result<Vec<Row>, Problem> {
    let answer: Answer = serde_json::from_str(text).map_err(|error| {
        let message = format!(
            "{error}; this is neither the answer of /api/v1/query nor an OpenTelemetry trace"
        );
        Problem::at(error.line(), message)
    })?;
    if answer.status != "success" {
        let why = answer.error.unwrap_or_else(|| "no reason given".to_owned());
        return Err(Problem::whole(format!("the query failed: {why}")));
    }
    let data = answer.data.ok_or_else(|| Problem::whole("the answer has no `data`"))?;
    if data.result_type != "vector" {
        return Err(Problem::whole(format!(
            "the result is a {}: ask /api/v1/query for an instant vector, for example \
             increase(http_request_duration_seconds_bucket[1h])",
            data.result_type
        )));
    }
    serde_json::from_value(data.result).map_err(|error| Problem::whole(format!("result: {error}")))
}

fn taken(rows: Vec<Row>, options: &ReadOptions) -> Result<Vec<Measured>, Vec<Problem>> {
    let (mut histograms, mut problems) = (Histograms::default(), Vec::new());
    let mut bounds = 0;
    for (index, mut row) in rows.into_iter().enumerate() {
        let metric = row.metric.remove("__name__").unwrap_or_default();
        bounds += usize::from(row.metric.contains_key("le"));
        let wrong = |message: String| Problem::whole(format!("result {index}: {message}"));
        let taken = match (row.value, row.histogram) {
            (_, Some(_)) => Err(wrong(
                "a native histogram: ask for histograms with classic buckets (`_bucket`)"
                    .to_owned(),
            )),
            (None, None) => Err(wrong("no `value`".to_owned())),
            (Some((_, text)), None) => match text.parse() {
                Ok(value) => histograms
                    .take(Sample { metric, labels: row.metric, value, line: 0 })
                    .map_err(|problem| wrong(problem.message)),
                Err(_) => Err(wrong(format!("`{text}` is no number"))),
            },
        };
        problems.extend(taken.err());
    }
    if bounds == 0 && problems.is_empty() {
        let message = "no series has a label `le`: query the `_bucket` series, and keep `le` in \
                       sum by (le)";
        problems.push(Problem::whole(message));
    }
    if problems.is_empty() { histograms.finish(options) } else { Err(problems) }
}
