//! Arrivals as they were recorded.

use core::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::duration;

use crate::distribution::{Span, span};

/// Most arrivals that a trace may have.
pub(crate) const LIMIT_ARRIVALS: usize = 1_000_000;

/// Recorded arrivals: exactly one of `gaps`, `times`, `gaps_from` and `times_from`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trace {
    /// Times between arrivals; the first customer comes after the first one.
    #[serde(default, with = "span::list", skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<Span>")]
    pub gaps: Vec<Duration>,
    /// Times of arrivals in order, counted from the first one, who comes when the run begins.
    #[serde(default, with = "span::list", skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<Span>")]
    pub times: Vec<Duration>,
    /// A CSV file with the gaps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gaps_from: Option<TraceFile>,
    /// A CSV file with the times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times_from: Option<TraceFile>,
    /// Whether it begins again when it is over: `times` after the mean gap.
    #[serde(default, skip_serializing_if = "is_false")]
    pub repeat: bool,
}

/// A column of a CSV file: seconds, or spans such as `200ms`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceFile {
    /// The file, relative to the model's.
    pub file: String,
    /// Name of the column in the first line; the first column where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_false(value: &bool) -> bool {
    !*value
}

impl Trace {
    /// Returns the times before each arrival in seconds, and the one before the first arrival of a
    /// repetition.
    pub(crate) fn seconds(&self) -> (Vec<f64>, f64) {
        if let Some(first) = self.gaps.first() {
            return (self.gaps.iter().map(Duration::as_secs_f64).collect(), first.as_secs_f64());
        }
        let between = self.times.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64());
        let gaps: Vec<f64> = core::iter::once(0.0).chain(between).collect();
        let again = gaps.iter().sum::<f64>() / (gaps.len() as f64 - 1.0).max(1.0);
        (gaps, again)
    }

    /// Returns the mean number of arrivals per second, over and over again.
    pub(crate) fn rate(&self) -> f64 {
        let (gaps, again) = self.seconds();
        gaps.len() as f64 / (gaps.iter().skip(1).sum::<f64>() + again)
    }

    /// Divides all gaps by `factor`.
    pub(super) fn speed_up(&mut self, factor: f64) {
        let spans = self.gaps.iter_mut().chain(&mut self.times);
        spans.for_each(|span| *span = span.div_f64(factor));
    }

    /// Replaces files by what `read` returns for their names.
    ///
    /// # Errors
    /// Returns the field and what is wrong with its file.
    pub(crate) fn load(
        &mut self,
        read: &mut dyn FnMut(&str) -> Result<String, String>,
    ) -> Result<(), (&'static str, String)> {
        let mut column = |from: &TraceFile| {
            let text = read(&from.file).map_err(|error| format!("{}: {error}", from.file))?;
            column(&text, from.column.as_deref()).map_err(|error| format!("{}:{error}", from.file))
        };
        if let Some(from) = &self.gaps_from {
            self.gaps = column(from).map_err(|error| ("gaps_from", error))?;
            self.gaps_from = None;
        }
        if let Some(from) = &self.times_from {
            self.times = column(from).map_err(|error| ("times_from", error))?;
            self.times_from = None;
        }
        Ok(())
    }
}

/// Returns the spans in a column of CSV.
///
/// # Errors
/// Says the line and what is wrong with it.
fn column(text: &str, name: Option<&str>) -> Result<Vec<Duration>, String> {
    let cells = |line: &str| -> Vec<String> {
        line.split(',').map(|cell| cell.trim().trim_matches('"').to_owned()).collect()
    };
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).peekable();
    let first = lines.peek().map(|(_, line)| cells(line)).ok_or("1: the file is empty")?;
    let index = match name {
        None => 0,
        Some(name) => first
            .iter()
            .position(|cell| cell == name)
            .ok_or_else(|| format!("1: no column `{name}`; there are {}", first.join(", ")))?,
    };
    if name.is_some() || first.first().is_none_or(|cell| seconds(cell).is_err()) {
        lines.next();
    }
    let mut out = Vec::new();
    for (number, line) in lines {
        let at = |message: String| format!("{}: {message}", number + 1);
        let row = cells(line);
        let cell = row.get(index).ok_or_else(|| at(format!("there is no cell {}", index + 1)))?;
        out.push(seconds(cell).map_err(at)?);
        if out.len() > LIMIT_ARRIVALS {
            return Err(at(format!("a trace has at most {LIMIT_ARRIVALS} arrivals")));
        }
    }
    Ok(out)
}

/// Returns a span that is written with a unit, or as seconds.
fn seconds(cell: &str) -> Result<Duration, String> {
    let Ok(number) = cell.parse::<f64>() else { return duration::parse(cell) };
    Duration::try_from_secs_f64(number)
        .map_err(|_| format!("`{cell}` is no span of time: write seconds, or `200ms`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_found_by_its_name_or_is_the_first_one() {
        let text = "id,\"at\"\n7, 1.5\n\n8,2s\n9,2500ms\n";
        let spans = column(text, Some("at")).unwrap();
        assert_eq!(spans.iter().map(Duration::as_millis).collect::<Vec<_>>(), [1500, 2000, 2500]);
        assert_eq!(column("at\n1\n2\n", None).unwrap().len(), 2);
        assert_eq!(column("1,x\n2,y\n", None).unwrap().len(), 2);
        assert_eq!(column(text, Some("to")).unwrap_err(), "1: no column `to`; there are id, at");
        assert!(column("at\n1\nsoon\n", None).unwrap_err().starts_with("3: `soon`"));
        assert!(column("at\n-1\n", None).unwrap_err().starts_with("2: `-1`"));
        assert_eq!(column(" \n", None).unwrap_err(), "1: the file is empty");
    }

    #[test]
    fn times_are_counted_from_the_first_and_come_again_after_the_mean_gap() {
        let trace = Trace {
            times: [100, 101, 104].map(Duration::from_secs).to_vec(),
            repeat: true,
            ..Trace::default()
        };
        assert_eq!(trace.seconds(), (vec![0.0, 1.0, 3.0], 2.0));
        assert!((trace.rate() - 0.5).abs() < 1e-12);
    }
}
