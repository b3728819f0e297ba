//! Locks that are held for an instant and never across an await.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks. A poisoned lock is taken as it is: users of this function must leave
/// nothing half-done when they panic.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
