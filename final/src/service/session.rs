//! The state that a call works on, one atomic step at a time: its session, or a
//! tape that it names.

use std::sync::{Arc, OnceLock};

use futures_util::future::join_all;

use super::ServiceError;
use super::node_context::NodeContext;
use super::session_ref::SessionRef;
use crate::protocol::RawJson;
use crate::protocol::logging::Level;
use crate::sessions::store::Result as StoreResult;
use crate::sessions::{
    Clock, HistoryAppend, HistoryEntry, Principal, SessionId, SessionInit,
    SessionRecord, Timestamp,
};

/// A session or tape that storage has confirmed for a request. Only this one has a
/// history, publishes changes, and lets a call send and answer.
pub struct Session {
    pub(super) init: Arc<SessionInit>,
    /// Log messages from this level on are sent; `None` lets the server choose.
    pub(super) log_level: Option<Level>,
    /// The store's clock, which is equal on all nodes that share the store.
    pub(super) clock: Clock,
    pub(super) node: Arc<NodeContext>,
    pub(super) record: OnceLock<SessionRecord>,
}

impl Session {
    /// Loads a session and counts `requests` of it; `None` if there is none.
    pub(crate) async fn load_and_touch(
        node: &Arc<NodeContext>,
        id: &SessionId,
        principal: &Principal,
        requests: usize,
    ) -> StoreResult<Option<Self>> {
        let found = node.store.load_and_touch(id, principal, requests).await?;
        Ok(found.map(|touched| {
            node.count_reconstruction(id, touched.reconstructed);
            Self::loaded(node, touched.record)
        }))
    }

    /// Creates a session from a record that the store has just returned.
    pub(crate) fn loaded(node: &Arc<NodeContext>, record: SessionRecord) -> Self {
        Self {
            init: record.init.clone(),
            log_level: record.log_level,
            clock: Clock::showing(record.last_activity),
            node: node.clone(),
            record: record.into(),
        }
    }

    /// Returns the values with which it was opened.
    pub fn init(&self) -> &SessionInit {
        &self.init
    }

    /// Returns the whole record, as of its confirmation or a little later.
    pub(super) async fn record(&self) -> Result<&SessionRecord, ServiceError> {
        if let Some(record) = self.record.get() {
            return Ok(record);
        }
        let SessionInit { id, principal, .. } = &*self.init;
        let found = self.node.store.load(id, principal).await?;
        let found = found.ok_or_else(|| gone(&self.init))?;
        Ok(self.record.get_or_init(|| found))
    }

    async fn clear_history(&self) -> Result<u64, ServiceError> {
        let cleared = self.node.store.clear_history(&self.init.id).await?;
        cleared.ok_or_else(|| gone(&self.init))
    }

    /// Publishes to all subscribers that resources have changed.
    async fn publish_changes(&self, uris: &[String]) {
        let changes = &self.node.changes;
        let id = &self.init.id;
        join_all(uris.iter().map(|uri| changes.of_session(id, uri))).await;
    }
}

/// Returns the reason why a session or tape cannot be confirmed:
/// [`ServiceError::SessionEnded`] or [`ServiceError::NoSuchTape`].
pub(super) fn gone(init: &SessionInit) -> ServiceError {
    if init.id.is_tape() {
        ServiceError::NoSuchTape
    } else {
        ServiceError::SessionEnded
    }
}

/// The operations of a handler on a session or a tape.
#[derive(Clone)]
pub struct SessionHandle(pub(super) Arc<SessionRef>);

impl From<Arc<Session>> for SessionHandle {
    fn from(session: Arc<Session>) -> Self {
        Self(Arc::new(session.into()))
    }
}

impl SessionHandle {
    /// Returns the values with which the session or tape was opened.
    pub fn init(&self) -> &SessionInit {
        &self.0.init
    }

    /// Returns the store's time, which is equal on all nodes that share it.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(crate) fn clock(&self) -> Clock {
        self.0.clock
    }

    /// Returns the session as soon as storage has confirmed it.
    pub(crate) async fn session(&self) -> Result<&Session, ServiceError> {
        self.0.confirm().await
    }

    /// Returns the session or tape as the call first read it.
    ///
    /// # Errors
    /// [`ServiceError::SessionEnded`] or [`ServiceError::NoSuchTape`] if it is
    /// gone, [`ServiceError::Store`].
    pub async fn record(&self) -> Result<&SessionRecord, ServiceError> {
        self.session().await?.record().await
    }

    /// Appends to the history and to the deployment's totals, all or nothing, and
    /// publishes that the resources `changed` have changed, even if the call is
    /// cancelled meanwhile.
    ///
    /// # Errors
    /// As for [`record`](Self::record); if it is gone, nothing was recorded.
    pub async fn append_history(
        &self,
        entries: Vec<HistoryEntry>,
        changed: Vec<String>,
    ) -> Result<(), ServiceError> {
        let Self(session) = self.clone();
        let work = async move {
            let requests = session.begin_append()?;
            let append = HistoryAppend { entries, requests, resources: changed };
            let store = &session.node.store;
            let answer = store.append_history(&session.init.id, &append).await;
            let (confirmed, changed) =
                session.confirm_by_append(&append, answer)?;
            confirmed.publish_changes(&changed).await;
            Ok(())
        };
        self.0.node.detached(Box::pin(work)).await
    }

    /// Empties the history and publishes that the resources `changed` have changed,
    /// even if the call is cancelled meanwhile. Returns how many entries it had.
    ///
    /// # Errors
    /// As for [`record`](Self::record).
    pub async fn clear_history(
        &self,
        changed: Vec<String>,
    ) -> Result<u64, ServiceError> {
        let handle = self.clone();
        let work = async move {
            let session = handle.session().await?;
            let cleared = session.clear_history().await?;
            session.publish_changes(&changed).await;
            Ok(cleared)
        };
        self.0.node.detached(Box::pin(work)).await
    }

    /// Returns the history, newest last.
    ///
    /// # Errors
    /// As for [`record`](Self::record).
    pub async fn read_history(&self) -> Result<Vec<RawJson>, ServiceError> {
        let session = self.session().await?;
        Ok(session.node.store.read_history(&session.init.id).await?)
    }

    /// Returns the audit trail, newest last: the requests that have ended, and the
    /// responses to them. `None` if no trail is kept.
    ///
    /// # Errors
    /// As for [`record`](Self::record).
    pub async fn audit_trail(&self) -> Result<Option<Vec<RawJson>>, ServiceError> {
        let session = self.session().await?;
        Ok(session.node.audit.read(&session.init.id).await?)
    }

    /// Publishes that resources of it have changed, if it exists.
    pub async fn changed(&self, uris: &[String]) {
        if let Ok(session) = self.session().await {
            session.publish_changes(uris).await;
        }
    }
}
