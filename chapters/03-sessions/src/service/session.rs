//! The caller's session, one atomic step at a time.

use crate::protocol::RawJson;
use crate::protocol::errors::{INVALID_REQUEST, RpcError};
use crate::sessions::{MemoryStore, SessionRecord};

/// What a handler may do with the caller's session.
pub struct SessionHandle<'a> {
    pub(super) store: &'a MemoryStore,
    pub(super) session: &'a SessionRecord,
}

impl SessionHandle<'_> {
    /// Appends to the session's history.
    ///
    /// # Errors
    /// If the session has ended; then nothing is recorded.
    pub async fn append_history(&self, entry: RawJson) -> Result<(), RpcError> {
        if self.store.append_history(&self.session.id, entry).await {
            Ok(())
        } else {
            Err(RpcError::new(INVALID_REQUEST, "session not found"))
        }
    }

    /// The session's history, newest last.
    pub async fn read_history(&self) -> Vec<RawJson> {
        self.store.read_history(&self.session.id).await
    }
}
