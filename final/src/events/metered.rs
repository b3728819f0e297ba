//! An event log that is measured and not waited for for ever.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    audit::AuditedCall,
    id::{AttemptId, EntryId, EventId, StreamId},
    log::{EventLog, Held, Opened, Page, Resumed},
};
use crate::{
    protocol::{RawJson, jsonrpc::RequestId},
    sessions::{SessionId, metered::Meter, store::Result},
};

/// An [`EventLog`] around another one.
pub struct MeteredLog {
    inner: Arc<dyn EventLog>,
    meter: Meter,
}

impl MeteredLog {
    /// Wraps `inner`.
    pub fn new(inner: Arc<dyn EventLog>, meter: Meter) -> Self {
        Self { inner, meter }
    }
}

#[async_trait]
impl EventLog for MeteredLog {
    async fn open_call(
        &self,
        session: &SessionId,
        call: &RequestId,
        attempt: &AttemptId,
    ) -> Result<Option<Opened>> {
        let opened = self.inner.open_call(session, call, attempt);
        self.meter.write("open_call", opened).await
    }

    async fn withdraw_call(
        &self,
        session: &SessionId,
        call: &RequestId,
        attempt: &AttemptId,
    ) -> Result<bool> {
        let withdrawn = self.inner.withdraw_call(session, call, attempt);
        self.meter.write("withdraw_call", withdrawn).await
    }

    async fn open_listener(&self, session: &SessionId) -> Result<Option<Held>> {
        let opened = self.inner.open_listener(session);
        self.meter.write("open_listener", opened).await
    }

    async fn close_listener(&self, session: &SessionId, hold: u64) -> Result<()> {
        let closed = self.inner.close_listener(session, hold);
        self.meter.write("close_listener", closed).await
    }

    async fn append(
        &self,
        session: &SessionId,
        stream: StreamId,
        attempt: &AttemptId,
        batch: u64,
        messages: &[RawJson],
    ) -> Result<bool> {
        let appended = self.inner.append(session, stream, attempt, batch, messages);
        self.meter.write("log", appended).await
    }

    async fn finish(
        &self,
        session: &SessionId,
        stream: StreamId,
        attempt: &AttemptId,
        answer: Option<&RawJson>,
    ) -> Result<bool> {
        let finished = self.inner.finish(session, stream, attempt, answer);
        self.meter.write("finish", finished).await
    }

    async fn send(
        &self,
        session: &SessionId,
        uri: Option<&str>,
        message: &RawJson,
    ) -> Result<bool> {
        self.meter.write("send", self.inner.send(session, uri, message)).await
    }

    async fn resume(
        &self,
        session: &SessionId,
        seen: EventId,
    ) -> Result<Option<Resumed>> {
        self.meter.write("resume", self.inner.resume(session, seen)).await
    }

    async fn read(
        &self,
        session: &SessionId,
        stream: StreamId,
        after: EntryId,
    ) -> Result<Option<Page>> {
        self.meter.read("read", self.inner.read(session, stream, after)).await
    }

    async fn audit(
        &self,
        session: &SessionId,
        calls: Vec<AuditedCall>,
        keep: usize,
    ) -> Result<bool> {
        let written = self.inner.audit(session, calls, keep);
        self.meter.write("audit", written).await
    }

    async fn audited(&self, session: &SessionId) -> Result<Vec<RawJson>> {
        self.meter.read("audited", self.inner.audited(session)).await
    }
}
