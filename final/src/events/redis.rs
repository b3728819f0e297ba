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
use crate::sessions::clock::millis;
use crate::sessions::redis::scripts::{IN_SESSION, Script};
use crate::sessions::store::Result;
use crate::sessions::{NodeId, RedisStore, SessionId, StoreError};

/// A script of the log, with what they all begin with.
macro_rules! script {
    ($name:ident: $file:literal) => {
        static $name: LazyLock<Script> = LazyLock::new(|| {
            Script::of(&[
                IN_SESSION,
                include_str!("lua/log.lua"),
                include_str!(concat!("lua/", $file, ".lua")),
            ])
        });
    };
}

script!(OPEN_CALL: "open_call");
script!(WITHDRAW_CALL: "withdraw_call");
script!(OPEN_LISTENER: "open_listener");
script!(CLOSE_LISTENER: "close_listener");
script!(APPEND: "append");
script!(FINISH: "finish");
script!(SEND: "send");
script!(RESUME: "resume");
script!(READ: "read");

/// An [`EventLog`] for any number of nodes.
pub struct RedisLog {
    store: Arc<RedisStore>,
    /// LogBounds as the scripts take them: entries, bytes, ms.
    bounds: [String; 3],
}

impl RedisLog {
    /// The log of the sessions in `store`.
    pub fn new(store: Arc<RedisStore>, bounds: LogBounds) -> Self {
        let age = millis(bounds.age).to_string();
        let bounds = [bounds.entries.to_string(), bounds.bytes.to_string(), age];
        Self { store, bounds }
    }

    async fn run<T: FromRedisValue>(
        &self,
        script: &Script,
        session: &SessionId,
        arguments: &[&str],
    ) -> Result<Option<T>> {
        let (channels, name) =
            (self.store.keys.node_channel_prefix(), session.to_string());
        let [entries, bytes, age] = &self.bounds;
        let node = self.store.node().as_str();
        let head: [&str; 6] = [node, &channels, &name, entries, bytes, age];
        self.store.run(script, session, &[&head, arguments].concat()).await
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
        let opened: Option<(String, String, String, String)> =
            self.run(&OPEN_CALL, session, &[id.get(), attempt.as_str()]).await?;
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
        Ok(self.run(&WITHDRAW_CALL, session, &arguments).await? == Some(1))
    }

    async fn open_get_stream(
        &self,
        session: &SessionId,
    ) -> Result<Option<GetStreamLease>> {
        let opened: Option<(String, String, u64)> =
            self.run(&OPEN_LISTENER, session, &[]).await?;
        let Some((stream, entry, hold)) = opened else { return Ok(None) };
        let stream = parse_stream(&stream)?;
        let opening = EventId { stream, entry: parse_entry(&entry)? };
        Ok(Some(GetStreamLease { opening, hold }))
    }

    async fn close_get_stream(&self, session: &SessionId, hold: u64) -> Result<()> {
        let hold = hold.to_string();
        self.run::<u64>(&CLOSE_LISTENER, session, &[&hold]).await?;
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
        Ok(self.run(&APPEND, session, &arguments).await? == Some(1))
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
        Ok(self.run(&FINISH, session, &arguments).await? == Some(1))
    }

    async fn send_to_get_stream(
        &self,
        session: &SessionId,
        uri: Option<&str>,
        message: &RawJson,
    ) -> Result<bool> {
        let uri = uri.unwrap_or_default();
        let arguments = [uri, message.get(), &QUEUE.to_string()];
        Ok(self.run(&SEND, session, &arguments).await? == Some(1))
    }

    async fn resume_stream(
        &self,
        session: &SessionId,
        seen: EventId,
    ) -> Result<Option<Resumption>> {
        let (stream, entry) = (seen.stream.to_string(), seen.entry.to_string());
        let resumed: Option<(String, String, String, String, u64)> =
            self.run(&RESUME, session, &[&stream, &entry]).await?;
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
            .run(&READ, session, &arguments)
            .await
            .map_err(StoreError::of_read)?;
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
