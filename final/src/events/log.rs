//! The door to the event log.

use std::time::Duration;

use async_trait::async_trait;

use super::id::{AttemptId, EntryId, EventId, StreamId};
use crate::protocol::RawJson;
use crate::protocol::jsonrpc::RequestId;
use crate::sessions::store::Result;
use crate::sessions::{NodeId, SessionId};

/// How long a log is kept. Whatever is beyond one of the bounds is evicted, the
/// oldest first; the newest entry never is.
#[derive(Debug, Clone, Copy)]
pub struct LogBounds {
    /// Entries of one session.
    pub entries: usize,
    /// Bytes of the messages of one session.
    pub bytes: usize,
    /// Age of an entry.
    pub age: Duration,
}

/// What a client may miss on a bad day and still catch up with.
impl Default for LogBounds {
    fn default() -> Self {
        Self { entries: 2_000, bytes: 4 << 20, age: Duration::from_secs(600) }
    }
}

/// How many messages wait for a GET stream while none is open; then the oldest
/// are dropped.
pub const QUEUE: usize = 100;

/// How many withdrawn attempts a session remembers: more than are sent before a
/// storage that was away has received the first of them.
pub const WITHDRAWN: usize = 32;

/// How many entries a reader looks at in one step, and how many bytes it takes
/// unless a single message has more: what a stalled reader costs.
pub const PAGE: (usize, usize) = (256, 64 * 1024);

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// The stream begins.
    Opening,
    /// A message.
    Message,
    /// The stream ends, with the answer to its call if there is one.
    End,
}

/// One entry.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its place.
    pub id: EntryId,
    /// The entry before it on its stream. A reader that has not seen that one
    /// has missed something.
    pub previous: EntryId,
    /// What it is.
    pub kind: EntryKind,
    /// What was said.
    pub message: Option<RawJson>,
}

/// How a call came to its stream, or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallRegistration {
    /// Its stream is new and begins here.
    New(EventId),
    /// Another attempt has the id of the call, with this stream.
    RunningElsewhere(StreamId, Runner),
    /// The attempt was withdrawn before it arrived.
    Withdrawn,
}

/// A GET stream, held by this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetStreamLease {
    /// The stream begins here.
    pub opening: EventId,
    /// Which hold of the session's GET stream this is.
    pub hold: u64,
}

/// Who runs a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runner {
    /// The node.
    pub node: NodeId,
    /// The id of the call.
    pub call: RequestId,
    /// Which attempt at the call it is.
    pub attempt: AttemptId,
}

/// What comes after an event that a client has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resumption {
    /// The stream of a call goes on, or its end is in the log. If the call is
    /// running, who runs it.
    Call(Option<Runner>),
    /// The GET stream goes on; which hold of it this is.
    Listener(u64),
    /// Nothing: it was the last event of its stream.
    Over,
    /// A newer GET stream has taken its place.
    Replaced,
    /// There is no such event in this session, or not any more.
    Unknown,
}

/// Where a stream is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReaderLocation {
    /// On this node.
    Here,
    /// On another node, which has taken it over.
    OtherNode,
    /// On no node: a newer GET stream has taken its place.
    Replaced,
    /// On no node: it has ended, or is not known.
    Closed,
}

/// What a reader finds.
#[derive(Debug, Clone)]
pub struct LogPage {
    /// In order.
    pub events: Vec<Event>,
    /// After which entry to read on.
    pub last: EntryId,
    /// There is more to look at.
    pub more: bool,
    /// Where the stream is read now.
    pub read_at: ReaderLocation,
}

/// What was said on the streams of all sessions. One implementation for each
/// kind of storage; all pass the same contract tests (`tests/log_contract.rs`).
///
/// A message is appended before it is sent. A log lives and ends with its
/// session; where there is no session any more, methods answer `None` or `false`
/// and change nothing. A method that adds to a stream tells the node that holds
/// its reader, unless that is this node.
///
/// # Errors
/// All methods: [`StoreError`](crate::sessions::StoreError).
#[async_trait]
pub trait EventLog: Send + Sync + 'static {
    /// Opens the stream of a call, which this node runs and reads. The stream
    /// belongs to this attempt alone, which opens it once however often it asks.
    async fn open_call(
        &self,
        session: &SessionId,
        call: &RequestId,
        attempt: &AttemptId,
    ) -> Result<Option<CallRegistration>>;

    /// Takes back an attempt to open a stream that was not confirmed: its stream
    /// ends without an answer, or is not opened if the attempt arrives later.
    /// Returns whether there was one to end.
    async fn withdraw_call(
        &self,
        session: &SessionId,
        call: &RequestId,
        attempt: &AttemptId,
    ) -> Result<bool>;

    /// Opens the GET stream in the place of an older one. What has waited for it,
    /// and what was said on the older one and never read, is said on it.
    async fn open_get_stream(
        &self,
        session: &SessionId,
    ) -> Result<Option<GetStreamLease>>;

    /// The reader of a GET stream has left this node: messages wait again, unless
    /// there is a newer hold.
    async fn close_get_stream(&self, session: &SessionId, hold: u64) -> Result<()>;

    /// Says something on the stream of an attempt of this node; `false` if it is
    /// not its any more. `batch` grows from 1: a batch that may have been appended
    /// is sent again with the same number.
    async fn append_events(
        &self,
        session: &SessionId,
        stream: StreamId,
        attempt: &AttemptId,
        batch: u64,
        messages: &[RawJson],
    ) -> Result<bool>;

    /// Ends the stream of an attempt, with the answer if there is one. Only the
    /// first to do so succeeds; whoever gets `false` stays silent.
    async fn finish_call(
        &self,
        session: &SessionId,
        stream: StreamId,
        attempt: &AttemptId,
        answer: Option<&RawJson>,
    ) -> Result<bool>;

    /// Says something on the GET stream, or keeps it for the next one; about the
    /// resource `uri` only if the session is subscribed to it. Not activity of the
    /// session.
    async fn send_to_get_stream(
        &self,
        session: &SessionId,
        uri: Option<&str>,
        message: &RawJson,
    ) -> Result<bool>;

    /// Goes on after an event, on this node: a reader elsewhere ends.
    async fn resume_stream(
        &self,
        session: &SessionId,
        seen: EventId,
    ) -> Result<Option<Resumption>>;

    /// What was said on a stream after an entry.
    async fn read_page(
        &self,
        session: &SessionId,
        stream: StreamId,
        after: EntryId,
    ) -> Result<Option<LogPage>>;
}
