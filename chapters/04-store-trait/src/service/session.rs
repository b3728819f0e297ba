//! The caller's session, one atomic step at a time.

use crate::protocol::RawJson;
use crate::protocol::errors::{INVALID_REQUEST, RpcError};
use crate::sessions::{
    HistoryEntry, SessionRecord, SessionStore, StoreError, Totals,
};

/// What a handler may do with the caller's session.
pub struct SessionHandle<'a> {
    pub(super) store: &'a dyn SessionStore,
    pub(super) session: &'a SessionRecord,
}

impl SessionHandle<'_> {
    /// Appends to the session's history and to the totals, all or nothing.
    ///
    /// # Errors
    /// If the session has ended; then nothing is recorded. If the store failed.
    pub async fn append_history(
        &self,
        entries: &[HistoryEntry],
    ) -> Result<(), RpcError> {
        if self.store.append_history(&self.session.id, entries).await? {
            Ok(())
        } else {
            Err(RpcError::new(INVALID_REQUEST, "session not found"))
        }
    }

    /// The session's history, newest last.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn read_history(&self) -> Result<Vec<RawJson>, StoreError> {
        self.store.read_history(&self.session.id).await
    }

    /// The totals of all sessions.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn totals(&self) -> Result<Totals, StoreError> {
        self.store.totals().await
    }
}
