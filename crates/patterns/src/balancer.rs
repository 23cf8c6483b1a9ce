//! Load balancer: which backend takes the next request, and which are left out.
//!
//! ```text
//!  request ─► pick ─► started ─ … ─ finished(outcome, latency)
//!               │ candidates: up, not ejected, not failing, below max_connections
//!               │ fewer than `panic_threshold` of all?  then everybody is a candidate
//!
//!  backend:  Up ──5 failures in a row, or an outlier──► Ejected ──base × times──► Up
//!             │ ▲                                      (at most max_ejected_ratio of all)
//!             │ └────────── probe succeeds ───────┐
//!             └─ max_fails within fail_timeout ─► Failing ──fail_timeout──► one probe
//! ```
//!
//! **Use it** in front of backends that can all serve a request. **Not** for data that lives on one
//! of them ([`HashRing`]).
//!
//! Policies: *round robin* (nginx's smooth weighted one) for equal requests; *least connections* or
//! *power of two* for unequal ones — the latter does not herd when several balancers see the same
//! counts; *peak EWMA* where backends differ in speed; *hash* kinds where a key should meet the same
//! backend again.
//!
//! Pitfalls that it avoids: work that a balancer has itself sent counts at once (`started`); a
//! latency average decays while a backend is idle, so that one bad answer does not shut it out; the
//! share of ejected backends is checked with the candidate counted in, so 67 % of three ejects two;
//! `max_fails` is ignored for a lone backend, as in nginx; a connection that the backend closed while
//! idle is [`BalancerOutcome::Ignored`], not a failure; a backend that comes back is warmed up
//! (`slow_start`).
//!
//! ```
//! use core::time::Duration;
//! use tenfold_patterns::{BackendOptions, Balancer, BalancerOptions, BalancerOutcome};
//! use tenfold_units::{Instant, Seed};
//! let backends = ["a", "b", "c"].map(|name| BackendOptions::named(name));
//! let mut balancer = Balancer::new(BalancerOptions::power_of_two(), &backends).unwrap();
//! let mut stream = Seed(1).stream("balancer");
//! let now = Instant::ZERO;
//! let backend = balancer.pick(now, b"", &mut stream).unwrap();
//! balancer.started(now, backend);
//! balancer.finished(now, backend, BalancerOutcome::Success, Duration::from_millis(3));
//! ```
//!
//! Sources: nginx upstream modules (behavior); Mitzenmacher, "The power of two choices", IEEE TPDS
//! 2001; Finagle peak EWMA; Envoy outlier detection, gRFC A50.

mod backend;
mod options;
mod outlier;
mod policy;
mod rings;
#[cfg(test)]
mod tests;
mod transition;

use core::time::Duration;
use std::collections::VecDeque;

use tenfold_units::Instant;
use tenfold_units::random::Stream;

use self::backend::Backend;
pub use self::options::{BackendOptions, BalancerOptions, BalancerPolicy, MaxFailsOptions};
pub use self::outlier::{FailureRatioOutlier, OutlierOptions, SuccessRateOutlier};
pub use self::transition::{BackendState, BalancerOutcome, BalancerTransition};
use crate::hash_ring::HashRing;
use crate::nginx_hash::NginxRing;
use crate::options::{Check, InvalidOptions};

/// Transitions kept for [`Balancer::poll_event`].
const MAX_EVENTS: usize = 64;

/// A load balancer. Backends are known by their number: the position in the list that it was made
/// from, or what [`Balancer::add`] returned.
#[derive(Clone, Debug)]
pub struct Balancer {
    options: BalancerOptions,
    backends: Vec<Backend>,
    /// Running sums of weights, for random picks by weight; unused where all weights are equal.
    sums: Vec<u64>,
    equal_weights: bool,
    /// Backends that are not removed.
    live: usize,
    /// Backends that are down, ejected or failing: 0 means that every live one is a candidate.
    troubled: usize,
    ejected: usize,
    in_flight: u64,
    next_sweep: Instant,
    ring: Option<HashRing>,
    nginx_ring: Option<NginxRing>,
    events: VecDeque<BalancerTransition>,
}

impl Balancer {
    /// Returns a balancer over these backends, all up.
    ///
    /// # Errors
    /// Lists each option that is out of its range, of the backends too.
    pub fn new(
        options: BalancerOptions,
        backends: &[BackendOptions],
    ) -> Result<Self, InvalidOptions> {
        options.check()?;
        let mut check = Check::default();
        for (i, backend) in backends.iter().enumerate() {
            let range = (1..=65_535).contains(&backend.weight);
            check.that(range, "weight", "must be from 1 to 65535");
            let unique = backends[..i].iter().all(|other| other.name != backend.name);
            check.that(unique, "name", "must be unique");
        }
        check.done()?;
        let mut balancer = Self {
            options,
            backends: backends.iter().map(|options| Backend::new(options, None)).collect(),
            sums: Vec::new(),
            equal_weights: true,
            live: 0,
            troubled: 0,
            ejected: 0,
            in_flight: 0,
            next_sweep: Instant::ZERO,
            ring: None,
            nginx_ring: None,
            events: VecDeque::with_capacity(MAX_EVENTS),
        };
        balancer.rebuild();
        Ok(balancer)
    }

    /// Returns the backend for the next request, or `None` when there is no candidate. `key` is what
    /// the hash policies go by; others ignore it. Tell it when the request starts and finishes.
    pub fn pick(&mut self, now: Instant, key: &[u8], stream: &mut Stream) -> Option<usize> {
        self.pick_untried(now, key, &[], stream)
    }

    /// As [`Balancer::pick`], but none of `tried`: for the next attempt of a request that failed.
    pub fn pick_untried(
        &mut self,
        now: Instant,
        key: &[u8],
        tried: &[usize],
        stream: &mut Stream,
    ) -> Option<usize> {
        if self.troubled > 0 {
            self.follow_clock(now);
        }
        self.sweep(now);
        let panic = self.troubled > 0 && self.is_panic(now);
        let picked = policy::pick(self, now, key, tried, panic, stream)?;
        if let Some(max_fails) = self.options.max_fails {
            self.backends[picked].probe(now, &max_fails);
        }
        Some(picked)
    }

    /// Counts a request that goes to `backend`.
    ///
    /// # Panics
    /// Panics when there never was such a backend.
    pub fn started(&mut self, _now: Instant, backend: usize) {
        self.backends[backend].in_flight += 1;
        self.in_flight += 1;
    }

    /// Counts a request that came back from `backend` after `latency`.
    ///
    /// # Panics
    /// Panics when no request was in flight there.
    pub fn finished(
        &mut self,
        now: Instant,
        backend: usize,
        outcome: BalancerOutcome,
        latency: Duration,
    ) {
        let it = &mut self.backends[backend];
        assert!(it.in_flight > 0, "a request finishes that was not started");
        it.in_flight -= 1;
        self.in_flight -= 1;
        if outcome == BalancerOutcome::Ignored || it.removed {
            return;
        }
        if let BalancerPolicy::PeakEwma { decay, .. } = self.options.policy {
            it.observe(now, latency, decay);
        }
        let failed = outcome == BalancerOutcome::Failure;
        if let Some(max_fails) = self.options.max_fails {
            self.count_fails(now, backend, failed, &max_fails);
        }
        if self.options.outlier.is_some() {
            self.judge(now, backend, failed);
        }
    }

    /// Puts a new backend in and returns its number; it starts slowly if told so.
    ///
    /// # Errors
    /// The weight is out of its range or the name is taken.
    pub fn add(&mut self, now: Instant, options: &BackendOptions) -> Result<usize, InvalidOptions> {
        let mut check = Check::default();
        let range = (1..=65_535).contains(&options.weight);
        check.that(range, "weight", "must be from 1 to 65535");
        let taken = self.backends.iter().any(|b| !b.removed && b.name == options.name);
        check.that(!taken, "name", "must be unique");
        check.done()?;
        let idle = |backend: &Backend| backend.removed && backend.in_flight == 0;
        let fresh = Backend::new(options, Some(now));
        let number = match self.backends.iter().position(idle) {
            Some(free) => {
                self.backends[free] = fresh;
                free
            }
            None => {
                self.backends.push(fresh);
                self.backends.len() - 1
            }
        };
        self.rebuild();
        Ok(number)
    }

    /// Takes a backend out for good; its number is given again only after its last request is back.
    pub fn remove(&mut self, now: Instant, backend: usize) {
        let from = self.state(now, backend);
        self.backends[backend].removed = true;
        self.note(backend, from, BackendState::Removed);
        self.rebuild();
    }

    /// Tells what an active health check found.
    pub fn set_up(&mut self, now: Instant, backend: usize, up: bool) {
        let from = self.state(now, backend);
        let it = &mut self.backends[backend];
        if it.down != up || it.removed {
            return;
        }
        it.down = !up;
        if up {
            it.came = Some(now);
            it.forget();
        }
        self.note(backend, from, self.state(now, backend));
        self.rebuild();
    }

    /// Returns what the backend is taken for.
    #[must_use]
    pub fn state(&self, now: Instant, backend: usize) -> BackendState {
        let it = &self.backends[backend];
        if it.removed {
            BackendState::Removed
        } else if it.down {
            BackendState::Down
        } else if it.ejected_until.is_some_and(|until| now < until) {
            BackendState::Ejected
        } else if self.live > 1 && self.options.max_fails.is_some_and(|by| it.failing(&by)) {
            BackendState::Failing
        } else {
            BackendState::Up
        }
    }

    /// Returns the requests in flight at `backend`.
    #[must_use]
    pub fn in_flight(&self, backend: usize) -> u32 {
        self.backends[backend].in_flight
    }

    /// Returns the name of a backend.
    #[must_use]
    pub fn name(&self, backend: usize) -> &str {
        &self.backends[backend].name
    }

    /// Returns the number of backends that are not removed.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.live
    }

    /// Returns whether all backends are removed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Returns the next change of a backend's state, oldest first; the last 64 are kept.
    pub fn poll_event(&mut self) -> Option<BalancerTransition> {
        self.events.pop_front()
    }

    /// Returns the options.
    #[must_use]
    pub const fn options(&self) -> &BalancerOptions {
        &self.options
    }

    /// Takes new options; what is known of the backends stays.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&mut self, options: BalancerOptions) -> Result<(), InvalidOptions> {
        options.check()?;
        self.options = options;
        self.rebuild();
        Ok(())
    }

    fn count_fails(&mut self, now: Instant, backend: usize, failed: bool, by: &MaxFailsOptions) {
        let from = self.state(now, backend);
        let it = &mut self.backends[backend];
        let failing = it.failing(by);
        it.count(now, failed, by);
        match (failing, it.failing(by)) {
            (false, true) => self.troubled += 1,
            (true, false) => self.troubled -= 1,
            _ => return,
        }
        let to = self.state(now, backend);
        if from != to {
            self.note(backend, from, to);
        }
    }

    /// Where the clock stepped back, nobody stays out for longer than if that happened now.
    fn follow_clock(&mut self, now: Instant) {
        let longest = self.options.outlier.map(|options| now + options.max_ejection);
        for backend in &mut self.backends {
            backend.follow_clock(now, longest);
        }
    }

    fn note(&mut self, backend: usize, from: BackendState, to: BackendState) {
        if self.events.len() == MAX_EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(BalancerTransition { backend, from, to });
    }

    /// Whether so few candidates are left that health is ignored.
    fn is_panic(&self, now: Instant) -> bool {
        let healthy = |backend: &&Backend| !backend.removed && self.is_healthy(now, backend);
        let healthy = self.backends.iter().filter(healthy).count();
        (healthy as f64) < self.options.panic_threshold * self.live as f64
    }

    fn is_healthy(&self, now: Instant, backend: &Backend) -> bool {
        let out = |options: MaxFailsOptions| backend.is_out(now, &options);
        let failing = self.live > 1 && self.options.max_fails.is_some_and(out);
        !backend.down && !failing && backend.ejected_until.is_none_or(|until| now >= until)
    }

    /// Works out again what depends on who is there.
    fn rebuild(&mut self) {
        let (mut sum, mut weight) = (0, None);
        self.sums.clear();
        (self.live, self.troubled, self.ejected, self.equal_weights) = (0, 0, 0, true);
        for backend in &self.backends {
            let counted = if backend.removed { 0 } else { backend.weight };
            sum += u64::from(counted);
            self.sums.push(sum);
            self.equal_weights &= *weight.get_or_insert(counted) == counted;
            if backend.removed {
                continue;
            }
            self.live += 1;
            self.ejected += usize::from(backend.ejected_until.is_some());
            let failing = self.options.max_fails.is_some_and(|options| backend.failing(&options));
            self.troubled += usize::from(backend.down)
                + usize::from(backend.ejected_until.is_some())
                + usize::from(failing);
        }
        self.build_rings();
    }
}
