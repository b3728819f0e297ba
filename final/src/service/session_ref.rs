//! A session before storage has confirmed it.
//!
//! The values with which a session was opened never change. So a node that has them
//! in its cache starts a call before it asks storage, and asks together with the
//! first change of the call: the call waits for storage once instead of twice.
//! Everything else [confirms](SessionRef::confirm) the session first.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;

use super::node_context::NodeContext;
use super::session::Session;
use super::{ServiceError, session};
use crate::sessions::store::Result as StoreResult;
use crate::sessions::{
    AppendedSession, Clock, HistoryAppend, HistoryEntry, SessionInit, StoreError,
    Timestamp,
};

/// The session or tape that a request names.
#[derive(Clone)]
pub(super) enum SessionRef {
    /// Storage has confirmed it.
    Confirmed(Arc<Session>),
    /// It is in this node's cache, and storage has not been asked yet.
    Cached(Arc<CachedSession>),
}

/// A session that is confirmed when a result depends on it. All parts of a call
/// share it.
pub(super) struct CachedSession {
    init: Arc<SessionInit>,
    clock: Clock,
    node: Arc<NodeContext>,
    /// Storage has not counted the request yet.
    uncounted: AtomicBool,
    /// The answer of storage.
    outcome: OnceLock<StoreResult<Option<Session>>>,
    /// Storage has answered.
    answered: Notify,
}

impl SessionRef {
    /// Refers to a session of the cache, for one request that arrived at `now`.
    pub fn cached(
        node: &Arc<NodeContext>,
        init: Arc<SessionInit>,
        now: Timestamp,
    ) -> Self {
        Self::Cached(Arc::new(CachedSession {
            init,
            clock: Clock::showing(now),
            node: node.clone(),
            uncounted: AtomicBool::new(true),
            outcome: OnceLock::new(),
            answered: Notify::new(),
        }))
    }

    /// Returns the values with which the session was opened.
    pub fn init(&self) -> &SessionInit {
        match self {
            Self::Confirmed(session) => session.init(),
            Self::Cached(cached) => &cached.init,
        }
    }

    /// Returns the clock of the session's store.
    pub fn clock(&self) -> Clock {
        match self {
            Self::Confirmed(session) => session.clock,
            Self::Cached(cached) => cached.clock,
        }
    }

    /// Returns the node that serves the request.
    pub fn node(&self) -> &NodeContext {
        match self {
            Self::Confirmed(session) => &session.node,
            Self::Cached(cached) => &cached.node,
        }
    }

    /// Returns the session as soon as storage has confirmed it, and asks storage if
    /// it has not answered yet.
    ///
    /// # Errors
    /// As for [`session::gone`], and [`ServiceError::Store`].
    pub async fn confirm(&self) -> Result<&Session, ServiceError> {
        match self {
            Self::Confirmed(session) => Ok(session),
            Self::Cached(cached) => cached.confirm().await,
        }
    }

    /// Appends to the history, in one step with the confirmation if that is open.
    /// Returns the subscribed ones of `resources`.
    ///
    /// # Errors
    /// As for [`confirm`](Self::confirm); then nothing was appended.
    pub async fn append_history(
        &self,
        entries: Vec<HistoryEntry>,
        resources: Vec<String>,
    ) -> Result<Vec<String>, ServiceError> {
        match self {
            Self::Confirmed(session) => {
                session.append_history(entries, resources).await
            }
            Self::Cached(cached) => cached.append_history(entries, resources).await,
        }
    }

    /// Waits until storage has confirmed or refused the session, and asks storage
    /// if no other part of the call does.
    pub async fn wait_for_outcome(&self) {
        if let Self::Cached(cached) = self {
            let answered = cached.answered.notified();
            if cached.uncounted.load(Ordering::Relaxed) {
                // The part of the call that depends on it reads the outcome.
                let _ = cached.confirm().await;
            } else if cached.outcome.get().is_none() {
                answered.await;
            }
        }
    }
}

impl CachedSession {
    /// Confirms the session itself while another part of the call is asking,
    /// because that part may wait for this one.
    async fn confirm(&self) -> Result<&Session, ServiceError> {
        if let Some(outcome) = self.outcome.get() {
            return self.read(outcome);
        }
        let SessionInit { id, principal, .. } = &*self.init;
        let requests = self.take_uncounted();
        let found =
            Session::load_and_touch(&self.node, id, principal, requests).await;
        self.read(self.settle(found))
    }

    async fn append_history(
        &self,
        entries: Vec<HistoryEntry>,
        resources: Vec<String>,
    ) -> Result<Vec<String>, ServiceError> {
        if let Some(outcome) = self.outcome.get() {
            self.read(outcome)?;
        }
        let requests = self.take_uncounted();
        let append = HistoryAppend { entries, requests, resources };
        let appended = self.node.append_history(&self.init.id, &append).await;
        // An error of a step that did not count the request is not the answer to it.
        if requests > 0 || appended.is_ok() {
            let confirmed = |found: &Option<AppendedSession>| {
                found.as_ref().map(|appended| self.confirmed(appended))
            };
            self.settle(
                appended.as_ref().map(confirmed).map_err(StoreError::clone),
            );
        }
        let appended = appended?.ok_or_else(|| session::gone(&self.init))?;
        Ok(appended.subscribed)
    }

    fn confirmed(&self, appended: &AppendedSession) -> Session {
        self.node.count_reconstruction(&self.init.id, appended.reconstructed);
        Session {
            init: self.init.clone(),
            log_level: appended.log_level,
            clock: self.clock,
            node: self.node.clone(),
            record: OnceLock::new(),
        }
    }

    /// Returns 1 for the first part of the call that asks storage, then 0.
    fn take_uncounted(&self) -> usize {
        self.uncounted.swap(false, Ordering::Relaxed).into()
    }

    fn settle(
        &self,
        outcome: StoreResult<Option<Session>>,
    ) -> &StoreResult<Option<Session>> {
        let outcome = self.outcome.get_or_init(|| outcome);
        self.answered.notify_waiters();
        outcome
    }

    fn read<'a>(
        &self,
        outcome: &'a StoreResult<Option<Session>>,
    ) -> Result<&'a Session, ServiceError> {
        let found = outcome.as_ref().map_err(StoreError::clone)?;
        found.as_ref().ok_or_else(|| session::gone(&self.init))
    }
}
