//! Load shedding: what has waited too long, and what matters least, is refused first.
//!
//! ```text
//!  by time (CoDel for requests)      calm ── shortest wait of an interval > target ──► overloaded
//!    overloaded: shed who waited > 2 × target        ▲── shortest wait ≤ target ─────────┘
//!  by priority (admission level)     each window: overloaded? admit 5 % fewer : 1 % more,
//!    by the histogram of priorities that came: level = lowest priority still admitted
//! ```
//!
//! **Use it** at the door of a server, before parsing. **Not** on health checks, and not as the only
//! bound: the queue itself must be bounded too.
//!
//! Pitfalls that it avoids: a long queue is not a sign of overload, a queue that does not become
//! short is; the level is set from what comes, so that half of the traffic at one priority does not
//! make it swing.
//!
//! ```
//! use core::time::Duration;
//! use tenfold_patterns::{WaitShed, WaitShedOptions};
//! use tenfold_units::Instant;
//! let mut shed = WaitShed::new(WaitShedOptions::facebook()).unwrap();
//! let decision = shed.decide(Instant::ZERO, Duration::from_millis(500));
//! assert!(decision.is_admitted(), "one long wait is not overload");
//! ```
//!
//! Sources: B. Maurer, "Fail at Scale", ACM Queue 2015 (CoDel for requests, folly `Codel`); Zhou et
//! al., "Overload Control for Scaling WeChat Microservices", SoCC'18 (DAGOR).

#[cfg(test)]
mod tests;

use core::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::Instant;

use crate::event::{Event, Events};
use crate::options::{Check, InvalidOptions};

/// When waiting means overload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitShedOptions {
    /// The wait that the shortest of an interval may have; above 0.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub target: Duration,
    /// How long the shortest wait is looked for; above 0.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub interval: Duration,
}

impl WaitShedOptions {
    /// folly's defaults: 5 ms in 100 ms.
    #[must_use]
    pub const fn facebook() -> Self {
        Self { target: Duration::from_millis(5), interval: Duration::from_millis(100) }
    }

    fn check(&self) -> Result<(), InvalidOptions> {
        let mut check = Check::default();
        check.that(!self.target.is_zero(), "target", "must be above 0s");
        check.that(!self.interval.is_zero(), "interval", "must be above 0s");
        check.done()
    }
}

/// Whether a request that leaves the queue is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum WaitShedDecision {
    /// Serve it.
    Admitted,
    /// Refuse it: it waited too long while the queue does not become short.
    Shed,
}

impl WaitShedDecision {
    /// Returns whether it is [`WaitShedDecision::Admitted`].
    #[must_use]
    pub const fn is_admitted(self) -> bool {
        matches!(self, Self::Admitted)
    }
}

impl Events for WaitShedDecision {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        sink(match self {
            Self::Admitted => Event::Admitted,
            Self::Shed => Event::Refused { reason: "waited-too-long" },
        });
    }
}

/// Shedding by time in the queue.
#[derive(Clone, Debug)]
pub struct WaitShed {
    options: WaitShedOptions,
    shortest: Option<Duration>,
    interval_ends: Option<Instant>,
    overloaded: bool,
}

impl WaitShed {
    /// Returns a calm one.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: WaitShedOptions) -> Result<Self, InvalidOptions> {
        options.check()?;
        Ok(Self { options, shortest: None, interval_ends: None, overloaded: false })
    }

    /// Looks at a request that leaves the queue after `waited`, and decides whether to serve it.
    pub fn decide(&mut self, now: Instant, waited: Duration) -> WaitShedDecision {
        let end = *self.interval_ends.get_or_insert(now + self.options.interval);
        if now >= end {
            self.overloaded = self.shortest.is_some_and(|wait| wait > self.options.target);
            self.shortest = None;
            self.interval_ends = Some(now + self.options.interval);
        }
        self.shortest = Some(self.shortest.map_or(waited, |wait| wait.min(waited)));
        if self.overloaded && waited > self.options.target * 2 {
            WaitShedDecision::Shed
        } else {
            WaitShedDecision::Admitted
        }
    }

    /// Returns whether the last interval was overloaded: then the newest should be served first.
    #[must_use]
    pub const fn is_overloaded(&self) -> bool {
        self.overloaded
    }

    /// Takes new options; whether it is overloaded stays until the interval ends.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&mut self, options: WaitShedOptions) -> Result<(), InvalidOptions> {
        options.check()?;
        self.options = options;
        Ok(())
    }
}

/// How the admission level follows overload.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriorityShedOptions {
    /// The mean wait from which on a window is overloaded; above 0.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub target: Duration,
    /// The length of a window; above 0.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub window: Duration,
    /// Requests that end a window before its time; at least 1.
    pub window_requests: u32,
    /// The share by which less is admitted after an overloaded window: above 0, at most 1.
    pub decrease: f64,
    /// The share by which more is admitted after another one: above 0, at most 1.
    pub increase: f64,
}

impl PriorityShedOptions {
    /// WeChat's DAGOR: 20 ms mean wait in 1 s or 2,000 requests; 5 % fewer, 1 % more.
    #[must_use]
    pub const fn dagor() -> Self {
        Self {
            target: Duration::from_millis(20),
            window: Duration::from_secs(1),
            window_requests: 2_000,
            decrease: 0.05,
            increase: 0.01,
        }
    }

    fn check(&self) -> Result<(), InvalidOptions> {
        let mut check = Check::default();
        check.that(!self.target.is_zero(), "target", "must be above 0s");
        check.that(!self.window.is_zero(), "window", "must be above 0s");
        check.that(self.window_requests > 0, "window_requests", "must be at least 1");
        let share = |share: f64| share > 0.0 && share <= 1.0;
        check.that(share(self.decrease), "decrease", "must be above 0, at most 1");
        check.that(share(self.increase), "increase", "must be above 0, at most 1");
        check.done()
    }
}

/// Whether a request is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum PriorityShedDecision {
    /// Let it in.
    Admitted,
    /// Refuse it: it matters less than what is still admitted.
    Shed,
}

impl PriorityShedDecision {
    /// Returns whether it is [`PriorityShedDecision::Admitted`].
    #[must_use]
    pub const fn is_admitted(self) -> bool {
        matches!(self, Self::Admitted)
    }
}

impl Events for PriorityShedDecision {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        sink(match self {
            Self::Admitted => Event::Admitted,
            Self::Shed => Event::Refused { reason: "priority" },
        });
    }
}

/// Priorities: 0 matters most, 127 least.
const PRIORITIES: usize = 128;

/// Shedding by priority.
#[derive(Clone, Debug)]
pub struct PriorityShed {
    options: PriorityShedOptions,
    /// The lowest priority still admitted.
    level: u8,
    arrived: [u32; PRIORITIES],
    requests: u32,
    admitted: u32,
    waited: Duration,
    waits: u32,
    window_ends: Option<Instant>,
}

impl PriorityShed {
    /// Returns one that admits all.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: PriorityShedOptions) -> Result<Self, InvalidOptions> {
        options.check()?;
        Ok(Self {
            options,
            level: PRIORITIES as u8 - 1,
            arrived: [0; PRIORITIES],
            requests: 0,
            admitted: 0,
            waited: Duration::ZERO,
            waits: 0,
            window_ends: None,
        })
    }

    /// Counts a request of this priority (0 matters most; above 127 counts as 127) and decides
    /// whether it is let in.
    pub fn admit(&mut self, now: Instant, priority: u8) -> PriorityShedDecision {
        let end = *self.window_ends.get_or_insert(now + self.options.window);
        if now >= end || self.requests >= self.options.window_requests {
            self.turn();
            self.window_ends = Some(now + self.options.window);
        }
        let priority = priority.min(PRIORITIES as u8 - 1);
        self.arrived[usize::from(priority)] += 1;
        self.requests += 1;
        let admits = priority <= self.level;
        self.admitted += u32::from(admits);
        if admits { PriorityShedDecision::Admitted } else { PriorityShedDecision::Shed }
    }

    /// Counts the time that an admitted request waited in the queue.
    pub fn waited(&mut self, wait: Duration) {
        self.waited = self.waited.saturating_add(wait);
        self.waits += 1;
    }

    /// Returns the lowest priority still admitted; callers may spare themselves a call below it.
    #[must_use]
    pub const fn level(&self) -> u8 {
        self.level
    }

    /// Takes new options; level and counts stay.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&mut self, options: PriorityShedOptions) -> Result<(), InvalidOptions> {
        options.check()?;
        self.options = options;
        Ok(())
    }

    /// Ends a window: moves the level to where so many of what came would have been admitted.
    fn turn(&mut self) {
        let overloaded = self.waits > 0 && self.waited / self.waits > self.options.target;
        let admitted = f64::from(self.admitted);
        let mut would = self.arrived[..=usize::from(self.level)].iter().sum::<u32>();
        if overloaded {
            let aim = admitted * (1.0 - self.options.decrease);
            while f64::from(would) > aim && self.level > 0 {
                would -= self.arrived[usize::from(self.level)];
                self.level -= 1;
            }
        } else {
            let aim = admitted * (1.0 + self.options.increase);
            while f64::from(would) < aim.max(1.0) && usize::from(self.level) < PRIORITIES - 1 {
                self.level += 1;
                would += self.arrived[usize::from(self.level)];
            }
        }
        self.arrived.fill(0);
        (self.requests, self.admitted, self.waits) = (0, 0, 0);
        self.waited = Duration::ZERO;
    }
}
