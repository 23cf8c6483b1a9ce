//! Files of measurements.

mod exposition;
mod histogram;
mod query;
mod spans;
mod table;
mod time;

use core::fmt;

use crate::measured::{Dropped, Measured, Unit};

/// Series that are read from one file.
const LIMIT_SERIES: usize = 1_000;

/// How a file is read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadOptions {
    /// Reads times of arrival and returns the times between them: a column of timestamps, or the
    /// beginnings of spans.
    pub arrivals: bool,
    /// Keeps the series whose name contains this.
    pub select: Option<String>,
    /// Adds the histograms that were kept, of the same bounds, into one.
    pub sum: bool,
    /// The column of CSV; the first one where absent.
    pub column: Option<String>,
    /// The unit of plain numbers, where the name does not end in it.
    pub unit: Option<Unit>,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its line, from 1; 0 where it is about the whole file.
    pub line: usize,
    /// What is wrong and what would help.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.line, self.message)
        }
    }
}

impl Problem {
    fn whole(message: impl Into<String>) -> Self {
        Self { line: 0, message: message.into() }
    }

    fn at(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

/// Returns the series of a file, which may be Prometheus's text exposition, the JSON answer of
/// `/api/v1/query` with `*_bucket` series, an OpenTelemetry trace as JSON (also one document a line),
/// or CSV.
///
/// # Errors
/// Returns the problems with their lines; there is at least one.
pub fn read(text: &str, options: &ReadOptions) -> Result<Vec<Measured>, Vec<Problem>> {
    let begin = text.trim_start_matches('\u{feff}').trim_start();
    let mut series = if begin.is_empty() {
        return Err(vec![Problem::whole("the file is empty")]);
    } else if begin.starts_with(['{', '[']) {
        json(text, options)?
    } else if exposition::is_one(begin) {
        exposition::read(text, options)?
    } else {
        table::read(text, options)?
    };
    if series.len() > LIMIT_SERIES {
        let message =
            format!("{} series; at most {LIMIT_SERIES} are read: use --select", series.len());
        return Err(vec![Problem::whole(message)]);
    }
    if series.is_empty() {
        let message = options.select.as_ref().map_or_else(
            || "no measurements in it".to_owned(),
            |wanted| format!("no series has `{wanted}` in its name"),
        );
        return Err(vec![Problem::whole(message)]);
    }
    for one in &mut series {
        one.dropped.retain(|dropped| dropped.count > 0);
    }
    Ok(series)
}

fn json(text: &str, options: &ReadOptions) -> Result<Vec<Measured>, Vec<Problem>> {
    if text.contains("\"resourceSpans\"") || text.contains("\"resource_spans\"") {
        return spans::read(text, options);
    }
    if options.arrivals {
        let message = "a histogram has no times of arrival: --arrivals wants CSV or a trace";
        return Err(vec![Problem::whole(message)]);
    }
    query::read(text, options)
}

impl ReadOptions {
    fn wants(&self, name: &str) -> bool {
        self.select.as_ref().is_none_or(|wanted| name.contains(wanted.as_str()))
    }

    /// The unit of a name, with a note where it had to be supposed.
    fn unit_of(&self, name: &str) -> (Unit, Vec<String>) {
        match self.unit.or_else(|| Unit::of_name(name)) {
            Some(unit) => (unit, Vec::new()),
            None => {
                (Unit::SECOND, vec!["read as seconds; say --unit where they are not".to_owned()])
            }
        }
    }
}

fn dropped(count: usize, why: &str) -> Dropped {
    Dropped { count: count as u64, why: why.to_owned() }
}
