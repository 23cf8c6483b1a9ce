//! Health: alive or not, ready or not, and a graceful end.
//!
//! ```text
//!   /health  the process answers: always 200, asks nobody
//!   /ready   Starting 503 ─ checks good ─► Ready 200 ◄─ good ── bad ─► NotReady 503
//!            SIGTERM ─► Draining 503, still serving ─ settle time over ─► refusing new work
//!                                       └─ nothing in flight, or deadline ─► Stopped
//! ```
//!
//! **Use it** in every service. **Not** with shared dependencies as required checks: one that is down
//! would take the whole fleet out; make it optional unless the service is useless without it.
//!
//! Checks run in the background, each with its own time-out; `/ready` looks at their last results and
//! costs nothing. Pitfalls that it avoids: liveness that asks a database restarts every process when
//! the database is slow; a check that hangs counts as bad; a single bad answer does not flap; the
//! balancer is told before new work is refused; the wait for work in flight is bounded.
//!
//! ```
//! use tenfold_patterns::{CheckOptions, Health, HealthOptions};
//! use tenfold_units::Instant;
//! let mut health = Health::new(HealthOptions::kubernetes(vec![CheckOptions::named("store")])).unwrap();
//! let now = Instant::ZERO;
//! assert!(!health.is_ready(now));
//! assert_eq!(health.poll_check(now), Some(0), "run it");
//! health.handle_check(now, 0, true);
//! assert!(health.is_ready(now));
//! ```
//!
//! Source: Kubernetes documentation, probes and pod termination.

#[cfg(test)]
mod tests;

use core::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::Instant;

use crate::event::{Event, Events};
use crate::options::{Check, InvalidOptions};

/// A background check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckOptions {
    /// What it is called.
    pub name: String,
    /// Whether the service is useless without it.
    pub required: bool,
    /// The time between two runs.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub every: Duration,
    /// How long a run may take.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub timeout: Duration,
    /// Bad results in a row that make it bad; at least 1.
    pub fail_after: u32,
    /// Good results in a row that make it good again; at least 1.
    pub pass_after: u32,
}

impl CheckOptions {
    /// HAProxy's defaults: every 2 s, bad after 3, good after 2; a time-out of 1 s.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            required: true,
            every: Duration::from_secs(2),
            timeout: Duration::from_secs(1),
            fail_after: 3,
            pass_after: 2,
        }
    }
}

/// The checks, and how the service ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HealthOptions {
    /// The background checks.
    pub checks: Vec<CheckOptions>,
    /// How long work is still taken after the end was announced, so that balancers notice.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub settle: Duration,
    /// How long work in flight may take after the end was announced.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub drain: Duration,
}

impl HealthOptions {
    /// For Kubernetes' grace period of 30 s: 5 s to settle, done after 25 s.
    #[must_use]
    pub const fn kubernetes(checks: Vec<CheckOptions>) -> Self {
        Self { checks, settle: Duration::from_secs(5), drain: Duration::from_secs(25) }
    }

    fn check(&self) -> Result<(), InvalidOptions> {
        let mut check = Check::default();
        let each = |holds: fn(&CheckOptions) -> bool| self.checks.iter().all(holds);
        check.that(each(|c| c.fail_after > 0), "fail_after", "must be at least 1");
        check.that(each(|c| c.pass_after > 0), "pass_after", "must be at least 1");
        let within = each(|c| !c.timeout.is_zero() && c.timeout <= c.every);
        check.that(within, "timeout", "must be above 0s, at most `every`");
        check.that(self.settle <= self.drain, "settle", "must not be above `drain`");
        check.done()
    }
}

#[derive(Clone, Copy, Debug)]
struct CheckState {
    next: Instant,
    running: Option<Instant>,
    good: Option<bool>,
    /// Results in a row that say otherwise.
    against: u32,
}

impl CheckState {
    const NEW: Self = Self { next: Instant::ZERO, running: None, good: None, against: 0 };
}

/// Where the service is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifecycle {
    /// It serves.
    Serving,
    /// It has been told to end, and still takes work.
    Settling,
    /// It takes no new work.
    Draining,
    /// It may exit: nothing is in flight, or the time is over.
    Stopped,
}

/// A change of what a service says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthTransition {
    /// What it said before, as a label value.
    pub from: &'static str,
    /// What it says now: `ready`, `unready`, `settling`, `draining` or `stopped`.
    pub to: &'static str,
}

impl Events for HealthTransition {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        sink(Event::StateChanged { from: self.from, to: self.to });
    }
}

/// The health of a service.
#[derive(Clone, Debug)]
pub struct Health {
    options: HealthOptions,
    checks: Vec<CheckState>,
    in_flight: u64,
    ending: Option<Instant>,
    /// What was last said of it.
    told: &'static str,
}

impl Health {
    /// Returns a service that has just started.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: HealthOptions) -> Result<Self, InvalidOptions> {
        options.check()?;
        let checks = vec![CheckState::NEW; options.checks.len()];
        Ok(Self { options, checks, in_flight: 0, ending: None, told: "unready" })
    }

    /// Returns a check that is due, and counts it as running; call until `None`.
    pub fn poll_check(&mut self, now: Instant) -> Option<usize> {
        let due = |check: &CheckState| check.running.is_none() && now >= check.next;
        let number = self.checks.iter().position(due)?;
        let check = &mut self.checks[number];
        check.running = Some(now);
        check.next = now + self.options.checks[number].every;
        Some(number)
    }

    /// Takes note of a result; one that comes after its time-out is ignored.
    ///
    /// # Panics
    /// Panics when there is no such check.
    pub fn handle_check(&mut self, now: Instant, check: usize, good: bool) {
        self.handle_timeout(now);
        if self.checks[check].running.take().is_some() {
            self.count(check, good);
        }
    }

    /// Counts checks that hang as bad; before their time a no-op.
    pub fn handle_timeout(&mut self, now: Instant) {
        for number in 0..self.checks.len() {
            let timeout = self.options.checks[number].timeout;
            let check = &mut self.checks[number];
            if check.running.is_some_and(|since| now > since + timeout) {
                check.running = None;
                self.count(number, false);
            }
        }
    }

    /// Returns when to call [`Health::handle_timeout`] and [`Health::poll_check`], and why.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        let each = self.checks.iter().zip(&self.options.checks);
        each.map(|(check, options)| match check.running {
            Some(since) => (since + options.timeout + Duration::from_nanos(1), "a check hangs"),
            None => (check.next, "a check is due"),
        })
        .min()
    }

    fn count(&mut self, number: usize, good: bool) {
        let options = &self.options.checks[number];
        let check = &mut self.checks[number];
        if check.good == Some(good) {
            check.against = 0;
            return;
        }
        check.against += 1;
        // The first good result is enough to begin with.
        let needed = match check.good {
            None if good => 1,
            _ if good => options.pass_after,
            _ => options.fail_after,
        };
        if check.against >= needed {
            (check.good, check.against) = (Some(good), 0);
        }
    }

    /// Returns the answer for `/ready`: whether to be sent new work.
    #[must_use]
    pub fn is_ready(&mut self, now: Instant) -> bool {
        self.handle_timeout(now);
        let mut each = self.checks.iter().zip(&self.options.checks);
        let good = each.all(|(check, options)| !options.required || check.good == Some(true));
        self.ending.is_none() && good
    }

    /// Returns the answer for `/health`: that there is one.
    #[must_use]
    pub const fn is_alive(&self) -> bool {
        true
    }

    /// Returns the checks that are not good, required or not, by name.
    pub fn failing(&self) -> impl Iterator<Item = &str> {
        let each = self.checks.iter().zip(&self.options.checks);
        each.filter(|(check, _)| check.good != Some(true)).map(|(_, options)| options.name.as_str())
    }

    /// Takes a request in; says whether it may be served.
    pub fn begin(&mut self, now: Instant) -> bool {
        let open = matches!(self.lifecycle(now), Lifecycle::Serving | Lifecycle::Settling);
        self.in_flight += u64::from(open);
        open
    }

    /// Lets a request that was taken in go.
    ///
    /// # Panics
    /// Panics when none is in flight.
    pub fn end(&mut self) {
        self.in_flight = self.in_flight.checked_sub(1).expect("a request ends that began");
    }

    /// Announces the end (SIGTERM): not ready from now on.
    pub fn shut_down(&mut self, now: Instant) {
        self.ending.get_or_insert(now);
    }

    /// Returns the change since the last call, if there is one. A service begins as `unready`.
    pub fn poll_event(&mut self, now: Instant) -> Option<HealthTransition> {
        let to = match self.lifecycle(now) {
            Lifecycle::Serving if self.is_ready(now) => "ready",
            Lifecycle::Serving => "unready",
            Lifecycle::Settling => "settling",
            Lifecycle::Draining => "draining",
            Lifecycle::Stopped => "stopped",
        };
        let from = core::mem::replace(&mut self.told, to);
        (from != to).then_some(HealthTransition { from, to })
    }

    /// Takes new options; checks of the same name keep what is known of them, and when they are due.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&mut self, options: HealthOptions) -> Result<(), InvalidOptions> {
        options.check()?;
        let old = self.options.checks.iter().zip(&self.checks);
        let known: Vec<(&CheckOptions, &CheckState)> = old.collect();
        let state = |check: &CheckOptions| {
            let same = known.iter().find(|(old, _)| old.name == check.name);
            same.map_or(CheckState::NEW, |(_, state)| **state)
        };
        let checks = options.checks.iter().map(state).collect();
        (self.checks, self.options) = (checks, options);
        Ok(())
    }

    /// Returns where the service is in its life.
    #[must_use]
    pub fn lifecycle(&self, now: Instant) -> Lifecycle {
        let Some(ending) = self.ending else { return Lifecycle::Serving };
        let passed = now.saturating_since(ending);
        if passed < self.options.settle {
            Lifecycle::Settling
        } else if self.in_flight > 0 && passed < self.options.drain {
            Lifecycle::Draining
        } else {
            Lifecycle::Stopped
        }
    }
}
