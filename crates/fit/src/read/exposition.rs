//! Prometheus's text exposition format.

use std::collections::BTreeMap;

use super::histogram::{Histograms, Sample};
use super::{Problem, ReadOptions};
use crate::measured::Measured;

/// Whether a text looks like it.
pub(super) fn is_one(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    first.starts_with("# HELP ") || first.starts_with("# TYPE ") || text.contains("_bucket{")
}

pub(super) fn read(text: &str, options: &ReadOptions) -> Result<Vec<Measured>, Vec<Problem>> {
    if options.arrivals {
        let message = "a histogram has no times of arrival: --arrivals wants CSV or a trace";
        return Err(vec![Problem::whole(message)]);
    }
    let (mut histograms, mut problems) = (Histograms::default(), Vec::new());
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let taken = sample(line)
            .map_err(|message| Problem::at(index + 1, message))
            .and_then(|sample| histograms.take(Sample { line: index + 1, ..sample }));
        problems.extend(taken.err());
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    histograms.finish(options)
}

/// Reads `name{label="value",…} value [timestamp] [# exemplar]`.
fn sample(line: &str) -> Result<Sample, String> {
    let form = || format!("`{line}`: write `name{{label=\"value\"}} number`");
    let split = line.find(|c: char| c == '{' || c.is_whitespace()).ok_or_else(form)?;
    let (metric, rest) = line.split_at(split);
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(inside) => labels(inside).ok_or_else(form)?,
        None => (BTreeMap::new(), rest),
    };
    let number = rest.split_whitespace().next().ok_or_else(form)?;
    let value = match number {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        _ => number.parse().map_err(|_| format!("`{number}` is no number"))?,
    };
    Ok(Sample { metric: metric.to_owned(), labels, value, line: 0 })
}

/// Reads labels up to the closing brace, and returns what comes after it.
fn labels(text: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let mut out = BTreeMap::new();
    let mut rest = text.trim_start();
    loop {
        if let Some(after) = rest.strip_prefix('}') {
            return Some((out, after));
        }
        let (name, after) = rest.split_once('=')?;
        let mut value = String::new();
        let quoted = after.trim_start().strip_prefix('"')?;
        let mut characters = quoted.char_indices();
        let end = loop {
            match characters.next()? {
                (at, '"') => break at,
                (_, '\\') => value.push(match characters.next()?.1 {
                    'n' => '\n',
                    other => other,
                }),
                (_, other) => value.push(other),
            }
        };
        out.insert(name.trim().to_owned(), value);
        rest = quoted[end + 1..].trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
}
