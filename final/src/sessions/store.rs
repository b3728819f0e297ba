//! The door to storage.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::audit::AuditEntry;
use super::clock::Timestamp;
use super::id::{Principal, SessionId};
use super::record::{HistoryEntry, SessionInit, SessionRecord, Totals};
use crate::protocol::RawJson;
use crate::protocol::logging::Level;

/// What every store is told.
#[derive(Debug, Clone, Copy)]
pub struct StoreSettings {
    /// A session that is idle for longer is gone.
    pub timeout: Duration,
    /// How many live sessions one owner may have.
    pub max_per_owner: usize,
}

/// A session that was found.
#[derive(Debug, Clone)]
pub struct TouchedSession {
    /// As it is now, this visit counted.
    pub record: SessionRecord,
    /// The last visit was to another node: this one has just reconstructed it.
    pub reconstructed: bool,
}

/// What a call adds to a session.
#[derive(Debug, Clone, Default)]
pub struct HistoryAppend {
    /// New entries of the history.
    pub entries: Vec<HistoryEntry>,
    /// How many requests are counted with them: this is a visit, too, like
    /// [`load_and_touch`](SessionStore::load_and_touch). 0 if the visit was made before.
    pub requests: usize,
    /// Resources that change with them.
    pub resources: Vec<String>,
}

/// What was appended, and the session at that moment.
#[derive(Debug, Clone)]
pub struct AppendedSession {
    /// As in [`TouchedSession`], if it was a visit.
    pub reconstructed: bool,
    /// Log messages from this level on are sent; `None` lets the server choose.
    pub log_level: Option<Level>,
    /// The resources that change and are subscribed to.
    pub subscribed: Vec<String>,
}

/// The state of a storage that can be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vitals {
    /// Sessions that are alive, in the whole deployment.
    pub active_sessions: u64,
    /// How the storage chooses what it drops when it is full, if it drops parts of
    /// sessions then.
    pub eviction_policy: Option<String>,
}

/// The result of a storage operation.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Where sessions live. One implementation for each kind of storage; all pass
/// the same contract tests (`tests/store_contract.rs`).
///
/// Every method is one atomic step: callers never read, change and write back.
/// Methods that change a session answer `false` if there is none, and then have
/// changed nothing: a late write cannot bring an ended session back. Every
/// change that finds its session is activity and postpones expiry.
///
/// # Errors
/// All methods: [`StoreError`]. A storage that does not answer is never
/// reported as a session that does not exist.
#[async_trait]
pub trait SessionStore: Send + Sync + 'static {
    /// Makes the session visible to all nodes; `false` if its owner already has
    /// as many as it may. Called before the client learns the id, so that no
    /// request can arrive at a node that does not know it.
    async fn create(&self, session: &SessionInit) -> Result<bool>;

    /// The session as it is now, or `None` if it never was, has expired, was
    /// ended, or belongs to somebody else. Nothing is changed.
    async fn load(
        &self,
        id: &SessionId,
        principal: &Principal,
    ) -> Result<Option<SessionRecord>>;

    /// Like [`load`](Self::load), and counts the visit: `requests` more
    /// requests, activity now.
    async fn load_and_touch(
        &self,
        id: &SessionId,
        principal: &Principal,
        requests: usize,
    ) -> Result<Option<TouchedSession>>;

    /// What this node knows of a session without asking, if it was entered here
    /// lately: what it was opened with, which never changes, and what time it is.
    /// Whether the session is still there, and everything else, storage must be
    /// asked. A storage that answers at once has nothing to remember.
    fn cached(
        &self,
        _id: &SessionId,
        _principal: &Principal,
    ) -> Option<(Arc<SessionInit>, Timestamp)> {
        None
    }

    /// Postpones expiry for a session that is busy without being visited.
    async fn touch(&self, id: &SessionId) -> Result<bool>;

    /// The client has finished the handshake.
    async fn mark_ready(&self, id: &SessionId) -> Result<bool>;

    /// Sets the least severe level that is sent to the client.
    async fn set_log_level(&self, id: &SessionId, level: Level) -> Result<bool>;

    /// Adds a resource to the subscriptions.
    async fn subscribe(&self, id: &SessionId, uri: &str) -> Result<bool>;

    /// Removes a resource from the subscriptions.
    async fn unsubscribe(&self, id: &SessionId, uri: &str) -> Result<bool>;

    /// Appends to the history, keeps its last
    /// [`HISTORY_LIMIT`](super::record::HISTORY_LIMIT) entries, and counts the
    /// new ones in the session and in the deployment's totals, in the same step.
    /// `None` if there is no such session.
    async fn append_history(
        &self,
        id: &SessionId,
        append: &HistoryAppend,
    ) -> Result<Option<AppendedSession>>;

    /// The history, newest last; empty if the session is gone.
    async fn read_history(&self, id: &SessionId) -> Result<Vec<RawJson>>;

    /// Empties the history and returns how many entries it had; `None` if the
    /// session is gone. What was counted stays counted.
    async fn clear_history(&self, id: &SessionId) -> Result<Option<u64>>;

    /// Appends to the audit trail and keeps its last `keep` calls. Not activity of
    /// the session.
    async fn append_audit(
        &self,
        id: &SessionId,
        calls: Vec<AuditEntry>,
        keep: usize,
    ) -> Result<bool>;

    /// Returns the audit trail, newest last; empty if the session is gone.
    async fn read_audit(&self, id: &SessionId) -> Result<Vec<RawJson>>;

    /// Ends the session on every node; `false` if there was none, or if it
    /// belongs to somebody else.
    async fn terminate(
        &self,
        id: &SessionId,
        principal: &Principal,
    ) -> Result<bool>;

    /// Figures of the whole deployment, with everything that was appended before,
    /// on any node.
    async fn totals(&self) -> Result<Totals>;

    /// Proves that sessions can be written, by a write of its own, and returns what
    /// operators want to know.
    async fn probe(&self) -> Result<Vitals> {
        let active_sessions = self.totals().await?.active_sessions;
        Ok(Vitals { active_sessions, eviction_policy: None })
    }

    /// Removes what has expired and returns how many sessions that were. Never
    /// looks at all sessions.
    async fn sweep(&self) -> Result<u64>;
}

/// What storage said, for the log.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// Why a store did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// It did not answer in time, or not at all. Nothing was changed.
    #[error("storage is unavailable")]
    Unavailable(#[source] Option<Cause>),
    /// A change was sent and no answer came back: it may have happened.
    #[error("storage did not confirm a change")]
    OutcomeUnknown(#[source] Option<Cause>),
    /// The record was written by a newer release than this one.
    #[error("the session record has schema {found}, this release knows {known}")]
    NewerSchema {
        /// What the record says.
        found: u64,
        /// What we can read.
        known: u64,
    },
    /// The record cannot be read.
    #[error("the session record is damaged: {0}")]
    Damaged(&'static str),
}

impl StoreError {
    /// What storage has reported.
    pub fn cause(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unavailable(cause) | Self::OutcomeUnknown(cause) => {
                cause.as_deref().map(|cause| cause as _)
            }
            Self::NewerSchema { .. } | Self::Damaged(_) => None,
        }
    }

    /// Whether the storage is in trouble, and not one session.
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::OutcomeUnknown(_))
    }
}
