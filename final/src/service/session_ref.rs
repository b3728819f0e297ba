//! A session before storage has confirmed it.
//!
//! The values with which a session was opened never change. So a node that has them
//! in its cache starts a call before it asks storage, and asks together with the
//! first change of the call: the call waits for storage once instead of twice.
//! Everything else [confirms](SessionRef::confirm) the session first.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;

use super::ServiceError;
use super::node_context::NodeContext;
use super::session::{Session, SessionHandle, gone};
use crate::sessions::store::Result as StoreResult;
use crate::sessions::{
    AppendedSession, Clock, HistoryAppend, SessionInit, StoreError, Timestamp,
};

/// The answer of storage about a session; `None` if there is no such session.
type Confirmation = StoreResult<Option<Arc<Session>>>;

/// The session or tape that a request names, before or after storage has confirmed
/// it. All parts of a call share it.
pub(super) struct SessionRef {
    /// The values with which it was opened.
    pub init: Arc<SessionInit>,
    /// The store's clock, which is equal on all nodes that share the store.
    pub clock: Clock,
    /// The node that serves the request.
    pub node: Arc<NodeContext>,
    /// Storage has not counted the request yet.
    uncounted: AtomicBool,
    outcome: OnceLock<Confirmation>,
    /// Storage has answered.
    answered: Notify,
}

impl From<Arc<Session>> for SessionRef {
    fn from(session: Arc<Session>) -> Self {
        Self {
            init: session.init.clone(),
            clock: session.clock,
            node: session.node.clone(),
            uncounted: AtomicBool::new(false),
            outcome: OnceLock::from(Ok(Some(session))),
            answered: Notify::new(),
        }
    }
}

impl SessionHandle {
    /// Refers to a session of the cache, for one request that arrived at `now`.
    pub(crate) fn cached(
        node: &Arc<NodeContext>,
        init: Arc<SessionInit>,
        now: Timestamp,
    ) -> Self {
        Self(Arc::new(SessionRef {
            init,
            clock: Clock::showing(now),
            node: node.clone(),
            uncounted: AtomicBool::new(true),
            outcome: OnceLock::new(),
            answered: Notify::new(),
        }))
    }

    /// Waits until storage has confirmed or refused the session, and asks storage
    /// if no other part of the call does.
    pub(crate) async fn wait_for_outcome(&self) {
        let session = &self.0;
        let answered = session.answered.notified();
        if session.uncounted.load(Ordering::Relaxed) {
            // The part of the call that depends on it reads the outcome.
            let _ = self.session().await;
        } else if session.outcome.get().is_none() {
            answered.await;
        }
    }
}

impl SessionRef {
    /// Returns the session as soon as storage has confirmed it. Asks storage unless
    /// it has answered, also while another part of the call is asking, because that
    /// part may wait for this one.
    ///
    /// # Errors
    /// As for [`gone`], and [`ServiceError::Store`].
    pub async fn confirm(&self) -> Result<&Session, ServiceError> {
        if let Some(outcome) = self.outcome.get() {
            return self.read(outcome);
        }
        let SessionInit { id, principal, .. } = &*self.init;
        let requests = self.take_uncounted();
        let found =
            Session::load_and_touch(&self.node, id, principal, requests).await;
        self.read(self.settle(|| found.map(|session| session.map(Arc::new))))
    }

    /// Returns the number of requests that an append must count.
    ///
    /// # Errors
    /// As for [`confirm`](Self::confirm), if storage has refused the session.
    pub fn begin_append(&self) -> Result<usize, ServiceError> {
        if let Some(outcome) = self.outcome.get() {
            self.read(outcome)?;
        }
        Ok(self.take_uncounted())
    }

    /// Reads the answer of storage to an append, which also confirms the session.
    /// Returns the session, and the changed resources to which it is subscribed.
    ///
    /// # Errors
    /// As for [`confirm`](Self::confirm); then nothing was appended.
    pub fn confirm_by_append(
        &self,
        append: &HistoryAppend,
        answer: StoreResult<Option<AppendedSession>>,
    ) -> Result<(&Session, Vec<String>), ServiceError> {
        match answer {
            Ok(Some(appended)) => {
                let id = &self.init.id;
                self.node.count_reconstruction(id, appended.reconstructed);
                self.node.metrics.count_calculations(&append.entries);
                let session = || Ok(Some(Arc::new(self.session(&appended))));
                let session = self.read(self.settle(session))?;
                Ok((session, appended.subscribed))
            }
            Ok(None) => {
                self.settle(|| Ok(None));
                Err(gone(&self.init))
            }
            // The step that counts the request decides.
            Err(error) if append.requests == 0 => Err(error.into()),
            Err(error) => {
                self.settle(|| Err(error.clone()));
                Err(error.into())
            }
        }
    }

    fn session(&self, appended: &AppendedSession) -> Session {
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

    fn settle(&self, outcome: impl FnOnce() -> Confirmation) -> &Confirmation {
        let outcome = self.outcome.get_or_init(outcome);
        self.answered.notify_waiters();
        outcome
    }

    fn read<'a>(
        &self,
        outcome: &'a Confirmation,
    ) -> Result<&'a Session, ServiceError> {
        let found = outcome.as_ref().map_err(StoreError::clone)?;
        found.as_deref().ok_or_else(|| gone(&self.init))
    }
}
