//! An event log that is measured and not waited for for ever.

use std::sync::Arc;

use async_trait::async_trait;

use super::id::{AttemptId, EntryId, EventId, StreamId};
use super::log::{CallRegistration, EventLog, GetStreamLease, LogPage, Resumption};
use crate::protocol::RawJson;
use crate::protocol::jsonrpc::RequestId;
use crate::sessions::SessionId;
use crate::sessions::metered::Meter;
use crate::sessions::store::Result;

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
    ) -> Result<Option<CallRegistration>> {
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

    async fn open_get_stream(
        &self,
        session: &SessionId,
    ) -> Result<Option<GetStreamLease>> {
        let opened = self.inner.open_get_stream(session);
        self.meter.write("open_listener", opened).await
    }

    async fn close_get_stream(&self, session: &SessionId, hold: u64) -> Result<()> {
        let closed = self.inner.close_get_stream(session, hold);
        self.meter.write("close_listener", closed).await
    }

    async fn append_events(
        &self,
        session: &SessionId,
        stream: StreamId,
        attempt: &AttemptId,
        batch: u64,
        messages: &[RawJson],
    ) -> Result<bool> {
        let appended =
            self.inner.append_events(session, stream, attempt, batch, messages);
        self.meter.write("log", appended).await
    }

    async fn finish_call(
        &self,
        session: &SessionId,
        stream: StreamId,
        attempt: &AttemptId,
        answer: Option<&RawJson>,
    ) -> Result<bool> {
        let finished = self.inner.finish_call(session, stream, attempt, answer);
        self.meter.write("finish", finished).await
    }

    async fn send_to_get_stream(
        &self,
        session: &SessionId,
        uri: Option<&str>,
        message: &RawJson,
    ) -> Result<bool> {
        self.meter
            .write("send", self.inner.send_to_get_stream(session, uri, message))
            .await
    }

    async fn resume_stream(
        &self,
        session: &SessionId,
        seen: EventId,
    ) -> Result<Option<Resumption>> {
        self.meter.write("resume", self.inner.resume_stream(session, seen)).await
    }

    async fn read_page(
        &self,
        session: &SessionId,
        stream: StreamId,
        after: EntryId,
    ) -> Result<Option<LogPage>> {
        self.meter.read("read", self.inner.read_page(session, stream, after)).await
    }
}
