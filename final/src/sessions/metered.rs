//! A store that measures another one and does not wait for it for ever.

mod metrics;

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{Instant, timeout_at};

pub use self::metrics::StoreMetrics;
use super::audit::AuditEntry;
use super::clock::Timestamp;
use super::id::{Principal, SessionId};
use super::record::{SessionInit, SessionRecord, Totals};
use super::store::{
    AppendedSession, HistoryAppend, Result, SessionStore, StoreError,
    TouchedSession, Vitals,
};
use crate::lock::lock;
use crate::protocol::RawJson;
use crate::protocol::logging::Level;

/// How long a call to the store may take before the client is told to try again.
pub const STORE_DEADLINE: Duration = Duration::from_secs(1);

/// For how long a failed call makes the storage count as unhealthy. Short, because
/// the cause may have passed; one that lasts fails the next call.
const RECENT: Duration = Duration::from_millis(900);

/// Measures calls to storage, and gives each a deadline of its own, whatever the
/// storage's client promises.
#[derive(Clone)]
pub struct Meter {
    deadline: Duration,
    metrics: Arc<StoreMetrics>,
    /// Why a call failed last, and when.
    outage: Arc<Mutex<Option<(Instant, StoreError)>>>,
}

impl Meter {
    /// A meter; the usual deadline is [`STORE_DEADLINE`].
    pub fn new(deadline: Duration, metrics: StoreMetrics) -> Self {
        Self { deadline, metrics: Arc::new(metrics), outage: Arc::default() }
    }

    /// The error of a call that has just failed, whatever a probe says: a storage may
    /// refuse only some commands, or only some sessions.
    fn last_outage(&self) -> Option<StoreError> {
        let outage = lock(&self.outage);
        let (at, error) = outage.as_ref()?;
        (at.elapsed() < RECENT).then(|| error.clone())
    }

    /// A call of which nothing matters but what it reads: without an answer
    /// nothing is lost, even if a visit was counted.
    pub(crate) async fn read<T>(
        &self,
        operation: &str,
        call: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        self.write(operation, call).await.map_err(StoreError::of_read)
    }

    /// A call that may have had its effect when no answer comes.
    pub(crate) async fn write<T>(
        &self,
        operation: &str,
        call: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        let result = self.measure(operation, call).await;
        if let Err(error) = &result
            && error.is_outage()
        {
            *lock(&self.outage) = Some((Instant::now(), error.clone()));
        }
        result
    }

    async fn measure<T>(
        &self,
        operation: &str,
        call: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        let started = Instant::now();
        let result = timeout_at(started + self.deadline, call).await;
        let result = result.unwrap_or_else(|late| {
            Err(StoreError::OutcomeUnknown(Some(Arc::new(late))))
        });
        self.metrics.observe(operation, started.elapsed(), result.is_err());
        result
    }
}

/// A [`SessionStore`] that is measured.
pub struct MeteredStore {
    inner: Arc<dyn SessionStore>,
    meter: Meter,
}

impl MeteredStore {
    /// Wraps `inner`.
    pub fn new(inner: Arc<dyn SessionStore>, meter: Meter) -> Self {
        Self { inner, meter }
    }
}

#[async_trait]
impl SessionStore for MeteredStore {
    async fn create(&self, session: &SessionInit) -> Result<bool> {
        self.meter.write("create", self.inner.create(session)).await
    }

    async fn load(
        &self,
        id: &SessionId,
        principal: &Principal,
    ) -> Result<Option<SessionRecord>> {
        self.meter.read("load", self.inner.load(id, principal)).await
    }

    async fn load_and_touch(
        &self,
        id: &SessionId,
        principal: &Principal,
        requests: usize,
    ) -> Result<Option<TouchedSession>> {
        let call = self.inner.load_and_touch(id, principal, requests);
        self.meter.read("enter", call).await
    }

    fn cached(
        &self,
        id: &SessionId,
        principal: &Principal,
    ) -> Option<(Arc<SessionInit>, Timestamp)> {
        self.inner.cached(id, principal)
    }

    async fn touch(&self, id: &SessionId) -> Result<bool> {
        self.meter.read("touch", self.inner.touch(id)).await
    }

    async fn mark_ready(&self, id: &SessionId) -> Result<bool> {
        self.meter.write("mark_ready", self.inner.mark_ready(id)).await
    }

    async fn set_log_level(&self, id: &SessionId, level: Level) -> Result<bool> {
        self.meter.write("set_log_level", self.inner.set_log_level(id, level)).await
    }

    async fn subscribe(&self, id: &SessionId, uri: &str) -> Result<bool> {
        self.meter.write("subscribe", self.inner.subscribe(id, uri)).await
    }

    async fn unsubscribe(&self, id: &SessionId, uri: &str) -> Result<bool> {
        self.meter.write("unsubscribe", self.inner.unsubscribe(id, uri)).await
    }

    async fn append_history(
        &self,
        id: &SessionId,
        append: &HistoryAppend,
    ) -> Result<Option<AppendedSession>> {
        let appended = self
            .meter
            .write("append", self.inner.append_history(id, append))
            .await?;
        if appended.is_some() {
            self.meter.metrics.count(&append.entries);
        }
        Ok(appended)
    }

    async fn read_history(&self, id: &SessionId) -> Result<Vec<RawJson>> {
        self.meter.read("history", self.inner.read_history(id)).await
    }

    async fn clear_history(&self, id: &SessionId) -> Result<Option<u64>> {
        self.meter.write("clear_history", self.inner.clear_history(id)).await
    }

    async fn append_audit(
        &self,
        id: &SessionId,
        calls: Vec<AuditEntry>,
        keep: usize,
    ) -> Result<bool> {
        let appended = self.inner.append_audit(id, calls, keep);
        self.meter.write("audit", appended).await
    }

    async fn read_audit(&self, id: &SessionId) -> Result<Vec<RawJson>> {
        self.meter.read("audited", self.inner.read_audit(id)).await
    }

    async fn terminate(
        &self,
        id: &SessionId,
        principal: &Principal,
    ) -> Result<bool> {
        self.meter.write("terminate", self.inner.terminate(id, principal)).await
    }

    async fn totals(&self) -> Result<Totals> {
        self.meter.read("totals", self.inner.totals()).await
    }

    async fn probe(&self) -> Result<Vitals> {
        let vitals = self.meter.measure("probe", self.inner.probe()).await?;
        match self.meter.last_outage() {
            Some(error) => Err(error),
            None => Ok(vitals),
        }
    }

    async fn sweep(&self) -> Result<u64> {
        self.meter.write("sweep", self.inner.sweep()).await
    }
}
