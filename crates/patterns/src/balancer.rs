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
mod outlier;
mod policy;
#[cfg(test)]
mod tests;

use core::time::Duration;
use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::Instant;
use tenfold_units::random::Stream;

use self::backend::Backend;
pub use self::outlier::{FailureRatioOutlier, OutlierOptions, SuccessRateOutlier};
use crate::event::{Event, Events};
use crate::hash_ring::{HashRing, HashRingOptions};
use crate::nginx_hash::NginxRing;
use crate::options::{Check, InvalidOptions};

/// How a backend is chosen among the candidates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum BalancerPolicy {
    /// Smooth weighted round robin, as nginx.
    RoundRobin,
    /// Any, by weight.
    Random,
    /// Fewest requests in flight by weight, ties by smooth weighted round robin, as nginx.
    LeastConnections,
    /// The one with fewer requests in flight by weight, of two picked at random by weight.
    PowerOfTwo,
    /// The one with the lower peak-sensitive latency times requests in flight, of two picked at
    /// random.
    PeakEwma {
        /// The time in which an observation loses all but 1/e of its weight.
        #[serde(with = "tenfold_units::duration")]
        #[schemars(with = "String")]
        decay: Duration,
        /// The latency of a backend that has not answered yet.
        #[serde(with = "tenfold_units::duration")]
        #[schemars(with = "String")]
        initial: Duration,
    },
    /// By the client's address (4 or 16 octets as the key), as nginx `ip_hash`.
    IpHash,
    /// By the key, as nginx `hash $key`.
    NginxHash,
    /// By the key, as nginx `hash $key consistent`.
    NginxConsistentHash,
    /// By the key, on a [`HashRing`].
    ConsistentHash {
        /// Points per unit of weight.
        virtual_nodes: u32,
        /// Work in flight that one backend may hold, as a multiple of its share: 0 for any, else
        /// above 1.
        #[serde(default)]
        bounded_load: f64,
    },
}

/// How failures seen on requests take a backend out, as nginx does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaxFailsOptions {
    /// Failures in a row of spells that take it out; at least 1.
    pub max_fails: u32,
    /// How long it is out, and how long a failure counts.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub fail_timeout: Duration,
}

/// How requests are spread.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BalancerOptions {
    /// How a backend is chosen.
    pub policy: BalancerPolicy,
    /// How failures in a row take a backend out; absent: they do not.
    #[serde(default)]
    pub max_fails: Option<MaxFailsOptions>,
    /// How backends that are worse than the others are taken out; absent: they are not.
    #[serde(default)]
    pub outlier: Option<OutlierOptions>,
    /// How long a backend that came (back) takes to get its full weight; absent: at once.
    #[serde(default, with = "tenfold_units::duration::optional")]
    #[schemars(with = "Option<String>")]
    pub slow_start: Option<Duration>,
    /// Share of candidates among all backends below which health is ignored, 0 to 1.
    #[serde(default)]
    pub panic_threshold: f64,
}

impl BalancerOptions {
    /// nginx's defaults: round robin, one failure takes a backend out for 10 s.
    #[must_use]
    pub const fn nginx() -> Self {
        let fail_timeout = Duration::from_secs(10);
        Self {
            policy: BalancerPolicy::RoundRobin,
            max_fails: Some(MaxFailsOptions { max_fails: 1, fail_timeout }),
            outlier: None,
            slow_start: None,
            panic_threshold: 0.0,
        }
    }

    /// Envoy's `LEAST_REQUEST` with outlier detection and the panic threshold of 50 %.
    #[must_use]
    pub const fn envoy() -> Self {
        Self {
            policy: BalancerPolicy::PowerOfTwo,
            max_fails: None,
            outlier: Some(OutlierOptions::envoy()),
            slow_start: None,
            panic_threshold: 0.5,
        }
    }

    /// Power of two choices and nothing else.
    #[must_use]
    pub const fn power_of_two() -> Self {
        Self::plain(BalancerPolicy::PowerOfTwo)
    }

    /// Finagle's and tower's peak EWMA with their decay of 10 s; 30 ms until the first answer.
    #[must_use]
    pub const fn peak_ewma() -> Self {
        let (decay, initial) = (Duration::from_secs(10), Duration::from_millis(30));
        Self::plain(BalancerPolicy::PeakEwma { decay, initial })
    }

    /// A policy without any health.
    #[must_use]
    pub const fn plain(policy: BalancerPolicy) -> Self {
        Self { policy, max_fails: None, outlier: None, slow_start: None, panic_threshold: 0.0 }
    }

    fn check(&self) -> Result<(), InvalidOptions> {
        let mut check = Check::default();
        match self.policy {
            BalancerPolicy::PeakEwma { decay, .. } => {
                check.that(!decay.is_zero(), "policy", "`decay` must be longer than 0s");
            }
            BalancerPolicy::ConsistentHash { virtual_nodes, bounded_load } => {
                let range = (1..=10_000).contains(&virtual_nodes);
                check.that(range, "policy", "`virtual_nodes` must be from 1 to 10000");
                let factor = bounded_load == 0.0 || bounded_load > 1.0;
                check.that(factor, "policy", "`bounded_load` must be 0 or above 1");
            }
            BalancerPolicy::RoundRobin
            | BalancerPolicy::Random
            | BalancerPolicy::LeastConnections
            | BalancerPolicy::PowerOfTwo
            | BalancerPolicy::IpHash
            | BalancerPolicy::NginxHash
            | BalancerPolicy::NginxConsistentHash => {}
        }
        let some = self.max_fails.is_none_or(|options| options.max_fails > 0);
        check.that(some, "max_fails", "must be at least 1");
        check.that(self.slow_start != Some(Duration::ZERO), "slow_start", "must be above 0s");
        check.ratio(self.panic_threshold, "panic_threshold");
        if let Some(outlier) = &self.outlier {
            outlier.check(&mut check);
        }
        check.done()
    }
}

/// One backend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackendOptions {
    /// What it is known by (`host:port` for nginx's hashes); unique.
    pub name: String,
    /// Its share of the requests: 1 to 65,535.
    #[serde(default = "one")]
    pub weight: u32,
    /// Requests in flight that it may have; 0: any number.
    #[serde(default)]
    pub max_connections: u32,
}

const fn one() -> u32 {
    1
}

impl BackendOptions {
    /// Returns a backend of weight 1 with any number of connections.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), weight: 1, max_connections: 0 }
    }

    /// Returns the same with another weight.
    #[must_use]
    pub fn weight(self, weight: u32) -> Self {
        Self { weight, ..self }
    }
}

/// How a request went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BalancerOutcome {
    /// Answered; a client error (4xx) too.
    Success,
    /// Failed or timed out through the backend's fault.
    Failure,
    /// Says nothing of the backend: cancelled, or an idle connection that it had closed.
    Ignored,
}

/// What a backend is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackendState {
    /// It takes requests.
    Up,
    /// An active health check says that it is down.
    Down,
    /// It is an outlier, until its time is over.
    Ejected,
    /// It was removed; requests in flight may still finish.
    Removed,
}

impl BackendState {
    /// Returns the state as a label value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Ejected => "ejected",
            Self::Removed => "removed",
        }
    }
}

/// A backend changed state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalancerTransition {
    /// Which one.
    pub backend: usize,
    /// The state that it left.
    pub from: BackendState,
    /// The state that it entered.
    pub to: BackendState,
}

impl Events for BalancerTransition {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        sink(Event::StateChanged { from: self.from.name(), to: self.to.name() });
    }
}

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
            let failing = it.failing(&max_fails);
            it.count(now, failed, &max_fails);
            match (failing, it.failing(&max_fails)) {
                (false, true) => self.troubled += 1,
                (true, false) => self.troubled -= 1,
                _ => {}
            }
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

    fn build_rings(&mut self) {
        let live = self.backends.iter().filter(|backend| !backend.removed);
        self.nginx_ring = None;
        match self.options.policy {
            BalancerPolicy::ConsistentHash { virtual_nodes, .. } => {
                let options = HashRingOptions { virtual_nodes };
                if self.ring.as_ref().is_none_or(|ring| *ring.options() != options) {
                    self.ring = HashRing::new(options).ok();
                }
                let Some(ring) = &mut self.ring else { return };
                let known: Vec<(String, u32)> =
                    live.map(|backend| (backend.name.clone(), backend.weight)).collect();
                let gone: Vec<String> = (0..self.backends.len() as u32 + ring.len() as u32)
                    .filter_map(|number| ring.name(number))
                    .filter(|name| known.iter().all(|(other, _)| other != name))
                    .map(str::to_owned)
                    .collect();
                for name in gone {
                    ring.remove(&name).expect("the ring named it");
                }
                for (name, weight) in known {
                    // A node that is there already, or a ring that is full, stays as it is.
                    let _ = ring.add(&name, weight);
                }
                // From the ring's numbers to ours.
                for backend in &mut self.backends {
                    backend.on_ring = ring.number(&backend.name).filter(|_| !backend.removed);
                }
            }
            BalancerPolicy::NginxConsistentHash => {
                let zero = |backend: &Backend| if backend.removed { 0 } else { backend.weight };
                let servers: Vec<_> =
                    self.backends.iter().map(|b| (b.name.as_str(), zero(b))).collect();
                self.nginx_ring = Some(NginxRing::new(&servers));
            }
            BalancerPolicy::RoundRobin
            | BalancerPolicy::Random
            | BalancerPolicy::LeastConnections
            | BalancerPolicy::PowerOfTwo
            | BalancerPolicy::PeakEwma { .. }
            | BalancerPolicy::IpHash
            | BalancerPolicy::NginxHash => self.ring = None,
        }
    }
}
