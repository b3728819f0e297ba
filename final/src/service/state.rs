//! The state that a call works on, one atomic step at a time: its session, or a
//! tape that it names.

use std::sync::Arc;

use futures_util::future::join_all;

use super::ServiceError;
use super::session_ref::SessionRef;
use crate::protocol::RawJson;
use crate::sessions::{HistoryEntry, SessionInit, SessionRecord, Timestamp};

/// What a handler may do with a session or a tape.
#[derive(Clone)]
pub struct State(Arc<SessionRef>);

impl State {
    pub(super) fn of(visit: &Arc<SessionRef>) -> Self {
        Self(visit.clone())
    }

    /// What the session or tape was opened with.
    pub fn init(&self) -> &SessionInit {
        &self.0.opened
    }

    /// The session or tape as it was when the call first looked.
    ///
    /// # Errors
    /// [`ServiceError::SessionEnded`] or [`ServiceError::NoSuchTape`] if it is
    /// gone, [`ServiceError::Store`].
    pub async fn record(&self) -> Result<&SessionRecord, ServiceError> {
        self.0.record().await
    }

    /// The store's time: equal on all nodes that share it.
    pub fn now(&self) -> Timestamp {
        self.0.now()
    }

    /// Appends to the history and to the deployment's totals, all or nothing, and
    /// says that the resources `changed` have. That happens also if the call is
    /// cancelled meanwhile.
    ///
    /// # Errors
    /// As for [`record`](Self::record); if it is gone, nothing was recorded.
    pub async fn append_history(
        &self,
        entries: Vec<HistoryEntry>,
        changed: Vec<String>,
    ) -> Result<(), ServiceError> {
        let visit = self.0.clone();
        let work = async move {
            let heard = visit.append(entries, changed).await?;
            announce(&visit, &heard).await;
            Ok(())
        };
        self.0.common.detached(work).await
    }

    /// Empties the history and says that the resources `changed` have, also if the
    /// call is cancelled meanwhile. Returns how many entries it had.
    ///
    /// # Errors
    /// As for [`record`](Self::record).
    pub async fn clear_history(
        &self,
        changed: Vec<String>,
    ) -> Result<u64, ServiceError> {
        let visit = self.0.clone();
        let work = async move {
            visit.confirm().await?;
            let cleared =
                visit.common.store.clear_history(&visit.opened.id).await?;
            let cleared = cleared.ok_or_else(|| visit.gone())?;
            announce(&visit, &changed).await;
            Ok(cleared)
        };
        self.0.common.detached(work).await
    }

    /// The history, newest last.
    ///
    /// # Errors
    /// As for [`record`](Self::record).
    pub async fn read_history(&self) -> Result<Vec<RawJson>, ServiceError> {
        self.0.confirm().await?;
        Ok(self.0.common.store.read_history(&self.0.opened.id).await?)
    }

    /// The audit trail, newest last: the requests that have ended, and the
    /// responses to them. `None` if no trail is kept.
    ///
    /// # Errors
    /// As for [`record`](Self::record).
    pub async fn audit_trail(&self) -> Result<Option<Vec<RawJson>>, ServiceError> {
        self.0.confirm().await?;
        Ok(self.0.common.audit.read(&self.0.opened.id).await?)
    }

    /// Some of its resources have changed, if it is there.
    pub async fn changed(&self, uris: &[String]) {
        if self.0.confirm().await.is_ok() {
            announce(&self.0, uris).await;
        }
    }
}

/// Says that resources have changed, to whoever has subscribed to them.
async fn announce(visit: &SessionRef, uris: &[String]) {
    let (id, changes) = (&visit.opened.id, &visit.common.changes);
    join_all(uris.iter().map(|uri| changes.of_session(id, uri))).await;
}
