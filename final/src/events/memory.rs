//! The event log in the memory of one node.

mod entries;
mod streams;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use self::streams::SessionStreams;
use super::id::{AttemptId, EntryId, EventId, StreamId};
use super::log::{
    CallRegistration, EventLog, GetStreamLease, LogBounds, LogPage, Resumption,
};
use crate::lock::lock;
use crate::protocol::RawJson;
use crate::protocol::jsonrpc::RequestId;
use crate::sessions::store::Result;
use crate::sessions::{MemoryStore, NodeId, SessionId, Timestamp};

/// An [`EventLog`] for a single node. The streams of a session end with it.
pub struct MemoryLog {
    store: Arc<MemoryStore>,
    /// Locked while the store is, and never the other way round.
    streams: Arc<Mutex<HashMap<SessionId, Box<SessionStreams>>>>,
    node: NodeId,
    bounds: LogBounds,
}

impl MemoryLog {
    /// Makes the log of the sessions in `store`. `node` is this node.
    pub fn new(store: Arc<MemoryStore>, node: NodeId, bounds: LogBounds) -> Self {
        let streams: Arc<Mutex<HashMap<SessionId, Box<SessionStreams>>>> =
            Arc::default();
        let all = streams.clone();
        store.on_end(move |ended| drop(lock(&all).remove(ended)));
        Self { store, streams, node, bounds }
    }

    /// Visits the streams of a session, if there is such a session.
    fn visit<T>(
        &self,
        session: &SessionId,
        visit: impl FnOnce(&mut SessionStreams, Timestamp) -> T,
    ) -> Option<T> {
        self.store.while_alive(session, |now| {
            visit(lock(&self.streams).entry(*session).or_default(), now)
        })
    }

    /// Appends to the streams of a session, and evicts entries beyond the bounds.
    fn append<T>(
        &self,
        session: &SessionId,
        append: impl FnOnce(&mut SessionStreams, Timestamp) -> T,
    ) -> Option<T> {
        self.visit(session, |streams, now| {
            let appended = append(streams, now);
            streams.entries.evict(now, &self.bounds);
            appended
        })
    }

    /// Appends like [`append`](Self::append), as activity of the session.
    fn work<T>(
        &self,
        session: &SessionId,
        work: impl FnOnce(&mut SessionStreams, Timestamp) -> T,
    ) -> Option<T> {
        self.store.postpone(session).then(|| self.append(session, work)).flatten()
    }
}

#[async_trait]
impl EventLog for MemoryLog {
    async fn open_call(
        &self,
        session: &SessionId,
        call: &RequestId,
        attempt: &AttemptId,
    ) -> Result<Option<CallRegistration>> {
        Ok(self.work(session, |streams, now| {
            streams.open_call(call.clone(), attempt.clone(), &self.node, now)
        }))
    }

    async fn withdraw_call(
        &self,
        session: &SessionId,
        _: &RequestId,
        attempt: &AttemptId,
    ) -> Result<bool> {
        let withdrawn =
            self.work(session, |streams, now| streams.withdraw_call(attempt, now));
        Ok(withdrawn == Some(true))
    }

    async fn open_get_stream(
        &self,
        session: &SessionId,
    ) -> Result<Option<GetStreamLease>> {
        Ok(self.work(session, SessionStreams::open_get_stream))
    }

    async fn close_get_stream(
        &self,
        session: &SessionId,
        lease: u64,
    ) -> Result<()> {
        self.visit(session, |streams, _| streams.close_get_stream(lease));
        Ok(())
    }

    async fn append_events(
        &self,
        session: &SessionId,
        stream: StreamId,
        attempt: &AttemptId,
        batch: u64,
        messages: &[RawJson],
    ) -> Result<bool> {
        let appended = self.work(session, |streams, now| {
            streams.append_batch(stream, attempt, batch, messages, now)
        });
        Ok(appended == Some(true))
    }

    async fn finish_call(
        &self,
        session: &SessionId,
        stream: StreamId,
        attempt: &AttemptId,
        answer: Option<&RawJson>,
    ) -> Result<bool> {
        let finished = self.work(session, |streams, now| {
            streams.finish_call(stream, attempt, answer, now)
        });
        Ok(finished == Some(true))
    }

    async fn send_to_get_stream(
        &self,
        session: &SessionId,
        uri: Option<&str>,
        message: &RawJson,
    ) -> Result<bool> {
        if uri.is_some_and(|uri| !self.store.is_subscribed(session, uri)) {
            return Ok(false);
        }
        let sent =
            self.append(session, |streams, now| streams.send(message.clone(), now));
        Ok(sent.is_some())
    }

    async fn resume_stream(
        &self,
        session: &SessionId,
        seen: EventId,
    ) -> Result<Option<Resumption>> {
        Ok(self.work(session, |streams, now| {
            streams.entries.evict(now, &self.bounds);
            streams.resume(seen, now)
        }))
    }

    async fn read_page(
        &self,
        session: &SessionId,
        stream: StreamId,
        after: EntryId,
    ) -> Result<Option<LogPage>> {
        Ok(self.visit(session, |streams, _| streams.read(stream, after)))
    }
}
