//! OpenTelemetry traces as OTLP/JSON.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Problem, ReadOptions, dropped, time};
use crate::measured::{LIMIT_VALUES, Measured, Quantity, Values};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Trace {
    #[serde(alias = "resource_spans")]
    resource_spans: Vec<ResourceSpans>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSpans {
    #[serde(default)]
    resource: Option<Resource>,
    #[serde(default, alias = "scope_spans", alias = "instrumentationLibrarySpans")]
    scope_spans: Vec<ScopeSpans>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(default)]
    attributes: Vec<Attribute>,
}

#[derive(Deserialize)]
struct Attribute {
    key: String,
    #[serde(default)]
    value: Value,
}

#[derive(Deserialize)]
struct ScopeSpans {
    #[serde(default)]
    spans: Vec<Span>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Span {
    name: String,
    #[serde(alias = "start_time_unix_nano")]
    start_time_unix_nano: Nanos,
    #[serde(default, alias = "end_time_unix_nano")]
    end_time_unix_nano: Option<Nanos>,
    #[serde(default)]
    status: Option<Status>,
}

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    code: Value,
}

/// 64-bit numbers are text in OTLP/JSON; some exporters write numbers.
#[derive(Clone, Copy)]
struct Nanos(i128);

impl<'de> Deserialize<'de> for Nanos {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Number(u64),
            Text(String),
        }
        let wrong = || serde::de::Error::custom("a time is a number of nanoseconds, as text");
        match Either::deserialize(deserializer).map_err(|_| wrong())? {
            Either::Number(nanos) => Ok(Self(i128::from(nanos))),
            Either::Text(text) => text.parse::<u64>().map(|n| Self(n.into())).map_err(|_| wrong()),
        }
    }
}

/// The spans of one name.
#[derive(Default)]
struct Found {
    starts: Vec<i128>,
    seconds: Vec<f64>,
    open: usize,
    backward: usize,
    failed: usize,
    beyond: usize,
}

pub(super) fn read(text: &str, options: &ReadOptions) -> Result<Vec<Measured>, Vec<Problem>> {
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    for trace in traces(text).map_err(|problem| vec![problem])? {
        for resource in trace.resource_spans {
            let service = resource.resource.as_ref().and_then(service);
            for span in resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                let name = match &service {
                    Some(service) => format!("{service}: {}", span.name),
                    None => span.name.clone(),
                };
                if options.wants(&name) {
                    found.entry(name).or_default().take(&span);
                }
            }
        }
    }
    Ok(found.into_iter().filter_map(|(name, found)| found.series(name, options)).collect())
}

/// One document, or one a line as the collector's file exporter writes.
fn traces(text: &str) -> Result<Vec<Trace>, Problem> {
    let whole = serde_json::from_str::<Trace>(text);
    let error = match whole {
        Ok(trace) => return Ok(vec![trace]),
        Err(error) => error,
    };
    // A second document after the first: every line is one.
    if !error.is_syntax() || error.line() < 2 || !error.to_string().contains("trailing") {
        return Err(Problem::at(error.line(), error.to_string()));
    }
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            serde_json::from_str(line).map_err(|error| Problem::at(index + 1, error.to_string()))
        })
        .collect()
}

fn service(resource: &Resource) -> Option<String> {
    let attribute = resource.attributes.iter().find(|each| each.key == "service.name")?;
    let text =
        attribute.value.get("stringValue").or_else(|| attribute.value.get("string_value"))?;
    text.as_str().map(str::to_owned)
}

impl Found {
    fn take(&mut self, span: &Span) {
        if self.starts.len() >= LIMIT_VALUES {
            self.beyond += 1;
            return;
        }
        let start = span.start_time_unix_nano.0;
        self.starts.push(start);
        let failed = span
            .status
            .as_ref()
            .is_some_and(|status| status.code == 2 || status.code == "STATUS_CODE_ERROR");
        match span.end_time_unix_nano.map(|end| end.0).filter(|end| *end > 0) {
            _ if failed => self.failed += 1,
            None => self.open += 1,
            Some(end) if end < start => self.backward += 1,
            Some(end) => self.seconds.push((end - start) as f64 / 1e9),
        }
    }

    /// `None` where nothing is left.
    fn series(self, name: String, options: &ReadOptions) -> Option<Measured> {
        let beyond = dropped(self.beyond, "beyond the first 2,000,000");
        let (values, dropped, notes) = if options.arrivals {
            (time::gaps(self.starts).0, vec![beyond], Vec::new())
        } else {
            let dropped = vec![
                dropped(self.failed, "ended with an error"),
                dropped(self.open, "without an end"),
                dropped(self.backward, "ended before it began (clocks)"),
                beyond,
            ];
            let note = "a span holds its own waits and the calls that it makes; a service time is \
                        what is left without them";
            (self.seconds, dropped, vec![note.to_owned()])
        };
        let name = if options.arrivals { format!("times between {name}") } else { name };
        (!values.is_empty()).then_some(Measured {
            name,
            quantity: Quantity::Seconds,
            values: Values::Samples(values),
            dropped,
            notes,
        })
    }
}
