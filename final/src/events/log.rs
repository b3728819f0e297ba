//! The interface of all event logs.

use std::time::Duration;

use async_trait::async_trait;

use super::id::{AttemptId, EntryId, EventId, StreamId};
use crate::protocol::RawJson;
use crate::protocol::jsonrpc::RequestId;
use crate::sessions::store::Result;
use crate::sessions::{NodeId, SessionId};

/// The bounds of the log of one session. Entries beyond a bound are evicted, the
/// oldest first, but the newest entry never is.
#[derive(Debug, Clone, Copy)]
pub struct LogBounds {
    /// The largest number of entries.
    pub entries: usize,
    /// The largest total size of the messages, in bytes.
    pub bytes: usize,
    /// The largest age of an entry.
    pub age: Duration,
}

/// Bounds with which a client can catch up after ten minutes without a connection.
impl Default for LogBounds {
    fn default() -> Self {
        Self { entries: 2_000, bytes: 4 << 20, age: Duration::from_secs(600) }
    }
}

/// The number of messages that wait for a GET stream while none is open. If there
/// are more, the oldest are dropped.
pub const QUEUE: usize = 100;

/// The number of withdrawn attempts that a session remembers. Nodes send fewer
/// before a storage that was away has received the first of them.
pub const WITHDRAWN: usize = 32;

/// The number of entries that a reader examines in one step, and the bytes that it
/// takes unless a single message is longer. These bound the memory of a stalled
/// reader.
pub const PAGE: (usize, usize) = (256, 64 * 1024);

/// The kind of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// The start of the stream.
    Opening,
    /// A message.
    Message,
    /// The end of the stream, with the answer to its call if there is one.
    End,
}

/// An entry of the log.
#[derive(Debug, Clone)]
pub struct Event {
    /// The position of the entry.
    pub id: EntryId,
    /// The entry before this one on the same stream. A reader that has not seen it
    /// has missed events.
    pub previous: EntryId,
    /// The kind of the entry.
    pub kind: EntryKind,
    /// The message, if the entry has one.
    pub message: Option<RawJson>,
}

/// The result of an attempt to open the stream of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallRegistration {
    /// The stream is new, and this is its first event.
    New(EventId),
    /// Another attempt runs a call with the same id, on this stream.
    RunningElsewhere(StreamId, Runner),
    /// The attempt was withdrawn before it reached the log.
    Withdrawn,
}

/// The lease of a GET stream that this node reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetStreamLease {
    /// The first event of the stream.
    pub opening: EventId,
    /// The number of the lease in its session.
    pub number: u64,
}

/// The attempt that runs a call, and its node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runner {
    /// The node.
    pub node: NodeId,
    /// The id of the call.
    pub call: RequestId,
    /// The id of the attempt.
    pub attempt: AttemptId,
}

/// The result of resuming a stream after an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resumption {
    /// The stream of a call continues, or its end is in the log. The runner is the
    /// one of the call, if storage knows that the call is running.
    Call(Option<Runner>),
    /// The GET stream continues, with the lease of this number.
    GetStream(u64),
    /// The event was the last of its stream.
    Over,
    /// A newer GET stream has replaced this one.
    Replaced,
    /// The session does not have the event, or no longer has it.
    Unknown,
}

/// The place where a stream is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReaderLocation {
    /// This node.
    ThisNode,
    /// Another node, which has taken the stream over.
    OtherNode,
    /// No node, because a newer GET stream has replaced this one.
    Replaced,
    /// No node, because the stream has ended or is unknown.
    Closed,
}

/// A page of the log, for the reader of one stream.
#[derive(Debug, Clone)]
pub struct LogPage {
    /// The events of the stream, in order.
    pub events: Vec<Event>,
    /// The entry after which the next page starts.
    pub last: EntryId,
    /// There are more entries to examine.
    pub more: bool,
    /// The place where the stream is read now.
    pub read_at: ReaderLocation,
}

/// A log of the events on the streams of all sessions. There is one implementation
/// for each kind of storage, and all pass the same contract tests
/// (`tests/log_contract.rs`).
///
/// A message is appended before it is sent. The log of a session ends with the
/// session; then methods return `None` or `false` and change nothing. A method that
/// appends to a stream wakes the node that reads it, unless that is this node.
///
/// # Errors
/// All methods: [`StoreError`](crate::sessions::StoreError).
#[async_trait]
pub trait EventLog: Send + Sync + 'static {
    /// Opens the stream of a call, which this node runs and reads. The stream
    /// belongs only to this attempt. The method is **idempotent**: if the attempt
    /// repeats it, the stream is the same.
    async fn open_call(
        &self,
        session: &SessionId,
        call: &RequestId,
        attempt: &AttemptId,
    ) -> Result<Option<CallRegistration>>;

    /// Withdraws an attempt that was not confirmed: its stream ends without an
    /// answer, or is not opened if the attempt reaches the log later. Returns
    /// whether there was a stream to end.
    async fn withdraw_call(
        &self,
        session: &SessionId,
        call: &RequestId,
        attempt: &AttemptId,
    ) -> Result<bool>;

    /// Opens the GET stream in place of an older one. Messages that have waited for
    /// it, and messages that were never read on the older one, are sent on it.
    async fn open_get_stream(
        &self,
        session: &SessionId,
    ) -> Result<Option<GetStreamLease>>;

    /// Releases a GET stream whose reader has left this node. Messages wait for the
    /// next one, unless there is a newer lease.
    async fn close_get_stream(&self, session: &SessionId, lease: u64)
    -> Result<()>;

    /// Appends messages to the stream of an attempt of this node; returns `false`
    /// if the stream no longer belongs to the attempt. `batch` grows from 1: a
    /// batch that may have been appended is repeated with the same number.
    async fn append_events(
        &self,
        session: &SessionId,
        stream: StreamId,
        attempt: &AttemptId,
        batch: u64,
        messages: &[RawJson],
    ) -> Result<bool>;

    /// Ends the stream of an attempt, with the answer if there is one. Only the
    /// first caller succeeds; a caller that gets `false` must not answer the
    /// client.
    async fn finish_call(
        &self,
        session: &SessionId,
        stream: StreamId,
        attempt: &AttemptId,
        answer: Option<&RawJson>,
    ) -> Result<bool>;

    /// Sends a message on the GET stream, or keeps it for the next one. Drops a
    /// message about the resource `uri` if the session is not subscribed to it.
    /// Does not count as activity of the session.
    async fn send_to_get_stream(
        &self,
        session: &SessionId,
        uri: Option<&str>,
        message: &RawJson,
    ) -> Result<bool>;

    /// Resumes a stream after an event, on this node. A reader elsewhere ends.
    async fn resume_stream(
        &self,
        session: &SessionId,
        seen: EventId,
    ) -> Result<Option<Resumption>>;

    /// Reads the events of a stream after an entry.
    async fn read_page(
        &self,
        session: &SessionId,
        stream: StreamId,
        after: EntryId,
    ) -> Result<Option<LogPage>>;
}
