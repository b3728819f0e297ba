//! The event log in Redis: one Redis stream for each session, changed by scripts
//! that look at the session first. A script that adds to a stream tells the node
//! that holds its reader in the same step, so that no crash comes in between.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use redis::FromRedisValue;
use serde_json::value::RawValue;

use super::id::{AttemptId, EntryId, EventId, StreamId, StreamKind};
use super::log::{
    CallRegistration, EntryKind, Event, EventLog, GetStreamLease, LogBounds,
    LogPage, PAGE, QUEUE, ReaderLocation, Resumption, Runner, WITHDRAWN,
};
use crate::protocol::jsonrpc::RequestId;
use crate::protocol::{RawJson, to_raw};
use crate::redis::{Connection, Script, TIME, operations, script};
use crate::sessions::clock::millis;
use crate::sessions::redis::scripts::SESSION;
use crate::sessions::store::Result;
use crate::sessions::{NodeId, RedisStore, SessionId, StoreError};

/// Begins every script of the log.
const LOG: &str = include_str!("lua/log.lua");

script!(OPEN_CALL: TIME, SESSION, LOG, "open_call");
script!(WITHDRAW_CALL: TIME, SESSION, LOG, "withdraw_call");
script!(OPEN_GET_STREAM: TIME, SESSION, LOG, "open_get_stream");
script!(CLOSE_GET_STREAM: TIME, SESSION, LOG, "close_get_stream");
script!(APPEND_EVENTS: TIME, SESSION, LOG, "append_events");
script!(FINISH_CALL: TIME, SESSION, LOG, "finish_call");
script!(SEND_TO_GET_STREAM: TIME, SESSION, LOG, "send_to_get_stream");
script!(RESUME_STREAM: TIME, SESSION, LOG, "resume_stream");
script!(READ_PAGE: TIME, SESSION, LOG, "read_page");

operations! {
    /// What the event log asks Redis for.
    enum LogOperation {
        OpenCall: Write = "open_call",
        WithdrawCall: Write = "withdraw_call",
        OpenGetStream: Write = "open_listener",
        CloseGetStream: Write = "close_listener",
        AppendEvents: Write = "log",
        FinishCall: Write = "finish",
        SendToGetStream: Write = "send",
        ResumeStream: Write = "resume",
        ReadPage: Read = "read",
    }
}

/// An [`EventLog`] for any number of nodes.
pub struct RedisLog {
    store: Arc<RedisStore>,
    connection: Connection<LogOperation>,
    /// LogBounds as the scripts take them: entries, bytes, ms.
    bounds: [String; 3],
}

impl RedisLog {
    /// The log of the sessions in `store`.
    pub fn new(store: Arc<RedisStore>, bounds: LogBounds) -> Self {
        let age = millis(bounds.age).to_string();
        let bounds = [bounds.entries.to_string(), bounds.bytes.to_string(), age];
        let connection = store.connection.with_operations();
        Self { store, connection, bounds }
    }

    async fn run<T: FromRedisValue>(
        &self,
        operation: LogOperation,
        script: &Script,
        session: &SessionId,
        arguments: &[&str],
    ) -> Result<Option<T>> {
        let (channels, name) =
            (self.store.keys.shared("node:"), session.to_string());
        let [entries, bytes, age] = &self.bounds;
        let node = self.store.node().as_str();
        let head: [&str; 6] = [node, &channels, &name, entries, bytes, age];
        let arguments = [&head, arguments].concat();
        let connection = &self.connection;
        self.store.run(connection, operation, script, session, &arguments).await
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
        let opened: Option<(String, String, String, String)> = self
            .run(
                LogOperation::OpenCall,
                &OPEN_CALL,
                session,
                &[id.get(), attempt.as_str()],
            )
            .await?;
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
        let (call, keep) = (to_raw(call), WITHDRAWN.to_string());
        let arguments = [call.get(), attempt.as_str(), &keep];
        Ok(self
            .run(LogOperation::WithdrawCall, &WITHDRAW_CALL, session, &arguments)
            .await?
            == Some(1))
    }

    async fn open_get_stream(
        &self,
        session: &SessionId,
    ) -> Result<Option<GetStreamLease>> {
        let opened: Option<(String, String, u64)> = self
            .run(LogOperation::OpenGetStream, &OPEN_GET_STREAM, session, &[])
            .await?;
        let Some((stream, entry, hold)) = opened else { return Ok(None) };
        let stream = parse_stream(&stream)?;
        let opening = EventId { stream, entry: parse_entry(&entry)? };
        Ok(Some(GetStreamLease { opening, hold }))
    }

    async fn close_get_stream(&self, session: &SessionId, hold: u64) -> Result<()> {
        let hold = hold.to_string();
        self.run::<u64>(
            LogOperation::CloseGetStream,
            &CLOSE_GET_STREAM,
            session,
            &[&hold],
        )
        .await?;
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
        let (stream, batch) = (stream.to_string(), batch.to_string());
        let messages = messages.iter().map(|message| message.get());
        let arguments: Vec<&str> = [&*stream, attempt.as_str(), &*batch]
            .into_iter()
            .chain(messages)
            .collect();
        Ok(self
            .run(LogOperation::AppendEvents, &APPEND_EVENTS, session, &arguments)
            .await?
            == Some(1))
    }

    async fn finish_call(
        &self,
        session: &SessionId,
        stream: StreamId,
        attempt: &AttemptId,
        answer: Option<&RawJson>,
    ) -> Result<bool> {
        let stream = stream.to_string();
        let answer = answer.map_or("", |answer| answer.get());
        let arguments = [&*stream, attempt.as_str(), answer];
        Ok(self
            .run(LogOperation::FinishCall, &FINISH_CALL, session, &arguments)
            .await?
            == Some(1))
    }

    async fn send_to_get_stream(
        &self,
        session: &SessionId,
        uri: Option<&str>,
        message: &RawJson,
    ) -> Result<bool> {
        let uri = uri.unwrap_or_default();
        let arguments = [uri, message.get(), &QUEUE.to_string()];
        Ok(self
            .run(
                LogOperation::SendToGetStream,
                &SEND_TO_GET_STREAM,
                session,
                &arguments,
            )
            .await?
            == Some(1))
    }

    async fn resume_stream(
        &self,
        session: &SessionId,
        seen: EventId,
    ) -> Result<Option<Resumption>> {
        let (stream, entry) = (seen.stream.to_string(), seen.entry.to_string());
        let resumed: Option<(String, String, String, String, u64)> = self
            .run(
                LogOperation::ResumeStream,
                &RESUME_STREAM,
                session,
                &[&stream, &entry],
            )
            .await?;
        let Some((state, node, call, attempt, hold)) = resumed else {
            return Ok(None);
        };
        Ok(Some(match (&*state, seen.stream.kind) {
            ("open", StreamKind::Listener) => Resumption::Listener(hold),
            ("open", StreamKind::Call) if node.is_empty() => Resumption::Call(None),
            ("open", StreamKind::Call) => {
                let call = serde_json::from_str(&call)
                    .map_err(|_| StoreError::Damaged("a call's id"))?;
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
        let (stream, after) = (stream.to_string(), after.to_string());
        let (entries, bytes) = (PAGE.0.to_string(), PAGE.1.to_string());
        let arguments = [&*stream, &after, &entries, &bytes];
        let page: Option<Found> = self
            .run(LogOperation::ReadPage, &READ_PAGE, session, &arguments)
            .await?;
        let Some((read_at, last, more, found)) = page else { return Ok(None) };
        let events: Result<_> = found.into_iter().map(parse_event).collect();
        Ok(Some(LogPage {
            events: events?,
            last: parse_entry(&last)?,
            more,
            read_at: match &*read_at {
                "here" => ReaderLocation::Here,
                "elsewhere" => ReaderLocation::OtherNode,
                "replaced" => ReaderLocation::Replaced,
                _ => ReaderLocation::Closed,
            },
        }))
    }
}

fn parse_stream(text: &str) -> Result<StreamId> {
    StreamId::parse(text).ok_or(StoreError::Damaged("a stream's name"))
}

fn parse_entry(text: &str) -> Result<EntryId> {
    EntryId::parse(text).ok_or(StoreError::Damaged("an entry's id"))
}

/// Its id, the one before it, its kind, its message.
type Entry = (String, String, String, String);

fn parse_event((id, previous, kind, message): Entry) -> Result<Event> {
    let kind = match &*kind {
        "opening" => EntryKind::Opening,
        "message" => EntryKind::Message,
        "end" => EntryKind::End,
        _ => return Err(StoreError::Damaged("an event's kind")),
    };
    let message = Some(message).filter(|message| !message.is_empty());
    let message = message.map(RawValue::from_string).transpose();
    let message = message.map_err(|_| StoreError::Damaged("a message"))?;
    let (id, previous) = (parse_entry(&id)?, parse_entry(&previous)?);
    Ok(Event { id, previous, kind, message })
}
