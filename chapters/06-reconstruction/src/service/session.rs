//! The caller's session, one atomic step at a time.

use std::io::{Write, stderr};
use std::sync::Arc;

use crate::protocol::RawJson;
use crate::protocol::errors::{INVALID_REQUEST, RpcError};
use crate::sessions::store::Result;
use crate::sessions::{
    Clock, HistoryEntry, SessionId, SessionInit, SessionRecord, SessionStore,
    Timestamp, Totals, TouchedSession,
};

/// A session that storage has confirmed for a request.
pub struct Session {
    record: SessionRecord,
    /// The store's clock, which is equal on all nodes that share the store.
    clock: Clock,
    store: Arc<dyn SessionStore>,
}

impl Session {
    /// Loads a session and counts `requests` of it; `None` if there is none.
    pub(crate) async fn load_and_touch(
        store: &Arc<dyn SessionStore>,
        id: &SessionId,
        requests: usize,
    ) -> Result<Option<Self>> {
        let found = store.load_and_touch(id, requests).await?;
        Ok(found.map(|TouchedSession { record, reconstructed }| {
            if reconstructed {
                let id = id.hint();
                let _ = writeln!(stderr(), "{id}: taken over from another node");
            }
            Self::loaded(store, record)
        }))
    }

    /// Creates a session from a record that the store has just returned.
    fn loaded(store: &Arc<dyn SessionStore>, record: SessionRecord) -> Self {
        Self {
            clock: Clock::showing(record.last_activity),
            store: store.clone(),
            record,
        }
    }

    /// Returns the values with which it was opened.
    pub fn init(&self) -> &SessionInit {
        &self.record.init
    }

    /// Returns the store's time.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// The operations of a handler on a session.
#[derive(Clone)]
pub struct SessionHandle(Arc<Session>);

impl From<Arc<Session>> for SessionHandle {
    fn from(session: Arc<Session>) -> Self {
        Self(session)
    }
}

impl SessionHandle {
    /// Returns the values with which the session was opened.
    pub fn init(&self) -> &SessionInit {
        self.0.init()
    }

    /// Returns the store's time, which is equal on all nodes that share it.
    pub fn now(&self) -> Timestamp {
        self.0.now()
    }

    /// Returns the session as the call first read it.
    pub fn record(&self) -> &SessionRecord {
        &self.0.record
    }

    /// Appends to the session's history and to the totals, all or nothing.
    ///
    /// # Errors
    /// If the session has ended; then nothing is recorded. If the store failed.
    pub async fn append_history(
        &self,
        entries: &[HistoryEntry],
    ) -> Result<(), RpcError> {
        let Session { record, store, .. } = &*self.0;
        match store.append_history(&record.init.id, entries).await? {
            true => Ok(()),
            false => Err(RpcError::new(INVALID_REQUEST, "session not found")),
        }
    }

    /// The session's history, newest last.
    ///
    /// # Errors
    /// [`StoreError`](crate::sessions::StoreError)
    pub async fn read_history(&self) -> Result<Vec<RawJson>> {
        self.0.store.read_history(&self.init().id).await
    }

    /// The totals of all sessions.
    ///
    /// # Errors
    /// [`StoreError`](crate::sessions::StoreError)
    pub async fn totals(&self) -> Result<Totals> {
        self.0.store.totals().await
    }
}
