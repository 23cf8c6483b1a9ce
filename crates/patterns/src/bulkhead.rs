//! Bulkhead: at most so much work at a time, and a bounded queue for a bounded wait.
//!
//! ```text
//!   acquire ─► free place? ── yes ─► Admitted(permit) ── release ─┐
//!                └─ queue not full? ─► Waiting(ticket) ◄──────────┘ handed over, oldest first
//!                └─ full ─► Refused                (or newest first when overloaded)
//!   ticket older than max_wait ─► expired
//! ```
//!
//! **Use it** per dependency, so that a slow one does not take all threads and connections with it.
//! **Not** to bound a rate ([token bucket](crate::token_bucket)).
//!
//! Pitfalls that it avoids: a permit goes back by value and is handed straight to a waiter; who has
//! waited too long is not served (nobody listens any more); a queue that stays full is served newest
//! first if told so, as the oldest are about to give up.
//!
//! ```
//! use tenfold_patterns::{Bulkhead, BulkheadDecision, BulkheadOptions};
//! use tenfold_units::Instant;
//! let mut bulkhead = Bulkhead::new(BulkheadOptions::hystrix_semaphore()).unwrap();
//! let mut permits = Vec::new();
//! while let BulkheadDecision::Admitted(permit) = bulkhead.acquire(Instant::ZERO) {
//!     permits.push(permit);
//! }
//! assert_eq!(permits.len(), 10);
//! for permit in permits {
//!     assert!(bulkhead.release(Instant::ZERO, permit).is_none(), "nobody waits");
//! }
//! ```
//!
//! Sources: M. Nygard, *Release It!*; defaults of resilience4j and Hystrix.

#[cfg(test)]
mod tests;

use core::time::Duration;
use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::Instant;

use crate::event::{Event, Events};
use crate::options::{Check, InvalidOptions};
use crate::planted;

/// How much at a time, and who may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkheadOptions {
    /// Work at a time; at least 1.
    pub max_concurrent: u32,
    /// Waiting places: up to 1,000,000.
    #[serde(default)]
    pub max_waiting: u32,
    /// How long one may wait.
    #[serde(default, with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub max_wait: Duration,
    /// Whether the newest is served first while the queue is at least half full.
    #[serde(default)]
    pub newest_first_when_busy: bool,
}

impl BulkheadOptions {
    /// resilience4j: 25 at a time, nobody waits.
    #[must_use]
    pub const fn resilience4j() -> Self {
        Self {
            max_concurrent: 25,
            max_waiting: 0,
            max_wait: Duration::ZERO,
            newest_first_when_busy: false,
        }
    }

    /// Hystrix semaphore: 10 at a time, nobody waits.
    #[must_use]
    pub const fn hystrix_semaphore() -> Self {
        Self { max_concurrent: 10, ..Self::resilience4j() }
    }

    fn check(&self) -> Result<(), InvalidOptions> {
        let mut check = Check::default();
        check.that(self.max_concurrent > 0, "max_concurrent", "must be at least 1");
        check.that(self.max_waiting <= 1_000_000, "max_waiting", "must be at most 1000000");
        let waits = (self.max_waiting == 0) == self.max_wait.is_zero();
        check.that(waits, "max_wait", "goes together with `max_waiting`");
        check.done()
    }
}

/// The right to work; give it back with [`Bulkhead::release`].
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a permit that is not given back keeps its place for ever"]
pub struct BulkheadPermit(());

/// A place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BulkheadTicket(u64);

/// Whether work may start.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum BulkheadDecision {
    /// Now.
    Admitted(BulkheadPermit),
    /// When [`Bulkhead::release`] hands a permit to this ticket.
    Waiting(BulkheadTicket),
    /// Not at all: queue and places are full.
    Refused,
}

impl Events for BulkheadDecision {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        match self {
            Self::Admitted(_) => sink(Event::Admitted),
            Self::Waiting(_) => {}
            Self::Refused => sink(Event::Refused { reason: "full" }),
        }
    }
}

/// A bulkhead.
#[derive(Clone, Debug)]
pub struct Bulkhead {
    options: BulkheadOptions,
    busy: u32,
    next: u64,
    /// Oldest first, each with the instant at which it gives up.
    waiting: VecDeque<(BulkheadTicket, Instant)>,
}

impl Bulkhead {
    /// Returns a bulkhead with nobody in it.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: BulkheadOptions) -> Result<Self, InvalidOptions> {
        options.check()?;
        let waiting = VecDeque::with_capacity(options.max_waiting as usize);
        Ok(Self { options, busy: 0, next: 0, waiting })
    }

    /// Asks to start work.
    pub fn acquire(&mut self, now: Instant) -> BulkheadDecision {
        let over = u32::from(planted::is("bulkhead-over-admits-by-one"));
        if self.busy < self.options.max_concurrent + over {
            self.busy += 1;
            return BulkheadDecision::Admitted(BulkheadPermit(()));
        }
        if self.waiting.len() >= self.options.max_waiting as usize {
            return BulkheadDecision::Refused;
        }
        let ticket = BulkheadTicket(self.next);
        self.next += 1;
        self.waiting.push_back((ticket, now + self.options.max_wait));
        BulkheadDecision::Waiting(ticket)
    }

    /// Gives a permit back. Whoever waits and has not waited too long gets it.
    pub fn release(
        &mut self,
        now: Instant,
        permit: BulkheadPermit,
    ) -> Option<(BulkheadTicket, BulkheadPermit)> {
        if self.busy > self.options.max_concurrent {
            // There are fewer places than there were.
            self.busy -= 1;
            return None;
        }
        let busy = 2 * self.waiting.len() >= self.options.max_waiting as usize;
        let newest = self.options.newest_first_when_busy && busy;
        let live = |it: &(BulkheadTicket, Instant)| now < it.1;
        let next = if newest {
            self.waiting.back().copied().filter(live).inspect(|_| {
                self.waiting.pop_back();
            })
        } else {
            // The expired stay for `poll_expired`.
            let first = self.waiting.iter().position(live);
            first.and_then(|first| self.waiting.remove(first))
        };
        match next {
            Some((ticket, _)) => Some((ticket, permit)),
            None => {
                self.busy -= 1;
                None
            }
        }
    }

    /// Takes a ticket out of the queue: its caller has gone. Says whether it was there.
    pub fn cancel(&mut self, ticket: BulkheadTicket) -> bool {
        let place = self.waiting.binary_search_by_key(&ticket, |it| it.0).ok();
        place.and_then(|place| self.waiting.remove(place)).is_some()
    }

    /// Returns when the next waiting caller gives up, and why to wake up then.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        self.waiting.front().map(|it| (it.1, "a caller has waited too long"))
    }

    /// Returns a caller that has waited too long, oldest first; call until `None`.
    pub fn poll_expired(&mut self, now: Instant) -> Option<BulkheadTicket> {
        let expired = self.waiting.front().is_some_and(|it| now >= it.1);
        if expired { self.waiting.pop_front().map(|it| it.0) } else { None }
    }

    /// Returns how much work is under way.
    #[must_use]
    pub const fn in_flight(&self) -> u32 {
        self.busy
    }

    /// Returns how many wait.
    #[must_use]
    pub fn queue_length(&self) -> usize {
        self.waiting.len()
    }

    /// Returns the options.
    #[must_use]
    pub const fn options(&self) -> &BulkheadOptions {
        &self.options
    }

    /// Takes new options. Work under way and callers in the queue stay; if there are fewer places,
    /// those above are not given again.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&mut self, options: BulkheadOptions) -> Result<(), InvalidOptions> {
        options.check()?;
        self.options = options;
        Ok(())
    }
}
