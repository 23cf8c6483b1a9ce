//! A bulkhead whose waiting callers are woken when a permit is handed to them.

use core::task::{Context, Poll, Waker};
use std::collections::BTreeMap;

use tenfold_patterns::{
    Bulkhead, BulkheadDecision, BulkheadOptions, BulkheadPermit, BulkheadTicket, InvalidOptions,
};
use tenfold_units::Instant;

use crate::clock::SharedClock;
use crate::sync::{Arc, Mutex, lock};

/// A bulkhead behind a lock that is held for one step of the machine; clones are the same bulkhead.
#[derive(Clone, Debug)]
pub struct SharedBulkhead(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    clock: SharedClock,
}

#[derive(Debug)]
struct State {
    machine: Bulkhead,
    /// Those who wait, and those who were served or given up and do not know it yet.
    callers: BTreeMap<BulkheadTicket, Caller>,
}

#[derive(Debug)]
enum Caller {
    Waiting(Option<Waker>),
    Served(BulkheadPermit),
    Expired,
}

impl State {
    /// Gives a permit back, and returns whom to wake.
    fn release(&mut self, now: Instant, permit: BulkheadPermit) -> Option<Waker> {
        let (ticket, permit) = self.machine.release(now, permit)?;
        self.settle(ticket, Caller::Served(permit))
    }

    /// Takes those out who have waited too long, and returns whom to wake.
    fn expire(&mut self, now: Instant) -> Vec<Waker> {
        let mut wakers = Vec::new();
        while let Some(ticket) = self.machine.poll_expired(now) {
            wakers.extend(self.settle(ticket, Caller::Expired));
        }
        wakers
    }

    fn settle(&mut self, ticket: BulkheadTicket, as_what: Caller) -> Option<Waker> {
        match self.callers.insert(ticket, as_what) {
            Some(Caller::Waiting(waker)) => waker,
            other => unreachable!("the machine names tickets in its queue, not {other:?}"),
        }
    }
}

/// What a bulkhead says to a caller.
#[derive(Debug)]
#[must_use]
pub enum BulkheadEntry {
    /// It may work until it drops the guard.
    Admitted(BulkheadGuard),
    /// It is in the queue until it drops this.
    Waiting(BulkheadQueued),
    /// Queue and places are full.
    Refused,
}

impl SharedBulkhead {
    /// Returns a bulkhead with nobody in it.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: BulkheadOptions, clock: SharedClock) -> Result<Self, InvalidOptions> {
        let state = State { machine: Bulkhead::new(options)?, callers: BTreeMap::new() };
        Ok(Self(Arc::new(Inner { state: Mutex::new(state), clock })))
    }

    /// Asks to work.
    pub fn enter(&self) -> BulkheadEntry {
        let mut state = lock(&self.0.state);
        let now = self.time_for(&state);
        let expired = state.expire(now);
        let entry = match state.machine.acquire(now) {
            BulkheadDecision::Admitted(permit) => BulkheadEntry::Admitted(self.guard(permit)),
            BulkheadDecision::Waiting(ticket) => {
                state.callers.insert(ticket, Caller::Waiting(None));
                let gives_up = now + state.machine.options().max_wait;
                let bulkhead = Some(self.clone());
                BulkheadEntry::Waiting(BulkheadQueued { bulkhead, ticket, gives_up })
            }
            BulkheadDecision::Refused => BulkheadEntry::Refused,
        };
        drop(state);
        expired.into_iter().for_each(Waker::wake);
        entry
    }

    /// Returns how much work is under way.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        lock(&self.0.state).machine.in_flight()
    }

    /// Returns how many wait.
    #[must_use]
    pub fn queue_length(&self) -> usize {
        lock(&self.0.state).machine.queue_length()
    }

    /// Takes new options; work under way and callers in the queue stay.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&self, options: BulkheadOptions) -> Result<(), InvalidOptions> {
        lock(&self.0.state).machine.set_options(options)
    }

    fn guard(&self, permit: BulkheadPermit) -> BulkheadGuard {
        BulkheadGuard { bulkhead: self.clone(), permit: Some(permit) }
    }

    /// The time, which is read only where it matters: nobody waits while a place is free.
    fn time_for(&self, state: &State) -> Instant {
        let machine = &state.machine;
        let free = machine.in_flight() < machine.options().max_concurrent;
        if free && machine.queue_length() == 0 { Instant::ZERO } else { self.0.clock.now() }
    }

    fn give_back(&self, permit: BulkheadPermit) {
        let mut state = lock(&self.0.state);
        let now =
            if state.machine.queue_length() == 0 { Instant::ZERO } else { self.0.clock.now() };
        let woken = state.release(now, permit);
        drop(state);
        if let Some(waker) = woken {
            waker.wake();
        }
    }
}

/// A place in a bulkhead; dropped, it goes to whoever waits.
#[derive(Debug)]
#[must_use = "dropped at once, the place is free again"]
pub struct BulkheadGuard {
    bulkhead: SharedBulkhead,
    permit: Option<BulkheadPermit>,
}

impl Drop for BulkheadGuard {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            self.bulkhead.give_back(permit);
        }
    }
}

/// A place in the queue of a bulkhead; dropped, it is free, and a permit that was handed to it in
/// the same moment goes on to the next.
#[derive(Debug)]
#[must_use = "dropped at once, the caller has left the queue"]
pub struct BulkheadQueued {
    /// `None` once the answer was given.
    bulkhead: Option<SharedBulkhead>,
    ticket: BulkheadTicket,
    gives_up: Instant,
}

impl BulkheadQueued {
    /// Returns the guard when it is this caller's turn, or `None` when it has waited too long, as
    /// found by somebody who entered or by [`BulkheadQueued::expire`].
    ///
    /// # Panics
    /// Panics when it is polled after its answer.
    pub fn poll(&mut self, cx: &Context<'_>) -> Poll<Option<BulkheadGuard>> {
        let bulkhead = self.bulkhead.as_ref().expect("not polled after its answer");
        let mut state = lock(&bulkhead.0.state);
        if let Some(Caller::Waiting(waker)) = state.callers.get_mut(&self.ticket) {
            *waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let settled = state.callers.remove(&self.ticket);
        drop(state);
        let guard = match settled {
            Some(Caller::Served(permit)) => Some(bulkhead.guard(permit)),
            _ => None,
        };
        self.bulkhead = None;
        Poll::Ready(guard)
    }

    /// Returns when this caller has waited too long.
    #[must_use]
    pub const fn gives_up(&self) -> Instant {
        self.gives_up
    }

    /// Finds out who has waited too long by now.
    pub fn expire(&self) {
        if let Some(bulkhead) = &self.bulkhead {
            let expired = lock(&bulkhead.0.state).expire(bulkhead.0.clock.now());
            expired.into_iter().for_each(Waker::wake);
        }
    }
}

impl Drop for BulkheadQueued {
    fn drop(&mut self) {
        let Some(bulkhead) = self.bulkhead.take() else { return };
        let mut state = lock(&bulkhead.0.state);
        state.machine.cancel(self.ticket);
        let settled = state.callers.remove(&self.ticket);
        drop(state);
        if let Some(Caller::Served(permit)) = settled {
            bulkhead.give_back(permit);
        }
    }
}
