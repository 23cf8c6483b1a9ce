//! What a scenario has to show, and whether it did.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::duration;

use crate::model::{Diagnostic, rate};
use crate::stats::{Estimate, Histogram, Verdict, replications};
use crate::{OperationWindow, Outcome};

/// A claim about an operation during a span of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assertion {
    /// The operation.
    pub of: String,
    /// What has to hold.
    pub claim: Claim,
    /// Beginning of the span, since the start of the run, as text; the end of the warm-up where
    /// absent.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub from: Option<Duration>,
    /// End of the span, as text; the end of the run where absent.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub to: Option<Duration>,
}

/// What has to hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Claim {
    /// At least this share of the answers is good: without error and in time, 0 to 1.
    GoodRatio(f64),
    /// At least so many good answers per second, as text (`100k/s`).
    Goodput(
        #[serde(with = "rate")]
        #[schemars(with = "String")]
        f64,
    ),
    /// A percentile of the latency of answers without error.
    Latency(LatencyClaim),
    /// The share of good answers is back for good some time after a trigger.
    Recovery(RecoveryClaim),
}

/// A percentile with its limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LatencyClaim {
    /// Between 0 and 1: 0.99 for p99.
    pub percentile: f64,
    /// The most that it may be, as text.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub at_most: Duration,
}

/// Until when things have to be well again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecoveryClaim {
    /// From then on at least this share of the answers is good, 0 to 1.
    pub good_ratio: f64,
    /// When the trigger is gone, since the start of the run, as text.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub after: Duration,
    /// The longest that it may take after that, as text.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub within: Duration,
}

/// What became of an assertion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Judgement {
    /// What was asserted.
    pub assertion: Assertion,
    /// What was seen: a share, a rate per second, or seconds, with its 95 % interval over the runs;
    /// `None` where nothing was seen, or where no run recovered.
    pub seen: Option<Estimate>,
    /// Whether it holds.
    pub verdict: Verdict,
}

impl Assertion {
    /// Adds what is out of its range, as the assertion with this number.
    pub(super) fn check(&self, index: &str, out: &mut Vec<Diagnostic>) {
        let share = |value: f64| (0.0..=1.0).contains(&value);
        let (possible, help) = match &self.claim {
            Claim::GoodRatio(ratio) => (share(*ratio), "give a share from 0 to 1"),
            Claim::Goodput(rate) => (*rate >= 0.0, "give a rate of 0 or more"),
            Claim::Latency(latency) => {
                (latency.percentile > 0.0 && latency.percentile < 1.0, "give 0.99 for p99")
            }
            Claim::Recovery(recovery) => (share(recovery.good_ratio), "give a share from 0 to 1"),
        };
        if !possible {
            let message = "the claim is out of its range".to_owned();
            out.push(Diagnostic::new(&["assertions", index, "claim"], message, help));
        }
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from >= to
        {
            let message = "the span ends before it begins".to_owned();
            out.push(Diagnostic::new(&["assertions", index, "to"], message, "order them"));
        }
    }

    /// Judges it by independent runs of a scenario with a time series. `warm_up` is where the span
    /// begins that has no beginning; `scale` is how many times as large the whole is as what was
    /// simulated.
    #[must_use]
    pub fn judge(&self, runs: &[Outcome], warm_up: Duration, scale: f64) -> Judgement {
        let from = self.from.unwrap_or(warm_up).as_secs_f64();
        let to = self.to.map_or(f64::INFINITY, |to| to.as_secs_f64());
        let spans: Vec<Span> = runs.iter().map(|run| Span::of(run, &self.of, from, to)).collect();
        let (seen, verdict) = match &self.claim {
            Claim::GoodRatio(limit) => {
                at_least(spans.iter().filter_map(Span::good_ratio).collect(), *limit)
            }
            Claim::Goodput(limit) => {
                let rates = spans.iter().filter(|span| span.seconds > 0.0);
                at_least(rates.map(|s| s.good as f64 / s.seconds * scale).collect(), *limit)
            }
            Claim::Latency(claim) => {
                let answered = spans.iter().filter(|span| span.latencies.count() > 0);
                let values: Vec<f64> =
                    answered.map(|span| span.latencies.percentile(claim.percentile)).collect();
                let seen = replications::mean(&values);
                let limit = claim.at_most.as_secs_f64();
                (seen, seen.map_or(Verdict::Undecided, |seen| seen.at_most(limit)))
            }
            Claim::Recovery(claim) => {
                recovered(runs.iter().map(|run| recovery(run, &self.of, claim)).collect(), claim)
            }
        };
        Judgement { assertion: self.clone(), seen, verdict }
    }
}

/// The windows of a span together, in one run.
#[derive(Debug, Default)]
struct Span {
    good: u64,
    bad: u64,
    seconds: f64,
    latencies: Histogram,
}

impl Span {
    fn of(run: &Outcome, operation: &str, from: f64, to: f64) -> Self {
        let mut span = Self::default();
        let length = window_seconds(run);
        for (start, window) in windows(run, operation) {
            if start >= from - 1e-9 && start + length <= to + 1e-9 {
                span.good += window.good;
                span.bad += window.bad;
                span.seconds += length;
                span.latencies.merge(&window.latencies);
            }
        }
        span
    }

    fn good_ratio(&self) -> Option<f64> {
        let answers = self.good + self.bad;
        (answers > 0).then(|| self.good as f64 / answers as f64)
    }
}

fn windows<'a>(
    run: &'a Outcome,
    operation: &'a str,
) -> impl DoubleEndedIterator<Item = (f64, &'a OperationWindow)> {
    run.series
        .iter()
        .filter_map(move |window| Some((window.start_seconds, window.operations.get(operation)?)))
}

fn window_seconds(run: &Outcome) -> f64 {
    match run.series.as_slice() {
        [first, second, ..] => second.start_seconds - first.start_seconds,
        _ => 0.0,
    }
}

/// The mean over the runs against a lower limit: met or missed where the whole interval lies on one
/// side of it.
fn at_least(values: Vec<f64>, limit: f64) -> (Option<Estimate>, Verdict) {
    let seen = replications::mean(&values);
    (seen, seen.map_or(Verdict::Undecided, |seen| seen.at_least(limit)))
}

/// Seconds after the trigger from which on every window is good enough; `None` where the last one is
/// not.
fn recovery(run: &Outcome, operation: &str, claim: &RecoveryClaim) -> Option<f64> {
    let after = claim.after.as_secs_f64();
    let mut since = None;
    for (start, window) in windows(run, operation).rev() {
        let answers = window.good + window.bad;
        let well = answers > 0 && window.good as f64 >= claim.good_ratio * answers as f64;
        if start < after - 1e-9 || !well {
            break;
        }
        since = Some(start - after);
    }
    since
}

/// Met where every run recovered in time, missed where none did.
fn recovered(times: Vec<Option<f64>>, claim: &RecoveryClaim) -> (Option<Estimate>, Verdict) {
    let within = claim.within.as_secs_f64();
    let in_time = times.iter().filter(|time| time.is_some_and(|time| time <= within)).count();
    let verdict = match in_time {
        0 => Verdict::Missed,
        all if all == times.len() => Verdict::Met,
        _ => Verdict::Undecided,
    };
    let known: Vec<f64> = times.into_iter().flatten().collect();
    (replications::mean(&known), verdict)
}
