//! Keyed limiter: one limit per caller, in bounded memory.
//!
//! ```text
//!  key ─ hash ─► set of 8 places ── there? ─► step its state
//!                                └─ not?   ─► take the place whose holder owes least
//! ```
//!
//! **Use it** for limits per client address, user or API key. **Not** for billing: a caller whose
//! place was taken starts anew ([`KeyedLimiter::forgotten`] counts how often that gave anything away).
//!
//! The state of a [token bucket](crate::token_bucket) or [GCRA](crate::gcra) is one number that grows
//! with what the caller owes, 0 for a caller not seen yet, so that the place to take is the one with
//! the smallest, and a caller that owes nothing loses nothing. Of [windows](crate::window_limit) and
//! [`limit_req`](crate::limit_req) who came longest ago goes. No allocation after `new`.
//!
//! Pitfall that it avoids: keys that an attacker makes up do not grow it. The hash is not keyed, so
//! an attacker may aim at one set of 8 places; hash texts with a key of your own first.
//!
//! ```
//! use tenfold_patterns::{KeyedLimiter, TokenBucketOptions};
//! use tenfold_units::Instant;
//! let rule = TokenBucketOptions::per_second(1, 1).rule().unwrap();
//! let mut limiter = KeyedLimiter::new(rule, 1_000).unwrap();
//! assert!(limiter.admit(Instant::ZERO, 7_u64, 1).is_admitted());
//! assert!(!limiter.admit(Instant::ZERO, 7, 1).is_admitted());
//! assert!(limiter.admit(Instant::ZERO, 8, 1).is_admitted());
//! ```

#[cfg(test)]
mod tests;

use core::fmt;
use core::hash::{Hash, Hasher};

use tenfold_units::{FixedHasher, Instant};

use crate::gcra::{GcraDecision, GcraRule, GcraState};
use crate::options::{Check, InvalidOptions};
use crate::token_bucket::{TokenBucketDecision, TokenBucketRule, TokenBucketState};

/// A limit whose state is small: a number where it can be ([`u64`] fits an atomic).
pub trait KeyedRule {
    /// What it remembers of a caller: the default of one not seen yet, and the least of one that is
    /// forgotten first.
    type State: Copy + Default + Ord;
    /// What it answers.
    type Decision;

    /// Takes `amount` if it is there; 0 only looks.
    fn step(&self, state: Self::State, now: Instant, amount: u64) -> (Self::State, Self::Decision);

    /// Returns whether a caller with this state owes anything.
    fn owes(&self, state: Self::State, now: Instant) -> bool;

    /// Returns the state under this rule of a caller whose state was this under `old`.
    fn adopt(&self, state: Self::State, old: &Self) -> Self::State;
}

impl KeyedRule for TokenBucketRule {
    type State = u64;
    type Decision = TokenBucketDecision;

    fn step(&self, state: u64, now: Instant, amount: u64) -> (u64, TokenBucketDecision) {
        let (next, decision) = TokenBucketState::from_bits(state).step(now, amount, self);
        (next.to_bits(), decision)
    }

    fn owes(&self, state: u64, now: Instant) -> bool {
        let full = TokenBucketDecision::Admitted { remaining: self.options().burst };
        self.step(state, now, 0).1 != full
    }

    fn adopt(&self, state: u64, old: &Self) -> u64 {
        TokenBucketState::from_bits(state).adopt(self, old).to_bits()
    }
}

impl KeyedRule for GcraRule {
    type State = u64;
    type Decision = GcraDecision;

    fn step(&self, state: u64, now: Instant, amount: u64) -> (u64, GcraDecision) {
        let (next, decision) = GcraState::from_bits(state).step(now, amount, self);
        (next.to_bits(), decision)
    }

    fn owes(&self, state: u64, now: Instant) -> bool {
        !self.step(state, now, 0).1.reset_after.is_zero()
    }

    fn adopt(&self, state: u64, _old: &Self) -> u64 {
        state
    }
}

/// Places in a set.
const WAYS: usize = 8;

/// The places that a key may have, from a cache line's start on. Keys lie together, so that they
/// are compared at once.
#[derive(Clone)]
#[repr(align(64))]
struct Set<K, S> {
    keys: [K; WAYS],
    /// What each of them owes; the default: the place is free.
    states: [S; WAYS],
}

/// A limit per key `K`: a number, or a hash of what the caller is known by (128 bits for texts).
pub struct KeyedLimiter<K, R: KeyedRule> {
    rule: R,
    sets: Box<[Set<K, R::State>]>,
    forgotten: u64,
}

impl<K: Clone, R: KeyedRule + Clone> Clone for KeyedLimiter<K, R> {
    fn clone(&self) -> Self {
        Self { rule: self.rule.clone(), sets: self.sets.clone(), forgotten: self.forgotten }
    }
}

impl<K, R: KeyedRule + fmt::Debug> fmt::Debug for KeyedLimiter<K, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedLimiter")
            .field("rule", &self.rule)
            .field("places", &(self.sets.len() * WAYS))
            .field("forgotten", &self.forgotten)
            .finish()
    }
}

impl<K: Copy + Default + Eq + Hash, R: KeyedRule> KeyedLimiter<K, R> {
    /// Returns a limiter with places for at least `keys` callers, rounded up to a power of two; twice
    /// as many places as active callers make forgetting rare.
    ///
    /// # Errors
    /// `keys` is 0 or above 2^30.
    pub fn new(rule: R, keys: usize) -> Result<Self, InvalidOptions> {
        let mut check = Check::default();
        check.that((1..=1 << 30).contains(&keys), "keys", "must be from 1 to 2^30");
        check.done()?;
        let sets = keys.next_power_of_two().max(WAYS) / WAYS;
        let empty = Set { keys: [K::default(); WAYS], states: [R::State::default(); WAYS] };
        Ok(Self { rule, sets: vec![empty; sets].into(), forgotten: 0 })
    }

    /// Takes `amount` for `key`, if it is there.
    pub fn admit(&mut self, now: Instant, key: K, amount: u64) -> R::Decision {
        let mut hasher = FixedHasher::default();
        key.hash(&mut hasher);
        let number = hasher.finish() as usize & (self.sets.len() - 1);
        let set = &mut self.sets[number];
        // All keys are compared, without a branch for each: a guess that fails would wait for the
        // memory, and the next call with it. A key never seen may meet free places that hold the
        // default key; their state is that of a key never seen.
        let mut found = 0_u32;
        for way in 0..WAYS {
            found |= u32::from(set.keys[way] == key) << way;
        }
        let way = if found == 0 {
            Self::claim(set, &self.rule, &mut self.forgotten, now, key)
        } else {
            found.trailing_zeros() as usize % WAYS
        };
        let (state, decision) = self.rule.step(set.states[way], now, amount);
        set.states[way] = state;
        decision
    }

    /// Gives `key` the place whose holder owes least.
    #[cold]
    fn claim(
        set: &mut Set<K, R::State>,
        rule: &R,
        forgotten: &mut u64,
        now: Instant,
        key: K,
    ) -> usize {
        let least = (0..WAYS).min_by_key(|way| set.states[*way]).expect("a set has places");
        if rule.owes(set.states[least], now) {
            *forgotten += 1;
        }
        set.keys[least] = key;
        set.states[least] = R::State::default();
        least
    }

    /// Returns how often a caller that owed something was forgotten for another.
    #[must_use]
    pub const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Takes a new rule; each caller's allowance is whole again at the same instant as before. Goes
    /// through all places.
    pub fn set_rule(&mut self, rule: R) {
        for state in self.sets.iter_mut().flat_map(|set| &mut set.states) {
            *state = rule.adopt(*state, &self.rule);
        }
        self.rule = rule;
    }
}
