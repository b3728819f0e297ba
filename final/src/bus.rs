//! Addressed messages between nodes: answers, cancellations, wake-ups, changes.
//!
//! Publish and subscribe is **at-most-once**: messages are lost while a connection
//! is broken. A node therefore first writes data that must not be lost under the
//! keys of its session, and the message is only a hint to read it. After every new
//! connection, a node checks everything that it holds.

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

/// A change that clients of any node may be subscribed to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RemoteChange {
    /// A resource of the whole deployment has changed.
    Resource(String),
    /// A resource of one tape has changed.
    Tape(String),
    /// A list of the service has changed.
    List(List),
}

/// A message to this node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BusMessage {
    /// The mailbox of this node has a new entry, or the session has ended.
    PullMailbox(SessionId),
    /// A stream has new events.
    Read(SessionId, StreamId),
    /// Another node may have taken a stream over.
    TakenOver(SessionId, StreamId),
    /// A client has cancelled a call, which may be running on this node.
    Cancel(SessionId, RequestId),
    /// A resource or list has changed.
    Changed(RemoteChange),
    /// The connection is new, so earlier messages may be lost.
    Reconnected,
}

impl BusMessage {
    /// The names of the kinds.
    pub const KINDS: [&str; 6] =
        ["look", "read", "claimed", "cancel", "changed", "reconnected"];

    /// Returns the index of the message's kind in [`KINDS`](Self::KINDS).
    pub fn kind(&self) -> usize {
        match self {
            Self::PullMailbox(_) => 0,
            Self::Read(..) => 1,
            Self::TakenOver(..) => 2,
            Self::Cancel(..) => 3,
            Self::Changed(_) => 4,
            Self::Reconnected => 5,
        }
    }
}

/// The data that other nodes have left for this one in a session.
#[derive(Debug, Default)]
pub struct Mailbox {
    /// The answers to this node's questions. Each stays until its question is
    /// withdrawn.
    pub answers: Vec<(RequestId, ClientAnswer)>,
    /// The calls of this node that clients have cancelled, with the reasons.
    pub cancelled: Vec<(RequestId, String)>,
}

/// The connection of a node to the others. Methods about a session return `false`
/// or `None` if the session is gone, and then change nothing.
///
/// # Errors
/// All methods: [`StoreError`](crate::sessions::StoreError).
#[async_trait]
pub trait Bus: Send + Sync + 'static {
    /// Forwards the messages to this node until the future is dropped. The first
    /// message is [`BusMessage::Reconnected`].
    async fn subscribe(&self, inbox: mpsc::Sender<BusMessage>);

    /// Publishes a change to all other nodes.
    async fn publish(&self, change: &RemoteChange) -> Result<()>;

    /// Registers a question that this node is about to ask the client, for a call
    /// that it runs.
    async fn register_question(
        &self,
        session: &SessionId,
        question: &RequestId,
        call: &RequestId,
    ) -> Result<bool>;

    /// Withdraws a question whose answer this node no longer needs.
    async fn withdraw_question(
        &self,
        session: &SessionId,
        question: &RequestId,
    ) -> Result<()>;

    /// Leaves the first answer to a question for the node that waits for it;
    /// returns `false` if no node does.
    async fn deliver_answer(
        &self,
        session: &SessionId,
        question: &RequestId,
        outcome: &ClientAnswer,
    ) -> Result<bool>;

    /// Asks the node that runs a call to stop. Returns `false` if storage does not
    /// know that node, because it knows only calls with a stream; then all nodes
    /// are asked.
    async fn request_cancel(
        &self,
        session: &SessionId,
        call: &RequestId,
        reason: &str,
    ) -> Result<bool>;

    /// Reads the mailbox of this node.
    async fn pull_mailbox(&self, session: &SessionId) -> Result<Option<Mailbox>>;

    /// Takes the **lease** of this node. The node counts as alive until its lease
    /// expires.
    async fn take_lease(&self) -> Result<()>;

    /// Renews the lease of this node; returns `false` if it has expired or was not
    /// taken.
    async fn renew_lease(&self) -> Result<bool>;

    /// Ends the lease of this node, which runs no more calls.
    async fn end_lease(&self) -> Result<()>;

    /// Returns whether a node has a lease.
    async fn is_alive(&self, node: &NodeId) -> Result<bool>;

    /// Marks a name as used; returns `false` if a node has done so before. Storage
    /// remembers the name for `lifetime`.
    async fn use_once(&self, name: &str, lifetime: Duration) -> Result<bool>;

    /// Reads the clock by which storage remembers that `name` is used. All nodes
    /// read the same clock.
    async fn time_for(&self, name: &str) -> Result<Timestamp>;

    /// Returns the secret that all nodes share: `proposal`, unless there is one
    /// already.
    async fn agree_on_secret(&self, proposal: Secret) -> Result<Secret>;
}
