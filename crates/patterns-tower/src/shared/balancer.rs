//! A load balancer that many callers share, with something of the caller's for each backend.

use tenfold_patterns::{
    BackendOptions, BackendState, Balancer, BalancerOptions, BalancerOutcome, BalancerTransition,
    InvalidOptions,
};
use tenfold_units::random::Stream;
use tenfold_units::{Instant, Seed};

use crate::sync::{Arc, Mutex, lock};

/// A balancer behind a lock that is held for one step of the machine; clones are the same balancer.
#[derive(Debug)]
pub struct SharedBalancer<T>(Arc<Mutex<State<T>>>);

impl<T> Clone for SharedBalancer<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[derive(Debug)]
struct State<T> {
    machine: Balancer,
    stream: Stream,
    /// By the backend's number; `None` once removed.
    backends: Vec<Option<T>>,
}

impl<T: Clone> SharedBalancer<T> {
    /// Returns a balancer over these backends, all up; `seed` is for random choices.
    ///
    /// # Errors
    /// Lists each option that is out of its range, of the backends too.
    pub fn new(
        options: BalancerOptions,
        backends: Vec<(BackendOptions, T)>,
        seed: Seed,
    ) -> Result<Self, InvalidOptions> {
        let (known, backends): (Vec<_>, Vec<_>) =
            backends.into_iter().map(|(options, backend)| (options, Some(backend))).unzip();
        let machine = Balancer::new(options, &known)?;
        let stream = seed.stream("balancer");
        Ok(Self(Arc::new(Mutex::new(State { machine, stream, backends }))))
    }

    /// Returns the backend for the next request, or `None` when there is no candidate. `key` is what
    /// the hash policies go by. The request counts as in flight until the guard is given back.
    #[must_use]
    pub fn pick(&self, now: Instant, key: &[u8]) -> Option<(T, BalancerGuard<T>)> {
        let state = &mut *lock(&self.0);
        let number = state.machine.pick(now, key, &mut state.stream)?;
        let backend = state.backends[number].clone()?;
        state.machine.started(now, number);
        let guard = BalancerGuard { balancer: self.clone(), number, started: now, open: true };
        Some((backend, guard))
    }

    /// Puts a new backend in and returns its number; it starts slowly if told so.
    ///
    /// # Errors
    /// The weight is out of its range or the name is taken.
    pub fn add(
        &self,
        now: Instant,
        options: &BackendOptions,
        backend: T,
    ) -> Result<usize, InvalidOptions> {
        let mut state = lock(&self.0);
        let number = state.machine.add(now, options)?;
        if number == state.backends.len() {
            state.backends.push(None);
        }
        state.backends[number] = Some(backend);
        Ok(number)
    }

    /// Takes the backend of this name out; says whether it was there. Requests in flight go on.
    pub fn remove(&self, now: Instant, name: &str) -> bool {
        let mut state = lock(&self.0);
        let Some(number) = state.number(name) else { return false };
        state.machine.remove(now, number);
        let gone = state.backends[number].take();
        drop(state);
        // What it owns is dropped without the lock.
        drop(gone);
        true
    }

    /// Tells what an active health check found of the backend of this name; says whether it is there.
    pub fn set_up(&self, now: Instant, name: &str, up: bool) -> bool {
        let mut state = lock(&self.0);
        let Some(number) = state.number(name) else { return false };
        state.machine.set_up(now, number, up);
        true
    }

    /// Returns what the backend of this name is taken for, if it is there.
    #[must_use]
    pub fn state(&self, now: Instant, name: &str) -> Option<BackendState> {
        let state = lock(&self.0);
        state.number(name).map(|number| state.machine.state(now, number))
    }

    /// Returns the requests in flight at the backend of this name, if it is there.
    #[must_use]
    pub fn in_flight(&self, name: &str) -> Option<u32> {
        let state = lock(&self.0);
        state.number(name).map(|number| state.machine.in_flight(number))
    }

    /// Takes new options; what is known of the backends stays.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&self, options: BalancerOptions) -> Result<(), InvalidOptions> {
        lock(&self.0).machine.set_options(options)
    }

    /// Returns the next change of a backend's state, oldest first.
    pub fn poll_event(&self) -> Option<BalancerTransition> {
        lock(&self.0).machine.poll_event()
    }
}

impl<T> State<T> {
    fn number(&self, name: &str) -> Option<usize> {
        let known =
            |number: &usize| self.backends[*number].is_some() && self.machine.name(*number) == name;
        (0..self.backends.len()).find(known)
    }
}

/// A request at a backend; dropped, it is no longer in flight and says nothing of the backend.
#[derive(Debug)]
#[must_use = "dropped at once, the request is no longer in flight"]
pub struct BalancerGuard<T> {
    balancer: SharedBalancer<T>,
    number: usize,
    started: Instant,
    open: bool,
}

impl<T> BalancerGuard<T> {
    /// Counts how the request went.
    pub fn finish(mut self, now: Instant, outcome: BalancerOutcome) {
        self.close(now, outcome);
    }

    fn close(&mut self, now: Instant, outcome: BalancerOutcome) {
        if core::mem::take(&mut self.open) {
            let latency = now.saturating_since(self.started);
            lock(&self.balancer.0).machine.finished(now, self.number, outcome, latency);
        }
    }
}

impl<T> Drop for BalancerGuard<T> {
    fn drop(&mut self) {
        self.close(self.started, BalancerOutcome::Ignored);
    }
}
