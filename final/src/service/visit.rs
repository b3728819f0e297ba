//! A request's visit to a session or tape: what is known of it at once, and what
//! only storage knows.
//!
//! What a session was opened with never changes, so a node that remembers it can
//! begin to work before storage has been asked, and ask together with its first
//! change: the call waits once. Whatever depends on more [arrives](Visit::arrive)
//! first, and so does the answer: a session that is gone is told of nothing.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{sync::Notify, time::Instant};

use super::{ServiceError, common::Common};
use crate::{
    protocol::logging::Level,
    sessions::{
        Append, Entry, NewSession, Principal, SessionId, SessionRecord, StoreError,
        Timestamp, store::Result as StoreResult,
    },
};

/// One visit. All parts of a call share it.
pub(crate) struct Visit {
    /// What the session or tape was opened with.
    pub opened: Arc<NewSession>,
    pub common: Arc<Common>,
    /// The store's time, and this node's when it was that.
    time: (Timestamp, Instant),
    /// Requests that the store has not been told of.
    due: AtomicUsize,
    /// What came of the visit, once the store has answered.
    outcome: OnceLock<StoreResult<Option<Arrival>>>,
    /// The store has answered.
    answered: Notify,
    record: OnceLock<SessionRecord>,
}

/// What the store said to a visit.
pub(crate) struct Arrival {
    /// Log messages from this level on are sent; `None` lets the server choose.
    pub log_level: Option<Level>,
}

impl Visit {
    /// Visits now; `None` if there is no such session or tape.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn enter(
        common: &Arc<Common>,
        id: &SessionId,
        principal: &Principal,
        requests: usize,
    ) -> StoreResult<Option<Arc<Self>>> {
        let entered = common.store.enter(id, principal, requests).await?;
        Ok(entered.map(|entered| {
            common.visited(id, entered.reconstructed);
            Self::made(common, entered.record)
        }))
    }

    /// A visit that the store has answered with `record`, just now.
    pub fn made(common: &Arc<Common>, record: SessionRecord) -> Arc<Self> {
        let visit = Self::new(common, record.opened.clone(), record.last_activity);
        visit.arrived(Ok(Some(Arrival { log_level: record.log_level })));
        let _ = visit.record.set(record);
        Arc::new(visit)
    }

    /// A visit, by one request, that is made as soon as something depends on it.
    pub fn due(
        common: &Arc<Common>,
        opened: Arc<NewSession>,
        now: Timestamp,
    ) -> Arc<Self> {
        let visit = Self::new(common, opened, now);
        visit.due.store(1, Ordering::Relaxed);
        Arc::new(visit)
    }

    fn new(common: &Arc<Common>, opened: Arc<NewSession>, now: Timestamp) -> Self {
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
    pub async fn arrive(&self) -> Result<&Arrival, ServiceError> {
        if let Some(outcome) = self.outcome.get() {
            return self.read(outcome);
        }
        let NewSession { id, principal, .. } = &*self.opened;
        let requests = self.due.swap(0, Ordering::Relaxed);
        let entered = self.common.store.enter(id, principal, requests).await;
        let outcome = self.arrived(entered.map(|found| {
            found.map(|entered| {
                self.common.visited(id, entered.reconstructed);
                let log_level = entered.record.log_level;
                let _ = self.record.set(entered.record);
                Arrival { log_level }
            })
        }));
        self.read(outcome)
    }

    /// Waits until the store has answered the visit, and asks it if nobody has.
    pub async fn settle(&self) {
        let answered = self.answered.notified();
        if self.due.load(Ordering::Relaxed) > 0 {
            // Whatever comes of it is told to whoever depends on it.
            let _ = self.arrive().await;
        } else if self.outcome.get().is_none() {
            answered.await;
        }
    }

    /// The whole record, as it was at the visit or a little later.
    ///
    /// # Errors
    /// As for [`arrive`](Self::arrive).
    pub async fn record(&self) -> Result<&SessionRecord, ServiceError> {
        self.arrive().await?;
        if let Some(record) = self.record.get() {
            return Ok(record);
        }
        let NewSession { id, principal, .. } = &*self.opened;
        let found = self.common.store.load(id, principal).await?;
        let found = found.ok_or_else(|| self.gone())?;
        Ok(self.record.get_or_init(|| found))
    }

    /// Appends to the history, in one step with the visit if that is due. Returns
    /// those of `resources` that are subscribed to.
    ///
    /// # Errors
    /// As for [`arrive`](Self::arrive); then nothing was appended.
    pub async fn append(
        &self,
        entries: Vec<Entry>,
        resources: Vec<String>,
    ) -> Result<Vec<String>, ServiceError> {
        if let Some(outcome) = self.outcome.get() {
            self.read(outcome)?;
        }
        let id = &self.opened.id;
        let requests = self.due.swap(0, Ordering::Relaxed);
        let append = Append { entries, requests, resources };
        let appended = self.common.store.append(id, &append).await;
        if requests > 0 {
            self.arrived(appended.as_ref().map_err(StoreError::clone).map(
                |found| {
                    found.as_ref().map(|appended| {
                        self.common.visited(id, appended.reconstructed);
                        Arrival { log_level: appended.log_level }
                    })
                },
            ));
        }
        appended?.map(|appended| appended.heard).ok_or_else(|| self.gone())
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
        outcome: StoreResult<Option<Arrival>>,
    ) -> &StoreResult<Option<Arrival>> {
        let outcome = self.outcome.get_or_init(|| outcome);
        self.answered.notify_waiters();
        outcome
    }

    fn read<'a>(
        &self,
        outcome: &'a StoreResult<Option<Arrival>>,
    ) -> Result<&'a Arrival, ServiceError> {
        let found = outcome.as_ref().map_err(StoreError::clone)?;
        found.as_ref().ok_or_else(|| self.gone())
    }
}
