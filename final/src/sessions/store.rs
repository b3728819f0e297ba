//! The interface of all session stores.

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

/// The settings of a store.
#[derive(Debug, Clone, Copy)]
pub struct StoreSettings {
    /// The idle time after which a session expires.
    pub timeout: Duration,
    /// The largest number of sessions that one owner may have at a time.
    pub max_per_owner: usize,
}

/// A session that was loaded and touched.
#[derive(Debug, Clone)]
pub struct TouchedSession {
    /// The session after the touch.
    pub record: SessionRecord,
    /// Another node served the previous request, so this node has just
    /// reconstructed the session.
    pub reconstructed: bool,
}

/// An append to the history of a session.
#[derive(Debug, Clone, Default)]
pub struct HistoryAppend {
    /// The new entries.
    pub entries: Vec<HistoryEntry>,
    /// The number of requests to count in the same step, as
    /// [`load_and_touch`](SessionStore::load_and_touch) does; 0 if that is done
    /// already.
    pub requests: usize,
    /// The resources that change with the history.
    pub resources: Vec<String>,
}

/// The state of a session at the moment of an append.
#[derive(Debug, Clone)]
pub struct AppendedSession {
    /// As in [`TouchedSession`]; false if the append did not count a request.
    pub reconstructed: bool,
    /// Log messages from this level on are sent; `None` lets the server choose.
    pub log_level: Option<Level>,
    /// The changed resources to which the session is subscribed.
    pub subscribed: Vec<String>,
}

/// The state of a storage that works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vitals {
    /// Sessions that are alive, in the whole deployment.
    pub active_sessions: u64,
    /// The policy by which a full storage evicts data, if it may evict parts of
    /// sessions.
    pub eviction_policy: Option<String>,
}

/// The result of a storage operation.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// A store of sessions. There is one implementation for each kind of storage, and
/// all pass the same contract tests (`tests/store_contract.rs`).
///
/// Every method is one atomic step, so that callers need no **read-modify-write**.
/// Methods that change a session return `false` if there is no such session, and
/// then change nothing, so that a late write cannot bring an ended session back.
/// Every change of a session counts as activity and postpones its expiry.
///
/// # Errors
/// All methods: [`StoreError`]. A storage that does not answer is never
/// reported as a session that does not exist.
#[async_trait]
pub trait SessionStore: Send + Sync + 'static {
    /// Makes the session visible to all nodes; returns `false` if its owner already
    /// has as many sessions as it may. Callers create a session before the client
    /// learns its id, so that no request arrives at a node that does not know the
    /// session.
    async fn create(&self, session: &SessionInit) -> Result<bool>;

    /// Returns the session as it is now; `None` if it never existed, has expired,
    /// was ended, or belongs to another principal. Changes nothing.
    async fn load(
        &self,
        id: &SessionId,
        principal: &Principal,
    ) -> Result<Option<SessionRecord>>;

    /// Loads a session like [`load`](Self::load), counts `requests` more requests,
    /// and records activity at this moment.
    async fn load_and_touch(
        &self,
        id: &SessionId,
        principal: &Principal,
        requests: usize,
    ) -> Result<Option<TouchedSession>>;

    /// Returns what this node has cached of a session that it served lately: the
    /// part that never changes, and the storage's time. Does not ask storage, so
    /// the session may have ended. A store that answers immediately caches nothing.
    fn cached(
        &self,
        _id: &SessionId,
        _principal: &Principal,
    ) -> Option<(Arc<SessionInit>, Timestamp)> {
        None
    }

    /// Postpones the expiry of a session that is in use without new requests.
    async fn touch(&self, id: &SessionId) -> Result<bool>;

    /// Records that the client has finished the handshake.
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
    /// Returns `None` if there is no such session.
    async fn append_history(
        &self,
        id: &SessionId,
        append: &HistoryAppend,
    ) -> Result<Option<AppendedSession>>;

    /// Returns the history, newest last; empty if the session is gone.
    async fn read_history(&self, id: &SessionId) -> Result<Vec<RawJson>>;

    /// Empties the history and returns how many entries it had; `None` if the
    /// session is gone. Does not change `recorded` or the totals.
    async fn clear_history(&self, id: &SessionId) -> Result<Option<u64>>;

    /// Appends to the audit trail and keeps its last `keep` calls. Does not count
    /// as activity of the session.
    async fn append_audit(
        &self,
        id: &SessionId,
        calls: Vec<AuditEntry>,
        keep: usize,
    ) -> Result<bool>;

    /// Returns the audit trail, newest last; empty if the session is gone.
    async fn read_audit(&self, id: &SessionId) -> Result<Vec<RawJson>>;

    /// Ends the session on every node; returns `false` if there was none, or if it
    /// belongs to another principal.
    async fn terminate(
        &self,
        id: &SessionId,
        principal: &Principal,
    ) -> Result<bool>;

    /// Returns the totals of the whole deployment, which include everything that
    /// any node has appended before.
    async fn totals(&self) -> Result<Totals>;

    /// Proves with a write of its own that sessions can be written, and returns the
    /// state of the storage for operators.
    async fn probe(&self) -> Result<Vitals> {
        let active_sessions = self.totals().await?.active_sessions;
        Ok(Vitals { active_sessions, eviction_policy: None })
    }

    /// Removes expired sessions and returns their number. Never reads all sessions.
    async fn sweep(&self) -> Result<u64>;
}

/// The error that storage reported, for the log.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// The reason why a storage operation failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Storage did not answer, or not in time. Nothing was changed.
    #[error("storage is unavailable")]
    Unavailable(#[source] Option<Cause>),
    /// Storage did not confirm a change, so it may have happened.
    #[error("storage did not confirm a change")]
    OutcomeUnknown(#[source] Option<Cause>),
    /// The record was written by a newer release than this one.
    #[error("the session record has schema {found}, this release knows {known}")]
    NewerSchema {
        /// The schema of the record.
        found: u64,
        /// The newest schema that this release can read.
        known: u64,
    },
    /// The record cannot be read.
    #[error("the session record is damaged: {0}")]
    Damaged(&'static str),
}

impl StoreError {
    /// Returns the error that storage reported.
    pub fn cause(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unavailable(cause) | Self::OutcomeUnknown(cause) => {
                cause.as_deref().map(|cause| cause as _)
            }
            Self::NewerSchema { .. } | Self::Damaged(_) => None,
        }
    }

    /// Returns whether the whole storage fails, and not only one session.
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::OutcomeUnknown(_))
    }
}
