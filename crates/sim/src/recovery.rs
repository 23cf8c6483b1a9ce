//! Whether a system comes back once what upset it is gone.
//!
//! A *trigger* is every fault of a scenario and every change of its load. An operation is *well* in a
//! stretch of time when the share of good answers is what it was before the trigger; it is *back* from
//! the moment on from which every stretch is well. A system that stays away although the trigger is gone
//! is metastable (Bronson et al., *Metastable failures in distributed systems*, HotOS 2021).

mod alert;
mod remedy;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use alert::{Alert, AlertRule, alerts};
pub use remedy::{REMEDIES, Remedy, remedies};

use crate::stats::{Estimate, replications};
use crate::{Effect, Outcome, Scenario};

/// Share of the usual good ratio at which an operation is well.
const WELL: f64 = 0.95;
/// Answers that a stretch should have, so that chance alone does not make it look bad.
const ANSWERS: f64 = 100.0;
/// A backlog that shrinks by this much from one stretch of the end to the next is being worked off.
const SHRINKS: f64 = 0.95;

/// When the trigger begins and ends, in seconds since the start of the run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trigger {
    /// The first fault, or the first change of the load.
    pub begins_seconds: f64,
    /// The last repair, or the last change of the load.
    pub ends_seconds: f64,
}

impl Trigger {
    /// Returns the trigger of a scenario.
    ///
    /// # Errors
    /// Says what is missing where there is no trigger, it is never removed, or too little is seen
    /// before or after it.
    pub fn of(scenario: &Scenario) -> Result<Self, String> {
        let (mut begin, mut end) = (f64::INFINITY, 0.0_f64);
        for (index, fault) in scenario.faults.iter().enumerate() {
            let at = fault.at.as_secs_f64();
            let lasts = match fault.lasts {
                Some(lasts) => lasts.as_secs_f64(),
                None if matches!(fault.effect, Effect::FlushCache) => 0.0,
                None => {
                    return Err(format!(
                        "fault {index} is never repaired: add for example `for: 10s`"
                    ));
                }
            };
            begin = begin.min(at);
            end = end.max(at + lasts);
        }
        let steps = scenario.profile.windows(2).filter(|pair| pair[0].factor != pair[1].factor);
        for step in steps {
            begin = begin.min(step[0].at.as_secs_f64());
            end = end.max(step[1].at.as_secs_f64());
        }
        let ends = scenario.profile.first().zip(scenario.profile.last());
        if let Some((first, last)) = ends.filter(|(first, last)| last.factor > first.factor) {
            return Err(format!(
                "the load ends at {} times and begins at {}: bring it back, or it is not removed",
                last.factor, first.factor
            ));
        }
        if begin.is_infinite() {
            return Err("nothing happens in it: add a fault, or a profile with a step".to_owned());
        }
        let warm_up = scenario.warm_up.as_secs_f64();
        let over = warm_up + scenario.horizon.as_secs_f64();
        let window = scenario.window.map_or(0.0, |window| window.as_secs_f64());
        if begin < warm_up + 3.0 * window {
            return Err(format!(
                "the trigger begins {begin} s into the run: leave at least three windows between the \
                 warm-up and it, to see what is usual"
            ));
        }
        if end + 10.0 * window > over {
            return Err(format!(
                "the trigger ends at {end} s and the run at {over} s: leave at least ten windows after it"
            ));
        }
        Ok(Self { begins_seconds: begin, ends_seconds: end })
    }
}

/// What becomes of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It is back in every run.
    Recovers,
    /// It is back in some runs.
    Sometimes,
    /// It is back in no run, but queues become shorter: it may come back after the end of the run.
    Draining,
    /// It is back in no run, and queues do not become shorter: it stays collapsed as long as it is
    /// watched.
    Collapsed,
}

/// An operation before, during and after the trigger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OperationRecovery {
    /// Share of good answers before the trigger.
    pub before_ratio: Estimate,
    /// The same while it lasts; `None` without an answer.
    pub during_ratio: Option<Estimate>,
    /// The same in the last quarter of the time after it; `None` without an answer.
    pub at_end_ratio: Option<Estimate>,
    /// What becomes of it.
    pub fate: Fate,
    /// Runs in which it is back by the end.
    pub back_in: u32,
    /// Seconds from the end of the trigger until it is back, over the runs in which it is; 0: it was
    /// well all along. `None` where it is back in none.
    pub back_after_seconds: Option<Estimate>,
    /// Length of the stretches that are judged, in seconds: so exact is the moment.
    pub stretch_seconds: f64,
}

/// Judges every operation by independent runs of one scenario with a time series. Operations that are
/// not answered before the trigger are left out.
///
/// # Panics
/// Panics without a run.
#[must_use]
pub fn judge(runs: &[Outcome], trigger: Trigger, warm_up: f64) -> Vec<(String, OperationRecovery)> {
    let names = runs[0].series.first().into_iter().flat_map(|window| window.operations.keys());
    names
        .filter_map(|name| Some((name.clone(), judge_operation(runs, name, trigger, warm_up)?)))
        .collect()
}

fn judge_operation(
    runs: &[Outcome],
    name: &str,
    trigger: Trigger,
    warm_up: f64,
) -> Option<OperationRecovery> {
    let lines: Vec<Line> = runs.iter().map(|run| Line::of(run, name)).collect();
    let (begin, end) = (trigger.begins_seconds, trigger.ends_seconds);
    let usual: Vec<Count> = lines.iter().map(|line| line.count(warm_up, begin)).collect();
    let all = usual.iter().fold(Count::default(), |all, one| all.and(*one));
    let usual_ratio = all.ratio()?;
    let window = lines[0].window;
    let windows = (begin - warm_up) / window * runs.len() as f64;
    let per_window = all.answers() / windows;
    let over = lines[0].end();
    // At least ten stretches fit after the trigger, whatever the number of answers.
    let most = ((over - end) / window / 10.0).floor().max(1.0);
    let stretch = (ANSWERS / per_window).ceil().clamp(1.0, most) * window;
    let times: Vec<Option<f64>> =
        lines.iter().map(|line| line.back_after(end, stretch, usual_ratio)).collect();
    let back: Vec<f64> = times.iter().flatten().copied().collect();
    let ratios = |from: f64, to: f64| {
        let seen: Vec<f64> = lines.iter().filter_map(|line| line.count(from, to).ratio()).collect();
        replications::mean(&seen)
    };
    let fate = match back.len() {
        all if all == runs.len() => Fate::Recovers,
        0 if shrinks(runs, end) => Fate::Draining,
        0 => Fate::Collapsed,
        _ => Fate::Sometimes,
    };
    Some(OperationRecovery {
        before_ratio: ratios(warm_up, begin)?.clamped(0.0, 1.0),
        during_ratio: ratios(begin, end.max(begin + window)).map(|seen| seen.clamped(0.0, 1.0)),
        at_end_ratio: ratios(over - (over - end) / 4.0, over).map(|seen| seen.clamped(0.0, 1.0)),
        fate,
        back_in: back.len() as u32,
        back_after_seconds: replications::mean(&back).map(|seen| seen.clamped(0.0, f64::INFINITY)),
        stretch_seconds: stretch,
    })
}

/// Whether what waits in all queues becomes less in the last quarter after the trigger: its second
/// half against its first.
fn shrinks(runs: &[Outcome], end: f64) -> bool {
    let waiting = |from: f64, to: f64| -> f64 {
        let windows = runs.iter().flat_map(|run| &run.series);
        let inside = windows.filter(|window| (from..to).contains(&window.start_seconds));
        inside.flat_map(|window| window.components.values()).map(|part| part.queue_length).sum()
    };
    let over = runs[0].series.last().map_or(end, |window| window.start_seconds);
    let quarter = (over - end) / 4.0;
    let (first, second) =
        (waiting(over - quarter, over - quarter / 2.0), waiting(over - quarter / 2.0, over));
    // Less than one who waits in each run is no backlog.
    first > runs.len() as f64 && second < SHRINKS * first
}

/// Good and bad answers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Count {
    requests: f64,
    good: f64,
    bad: f64,
}

impl Count {
    fn and(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            good: self.good + other.good,
            bad: self.bad + other.bad,
        }
    }

    fn answers(self) -> f64 {
        self.good + self.bad
    }

    fn ratio(self) -> Option<f64> {
        (self.answers() > 0.0).then(|| self.good / self.answers())
    }

    /// Nearly as good as usual: a share of it, or within four standard errors of chance.
    fn is_well(self, usual: f64) -> bool {
        let Some(ratio) = self.ratio() else { return self.requests == 0.0 };
        let chance = 4.0 * (usual * (1.0 - usual) / self.answers()).sqrt();
        ratio >= (WELL * usual).min(usual - chance)
    }
}

/// The answers to an operation over time, in one run.
#[derive(Debug)]
struct Line {
    window: f64,
    counts: Vec<Count>,
}

impl Line {
    fn of(run: &Outcome, name: &str) -> Self {
        let starts: Vec<f64> = run.series.iter().map(|window| window.start_seconds).collect();
        let window = if let [first, second, ..] = starts[..] { second - first } else { 1.0 };
        let count = |window: &crate::Window| {
            window.operations.get(name).map_or_else(Count::default, |seen| Count {
                requests: seen.requests as f64,
                good: seen.good as f64,
                bad: seen.bad as f64,
            })
        };
        Self { window, counts: run.series.iter().map(count).collect() }
    }

    fn end(&self) -> f64 {
        self.counts.len() as f64 * self.window
    }

    /// The answers in the windows that lie between two moments.
    fn count(&self, from: f64, to: f64) -> Count {
        let first = (from / self.window - 1e-9).ceil().max(0.0) as usize;
        let last = ((to / self.window + 1e-9).floor() as usize).min(self.counts.len());
        let inside = self.counts.get(first..last.max(first)).unwrap_or(&[]);
        inside.iter().fold(Count::default(), |all, one| all.and(*one))
    }

    /// Seconds after `end` from which on every stretch is well; `None` where the last one is not.
    fn back_after(&self, end: f64, stretch: f64, usual: f64) -> Option<f64> {
        let mut since = None;
        let mut to = self.end();
        while to - stretch >= end - 1e-9 {
            let from = to - stretch;
            if !self.count(from, to).is_well(usual) {
                break;
            }
            since = Some(from - end);
            to = from;
        }
        // What is left before the first stretch is shorter than one.
        since.map(|since| if since < stretch - 1e-9 { 0.0 } else { since })
    }
}

#[cfg(test)]
mod tests;
