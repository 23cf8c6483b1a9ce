//! A column of CSV.

use tenfold_units::duration;

use super::{Problem, ReadOptions, dropped, time};
use crate::measured::{LIMIT_VALUES, Measured, Quantity, Unit, Values};

/// Problems that are listed before the rest is only counted.
const LISTED: usize = 20;
/// What people write for a value that is not there.
const ABSENT: [&str; 7] = ["", "-", "null", "none", "nan", "na", "n/a"];

pub(super) fn read(text: &str, options: &ReadOptions) -> Result<Vec<Measured>, Vec<Problem>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let mut rows = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|error| {
            let line = error.position().map_or(0, |position| position.line() as usize);
            vec![Problem::at(line, error.to_string())]
        })?;
        let line = row.position().map_or(0, |position| position.line() as usize);
        rows.push((line, row));
    }
    let (index, name, body) = header(&rows, options).map_err(|problem| vec![problem])?;
    let (unit, mut notes) = options.unit_of(&name);
    let mut column = Column { unit, index, arrivals: options.arrivals, ..Column::default() };
    for (line, row) in body {
        column.take(*line, row.get(index));
    }
    if column.problems.len() > LISTED {
        let more = column.problems.len() - LISTED;
        column.problems.truncate(LISTED);
        column.problems.push(Problem::whole(format!("and {more} more like these")));
    }
    if !column.problems.is_empty() {
        return Err(column.problems);
    }
    if column.with_units > 0 {
        notes.clear();
    }
    let quantity = if options.arrivals { Quantity::Seconds } else { unit.quantity };
    let values = if options.arrivals {
        let (gaps, late) = time::gaps(column.moments);
        if late > 0 {
            notes.push(format!("{late} arrivals stood before an earlier one; put in order"));
        }
        gaps
    } else {
        column.values
    };
    if values.is_empty() {
        let least = if options.arrivals { "two times of arrival" } else { "a value" };
        return Err(vec![Problem::whole(format!("column `{name}` does not have {least}"))]);
    }
    let dropped = vec![
        dropped(column.absent, "no value in the cell"),
        dropped(column.negative, "negative"),
        dropped(column.beyond, "beyond the first 2,000,000"),
    ];
    let name = if options.arrivals { format!("times between {name}") } else { name };
    Ok(vec![Measured { name, quantity, values: Values::Samples(values), dropped, notes }])
}

type Row = (usize, csv::StringRecord);

/// Finds the column, its name, and the rows below the header.
fn header<'a>(
    rows: &'a [Row],
    options: &ReadOptions,
) -> Result<(usize, String, &'a [Row]), Problem> {
    let (line, first) = rows.first().ok_or_else(|| Problem::whole("the file is empty"))?;
    if let Some(wanted) = &options.column {
        let index = first.iter().position(|cell| cell == wanted).ok_or_else(|| {
            let known: Vec<&str> = first.iter().collect();
            Problem::at(*line, format!("no column `{wanted}`; there are {}", known.join(", ")))
        })?;
        return Ok((index, wanted.clone(), &rows[1..]));
    }
    let cell = first.get(0).unwrap_or("");
    let value = value(cell, Unit::SECOND).is_ok() || time::rfc3339(cell).is_some();
    if value { Ok((0, "column 1".to_owned(), rows)) } else { Ok((0, cell.to_owned(), &rows[1..])) }
}

#[derive(Debug)]
struct Column {
    unit: Unit,
    index: usize,
    arrivals: bool,
    values: Vec<f64>,
    moments: Vec<i128>,
    problems: Vec<Problem>,
    absent: usize,
    negative: usize,
    beyond: usize,
    with_units: usize,
}

impl Default for Column {
    fn default() -> Self {
        Self {
            unit: Unit::SECOND,
            index: 0,
            arrivals: false,
            values: Vec::new(),
            moments: Vec::new(),
            problems: Vec::new(),
            absent: 0,
            negative: 0,
            beyond: 0,
            with_units: 0,
        }
    }
}

impl Column {
    fn take(&mut self, line: usize, cell: Option<&str>) {
        let Some(cell) = cell else {
            let message = format!("the row has no cell {}", self.index + 1);
            return self.problems.push(Problem::at(line, message));
        };
        if ABSENT.contains(&cell.to_ascii_lowercase().as_str()) {
            self.absent += 1;
        } else if self.values.len() + self.moments.len() >= LIMIT_VALUES {
            self.beyond += 1;
        } else if self.arrivals {
            let nanos = (self.unit.factor * 1e9).round().max(1.0) as i128;
            match time::exact(cell, nanos).or_else(|| time::rfc3339(cell)) {
                Some(moment) => self.moments.push(moment),
                None => self.problems.push(Problem::at(
                    line,
                    format!(
                        "`{cell}` is no time of arrival: write seconds or 2026-11-23T10:00:00Z"
                    ),
                )),
            }
        } else {
            match value(cell, self.unit) {
                Ok((value, _)) if value < 0.0 => self.negative += 1,
                Ok((value, with_unit)) => {
                    self.with_units += usize::from(with_unit);
                    self.values.push(value);
                }
                Err(message) => self.problems.push(Problem::at(line, message)),
            }
        }
    }
}

/// Returns the amount in a cell, and whether it had a unit of its own.
fn value(cell: &str, unit: Unit) -> Result<(f64, bool), String> {
    match cell.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok((number * unit.factor, false)),
        Ok(_) => Err(format!("`{cell}` is not finite")),
        Err(_) if unit.quantity == Quantity::Bytes => {
            Err(format!("`{cell}` is no number of bytes"))
        }
        Err(_) => duration::parse(cell).map(|span| (span.as_secs_f64(), true)).map_err(|error| {
            if cell.starts_with(|c: char| c.is_ascii_digit()) {
                error
            } else {
                format!("`{cell}` is no span of time: write a number, or `200ms`")
            }
        }),
    }
}
