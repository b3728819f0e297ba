//! The caller's state, one atomic step at a time.

use crate::protocol::RawJson;
use crate::protocol::errors::{INVALID_REQUEST, RpcError};
use crate::sessions::{Entry, SessionRecord, SessionStore, StoreError, Totals};

/// What a handler may do with the session that it serves.
pub struct State<'a> {
    pub(super) store: &'a dyn SessionStore,
    pub(super) session: &'a SessionRecord,
}

impl State<'_> {
    /// Appends to the session's history and to the totals, all or nothing.
    ///
    /// # Errors
    /// If the session ended meanwhile; then nothing was recorded. Or if storage
    /// failed.
    pub async fn append(&self, entries: &[Entry]) -> Result<(), RpcError> {
        if self.store.append(&self.session.id, entries).await? {
            Ok(())
        } else {
            Err(RpcError::new(INVALID_REQUEST, "session not found"))
        }
    }

    /// The session's history, newest last.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn history(&self) -> Result<Vec<RawJson>, StoreError> {
        self.store.history(&self.session.id).await
    }

    /// The figures of all sessions.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn totals(&self) -> Result<Totals, StoreError> {
        self.store.totals().await
    }
}
