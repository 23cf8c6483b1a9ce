//! Idempotency keys that many callers share.

use core::fmt;
use core::time::Duration;

use tenfold_patterns::{
    Idempotency, IdempotencyDecision, IdempotencyOptions, IdempotencyPermit, InvalidOptions,
};
use tenfold_units::Instant;

use crate::sync::{Arc, Mutex, lock};

/// A table of keys and answers behind a lock that is held for one step of the machine; clones are
/// the same table.
pub struct SharedIdempotency<V>(Arc<Mutex<Idempotency<u128, V>>>);

impl<V> Clone for SharedIdempotency<V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<V> fmt::Debug for SharedIdempotency<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedIdempotency").finish_non_exhaustive()
    }
}

/// What to do with a request that carries a key.
#[derive(Debug)]
#[must_use]
pub enum Begun<V> {
    /// Carry it out, and give the guard back with the answer.
    Start(IdempotencyGuard<V>),
    /// Answer as then.
    Replay(V),
    /// It is being carried out.
    InProgress {
        /// The time until somebody else may try.
        retry_after: Duration,
    },
    /// The key was used for another request.
    Mismatch,
    /// No more keys can be kept.
    Full,
}

impl<V: Clone> SharedIdempotency<V> {
    /// Returns an empty table.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: IdempotencyOptions) -> Result<Self, InvalidOptions> {
        Ok(Self(Arc::new(Mutex::new(Idempotency::new(options)?))))
    }

    /// Decides on a request with this key; `fingerprint` is a hash of all that the request asks for.
    pub fn begin(&self, now: Instant, key: u128, fingerprint: u64) -> Begun<V> {
        match lock(&self.0).begin(now, key, fingerprint) {
            IdempotencyDecision::Start(permit) => {
                Begun::Start(IdempotencyGuard { table: self.clone(), permit })
            }
            IdempotencyDecision::Replay(answer) => Begun::Replay(answer.clone()),
            IdempotencyDecision::InProgress { retry_after } => Begun::InProgress { retry_after },
            IdempotencyDecision::Mismatch => Begun::Mismatch,
            IdempotencyDecision::Full => Begun::Full,
        }
    }

    /// Returns the number of keys kept.
    #[must_use]
    pub fn len(&self) -> usize {
        lock(&self.0).len()
    }

    /// Returns whether no key is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The right to carry a request out. Dropped, it leaves the key in progress until its lease ends:
/// nobody knows whether the request has had its effect.
#[derive(Debug)]
#[must_use = "dropped at once, the key is blocked for the lease"]
pub struct IdempotencyGuard<V> {
    table: SharedIdempotency<V>,
    permit: IdempotencyPermit<u128>,
}

impl<V> IdempotencyGuard<V> {
    /// Keeps the answer for repeats; says whether it was taken: not if the lease was over and
    /// somebody else has started.
    pub fn complete(self, now: Instant, answer: V) -> bool {
        lock(&self.table.0).complete(now, self.permit, answer)
    }

    /// Frees the key: the request had no effect.
    pub fn abandon(self) {
        lock(&self.table.0).abandon(self.permit);
    }
}
