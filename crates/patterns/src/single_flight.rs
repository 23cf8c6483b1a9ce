//! Single flight: of many callers that miss the same key, one asks the store and all get the answer.
//!
//! ```text
//!   join(key) ── nobody there ─► Lead(permit) ── finish ─► all waiters take the result
//!       │                             └─ abandon (cancelled, panicked) ─► next waiter leads
//!       └─ somebody leads ─► Wait(ticket)        leader silent for `lease` ─► next caller leads
//! ```
//!
//! **Use it** in front of a store whose answers many want at once. **Not** for requests whose answer
//! depends on who asks.
//!
//! Pitfalls that it avoids: a failure is told to those who waited and remembered for nobody; when the
//! leader dies one waiter takes over, not all at once; the number of waiters is bounded; a leader
//! that hangs does not make everybody hang.
//!
//! ```
//! use tenfold_patterns::{SingleFlight, SingleFlightDecision, SingleFlightOptions};
//! use tenfold_units::Instant;
//! let mut flight = SingleFlight::new(SingleFlightOptions::tenfold()).unwrap();
//! let SingleFlightDecision::Lead(permit) = flight.join(Instant::ZERO, 7_u64) else { panic!() };
//! let SingleFlightDecision::Wait(ticket) = flight.join(Instant::ZERO, 7) else { panic!() };
//! assert_eq!(flight.finish(permit), [ticket]);
//! ```
//!
//! Source: Go `golang.org/x/sync/singleflight` (behavior); leases: Nishtala et al., NSDI'13.

#[cfg(test)]
mod tests;

use core::hash::Hash;
use core::time::Duration;
use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::{FixedMap, Instant};

use crate::event::{Event, Events};
use crate::options::{Check, InvalidOptions};

/// How many may wait, and for how long a leader may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SingleFlightOptions {
    /// Callers that may wait for one key.
    pub max_waiters: u32,
    /// How long a leader may take before the next caller leads too; above 0.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub lease: Duration,
}

impl SingleFlightOptions {
    /// Ours: 10,000 waiters, and a lease of 10 s as Facebook's memcache leases.
    #[must_use]
    pub const fn tenfold() -> Self {
        Self { max_waiters: 10_000, lease: Duration::from_secs(10) }
    }

    fn check(&self) -> Result<(), InvalidOptions> {
        let mut check = Check::default();
        check.that(!self.lease.is_zero(), "lease", "must be above 0s");
        check.done()
    }
}

/// The duty to ask the store; give it back with [`SingleFlight::finish`] or
/// [`SingleFlight::abandon`].
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a permit that is not given back makes callers wait for the lease"]
pub struct SingleFlightPermit<K> {
    key: K,
    generation: u64,
}

/// A place among those who wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SingleFlightTicket(u64);

/// What a caller that missed does.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum SingleFlightDecision<K> {
    /// Ask the store, for all.
    Lead(SingleFlightPermit<K>),
    /// Wait until the ticket is served, or handed the lead.
    Wait(SingleFlightTicket),
    /// Too many wait.
    Refused,
}

impl<K> Events for SingleFlightDecision<K> {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        match self {
            Self::Lead(_) => sink(Event::Admitted),
            Self::Wait(_) => sink(Event::Refused { reason: "waits" }),
            Self::Refused => sink(Event::Refused { reason: "full" }),
        }
    }
}

#[derive(Clone, Debug)]
struct Flight {
    generation: u64,
    lease: Instant,
    waiters: VecDeque<SingleFlightTicket>,
}

/// Flights by key `K`.
#[derive(Clone)]
pub struct SingleFlight<K> {
    options: SingleFlightOptions,
    flights: FixedMap<K, Flight>,
    next: u64,
}

impl<K: Eq + Hash> core::fmt::Debug for SingleFlight<K> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SingleFlight").field("flights", &self.flights).finish_non_exhaustive()
    }
}

impl<K: Copy + Eq + Hash> SingleFlight<K> {
    /// Returns one without flights.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: SingleFlightOptions) -> Result<Self, InvalidOptions> {
        options.check()?;
        Ok(Self { options, flights: FixedMap::new(), next: 0 })
    }

    /// Joins those who want `key`.
    pub fn join(&mut self, now: Instant, key: K) -> SingleFlightDecision<K> {
        let number = self.next;
        self.next += 1;
        let lease = now + self.options.lease;
        let Some(flight) = self.flights.get_mut(&key) else {
            let waiters = VecDeque::new();
            self.flights.insert(key, Flight { generation: number, lease, waiters });
            return SingleFlightDecision::Lead(SingleFlightPermit { key, generation: number });
        };
        if now >= flight.lease {
            (flight.generation, flight.lease) = (number, lease);
            return SingleFlightDecision::Lead(SingleFlightPermit { key, generation: number });
        }
        if flight.waiters.len() >= self.options.max_waiters as usize {
            return SingleFlightDecision::Refused;
        }
        let ticket = SingleFlightTicket(number);
        flight.waiters.push_back(ticket);
        SingleFlightDecision::Wait(ticket)
    }

    /// Ends a flight, with a value or a failure, and returns who takes the result. An old leader that
    /// comes back after its lease serves the waiters too, if nobody has yet.
    pub fn finish(&mut self, permit: SingleFlightPermit<K>) -> Vec<SingleFlightTicket> {
        let Some(flight) = self.flights.get_mut(&permit.key) else { return Vec::new() };
        let waiters = core::mem::take(&mut flight.waiters);
        if flight.generation == permit.generation {
            self.flights.remove(&permit.key);
        }
        waiters.into()
    }

    /// Gives the lead up without a result; the caller that has waited longest takes it over.
    pub fn abandon(
        &mut self,
        now: Instant,
        permit: SingleFlightPermit<K>,
    ) -> Option<(SingleFlightTicket, SingleFlightPermit<K>)> {
        let flight = self.flights.get_mut(&permit.key)?;
        if flight.generation != permit.generation {
            return None;
        }
        match flight.waiters.pop_front() {
            Some(ticket) => {
                flight.lease = now + self.options.lease;
                Some((ticket, permit))
            }
            None => {
                self.flights.remove(&permit.key);
                None
            }
        }
    }

    /// Takes a waiter out that has gone; says whether it was there.
    pub fn cancel(&mut self, key: &K, ticket: SingleFlightTicket) -> bool {
        let Some(flight) = self.flights.get_mut(key) else { return false };
        let place = flight.waiters.binary_search(&ticket);
        place.is_ok_and(|place| flight.waiters.remove(place).is_some())
    }

    /// Takes new options; flights under way keep their leases and waiters.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&mut self, options: SingleFlightOptions) -> Result<(), InvalidOptions> {
        options.check()?;
        self.options = options;
        Ok(())
    }

    /// Returns the number of keys under way.
    #[must_use]
    pub fn len(&self) -> usize {
        self.flights.len()
    }

    /// Returns whether no key is under way.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.flights.is_empty()
    }
}
