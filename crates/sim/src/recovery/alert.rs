//! When a burn-rate alert fires.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Count, Line, Trigger};
use crate::Outcome;
use crate::stats::{Estimate, replications};

/// The error budget is burnt so many times as fast as it may be, over a long and over a short window
/// at the same time (Beyer et al., *The Site Reliability Workbook*, chapter 5, 2018: multiwindow,
/// multi-burn-rate alerts).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AlertRule {
    /// Times the rate at which the budget lasts exactly as long as it has to.
    pub burn_rate: f64,
    /// The long window, in seconds.
    pub long_seconds: f64,
    /// The short window, in seconds.
    pub short_seconds: f64,
}

impl AlertRule {
    /// The two that page somebody: 2 % of a month's budget in an hour, and 5 % in six hours.
    pub const WORKBOOK: [Self; 2] = [
        Self { burn_rate: 14.4, long_seconds: 3_600.0, short_seconds: 300.0 },
        Self { burn_rate: 6.0, long_seconds: 21_600.0, short_seconds: 1_800.0 },
    ];
}

/// What an alert does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alert {
    /// The rule.
    pub rule: AlertRule,
    /// It fires before the trigger: what is usual is too bad for the objective.
    pub before_the_trigger: bool,
    /// Runs in which it fires.
    pub fires_in: u32,
    /// Seconds from the beginning of the trigger until it fires, over these runs.
    pub fires_after_seconds: Option<Estimate>,
    /// It fires only after the end of the run in some of them, supposing that answers go on as in the
    /// last quarter.
    pub after_the_run: bool,
}

/// Returns when the alerts of the Workbook fire for an operation whose objective is that `objective`
/// (0 to below 1) of the answers are good.
///
/// Before the run answers are as before the trigger, for longer than the longest window; after it as in
/// its last quarter, for as long.
#[must_use]
pub fn alerts(
    runs: &[Outcome],
    operation: &str,
    objective: f64,
    trigger: Trigger,
    warm_up: f64,
) -> Vec<Alert> {
    let histories: Vec<History> =
        runs.iter().map(|run| History::new(&Line::of(run, operation), trigger, warm_up)).collect();
    AlertRule::WORKBOOK
        .into_iter()
        .map(|rule| {
            let limit = rule.burn_rate * (1.0 - objective);
            let fired: Vec<Option<f64>> =
                histories.iter().map(|history| history.fires(rule, limit)).collect();
            let begin = trigger.begins_seconds;
            let times: Vec<f64> = fired.iter().flatten().map(|at| at - begin).collect();
            let usual = histories.iter().filter_map(|history| history.before.ratio());
            let late =
                |history: &History, at: &Option<f64>| at.is_some_and(|at| at > history.end());
            Alert {
                rule,
                before_the_trigger: usual.into_iter().any(|ratio| 1.0 - ratio >= limit),
                fires_in: times.len() as u32,
                fires_after_seconds: replications::mean(&times)
                    .map(|seen| seen.clamped(0.0, f64::INFINITY)),
                after_the_run: histories.iter().zip(&fired).any(|(history, at)| late(history, at)),
            }
        })
        .collect()
}

/// Answers up to each end of a window, and what comes before and after.
struct History {
    window: f64,
    /// From when on the run counts; before that it is as usual.
    start: f64,
    begin: f64,
    /// Answers per second before.
    before: Count,
    /// Sums from `start`, beginning with nothing.
    sums: Vec<Count>,
    /// Answers per second after.
    after: Count,
}

impl History {
    fn new(line: &Line, trigger: Trigger, warm_up: f64) -> Self {
        let per_second = |from: f64, to: f64| {
            let count = line.count(from, to);
            let span = to - from;
            Count { requests: 0.0, good: count.good / span, bad: count.bad / span }
        };
        let start = (warm_up / line.window - 1e-9).ceil() * line.window;
        let (begin, over) = (trigger.begins_seconds, line.end());
        let begun = (begin / line.window + 1e-9).floor() * line.window;
        let quarter =
            over - ((over - trigger.ends_seconds) / 4.0 / line.window).ceil() * line.window;
        let mut sum = Count::default();
        let mut sums = vec![sum];
        let mut from = start;
        while from < over - 1e-9 {
            sum = sum.and(line.count(from, from + line.window));
            sums.push(sum);
            from += line.window;
        }
        let (before, after) = (per_second(start, begun), per_second(quarter, over));
        Self { window: line.window, start, begin, before, sums, after }
    }

    fn end(&self) -> f64 {
        self.start + (self.sums.len() - 1) as f64 * self.window
    }

    /// Returns good and bad answers from `start` to a moment; negative before it.
    fn until(&self, at: f64) -> (f64, f64) {
        let (steps, last) = ((at - self.start) / self.window, self.sums.len() - 1);
        if steps <= 0.0 {
            let span = at - self.start;
            (self.before.good * span, self.before.bad * span)
        } else if steps >= last as f64 {
            let span = at - self.end();
            let sum = self.sums[last];
            (sum.good + self.after.good * span, sum.bad + self.after.bad * span)
        } else {
            // Within a window answers are spread evenly.
            let index = steps.floor() as usize;
            let part = steps - steps.floor();
            let (low, high) = (self.sums[index], self.sums[index + 1]);
            (low.good + part * (high.good - low.good), low.bad + part * (high.bad - low.bad))
        }
    }

    fn bad_ratio(&self, at: f64, span: f64) -> f64 {
        let (to, from) = (self.until(at), self.until(at - span));
        let (good, bad) = (to.0 - from.0, to.1 - from.1);
        if good + bad > 0.0 { bad / (good + bad) } else { 0.0 }
    }

    /// The first end of a window since the beginning of the trigger at which both windows burn.
    fn fires(&self, rule: AlertRule, limit: f64) -> Option<f64> {
        let steps = ((self.end() + rule.long_seconds - self.begin) / self.window).ceil() as u64;
        let at = |step: u64| self.begin + step as f64 * self.window;
        (0..=steps).map(at).find(|at| {
            self.bad_ratio(*at, rule.long_seconds) >= limit
                && self.bad_ratio(*at, rule.short_seconds) >= limit
        })
    }
}
