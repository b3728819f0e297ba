//! Addressed messages between nodes: answers, cancellations, wake-ups, changes.
//!
//! Publish and subscribe loses messages while a connection is broken. So what
//! must not be lost is first written under the keys of its session, and the
//! message is only a hint to look. After every new connection a node looks again
//! at everything that it holds.

pub mod memory;
pub mod redis;

use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc;

pub use memory::MemoryBus;
pub use redis::RedisBus;

use crate::events::StreamId;
use crate::protocol::jsonrpc::{ClientAnswer, RequestId};
use crate::protocol::subscriptions::List;
use crate::sealing::Secret;
use crate::sessions::store::Result;
use crate::sessions::{NodeId, SessionId, Timestamp};

/// What any node may have listeners for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RemoteChange {
    /// A resource of the whole deployment has changed.
    Resource(String),
    /// A resource of one tape has changed.
    Tape(String),
    /// A list of the service has changed.
    List(List),
}

/// What a node is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BusMessage {
    /// Something was left for it, or the session is over.
    Look(SessionId),
    /// There is more on a stream.
    Read(SessionId, StreamId),
    /// A stream may be read elsewhere by now.
    TakenOver(SessionId, StreamId),
    /// A call is not wanted any more, if it is running here.
    Cancel(SessionId, RequestId),
    /// Something has changed.
    Changed(RemoteChange),
    /// Hints may have been lost.
    Reconnected,
}

impl BusMessage {
    /// The names of the kinds.
    pub const KINDS: [&str; 6] =
        ["look", "read", "claimed", "cancel", "changed", "reconnected"];

    /// Which of [`KINDS`](Self::KINDS) it is.
    pub fn kind(&self) -> usize {
        match self {
            Self::Look(_) => 0,
            Self::Read(..) => 1,
            Self::TakenOver(..) => 2,
            Self::Cancel(..) => 3,
            Self::Changed(_) => 4,
            Self::Reconnected => 5,
        }
    }
}

/// What other nodes have left for this one in a session.
#[derive(Debug, Default)]
pub struct Mailbox {
    /// Answers to its questions. They stay until the question is withdrawn.
    pub answers: Vec<(RequestId, ClientAnswer)>,
    /// Calls of this node that are not wanted any more, and why.
    pub cancelled: Vec<(RequestId, String)>,
}

/// How nodes reach each other. Methods about a session answer `false` or `None`
/// if it is gone, and then have changed nothing.
///
/// # Errors
/// All methods: [`StoreError`](crate::sessions::StoreError).
#[async_trait]
pub trait Bus: Send + Sync + 'static {
    /// Passes on what this node is told, until it is dropped. Begins with
    /// [`BusMessage::Reconnected`].
    async fn subscribe(&self, heard: mpsc::Sender<BusMessage>);

    /// Tells all other nodes.
    async fn publish(&self, news: &RemoteChange) -> Result<()>;

    /// This node is about to ask the client a question for a call that it runs.
    async fn register_question(
        &self,
        session: &SessionId,
        question: &RequestId,
        call: &RequestId,
    ) -> Result<bool>;

    /// This node waits for the answer no longer.
    async fn withdraw_question(
        &self,
        session: &SessionId,
        question: &RequestId,
    ) -> Result<()>;

    /// Leaves the first answer to a question for the node that waits for it;
    /// `false` if none does.
    async fn deliver_answer(
        &self,
        session: &SessionId,
        question: &RequestId,
        outcome: &ClientAnswer,
    ) -> Result<bool>;

    /// Asks the node that runs a call to stop. `false` if none is known to: then
    /// all are asked, because only streams are known to others.
    async fn request_cancel(
        &self,
        session: &SessionId,
        call: &RequestId,
        reason: &str,
    ) -> Result<bool>;

    /// What was left for this node.
    async fn pull_mailbox(&self, session: &SessionId) -> Result<Option<Mailbox>>;

    /// Takes the lease of this node: it is alive for the time of a lease.
    async fn take_lease(&self) -> Result<()>;

    /// Renews the lease of this node; `false` if there is none, or none any more.
    async fn renew_lease(&self) -> Result<bool>;

    /// Says that this node runs nothing any more.
    async fn end_lease(&self) -> Result<()>;

    /// Whether a node has renewed its lease.
    async fn is_alive(&self, node: &NodeId) -> Result<bool>;

    /// Takes something that can be had once, whichever node asks; `false` if it was
    /// taken before. It is remembered for `lifetime`.
    async fn use_once(&self, name: &str, lifetime: Duration) -> Result<bool>;

    /// Reads the clock by which a claim of `name` is remembered. All nodes read the
    /// same one.
    async fn time_for(&self, name: &str) -> Result<Timestamp>;

    /// The secret that all nodes share: `proposal`, unless there is one already.
    async fn agree_on_secret(&self, proposal: Secret) -> Result<Secret>;
}
