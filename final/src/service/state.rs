//! The caller's state, one atomic step at a time.

use super::ServiceError;
use crate::{
    events::Audit,
    protocol::RawJson,
    sessions::{Entry, SessionRecord, SessionStore, Totals},
};

/// What a handler may do with the session that it serves.
#[derive(Clone, Copy)]
pub struct State<'a> {
    pub(super) store: &'a dyn SessionStore,
    pub(super) audit: &'a Audit,
    pub(super) session: &'a SessionRecord,
}

impl State<'_> {
    /// Appends to the session's history and to the deployment's totals, all or
    /// nothing.
    ///
    /// # Errors
    /// [`ServiceError::SessionEnded`] if the session ended meanwhile; then
    /// nothing was recorded.
    pub async fn append(&self, entries: &[Entry]) -> Result<(), ServiceError> {
        if self.store.append(&self.session.opened.id, entries).await? {
            Ok(())
        } else {
            Err(ServiceError::SessionEnded)
        }
    }

    /// The session's history, newest last.
    ///
    /// # Errors
    /// [`ServiceError::Store`]
    pub async fn history(&self) -> Result<Vec<RawJson>, ServiceError> {
        Ok(self.store.history(&self.session.opened.id).await?)
    }

    /// The audit trail of the session, newest last: the requests that have ended,
    /// and the responses to them. `None` if no trail is kept.
    ///
    /// # Errors
    /// [`ServiceError::Store`]
    pub async fn audit_trail(&self) -> Result<Option<Vec<RawJson>>, ServiceError> {
        Ok(self.audit.trail(&self.session.opened.id).await?)
    }

    /// The deployment's figures.
    ///
    /// # Errors
    /// [`ServiceError::Store`]
    pub async fn totals(&self) -> Result<Totals, ServiceError> {
        Ok(self.store.totals().await?)
    }
}
