//! Limits that callers share: compare-and-swap where the state is one number, a lock where it is
//! more, sharded locks for a limit per caller.

use core::fmt;
use core::hash::Hash;

use tenfold_patterns::{
    FixedWindow, InvalidOptions, KeyedLimiter, KeyedRule, LimitReq, LimitReqDecision,
    LimitReqOptions, WindowCounter, WindowLimitDecision, WindowLimitOptions, WindowLog,
};
use tenfold_units::Instant;

use crate::hash::SecretHash;
use crate::sync::{AtomicU64, Mutex, Ordering, lock};

/// One limit for all who share it; takes no lock.
///
/// ```
/// use tenfold_patterns::TokenBucketOptions;
/// use tenfold_patterns_tower::SharedLimiter;
/// use tenfold_units::Instant;
/// let limiter = SharedLimiter::new(TokenBucketOptions::per_second(1, 1).rule().unwrap());
/// assert!(limiter.admit(Instant::ZERO, 1).is_admitted());
/// assert!(!limiter.admit(Instant::ZERO, 1).is_admitted());
/// ```
pub struct SharedLimiter<R> {
    rule: R,
    state: AtomicU64,
}

impl<R: KeyedRule<State = u64>> SharedLimiter<R> {
    /// Returns an unused limit.
    pub fn new(rule: R) -> Self {
        Self { rule, state: AtomicU64::new(0) }
    }

    /// Takes `amount` if it is there.
    pub fn admit(&self, now: Instant, amount: u64) -> R::Decision {
        let mut seen = self.state.load(Ordering::Relaxed);
        loop {
            let (next, decision) = self.rule.step(seen, now, amount);
            if next == seen {
                return decision;
            }
            // The number is all of the state: nothing else has to become visible with it.
            match self.state.compare_exchange_weak(seen, next, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => return decision,
                Err(other) => seen = other,
            }
        }
    }

    /// Returns a limit under another rule that is whole again at the same instant as this one.
    pub fn under(&self, rule: R) -> Self {
        let state = rule.adopt(self.state.load(Ordering::Relaxed), &self.rule);
        Self { rule, state: AtomicU64::new(state) }
    }

    /// Returns the rule.
    pub const fn rule(&self) -> &R {
        &self.rule
    }
}

impl<R: fmt::Debug> fmt::Debug for SharedLimiter<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedLimiter").field("rule", &self.rule).finish_non_exhaustive()
    }
}

/// nginx's leaky bucket for all who share it, behind a lock that is held for one step.
#[derive(Debug)]
pub struct SharedLimitReq(Mutex<LimitReq>);

impl SharedLimitReq {
    /// Returns the limit, not used yet.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: LimitReqOptions) -> Result<Self, InvalidOptions> {
        Ok(Self(Mutex::new(LimitReq::new(options)?)))
    }

    /// Counts a request.
    pub fn admit(&self, now: Instant) -> LimitReqDecision {
        lock(&self.0).admit(now)
    }

    /// Takes new options and keeps the excess.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&self, options: LimitReqOptions) -> Result<(), InvalidOptions> {
        lock(&self.0).set_options(options)
    }
}

/// A limit by window: [`WindowLog`], [`WindowCounter`] or [`FixedWindow`].
pub trait WindowLimit: Send {
    /// Counts so many requests together, or none; 0 only looks.
    fn admit_many(&mut self, now: Instant, requests: u32) -> WindowLimitDecision;

    /// Returns the options.
    fn options(&self) -> &WindowLimitOptions;

    /// Takes new options.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    fn set_options(&mut self, options: WindowLimitOptions) -> Result<(), InvalidOptions>;
}

macro_rules! window_limit {
    ($($machine:ty),*) => {$(
        impl WindowLimit for $machine {
            fn admit_many(&mut self, now: Instant, requests: u32) -> WindowLimitDecision {
                self.admit_many(now, requests)
            }

            fn options(&self) -> &WindowLimitOptions {
                self.options()
            }

            fn set_options(&mut self, options: WindowLimitOptions) -> Result<(), InvalidOptions> {
                self.set_options(options)
            }
        }
    )*};
}

window_limit!(WindowLog, WindowCounter, FixedWindow);

/// One limit by window for all who share it, behind a lock that is held for one step.
///
/// ```
/// use core::time::Duration;
/// use tenfold_patterns::{WindowLimitOptions, WindowLog};
/// use tenfold_patterns_tower::SharedWindow;
/// use tenfold_units::Instant;
/// let options = WindowLimitOptions { limit: 1, window: Duration::from_secs(1) };
/// let window = SharedWindow::new(WindowLog::new(options).unwrap());
/// assert!(window.admit(Instant::ZERO, 1).is_admitted());
/// assert!(!window.admit(Instant::ZERO, 1).is_admitted());
/// ```
#[derive(Debug)]
pub struct SharedWindow<M>(Mutex<M>);

impl<M: WindowLimit> SharedWindow<M> {
    /// Returns the limit, to be shared.
    pub fn new(machine: M) -> Self {
        Self(Mutex::new(machine))
    }

    /// Counts so many requests together, or none; 0 only looks.
    pub fn admit(&self, now: Instant, requests: u32) -> WindowLimitDecision {
        self.decide(now, requests).0
    }

    /// As [`SharedWindow::admit`], with the options by which it was decided.
    pub(crate) fn decide(
        &self,
        now: Instant,
        requests: u32,
    ) -> (WindowLimitDecision, WindowLimitOptions) {
        let mut machine = lock(&self.0);
        (machine.admit_many(now, requests), *machine.options())
    }

    /// Returns the options.
    pub fn options(&self) -> WindowLimitOptions {
        *lock(&self.0).options()
    }

    /// Takes new options; what was counted stays as far as the machine says.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&self, options: WindowLimitOptions) -> Result<(), InvalidOptions> {
        lock(&self.0).set_options(options)
    }
}

/// Locks among which the keys are spread.
const SHARDS: usize = 64;

/// Locks lie apart, so that threads at different ones do not wait for each other's cache line.
#[repr(align(128))]
struct Shard<R: KeyedRule>(Mutex<KeyedLimiter<u128, R>>);

/// A limit for each caller, in bounded memory; a lock is held for one step, by a small part of
/// the keys.
///
/// Callers are known by a 128-bit hash with a key of this process's own: nobody can choose names
/// that share a place.
pub struct SharedKeyedLimiter<R: KeyedRule> {
    rule: R,
    secret: SecretHash,
    shards: Box<[Shard<R>]>,
}

impl<R: KeyedRule + Clone> SharedKeyedLimiter<R> {
    /// Returns a limiter with places for at least `keys` callers; twice as many places as active
    /// callers make forgetting rare.
    ///
    /// # Errors
    /// `keys` is 0 or above 2^30.
    pub fn new(rule: R, keys: usize) -> Result<Self, InvalidOptions> {
        let share = if keys == 0 { 0 } else { keys.div_ceil(SHARDS) };
        let shard = || Ok(Shard(Mutex::new(KeyedLimiter::new(rule.clone(), share)?)));
        let shards: Result<Vec<_>, InvalidOptions> = (0..SHARDS).map(|_| shard()).collect();
        let secret = SecretHash::new();
        Ok(Self { secret, shards: shards?.into(), rule })
    }

    /// Takes `amount` for the caller `key`, if it is there.
    pub fn admit(&self, now: Instant, key: &impl Hash, amount: u64) -> R::Decision {
        self.admit_hashed(now, self.hash(key), amount)
    }

    /// Returns what `key` is known by in this process.
    pub fn hash(&self, key: &impl Hash) -> u128 {
        self.secret.of(key)
    }

    /// As [`SharedKeyedLimiter::admit`], for what [`SharedKeyedLimiter::hash`] returned.
    pub fn admit_hashed(&self, now: Instant, hash: u128, amount: u64) -> R::Decision {
        // The top bits choose the lock; the place behind it comes from a mix of all.
        let shard = (hash >> 122) as usize % SHARDS;
        lock(&self.shards[shard].0).admit(now, hash, amount)
    }

    /// Returns how often a caller that owed something was forgotten for another.
    pub fn forgotten(&self) -> u64 {
        self.shards.iter().map(|shard| lock(&shard.0).forgotten()).sum()
    }

    /// Returns the rule.
    pub const fn rule(&self) -> &R {
        &self.rule
    }
}

impl<R: KeyedRule + fmt::Debug> fmt::Debug for SharedKeyedLimiter<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedKeyedLimiter").field("rule", &self.rule).finish_non_exhaustive()
    }
}
