//! A request's visit to a session or tape: what is known of it at once, and what
//! only storage knows.
//!
//! What a session was opened with never changes, so a node that remembers it can
//! begin to work before storage has been asked, and ask together with its first
//! change: the call waits once. Whatever depends on more [arrives](SessionRef::confirm)
//! first, and so does the answer: a session that is gone is told of nothing.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;
use tokio::time::Instant;

use super::ServiceError;
use super::node_context::NodeContext;
use crate::protocol::logging::Level;
use crate::sessions::store::Result as StoreResult;
use crate::sessions::{
    HistoryAppend, HistoryEntry, Principal, SessionId, SessionInit, SessionRecord,
    StoreError, Timestamp,
};

/// One visit. All parts of a call share it.
pub(crate) struct SessionRef {
    /// What the session or tape was opened with.
    pub opened: Arc<SessionInit>,
    pub common: Arc<NodeContext>,
    /// The store's time, and this node's when it was that.
    time: (Timestamp, Instant),
    /// Requests that the store has not been told of.
    due: AtomicUsize,
    /// What came of the visit, once the store has answered.
    outcome: OnceLock<StoreResult<Option<Confirmation>>>,
    /// The store has answered.
    answered: Notify,
    record: OnceLock<SessionRecord>,
}

/// What the store said to a visit.
pub(crate) struct Confirmation {
    /// Log messages from this level on are sent; `None` lets the server choose.
    pub log_level: Option<Level>,
}

impl SessionRef {
    /// Visits now; `None` if there is no such session or tape.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn load_and_touch(
        common: &Arc<NodeContext>,
        id: &SessionId,
        principal: &Principal,
        requests: usize,
    ) -> StoreResult<Option<Arc<Self>>> {
        let entered = common.store.load_and_touch(id, principal, requests).await?;
        Ok(entered.map(|entered| {
            common.count_reconstruction(id, entered.reconstructed);
            Self::loaded(common, entered.record)
        }))
    }

    /// A visit that the store has answered with `record`, just now.
    pub fn loaded(common: &Arc<NodeContext>, record: SessionRecord) -> Arc<Self> {
        let visit = Self::new(common, record.init.clone(), record.last_activity);
        visit.arrived(Ok(Some(Confirmation { log_level: record.log_level })));
        let _ = visit.record.set(record);
        Arc::new(visit)
    }

    /// A visit, by one request, that is made as soon as something depends on it.
    pub fn unconfirmed(
        common: &Arc<NodeContext>,
        opened: Arc<SessionInit>,
        now: Timestamp,
    ) -> Arc<Self> {
        let visit = Self::new(common, opened, now);
        visit.due.store(1, Ordering::Relaxed);
        Arc::new(visit)
    }

    fn new(
        common: &Arc<NodeContext>,
        opened: Arc<SessionInit>,
        now: Timestamp,
    ) -> Self {
        let (due, outcome, answered, record) = Default::default();
        let (common, time) = (common.clone(), (now, Instant::now()));
        Self { opened, common, time, due, outcome, answered, record }
    }

    /// The store's time: equal on all nodes that share it.
    pub fn now(&self) -> Timestamp {
        let (told, at) = self.time;
        told.plus(at.elapsed())
    }

    /// Makes the visit, unless it has been made. Another part of the call may be at
    /// it; then this looks for itself, because that part may be waiting for this one.
    ///
    /// # Errors
    /// As for [`gone`](Self::gone), and [`ServiceError::Store`].
    pub async fn confirm(&self) -> Result<&Confirmation, ServiceError> {
        if let Some(outcome) = self.outcome.get() {
            return self.read(outcome);
        }
        let SessionInit { id, principal, .. } = &*self.opened;
        let requests = self.due.swap(0, Ordering::Relaxed);
        let entered =
            self.common.store.load_and_touch(id, principal, requests).await;
        let outcome = self.arrived(entered.map(|found| {
            found.map(|entered| {
                self.common.count_reconstruction(id, entered.reconstructed);
                let log_level = entered.record.log_level;
                let _ = self.record.set(entered.record);
                Confirmation { log_level }
            })
        }));
        self.read(outcome)
    }

    /// Waits until the store has answered the visit, and asks it if nobody has.
    pub async fn wait_for_outcome(&self) {
        let answered = self.answered.notified();
        if self.due.load(Ordering::Relaxed) > 0 {
            // Whatever comes of it is told to whoever depends on it.
            let _ = self.confirm().await;
        } else if self.outcome.get().is_none() {
            answered.await;
        }
    }

    /// The whole record, as it was at the visit or a little later.
    ///
    /// # Errors
    /// As for [`confirm`](Self::confirm).
    pub async fn record(&self) -> Result<&SessionRecord, ServiceError> {
        self.confirm().await?;
        if let Some(record) = self.record.get() {
            return Ok(record);
        }
        let SessionInit { id, principal, .. } = &*self.opened;
        let found = self.common.store.load(id, principal).await?;
        let found = found.ok_or_else(|| self.gone())?;
        Ok(self.record.get_or_init(|| found))
    }

    /// Appends to the history, in one step with the visit if that is due. Returns
    /// those of `resources` that are subscribed to.
    ///
    /// # Errors
    /// As for [`confirm`](Self::confirm); then nothing was appended.
    pub async fn append(
        &self,
        entries: Vec<HistoryEntry>,
        resources: Vec<String>,
    ) -> Result<Vec<String>, ServiceError> {
        if let Some(outcome) = self.outcome.get() {
            self.read(outcome)?;
        }
        let id = &self.opened.id;
        let requests = self.due.swap(0, Ordering::Relaxed);
        let append = HistoryAppend { entries, requests, resources };
        let appended = self.common.store.append_history(id, &append).await;
        if requests > 0 {
            self.arrived(appended.as_ref().map_err(StoreError::clone).map(
                |found| {
                    found.as_ref().map(|appended| {
                        self.common
                            .count_reconstruction(id, appended.reconstructed);
                        Confirmation { log_level: appended.log_level }
                    })
                },
            ));
        }
        let appended = appended?.ok_or_else(|| self.gone())?;
        self.common.metrics.count_calculations(&append.entries);
        Ok(appended.subscribed)
    }

    /// Why there is nothing to visit: [`ServiceError::SessionEnded`] or
    /// [`ServiceError::NoSuchTape`].
    pub fn gone(&self) -> ServiceError {
        if self.opened.id.is_tape() {
            ServiceError::NoSuchTape
        } else {
            ServiceError::SessionEnded
        }
    }

    fn arrived(
        &self,
        outcome: StoreResult<Option<Confirmation>>,
    ) -> &StoreResult<Option<Confirmation>> {
        let outcome = self.outcome.get_or_init(|| outcome);
        self.answered.notify_waiters();
        outcome
    }

    fn read<'a>(
        &self,
        outcome: &'a StoreResult<Option<Confirmation>>,
    ) -> Result<&'a Confirmation, ServiceError> {
        let found = outcome.as_ref().map_err(StoreError::clone)?;
        found.as_ref().ok_or_else(|| self.gone())
    }
}
