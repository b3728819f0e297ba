//! The event log in Redis: one Redis stream for each session. Scripts check the
//! session before they change its log. A script that appends to a stream wakes the
//! node that reads it in the same atomic step, so that no crash can come in
//! between.

mod entries;
mod scripts;

use std::sync::Arc;

use async_trait::async_trait;
use redis::{FromRedisValue, ToRedisArgs};

use self::entries::{
    Entry, parse_entry, parse_event, parse_location, parse_stream,
};
use self::scripts::{
    AppendEvents, CloseGetStream, FinishCall, LogOperation, LogScripts, OpenCall,
    ReadPage, ResumeStream, SendToGetStream, WithdrawCall, log_part,
};
pub(crate) use self::scripts::{CALLS, session_parts};
use super::id::{AttemptId, EntryId, EventId, StreamId, StreamKind};
use super::log::{
    CallRegistration, EventLog, GetStreamLease, LogBounds, LogPage, Resumption,
    Runner,
};
use crate::protocol::jsonrpc::RequestId;
use crate::protocol::{RawJson, to_raw};
use crate::redis::{Connection, NO_ARGUMENTS, Part, Script};
use crate::sessions::store::Result;
use crate::sessions::{NodeId, RedisStore, SessionId, StoreError};

/// An [`EventLog`] for any number of nodes.
pub struct RedisLog {
    store: Arc<RedisStore>,
    connection: Connection<LogOperation>,
    scripts: LogScripts,
}

impl RedisLog {
    /// Makes the log of the sessions in `store`. `messenger` has the functions with
    /// which `log.lua` reaches other nodes.
    pub(crate) fn new(
        store: Arc<RedisStore>,
        bounds: LogBounds,
        messenger: &[Part],
    ) -> Self {
        let common =
            [&*store.script_begin, &CALLS, messenger, &[log_part(bounds)]].concat();
        let connection = store.connection.with_operations();
        Self { store, connection, scripts: LogScripts::behind(&common) }
    }

    async fn run<T: FromRedisValue>(
        &self,
        operation: LogOperation,
        script: &Script,
        session: &SessionId,
        arguments: impl ToRedisArgs,
    ) -> Result<Option<T>> {
        let connection = &self.connection;
        self.store
            .run_on_session(connection, operation, script, session, arguments)
            .await
    }

    /// Runs a script, and returns whether it returned 1, which means success.
    async fn succeeds(
        &self,
        operation: LogOperation,
        script: &Script,
        session: &SessionId,
        arguments: impl ToRedisArgs,
    ) -> Result<bool> {
        Ok(self.run(operation, script, session, arguments).await? == Some(1))
    }
}

#[async_trait]
impl EventLog for RedisLog {
    async fn open_call(
        &self,
        session: &SessionId,
        call: &RequestId,
        attempt: &AttemptId,
    ) -> Result<Option<CallRegistration>> {
        let id = to_raw(call);
        let arguments = OpenCall { call: id.get(), attempt: attempt.as_str() };
        let (open, script) = (LogOperation::OpenCall, &self.scripts.open_call);
        let opened: Option<(String, String, String, String)> =
            self.run(open, script, session, arguments).await?;
        let Some((stream, opening, node, other)) = opened else { return Ok(None) };
        if stream.is_empty() {
            return Ok(Some(CallRegistration::Withdrawn));
        }
        let stream = parse_stream(&stream)?;
        if opening.is_empty() {
            let runner = Runner {
                node: NodeId::named(&node),
                call: call.clone(),
                attempt: AttemptId::named(&other),
            };
            return Ok(Some(CallRegistration::RunningElsewhere(stream, runner)));
        }
        let entry = parse_entry(&opening)?;
        Ok(Some(CallRegistration::New(EventId { stream, entry })))
    }

    async fn withdraw_call(
        &self,
        session: &SessionId,
        call: &RequestId,
        attempt: &AttemptId,
    ) -> Result<bool> {
        let call = to_raw(call);
        let arguments =
            WithdrawCall { call: call.get(), attempt: attempt.as_str() };
        let withdraw = LogOperation::WithdrawCall;
        let script = &self.scripts.withdraw_call;
        self.succeeds(withdraw, script, session, arguments).await
    }

    async fn open_get_stream(
        &self,
        session: &SessionId,
    ) -> Result<Option<GetStreamLease>> {
        let open = LogOperation::OpenGetStream;
        let script = &self.scripts.open_get_stream;
        let opened: Option<(String, String, u64)> =
            self.run(open, script, session, NO_ARGUMENTS).await?;
        let Some((stream, entry, number)) = opened else { return Ok(None) };
        let stream = parse_stream(&stream)?;
        let opening = EventId { stream, entry: parse_entry(&entry)? };
        Ok(Some(GetStreamLease { opening, number }))
    }

    async fn close_get_stream(
        &self,
        session: &SessionId,
        lease: u64,
    ) -> Result<()> {
        let arguments = CloseGetStream { lease: &lease.to_string() };
        let close = LogOperation::CloseGetStream;
        let script = &self.scripts.close_get_stream;
        self.succeeds(close, script, session, arguments).await.map(drop)
    }

    async fn append_events(
        &self,
        session: &SessionId,
        stream: StreamId,
        attempt: &AttemptId,
        batch: u64,
        messages: &[RawJson],
    ) -> Result<bool> {
        let messages: Vec<_> = messages.iter().map(|it| it.get()).collect();
        let arguments = AppendEvents {
            stream: &stream.to_string(),
            attempt: attempt.as_str(),
            batch: &batch.to_string(),
            messages: &messages,
        };
        let append = LogOperation::AppendEvents;
        let script = &self.scripts.append_events;
        self.succeeds(append, script, session, arguments).await
    }

    async fn finish_call(
        &self,
        session: &SessionId,
        stream: StreamId,
        attempt: &AttemptId,
        answer: Option<&RawJson>,
    ) -> Result<bool> {
        let arguments = FinishCall {
            stream: &stream.to_string(),
            attempt: attempt.as_str(),
            answer: answer.map_or("", |answer| answer.get()),
        };
        let finish = LogOperation::FinishCall;
        self.succeeds(finish, &self.scripts.finish_call, session, arguments).await
    }

    async fn send_to_get_stream(
        &self,
        session: &SessionId,
        uri: Option<&str>,
        message: &RawJson,
    ) -> Result<bool> {
        let uri = uri.unwrap_or_default();
        let arguments = SendToGetStream { uri, message: message.get() };
        let send = LogOperation::SendToGetStream;
        let script = &self.scripts.send_to_get_stream;
        self.succeeds(send, script, session, arguments).await
    }

    async fn resume_stream(
        &self,
        session: &SessionId,
        seen: EventId,
    ) -> Result<Option<Resumption>> {
        let arguments = ResumeStream {
            stream: &seen.stream.to_string(),
            entry: &seen.entry.to_string(),
        };
        let resume = LogOperation::ResumeStream;
        let script = &self.scripts.resume_stream;
        let resumed: Option<(String, String, String, String, u64)> =
            self.run(resume, script, session, arguments).await?;
        let Some((state, node, call, attempt, lease)) = resumed else {
            return Ok(None);
        };
        Ok(Some(match (&*state, seen.stream.kind) {
            ("open", StreamKind::Get) => Resumption::GetStream(lease),
            ("open", StreamKind::Call) if node.is_empty() => Resumption::Call(None),
            ("open", StreamKind::Call) => {
                let call = serde_json::from_str(&call)
                    .map_err(|_| StoreError::Damaged("a call ID"))?;
                let node = NodeId::named(&node);
                let attempt = AttemptId::named(&attempt);
                Resumption::Call(Some(Runner { node, call, attempt }))
            }
            ("over", _) => Resumption::Over,
            ("replaced", _) => Resumption::Replaced,
            _ => Resumption::Unknown,
        }))
    }

    async fn read_page(
        &self,
        session: &SessionId,
        stream: StreamId,
        after: EntryId,
    ) -> Result<Option<LogPage>> {
        type Found = (String, String, bool, Vec<Entry>);
        let arguments =
            ReadPage { stream: &stream.to_string(), after: &after.to_string() };
        let (read, script) = (LogOperation::ReadPage, &self.scripts.read_page);
        let page: Option<Found> =
            self.run(read, script, session, arguments).await?;
        let Some((read_at, last, more, found)) = page else { return Ok(None) };
        let events: Result<_> = found.into_iter().map(parse_event).collect();
        Ok(Some(LogPage {
            events: events?,
            last: parse_entry(&last)?,
            more,
            read_at: parse_location(&read_at),
        }))
    }
}
