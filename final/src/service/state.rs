//! The state that a call works on, one atomic step at a time: its session, or a
//! tape that it names.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use tokio::time::Instant;

use super::{ServiceError, common::Common};
use crate::{
    protocol::RawJson,
    sessions::{Entry, SessionRecord, Timestamp},
};

/// For how long the subscriptions are believed that the record had when it was
/// read. A short call need not ask for them again; one that subscribes within it
/// may miss this change, and none after it.
const FRESH: Duration = Duration::from_millis(10);

/// What a handler may do with a session or a tape.
#[derive(Clone)]
pub struct State {
    pub(super) common: Arc<Common>,
    pub(super) record: Arc<SessionRecord>,
    /// When the record was read, to continue the store's clock from.
    pub(super) read: Instant,
}

impl State {
    /// The session or tape as it was when the call first looked.
    pub fn record(&self) -> &SessionRecord {
        &self.record
    }

    /// The store's time: equal on all nodes that share it.
    pub fn now(&self) -> Timestamp {
        self.record.last_activity.plus(self.read.elapsed())
    }

    /// Appends to the history and to the deployment's totals, all or nothing, and
    /// says that the resources `changed` have. That happens also if the call is
    /// cancelled meanwhile.
    ///
    /// # Errors
    /// [`ServiceError::SessionEnded`] or [`ServiceError::NoSuchTape`] if it is gone
    /// meanwhile; then nothing was recorded.
    pub async fn append(
        &self,
        entries: Vec<Entry>,
        changed: Vec<String>,
    ) -> Result<(), ServiceError> {
        let state = self.clone();
        let work = async move {
            let id = &state.record.opened.id;
            let appended = state.common.store.append(id, &entries).await?;
            if appended {
                state.changed(&changed).await;
            }
            Ok::<_, ServiceError>(appended)
        };
        let appended = self.common.persist(work).await?;
        if appended { Ok(()) } else { Err(self.gone()) }
    }

    /// Empties the history and says that the resources `changed` have, also if the
    /// call is cancelled meanwhile. Returns how many entries it had.
    ///
    /// # Errors
    /// As for [`append`](Self::append).
    pub async fn clear(&self, changed: Vec<String>) -> Result<u64, ServiceError> {
        let state = self.clone();
        let work = async move {
            let id = &state.record.opened.id;
            let cleared = state.common.store.clear_history(id).await?;
            if cleared.is_some() {
                state.changed(&changed).await;
            }
            Ok::<_, ServiceError>(cleared)
        };
        let cleared = self.common.persist(work).await?;
        cleared.ok_or_else(|| self.gone())
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

    /// Some of its resources have changed.
    pub async fn changed(&self, uris: &[String]) {
        let is_fresh = self.read.elapsed() < FRESH;
        let (id, changes) = (&self.record.opened.id, &self.common.changes);
        let is_heard = |uri: &&String| {
            !is_fresh || self.record.subscriptions.contains(uri.as_str())
        };
        let heard = uris.iter().filter(is_heard);
        join_all(heard.map(|uri| changes.of_session(id, uri))).await;
    }

    fn gone(&self) -> ServiceError {
        if self.record.opened.id.is_tape() {
            ServiceError::NoSuchTape
        } else {
            ServiceError::SessionEnded
        }
    }
}
