//! What the balancer knows of one backend.

use core::time::Duration;

use tenfold_units::{Instant, math};

use super::{BackendOptions, MaxFailsOptions};

#[derive(Clone, Debug)]
pub(super) struct Backend {
    pub(super) name: String,
    pub(super) weight: u32,
    pub(super) max_connections: u32,
    pub(super) in_flight: u32,
    pub(super) removed: bool,
    /// By an active health check.
    pub(super) down: bool,
    /// When it came (back); slow start counts from here.
    pub(super) came: Option<Instant>,
    /// Its number on the hash ring.
    pub(super) on_ring: Option<u32>,

    // Smooth weighted round robin, as nginx.
    pub(super) current: i64,
    pub(super) effective: i64,

    // max_fails, as nginx.
    fails: u32,
    accessed: Instant,
    checked: Instant,

    // Outlier ejection.
    pub(super) ejected_until: Option<Instant>,
    pub(super) ejections: u32,
    pub(super) in_a_row: u32,
    pub(super) successes: u32,
    pub(super) failures: u32,

    // Peak EWMA, in seconds.
    latency: Option<f64>,
    stamped: Instant,
}

impl Backend {
    pub(super) fn new(options: &BackendOptions, came: Option<Instant>) -> Self {
        Self {
            name: options.name.clone(),
            weight: options.weight,
            max_connections: options.max_connections,
            in_flight: 0,
            removed: false,
            down: false,
            came,
            on_ring: None,
            current: 0,
            effective: i64::from(options.weight),
            fails: 0,
            accessed: Instant::ZERO,
            checked: Instant::ZERO,
            ejected_until: None,
            ejections: 0,
            in_a_row: 0,
            successes: 0,
            failures: 0,
            latency: None,
            stamped: Instant::ZERO,
        }
    }

    /// Forgets failures: a health check found it well.
    pub(super) fn forget(&mut self) {
        self.fails = 0;
        self.in_a_row = 0;
        self.ejected_until = None;
        self.effective = i64::from(self.weight);
        self.latency = None;
    }

    pub(super) fn is_full(&self) -> bool {
        self.max_connections > 0 && self.in_flight >= self.max_connections
    }

    /// Share of its weight that a backend gets which came lately: from a tenth up, linearly.
    pub(super) fn warmth(&self, now: Instant, slow_start: Option<Duration>) -> f64 {
        let (Some(span), Some(came)) = (slow_start, self.came) else { return 1.0 };
        if now < came {
            // The clock stepped back: it has had its start.
            return 1.0;
        }
        let share = now.saturating_since(came).as_secs_f64() / span.as_secs_f64();
        share.clamp(0.1, 1.0)
    }

    /// Whether so many requests failed that it is out for a time after each.
    pub(super) const fn failing(&self, options: &MaxFailsOptions) -> bool {
        self.fails >= options.max_fails
    }

    pub(super) fn is_out(&self, now: Instant, options: &MaxFailsOptions) -> bool {
        self.failing(options) && now.saturating_since(self.checked) <= options.fail_timeout
    }

    /// Takes times that the clock has not reached for now.
    pub(super) fn follow_clock(&mut self, now: Instant, longest_ejection: Option<Instant>) {
        self.checked = self.checked.min(now);
        self.accessed = self.accessed.min(now);
        if let (Some(until), Some(longest)) = (&mut self.ejected_until, longest_ejection) {
            *until = longest.min(*until);
        }
    }

    /// It gets a request: if its time was over, this is the probe.
    pub(super) fn probe(&mut self, now: Instant, options: &MaxFailsOptions) {
        if now.saturating_since(self.checked) > options.fail_timeout {
            self.checked = now;
        }
    }

    pub(super) fn count(&mut self, now: Instant, failed: bool, options: &MaxFailsOptions) {
        if failed {
            self.fails = self.fails.saturating_add(1);
            self.accessed = now;
            self.checked = now;
            let step = i64::from(self.weight) / i64::from(options.max_fails);
            self.effective = (self.effective - step).max(0);
        } else if self.accessed < self.checked {
            self.fails = 0;
        }
    }

    /// Takes a latency in: at once if it is worse, by and by if it is better.
    pub(super) fn observe(&mut self, now: Instant, latency: Duration, decay: Duration) {
        let seen = latency.as_secs_f64();
        self.latency = Some(match self.decayed(now, decay) {
            Some(known) if seen <= known => known + seen * (1.0 - self.kept(now, decay)),
            _ => seen,
        });
        self.stamped = now;
    }

    /// The share of an old observation that still counts.
    fn kept(&self, now: Instant, decay: Duration) -> f64 {
        let age = now.saturating_since(self.stamped).as_secs_f64();
        math::exp(-age / decay.as_secs_f64())
    }

    fn decayed(&self, now: Instant, decay: Duration) -> Option<f64> {
        self.latency.map(|latency| latency * self.kept(now, decay))
    }

    /// What a further request is expected to cost here.
    pub(super) fn cost(&self, now: Instant, decay: Duration, initial: Duration) -> f64 {
        let latency = self.decayed(now, decay).unwrap_or(initial.as_secs_f64());
        latency * f64::from(self.in_flight + 1) / f64::from(self.weight)
    }
}
