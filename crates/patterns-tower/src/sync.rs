//! What the shared shells lock and swap with. The interleaving tests build the same shells over
//! the primitives of a model checker instead.

pub(crate) use std::sync::atomic::{AtomicU64, Ordering};
pub(crate) use std::sync::{Arc, Mutex, MutexGuard};

/// Locks; a thread that panicked while it held the lock left a whole machine behind, as a machine
/// changes only by methods that finish.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
