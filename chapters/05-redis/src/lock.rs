//! Locks that are held for an instant and never across an await.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks. A panic while the lock was held leaves nothing half-done in what it
/// protects: whoever uses this keeps it so.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
