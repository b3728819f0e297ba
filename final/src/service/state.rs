//! The state that a call works on, one atomic step at a time: its session, or a
//! tape that it names.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{ServiceError, common::Common};
use crate::{
    protocol::RawJson,
    sessions::{Entry, SessionRecord, Timestamp},
};

/// For how long the subscriptions are believed that the record had when it was
/// read. A short call need not ask for them again.
const FRESH: Duration = Duration::from_secs(1);

/// What a handler may do with a session or a tape.
pub struct State<'a> {
    pub(super) common: &'a Common,
    pub(super) record: Arc<SessionRecord>,
    /// When the record was read, to continue the store's clock from.
    pub(super) read: Instant,
}

impl State<'_> {
    /// The session or tape as it was when the call first looked.
    pub fn record(&self) -> &SessionRecord {
        &self.record
    }

    /// The store's time: equal on all nodes that share it.
    pub fn now(&self) -> Timestamp {
        self.record.last_activity.plus(self.read.elapsed())
    }

    /// Appends to the history and to the deployment's totals, all or nothing.
    ///
    /// # Errors
    /// [`ServiceError::SessionEnded`] or [`ServiceError::NoSuchTape`] if it is gone
    /// meanwhile; then nothing was recorded.
    pub async fn append(&self, entries: &[Entry]) -> Result<(), ServiceError> {
        let id = &self.record.opened.id;
        let appended = self.common.store.append(id, entries).await?;
        if appended { Ok(()) } else { Err(self.gone()) }
    }

    /// Empties the history; returns how many entries it had.
    ///
    /// # Errors
    /// As for [`append`](Self::append).
    pub async fn clear(&self) -> Result<u64, ServiceError> {
        let cleared = self.common.store.clear_history(&self.record.opened.id);
        cleared.await?.ok_or_else(|| self.gone())
    }

    /// The history, newest last.
    ///
    /// # Errors
    /// [`ServiceError::Store`]
    pub async fn history(&self) -> Result<Vec<RawJson>, ServiceError> {
        Ok(self.common.store.history(&self.record.opened.id).await?)
    }

    /// The audit trail, newest last: the requests that have ended, and the
    /// responses to them. `None` if no trail is kept.
    ///
    /// # Errors
    /// [`ServiceError::Store`]
    pub async fn audit_trail(&self) -> Result<Option<Vec<RawJson>>, ServiceError> {
        Ok(self.common.audit.trail(&self.record.opened.id).await?)
    }

    /// One of its resources has changed.
    pub async fn changed(&self, uri: &str) {
        let is_fresh = self.read.elapsed() < FRESH;
        if self.record.subscriptions.contains(uri) || !is_fresh {
            self.common.changes.of_session(&self.record.opened.id, uri).await;
        }
    }

    fn gone(&self) -> ServiceError {
        if self.record.opened.id.is_tape() {
            ServiceError::NoSuchTape
        } else {
            ServiceError::SessionEnded
        }
    }
}
