//! `tenfold fit`

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;
use tenfold_fit::{FIT_SCHEMA, FamilyFit, Fit, Quantity, ReadOptions, Test, fit, read};
use tenfold_sim::stats::Estimate;
use tenfold_units::{Seed, Unit};

use crate::arguments::{Arguments, Fit as Verb, Format};
use crate::{Exit, output};

pub(crate) fn run(arguments: &Arguments, verb: &Verb) -> Exit {
    let text = match super::read_text(&verb.file) {
        Ok(text) => text,
        Err(exit) => return exit,
    };
    let options = ReadOptions {
        arrivals: verb.arrivals,
        select: verb.select.clone(),
        sum: verb.sum,
        column: verb.column.clone(),
        unit: verb.unit,
    };
    let series = match read(&text, &options) {
        Ok(series) => series,
        Err(problems) => {
            for problem in problems {
                let place = if problem.line == 0 { ": " } else { ":" };
                output::error(&format!("{}{place}{problem}", verb.file.display()));
            }
            return Exit::Unusable;
        }
    };
    let fits: Vec<Fit> = series.iter().map(|one| fit(one, Seed(arguments.seed))).collect();
    match verb.format {
        Format::Json => output::result(&super::json(&Document {
            schema: FIT_SCHEMA,
            seed: arguments.seed,
            series: &fits,
        })),
        Format::Text => {
            let texts: Vec<String> = fits.iter().map(|one| words(one, verb.arrivals)).collect();
            output::result(&texts.join("\n"));
        }
    }
    Exit::Ok
}

/// What `--format json` prints.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'a str,
    seed: u64,
    series: &'a [Fit],
}

/// The series as YAML that can be pasted as it is: all but the block is comment.
fn words(fit: &Fit, arrivals: bool) -> String {
    let mut out = String::new();
    let _ = write!(
        out,
        "# {}: {} values, mean {}",
        fit.name,
        Unit::Count.print(fit.samples),
        amount(fit.mean, fit.quantity)
    );
    let _ = fit.cv.map(|cv| write!(out, ", cv {cv:.3}"));
    out.push('\n');
    for dropped in &fit.dropped {
        let _ = writeln!(out, "# left out: {} {}", dropped.count, dropped.why);
    }
    for note in &fit.notes {
        let _ = writeln!(out, "# note: {note}");
    }
    for caution in &fit.cautions {
        let _ = writeln!(out, "# caution: {caution}");
    }
    if let Some(goodness) = &fit.goodness {
        let (test, statistic) = match goodness.test {
            Test::KolmogorovSmirnov => ("Kolmogorov-Smirnov distance", goodness.statistic),
            Test::ChiSquare => ("chi-square", goodness.statistic),
        };
        let best = fit.best.map_or("", |best| best.name());
        let _ = writeln!(out, "# {best}: {test} {statistic:.3}, p = {:.3}", goodness.p_value);
    }
    let least = fit.families.first().map_or(0.0, |family| family.aic);
    for family in &fit.families {
        let _ = writeln!(out, "#   {}", line(family, least, fit.quantity));
    }
    let key = match (arrivals, fit.quantity) {
        (true, _) => "interarrival",
        (false, Quantity::Seconds) => "service_time",
        (false, Quantity::Bytes) => "bytes",
    };
    let _ = writeln!(out, "{key}: {}", flow(&fit.block));
    if fit.block != fit.empirical {
        let _ = writeln!(out, "# as measured:\n# {key}: {}", flow(&fit.empirical));
    }
    out
}

/// A family, how much worse than the best it explains the measurements, and its parameters.
fn line(family: &FamilyFit, least: f64, quantity: Quantity) -> String {
    let mut out = format!("{:16} AIC {:>+10.1}", family.family.name(), family.aic - least);
    for (name, estimate) in &family.parameters {
        let timed = matches!(name.as_str(), "mean" | "low" | "high");
        let print = |value: f64| {
            if timed { amount(value, quantity) } else { format!("{value:.4}") }
        };
        let _ = write!(out, "  {name} {}", between(estimate, print));
    }
    out
}

fn between(estimate: &Estimate, print: impl Fn(f64) -> String) -> String {
    match estimate.interval() {
        Some((low, high)) => {
            format!("{} ({} to {})", print(estimate.value), print(low), print(high))
        }
        None => print(estimate.value),
    }
}

fn amount(value: f64, quantity: Quantity) -> String {
    match quantity {
        Quantity::Seconds => Unit::Seconds.print(value),
        Quantity::Bytes => Unit::Bytes.print(value),
    }
}

/// A value in YAML's flow style.
fn flow(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| !matches!(key.as_str(), "mean" | "low"));
            let pairs: Vec<String> =
                entries.iter().map(|(key, value)| format!("{key}: {}", flow(value))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", "))
        }
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}
