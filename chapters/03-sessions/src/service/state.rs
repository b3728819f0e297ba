//! The caller's state, one atomic step at a time.

use crate::protocol::RawJson;
use crate::protocol::errors::{INVALID_REQUEST, RpcError};
use crate::sessions::{MemoryStore, SessionRecord};

/// What a handler may do with the session that it serves.
pub struct State<'a> {
    pub(super) store: &'a MemoryStore,
    pub(super) session: &'a SessionRecord,
}

impl State<'_> {
    /// Appends to the session's history.
    ///
    /// # Errors
    /// If the session ended meanwhile; then nothing was recorded.
    pub fn append(&self, entry: RawJson) -> Result<(), RpcError> {
        if self.store.append(&self.session.id, entry) {
            Ok(())
        } else {
            Err(RpcError::new(INVALID_REQUEST, "session not found"))
        }
    }

    /// The session's history, newest last.
    pub fn history(&self) -> Vec<RawJson> {
        self.store.history(&self.session.id)
    }
}
