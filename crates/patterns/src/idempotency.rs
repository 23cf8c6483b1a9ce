//! Idempotency keys: a repeated request gets the first one's answer instead of a second effect.
//!
//! ```text
//!                  begin(key, fingerprint)
//!   unknown ───────────► Start(permit) ──► InProgress ── complete(answer) ──► Done ── ttl ──► gone
//!                                             │  │ ▲ the same key: InProgress (409)
//!                                    abandon ─┘  └── lease over: Start(new permit)
//!   Done: same fingerprint ─► Replay(answer)      other fingerprint ─► Mismatch (422)
//! ```
//!
//! **Use it** on every operation with an effect that a client may send twice. **Not** alone: the key
//! has to be stored in the transaction of the effect, or a crash between the two loses one of them;
//! this machine is the policy in front of such a table, or a cache of it.
//!
//! Pitfalls that it avoids: the same key with another request is refused, not answered with the wrong
//! answer; two at the same time do not both start; a worker that died does not block the key for
//! ever, and when it comes back late its answer is not taken (its permit is of an older generation).
//!
//! ```
//! use tenfold_patterns::{Idempotency, IdempotencyDecision, IdempotencyOptions};
//! use tenfold_units::Instant;
//! let mut keys = Idempotency::new(IdempotencyOptions::stripe()).unwrap();
//! let IdempotencyDecision::Start(permit) = keys.begin(Instant::ZERO, 7_u64, 99) else { panic!() };
//! assert!(matches!(keys.begin(Instant::ZERO, 7, 99), IdempotencyDecision::InProgress { .. }));
//! keys.complete(Instant::ZERO, permit, "created");
//! assert_eq!(keys.begin(Instant::ZERO, 7, 99), IdempotencyDecision::Replay(&"created"));
//! ```
//!
//! Source: Stripe API reference, "Idempotent requests"; IETF draft `Idempotency-Key`.

#[cfg(test)]
mod tests;

use core::fmt;
use core::hash::Hash;
use core::time::Duration;
use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::{FixedMap, Instant};

use crate::event::{Event, Events};
use crate::options::{Check, InvalidOptions};

/// How long keys are kept, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdempotencyOptions {
    /// How long a key is kept after its first request; above 0.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub ttl: Duration,
    /// How long one may work on a request before another may try; above 0, at most `ttl`.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub lease: Duration,
    /// Keys kept at most; at least 1. When full, new keys are refused: forgetting one early could
    /// repeat its effect.
    pub capacity: u32,
}

impl IdempotencyOptions {
    /// Stripe: 24 hours; a lease of a minute and a million keys are ours.
    #[must_use]
    pub const fn stripe() -> Self {
        let (ttl, lease) = (Duration::from_secs(86_400), Duration::from_secs(60));
        Self { ttl, lease, capacity: 1_000_000 }
    }

    fn check(&self) -> Result<(), InvalidOptions> {
        let mut check = Check::default();
        check.that(!self.ttl.is_zero(), "ttl", "must be above 0s");
        let lease = !self.lease.is_zero() && self.lease <= self.ttl;
        check.that(lease, "lease", "must be above 0s, at most `ttl`");
        check.that(self.capacity > 0, "capacity", "must be at least 1");
        check.done()
    }
}

/// The right to carry a request out; give it back with [`Idempotency::complete`] or
/// [`Idempotency::abandon`].
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a permit that is not given back blocks the key for the lease"]
pub struct IdempotencyPermit<K> {
    key: K,
    generation: u64,
}

/// What to do with a request.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum IdempotencyDecision<'a, K, V> {
    /// Carry it out.
    Start(IdempotencyPermit<K>),
    /// It is being carried out: answer 409.
    InProgress {
        /// The time until somebody else may try.
        retry_after: Duration,
    },
    /// It was carried out: answer as then.
    Replay(&'a V),
    /// The key was used for another request: answer 422.
    Mismatch,
    /// No more keys can be kept: answer 503.
    Full,
}

impl<K, V> Events for IdempotencyDecision<'_, K, V> {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        sink(match self {
            Self::Start(_) => Event::Admitted,
            Self::InProgress { .. } => Event::Refused { reason: "in-progress" },
            Self::Replay(_) => Event::Refused { reason: "replay" },
            Self::Mismatch => Event::Refused { reason: "mismatch" },
            Self::Full => Event::Refused { reason: "full" },
        });
    }
}

#[derive(Clone, Debug)]
struct Entry<V> {
    fingerprint: u64,
    generation: u64,
    expires: Instant,
    state: State<V>,
}

#[derive(Clone, Debug)]
enum State<V> {
    InProgress { lease: Instant },
    Done(V),
}

/// Idempotency keys `K` and the answers `V` given for them.
#[derive(Clone)]
pub struct Idempotency<K, V> {
    options: IdempotencyOptions,
    entries: FixedMap<K, Entry<V>>,
    /// In the order in which they were made, which is the order in which they expire.
    order: VecDeque<(Instant, K, u64)>,
    next: u64,
}

impl<K: Eq + Hash, V> fmt::Debug for Idempotency<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Idempotency")
            .field("options", &self.options)
            .field("keys", &self.entries.len())
            .finish_non_exhaustive()
    }
}

impl<K: Copy + Eq + Hash, V> Idempotency<K, V> {
    /// Returns an empty table.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: IdempotencyOptions) -> Result<Self, InvalidOptions> {
        options.check()?;
        Ok(Self { options, entries: FixedMap::new(), order: VecDeque::new(), next: 0 })
    }

    /// Decides on a request with this key; `fingerprint` is a hash of all that the request asks for.
    pub fn begin(
        &mut self,
        now: Instant,
        key: K,
        fingerprint: u64,
    ) -> IdempotencyDecision<'_, K, V> {
        self.expire(now);
        let generation = self.next;
        let lease = now + self.options.lease;
        if !self.entries.contains_key(&key) {
            if self.entries.len() >= self.options.capacity as usize {
                return IdempotencyDecision::Full;
            }
            self.next += 1;
            let expires = now + self.options.ttl;
            let state = State::InProgress { lease };
            self.entries.insert(key, Entry { fingerprint, generation, expires, state });
            self.order.push_back((expires, key, generation));
            return IdempotencyDecision::Start(IdempotencyPermit { key, generation });
        }
        let entry = self.entries.get_mut(&key).expect("just looked");
        if entry.fingerprint != fingerprint {
            return IdempotencyDecision::Mismatch;
        }
        match &mut entry.state {
            State::Done(answer) => IdempotencyDecision::Replay(answer),
            State::InProgress { lease: held } if now < *held => {
                IdempotencyDecision::InProgress { retry_after: held.saturating_since(now) }
            }
            State::InProgress { lease: held } => {
                *held = lease;
                entry.generation = generation;
                self.next += 1;
                // It expires with its first request, whatever the generation.
                let expires = entry.expires;
                if let Some(place) = self.order.iter_mut().find(|it| it.0 == expires && it.1 == key)
                {
                    place.2 = generation;
                }
                IdempotencyDecision::Start(IdempotencyPermit { key, generation })
            }
        }
    }

    /// Keeps the answer for repeats; says whether it was taken: not if the lease was over and
    /// somebody else has started.
    pub fn complete(&mut self, now: Instant, permit: IdempotencyPermit<K>, answer: V) -> bool {
        self.expire(now);
        match self.entries.get_mut(&permit.key) {
            Some(entry) if entry.generation == permit.generation => {
                entry.state = State::Done(answer);
                true
            }
            _ => false,
        }
    }

    /// Frees the key: the request had no effect (refused before it began), so a repeat may start.
    pub fn abandon(&mut self, permit: IdempotencyPermit<K>) {
        let held = self.entries.get(&permit.key);
        if held.is_some_and(|entry| entry.generation == permit.generation) {
            self.entries.remove(&permit.key);
        }
    }

    /// Takes new options; keys that are kept end when they would have, and one that is added later
    /// does not end before them.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&mut self, options: IdempotencyOptions) -> Result<(), InvalidOptions> {
        options.check()?;
        self.options = options;
        Ok(())
    }

    /// Returns the number of keys kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether no key is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn expire(&mut self, now: Instant) {
        while let Some((expires, key, generation)) = self.order.front().copied() {
            if now < expires {
                break;
            }
            self.order.pop_front();
            // An abandoned key may have been used again since.
            if self.entries.get(&key).is_some_and(|entry| entry.generation == generation) {
                self.entries.remove(&key);
            }
        }
    }
}
