//! What callers and cached things are known by.

use core::hash::{BuildHasher, Hash};
use std::hash::RandomState;

use siphasher::sip128::{Hasher128, SipHasher13};

/// Hashes of 128 bits with a key of this process's own: nobody can choose names that share one.
pub(crate) struct SecretHash(SipHasher13);

impl SecretHash {
    pub(crate) fn new() -> Self {
        let secret = RandomState::new();
        Self(SipHasher13::new_with_keys(secret.hash_one(0_u8), secret.hash_one(1_u8)))
    }

    pub(crate) fn of(&self, key: &(impl Hash + ?Sized)) -> u128 {
        let mut hasher = self.0;
        key.hash(&mut hasher);
        hasher.finish128().as_u128()
    }
}
