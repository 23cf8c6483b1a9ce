//! Buckets of Prometheus histograms, whichever way they are written.

use std::collections::BTreeMap;

use super::{Problem, ReadOptions};
use crate::measured::{Buckets, Dropped, Measured, Values};

/// Counts that go down by less than this share are taken for rounding, as Prometheus does.
const ROUNDING: f64 = 1e-9;

/// Histograms while a file is read, by name with labels.
#[derive(Debug, Default)]
pub(super) struct Histograms {
    found: BTreeMap<String, Raw>,
}

#[derive(Debug, Default)]
struct Raw {
    metric: String,
    line: usize,
    /// Upper bound and values up to it, as written.
    buckets: Vec<(f64, f64)>,
    sum: Option<f64>,
    count: Option<f64>,
}

/// A sample of a metric: `http_seconds_bucket{le="0.1",path="/"} 12`.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) metric: String,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) value: f64,
    pub(super) line: usize,
}

impl Histograms {
    /// Takes the sample where it is part of a histogram. A bound without the usual name counts too:
    /// `sum by (le) (…)` has none.
    ///
    /// # Errors
    /// Says what is wrong with the bound or the count.
    pub(super) fn take(&mut self, mut sample: Sample) -> Result<(), Problem> {
        let bound = sample.labels.remove("le");
        let (base, part) = match sample.metric.rsplit_once('_') {
            Some((base, part @ ("bucket" | "sum" | "count"))) => (base.to_owned(), part),
            _ if bound.is_some() => (sample.metric.clone(), "bucket"),
            _ => return Ok(()),
        };
        let impossible = !sample.value.is_finite() || sample.value < 0.0;
        let labels: Vec<String> =
            sample.labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        let name = match (base.as_str(), labels.is_empty()) {
            ("", true) => "histogram".to_owned(),
            (base, true) => base.to_owned(),
            (base, false) => format!("{base}{{{}}}", labels.join(",")),
        };
        let raw = self.found.entry(name).or_default();
        match part {
            "sum" => raw.sum = sample.value.is_finite().then_some(sample.value),
            "count" => raw.count = Some(sample.value),
            _ => {
                let text = bound.ok_or_else(|| {
                    Problem::at(sample.line, format!("`{}` without a label `le`", sample.metric))
                })?;
                let le = bound_of(&text).ok_or_else(|| {
                    Problem::at(sample.line, format!("`le=\"{text}\"` is no bound of 0 or more"))
                })?;
                if impossible {
                    let message = format!("{} is no count", sample.value);
                    return Err(Problem::at(sample.line, message));
                }
                raw.metric = base;
                raw.line = if raw.line == 0 { sample.line } else { raw.line };
                raw.buckets.push((le, sample.value));
            }
        }
        Ok(())
    }

    /// Returns the histograms as series.
    pub(super) fn finish(self, options: &ReadOptions) -> Result<Vec<Measured>, Vec<Problem>> {
        let (mut series, mut problems) = (Vec::new(), Vec::new());
        let wanted = self
            .found
            .into_iter()
            .filter(|(name, raw)| !raw.buckets.is_empty() && options.wants(name));
        for (name, raw) in wanted {
            match raw.series(name, options) {
                Ok(Some(one)) => series.push(one),
                Ok(None) => {}
                Err(problem) => problems.push(problem),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        if options.sum {
            added(series).map(|one| vec![one]).map_err(|p| vec![p])
        } else {
            Ok(series)
        }
    }
}

fn bound_of(text: &str) -> Option<f64> {
    match text {
        "+Inf" | "Inf" | "inf" | "+inf" => Some(f64::INFINITY),
        _ => text.parse::<f64>().ok().filter(|bound| *bound >= 0.0 && bound.is_finite()),
    }
}

impl Raw {
    /// `None` where the histogram is empty.
    fn series(self, name: String, options: &ReadOptions) -> Result<Option<Measured>, Problem> {
        let (unit, mut notes) = options.unit_of(&self.metric);
        let mut buckets = self.buckets;
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        if let Some(pair) = buckets.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            let message = format!("{name}: two buckets have the bound {}", pair[0].0);
            return Err(Problem::at(self.line, message));
        }
        let (mut bounded, mut below, mut zeros) = (Vec::new(), 0.0, 0.0);
        let mut total = None;
        for (bound, cumulative) in buckets {
            if cumulative < below * (1.0 - ROUNDING) {
                let message = format!(
                    "{name}: {cumulative} values up to {bound}, but {below} up to the bound below: \
                     counts are cumulative"
                );
                return Err(Problem::at(self.line, message));
            }
            let count = (cumulative - below).max(0.0);
            below = below.max(cumulative);
            if bound.is_infinite() {
                total = Some(count);
            } else if bound == 0.0 {
                zeros = count;
            } else {
                bounded.push((bound * unit.factor, count));
            }
        }
        let beyond = total.or_else(|| self.count.map(|count| (count - below).max(0.0)));
        if beyond.is_none() {
            notes
                .push("no bucket `+Inf` and no `_count`: nothing is taken to lie above".to_owned());
        }
        let sum = self.sum.map(|sum| sum * unit.factor);
        let buckets = Buckets { bounded, beyond: beyond.unwrap_or(0.0), sum };
        if buckets.bounded.is_empty() {
            return Err(Problem::at(self.line, format!("{name}: no bucket has a bound above 0")));
        }
        if buckets.count() <= 0.0 {
            return Ok(None);
        }
        let why = "in the bucket up to 0".to_owned();
        let dropped = vec![Dropped { count: zeros as u64, why }];
        let values = Values::Buckets(buckets);
        Ok(Some(Measured { name, quantity: unit.quantity, values, dropped, notes }))
    }
}

/// Adds histograms of the same bounds.
fn added(series: Vec<Measured>) -> Result<Measured, Problem> {
    let count = series.len();
    let mut all = series.into_iter();
    let mut sum = all.next().ok_or_else(|| Problem::whole("no histogram to add"))?;
    for one in all {
        let (Values::Buckets(into), Values::Buckets(from)) = (&mut sum.values, &one.values) else {
            return Err(Problem::whole("only histograms can be added"));
        };
        let bounds = |buckets: &Buckets| -> Vec<f64> {
            buckets.bounded.iter().map(|(bound, _)| *bound).collect()
        };
        if bounds(into) != bounds(from) {
            let message = format!(
                "`{}` and `{}` have different bounds and cannot be added",
                sum.name, one.name
            );
            return Err(Problem::whole(message));
        }
        for (to, (_, count)) in into.bounded.iter_mut().zip(&from.bounded) {
            to.1 += count;
        }
        into.beyond += from.beyond;
        into.sum = into.sum.zip(from.sum).map(|(a, b)| a + b);
        sum.dropped.extend(one.dropped);
    }
    if count > 1 {
        let base = sum.name.split('{').next().unwrap_or("").to_owned();
        sum.name = format!("{base} ({count} series added)");
    }
    Ok(sum)
}
