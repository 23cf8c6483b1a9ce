//! Outlier ejection, as Envoy and gRFC A50.

use core::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::Instant;

use super::{BackendState, Balancer};
use crate::options::Check;
use crate::planted;

/// Ejection of backends that succeed less often than the others.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SuccessRateOutlier {
    /// Backends with enough requests that it takes.
    pub minimum_backends: u32,
    /// Requests in an interval that make a backend count.
    pub minimum_requests: u32,
    /// Standard deviations below the mean at which one is out.
    pub deviations: f64,
}

/// Ejection of backends that fail more often than a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FailureRatioOutlier {
    /// Backends with enough requests that it takes.
    pub minimum_backends: u32,
    /// Requests in an interval that make a backend count.
    pub minimum_requests: u32,
    /// The share of failures from which on one is out.
    pub ratio: f64,
}

/// When a backend is an outlier, and for how long it is out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutlierOptions {
    /// How often the backends are compared.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub interval: Duration,
    /// The first ejection; the n-th takes n times as long, and n falls by one for each interval in
    /// which it is in.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub base_ejection: Duration,
    /// The longest ejection.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub max_ejection: Duration,
    /// The share of all backends that may be out at the same time, the next one counted in.
    pub max_ejected_ratio: f64,
    /// Whether one may be out whatever the share.
    #[serde(default)]
    pub always_one: bool,
    /// Failures in a row that eject at once; absent: none do.
    #[serde(default)]
    pub consecutive_failures: Option<u32>,
    /// Ejection by success rate; absent: none.
    #[serde(default)]
    pub success_rate: Option<SuccessRateOutlier>,
    /// Ejection by failure ratio; absent: none.
    #[serde(default)]
    pub failure_ratio: Option<FailureRatioOutlier>,
}

impl OutlierOptions {
    /// Envoy's defaults: every 10 s; 30 s times the number of ejections up to 300 s; a tenth of the
    /// backends; 5 failures in a row; 1.9 deviations among 5 backends with 100 requests; failure
    /// ratio off.
    #[must_use]
    pub const fn envoy() -> Self {
        Self {
            interval: Duration::from_secs(10),
            base_ejection: Duration::from_secs(30),
            max_ejection: Duration::from_secs(300),
            max_ejected_ratio: 0.1,
            always_one: false,
            consecutive_failures: Some(5),
            success_rate: Some(SuccessRateOutlier {
                minimum_backends: 5,
                minimum_requests: 100,
                deviations: 1.9,
            }),
            failure_ratio: None,
        }
    }

    pub(super) fn check(&self, check: &mut Check) {
        check.that(!self.interval.is_zero(), "interval", "must be longer than 0s");
        check.that(!self.base_ejection.is_zero(), "base_ejection", "must be longer than 0s");
        let most = self.max_ejection >= self.base_ejection;
        check.that(most, "max_ejection", "must not be below `base_ejection`");
        check.ratio(self.max_ejected_ratio, "max_ejected_ratio");
        let some = self.consecutive_failures != Some(0);
        check.that(some, "consecutive_failures", "must be at least 1");
        let deviations = self.success_rate.is_none_or(|rate| rate.deviations > 0.0);
        check.that(deviations, "success_rate", "`deviations` must be above 0");
        let range = self.failure_ratio.is_none_or(|it| it.ratio > 0.0 && it.ratio <= 1.0);
        check.that(range, "failure_ratio", "`ratio` must be above 0, at most 1");
    }
}

impl Balancer {
    /// Counts a result and ejects at once if it is one failure too many in a row.
    pub(super) fn judge(&mut self, now: Instant, backend: usize, failed: bool) {
        let Some(options) = self.options.outlier else { return };
        let it = &mut self.backends[backend];
        if failed {
            it.failures += 1;
            it.in_a_row += 1;
        } else {
            it.successes += 1;
            it.in_a_row = 0;
        }
        if options.consecutive_failures.is_some_and(|most| it.in_a_row >= most)
            && self.eject(now, backend, &options)
        {
            self.backends[backend].in_a_row = 0;
        }
    }

    /// Lets back in whose time is over and, once an interval, compares the backends.
    pub(super) fn sweep(&mut self, now: Instant) {
        let Some(options) = self.options.outlier else { return };
        if self.ejected > 0 {
            self.readmit(now);
        }
        // After a step back of the clock the next comparison is an interval away, not more.
        self.next_sweep = self.next_sweep.min(now + options.interval);
        if now < self.next_sweep {
            return;
        }
        if self.next_sweep != Instant::ZERO {
            self.compare(now, &options);
        }
        self.next_sweep = now + options.interval;
    }

    fn readmit(&mut self, now: Instant) {
        for backend in 0..self.backends.len() {
            let it = &mut self.backends[backend];
            if it.ejected_until.is_some_and(|until| now >= until) {
                it.ejected_until = None;
                it.came = Some(now);
                if !it.removed {
                    self.ejected -= 1;
                    self.troubled -= 1;
                    self.note(backend, BackendState::Ejected, self.state(now, backend));
                }
            }
        }
    }

    fn compare(&mut self, now: Instant, options: &OutlierOptions) {
        let threshold = options.success_rate.and_then(|rate| self.success_threshold(&rate));
        let failing = options
            .failure_ratio
            .filter(|it| self.counted(it.minimum_requests).count() >= it.minimum_backends as usize);
        for backend in 0..self.backends.len() {
            let it = &mut self.backends[backend];
            let requests = it.successes + it.failures;
            let success = f64::from(it.successes) / f64::from(requests.max(1));
            let enough = |least: u32| requests >= least.max(1);
            let worse = threshold.is_some_and(|threshold| success < threshold)
                && options.success_rate.is_some_and(|rate| enough(rate.minimum_requests));
            let bad =
                failing.is_some_and(|it| enough(it.minimum_requests) && 1.0 - success >= it.ratio);
            (it.successes, it.failures) = (0, 0);
            if it.removed || it.ejected_until.is_some() {
                continue;
            }
            if worse || bad {
                self.eject(now, backend, options);
            } else {
                it.ejections = it.ejections.saturating_sub(1);
            }
        }
    }

    /// The backends with enough requests: their success rates.
    fn counted(&self, least: u32) -> impl Iterator<Item = f64> {
        self.backends
            .iter()
            .filter(move |b| !b.removed && b.successes + b.failures >= least.max(1))
            .map(|b| f64::from(b.successes) / f64::from(b.successes + b.failures))
    }

    /// Mean less so many standard deviations.
    fn success_threshold(&self, rate: &SuccessRateOutlier) -> Option<f64> {
        let count = self.counted(rate.minimum_requests).count();
        if count < rate.minimum_backends as usize || count == 0 {
            return None;
        }
        let rates = || self.counted(rate.minimum_requests);
        let mean = rates().sum::<f64>() / count as f64;
        let variance = rates().map(|r| (r - mean) * (r - mean)).sum::<f64>() / count as f64;
        Some(mean - rate.deviations * variance.sqrt())
    }

    /// Ejects, unless too many are out with this one; says whether it did.
    fn eject(&mut self, now: Instant, backend: usize, options: &OutlierOptions) -> bool {
        let it = &self.backends[backend];
        if it.removed || it.ejected_until.is_some() {
            return false;
        }
        let counted_in = usize::from(!planted::is("ejection-share-before-candidate"));
        let out = (self.ejected + counted_in) as f64;
        let fits = out <= options.max_ejected_ratio * self.live as f64;
        if !(fits || options.always_one && self.ejected == 0) {
            return false;
        }
        let from = self.state(now, backend);
        let it = &mut self.backends[backend];
        it.ejections += 1;
        let span = (options.base_ejection * it.ejections).min(options.max_ejection);
        it.ejected_until = Some(now + span);
        self.ejected += 1;
        self.troubled += 1;
        self.note(backend, from, BackendState::Ejected);
        true
    }
}
